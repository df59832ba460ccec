//! Forms: as a modal where all of a form fits into one, else as a panel with a button a page; and what people sent,
//! read back.

use serenity::all::{
    ActionRowComponent, CreateActionRow, CreateInputText, CreateModal, InputTextStyle, ModalInteractionData,
};

use super::blocks;
use super::commands::option_name;
use super::controls::Carried;
use super::draw::{Part, panel};
use super::escape::{Escaper, shorten, units};
use super::split::{Atom, Cut, Row};
use crate::domain::message::{Action, Block, Field, Form, Outgoing, Span};

/// Inputs of a modal: <https://discord.com/developers/docs/interactions/receiving-and-responding>.
const INPUTS_MAX: usize = 5;
/// Characters of one input.
const INPUT_MAX: usize = 4_000;
/// Characters of a modal's title, an input's label, and its placeholder.
const TITLE_MAX: usize = 45;
const LABEL_MAX: usize = 45;
const PLACEHOLDER_MAX: usize = 100;
/// Characters of a value that the panel shows.
const SHOWN_MAX: usize = 150;

/// The form as one modal, with what it holds filled in. `None`: it doesn't fit, or holds mentions, which can't be
/// typed in a modal; then [`pages`] shows it.
pub(super) fn modal(form: &Form, carried: Carried<'_>) -> Option<CreateModal> {
    let fields: Vec<&Field> = form.fields.iter().collect();
    let fits = inputs_of(&fields) <= INPUTS_MAX && !fields.is_empty();
    let mentions = fields.iter().any(|field| Field::takes_mentions(&field.id));
    (fits && !mentions).then(|| modal_of(form, &fields, carried))
}

/// One page of a form as a modal, counted from 0.
pub(super) fn modal_page(form: &Form, page: usize, carried: Carried<'_>) -> Option<CreateModal> {
    paged(form).get(page).map(|fields| modal_of(form, fields, carried))
}

/// The modal behind `form-again:<token>`: a form that came back with errors, with the fields to mend and then as many
/// others that were typed as fit; the values are those of the form. `None`: what is wrong can't be typed in a modal.
pub(super) fn modal_again(
    form: &Form,
    typed: &[(String, String)],
    carried: Carried<'_>,
) -> Option<CreateModal> {
    let fields = again_fields(form, typed);
    (!fields.is_empty()).then(|| modal_of(form, &fields, carried))
}

/// What was sent from a form that was opened again, with what had been typed in fields that it didn't show.
pub(super) fn with_earlier(
    sent: Vec<(String, String)>,
    earlier: &[(String, String)],
) -> Vec<(String, String)> {
    let missing: Vec<_> =
        earlier.iter().filter(|(id, _)| !sent.iter().any(|(known, _)| known == id)).cloned().collect();
    sent.into_iter().chain(missing).collect()
}

/// The fields to mend first; in the form's order.
fn again_fields<'a>(form: &'a Form, typed: &[(String, String)]) -> Vec<&'a Field> {
    let wrong = form.fields.iter().filter(|field| field.error.is_some());
    let others = form
        .fields
        .iter()
        .filter(|field| field.error.is_none() && typed.iter().any(|(id, _)| *id == field.id));
    let mut chosen: Vec<&Field> = Vec::new();
    for field in wrong.chain(others).filter(|field| !Field::takes_mentions(&field.id)) {
        if inputs_of(&chosen) + inputs(field) <= INPUTS_MAX {
            chosen.push(field);
        }
    }
    // Others alone mend nothing.
    let wrong_any = form.fields.iter().any(|field| field.error.is_some());
    if wrong_any && !chosen.iter().any(|field| field.error.is_some()) {
        return Vec::new();
    }
    form.fields.iter().filter(|field| chosen.iter().any(|it| it.id == field.id)).collect()
}

fn inputs(field: &Field) -> usize {
    usize::try_from(field.max).unwrap_or(usize::MAX).div_ceil(INPUT_MAX).clamp(1, INPUTS_MAX)
}

fn inputs_of(fields: &[&Field]) -> usize {
    fields.iter().map(|field| inputs(field)).sum()
}

/// The fields that can be typed, a modal's worth each.
fn paged(form: &Form) -> Vec<Vec<&Field>> {
    let mut pages: Vec<Vec<&Field>> = Vec::new();
    for field in form.fields.iter().filter(|field| !Field::takes_mentions(&field.id)) {
        match pages.last_mut().filter(|page| inputs_of(page) + inputs(field) <= INPUTS_MAX) {
            Some(page) => page.push(field),
            None => pages.push(vec![field]),
        }
    }
    pages
}

fn modal_of(form: &Form, fields: &[&Field], carried: Carried<'_>) -> CreateModal {
    let inputs = fields.iter().flat_map(|field| inputs_for(field)).map(CreateActionRow::InputText).collect();
    CreateModal::new(carried.id(&form.id), shorten(&form.title, TITLE_MAX)).components(inputs)
}

