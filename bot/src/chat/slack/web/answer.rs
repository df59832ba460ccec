//! Reads what Slack's answers say beside their content: whether it went well, the error's name, how long to wait.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

/// Waited for where a limit names no time.
const UNSAID_WAIT: Duration = Duration::from_secs(10);
/// No wait is believed to be longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// Of a name of Slack's, such as an error's.
const NAME_CHARS_MAX: usize = 64;
/// Of the names of what a token may do, together.
const SCOPES_CHARS_MAX: usize = 160;
/// What stands in for a name that is none of Slack's.
const UNNAMED: &str = "unnamed";

/// The names of what a token may do.
pub(in crate::chat::slack) type Scopes = BTreeSet<String>;

/// Whether a call went well. Nothing else of a refusal is read: it may quote what people wrote.
#[derive(Debug, Deserialize)]
pub(super) struct Verdict {
    pub(super) ok: bool,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    needed: Option<String>,
}

impl Verdict {
    /// `None`: not in Slack's form; something else on the way answered.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The error's name: lower-case letters and underscores, or a word that stands in.
    pub(super) fn name(&self) -> String {
        let name = self.error.as_deref().unwrap_or_default();
        let plain = (1..=NAME_CHARS_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if plain { name.to_owned() } else { UNNAMED.to_owned() }
    }

    /// The permission that is missing.
    pub(super) fn needed(&self) -> Option<String> {
        self.needed.as_deref().filter(|scope| is_scope(scope)).map(str::to_owned)
    }
}

/// Also several, with commas between.
fn is_scope(text: &str) -> bool {
    (1..=SCOPES_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || b":._,-".contains(&byte))
}

/// How long Slack wants to be left alone.
pub(super) fn retry_after(headers: &HeaderMap) -> Duration {
    let told = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    told.map_or(UNSAID_WAIT, |seconds| Duration::from_secs(seconds.max(1)).min(LONGEST_WAIT))
}

/// What the token may do, where the answer says so.
pub(in crate::chat::slack) fn scopes(headers: &HeaderMap) -> Scopes {
    let told = headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok()).unwrap_or_default();
    told.split(',').map(str::trim).filter(|scope| is_scope(scope)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn an_error_is_known_by_name_and_never_by_other_text() {
        let long = "x".repeat(65);
        let table = [
            (r#"{"ok":false,"error":"channel_not_found"}"#.to_owned(), "channel_not_found"),
            (r#"{"ok":false,"error":"A text: secret"}"#.to_owned(), UNNAMED),
            (r#"{"ok":false,"error":""}"#.to_owned(), UNNAMED),
            (r#"{"ok":false,"error":null}"#.to_owned(), UNNAMED),
            (r#"{"ok":false}"#.to_owned(), UNNAMED),
            (format!(r#"{{"ok":false,"error":"{long}"}}"#), UNNAMED),
        ];
        for (body, name) in table {
            assert_eq!(Verdict::read(body.as_bytes()).unwrap().name(), name, "{body}");
        }
        for body in ["", "ok", "<html>", "{}", r#"{"ok":"yes"}"#] {
            assert!(Verdict::read(body.as_bytes()).is_none(), "{body}");
        }
        let needed = |scope: &str| {
            let body = format!(r#"{{"ok":false,"error":"missing_scope","needed":"{scope}"}}"#);
            Verdict::read(body.as_bytes()).unwrap().needed()
        };
        assert_eq!(
            needed("channels:history,groups:history").as_deref(),
            Some("channels:history,groups:history")
        );
        assert_eq!(needed("A secret"), None);
    }

    #[test]
    fn waits_are_in_seconds_and_bounded() {
        let table = [
            (Some("30"), Duration::from_secs(30)),
            (Some("0"), Duration::from_secs(1)),
            (Some("99999999"), LONGEST_WAIT),
            (Some("soon"), UNSAID_WAIT),
            (None, UNSAID_WAIT),
        ];
        for (told, expected) in table {
            let mut headers = HeaderMap::new();
            if let Some(told) = told {
                headers.insert(RETRY_AFTER, HeaderValue::from_static(told));
            }
            assert_eq!(retry_after(&headers), expected, "{told:?}");
        }
    }

    #[test]
    fn scopes_come_in_a_header() {
        let mut headers = HeaderMap::new();
        assert!(scopes(&headers).is_empty());
        headers.insert("x-oauth-scopes", HeaderValue::from_static("chat:write, commands,,A b"));
        assert_eq!(scopes(&headers).into_iter().collect::<Vec<_>>(), ["chat:write", "commands"]);
    }
}
