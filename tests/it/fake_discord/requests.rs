//! What becomes of a request: who may ask, how often, what is wrong with it, and the trouble that a test wants.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answers::{Answered, Refused};
use super::http::{Answer, Served, bucket_headers};
use super::limits::Verdict;
use super::route::Route;
use super::scripts::{Request, Trouble};
use super::spec;
use super::world::World;

impl World {
    /// Answers a request, whatever it is, and notes it.
    pub(crate) fn serve(&mut self, parts: &Parts, body: &Bytes) -> Served {
        if self.dark {
            return Served::Cut;
        }
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let text = std::str::from_utf8(body).unwrap_or_default();
        self.look_for_token(parts, text);
        let below = path.strip_prefix("/api/v10").unwrap_or(path);
        let route = path.starts_with("/api/v10/").then(|| Route::of(method, below)).flatten();
        let (label, served) = match route {
            Some(route) => (route.template().to_owned(), self.serve_route(&route, parts, below, text)),
            None if path.starts_with("/attachments/") => {
                ("/attachments".to_owned(), self.serve_file(path, &parts.headers))
            }
            None => {
                self.problem(format!("unknown route: {method} {path}"));
                let answer = Answer::new(404, json!({"message": "404: Not Found", "code": 0}));
                (path.to_owned(), Served::Answer(answer))
            }
        };
        self.scripts.note(Request {
            method: method.to_owned(),
            route: label,
            path: below.to_owned(),
            body: serde_json::from_str(text).unwrap_or(Value::Null),
            status: served.status(),
        });
        served
    }

    fn serve_file(&mut self, path: &str, headers: &HeaderMap) -> Served {
        if headers.contains_key("authorization") {
            self.problem("the token was sent to where attachments are");
        }
        Served::File(super::files::answer(self.files.get(path)))
    }

    fn serve_route(&mut self, route: &Route, parts: &Parts, path: &str, text: &str) -> Served {
        let method = parts.method.as_str();
        let expected = format!("Bot {}", self.config.token);
        let authorized = parts.headers.get("authorization").is_some_and(|there| *there == *expected);
        if !route.is_of_interaction() && (!authorized || self.gateway.revoked) {
            return Served::Answer(Answer::new(401, json!({"message": "401: Unauthorized", "code": 0})));
        }
        self.look_at_headers(method, path, &parts.headers, text);
        let trouble = self.scripts.take(method, path, text);
        match &trouble {
            None | Some(Trouble::LostAnswer) => {}
            Some(Trouble::Answer { status, body }) => {
                return Served::Answer(Answer::new(*status, body.clone()));
            }
            Some(Trouble::LostRequest) => return Served::Cut,
            Some(Trouble::Silence) => return Served::Never,
            Some(Trouble::TooMany { retry_after, scope }) => {
                return Served::Answer(Answer::too_many(*retry_after, scope, None));
            }
        }
        let bucket = match self.limiter.ask(method, route, Instant::now()) {
            Verdict::Allowed(bucket) => bucket,
            Verdict::Exhausted(bucket) => {
                let answer = Answer::too_many(bucket.reset_after, "user", Some(&bucket));
                return Served::Answer(answer);
            }
            Verdict::Global { retry_after } => {
                return Served::Answer(Answer::too_many(retry_after, "global", None));
            }
        };
        let mut answer = match self.carry_out(method, route, parts.uri.query().unwrap_or_default(), text) {
            Ok(Answered { status, body }) => {
                if let Some(body) = body.as_ref().filter(|_| self.config.check_answers) {
                    self.check_own(method, route, status, body);
                }
                Answer { status, body, headers: Vec::new() }
            }
            Err(refused) => Answer::new(refused.status, refused.body()),
        };
        if let Some(bucket) = &bucket {
            answer.headers = bucket_headers(bucket);
            let reset_ms = self.now().plus(i64::try_from(bucket.reset_after.as_millis()).unwrap_or(0)).0;
            answer
                .headers
                .push(("x-ratelimit-reset", format!("{}.{:03}", reset_ms / 1_000, reset_ms % 1_000)));
        }
        if trouble.is_some() { Served::Cut } else { Served::Answer(answer) }
    }

