//! Answers within three seconds: where the bot needs longer, “One moment” is shown first and the answer takes its place.

use std::time::Duration;

use serde_json::Value;

use super::{begin_in, in_both_modes, said};
use crate::fake_slack::{FakeSlack, RESPONSE};
use crate::harness::{Mode, Story};

in_both_modes! {
    a_bot_that_always_needs_longer_says_so_and_gives_its_answers,
    a_form_with_errors_is_given_back_after_one_moment_too,
    a_fast_bot_says_nothing_of_a_moment,
    an_answer_that_can_be_announced_no_more_comes_all_the_same,
}

/// How often a modal was opened that asks for a moment, and how often another was.
fn opened(fake: &FakeSlack) -> (usize, usize) {
    let all = fake.requests_to("views.open");
    let moments = all.iter().filter(|request| is_moment(&request.args["view"])).count();
    (moments, all.len() - moments)
}

fn is_moment(view: &Value) -> bool {
    view.to_string().contains("One moment…")
}

async fn a_bot_that_always_needs_longer_says_so_and_gives_its_answers(mode: Mode) {
    let (chat, slack) = Story::bare_slack(mode, |_| {}, Some(Duration::ZERO)).await;
    chat.is_set_up(&[]).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    // A click that brings a form, and the form itself.
    chat.priya().answers_privately("So I say, too.").await.says("is saved (14 characters)");
    chat.priya().answers_privately("So I say.").await.says("is saved (9 characters)");
    // A command, a click, and a click in a modal.
    chat.jonas().commands("/study today").await.says("Whose public bucket is it?");
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("1. counts").says("The owner decides.");
    let without = chat.jonas().chooses(&mine, "What counts", &[]).await;
    without.says("1. you took it out");
    chat.jonas().chooses(&without, "What counts", &["1 ·"]).await.says("1. counts");
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1, 2]).await.says("Saved: points 1, 2.");
    chat.at("2026-11-24 08:00").await;
    chat.mara().commands("/study leaderboard").await.says("1. Jonas");
    let (moments, others) = opened(slack.fake());
    assert!(
        moments > 5 && others == 0,
        "{moments} and {others}: nothing was opened before it was asked for a moment"
    );
    assert!(slack.fake().requests_to(RESPONSE).is_empty(), "the answer takes the moment's place");
    chat.finish().await;
}

async fn a_form_with_errors_is_given_back_after_one_moment_too(mode: Mode) {
    let (chat, _slack) = Story::bare_slack(mode, |_| {}, Some(Duration::ZERO)).await;
    let form = chat.mara().commands("/study setup").await;
    let back = chat.mara().sends(form.form(), &[("zone", "Mars/Olympus"), ("answers", "2 hours")]).await;
    assert!(back.form().field("zone").error.is_some(), "{back:?}");
    assert_eq!(back.form().field("answers").value, "2 hours");
    let fields = [("zone", "Europe/Berlin"), ("answers", "2 hours"), ("questions", "track getting-started")];
    chat.mara().sends(back.form(), &fields).await.says("is set up");
    chat.finish().await;
}

async fn a_fast_bot_says_nothing_of_a_moment(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().answers_privately("The owner decides.").await.says("is saved");
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    assert_eq!(opened(slack.fake()).0, 0);
    let updates = slack.fake().requests_to("views.update");
    assert!(!updates.iter().any(|request| is_moment(&request.args["view"])));
    chat.finish().await;
}

async fn an_answer_that_can_be_announced_no_more_comes_all_the_same(mode: Mode) {
    let (chat, slack) = Story::bare_slack(mode, |_| {}, Some(Duration::ZERO)).await;
    chat.is_set_up(&[]).await;
    let (fake, jonas, here) = (slack.fake(), chat.jonas().id.clone(), chat.here());
    chat.at("2026-11-23 09:00").await;
    fake.expire_triggers(true);
    let outcome = fake.command(&jonas, &here, "/study today").await;
    assert!(outcome.view.is_none() && said(&outcome).contains("Whose public bucket is it?"), "{outcome:?}");
    fake.expire_triggers(false);
    // Who closes the moment before the answer comes has had what they asked for done.
    chat.jonas().clicks("Answer privately").await.form();
    let view = fake.view(&jonas).expect("the form");
    let block = view["blocks"][0]["block_id"].as_str().unwrap();
    let sent = fake.send_form(&jonas, &view, &[(block, &["The owner decides."])]);
    fake.close_views(&jonas);
    assert!(!fake.answered(sent).await.unanswered);
    chat.chat().settle().await;
    assert_eq!(chat.stored_texts("The owner decides.").await, 1);
    chat.finish().await;
}
