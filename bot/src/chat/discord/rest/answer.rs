//! Reads what Discord's answers say beside their content: limits, refusals, lengths.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::Instant;
use twilight_http_ratelimiting::RateLimitHeaders;

use super::limits::{Scope, TooMany};

/// Told where a refusal for too many requests names no time.
const UNSAID_WAIT: Duration = Duration::from_secs(1);
/// No wait is believed to be longer.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Fields named in an error, at most, and characters of each.
const FIELDS_MAX: usize = 8;
const FIELD_CHARS_MAX: usize = 80;

/// What a refusal's body says. Its `message` isn't read: it may quote what people wrote.
/// [Source](https://docs.discord.com/developers/reference#error-messages).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    code: Value,
    errors: Value,
    retry_after: Value,
    global: Value,
}

impl Refusal {
    /// `None`: not in Discord's form; something else on the way answered.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(body).ok()
    }

    /// One of Discord's codes; 0 for a general refusal; `None` where there is none.
    pub(super) fn code(&self) -> Option<u32> {
        self.code.as_u64().and_then(|code| u32::try_from(code).ok())
    }

    /// The fields that were not accepted, each with the name of its error: never a value.
    pub(super) fn fields(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Value::Object(errors) = &self.errors {
            collect_fields(errors, "", &mut found);
        }
        found
    }
}

fn collect_fields(errors: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    for (name, inner) in errors {
        if found.len() >= FIELDS_MAX {
            return;
        }
        match inner {
            Value::Array(kinds) if name == "_errors" => {
                let kind = kinds.first().and_then(|kind| kind.get("code")).and_then(Value::as_str);
                let field = if at.is_empty() { "body" } else { at };
                found.push(format!("{field} ({})", plain(kind.unwrap_or_default())));
            }
            Value::Object(inner) => {
                let separator = if at.is_empty() { "" } else { "." };
                let deeper: String =
                    format!("{at}{separator}{}", plain(name)).chars().take(FIELD_CHARS_MAX).collect();
                collect_fields(inner, &deeper, found);
            }
            _ => {}
        }
    }
}

/// Letters, digits and underscores: what Discord's own names are made of.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_');
    letters.take(FIELD_CHARS_MAX).collect()
}

/// What an answer's headers say of its bucket; `None` unless they say all of it.
pub(super) fn bucket(headers: &HeaderMap, now: Instant) -> Option<RateLimitHeaders> {
    let bucket = headers.get(RateLimitHeaders::BUCKET)?.as_bytes().to_vec();
    let reset_after = seconds(text(headers, RateLimitHeaders::RESET_AFTER)?)?;
    Some(RateLimitHeaders {
        bucket,
        limit: count(headers, RateLimitHeaders::LIMIT)?,
        remaining: count(headers, RateLimitHeaders::REMAINING)?,
        reset_at: (now + reset_after).into_std(),
    })
}

