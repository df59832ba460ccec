//! Requests that were made, and what is to go wrong with those to come.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::script::Script;

/// Requests kept whole; older ones are counted only.
const KEPT: usize = 20_000;
/// What requests to a `response_url` are called here, which belong to no method.
pub(crate) const RESPONSE: &str = "response_url";
/// What downloads of files are called here.
pub(crate) const FILE: &str = "file";

/// Which requests a script is for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// A method such as `chat.postMessage`; any, when empty.
    pub(crate) method: &'static str,
    /// A text that the arguments hold, such as a message's key.
    pub(crate) holds: String,
}

impl Which {
    /// Requests of a method, of [`RESPONSE`] or of [`FILE`].
    pub(crate) fn to(method: &'static str) -> Self {
        Self { method, holds: String::new() }
    }

    /// Those of them whose arguments hold this.
    pub(crate) fn holding(mut self, text: &str) -> Self {
        text.clone_into(&mut self.holds);
        self
    }

    fn fits(&self, method: &str, body: &str) -> bool {
        (self.method.is_empty() || self.method == method) && body.contains(&self.holds)
    }
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// It takes no effect, and this is answered.
    Answer { status: u16, body: Value },
    /// It takes no effect, and the connection breaks.
    LostRequest,
    /// It takes effect, and the connection breaks before the answer.
    LostAnswer,
    /// 429: the bot must wait this many seconds.
    TooMany { retry_after: u64 },
    /// No answer ever comes. It takes no effect.
    Silence,
}

impl Trouble {
    /// A server's failure, such as 502, as a proxy words it.
    pub(crate) fn failure(status: u16) -> Self {
        Self::Answer { status, body: json!("upstream connect error") }
    }

    /// Slack's refusal by this name.
    pub(crate) fn refusal(error: &str) -> Self {
        Self::Answer { status: 200, body: json!({"ok": false, "error": error}) }
    }
}

/// A request that was made.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `chat.postMessage`, [`RESPONSE`], [`FILE`], or a path that Slack doesn't have.
    pub(crate) method: String,
    /// Arguments, however they were sent.
    pub(crate) args: Value,
    /// 0: the connection was broken.
    pub(crate) status: u16,
    /// What Slack refused it for.
    pub(crate) error: Option<String>,
}

/// Requests of one method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) too_many: u64,
    pub(crate) refused: u64,
}

/// The script and the log.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    script: Script<Which, Trouble>,
    requests: VecDeque<Request>,
    counts: BTreeMap<String, Count>,
}

impl Scripts {
    /// What is to go wrong.
    pub(crate) fn script(&mut self) -> &mut Script<Which, Trouble> {
        &mut self.script
    }

    /// What is to happen to this request.
    pub(crate) fn take(&mut self, method: &str, body: &str) -> Option<Trouble> {
        self.script.take(|which| which.fits(method, body))
    }

    /// Notes a request and how it was answered.
    pub(crate) fn note(&mut self, request: Request) {
        let count = self.counts.entry(request.method.clone()).or_default();
        count.requests += 1;
        count.too_many += u64::from(request.status == 429);
        count.refused += u64::from(request.error.is_some());
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    /// By method.
    pub(crate) fn counts(&self) -> &BTreeMap<String, Count> {
        &self.counts
    }
}
