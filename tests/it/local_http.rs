//! The local chat's own interface: who may call it, and what it refuses. Each refusal says why.

use serde_json::{Value, json};

use crate::harness::{LocalTestChat, Story};

/// A call with headers of its own. Returns the status and the body.
async fn call(
    chat: &LocalTestChat,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Vec<u8>>,
) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}{path}", chat.address());
    let mut request = match body {
        Some(body) => client.post(url).body(body),
        None => client.get(url),
    };
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Holds that a call is refused so, with a sentence.
async fn refused(chat: &LocalTestChat, path: &str, body: Value, expected: u16) {
    let (status, answer) = chat.try_post(path, body.clone()).await;
    assert_eq!(status, expected, "{path} {body}: {answer}");
    let said = answer["error"].as_str().unwrap_or_default();
    assert!(said.len() > 10, "{path} says why: {answer}");
}

#[tokio::test]
async fn only_this_machines_own_page_may_call() {
    let (story, chat) = Story::bare_local().await;
    let here = chat.address();
    let (json, origin) = (("content-type", "application/json"), format!("http://{here}"));
    let body = || Some(br#"{"name":"Wei"}"#.to_vec());
    let cases = [
        (vec![json, ("host", "evil.example")], 403),
        (vec![json, ("host", "localhost:1")], 403),
        (vec![json, ("origin", "http://evil.example")], 403),
        (vec![json, ("origin", "null")], 403),
        (vec![("content-type", "text/plain")], 415),
        (vec![("content-type", "application/x-www-form-urlencoded")], 415),
        (vec![], 415),
        (vec![json, ("origin", origin.as_str())], 200),
    ];
    for (headers, expected) in cases {
        let (status, answer) = call(&chat, "/api/persona", &headers, body()).await;
        assert_eq!(status, expected, "{headers:?}: {answer}");
        assert_eq!(answer.contains("\"error\""), expected != 200, "{headers:?}: {answer}");
    }
    let (status, _) = call(&chat, "/api/state", &[("host", "evil.example")], None).await;
    assert_eq!(status, 403, "reading is guarded too");
    story.finish().await;
}

#[tokio::test]
async fn what_is_unknown_or_somebody_elses_is_refused() {
    let (story, chat) = Story::bare_local().await;
    story.is_set_up(&[]).await;
    story.at("2026-11-23 09:00").await;
    let (mara, jonas, priya, here) = (story.mara().id, story.jonas().id, story.priya().id, story.here());
    let said = story.jonas().says("Mine.").await;
    let panel = story.jonas().commands("/study today").await.panel().id.clone();
    let say = |person: &str, channel: &str, thread: Value| json!({ "as": person, "channel": channel, "thread": thread, "text": "Hello" });
    refused(&chat, "say", say("p99", &here, Value::Null), 404).await;
    refused(&chat, "say", say("Jonas", &here, Value::Null), 404).await;
    refused(&chat, "say", say(&jonas, "c99", Value::Null), 404).await;
    refused(&chat, "say", say(&jonas, &here, json!("m999")), 404).await;
    refused(&chat, "say", say(&jonas, &here, json!(said)), 400).await;
    refused(&chat, "say", say(&jonas, &format!("dm:{priya}"), Value::Null), 404).await;
    refused(&chat, "edit", json!({ "as": priya, "message": said, "text": "Theirs." }), 403).await;
    refused(&chat, "edit", json!({ "as": jonas, "message": said, "text": " " }), 400).await;
    refused(&chat, "edit", json!({ "as": jonas, "message": "m999", "text": "x" }), 404).await;
    refused(&chat, "delete", json!({ "as": priya, "message": said }), 403).await;
    refused(&chat, "click", json!({ "as": priya, "message": panel, "action": "my-answer:1" }), 404).await;
    refused(&chat, "click", json!({ "as": priya, "message": "e999", "action": "my-answer:1" }), 404).await;
    refused(&chat, "command", json!({ "as": mara, "channel": here, "text": "/study-now" }), 400).await;
    refused(&chat, "command", json!({ "as": mara, "channel": here, "text": "hello" }), 400).await;
    refused(&chat, "persona", json!({ "name": "Mara" }), 409).await;
    refused(&chat, "channel", json!({ "name": "#cloud-security" }), 409).await;
    refused(&chat, "channel", json!({ "name": "x", "workspace": "no spaces" }), 400).await;
    let (status, text) = chat.try_get(&format!("messages?channel=dm:{priya}&as={jonas}")).await;
    assert_eq!(status, 404, "another's notices: {text}");
    let (status, _) = chat.try_get(&format!("messages?channel={here}&as=p99")).await;
    assert_eq!(status, 404);
    story.finish().await;
}

#[tokio::test]
async fn bounds_are_told_and_kept() {
    let (story, chat) = Story::bare_local().await;
    story.is_set_up(&[]).await;
    story.at("2026-11-23 09:00").await;
    let (jonas, here, question) = (story.jonas().id, story.here(), story.question().await.id);
    let say =
        |text: &str, files: Value| json!({ "as": jonas, "channel": here, "text": text, "files": files });
    refused(&chat, "say", say(" \n", json!([])), 400).await;
    refused(&chat, "say", say(&"x".repeat(40_001), json!([])), 413).await;
    let file = |text: &str| json!({ "name": "a.txt", "text": text });
    refused(&chat, "say", say("x", Value::from(vec![file("x"); 11])), 413).await;
    refused(&chat, "say", say("x", json!([file(&"x".repeat(100_001))])), 413).await;
    refused(&chat, "say", say("x", json!([{ "name": "", "text": "x" }])), 400).await;
    refused(&chat, "persona", json!({ "name": " \u{7} " }), 400).await;
    refused(&chat, "persona", json!({ "name": "x".repeat(81) }), 400).await;
    let click = |action: String, values: Vec<&str>| json!({ "as": jonas, "message": question, "action": action, "values": values });
    refused(&chat, "click", click("x".repeat(201), Vec::new()), 413).await;
    refused(&chat, "click", click("save-marks:1".to_owned(), vec!["x"; 26]), 400).await;
    refused(&chat, "submit", json!({ "as": jonas, "form": "x".repeat(201), "fields": {} }), 413).await;
    for seconds in [-1, 366 * 86_400 + 1, i64::MAX, i64::MIN] {
        refused(&chat, "clock", json!({ "advance_s": seconds }), 400).await;
    }
    refused(&chat, "say", json!({ "as": jonas }), 422).await;
    story.finish().await;
}

#[tokio::test]
async fn broken_bodies_are_refused() {
    let (story, chat) = Story::bare_local().await;
    let json = [("content-type", "application/json")];
    let bodies: [(&[u8], u16); 6] =
        [(b"", 400), (b"{", 400), (b"[]", 422), (b"null", 422), (b"\xff\xfe", 400), (b"{\"as\": 1}", 422)];
    for (body, expected) in bodies {
        let (status, answer) = call(&chat, "/api/say", &json, Some(body.to_vec())).await;
        assert_eq!(status, expected, "{body:?}: {answer}");
        assert!(answer.contains("\"error\""), "{answer}");
    }
    let huge = vec![b' '; 3 * 1024 * 1024];
    let (status, _) = call(&chat, "/api/say", &json, Some(huge)).await;
    assert_eq!(status, 413);
    let deep = "[".repeat(100_000);
    let (status, _) = call(&chat, "/api/settle", &json, Some(deep.into_bytes())).await;
    assert_eq!(status, 400, "deeply nested JSON is refused, not followed");
    let (status, _) = call(&chat, "/api/nothing", &[], None).await;
    assert_eq!(status, 404);
    let (status, _) = call(&chat, "/../Cargo.toml", &[], None).await;
    assert_eq!(status, 404);
    story.finish().await;
}
