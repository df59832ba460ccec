//! The inputs of a modal: one a field, or several for a long one; and what was typed in them, read back.

use serenity::all::{ActionRowComponent, CreateInputText, InputTextStyle, ModalInteractionData};

use super::super::labels::{shorten, units};
use super::super::long_value::{self, input_id, joined, pieces};
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
    long_value::count(field, INPUT_MAX, INPUTS_MAX)
}

/// The inputs of a field, with what it holds.
pub(super) fn inputs_for(field: &Field) -> Vec<CreateInputText> {
    let count = inputs(field);
    let pieces = pieces(&field.value, count, INPUT_MAX);
    let label = short_label(&field.label, LABEL_MAX);
    let max = usize::try_from(field.max).unwrap_or(INPUT_MAX);
    (1..=count)
        .map(|number| {
            let piece = pieces.get(number - 1);
            let id = input_id(&field.id, number, piece);
            let value = piece.map_or("", |piece| piece.text);
            let style = if field.multiline { InputTextStyle::Paragraph } else { InputTextStyle::Short };
            let input = if number == 1 {
                CreateInputText::new(style, &label, id).required(field.required)
            } else {
                let label = format!("Continued, part {number} of {count}");
                CreateInputText::new(style, label, id).required(false)
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

/// What was typed in a modal: field ids and values, those of long fields joined.
pub(super) fn read(data: &ModalInteractionData) -> Vec<(String, String)> {
    let inputs =
        data.components.iter().flat_map(|row| &row.components).filter_map(|component| match component {
            ActionRowComponent::InputText(input) => {
                Some((input.custom_id.as_str(), input.value.as_deref().unwrap_or_default()))
            }
            _ => None,
        });
    joined(inputs, INPUTS_MAX)
}
