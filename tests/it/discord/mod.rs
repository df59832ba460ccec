//! What stories need Discord itself for: connections that break, events that come twice or backwards, trouble that only
//! its API makes, and what its messages look like underneath.
//!
//! They read as the stories of all platforms do; where those have no word, the fake Discord underneath is asked.

mod asking;
mod bad_input;
mod connection;
mod deferring;
mod events;
mod intents;
mod log;
mod looks;
mod shut_out;
mod threads;
mod trouble;

use std::sync::Arc;

use crate::fake_discord::{Config, Id};
use crate::harness::{DiscordTestChat, Person, Story};

/// A route of Discord's, as its description names it.
const MESSAGES: &str = "/channels/{channel_id}/messages";

/// The same chat as [`Story::begin`], with Discord at hand.
async fn begin() -> (Story, Arc<DiscordTestChat>) {
    begin_with(&[]).await
}

/// As [`begin`], with other values in some fields of the setup form.
async fn begin_with(fields: &[(&str, &str)]) -> (Story, Arc<DiscordTestChat>) {
    let (chat, discord) = Story::bare_discord(|_| {}, None).await;
    chat.is_set_up(fields).await;
    (chat, discord)
}

/// As [`begin`], on a Discord that is as `set` makes it.
async fn begin_on(set: impl FnOnce(&mut Config)) -> (Story, Arc<DiscordTestChat>) {
    let (chat, discord) = Story::bare_discord(set, None).await;
    chat.is_set_up(&[]).await;
    (chat, discord)
}

/// An id as Discord has it.
#[track_caller]
fn id(text: &str) -> Id {
    text.parse().unwrap_or_else(|_| panic!("“{text}” is no id"))
}

/// The newest question's thread, whose id is the question's.
async fn thread(chat: &Story) -> Id {
    id(&chat.question().await.id)
}

/// Who somebody is on Discord.
fn user(person: &Person<'_>) -> Id {
    id(&person.id)
}

/// How often the bot has read a thread, or looked for something in a channel.
fn readings(discord: &DiscordTestChat) -> usize {
    discord.fake().requests_to("GET", MESSAGES).len()
}
