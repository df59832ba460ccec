//! Calls Discord's HTTP API: one call at a time is sent, limited, tried again where that is short and safe, and its
//! answer read or its failure told apart.
//!
//! It knows nothing of questions or messages. It never logs a body, an address with a token in it, or the bot's token,
//! and no error of its carries one.

mod answer;
mod download;
mod error;
mod limits;
mod mend;
mod pacer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::api::{Method, Route};
use crate::chat::wire::{self, BodyError, cause};
use answer::Refusal;
pub(in crate::chat::discord) use error::{Doing, RestError, code};
use limits::{Leave, Limits, SHORT_WAIT, Scope};

/// Discord itself.
pub(in crate::chat::discord) const DISCORD: &str = "https://discord.com";

/// After so many refusals for too many requests the caller is told.
const TRIES_MAX: u32 = 4;

/// What can be chosen about the calls.
#[derive(Clone, Debug)]
pub(in crate::chat::discord) struct Options {
    /// Requests in any second, over all routes but the answers to interactions. Discord allows 50.
    pub requests_per_second: u32,
    /// For a connection to stand.
    pub connect_timeout: Duration,
    /// For a whole call, from the connection to the last byte of the answer.
    pub request_timeout: Duration,
    /// For a call's waits before limits, all together.
    pub patience: Duration,
    /// Of an answer's body.
    pub body_max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            requests_per_second: 50,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(20),
            // With the whole call's time-out this is still less than what delivery gives a call.
            patience: Duration::from_secs(9),
            body_max_bytes: 8 * 1024 * 1024,
        }
    }
}

/// Why the calls can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base is no address of the wanted form.
    #[error(
        "DISCORD_API_BASE must be a scheme and a host, such as {DISCORD}, and nothing behind it; or leave it out"
    )]
    Base,
    /// The token holds what no token can hold, or nothing.
    #[error(
        "DISCORD_TOKEN holds characters that no token has; paste it again, in one piece and without quotes"
    )]
    Token,
    /// TLS could not be set up.
    #[error("no TLS: {0}")]
    Tls(String),
}

/// Discord's HTTP API. Clones share limits and connections.
#[derive(Clone)]
pub(in crate::chat::discord) struct Rest {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    base: Url,
    authorization: SecretString,
    limits: Limits,
    options: Options,
    refused: watch::Sender<bool>,
}

/// What one try came to.
enum Try {
    /// Answered, with the body.
    Done(StatusCode, Vec<u8>),
    /// Refused for too many requests; not done.
    TooMany(Duration),
}

impl Rest {
    /// Calls to `base` (scheme and host; `/api/v10` is added) with a bot's token. Inside a runtime: the limits have a
    /// task of their own.
    ///
    /// # Errors
    /// When the base or token has a form that can't be right, or TLS can't be set up.
    pub(in crate::chat::discord) fn new(
        base: &str,
        token: &SecretString,
        options: Options,
    ) -> Result<Self, SetupError> {
        let base = parse_base(base).ok_or(SetupError::Base)?;
        let token = token.expose_secret().trim();
        let authorization = SecretString::from(format!("Bot {token}"));
        if token.is_empty() || token.contains(char::is_whitespace) || bearer(&authorization).is_none() {
            return Err(SetupError::Token);
        }
        // A redirect or a proxy from the environment would take the token to places that nobody chose.
        let client = Client::builder()
            .user_agent(user_agent())
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(options.connect_timeout)
            .timeout(options.request_timeout)
            .build()
            .map_err(|error| SetupError::Tls(cause(&error.without_url())))?;
        let limits = Limits::new(options.requests_per_second);
        let refused = watch::Sender::new(false);
        Ok(Self { shared: Arc::new(Shared { client, base, authorization, limits, options, refused }) })
    }

    /// Becomes true once Discord refuses the bot's token (401). Every call fails from then on.
    pub(in crate::chat::discord) fn token_refused(&self) -> watch::Receiver<bool> {
        self.shared.refused.subscribe()
    }

