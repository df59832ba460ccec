//! A client that knows nothing: requests and gateway payloads as a test writes them.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use studybot::clock::Clock;
use studybot::domain::ids::Timestamp;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Packet;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::fake_discord::{Config, FakeDiscord, Id};

pub(super) const AGENT: &str = "DiscordBot (https://example.com/, 0.1)";
/// Everything that the bot asks for.
pub(super) const INTENTS: u64 = 1 | 1 << 1 | 1 << 9 | 1 << 12 | 1 << 15;

/// A clock that stands still.
pub(super) fn clock() -> Clock {
    Clock::manual(Timestamp(1_795_424_400_000))
}

/// A fake with a guild, its owner and a channel, and a client of its HTTP side.
pub(super) struct Scene {
    pub(super) fake: FakeDiscord,
    pub(super) clock: Clock,
    pub(super) owner: Id,
    pub(super) guild: Id,
    pub(super) channel: Id,
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

    /// Holds that it was refused with this status and code.
    #[track_caller]
    pub(super) fn is_refused(&self, status: u16, code: u64) {
        assert_eq!((self.status, &self.body["code"]), (status, &json!(code)), "{}", self.body);
    }

    /// The id of what was made.
    #[track_caller]
    pub(super) fn id(&self) -> Id {
        let id = self.body["id"].as_str();
        id.unwrap_or_else(|| panic!("no id in {} {}", self.status, self.body)).parse().unwrap()
    }
}

impl Scene {
    pub(super) async fn begin() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = clock();
        let mut config = Config::new(clock.clone());
        change(&mut config);
        let fake = FakeDiscord::start(config).await;
        let owner = fake.person("Mara");
        let guild = fake.guild("Cloud", owner);
        let channel = fake.channel(guild, "cloud-security", &[]);
        let client = reqwest::Client::builder().no_proxy().user_agent(AGENT).build().unwrap();
        Self { fake, clock, owner, guild, channel, client }
    }

    /// A person in the guild.
    pub(super) fn joins(&self, name: &str) -> Id {
        self.fake.member(self.guild, name, &[])
    }

    /// Asks, and returns what came back.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Value) -> Got {
        self.try_ask(method, path, body).await.unwrap()
    }

    pub(super) async fn try_ask(&self, method: &str, path: &str, body: Value) -> reqwest::Result<Got> {
        let url = format!("{}/api/v10{path}", self.fake.base());
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        request = request.header("authorization", format!("Bot {}", self.fake.token()));
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Got { status, headers, body })
    }

    /// The client without the token.
    pub(super) fn bare(&self) -> &reqwest::Client {
        &self.client
    }

    pub(super) async fn get(&self, path: &str) -> Got {
        self.ask("GET", path, Value::Null).await
    }

    /// Posts a text into a channel.
    pub(super) async fn posts(&self, channel: Id, text: &str) -> Got {
        self.ask("POST", &format!("/channels/{channel}/messages"), json!({"content": text})).await
    }

    /// Connects and begins a session of all shards with these intents.
    pub(super) async fn session(&self, intents: u64) -> Socket {
        let mut socket = self.connect().await;
        socket.identify(&self.fake.token(), intents, (0, 1)).await;
        socket
    }

    /// Connects, and reads the hello.
    pub(super) async fn connect(&self) -> Socket {
        let gateway = self.get("/gateway/bot").await;
        let url = format!("{}/?v=10&encoding=json", gateway.body["url"].as_str().unwrap());
        let (stream, _) = connect_async(url).await.unwrap();
        let mut socket = Socket { stream, seq: 0, session: String::new() };
        assert_eq!(socket.payload().await["op"], 10);
        socket
    }

    /// Ends the scene: nothing was wrong.
    pub(super) fn finish(self) {
        assert_eq!(self.fake.problems(), Vec::<String>::new());
        self.fake.stop();
    }

    /// Ends the scene: exactly these things were wrong, each a part of one problem.
    #[track_caller]
    pub(super) fn finish_with(self, expected: &[&str]) {
        let problems = self.fake.take_problems();
        for text in expected {
            assert!(problems.iter().any(|problem| problem.contains(text)), "no {text:?} in {problems:#?}");
        }
        let known = |problem: &String| expected.iter().any(|text| problem.contains(text));
        assert!(problems.iter().all(known), "{problems:#?}");
        self.fake.stop();
    }
}

/// A connection to the gateway.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) seq: u64,
    pub(super) session: String,
}

impl Socket {
    pub(super) async fn send(&mut self, payload: Value) {
        self.stream.send(Packet::Text(payload.to_string())).await.unwrap();
    }

    pub(super) async fn identify(&mut self, token: &str, intents: u64, shard: (u64, u64)) {
        let properties = json!({"os": "linux", "browser": "test", "device": "test"});
        let shard = [shard.0, shard.1];
        let data = json!({"token": token, "intents": intents, "properties": properties, "shard": shard});
        self.send(json!({"op": 2, "d": data})).await;
    }

    pub(super) async fn resume(&mut self, token: &str, session: &str, seq: u64) {
        let data = json!({"token": token, "session_id": session, "seq": seq});
        self.send(json!({"op": 6, "d": data})).await;
    }

    /// The next payload. Heartbeats that are asked for are sent.
    pub(super) async fn payload(&mut self) -> Value {
        self.next().await.unwrap_or_else(|code| panic!("closed with {code}"))
    }

    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let text = match self.stream.next().await {
                Some(Ok(Packet::Text(text))) => text,
                Some(Ok(Packet::Close(frame))) => return Err(frame.map_or(1_005, |frame| frame.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return Err(1_006),
            };
            let Ok(payload) = serde_json::from_str::<Value>(&text) else { return Ok(Value::String(text)) };
            self.seq = payload["s"].as_u64().unwrap_or(self.seq);
            if payload["op"] == 1 {
                self.send(json!({"op": 1, "d": self.seq})).await;
                continue;
            }
            if payload["t"] == "READY" {
                payload["d"]["session_id"].as_str().unwrap().clone_into(&mut self.session);
            }
            if payload["op"] != 11 {
                return Ok(payload);
            }
        }
    }

    /// Reads until an event of this name, and returns its data.
    pub(super) async fn event(&mut self, name: &str) -> Value {
        self.events_until(name).await.pop().unwrap()["d"].clone()
    }

    /// Reads until an event of this name, and returns all payloads up to it.
    pub(super) async fn events_until(&mut self, name: &str) -> Vec<Value> {
        let mut read = Vec::new();
        loop {
            read.push(self.payload().await);
            if read.last().unwrap()["t"] == name {
                return read;
            }
        }
    }

    /// Reads until the end. Returns the close code; 1006: there was none.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}

/// The names of events.
pub(super) fn names(payloads: &[Value]) -> Vec<&str> {
    payloads.iter().filter_map(|payload| payload["t"].as_str()).collect()
}
