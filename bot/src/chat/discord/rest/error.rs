//! How a call to Discord fails, and what that means for the bot.
//!
//! No text here ever carries a token, an address, or what people wrote.

use std::time::Duration;

use super::mend;
use crate::chat::ChatError;

/// Discord's JSON error codes that the bot tells apart.
/// [Source](https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes).
pub(in crate::chat::discord) mod code {
    /// The channel or thread is not there, or not any more.
    pub(in crate::chat::discord) const UNKNOWN_CHANNEL: u32 = 10003;
    /// The server is not there, or the bot is not in it.
    pub(in crate::chat::discord) const UNKNOWN_GUILD: u32 = 10004;
    /// The person is not in the server.
    pub(in crate::chat::discord) const UNKNOWN_MEMBER: u32 = 10007;
    /// The message was deleted.
    pub(in crate::chat::discord) const UNKNOWN_MESSAGE: u32 = 10008;
    /// There is no such person.
    pub(in crate::chat::discord) const UNKNOWN_USER: u32 = 10013;
    /// There is no such emoji.
    pub(in crate::chat::discord) const UNKNOWN_EMOJI: u32 = 10014;
    /// The webhook is not there: an interaction's 15 minutes are over.
    pub(in crate::chat::discord) const UNKNOWN_WEBHOOK: u32 = 10015;
    /// The interaction's 3 seconds are over.
    pub(in crate::chat::discord) const UNKNOWN_INTERACTION: u32 = 10062;
    /// Slow mode.
    pub(in crate::chat::discord) const SLOW_MODE: u32 = 20016;
    /// Too many announcement edits.
    pub(in crate::chat::discord) const ANNOUNCEMENT_LIMIT: u32 = 20022;
    /// The channel has hit its write limit.
    pub(in crate::chat::discord) const CHANNEL_WRITE_LIMIT: u32 = 20028;
    /// The server has hit its write limit.
    pub(in crate::chat::discord) const GUILD_WRITE_LIMIT: u32 = 20029;
    /// As many webhooks as the channel can have.
    pub(in crate::chat::discord) const WEBHOOKS_MAX: u32 = 30007;
    /// As many reactions as the message can have.
    pub(in crate::chat::discord) const REACTIONS_MAX: u32 = 30010;
    /// As many edits of messages older than an hour as are allowed for now.
    pub(in crate::chat::discord) const OLD_EDITS_LIMIT: u32 = 30046;
    /// Too many direct channels opened for now.
    pub(in crate::chat::discord) const DIRECT_LIMIT: u32 = 40003;
    /// Sending is switched off for now.
    pub(in crate::chat::discord) const SENDING_OFF: u32 = 40004;
    /// The feature is switched off for now.
    pub(in crate::chat::discord) const FEATURE_OFF: u32 = 40006;
    /// The interaction has its answer already.
    pub(in crate::chat::discord) const ALREADY_ANSWERED: u32 = 40060;
    /// A service behind Discord is limited.
    pub(in crate::chat::discord) const SERVICE_LIMIT: u32 = 40062;
    /// The network in front of Discord blocks the request.
    pub(in crate::chat::discord) const BLOCKED: u32 = 40333;
    /// The bot can't see the place.
    pub(in crate::chat::discord) const MISSING_ACCESS: u32 = 50001;
    /// The message is somebody else's.
    pub(in crate::chat::discord) const NOT_OURS: u32 = 50005;
    /// The person takes no direct messages from the bot.
    pub(in crate::chat::discord) const CANNOT_DIRECT: u32 = 50007;
    /// No channel for text.
    pub(in crate::chat::discord) const NOT_TEXT: u32 = 50008;
    /// The bot may not do that there.
    pub(in crate::chat::discord) const MISSING_PERMISSIONS: u32 = 50013;
    /// Not in a channel of this type.
    pub(in crate::chat::discord) const WRONG_CHANNEL_TYPE: u32 = 50024;
    /// The interaction's token is not valid, or not any more.
    pub(in crate::chat::discord) const INVALID_WEBHOOK_TOKEN: u32 = 50027;
    /// Some field has a value that Discord does not take.
    pub(in crate::chat::discord) const INVALID_FORM: u32 = 50035;
    /// The thread is archived.
    pub(in crate::chat::discord) const ARCHIVED: u32 = 50083;
    /// The account of the server's owner, or the bot's, lacks two factors.
    pub(in crate::chat::discord) const TWO_FACTORS: u32 = 60003;
    /// The person blocked the bot.
    pub(in crate::chat::discord) const REACTION_BLOCKED: u32 = 90001;
    /// The application is not available yet.
    pub(in crate::chat::discord) const NOT_YET: u32 = 110_001;
    /// Overloaded for now.
    pub(in crate::chat::discord) const OVERLOADED: u32 = 130_000;
    /// The message has its thread already.
    pub(in crate::chat::discord) const THREAD_EXISTS: u32 = 160_004;
    /// The thread is locked.
    pub(in crate::chat::discord) const LOCKED: u32 = 160_005;
    /// As many active threads as the server can have.
    pub(in crate::chat::discord) const THREADS_MAX: u32 = 160_006;
    /// Automatic moderation blocked the message.
    pub(in crate::chat::discord) const MODERATED: u32 = 200_000;
    /// Automatic moderation blocked the thread's name.
    pub(in crate::chat::discord) const TITLE_MODERATED: u32 = 200_001;
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::chat::discord) enum RestError {
    /// The bot's token is wrong or revoked. Nothing more is asked until the program starts anew.
    #[error("Discord does not accept the bot's token")]
    Unauthorized,
    /// A limit stands before it, for longer than is waited for. It was not done.
    #[error("Discord's limit wants {} ms of rest", .after.as_millis())]
    Limited {
        /// How long to leave it alone.
        after: Duration,
    },
    /// Discord was not reached: it was not done.
    #[error("Discord was not reached: {0}")]
    NotSent(String),
    /// It may or may not have been done.
    #[error("no clear answer from Discord: {0}")]
    Unclear(String),
    /// No usable answer, and doing it again does no harm.
    #[error("no usable answer from Discord: {0}")]
    Server(String),
    /// Discord refused it.
    #[error("HTTP {status}, code {code} ({message})")]
    Refused {
        /// The HTTP status, 400 to 499.
        status: u16,
        /// One of [`code`], or another of Discord's; 0 for a general refusal.
        code: u32,
        /// Our words for the code, with the names of fields; never Discord's text.
        message: String,
    },
    /// The address is none that files are fetched from: nothing was asked.
    #[error("the file's address is not Discord's")]
    Foreign,
}

