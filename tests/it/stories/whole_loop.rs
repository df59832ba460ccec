//! One question from its post to its summary, and what nobody may read before its reveal.

use studybot::domain::question::Question;

use crate::harness::{On, Person, Story, on_every_platform};

on_every_platform! {
    a_question_is_asked_answered_revealed_marked_and_closed,
}

/// The first question of the track.
const FIRST: &str = "whose-public-bucket";
const PRIVATE: &str = "Only I know: the data owner decides, and block public access goes on first.";

async fn a_question_is_asked_answered_revealed_marked_and_closed(on: On) {
    let chat = Story::begin(on).await;
    let question = chat.question_called(FIRST);

    chat.at("2026-11-23 09:00").await;
    let post = chat.question().await;
    assert!(
        post.text.contains(&question.title) && post.text.contains("2026-11-23 17:00 UTC"),
        "{}",
        post.text
    );
    chat.thread_shows("Write your answer here").await;

    let first = chat.jonas().says("First I find out who owns the bucket.").await;
    let second = chat.jonas().says("Then I block public access.").await;
    assert!(chat.jonas().sees(&first).await.has_reaction("✅"), "the first counted message is acknowledged");
    assert!(!chat.jonas().sees(&second).await.has_reaction("✅"), "only the first one is");
    chat.priya().answers_privately(PRIVATE).await.says("Nobody else sees it");
    chat.jonas().commands("/study today").await.says("2 people have answered");

    chat.at("2026-11-23 16:59").await;
    nobody_can_read_it_yet(&chat, question).await;

    chat.at("2026-11-23 17:00").await;
    let seen = all_that_is_seen_by(&chat, &chat.mara()).await;
    assert!(seen.contains(&question.criteria[0].text) && seen.contains(PRIVATE), "now everybody can read it");
    chat.thread_shows("2 answers came in time.").await;
    for criterion in &question.criteria {
        chat.thread_shows(&format!("{} ({})", criterion.text, criterion.weight)).await;
    }
    for pitfall in &question.pitfalls {
        chat.thread_shows(&pitfall.text).await;
    }
    chat.thread_shows(&chat.chat().markdown(&question.model_answer)).await;
    chat.thread_shows(&format!("Priya answered privately:\n\n{PRIVATE}")).await;
    assert!(chat.question().await.text.contains("Answers closed 2026-11-23 17:00 UTC"));

    chat.jonas().marks(&[1, 2]).await.says("Saved: points 1, 2.");
    let everything: Vec<usize> = (1..=question.criteria.len()).collect();
    chat.priya().marks(&everything).await.says("100 of 100");
    let board = chat.mara().commands("/study leaderboard").await;
    board.says("1. Priya").says("2. Jonas").says("can change until 2026-11-24 08:00 UTC");

    chat.at("2026-11-24 08:00").await;
    chat.thread_shows("2 answers, all marked. Scores are final").await;
    let points = points_of(question, &[1, 2]);
    let board = chat.mara().commands("/study leaderboard week").await;
    board.says("1. Priya").says("2. Jonas").says(&format!("{points} points from 1 answer"));
    board.says_nothing_of("can change until");

    let notices = chat.jonas().notices().await;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].text.contains(&format!("scored {points} of 100, by your own marks.")),
        "{}",
        notices[0].text
    );
    let me = chat.jonas().commands("/study me").await;
    me.says(&format!("#cloud-security: {points} points from 1 answer. Streak: 1 in a row, 1 at best."));
    me.says(&format!("✓ {} ({})", question.criteria[0].text, question.criteria[0].weight));
    me.says(&format!("– {} ({})", question.criteria[2].text, question.criteria[2].weight));
    chat.organisers_heard(&[]).await;
    chat.finish().await;
}

/// What marking these points (numbered from 1) is worth.
fn points_of(question: &Question, points: &[usize]) -> u32 {
    let met = points.iter().map(|point| question.criteria[point - 1].id.clone()).collect();
    studybot::domain::marking::points(&question.criteria, &met)
}

/// Looks at every surface as everybody: messages, notices, state, replies to commands and to all the question's
/// controls. Nothing of the rubric is there, and Priya's private text is there for Priya alone.
async fn nobody_can_read_it_yet(chat: &Story, question: &Question) {
    for person in chat.everybody() {
        let seen = all_that_is_seen_by(chat, &person).await;
        let secrets = secrets(question);
        let as_shown = secrets.iter().map(|secret| chat.chat().markdown(secret));
        for secret in secrets.iter().cloned().chain(as_shown) {
            assert!(!seen.contains(&secret), "“{secret}” can be read before the reveal in:\n{seen}");
        }
        assert_eq!(seen.contains(PRIVATE), person.id == chat.priya().id, "a private answer is its author's");
    }
}

fn secrets(question: &Question) -> Vec<String> {
    let mut secrets = vec![question.model_answer.trim().to_owned()];
    for criterion in &question.criteria {
        secrets.extend([criterion.text.clone(), criterion.short.clone(), format!("\"{}\"", criterion.id)]);
        secrets.extend(criterion.examples.clone());
    }
    secrets.extend(question.pitfalls.iter().map(|pitfall| pitfall.text.clone()));
    secrets.extend(question.follow_ups.iter().map(|text| text.trim().to_owned()));
    secrets.extend(question.references.iter().map(|page| page.url.clone()));
    secrets
}

async fn all_that_is_seen_by(chat: &Story, person: &Person<'_>) -> String {
    let post = chat.question().await;
    let mut seen = chat.chat().all_seen_by(&person.id).await;
    for command in ["help", "today", "my-answer", "me", "leaderboard week", "leaderboard"] {
        seen += &person.commands(&format!("/study {command}")).await.everything();
    }
    let actions: Vec<String> = post.actions.iter().map(|control| control.id.clone()).collect();
    let made_up = [
        "model-answer:1",
        "mark-mine:1",
        "save-marks:1",
        "none-of-these:1",
        "late-answer:1",
        "parts-page:1:0",
        "leaderboard:1:week",
    ];
    for action in actions.iter().map(String::as_str).chain(made_up) {
        seen += &person.clicks_action(&post.id, action, &[]).await.everything();
    }
    seen
}
