//! Requests that fail: limits, broken servers, answers that are lost after Discord has taken a message.

use std::time::Duration;

use serde_json::json;

use super::{MESSAGES, begin, id, thread};
use crate::fake_discord::{Limits, Request, Trouble, Which};
use crate::harness::Story;

/// The requests that posted, or tried to post, a message with this key.
fn attempts(discord: &crate::harness::DiscordTestChat, key: &str) -> Vec<Request> {
    let url = json!(format!("https://discord.com/#{key}"));
    let mut all = discord.fake().requests_to("POST", MESSAGES);
    all.retain(|request| request.body["embeds"][0]["url"] == url);
    all
}

fn posting(key: &str) -> Which {
    Which::to("POST", "/channels/*/messages").holding(&format!("https://discord.com/#{key}\""))
}

#[tokio::test]
async fn a_burst_of_failures_posts_each_message_once() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    let busy = |scope| Trouble::TooMany { retry_after: Duration::from_millis(30), scope };
    for key in ["round:1:question", "round:1:thread:opening", "round:1:reveal", "round:1:summary"] {
        fake.next(2, posting(key), busy("user"));
        fake.next(1, posting(key), busy("shared"));
        fake.next(1, posting(key), Trouble::failure(500));
        fake.next(1, posting(key), Trouble::failure(502));
        fake.next(1, posting(key), Trouble::LostRequest);
        fake.next(1, posting(key), Trouble::LostAnswer);
    }
    let threads = Which::to("POST", "/channels/*/messages/*/threads");
    fake.next(1, threads.clone(), busy("global"));
    fake.next(2, threads.clone(), Trouble::failure(503));
    fake.next(1, threads, Trouble::LostAnswer);
    fake.next(3, Which::to("PUT", "/channels/*/messages/*/reactions/*/@me"), Trouble::failure(504));
    fake.next(2, Which::to("GET", "/channels/*/messages"), Trouble::failure(503));
    chat.at("2026-11-23 09:10").await;
    let message = chat.jonas().says("The owner decides.").await;
    chat.minutes_pass(5).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    chat.at("2026-11-23 17:20").await;
    chat.jonas().marks(&[1]).await.says("Saved: point 1.");
    chat.at("2026-11-24 08:30").await;
    chat.thread_shows("1 answer, all marked.").await;
    assert_eq!(fake.no_more_trouble(), 0, "all of it has happened");
    // Two 429 and the shared one, 500, 502, a lost request, a lost answer: and then it is found, not posted again.
    assert_eq!(attempts(&discord, "round:1:reveal").len(), 7);
    chat.finish().await;
}

#[tokio::test]
async fn a_long_wait_that_discord_wants_is_kept() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    let wait = Trouble::TooMany { retry_after: Duration::from_secs(90), scope: "user" };
    fake.next(1, posting("round:1:question"), wait);
    chat.at("2026-11-23 09:01").await;
    assert!(chat.questions().await.is_empty());
    assert_eq!(attempts(&discord, "round:1:question").len(), 1, "not asked before its time");
    chat.mara().commands("/study today").await;
    chat.finish_after_waiting(&discord).await;
}

#[tokio::test]
async fn an_answer_lost_after_discord_took_the_message_is_looked_for() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    fake.next(1, posting("round:1:question"), Trouble::LostAnswer);
    chat.at("2026-11-23 09:05").await;
    assert_eq!(chat.questions().await.len(), 1);
    assert_eq!(attempts(&discord, "round:1:question").len(), 1, "found, and not sent again");
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    fake.next(1, posting("round:1:score:1"), Trouble::LostAnswer);
    chat.at("2026-11-24 08:05").await;
    assert_eq!(chat.jonas().notices().await.len(), 1, "direct messages too");
    chat.finish().await;
}

#[tokio::test]
async fn a_part_that_is_put_off_for_long_does_not_bring_the_first_again() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let long = vec!["All that I know of it, in a line. ".repeat(25); 8].join("\n\n");
    chat.jonas().answers_privately(&long).await.says("is saved");
    // So often that Discord has forgotten the first part's nonce.
    let full = Trouble::refusal(403, 20_028, "The write limit of the channel is reached");
    discord.fake().next(12, posting("round:1:private:1.2"), full);
    chat.at("2026-11-23 18:30").await;
    assert!(attempts(&discord, "round:1:private:1.2").len() > 12);
    chat.finish_after_waiting(&discord).await;
}

