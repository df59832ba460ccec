//! The switches in the developer portal: what works without them.

use std::sync::Arc;

use secrecy::SecretString;
use studybot::chat::discord::{Closed, Discord, Settings};
use studybot::clock::Clock;
use tokio::sync::watch;

use super::{begin, begin_on, user};
use crate::fake_discord::{Config, FakeDiscord};
use crate::harness::{Nobody, instant};

const GUILD_MEMBERS: u64 = 1 << 1;
const MESSAGE_CONTENT: u64 = 1 << 15;

#[tokio::test]
async fn without_the_message_content_switch_private_answers_work() {
    let (chat, discord) = begin_on(|config| config.content_switch = false).await;
    assert_eq!(discord.fake().intents()[&0] & MESSAGE_CONTENT, 0, "what is switched off is not asked for");
    chat.at("2026-11-23 09:00").await;
    let unread = chat.jonas().says("Nobody can read me.").await;
    assert!(!chat.jonas().sees(&unread).await.has_reaction("✅"), "what isn't read is not acknowledged");
    chat.priya().answers_privately("The owner decides.").await.says("is saved");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.thread_shows("Priya answered privately:\n\nThe owner decides.").await;
    chat.priya().marks(&[1]).await.says("Saved: point 1.");
    chat.at("2026-11-24 08:00").await;
    chat.mara().commands("/study leaderboard").await.says("1. Priya").says_nothing_of("Jonas");
    chat.finish().await;
}

#[tokio::test]
async fn a_switch_that_goes_off_in_the_middle_of_a_round_deletes_nothing() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    fake.switch_content(false);
    // An intent that is not switched on (any more).
    fake.close_connections(4_014);
    fake.until_gateway("a new session", |counts| counts.identifies == 2).await;
    fake.connected(1).await;
    chat.chat().settle().await;
    assert_eq!(fake.intents()[&0] & MESSAGE_CONTENT, 0, "it goes on without the intent");

    chat.priya().says("Nobody can read me.").await;
    chat.priya().answers_privately("So I say it here.").await.says("is saved");
    chat.jonas().clicks("My answer").await.says("The owner decides.");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("2 answers came in time.").await;
    chat.jonas().clicks("Mark my answer").await.says("The owner decides.");
    chat.finish().await;
}

#[tokio::test]
async fn an_intent_that_is_refused_though_it_is_switched_on_ends_it() {
    let (chat, discord) = begin().await;
    // The switch is on, says the API; the gateway refuses all the same.
    discord.fake().close_connections(4_014);
    assert_eq!(discord.ended().await, Err(Closed::Intents));
    chat.bot_restarts().await;
    chat.finish().await;
}

#[tokio::test]
async fn without_the_members_switch_nobody_is_heard_leaving_and_all_goes_on() {
    let (chat, discord) = begin_on(|config| config.members_switch = false).await;
    assert_eq!(discord.fake().intents()[&0] & GUILD_MEMBERS, 0);
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    discord.fake().leave(discord.guild(), user(&chat.jonas()));
    chat.chat().settle().await;
    assert_eq!(chat.counts("SELECT count(*) FROM learners WHERE left_at IS NOT NULL").await, 0);
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("1 answer came in time.").await;
    chat.finish().await;
}

#[tokio::test]
async fn a_wrong_token_ends_the_program_at_its_start_and_is_tried_once() {
    let fake = FakeDiscord::start(Config::new(Clock::manual(instant("2026-11-23 08:00")))).await;
    let settings = Settings {
        api_base: fake.base(),
        ..Settings::new(SecretString::from("MTIzNDU2.wrong.token".to_owned()))
    };
    let discord = Discord::new(settings).unwrap();
    let (_stop, stop) = watch::channel(false);
    let closed = discord.run(Arc::new(Nobody), stop).await.unwrap_err();
    assert_eq!(closed, Closed::Token);
    let said = closed.to_string();
    assert!(said.contains("DISCORD_TOKEN") && !said.contains("wrong.token"), "{said}");
    assert_eq!((fake.total().requests, fake.gateway_counts().connections), (1, 0));
    assert!(Discord::new(Settings::new(SecretString::from("two words".to_owned()))).is_err());
    assert_eq!(fake.problems(), Vec::<String>::new());
    fake.stop();
}
