//! Answers in the thread: edits, deletions, discussion, files, and what *My answer* takes out and puts back.

use crate::harness::{On, Says, Shown, Story, on_every_platform};

on_every_platform! {
    edits_and_deletions_before_the_deadline_are_followed,
    after_the_deadline_an_edit_is_noted_and_a_deletion_removes_the_text,
    a_message_deleted_after_it_alone_made_the_answer_keeps_its_score,
    discussion_is_left_out_and_can_be_put_in,
    a_text_file_is_read_as_part_of_the_answer,
    parts_are_taken_out_and_put_back_page_by_page,
    what_does_not_fit_is_refused_with_one_word_and_fits_again_later,
    talk_in_the_channel_is_nobodys_answer,
    messages_of_one_instant_are_marked_in_order_of_sending,
}

/// The text of the answer that is marked, as the marking panel quotes it.
async fn marked_by_jonas(chat: &Story) -> Shown {
    chat.jonas().clicks("Mark my answer").await
}

async fn edits_and_deletions_before_the_deadline_are_followed(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let first = chat.jonas().says("A hasty draft.").await;
    let second = chat.jonas().says("Something I regret.").await;
    chat.at("2026-11-23 12:00").await;
    chat.jonas().edits(&first, "The owner decides.").await;
    chat.jonas().deletes(&second).await;
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("The owner decides.").says("deleted").says_nothing_of("hasty").says_nothing_of("regret");
    mine.says("You can change it until 2026-11-23 17:00 UTC");

    chat.at("2026-11-23 17:00").await;
    marked_by_jonas(&chat).await.says("The owner decides.").says_nothing_of("regret");
    chat.finish().await;
}

async fn after_the_deadline_an_edit_is_noted_and_a_deletion_removes_the_text(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let kept = chat.jonas().says("Written in time.").await;
    let gone = chat.jonas().says("Also in time.").await;
    chat.at("2026-11-23 17:00").await;
    let talk = chat.jonas().says("Now I see what was meant.").await;
    chat.jonas().edits(&kept, "Copied from the rubric.").await;
    chat.jonas().marks(&[1]).await.says("Saved: point 1.");
    chat.jonas().deletes(&gone).await;

    let mine = chat.jonas().clicks("My answer").await;
    mine.says("counts; an edit after the close is ignored").says("Written in time.");
    mine.says_nothing_of("Copied").says_nothing_of("Also in time").says_nothing_of("Now I see");
    marked_by_jonas(&chat).await.says("Written in time.").says("(deleted)").says_nothing_of("Copied");
    assert!(!chat.jonas().sees(&talk).await.has_reaction("✅"), "talk after the reveal is nobody's answer");
    assert_eq!(chat.stored_texts("Now I see").await, 0, "talk after the reveal is not stored");
    assert_eq!(chat.stored_texts("Also in time").await, 0, "a deleted text is removed");

    chat.at("2026-11-24 08:00").await;
    chat.jonas().commands("/study me").await.says("points from 1 answer").says_nothing_of(": 0 points");
    chat.finish().await;
}

