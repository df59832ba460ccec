//! A long value of a form, parted over several inputs and joined again.

use super::labels::units;
use crate::domain::message::Field;

/// How many inputs of `max` characters a field takes, at most `most`.
pub(super) fn count(field: &Field, max: usize, most: usize) -> usize {
    usize::try_from(field.max).unwrap_or(usize::MAX).div_ceil(max.max(1)).clamp(1, most)
}

/// The id of a field's input, counted from 1: `<field>`, then `<field>.<number><mark>`.
pub(super) fn input_id(field: &str, number: usize, piece: Option<&Piece<'_>>) -> String {
    let mark = piece.map_or("", |piece| piece.glue.mark());
    if number < 2 { field.to_owned() } else { format!("{field}.{number}{mark}") }
}

/// How a piece of a long value is put behind the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glue {
    /// On a new line.
    Line,
    /// After a space.
    Space,
    /// At once.
    Nothing,
}

impl Glue {
    const ALL: [Self; 3] = [Self::Line, Self::Space, Self::Nothing];

    /// Ends the id of its input, so that what nobody changed comes back as it was.
    const fn mark(self) -> &'static str {
        match self {
            Self::Line => "",
            Self::Space => "-",
            Self::Nothing => "+",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Line => "\n",
            Self::Space => " ",
            Self::Nothing => "",
        }
    }
}

/// What one input holds of a long value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    /// How it is put behind the piece before.
    pub(super) glue: Glue,
    /// What the input shows.
    pub(super) text: &'a str,
}

/// A value over at most `count` inputs of `max` characters: parted at a line, else at a space, else anywhere; never so
/// early that the rest would not fit.
pub(super) fn pieces(value: &str, count: usize, max: usize) -> Vec<Piece<'_>> {
    // Clients may count UTF-16 units where the server counts characters; where those don't fit, the server decides.
    let small = units(value) <= count * max;
    let length = |c: char| if small { c.len_utf16() } else { 1 };
    let total = |text: &str| text.chars().map(length).sum::<usize>();
    let mut pieces = Vec::new();
    let (mut rest, mut glue) = (value, Glue::Line);
    for left in (1..=count).rev() {
        let all = total(rest);
        if all <= max || left == 1 {
            let most: usize = rest
                .chars()
                .scan(0, |sum, c| {
                    *sum += length(c);
                    Some((*sum, c.len_utf8()))
                })
                .take_while(|(sum, _)| *sum <= max)
                .map(|(_, bytes)| bytes)
                .sum();
            pieces.push(Piece { glue, text: &rest[..most] });
            break;
        }
        let least = all.saturating_sub((left - 1) * max);
        let mut sum = 0;
        let (mut line, mut space, mut any) = (None, None, 0);
        for (at, c) in rest.char_indices() {
            if sum > max {
                break;
            }
            if sum <= max {
                any = at;
                if sum + 1 >= least && at > 0 {
                    match c {
                        '\n' => line = Some(at),
                        ' ' => space = Some(at),
                        _ => {}
                    }
                }
            }
            sum += length(c);
        }
        let (at, next, skipped) = match (line, space) {
            (Some(at), _) => (at, Glue::Line, 1),
            (None, Some(at)) => (at, Glue::Space, 1),
            (None, None) => (any, Glue::Nothing, 0),
        };
        pieces.push(Piece { glue, text: &rest[..at] });
        rest = &rest[at + skipped..];
        glue = next;
    }
    pieces
}

/// What was typed in inputs, in their order: field ids and values, those of long fields joined.
pub(super) fn joined<'a>(
    inputs: impl Iterator<Item = (&'a str, &'a str)>,
    most: usize,
) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (id, value) in inputs {
        let value = value.replace("\r\n", "\n");
        match continued(id, most) {
            Some((field, _, glue)) => match fields.iter_mut().find(|(known, _)| known == field) {
                Some(_) if value.is_empty() => {}
                Some((_, known)) if known.is_empty() => *known = value,
                Some((_, known)) => {
                    known.push_str(glue.text());
                    known.push_str(&value);
                }
                None => fields.push((field.to_owned(), value)),
            },
            None => fields.push((id.to_owned(), value)),
        }
    }
    fields
}

/// The field that an input continues, as which of at most `most` inputs, and how.
pub(super) fn continued(id: &str, most: usize) -> Option<(&str, usize, Glue)> {
    let (field, number) = id.rsplit_once('.')?;
    Glue::ALL.into_iter().find_map(|glue| {
        let number: usize = number.strip_suffix(glue.mark())?.parse().ok()?;
        (2..=most).contains(&number).then_some((field, number, glue))
    })
}