    /// Checks a request against Discord's description, then does what it asks.
    fn carry_out(
        &mut self,
        method: &str,
        route: &Route,
        query: &str,
        text: &str,
    ) -> Result<Answered, Refused> {
        let mut wrong = Vec::new();
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (key.to_owned(), super::route::decoded(value).unwrap_or_default()))
            .collect();
        for (key, _) in &query {
            if !route.query_keys(method).contains(&key.as_str()) {
                wrong.push(format!("unknown key {key} in the query"));
            }
        }
        let body: Option<Value> = if text.is_empty() { None } else { serde_json::from_str(text).ok() };
        if !text.is_empty() && body.is_none() {
            wrong.push("the body is no JSON".to_owned());
        }
        wrong.extend(self.body_problems(method, route, body.as_ref()));
        if !wrong.is_empty() {
            for what in &wrong {
                self.problem(format!("{method} {}: {what}", route.template()));
            }
            return Err(Refused::invalid(&wrong.join("; ")));
        }
        self.answer(method, route, &query, &body.unwrap_or(Value::Null))
    }

    fn body_problems(&self, method: &str, route: &Route, body: Option<&Value>) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(spec) = spec::spec().filter(|_| self.config.check_requests) {
            wrong = match (route, body) {
                // The description's choice is open to any key of any channel: here it is known which it is.
                (Route::Channel(_), Some(body)) if method == "PATCH" => {
                    spec.named("UpdateThreadRequestPartial", body)
                }
                (Route::Commands(_), Some(body)) if method == "PUT" => {
                    spec.request(method, route.template(), Some(&super::commands::as_described(body.clone())))
                }
                _ => spec.request(method, route.template(), body),
            };
        }
        let Some(body) = body else { return wrong };
        match route {
            Route::Messages(_) | Route::Message(..) | Route::Original { .. } | Route::FollowUp { .. } => {
                wrong.extend(super::rules::message(body));
            }
            Route::Callback { .. } if body["type"] == 9 => wrong.extend(super::rules::modal(&body["data"])),
            Route::Callback { .. } if body["type"] != 8 => wrong.extend(super::rules::message(&body["data"])),
            Route::Commands(_) => wrong.extend(super::commands::problems(body)),
            _ => {}
        }
        wrong
    }

    /// Holds that what the fake itself says is what Discord says.
    fn check_own(&mut self, method: &str, route: &Route, status: u16, body: &Value) {
        let wrong = spec::spec().map(|spec| spec.response(method, route.template(), status, body));
        for what in wrong.unwrap_or_default() {
            self.problem(format!("the fake's own answer to {method} {}: {what}", route.template()));
        }
    }

    fn look_at_headers(&mut self, method: &str, path: &str, headers: &HeaderMap, text: &str) {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let agent = header("user-agent");
        let inside = agent.strip_prefix("DiscordBot (").and_then(|rest| rest.split_once(')'));
        if !inside.is_some_and(|(inside, _)| inside.starts_with("http") && inside.contains(", ")) {
            self.problem(format!("{method} {path}: a User-Agent of {agent:?}"));
        }
        if !text.is_empty() && !header("content-type").starts_with("application/json") {
            self.problem(format!("{method} {path}: a body of type {:?}", header("content-type")));
        }
    }

    /// The token belongs into one header, and nowhere else.
    fn look_for_token(&mut self, parts: &Parts, text: &str) {
        let token = self.config.token.as_str();
        let leaked = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains(token));
        let mut others = parts.headers.iter().filter(|(name, _)| *name != "authorization");
        let in_headers = others.any(|(_, value)| leaked(value));
        if in_headers || text.contains(token) || parts.uri.to_string().contains(token) {
            self.problem(format!("{}: the token stands where it doesn't belong", parts.method));
        }
    }
}
