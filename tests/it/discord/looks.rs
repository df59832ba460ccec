//! What the bot's messages are on Discord: embeds with buttons and times in everybody's own zone, nothing that calls
//! anybody, texts that are split and never cut.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{MESSAGES, begin, id, thread};
use crate::harness::{instant, lines};

fn description(message: &Value) -> &str {
    message["embeds"][0]["description"].as_str().unwrap_or_default()
}

fn labels(message: &Value) -> Vec<&str> {
    let rows = message["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = rows.iter().filter_map(|row| row["components"].as_array()).flatten();
    all.filter_map(|control| control["label"].as_str()).collect()
}

#[tokio::test]
async fn a_question_is_an_embed_with_buttons_and_times_of_everybodys_own() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let post = discord.fake().message(thread(&chat).await).unwrap();
    assert_eq!(post["embeds"].as_array().map(Vec::len), Some(1));
    assert_eq!(post["content"], "");
    let embed = &post["embeds"][0];
    assert_eq!(embed["url"], "https://discord.com/#round:1:question");
    assert!(embed["title"].is_null(), "a title would be a link to nowhere");
    let closes = instant("2026-11-23 17:00").0 / 1_000;
    assert!(description(&post).contains(&format!("<t:{closes}:")), "{}", description(&post));
    assert!(description(&post).contains(&format!("<t:{closes}:R>")), "how long it is till then");
    assert_eq!(labels(&post)[..2], ["Answer privately", "My answer"]);
    chat.at("2026-11-23 17:00").await;
    let post = discord.fake().message(thread(&chat).await).unwrap();
    assert_eq!(post["embeds"][0]["url"], "https://discord.com/#round:1:question", "an edit keeps the key");
    chat.finish().await;
}

#[tokio::test]
async fn the_model_answer_stands_behind_a_spoiler() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 17:00").await;
    let question = chat.question_called("whose-public-bucket").clone();
    let all = discord.fake().messages(thread(&chat).await);
    let text: String = all.iter().map(description).collect::<Vec<_>>().join("\n");
    let first_words: String = question.model_answer.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    // Between an odd and an even number of bars.
    let before = text.find(&first_words).unwrap_or_else(|| panic!("“{first_words}” in {text}"));
    assert_eq!(text[..before].matches("||").count() % 2, 1, "{text}");
    let criterion: String =
        question.criteria[0].text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let before = text.find(&criterion).unwrap_or_else(|| panic!("“{criterion}” in {text}"));
    assert_eq!(text[..before].matches("||").count() % 2, 0, "the rubric points are for all to read");
    chat.finish().await;
}

#[tokio::test]
async fn nothing_that_the_bot_sends_calls_anybody() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let calls = format!("@everyone @here <@{}> <@&{}>", chat.mara().id, discord.guild());
    chat.jonas().answers_privately(&calls).await.says("is saved");
    chat.priya().says(&calls).await;
    chat.at("2026-11-23 17:00").await;
    chat.priya().marks(&[1]).await;
    chat.at("2026-11-24 08:00").await;
    let bodies = fake
        .requests()
        .into_iter()
        .filter(|request| !request.body["embeds"].is_null())
        .map(|request| request.body);
    let callbacks = fake.requests().into_iter().filter(|request| !request.body["data"]["embeds"].is_null());
    let all: Vec<Value> = bodies.chain(callbacks.map(|request| request.body["data"].clone())).collect();
    assert!(all.len() > 10, "{}", all.len());
    for body in all {
        let allowed = &body["allowed_mentions"];
        assert_eq!(allowed["parse"], json!([]), "{body}");
        for list in ["users", "roles"] {
            assert!(allowed[list].as_array().is_none_or(Vec::is_empty), "{body}");
        }
        assert!(body["content"].as_str().is_none_or(str::is_empty), "{body}");
        assert_eq!(body["embeds"].as_array().map(Vec::len), Some(1));
    }
    chat.finish().await;
}

#[tokio::test]
async fn what_is_too_long_for_a_message_is_split_and_nothing_is_cut() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    // Each character is two where Discord counts, and stands behind a backslash, too.
    let texts = [lines("🦀", 20_000), lines("*", 20_000), lines("_", 20_000), lines("`", 9_000)];
    for (number, text) in texts.iter().enumerate() {
        let person = chat.joins(&format!("Learner {number}"), false).await;
        person.answers_privately(text).await.says("is saved");
    }
    chat.at("2026-11-23 17:00").await;
    for text in &texts {
        chat.thread_shows(text.trim()).await;
    }
    let posted = fake.requests_to("POST", MESSAGES);
    let mut nonces = BTreeSet::new();
    for request in &posted {
        assert!(description(&request.body).encode_utf16().count() <= 4_096);
        let nonce = request.body["nonce"].as_str().unwrap();
        assert!(nonce.len() <= 25 && nonces.insert(nonce.to_owned()), "each part has its own: {nonce}");
    }
    assert!(posted.len() > 20, "{}", posted.len());
    assert_eq!(posted.iter().filter(|request| request.status != 200).count(), 0, "none was refused");
    chat.finish().await;
}

#[tokio::test]
async fn what_only_one_person_may_see_is_for_that_person_alone() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let (jonas, here) = (id(&chat.jonas().id), id(&chat.here()));
    chat.jonas().answers_privately("The owner decides.").await;
    for command in ["study my-answer", "study today", "study me", "study help"] {
        let outcome = fake.command(jonas, here, command, &[]).await;
        assert_eq!((outcome.posted.len(), outcome.panels.is_empty()), (0, false), "{command}");
    }
    chat.finish().await;
}
