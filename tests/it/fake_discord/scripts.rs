//! Requests that were made, and what is to go wrong with those to come.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use crate::script::Script;

/// Requests kept whole; older ones are counted only.
const KEPT: usize = 20_000;

/// Which requests a script is for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which {
    /// Any, when empty.
    pub(crate) method: &'static str,
    /// The path after `/api/v10`; `*` stands for any one part. Any path, when empty.
    pub(crate) path: &'static str,
    /// A text that the body holds, such as a message's key.
    pub(crate) holds: String,
}

impl Which {
    /// Requests of a method to paths such as `/channels/*/messages`.
    pub(crate) fn to(method: &'static str, path: &'static str) -> Self {
        Self { method, path, holds: String::new() }
    }

    /// Those of them whose body holds this.
    pub(crate) fn holding(mut self, text: &str) -> Self {
        text.clone_into(&mut self.holds);
        self
    }

    fn fits(&self, method: &str, path: &str, body: &str) -> bool {
        let same_path = || {
            let (wanted, there) = (self.path.split('/'), path.split('/'));
            wanted.clone().count() == there.clone().count()
                && wanted.zip(there).all(|(wanted, there)| wanted == "*" || wanted == there)
        };
        (self.method.is_empty() || self.method == method)
            && (self.path.is_empty() || same_path())
            && body.contains(&self.holds)
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
    /// 429: the bot must wait this long. The scope is `user`, `shared` or `global`.
    TooMany { retry_after: Duration, scope: &'static str },
    /// No answer ever comes. It takes no effect.
    Silence,
}

impl Trouble {
    /// A server's failure, such as 502, as a proxy words it.
    pub(crate) fn failure(status: u16) -> Self {
        Self::Answer { status, body: json!("upstream connect error") }
    }

    /// Discord's refusal of this status and code.
    pub(crate) fn refusal(status: u16, code: u64, message: &str) -> Self {
        Self::Answer { status, body: json!({"message": message, "code": code}) }
    }
}

/// A request that was made.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The route as Discord's description names it, or the path where there is none.
    pub(crate) route: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    /// 0: the connection was broken.
    pub(crate) status: u16,
}

/// Requests of one route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) too_many: u64,
    /// 401, 403 and 429: 10,000 of them in 10 minutes ban an address.
    pub(crate) invalid: u64,
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
    pub(crate) fn take(&mut self, method: &str, path: &str, body: &str) -> Option<Trouble> {
        self.script.take(|which| which.fits(method, path, body))
    }

    /// Notes a request and how it was answered.
    pub(crate) fn note(&mut self, request: Request) {
        let count = self.counts.entry(format!("{} {}", request.method, request.route)).or_default();
        count.requests += 1;
        count.too_many += u64::from(request.status == 429);
        count.invalid += u64::from(matches!(request.status, 401 | 403 | 429));
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    /// By `METHOD /route/{of}/discord's/description`.
    pub(crate) fn counts(&self) -> &BTreeMap<String, Count> {
        &self.counts
    }
}
