//! Answers within three seconds: announced first where the bot needs longer, and lost without harm where Discord no
//! longer takes them.

use std::time::Duration;

use super::{begin, id, thread, user};
use crate::fake_discord::{Request, Trouble, Which};
use crate::harness::{DiscordTestChat, Story};

const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";
const ORIGINAL: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";

/// The types of the first answers, newest last.
fn first_answers(discord: &DiscordTestChat) -> Vec<u64> {
    let all = discord.fake().requests_to("POST", CALLBACK);
    all.iter().map(|request: &Request| request.body["type"].as_u64().unwrap_or(0)).collect()
}

#[tokio::test]
async fn a_bot_that_always_needs_longer_announces_its_answers_and_gives_them() {
    let (chat, discord) = Story::bare_discord(|_| {}, Some(Duration::ZERO)).await;
    chat.is_set_up(&[]).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let before = first_answers(&discord).len();
    // A form can't follow an announcement: a button opens it.
    chat.priya().answers_privately("So I say, too.").await.says("is saved (14 characters)");
    let answers = first_answers(&discord)[before..].to_vec();
    assert_eq!(answers, [5, 9, 5], "announced; the modal by the button; the saving announced");
    chat.priya().answers_privately("So I say.").await.says("is saved (9 characters)");

    let mine = chat.jonas().clicks("My answer").await;
    mine.says("1. counts").says("The owner decides.");
    let before = first_answers(&discord).len();
    let without = chat.jonas().chooses(&mine, "What counts", &[]).await;
    without.says("1. you took it out");
    assert_eq!(first_answers(&discord)[before..], [6], "a panel is changed in its place");
    chat.jonas().chooses(&without, "What counts", &["1 ·"]).await.says("1. counts");

    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1, 2]).await.says("Saved: points 1, 2.");
    chat.at("2026-11-24 08:00").await;
    chat.mara().commands("/study leaderboard").await.says("1. Jonas");
    assert!(!first_answers(&discord).contains(&4), "nothing was answered at once");
    assert!(!discord.fake().requests_to("PATCH", ORIGINAL).is_empty());
    chat.finish().await;
}

#[tokio::test]
async fn a_form_with_errors_is_given_back_after_an_announcement_too() {
    let (chat, _discord) = Story::bare_discord(|_| {}, Some(Duration::ZERO)).await;
    let form = chat.mara().commands("/study setup").await;
    let back = chat.mara().sends(form.form(), &[("zone", "Mars/Olympus"), ("answers", "2 hours")]).await;
    assert!(back.form().field("zone").error.is_some(), "{back:?}");
    assert_eq!(back.form().field("answers").value, "2 hours");
    let fields = [("zone", "Europe/Berlin"), ("answers", "2 hours"), ("questions", "track getting-started")];
    chat.mara().sends(back.form(), &fields).await.says("is set up");
    chat.finish().await;
}

#[tokio::test]
async fn a_fast_bot_announces_nothing() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().answers_privately("The owner decides.").await.says("is saved");
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    let answers = first_answers(&discord);
    assert!(!answers.contains(&5) && !answers.contains(&6), "{answers:?}");
    chat.finish().await;
}

#[tokio::test]
async fn what_comes_too_late_for_an_answer_is_done_all_the_same() {
    let (chat, discord) = begin().await;
    let (fake, jonas) = (discord.fake(), user(&chat.jonas()));
    chat.at("2026-11-23 09:00").await;
    let question = thread(&chat).await;
    let post = fake.message(question).unwrap();
    let custom_id = post["components"][0]["components"][0]["custom_id"].as_str().unwrap().to_owned();
    let modal = fake.click(jonas, question, &custom_id).await.modal.expect("a modal");
    for token_too in [false, true] {
        fake.hold_events();
        let sent = fake.send_form(jonas, &modal, &[("text", "The owner decides.")]);
        fake.expire(sent, token_too);
        let before = fake.total();
        fake.release_events(&[0]);
        chat.chat().settle().await;
        let after = fake.total();
        assert!(fake.outcome(sent).panels.is_empty(), "Discord took no answer");
        assert!(after.requests - before.requests <= 2, "and it was not tried again and again");
    }
    assert_eq!(chat.stored_texts("The owner decides.").await, 1, "what was asked for is done");
    // The same where an answer was announced in time, and the token is over before it can be given.
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn answers_that_discord_fails_to_take_hold_nothing_up() {
    let (chat, discord) = begin().await;
    let (fake, jonas) = (discord.fake(), user(&chat.jonas()));
    chat.at("2026-11-23 09:00").await;
    let here = id(&chat.here());
    let callbacks = Which::to("POST", "/interactions/*/*/callback");
    for trouble in
        [Trouble::failure(500), Trouble::LostRequest, Trouble::refusal(400, 40_060, "acknowledged")]
    {
        fake.next(1, callbacks.clone(), trouble);
        fake.type_command(jonas, here, "study today", &[]);
        chat.chat().settle().await;
    }
    // A short limit is waited for.
    let busy = Trouble::TooMany { retry_after: Duration::from_millis(20), scope: "user" };
    fake.next(2, callbacks, busy);
    chat.jonas().commands("/study today").await.says("Whose public bucket is it?");
    assert_eq!(fake.no_more_trouble(), 0);
    chat.finish().await;
}
