//! What only a script, a broken server or somebody with bad intentions sends: refused, and the bot goes on.

use std::time::Duration;

use serde_json::{Value, json};

use super::{begin, place, readings, said, thread};
use crate::fake_slack::{At, Content, Extras, File};
use crate::harness::Story;

/// Jonas is heard, so the bot is alive.
async fn is_alive(chat: &Story, text: &str) {
    chat.jonas().says(text).await;
    chat.jonas().clicks("My answer").await.says(text);
}

#[tokio::test]
async fn frames_that_are_none_are_passed_over() {
    let (chat, slack) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let made = slack.fake().connection_counts().made;
    let raw = [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "12",
        "{}",
        "{\"type\":null}",
        "{\"type\":7}",
        "{\"type\":\"events_api\"}",
        "{\"type\":\"events_api\",\"envelope_id\":null,\"payload\":null}",
        "{\"type\":\"events_api\",\"envelope_id\":7,\"payload\":{}}",
        "{\"type\":\"hello\",\"debug_info\":{\"approximate_connection_time\":\"long\"}}",
        "{\"type\":\"interactive\",\"payload\":{}}",
        "{\"type\":\"slash_commands\",\"payload\":[[[[]]]]}",
    ];
    for (number, raw) in raw.into_iter().enumerate() {
        slack.fake().send_raw(raw);
        is_alive(&chat, &format!("Step {number}.")).await;
    }
    let deep = format!("{{\"type\":\"x\",\"payload\":{}{}}}", "[".repeat(500), "]".repeat(500));
    slack.fake().send_raw(&deep);
    is_alive(&chat, "And so on.").await;
    assert_eq!(slack.fake().connection_counts().made, made, "the connection is kept");
    chat.finish().await;
}

#[tokio::test]
async fn events_that_are_malformed_are_passed_over() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let names =
        ["message", "user_change", "team_join", "subteam_updated", "channel_deleted", "something_new", ""];
    let rest = [
        json!({}),
        json!({"subtype": "message_changed"}),
        json!({"subtype": "message_changed", "channel": "C1", "message": {"edited": {"ts": "x"}}}),
        json!({"subtype": "message_deleted", "channel": "C1", "deleted_ts": "x"}),
        json!({"subtype": ["x"], "channel": {}, "user": [], "ts": -1}),
        json!({"channel": "💥", "user": "💥", "ts": "💥", "thread_ts": "💥", "text": "💥"}),
        json!({"channel": "C1", "user": "U1", "ts": "99999999999999999999.9", "thread_ts": "1.0", "text": "x"}),
        json!({"user": {"id": "💥", "deleted": true}}),
        json!({"user": {"id": "", "deleted": "yes"}}),
    ];
    for (number, name) in names.into_iter().enumerate() {
        for rest in &rest {
            let mut event = rest.clone();
            event["type"] = json!(name);
            fake.forge_event(event);
        }
        for event in [json!(null), json!([]), json!("text"), json!({"type": null}), json!({"type": 7})] {
            fake.forge_event(event);
        }
        is_alive(&chat, &format!("Step {number}.")).await;
    }
    assert_eq!(chat.counts("SELECT count(*) FROM learners").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn a_change_that_cannot_be_read_has_its_thread_read_whole() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let unheard = fake.insert(&chat.priya().id, &here, Some(&thread), "The owner decides.", None);
    let before = readings(&slack);
    fake.forge_event(json!({
        "type": "message", "subtype": "message_changed", "channel": here, "thread_ts": thread, "ts": unheard,
        "message": "something new",
    }));
    chat.chat().settle().await;
    chat.minutes_pass(1).await;
    assert!(readings(&slack) > before);
    assert!(chat.priya().sees(&format!("{here}:{unheard}")).await.has_reaction("✅"));
    chat.finish().await;
}

const MADE_UP: [&str; 14] = [
    "|",
    "open|",
    "open|open|",
    "answer-privately:",
    "answer-privately:0",
    "answer-privately:99999999999999999999",
    "answer-privately:-1",
    "mark-mine:2",
    "save-marks:1",
    "close-now:1:2",
    "private-answer:1:99999999999999999999",
    "setup:1",
    "💥",
    "x' OR 1=1; --",
];

