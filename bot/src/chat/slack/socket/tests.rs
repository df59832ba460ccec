//! Socket Mode against a Slack on a socket, which says what each test wants.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::super::listen::Kind;
use super::super::listen::ear::{Ear, Heard};
use super::*;

const PACE: Pace = Pace { pause: Duration::from_millis(1), ping: Duration::from_secs(60) };

/// `apps.connections.open`, which says what was left for it, and otherwise where the server is.
struct Door {
    url: String,
    said: Mutex<VecDeque<OpenError>>,
    asked: mpsc::UnboundedSender<Instant>,
}

impl Opener for Door {
    fn open(&self) -> BoxFuture<'_, Result<String, OpenError>> {
        self.asked.send(Instant::now()).ok();
        let said = self.said.lock().unwrap().pop_front().map_or_else(|| Ok(self.url.clone()), Err);
        Box::pin(async { said })
    }
}

struct Slack {
    tcp: TcpListener,
    door: Arc<Door>,
    asked: mpsc::UnboundedReceiver<Instant>,
    heard: Heard,
    stop: watch::Sender<bool>,
    ran: JoinHandle<Result<(), Closed>>,
}

impl Slack {
    async fn start(pace: Pace) -> Self {
        Self::start_with(pace, Patience::default(), []).await
    }

    async fn start_with(pace: Pace, patience: Patience, said: impl IntoIterator<Item = OpenError>) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/link/?ticket=secret", tcp.local_addr().unwrap());
        let (asked, asked_from) = mpsc::unbounded_channel();
        let door = Arc::new(Door { url, said: Mutex::new(said.into_iter().collect()), asked });
        let (ear, heard) = Ear::new();
        let (stop, stopped) = watch::channel(false);
        let opener = Arc::clone(&door);
        let ran = tokio::spawn(run_with(opener, pace, patience, Arc::new(ear), stopped));
        Self { tcp, door, asked: asked_from, heard, stop, ran }
    }

    /// The bot's next connection, which hears no hello yet.
    async fn accept(&self) -> Line {
        let (stream, _) = self.tcp.accept().await.unwrap();
        Line(accept_async(stream).await.unwrap())
    }

    /// The bot's next connection, which stands.
    async fn connect(&self) -> Line {
        let mut line = self.accept().await;
        line.hello(18_060).await;
        line
    }

    /// Stops the bot, which says goodbye on the connection that stands.
    async fn stop(self, mut line: Line) -> Heard {
        self.stop.send_replace(true);
        assert_eq!(line.next().await, None);
        drop(line);
        self.ran.await.unwrap().unwrap();
        self.heard
    }
}

struct Line(WebSocketStream<TcpStream>);

impl Line {
    async fn send(&mut self, frame: Value) {
        self.0.send(Wire::Text(frame.to_string())).await.unwrap();
    }

    async fn hello(&mut self, seconds: u64) {
        self.send(json!({ "type": "hello", "debug_info": { "approximate_connection_time": seconds } })).await;
    }

    async fn disconnect(&mut self, reason: &str) {
        self.send(json!({ "type": "disconnect", "reason": reason })).await;
    }

    async fn event(&mut self, id: &str) {
        self.envelope(id, "events_api", false).await;
    }

    async fn envelope(&mut self, id: &str, kind: &str, answerable: bool) {
        let payload = json!({ "id": id });
        self.send(json!({
            "type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": answerable,
        }))
        .await;
    }

    /// The next thing that the bot says; pings apart. `None`: it says goodbye.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Wire::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Wire::Close(frame) => {
                    assert_eq!(u16::from(frame.unwrap().code), 1_000);
                    return None;
                }
                _ => {}
            }
        }
    }

    async fn acknowledged(&mut self) -> Value {
        self.next().await.unwrap()
    }
}

fn acknowledged(id: &str) -> Value {
    json!({ "envelope_id": id })
}

