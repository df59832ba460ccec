//! Requests that fail: limits, broken servers, answers that are lost after Slack has taken a message.

use serde_json::json;

use super::{begin, begin_in, begin_on, in_both_modes, place, readings, thread};
use crate::fake_slack::{Limits, RESPONSE, Request, Trouble, Which};
use crate::harness::{Mode, SlackTestChat, lines};

in_both_modes! {
    a_burst_of_failures_posts_each_message_once,
}

const POST: &str = "chat.postMessage";

/// The requests that posted, or tried to post, a message with this key.
fn attempts(slack: &SlackTestChat, key: &str) -> Vec<Request> {
    let mut all = slack.fake().requests_to(POST);
    all.retain(|request| request.args["metadata"]["event_payload"]["key"] == key);
    all
}

fn posting(key: &str) -> Which {
    Which::to(POST).holding(&format!("\"key\":\"{key}\""))
}

async fn a_burst_of_failures_posts_each_message_once(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    let fake = slack.fake();
    for key in ["round:1:question", "round:1:thread:opening", "round:1:reveal", "round:1:summary"] {
        fake.next(1, posting(key), Trouble::failure(500));
        fake.next(1, posting(key), Trouble::failure(502));
        fake.next(1, posting(key), Trouble::refusal("internal_error"));
        fake.next(1, posting(key), Trouble::refusal("service_unavailable"));
        fake.next(1, posting(key), Trouble::LostRequest);
        fake.next(1, posting(key), Trouble::LostAnswer);
    }
    fake.next(3, Which::to("reactions.add"), Trouble::failure(504));
    fake.next(2, Which::to("conversations.replies"), Trouble::failure(503));
    fake.next(2, Which::to("conversations.history"), Trouble::failure(503));
    fake.next(2, Which::to("chat.update"), Trouble::failure(503));
    chat.at("2026-11-23 09:30").await;
    let message = chat.jonas().says("The owner decides.").await;
    chat.minutes_pass(5).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    chat.at("2026-11-23 17:30").await;
    chat.jonas().marks(&[1]).await.says("Saved: point 1.");
    chat.at("2026-11-24 08:50").await;
    chat.thread_shows("1 answer, all marked.").await;
    assert_eq!(fake.no_more_trouble(), 0, "all of it has happened");
    // 500, 502, two refusals, a lost request, a lost answer: and then it is found, not posted again.
    assert_eq!(attempts(&slack, "round:1:reveal").len(), 6);
    chat.finish().await;
}

#[tokio::test]
async fn a_wait_that_slack_wants_is_kept_and_wanted_once() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    fake.next(1, posting("round:1:question"), Trouble::TooMany { retry_after: 1 });
    chat.at("2026-11-23 09:05").await;
    assert_eq!(chat.questions().await.len(), 1);
    assert_eq!(attempts(&slack, "round:1:question").len(), 2, "once more, and not before its time");
    assert_eq!(fake.counts()[POST].too_many, 1);
    chat.finish().await;
}

#[tokio::test]
async fn slacks_limits_are_kept_to_without_being_told() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    slack.paces_the_bot();
    chat.bot_restarts().await;
    fake.set_limits(Limits::as_documented());
    chat.at("2026-11-23 09:00").await;
    // A message a second and channel, in real time: a question and what opens its thread.
    chat.thread_shows("Write your answer here").await;
    let before = fake.counts();
    assert!(before[POST].requests >= 2);
    assert!(before.values().all(|count| count.too_many == 0), "{before:?}");
    chat.finish().await;
}

#[tokio::test]
async fn an_answer_lost_after_slack_took_the_message_is_looked_for() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    fake.next(1, posting("round:1:question"), Trouble::LostAnswer);
    chat.at("2026-11-23 09:05").await;
    assert_eq!(chat.questions().await.len(), 1);
    assert_eq!(attempts(&slack, "round:1:question").len(), 1, "found, and not sent again");
    chat.jonas().says("The owner decides.").await;
    fake.next(1, posting("round:1:reveal"), Trouble::LostAnswer);
    chat.at("2026-11-23 17:05").await;
    assert_eq!(attempts(&slack, "round:1:reveal").len(), 1, "in a thread, too");
    chat.jonas().marks(&[1]).await;
    fake.next(1, posting("round:1:score:1"), Trouble::LostAnswer);
    chat.at("2026-11-24 08:05").await;
    assert_eq!(chat.jonas().notices().await.len(), 1, "and in direct messages");
    assert_eq!(attempts(&slack, "round:1:score:1").len(), 1);
    chat.finish().await;
}