/// What the bot was about when a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chat::discord) enum Doing {
    /// Posting into a channel, or changing a message of ours there.
    Channel,
    /// Opening a thread from a message.
    OpenThread,
    /// Posting into a thread, reading it, or changing a message of ours there.
    Thread,
    /// Opening a direct channel, or posting there.
    Direct,
    /// Reacting.
    Reaction,
}

impl RestError {
    /// A refusal in Discord's form. `fields` are names of fields.
    pub(super) fn refused(status: u16, code: u32, fields: &[String]) -> Self {
        let words = mend::words(code);
        let message = match fields {
            [] => words.to_owned(),
            fields => format!("{words}: {}", fields.join(", ")),
        };
        Self::Refused { status, code, message }
    }

    /// Discord's code, where it refused.
    pub(in crate::chat::discord) fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// What it means for the job that the call was for. A refusal that gets a thread's or message's existence wrong
    /// ([`code::THREAD_EXISTS`], [`code::ARCHIVED`]) is the caller's to look at before.
    pub(in crate::chat::discord) fn into_chat(self, doing: Doing) -> ChatError {
        let reason = self.to_string();
        match self {
            Self::Unauthorized | Self::NotSent(_) | Self::Server(_) => {
                ChatError::Later { reason, after_ms: None }
            }
            Self::Limited { after } => ChatError::Later { reason, after_ms: Some(milliseconds(after)) },
            Self::Unclear(_) => ChatError::Unclear(reason),
            Self::Refused { code, .. } => mend::refused(code, doing, reason),
            Self::Foreign => ChatError::Refused(reason),
        }
    }
}

/// Rounded up, lest it be asked again a moment too early.
pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX)
}
