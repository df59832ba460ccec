//! The chat as stories use it: neutral operations, and what people see.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use studybot::chat::local::Host;
use studybot::chat::{Chat, Platform};

use super::seen::{Message, Shown};

/// A message that somebody sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says<'a> {
    pub(crate) channel: &'a str,
    /// The message that the thread hangs from.
    pub(crate) thread: Option<&'a str>,
    pub(crate) text: &'a str,
    /// Names and texts.
    pub(crate) files: &'a [(&'a str, &'a str)],
}

/// A chat platform that a story runs on. Everything that the platform itself refuses panics: a story never does that.
pub(crate) trait TestChat: Send + Sync {
    /// Which platform this is, or plays.
    fn platform(&self) -> Platform;

    // The bot's side.

    /// The bot's process begins: what it calls the platform through until it ends.
    fn port(&self) -> BoxFuture<'_, Arc<dyn Chat>>;
    /// The bot is ready: from now on it hears what happens.
    fn connect(&self, bot: Arc<dyn Host>) -> BoxFuture<'_, ()>;
    /// The bot's process has ended: it hears nothing more.
    fn disconnect(&self) -> BoxFuture<'_, ()>;
    /// The end of the chat itself.
    fn close(&self) -> BoxFuture<'_, ()>;
    /// How often each key of the bot's messages stands in the chat, or stood there until somebody deleted it.
    fn posted(&self) -> BoxFuture<'_, BTreeMap<String, usize>>;

    // People's side.

    /// Lets a person join, or come back. Returns their id.
    fn joins<'a>(&'a self, name: &'a str, admin: bool) -> BoxFuture<'a, String>;
    /// Makes a channel. Returns its id.
    fn channel<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String>;
    /// Makes a channel in another workspace, in which everybody and the bot are too. Returns its id.
    fn channel_elsewhere<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String>;
    /// Lets a person leave the workspace.
    fn leaves<'a>(&'a self, person: &'a str) -> BoxFuture<'a, ()>;
    /// Sends a message. Returns its id.
    fn say<'a>(&'a self, person: &'a str, says: Says<'a>) -> BoxFuture<'a, String>;
    /// Puts messages (person and text) into a thread, of which the bot hears nothing.
    fn history<'a>(&'a self, thread: &'a str, messages: &'a [(String, String)]) -> BoxFuture<'a, ()>;
    /// Edits a message of one's own.
    fn edit<'a>(&'a self, person: &'a str, message: &'a str, text: &'a str) -> BoxFuture<'a, ()>;
    /// Deletes a message: one's own, or as an admin anybody's.
    fn delete<'a>(&'a self, person: &'a str, message: &'a str) -> BoxFuture<'a, ()>;
    /// Presses a button, or chooses in a select, of this neutral id: on a message, or on a panel. A script can send
    /// ids that no control has.
    fn click<'a>(
        &'a self,
        person: &'a str,
        message: &'a str,
        action: &'a str,
        values: &'a [String],
    ) -> BoxFuture<'a, Shown>;
    /// Sends a form of this neutral id; as a script, without its having been opened.
    fn submit<'a>(
        &'a self,
        person: &'a str,
        form: &'a str,
        fields: &'a [(String, String)],
    ) -> BoxFuture<'a, Shown>;
    /// Whether people can put this into a field of the setup form. Some platforms let them choose where others let them
    /// type.
    fn takes(&self, _field: &str, _value: &str) -> bool {
        true
    }
    /// Types a command.
    fn command<'a>(&'a self, person: &'a str, channel: &'a str, text: &'a str) -> BoxFuture<'a, Shown>;
    /// A channel's messages without thread replies, or a thread's, as this person sees them; oldest first.
    fn messages<'a>(
        &'a self,
        person: &'a str,
        channel: &'a str,
        thread: Option<&'a str>,
    ) -> BoxFuture<'a, Vec<Message>>;
    /// The direct messages from the bot to a person, oldest first.
    fn notices<'a>(&'a self, person: &'a str) -> BoxFuture<'a, Vec<Message>>;
    /// All that a person can see without asking the bot for it: every channel, thread and direct message, and what the
    /// platform shows beside them, as raw as a client gets it and as people read it.
    fn all_seen_by<'a>(&'a self, person: &'a str) -> BoxFuture<'a, String>;
    /// A question pack's Markdown as it reads in this platform's messages.
    fn markdown(&self, text: &str) -> String;

    // Time.

    /// Moves time forward, stopping at every due instant.
    fn advance(&self, seconds: i64) -> BoxFuture<'_, ()>;
    /// Returns once nothing is under way, or with what the bot failed at.
    fn try_settle(&self) -> BoxFuture<'_, Result<(), String>>;
    /// Returns once nothing is under way.
    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { self.try_settle().await.expect("the bot can settle") })
    }
}
