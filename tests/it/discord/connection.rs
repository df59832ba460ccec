//! The gateway's connections: they break, are taken up again or begun anew, and end for good.

use std::time::Duration;

use studybot::chat::discord::Closed;

use super::{begin, begin_on, id, readings, thread, user};
use crate::harness::Story;

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_round_is_resumed_and_nothing_is_lost() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let draft = chat.jonas().says("A draft.").await;
    let before = readings(&discord);
    fake.darken_gateway(true);
    chat.jonas().edits(&draft, "The owner decides.").await;
    let unheard = chat.priya().says("Nobody heard me.").await;
    assert!(!chat.priya().sees(&unheard).await.has_reaction("✅"), "the bot hears nothing");
    fake.darken_gateway(false);
    fake.connected(1).await;

    chat.jonas().clicks("My answer").await.says("The owner decides.").says_nothing_of("draft");
    assert!(chat.priya().sees(&unheard).await.has_reaction("✅"));
    let counts = fake.gateway_counts();
    assert_eq!((counts.identifies, counts.resumes), (1, 1));
    assert_eq!(readings(&discord), before, "what was missed is told again, so no thread is read");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    chat.finish().await;
}

#[tokio::test]
async fn a_resume_at_the_deadline_changes_nothing_twice() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 16:59").await;
    fake.darken_gateway(true);
    chat.jonas().says("And then the log is read.").await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    fake.darken_gateway(false);
    fake.connected(1).await;
    let marking = chat.jonas().clicks("Mark my answer").await;
    marking.says("The owner decides.\n\nAnd then the log is read.");
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 2, "the replay adds nothing");
    chat.finish().await;
}

#[tokio::test]
async fn a_session_that_is_no_more_is_begun_anew_and_the_threads_are_read_whole() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let edited = chat.jonas().says("A draft.").await;
    let deleted = chat.jonas().says("A mistake.").await;
    fake.refuse_resumes(true);
    fake.darken_gateway(true);
    // Of these no session will ever tell.
    fake.edit_unnoticed(id(&edited), "The owner decides.");
    fake.delete_unnoticed(id(&deleted));
    let written = fake.insert(user(&chat.priya()), thread(&chat).await, "So I say.", None);
    fake.darken_gateway(false);
    fake.until_gateway("a new session", |counts| counts.identifies == 2).await;
    fake.connected(1).await;
    chat.chat().settle().await;

    assert_eq!(fake.gateway_counts().refused_resumes, 1, "it was tried once");
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("The owner decides.").says_nothing_of("draft").says_nothing_of("mistake");
    assert_eq!(chat.stored_texts("A mistake.").await, 0);
    assert!(chat.priya().sees(&written.to_string()).await.has_reaction("✅"));
    chat.finish().await;
}

#[tokio::test]
async fn a_session_declared_invalid_is_resumed_or_begun_anew_as_discord_says() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let message = chat.jonas().says("A draft.").await;
    fake.invalidate_sessions(true);
    fake.until_gateway("a resume", |counts| counts.resumes == 1).await;
    assert_eq!(fake.gateway_counts().identifies, 1);

    fake.edit_unnoticed(id(&message), "The owner decides.");
    fake.invalidate_sessions(false);
    fake.until_gateway("a new session", |counts| counts.identifies == 2).await;
    fake.connected(1).await;
    chat.chat().settle().await;
    assert_eq!(fake.gateway_counts().resumes, 1);
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn asked_to_connect_anew_the_bot_resumes_at_once() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    let before = readings(&discord);
    for times in 1..=3 {
        fake.ask_to_reconnect();
        fake.until_gateway("a resume", |counts| counts.resumes == times).await;
        chat.jonas().says(&format!("Step {times}.")).await;
    }
    assert_eq!((fake.gateway_counts().identifies, readings(&discord)), (1, before));
    chat.jonas().clicks("My answer").await.says("Step 1.").says("Step 2.").says("Step 3.");
    chat.finish().await;
}

#[tokio::test]
async fn a_connection_on_which_heartbeats_are_not_answered_is_given_up() {
    let (chat, discord) = begin_on(|config| config.heartbeat_ms = 1_000).await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    fake.ignore_heartbeats(true);
    fake.until_gateway("a resume", |counts| counts.resumes >= 1).await;
    fake.ignore_heartbeats(false);
    chat.jonas().says("The owner decides.").await;
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    assert_eq!(fake.gateway_counts().identifies, 1);
    chat.finish().await;
}

