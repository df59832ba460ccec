//! A request's arguments, however they were sent.

use axum::http::request::Parts;
use serde_json::{Map, Value};

/// Arguments by name. From a form each is a text; blocks and the like are JSON in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    values: Map<String, Value>,
    pub(crate) as_json: bool,
}

impl Args {
    /// Those of a request; what is wrong with how they were sent.
    pub(crate) fn of(parts: &Parts, body: &str) -> Result<Self, String> {
        let kind = parts.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let mut args = Self::default();
        args.add_form(parts.uri.query().unwrap_or_default());
        if kind.starts_with("application/json") {
            args.as_json = true;
            match serde_json::from_str::<Value>(body) {
                Ok(Value::Object(values)) => args.values.extend(values),
                _ => return Err("a body that is no JSON object".to_owned()),
            }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            args.add_form(body);
        } else if !body.is_empty() {
            return Err(format!("a body of type {kind:?}"));
        }
        Ok(args)
    }

    /// Those of a body that was read already.
    pub(crate) fn from_json(body: &Value) -> Self {
        Self { values: body.as_object().cloned().unwrap_or_default(), as_json: true }
    }

    fn add_form(&mut self, form: &str) {
        for (key, value) in form_pairs(form) {
            self.values.insert(key, Value::String(value));
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| !value.is_null())
    }

    /// A text, empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.values.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether something is true; `None`: nothing is said of it.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => Some(text == "true" || text == "1"),
            _ => None,
        }
    }

    pub(crate) fn number(&self, key: &str) -> Option<usize> {
        match self.values.get(key)? {
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// An array or object, which a form has as JSON in a text.
    pub(crate) fn json(&self, key: &str) -> Option<Value> {
        match self.values.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(serde_json::from_str(text).unwrap_or(Value::Null)),
            value => Some(value.clone()),
        }
    }

    pub(crate) fn as_value(&self) -> Value {
        let mut values = self.values.clone();
        for (_, value) in &mut values {
            if let Value::String(text) = value
                && text.starts_with(['{', '['])
                && let Ok(inside) = serde_json::from_str(text)
            {
                *value = inside;
            }
        }
        Value::Object(values)
    }
}

/// The pairs of a form or a query.
pub(crate) fn form_pairs(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits =
                    std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(digits.unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A form of these pairs.
pub(crate) fn form(pairs: &[(String, String)]) -> String {
    let encoded = |text: &str| -> String {
        let one = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let pair = |(key, value): &(String, String)| format!("{}={}", encoded(key), encoded(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}
