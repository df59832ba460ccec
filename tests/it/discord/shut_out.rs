//! What doesn't pass by itself: the bot may not do something any more, or the place is gone. The one study channel is
//! paused, the organisers are told how to mend it, and others go on.

use std::sync::Arc;

use super::{MESSAGES, begin, id, readings, thread, user};
use crate::fake_discord::permissions::{
    CREATE_PUBLIC_THREADS, READ_MESSAGE_HISTORY, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL,
};
use crate::fake_discord::{Overwrite, Trouble, Which};
use crate::harness::{DiscordTestChat, Story, texts};

/// Two study channels in one server; the story plays in the first one.
async fn begin_with_two() -> (Story, Arc<DiscordTestChat>) {
    let (chat, discord) = begin().await;
    chat.channel("platform-team").await;
    chat.go_to("platform-team");
    let form = chat.mara().commands("/study setup").await;
    chat.mara().sends(form.form(), &[("admin_mentions", "#organisers")]).await.says("is set up");
    chat.go_to("cloud-security");
    (chat, discord)
}

/// The channel that the story plays in denies the bot this.
fn denies(chat: &Story, discord: &DiscordTestChat, deny: u64) {
    let bot = Overwrite { of: discord.fake().bot_role(discord.guild()), person: false, allow: 0, deny };
    discord.fake().set_overwrites(id(&chat.here()), &[bot]);
}

fn allows_again(chat: &Story, discord: &DiscordTestChat) {
    discord.fake().set_overwrites(id(&chat.here()), &[]);
}

/// The organisers have read this about the first channel, and nothing about the other.
async fn organisers_read(chat: &Story, expected: &str) {
    let heard = texts(&chat.organisers_channel().await);
    assert!(heard.contains("#cloud-security: I paused this study channel:"), "{heard}");
    assert!(heard.contains(expected), "“{expected}” was expected in:\n{heard}");
    assert!(!heard.contains("#platform-team"), "{heard}");
}

async fn the_other_channel_goes_on(chat: &Story, questions: usize) {
    chat.go_to("platform-team");
    assert_eq!(chat.questions().await.len(), questions);
    let text = format!("Nobody is held up, {questions}.");
    let message = chat.jonas().says(&text).await;
    assert!(chat.jonas().sees(&message).await.has_reaction("✅"));
    chat.go_to("cloud-security");
}

/// The other channel's answers have closed, with everything that belongs to it.
async fn the_other_channel_has_its_reveal(chat: &Story) {
    chat.go_to("platform-team");
    chat.thread_shows("Rubric points").await;
    chat.go_to("cloud-security");
}

