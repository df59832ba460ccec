//! The gateway's sockets: one task a connection, speaking Discord's protocol.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Packet;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::FakeDiscord;
use super::events::{GUILD_MEMBERS, MESSAGE_CONTENT};
use super::gateway::{Connection, Frame, payload};
use super::objects::text;
use super::world::World;

/// Intents that exist.
const KNOWN_INTENTS: u64 = 0x1_ffff | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25;
const PRESENCES: u64 = 1 << 8;
/// Identifies of one bucket must lie this far apart.
const START_GAP: Duration = Duration::from_secs(5);

/// Serves until the task is ended.
pub(crate) async fn serve(fake: FakeDiscord, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let mut world = fake.world();
        if world.gateway.dark {
            world.gateway.turned_away.push(Instant::now());
            world.touch();
        } else {
            drop(world);
            tokio::spawn(connection(fake.clone(), stream));
        }
    }
}

async fn connection(fake: FakeDiscord, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut query = String::new();
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let look = |request: &Request, response: Response| {
        request.uri().query().unwrap_or_default().clone_into(&mut query);
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, look).await else { return };
    let (out, mut frames) = mpsc::unbounded_channel();
    let id = fake.world().connected(out, &query);
    let mut in_good_order = false;
    loop {
        tokio::select! {
            frame = frames.recv() => {
                if !send(&mut socket, frame).await {
                    break;
                }
            }
            packet = socket.next() => match packet {
                Some(Ok(Packet::Text(text))) => {
                    let mut world = fake.world();
                    world.received(id, &text);
                    world.touch();
                }
                Some(Ok(Packet::Close(frame))) => {
                    let code = frame.map_or(1_005, |frame| u16::from(frame.code));
                    in_good_order = matches!(code, 1_000 | 1_001);
                    break;
                }
                Some(Ok(Packet::Ping(_) | Packet::Pong(_))) => {}
                Some(Ok(_)) => fake.world().problem("a gateway packet that is no text"),
                Some(Err(_)) | None => break,
            },
        }
    }
    let mut world = fake.world();
    world.gateway.ended(id, in_good_order);
    world.touch();
}

/// Sends a frame. Returns whether the connection goes on.
async fn send(socket: &mut WebSocketStream<TcpStream>, frame: Option<Frame>) -> bool {
    match frame {
        Some(Frame::Text(text)) => socket.send(Packet::Text(text)).await.is_ok(),
        Some(Frame::Close(code)) => {
            let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
            let _ = socket.close(Some(frame)).await;
            false
        }
        Some(Frame::Cut) | None => false,
    }
}

impl World {
    fn connected(&mut self, out: mpsc::UnboundedSender<Frame>, query: &str) -> u64 {
        let mut asked: Vec<&str> = query.split('&').collect();
        asked.sort_unstable();
        if asked != ["encoding=json", "v=10"] {
            self.problem(format!("the gateway was asked for {query:?}, not v=10&encoding=json"));
        }
        let _ = out.send(payload(10, &json!({"heartbeat_interval": self.config.heartbeat_ms})));
        let id = self.gateway.number();
        self.gateway.counts.connections += 1;
        let connection = Connection { out, session: None, sent: VecDeque::new(), asked: 0 };
        self.gateway.connections.insert(id, connection);
        id
    }

    fn received(&mut self, connection: u64, packet: &str) {
        let Ok(payload) = serde_json::from_str::<Value>(packet) else {
            return self.close(connection, 4_002);
        };
        if packet.len() > 4_096 {
            self.problem(format!("a gateway payload of {} bytes, more than 4096", packet.len()));
        }
        let leaks = packet.contains(&self.config.token) && payload["d"]["token"] != self.config.token;
        if leaks {
            self.problem("the token stands in a gateway payload where it doesn't belong");
        }
        if self.gateway.chatters(connection, payload["op"] == 1, Instant::now()) {
            self.problem("more than 120 gateway payloads within a minute");
            return self.close(connection, 4_008);
        }
        let began = self.gateway.connections.get(&connection).is_some_and(|there| there.session.is_some());
        match payload["op"].as_u64() {
            Some(1) => self.heartbeat(connection, &payload["d"]),
            Some(2 | 6) if began => self.close(connection, 4_005),
            Some(2) => self.identify(connection, &payload["d"]),
            Some(6) => self.take_up(connection, &payload["d"]),
            _ if !began => self.close(connection, 4_003),
            Some(3) => {}
            op => {
                self.problem(format!("a gateway payload with opcode {op:?}"));
                self.close(connection, 4_001);
            }
        }
    }

    fn send(&mut self, connection: u64, frame: Frame) {
        if let Some(connection) = self.gateway.connections.get(&connection) {
            let _ = connection.out.send(frame);
        }
    }

