//! Answers and refusals as Slack words them.

use std::time::Duration;

use serde_json::{Value, json};

/// Why Slack refuses a request.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) error: &'static str,
    /// What stands beside `ok` and `error`.
    pub(crate) beside: Value,
    /// It was too much: how long to wait.
    pub(crate) wait: Option<Duration>,
}

/// What a method answers.
pub(crate) type Answered = Result<Value, Refused>;

impl Refused {
    pub(crate) fn because(error: &'static str) -> Self {
        Self { error, beside: json!({}), wait: None }
    }

    /// With what exactly is wrong.
    pub(crate) fn with_messages(error: &'static str, messages: &[String]) -> Self {
        Self { error, beside: json!({"response_metadata": {"messages": messages}}), wait: None }
    }

    pub(crate) fn missing_scope(needed: &str, provided: &str) -> Self {
        Self { error: "missing_scope", beside: json!({"needed": needed, "provided": provided}), wait: None }
    }

    /// Too many requests.
    pub(crate) fn too_many(wait: Duration) -> Self {
        Self { error: "ratelimited", beside: json!({}), wait: Some(wait) }
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"ok": false, "error": self.error});
        for (key, value) in self.beside.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        body
    }
}

/// A refusal, in the place of an answer.
pub(crate) fn refuse<T>(error: &'static str) -> Result<T, Refused> {
    Err(Refused::because(error))
}
