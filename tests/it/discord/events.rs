//! What the gateway tells: late, twice, backwards, in part, and of what is no edit.

use serde_json::json;

use super::{begin, id, readings, thread, user};
use crate::fake_discord::{Trouble, Unfurl, Which};
use crate::harness::Story;

/// What follows a message that was written, edited or deleted, with time between.
async fn jonas_thinks_again(chat: &Story) {
    let kept = chat.jonas().says("A draft.").await;
    let gone = chat.jonas().says("A mistake.").await;
    chat.minutes_pass(1).await;
    chat.jonas().edits(&kept, "A second draft.").await;
    chat.jonas().edits(&gone, "A worse mistake.").await;
    chat.minutes_pass(1).await;
    chat.jonas().edits(&kept, "The owner decides.").await;
    chat.jonas().deletes(&gone).await;
}

async fn only_the_last_word_counts(chat: &Story) {
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
    assert_eq!(chat.stored_texts("mistake").await, 0, "what was deleted is not kept");
}

#[tokio::test]
async fn events_in_any_order_come_to_the_same() {
    // Created, created, edited, edited, edited, deleted.
    let orders: [[usize; 6]; 4] =
        [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [4, 5, 0, 1, 2, 3], [3, 5, 1, 4, 0, 2]];
    for order in orders {
        let (chat, discord) = begin().await;
        let fake = discord.fake();
        chat.at("2026-11-23 09:00").await;
        let before = readings(&discord);
        fake.hold_events();
        jonas_thinks_again(&chat).await;
        let held = fake.held_events();
        assert_eq!(held.len(), 6, "{held:?}");
        fake.release_events(&order);
        chat.chat().settle().await;
        assert_eq!(readings(&discord), before, "told by events alone");
        only_the_last_word_counts(&chat).await;
        chat.at("2026-11-23 17:00").await;
        let marking = chat.jonas().clicks("Mark my answer").await;
        marking.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
        chat.finish().await;
    }
}

#[tokio::test]
async fn an_event_that_comes_again_has_no_effect() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    jonas_thinks_again(&chat).await;
    for name in ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_UPDATE", "MESSAGE_CREATE"] {
        fake.repeat_event(name);
        chat.chat().settle().await;
        only_the_last_word_counts(&chat).await;
    }
    let members = "SELECT count(*) FROM learners WHERE left_at IS NOT NULL";
    chat.jonas().leaves().await;
    assert_eq!(chat.counts(members).await, 1);
    chat.joins("Jonas", false).await;
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    assert_eq!(chat.counts("SELECT count(*) FROM outbox WHERE purpose = 'reaction'").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn a_click_that_is_told_twice_is_one() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().answers_privately("The owner decides.").await.says("is saved");
    discord.fake().repeat_event("INTERACTION_CREATE");
    chat.chat().settle().await;
    chat.at("2026-11-23 17:00").await;
    assert_eq!(chat.thread_text().await.matches("The owner decides.").count(), 1);
    chat.finish().await;
}

#[tokio::test]
async fn an_update_that_is_no_edit_changes_nothing() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let never_edited = chat.jonas().says("See https://example.com/ for it.").await;
    let edited_once = chat.priya().says("See https://example.com/a").await;
    chat.minutes_pass(1).await;
    chat.priya().edits(&edited_once, "See https://example.com/b").await;
    let before = readings(&discord);
    for unfurl in [Unfurl::Whole, Unfurl::Partial] {
        fake.unfurl(id(&never_edited), unfurl);
        fake.unfurl(id(&edited_once), unfurl);
    }
    chat.chat().settle().await;
    assert_eq!(readings(&discord), before, "nothing is lost, so nothing is read");
    chat.at("2026-11-23 17:00").await;
    for unfurl in [Unfurl::Whole, Unfurl::Partial] {
        fake.unfurl(id(&never_edited), unfurl);
        fake.unfurl(id(&edited_once), unfurl);
    }
    chat.chat().settle().await;
    for (person, text) in
        [(chat.jonas(), "See https://example.com/ for it."), (chat.priya(), "https://example.com/b")]
    {
        person.clicks("My answer").await.says(text).says_nothing_of("an edit after the close");
        person.clicks("Mark my answer").await.says(text);
    }
    chat.finish().await;
}

#[tokio::test]
async fn an_edit_that_is_told_in_part_has_its_thread_read() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let message = chat.jonas().says("A draft.").await;
    chat.minutes_pass(1).await;
    fake.edit_unnoticed(id(&message), "The owner decides.");
    let part = json!({
        "id": message, "channel_id": thread(&chat).await.to_string(), "guild_id": discord.guild().to_string(),
        "edited_timestamp": fake.now_as_written(),
    });
    fake.send_event("MESSAGE_UPDATE", Some(discord.guild()), &part);
    chat.chat().settle().await;
    chat.minutes_pass(1).await;
    chat.jonas().clicks("My answer").await.says("The owner decides.").says_nothing_of("draft");
    chat.finish().await;
}

