//! Buttons and selects: <https://docs.slack.dev/reference/block-kit/block-elements>.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::labels::{main_button, shorten, units};
use super::blocks::plain_text;
use super::limits::{BUTTON_MAX, ID_MAX, OPTION_MAX, OPTIONS_MAX, PLACEHOLDER_MAX, ROW_MAX, VALUE_MAX};
use super::mrkdwn::{self, defused};
use crate::domain::message::{Action, Control, SelectOption};

/// The id of a button that opens something begins like this.
pub(super) const OPEN: &str = "open|";

/// The controls as rows of blocks; the blocks of a row stay together.
pub(super) fn rows(actions: &[Action]) -> Vec<Vec<Value>> {
    let main = main_button(actions);
    let mut rows = Vec::new();
    let mut buttons = Vec::new();
    let mut ids = BTreeSet::new();
    for (index, action) in actions.iter().enumerate() {
        if !is_id(&action.id) || !ids.insert(&action.id) {
            continue;
        }
        match &action.control {
            Control::Button => buttons.push(button(&action.id, &action.label, main == Some(index))),
            Control::Select { options, selected, min, max } => {
                let Some(select) = select(&action.id, &action.label, options, selected, (*min, *max)) else {
                    continue;
                };
                end_row(&mut rows, &mut buttons);
                rows.push(vec![label_above(&action.label), row(vec![select])]);
            }
        }
        if buttons.len() == ROW_MAX {
            end_row(&mut rows, &mut buttons);
        }
    }
    end_row(&mut rows, &mut buttons);
    rows
}

fn is_id(id: &str) -> bool {
    (1..=ID_MAX).contains(&units(id))
}

fn end_row(rows: &mut Vec<Vec<Value>>, buttons: &mut Vec<Value>) {
    if !buttons.is_empty() {
        rows.push(vec![row(std::mem::take(buttons))]);
    }
}

fn row(elements: Vec<Value>) -> Value {
    json!({"type": "actions", "elements": elements})
}

fn button(id: &str, label: &str, main: bool) -> Value {
    let text = plain_text(&label_of(label, BUTTON_MAX));
    let mut button = json!({"type": "button", "action_id": id, "text": text});
    if main {
        button["style"] = json!("primary");
    }
    button
}

/// A row with the button that opens a hidden part. `None`: its id doesn't fit.
pub(super) fn open_button(id: &str, label: &str) -> Option<Value> {
    let id = format!("{OPEN}{id}");
    is_id(&id).then(|| row(vec![button(&id, label, false)]))
}

/// What a select is for: once something is chosen, its own words for that are gone.
fn label_above(label: &str) -> Value {
    json!({"type": "context", "elements": [mrkdwn::object(&defused(&label_of(label, PLACEHOLDER_MAX)))]})
}

/// `None`: there is nothing to choose from.
fn select(
    id: &str,
    label: &str,
    options: &[SelectOption],
    selected: &[String],
    (min, max): (u8, u8),
) -> Option<Value> {
    let mut values = BTreeSet::new();
    let options: Vec<&SelectOption> = options
        .iter()
        .filter(|option| (1..=VALUE_MAX).contains(&units(&option.value)) && values.insert(&option.value))
        .take(OPTIONS_MAX)
        .collect();
    if options.is_empty() {
        return None;
    }
    let max = usize::from(max).clamp(1, options.len());
    let shown: Vec<Value> = options.iter().map(|option| self::option(&option.value, &option.label)).collect();
    let chosen = options.iter().zip(&shown).filter(|(option, _)| selected.contains(&option.value));
    let chosen: Vec<Value> = chosen.map(|(_, shown)| shown.clone()).take(max).collect();
    let placeholder = plain_text(&label_of(label, PLACEHOLDER_MAX));
    let mut select = json!({"action_id": id, "placeholder": placeholder, "options": shown});
    // What a static select holds can be changed, and never taken out again.
    if min > 0 && max == 1 {
        select["type"] = json!("static_select");
        if let Some(option) = chosen.into_iter().next() {
            select["initial_option"] = option;
        }
    } else {
        select["type"] = json!("multi_static_select");
        select["max_selected_items"] = json!(max);
        if !chosen.is_empty() {
            select["initial_options"] = Value::Array(chosen);
        }
    }
    Some(select)
}

/// One line of a select.
pub(super) fn option(value: &str, label: &str) -> Value {
    json!({"text": plain_text(&label_of(label, OPTION_MAX)), "value": value})
}

/// A label that fits and is not empty.
pub(super) fn label_of(label: &str, max: usize) -> String {
    let short = shorten(label, max);
    if short.is_empty() { "…".to_owned() } else { short }
}
