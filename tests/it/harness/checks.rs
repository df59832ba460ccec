//! What must hold at the end of every story.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use studybot::app::doctor;
use studybot::chat::Timestamp;
use studybot::engine::Engine;

/// Nothing waits in the outbox, and exactly these keys are dead.
pub(crate) async fn outbox_is_empty(engine: &Engine, dead: &[&str]) {
    let mut reader = engine.app().db().read().await.unwrap();
    let rows =
        sqlx::query("SELECT key, state, coalesce(error, '') AS error FROM outbox WHERE state <> 'sent'")
            .fetch_all(&mut *reader)
            .await
            .unwrap();
    let is_dead = |row: &&SqliteRow| row.get::<&str, _>("state") == "dead";
    let waiting: Vec<String> = rows.iter().filter(|row| !is_dead(row)).map(describe).collect();
    assert!(waiting.is_empty(), "something is left to do: {waiting:#?}");
    let mut found: Vec<&str> = rows.iter().filter(is_dead).map(|row| row.get("key")).collect();
    let mut expected = dead.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "what could never be delivered");
}

fn describe(row: &SqliteRow) -> String {
    let column = |name: &str| row.get::<String, _>(name);
    format!("{} is {}: {}", column("key"), column("state"), column("error"))
}

/// The keys of what was given up.
pub(crate) async fn dead(engine: &Engine) -> Vec<String> {
    let mut reader = engine.app().db().read().await.unwrap();
    let rows =
        sqlx::query("SELECT key FROM outbox WHERE state = 'dead' ORDER BY id").fetch_all(&mut *reader).await;
    rows.unwrap().iter().map(|row| row.get("key")).collect()
}

/// `studybot doctor` finds nothing but these dead keys.
pub(crate) async fn doctor_is_clean(engine: &Engine, now: Timestamp, dead: &[&str]) {
    let mut reader = engine.app().db().read().await.unwrap();
    let report = doctor::examine(&mut reader, now).await.unwrap();
    let findings: Vec<&String> = report
        .checks
        .iter()
        .flat_map(|(_, findings)| findings)
        .filter(|finding| !dead.iter().any(|key| finding.contains(&format!("outbox row {key} was given up"))))
        .collect();
    assert!(findings.is_empty(), "doctor finds: {findings:#?}");
}

/// Every message that the outbox calls sent stands, or stood, in the chat once. `posted` is what the chat knows.
pub(crate) async fn each_posted_once(engine: &Engine, posted: &BTreeMap<String, usize>) {
    let mut reader = engine.app().db().read().await.unwrap();
    let sent = sqlx::query(
        "SELECT key FROM outbox WHERE state = 'sent' AND (key LIKE '%:thread:opening' OR purpose IN
         ('question', 'reveal', 'summary', 'refusal', 'notice', 'organisers', 'organisers-unreached'))",
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap();
    for row in sent {
        let key: &str = row.get("key");
        let times = posted.get(key).copied().unwrap_or(0);
        assert_eq!(times, 1, "{key} was posted {times} times");
    }
    let twice: Vec<&String> = posted.iter().filter(|(_, times)| **times > 1).map(|(key, _)| key).collect();
    assert!(twice.is_empty(), "posted twice: {twice:?}");
}

/// How often a text stands in what is stored of threads and private answers, and of what is to be told.
pub(crate) async fn stored_texts(engine: &Engine, text: &str) -> i64 {
    let mut reader = engine.app().db().read().await.unwrap();
    sqlx::query(
        "SELECT (SELECT count(*) FROM answer_parts WHERE instr(text, ?1) > 0 OR instr(files, ?1) > 0)
             + (SELECT count(*) FROM answers WHERE instr(private_text, ?1) > 0 OR instr(late_text, ?1) > 0)
             + (SELECT count(*) FROM outbox WHERE instr(payload, ?1) > 0)",
    )
    .bind(text)
    .fetch_one(&mut *reader)
    .await
    .unwrap()
    .get(0)
}

/// The numbers of a channel's rounds, in order.
pub(crate) async fn rounds_in(engine: &Engine, channel: &str) -> Vec<i64> {
    let mut reader = engine.app().db().read().await.unwrap();
    let rows = sqlx::query(
        "SELECT r.id FROM rounds r JOIN study_channels c ON c.id = r.study_channel_id WHERE c.name = ? ORDER BY r.id",
    )
    .bind(channel)
    .fetch_all(&mut *reader)
    .await
    .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What a statement counts.
pub(crate) async fn counts(engine: &Engine, sql: &'static str) -> i64 {
    let mut reader = engine.app().db().read().await.unwrap();
    sqlx::query(sql).fetch_one(&mut *reader).await.unwrap().get(0)
}
