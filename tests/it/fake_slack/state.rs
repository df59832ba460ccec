//! What stands in inputs and selects, in Slack's words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Values by block and action: what was put there, else what the element begins with.
pub(crate) fn values(blocks: &Value, typed: &BTreeMap<(String, String), Value>) -> Value {
    let mut values = json!({});
    for block in blocks.as_array().into_iter().flatten() {
        let Some(block_id) = block["block_id"].as_str() else { continue };
        for element in elements(block) {
            let (Some(action), Some(initial)) = (element["action_id"].as_str(), initial(element)) else {
                continue;
            };
            let there = typed.get(&(block_id.to_owned(), action.to_owned()));
            values[block_id][action] = there.cloned().unwrap_or(initial);
        }
    }
    values
}

/// The elements of a block that people use.
pub(crate) fn elements(block: &Value) -> Vec<&Value> {
    match block["type"].as_str() {
        Some("input") => vec![&block["element"]],
        Some("section") => block.get("accessory").into_iter().collect(),
        Some("actions") => block["elements"].as_array().into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// Which key of an element's state holds its value.
fn key(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => "value",
        "static_select" | "radio_buttons" => "selected_option",
        "multi_static_select" | "checkboxes" => "selected_options",
        "users_select" => "selected_user",
        "multi_users_select" => "selected_users",
        "conversations_select" => "selected_conversation",
        "multi_conversations_select" => "selected_conversations",
        "channels_select" => "selected_channel",
        "multi_channels_select" => "selected_channels",
        "timepicker" => "selected_time",
        "datepicker" => "selected_date",
        _ => return None,
    })
}

/// What an element begins with; `None`: it holds no value.
fn initial(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let key = key(kind)?;
    let initial = &element[key.replace("selected_", "initial_").replace("value", "initial_value")];
    let many = key.ends_with('s');
    let value = if initial.is_null() && many { json!([]) } else { initial.clone() };
    let mut state = json!({"type": kind});
    state[key] = value;
    Some(state)
}

/// What an element holds once these values were put into it. Panics where a client would not let them.
pub(crate) fn put(element: &Value, values: &[&str]) -> Value {
    let kind = element["type"].as_str().unwrap_or_default();
    let key = key(kind).unwrap_or_else(|| panic!("nothing can be put into {element}"));
    let many = key.ends_with('s');
    assert!(many || values.len() <= 1, "{values:?} into {element}");
    let most = element["max_selected_items"].as_u64();
    assert!(most.is_none_or(|most| values.len() as u64 <= most), "{values:?} into {element}");
    if kind == "plain_text_input" {
        let length = values.first().map_or(0, |text| text.chars().count()) as u64;
        let most = element["max_length"].as_u64().unwrap_or(3_000);
        assert!(length <= most, "Slack's form takes no more than {most} characters in {element}");
        assert!(
            element["multiline"] == true || !values.iter().any(|text| text.contains('\n')),
            "one line: {element}"
        );
    }
    let one = |value: &&str| if key.contains("option") { option(element, value) } else { json!(value) };
    let value = if many {
        Value::Array(values.iter().map(one).collect())
    } else {
        values.first().filter(|value| !value.is_empty()).map_or(Value::Null, one)
    };
    let mut state = json!({"type": kind});
    state[key] = value;
    state
}

/// The option of this value.
pub(crate) fn option(element: &Value, value: &str) -> Value {
    let plain = element["options"].as_array().into_iter().flatten();
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.filter_map(|group| group["options"].as_array()).flatten();
    let found = plain.chain(grouped).find(|option| option["value"] == value);
    found.unwrap_or_else(|| panic!("{value:?} is none of the options of {element}")).clone()
}

/// Whether nothing stands in an input.
pub(crate) fn is_empty(state: &Value) -> bool {
    let mut values = state.as_object().into_iter().flatten().filter(|(key, _)| *key != "type");
    values.all(|(_, value)| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    })
}
