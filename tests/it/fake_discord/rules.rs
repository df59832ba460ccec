//! Rules about messages and forms that Discord's description leaves out.

use std::collections::BTreeSet;

use serde_json::Value;

const CONTENT: usize = 2_000;
const EMBEDS: usize = 6_000;
const ROWS: usize = 5;
const BUTTONS: usize = 5;
const CUSTOM_ID: usize = 100;
const TITLE: usize = 45;
const INPUT: u64 = 4_000;

/// A text's length as Discord counts it.
pub(crate) fn length(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What Discord refuses of a message.
pub(crate) fn message(body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if length(&body["content"]) > CONTENT {
        wrong.push(format!("content has more than {CONTENT} characters"));
    }
    let total: usize = list(&body["embeds"]).iter().map(embed_length).sum();
    if total > EMBEDS {
        wrong.push(format!("embeds have {total} characters, more than {EMBEDS}"));
    }
    components(&body["components"], &mut wrong);
    wrong
}

/// Whether there is nothing in a message.
pub(crate) fn is_empty(body: &Value) -> bool {
    let none = |list_of: &str| list(&body[list_of]).is_empty();
    let blank = body["content"].as_str().unwrap_or_default().trim().is_empty();
    blank && none("attachments") && none("components") && list(&body["embeds"]).iter().all(is_empty_embed)
}

fn is_empty_embed(embed: &Value) -> bool {
    embed_length(embed) == 0 && embed["image"].is_null() && embed["thumbnail"].is_null()
}

fn embed_length(embed: &Value) -> usize {
    let fields = list(&embed["fields"]).iter().map(|field| length(&field["name"]) + length(&field["value"]));
    let own = [&embed["title"], &embed["description"], &embed["footer"]["text"], &embed["author"]["name"]];
    own.into_iter().map(length).sum::<usize>() + fields.sum::<usize>()
}

fn components(rows: &Value, wrong: &mut Vec<String>) {
    let rows = list(rows);
    if rows.len() > ROWS {
        wrong.push(format!("{} action rows, more than {ROWS}", rows.len()));
    }
    let mut ids = BTreeSet::new();
    for (index, row) in rows.iter().enumerate() {
        let parts = list(&row["components"]);
        let buttons = parts.iter().filter(|part| part["type"] == 2).count();
        if row["type"] != 1 {
            wrong.push(format!("component {index} is not an action row"));
        }
        if parts.is_empty() {
            wrong.push(format!("row {index} is empty"));
        }
        if buttons > BUTTONS {
            wrong.push(format!("row {index} has {buttons} buttons, more than {BUTTONS}"));
        }
        if buttons < parts.len() && parts.len() > 1 {
            wrong.push(format!("row {index} has something beside its select"));
        }
        for part in parts {
            custom_id(part, &mut ids, wrong);
            select(part, wrong);
        }
    }
}

fn custom_id<'a>(part: &'a Value, ids: &mut BTreeSet<&'a str>, wrong: &mut Vec<String>) {
    let link = part["style"] == 5 && part["type"] == 2;
    match part["custom_id"].as_str() {
        None if link => {}
        None => wrong.push("a control without custom_id".to_owned()),
        Some(id) if id.is_empty() || id.chars().count() > CUSTOM_ID => {
            wrong.push(format!("custom_id {id:?} is empty or longer than {CUSTOM_ID}"));
        }
        Some(id) if !ids.insert(id) => wrong.push(format!("custom_id {id:?} twice")),
        Some(_) => {}
    }
    if part["type"] == 2 && length(&part["label"]) == 0 && part["emoji"].is_null() {
        wrong.push("a button without label or emoji".to_owned());
    }
}

fn select(part: &Value, wrong: &mut Vec<String>) {
    if part["type"] != 3 {
        return;
    }
    let options = list(&part["options"]);
    let values: BTreeSet<&str> = options.iter().filter_map(|option| option["value"].as_str()).collect();
    if options.is_empty() || options.len() > 25 || values.len() != options.len() {
        wrong.push(format!("a select with {} options, {} of them different", options.len(), values.len()));
    }
    let (least, most) = (part["min_values"].as_u64().unwrap_or(1), part["max_values"].as_u64().unwrap_or(1));
    let chosen = options.iter().filter(|option| option["default"] == true).count() as u64;
    if least > most || most > options.len() as u64 || most == 0 || chosen > most {
        wrong.push(format!("a select of {least} to {most} from {}, {chosen} chosen", options.len()));
    }
}

/// What Discord refuses of a modal.
pub(crate) fn modal(data: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows = list(&data["components"]);
    if rows.is_empty() || rows.len() > ROWS {
        wrong.push(format!("a modal with {} rows, not 1 to {ROWS}", rows.len()));
    }
    if length(&data["title"]) > TITLE || length(&data["title"]) == 0 {
        wrong.push(format!("a modal's title has {} characters, not 1 to {TITLE}", length(&data["title"])));
    }
    let mut ids = BTreeSet::new();
    for row in rows {
        let [input] = list(&row["components"]) else {
            wrong.push("a modal's row has not exactly one input".to_owned());
            continue;
        };
        if input["type"] != 4 {
            wrong.push("a modal's row holds no text input".to_owned());
        }
        if length(&input["label"]) > TITLE || length(&input["label"]) == 0 {
            wrong.push(format!("a label has {} characters, not 1 to {TITLE}", length(&input["label"])));
        }
        let most = input["max_length"].as_u64().unwrap_or(INPUT);
        let least = input["min_length"].as_u64().unwrap_or(0);
        let typed = length(&input["value"]) as u64;
        if least > most || most == 0 || most > INPUT {
            wrong.push(format!("an input of {least} to {most} characters"));
        }
        if typed > most || typed < least && typed > 0 {
            wrong.push(format!("an input filled with {typed} characters, not {least} to {most}"));
        }
        custom_id(input, &mut ids, &mut wrong);
    }
    wrong
}