#[tokio::test]
async fn made_up_ids_of_controls_and_forms_get_an_answer() {
    let (chat, slack) = begin().await;
    let (fake, jonas) = (slack.fake(), chat.jonas().id.clone());
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    let here = json!({"channel": channel}).to_string();
    let long = "x".repeat(255);
    for id in MADE_UP.into_iter().chain([long.as_str()]) {
        for values in [&[][..], &["a"][..], &["", "💥", "1", "2"][..]] {
            let outcome = fake.forge_click(&jonas, At::Message { channel, ts }, id, values).await;
            assert!(!outcome.unanswered && !said(&outcome).trim().is_empty(), "{id} {values:?}: {outcome:?}");
            assert!(outcome.posted.is_empty(), "nothing that a script does is answered for all to see");
            fake.close_views(&jonas);
        }
        chat.clock().pass(Duration::from_secs(10));
        let values = json!({
            "text#1": {"text": {"type": "plain_text_input", "value": "Typed for nothing?"}},
            "text.2-#1": {"text": {"type": "plain_text_input", "value": null}},
        });
        let outcome = fake.forge_submit(&jonas, id, &here, values).await;
        assert!(!outcome.unanswered && !said(&outcome).trim().is_empty(), "{id}: {outcome:?}");
        fake.close_views(&jonas);
    }
    chat.clock().pass(Duration::from_secs(60));
    is_alive(&chat, "The owner decides.").await;
    assert_eq!(chat.stored_texts("Typed for nothing?").await, 0);
    chat.finish().await;
}

#[tokio::test]
async fn made_up_states_and_metadata_of_forms_get_an_answer() {
    let (chat, slack) = begin().await;
    let (fake, jonas, mara) = (slack.fake(), chat.jonas().id.clone(), chat.mara().id.clone());
    chat.at("2026-11-23 09:00").await;
    let here = chat.here();
    let text = |value: Value| json!({"text#1": {"text": {"type": "plain_text_input", "value": value}}});
    for metadata in
        ["", "{", "null", "[]", "{\"channel\":7}", "{\"channel\":\"💥\"}", "{\"channel\":\"C0NOWHERE\"}"]
    {
        chat.clock().pass(Duration::from_secs(10));
        let outcome = fake.forge_submit(&mara, "setup", metadata, text(json!("x"))).await;
        assert!(!outcome.unanswered && !said(&outcome).trim().is_empty(), "{metadata}: {outcome:?}");
        fake.close_views(&mara);
    }
    let kept = json!({"channel": here}).to_string();
    for values in [
        json!({}),
        json!({"": {}, "#": {}, "text": {}, "text#1": {}}),
        text(json!({"a": [1]})),
        json!({"text.2#1": {"text": {"value": "the second alone"}}, "text.99#1": {"text": {"value": "x"}}}),
        json!({"zone=<@U1>#1": {"zone": {"type": "static_select", "selected_option": []}}}),
        json!({"text#1": {"text": {"type": "something_new", "value": "typed"}}}),
    ] {
        for (person, form) in [(&jonas, "private-answer:1:0"), (&mara, "setup")] {
            chat.clock().pass(Duration::from_secs(10));
            let outcome = fake.forge_submit(person, form, &kept, values.clone()).await;
            assert!(!outcome.unanswered, "{form} {values}: {outcome:?}");
            assert!(!outcome.errors.is_empty() || !said(&outcome).trim().is_empty(), "{form} {values}");
            fake.close_views(person);
        }
    }
    chat.clock().pass(Duration::from_secs(60));
    is_alive(&chat, "The owner decides.").await;
    fake.take_problems();
    chat.finish().await;
}

#[tokio::test]
async fn files_that_are_huge_or_lie_hold_nothing_up() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let file = |name: &str, kind: &str, content: Content| File {
        name: name.to_owned(),
        mimetype: kind.to_owned(),
        content,
    };
    let bytes = |bytes: &[u8]| Content::Bytes(bytes.to_vec());
    // What is sent, the reaction to it, and what My answer says of it.
    let table = [
        (
            "huge",
            file("big.txt", "text/plain", Content::Bytes(vec![b'x'; 25 << 20])),
            "warning",
            "doesn't fit into 20,000 characters",
        ),
        ("zeros", file("zeros.txt", "text/plain", Content::Zeros(1 << 30)), "white_check_mark", "zeros.txt"),
        ("no text", file("video.bin", "video/mp4", Content::Zeros(1 << 30)), "white_check_mark", "video.bin"),
        (
            "a picture",
            file("notes.txt", "text/plain", bytes(b"\x89PNG\r\n\x1a\n\0\0")),
            "white_check_mark",
            "notes.txt",
        ),
        ("a text", file("a.png", "image/png", bytes(b"The owner decides.")), "white_check_mark", "a.png"),
        (
            "named a text",
            file("b.md", "application/octet-stream", bytes(b"The owner decides.")),
            "white_check_mark",
            "b.md: The owner decides.",
        ),
        ("a page", file("c.html", "text/html", bytes(b"<p>The owner")), "white_check_mark", "c.html"),
    ];
    for (number, (what, file, reaction, says)) in table.into_iter().enumerate() {
        let person = chat.joins(&format!("Learner {number}"), false).await;
        let extras = Extras { files: vec![file], ..Extras::default() };
        let message = fake.say(&person.id, &here, Some(&thread), "", extras);
        chat.chat().settle().await;
        let stands = fake.message(&here, &message).unwrap();
        assert_eq!(stands["reactions"][0]["name"], reaction, "{what}");
        person.clicks("My answer").await.says(says);
    }
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("answers came in time.").await;
    chat.finish().await;
}
