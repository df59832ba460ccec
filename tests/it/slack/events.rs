//! What Slack tells: many times, late, backwards, and of what is no answer and no edit.

use super::{begin, begin_in, in_both_modes, place, readings, thread, ts};
use crate::fake_slack::{Content, Extras, File};
use crate::harness::{Mode, Story};

in_both_modes! {
    a_message_that_is_told_many_times_counts_once,
    events_in_any_order_come_to_the_same,
}

async fn a_message_that_is_told_many_times_counts_once(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    chat.at("2026-11-23 09:00").await;
    let message = chat.jonas().says("The owner decides.").await;
    let before = readings(&slack);
    // The same event in another envelope, and retries with ids of their own.
    for fresh_ids in [false, true, true, false, true] {
        slack.fake().repeat_message(ts(&message), fresh_ids);
        chat.chat().settle().await;
    }
    chat.jonas().edits(&message, "The owner of the account decides.").await;
    for fresh_ids in [true, false] {
        slack.fake().repeat_event(fresh_ids);
        slack.fake().repeat_message(ts(&message), fresh_ids);
        chat.chat().settle().await;
    }
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("1. counts").says("The owner of the account decides.").says_nothing_of("2. ");
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 1);
    assert_eq!(chat.counts("SELECT count(*) FROM outbox WHERE purpose = 'reaction'").await, 1);
    assert_eq!(readings(&slack), before, "nothing is lost, so nothing is read");
    chat.finish().await;
}

/// What follows a message that was written, edited or deleted, with time between.
async fn jonas_thinks_again(chat: &Story) {
    let kept = chat.jonas().says("A draft.").await;
    let gone = chat.jonas().says("A mistake.").await;
    chat.minutes_pass(1).await;
    chat.jonas().edits(&kept, "A second draft.").await;
    chat.jonas().edits(&gone, "A worse mistake.").await;
    chat.minutes_pass(1).await;
    chat.jonas().edits(&kept, "The owner decides.").await;
    chat.jonas().deletes(&gone).await;
}

async fn events_in_any_order_come_to_the_same(mode: Mode) {
    // Created, created, edited, edited, edited, deleted; behind each creation Slack tells of the thread.
    let orders: [[usize; 8]; 4] = [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [7, 6, 5, 4, 3, 2, 1, 0],
        [6, 7, 0, 2, 4, 5, 1, 3],
        [5, 7, 2, 6, 0, 4, 3, 1],
    ];
    for order in orders {
        let (chat, slack) = begin_in(mode).await;
        let fake = slack.fake();
        chat.at("2026-11-23 09:00").await;
        let before = readings(&slack);
        fake.hold_events();
        jonas_thinks_again(&chat).await;
        let held = fake.held_events();
        assert_eq!(held.len(), 8, "{held:?}");
        fake.release_events(&order);
        chat.chat().settle().await;
        assert_eq!(readings(&slack), before, "told by events alone");
        let mine = chat.jonas().clicks("My answer").await;
        mine.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
        assert_eq!(chat.stored_texts("mistake").await, 0, "what was deleted is not kept");
        chat.at("2026-11-23 17:00").await;
        let marking = chat.jonas().clicks("Mark my answer").await;
        marking.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
        chat.finish().await;
    }
}

#[tokio::test]
async fn one_second_before_the_deadline_counts_and_one_second_after_does_not() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let jonas = chat.jonas().says("Jonas's draft.").await;
    let priya = chat.priya().says("Priya's draft.").await;
    fake.hold_events();
    chat.at("2026-11-23 16:59:59").await;
    chat.jonas().edits(&jonas, "Jonas's last word.").await;
    chat.jonas().says("Just in time.").await;
    let unavailable = crate::fake_slack::Trouble::failure(503);
    fake.next(1_000, crate::fake_slack::Which::to("conversations.replies"), unavailable);
    chat.at("2026-11-23 17:00:01").await;
    chat.priya().edits(&priya, "Priya's copy of the rubric.").await;
    chat.jonas().says("Just too late.").await;
    chat.at("2026-11-23 17:01").await;
    chat.thread_hides("Rubric points").await;
    fake.release_backwards();
    chat.chat().settle().await;
    fake.no_more_trouble();
    chat.at("2026-11-23 17:05").await;
    chat.thread_shows("2 answers came in time.").await;
    let marking = chat.jonas().clicks("Mark my answer").await;
    marking.says("Jonas's last word.\n\nJust in time.").says_nothing_of("too late").says_nothing_of("draft");
    chat.priya().clicks("Mark my answer").await.says("Priya's draft.").says_nothing_of("copy");
    assert_eq!(chat.stored_texts("copy of the rubric").await, 0);
    chat.finish().await;
}