#[tokio::test]
async fn after_a_failure_in_the_middle_only_the_parts_that_are_missing_are_posted() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let long = lines("é", 20_000);
    chat.jonas().answers_privately(&long).await.says("is saved");
    for part in [2, 2, 3] {
        let trouble = if part == 3 { Trouble::LostAnswer } else { Trouble::failure(502) };
        let second = Which::to(POST).holding(&format!("\"part\":{part}"));
        fake.next(1, second, trouble);
    }
    chat.at("2026-11-23 17:30").await;
    fake.no_more_trouble();
    chat.thread_shows(&long).await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let posted = fake.replies(&here, &thread);
    let carried = |message: &serde_json::Value| {
        let payload = &message["metadata"]["event_payload"];
        (payload["key"].to_string(), payload["part"].to_string())
    };
    let mut all: Vec<_> = posted.iter().map(carried).collect();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "no part stands there twice");
    chat.finish().await;
}

#[tokio::test]
async fn what_was_posted_and_then_removed_is_not_brought_back_by_the_next_attempt() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let opening = chat.thread().await.into_iter().find(|message| message.author.bot).unwrap();
    let (channel, ts) = place(&opening.id);
    chat.chat().delete(&chat.mara().id, &opening.id).await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("Rubric points").await;
    assert!(fake.message(channel, ts).is_none());
    assert_eq!(attempts(&slack, "round:1:thread:opening").len(), 1);
    chat.finish().await;
}

#[tokio::test]
async fn a_reaction_that_slack_does_not_take_holds_nothing_up() {
    for error in
        ["too_many_reactions", "missing_scope", "not_reactable", "message_not_found", "already_reacted"]
    {
        let (chat, slack) = begin().await;
        slack.fake().next(1_000, Which::to("reactions.add"), Trouble::refusal(error));
        chat.at("2026-11-23 09:00").await;
        chat.jonas().says("The owner decides.").await;
        chat.jonas().clicks("My answer").await.says("1. counts");
        chat.at("2026-11-23 17:00").await;
        chat.thread_shows("1 answer came in time.").await;
        chat.organisers_heard(&[]).await;
        assert_eq!(slack.fake().requests_to("reactions.add").len(), 1, "{error}: tried once");
        let dead = chat.dead_keys().await;
        assert!(dead.iter().all(|key| key.contains("reaction")), "{error}: {dead:?}");
        chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
}

#[tokio::test]
async fn a_thread_is_read_page_by_page() {
    let (chat, slack) = begin_on(|config| config.largest_page = 3).await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    for number in 1..=10 {
        fake.insert(&chat.jonas().id, &here, Some(&thread), &format!("Thought {number}."), None);
    }
    let before = readings(&slack);
    // A page that can't be had now doesn't make the rest of it seem deleted.
    fake.next(1, Which::to("conversations.replies").holding("cursor"), Trouble::failure(503));
    chat.bot_restarts().await;
    chat.minutes_pass(5).await;
    assert!(readings(&slack) - before >= 4, "{}", readings(&slack) - before);
    let texts = chat.counts("SELECT count(*) FROM answer_parts").await;
    assert_eq!(texts, 10);
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("Thought 1.").says("Thought 10.");
    chat.finish().await;
}

#[tokio::test]
async fn a_message_is_looked_for_on_every_page() {
    let (chat, slack) = begin_on(|config| config.largest_page = 2).await;
    let fake = slack.fake();
    fake.next(1, posting("round:1:question"), Trouble::LostAnswer);
    chat.at("2026-11-23 09:00").await;
    let here = chat.here();
    for number in 1..=7 {
        fake.insert(&chat.jonas().id, &here, None, &format!("Talk {number}."), None);
    }
    chat.at("2026-11-23 09:20").await;
    assert_eq!(attempts(&slack, "round:1:question").len(), 1, "found behind all the talk");
    assert_eq!(chat.questions().await.len(), 1);
    chat.finish().await;
}

#[tokio::test]
async fn who_can_be_written_to_no_more_pauses_nothing() {
    let (chat, slack) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    slack.fake().close_directs(&chat.jonas().id, true);
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.at("2026-11-24 09:00").await;
    assert!(chat.jonas().notices().await.is_empty());
    chat.jonas().commands("/study me").await.says("Messages that could not reach you directly");
    chat.organisers_heard(&[]).await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish_with_dead(&["round:1:score:1"]).await;
}

#[tokio::test]
async fn an_answer_that_slack_fails_to_take_holds_nothing_up() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let here = chat.here();
    let busy = json!({"ok": false, "error": "used_url"});
    for trouble in [
        Trouble::failure(500),
        Trouble::LostRequest,
        Trouble::Answer { status: 404, body: json!("no_hook") },
        Trouble::Answer { status: 404, body: busy },
    ] {
        let before = fake.requests_to(RESPONSE).len() as u64;
        fake.next(1, Which::to(RESPONSE), trouble);
        fake.type_command(&chat.jonas().id, &here, "/study today");
        fake.asked(RESPONSE, before + 1).await;
        chat.chat().settle().await;
    }
    assert_eq!(fake.no_more_trouble(), 0);
    chat.jonas().commands("/study today").await.says("Whose public bucket is it?");
    chat.finish().await;
}
