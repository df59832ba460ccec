//! Slack's mrkdwn: <https://docs.slack.dev/messaging/formatting-message-text>.
//!
//! It has no escape for its marks. Lines that it can't show to the letter are drawn as rich text where a block takes
//! that; elsewhere a space without width keeps each mark from what it would change.

use serde_json::{Value, json};

use super::super::labels::units;
use super::runs::{Run, TIME_FORMAT, in_utc, seconds};
use super::split::{Cut, Piece, words};
use crate::domain::ids::Timestamp;

/// Parts a mark from its word; shows nothing.
const NOTHING: char = '\u{200b}';
/// What makes text bold, italic, struck through, code. Slack reads the wide ones of Asian keyboards too.
const MARKS: [char; 8] = ['*', '_', '~', '`', '＊', '＿', '～', '｀'];
/// The longest code that is drawn in one piece, in characters.
const CODE_MAX: usize = 500;

/// A text object of mrkdwn. Addresses, `@names` and `#channels` in it stay text.
pub(super) fn object(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// Text in which nothing calls anybody or is read as a link.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// One line in which nothing is markup, as far as mrkdwn allows.
pub(super) fn defused(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    (0..chars.len()).map(|index| written(&chars, index)).collect()
}

/// One character of a line, with what keeps it from being markup.
fn written(chars: &[char], index: usize) -> String {
    let mut text = String::new();
    if begins_quote(chars, index) {
        text.push(NOTHING);
    }
    match chars[index] {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        c => text.push(c),
    }
    if opens(chars, index) || begins_emoji(&chars[index..]) {
        text.push(NOTHING);
    }
    text
}

/// Whether mrkdwn would take anything in a line for markup.
pub(super) fn reads_markup(line: &str) -> bool {
    let chars: Vec<char> = line.chars().collect();
    (0..chars.len())
        .any(|index| opens(&chars, index) || begins_emoji(&chars[index..]) || begins_quote(&chars, index))
}

/// Whether a text holds a mark at all.
pub(super) fn holds_marks(text: &str) -> bool {
    text.contains(MARKS)
}

/// Whether a mark stands where it can begin something that another mark behind it ends.
fn opens(chars: &[char], index: usize) -> bool {
    let mark = chars[index];
    if !MARKS.contains(&mark) {
        return false;
    }
    let before = index.checked_sub(1).map(|before| chars[before]);
    let after = chars.get(index + 1).copied();
    before.is_none_or(|c| !c.is_alphanumeric())
        && after.is_some_and(|c| !c.is_whitespace())
        && chars[index + 1..].contains(&mark)
}

/// Whether a text begins with an emoji's name, such as `:tada:` or `:+1:`.
fn begins_emoji(chars: &[char]) -> bool {
    let named = |c: &char| c.is_alphanumeric() || "_-+'".contains(*c);
    let Some((':', rest)) = chars.split_first() else { return false };
    let length = rest.iter().take_while(|c| named(c)).count();
    length > 0 && rest.get(length) == Some(&':')
}

/// A quote's mark is read even where it is escaped.
fn begins_quote(chars: &[char], index: usize) -> bool {
    matches!(chars[index], '>' | '＞') && chars[..index].iter().all(|c| c.is_whitespace())
}

/// A point in time in every reader's own zone.
fn time(at: Timestamp) -> String {
    format!("<!date^{}^{TIME_FORMAT}|{}>", seconds(at), in_utc(at))
}

/// A piece of mrkdwn that is never parted.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    text: String,
    bold: bool,
    cut: Cut,
}

impl Piece for Atom {
    fn size(&self, _before: Option<&Self>) -> usize {
        // Two marks, and what keeps them from letters beside them.
        units(&self.text) + if self.bold { 4 } else { 0 }
    }

    fn cut(&self) -> Cut {
        self.cut
    }
}

/// Lines as pieces.
pub(super) fn atoms(lines: &[Vec<Run>]) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            atoms.push(Atom { text: "\n".to_owned(), bold: false, cut: Cut::Line });
        }
        atoms.extend(atoms_of(line));
    }
    atoms
}

fn atoms_of(line: &[Run]) -> Vec<Atom> {
    // A mark and what ends it may stand in different pieces of the line.
    let texts = line.iter().map(|run| match run {
        Run::Text { text, .. } => text.as_str(),
        Run::Code(_) | Run::Time(_) => "x",
    });
    let whole: Vec<char> = texts.collect::<String>().chars().collect();
    let mut at = 0;
    let mut atoms = Vec::new();
    for run in line {
        match run {
            Run::Text { text, bold } => {
                let bold = *bold && !holds_marks(text) && !text.trim().is_empty();
                for (word, cut) in words(text) {
                    let end = at + word.chars().count();
                    let text = (at..end).map(|index| written(&whole, index)).collect();
                    atoms.push(Atom { text, bold, cut });
                    at = end;
                }
                continue;
            }
            Run::Code(text) => atoms.extend(code(text)),
            Run::Time(at) => atoms.push(Atom { text: time(*at), bold: false, cut: Cut::Any }),
        }
        at += 1;
    }
    atoms
}

/// Code inside a line. A backtick would end it, so such code is shown as text.
fn code(text: &str) -> Vec<Atom> {
    let plain = |text: String| Atom { text, bold: false, cut: Cut::Any };
    if text.contains(['`', '｀']) || text.trim().is_empty() {
        return words(&defused(text))
            .into_iter()
            .map(|(word, cut)| Atom { text: word, bold: false, cut })
            .collect();
    }
    let chars: Vec<char> = text.chars().collect();
    chars
        .chunks(CODE_MAX)
        .map(|piece| plain(format!("`{}`", escaped(&piece.iter().collect::<String>()))))
        .collect()
}

/// The pieces as one text. What stands out begins and ends beside a word, and never beside a letter outside.
pub(super) fn drawn(atoms: &[Atom]) -> String {
    let mut text = String::new();
    let mut bold = false;
    for atom in atoms {
        if bold && !atom.bold {
            end_bold(&mut text);
            bold = false;
        }
        let words = atom.text.trim_start();
        if !bold && text.ends_with(['*', '`']) && words.len() == atom.text.len() {
            text.push_str(if words.starts_with(char::is_alphanumeric) { "\u{200b}" } else { "" });
        }
        if atom.bold && !bold && !words.is_empty() {
            text.push_str(&atom.text[..atom.text.len() - words.len()]);
            if text.ends_with(char::is_alphanumeric) {
                text.push(NOTHING);
            }
            text.push('*');
            text.push_str(words);
            bold = true;
        } else {
            if atom.text.starts_with('`') && text.ends_with(char::is_alphanumeric) {
                text.push(NOTHING);
            }
            text.push_str(&atom.text);
        }
    }
    if bold {
        end_bold(&mut text);
    }
    text
}

fn end_bold(text: &mut String) {
    text.insert(text.trim_end().len(), '*');
}
