//! Block Kit read back: what messages and modals say, in plain text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::seen::CUT;
use super::mrkdwn::{Names, plain};

/// What buttons' ids begin with behind which something hides that people open when they want to.
const OPENS: &str = "open|";

/// What people have opened: what hid behind a button, by the button's id.
pub(super) type Opened = BTreeMap<String, String>;

/// A block takes 3,000 characters. One that is longer than this may be the first part of a text that goes on in the next.
const MAY_GO_ON: usize = 1_500;

/// Blocks as they read, one below the other.
pub(super) fn text(blocks: &Value, names: &Names, opened: &Opened) -> String {
    let mut read = String::new();
    let mut before: Option<(&Value, usize)> = None;
    for block in list(blocks) {
        let text = one(block, names, opened);
        if text.is_empty() {
            continue;
        }
        if let Some((kind, length)) = before {
            let goes_on = length > MAY_GO_ON && *kind == block["type"];
            read += &if goes_on { CUT.to_string() } else { "\n\n".to_owned() };
        }
        before = Some((&block["type"], text.chars().count()));
        read += &text;
    }
    read
}

/// The ids of the buttons behind which something hides.
pub(super) fn openers(blocks: &Value) -> impl Iterator<Item = &str> {
    elements(blocks).filter_map(|element| element["action_id"].as_str()).filter(|id| id.starts_with(OPENS))
}

/// The buttons and selects in these blocks, those that open something left out.
pub(super) fn raw_controls(blocks: &Value) -> impl Iterator<Item = &Value> {
    elements(blocks).filter(|element| {
        !element["action_id"].as_str().unwrap_or_default().starts_with(OPENS) && element["url"].is_null()
    })
}

fn elements(blocks: &Value) -> impl Iterator<Item = &Value> {
    list(blocks).filter(|block| block["type"] == "actions").flat_map(|block| list(&block["elements"]))
}

fn one(block: &Value, names: &Names, opened: &Opened) -> String {
    match block["type"].as_str().unwrap_or_default() {
        "header" | "section" => object(&block["text"], names),
        "context" => {
            list(&block["elements"]).map(|element| object(element, names)).collect::<Vec<_>>().join(" ")
        }
        "rich_text" => rich(&block["elements"], names),
        "actions" => {
            let hidden = list(&block["elements"]).filter_map(|button| {
                let id = button["action_id"].as_str().filter(|id| id.starts_with(OPENS))?;
                let label = object(&button["text"], names);
                Some(opened.get(id).map_or_else(|| label.clone(), |inside| format!("{label}\n\n{inside}")))
            });
            hidden.collect::<Vec<_>>().join("\n\n")
        }
        _ => String::new(),
    }
}

/// A text object: mrkdwn, or plain.
pub(super) fn object(object: &Value, names: &Names) -> String {
    let text = object["text"].as_str().unwrap_or_default();
    if object["type"] == "mrkdwn" { plain(text, names) } else { text.to_owned() }
}

/// The elements of a rich text: paragraphs, lists, quotes, code.
fn rich(all: &Value, names: &Names) -> String {
    let mut read = String::new();
    let mut in_list = false;
    for element in list(all) {
        let is_list = element["type"] == "rich_text_list";
        let text = match element["type"].as_str().unwrap_or_default() {
            "rich_text_list" => items(element, names),
            "rich_text_preformatted" => {
                inline(element, names).split('\n').map(without_bar).collect::<Vec<_>>().join("\n")
            }
            _ => inline(element, names),
        };
        // An empty quote holds something that shows nothing.
        let text = text.trim_matches(['\n', '\u{200b}']);
        if !read.is_empty() && !text.is_empty() {
            // A list in a list is an element of its own.
            read += if is_list && in_list { "\n" } else { "\n\n" };
        }
        read += text;
        in_list = is_list;
    }
    read
}