#[tokio::test]
async fn an_envelope_is_acknowledged_once_it_is_taken() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    line.envelope("first", "events_api", false).await;
    let held = slack.heard.next().await;
    line.envelope("second", "events_api", false).await;
    slack.heard.next().await.answer(None);
    // The second overtakes the first, which is not stored yet.
    assert_eq!(line.acknowledged().await, acknowledged("second"));
    assert_eq!((held.envelope.kind, held.envelope.retry), (Kind::Event, 0));
    assert_eq!(held.envelope.payload.get(), r#"{"id":"first"}"#);
    held.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("first"));
    slack.stop(line).await;
}

#[tokio::test]
async fn an_answer_goes_only_where_slack_accepts_one() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    for (id, kind, answerable, read) in [
        ("a", "interactive", true, Kind::Interactive),
        ("b", "slash_commands", true, Kind::Command),
        ("c", "interactive", false, Kind::Interactive),
    ] {
        line.envelope(id, kind, answerable).await;
        let taken = slack.heard.next().await;
        assert_eq!(taken.envelope.kind, read);
        taken.answer(Some(json!({ "response_action": "clear" })));
        let mut expected = acknowledged(id);
        if answerable {
            expected["payload"] = json!({ "response_action": "clear" });
        }
        assert_eq!(line.acknowledged().await, expected);
    }
    slack.stop(line).await;
}

#[tokio::test]
async fn a_thousand_events_are_acknowledged_each_once() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    for number in 0..1_000 {
        line.event(&format!("e{number}")).await;
    }
    let mut held = Vec::new();
    for _ in 0..1_000 {
        held.push(slack.heard.next().await);
    }
    for taken in held.into_iter().rev() {
        taken.answer(None);
    }
    let mut ids = BTreeSet::new();
    for _ in 0..1_000 {
        ids.insert(line.acknowledged().await["envelope_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 1_000);
    slack.stop(line).await;
}

#[tokio::test]
async fn a_click_never_waits_for_events() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    // Five hundred more than the listener is given at once.
    for number in 0..2_500 {
        line.event(&format!("e{number}")).await;
    }
    line.envelope("click", "interactive", true).await;
    let mut held = Vec::new();
    let click = loop {
        let taken = slack.heard.next().await;
        if taken.envelope.kind == Kind::Interactive {
            break taken;
        }
        held.push(taken);
    };
    click.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("click"));
    while held.len() < 2_000 {
        held.push(slack.heard.next().await);
    }
    assert!(slack.heard.taken.try_recv().is_err());
    // Each that is done makes room for another.
    held.drain(..500).for_each(|taken| taken.answer(None));
    for _ in 0..500 {
        held.push(slack.heard.next().await);
    }
    held.into_iter().for_each(|taken| taken.answer(None));
    for _ in 0..2_500 {
        line.acknowledged().await;
    }
    slack.stop(line).await;
}

#[tokio::test]
async fn an_envelope_that_comes_twice_is_taken_once() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    line.envelope("same", "interactive", false).await;
    let held = slack.heard.next().await;
    line.envelope("same", "interactive", true).await;
    line.event("another").await;
    let another = slack.heard.next().await;
    assert_eq!(another.envelope.kind, Kind::Event);
    held.answer(Some(json!({})));
    // Each in its own way.
    assert_eq!(line.acknowledged().await, acknowledged("same"));
    assert_eq!(line.acknowledged().await, json!({ "envelope_id": "same", "payload": {} }));
    another.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("another"));
    slack.stop(line).await;
}

#[tokio::test]
async fn what_cant_be_read_ends_nothing() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    for none in ["", "{", "[]", r#"{"type":7}"#, r#"{"type":"events_api","envelope_id":7}"#] {
        line.0.send(Wire::Text(none.to_owned())).await.unwrap();
    }
    line.0.send(Wire::Binary(vec![0, 1, 2])).await.unwrap();
    line.0.send(Wire::Ping(Vec::new())).await.unwrap();
    line.send(json!({ "type": "something_new" })).await;
    line.send(json!({ "type": "something_new", "envelope_id": "new", "payload": {} })).await;
    assert_eq!(line.acknowledged().await, acknowledged("new"));
    line.event("e1").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e1"));
    slack.stop(line).await;
}

#[tokio::test]
async fn a_listener_that_breaks_leaves_the_envelope_to_be_delivered_again() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    line.event("e1").await;
    drop(slack.heard.next().await);
    line.event("e2").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e2"));
    line.event("e1").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e1"));
    slack.stop(line).await;
}

