//! Forms: as a modal where all of a form fits into one, else as a panel with a button a page; and forms that came back
//! with errors.

use serenity::all::{CreateActionRow, CreateModal};

use super::blocks;
use super::commands::option_name;
use super::controls::Carried;
use super::draw::{Part, panel};
use super::escape::{Escaper, shorten};
use super::inputs::{INPUTS_MAX, LABEL_MAX, inputs, inputs_for, short_label};
use super::split::{Atom, Cut, Row};
use crate::domain::message::{Action, Block, Field, Form, Outgoing, Span};

/// Characters of a modal's title.
const TITLE_MAX: usize = 45;
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

/// Leaves one page of a form, counted from 0. Where there is no such page, the form stays as it is.
pub(super) fn keep_page(form: &mut Form, page: usize) {
    let Some(kept) =
        paged(form).get(page).map(|fields| fields.iter().map(|field| (*field).clone()).collect())
    else {
        return;
    };
    form.fields = kept;
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

/// Reads the id of a button that opens a page: the page, and the form.
pub(super) fn page_of(action: &str) -> Option<(usize, &str)> {
    let (page, form) = action.strip_prefix("form-page:")?.split_once(':')?;
    Some((page.parse().ok()?, form))
}

/// The id of a button that opens a form again.
pub(super) fn again(token: &str) -> String {
    format!("form-again:{token}")
}

/// Reads the id of a button that opens a form again: its token.
pub(super) fn token_of(action: &str) -> Option<&str> {
    action.strip_prefix("form-again:").filter(|token| !token.is_empty())
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

/// A form that fits into no modal, as a panel: what it holds, and a button a page.
pub(super) fn pages(form: &Form, carried: Carried<'_>) -> Vec<Part> {
    let mut rows = blocks::rows(&[
        Block::heading(&form.title),
        Block::line(
            "This is how it stands. Nothing changes until you send a form from below; what you leave stays.",
        ),
    ]);
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
    let first = fields.first().map(|field| short_label(&bare(field), LABEL_MAX)).unwrap_or_default();
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
        let none = if Field::takes_mentions(&field.id) { "nobody" } else { "nothing" };
        Escaper::inside_line().atoms(none, false)
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
    let button = again.then(|| Action::button(self::again(token), "Open the form again"));
    Outgoing::new(blocks).with(button.into_iter().collect())
}

#[cfg(test)]
mod tests;
