//! The oracle of frozen answers: what `DESIGN.md` says about them, in as few lines as it takes.
//!
//! It knows the platform's truth. It never looks at what the product keeps.

use super::history::{Body, Message};

/// The largest answer in characters.
const MAX_CHARS: usize = 20_000;

/// "On time is decided by the platform's own time": sent before the deadline. "A deletion removes the text."
pub(super) fn is_part(message: &Message, deadline: i64, read_at: i64) -> bool {
    message.sent < deadline && !message.is_gone(read_at)
}

/// "The marked text is the text at the deadline": the last version written before it.
pub(super) fn marked_version(message: &Message, deadline: i64) -> Option<usize> {
    message.bodies.iter().rposition(|(written, _)| *written < deadline)
}

/// "A single-line message outside a code block that starts with `//`, and a reply to somebody else's message."
fn is_discussion(body: &Body, reply: bool) -> bool {
    let slashes = body.text.trim_start().starts_with("//") && body.text.trim().lines().count() == 1;
    reply || (slashes && body.files.is_empty())
}

/// "All their messages …, text attachments read, other files kept as name and link."
pub(super) fn text(body: &Body) -> String {
    let mut text = body.text.trim_end().to_owned();
    for file in &body.files {
        let line = match (&file.text, &file.link) {
            (Some(inside), _) => format!("{}:\n{}", file.name, inside.trim_end()),
            (None, Some(link)) => format!("{}: {link}", file.name),
            (None, None) => file.name.clone(),
        };
        text = if text.is_empty() { line } else { format!("{text}\n{line}") };
    }
    text
}

/// A part of an answer: what it says, whether it replies to somebody else, and whether its author chose it in or out.
pub(super) type Candidate<'a> = (&'a Body, bool, Option<bool>);

/// Which of a learner's messages count, in order of sending: all but discussion, what was taken out, and what doesn't
/// fit. The private text goes first; in a sealed channel nothing else counts.
pub(super) fn counted(messages: &[Candidate<'_>], private: &str, sealed: bool) -> Vec<bool> {
    let mut room = MAX_CHARS.saturating_sub(private.chars().count());
    let mut counted = Vec::new();
    for (body, reply, chosen) in messages {
        let wanted = chosen.unwrap_or(!is_discussion(body, *reply));
        let chars = text(body).chars().count().max(1);
        let counts = wanted && !sealed && chars <= room;
        room -= if counts { chars } else { 0 };
        counted.push(counts);
    }
    counted
}

/// 100 × weight met ÷ all weight, rounded half up.
pub(super) fn points(weights: &[(u8, bool)]) -> i64 {
    let met: f64 = weights.iter().filter(|(_, met)| *met).map(|(weight, _)| f64::from(*weight)).sum();
    let all: f64 = weights.iter().map(|(weight, _)| f64::from(*weight)).sum();
    (1..=100).rev().find(|points| 100.0 * met / all + 0.5 >= f64::from(*points)).map_or(0, i64::from)
}

/// The current and the longest run of rounds taken part in.
pub(super) fn streak(took_part: &[bool]) -> (usize, usize) {
    let runs: Vec<usize> = took_part.split(|took_part| !took_part).map(<[bool]>::len).collect();
    (runs.last().copied().unwrap_or(0), runs.into_iter().max().unwrap_or(0))
}