fn items(element: &Value, names: &Names) -> String {
    let first = element["offset"].as_u64().unwrap_or(0) + 1;
    let items = list(&element["elements"]).zip(first..).map(|(item, number)| {
        let mark = if element["style"] == "ordered" { format!("{number}.") } else { "-".to_owned() };
        format!("{mark} {}", inline(item, names))
    });
    items.collect::<Vec<_>>().join("\n")
}

/// The pieces of a line.
fn inline(element: &Value, names: &Names) -> String {
    let pieces = list(&element["elements"]).map(|piece| {
        let text = piece["text"].as_str().unwrap_or_default();
        match piece["type"].as_str().unwrap_or_default() {
            "link" => {
                let url = piece["url"].as_str().unwrap_or_default();
                if text.is_empty() || text == url { url.to_owned() } else { format!("{text}: {url}") }
            }
            "user" => {
                let id = piece["user_id"].as_str().unwrap_or_default();
                format!("@{}", names.people.get(id).map_or(id, String::as_str))
            }
            "date" => plain(
                &format!("<!date^{}^{{date}}|then>", piece["timestamp"].as_i64().unwrap_or_default()),
                names,
            ),
            _ => text.to_owned(),
        }
    });
    pieces.collect()
}

/// Bars stand in columns, what they are about behind what they are worth; elsewhere it is the other way round. The bar
/// is left out.
fn without_bar(line: &str) -> String {
    let is_cell = |c: char| matches!(c, '█' | '░' | '▰' | '▱');
    let Some((lead, behind)) = line.split_once(is_cell) else { return line.to_owned() };
    let behind = behind.trim_start_matches(is_cell).trim();
    let (note, label) = behind.split_once("  ").unwrap_or(("", behind));
    let pieces = [lead, label, note].map(str::trim);
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
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

    fn section(text: &str) -> Value {
        json!({ "type": "rich_text_section", "elements": [{ "type": "text", "text": text }] })
    }

    #[test]
    fn every_block_reads_as_plain_text() {
        let button = json!({ "type": "button", "text": { "type": "plain_text", "text": "Model answer" }, "action_id": "open|model-answer:1" });
        let list = json!({ "type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [section("Three"), section("Four")] });
        let page = json!({ "type": "link", "url": "https://a.example", "text": "A page" });
        let bars = json!({ "type": "text", "text": " 1. ▰▰▱▱  31 points  Priya\n10. ▰▱▱▱   7 points  Jo" });
        let blocks = json!([
            { "type": "header", "text": { "type": "plain_text", "text": "*Rubric*" } },
            { "type": "section", "text": { "type": "mrkdwn", "text": "*Closed* &lt;3" } },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "quiet" }] },
            { "type": "rich_text", "elements": [
                section("Before\n"), list,
                { "type": "rich_text_quote", "elements": [{ "type": "text", "text": "*said* &lt;" }] },
                { "type": "rich_text_section", "elements": [page] },
                { "type": "rich_text_preformatted", "elements": [bars] },
            ] },
            { "type": "actions", "elements": [button, { "type": "button", "action_id": "my-answer:1", "text": { "type": "plain_text", "text": "My answer" } }] },
        ]);
        let begins = "*Rubric*\n\nClosed <3\n\nquiet\n\nBefore\n\n3. Three\n4. Four\n\n*said* &lt;\n\n\
                      A page: https://a.example\n\n1. Priya 31 points\n10. Jo 7 points\n\nModel answer";
        assert_eq!(text(&blocks, &Names::default(), &Opened::new()), begins);
        assert_eq!(openers(&blocks).collect::<Vec<_>>(), ["open|model-answer:1"]);
        assert_eq!(raw_controls(&blocks).count(), 1);
        let opened = Opened::from([("open|model-answer:1".to_owned(), "Ours.".to_owned())]);
        assert_eq!(text(&blocks, &Names::default(), &opened), format!("{begins}\n\nOurs."));
    }
}
