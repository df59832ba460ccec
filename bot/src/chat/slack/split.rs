//! Texts parted over several blocks: between paragraphs, else between lines, sentences or words, and only then
//! anywhere. Nothing is left out.

use super::super::labels::joins;

/// The longest piece that is never cut, in characters.
const WORD_MAX: usize = 64;
/// The longest run of joined characters (an emoji of a family, a letter with accents) that is kept whole.
const CLUSTER_MAX: usize = 128;

/// How good a place is for parting a text; the better, the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cut {
    Any,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// A piece of text that is never parted.
pub(super) trait Piece: Sized {
    /// What it takes of the room behind the piece before it.
    fn size(&self, before: Option<&Self>) -> usize;
    /// How well the text can be parted after it.
    fn cut(&self) -> Cut;
}

/// The pieces in groups of at most `max`, parted where it hurts least. A piece larger than that has a group of its own.
pub(super) fn grouped<T: Piece>(pieces: Vec<T>, max: usize) -> Vec<Vec<T>> {
    let mut groups = Vec::new();
    let mut rest = pieces;
    while !rest.is_empty() {
        let at = place(&rest, max);
        let after = rest.split_off(at);
        groups.push(std::mem::replace(&mut rest, after));
    }
    groups
}

/// How many pieces go into the first group: at least one.
fn place<T: Piece>(pieces: &[T], max: usize) -> usize {
    let mut sum = 0;
    let mut sums = Vec::new();
    let mut before = None;
    for piece in pieces {
        sum += piece.size(before);
        before = Some(piece);
        if sum > max {
            break;
        }
        sums.push(sum);
    }
    if sums.len() == pieces.len() {
        return sums.len();
    }
    let enough = max / 2;
    [Cut::Paragraph, Cut::Line, Cut::Sentence, Cut::Word]
        .into_iter()
        .find_map(|cut| {
            let places = sums.iter().zip(pieces).enumerate().rev();
            let mut good = places.filter(|(_, (sum, piece))| **sum >= enough && piece.cut() >= cut);
            good.next().map(|(index, _)| index + 1)
        })
        .unwrap_or(sums.len())
        .max(1)
}

/// One line as its words, with how well it can be parted after each.
pub(super) fn words(line: &str) -> Vec<(String, Cut)> {
    let mut words = Vec::new();
    let (mut word, mut length, mut sentence) = (String::new(), 0, false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        word.push(c);
        length += 1;
        if c.is_whitespace() {
            if !next.is_some_and(char::is_whitespace) {
                let cut = if sentence { Cut::Sentence } else { Cut::Word };
                words.push((std::mem::take(&mut word), cut));
                (length, sentence) = (0, false);
            }
        } else {
            sentence = matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
                || (sentence && matches!(c, ')' | '"' | '”' | '’' | '\''));
        }
        let joined = next.is_some_and(|next| joins(c, next)) && length < CLUSTER_MAX;
        if length >= WORD_MAX && !joined {
            words.push((std::mem::take(&mut word), Cut::Any));
            length = 0;
        }
    }
    if !word.is_empty() {
        words.push((word, Cut::Any));
    }
    words
}
