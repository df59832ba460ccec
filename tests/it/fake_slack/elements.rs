//! The elements that people use: which may stand where, and what is in each.

use serde_json::Value;

use super::blocks::{Found, Place};

/// What an element stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum In {
    Section,
    Actions,
    Input,
}

/// Options of a select.
const OPTIONS: usize = 100;

/// Keys of an element beside `type` and `action_id`; `None`: there is no such element here.
fn keys(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "button" => &["text", "url", "value", "style", "confirm", "accessibility_label"],
        "static_select" => {
            &["placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load"]
        }
        "multi_static_select" => &[
            "placeholder",
            "options",
            "option_groups",
            "initial_options",
            "confirm",
            "max_selected_items",
            "focus_on_load",
        ],
        "users_select" => &["placeholder", "initial_user", "confirm", "focus_on_load"],
        "multi_users_select" => {
            &["placeholder", "initial_users", "confirm", "max_selected_items", "focus_on_load"]
        }
        "conversations_select" => &[
            "placeholder",
            "initial_conversation",
            "default_to_current_conversation",
            "confirm",
            "response_url_enabled",
            "filter",
            "focus_on_load",
        ],
        "multi_conversations_select" => &[
            "placeholder",
            "initial_conversations",
            "default_to_current_conversation",
            "confirm",
            "max_selected_items",
            "filter",
            "focus_on_load",
        ],
        "channels_select" => {
            &["placeholder", "initial_channel", "confirm", "response_url_enabled", "focus_on_load"]
        }
        "multi_channels_select" => {
            &["placeholder", "initial_channels", "confirm", "max_selected_items", "focus_on_load"]
        }
        "plain_text_input" => &[
            "initial_value",
            "multiline",
            "min_length",
            "max_length",
            "dispatch_action_config",
            "focus_on_load",
            "placeholder",
        ],
        "number_input" => &[
            "is_decimal_allowed",
            "initial_value",
            "min_value",
            "max_value",
            "dispatch_action_config",
            "focus_on_load",
            "placeholder",
        ],
        "checkboxes" => &["options", "initial_options", "confirm", "focus_on_load"],
        "radio_buttons" => &["options", "initial_option", "confirm", "focus_on_load"],
        "timepicker" => &["initial_time", "confirm", "focus_on_load", "placeholder", "timezone"],
        "datepicker" => &["initial_date", "confirm", "focus_on_load", "placeholder"],
        "overflow" => &["options", "confirm"],
        _ => return None,
    })
}

/// Checks an element in its place.
pub(crate) fn check(found: &mut Found, element: &Value, place: In, at: &str) {
    let kind = element["type"].as_str().unwrap_or_default();
    if kind == "image" && place == In::Section {
        return image(found, element, at);
    }
    let Some(keys) = keys(kind) else { return found.refuse(&format!("unsupported type: {kind}"), at) };
    let fits = match (kind, place) {
        ("plain_text_input" | "number_input", place) => place == In::Input,
        ("button" | "overflow", place) => place != In::Input,
        _ => true,
    };
    if !fits {
        found.refuse(&format!("unsupported element: {kind}"), at);
    }
    found.keys(element, keys, &["type", "action_id"], at);
    found.action_id(element, at);
    if !element["placeholder"].is_null() {
        found.text(&element["placeholder"], Some("plain_text"), 150, &format!("{at}/placeholder"));
    }
    if !element["confirm"].is_null() {
        confirm(found, &element["confirm"], &format!("{at}/confirm"));
    }
    match kind {
        "button" => button(found, element, at),
        "plain_text_input" => text_input(found, element, at),
        "overflow" => options(found, element, 5, at),
        "checkboxes" | "radio_buttons" => options(found, element, 10, at),
        "static_select" | "multi_static_select" => options(found, element, OPTIONS, at),
        _ => {}
    }
    if element["max_selected_items"].as_u64() == Some(0) {
        found.refuse("must be at least 1", &format!("{at}/max_selected_items"));
    }
    if found.place == Place::Message && element["response_url_enabled"] == true {
        found.refuse("only in modals", &format!("{at}/response_url_enabled"));
    }
}

