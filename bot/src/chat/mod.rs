//! The port between the bot and the chat platforms: what an adapter calls, and what it is called for.
//!
//! An adapter turns its platform's events into neutral ones, and carries out neutral jobs. It decides nothing, and
//! never looks into the bot's database.

mod bars;
pub mod discord;
mod labels;
pub mod local;
mod long_value;
mod markdown;
#[cfg(test)]
mod scripted;
pub mod slack;
mod text_file;
mod turns;
mod under_way;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use crate::domain::answer::{File, Sighting, Version};
pub use crate::domain::command::{ChatEvent, EventKind, Interaction, Person, Request, Workspace};
pub use crate::domain::ids::{
    ChannelRef, GroupRef, MessageRef, PersonRef, Platform, Timestamp, WorkspaceRef,
};
pub use crate::domain::message::{Action, Block, Control, Field, Form, Outgoing, Reply, Span};

/// The bot, as an adapter sees it.
pub trait Bot: Send + Sync {
    /// Hands over an event. Returns once it is stored, or queued to be read again: only then may the platform be
    /// told that it arrived.
    fn event(&self, event: ChatEvent) -> BoxFuture<'_, ()>;

    /// Says that events of a thread were lost on their way: it is read again whole.
    fn lost(&self, workspace: Workspace, thread: MessageRef);

    /// Whether a thread is one that the bot reads, before its files are fetched.
    fn follows<'a>(&'a self, workspace: &'a Workspace, thread: &'a MessageRef) -> BoxFuture<'a, bool>;

    /// Says that events of these workspaces may have been lost: the platform was connected to anew, without a resume.
    /// Unfinished rounds' threads there are read again whole.
    fn missed(&self, platform: Platform, concerned: Concerned) -> BoxFuture<'_, ()>;

    /// Hands over a request, and returns what to show.
    fn interact(&self, interaction: Interaction) -> BoxFuture<'_, Reply>;

    /// What could stand in a form's field that begins like this, best first: at most 25 values.
    fn suggest(&self, field: &str, typed: &str) -> Vec<String>;
}

/// Says which workspaces of a platform something concerns.
pub type Concerned = Arc<dyn Fn(&WorkspaceRef) -> bool + Send + Sync>;

/// A chat platform, as the bot sees it.
pub trait Chat: Send + Sync {
    /// Carries out one call. `earlier` says that an earlier attempt may have succeeded: the adapter then looks for
    /// the key before it makes anything again.
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>>;
}

/// One call on a platform.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Where.
    pub workspace: &'a Workspace,
    /// What every part of the message carries, so that it can be found again.
    pub key: &'a str,
    /// When it was decided: nothing that carries the key can be older.
    pub since: Timestamp,
    /// What to do.
    pub what: What<'a>,
}

/// What a [`Call`] does.
#[derive(Clone, Debug)]
pub enum What<'a> {
    /// Post into a channel, or into the thread that hangs from a message.
    Post {
        /// The channel.
        channel: &'a ChannelRef,
        /// The thread.
        thread: Option<&'a MessageRef>,
        /// The message.
        message: &'a Outgoing,
    },
    /// Open a thread from a message. The result is the thread's id.
    OpenThread {
        /// The channel.
        channel: &'a ChannelRef,
        /// The message.
        message: &'a MessageRef,
        /// The thread's name.
        name: &'a str,
        /// Lock it, where the bot may: in such a thread only private answers count.
        locked: bool,
    },
    /// Take such a lock away. Where there is none: done.
    UnlockThread {
        /// The channel.
        channel: &'a ChannelRef,
        /// The thread.
        thread: &'a MessageRef,
    },
    /// Replace a message of ours. One that somebody removed stays removed: done.
    Edit {
        /// The channel.
        channel: &'a ChannelRef,
        /// The message.
        target: &'a MessageRef,
        /// The key that it was posted with, which it keeps.
        posted_as: &'a str,
        /// What it says now.
        message: &'a Outgoing,
    },
    /// React to a message in a thread. One that was deleted meanwhile needs no reaction: done.
    React {
        /// The channel.
        channel: &'a ChannelRef,
        /// The thread.
        thread: &'a MessageRef,
        /// The message.
        target: &'a MessageRef,
        /// One emoji.
        emoji: &'a str,
    },
    /// Send a direct message.
    Direct {
        /// To whom.
        person: &'a PersonRef,
        /// The message.
        message: &'a Outgoing,
    },
    /// Read a thread whole: the messages of people, not those of bots.
    ReadThread {
        /// The channel.
        channel: &'a ChannelRef,
        /// The thread.
        thread: &'a MessageRef,
    },
}

/// What a [`Call`] came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A message or thread was made, or found to be there.
    Made(MessageRef),
    /// Done, with nothing to point to.
    Done,
    /// The messages that stand in a thread.
    Thread(Vec<ThreadMessage>),
}

/// A person's message in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadMessage {
    /// Its id.
    pub message: MessageRef,
    /// Who wrote it.
    pub author: Person,
    /// What it says now. `None`: it stands, and the platform withholds its text from us.
    pub version: Option<Version>,
}

/// Why a [`Call`] failed. The texts are for logs: they name no person and quote no message.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The platform did not take it, and may do so later.
    #[error("not taken: {reason}")]
    Later {
        /// What it said.
        reason: String,
        /// How long it wants to be left alone, in milliseconds.
        after_ms: Option<i64>,
    },
    /// Its turn at the platform's limit comes later: nothing was tried, and it counts as no attempt.
    #[error("its turn comes in {after_ms} ms")]
    NotYet {
        /// How long that is, in milliseconds.
        after_ms: i64,
    },
    /// It may or may not have been taken.
    #[error("unclear whether it was taken: {0}")]
    Unclear(String),
    /// It will never be taken.
    #[error("refused: {0}")]
    Refused(String),
    /// The bot may not work in this channel (any more).
    #[error("shut out: {reason}")]
    ShutOut {
        /// What the platform said.
        reason: String,
        /// For the organisers: a sentence that says why and how to mend it.
        mend: String,
    },
    /// A question's thread is gone, and its channel is there.
    #[error("shut out: the thread was deleted")]
    ThreadGone {
        /// For the organisers: a sentence that says so.
        mend: String,
    },
}

/// The platforms that this program is connected to.
pub type Chats = BTreeMap<Platform, Arc<dyn Chat>>;
