//! The local chat's HTTP side: who may call, the routes, the clock and live updates.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{Stream, StreamExt, stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::ask::{Remembered, click, command, submit};
use super::json::{Advance, ChannelOut, DueOut, PersonaOut, State, time};
use super::refused::{Answer, Body, Refused, failed, refuse};
use super::store::{Channel, Message, Persona};
use super::talk::{add_channel, add_persona, delete, edit, leave, messages, say};
use super::{Host, LocalChat, channel_id, page, parse_number, persona_id};

/// The largest request body, in bytes.
const BODY_MAX: usize = 2 * 1024 * 1024;

/// The furthest the clock moves in one call: a leap year.
const ADVANCE_MAX_S: f64 = 366.0 * 24.0 * 60.0 * 60.0;

#[derive(Clone)]
pub(super) struct Server {
    pub(super) chat: LocalChat,
    pub(super) host: Arc<dyn Host>,
    pub(super) remembered: Arc<Mutex<Remembered>>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) address: SocketAddr,
}

pub(super) async fn serve(
    chat: LocalChat,
    listener: TcpListener,
    host: Arc<dyn Host>,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let server = Server {
        chat,
        host,
        remembered: Arc::default(),
        stop: stop.clone(),
        address: listener.local_addr()?,
    };
    let router = Router::new()
        .route("/api/state", get(state))
        .route("/api/messages", get(messages))
        .route("/api/persona", post(add_persona))
        .route("/api/channel", post(add_channel))
        .route("/api/leave", post(leave))
        .route("/api/say", post(say))
        .route("/api/edit", post(edit))
        .route("/api/delete", post(delete))
        .route("/api/click", post(click))
        .route("/api/submit", post(submit))
        .route("/api/command", post(command))
        .route("/api/clock", post(clock))
        .route("/api/settle", post(settle))
        .route("/api/events", get(events))
        .fallback(get(page::file))
        .layer(middleware::from_fn_with_state(server.clone(), guard))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(server);
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            // An error means that the program is gone, which is a stop too.
            stop.wait_for(|stop| *stop).await.ok();
        })
        .await
}

/// Only pages that this program served, and programs on this machine, may call: a page of another site can reach
/// loopback addresses too.
async fn guard(Shared(server): Shared<Server>, request: Request, next: Next) -> Response {
    if let Err(refused) = check_caller(request.headers(), server.address, request.method()) {
        return refused.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn check_caller(headers: &HeaderMap, address: SocketAddr, method: &Method) -> Result<(), Refused> {
    let port = address.port();
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !hosts.iter().any(|known| known == host) {
        return refuse(StatusCode::FORBIDDEN, format!("Open the demo at http://{address} to use it."));
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.to_str().ok() != Some(&format!("http://{host}"))
    {
        return refuse(StatusCode::FORBIDDEN, "Only the demo's own page may do this.");
    }
    let json = text(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    if *method == Method::POST && !json {
        return refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send JSON, with the header content-type: application/json.",
        );
    }
    Ok(())
}

async fn state(Shared(server): Shared<Server>) -> Answer<State> {
    let personas = server.chat.store.personas().await?;
    let channels = server.chat.store.channels().await?;
    let coming = server.host.coming().await.map_err(failed)?;
    Ok(axum::Json(State {
        now: time(server.host.now()),
        personas: personas
            .into_iter()
            .map(|persona| PersonaOut {
                id: persona_id(persona.number),
                name: persona.name,
                admin: persona.admin,
            })
            .collect(),
        channels: channels
            .into_iter()
            .map(|channel| ChannelOut {
                id: channel_id(channel.number),
                name: channel.name,
                workspace: channel.workspace,
            })
            .collect(),
        due: coming
            .into_iter()
            .map(|due| DueOut { at: time(due.at), channel: due.channel.to_string(), what: due.what })
            .collect(),
    }))
}

async fn clock(Shared(server): Shared<Server>, Body(body): Body<Advance>) -> Answer<serde_json::Value> {
    if !(0.0..=ADVANCE_MAX_S).contains(&body.advance_s) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "The clock moves forward only, by up to 31622400 seconds (366 days) at once.",
        );
    }
    server.chat.told().await;
    server
        .host
        .advance(Duration::from_secs_f64(body.advance_s))
        .await
        .map_err(|error| server.cut_short(error))?;
    server.chat.told().await;
    let now = time(server.host.now());
    server.chat.update("clock", serde_json::json!({ "now": now }));
    Ok(axum::Json(serde_json::json!({ "now": now })))
}

async fn settle(
    Shared(server): Shared<Server>,
    Body(_): Body<serde_json::Value>,
) -> Answer<serde_json::Value> {
    server.chat.told().await;
    server.host.settle().await.map_err(|error| server.cut_short(error))?;
    Ok(axum::Json(serde_json::json!({ "now": time(server.host.now()) })))
}

async fn events(
    Shared(server): Shared<Server>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let updates = server.chat.updates.subscribe();
    let updates = stream::unfold(updates, |mut updates| async move {
        let event = match updates.recv().await {
            Ok(update) => Event::default().event(update.event).data(update.data.to_string()),
            // A page that lagged behind looks at everything again.
            Err(RecvError::Lagged(_)) => Event::default().event("state").data("{}"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), updates))
    });
    let mut stop = server.stop.clone();
    let stopped = async move {
        stop.wait_for(|stop| *stop).await.ok();
    };
    Sse::new(updates.take_until(Box::pin(stopped))).keep_alive(KeepAlive::default())
}