#[tokio::test]
async fn a_right_that_is_missing_pauses_that_channel_and_says_how_to_mend_it() {
    let cases = [
        (VIEW_CHANNEL, "give me View Channel", &["question", "thread", "thread:opening"][..]),
        (SEND_MESSAGES, "I may not post in the channel.", &["question", "thread", "thread:opening"][..]),
        (CREATE_PUBLIC_THREADS, "I may not open threads in the channel.", &["thread", "thread:opening"][..]),
        (SEND_MESSAGES_IN_THREADS, "I may not write in the channel's threads.", &["thread:opening"][..]),
    ];
    for (deny, mend, dead) in cases {
        let (chat, discord) = begin_with_two().await;
        denies(&chat, &discord, deny);
        chat.at("2026-11-23 09:05").await;
        organisers_read(&chat, mend).await;
        the_other_channel_goes_on(&chat, 1).await;
        // Nobody knocks at a closed door for ever.
        let asked = discord.fake().requests_to("POST", MESSAGES).len();
        chat.at("2026-11-23 12:00").await;
        assert_eq!(discord.fake().requests_to("POST", MESSAGES).len(), asked);

        allows_again(&chat, &discord);
        chat.mara().commands("/study resume").await.says("The next question comes 2026-11-24 09:00 UTC.");
        chat.at("2026-11-24 09:00").await;
        let titled = chat.question_called("whose-public-bucket").title.clone();
        let again = chat.question().await;
        assert_eq!(
            again.text.contains(&titled),
            dead.len() > 1,
            "a question that nobody saw comes again: {again:?}"
        );
        let number = chat.round_in("cloud-security", 0).await;
        let keys: Vec<String> = dead.iter().map(|part| format!("round:{number}:{part}")).collect();
        chat.finish_with_dead(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
}

#[tokio::test]
async fn a_channel_deleted_while_a_round_is_open_pauses_it_and_leaves_others_alone() {
    let (chat, discord) = begin_with_two().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.priya().answers_privately("So I say, too.").await;
    let number = chat.round_in("cloud-security", 0).await;
    discord.delete_place(id(&chat.here()));
    chat.at("2026-11-23 17:30").await;
    organisers_read(
        &chat,
        "The channel is not there any more. Run /study setup in the channel that takes its place.",
    )
    .await;
    the_other_channel_has_its_reveal(&chat).await;
    chat.at("2026-11-24 08:30").await;
    assert_eq!(chat.stored_texts("The owner decides.").await, 1, "what was answered is kept");
    chat.at("2026-11-24 09:00").await;
    the_other_channel_goes_on(&chat, 2).await;
    let dead = chat.dead_keys().await;
    assert!(dead.iter().all(|key| key.starts_with(&format!("round:{number}:"))), "{dead:?}");
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_thread_deleted_while_a_round_is_open_keeps_what_was_answered() {
    let (chat, discord) = begin_with_two().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let place = thread(&chat).await;
    discord.delete_place(place);
    chat.at("2026-11-23 17:30").await;
    organisers_read(&chat, "Somebody deleted the thread of a question").await;
    let today = chat.jonas().commands("/study today").await;
    let marking = chat.jonas().clicks_on(&today, "Mark my answer").await;
    marking.says("The owner decides.");
    chat.jonas().chooses(&marking, "Points your answer makes", &["1 ·"]).await.says("Saved: point 1.");
    chat.mara().commands("/study resume").await.says("The next question comes 2026-11-24 09:00 UTC.");
    chat.bot_restarts().await;
    chat.at("2026-11-24 09:00").await;
    let heard = texts(&chat.organisers_channel().await);
    assert_eq!(
        heard.matches("I paused this study channel").count(),
        1,
        "once, and not by each message: {heard}"
    );
    chat.jonas().commands("/study leaderboard").await.says("1. Jonas");
    the_other_channel_goes_on(&chat, 2).await;
    assert_ne!(thread(&chat).await, place, "Tuesday's question has a thread of its own");
    let dead = chat.dead_keys().await;
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn kicked_from_one_server_the_bot_goes_on_in_another() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    let elsewhere = id(&chat.chat().channel_elsewhere("other-team").await);
    let there = discord.guild_of(&elsewhere.to_string());
    let admins = fake.role(there, "admins", crate::fake_discord::permissions::MANAGE_GUILD, false);
    fake.set_roles(there, user(&chat.mara()), &[admins]);
    let options = [("questions", "track getting-started"), ("admin-direct", "true")];
    fake.command(user(&chat.mara()), elsewhere, "study setup", &options).await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    fake.kick_bot(discord.guild());
    chat.at("2026-11-23 17:30").await;
    let posts = fake.messages(elsewhere);
    let other = fake.messages(id(posts[0]["id"].as_str().unwrap()));
    let reveal = other
        .iter()
        .any(|there| there["embeds"][0]["url"].as_str().is_some_and(|url| url.ends_with(":reveal")));
    assert!(reveal, "{other:#?}");
    let paused = "SELECT count(*) FROM study_channels WHERE state = 'paused'";
    assert_eq!(chat.counts(paused).await, 1);

    fake.invite_bot(discord.guild());
    chat.mara().commands("/study resume").await.says("The next question comes 2026-11-24 09:00 UTC.");
    chat.at("2026-11-24 09:00").await;
    assert_eq!(chat.questions().await.len(), 2);
    let dead = chat.dead_keys().await;
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn an_outage_of_a_server_is_no_kick() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    discord.fake().outage(discord.guild(), true);
    chat.minutes_pass(5).await;
    discord.fake().outage(discord.guild(), false);
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.organisers_heard(&[]).await;
    chat.finish().await;
}

#[tokio::test]
async fn without_read_message_history_nothing_is_taken_for_deleted() {
    let (chat, discord) = begin_with_two().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    denies(&chat, &discord, READ_MESSAGE_HISTORY);
    let before = readings(&discord);
    chat.bot_restarts().await;
    chat.minutes_pass(1).await;
    assert!(readings(&discord) > before, "it was tried");
    chat.jonas().clicks("My answer").await.says("1. counts").says("The owner decides.");
    organisers_read(&chat, "Read Message History").await;
    chat.at("2026-11-23 17:30").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.jonas().clicks("Mark my answer").await.says("The owner decides.");
    the_other_channel_has_its_reveal(&chat).await;
    let dead = chat.dead_keys().await;
    assert!(dead.iter().all(|key| key.contains("read")), "only readings are given up: {dead:?}");
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn without_read_message_history_nothing_is_posted_twice() {
    let (chat, discord) = begin_with_two().await;
    denies(&chat, &discord, READ_MESSAGE_HISTORY);
    let posting =
        Which::to("POST", "/channels/*/messages").holding("https://discord.com/#round:1:question\"");
    discord.fake().next(1, posting, Trouble::LostAnswer);
    chat.at("2026-11-23 09:00").await;
    // When it is tried again, Discord has forgotten the nonce.
    chat.bot_stops().await;
    chat.at("2026-11-23 09:20").await;
    chat.bot_starts().await;
    chat.minutes_pass(10).await;
    organisers_read(&chat, "I may not read what was written there before").await;
    assert_eq!(chat.chat().posted().await.get("round:1:question"), Some(&1));
    the_other_channel_goes_on(&chat, 1).await;
    let dead = chat.dead_keys().await;
    chat.finish_with_dead(&dead.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn somebody_who_takes_no_direct_messages_pauses_nothing() {
    let (chat, discord) = begin().await;
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    discord.fake().close_directs(user(&chat.jonas()), true);
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.at("2026-11-24 09:00").await;
    assert!(chat.jonas().notices().await.is_empty());
    chat.jonas().commands("/study me").await.says("Messages that could not reach you directly");
    chat.organisers_heard(&[]).await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish_with_dead(&["round:1:score:1"]).await;
}
