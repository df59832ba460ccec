//! Block Kit's rules: which blocks may stand where, what is in them, and how long it may be.
//!
//! Source: "Blocks" and "Block elements" in Slack's reference.

use std::collections::BTreeSet;

use serde_json::Value;

use super::elements;
use super::rich;

/// Characters over all blocks of a message.
const MESSAGE: usize = 13_000;

/// Where blocks are to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Message,
    Modal,
}

/// What was found out about blocks.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    /// What Slack refuses them for.
    pub(crate) wrong: Vec<String>,
    /// What Slack lets pass, and nobody should do.
    pub(crate) odd: Vec<String>,
    /// Texts in Slack's markup.
    pub(crate) texts: Vec<String>,
    pub(crate) too_long: bool,
    characters: usize,
    block_ids: BTreeSet<String>,
    action_ids: BTreeSet<String>,
}

/// Checks blocks.
pub(crate) fn check(blocks: &Value, place: Place) -> Found {
    let mut found = Found {
        place,
        wrong: Vec::new(),
        odd: Vec::new(),
        texts: Vec::new(),
        too_long: false,
        characters: 0,
        block_ids: BTreeSet::new(),
        action_ids: BTreeSet::new(),
    };
    let Some(all) = blocks.as_array() else {
        found.refuse("must be an array", "/blocks");
        return found;
    };
    let most = if place == Place::Message { 50 } else { 100 };
    if all.len() > most {
        found.refuse(&format!("no more than {most} items allowed"), "/blocks");
    }
    for (index, block) in all.iter().enumerate() {
        found.block(block, &format!("/blocks/{index}"));
    }
    found.too_long = place == Place::Message && found.characters > MESSAGE;
    found
}

impl Found {
    /// Notes what Slack refuses, in its own words.
    pub(crate) fn refuse(&mut self, what: &str, at: &str) {
        self.wrong.push(format!("[ERROR] {what} [json-pointer:{at}]"));
    }

    fn block(&mut self, block: &Value, at: &str) {
        self.action_ids.clear();
        let kind = block["type"].as_str().unwrap_or_default();
        let keys: &[&str] = match kind {
            "section" => &["text", "fields", "accessory", "expand"],
            "context" | "actions" | "rich_text" => &["elements"],
            "header" => &["text"],
            "divider" => &[],
            "input" => &["label", "element", "hint", "optional", "dispatch_action"],
            "image" => &["alt_text", "image_url", "title"],
            _ => return self.refuse(&format!("unsupported type: {kind}"), at),
        };
        self.keys(block, keys, &["type", "block_id"], at);
        match &block["block_id"] {
            Value::Null => {}
            Value::String(id) if id.is_empty() || id.chars().count() > 255 => {
                self.refuse("must be 1 to 255 characters", &format!("{at}/block_id"));
            }
            Value::String(id) => {
                if !self.block_ids.insert(id.clone()) {
                    self.refuse(&format!("`block_id` {id:?} already exists"), at);
                }
            }
            _ => self.refuse("must be a string", &format!("{at}/block_id")),
        }
        match kind {
            "section" => self.section(block, at),
            "context" => {
                for (index, element) in self.list(block, "elements", 10, at).iter().enumerate() {
                    let at = format!("{at}/elements/{index}");
                    match element["type"].as_str() {
                        Some("image") => elements::image(self, element, &at),
                        _ => self.text(element, None, 3_000, &at),
                    }
                }
            }
            "actions" => {
                for (index, element) in self.list(block, "elements", 25, at).iter().enumerate() {
                    elements::check(self, element, elements::In::Actions, &format!("{at}/elements/{index}"));
                }
            }
            "header" => self.text(&block["text"], Some("plain_text"), 150, &format!("{at}/text")),
            "input" => self.input(block, at),
            "image" => elements::image(self, block, at),
            "rich_text" => rich::check(self, block, at),
            _ => {}
        }
    }