#[tokio::test]
async fn a_preview_below_a_message_is_no_edit() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let never_edited = chat.jonas().says("See https://example.com/ for it.").await;
    let edited_once = chat.priya().says("See https://example.com/a").await;
    chat.minutes_pass(1).await;
    chat.priya().edits(&edited_once, "See https://example.com/b").await;
    let before = readings(&slack);
    let preview = || {
        for message in [&never_edited, &edited_once] {
            let (channel, ts) = place(message);
            fake.unfurl(channel, ts);
        }
    };
    preview();
    chat.chat().settle().await;
    assert_eq!(readings(&slack), before);
    chat.at("2026-11-23 17:00").await;
    preview();
    chat.chat().settle().await;
    for (person, text) in
        [(chat.jonas(), "See https://example.com/ for it."), (chat.priya(), "See https://example.com/b")]
    {
        person.clicks("My answer").await.says(text).says_nothing_of("an edit after the close");
        person.clicks("Mark my answer").await.says(text);
    }
    chat.finish().await;
}

#[tokio::test]
async fn text_files_are_read_and_others_keep_their_name_and_link() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let picture = File {
        name: "Diagram.png".to_owned(),
        mimetype: "image/png".to_owned(),
        content: Content::Bytes(b"\x89PNG\r\n\x1a\n".to_vec()),
    };
    let files = vec![File::text("notes.md", "The owner decides."), picture];
    let extras = Extras { files, ..Extras::default() };
    let message = fake.say(&chat.jonas().id, &here, Some(&thread), "See these:", extras);
    chat.chat().settle().await;
    assert!(chat.jonas().sees(&format!("{here}:{message}")).await.has_reaction("✅"));
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("See these:").says("notes.md").says("The owner decides.").says("Diagram.png");
    let fetched = fake.requests_to(crate::fake_slack::FILE);
    assert_eq!(fetched.len(), 1, "the picture is for people's eyes alone: {fetched:?}");
    // Outside of threads nobody's files are the bot's business.
    let extras = Extras { files: vec![File::text("secrets.txt", "mine")], ..Extras::default() };
    fake.say(&chat.priya().id, &here, None, "Look:", extras);
    chat.chat().settle().await;
    assert_eq!(fake.requests_to(crate::fake_slack::FILE).len(), 1);
    chat.at("2026-11-23 17:00").await;
    chat.jonas().clicks("Mark my answer").await.says("The owner decides.").says("Diagram.png");
    chat.finish().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_now_is_read_later() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let file = || crate::fake_slack::Which::to(crate::fake_slack::FILE);
    fake.next(2, file(), crate::fake_slack::Trouble::failure(502));
    let message = chat.jonas().says_with("", &[("notes.txt", "The owner decides.")]).await;
    chat.minutes_pass(5).await;
    assert_eq!(fake.no_more_trouble(), 0);
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn without_the_right_to_read_files_an_answer_counts_with_their_names() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    fake.set_scope("files:read", false);
    chat.at("2026-11-23 09:00").await;
    let message = chat.jonas().says_with("As I wrote:", &[("notes.txt", "The owner decides.")]).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("As I wrote:").says("notes.txt").says_nothing_of("Sign in").says_nothing_of("owner");
    // Slack shows its page to sign in, which the fake notes.
    assert_eq!(fake.take_problems().len(), 1);
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    fake.take_problems();
    chat.finish().await;
}

