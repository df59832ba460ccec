//! The rules of rich text: what may stand in what, and how it may look.

use serde_json::Value;

use super::blocks::Found;

const STYLES: [&str; 8] =
    ["bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"];

/// Checks a `rich_text` block.
pub(crate) fn check(found: &mut Found, block: &Value, at: &str) {
    for (index, part) in found.list(block, "elements", 1_000, at).iter().enumerate() {
        self::part(found, part, &format!("{at}/elements/{index}"));
    }
}

fn part(found: &mut Found, part: &Value, at: &str) {
    let kind = part["type"].as_str().unwrap_or_default();
    let keys: &[&str] = match kind {
        "rich_text_section" => &[],
        "rich_text_list" => &["style", "indent", "offset", "border"],
        "rich_text_quote" => &["border"],
        "rich_text_preformatted" => &["border", "language"],
        _ => return found.refuse(&format!("unsupported type: {kind}"), at),
    };
    found.keys(part, keys, &["type", "elements"], at);
    if !part["border"].is_null() && part["border"] != 0 && part["border"] != 1 {
        found.refuse("must be 0 or 1", &format!("{at}/border"));
    }
    // An empty section is let pass.
    let Some(inside) = part["elements"].as_array() else {
        return found.refuse("missing required field: elements", at);
    };
    if kind == "rich_text_list" {
        if part["style"] != "bullet" && part["style"] != "ordered" {
            found.refuse("must be bullet or ordered", &format!("{at}/style"));
        }
        if part["indent"].as_u64().unwrap_or(0) > 8 {
            found.refuse("must be less than 9", &format!("{at}/indent"));
        }
        if inside.is_empty() {
            found.refuse("no fewer than 1 items allowed", &format!("{at}/elements"));
        }
        for (index, item) in inside.iter().enumerate() {
            let at = format!("{at}/elements/{index}");
            if item["type"] == "rich_text_section" {
                self::part(found, item, &at);
            } else {
                found.refuse(&format!("unsupported type: {}", item["type"]), &at);
            }
        }
        return;
    }
    for (index, element) in inside.iter().enumerate() {
        self::element(found, element, kind == "rich_text_preformatted", &format!("{at}/elements/{index}"));
    }
}

fn element(found: &mut Found, element: &Value, preformatted: bool, at: &str) {
    let kind = element["type"].as_str().unwrap_or_default();
    let keys: &[&str] = match kind {
        "text" => &["text", "style"],
        "link" => &["url", "text", "unsafe", "style"],
        "emoji" => &["name", "unicode", "skin_tone", "style"],
        "date" => &["timestamp", "format", "url", "fallback", "style"],
        "color" => &["value"],
        "user" => &["user_id", "style"],
        "usergroup" => &["usergroup_id", "style"],
        "channel" => &["channel_id", "style"],
        "broadcast" => &["range"],
        _ => return found.refuse(&format!("unsupported type: {kind}"), at),
    };
    found.keys(element, keys, &["type"], at);
    if preformatted && kind != "text" && kind != "link" {
        found.refuse(&format!("unsupported type: {kind}"), at);
    }
    match kind {
        "text" => {
            let text = element["text"].as_str().unwrap_or_default();
            if text.is_empty() {
                found.refuse("must be more than 0 characters", &format!("{at}/text"));
            }
            found.count(text);
        }
        "link" => {
            let url = element["url"].as_str().unwrap_or_default();
            if !["https://", "http://", "mailto:"].iter().any(|scheme| url.starts_with(scheme)) {
                found.refuse("must be a valid URL", &format!("{at}/url"));
            }
            if element["text"].as_str().is_some_and(str::is_empty) {
                found.refuse("must be more than 0 characters", &format!("{at}/text"));
            }
            found.count(element["text"].as_str().unwrap_or(url));
        }
        "emoji" if element["name"].as_str().is_none_or(str::is_empty) => {
            found.refuse("missing required field: name", at);
        }
        "date" if element["timestamp"].as_i64().is_none() || !element["format"].is_string() => {
            found.refuse("missing required field", at);
        }
        "user" | "usergroup" | "channel" | "broadcast" => {
            found.odd.push(format!("rich text that calls people or leads elsewhere ({kind}) at {at}"));
        }
        _ => {}
    }
    style(found, &element["style"], at);
}

fn style(found: &mut Found, style: &Value, at: &str) {
    if style.is_null() {
        return;
    }
    let Some(fields) = style.as_object() else {
        return found.refuse("must be an object", &format!("{at}/style"));
    };
    for (key, value) in fields {
        if !STYLES.contains(&key.as_str()) || !value.is_boolean() {
            found.refuse(&format!("invalid additional property: {key}"), &format!("{at}/style"));
        }
    }
}
