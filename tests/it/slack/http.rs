//! HTTP mode: calls that Slack signed, calls that it didn't, and calls that come again.

use std::sync::Arc;

use serde_json::json;

use super::{begin_in, readings, thread, ts};
use crate::fake_slack::{Extras, signature};
use crate::harness::{Mode, SlackTestChat, Story};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody who knows where the bot listens.
struct Caller {
    slack: Arc<SlackTestChat>,
    client: reqwest::Client,
}

impl Caller {
    fn new(slack: &Arc<SlackTestChat>) -> Self {
        Self { slack: Arc::clone(slack), client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    fn to(&self, path: &str) -> reqwest::RequestBuilder {
        let address = self.slack.fake().address().expect("the bot's address");
        self.client.post(format!("{address}{path}"))
    }

    /// A call that was signed at this second.
    fn signed(&self, path: &str, seconds: i64, body: &str) -> reqwest::RequestBuilder {
        let signature = signature(&self.slack.fake().signing_secret(), seconds, body);
        self.call(path, &seconds.to_string(), &signature, body)
    }

    fn call(&self, path: &str, seconds: &str, signature: &str, body: &str) -> reqwest::RequestBuilder {
        self.to(path)
            .header("x-slack-request-timestamp", seconds)
            .header("x-slack-signature", signature)
            .header("content-type", if path == "/slack/events" { JSON } else { FORM })
            .body(body.to_owned())
    }
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

fn seconds(chat: &Story) -> i64 {
    chat.now().0 / 1_000
}

/// An event in which Jonas says something in the newest question's thread.
async fn event(chat: &Story, slack: &SlackTestChat, text: &str) -> String {
    let (team, jonas) = (slack.fake().team(), chat.jonas().id.clone());
    let time = format!("{}.000900", seconds(chat));
    json!({
        "type": "event_callback", "team_id": team, "event_id": "Ev1", "authorizations": [{"team_id": team}],
        "event": {
            "type": "message", "channel": chat.here(), "user": jonas, "text": text, "ts": time,
            "thread_ts": thread(chat).await,
        },
    })
    .to_string()
}

#[tokio::test]
async fn only_calls_that_slack_has_signed_just_now_are_taken() {
    let (chat, slack) = begin_in(Mode::Http).await;
    let caller = Caller::new(&slack);
    chat.at("2026-11-23 09:00").await;
    let (body, now) = (event(&chat, &slack, "Nobody signed this.").await, seconds(&chat));
    let good = signature(&slack.fake().signing_secret(), now, &body);
    let other = signature("another secret", now, &body);
    let path = "/slack/events";
    assert_eq!(status(caller.to(path).body(body.clone())).await, 401, "no signature");
    for (what, seconds, signature) in [
        ("another's", now.to_string(), other.as_str()),
        ("of another second", (now + 1).to_string(), good.as_str()),
        ("malformed", now.to_string(), "v0=00"),
        ("of another version", now.to_string(), good.trim_start_matches("v0")),
        ("of no time", String::new(), good.as_str()),
        ("of a time that is none", "soon".to_owned(), good.as_str()),
    ] {
        assert_eq!(status(caller.call(path, &seconds, signature, &body)).await, 401, "{what}");
    }
    for off in [-301, 301, -86_400] {
        assert_eq!(status(caller.signed(path, now + off, &body)).await, 401, "{off} seconds");
    }
    let changed = body.replace("Nobody", "Somebody");
    assert_eq!(status(caller.call(path, &now.to_string(), &good, &changed)).await, 401, "changed on its way");
    chat.chat().settle().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answers").await, 0);

    assert_eq!(status(caller.call(path, &now.to_string(), &good, &body)).await, 200);
    chat.chat().settle().await;
    assert_eq!(chat.stored_texts("Nobody signed this.").await, 1);
    // What was read on its way can't be sent again.
    for _ in 0..3 {
        assert_eq!(status(caller.call(path, &now.to_string(), &good, &body)).await, 409);
    }
    chat.chat().settle().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn nothing_else_is_served_and_nothing_huge_is_read() {
    let (chat, slack) = begin_in(Mode::Http).await;
    let caller = Caller::new(&slack);
    let now = seconds(&chat);
    for path in
        ["/", "/slack", "/slack/", "/slack/event", "/slack/events/x", "/api", "/metrics", "/healthz", "/page"]
    {
        assert_eq!(status(caller.signed(path, now, "{}")).await, 404, "{path}");
    }
    let address = slack.fake().address().unwrap();
    for path in ["/slack/events", "/slack/commands", "/slack/interactivity"] {
        assert_eq!(status(caller.client.get(format!("{address}{path}"))).await, 405, "{path}");
        assert_eq!(status(caller.signed(path, now, &"x".repeat(10 << 20))).await, 413, "{path}");
    }
    for (path, body) in [
        ("/slack/events", ""),
        ("/slack/events", "[]"),
        ("/slack/events", "{}"),
        ("/slack/events", "{\"type\":\"url_verification\"}"),
        ("/slack/commands", "a=b"),
        ("/slack/interactivity", "payload=%5B%5D"),
    ] {
        let answered = status(caller.signed(path, now, body)).await;
        assert!([200, 400].contains(&answered), "{path} {body}: {answered}");
    }
    // The bot is alive.
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn what_a_bot_that_was_away_did_not_take_is_told_again_and_counts_once() {
    let (chat, slack) = begin_in(Mode::Http).await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let address = fake.address();
    // In the dark: what Slack posts arrives nowhere.
    let nowhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", nowhere.local_addr().unwrap());
    drop(nowhere);
    fake.deliver_to(Some(closed));
    let said = fake.say(&chat.jonas().id, &here, Some(&thread), "The owner decides.", Extras::default());
    fake.sync().await;
    assert!(fake.waiting() > 0, "Slack will tell it again");
    fake.deliver_to(address);
    let before = readings(&slack);
    fake.redeliver();
    chat.chat().settle().await;
    assert_eq!(readings(&slack), before, "told by a retry alone");
    assert!(chat.jonas().sees(&format!("{here}:{said}")).await.has_reaction("✅"));
    fake.repeat_message(ts(&format!("{here}:{said}")), true);
    chat.chat().settle().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 1);
    chat.finish().await;
}
