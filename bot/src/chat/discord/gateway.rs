//! The gateway: one connection a shard, kept up for as long as the program runs.
//!
//! The loop is ours and not serenity's, since that one writes a payload that it can't read into its log and loses it
//! without its id, connects anew without a pause that grows, and ends no session in order. What Discord wants of a
//! connection: <https://discord.com/developers/docs/events/gateway>.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::model::gateway::GatewayIntents;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message as Wire, protocol::WebSocketConfig};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// A connection that says nothing for this long while it is made is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest payload: a large server is announced in some megabytes.
const PAYLOAD_MAX: usize = 64 << 20;
/// Pauses between attempts double up to this many of [`Pace::pause`].
const LONGEST_PAUSE: u32 = 60;
/// What a close with this code means to Discord: we come back and resume.
const RESUMABLE: u16 = 4_000;

/// How fast the gateway is worked with; tests have less time than Discord.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The first pause before another attempt; it doubles with each that fails.
    pub pause: Duration,
    /// Between two identifies of one bucket:
    /// <https://discord.com/developers/docs/events/gateway#sharding-max-concurrency>.
    pub identify: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: Duration::from_secs(1), identify: Duration::from_secs(5) }
    }
}

/// Where to connect, and how many times a session may be begun.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entrance {
    pub(super) url: String,
    pub(super) shards: u32,
    session_start_limit: StartLimit,
}

#[derive(Clone, Debug, Deserialize)]
struct StartLimit {
    remaining: u32,
    /// In milliseconds.
    reset_after: u64,
    max_concurrency: u32,
}

/// What a shard is told by Discord, in Discord's order.
pub(super) trait Listener: Send + Sync {
    /// Where to connect; asked anew before each session that is begun.
    fn entrance(&self) -> impl Future<Output = Result<Entrance, String>> + Send;

    /// A session has begun; `anew`: an earlier one ended without a resume, or there was none.
    fn connected(&self, shard: u32, ready: &RawValue) -> impl Future<Output = ()> + Send;

    /// An event. It must not wait: the next one is read after it has returned.
    fn event(&self, event: &Event<'_>);
}

/// An event, its data unread. Session and sequence together are the same for every delivery of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'e> {
    pub(super) shard: u32,
    pub(super) session: &'e str,
    pub(super) sequence: u64,
    pub(super) name: &'e str,
    pub(super) data: &'e RawValue,
}

/// Why the gateway is closed to us for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// The token is not valid (any more).
    #[error(
        "Discord refuses the token: it is wrong, or was reset. Take a new one in the developer portal (Bot, then Reset Token), set DISCORD_TOKEN to it, and start again. Nothing is lost"
    )]
    Token,
    /// An intent is not switched on.
    #[error(
        "Discord refuses an intent: it was switched off. Switch Message Content Intent on in the developer portal (under Bot), and start again"
    )]
    Intents,
    /// Anything else that trying again can't mend.
    #[error("Discord closed the gateway for good (code {0})")]
    Other(u16),
}

/// The shards' common state.
pub(super) struct Gateway<L> {
    pub(super) listener: Arc<L>,
    pub(super) token: SecretString,
    pub(super) intents: GatewayIntents,
    pub(super) pace: Pace,
    /// When each bucket may identify again.
    pub(super) gates: Mutex<Vec<Instant>>,
}

/// What is known of a session that can be resumed.
#[derive(Clone, Debug)]
struct Session {
    id: String,
    url: String,
    sequence: u64,
}

