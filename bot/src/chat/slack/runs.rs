//! The pieces of a line of ours, before they are written as mrkdwn or as rich text.

use super::super::labels::{one_line, settled};
use super::mrkdwn;
use crate::domain::ids::Timestamp;
use crate::domain::message::{Span, TimeStyle};

/// How a time is shown to every reader in the own zone: weekday, date, time of day. Slack has no token for a time to
/// come that reads like “in 3 hours”: `{ago}` is documented for what has passed
/// (<https://docs.slack.dev/reference/block-kit/block-elements/date-element>).
pub(super) const TIME_FORMAT: &str = "{date_long} at {time}";
/// Shown for characters that steer a device and show nothing.
const REPLACEMENT: char = '\u{fffd}';

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// Text, which may stand out.
    Text { text: String, bold: bool },
    /// Code.
    Code(String),
    /// A point in time.
    Time(Timestamp),
}

/// Spans as the lines that they make.
pub(super) fn lines(spans: &[Span]) -> Vec<Vec<Run>> {
    let mut lines = vec![Vec::new()];
    for span in spans {
        let run = match span {
            Span::Plain { text } | Span::Bold { text } => {
                let bold = matches!(span, Span::Bold { .. });
                for (index, piece) in settled(text).split('\n').enumerate() {
                    if index > 0 {
                        lines.push(Vec::new());
                    }
                    push(&mut lines, Run::Text { text: shown(piece), bold });
                }
                continue;
            }
            Span::Code { text } => Run::Code(shown(&one_line(text))),
            Span::Time { at, style: TimeStyle::Full } => Run::Time(*at),
            Span::Time { style: TimeStyle::Relative, .. } => continue,
            // A mention would call the person.
            Span::Person { name, .. } => Run::Text { text: shown(&one_line(name)), bold: false },
        };
        push(&mut lines, run);
    }
    lines
}

/// The spans of a list's item, which has one line.
pub(super) fn on_one_line(spans: &[Span]) -> Vec<Run> {
    let mut line: Vec<Run> = Vec::new();
    for (index, next) in lines(spans).into_iter().enumerate() {
        if index > 0 {
            line.push(Run::Text { text: " ".to_owned(), bold: false });
        }
        line.extend(next);
    }
    line
}

fn push(lines: &mut [Vec<Run>], run: Run) {
    let empty = match &run {
        Run::Text { text, .. } | Run::Code(text) => text.is_empty(),
        Run::Time(_) => false,
    };
    if let Some(line) = lines.last_mut().filter(|_| !empty) {
        line.push(run);
    }
}

/// Text without characters that steer a device.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' && c != '\n' { REPLACEMENT } else { c }).collect()
}

/// A point in time in whole seconds, as Slack counts.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

/// Weekday, date and time of day in UTC, for where Slack can't show a time.
pub(super) fn in_utc(at: Timestamp) -> String {
    at.to_jiff().strftime("%A, %-d %B %Y, %H:%M UTC").to_string()
}

/// Nothing that could be seen.
pub(super) fn is_blank(line: &[Run]) -> bool {
    line.iter().all(|run| match run {
        Run::Text { text, .. } | Run::Code(text) => text.trim().is_empty(),
        Run::Time(_) => false,
    })
}

/// Whether mrkdwn shows a line to the letter: nothing in it is taken for markup, and what stands out does.
pub(super) fn is_exact(line: &[Run]) -> bool {
    let mut whole = String::new();
    for (index, run) in line.iter().enumerate() {
        let before = line[..index].last().map_or(' ', last_of);
        let after = line.get(index + 1).map_or(' ', first_of);
        let borders = !before.is_alphanumeric() && !after.is_alphanumeric();
        match run {
            Run::Text { text, bold: true } => {
                let inner = text.trim();
                let spaced = inner.len() < text.len();
                if !(borders || spaced) || mrkdwn::holds_marks(inner) {
                    return false;
                }
                whole.push_str(text);
            }
            Run::Text { text, bold: false } => whole.push_str(text),
            Run::Code(text) => {
                let bare = text.trim() == text && !text.contains(['`', '｀']);
                if !borders || !bare {
                    return false;
                }
                whole.push('x');
            }
            Run::Time(_) => whole.push('x'),
        }
    }
    !mrkdwn::reads_markup(&whole)
}

fn last_of(run: &Run) -> char {
    match run {
        Run::Text { text, .. } => text.chars().next_back().unwrap_or(' '),
        Run::Code(_) | Run::Time(_) => 'x',
    }
}

fn first_of(run: &Run) -> char {
    match run {
        Run::Text { text, .. } => text.chars().next().unwrap_or(' '),
        Run::Code(_) | Run::Time(_) => 'x',
    }
}