pub(crate) fn image(found: &mut Found, image: &Value, at: &str) {
    for (key, most) in [("image_url", 3_000), ("alt_text", 2_000)] {
        found.plain(image, key, most, at);
        if image[key].as_str().is_none_or(str::is_empty) {
            found.refuse(&format!("missing required field: {key}"), at);
        }
    }
}

fn button(found: &mut Found, button: &Value, at: &str) {
    found.text(&button["text"], Some("plain_text"), 75, &format!("{at}/text"));
    found.plain(button, "value", 2_000, at);
    found.plain(button, "url", 3_000, at);
    if !button["style"].is_null() && button["style"] != "primary" && button["style"] != "danger" {
        found.refuse("must be primary or danger", &format!("{at}/style"));
    }
}

fn confirm(found: &mut Found, confirm: &Value, at: &str) {
    found.keys(confirm, &["title", "text", "confirm", "deny", "style"], &[], at);
    for (key, most) in [("title", 100), ("confirm", 30), ("deny", 30)] {
        if !confirm[key].is_null() {
            found.text(&confirm[key], Some("plain_text"), most, &format!("{at}/{key}"));
        }
    }
    found.text(&confirm["text"], None, 300, &format!("{at}/text"));
}

fn text_input(found: &mut Found, input: &Value, at: &str) {
    let number = |key: &str| input[key].as_u64();
    let (least, most) = (number("min_length").unwrap_or(0), number("max_length").unwrap_or(3_000));
    if least > 3_000 || most == 0 || most > 3_000 || least > most {
        found.refuse("lengths must be between 0 and 3000, the lesser first", at);
    }
    match &input["initial_value"] {
        Value::Null => {}
        Value::String(text) => {
            let length = text.chars().count() as u64;
            if length > most || (length < least && length > 0) {
                found
                    .refuse(&format!("must be {least} to {most} characters"), &format!("{at}/initial_value"));
            }
            if text.contains('\n') && input["multiline"] != true {
                found.odd.push(format!("several lines in an input of one, at {at}"));
            }
        }
        _ => found.refuse("must be a string", &format!("{at}/initial_value")),
    }
}

/// Options, or groups of them, and what is chosen of them from the beginning.
fn options(found: &mut Found, element: &Value, most: usize, at: &str) {
    let mut all: Vec<Value> = Vec::new();
    match (element["options"].is_null(), element["option_groups"].is_null()) {
        (false, true) => all.extend(found.list(element, "options", most, at).iter().cloned()),
        (true, false) => {
            for (index, group) in found.list(element, "option_groups", 100, at).iter().enumerate() {
                let at = format!("{at}/option_groups/{index}");
                found.text(&group["label"], Some("plain_text"), 75, &format!("{at}/label"));
                all.extend(found.list(group, "options", most, &at).iter().cloned());
            }
        }
        _ => return found.refuse("must define either `options` or `option_groups`", at),
    }
    for option in &all {
        found.keys(option, &["text", "value", "description", "url"], &[], at);
        found.text(&option["text"], None, 75, &format!("{at}/options/text"));
        if !option["description"].is_null() {
            found.text(&option["description"], None, 75, &format!("{at}/options/description"));
        }
        let value = option["value"].as_str().unwrap_or_default();
        if value.is_empty() || value.chars().count() > 150 {
            found.refuse("must be 1 to 150 characters", &format!("{at}/options/value"));
        }
        if all.iter().filter(|other| other["value"] == value).count() > 1 {
            found.odd.push(format!("two options of one value at {at}"));
        }
    }
    let initial = element["initial_options"].as_array().into_iter().flatten();
    let initial: Vec<&Value> = initial.chain(element.get("initial_option")).collect();
    for chosen in initial {
        if !all.contains(chosen) {
            found.refuse("initial option must be one of the options", at);
        }
    }
    if element["initial_options"].as_array().is_some_and(Vec::is_empty) {
        found.refuse("no fewer than 1 items allowed", &format!("{at}/initial_options"));
    }
}
