//! The bot was away: what it posts late, what it skips, and what it finds.

use crate::harness::{On, Story, on_every_platform};

on_every_platform! {
    inside_its_grace_a_missed_question_comes_late_once_with_its_full_window,
    outside_its_grace_it_is_skipped_and_the_organisers_hear_of_it_once,
    after_a_long_time_away_one_question_is_caught_up,
    a_deadline_that_passed_meanwhile_is_kept_by_the_platforms_time,
    what_was_written_edited_and_deleted_while_the_bot_was_away_is_found_at_start,
    what_was_deleted_while_the_bot_was_away_goes_even_when_the_question_closed_meanwhile,
    a_review_that_ended_meanwhile_is_settled_at_start,
}

async fn inside_its_grace_a_missed_question_comes_late_once_with_its_full_window(on: On) {
    let chat = Story::begin(on).await;
    chat.bot_stops().await;
    chat.at("2026-11-23 11:00").await;
    chat.mara().commands("/study today").await.says("The application did not respond.");
    chat.bot_starts().await;
    let post = chat.question().await;
    assert!(post.text.contains("Answers close 2026-11-23 19:00 UTC"), "{}", post.text);
    assert!(post.text.contains("This question comes later than planned"));
    chat.bot_stops().await;
    chat.bot_starts().await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.organisers_heard(&[]).await;
    chat.at("2026-11-24 09:00").await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish().await;
}

async fn outside_its_grace_it_is_skipped_and_the_organisers_hear_of_it_once(on: On) {
    let chat = Story::begin(on).await;
    chat.bot_stops().await;
    chat.at("2026-11-25 16:00").await;
    chat.bot_starts().await;
    assert!(chat.questions().await.is_empty());
    chat.organisers_heard(&["3 questions were due (2026-11-23 09:00 UTC, 2026-11-24 09:00 UTC, 2026-11-25 09:00 UTC), so they were skipped"]).await;
    chat.at("2026-11-26 09:00").await;
    let title = &chat.question_called("whose-public-bucket").title;
    assert!(chat.question().await.text.contains(title), "no question is lost by that");
    chat.finish().await;
}

async fn after_a_long_time_away_one_question_is_caught_up(on: On) {
    let chat = Story::begin(on).await;
    chat.bot_stops().await;
    chat.at("2026-11-25 10:00").await;
    chat.bot_starts().await;
    assert_eq!(chat.questions().await.len(), 1);
    let heard = "2 questions were due (2026-11-23 09:00 UTC, 2026-11-24 09:00 UTC), so they were skipped. The latest one was still posted, late.";
    chat.organisers_heard(&[heard]).await;
    chat.finish().await;
}

async fn a_deadline_that_passed_meanwhile_is_kept_by_the_platforms_time(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let edited = chat.jonas().says("A draft.").await;
    let deleted = chat.jonas().says("A mistake.").await;
    let late_edit = chat.priya().says("Priya's answer.").await;
    chat.bot_stops().await;
    chat.at("2026-11-23 16:00").await;
    chat.jonas().edits(&edited, "The final text.").await;
    chat.jonas().deletes(&deleted).await;
    chat.jonas().says("One thing more.").await;
    let wei = chat.joins("Wei", false).await;
    wei.says("I came while the bot was away.").await;
    chat.at("2026-11-23 17:30").await;
    chat.jonas().says("Too late.").await;
    chat.priya().edits(&late_edit, "Priya changed her mind.").await;
    chat.bot_starts().await;

    chat.thread_shows("3 answers came in time.").await;
    let marking = chat.jonas().clicks("Mark my answer").await;
    marking.says("The final text.\n\nOne thing more.").says_nothing_of("mistake").says_nothing_of("Too late");
    chat.priya().clicks("Mark my answer").await.says("Priya");
    wei.clicks("Mark my answer").await.says("I came while the bot was away.");
    chat.at("2026-11-24 08:30").await;
    chat.thread_shows("3 answers, 0 marked.").await;
    chat.finish().await;
}

async fn what_was_written_edited_and_deleted_while_the_bot_was_away_is_found_at_start(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let edited = chat.jonas().says("A draft.").await;
    let deleted = chat.jonas().says("A mistake.").await;
    chat.bot_stops().await;
    chat.at("2026-11-23 10:00").await;
    chat.jonas().edits(&edited, "The final text.").await;
    chat.jonas().deletes(&deleted).await;
    let unseen = chat.priya().says("Nobody saw me.").await;
    chat.bot_starts().await;
    assert!(chat.priya().sees(&unseen).await.has_reaction("✅"));
    chat.jonas()
        .clicks("My answer")
        .await
        .says("The final text.")
        .says_nothing_of("draft")
        .says_nothing_of("mistake");
    assert_eq!(chat.stored_texts("A mistake.").await, 0);
    chat.finish().await;
}

async fn what_was_deleted_while_the_bot_was_away_goes_even_when_the_question_closed_meanwhile(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let regretted = chat.jonas().says("My password is hunter2.").await;
    chat.at("2026-11-24 08:30").await;
    chat.thread_shows("This question is closed").await;
    chat.bot_stops().await;
    chat.jonas().deletes(&regretted).await;
    chat.bot_starts().await;
    assert_eq!(chat.stored_texts("hunter2").await, 0);
    assert_eq!(chat.stored_texts("The owner decides.").await, 1);
    chat.finish().await;
}

async fn a_review_that_ended_meanwhile_is_settled_at_start(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.bot_stops().await;
    chat.at("2026-11-24 12:00").await;
    chat.bot_starts().await;
    let summary = "1 answer, all marked. Scores are final";
    let first = &chat.questions().await[0];
    let thread = chat.chat().messages(&chat.jonas().id, &chat.here(), Some(&first.id)).await;
    assert!(thread.iter().any(|message| message.text.contains(summary)), "{thread:?}");
    assert_eq!(chat.questions().await.len(), 2, "and Tuesday's question came late");
    chat.finish().await;
}
