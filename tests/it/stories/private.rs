//! Private answers, sealed channels, and answers that come too late.

use crate::harness::{On, Story, lines, on_every_platform};

on_every_platform! {
    a_private_answer_is_replaced_and_withdrawn,
    two_forms_that_race_keep_both_texts_and_say_so,
    a_form_sent_twice_saves_once,
    a_text_that_is_too_long_comes_back_whole,
    a_form_sent_at_the_deadline_or_later_gives_the_text_back,
    private_answers_can_be_shown_without_names,
    in_a_sealed_channel_only_private_answers_count_and_nothing_else_is_kept,
    a_late_answer_can_be_marked_and_earns_nothing,
}

async fn a_private_answer_is_replaced_and_withdrawn(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().answers_privately("My first thought.").await.says("is saved (17 characters)");
    let form = chat.jonas().clicks("Answer privately").await;
    assert_eq!(form.form().field("text").value, "My first thought.", "the form holds what is saved");
    chat.jonas()
        .sends(form.form(), &[("text", "  My second thought.\n")])
        .await
        .says("is saved (18 characters)");
    chat.jonas().clicks("My answer").await.says("My second thought.").says_nothing_of("first");
    chat.priya().answers_privately("I know nothing.").await;
    chat.priya().answers_privately(" \n ").await.says("is withdrawn");
    chat.priya().answers_privately("").await.says("saved as it is");

    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.thread_shows("Jonas answered privately:\n\nMy second thought.").await;
    chat.thread_hides("Priya").await;
    chat.finish().await;
}

async fn two_forms_that_race_keep_both_texts_and_say_so(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let on_the_phone = chat.jonas().clicks("Answer privately").await;
    let on_the_desk = chat.jonas().clicks("Answer privately").await;
    chat.jonas().sends(on_the_phone.form(), &[("text", "From the phone.")]).await.says("is saved");
    let raced = chat.jonas().sends(on_the_desk.form(), &[("text", "From the desk.")]).await;
    raced.says("I kept both texts");
    chat.jonas().clicks_on(&raced, "My answer").await.says("From the phone.").says("From the desk.");
    chat.finish().await;
}

async fn a_form_sent_twice_saves_once(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let form = chat.jonas().clicks("Answer privately").await;
    chat.jonas().sends(form.form(), &[("text", "Only once.")]).await.says("is saved (10 characters)");
    chat.jonas().sends(form.form(), &[("text", "Only once.")]).await.says("saved as it is");
    chat.at("2026-11-23 17:00").await;
    assert_eq!(chat.thread_text().await.matches("Only once.").count(), 1);
    chat.finish().await;
}

async fn a_text_that_is_too_long_comes_back_whole(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let long = lines("é", 20_001);
    let back = chat.jonas().answers_privately(&long).await;
    back.form().gives_back("text", &long, "this is 1 character too long");
    let fits = lines("é", 20_000);
    chat.jonas().sends(back.form(), &[("text", &fits)]).await.says("is saved (20000 characters)");
    let message = chat.jonas().says("One word more.").await;
    assert!(chat.jonas().sees(&message).await.has_reaction("⚠️"), "what was accepted is never pushed out");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows(&fits).await;
    chat.finish().await;
}

async fn a_form_sent_at_the_deadline_or_later_gives_the_text_back(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let form = chat.jonas().clicks("Answer privately").await.form().clone();
    let typed = "I typed this for an hour.";
    chat.at("2026-11-23 17:00").await;
    let back = chat.jonas().sends(&form, &[("text", typed)]).await;
    back.form().gives_back("text", typed, "Answers have closed, so this was not saved.");
    chat.thread_hides(typed).await;
    chat.at("2026-11-24 08:00").await;
    let back = chat.jonas().sends(&form, &[("text", typed)]).await;
    back.form().gives_back("text", typed, "Copy it if you want to keep it.");
    chat.finish().await;
}

async fn private_answers_can_be_shown_without_names(on: On) {
    let chat = Story::begin_with(on, &[("names", "no names")]).await;
    chat.at("2026-11-23 09:00").await;
    chat.priya().answers_privately("A shy answer.").await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("A private answer:\n\nA shy answer.").await;
    chat.thread_hides("Priya").await;
    chat.finish().await;
}

async fn in_a_sealed_channel_only_private_answers_count_and_nothing_else_is_kept(on: On) {
    let chat = Story::begin_with(on, &[("mode", "sealed")]).await;
    chat.at("2026-11-23 09:00").await;
    chat.thread_shows("This channel is sealed").await;
    let first = chat.jonas().says("Everybody can read my answer.").await;
    let second = chat.jonas().says("And this one.").await;
    let talk = chat.jonas().says("// what a pity").await;
    chat.jonas().edits(&second, "And this one, edited.").await;
    for message in [&first, &second] {
        assert!(chat.jonas().sees(message).await.has_reaction("🔒"));
    }
    assert!(!chat.jonas().sees(&talk).await.has_reaction("🔒"), "discussion is nobody's business");
    let words = chat.thread_text().await.matches("Messages don't count in this channel.").count();
    assert_eq!(words, 1, "one public word a learner and round");
    assert_eq!(chat.stored_texts("Everybody").await + chat.stored_texts("And this").await, 0);
    chat.jonas().clicks("My answer").await.says("Nothing counts so far.").says_nothing_of("Everybody");
    chat.priya().answers_privately("The owner decides.").await.says("is saved");

    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.jonas().clicks("Mark my answer").await.says("You have no answer to this question.");
    chat.priya().marks(&[1]).await.says("Saved: point 1.");
    chat.at("2026-11-24 08:00").await;
    chat.mara().commands("/study leaderboard").await.says("1. Priya").says_nothing_of("Jonas");
    chat.finish().await;
}

async fn a_late_answer_can_be_marked_and_earns_nothing(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("In time.").await;
    chat.at("2026-11-23 17:00").await;
    chat.jonas().clicks("Add a late answer").await.says("Your answer came in time");
    let nothing = chat.priya().clicks("Mark my answer").await;
    let form = chat.priya().clicks_on(&nothing, "Add a late answer").await;
    let saved = chat.priya().sends(form.form(), &[("text", "Better late than never.")]).await;
    saved.says("Your late answer is saved.");
    chat.thread_hides("Better late").await;
    let marking = chat.priya().clicks_on(&saved, "Mark my answer").await;
    marking.says("Better late than never.");
    let marked = chat.priya().chooses(&marking, "Points your answer makes", &["1 ·"]).await;
    marked.says("but a late answer earns no points");
    let long = lines("x", 20_001);
    let form = chat.priya().clicks("Add a late answer").await;
    let back = chat.priya().sends(form.form(), &[("text", &long)]).await;
    back.form().gives_back("text", &long, "1 character too long");

    chat.at("2026-11-24 08:00").await;
    let back = chat.priya().sends(form.form(), &[("text", "Even later.")]).await;
    back.form().gives_back("text", "Even later.", "The review has ended");
    chat.thread_shows("1 answer, 0 marked.").await;
    chat.mara().commands("/study leaderboard").await.says("Jonas").says_nothing_of("Priya");
    chat.organisers_heard(&["1 answer to “Whose public bucket is it?” stayed unmarked"]).await;
    chat.finish().await;
}
