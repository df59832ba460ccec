//! Slack's calls, made to a server on a socket.

use std::net::SocketAddr;
use std::sync::atomic::AtomicI64;

use hmac::{Hmac, Mac};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::super::listen::ear::{Ear, Heard};
use super::super::signature::WINDOW_MS;
use super::*;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const SECONDS: i64 = 1_790_000_000;
const EVENT: &str = r#"{"type":"event_callback","event_id":"Ev1"}"#;

struct Bot {
    address: SocketAddr,
    heard: Heard,
    stop: watch::Sender<bool>,
    now: Arc<AtomicI64>,
    served: JoinHandle<io::Result<()>>,
}

impl Bot {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Server)) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let (ear, heard) = Ear::new();
        let now = Arc::new(AtomicI64::new(SECONDS * 1_000));
        let clock = Arc::clone(&now);
        let now_from: Now = Arc::new(move || Timestamp(clock.load(Ordering::SeqCst)));
        let mut server = Server::new(SecretString::from(SECRET), now_from, Arc::new(ear));
        change(&mut server);
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(serve_with(tcp, server, stopped));
        Self { address, heard, stop, now, served }
    }

    /// A call that Slack signs now.
    fn call(&self, path: &str, body: &str) -> Call {
        let seconds = self.now.load(Ordering::SeqCst) / 1_000;
        Call::signed(self.address, path, body, SECRET, seconds)
    }

    fn event(&self, body: &str) -> Call {
        self.call("/slack/events", body)
    }
}

struct Call(reqwest::RequestBuilder);

/// The answer to a call.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    kind: Option<String>,
    body: String,
}

impl Call {
    fn signed(address: SocketAddr, path: &str, body: &str, secret: &str, seconds: i64) -> Self {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("v0:{seconds}:{body}").as_bytes());
        let digits: String =
            mac.finalize().into_bytes().iter().map(|byte: &u8| format!("{byte:02x}")).collect();
        let call = reqwest::Client::new()
            .post(format!("http://{address}{path}"))
            .header("x-slack-request-timestamp", seconds)
            .header("x-slack-signature", format!("v0={digits}"))
            .body(body.to_owned());
        Self(call)
    }

    fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    async fn make(self) -> Answer {
        let answer = self.0.send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        Answer { status: answer.status().as_u16(), kind, body: answer.text().await.unwrap() }
    }

    async fn status(self) -> u16 {
        self.make().await.status
    }

    fn begin(self) -> JoinHandle<Answer> {
        tokio::spawn(self.make())
    }
}

fn empty(status: u16) -> Answer {
    Answer { status, kind: None, body: String::new() }
}

#[tokio::test]
async fn an_event_is_answered_once_it_is_taken() {
    let mut bot = Bot::start().await;
    let first = bot.event(EVENT).header("x-slack-retry-num", "2").begin();
    let held = bot.heard.next().await;
    assert_eq!((held.envelope.kind, held.envelope.retry), (Kind::Event, 2));
    assert_eq!(held.envelope.payload.get(), EVENT);

    // Another call goes all the way meanwhile.
    let second = bot.event(r#"{"type":"event_callback","event_id":"Ev2"}"#).begin();
    let taken = bot.heard.next().await;
    assert_eq!(taken.envelope.retry, 0);
    taken.answer(None);
    assert_eq!(second.await.unwrap(), empty(200));
    assert!(!first.is_finished());

    held.answer(None);
    assert_eq!(first.await.unwrap(), empty(200));
}

#[tokio::test]
async fn a_challenge_is_said_back() {
    let mut bot = Bot::start().await;
    let challenge = |challenge: &str| {
        bot.event(&json!({ "type": "url_verification", "challenge": challenge }).to_string()).make()
    };
    let said = challenge("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P").await;
    assert_eq!(said.body, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    assert_eq!((said.status, said.kind.as_deref()), (200, Some("text/plain; charset=utf-8")));
    assert_eq!(challenge("a\nb").await, empty(400));
    assert!(bot.heard.taken.try_recv().is_err());
}

#[tokio::test]
async fn clicks_and_commands_are_answered_with_what_the_listener_says() {
    let mut bot = Bot::start().await;
    let body = json!({ "response_action": "errors", "errors": { "a": "Not that." } });
    for (path, sent, kind, payload) in [
        (
            "/slack/interactivity",
            "payload=%7B%22type%22%3A%22x%22%7D",
            Kind::Interactive,
            json!({ "type": "x" }),
        ),
        (
            "/slack/commands",
            "command=%2Fstudy&text=today",
            Kind::Command,
            json!({ "command": "/study", "text": "today" }),
        ),
    ] {
        let call = bot.call(path, sent).begin();
        let taken = bot.heard.next().await;
        assert_eq!(taken.envelope.kind, kind);
        let read: serde_json::Value = serde_json::from_str(taken.envelope.payload.get()).unwrap();
        assert_eq!(read, payload);
        taken.answer(Some(body.clone()));
        let answer = call.await.unwrap();
        assert_eq!((answer.status, answer.kind.as_deref()), (200, Some("application/json")));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&answer.body).unwrap(), body);
    }
}