/// What a refusal with status 429 says. Without Discord's form and without a bucket it comes from the network in
/// front of Discord, and holds for everything.
pub(super) fn too_many(headers: &HeaderMap, refusal: Option<&Refusal>) -> TooMany {
    let bucket = headers.get(RateLimitHeaders::BUCKET).map(|bucket| bucket.as_bytes().to_vec());
    let is_global = text(headers, "x-ratelimit-global").is_some_and(|told| told == "true")
        || refusal.is_some_and(|refusal| refusal.global == Value::Bool(true));
    let scope = match text(headers, RateLimitHeaders::SCOPE) {
        Some("shared") => Scope::Shared,
        Some("global") => Scope::Global,
        Some("user") => Scope::User,
        _ if is_global || (refusal.is_none() && bucket.is_none()) => Scope::Global,
        _ => Scope::User,
    };
    let told = refusal.and_then(|refusal| refusal.retry_after.as_f64()).and_then(duration);
    let after = told
        .or_else(|| text(headers, RETRY_AFTER.as_str()).and_then(seconds))
        .or_else(|| text(headers, RateLimitHeaders::RESET_AFTER).and_then(seconds))
        .unwrap_or(UNSAID_WAIT);
    TooMany { scope, after, bucket }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// More than fits counts as the most that fits.
fn count(headers: &HeaderMap, name: &str) -> Option<u16> {
    text(headers, name)?.parse::<u64>().ok().map(|number| u16::try_from(number).unwrap_or(u16::MAX))
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().and_then(duration)
}

fn duration(seconds: f64) -> Option<Duration> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) => Some(duration.min(LONGEST_WAIT)),
        Err(_) if seconds > 0.0 => Some(LONGEST_WAIT),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    const BUCKET: (&str, &str) = ("x-ratelimit-bucket", "abcd1234");
    const LIMIT: (&str, &str) = ("x-ratelimit-limit", "5");
    const REMAINING: (&str, &str) = ("x-ratelimit-remaining", "0");
    const RESET_AFTER: (&str, &str) = ("x-ratelimit-reset-after", "0.25");

    #[test]
    fn a_bucket_is_read_when_all_of_it_is_there() {
        let now = Instant::now();
        let read = bucket(&headers(&[BUCKET, LIMIT, REMAINING, RESET_AFTER]), now).unwrap();
        assert_eq!((read.bucket.as_slice(), read.limit, read.remaining), (b"abcd1234".as_slice(), 5, 0));
        assert_eq!(read.reset_at, (now + Duration::from_millis(250)).into_std());
        for lines in [
            vec![],
            vec![LIMIT, REMAINING, RESET_AFTER],
            vec![BUCKET, REMAINING, RESET_AFTER],
            vec![BUCKET, LIMIT, RESET_AFTER],
            vec![BUCKET, LIMIT, REMAINING],
            vec![BUCKET, LIMIT, REMAINING, ("x-ratelimit-reset-after", "soon")],
            vec![BUCKET, LIMIT, REMAINING, ("x-ratelimit-reset-after", "-1")],
            vec![BUCKET, ("x-ratelimit-limit", "many"), REMAINING, RESET_AFTER],
        ] {
            assert_eq!(bucket(&headers(&lines), now), None, "{lines:?}");
        }
        let much = headers(&[BUCKET, ("x-ratelimit-limit", "70000"), REMAINING, RESET_AFTER]);
        assert_eq!(bucket(&much, now).unwrap().limit, u16::MAX);
    }

    #[test]
    fn a_429_tells_whose_limit_and_how_long() {
        let json = |text: &str| Refusal::read(text.as_bytes());
        let scope = |name| ("x-ratelimit-scope", name);
        let ms = Duration::from_millis;
        let table = [
            (vec![scope("user"), BUCKET], json(r#"{"retry_after":64.57}"#), Scope::User, ms(64_570)),
            (vec![scope("shared"), ("retry-after", "1337")], json("{}"), Scope::Shared, ms(1_337_000)),
            (vec![scope("global")], json(r#"{"retry_after":0.5,"global":true}"#), Scope::Global, ms(500)),
            (vec![("x-ratelimit-global", "true"), ("retry-after", "2")], None, Scope::Global, ms(2_000)),
            (vec![], json(r#"{"retry_after":1,"global":true}"#), Scope::Global, ms(1_000)),
            (vec![], json(r#"{"retry_after":1,"global":false}"#), Scope::User, ms(1_000)),
            (vec![("retry-after", "0.25")], None, Scope::Global, ms(250)),
            (vec![BUCKET, RESET_AFTER], None, Scope::User, ms(250)),
            (vec![], json(r#"{"retry_after":-5}"#), Scope::User, UNSAID_WAIT),
            (vec![], json(r#"{"retry_after":"x"}"#), Scope::User, UNSAID_WAIT),
            (vec![], json(r#"{"retry_after":1e300}"#), Scope::User, LONGEST_WAIT),
            (vec![("retry-after", "NaN")], json("{}"), Scope::User, UNSAID_WAIT),
        ];
        for (lines, refusal, scope, after) in table {
            let read = too_many(&headers(&lines), refusal.as_ref());
            assert_eq!((read.scope, read.after), (scope, after), "{lines:?}");
        }
    }

    #[test]
    fn a_refusal_names_fields_and_never_values() {
        let read = Refusal::read(
            br#"{"code":50035,"message":"Invalid Form Body: secret","errors":{
                "embeds":{"0":{"description":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"secret"}]}}},
                "na me\n!":{"_errors":[{"message":"secret"}]}, "odd":"secret",
                "_errors":[{"code":"WHOLE"}]}}"#,
        )
        .unwrap();
        assert_eq!(read.code(), Some(50035));
        let mut fields = read.fields();
        fields.sort();
        assert_eq!(fields, ["body (WHOLE)", "embeds.0.description (BASE_TYPE_MAX_LENGTH)", "name ()"]);
        let many: Vec<String> =
            (0..50).map(|index| format!(r#""f{index}":{{"_errors":[{{"code":"A"}}]}}"#)).collect();
        let many = format!(r#"{{"errors":{{{}}}}}"#, many.join(","));
        assert_eq!(Refusal::read(many.as_bytes()).unwrap().fields().len(), FIELDS_MAX);
    }

    #[test]
    fn what_is_not_discords_form_has_no_code() {
        assert!(Refusal::read(b"<html>blocked</html>").is_none());
        assert!(Refusal::read(b"").is_none());
        assert_eq!(Refusal::read(b"{}").unwrap().code(), None);
        assert_eq!(Refusal::read(br#"{"code":"x"}"#).unwrap().code(), None);
        assert_eq!(Refusal::read(br#"{"code":0,"message":"404: Not Found"}"#).unwrap().code(), Some(0));
    }
}
