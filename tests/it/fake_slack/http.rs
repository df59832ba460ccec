//! The Web API's sockets: requests in, answers out, and connections that break.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::Response;
use serde_json::Value;
use tokio::net::TcpListener;

use super::FakeSlack;
use crate::breakable::{self, Switch};

/// No body of the bot is larger.
const MOST_BYTES: usize = 1 << 20;
/// Serves until the task is ended.
pub(crate) async fn serve(fake: FakeSlack, listener: TcpListener) {
    let router: Router = Router::new().fallback(handle).with_state(fake);
    breakable::serve(router, listener).await;
}

async fn handle(
    State(fake): State<FakeSlack>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        fake.world()
            .problem(format!("{} {}: a body of more than {MOST_BYTES} bytes", parts.method, parts.uri));
        return Response::builder().status(413).body(Body::empty()).unwrap();
    };
    let served = {
        let mut world = fake.world();
        let served = world.serve(&parts, &body);
        world.touch();
        served
    };
    match served {
        Served::Answer(answer) => answer.into_response(),
        Served::File(response) => response,
        Served::Cut => {
            switch.cut();
            Response::new(Body::empty())
        }
        Served::Never => std::future::pending().await,
    }
}

/// What becomes of a request.
pub(crate) enum Served {
    Answer(Answer),
    File(Response<Body>),
    Cut,
    Never,
}

/// An answer: JSON, or plain text where the body is a text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Served {
    pub(crate) fn answer(status: u16, body: Value) -> Self {
        Self::Answer(Answer { status, body, headers: Vec::new() })
    }

    /// Too many requests: wait this long, which Slack says in whole seconds.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let body = serde_json::json!({"ok": false, "error": "ratelimited"});
        Self::Answer(Answer { status: 429, body, headers: vec![("retry-after", seconds.to_string())] })
    }

    /// The answer's status; 0: there was none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Answer(answer) => answer.status,
            Self::File(response) => response.status().as_u16(),
            Self::Cut | Self::Never => 0,
        }
    }

    /// What Slack refused a request for.
    pub(crate) fn error(&self) -> Option<String> {
        let Self::Answer(answer) = self else { return None };
        answer.body["error"].as_str().map(str::to_owned)
    }
}

impl Answer {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let (kind, body) = match self.body {
            Value::String(text) => ("text/html", text),
            body => ("application/json; charset=utf-8", body.to_string()),
        };
        response.header("content-type", kind).body(Body::from(body)).unwrap()
    }
}