fn inputs_for(field: &Field) -> Vec<CreateInputText> {
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
fn short_label(label: &str, max: usize) -> String {
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

/// A form that fits into no modal, as a panel: what it holds, and a button a page.
pub(super) fn pages(form: &Form, carried: Carried<'_>) -> Vec<Part> {
    let mut rows = blocks::rows(&[Block::heading(&form.title)]);
    rows.extend(form.fields.iter().map(present));
    let mentions: Vec<&Field> = form.fields.iter().filter(|field| Field::takes_mentions(&field.id)).collect();
    rows.extend(setup_note(&mentions));
    let pages = paged(form);
    let several = pages.len() > 1;
    let buttons: Vec<Action> = pages
        .iter()
        .enumerate()
        .map(|(page, fields)| {
            let number = if several { format!("{}. ", page + 1) } else { String::new() };
            Action::button(
                format!("form-page:{page}:{}", form.id),
                format!("{number}Change {}", names(fields)),
            )
        })
        .collect();
    panel(rows, &buttons, carried)
}

/// The fields of a page in a few words: the first, and how many more.
fn names(fields: &[&Field]) -> String {
    let first = fields.first().map(|field| short_label(&bare(field), 45)).unwrap_or_default();
    match fields.len() {
        0 | 1 => format!("“{first}”"),
        2 => format!("“{first}” and 1 more"),
        more => format!("“{first}” and {} more", more - 1),
    }
}

fn bare(field: &Field) -> String {
    field.label.split(" (").next().unwrap_or_default().trim().to_owned()
}

/// One field with its present value.
fn present(field: &Field) -> Row {
    let mut atoms = Escaper::at_line_start().atoms(&format!("{}: ", bare(field)), true);
    atoms.extend(if field.value.trim().is_empty() {
        Escaper::inside_line().atoms("nothing", false)
    } else if Field::takes_mentions(&field.id) {
        with_mentions(&field.value)
    } else {
        Escaper::inside_line().atoms(&shorten(&field.value, SHOWN_MAX), false)
    });
    Row::new("- ", "  ", atoms)
}

/// Mentions as Discord draws them; in an embed they call nobody. All else is text.
fn with_mentions(value: &str) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for (index, word) in value.split([',', ' ', '\n']).filter(|word| !word.is_empty()).enumerate() {
        if index > 0 {
            atoms.push(Atom { text: ", ".to_owned(), bold: false, cut: Cut::Word });
        }
        if is_mention(word) {
            atoms.push(Atom { text: word.to_owned(), bold: false, cut: Cut::Any });
        } else {
            atoms.extend(Escaper::inside_line().atoms(word, false));
        }
    }
    atoms
}

fn is_mention(word: &str) -> bool {
    let inner = ["<@&", "<#", "<@"].into_iter().find_map(|open| word.strip_prefix(open)?.strip_suffix('>'));
    inner.is_some_and(|id| blocks::snowflake(id).is_some())
}

/// How fields with mentions are changed: by the command's options, which complete them.
fn setup_note(mentions: &[&Field]) -> Vec<Row> {
    if mentions.is_empty() {
        return Vec::new();
    }
    let mut spans = vec![
        Span::plain("These are set with the options of "),
        Span::code("/study setup"),
        Span::plain(": "),
    ];
    for (index, field) in mentions.iter().enumerate() {
        if index > 0 {
            spans.push(Span::plain(", "));
        }
        spans.extend([Span::code(option_name(&field.id)), Span::plain(format!(" ({})", bare(field)))]);
    }
    spans.push(Span::plain(". All other fields can be given there too."));
    let mut rows = blocks::rows(&[Block::Note { spans }]);
    if let Some(first) = rows.first_mut() {
        (first.spaced, first.gap) = (true, Cut::Block);
    }
    rows
}

/// A form that came back with errors: what is wrong in plain words, what was typed, and the button that opens the form
/// again, filled.
pub(super) fn errors(form: &Form, token: &str, typed: &[(String, String)]) -> Outgoing {
    let wrong: Vec<&Field> = form.fields.iter().filter(|field| field.error.is_some()).collect();
    let mut blocks = vec![Block::heading(&form.title)];
    blocks.push(Block::line(match wrong.len() {
        0 => "This could not be saved. Here is what you typed.",
        1 => "One thing is not right yet, so nothing was saved.",
        _ => "Some things are not right yet, so nothing was saved.",
    }));
    let shown: Vec<&Field> = if wrong.is_empty() { form.fields.iter().collect() } else { wrong.clone() };
    for field in shown {
        let error = field.error.clone().unwrap_or_default();
        blocks
            .push(Block::Line { spans: vec![Span::bold(format!("{}: ", bare(field))), Span::plain(error)] });
        if !field.value.trim().is_empty() {
            blocks.push(Block::Quote { text: field.value.clone() });
        }
    }
    let options: Vec<&Field> =
        wrong.iter().copied().filter(|field| Field::takes_mentions(&field.id)).collect();
    if !options.is_empty() {
        let mut spans = vec![Span::plain("Give "), Span::code("/study setup")];
        for (index, field) in options.iter().enumerate() {
            spans.push(Span::plain(if index == 0 { " again with " } else { " and " }));
            spans.push(Span::code(option_name(&field.id)));
        }
        spans.push(Span::plain("."));
        blocks.push(Block::Note { spans });
    }
    let again = !again_fields(form, typed).is_empty();
    let button = again.then(|| Action::button(format!("form-again:{token}"), "Open the form again"));
    Outgoing::new(blocks).with(button.into_iter().collect())
}

#[cfg(test)]
mod tests;
