//! What only a script, a broken server or somebody with bad intentions sends: refused, and the bot goes on.

use serde_json::{Value, json};

use super::{begin, id, thread, user};
use crate::fake_discord::{Attachment, Content, Extras};
use crate::harness::Story;

/// Jonas is heard, so the bot is alive.
async fn is_alive(chat: &Story, text: &str) {
    let message = chat.jonas().says(text).await;
    chat.jonas().clicks("My answer").await.says(text);
    chat.jonas().sees(&message).await;
}

#[tokio::test]
async fn payloads_that_are_none_are_passed_over() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let raw = [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "12",
        "{}",
        "{\"op\":null}",
        "{\"op\":-1}",
        "{\"op\":99,\"d\":{}}",
        "{\"op\":300}",
        "{\"op\":0}",
        "{\"op\":0,\"t\":null,\"s\":null,\"d\":null}",
        "{\"op\":0,\"t\":\"MESSAGE_CREATE\"}",
        "{\"op\":0,\"t\":7,\"s\":\"x\",\"d\":{}}",
        "{\"op\":11,\"d\":[[[[]]]]}",
        "{\"op\":10,\"d\":null}",
    ];
    for (number, raw) in raw.into_iter().enumerate() {
        discord.fake().send_raw(raw);
        is_alive(&chat, &format!("Step {number}.")).await;
    }
    let deep = format!("{{\"op\":0,\"t\":\"X\",\"s\":null,\"d\":{}{}}}", "[".repeat(500), "]".repeat(500));
    discord.fake().send_raw(&deep);
    is_alive(&chat, "And so on.").await;
    assert_eq!(discord.fake().gateway_counts().connections, 1, "the connection is kept");
    chat.finish().await;
}

#[tokio::test]
async fn events_that_are_malformed_or_unknown_are_passed_over() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let guild = Some(discord.guild());
    let names = [
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
        "MESSAGE_DELETE",
        "MESSAGE_DELETE_BULK",
        "GUILD_MEMBER_REMOVE",
        "INTERACTION_CREATE",
        "THREAD_DELETE",
        "CHANNEL_DELETE",
        "GUILD_DELETE",
        "RESUMED",
        "SOMETHING_NEW",
        "",
    ];
    let data = [
        json!(null),
        json!([]),
        json!("text"),
        json!(-1),
        json!({}),
        json!({"id": "x"}),
        json!({"id": 0}),
        json!({"id": "99999999999999999999999", "channel_id": "1", "guild_id": "2"}),
        json!({"id": "5", "channel_id": "6", "guild_id": "7", "author": null, "content": {"a": 1}}),
        json!({"id": "5", "type": 250, "token": "", "data": {"custom_id": 7}, "version": 1}),
        json!({"ids": [{}], "channel_id": [], "guild_id": {}, "user": {"id": []}}),
    ];
    for (number, name) in names.into_iter().enumerate() {
        for data in &data {
            fake.send_event(name, guild, data);
        }
        is_alive(&chat, &format!("Step {number}.")).await;
    }
    assert_eq!(fake.gateway_counts().connections, 1, "the connection is kept");
    chat.finish().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_has_its_thread_read_whole() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let thread = thread(&chat).await;
    let unheard = fake.insert(user(&chat.priya()), thread, "The owner decides.", None);
    let broken = json!({
        "id": unheard.to_string(), "channel_id": thread.to_string(), "guild_id": discord.guild().to_string(),
        "content": 42,
    });
    fake.send_event("MESSAGE_CREATE", Some(discord.guild()), &broken);
    chat.chat().settle().await;
    chat.minutes_pass(1).await;
    assert!(chat.priya().sees(&unheard.to_string()).await.has_reaction("✅"));
    chat.finish().await;
}

#[tokio::test]
async fn made_up_ids_of_controls_get_an_answer() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let question = thread(&chat).await;
    let long = "x".repeat(100);
    let made_up = [
        "|",
        "||||",
        "@",
        "|@",
        "|@1",
        "answer-privately:1:2|round:1:question|@123",
        "form-page:0:nothing",
        "form-page:99999999999999999999:setup",
        "form-page:-1:setup",
        "form-page:7:setup",
        "form-page:",
        "form-again:",
        "form-again:0",
        "form-again:18446744073709551615",
        "form-again:x|@1",
        "save-marks:1|again:1",
        "💥|💥",
        long.as_str(),
    ];
    for custom_id in made_up {
        for values in [&[][..], &["a"][..], &["", "💥", "1", "2", "3"][..]] {
            let shown = fake.forge_click(user(&chat.jonas()), question, custom_id, values).await;
            let answered = shown.modal.is_some() || shown.panels.iter().any(|panel| !panel.text().is_empty());
            assert!(answered, "{custom_id} {values:?}: {shown:?}");
        }
        chat.clock().pass(std::time::Duration::from_secs(10));
        let here = id(&chat.here());
        let inputs =
            [("text".to_owned(), "Typed for nothing?".to_owned()), ("text.2p".to_owned(), "x".to_owned())];
        let shown = fake.forge_form(user(&chat.jonas()), here, custom_id, &inputs).await;
        assert!(!shown.panels.is_empty(), "{custom_id}: {shown:?}");
        assert_eq!(shown.posted, [0; 0], "nothing that a script does is answered for all to see");
    }
    chat.clock().pass(std::time::Duration::from_secs(60));
    is_alive(&chat, "The owner decides.").await;
    chat.finish().await;
}