#[tokio::test]
async fn a_gap_is_told_each_time_and_only_then() {
    let mut slack = Slack::start(PACE).await;
    let line = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    drop(line);
    let mut line = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();

    // Replaced in time, with something under way on the old connection.
    line.event("e1").await;
    let held = slack.heard.next().await;
    line.disconnect("warning").await;
    let mut next = slack.accept().await;
    // Until the new one has said hello, the old one is all there is.
    line.event("e2").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e2"));
    next.hello(18_060).await;
    next.event("e3").await;
    slack.heard.next().await.answer(None);
    assert_eq!(next.acknowledged().await, acknowledged("e3"));
    // What comes late is taken too.
    line.event("e4").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e4"));
    held.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e1"));
    assert_eq!(line.next().await, None);

    let mut heard = slack.stop(next).await;
    assert!(heard.connected.recv().await.is_none());
}

#[tokio::test]
async fn a_connection_that_ends_before_the_next_one_stands_leaves_a_gap() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    line.disconnect("refresh_requested").await;
    let mut next = slack.accept().await;
    line.0.close(None).await.unwrap();
    while line.0.next().await.is_some() {}
    next.hello(18_060).await;
    slack.heard.connected.recv().await.unwrap();
    slack.stop(next).await;
}

#[tokio::test]
async fn a_connection_is_replaced_before_its_time_is_over() {
    let slack = Slack::start(PACE).await;
    let mut line = slack.accept().await;
    let begun = Instant::now();
    line.hello(1).await;
    let next = slack.connect().await;
    let replaced = begun.elapsed();
    assert!(replaced >= Duration::from_millis(900), "{replaced:?}");
    assert_eq!(line.next().await, None);
    let mut heard = slack.stop(next).await;
    heard.connected.recv().await.unwrap();
    assert!(heard.connected.recv().await.is_none());
}

#[tokio::test]
async fn a_replacement_that_fails_leaves_the_old_one_standing() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    let trouble = OpenError::Failed { after: None, reason: "internal_error".to_owned() };
    slack.door.said.lock().unwrap().extend([trouble.clone(), trouble]);
    line.disconnect("warning").await;
    let mut next = slack.accept().await;
    line.event("e1").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e1"));
    next.hello(18_060).await;
    assert_eq!(line.next().await, None);
    let mut heard = slack.stop(next).await;
    heard.connected.recv().await.unwrap();
    assert!(heard.connected.recv().await.is_none());
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let pace = Pace { ping: Duration::from_millis(20), ..PACE };
    let mut slack = Slack::start(pace).await;
    // It is never read from, so its pings are never answered.
    let silent = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    let next = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    slack.stop(next).await;
    drop(silent);
}

#[tokio::test]
async fn an_answered_ping_keeps_a_quiet_connection() {
    let pace = Pace { ping: Duration::from_millis(100), ..PACE };
    let mut slack = Slack::start(pace).await;
    let mut line = slack.connect().await;
    let mut pings = 0;
    // Reading answers them.
    while pings < 6 {
        pings += u32::from(line.0.next().await.unwrap().unwrap().is_ping());
    }
    line.event("e1").await;
    slack.heard.next().await.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e1"));
    assert_eq!(slack.asked.len(), 1);
    slack.stop(line).await;
}

#[tokio::test]
async fn some_refusals_are_for_good() {
    for (said, token) in [(OpenError::TokenRefused, true), (OpenError::SocketModeOff, false)] {
        let slack = Slack::start_with(PACE, Patience::default(), [said]).await;
        let closed = slack.ran.await.unwrap().unwrap_err();
        let expected = if token {
            matches!(closed, Closed::Token(Token::App))
        } else {
            matches!(closed, Closed::SocketModeOff)
        };
        assert!(expected, "{closed:?}");
    }
    let slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    line.disconnect("link_disabled").await;
    let closed = slack.ran.await.unwrap().unwrap_err();
    assert!(matches!(closed, Closed::SocketModeOff), "{closed:?}");
}

