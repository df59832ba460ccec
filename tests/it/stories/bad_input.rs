//! Whatever people and scripts send gets a clear answer, and the bot keeps running.

use std::time::Duration;

use crate::harness::{On, Story, on_every_platform};

on_every_platform! {
    any_text_goes_through_to_the_letter,
    any_length_has_an_answer,
    made_up_buttons_and_forms_get_a_clear_answer,
    buttons_of_a_closed_question_say_so,
    another_workspace_reaches_nothing_of_ours,
    unknown_commands_are_guessed_at,
    one_person_has_twenty_commands_and_forms_a_minute,
}

/// Texts that go wrong where a program is careless.
const TEXTS: [&str; 16] = [
    "שלום עולם, הבעלים מחליט",
    "\u{202e}right to left override\u{202c} and back",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 e\u{301}\u{327} Z\u{351}\u{36b}\u{343}a\u{335}l\u{321}go",
    "zero\u{200b}width\u{200d}\u{feff}space",
    "tab\tand\r\nnew lines\n\n\nend",
    "<@p1> <#c1> @everyone @here <!channel> <@&123>",
    "**bold** _it_ `code` ||spoiler|| ```\nfence\n``` > quote",
    "<script>alert(1)</script> &amp; &lt; \"quotes\" 'single' \\back\\",
    "[link](javascript:alert(1)) https://example.com?a=1&b=2#c",
    "'; DROP TABLE rounds; -- %s %d {} {{}} ${x}",
    "\u{1}\u{1b}[31mred\u{7f}\u{85}black",
    "¯\\_(ツ)_/¯ ﷽ 𝕬𝖇𝖈 ㍿ İıſß ﬁ",
    "\u{10ffff}\u{e000}\u{fffd}",
    "null",
    "[]{}\"\":,",
    "/study setup",
];

async fn any_text_goes_through_to_the_letter(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    for (number, text) in TEXTS.iter().enumerate() {
        let person = chat.joins(&format!("Learner {number:02}"), false).await;
        person.answers_privately(text).await.says("is saved");
        let said = person.says(text).await;
        assert!(person.sees(&said).await.has_reaction("✅"), "{text}");
    }
    chat.at("2026-11-23 17:00").await;
    for (number, text) in TEXTS.iter().enumerate() {
        let person = chat.person(&format!("Learner {number:02}"));
        chat.thread_shows(&format!("Learner {number:02} answered privately:\n\n{text}")).await;
        person.clicks("Mark my answer").await.says(&format!("{text}\n\n{text}"));
    }
    chat.finish().await;
}

async fn any_length_has_an_answer(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let most = chat.jonas().says(&"🦀".repeat(40_000)).await;
    assert!(chat.jonas().sees(&most).await.has_reaction("⚠️"), "as much as the platform takes doesn't fit");
    let file = chat.jonas().says_with("See the file.", &[("big.txt", &"x".repeat(100_000))]).await;
    assert!(chat.jonas().sees(&file).await.has_reaction("⚠️"), "the file counts with its message");
    let nul = chat.jonas().says("a\0b").await;
    assert_eq!(chat.jonas().sees(&nul).await.text, "a\u{fffd}b");
    chat.jonas().answers_privately("c\0d").await.says("is saved (3 characters)");
    chat.jonas().commands(&format!("/study {}", "x".repeat(30_000))).await.says("I don't know that command.");
    chat.at("2026-11-23 17:00").await;
    chat.jonas().clicks("Mark my answer").await.says("a\u{fffd}b\n\nc\u{fffd}d");
    chat.finish().await;
}

