//! Envelopes and posts: acknowledged, told again, lost.

use serde_json::{Value, json};

use super::client::{Scene, bot};
use crate::fake_slack::{Extras, RETRIES, signature};

fn said(envelope: &Value) -> &str {
    envelope["payload"]["event"]["text"].as_str().unwrap_or_default()
}

impl Scene {
    fn says(&self, text: &str) -> String {
        self.fake.say(&self.mara, &self.channel, None, text, Extras::default())
    }
}

#[tokio::test]
async fn an_event_is_told_until_it_is_acknowledged() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    scene.says("one");
    let first = socket.next().await.unwrap();
    assert_eq!((said(&first), &first["retry_attempt"]), ("one", &json!(0)));
    assert_eq!(first["accepts_response_payload"], false);
    scene.fake.redeliver();
    let second = socket.next().await.unwrap();
    assert_eq!((said(&second), &second["retry_attempt"]), ("one", &json!(1)));
    assert_ne!(first["envelope_id"], second["envelope_id"]);
    assert_ne!(first["payload"]["event_id"], second["payload"]["event_id"]);
    // The first one's acknowledgement comes too late to matter, and is none of a problem.
    socket.acknowledge(&first, Value::Null).await;
    socket.acknowledge(&second, Value::Null).await;
    scene.fake.sync().await;
    scene.fake.redeliver();
    scene.says("two");
    let third = socket.next().await.unwrap();
    assert_eq!(said(&third), "two");
    socket.acknowledge(&third, Value::Null).await;
    scene.fake.sync().await;
    socket.acknowledge(&third, Value::Null).await;
    scene.says("three");
    socket.take(Value::Null).await;
    scene.fake.sync().await;
    scene.finish_with(&["an envelope was acknowledged that is none"]);
}

#[tokio::test]
async fn retries_come_to_an_end() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let lost = scene.fake.connection_counts().lost;
    scene.says("one");
    for attempt in 0..=RETRIES {
        assert_eq!(socket.next().await.unwrap()["retry_attempt"], attempt);
        scene.fake.redeliver();
    }
    assert_eq!(scene.fake.connection_counts().lost, lost + 1);
    scene.finish_with(&[]);
}

#[tokio::test]
async fn what_a_broken_connection_had_goes_to_the_next() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    scene.says("one");
    let envelope = socket.next().await.unwrap();
    scene.fake.refresh_connections();
    assert_eq!(socket.next().await.unwrap()["reason"], "refresh_requested");
    assert_eq!(socket.next().await, None);
    let lost = scene.fake.connection_counts().lost;
    scene.says("lost, since nobody listens");
    let mut socket = scene.connect().await;
    let again = socket.next().await.unwrap();
    assert_eq!((said(&again), &again["retry_attempt"]), ("one", &json!(1)));
    assert_ne!(envelope["envelope_id"], again["envelope_id"]);
    socket.acknowledge(&again, Value::Null).await;
    scene.fake.sync().await;
    assert_eq!(scene.fake.connection_counts().lost, lost + 1);
    scene.finish_with(&[]);
}

#[tokio::test]
async fn events_spread_over_connections_and_are_acknowledged_where_they_went() {
    let scene = Scene::begin().await;
    let (mut one, mut two) = (scene.connect().await, scene.connect().await);
    for number in 0..20 {
        scene.says(&number.to_string());
    }
    let (mut here, mut there) = (0, 0);
    let mut wrongly = false;
    while here + there < 20 {
        tokio::select! {
            envelope = one.next() => {
                let envelope = envelope.unwrap();
                if !wrongly {
                    wrongly = true;
                    two.acknowledge(&envelope, Value::Null).await;
                    scene.fake.until("the complaint", |world| (!world.problems.is_empty()).then_some(())).await;
                }
                one.acknowledge(&envelope, Value::Null).await;
                here += 1;
            }
            envelope = two.next() => {
                two.acknowledge(&envelope.unwrap(), Value::Null).await;
                there += 1;
            }
        }
    }
    scene.fake.sync().await;
    assert!(here > 0 && there > 0, "{here} and {there}");
    scene.finish_with(&["on another connection than its own"]);
}

#[tokio::test]
async fn a_ticket_opens_one_connection() {
    let scene = Scene::begin().await;
    let app = scene.fake.app_token();
    let opened = scene.ask_as(&app, "apps.connections.open", json!({})).await.good();
    let url = opened["url"].as_str().unwrap();
    let first = tokio_tungstenite::connect_async(url).await;
    assert!(first.is_ok());
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
    scene.fake.disable_socket_mode();
    assert!(!scene.fake.is_connected());
    assert_eq!(scene.ask_as(&app, "apps.connections.open", json!({})).await.body["ok"], false);
    scene.finish_with(&["without a ticket"]);
}

#[tokio::test]
async fn held_events_come_in_the_order_that_a_test_wants() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    scene.fake.hold_events();
    for text in ["one", "two", "three"] {
        scene.says(text);
    }
    assert_eq!(scene.fake.held_events(), ["message", "message", "message"]);
    scene.fake.release_backwards();
    for text in ["three", "two", "one"] {
        assert_eq!(socket.take(Value::Null).await["event"]["text"], text);
    }
    scene.says("four");
    let first = socket.take(Value::Null).await;
    scene.fake.repeat_event(false);
    assert_eq!(socket.take(Value::Null).await["event_id"], first["event_id"]);
    scene.fake.repeat_event(true);
    assert_ne!(socket.take(Value::Null).await["event_id"], first["event_id"]);
    scene.finish_with(&[]);
}

#[tokio::test]
async fn posts_are_signed_and_made_again() {
    let scene = Scene::begin().await;
    let (address, posted) = bot(|(_, headers, body)| {
        let body: Value = serde_json::from_str(body).unwrap();
        match body["challenge"].as_str() {
            Some(challenge) => (200, challenge.to_owned()),
            None if headers.contains_key("x-slack-retry-num") => (200, String::new()),
            None => (500, String::new()),
        }
    })
    .await;
    scene.fake.deliver_to(Some(address));
    scene.says("one");
    scene.fake.sync().await;
    assert_eq!(scene.fake.waiting(), 1);
    scene.fake.redeliver();
    scene.fake.sync().await;
    assert_eq!(scene.fake.waiting(), 0);
    let posted = posted.lock().unwrap();
    let paths: Vec<&str> = posted.iter().map(|(path, _, _)| path.as_str()).collect();
    assert_eq!(paths, ["/slack/events", "/slack/events", "/slack/events"]);
    for (_, headers, body) in posted.iter() {
        let text = |name: &str| headers[name].to_str().unwrap();
        let seconds: i64 = text("x-slack-request-timestamp").parse().unwrap();
        assert_eq!(seconds, scene.clock.now().0 / 1_000);
        assert_eq!(text("x-slack-signature"), signature(&scene.fake.signing_secret(), seconds, body));
    }
    assert_eq!(posted[2].1["x-slack-retry-reason"], "http_error");
    let event_id =
        |index: usize| serde_json::from_str::<Value>(&posted[index].2).unwrap()["event_id"].clone();
    assert_ne!(event_id(1), event_id(2));
    drop(posted);
    scene.finish_with(&[]);
}

/// The example in Slack's documentation.
#[test]
fn signatures_are_slacks() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let made = signature("8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618, body);
    assert_eq!(made, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
}
