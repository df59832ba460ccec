//! What doesn't pass by itself: the bot may not do something any more, or the place is gone. The one study channel is
//! paused, the organisers are told how to mend it, and others go on.

use std::sync::Arc;

use super::{begin, place, ts};
use crate::fake_slack::{Trouble, Which};
use crate::harness::{SlackTestChat, Story, texts};

/// Two study channels in one workspace; the story plays in the first one.
async fn begin_with_two() -> (Story, Arc<SlackTestChat>) {
    let (chat, slack) = begin().await;
    chat.channel("platform-team").await;
    chat.go_to("platform-team");
    let form = chat.mara().commands("/study setup").await;
    chat.mara().sends(form.form(), &[("admin_mentions", "#organisers")]).await.says("is set up");
    chat.go_to("cloud-security");
    (chat, slack)
}

/// The organisers have read this about the first channel, and nothing about the other.
async fn organisers_read(chat: &Story, expected: &str) {
    let heard = texts(&chat.organisers_channel().await);
    assert!(heard.contains("#cloud-security: I paused this study channel:"), "{heard}");
    assert!(heard.contains(expected), "“{expected}” was expected in:\n{heard}");
    assert!(!heard.contains("#platform-team"), "{heard}");
}

async fn the_other_channel_goes_on(chat: &Story, questions: usize) {
    chat.go_to("platform-team");
    assert_eq!(chat.questions().await.len(), questions);
    let text = format!("Nobody is held up, {questions}.");
    let message = chat.jonas().says(&text).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    chat.go_to("cloud-security");
}

/// What is given up in the end: nothing but what belongs to these rounds.
async fn finish_with_dead_of(chat: Story, rounds: &[i64]) {
    let dead = chat.dead_keys().await;
    let expected = |key: &String| rounds.iter().any(|round| key.starts_with(&format!("round:{round}:")));
    assert!(dead.iter().all(expected), "{dead:?}");
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn what_keeps_the_bot_from_posting_pauses_that_channel_and_says_how_to_mend_it() {
    let cases = [
        ("not_in_channel", "Invite me with /invite @studybot in the channel."),
        ("is_archived", "The channel is archived."),
        ("channel_not_found", "I can't find the channel"),
        ("restricted_action", "Posting permissions"),
        ("missing_scope", "OAuth & Permissions"),
    ];
    for (error, mend) in cases {
        let (chat, slack) = begin_with_two().await;
        let fake = slack.fake();
        let here = chat.here();
        match error {
            "not_in_channel" => fake.kick_bot(&here),
            "is_archived" => fake.archive(&here),
            _ => {
                let posting = Which::to("chat.postMessage").holding(&format!("\"channel\":\"{here}\""));
                fake.next(1_000, posting, Trouble::refusal(error));
            }
        }
        chat.at("2026-11-23 09:05").await;
        organisers_read(&chat, mend).await;
        the_other_channel_goes_on(&chat, 1).await;
        // Nobody knocks at a closed door for ever.
        let asked = fake.requests_to("chat.postMessage").len();
        chat.at("2026-11-23 12:00").await;
        assert_eq!(fake.requests_to("chat.postMessage").len(), asked, "{error}");

        fake.no_more_trouble();
        match error {
            "not_in_channel" => fake.invite_bot(&here),
            "is_archived" => fake.unarchive(&here),
            _ => {}
        }
        chat.mara().commands("/study resume").await.says("The next question comes 2026-11-24 09:00 UTC.");
        chat.at("2026-11-24 09:00").await;
        let titled = chat.question_called("whose-public-bucket").title.clone();
        let again = chat.question().await;
        assert!(again.text.contains(&titled), "a question that nobody saw comes again: {again:?}");
        let round = chat.round_in("cloud-security", 0).await;
        finish_with_dead_of(chat, &[round]).await;
    }
}

#[tokio::test]
async fn a_channel_deleted_while_a_round_is_open_leaves_others_alone_and_keeps_what_was_answered() {
    let (chat, slack) = begin_with_two().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.priya().answers_privately("So I say, too.").await;
    let round = chat.round_in("cloud-security", 0).await;
    let here = chat.here();
    let posting = Which { method: "", holds: here.clone() };
    slack.fake().next(100_000, posting, Trouble::refusal("channel_not_found"));
    chat.at("2026-11-23 17:30").await;
    organisers_read(&chat, "run /study setup in the one that takes its place").await;
    chat.go_to("platform-team");
    chat.thread_shows("Rubric points").await;
    chat.go_to("cloud-security");
    chat.at("2026-11-24 08:30").await;
    assert_eq!(chat.stored_texts("The owner decides.").await, 1);
    chat.at("2026-11-24 09:00").await;
    the_other_channel_goes_on(&chat, 2).await;
    slack.fake().no_more_trouble();
    finish_with_dead_of(chat, &[round]).await;
}

#[tokio::test]
async fn a_question_deleted_before_anybody_replied_has_no_thread_and_keeps_private_answers() {
    let (chat, slack) = begin_with_two().await;
    chat.at("2026-11-23 09:00").await;
    chat.priya().answers_privately("The owner decides.").await;
    let question = chat.question().await;
    let round = chat.round_in("cloud-security", 0).await;
    // All that hangs from it goes first: then no tombstone is left.
    for message in chat.thread().await {
        chat.chat().delete(&chat.mara().id, &message.id).await;
    }
    chat.chat().delete(&chat.mara().id, &question.id).await;
    chat.chat().settle().await;
    let (channel, time) = place(&question.id);
    assert!(slack.fake().message(channel, time).is_none());
    chat.at("2026-11-23 17:30").await;
    organisers_read(&chat, "Somebody deleted the message of a question").await;
    let today = chat.priya().commands("/study today").await;
    let marking = chat.priya().clicks_on(&today, "Mark my answer").await;
    marking.says("The owner decides.");
    chat.priya().chooses(&marking, "Points your answer makes", &["1 ·"]).await.says("Saved: point 1.");
    chat.mara().commands("/study resume").await.says("The next question comes 2026-11-24 09:00 UTC.");
    chat.at("2026-11-24 09:00").await;
    let heard = texts(&chat.organisers_channel().await);
    assert_eq!(heard.matches("I paused this study channel").count(), 1, "once, not by each message: {heard}");
    assert_ne!(ts(&chat.question().await.id), time);
    the_other_channel_goes_on(&chat, 2).await;
    finish_with_dead_of(chat, &[round]).await;
}

#[tokio::test]
async fn without_the_right_to_read_threads_nothing_is_taken_for_deleted() {
    let (chat, slack) = begin_with_two().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let here = chat.here();
    let reading = || Which::to("conversations.replies").holding(&here);
    slack.fake().next(1_000, reading(), Trouble::refusal("missing_scope"));
    chat.bot_restarts().await;
    chat.minutes_pass(1).await;
    chat.jonas().clicks("My answer").await.says("1. counts").says("The owner decides.");
    organisers_read(&chat, "I lack a permission").await;
    chat.at("2026-11-23 17:30").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.jonas().clicks("Mark my answer").await.says("The owner decides.");
    slack.fake().no_more_trouble();
    let dead = chat.dead_keys().await;
    assert!(dead.iter().all(|key| key.contains("read")), "only readings are given up: {dead:?}");
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}
