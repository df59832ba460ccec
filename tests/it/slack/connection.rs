//! Socket Mode's connections: they break, are replaced, and end for good. And what is told while nobody listens.

use serde_json::json;
use studybot::chat::slack::{Closed, Token};

use super::{begin, begin_in, in_both_modes, is_back, lists, readings, thread};
use crate::fake_slack::{Extras, Trouble, Which};
use crate::harness::{Mode, Story, texts};

in_both_modes! {
    what_is_said_while_the_bot_is_away_is_read_when_it_is_back,
    with_all_of_slack_dark_the_question_comes_once_it_is_back,
    what_could_not_be_stored_is_read_after_a_restart,
    a_bot_token_that_is_revoked_ends_it_and_a_new_start_goes_on,
}

async fn what_is_said_while_the_bot_is_away_is_read_when_it_is_back(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    chat.at("2026-11-23 09:00").await;
    let edited = chat.jonas().says("A draft.").await;
    let deleted = chat.jonas().says("A mistake.").await;
    let question = chat.question().await;
    chat.bot_stops().await;
    let (here, fake) = (chat.here(), slack.fake());
    chat.chat().edit(&chat.jonas().id, &edited, "The owner decides.").await;
    chat.chat().delete(&chat.jonas().id, &deleted).await;
    let said =
        fake.say(&chat.priya().id, &here, Some(super::ts(&question.id)), "So I say.", Extras::default());
    chat.bot_starts().await;
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
    assert_eq!(chat.stored_texts("A mistake.").await, 0);
    assert!(chat.priya().sees(&format!("{here}:{said}")).await.has_reaction("✅"));
    chat.finish().await;
}

#[tokio::test]
async fn what_is_said_in_a_gap_is_read_once_the_connection_stands_again() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let edited = chat.jonas().says("A draft.").await;
    let deleted = chat.jonas().says("A mistake.").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let (lists, before) = (lists(&slack), fake.connection_counts());
    fake.go_dark(true);
    fake.edit(&here, super::ts(&edited), "The owner decides.");
    fake.delete(&here, super::ts(&deleted));
    let said = fake.say(&chat.priya().id, &here, Some(&thread), "So I say.", Extras::default());
    fake.go_dark(false);
    is_back(&chat, &slack, lists).await;
    let now = fake.connection_counts();
    assert!(now.lost > before.lost && now.repeated == before.repeated, "of this Slack never tells: {now:?}");
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
    assert_eq!(chat.stored_texts("A mistake.").await, 0);
    assert!(chat.priya().sees(&format!("{here}:{said}")).await.has_reaction("✅"));
    chat.finish().await;
}

#[tokio::test]
async fn what_was_not_acknowledged_when_a_connection_broke_counts_once() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    for number in 1..=5 {
        let (lists, repeated) = (lists(&slack), fake.connection_counts().repeated);
        let text = format!("Step {number}.");
        fake.say(&chat.jonas().id, &here, Some(&thread), &text, Extras::default());
        fake.drop_connections();
        is_back(&chat, &slack, lists).await;
        assert!(fake.connection_counts().repeated > repeated, "Slack tells it again");
    }
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 5);
    let reacted = "SELECT count(*) FROM outbox WHERE purpose = 'reaction'";
    assert_eq!(chat.counts(reacted).await, 1, "the first message is ticked, once");
    chat.jonas().clicks("My answer").await.says("Step 1.").says("Step 5.");
    chat.finish().await;
}

#[tokio::test]
async fn a_connection_that_is_to_end_is_replaced_before_it_does() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (lists_before, before) = (lists(&slack), readings(&slack));
    for (number, reason) in
        ["warning", "refresh_requested", "warning", "something_new"].into_iter().enumerate()
    {
        let made = fake.connection_counts().made;
        fake.send_raw(
            &json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}}).to_string(),
        );
        fake.until_connections("a second connection", |counts| counts.made > made).await;
        fake.connections(1).await;
        chat.jonas().says(&format!("Step {number}.")).await;
    }
    assert_eq!(
        (lists(&slack), readings(&slack)),
        (lists_before, before),
        "there was no gap, so nothing is read"
    );
    assert_eq!(fake.connection_counts().lost, 0);
    chat.jonas().clicks("My answer").await.says("Step 0.").says("Step 3.");
    chat.finish().await;
}