/// How a connection ended.
enum End {
    /// We were told to stop.
    Stopped,
    /// It may be resumed, where there is a session.
    Lost(String),
    /// The session is no more.
    Invalid,
    /// For good.
    Closed(Closed),
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A payload, its data unread.
#[derive(Deserialize)]
struct Payload<'a> {
    op: u8,
    #[serde(borrow)]
    d: Option<&'a RawValue>,
    s: Option<u64>,
    #[serde(borrow)]
    t: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Ready {
    session_id: String,
    resume_gateway_url: String,
}

impl<L: Listener + 'static> Gateway<L> {
    /// Keeps one shard connected until told to stop, or until Discord closes the gateway for good.
    pub(super) async fn run_shard(
        &self,
        shard: u32,
        first: Entrance,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Closed> {
        let total = first.shards;
        let (mut session, mut entrance, mut failures) = (None::<Session>, Some(first), 0u32);
        while !*stop.borrow() {
            let mut lived = false;
            let connecting =
                self.connection(shard, total, &mut session, &mut entrance, &mut lived, &mut stop);
            let reason = match connecting.await {
                End::Stopped => return Ok(()),
                End::Closed(closed) => return Err(closed),
                End::Lost(reason) => reason,
                End::Invalid => {
                    session = None;
                    "the session is no more".to_owned()
                }
            };
            failures = if lived { 0 } else { failures + 1 };
            let resumes = session.is_some();
            // A connection that worked is made again at once.
            let pause = if failures == 0 && resumes { Duration::ZERO } else { self.pause(shard, failures) };
            tracing::warn!(
                shard,
                reason,
                resumes,
                pause_ms = pause.as_millis(),
                "the gateway's connection ended"
            );
            tokio::select! {
                () = sleep_until(Instant::now() + pause) => {}
                () = told(&mut stop) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Twice as long after each failure, and different for each shard, so that they don't come all at once.
    fn pause(&self, shard: u32, failures: u32) -> Duration {
        let doubled = 1u32 << failures.saturating_sub(1).min(6);
        self.pace.pause * doubled.min(LONGEST_PAUSE) + self.pace.pause * (shard % 8) / 8
    }

    async fn connection(
        &self,
        shard: u32,
        total: u32,
        session: &mut Option<Session>,
        entrance: &mut Option<Entrance>,
        lived: &mut bool,
        stop: &mut watch::Receiver<bool>,
    ) -> End {
        let known = session.as_ref().map(|session| session.url.clone());
        let begun = match entrance.take() {
            Some(first) => Ok(first),
            None if known.is_some() => Err(String::new()),
            None => match self.listener.entrance().await {
                Ok(entrance) => Ok(entrance),
                Err(reason) => return End::Lost(reason),
            },
        };
        let url =
            known.or_else(|| begun.as_ref().ok().map(|entrance| entrance.url.clone())).unwrap_or_default();
        let opening = tokio::select! {
            opening = timeout(CONNECT_TIMEOUT, open(&url)) => opening,
            () = told(stop) => return End::Stopped,
        };
        let (mut socket, interval) = match opening {
            Ok(Ok(opened)) => opened,
            Ok(Err(reason)) => return End::Lost(reason),
            Err(_) => return End::Lost("no answer in time".to_owned()),
        };
        let greeting = match session {
            Some(session) => resume(self.token.expose_secret(), session),
            None => {
                if let Ok(entrance) = &begun {
                    tokio::select! {
                        () = self.may_identify(shard, &entrance.session_start_limit) => {}
                        () = told(stop) => return End::Stopped,
                    }
                }
                identify(self.token.expose_secret(), shard, total, self.intents)
            }
        };
        if let Err(error) = socket.send(Wire::Text(greeting)).await {
            return End::Lost(error.to_string());
        }
        let mut connection = Connection { shard, socket, interval, acknowledged: true, session, lived };
        let end = connection.listen(&*self.listener, stop).await;
        connection.leave(&end).await;
        end
    }

    /// Waits for this shard's turn: so many identifies every five seconds, so many a day.
    async fn may_identify(&self, shard: u32, limit: &StartLimit) {
        let buckets = limit.max_concurrency.max(1);
        let mut at = Instant::now();
        if limit.remaining == 0 {
            tracing::error!(shard, wait_ms = limit.reset_after, "Discord allows no more sessions today");
            at += Duration::from_millis(limit.reset_after);
        }
        {
            let mut gates = self.gates.lock().await;
            let bucket = usize::try_from(shard % buckets).unwrap_or(0);
            if gates.len() <= bucket {
                gates.resize(bucket + 1, at);
            }
            at = at.max(gates[bucket]);
            gates[bucket] = at + self.pace.identify;
        }
        sleep_until(at).await;
    }
}

/// Waits until we are told to stop.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    // What is read is dropped before anything else is waited for. Without a sender nobody tells us any more.
    if stop.wait_for(|stop| *stop).await.map(drop).is_err() {
        std::future::pending::<()>().await;
    }
}

/// Connects, and returns how often Discord wants a heartbeat.
async fn open(url: &str) -> Result<(Socket, Duration), String> {
    #[derive(Deserialize)]
    struct Hello {
        /// In milliseconds.
        heartbeat_interval: u64,
    }
    let config = WebSocketConfig {
        max_message_size: Some(PAYLOAD_MAX),
        max_frame_size: Some(PAYLOAD_MAX),
        ..WebSocketConfig::default()
    };
    let url = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
    let (mut socket, _) =
        connect_async_with_config(url, Some(config), false).await.map_err(|error| error.to_string())?;
    let hello = match socket.next().await {
        Some(Ok(Wire::Text(text))) => text,
        Some(Ok(_)) | None => return Err("it ended before it began".to_owned()),
        Some(Err(error)) => return Err(error.to_string()),
    };
    let payload: Payload<'_> = serde_json::from_str(&hello).map_err(|_| "no hello".to_owned())?;
    let hello: Hello = payload
        .d
        .filter(|_| payload.op == 10)
        .and_then(|data| serde_json::from_str(data.get()).ok())
        .ok_or_else(|| "no hello".to_owned())?;
    let interval = Duration::from_millis(hello.heartbeat_interval.max(1_000));
    Ok((socket, interval))
}

fn identify(token: &str, shard: u32, total: u32, intents: GatewayIntents) -> String {
    serde_json::json!({
        "op": 2,
        "d": {
            "token": token,
            "intents": intents,
            "shard": [shard, total],
            "properties": { "os": std::env::consts::OS, "browser": "studybot", "device": "studybot" },
        },
    })
    .to_string()
}

fn resume(token: &str, session: &Session) -> String {
    serde_json::json!({
        "op": 6,
        "d": { "token": token, "session_id": session.id, "seq": session.sequence },
    })
    .to_string()
}

struct Connection<'c> {
    shard: u32,
    socket: Socket,
    interval: Duration,
    /// The last heartbeat was answered.
    acknowledged: bool,
    session: &'c mut Option<Session>,
    /// A session was begun or resumed on it.
    lived: &'c mut bool,
}

impl Connection<'_> {
    async fn listen(&mut self, listener: &impl Listener, stop: &mut watch::Receiver<bool>) -> End {
        // The first one comes at a moment of its own: all clients of a restarted gateway must not beat together.
        let mut beat_at = Instant::now() + self.interval * (1 + self.shard % 7) / 8;
        loop {
            tokio::select! {
                received = self.socket.next() => {
                    let end = match received {
                        Some(Ok(Wire::Text(text))) => self.payload(listener, &text).await,
                        Some(Ok(Wire::Close(frame))) => Some(self.closed(frame)),
                        // Pings are answered by the library; Discord sends nothing binary without compression.
                        Some(Ok(_)) => None,
                        Some(Err(error)) => Some(End::Lost(error.to_string())),
                        None => Some(End::Lost("it ended without a word".to_owned())),
                    };
                    if let Some(end) = end {
                        return end;
                    }
                }
                () = sleep_until(beat_at) => {
                    if !self.acknowledged {
                        return End::Lost("a heartbeat was not answered".to_owned());
                    }
                    self.acknowledged = false;
                    if let Err(error) = self.beat().await {
                        return End::Lost(error);
                    }
                    beat_at = Instant::now() + self.interval;
                }
                () = told(stop) => return End::Stopped,
            }
        }
    }

    async fn beat(&mut self) -> Result<(), String> {
        let sequence = self.session.as_ref().map(|session| session.sequence);
        let beat = serde_json::json!({ "op": 1, "d": sequence }).to_string();
        self.socket.send(Wire::Text(beat)).await.map_err(|error| error.to_string())
    }

    /// Takes in one payload; says whether, and how, the connection ends by it.
    async fn payload(&mut self, listener: &impl Listener, text: &str) -> Option<End> {
        let Ok(payload) = serde_json::from_str::<Payload<'_>>(text) else {
            tracing::warn!(shard = self.shard, bytes = text.len(), "a payload that is none; passed over");
            return None;
        };
        match payload.op {
            0 => self.dispatch(listener, &payload).await,
            1 => self.beat().await.err().map(End::Lost),
            7 => Some(End::Lost("Discord asks to connect anew".to_owned())),
            9 => {
                let resumable = payload.d.is_some_and(|data| data.get() == "true");
                Some(if resumable {
                    End::Lost("the session is to be resumed".to_owned())
                } else {
                    End::Invalid
                })
            }
            11 => {
                self.acknowledged = true;
                None
            }
            op => {
                tracing::debug!(shard = self.shard, op, "an operation that we don't know");
                None
            }
        }
    }

