//! Forms as modal views, what is wrong with what was sent, and what was sent, read back.

use serde_json::{Map, Value, json};

use super::super::labels::{shorten, units};
use super::blocks::plain_text;
use super::inputs::{blocks_for, typed};
use super::limits::{HEADER_MAX, LABEL_MAX, TITLE_MAX, VIEW_BLOCKS_MAX};
pub(super) use super::view::View;
use crate::domain::command::FormId;
use crate::domain::ids::GroupRef;
use crate::domain::message::Form;

/// What the selects of a form offer.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    /// The workspace's user groups: id and handle.
    pub(super) groups: Vec<(GroupRef, String)>,
}

/// What came back with a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// The form's id.
    pub(super) form: String,
    /// Field ids and values.
    pub(super) fields: Vec<(String, String)>,
    /// Field ids, each with the id of its first block.
    pub(super) blocks: Vec<(String, String)>,
}

/// The form as a view, with what it holds filled in and what is wrong said beside it. Slack keeps what was typed in
/// a block of the same id, so that another `serial` is what makes it show the form's own values.
pub(super) fn view(form: &Form, choices: &Choices, serial: u64) -> View {
    let mut blocks = Vec::new();
    if units(form.title.trim()) > TITLE_MAX {
        let title = shorten(&form.title, HEADER_MAX);
        blocks.push(json!({"type": "header", "text": plain_text(&title)}));
    }
    blocks.extend(form.fields.iter().flat_map(|field| blocks_for(field, &choices.groups, serial)));
    blocks.truncate(VIEW_BLOCKS_MAX);
    let setup = matches!(form.id.parse(), Ok(FormId::Setup));
    View {
        title: View::title_of(&form.title),
        blocks,
        callback_id: form.id.clone(),
        private_metadata: String::new(),
        submit: Some(if setup { "Save" } else { "Send" }.to_owned()),
        close: "Cancel".to_owned(),
    }
}

/// What is wrong, by the ids of the blocks that were sent. `None`: the form that came back says more than that, so
/// that it is shown anew.
pub(super) fn errors(form: &Form, sent: &Sent) -> Option<Value> {
    let same =
        |text: &str, other: &str| text.trim().replace("\r\n", "\n") == other.trim().replace("\r\n", "\n");
    let unchanged = sent.fields.iter().all(|(id, value)| {
        form.fields.iter().find(|field| field.id == *id).is_some_and(|field| same(&field.value, value))
    });
    if form.id != sent.form || !unchanged {
        return None;
    }
    let mut errors = Map::new();
    for field in &form.fields {
        let Some(error) = &field.error else { continue };
        let (_, block) = sent.blocks.iter().find(|(id, _)| *id == field.id)?;
        errors.insert(block.clone(), json!(shorten(error, LABEL_MAX)));
    }
    (!errors.is_empty()).then_some(Value::Object(errors))
}

/// Reads the view of a submission. Whatever is missing or of another kind than expected is left out.
pub(super) fn read(view: &Value) -> Sent {
    let form = view["callback_id"].as_str().unwrap_or_default().to_owned();
    let (fields, blocks) = typed(view);
    Sent { form, fields, blocks }
}

#[cfg(test)]
mod tests;