async fn a_message_deleted_after_it_alone_made_the_answer_keeps_its_score(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let only = chat.jonas().says("All I have.").await;
    chat.at("2026-11-23 17:00").await;
    let worth = chat.jonas().marks(&[1, 2, 3]).await.panel().text.clone();
    chat.jonas().deletes(&only).await;
    chat.at("2026-11-24 08:00").await;
    let points = worth.split("That is ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    chat.jonas().commands("/study me").await.says(&format!("#cloud-security: {points} points from 1 answer"));
    chat.finish().await;
}

async fn discussion_is_left_out_and_can_be_put_in(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let talk = chat.jonas().says("// is this about AWS alone?").await;
    assert!(!chat.jonas().sees(&talk).await.has_reaction("✅"), "discussion is not acknowledged");
    let code = chat.jonas().says("// a comment\naws s3api get-bucket-acl").await;
    assert!(chat.jonas().sees(&code).await.has_reaction("✅"), "code that begins with a comment counts");
    chat.jonas().says_with("// notes", &[("notes.txt", "the owner")]).await;

    let mine = chat.jonas().clicks("My answer").await;
    mine.says("1. discussion, doesn't count").says("2. counts").says("3. counts");
    let mine = chat.jonas().chooses(&mine, "What counts", &["1 ·", "2 ·", "3 ·"]).await;
    mine.says("1. counts").says_nothing_of("doesn't count");
    chat.at("2026-11-23 17:00").await;
    marked_by_jonas(&chat).await.says("// is this about AWS alone?").says("notes.txt:\nthe owner");
    chat.finish().await;
}

async fn a_text_file_is_read_as_part_of_the_answer(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let message =
        chat.jonas().says_with("", &[("answer.md", "# Steps\n1. Ask the owner"), ("b.txt", "")]).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    chat.jonas().clicks("My answer").await.says("answer.md: # Steps 1. Ask the owner");
    chat.at("2026-11-23 17:00").await;
    marked_by_jonas(&chat).await.says("answer.md:\n# Steps\n1. Ask the owner\nb.txt:");
    chat.finish().await;
}

async fn parts_are_taken_out_and_put_back_page_by_page(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await;
    let here = chat.here();
    for number in 1..=30 {
        let text = format!("Thought number {number}.");
        let says = Says { channel: &here, thread: Some(&question.id), text: &text, files: &[] };
        chat.chat().say(&chat.jonas().id, says).await;
    }
    let theirs = chat.priya().says("Priya's own thought.").await;

    let first = chat.jonas().clicks("My answer").await;
    first.says("Page 1 of 2.").says("Thought number 25.").says_nothing_of("Thought number 26.");
    first.has_no("Earlier parts");
    let second = chat.jonas().clicks_on(&first, "Later parts").await;
    second.says("Page 2 of 2.").says("26. counts").says("Thought number 30.").has_no("Later parts");
    let without = chat.jonas().chooses(&second, "What counts", &["26 ·", "28 ·", "29 ·", "30 ·"]).await;
    without.says("27. you took it out").says("26. counts");
    chat.jonas().clicks_on(&without, "Earlier parts").await.says("1. counts").says_nothing_of("took it out");
    let back = chat.jonas().chooses(&without, "What counts", &["26 ·", "27 ·"]).await;
    back.says("27. counts").says("28. you took it out");

    let choose = back.control("What counts").id.clone();
    let made_up = [theirs.clone(), "m999999".to_owned(), "'; DROP TABLE rounds".to_owned(), "💥".to_owned()];
    let none = chat.jonas().clicks_action(&back.panel().id, &choose, &made_up).await;
    none.says("26. you took it out").says("30. you took it out");
    chat.priya().clicks("My answer").await.says("1. counts");
    chat.jonas().clicks_action(&none.panel().id, "parts-page:1:4000000000", &[]).await.says("Page 2 of 2.");

    chat.at("2026-11-23 17:00").await;
    let late = chat.jonas().clicks_action(&none.panel().id, &choose, &[theirs]).await;
    late.says("Answers have closed, so what counts can't change any more.");
    let marked = marked_by_jonas(&chat).await;
    marked.says("Thought number 25.").says_nothing_of("Thought number 26.").says_nothing_of("Priya");
    chat.finish().await;
}

async fn what_does_not_fit_is_refused_with_one_word_and_fits_again_later(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let long = chat.jonas().says(&"a".repeat(19_980)).await;
    assert!(chat.jonas().sees(&long).await.has_reaction("✅"));
    let over = chat.jonas().says("Two of these words are too many.").await;
    let more = chat.jonas().says("Three of these words are too many, too.").await;
    for refused in [&over, &more] {
        assert!(chat.jonas().sees(refused).await.has_reaction("⚠️"), "each refused message is marked");
    }
    let words = chat.thread_text().await.matches("an answer takes 20,000 characters in all").count();
    assert_eq!(words, 1, "one public word a learner and round");
    chat.thread_hides("Jonas").await;
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("2. doesn't fit into 20,000 characters").says("3. doesn't fit into 20,000 characters");

    chat.jonas().deletes(&long).await;
    chat.jonas().clicks("My answer").await.says_nothing_of("doesn't fit");
    chat.at("2026-11-23 17:00").await;
    marked_by_jonas(&chat).await.says("Two of these words are too many.\n\nThree of these");
    chat.finish().await;
}

async fn talk_in_the_channel_is_nobodys_answer(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says_in_channel("Good morning, who has read it?").await;
    assert_eq!(chat.stored_texts("Good morning").await, 0, "what is outside the thread is not stored");
    assert_eq!(chat.counts("SELECT count(*) FROM inbox").await, 0, "and costs no write");
    chat.jonas().clicks("My answer").await.says("Nothing counts so far.");
    chat.finish().await;
}

async fn messages_of_one_instant_are_marked_in_order_of_sending(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let mut ids = Vec::new();
    for number in 1..=12 {
        ids.push(chat.jonas().says(&format!("Step {number}.")).await);
    }
    let same_length = ids.iter().all(|id| id.len() == ids[0].len());
    assert_eq!(ids.is_sorted(), same_length, "the text order of longer ids is not their order: {ids:?}");
    chat.at("2026-11-23 17:00").await;
    let steps: Vec<String> = (1..=12).map(|number| format!("Step {number}.")).collect();
    marked_by_jonas(&chat).await.says(&steps.join("\n\n"));
    chat.finish().await;
}