    /// Calls without a body. `T` can be `serde::de::IgnoredAny` where the answer doesn't matter.
    ///
    /// # Errors
    /// See [`RestError`].
    pub(in crate::chat::discord) async fn call<T: DeserializeOwned>(
        &self,
        route: &Route,
    ) -> Result<T, RestError> {
        self.exchange(route, None).await
    }

    /// Calls with a body. `T` can be `serde::de::IgnoredAny` where the answer doesn't matter.
    ///
    /// # Errors
    /// See [`RestError`].
    pub(in crate::chat::discord) async fn send<T: DeserializeOwned>(
        &self,
        route: &Route,
        body: &impl Serialize,
    ) -> Result<T, RestError> {
        let body = serde_json::to_vec(body);
        let body = body.map_err(|_| RestError::NotSent("the body can't be written as JSON".to_owned()))?;
        self.exchange(route, Some(body)).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        route: &Route,
        body: Option<Vec<u8>>,
    ) -> Result<T, RestError> {
        let (status, answer) = self.try_again(route, body).await?;
        let json: &[u8] = if answer.is_empty() { b"null" } else { &answer };
        serde_json::from_slice(json).map_err(|error| {
            // The error's own text quotes values.
            let place = format!("line {}, column {}", error.line(), error.column());
            unusable(route, format!("HTTP {} with a body of another form, {place}", status.as_u16()))
        })
    }

    async fn try_again(
        &self,
        route: &Route,
        body: Option<Vec<u8>>,
    ) -> Result<(StatusCode, Vec<u8>), RestError> {
        let until = Instant::now() + self.shared.options.patience;
        for tries in 1.. {
            self.require_token()?;
            let leave = self.shared.limits.leave(route, until).await;
            let leave = leave.map_err(|after| RestError::Limited { after })?;
            // It may have been refused while this call stood in line.
            self.require_token()?;
            let after = match self.once(route, body.clone(), leave).await? {
                Try::Done(status, answer) => return Ok((status, answer)),
                Try::TooMany(after) => after,
            };
            let again_at = Instant::now() + after;
            if tries == TRIES_MAX || after > SHORT_WAIT || again_at > until {
                return Err(RestError::Limited { after });
            }
            if !route.is_ours() {
                // The others wait in the line of what refused them.
                sleep_until(again_at).await;
            }
        }
        // Not reached: the last try returns.
        Err(RestError::Limited { after: SHORT_WAIT })
    }

    fn require_token(&self) -> Result<(), RestError> {
        if *self.shared.refused.borrow() { Err(RestError::Unauthorized) } else { Ok(()) }
    }

    async fn once(&self, route: &Route, body: Option<Vec<u8>>, leave: Leave) -> Result<Try, RestError> {
        let response = self.request(route, body)?.send().await.map_err(|error| lost(route, error))?;
        let (now, status, headers) = (Instant::now(), response.status(), response.headers().clone());
        tracing::debug!(
            method = route.method().name(),
            path = route.label(),
            status = status.as_u16(),
            "answered"
        );
        if status != StatusCode::TOO_MANY_REQUESTS {
            self.shared.limits.answered(leave, answer::bucket(&headers, now));
            let answer = self.read(route, response).await?;
            return self.judge(route, status, answer).map(|answer| Try::Done(status, answer));
        }
        // What the body says of the limit is worth having; that the headers say already is enough.
        let read = wire::body(response, self.shared.options.body_max_bytes).await.ok();
        let refusal = read.as_deref().and_then(Refusal::read);
        let limit = answer::too_many(&headers, refusal.as_ref());
        self.shared.limits.refused(leave, route, &limit, now);
        if limit.scope != Scope::Shared {
            self.shared.limits.count_invalid(now);
        }
        tracing::warn!(
            method = route.method().name(),
            path = route.label(),
            scope = ?limit.scope,
            wait_ms = error::milliseconds(limit.after),
            "Discord's limit was reached"
        );
        Ok(Try::TooMany(limit.after))
    }

