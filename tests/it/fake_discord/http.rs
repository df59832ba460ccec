//! The HTTP side's sockets: requests in, answers out, and connections that break.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::FakeDiscord;
use super::limits::Bucket;
use crate::breakable::{self, Switch};

/// No body of the bot is larger.
const MOST_BYTES: usize = 1 << 20;

/// Serves until the task is ended.
pub(crate) async fn serve(fake: FakeDiscord, listener: TcpListener) {
    let router: Router = Router::new().fallback(handle).with_state(fake);
    breakable::serve(router, listener).await;
}

async fn handle(
    State(fake): State<FakeDiscord>,
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

/// An answer in JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Served {
    /// The answer's status; 0: there was none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Answer(answer) => answer.status,
            Self::File(response) => response.status().as_u16(),
            Self::Cut | Self::Never => 0,
        }
    }
}

impl Answer {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), headers: Vec::new() }
    }

    pub(crate) fn too_many(retry_after: Duration, scope: &'static str, bucket: Option<&Bucket>) -> Self {
        let global = scope == "global";
        let body = json!({
            "message": "You are being rate limited.", "retry_after": retry_after.as_secs_f64(), "global": global,
        });
        let whole_seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        let mut headers = bucket.map(bucket_headers).unwrap_or_default();
        headers.extend([("retry-after", whole_seconds.to_string()), ("x-ratelimit-scope", scope.to_owned())]);
        if global {
            headers.push(("x-ratelimit-global", "true".to_owned()));
        }
        Self { status: 429, body: Some(body), headers }
    }

    fn into_response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        match self.body {
            // A proxy's own page is no JSON.
            Some(Value::String(text)) => response.header("content-type", "text/plain").body(Body::from(text)),
            Some(body) => {
                response.header("content-type", "application/json").body(Body::from(body.to_string()))
            }
            None => response.body(Body::empty()),
        }
        .unwrap()
    }
}

/// What a bucket says of itself in headers.
pub(crate) fn bucket_headers(bucket: &Bucket) -> Vec<(&'static str, String)> {
    vec![
        ("x-ratelimit-limit", bucket.limit.to_string()),
        ("x-ratelimit-remaining", bucket.remaining.to_string()),
        ("x-ratelimit-reset-after", format!("{:.3}", bucket.reset_after.as_secs_f64())),
        ("x-ratelimit-bucket", bucket.name.clone()),
    ]
}