impl Server {
    pub(super) async fn persona(&self, id: &str) -> Result<Persona, Refused> {
        let number = parse_number('p', id);
        let personas = self.chat.store.personas().await?;
        match personas.into_iter().find(|persona| Some(persona.number) == number) {
            Some(persona) => Ok(persona),
            None => refuse(StatusCode::NOT_FOUND, "There is nobody of that id here (any more)."),
        }
    }

    /// Why something that takes long did not come to its end.
    fn cut_short(&self, error: String) -> Refused {
        if *self.stop.borrow() {
            let why = "The demo is stopping; its next start goes on from here.".to_owned();
            return Refused(StatusCode::SERVICE_UNAVAILABLE, why);
        }
        failed(error)
    }

    pub(super) async fn channel(&self, id: &str) -> Result<Channel, Refused> {
        let number = parse_number('c', id);
        let channels = self.chat.store.channels().await?;
        match channels.into_iter().find(|channel| Some(channel.number) == number) {
            Some(channel) => Ok(channel),
            None => refuse(StatusCode::NOT_FOUND, "There is no channel of that id."),
        }
    }

    /// A message of this channel that a thread hangs from, deleted or not, or may yet hang from.
    pub(super) async fn thread_root(&self, id: &str, channel: &str) -> Result<Message, Refused> {
        let found = match parse_number('m', id) {
            Some(number) => self.chat.store.thread_root(number).await?,
            None => None,
        };
        match found.filter(|root| root.channel == channel) {
            Some(root) => Ok(root),
            None => refuse(StatusCode::NOT_FOUND, "There is no such thread in this channel."),
        }
    }

    /// A message that this viewer may see.
    pub(super) async fn message(&self, id: &str, viewer: Option<i64>) -> Result<Message, Refused> {
        let found = match parse_number('m', id) {
            Some(number) => self.chat.store.message(number).await?,
            None => None,
        };
        match found.filter(|message| message.recipient.is_none() || message.recipient == viewer) {
            Some(message) => Ok(message),
            None => refuse(StatusCode::NOT_FOUND, "That message is not there (any more)."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_this_machine_and_our_own_page_may_call() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let check = |pairs: &[(&'static str, &str)], method: Method| {
            check_caller(&headers(pairs), address, &method).map_err(|refused| refused.0.as_u16())
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(check(&[("host", "127.0.0.1:8080"), json], Method::POST), Ok(()));
        assert_eq!(check(&[("host", "localhost:8080")], Method::GET), Ok(()));
        assert_eq!(check(&[("host", "evil.example:8080")], Method::GET), Err(403));
        assert_eq!(check(&[], Method::GET), Err(403));
        assert_eq!(
            check(&[("host", "127.0.0.1:8080"), ("content-type", "text/plain")], Method::POST),
            Err(415)
        );
        let origin = |origin| check(&[("host", "127.0.0.1:8080"), ("origin", origin), json], Method::POST);
        assert_eq!(origin("http://127.0.0.1:8080"), Ok(()));
        for bad in ["http://localhost:8080", "https://127.0.0.1:8080", "http://evil.example", "null"] {
            assert_eq!(origin(bad), Err(403), "{bad}");
        }
    }
}
