//! Learners mark their own answers.

use crate::harness::{On, Story, on_every_platform};

on_every_platform! {
    marks_can_be_changed_until_the_review_ends,
    made_up_points_save_nothing,
    nobody_marks_without_an_answer,
    none_of_these_is_a_mark_and_no_mark_is_taking_part,
    who_wants_no_notices_and_no_leaderboard_gets_none,
}

async fn marks_can_be_changed_until_the_review_ends(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let early = chat.jonas().clicks_action(&chat.question().await.id, "mark-mine:1", &[]).await;
    early.says("The rubric points are not out yet.");
    chat.at("2026-11-23 17:00").await;

    let marking = chat.jonas().clicks("Mark my answer").await;
    marking.says("Nothing is saved yet.").says("The owner decides.");
    let none = chat.jonas().clicks_on(&marking, "None of these").await;
    none.says("Saved: none of these. That is 0 of 100.");
    let some = chat.jonas().chooses(&none, "Points your answer makes", &["1 ·", "3 ·"]).await;
    some.says("Saved: points 1, 3.");
    assert_eq!(some.control("Points your answer makes").selected.len(), 2, "what is saved is shown");
    assert_eq!(some.panel().id, marking.panel().id, "the panel takes the old one's place");
    chat.jonas().clicks("My answer").await.says("so far, by your own marks.");

    chat.at("2026-11-24 08:00").await;
    let late = chat.jonas().clicks_on(&some, "None of these").await;
    late.says("The review has ended, so marks can't change any more.");
    chat.jonas().clicks("My answer").await.says("of 100, by your own marks.").has_no("Mark my answer");
    chat.finish().await;
}

async fn made_up_points_save_nothing(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    let saved = chat.jonas().marks(&[2]).await;
    let select = saved.control("Points your answer makes").clone();
    for made_up in ["no-such-point", "", "💥", "'; DROP TABLE marks; --"] {
        let values = [select.options[0].value.clone(), made_up.to_owned()];
        let refused = chat.jonas().clicks_action(&saved.panel().id, &select.id, &values).await;
        refused.says("is not in this question's rubric, so nothing was saved");
    }
    chat.jonas().clicks("Mark my answer").await.says("Saved: point 2.");
    chat.finish().await;
}

async fn nobody_marks_without_an_answer(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    let refused = chat.priya().clicks("Mark my answer").await;
    refused.says("You have no answer to this question.").control("Add a late answer");
    let question = chat.question().await.id;
    chat.priya().clicks_action(&question, "none-of-these:1", &[]).await.says("You have no answer");
    chat.priya().clicks_action(&question, "save-marks:1", &[]).await.says("You have no answer");
    chat.finish().await;
}

async fn none_of_these_is_a_mark_and_no_mark_is_taking_part(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("I have no idea.").await;
    chat.priya().says("Neither have I.").await;
    chat.at("2026-11-23 17:00").await;
    let marking = chat.jonas().clicks("Mark my answer").await;
    chat.jonas().clicks_on(&marking, "None of these").await.says("That is 0 of 100.");
    chat.at("2026-11-24 08:00").await;
    chat.thread_shows("2 answers, 1 marked.").await;
    chat.organisers_heard(&["stayed unmarked and counts as taking part: Priya."]).await;
    assert!(chat.jonas().notices().await[0].text.contains("scored 0 of 100"));
    assert!(chat.priya().notices().await[0].text.contains("was not marked, so it earned no points"));
    chat.priya().commands("/study me").await.says("0 points from 1 answer. Streak: 1 in a row");
    chat.finish().await;
}

async fn who_wants_no_notices_and_no_leaderboard_gets_none(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let me = chat.jonas().commands("/study me").await;
    let me = chat.jonas().clicks_on(&me, "No more notices").await;
    let me = chat.jonas().clicks_on(&me, "Leave the leaderboards").await;
    me.says("Leaderboards don't name you. Direct messages about your scores are off.");
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.at("2026-11-24 08:00").await;
    assert!(chat.jonas().notices().await.is_empty());
    chat.thread_hides("Jonas").await;
    chat.mara().commands("/study leaderboard").await.says_nothing_of("Jonas");
    chat.jonas().commands("/study me").await.says("points from 1 answer");
    chat.finish().await;
}
