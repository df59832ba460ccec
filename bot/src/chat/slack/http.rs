//! HTTP mode: Slack calls the bot at a public address.
//!
//! The address is open to everybody, so a call is bounded in size and time, and nothing in it is read before its
//! signature holds. Three paths are served and nothing else.

mod lines;
mod payload;
mod replay;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::BodyDataStream;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::StreamExt;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::super::Timestamp;
use super::listen::{Envelope, Kind, Listener, told};
use super::signature::{Signature, Unsigned};
use lines::Lines;
use payload::Payload;
use replay::{Refused, Seen};

/// The largest body, in bytes.
const BODY_MAX: usize = 2 << 20;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How many calls are worked on at once.
const CALLS_MAX: usize = 1_000;
/// How long calls that are under way may take once the bot stops.
const STOP_MAX: Duration = Duration::from_secs(5);

/// How much of a body that isn't wanted is taken from the line and dropped, so that its sender can hear why: whoever
/// hangs up on a sender takes the answer with it.
const UNWANTED_MAX: usize = 16 << 20;
/// How long that may take.
const UNWANTED_TIMEOUT: Duration = Duration::from_secs(2);

/// The time now, on the clock that tests move.
pub(super) type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Serves Slack's calls until told to stop.
pub(super) async fn serve(
    tcp: TcpListener,
    secret: SecretString,
    now: Now,
    listener: Arc<dyn Listener>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    serve_with(tcp, Server::new(secret, now, listener), stop).await
}

async fn serve_with(tcp: TcpListener, server: Server, stop: watch::Receiver<bool>) -> io::Result<()> {
    let listener = Arc::clone(&server.listener);
    let path = |kind| post(move |State(server): State<Arc<Server>>, request| server.answer(kind, request));
    let router = Router::new()
        .route("/slack/events", path(Kind::Event))
        .route("/slack/interactivity", path(Kind::Interactive))
        .route("/slack/commands", path(Kind::Command))
        .with_state(Arc::new(server));
    let mut stopping = stop.clone();
    let serving =
        axum::serve(Lines::new(tcp), router).with_graceful_shutdown(async move { told(&mut stopping).await });
    let telling = async {
        listener.connected().await;
        std::future::pending::<()>().await;
    };
    let mut stopped = stop;
    let too_late = async {
        told(&mut stopped).await;
        sleep_until(Instant::now() + STOP_MAX).await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = telling => Ok(()),
        // Somebody holds a connection open without asking for anything.
        () = too_late => Ok(()),
    }
}

struct Server {
    secret: SecretString,
    now: Now,
    listener: Arc<dyn Listener>,
    seen: Arc<Seen>,
    room: Arc<Semaphore>,
    body_timeout: Duration,
    /// Calls that weren't signed.
    refused: AtomicU64,
}

impl Server {
    fn new(secret: SecretString, now: Now, listener: Arc<dyn Listener>) -> Self {
        Self {
            secret,
            now,
            listener,
            seen: Arc::default(),
            room: Arc::new(Semaphore::new(CALLS_MAX)),
            body_timeout: BODY_TIMEOUT,
            refused: AtomicU64::new(0),
        }
    }

    async fn answer(self: Arc<Self>, kind: Kind, request: Request) -> Response {
        let answered = self.call(kind, request).await;
        answered.unwrap_or_else(IntoResponse::into_response)
    }