    fn section(&mut self, block: &Value, at: &str) {
        if block["text"].is_null() && block["fields"].is_null() {
            self.refuse("must define either `text` or `fields`", at);
        }
        if !block["text"].is_null() {
            self.text(&block["text"], None, 3_000, &format!("{at}/text"));
        }
        if !block["fields"].is_null() {
            for (index, field) in self.list(block, "fields", 10, at).iter().enumerate() {
                self.text(field, None, 2_000, &format!("{at}/fields/{index}"));
            }
        }
        if !block["accessory"].is_null() {
            elements::check(self, &block["accessory"], elements::In::Section, &format!("{at}/accessory"));
        }
    }

    fn input(&mut self, block: &Value, at: &str) {
        if self.place == Place::Message {
            // Slack has come to let some inputs stand in messages; here none belongs there.
            self.refuse("unsupported type: input", at);
        }
        self.text(&block["label"], Some("plain_text"), 2_000, &format!("{at}/label"));
        if !block["hint"].is_null() {
            self.text(&block["hint"], Some("plain_text"), 2_000, &format!("{at}/hint"));
        }
        elements::check(self, &block["element"], elements::In::Input, &format!("{at}/element"));
    }

    /// The items of a list that has at least one and no more than `most`.
    pub(crate) fn list<'a>(&mut self, of: &'a Value, key: &str, most: usize, at: &str) -> &'a [Value] {
        let at = format!("{at}/{key}");
        let Some(items) = of[key].as_array() else {
            self.refuse("missing required field", &at);
            return &[];
        };
        if items.is_empty() {
            self.refuse("no fewer than 1 items allowed", &at);
        }
        if items.len() > most {
            self.refuse(&format!("no more than {most} items allowed"), &at);
        }
        items
    }

    /// Refuses keys that are none of these.
    pub(crate) fn keys(&mut self, object: &Value, own: &[&str], common: &[&str], at: &str) {
        let Some(fields) = object.as_object() else {
            return self.refuse("must be an object", at);
        };
        for key in fields.keys() {
            if !own.contains(&key.as_str()) && !common.contains(&key.as_str()) {
                self.refuse(&format!("invalid additional property: {key}"), at);
            }
        }
    }

    /// A text object of this type (any, when `None`) and length.
    pub(crate) fn text(&mut self, object: &Value, kind: Option<&str>, most: usize, at: &str) {
        let there = object["type"].as_str().unwrap_or_default();
        let keys: &[&str] = match there {
            "plain_text" => &["type", "text", "emoji"],
            "mrkdwn" => &["type", "text", "verbatim"],
            _ => return self.refuse("must be a text object", at),
        };
        if kind.is_some_and(|kind| kind != there) {
            self.refuse(&format!("must be {}", kind.unwrap_or_default()), at);
        }
        self.keys(object, keys, &[], at);
        let Some(text) = object["text"].as_str() else {
            return self.refuse("missing required field: text", at);
        };
        let length = text.chars().count();
        if length == 0 {
            self.refuse("must be more than 0 characters", &format!("{at}/text"));
        }
        if length > most {
            self.refuse(&format!("must be less than {} characters", most + 1), &format!("{at}/text"));
        }
        self.count(text);
        if there == "mrkdwn" {
            self.texts.push(text.to_owned());
        }
    }

    /// Counts a text as part of the whole.
    pub(crate) fn count(&mut self, text: &str) {
        self.characters += text.chars().count();
    }

    /// A text by itself, no longer than `most`.
    pub(crate) fn plain(&mut self, of: &Value, key: &str, most: usize, at: &str) {
        match &of[key] {
            Value::Null => {}
            Value::String(text) if text.chars().count() <= most => {}
            _ => self.refuse(
                &format!("must be a string of less than {} characters", most + 1),
                &format!("{at}/{key}"),
            ),
        }
    }

    /// The id of an element, of which a block has each once.
    pub(crate) fn action_id(&mut self, element: &Value, at: &str) {
        self.plain(element, "action_id", 255, at);
        match element["action_id"].as_str() {
            None | Some("") => self.odd.push(format!("an element without an action_id at {at}")),
            Some(id) => {
                if !self.action_ids.insert(id.to_owned()) {
                    self.refuse(&format!("`action_id` {id:?} already exists"), at);
                }
            }
        }
    }
}
