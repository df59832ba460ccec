//! A platform that fails: what is tried again, what is given up, and who hears of it.

use crate::harness::{On, Story, Trouble, Which, instant, on_every_platform};

on_every_platform! {
    retry_after_is_obeyed_and_the_window_keeps_its_length,
    an_answer_that_was_lost_posts_once,
    a_call_that_was_lost_posts_once,
    a_question_that_is_refused_is_cancelled_and_comes_again,
    a_question_that_fails_for_hours_is_given_up,
    a_question_whose_thread_is_refused_is_withdrawn,
    being_shut_out_of_one_channel_pauses_that_one_alone,
    a_thread_that_cannot_be_read_for_ten_minutes_is_revealed_all_the_same,
    a_reading_that_works_after_a_while_reveals_at_once,
    a_direct_message_that_is_refused_is_kept_for_study_me,
    organisers_who_cannot_be_reached_are_called_in_the_channel_without_details,
    a_question_that_an_admin_deleted_is_never_posted_again,
    a_reaction_is_worth_a_few_attempts_and_holds_nothing_up,
}

const LATER: Trouble = Trouble::Later { after_ms: None };

async fn retry_after_is_obeyed_and_the_window_keeps_its_length(on: On) {
    let chat = Story::begin(on).await;
    let busy = Trouble::Later { after_ms: Some(90_000) };
    chat.faults().script(Which::Key("round:1:question"), 2, busy);
    chat.at("2026-11-23 09:10").await;
    let calls: Vec<_> = chat.faults().calls("round:1:question").iter().map(|call| call.at).collect();
    let expected = ["2026-11-23 09:00:00", "2026-11-23 09:01:30", "2026-11-23 09:03:00"].map(instant);
    assert_eq!(calls, expected, "never before the platform wants it");
    let post = chat.question().await;
    assert!(post.text.contains("Answers close 2026-11-23 17:03 UTC"), "{}", post.text);
    chat.at("2026-11-23 17:00").await;
    chat.jonas().says("Just in time.").await;
    chat.at("2026-11-23 17:03").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.finish().await;
}

async fn an_answer_that_was_lost_posts_once(on: On) {
    let chat = Story::begin(on).await;
    let keys =
        ["round:1:question", "round:1:thread", "round:1:thread:opening", "round:1:reveal", "round:1:summary"];
    for key in keys {
        chat.faults().script(Which::Key(key), 1, Trouble::LostAnswer);
    }
    chat.at("2026-11-23 09:05").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-24 08:30").await;
    for key in keys {
        let earlier: Vec<bool> = chat.faults().calls(key).iter().map(|call| call.earlier).collect();
        assert_eq!(earlier, [false, true], "{key}: the second attempt looks first");
    }
    assert_eq!(chat.thread_text().await.matches("Rubric points").count(), 1);
    chat.finish().await;
}

async fn a_call_that_was_lost_posts_once(on: On) {
    let chat = Story::begin(on).await;
    for key in ["round:1:question", "round:1:thread", "round:1:reveal"] {
        chat.faults().script(Which::Key(key), 2, Trouble::LostCall);
    }
    chat.at("2026-11-23 17:05").await;
    chat.thread_shows("0 answers came in time.").await;
    chat.finish().await;
}

async fn a_question_that_is_refused_is_cancelled_and_comes_again(on: On) {
    let chat = Story::begin(on).await;
    chat.faults().script(Which::Key("round:1:question"), 1, Trouble::Refused);
    chat.at("2026-11-23 09:00").await;
    assert!(chat.questions().await.is_empty());
    chat.organisers_heard(&[
        "the question “Whose public bucket is it?” could not be posted, so it was cancelled",
    ])
    .await;
    chat.jonas().commands("/study today").await.says("No question is open right now.");
    chat.at("2026-11-24 09:00").await;
    assert!(
        chat.question().await.text.contains("Whose public bucket is it?"),
        "the same question comes again"
    );
    chat.at("2026-11-25 08:30").await;
    chat.finish_with_dead(&["round:1:question", "round:1:thread", "round:1:thread:opening"]).await;
}

async fn a_question_that_fails_for_hours_is_given_up(on: On) {
    let chat = Story::begin(on).await;
    chat.faults().script(Which::Key("round:1:question"), 100, LATER);
    chat.at("2026-11-23 13:00").await;
    let attempts = chat.faults().calls("round:1:question").len();
    assert_eq!(attempts, 40, "attempts are bounded");
    chat.organisers_heard(&["could not be posted, so it was cancelled"]).await;
    chat.mara().commands("/study post-now").await.says("on its way");
    assert!(chat.question().await.text.contains("Whose public bucket is it?"));
    chat.finish_with_dead(&["round:1:question", "round:1:thread", "round:1:thread:opening"]).await;
}

async fn a_question_whose_thread_is_refused_is_withdrawn(on: On) {
    let chat = Story::begin(on).await;
    chat.faults().script(Which::Key("round:1:thread"), 1, Trouble::Refused);
    chat.at("2026-11-23 09:00").await;
    let messages = chat.channel_messages().await;
    let post = messages.iter().find(|message| message.author.bot).unwrap();
    assert!(post.text.contains("This question was withdrawn") && post.actions.is_empty(), "{post:?}");
    chat.organisers_heard(&["could not be posted, so it was cancelled"]).await;
    let cancelled = chat.jonas().clicks_action(&post.id, "answer-privately:1", &[]).await;
    cancelled.says("This question was cancelled");
    let back = chat.jonas().submits("private-answer:1:0", &[("text", "Typed for nothing?")]).await;
    back.says("This question was cancelled").says("Typed for nothing?");
    chat.finish_with_dead(&["round:1:thread", "round:1:thread:opening"]).await;
}

