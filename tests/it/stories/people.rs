//! People who come, go and come back, and many at once.

use crate::harness::{On, Person, Says, Story, on_every_platform};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};

on_every_platform! {
    a_member_who_leaves_keeps_the_answer_and_can_come_back,
    ten_thousand_messages_in_one_thread_all_count,
    what_many_do_at_the_same_instant_is_all_kept,
    one_form_sent_from_two_places_at_the_same_instant_saves_once,
    two_organisers_who_post_at_the_same_instant_post_one,
    a_week_gives_ranks_and_streaks,
}

async fn a_member_who_leaves_keeps_the_answer_and_can_come_back(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("Before I go: the owner decides.").await;
    chat.priya().answers_privately("I shall not come back.").await;
    chat.jonas().leaves().await;
    chat.priya().leaves().await;
    assert_eq!(chat.counts("SELECT count(*) FROM learners WHERE left_at IS NOT NULL").await, 2);
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    chat.thread_shows("Priya answered privately:\n\nI shall not come back.").await;

    let before = chat.jonas().id;
    chat.joins("Jonas", false).await;
    assert_eq!(chat.jonas().id, before, "who comes back is who left");
    chat.jonas().marks(&[1]).await.says("Saved: point 1.");
    chat.at("2026-11-24 08:00").await;
    assert_eq!(chat.jonas().notices().await.len(), 1);
    chat.jonas().commands("/study leaderboard").await.says("1. Jonas").says_nothing_of("Priya");

    chat.at("2026-11-24 09:00").await;
    chat.jonas().says("Here I am again.").await;
    assert_eq!(chat.counts("SELECT count(*) FROM learners WHERE left_at IS NOT NULL").await, 1);
    chat.finish().await;
}

async fn ten_thousand_messages_in_one_thread_all_count(on: On) {
    const PEOPLE: usize = 10;
    const WHILE_AWAY: usize = 8_500;
    const LIVE: usize = 1_500;
    const AT_ONCE: usize = 32;
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(chat.joins(&format!("Learner {number}"), false).await);
    }
    let (here, question) = (chat.here(), chat.question().await.id);
    let point = |index: usize| (people[index % PEOPLE].id.clone(), format!("Point {}.", index / PEOPLE));
    chat.bot_stops().await;
    let history: Vec<_> = (0..WHILE_AWAY).map(point).collect();
    chat.chat().history(&question, &history).await;
    chat.bot_starts().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts WHERE counts = 1").await, 8_500);

    chat.minutes_pass(1).await;
    let (chat_ref, here, question) = (&chat, &here, &question);
    let sends = (WHILE_AWAY..WHILE_AWAY + LIVE).map(point).map(|(person, text)| async move {
        let says = Says { channel: here, thread: Some(question), text: &text, files: &[] };
        chat_ref.chat().say(&person, says).await;
    });
    stream::iter(sends).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts WHERE counts = 1").await, 10_000);
    people[3].clicks("My answer").await.says("Page 1 of 40.");

    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("10 answers came in time.").await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts WHERE frozen = 1").await, 10_000);
    assert_eq!(chat.counts("SELECT count(*) FROM outbox WHERE purpose = 'reaction'").await, 10);
    people[7].clicks("Mark my answer").await.says("Point 0.\n\nPoint 1.\n\nPoint 2.");
    chat.finish().await;
}

async fn what_many_do_at_the_same_instant_is_all_kept(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    for number in 0..20 {
        chat.joins(&format!("Learner {number}"), false).await;
    }
    let (here, question) = (chat.here(), chat.question().await.id);
    let people: Vec<Person<'_>> = (0..20).map(|number| chat.person(&format!("Learner {number}"))).collect();
    join_all(people.iter().map(|person| async {
        let says = Says { channel: &here, thread: Some(&question), text: "In the thread.", files: &[] };
        let fields = [("text".to_owned(), format!("Private words of {}.", person.id))];
        let (_, saved) = tokio::join!(
            chat.chat().say(&person.id, says),
            chat.chat().submit(&person.id, "private-answer:1:0", &fields)
        );
        saved.says("Your private answer is saved");
    }))
    .await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("20 answers came in time.").await;
    for person in &people {
        chat.thread_shows(&format!("Private words of {}.", person.id)).await;
    }
    join_all(people.iter().map(|person| chat.chat().click(&person.id, &question, "none-of-these:1", &[])))
        .await;
    chat.at("2026-11-24 08:00").await;
    chat.thread_shows("20 answers, all marked.").await;
    chat.finish().await;
}

async fn one_form_sent_from_two_places_at_the_same_instant_saves_once(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let fields = [("text".to_owned(), "The very same.".to_owned())];
    let jonas = chat.jonas().id;
    let (one, other) = tokio::join!(
        chat.chat().submit(&jonas, "private-answer:1:0", &fields),
        chat.chat().submit(&jonas, "private-answer:1:0", &fields)
    );
    let said = [one.panel().text.as_str(), other.panel().text.as_str()];
    assert_eq!(said.iter().filter(|text| text.contains("is saved (")).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|text| text.contains("saved as it is")).count(), 1, "{said:?}");
    chat.at("2026-11-23 17:00").await;
    assert_eq!(chat.thread_text().await.matches("The very same.").count(), 1);
    chat.finish().await;
}

async fn two_organisers_who_post_at_the_same_instant_post_one(on: On) {
    let chat = Story::begin(on).await;
    let zoe = chat.joins("Zoe", true).await;
    chat.at("2026-11-23 08:30").await;
    let (mara, here) = (chat.mara().id, chat.here());
    tokio::join!(
        chat.chat().command(&mara, &here, "/study post-now"),
        chat.chat().command(&zoe.id, &here, "/study post-now")
    );
    assert_eq!(chat.questions().await.len(), 1);
    chat.finish().await;
}

async fn a_week_gives_ranks_and_streaks(on: On) {
    let chat = Story::begin(on).await;
    let answered = [("23", true), ("24", true), ("25", false), ("26", true), ("27", true)];
    for (day, jonas_too) in answered {
        chat.at(&format!("2026-11-{day} 09:00")).await;
        chat.priya().says("My daily answer.").await;
        if jonas_too {
            chat.jonas().says("Mine as well.").await;
        }
        chat.at(&format!("2026-11-{day} 17:00")).await;
        chat.priya().marks(&[1]).await;
        if jonas_too {
            chat.jonas().marks(&[1]).await;
        }
    }
    chat.at("2026-11-29 20:00").await;
    chat.jonas().commands("/study me").await.says("from 4 answers. Streak: 2 in a row, 2 at best.");
    chat.priya().commands("/study me").await.says("from 5 answers. Streak: 5 in a row, 5 at best.");
    chat.mara()
        .commands("/study leaderboard week")
        .await
        .says("1. Priya")
        .says("2. Jonas")
        .says("from 5 answers");
    chat.at("2026-11-30 08:30").await;
    chat.mara().commands("/study leaderboard week").await.says("Nobody has points here yet.");
    chat.mara().commands("/study leaderboard month").await.says("1. Priya");
    chat.at("2026-12-01 08:30").await;
    chat.mara().commands("/study leaderboard month").await.says_nothing_of("Priya");
    chat.mara().commands("/study leaderboard").await.says("1. Priya");
    chat.finish().await;
}
