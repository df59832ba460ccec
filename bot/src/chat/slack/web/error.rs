//! How a call to Slack fails, and what that means for the bot.
//!
//! No text here ever carries a token, an address, or what people wrote.

use std::time::Duration;

use super::mend;
use super::method::Method;
use crate::chat::ChatError;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::chat::slack) enum WebError {
    /// The token is wrong or revoked. Nothing more is asked with it until the program starts anew.
    #[error("Slack does not accept the token")]
    Unauthorized,
    /// Its turn comes later, and is kept: it was not tried.
    #[error("its turn comes in {} ms", .0.as_millis())]
    NotYet(Duration),
    /// Slack wants to be left alone for a while. It was not done.
    #[error("Slack's limit wants {} ms of rest", .after.as_millis())]
    Limited {
        /// How long.
        after: Duration,
    },
    /// Slack was not reached: it was not done.
    #[error("Slack was not reached: {0}")]
    NotSent(String),
    /// It may or may not have been done.
    #[error("no clear answer from Slack: {0}")]
    Unclear(String),
    /// No usable answer, and doing it again does no harm.
    #[error("no usable answer from Slack: {0}")]
    Server(String),
    /// Slack refused it.
    #[error("{}: {name}{}", .method.name(), .needed.as_ref().map(|scope| format!(" ({scope})")).unwrap_or_default())]
    Refused {
        /// What was called.
        method: Method,
        /// Slack's name for the error.
        name: String,
        /// The permission that is missing, where that is the error.
        needed: Option<String>,
    },
    /// The address is none of Slack's: nothing was asked.
    #[error("the address is not Slack's")]
    Foreign,
}

/// What the bot was about when a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chat::slack) enum Doing {
    /// Posting into a channel, or changing a message of ours there.
    Channel,
    /// Posting into a thread, or changing a message of ours there.
    Thread,
    /// Opening a direct channel, or posting there.
    Direct,
    /// Reacting.
    Reaction,
    /// Reading a channel or thread.
    Reading,
}

impl WebError {
    /// Slack's name for the error, where it refused.
    pub(in crate::chat::slack) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether a token is refused, which ends everything.
    pub(in crate::chat::slack) fn is_token_refused(&self) -> bool {
        matches!(self, Self::Unauthorized)
    }

    /// Whether it is tried again. What the call was for changes nothing about that.
    pub(in crate::chat::slack) fn passes(&self) -> bool {
        let meaning = self.clone().into_chat(Doing::Channel);
        matches!(meaning, ChatError::Later { .. } | ChatError::NotYet { .. } | ChatError::Unclear(_))
    }

    /// What it means for the job that the call was for. Refusals that come to success (`already_reacted`,
    /// `message_not_found`, `thread_not_found`) are the caller's to look at before.
    pub(in crate::chat::slack) fn into_chat(self, doing: Doing) -> ChatError {
        let reason = self.to_string();
        match self {
            Self::NotYet(after) => ChatError::NotYet { after_ms: milliseconds(after) },
            Self::Unauthorized | Self::NotSent(_) | Self::Server(_) => {
                ChatError::Later { reason, after_ms: None }
            }
            Self::Limited { after } => ChatError::Later { reason, after_ms: Some(milliseconds(after)) },
            Self::Unclear(_) => ChatError::Unclear(reason),
            Self::Refused { name, needed, .. } => mend::refused(&name, needed.as_deref(), doing, reason),
            Self::Foreign => ChatError::Refused(reason),
        }
    }
}

/// Rounded up, lest it be asked again a moment too early.
pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX)
}
