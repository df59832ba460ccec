//! What every platform's labels have in common: which button stands out, how a text is made to fit, and which
//! characters must not stand beside other words.

use crate::domain::command::ActionId;
use crate::domain::message::{Action, Control};

/// The one button that most people came for. Several of its kind are a choice among equals, and none stands out.
pub(super) fn main_button(actions: &[Action]) -> Option<usize> {
    let is_main = |action: &Action| {
        let known = matches!(
            action.id.parse(),
            Ok(ActionId::AnswerPrivately(_)
                | ActionId::MarkMine(_)
                | ActionId::PostAnother(..)
                | ActionId::Setup)
        );
        matches!(action.control, Control::Button) && (known || action.id.starts_with("form-again:"))
    };
    let mut found = actions.iter().enumerate().filter(|(_, action)| is_main(action)).map(|(index, _)| index);
    match (found.next(), found.next()) {
        (Some(index), None) => Some(index),
        _ => None,
    }
}

/// Line breaks of every system as `\n`.
pub(super) fn normal_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Text of ours or of a pack beside which other words stand: characters that turn the direction of text around are
/// taken out, so that no name or title rewrites its neighbours.
pub(super) fn settled(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    normal_breaks(text).chars().filter(|c| !turns(*c)).collect()
}

/// The same on one line.
pub(super) fn one_line(text: &str) -> String {
    settled(text).replace('\n', " ")
}

/// A label of at most `max` UTF-16 units, which are at least as many as characters: cut at a word where one ends
/// late enough, with an ellipsis.
pub(super) fn shorten(text: &str, max: usize) -> String {
    let text = one_line(text);
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    if units(&text) <= max {
        return text;
    }
    let mut short = String::new();
    for c in text.chars() {
        if units(&short) + c.len_utf16() + 1 > max {
            break;
        }
        short.push(c);
    }
    if let Some(at) = short.rfind(char::is_whitespace).filter(|at| *at * 2 >= short.len()) {
        short.truncate(at);
    }
    short.truncate(short.trim_end_matches(|c: char| c.is_whitespace() || ",;:(–".contains(c)).len());
    short.push('…');
    short
}

/// A text's length in UTF-16 units: what clients count. Servers may count code points, as Discord's does
/// (<https://github.com/discord/discord-api-docs/issues/1315>), which are never more.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
/// Whether two characters are drawn as one. Not the whole of Unicode's rule, but what people write: accents,
/// emoji with skin tones, families, flags, keycaps.
pub(super) fn joins(c: char, next: char) -> bool {
    let flag = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let extends = matches!(next,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}' | '\u{1160}'..='\u{11ff}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}');
    extends || c == '\u{200d}' || (flag(c) && flag(next))
}