#[tokio::test]
async fn slack_is_asked_again_when_it_says() {
    let wait = Duration::from_millis(300);
    let later = OpenError::Failed { after: Some(wait), reason: "ratelimited".to_owned() };
    let mut slack = Slack::start_with(PACE, Patience::default(), [later]).await;
    let first = slack.asked.recv().await.unwrap();
    let second = slack.asked.recv().await.unwrap();
    assert!(second - first >= wait, "{:?}", second - first);
    let line = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    slack.stop(line).await;
}

#[tokio::test]
async fn too_many_connections_are_a_reason_to_wait() {
    let mut slack = Slack::start(Pace { pause: Duration::from_millis(40), ..PACE }).await;
    let mut line = slack.accept().await;
    let first = slack.asked.recv().await.unwrap();
    line.disconnect("too_many_websockets").await;
    let second = slack.asked.recv().await.unwrap();
    // Half of eight times as long as after another failure.
    assert!(second - first >= Duration::from_millis(160), "{:?}", second - first);
    let line = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    slack.stop(line).await;
}

#[test]
fn pauses_double_up_to_a_minute_and_are_never_alike() {
    let pace = Pace::default();
    let between = |failures, chance| pause(pace, failures, chance).as_millis();
    for (failures, whole) in
        [(0, 1_000), (1, 1_000), (2, 2_000), (3, 4_000), (6, 32_000), (7, 60_000), (u32::MAX, 60_000)]
    {
        assert_eq!(between(failures, 0), whole / 2, "{failures}");
        let longest = between(failures, 1_023);
        assert!(longest > whole * 99 / 100 && longest <= whole, "{failures}: {longest}");
    }
}

#[tokio::test]
async fn it_stops_when_what_is_under_way_is_acknowledged() {
    let mut slack = Slack::start(PACE).await;
    let mut line = slack.connect().await;
    line.event("e1").await;
    let held = slack.heard.next().await;
    slack.stop.send_replace(true);
    held.answer(None);
    assert_eq!(line.acknowledged().await, acknowledged("e1"));
    assert_eq!(line.next().await, None);
    slack.ran.await.unwrap().unwrap();
    // Nobody is asked for another.
    assert_eq!(slack.asked.len(), 1);
}

#[tokio::test]
async fn it_stops_before_anything_stands() {
    let slack = Slack::start(PACE).await;
    let line = slack.accept().await;
    slack.stop.send_replace(true);
    slack.ran.await.unwrap().unwrap();
    drop(line);

    let later = OpenError::Failed { after: Some(Duration::from_secs(600)), reason: "ratelimited".to_owned() };
    let mut slack = Slack::start_with(PACE, Patience::default(), [later]).await;
    slack.asked.recv().await.unwrap();
    slack.stop.send_replace(true);
    slack.ran.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_listener_that_hangs_holds_up_neither_a_replacement_nor_a_stop() {
    let patience = Patience { drain: Duration::from_millis(100), ..Patience::default() };
    let mut slack = Slack::start_with(PACE, patience, []).await;
    let mut line = slack.connect().await;
    line.event("e1").await;
    let replaced = slack.heard.next().await;
    line.disconnect("warning").await;
    let mut next = slack.connect().await;
    // Unacknowledged: Slack delivers it again.
    assert_eq!(line.next().await, None);
    next.event("e1").await;
    next.event("e2").await;
    let stopped = slack.heard.next().await;
    assert_eq!(stopped.envelope.payload.get(), r#"{"id":"e2"}"#);
    let heard = slack.stop(next).await;
    drop((replaced, stopped, heard));
}

#[tokio::test]
async fn a_connection_without_a_hello_is_given_up() {
    let patience = Patience { connect: Duration::from_millis(400), ..Patience::default() };
    let mut slack = Slack::start_with(PACE, patience, []).await;
    let silent = slack.accept().await;
    // Nor is one waited for that says nothing at all.
    let (mute, _) = slack.tcp.accept().await.unwrap();
    let line = slack.connect().await;
    slack.heard.connected.recv().await.unwrap();
    assert!(slack.heard.connected.try_recv().is_err());
    slack.stop(line).await;
    drop((silent, mute));
}