    fn close(&mut self, connection: u64, code: u16) {
        self.send(connection, Frame::Close(code));
    }

    fn heartbeat(&mut self, connection: u64, seq: &Value) {
        self.gateway.counts.heartbeats += 1;
        let session = self.gateway.connections.get(&connection).and_then(|there| there.session.clone());
        if let Some(session) = session.and_then(|id| self.gateway.sessions.get_mut(&id)) {
            session.received = seq.as_u64().unwrap_or(0);
        }
        if !self.gateway.deaf {
            self.send(connection, payload(11, &Value::Null));
        }
    }

    fn identify(&mut self, connection: u64, data: &Value) {
        self.gateway.counts.identifies += 1;
        let token = data["token"].as_str().unwrap_or_default();
        if token.trim_start_matches("Bot ") != self.config.token || self.gateway.revoked {
            return self.close(connection, 4_004);
        }
        for key in ["os", "browser", "device"] {
            if !data["properties"][key].is_string() {
                self.problem(format!("identify without properties.{key}"));
            }
        }
        let shard = match &data["shard"] {
            Value::Null => (0, 1),
            shard => match (shard[0].as_u64(), shard[1].as_u64()) {
                (Some(id), Some(total)) if id < total => (id, total),
                _ => return self.close(connection, 4_010),
            },
        };
        let Some(intents) = data["intents"].as_u64().filter(|intents| intents & !KNOWN_INTENTS == 0) else {
            return self.close(connection, 4_013);
        };
        let allowed = |switch, intent| if switch { 0 } else { intent };
        let disallowed = PRESENCES
            | allowed(self.config.members_switch, GUILD_MEMBERS)
            | allowed(self.config.content_switch, MESSAGE_CONTENT);
        if intents & disallowed != 0 {
            return self.close(connection, 4_014);
        }
        if self.gateway.starts_left == 0 {
            self.problem("more sessions were started than session_start_limit lets");
        }
        self.gateway.starts_left = self.gateway.starts_left.saturating_sub(1);
        let (bucket, now) = (shard.0 % self.config.max_concurrency, Instant::now());
        let before = self.gateway.started.insert(bucket, now);
        if before.is_some_and(|before| now - before < START_GAP) {
            self.gateway.counts.crowded_identifies += 1;
        }
        let session = self.gateway.begin(connection, shard, intents);
        self.greet(&session, shard);
    }

    fn greet(&mut self, session: &str, shard: (u64, u64)) {
        use super::events::{Event, GUILDS};
        let of_shard = |guild: &&super::world::Guild| {
            (guild.id >> 22) % shard.1 == shard.0 && guild.members.contains_key(&self.bot)
        };
        let mine: Vec<&super::world::Guild> = self.guilds.values().filter(of_shard).collect();
        let unavailable = mine.iter().map(|guild| json!({"id": text(guild.id), "unavailable": true}));
        let ready = json!({
            "v": 10, "user": self.me_json(), "guilds": unavailable.collect::<Vec<_>>(), "session_id": session,
            "resume_gateway_url": self.gateway_url, "shard": [shard.0, shard.1], "session_type": "normal",
            "application": {"id": text(self.application), "flags": self.application_flags()},
            "private_channels": [], "relationships": [], "presences": [], "user_settings": {}, "guild_join_requests": [],
            "geo_ordered_rtc_regions": [], "_trace": [],
        });
        let created: Vec<Event> = mine.into_iter().map(|guild| self.guild_created(guild)).collect();
        self.gateway.tell_one(session, &Event::plain("READY", None, 0, &ready));
        if self.gateway.sessions[session].intents & GUILDS != 0 {
            for event in &created {
                self.gateway.tell_one(session, event);
            }
        }
    }

    fn take_up(&mut self, connection: u64, data: &Value) {
        let token = data["token"].as_str().unwrap_or_default();
        if token.trim_start_matches("Bot ") != self.config.token || self.gateway.revoked {
            return self.close(connection, 4_004);
        }
        let (id, seq) = (data["session_id"].as_str().unwrap_or_default(), data["seq"].as_u64().unwrap_or(0));
        if self.gateway.sessions.get(id).is_some_and(|session| seq > session.seq) {
            return self.close(connection, 4_007);
        }
        let id = id.to_owned();
        let Some(missed) = self.gateway.resume(connection, &id, seq) else {
            self.gateway.counts.refused_resumes += 1;
            return self.send(connection, payload(9, &json!(false)));
        };
        self.gateway.counts.resumes += 1;
        for text in missed {
            self.send(connection, Frame::Text(text.to_string()));
        }
        let event = super::events::Event::plain("RESUMED", None, 0, &json!({"_trace": []}));
        self.gateway.tell_one(&id, &event);
    }
}
