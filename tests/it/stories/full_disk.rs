//! The disk is full: everybody hears it, nothing is lost, and the bot keeps running.

use crate::harness::{On, Says, Story, on_every_platform};

on_every_platform! {
    a_full_disk_gives_texts_back_and_the_thread_is_read_again_later,
}

/// Lets the bot's database grow no further, as a full disk does; or lets it grow again.
async fn disk_is_full(chat: &Story, full: bool) {
    // The least limit that SQLite takes is the size that the file has.
    let sql = if full { "PRAGMA max_page_count = 1" } else { "PRAGMA max_page_count = 1000000" };
    let engine = chat.engine();
    let limited = engine.app().db().write(move |connection| {
        Box::pin(async move {
            sqlx::query(sql).execute(connection).await?;
            Ok(())
        })
    });
    limited.await.unwrap();
}

async fn a_full_disk_gives_texts_back_and_the_thread_is_read_again_later(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("Short.").await;
    let form = chat.jonas().clicks("Answer privately").await.form().clone();
    let (here, question) = (chat.here(), chat.question().await.id);
    disk_is_full(&chat, true).await;

    let typed = "Every word took me a minute.\n".repeat(600);
    let fields = [("text".to_owned(), typed.trim().to_owned())];
    let refused = chat.chat().submit(&chat.jonas().id, &form.id, &fields).await;
    refused.says("My disk is full, so nothing was saved.").says(typed.trim());
    let long = "Said in the thread. ".repeat(700);
    let says = Says { channel: &here, thread: Some(&question), text: &long, files: &[] };
    let message = chat.chat().say(&chat.priya().id, says).await;
    // Settling may fail now, and is tried again.
    chat.chat().try_settle().await.ok();
    let today = chat.chat().command(&chat.jonas().id, &here, "/study today").await;
    today.says("1 person has answered");

    disk_is_full(&chat, false).await;
    chat.minutes_pass(1).await;
    assert!(chat.priya().sees(&message).await.has_reaction("✅"), "the thread was read again");
    chat.priya().clicks("My answer").await.says("Said in the thread.");
    chat.jonas().sends(&form, &[("text", &typed)]).await.says("is saved");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    chat.thread_shows(typed.trim()).await;
    chat.finish().await;
}