#[tokio::test]
async fn several_messages_deleted_at_once_are_all_gone() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let mut messages = Vec::new();
    for number in 1..=5 {
        messages.push(chat.jonas().says(&format!("Thought number {number}.")).await);
    }
    let ids: Vec<u64> = messages.iter().take(4).map(|message| id(message)).collect();
    discord.fake().delete_bulk(&ids);
    chat.chat().settle().await;
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("Thought number 5.").says_nothing_of("Thought number 1.").says_nothing_of("Thought number 4.");
    assert_eq!(chat.stored_texts("Thought number").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn one_second_before_the_deadline_counts_and_one_second_after_does_not() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let jonas = chat.jonas().says("Jonas's draft.").await;
    let priya = chat.priya().says("Priya's draft.").await;
    let wei = chat.joins("Wei", false).await;
    let both = wei.says("Wei's draft.").await;
    // Discord can't be read at the deadline, and its events come when it is over: arrival decides nothing.
    fake.hold_events();
    fake.next(1_000, Which::to("GET", "/channels/*/messages"), Trouble::failure(503));
    chat.at("2026-11-23 16:59:59").await;
    chat.jonas().edits(&jonas, "Jonas's last word.").await;
    wei.edits(&both, "Wei's last word.").await;
    chat.jonas().says("Just in time.").await;
    chat.at("2026-11-23 17:00:01").await;
    chat.priya().edits(&priya, "Priya's copy of the rubric.").await;
    wei.edits(&both, "Wei's copy of the rubric.").await;
    chat.jonas().says("Just too late.").await;
    chat.at("2026-11-23 17:01").await;
    chat.thread_hides("Rubric points").await;
    fake.release_backwards();
    chat.chat().settle().await;
    fake.no_more_trouble();
    chat.at("2026-11-23 17:05").await;
    chat.thread_shows("3 answers came in time.").await;

    let marking = chat.jonas().clicks("Mark my answer").await;
    marking.says("Jonas's last word.\n\nJust in time.").says_nothing_of("too late").says_nothing_of("draft");
    let marking = chat.priya().clicks("Mark my answer").await;
    marking.says("Priya's draft.").says_nothing_of("copy");
    chat.priya().clicks("My answer").await.says("an edit after the close is ignored");
    // Of Wei's message the last version before the deadline was seen in passing: it counts.
    wei.clicks("Mark my answer").await.says("Wei's last word.").says_nothing_of("copy");
    assert_eq!(chat.stored_texts("copy of the rubric").await, 0);
    chat.finish().await;
}

#[tokio::test]
async fn what_others_write_is_no_answer() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let thread = thread(&chat).await;
    let jonas = chat.jonas().says("The owner decides.").await;
    let reply = crate::fake_discord::Extras { reply_to: Some(id(&jonas)), ..Default::default() };
    let to_jonas = fake.say_with(user(&chat.priya()), thread, "I don't think so.", reply);
    let opening = fake.messages(thread);
    let opening = opening.iter().find(|message| message["author"]["bot"] == true).unwrap();
    let to_us = crate::fake_discord::Extras {
        reply_to: Some(id(opening["id"].as_str().unwrap())),
        ..Default::default()
    };
    let to_the_bot = fake.say_with(user(&chat.priya()), thread, "It is the account's owner.", to_us);
    chat.chat().settle().await;
    assert!(!chat.priya().sees(&to_jonas.to_string()).await.has_reaction("✅"), "a reply to somebody else");
    assert!(chat.priya().sees(&to_the_bot.to_string()).await.has_reaction("✅"), "a reply to the bot counts");
    // The same when all is read again.
    chat.bot_restarts().await;
    let mine = chat.priya().clicks("My answer").await;
    mine.says("1. discussion, doesn't count").says("2. counts");
    assert_eq!(chat.counts("SELECT count(*) FROM answers").await, 2, "the bot's own messages are nobody's");
    assert!(readings(&discord) > 0);
    chat.finish().await;
}

#[tokio::test]
async fn somebody_who_left_reaches_nothing_by_an_old_direct_message() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.at("2026-11-24 08:00").await;
    let jonas = user(&chat.jonas());
    let notice = fake.directs(jonas)[0].clone();
    let (message, control) = (id(notice["id"].as_str().unwrap()), first_control(&notice));
    let shown = fake.click(jonas, message, &control).await;
    assert!(!shown.panels.is_empty(), "{shown:?}");
    chat.jonas().leaves().await;
    let shown = fake.click(jonas, message, &control).await;
    assert!(shown.panels[0].text().contains("I don't know you on that server."), "{shown:?}");
    chat.finish().await;
}

fn first_control(message: &serde_json::Value) -> String {
    message["components"][0]["components"][0]["custom_id"].as_str().expect("a control").to_owned()
}
