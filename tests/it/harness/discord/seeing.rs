//! From what Discord shows, as its API gives it, to what people of a story see.
//!
//! A message of the bot's may stand there in several parts; people read it as one, and its controls hang from the
//! last part. Its id is that of the first.

use serde_json::Value;

use super::super::seen::{Author, CUT, Choice, Control, Message, Reaction};
use super::markdown::{Names, plain};

/// The host of the addresses that carry the bot's keys.
const KEY_ADDRESS: &str = "https://discord.com/#";

/// The key that a message of the bot's carries, and which part of the message it is, from 1.
pub(super) fn key_and_part(message: &Value) -> Option<(&str, u32)> {
    let key = message["embeds"][0]["url"].as_str()?.strip_prefix(KEY_ADDRESS)?;
    let part = key.rsplit_once('.').and_then(|(key, part)| Some((key, part.parse().ok()?)));
    Some(part.unwrap_or((key, 1)))
}

/// The messages of one place, as Discord lists them oldest first, with the parts of each put together.
pub(super) fn put_together<'a>(messages: &'a [Value]) -> Vec<Vec<&'a Value>> {
    let mut together: Vec<Vec<&'a Value>> = Vec::new();
    for message in messages {
        let continues = key_and_part(message).filter(|(_, part)| *part > 1);
        let first = continues.and_then(|(key, _)| {
            together.iter_mut().find(|parts| key_and_part(parts[0]).is_some_and(|(known, _)| known == key))
        });
        match first {
            Some(parts) => parts.push(message),
            None => together.push(vec![message]),
        }
    }
    together
}

/// A message whose parts these are.
pub(super) fn message(parts: &[&Value], names: &Names, bot: bool, replies: Option<i64>) -> Message {
    let reactions = parts.iter().flat_map(|part| list(&part["reactions"]));
    Message {
        id: text_of(&parts[0]["id"]),
        author: Author { bot },
        text: parts.iter().map(|part| text(part, names)).collect::<Vec<_>>().join(&CUT.to_string()),
        actions: parts.iter().flat_map(|part| controls(part)).collect(),
        reactions: reactions.map(|there| Reaction { emoji: text_of(&there["emoji"]["name"]) }).collect(),
        replies,
    }
}

/// What a message, or a part of one, says. People's texts are drawn as they were typed.
pub(super) fn text(message: &Value, names: &Names) -> String {
    let described = list(&message["embeds"]).filter_map(|embed| embed["description"].as_str());
    let said: Vec<String> = described.map(|markdown| plain(markdown, names)).collect();
    if said.is_empty() {
        // No client draws a NUL.
        return text_of(&message["content"]).replace('\0', "\u{fffd}");
    }
    said.join("\n\n")
}

/// The buttons and selects of a message, by their neutral ids.
pub(super) fn controls(message: &Value) -> Vec<Control> {
    raw_controls(message).filter_map(control).collect()
}

/// The buttons and selects of a message, as Discord has them.
pub(super) fn raw_controls(message: &Value) -> impl Iterator<Item = &Value> {
    list(&message["components"]).flat_map(|row| list(&row["components"]))
}

/// What the adapter makes a control's id of; behind it stand the message's key and, in direct messages, the server.
pub(super) fn neutral(custom_id: &str) -> &str {
    custom_id.split('|').next().unwrap_or_default()
}

fn control(raw: &Value) -> Option<Control> {
    let id = neutral(raw["custom_id"].as_str()?).to_owned();
    // A select has no label; its placeholder is what people read before they choose.
    let label = raw["label"].as_str().or_else(|| raw["placeholder"].as_str()).unwrap_or_default().to_owned();
    let options = list(&raw["options"]);
    let choice =
        |option: &Value| Choice { value: text_of(&option["value"]), label: text_of(&option["label"]) };
    let selected = options.clone().filter(|option| option["default"] == true);
    Some(Control {
        id,
        label,
        options: options.map(choice).collect(),
        selected: selected.map(|option| text_of(&option["value"])).collect(),
    })
}

/// The items of a list; a list that is left out is empty.
pub(super) fn list(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// A text; one that is left out is empty.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(id: &str, url: &str, description: &str) -> Value {
        json!({ "id": id, "content": "", "embeds": [{ "url": url, "description": description }] })
    }

    #[test]
    fn the_parts_of_a_message_read_as_one() {
        let mut last = part("12", "https://discord.com/#round:1:reveal.2", "> second half");
        last["components"] = json!([{ "type": 1, "components": [
            { "type": 2, "style": 2, "label": "Mark my answer", "custom_id": "mark-mine:1|round:1:reveal" },
            { "type": 2, "style": 5, "label": "A page", "url": "https://example.com" },
        ] }]);
        last["reactions"] = json!([{ "count": 1, "me": true, "emoji": { "id": null, "name": "✅" } }]);
        let between = json!({ "id": "11", "content": "Hello", "embeds": [] });
        let all = [part("10", "https://discord.com/#round:1:reveal", "## Head\n> first half"), between, last];
        let together = put_together(&all);
        assert_eq!(together.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let reveal = message(&together[0], &Names::default(), true, Some(3));
        assert_eq!(reveal.text, "Head\n\nfirst half✂second half");
        assert_eq!((reveal.id.as_str(), reveal.replies), ("10", Some(3)));
        assert_eq!(reveal.actions.len(), 1, "a link asks the bot for nothing");
        assert_eq!(reveal.control("Mark my answer").unwrap().id, "mark-mine:1");
        assert!(reveal.has_reaction("✅"));
        assert_eq!(message(&together[1], &Names::default(), false, None).text, "Hello");
    }

    #[test]
    fn a_select_shows_what_is_chosen() {
        let shown = json!({ "components": [{ "type": 1, "components": [{
            "type": 3, "custom_id": "save-marks:1", "placeholder": "Points your answer makes",
            "options": [
                { "value": "a", "label": "1 · One", "default": true },
                { "value": "b", "label": "2 · Two" },
            ],
        }] }] });
        let select = &controls(&shown)[0];
        assert_eq!((select.id.as_str(), select.label.as_str()), ("save-marks:1", "Points your answer makes"));
        assert_eq!(select.selected, ["a"]);
        assert_eq!(select.options[1].label, "2 · Two");
    }

    #[test]
    fn keys_are_read_with_their_parts() {
        let of = |url: &str| {
            let message = part("1", url, "");
            key_and_part(&message).map(|(key, part)| (key.to_owned(), part))
        };
        assert_eq!(of("https://discord.com/#round:1:question"), Some(("round:1:question".to_owned(), 1)));
        assert_eq!(of("https://discord.com/#round:1:reveal.3"), Some(("round:1:reveal".to_owned(), 3)));
        assert_eq!(of("https://example.com/#x"), None);
    }
}