#[tokio::test]
async fn attempts_to_connect_come_less_and_less_often() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    fake.darken_gateway(true);
    let attempts = fake.turned_away(5).await;
    let gaps: Vec<Duration> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // The pace of tests: 20 ms, doubled each time. A busy machine can only make a gap longer.
    for (gap, least_ms) in gaps.iter().zip([20, 40, 80, 160]) {
        assert!(*gap >= Duration::from_millis(least_ms), "{gaps:?}");
    }
    fake.darken_gateway(false);
    fake.connected(1).await;
    chat.at("2026-11-23 09:00").await;
    chat.question().await;
    chat.finish().await;
}

#[tokio::test]
async fn with_all_of_discord_dark_the_question_comes_once_it_is_back() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    fake.go_dark(true);
    chat.at("2026-11-23 09:30").await;
    fake.go_dark(false);
    fake.connected(1).await;
    chat.at("2026-11-23 09:40").await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.jonas().says("The owner decides.").await;
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_it_and_a_new_start_goes_on() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    fake.revoke_token();
    assert_eq!(discord.ended().await, Err(Closed::Token));
    chat.priya().says("Nobody heard me.").await;
    let asked = fake.total().requests;
    chat.at("2026-11-23 16:00").await;
    assert!(fake.total().requests - asked <= 1, "a token that was refused is not tried again and again");

    fake.accept_token();
    chat.bot_restarts().await;
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    chat.finish().await;
}

#[tokio::test]
async fn a_close_for_good_ends_it_and_says_why() {
    for (code, expected) in
        [(4_004, Closed::Token), (4_010, Closed::Other(4_010)), (4_012, Closed::Other(4_012))]
    {
        let (chat, discord) = begin().await;
        discord.fake().close_connections(code);
        assert_eq!(discord.ended().await, Err(expected));
        chat.bot_restarts().await;
        chat.finish().await;
    }
}

#[tokio::test]
async fn other_closes_are_survived() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    for (number, code) in [1_000, 1_001, 1_006, 4_000, 4_001, 4_002, 4_005, 4_008].into_iter().enumerate() {
        let resumes = fake.gateway_counts().resumes;
        fake.close_connections(code);
        fake.until_gateway(&format!("a resume after {code}"), |counts| counts.resumes > resumes).await;
        chat.jonas().says(&format!("Step {number}.")).await;
    }
    for code in [4_003, 4_007, 4_009] {
        let identifies = fake.gateway_counts().identifies;
        fake.close_connections(code);
        let what = format!("a new session after {code}");
        fake.until_gateway(&what, |counts| counts.identifies > identifies).await;
    }
    fake.connected(1).await;
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 8);
    chat.finish().await;
}

#[tokio::test]
async fn all_shards_are_run_and_one_that_breaks_leaves_the_others_alone() {
    let (chat, discord) =
        Story::bare_discord(|config| (config.shards, config.max_concurrency) = (3, 2), None).await;
    let fake = discord.fake();
    let elsewhere = chat.chat().channel_elsewhere("other-team").await;
    chat.is_set_up(&[]).await;
    let intents = fake.intents();
    assert_eq!(intents.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    let shard_of = |guild: u64| (guild >> 22) % 3;
    let (here, there) = (discord.guild(), discord.guild_of(&elsewhere));
    assert_ne!(shard_of(here), shard_of(there), "two servers on two shards");
    let mara = chat.mara();
    let options = [("questions", "track getting-started"), ("admin-direct", "true")];
    // On the other server she runs nothing, so its owner makes her an admin.
    let admins = fake.role(there, "admins", crate::fake_discord::permissions::MANAGE_GUILD, false);
    fake.set_roles(there, user(&mara), &[admins]);
    let set_up = fake.command(user(&mara), id(&elsewhere), "study setup", &options).await;
    assert!(set_up.panels[0].text().contains("is set up"), "{set_up:?}");

    chat.at("2026-11-23 09:00").await;
    let posts = fake.messages(id(&elsewhere));
    let other_thread = id(posts[0]["id"].as_str().unwrap());
    fake.drop_shard(shard_of(there));
    fake.say(user(&chat.priya()), other_thread, "From the other team.");
    chat.jonas().says("From this team.").await;
    fake.until_gateway("a resume", |counts| counts.resumes == 1).await;
    fake.connected(3).await;
    chat.chat().settle().await;
    assert_eq!(chat.stored_texts("From the other team.").await, 1);
    assert_eq!(chat.stored_texts("From this team.").await, 1);
    assert_eq!(fake.gateway_counts().identifies, 3);
    chat.finish().await;
}