    async fn dispatch(&mut self, listener: &impl Listener, payload: &Payload<'_>) -> Option<End> {
        // Without data it is an event all the same: its number counts, and a resume would bring it again.
        let data = payload.d.unwrap_or(RawValue::NULL);
        let (Some(name), Some(sequence)) = (payload.t.as_deref(), payload.s) else {
            tracing::warn!(shard = self.shard, sequence = payload.s, "an event without a name; passed over");
            return None;
        };
        if let Some(session) = self.session.as_mut() {
            session.sequence = sequence;
        }
        match name {
            "READY" => {
                let Ok(ready) = serde_json::from_str::<Ready>(data.get()) else {
                    return Some(End::Lost("its READY can't be read".to_owned()));
                };
                *self.session =
                    Some(Session { id: ready.session_id, url: ready.resume_gateway_url, sequence });
                *self.lived = true;
                listener.connected(self.shard, data).await;
            }
            "RESUMED" => {
                *self.lived = true;
                tracing::info!(shard = self.shard, "the session goes on");
            }
            _ => {
                let session = self.session.as_ref().map_or("", |session| session.id.as_str());
                listener.event(&Event { shard: self.shard, session, sequence, name, data });
            }
        }
        None
    }

    /// What Discord's close codes mean: <https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway>.
    fn closed(&self, frame: Option<CloseFrame<'_>>) -> End {
        let code = frame.map_or(0, |frame| u16::from(frame.code));
        match code {
            4_004 => End::Closed(Closed::Token),
            4_013 | 4_014 => End::Closed(Closed::Intents),
            4_010..=4_012 => End::Closed(Closed::Other(code)),
            // A sequence or a session that Discord no longer knows.
            4_003 | 4_007 | 4_009 => End::Invalid,
            _ => End::Lost(format!("closed with code {code}")),
        }
    }

    /// Says goodbye: for good where we stop, else in a way that leaves the session to be resumed.
    async fn leave(&mut self, end: &End) {
        let code = if matches!(end, End::Stopped) { CloseCode::Normal } else { CloseCode::from(RESUMABLE) };
        let frame = CloseFrame { code, reason: Cow::Borrowed("") };
        // Whether it arrives changes nothing, and a dead connection must not hold us up.
        timeout(Duration::from_secs(1), self.socket.close(Some(frame))).await.ok();
    }
}