async fn being_shut_out_of_one_channel_pauses_that_one_alone(on: On) {
    let chat = Story::begin(on).await;
    let other = chat.channel("platform-team").await;
    chat.go_to("platform-team");
    let form = chat.mara().commands("/study setup").await;
    chat.mara().sends(form.form(), &[("admin_mentions", "#organisers")]).await.says("is set up");
    chat.faults().script(Which::Channel(other), 1, Trouble::ShutOut);
    chat.at("2026-11-23 09:00").await;
    chat.jonas().commands("/study today").await.says("This study channel is paused.");
    let heard = chat.organisers_channel().await;
    assert!(heard.iter().any(|message| message.text.contains("#platform-team: I paused this study channel: I may not write there any more. Mend it, then use /study resume.")), "{heard:?}");
    chat.go_to("cloud-security");
    chat.question().await;
    chat.at("2026-11-24 09:00").await;
    assert_eq!(chat.questions().await.len(), 2, "the other channel goes on");

    chat.go_to("platform-team");
    chat.mara().commands("/study resume").await.says("The next question comes 2026-11-25 09:00 UTC.");
    chat.at("2026-11-25 09:00").await;
    assert_eq!(chat.questions().await.len(), 1);
    let number = chat.round_in("platform-team", 0).await;
    let keys = ["question", "thread", "thread:opening"].map(|part| format!("round:{number}:{part}"));
    chat.finish_with_dead(&keys.each_ref().map(String::as_str)).await;
}

async fn a_thread_that_cannot_be_read_for_ten_minutes_is_revealed_all_the_same(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.faults().script(Which::Reading, 1_000, LATER);
    chat.at("2026-11-23 17:09").await;
    chat.thread_hides("Rubric points").await;
    chat.jonas().commands("/study today").await.says("the rubric points come in a moment");
    chat.organisers_heard(&[]).await;
    chat.at("2026-11-23 17:10").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.organisers_heard(&["could not be read for ten minutes after answers closed"]).await;
    chat.faults().mend();
    chat.at("2026-11-23 18:00").await;
    assert_eq!(
        chat.thread_text().await.matches("Rubric points").count(),
        1,
        "a reading at last reveals nothing twice"
    );
    chat.finish().await;
}

async fn a_reading_that_works_after_a_while_reveals_at_once(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.bot_stops().await;
    chat.jonas().says("Nobody saw me.").await;
    chat.faults().script(Which::Reading, 4, LATER);
    chat.bot_starts().await;
    chat.at("2026-11-23 17:02").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.organisers_heard(&[]).await;
    chat.finish().await;
}

async fn a_direct_message_that_is_refused_is_kept_for_study_me(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.faults().script(Which::Direct, 1, Trouble::Refused);
    chat.at("2026-11-24 08:00").await;
    assert!(chat.jonas().notices().await.is_empty());
    let me = chat.jonas().commands("/study me").await;
    me.says("Messages that could not reach you directly").says("by your own marks");
    chat.organisers_heard(&[]).await;
    chat.finish_with_dead(&["round:1:score:1"]).await;
}

async fn organisers_who_cannot_be_reached_are_called_in_the_channel_without_details(on: On) {
    let chat = Story::begin_with(on, &[("admin_mentions", "me")]).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("A secretly bad answer.").await;
    chat.faults().script(Which::Direct, 10, Trouble::Refused);
    chat.at("2026-11-24 08:00").await;
    let messages = chat.channel_messages().await;
    let word = &messages.last().unwrap().text;
    assert!(word.contains("I could not reach them by direct message"), "{word}");
    assert!(!word.contains("Jonas") && !word.contains("unmarked"), "{word}");
    chat.mara().commands("/study me").await.says("stayed unmarked and counts as taking part: Jonas.");
    chat.finish_with_dead(&["round:1:score:1", "round:1:unmarked"]).await;
}

async fn a_question_that_an_admin_deleted_is_never_posted_again(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.priya().answers_privately("So I say, too.").await.says("is saved");
    let question = chat.question().await;
    chat.mara().deletes(&question.id).await;
    chat.bot_stops().await;
    chat.bot_starts().await;
    assert!(chat.questions().await.is_empty());
    chat.at("2026-11-23 17:00").await;
    // A thread outlives the message that it hangs from.
    let thread = crate::harness::texts(&chat.thread_of(&question).await);
    assert!(thread.contains("Rubric points") && thread.contains("So I say, too."), "{thread}");
    let today = chat.jonas().commands("/study today").await;
    let marking = chat.jonas().clicks_on(&today, "Mark my answer").await;
    chat.jonas().chooses(&marking, "Points your answer makes", &["1 ·"]).await.says("Saved: point 1.");
    chat.at("2026-11-24 08:00").await;
    chat.jonas().commands("/study leaderboard").await.says("1. Jonas");
    chat.organisers_heard(&["stayed unmarked"]).await;
    chat.at("2026-11-24 09:00").await;
    assert_eq!(chat.questions().await.len(), 1, "Tuesday's question is not held up");
    chat.finish().await;
}

async fn a_reaction_is_worth_a_few_attempts_and_holds_nothing_up(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.faults().script(Which::Reaction, 100, LATER);
    chat.jonas().says("The owner decides.").await;
    chat.priya().answers_privately("So do I.").await.says("is saved");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    let message = &chat.thread().await[1].id;
    let dead = format!("round:1:reaction:{message}");
    assert_eq!(chat.faults().calls(&dead).len(), 5);
    chat.finish_with_dead(&[&dead]).await;
}