#[tokio::test]
async fn a_reply_that_is_shown_in_the_channel_too_counts_once() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);
    let extras = || Extras { broadcast: true, ..Extras::default() };
    let told = fake.say(&chat.jonas().id, &here, Some(&thread), "The owner decides.", extras());
    chat.chat().settle().await;
    fake.edit(&here, &told, "The owner of the account decides.");
    chat.chat().settle().await;
    assert!(fake.message(&here, &told).unwrap()["reactions"].is_array());
    // Another one is found by reading alone.
    fake.hold_events();
    fake.say(&chat.priya().id, &here, Some(&thread), "So I say.", extras());
    fake.release_events(&[]);
    chat.bot_restarts().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 2);
    chat.jonas().clicks("My answer").await.says("1. counts").says("The owner of the account decides.");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    chat.finish().await;
}

#[tokio::test]
async fn what_is_said_elsewhere_or_by_others_is_no_answer() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    let (here, thread, jonas) = (chat.here(), thread(&chat).await, chat.jonas().id.clone());
    chat.jonas().says_in_channel("Good morning.").await;
    fake.say_me(&jonas, &here, "drinks coffee");
    let talk = chat.priya().says_in_channel("What a question.").await;
    fake.say(&jonas, &here, Some(ts(&talk)), "Isn't it?", Extras::default());
    fake.bot_says(&here, Some(&thread), "A build has failed.");
    let direct = fake.direct(&jonas);
    fake.say(&jonas, &direct, None, "The owner decides.", Extras::default());
    fake.say(&jonas, &here, Some(&thread), " \n ", Extras::default());
    chat.chat().settle().await;
    let before = readings(&slack);
    chat.bot_restarts().await;
    assert!(readings(&slack) > before, "and by reading all it comes to the same");
    assert_eq!(chat.counts("SELECT count(*) FROM answers").await, 0);
    assert_eq!(chat.counts("SELECT count(*) FROM outbox WHERE purpose = 'reaction'").await, 0);
    chat.finish().await;
}

#[tokio::test]
async fn a_question_of_which_only_a_tombstone_stands_takes_answers_and_shows_the_rubric() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let question = chat.question().await;
    chat.chat().delete(&chat.mara().id, &question.id).await;
    chat.chat().settle().await;
    let (channel, time) = place(&question.id);
    assert_eq!(fake.message(channel, time).unwrap()["subtype"], "tombstone");
    chat.priya().says_under(&question.id, "So I say.", &[]).await;
    chat.at("2026-11-23 17:00").await;
    let thread = crate::harness::texts(&chat.thread_of(&question).await);
    assert!(thread.contains("2 answers came in time.") && thread.contains("Rubric points"), "{thread}");
    let today = chat.jonas().commands("/study today").await;
    chat.jonas().clicks_on(&today, "Mark my answer").await.says("The owner decides.");
    chat.at("2026-11-24 08:00").await;
    assert_eq!(fake.message(channel, time).unwrap()["subtype"], "tombstone", "it stays removed");
    chat.organisers_heard(&["stayed unmarked"]).await;
    chat.finish().await;
}

#[tokio::test]
async fn what_slack_escapes_is_kept_as_it_was_typed() {
    let (chat, _slack) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let typed =
        "if a < b && c > d: &lt;kept&gt; <@U123> <!here> `x<y>` *b* https://x.org/?a=1&b=<2> #cloud-security";
    chat.jonas().says(typed).await;
    let form = chat.priya().clicks("Answer privately").await;
    chat.priya().sends(form.form(), &[("text", typed)]).await.says("is saved");
    assert_eq!(chat.stored_texts(typed).await, 2, "from a thread and from a form");
    let calls = "@Mara says so, @here, see #organisers".to_owned();
    let message = chat.jonas().says(&calls).await;
    let called = format!("@{} says so, @here, see #organisers", chat.mara().id);
    assert_eq!(chat.stored_texts(&called).await, 1, "a person is named by the id that Slack gives");
    chat.jonas().deletes(&message).await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows(typed).await;
    chat.jonas().clicks("Mark my answer").await.says(typed);
    chat.finish().await;
}
