//! A message of ours as Slack shows it: one or several Slack messages, or a view. Pure: it never sends.
//!
//! Nothing in it calls anybody but the one group that the message names, and nothing grows a preview.

use serde_json::{Value, json};

use super::super::labels::{shorten, units};
use super::blocks::{Drawn, drawn_blocks};
use super::controls::rows;
use super::limits::{
    FALLBACK_MAX, MESSAGE_BLOCKS_MAX, MESSAGE_MAX, TITLE_MAX, VIEW_BLOCKS_MAX, VIEW_BYTES_MAX,
};
use super::mrkdwn::{self, defused};
pub(super) use super::view::View;
use crate::domain::message::{Block, Outgoing};
use crate::domain::plain;

/// Stands where there is nothing to say: Slack refuses a message without text.
const NOTHING: &str = "…";

/// One Slack message of a message of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What notifications show.
    pub(super) text: String,
    /// At most 50 blocks.
    pub(super) blocks: Vec<Value>,
}

/// A message as its parts: at least one. The controls are on the last.
pub(super) fn parts(message: &Outgoing) -> Vec<Part> {
    let mut blocks = drawn_blocks(&message.blocks);
    let group = message.ping.as_ref().map(|group| group.as_str());
    if let Some(group) = group.filter(|group| group.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        let text = mrkdwn::object(&format!("<!subteam^{group}>"));
        let mut call = Drawn::new(json!({"type": "section", "text": text}));
        call.holds = true;
        blocks.insert(0, call);
    }
    let mut messages = packed(blocks);
    let more = Drawn::new(json!({"type": "context", "elements": [mrkdwn::object("More to choose from")]}));
    for row in rows(&message.actions) {
        let row: Vec<Drawn> = row.into_iter().map(Drawn::new).collect();
        match messages.last_mut() {
            Some(last) if fits(last, &row) => last.extend(row),
            Some(_) => messages.push([vec![more.clone()], row].concat()),
            None => messages.push(row),
        }
    }
    if messages.is_empty() {
        messages.push(vec![nothing()]);
    }
    let count = messages.len();
    let text = fallback(&message.blocks);
    messages
        .into_iter()
        .zip(1..)
        .map(|(blocks, number)| Part {
            text: if number == 1 { text.clone() } else { format!("{text} ({number} of {count})") },
            blocks: blocks.into_iter().map(|drawn| drawn.value).collect(),
        })
        .collect()
}

fn nothing() -> Drawn {
    Drawn::new(json!({"type": "section", "text": mrkdwn::object(NOTHING)}))
}

fn fits(message: &[Drawn], more: &[Drawn]) -> bool {
    let size = |blocks: &[Drawn]| blocks.iter().map(|drawn| drawn.size).sum::<usize>();
    message.len() + more.len() <= MESSAGE_BLOCKS_MAX && size(message) + size(more) <= MESSAGE_MAX
}

/// The blocks over as many messages as they need. A headline goes with what it stands over.
fn packed(blocks: Vec<Drawn>) -> Vec<Vec<Drawn>> {
    let mut messages: Vec<Vec<Drawn>> = Vec::new();
    for block in blocks {
        let one = [block];
        match messages.last_mut() {
            Some(last) if fits(last, &one) => last.extend(one),
            Some(last) => {
                let held = last.iter().rev().take_while(|drawn| drawn.holds).count();
                let stays = if held < last.len() { last.len() - held } else { last.len() };
                let next = last.split_off(stays);
                messages.push(next.into_iter().chain(one).collect());
            }
            None => messages.push(one.to_vec()),
        }
    }
    messages
}

/// The first headline and the first line, plain.
fn fallback(blocks: &[Block]) -> String {
    let line =
        |block: &&Block| matches!(block, Block::Line { .. } | Block::Note { .. } | Block::Markdown { .. });
    let heading = blocks.iter().find(|block| matches!(block, Block::Heading { .. }));
    let line = blocks.iter().find(line);
    let said: Vec<String> = heading
        .into_iter()
        .chain(line)
        .map(|block| plain::text(std::slice::from_ref(block)))
        .map(|text| text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    let said = if said.is_empty() { plain::text(blocks) } else { joined(&said) };
    // A part's number follows, and what is escaped grows.
    let most = FALLBACK_MAX - 20;
    let mut max = most;
    loop {
        let text = defused(&shorten(&said, max));
        if units(&text) <= most {
            return if text.trim().is_empty() { NOTHING.to_owned() } else { text };
        }
        max = max.saturating_sub(units(&text) - most);
    }
}

/// A headline that is a sentence needs no colon behind it.
fn joined(said: &[String]) -> String {
    let ends = said.first().is_some_and(|first| first.ends_with(['.', '?', '…']));
    said.join(if ends { " " } else { ": " })
}

/// A message as a view of its own. `None`: it is more than a view holds.
pub(super) fn view(message: &Outgoing) -> Option<View> {
    let first = message.blocks.iter().find_map(|block| match block {
        Block::Heading { text } => Some(text.trim()),
        _ => None,
    });
    let title = first.filter(|title| units(title) <= TITLE_MAX).unwrap_or_default();
    // What the title says stands there only.
    let said = matches!(message.blocks.first(), Some(Block::Heading { text }) if text.trim() == title);
    let shown = if said { &message.blocks[1..] } else { &message.blocks[..] };
    let mut blocks: Vec<Value> = drawn_blocks(shown).into_iter().map(|drawn| drawn.value).collect();
    blocks.extend(rows(&message.actions).into_iter().flatten());
    if blocks.is_empty() {
        blocks.push(nothing().value);
    }
    let bytes: usize = blocks.iter().map(|block| block.to_string().len()).sum();
    (blocks.len() <= VIEW_BLOCKS_MAX && bytes <= VIEW_BYTES_MAX).then(|| View::panel(title, blocks))
}

/// What a view says while its answer is on its way.
pub(super) fn one_moment() -> View {
    saying("One moment…")
}

/// What a view says where the answer is more than it holds.
pub(super) fn too_long() -> View {
    saying("That is more than fits in here. It stands in the channel, and only you see it.")
}

fn saying(text: &str) -> View {
    View::panel("", vec![json!({"type": "section", "text": mrkdwn::object(text)})])
}

#[cfg(test)]
mod tests;