#[tokio::test]
async fn every_attempt_carries_the_same_nonce() {
    let (chat, discord) = begin().await;
    discord.fake().next(2, posting("round:1:question"), Trouble::failure(502));
    chat.at("2026-11-23 09:05").await;
    let attempts = attempts(&discord, "round:1:question");
    assert_eq!(attempts.len(), 3);
    let nonce = attempts[0].body["nonce"].as_str().unwrap();
    assert!((1..=25).contains(&nonce.len()));
    assert!(attempts.iter().all(|one| one.body["nonce"] == nonce && one.body["enforce_nonce"] == true));
    chat.finish().await;
}

#[tokio::test]
async fn what_was_posted_and_then_removed_is_never_posted_again() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let place = thread(&chat).await;
    fake.next(1, posting("round:1:reveal"), Trouble::LostAnswer);
    chat.at("2026-11-23 17:00").await;
    let posted = fake.messages(place);
    let reveal =
        posted.iter().find(|there| there["embeds"][0]["url"] == "https://discord.com/#round:1:reveal");
    // Before the bot tries again, a moderator has removed it.
    chat.chat().delete(&chat.mara().id, reveal.expect("the reveal")["id"].as_str().unwrap()).await;
    chat.at("2026-11-23 17:30").await;
    assert!(attempts(&discord, "round:1:reveal").len() <= 2);
    let keys: Vec<_> = fake.messages(place).iter().map(|there| there["embeds"][0]["url"].clone()).collect();
    assert!(!keys.contains(&json!("https://discord.com/#round:1:reveal")), "{keys:?}");
    chat.at("2026-11-24 08:00").await;
    chat.thread_shows("This question is closed").await;
    chat.finish().await;
}

#[tokio::test]
async fn a_question_removed_before_the_bot_knew_of_it_is_cancelled() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    fake.next(1, posting("round:1:question"), Trouble::LostAnswer);
    chat.at("2026-11-23 09:00").await;
    let posted = fake.messages(id(&chat.here()));
    chat.chat().delete(&chat.mara().id, posted[0]["id"].as_str().unwrap()).await;
    chat.at("2026-11-23 09:10").await;
    assert!(chat.channel_messages().await.is_empty(), "never posted again");
    chat.organisers_heard(&["could not be posted, so it was cancelled"]).await;
    chat.at("2026-11-24 09:10").await;
    assert_eq!(chat.questions().await.len(), 1, "Tuesday's question is not held up");
    chat.finish_with_dead(&["round:1:thread", "round:1:thread:opening"]).await;
}

#[tokio::test]
async fn what_a_moderator_deletes_in_the_middle_of_a_round_stays_deleted() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let question = chat.question().await;
    let place = id(&question.id);
    let opening = chat.thread().await.into_iter().find(|message| message.author.bot).unwrap();
    for message in [&opening.id, &question.id] {
        chat.chat().delete(&chat.mara().id, message).await;
    }
    chat.at("2026-11-23 17:00").await;
    let thread = crate::harness::texts(&chat.thread_of(&question).await);
    assert!(thread.contains("Rubric points"), "the thread outlives its question: {thread}");
    chat.at("2026-11-24 08:00").await;
    let keys: Vec<_> = fake.messages(place).iter().map(|there| there["embeds"][0]["url"].clone()).collect();
    assert!(!keys.contains(&json!("https://discord.com/#round:1:thread:opening")), "{keys:?}");
    assert_eq!(attempts(&discord, "round:1:question").len(), 1);
    chat.organisers_heard(&["stayed unmarked"]).await;
    chat.finish().await;
}

#[tokio::test]
async fn real_limits_are_kept_to() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    for number in 0..4 {
        let person = chat.joins(&format!("Learner {number:02}"), false).await;
        person.answers_privately(&format!("Answer number {number}.")).await.says("is saved");
    }
    fake.set_limits(Limits::as_documented());
    let before = fake.total();
    chat.at("2026-11-23 17:00").await;
    chat.minutes_pass(2).await;
    chat.thread_shows("4 answers came in time.").await;
    for number in 0..4 {
        chat.thread_shows(&format!("Answer number {number}.")).await;
    }
    let after = fake.total();
    assert!(after.too_many - before.too_many <= 1, "limits are known from the answers, not from refusals");
    chat.finish().await;
}

impl Story {
    /// The bucket's wait is real time, which no test has: the story ends with what is left to do.
    async fn finish_after_waiting(self, discord: &crate::harness::DiscordTestChat) {
        discord.fake().no_more_trouble();
        // Another process knows nothing of this bucket.
        self.bot_restarts().await;
        self.minutes_pass(5).await;
        assert_eq!(self.questions().await.len(), 1);
        self.finish().await;
    }
}
