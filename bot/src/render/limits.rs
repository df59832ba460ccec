//! What the chat platforms can show at once, checked for every text that a question brings with it.
//!
//! Long texts are split by the adapters; a control's label can't be.

use crate::domain::ids::{RoundId, Timestamp};
use crate::domain::message::{Action, Block, Control, Outgoing};
use crate::domain::question::Question;
use crate::render::marking::{Marking, marking};
use crate::render::round::{Stage, Ways, question, reveal};

/// Discord's and Slack's smaller bound on a button's or an option's label, in characters:
/// <https://docs.slack.dev/reference/block-kit/composition-objects/option-object>.
const LABEL_MAX: usize = 75;
/// Slack's header block, in characters: <https://docs.slack.dev/reference/block-kit/blocks/header-block>.
const HEADING_MAX: usize = 150;
/// Options of one select on Discord.
const OPTIONS_MAX: usize = 25;
/// A spoiler is one part on every platform: Discord's embed description, in characters.
const SPOILER_MAX: usize = 4_096;

/// What of a question's posts no platform could show as it is. Empty: all of it can be.
pub fn findings(item: &Question) -> Vec<String> {
    let (round, at) = (RoundId(1), Timestamp(0));
    let posted = question(round, &item.face(), Stage::Open(at), Ways { sealed: false, late: false });
    let revealed = reveal(round, item, at, 0);
    let marked = marking(&Marking {
        round,
        title: &item.title,
        criteria: &item.criteria,
        answer: "",
        saved: None,
        points: 0,
        until: at,
        late: false,
    });
    [posted, revealed, marked].iter().flat_map(message).collect()
}

fn message(message: &Outgoing) -> Vec<String> {
    message.blocks.iter().filter_map(block).chain(message.actions.iter().flat_map(action)).collect()
}

fn block(block: &Block) -> Option<String> {
    match block {
        Block::Heading { text } => over(text, HEADING_MAX, "a headline"),
        Block::Spoiler { blocks, .. } => {
            over(&crate::domain::plain::text(blocks), SPOILER_MAX, "the model answer")
        }
        _ => None,
    }
}

fn action(action: &Action) -> Vec<String> {
    let mut found: Vec<String> = over(&action.label, LABEL_MAX, "a control's label").into_iter().collect();
    if let Control::Select { options, .. } = &action.control {
        found.extend(options.iter().filter_map(|option| over(&option.label, LABEL_MAX, "an option")));
        if options.len() > OPTIONS_MAX {
            found.push(format!("a select has {} options; {OPTIONS_MAX} fit", options.len()));
        }
    }
    found
}

fn over(text: &str, max: usize, what: &str) -> Option<String> {
    let chars = text.chars().count();
    (chars > max)
        .then(|| format!("{what} has {chars} characters where {max} fit: {}", super::excerpt(text, 60)))
}
