//! Calls Slack's Web API: each call waits for its turn, is sent once, and its answer is read or its failure told apart.
//!
//! It knows nothing of questions or messages. It never logs a body, an address, or a token, and no error of its carries
//! one.

mod address;
mod answer;
mod download;
mod error;
mod lane;
mod mend;
mod method;
mod pacer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::chat::wire::{self, BodyError, cause};
pub(in crate::chat::slack) use answer::Scopes;
use answer::Verdict;
pub(in crate::chat::slack) use answer::scopes;
pub(in crate::chat::slack) use error::{Doing, WebError};
pub(in crate::chat::slack) use method::Method;
use pacer::Pacer;
pub(in crate::chat::slack) use pacer::Turn;

/// Slack itself.
pub(in crate::chat::slack) const SLACK: &str = "https://slack.com";

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";

/// What can be chosen about the calls.
#[derive(Clone, Debug)]
pub(in crate::chat::slack) struct Options {
    /// Messages posted over the workspace. Slack names no number but "several hundred".
    /// [Source](https://docs.slack.dev/apis/web-api/rate-limits).
    pub messages_per_minute: u32,
    /// Lets calls go without waiting for turns; what Slack asks for is kept all the same. For tests.
    pub unlimited: bool,
    /// For a connection to stand.
    pub connect_timeout: Duration,
    /// For a whole call, from the connection to the last byte of the answer.
    pub request_timeout: Duration,
    /// For the turn of a delivery's first call.
    pub patience: Duration,
    /// Of an answer's body.
    pub body_max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            messages_per_minute: 300,
            unlimited: false,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(20),
            patience: Duration::from_secs(2),
            body_max_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Why the calls can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base is no address of the wanted form.
    #[error(
        "SLACK_API_BASE must be https:// and a host, such as {SLACK}, and nothing behind it; or leave it out"
    )]
    Base,
    /// The bot's token holds what no token can hold, or nothing.
    #[error(
        "SLACK_BOT_TOKEN holds characters that no token has; paste it again, in one piece and without quotes"
    )]
    BotToken,
    /// The app's token holds what no token can hold, or nothing.
    #[error(
        "SLACK_APP_TOKEN holds characters that no token has; paste it again, in one piece and without quotes"
    )]
    AppToken,
    /// TLS could not be set up.
    #[error("no TLS: {0}")]
    Tls(String),
}

/// Slack's Web API. Clones share limits and connections.
#[derive(Clone)]
pub(in crate::chat::slack) struct Web {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    base: Url,
    bot: Token,
    app: Option<Token>,
    pacer: Pacer,
    options: Options,
    refused: watch::Sender<bool>,
}

/// A token, and whether Slack still takes it.
struct Token {
    authorization: SecretString,
    refused: AtomicBool,
}

/// One call, but for its turn.
pub(in crate::chat::slack) struct Request<'a> {
    method: Method,
    turn: Turn<'a>,
    /// Where a message goes.
    channel: Option<&'a str>,
    body: Body,
}

