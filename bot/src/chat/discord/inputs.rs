//! The inputs of a modal: one a field, or several for a long one; and what was typed in them, read back.

use serenity::all::{ActionRowComponent, CreateInputText, InputTextStyle, ModalInteractionData};

use super::escape::{shorten, units};
use crate::domain::message::Field;

/// Inputs of a modal, of 4,000 characters each:
/// <https://discord.com/developers/docs/components/reference#text-input>.
pub(super) const INPUTS_MAX: usize = 5;
const INPUT_MAX: usize = 4_000;
/// Characters of an input's label, and of its placeholder.
pub(super) const LABEL_MAX: usize = 45;
const PLACEHOLDER_MAX: usize = 100;

/// How many inputs a field takes.
pub(super) fn inputs(field: &Field) -> usize {
    usize::try_from(field.max).unwrap_or(usize::MAX).div_ceil(INPUT_MAX).clamp(1, INPUTS_MAX)
}

/// The inputs of a field, with what it holds.
pub(super) fn inputs_for(field: &Field) -> Vec<CreateInputText> {
    let count = inputs(field);
    let pieces = pieces(&field.value, count);
    let label = short_label(&field.label, LABEL_MAX);
    let max = usize::try_from(field.max).unwrap_or(INPUT_MAX);
    (1..=count)
        .map(|number| {
            let piece = pieces.get(number - 1);
            let glue = piece.map_or("", |piece| piece.glue.mark());
            let value = piece.map_or("", |piece| piece.text);
            let style = if field.multiline { InputTextStyle::Paragraph } else { InputTextStyle::Short };
            let input = if number == 1 {
                CreateInputText::new(style, &label, &field.id).required(field.required)
            } else {
                let label = format!("Continued, part {number} of {count}");
                CreateInputText::new(style, label, format!("{}.{number}{glue}", field.id)).required(false)
            };
            let input = match (number, field.label.trim() == label) {
                (1, true) => input,
                (1, false) => input.placeholder(shorten(&field.label, PLACEHOLDER_MAX)),
                _ => input.placeholder("Only where the box above is full"),
            };
            // Discord refuses a form whose value is longer than its bound.
            let bound = max.max(value.chars().count()).clamp(1, INPUT_MAX);
            let input = input.max_length(u16::try_from(bound).unwrap_or(u16::MAX));
            if value.is_empty() { input } else { input.value(value) }
        })
        .collect()
}

/// A label at most so long: without its brackets where that helps, else cut at a word.
pub(super) fn short_label(label: &str, max: usize) -> String {
    let label = label.trim();
    let bare = label.split(" (").next().unwrap_or(label);
    let short = if units(label) > max { shorten(bare, max) } else { label.to_owned() };
    if short.is_empty() { "…".to_owned() } else { short }
}

/// How a piece of a long value is put behind the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Glue {
    Line,
    Space,
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

struct Piece<'a> {
    glue: Glue,
    text: &'a str,
}

/// A value over at most `count` inputs: parted at a line, else at a space, else anywhere; never so early that the rest
/// would not fit.
fn pieces(value: &str, count: usize) -> Vec<Piece<'_>> {
    // Clients may count UTF-16 units where the server counts characters; where those don't fit, the server decides.
    let small = units(value) <= count * INPUT_MAX;
    let length = |c: char| if small { c.len_utf16() } else { 1 };
    let total = |text: &str| text.chars().map(length).sum::<usize>();
    let mut pieces = Vec::new();
    let (mut rest, mut glue) = (value, Glue::Line);
    for left in (1..=count).rev() {
        let all = total(rest);
        if all <= INPUT_MAX || left == 1 {
            let most: usize = rest
                .chars()
                .scan(0, |sum, c| {
                    *sum += length(c);
                    Some((*sum, c.len_utf8()))
                })
                .take_while(|(sum, _)| *sum <= INPUT_MAX)
                .map(|(_, bytes)| bytes)
                .sum();
            pieces.push(Piece { glue, text: &rest[..most] });
            break;
        }
        let least = all.saturating_sub((left - 1) * INPUT_MAX);
        let mut sum = 0;
        let (mut line, mut space, mut any) = (None, None, 0);
        for (at, c) in rest.char_indices() {
            if sum > INPUT_MAX {
                break;
            }
            if sum <= INPUT_MAX {
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

/// What was typed in a modal: field ids and values, those of long fields joined.
pub(super) fn read(data: &ModalInteractionData) -> Vec<(String, String)> {
    let inputs =
        data.components.iter().flat_map(|row| &row.components).filter_map(|component| match component {
            ActionRowComponent::InputText(input) => {
                Some((input.custom_id.as_str(), input.value.as_deref().unwrap_or_default()))
            }
            _ => None,
        });
    let mut fields: Vec<(String, String)> = Vec::new();
    for (id, value) in inputs {
        let value = value.replace("\r\n", "\n");
        match continued(id) {
            Some((field, glue)) => match fields.iter_mut().find(|(known, _)| known == field) {
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

/// The field that an input continues, and how.
fn continued(id: &str) -> Option<(&str, Glue)> {
    let (field, number) = id.rsplit_once('.')?;
    Glue::ALL.into_iter().find_map(|glue| {
        let number: usize = number.strip_suffix(glue.mark())?.parse().ok()?;
        (2..=INPUTS_MAX).contains(&number).then_some((field, glue))
    })
}