async fn made_up_buttons_and_forms_get_a_clear_answer(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let question = chat.question().await.id;
    let unknown_button = [
        "",
        "x",
        ":",
        "answer-privately",
        "answer-privately:0",
        "answer-privately:-1",
        "answer-privately:1:2",
        "answer-privately:99999999999999999999",
        "answer-privately: 1",
        "parts-page:1:-1",
        "leaderboard:1:year",
        "listed:2",
        "setup:1",
        "💥",
        "ANSWER-PRIVATELY:1",
    ];
    for action in unknown_button {
        chat.jonas().clicks_action(&question, action, &[]).await.says("I don't know that button.");
    }
    for name in [
        "answer-privately",
        "my-answer",
        "hint",
        "model-answer",
        "mark-mine",
        "save-marks",
        "none-of-these",
        "late-answer",
        "close-now",
    ] {
        let shown = chat.mara().clicks_action(&question, &format!("{name}:999"), &[]).await;
        shown.says("I don't know that question.");
    }
    for name in ["today", "pause", "resume"] {
        let shown = chat.mara().clicks_action(&question, &format!("{name}:999"), &[]).await;
        shown.says("That study channel is not there any more.");
    }
    chat.mara().clicks_action(&question, "post-another:999:1", &[]).await.says("not there any more");
    chat.mara().clicks_action(&question, "leaderboard:999:all", &[]).await.says("not there any more");

    let typed = "I typed this.";
    for form in ["", "private-answer", "private-answer:1", "private-answer:1:-1", "💥", "setup:2"] {
        let back = chat.jonas().submits(form, &[("text", typed), ("more", "And this.")]).await;
        back.says("I don't know that form, so nothing was saved.").says(typed).says("And this.");
    }
    for form in ["private-answer:999:0", "late-answer:999:0"] {
        chat.jonas().submits(form, &[("text", typed)]).await.says("I don't know that question.").says(typed);
    }
    let back = chat.jonas().submits("late-answer:1:0", &[("text", typed)]).await;
    back.form().gives_back("text", typed, "Answers are still taken");
    chat.jonas().submits("private-answer:1:77", &[("text", typed)]).await.says("is saved");
    chat.jonas().submits("private-answer:1:0", &[("no-such-field", typed)]).await.says("is withdrawn");
    chat.finish().await;
}

async fn buttons_of_a_closed_question_say_so(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let question = chat.question().await;
    chat.at("2026-11-24 08:00").await;
    let click = async |action: &str| chat.jonas().clicks_action(&question.id, action, &[]).await;
    click("answer-privately:1").await.says("Answers closed 2026-11-23 17:00 UTC.").control("My answer");
    click("mark-mine:1").await.says("The review has ended");
    click("none-of-these:1").await.says("The review has ended");
    click("late-answer:1").await.says("The review has ended");
    click("model-answer:1").await.says("Model answer");
    click("choose-parts:1:0").await.says("Answers have closed");
    click("my-answer:1").await.says("It was not marked: it counts as taking part.");
    chat.mara().clicks_action(&question.id, "close-now:1", &[]).await.says("closed already");
    chat.finish().await;
}

async fn another_workspace_reaches_nothing_of_ours(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let there = chat.chat().channel_elsewhere("elsewhere").await;
    let help = chat.chat().command(&chat.mara().id, &there, "/study help").await;
    for action in ["my-answer:1", "answer-privately:1", "close-now:1", "mark-mine:1"] {
        let shown = chat.mara().clicks_action(&help.panel().id, action, &[]).await;
        shown.says("I don't know that question.");
    }
    for action in ["pause:1", "today:1", "leaderboard:1:all", "post-another:1:1"] {
        let shown = chat.mara().clicks_action(&help.panel().id, action, &[]).await;
        shown.says("That study channel is not there any more.");
    }
    chat.chat()
        .command(&chat.mara().id, &there, "/study today")
        .await
        .says("There is no study channel here yet.");
    chat.finish().await;
}

async fn unknown_commands_are_guessed_at(on: On) {
    let chat = Story::begin(on).await;
    chat.jonas().commands("/study leaderbord").await.says("Did you mean /study leaderboard?");
    chat.jonas().commands("/study 💥").await.says("/study help lists those there are.");
    chat.jonas().commands("/study leaderboard year").await.says("of a week, a month or all time");
    chat.jonas().commands("/study").await.says("A question a day");
    chat.jonas().commands("/study my-answer").await.says("There was no question in this channel yet.");
    chat.jonas().commands("/study me").await.says("You haven't answered a question yet.");
    chat.finish().await;
}

async fn one_person_has_twenty_commands_and_forms_a_minute(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    for _ in 0..20 {
        chat.jonas().commands("/study today").await.says("Today in #cloud-security");
    }
    chat.jonas().commands("/study today").await.says("That is a lot of commands at once. Try again in");
    let back = chat.jonas().submits("private-answer:1:0", &[("text", "Too fast.")]).await;
    back.form().gives_back("text", "Too fast.", "Send it again in");
    chat.priya().commands("/study today").await.says("Today in #cloud-security");
    chat.clock().pass(Duration::from_secs(60));
    chat.jonas().sends(back.form(), &[]).await.says("is saved");
    chat.finish().await;
}