#[tokio::test]
async fn commands_that_are_not_registered_get_an_answer() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    let here = id(&chat.here());
    let option = |kind: u8, value: Value| {
        json!({"name": "setup", "type": 1, "options": [
        {"name": "zone", "type": kind, "value": value}]})
    };
    let options = [
        vec![],
        vec![json!({"name": "no-such-thing", "type": 1, "options": []})],
        vec![json!({"name": "setup", "type": 2, "options": [{"name": "setup", "type": 1, "options": []}]})],
        vec![option(3, json!("💥".repeat(2_000)))],
        vec![option(5, json!(true))],
        vec![option(3, json!("Mars/Olympus"))],
    ];
    for options in options {
        let shown = fake.forge_command(user(&chat.mara()), here, "study", &options).await;
        assert!(!shown.panels.is_empty() || shown.modal.is_some(), "{options:?}: {shown:?}");
    }
    let shown = fake.forge_command(user(&chat.mara()), here, "no-such-command", &[]).await;
    assert!(!shown.panels.is_empty(), "{shown:?}");
    chat.at("2026-11-23 09:00").await;
    is_alive(&chat, "The owner decides.").await;
    chat.finish().await;
}

#[tokio::test]
async fn a_control_of_another_servers_question_reaches_nothing() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    let elsewhere = id(&chat.chat().channel_elsewhere("other-team").await);
    chat.at("2026-11-23 09:00").await;
    chat.jonas().answers_privately("Only I know.").await;
    let jonas = user(&chat.jonas());
    let there = fake.say(jonas, elsewhere, "A message to click on.");
    let guild = discord.guild();
    for action in ["answer-privately", "my-answer", "mark-mine", "save-marks", "late-answer", "close-now"] {
        for behind in [String::new(), "|round:1:question".to_owned(), format!("|@{guild}")] {
            let shown = fake.forge_click(jonas, there, &format!("{action}:1{behind}"), &[]).await;
            let text = shown.panels[0].text();
            // In a server it is that server that is asked for, whatever the control says.
            assert!(text.contains("I don't know that question."), "{action}{behind}: {text}");
        }
    }
    // A control in a direct message says itself which server it is of; there the person is looked up.
    let stranger = fake.person("Stranger");
    fake.join(discord.guild_of(&elsewhere.to_string()), stranger, &[]);
    let direct = fake.direct(stranger);
    let message = fake.insert(stranger, direct, "A message to click on.", None);
    for (behind, expected) in [
        (format!("|@{guild}"), "I don't know you on that server."),
        ("|@1".to_owned(), "I don't know you on that server."),
        (String::new(), "I don't know that control."),
    ] {
        let shown = fake.forge_click(stranger, message, &format!("my-answer:1{behind}"), &[]).await;
        assert!(shown.panels[0].text().contains(expected), "{behind}: {shown:?}");
    }
    chat.finish().await;
}

#[tokio::test]
async fn attachments_that_are_huge_or_lie_hold_nothing_up() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let thread = thread(&chat).await;
    let file = |name: &str, kind: Option<&str>, declared_size: Option<u64>, content: Content| Attachment {
        name: name.to_owned(),
        content_type: kind.map(str::to_owned),
        declared_size,
        content,
    };
    let picture = || Content::Bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec());
    let text = || Content::Bytes(b"The owner decides.".to_vec());
    let megabytes = || Content::Bytes(vec![b'x'; 25 << 20]);
    // What is sent, the reaction to it, and what My answer says of it.
    let table = [
        (
            "huge",
            file("big.txt", Some("text/plain"), None, megabytes()),
            "⚠️",
            "doesn't fit into 20,000 characters",
        ),
        ("endless", file("small.txt", Some("text/plain"), Some(10), Content::Endless), "⚠️", "doesn't fit"),
        (
            "no text",
            file("video.bin", Some("video/mp4"), Some(25 << 20), Content::Endless),
            "✅",
            "video.bin",
        ),
        ("a picture", file("notes.txt", Some("text/plain"), None, picture()), "✅", "notes.txt"),
        ("a text", file("a.png", Some("image/png"), None, text()), "✅", "a.png"),
        (
            "named a text",
            file("b.md", Some("application/octet-stream"), None, text()),
            "✅",
            "b.md: The owner decides.",
        ),
        ("nothing said", file("c", None, Some(0), text()), "✅", "c"),
        ("gone", file("gone.txt", Some("text/plain"), Some(100), Content::Gone), "✅", "gone.txt"),
        ("a way out", file("../../etc/passwd", Some("text/plain"), None, text()), "✅", "etc"),
    ];
    for (number, (what, attachment, reaction, said)) in table.into_iter().enumerate() {
        let person = chat.joins(&format!("Learner {number}"), false).await;
        let extras = Extras { attachments: vec![attachment], ..Extras::default() };
        let message = fake.say_with(user(&person), thread, "", extras);
        chat.chat().settle().await;
        assert!(person.sees(&message.to_string()).await.has_reaction(reaction), "{what}");
        person.clicks("My answer").await.says(said);
    }
    let fetched: Vec<String> =
        fake.requests_to("GET", "/attachments").into_iter().map(|request| request.path).collect();
    assert!(!fetched.iter().any(|path| path.ends_with(".bin") || path.ends_with(".png")), "{fetched:?}");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("answers came in time.").await;
    chat.finish().await;
}

#[tokio::test]
async fn files_outside_of_threads_are_not_fetched() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let extras = Extras { attachments: vec![Attachment::text("secrets.txt", "mine")], ..Extras::default() };
    fake.say_with(user(&chat.jonas()), id(&chat.here()), "Look:", extras);
    chat.chat().settle().await;
    assert!(fake.requests_to("GET", "/attachments").is_empty());
    chat.finish().await;
}
