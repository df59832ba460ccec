//! What is said on a connection of Socket Mode, read and written.
//!
//! The frames: <https://docs.slack.dev/apis/events-api/using-socket-mode>.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::listen::{Envelope, Kind};

/// The longest name of a type that is written into the log.
const NAME_MAX: usize = 40;

/// One frame, understood.
#[derive(Debug)]
pub(super) enum Frame {
    /// The connection stands, for about so long.
    Hello(Option<Duration>),
    /// It ends soon, or at once.
    Disconnect(Reason),
    /// Something for the listener.
    Envelope {
        /// What it is acknowledged by.
        id: String,
        /// Whether the acknowledgement may carry an answer.
        answerable: bool,
        envelope: Envelope,
    },
    /// Nothing that we know.
    Unknown {
        /// Its type, where that is a plain word.
        name: String,
        id: Option<String>,
    },
}

/// Why Slack ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is to be replaced by another: `warning`, `refresh_requested`, or a word that is new.
    Refresh,
    /// Socket Mode was switched off.
    LinkDisabled,
    /// The app has ten connections, and no more are allowed.
    TooMany,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(rename = "type")]
    kind: String,
    envelope_id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(default)]
    accepts_response_payload: bool,
    #[serde(default)]
    retry_attempt: Option<u32>,
    reason: Option<String>,
    #[serde(borrow)]
    debug_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct DebugInfo {
    /// In seconds.
    approximate_connection_time: u64,
}

/// Reads a frame. `None`: it is none.
pub(super) fn read(text: &str) -> Option<Frame> {
    let raw: Raw<'_> = serde_json::from_str(text).ok()?;
    let kind = match raw.kind.as_str() {
        "hello" => {
            let known = raw.debug_info.and_then(|info| serde_json::from_str::<DebugInfo>(info.get()).ok());
            return Some(Frame::Hello(
                known.map(|known| Duration::from_secs(known.approximate_connection_time)),
            ));
        }
        "disconnect" => {
            return Some(Frame::Disconnect(match raw.reason.as_deref() {
                Some("link_disabled") => Reason::LinkDisabled,
                Some("too_many_websockets") => Reason::TooMany,
                _ => Reason::Refresh,
            }));
        }
        "events_api" => Some(Kind::Event),
        "interactive" => Some(Kind::Interactive),
        "slash_commands" => Some(Kind::Command),
        _ => None,
    };
    Some(match (kind, raw.envelope_id, raw.payload) {
        (Some(kind), Some(id), Some(payload)) => Frame::Envelope {
            id,
            answerable: raw.accepts_response_payload,
            envelope: Envelope {
                kind,
                payload: payload.to_owned(),
                retry: raw.retry_attempt.unwrap_or_default(),
            },
        },
        (_, id, _) => Frame::Unknown { name: name(raw.kind), id },
    })
}

/// A type's name for the log: anything but a plain word might be somebody's text.
fn name(kind: String) -> String {
    let plain = (1..=NAME_MAX).contains(&kind.len())
        && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { kind } else { "unnamed".to_owned() }
}

/// Says that an envelope arrived, with an answer or without.
pub(super) fn acknowledgement(id: &str, body: Option<&serde_json::Value>) -> String {
    match body {
        Some(body) => serde_json::json!({ "envelope_id": id, "payload": body }),
        None => serde_json::json!({ "envelope_id": id }),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let hello = r#"{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"},
            "debug_info":{"host":"applink-1","build_number":10,"approximate_connection_time":18060}}"#;
        let Some(Frame::Hello(Some(lasts))) = read(hello) else { panic!("no hello") };
        assert_eq!(lasts, Duration::from_secs(18_060));
        assert!(matches!(read(r#"{"type":"hello","debug_info":{"host":1}}"#), Some(Frame::Hello(None))));

        for (word, reason) in [
            ("link_disabled", Reason::LinkDisabled),
            ("too_many_websockets", Reason::TooMany),
            ("warning", Reason::Refresh),
            ("refresh_requested", Reason::Refresh),
            ("some_new_word", Reason::Refresh),
        ] {
            let frame = read(&format!(r#"{{"type":"disconnect","reason":"{word}"}}"#));
            let Some(Frame::Disconnect(read)) = frame else { panic!("{word}") };
            assert_eq!(read, reason, "{word}");
        }

        let command = r#"{"envelope_id":"e1","type":"slash_commands","accepts_response_payload":true,
            "payload":{"command":"/study"},"retry_attempt":2,"retry_reason":"timeout"}"#;
        let Some(Frame::Envelope { id, answerable, envelope }) = read(command) else { panic!("no envelope") };
        assert_eq!((id.as_str(), answerable, envelope.retry), ("e1", true, 2));
        assert_eq!((envelope.kind, envelope.payload.get()), (Kind::Command, r#"{"command":"/study"}"#));
    }

    #[test]
    fn only_plain_words_are_names() {
        for (kind, shown) in [
            ("a_new_kind", "a_new_kind"),
            ("", "unnamed"),
            ("What somebody said", "unnamed"),
            (&"a".repeat(40), &"a".repeat(40)),
            (&"a".repeat(41), "unnamed"),
        ] {
            let frame = read(&serde_json::json!({ "type": kind, "envelope_id": "e1" }).to_string());
            let Some(Frame::Unknown { name, id }) = frame else { panic!("{kind}") };
            assert_eq!((name.as_str(), id.as_deref()), (shown, Some("e1")));
        }
        // An event without anything in it is nothing for the listener either.
        let empty = read(r#"{"type":"events_api","envelope_id":"e1"}"#);
        assert!(matches!(empty, Some(Frame::Unknown { .. })));
        for none in ["", "[]", "{}", r#"{"type":7}"#, "\"hello\""] {
            assert!(read(none).is_none(), "{none}");
        }
    }

    #[test]
    fn an_acknowledgement_carries_an_answer_only_where_there_is_one() {
        assert_eq!(acknowledgement("e1", None), r#"{"envelope_id":"e1"}"#);
        let body = serde_json::json!({ "response_action": "clear" });
        let sent: serde_json::Value = serde_json::from_str(&acknowledgement("e1", Some(&body))).unwrap();
        assert_eq!(sent, serde_json::json!({ "envelope_id": "e1", "payload": body }));
    }
}