#[tokio::test]
async fn a_connection_that_slack_ends_at_once_costs_no_answer() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread, lists) = (chat.here(), thread(&chat).await, lists(&slack));
    fake.refresh_connections();
    fake.say(&chat.jonas().id, &here, Some(&thread), "The owner decides.", Extras::default());
    is_back(&chat, &slack, lists).await;
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn events_of_kinds_that_nobody_knows_are_passed_over() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let made = fake.connection_counts().made;
    for (number, kind) in ["app_mention", "reaction_added", "something_new", ""].into_iter().enumerate() {
        let here = chat.here();
        fake.forge_event(json!({"type": kind, "channel": here, "user": chat.jonas().id, "ts": "1.0"}));
        fake.forge_event(
            json!({"type": "message", "subtype": "something_new", "channel": here, "ts": "1.0"}),
        );
        fake.send_raw(&json!({"type": "something_new", "payload": {"a": [1]}}).to_string());
        chat.jonas().says(&format!("Step {number}.")).await;
    }
    assert_eq!(fake.connection_counts().made, made, "the connection is kept");
    chat.jonas().clicks("My answer").await.says("Step 0.").says("Step 3.");
    chat.finish().await;
}

async fn with_all_of_slack_dark_the_question_comes_once_it_is_back(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    let fake = slack.fake();
    fake.go_dark(true);
    chat.at("2026-11-23 09:30").await;
    fake.go_dark(false);
    fake.connected().await;
    chat.at("2026-11-23 09:40").await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.jonas().says("The owner decides.").await;
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

/// Lets the bot's database grow no further, as a full disk does.
async fn disk_is_full(chat: &Story) {
    let engine = chat.engine();
    let limited = engine.app().db().write(move |connection| {
        Box::pin(async move {
            sqlx::query("PRAGMA max_page_count = 1").execute(connection).await?;
            Ok(())
        })
    });
    limited.await.unwrap();
}

async fn what_could_not_be_stored_is_read_after_a_restart(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    disk_is_full(&chat).await;
    let long = "Said in the thread. ".repeat(700);
    let said = slack.fake().say(&chat.priya().id, &here, Some(&thread), &long, Extras::default());
    chat.chat().try_settle().await.ok();
    assert!(slack.fake().message(&here, &said).unwrap()["reactions"].is_null(), "it could not be stored");
    // The process ends, and somebody has made room meanwhile.
    chat.bot_restarts().await;
    chat.minutes_pass(1).await;
    assert!(chat.priya().sees(&format!("{here}:{said}")).await.has_reaction("✅"));
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn socket_mode_switched_off_ends_it_with_the_way_to_mend_it() {
    let (chat, slack) = begin().await;
    slack.fake().disable_socket_mode();
    let ended = slack.ended().await.unwrap_err();
    assert!(matches!(ended, Closed::SocketModeOff), "{ended}");
    assert!(ended.to_string().contains("Switch it on at https://api.slack.com/apps"), "{ended}");
    slack.fake().enable_socket_mode();
    chat.bot_restarts().await;
    chat.at("2026-11-23 09:00").await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.finish().await;
}

async fn a_bot_token_that_is_revoked_ends_it_and_a_new_start_goes_on(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    fake.revoke_tokens();
    let ended = slack.ended().await.unwrap_err();
    assert!(matches!(ended, Closed::Token(Token::Bot)), "{ended}");
    assert!(ended.to_string().contains("SLACK_BOT_TOKEN"), "{ended}");
    let asked = fake.requests().len();
    chat.at("2026-11-23 16:00").await;
    assert!(fake.requests().len() - asked <= 1, "a token that was refused is not tried again and again");
    fake.accept_tokens();
    chat.bot_restarts().await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.finish().await;
}

#[tokio::test]
async fn an_app_token_that_is_revoked_ends_it_with_its_own_word() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    for error in ["invalid_auth", "token_revoked", "account_inactive"] {
        fake.next(1, Which::to("apps.connections.open"), Trouble::refusal(error));
        fake.drop_connections();
        let ended = slack.ended().await.unwrap_err();
        assert!(matches!(ended, Closed::Token(Token::App)), "{error}: {ended}");
        assert!(ended.to_string().contains("SLACK_APP_TOKEN"), "{ended}");
        chat.bot_restarts().await;
    }
    chat.at("2026-11-23 09:00").await;
    let questions = texts(&chat.questions().await);
    assert!(questions.contains("Whose public bucket is it?"), "{questions}");
    chat.finish().await;
}
