//! A client that knows nothing: requests and packets as a test writes them.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use studybot::clock::Clock;
use studybot::domain::ids::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Packet;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::fake_slack::args::form;
use crate::fake_slack::{Config, FakeSlack};

/// A fake with a person and a channel, and a client of its Web API.
pub(super) struct Scene {
    pub(super) fake: FakeSlack,
    pub(super) clock: Clock,
    pub(super) mara: String,
    pub(super) channel: String,
    client: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Value,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn is_refused(&self, error: &str) {
        assert_eq!((&self.body["ok"], &self.body["error"]), (&json!(false), &json!(error)), "{}", self.body);
    }

    /// The answer, which is no refusal.
    #[track_caller]
    pub(super) fn good(self) -> Value {
        assert_eq!(self.body["ok"], true, "{} {}", self.status, self.body);
        self.body
    }
}

impl Scene {
    pub(super) async fn begin() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::manual(Timestamp(1_795_424_400_000));
        let mut config = Config::new(clock.clone());
        change(&mut config);
        let fake = FakeSlack::start(config).await;
        let mara = fake.person("Mara");
        let channel = fake.channel(&fake.team(), "cloud-security");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { fake, clock, mara, channel, client }
    }

    /// Asks with arguments in JSON.
    pub(super) async fn ask(&self, method: &str, args: Value) -> Got {
        self.ask_as(&self.fake.bot_token(), method, args).await
    }

    pub(super) async fn ask_as(&self, token: &str, method: &str, args: Value) -> Got {
        self.send(token, method, "application/json; charset=utf-8", args.to_string()).await.unwrap()
    }

    /// Asks with arguments in a form.
    pub(super) async fn read(&self, method: &str, args: &[(&str, &str)]) -> Got {
        let pairs: Vec<_> =
            args.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let kind = "application/x-www-form-urlencoded";
        self.send(&self.fake.bot_token(), method, kind, form(&pairs)).await.unwrap()
    }

    pub(super) async fn send(
        &self,
        token: &str,
        method: &str,
        kind: &str,
        body: String,
    ) -> reqwest::Result<Got> {
        let request = self.client.post(format!("{}/api/{method}", self.fake.base()));
        let request = request.header("content-type", kind).body(body);
        got(if token.is_empty() { request } else { request.bearer_auth(token) }).await
    }

    /// Answers at a response_url.
    pub(super) async fn respond(&self, url: &Value, body: Value) -> Got {
        got(self.client.post(url.as_str().unwrap()).json(&body)).await.unwrap()
    }

    /// Posts a message with nothing wrong with it.
    pub(super) async fn post(&self, more: Value) -> Got {
        let mut args = message(&self.channel);
        for (key, value) in more.as_object().unwrap() {
            args[key] = value.clone();
        }
        self.ask("chat.postMessage", args).await
    }

    /// A socket, past its hello.
    pub(super) async fn connect(&self) -> Socket {
        let opened = self.ask_as(&self.fake.app_token(), "apps.connections.open", json!({})).await.good();
        let mut socket = Socket(connect_async(opened["url"].as_str().unwrap()).await.unwrap().0);
        assert_eq!(socket.next().await.unwrap()["type"], "hello");
        socket
    }

    /// Holds that there were exactly these problems, each named by a part of it.
    #[track_caller]
    pub(super) fn finish_with(&self, expected: &[&str]) {
        let problems = self.fake.take_problems();
        let all = problems.len() == expected.len()
            && problems.iter().zip(expected).all(|(problem, expected)| problem.contains(expected));
        assert!(all, "{problems:#?} instead of {expected:#?}");
    }
}

async fn got(request: reqwest::RequestBuilder) -> reqwest::Result<Got> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    Ok(Got { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}

/// A message as a sound bot posts it.
pub(super) fn message(channel: &str) -> Value {
    json!({
        "channel": channel, "text": "Hello", "unfurl_links": false, "unfurl_media": false,
        "metadata": {"event_type": "studybot_message", "event_payload": {"key": "k"}},
    })
}

pub(super) fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

/// A view with one input that begins with this text.
pub(super) fn view(text: &str, block: &str) -> Value {
    json!({
        "type": "modal", "title": plain("A form"), "submit": plain("Send"), "callback_id": "form",
        "blocks": [{
            "type": "input", "block_id": block, "label": plain("Text"),
            "element": {"type": "plain_text_input", "action_id": "text", "initial_value": text},
        }],
    })
}

pub(super) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next packet; `None`: the connection has ended.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await {
                Some(Ok(Packet::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Packet::Ping(_) | Packet::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    /// The next packet, once it is acknowledged with this.
    pub(super) async fn take(&mut self, payload: Value) -> Value {
        let envelope = self.next().await.unwrap();
        self.acknowledge(&envelope, payload).await;
        envelope["payload"].clone()
    }

    pub(super) async fn acknowledge(&mut self, envelope: &Value, payload: Value) {
        let mut ack = json!({"envelope_id": envelope["envelope_id"]});
        if !payload.is_null() {
            ack["payload"] = payload;
        }
        self.0.send(Packet::Text(ack.to_string())).await.unwrap();
    }
}

/// What was posted to a bot: path, headers, body.
pub(super) type Posted = (String, axum::http::HeaderMap, String);

/// A bot in HTTP mode, which answers with the status that `answer` says. Returns its address and what it gets.
pub(super) async fn bot(
    answer: impl Fn(&Posted) -> (u16, String) + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<Posted>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let posted: Arc<Mutex<Vec<Posted>>> = Arc::default();
    let (there, answer) = (Arc::clone(&posted), Arc::new(answer));
    let handle = move |request: axum::extract::Request| {
        let (there, answer) = (Arc::clone(&there), Arc::clone(&answer));
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let post =
                (parts.uri.path().to_owned(), parts.headers, String::from_utf8(body.to_vec()).unwrap());
            let (status, text) = answer(&post);
            there.lock().unwrap().push(post);
            axum::response::Response::builder().status(status).body(axum::body::Body::from(text)).unwrap()
        }
    };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handle)).await.unwrap() });
    (address, posted)
}
