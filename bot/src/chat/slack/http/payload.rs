//! What Slack's calls hold, each kind in its own clothes.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::listen::Kind;

/// The longest challenge.
const CHALLENGE_MAX: usize = 512;

/// A body, read.
#[derive(Debug)]
pub(super) enum Payload {
    /// JSON for the listener.
    Taken(Box<RawValue>),
    /// Slack tries out the address, and wants this said back.
    Challenge(String),
    /// Slack looks whether anybody is there.
    Nothing,
}

/// Reads a body. `None`: it isn't what Slack sends there.
pub(super) fn read(kind: Kind, body: &[u8]) -> Option<Payload> {
    match kind {
        Kind::Event => event(body),
        Kind::Interactive => form(body)
            .find(|(name, _)| name == "payload")
            .and_then(|(_, payload)| object(payload.as_bytes()))
            .map(Payload::Taken),
        Kind::Command => command(body),
    }
}

fn event(body: &[u8]) -> Option<Payload> {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(rename = "type")]
        kind: String,
        challenge: Option<String>,
    }
    let payload = object(body)?;
    let outer: Outer = serde_json::from_str(payload.get()).ok()?;
    if outer.kind != "url_verification" {
        return Some(Payload::Taken(payload));
    }
    let plain = |challenge: &String| {
        (1..=CHALLENGE_MAX).contains(&challenge.len())
            && challenge.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    outer.challenge.filter(plain).map(Payload::Challenge)
}

/// A command comes as a form; its fields are strings, and become a JSON object of strings.
fn command(body: &[u8]) -> Option<Payload> {
    let mut fields = serde_json::Map::new();
    for (name, value) in form(body) {
        // What stands first counts.
        fields.entry(name).or_insert_with(|| value.into());
    }
    if fields.get("ssl_check").is_some_and(|check| check == "1") {
        return Some(Payload::Nothing);
    }
    fields.get("command")?;
    serde_json::value::to_raw_value(&fields).ok().map(Payload::Taken)
}

fn form(body: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(body).into_owned()
}

fn object(json: &[u8]) -> Option<Box<RawValue>> {
    let raw: Box<RawValue> = serde_json::from_slice(json).ok()?;
    raw.get().starts_with('{').then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(kind: Kind, body: &str) -> Option<String> {
        match read(kind, body.as_bytes())? {
            Payload::Taken(payload) => Some(payload.get().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_kind_is_read_in_its_own_way() {
        let event = r#"{"type":"event_callback","event":{"text":"a <b> & c"}}"#;
        assert_eq!(taken(Kind::Event, event).as_deref(), Some(event));
        let click =
            "payload=%7B%22type%22%3A%22block_actions%22%2C%22value%22%3A%22a+%2B%20%C3%A9%22%7D&other=1";
        assert_eq!(
            taken(Kind::Interactive, click).as_deref(),
            Some(r#"{"type":"block_actions","value":"a + é"}"#)
        );
        let command = "command=%2Fstudy&text=today+%26+%22more%22&command=%2Fother&empty=";
        let fields: serde_json::Value =
            serde_json::from_str(&taken(Kind::Command, command).unwrap()).unwrap();
        assert_eq!(
            fields,
            serde_json::json!({ "command": "/study", "text": "today & \"more\"", "empty": "" })
        );
    }

    #[test]
    fn what_isnt_slacks_is_nothing() {
        for (kind, body) in [
            (Kind::Event, ""),
            (Kind::Event, "[]"),
            (Kind::Event, "[\"event_callback\"]"),
            (Kind::Event, r#"{"event":{}}"#),
            (Kind::Event, r#"{"type":"event_callback"} more"#),
            (Kind::Event, "type=event_callback"),
            (Kind::Interactive, r#"{"type":"block_actions"}"#),
            (Kind::Interactive, "payload="),
            (Kind::Interactive, "payload=%5B%5D"),
            (Kind::Interactive, "other=%7B%7D"),
            (Kind::Command, ""),
            (Kind::Command, "text=today"),
        ] {
            assert!(read(kind, body.as_bytes()).is_none(), "{kind:?} {body}");
        }
        assert!(read(Kind::Event, b"{\"type\":\"\xff\"}").is_none());
    }

    #[test]
    fn only_a_plain_challenge_is_said_back() {
        let challenge = |challenge: &str| {
            let body = serde_json::json!({ "type": "url_verification", "challenge": challenge });
            match read(Kind::Event, body.to_string().as_bytes()) {
                Some(Payload::Challenge(challenge)) => Some(challenge),
                None => None,
                other => panic!("{other:?}"),
            }
        };
        let longest = "c".repeat(512);
        for plain in ["3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", "a ~", &longest] {
            assert_eq!(challenge(plain).as_deref(), Some(plain));
        }
        for bad in ["", "two\nlines", "é", "\u{7f}", &"c".repeat(513)] {
            assert_eq!(challenge(bad), None, "{bad}");
        }
        assert!(read(Kind::Event, br#"{"type":"url_verification"}"#).is_none());
        assert!(matches!(read(Kind::Command, b"ssl_check=1&token=x"), Some(Payload::Nothing)));
    }
}