enum Body {
    Form(Vec<(&'static str, String)>),
    Json(Vec<u8>),
}

impl<'a> Request<'a> {
    /// A call with arguments as a form.
    pub(in crate::chat::slack) fn form(
        method: Method,
        turn: Turn<'a>,
        arguments: Vec<(&'static str, String)>,
    ) -> Self {
        Self { method, turn, channel: None, body: Body::Form(arguments) }
    }

    /// A call with a body as JSON.
    ///
    /// # Errors
    /// When it can't be written so.
    pub(in crate::chat::slack) fn json(
        method: Method,
        turn: Turn<'a>,
        body: &impl Serialize,
    ) -> Result<Self, WebError> {
        let body = serde_json::to_vec(body);
        let body = body.map_err(|_| WebError::NotSent("the body can't be written as JSON".to_owned()))?;
        Ok(Self { method, turn, channel: None, body: Body::Json(body) })
    }

    /// The same, with the channel that its message goes to.
    pub(in crate::chat::slack) fn to(self, channel: &'a str) -> Self {
        Self { channel: Some(channel), ..self }
    }
}

impl Web {
    /// Calls to `base` (scheme and host; `/api/METHOD` is added) with a bot's token and, for Socket Mode, an app's.
    ///
    /// # Errors
    /// When the base or a token has a form that can't be right, or TLS can't be set up.
    pub(in crate::chat::slack) fn new(
        base: &str,
        bot_token: &SecretString,
        app_token: Option<&SecretString>,
        options: Options,
    ) -> Result<Self, SetupError> {
        let base = address::parse_base(base).ok_or(SetupError::Base)?;
        let bot = Token::new(bot_token).ok_or(SetupError::BotToken)?;
        let app = match app_token {
            Some(token) => Some(Token::new(token).ok_or(SetupError::AppToken)?),
            None => None,
        };
        // A redirect or a proxy from the environment would take the token to places that nobody chose.
        let client = Client::builder()
            .user_agent(concat!("studybot/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(options.connect_timeout)
            .timeout(options.request_timeout)
            .build()
            .map_err(|error| SetupError::Tls(cause(&error.without_url())))?;
        let pacer = Pacer::new(options.messages_per_minute, options.patience, options.unlimited);
        let refused = watch::Sender::new(false);
        Ok(Self { shared: Arc::new(Shared { client, base, bot, app, pacer, options, refused }) })
    }

    /// Becomes true once Slack refuses a token. Every call with it fails from then on.
    pub(in crate::chat::slack) fn token_refused(&self) -> watch::Receiver<bool> {
        self.shared.refused.subscribe()
    }

    /// Calls, and reads the answer. `T` can be `serde::de::IgnoredAny` where it doesn't matter.
    ///
    /// # Errors
    /// See [`WebError`].
    pub(super) async fn call<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, WebError> {
        self.exchange(request).await.map(|(answer, _)| answer)
    }

    /// Calls, and reads the answer and its headers.
    ///
    /// # Errors
    /// See [`WebError`].
    pub(super) async fn exchange<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
    ) -> Result<(T, HeaderMap), WebError> {
        let (method, channel) = (request.method, request.channel);
        let token = self.shared.token(method)?;
        token.require()?;
        let turn = self.shared.pacer.acquire(method, channel, request.turn).await;
        turn.map_err(|not_yet| WebError::NotYet(not_yet.after))?;
        // It may have been refused while this call stood in line.
        token.require()?;
        let response = self.request(method, token, request.body)?.send().await;
        let response = response.map_err(|error| lost(method, error))?;
        if let Some(channel) = channel.filter(|_| method == Method::PostMessage) {
            self.shared.pacer.landed(channel);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.limited(method, channel, &headers));
        }
        if status.is_server_error() {
            return Err(unusable(method, format!("HTTP {}", status.as_u16())));
        }
        let answer = self.read(method, response).await?;
        let Some(verdict) = Verdict::read(&answer) else {
            let reason = format!("HTTP {}, not in Slack's form", status.as_u16());
            // Redirects, and pages of what stands in front of Slack: nothing was done.
            return Err(if status.is_success() {
                unusable(method, reason)
            } else {
                WebError::Server(reason)
            });
        };
        if !verdict.ok {
            return Err(self.judge(method, channel, token, &verdict, &headers));
        }
        tracing::debug!(method = method.name(), status = status.as_u16(), "answered");
        let answer = serde_json::from_slice(&answer).map_err(|error| {
            // The error's own text quotes values.
            let place = format!("line {}, column {}", error.line(), error.column());
            unusable(method, format!("a body of another form, {place}"))
        })?;
        Ok((answer, headers))
    }

    fn request(
        &self,
        method: Method,
        token: &Token,
        body: Body,
    ) -> Result<reqwest::RequestBuilder, WebError> {
        let mut url = self.shared.base.clone();
        url.set_path(&format!("/api/{}", method.name()));
        let request = self.shared.client.post(url).header(AUTHORIZATION, bearer(token)?);
        Ok(match body {
            Body::Json(body) => request.header(CONTENT_TYPE, JSON).body(body),
            Body::Form(arguments) => request.header(CONTENT_TYPE, FORM).body(form(&arguments)),
        })
    }

    async fn read(&self, method: Method, response: Response) -> Result<Vec<u8>, WebError> {
        let status = response.status().as_u16();
        wire::body(response, self.shared.options.body_max_bytes).await.map_err(|error| match error {
            BodyError::TooLong => unusable(method, format!("HTTP {status} with too long a body")),
            BodyError::Broken(error) => {
                let error = cause(&error.without_url());
                unusable(method, format!("HTTP {status}, and its body broke off: {error}"))
            }
        })
    }

    /// What a refusal by name means.
    fn judge(
        &self,
        method: Method,
        channel: Option<&str>,
        token: &Token,
        verdict: &Verdict,
        headers: &HeaderMap,
    ) -> WebError {
        let name = verdict.name();
        tracing::debug!(method = method.name(), error = name, "refused");
        if mend::is_limit(&name) {
            return self.limited(method, channel, headers);
        }
        if mend::is_token_refused(&name) {
            // Whoever runs the bot is told by what ends on this.
            token.refused.store(true, Ordering::Release);
            self.shared.refused.send_replace(true);
            return WebError::Unauthorized;
        }
        if mend::is_broken(&name) {
            return unusable(method, name);
        }
        WebError::Refused { method, name, needed: verdict.needed() }
    }

    fn limited(&self, method: Method, channel: Option<&str>, headers: &HeaderMap) -> WebError {
        let after = answer::retry_after(headers);
        self.shared.pacer.refused(method, channel, after);
        tracing::warn!(
            method = method.name(),
            wait_ms = error::milliseconds(after),
            "Slack's limit was reached"
        );
        WebError::Limited { after }
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Web").field("base", &self.shared.base.as_str()).finish_non_exhaustive()
    }
}

impl Shared {
    fn token(&self, method: Method) -> Result<&Token, WebError> {
        match method {
            Method::ConnectionsOpen => {
                self.app.as_ref().ok_or_else(|| WebError::NotSent("there is no app token".to_owned()))
            }
            _ => Ok(&self.bot),
        }
    }
}

impl Token {
    /// `None`: no token looks like that.
    fn new(token: &SecretString) -> Option<Self> {
        let token = token.expose_secret().trim();
        let authorization = SecretString::from(format!("Bearer {token}"));
        let is_one = !token.is_empty() && !token.contains(char::is_whitespace);
        let token = Self { authorization, refused: AtomicBool::new(false) };
        (is_one && bearer(&token).is_ok()).then_some(token)
    }

    fn require(&self) -> Result<(), WebError> {
        if self.refused.load(Ordering::Acquire) { Err(WebError::Unauthorized) } else { Ok(()) }
    }
}

/// Marked, so that nothing prints it.
fn bearer(token: &Token) -> Result<HeaderValue, WebError> {
    let mut value = HeaderValue::from_str(token.authorization.expose_secret())
        .map_err(|_| WebError::NotSent("the token has a wrong form".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn form(arguments: &[(&'static str, String)]) -> String {
    let Ok(mut url) = Url::parse(SLACK) else { return String::new() };
    url.query_pairs_mut().extend_pairs(arguments);
    url.query().unwrap_or_default().to_owned()
}

/// A call without an answer.
fn lost(method: Method, error: reqwest::Error) -> WebError {
    let error = error.without_url();
    let reason = cause(&error);
    if error.is_connect() || error.is_builder() {
        return WebError::NotSent(reason);
    }
    unusable(method, if error.is_timeout() { "no answer in time".to_owned() } else { reason })
}

/// A call that was sent, and whose answer says nothing.
fn unusable(method: Method, reason: String) -> WebError {
    if method.is_repeatable() { WebError::Server(reason) } else { WebError::Unclear(reason) }
}