    fn request(&self, route: &Route, body: Option<Vec<u8>>) -> Result<reqwest::RequestBuilder, RestError> {
        let shared = &self.shared;
        let mut request = shared.client.request(route.method().http(), route.url(&shared.base));
        if route.is_ours() {
            let authorization = bearer(&shared.authorization)
                .ok_or_else(|| RestError::NotSent("the token has a wrong form".to_owned()))?;
            request = request.header(AUTHORIZATION, authorization);
        }
        Ok(match body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body),
            // Some servers want the length said also where there is no body.
            None if route.method() != Method::Get => request.header(CONTENT_LENGTH, "0"),
            None => request,
        })
    }

    async fn read(&self, route: &Route, response: Response) -> Result<Vec<u8>, RestError> {
        let status = response.status().as_u16();
        wire::body(response, self.shared.options.body_max_bytes).await.map_err(|error| match error {
            BodyError::TooLong => unusable(route, format!("HTTP {status} with too long a body")),
            BodyError::Broken(error) => {
                let error = cause(&error.without_url());
                unusable(route, format!("HTTP {status}, and its body broke off: {error}"))
            }
        })
    }

    /// What an answer means, other than 429.
    fn judge(&self, route: &Route, status: StatusCode, answer: Vec<u8>) -> Result<Vec<u8>, RestError> {
        if status.is_success() {
            return Ok(answer);
        }
        let number = status.as_u16();
        if status.is_server_error() {
            return Err(unusable(route, format!("HTTP {number}")));
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            self.shared.limits.count_invalid(Instant::now());
        }
        if status == StatusCode::UNAUTHORIZED && route.is_ours() {
            // Whoever runs the bot is told by what ends on this.
            self.shared.refused.send_replace(true);
            return Err(RestError::Unauthorized);
        }
        let refusal = Refusal::read(&answer);
        let Some((code, fields)) = refusal.and_then(|refusal| Some((refusal.code()?, refusal.fields())))
        else {
            // Redirects, and pages of what stands in front of Discord. Nothing was done.
            return Err(RestError::Server(format!("HTTP {number}, not in Discord's form")));
        };
        tracing::debug!(
            method = route.method().name(),
            path = route.label(),
            status = number,
            code,
            ?fields,
            "refused"
        );
        Err(RestError::refused(number, code, &fields))
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rest").field("base", &self.shared.base.as_str()).finish_non_exhaustive()
    }
}

/// Scheme and host, and nothing else.
fn parse_base(base: &str) -> Option<Url> {
    let url = Url::parse(base.trim()).ok()?;
    let plain = ["http", "https"].contains(&url.scheme())
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain.then_some(url)
}

/// Marked, so that nothing prints it.
fn bearer(authorization: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(authorization.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Discord blocks requests without one of this form.
/// [Source](https://docs.discord.com/developers/reference#user-agent).
fn user_agent() -> String {
    let home = match env!("CARGO_PKG_REPOSITORY") {
        // A form's field must be filled, and the project has no home yet.
        "" => "https://studybot.invalid",
        home => home,
    };
    format!("DiscordBot ({home}, {})", env!("CARGO_PKG_VERSION"))
}

/// A call without an answer.
fn lost(route: &Route, error: reqwest::Error) -> RestError {
    let error = error.without_url();
    let reason = cause(&error);
    if error.is_connect() || error.is_builder() {
        return RestError::NotSent(reason);
    }
    unusable(route, if error.is_timeout() { "no answer in time".to_owned() } else { reason })
}

/// A call that was sent, and whose answer says nothing.
fn unusable(route: &Route, reason: String) -> RestError {
    if route.is_repeatable() { RestError::Server(reason) } else { RestError::Unclear(reason) }
}
