//! Threads that are archived or locked.

use super::{begin, begin_with, id, thread, user};
use crate::fake_discord::permissions::{BOT, MANAGE_THREADS};
use crate::fake_discord::{Extras, Trouble, Which};
use crate::harness::{DiscordTestChat, Story};

const THREADS: &str = "/channels/{channel_id}/messages/{message_id}/threads";

/// What Discord says of the newest question's thread.
async fn state(chat: &Story, discord: &DiscordTestChat) -> (bool, bool) {
    let shown = discord.fake().channel_as_shown(thread(chat).await).expect("the thread");
    let of = |what: &str| shown["thread_metadata"][what] == true;
    (of("archived"), of("locked"))
}

#[tokio::test]
async fn a_thread_is_archived_as_late_as_discord_lets_it() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let opened = discord.fake().requests_to("POST", THREADS);
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].body["auto_archive_duration"], 10_080);
    let title = chat.question_called("whose-public-bucket").title.clone();
    assert!(opened[0].body["name"].as_str().is_some_and(|name| name.contains(&title)));
    chat.finish().await;
}

#[tokio::test]
async fn a_thread_that_archived_itself_is_opened_again_for_the_reveal() {
    let (chat, discord) =
        begin_with(&[("schedule", "0 9 * * 1"), ("answers", "8 days"), ("review", "8 days")]).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    // More than seven days without a word.
    chat.at("2026-12-01 08:59").await;
    let first = chat.questions().await[0].clone();
    let shown = || discord.fake().channel_as_shown(id(&first.id)).unwrap();
    assert_eq!(shown()["thread_metadata"]["archived"], true);
    chat.at("2026-12-01 09:00").await;
    assert_eq!(shown()["thread_metadata"]["archived"], false);
    let read = crate::harness::texts(&chat.thread_of(&first).await);
    assert!(read.contains("1 answer came in time.") && read.contains("Rubric points"), "{read}");
    chat.finish().await;
}

#[tokio::test]
async fn a_reaction_in_a_thread_that_was_archived_meanwhile_opens_it_again() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    fake.next(1, Which::to("PUT", "/channels/*/messages/*/reactions/*/@me"), Trouble::failure(503));
    let message = chat.jonas().says("The owner decides.").await;
    fake.set_thread(thread(&chat).await, true, false);
    chat.minutes_pass(1).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    assert_eq!(state(&chat, &discord).await, (false, false));
    chat.finish().await;
}

#[tokio::test]
async fn in_an_archived_thread_buttons_and_forms_work() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.at("2026-11-23 17:00").await;
    discord.fake().set_thread(thread(&chat).await, true, false);
    let form = chat.jonas().clicks("Add a late answer").await;
    chat.jonas().sends(form.form(), &[("text", "Better late than never.")]).await.says("is saved");
    chat.finish().await;
}

#[tokio::test]
async fn a_sealed_thread_is_locked_until_the_reveal_where_the_bot_may() {
    let (chat, discord) = Story::bare_discord(|_| {}, None).await;
    let fake = discord.fake();
    fake.permit(discord.guild(), fake.bot_role(discord.guild()), BOT | MANAGE_THREADS);
    chat.is_set_up(&[("mode", "sealed")]).await;
    chat.at("2026-11-23 09:00").await;
    chat.thread_shows("This channel is sealed").await;
    assert_eq!(state(&chat, &discord).await, (false, true));
    let place = thread(&chat).await;
    let refused = fake.try_say(user(&chat.jonas()), place, "Everybody can read me.", Extras::default());
    assert_eq!(refused.unwrap_err().code, 160_005, "nobody can give an answer away");
    chat.priya().answers_privately("The owner decides.").await.says("is saved");
    // A moderator archives it, too.
    fake.set_thread(place, true, true);
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("Priya answered privately:\n\nThe owner decides.").await;
    assert_eq!(state(&chat, &discord).await, (false, false), "from the reveal on it can be talked about");
    chat.jonas().says("Now I see.").await;
    chat.finish().await;
}

#[tokio::test]
async fn without_the_right_to_lock_a_sealed_thread_stays_open_and_says_what_counts() {
    let (chat, discord) = begin_with(&[("mode", "sealed")]).await;
    chat.at("2026-11-23 09:00").await;
    assert_eq!(state(&chat, &discord).await, (false, false));
    let message = chat.jonas().says("Everybody can read me.").await;
    assert!(chat.jonas().sees(&message).await.has_reaction("🔒"));
    assert_eq!(chat.stored_texts("Everybody can read me.").await, 0);
    chat.priya().answers_privately("The owner decides.").await.says("is saved");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.organisers_heard(&[]).await;
    chat.finish().await;
}

#[tokio::test]
async fn a_thread_that_a_moderator_locked_holds_up_that_thread_alone() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    discord.fake().set_thread(thread(&chat).await, false, true);
    chat.at("2026-11-23 17:30").await;
    let heard = crate::harness::texts(&chat.organisers_channel().await);
    assert!(heard.contains("I could not deliver a part of a question's rubric points"), "{heard}");
    chat.at("2026-11-24 09:00").await;
    assert_eq!(chat.questions().await.len(), 2, "Tuesday's question is not held up");
    let dead = chat.dead_keys().await;
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}
