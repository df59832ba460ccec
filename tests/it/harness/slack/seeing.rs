//! From what Slack shows, as its API gives it, to what people of a story see.
//!
//! A message of the bot's may stand there in several parts; people read it as one, and its controls hang from the
//! last part. Its id is that of the first.

use serde_json::Value;

use super::super::seen::{Author, CUT, Choice, Control, Message, Reaction};
use super::blocks::{Opened, list, object, raw_controls, text as blocks_text, text_of};
use super::mrkdwn::{Names, typed};

/// What the bot's messages say they are.
const OURS: &str = "studybot_message";
/// Messages of Slack's own: who came and went, and where a message stood that has replies.
const OF_SLACK: [&str; 4] = ["channel_join", "channel_leave", "tombstone", "channel_archive"];
/// Reactions by the names that Slack has for them.
const REACTIONS: [(&str, &str); 3] = [("white_check_mark", "✅"), ("warning", "⚠️"), ("lock", "🔒")];

/// The key that a message of the bot's carries, and which part of the message it is, from 1.
pub(super) fn key_and_part(message: &Value) -> Option<(&str, u64)> {
    let metadata = &message["metadata"];
    if metadata["event_type"] != OURS {
        return None;
    }
    Some((metadata["event_payload"]["key"].as_str()?, metadata["event_payload"]["part"].as_u64()?))
}

/// Whether a person or a bot wrote it, and not Slack.
pub(super) fn was_written(message: &Value) -> bool {
    message["subtype"].as_str().is_none_or(|subtype| !OF_SLACK.contains(&subtype))
}

/// The messages of one place, oldest first, with the parts of each put together.
pub(super) fn put_together(messages: &[Value]) -> Vec<Vec<&Value>> {
    let mut together: Vec<Vec<&Value>> = Vec::new();
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

/// A message in this channel whose parts these are.
pub(super) fn message(
    channel: &str,
    parts: &[&Value],
    names: &Names,
    opened: &Opened,
    replies: Option<i64>,
) -> Message {
    let reactions = parts.iter().flat_map(|part| list(&part["reactions"]));
    Message {
        id: format!("{channel}:{}", text_of(&parts[0]["ts"])),
        author: Author { bot: parts[0]["bot_id"].is_string() },
        text: joined(parts.iter().map(|part| text(part, names, opened))),
        actions: parts.iter().flat_map(|part| controls(&part["blocks"])).collect(),
        reactions: reactions.map(reaction).collect(),
        replies,
    }
}

/// Parts as one text.
pub(super) fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(&CUT.to_string())
}

fn reaction(there: &Value) -> Reaction {
    let name = text_of(&there["name"]);
    let emoji = REACTIONS.iter().find(|(known, _)| *known == name).map(|(_, emoji)| (*emoji).to_owned());
    Reaction { emoji: emoji.unwrap_or(name) }
}

/// What a message, or a part of one, says. People's texts are drawn as they were typed.
pub(super) fn text(message: &Value, names: &Names, opened: &Opened) -> String {
    if message["bot_id"].is_null() || list(&message["blocks"]).len() == 0 {
        return typed(message["text"].as_str().unwrap_or_default(), names);
    }
    blocks_text(&message["blocks"], names, opened)
}

/// The buttons and selects in these blocks.
pub(super) fn controls(blocks: &Value) -> Vec<Control> {
    raw_controls(blocks).filter_map(control).collect()
}

fn control(raw: &Value) -> Option<Control> {
    let names = Names::default();
    // A select has no label; its placeholder is what people read before they choose.
    let label = if raw["type"] == "button" { &raw["text"] } else { &raw["placeholder"] };
    let choice =
        |option: &Value| Choice { value: text_of(&option["value"]), label: object(&option["text"], &names) };
    let chosen = list(&raw["initial_options"]).chain(raw.get("initial_option"));
    Some(Control {
        id: raw["action_id"].as_str()?.to_owned(),
        label: object(label, &names),
        options: list(&raw["options"]).map(choice).collect(),
        selected: chosen.map(|option| text_of(&option["value"])).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(ts: &str, key: &str, part: u64, said: &str) -> Value {
        let payload = json!({ "key": key, "part": part, "parts": 2 });
        json!({
            "ts": ts, "bot_id": "B1", "text": "short",
            "metadata": { "event_type": "studybot_message", "event_payload": payload },
            "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": said } }],
        })
    }

    #[test]
    fn the_parts_of_a_message_read_as_one() {
        let mut last = part("3.0", "round:1:reveal", 2, "second half");
        let label = |text: &str| json!({ "type": "plain_text", "text": text });
        last["blocks"].as_array_mut().unwrap().push(json!({ "type": "actions", "elements": [
            { "type": "button", "text": label("Mark my answer"), "action_id": "mark-mine:1" },
            { "type": "button", "text": label("A page"), "action_id": "page", "url": "https://example.com" },
        ] }));
        last["reactions"] = json!([{ "name": "white_check_mark", "users": ["U1"], "count": 1 }]);
        let between = json!({ "ts": "2.0", "text": "&lt;Hello&gt;", "user": "U1" });
        let all = [part("1.0", "round:1:reveal", 1, "*first* half"), between, last];
        let together = put_together(&all);
        assert_eq!(together.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let read =
            |parts: &[&Value], replies| message("C1", parts, &Names::default(), &Opened::new(), replies);
        let reveal = read(&together[0], Some(3));
        assert_eq!(reveal.text, "first half✂second half");
        assert_eq!((reveal.id.as_str(), reveal.replies, reveal.author.bot), ("C1:1.0", Some(3), true));
        assert_eq!(reveal.actions.len(), 1, "a link asks the bot for nothing");
        assert_eq!(reveal.control("Mark my answer").unwrap().id, "mark-mine:1");
        assert!(reveal.has_reaction("✅"));
        let hello = read(&together[1], None);
        assert_eq!((hello.text.as_str(), hello.author.bot), ("<Hello>", false));
    }

    #[test]
    fn a_select_shows_what_is_chosen() {
        let option = |value: &str, label: &str| json!({ "value": value, "text": { "type": "plain_text", "text": label } });
        let blocks = json!([{ "type": "actions", "elements": [{
            "type": "multi_static_select", "action_id": "save-marks:1",
            "placeholder": { "type": "plain_text", "text": "Points your answer makes" },
            "options": [option("a", "1 · One"), option("b", "2 · Two")],
            "initial_options": [option("a", "1 · One")],
        }] }]);
        let select = &controls(&blocks)[0];
        assert_eq!((select.id.as_str(), select.label.as_str()), ("save-marks:1", "Points your answer makes"));
        assert_eq!(select.selected, ["a"]);
        assert_eq!(select.options[1].label, "2 · Two");
    }
}