    async fn call(&self, kind: Kind, request: Request) -> Result<Response, StatusOr> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!(calls = CALLS_MAX, "too many calls at once");
            return Err(StatusCode::SERVICE_UNAVAILABLE.into());
        };
        let (parts, body) = request.into_parts();
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let head = || {
            if declared(&parts.headers).is_some_and(|bytes| bytes > BODY_MAX as u64) {
                return Err(StatusCode::PAYLOAD_TOO_LARGE.into());
            }
            let (seconds, signature) = (text("x-slack-request-timestamp"), text("x-slack-signature"));
            Signature::read(seconds, signature, (self.now)()).map_err(|unsigned| self.unsigned(unsigned))
        };
        let mut body = body.into_data_stream();
        let read = match head() {
            Ok(signature) => match timeout(self.body_timeout, whole(&mut body)).await {
                Ok(whole) => whole.map(|whole| (signature, whole)).map_err(StatusOr::from),
                Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into()),
            },
            Err(refused) => Err(refused),
        };
        let (signature, body) = match read {
            Ok(read) => read,
            Err(refused) => {
                tokio::spawn(drop_rest(body, room));
                return Err(refused);
            }
        };
        signature.check(&self.secret, &body).map_err(|unsigned| self.unsigned(unsigned))?;
        let noted = self.seen.note(&signature, (self.now)()).map_err(|refused| match refused {
            Refused::Replay => StatusCode::CONFLICT,
            Refused::Full => StatusCode::SERVICE_UNAVAILABLE,
        })?;
        let payload = payload::read(kind, &body);
        drop(body);
        let payload = match payload {
            Some(Payload::Taken(payload)) => payload,
            Some(Payload::Challenge(challenge)) => {
                noted.carried_out();
                return Ok(challenge.into_response());
            }
            Some(Payload::Nothing) => {
                noted.carried_out();
                return Ok(StatusCode::OK.into_response());
            }
            None => {
                tracing::warn!(?kind, "a signed call that can't be read");
                noted.carried_out();
                return Err(StatusCode::BAD_REQUEST.into());
            }
        };
        let retry = text("x-slack-retry-num").and_then(|retry| retry.parse().ok()).unwrap_or_default();
        self.take(Envelope { kind, payload, retry }, noted, room).await
    }

    async fn take(
        &self,
        envelope: Envelope,
        noted: replay::Noted,
        room: OwnedSemaphorePermit,
    ) -> Result<Response, StatusOr> {
        let listener = Arc::clone(&self.listener);
        // In a task of its own: a caller who hangs up must not cut short what is being stored.
        let taking = tokio::spawn(async move {
            let body = listener.take(envelope).await;
            noted.carried_out();
            drop(room);
            body
        });
        match taking.await {
            Ok(Some(body)) => Ok(axum::Json(body).into_response()),
            Ok(None) => Ok(StatusCode::OK.into_response()),
            Err(_) => {
                tracing::error!("a call was not taken; Slack makes it again");
                Err(StatusCode::INTERNAL_SERVER_ERROR.into())
            }
        }
    }

    /// The answer to somebody who isn't Slack, with an id by which an organiser finds it in the log.
    fn unsigned(&self, why: Unsigned) -> StatusOr {
        let number = self.refused.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:016x}", RandomState::new().hash_one(number));
        tracing::warn!(id, ?why, "a call that Slack didn't sign");
        StatusOr::Unsigned(id)
    }
}

/// Why there is no better answer.
enum StatusOr {
    Status(StatusCode),
    /// By the id in the log.
    Unsigned(String),
}

impl From<StatusCode> for StatusOr {
    fn from(status: StatusCode) -> Self {
        Self::Status(status)
    }
}

impl IntoResponse for StatusOr {
    fn into_response(self) -> Response {
        match self {
            Self::Status(status) => status.into_response(),
            Self::Unsigned(id) => {
                let text = format!("This call is not signed by Slack, or its time is off. Reference: {id}\n");
                (StatusCode::UNAUTHORIZED, text).into_response()
            }
        }
    }
}

/// How long a body is said to be.
fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body as long as it is short enough.
async fn whole(body: &mut BodyDataStream) -> Result<Vec<u8>, StatusCode> {
    let mut whole = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        if whole.len() + chunk.len() > BODY_MAX {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// Takes the rest of a body from the line, within bounds, while the answer is on its way.
async fn drop_rest(mut body: BodyDataStream, room: OwnedSemaphorePermit) {
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = body.next().await
            && bytes < UNWANTED_MAX
        {
            bytes += chunk.len();
        }
    };
    timeout(UNWANTED_TIMEOUT, reading).await.ok();
    drop(room);
}