#[tokio::test]
async fn nothing_else_is_served() {
    let mut bot = Bot::start().await;
    for path in ["/", "/slack", "/slack/events/", "/slack/events/1", "/health", "/slack/options"] {
        assert_eq!(bot.call(path, EVENT).make().await, empty(404), "{path}");
    }
    let client = reqwest::Client::new();
    for path in ["/slack/events", "/slack/interactivity", "/slack/commands"] {
        for method in [reqwest::Method::GET, reqwest::Method::PUT, reqwest::Method::DELETE] {
            let answer =
                client.request(method, format!("http://{}{path}", bot.address)).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 405);
            assert_eq!(answer.text().await.unwrap(), "");
        }
        let unreadable = format!("not what Slack sends to {path}");
        assert_eq!(bot.call(path, &unreadable).make().await, empty(400), "{path}");
    }
    assert!(bot.heard.taken.try_recv().is_err());
}

#[tokio::test]
async fn who_isnt_slack_hears_an_id_and_nothing_happens() {
    let mut bot = Bot::start().await;
    let signed = |secret: &str, seconds| Call::signed(bot.address, "/slack/events", EVENT, secret, seconds);
    let bare =
        || Call(reqwest::Client::new().post(format!("http://{}/slack/events", bot.address)).body(EVENT));
    let mut ids = std::collections::BTreeSet::new();
    for (number, call) in [
        signed("8f742231b10e8888abcd99yyyzzz85a6", SECONDS),
        signed("9f742231b10e8888abcd99yyyzzz85a5", SECONDS),
        signed(SECRET, SECONDS - 301),
        signed(SECRET, SECONDS + 301),
        signed(SECRET, 0),
        bare(),
        bare().header("x-slack-request-timestamp", "1790000000"),
        bare().header("x-slack-request-timestamp", "soon").header("x-slack-signature", "v0=00"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = call.make().await;
        assert_eq!(answer.status, 401, "{number}");
        let (_, id) = answer.body.trim_end().rsplit_once("Reference: ").unwrap();
        assert_eq!(id.len(), 16);
        assert!(!answer.body.contains("v0=") && !answer.body.contains("event"));
        ids.insert(id.to_owned());
    }
    assert_eq!(ids.len(), 8);
    assert!(bot.heard.taken.try_recv().is_err());
}

#[tokio::test]
async fn a_replay_has_no_effect() {
    let mut bot = Bot::start().await;
    let call = |seconds| Call::signed(bot.address, "/slack/events", EVENT, SECRET, seconds);
    let first = call(SECONDS).begin();
    let taken = bot.heard.taken.recv().await.unwrap();
    // While the first is under way, and after it.
    assert_eq!(call(SECONDS).make().await, empty(409));
    taken.answer(None);
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(call(SECONDS).status().await, 409);
    assert_eq!(bot.call("/slack/commands", EVENT).status().await, 409);
    bot.now.fetch_add(WINDOW_MS, Ordering::SeqCst);
    assert_eq!(call(SECONDS).status().await, 409);
    bot.now.fetch_add(1, Ordering::SeqCst);
    assert_eq!(call(SECONDS).status().await, 401);
    assert!(bot.heard.taken.try_recv().is_err());

    // The path isn't signed, so another one makes it no other call; Slack's own second attempt is signed anew.
    let again = call(SECONDS + 300).begin();
    bot.heard.taken.recv().await.unwrap().answer(None);
    assert_eq!(again.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_listener_that_breaks_leaves_the_server_up() {
    let mut bot = Bot::start().await;
    let broken = bot.event(EVENT).begin();
    drop(bot.heard.next().await);
    assert_eq!(broken.await.unwrap(), empty(500));
    // It had no effect, so the very same call may come again.
    let again = bot.event(EVENT).begin();
    bot.heard.next().await.answer(None);
    assert_eq!(again.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_caller_who_hangs_up_cuts_nothing_short() {
    let mut bot = Bot::start().await;
    let gone = bot.event(EVENT).begin();
    let held = bot.heard.next().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    // Another call goes all the way, by which time the server knows that the first caller is gone.
    let second = bot.event(r#"{"type":"event_callback","event_id":"Ev2"}"#).begin();
    bot.heard.next().await.answer(None);
    assert_eq!(second.await.unwrap().status, 200);
    // The listener still waits for its answer: what it stores is stored whole.
    held.answer(None);
}

#[tokio::test]
async fn a_body_is_bounded() {
    let mut bot = Bot::start().await;
    let ten = "x".repeat(10 << 20);
    assert_eq!(bot.event(&ten).make().await, empty(413));

    // Not a byte of it was sent.
    let mut raw = TcpStream::connect(bot.address).await.unwrap();
    let head = "POST /slack/events HTTP/1.1\r\nhost: bot\r\ncontent-length: 10485760\r\n\r\n";
    raw.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(first_line(&mut raw).await, "HTTP/1.1 413 Payload Too Large");

    // Of unknown length, with a signature that could be right.
    let chunks = futures_util::stream::iter((0..10).map(|_| io::Result::Ok(vec![b'x'; 1 << 20])));
    let call = bot.event("x");
    let answer = Call(call.0.body(reqwest::Body::wrap_stream(chunks))).make().await;
    assert_eq!(answer, empty(413));

    // The largest that is allowed.
    let room = BODY_MAX - EVENT.len();
    let largest = EVENT.replace("Ev1", &format!("Ev1{}", "x".repeat(room)));
    assert_eq!(largest.len(), BODY_MAX);
    let call = bot.event(&largest).begin();
    bot.heard.next().await.answer(None);
    assert_eq!(call.await.unwrap().status, 200);
}

#[tokio::test]
async fn a_body_that_doesnt_come_is_not_waited_for() {
    let bot = Bot::start_with(|server| server.body_timeout = Duration::from_millis(20)).await;
    let mut raw = TcpStream::connect(bot.address).await.unwrap();
    let signature = "0".repeat(64);
    let head = format!(
        "POST /slack/events HTTP/1.1\r\nhost: bot\r\ncontent-length: 100\r\nx-slack-request-timestamp: {SECONDS}\r\nx-slack-signature: v0={signature}\r\n\r\n{{"
    );
    raw.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(first_line(&mut raw).await, "HTTP/1.1 408 Request Timeout");
}

#[tokio::test]
async fn so_many_calls_and_no_more() {
    let mut bot = Bot::start_with(|server| server.room = Arc::new(Semaphore::new(1))).await;
    let first = bot.event(EVENT).begin();
    let held = bot.heard.next().await;
    let second = r#"{"type":"event_callback","event_id":"Ev2"}"#;
    assert_eq!(bot.event(second).make().await, empty(503));
    held.answer(None);
    assert_eq!(first.await.unwrap().status, 200);
    // It was not held against the caller.
    let again = bot.event(second).begin();
    bot.heard.next().await.answer(None);
    assert_eq!(again.await.unwrap().status, 200);
}

#[tokio::test]
async fn it_stops_when_what_is_under_way_is_answered() {
    let mut bot = Bot::start().await;
    bot.heard.connected.recv().await.unwrap();
    let call = bot.event(EVENT).begin();
    let held = bot.heard.next().await;
    bot.stop.send_replace(true);
    held.answer(None);
    assert_eq!(call.await.unwrap().status, 200);
    bot.served.await.unwrap().unwrap();
    assert!(TcpStream::connect(bot.address).await.is_err());
    // Once, and never again.
    assert!(bot.heard.connected.recv().await.is_none());
}

async fn first_line(raw: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n") {
        read.push(raw.read_u8().await.unwrap());
    }
    String::from_utf8(read).unwrap().trim_end().to_owned()
}
