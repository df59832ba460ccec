//! What the platforms are to be told: data that is stored with the decision and carried out after its commit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{
    ChannelRef, InvalidId, LearnerId, MessageRef, PersonRef, RoundId, StudyChannelId, WorkspaceId,
};
use super::message::Outgoing;

/// One call on a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Job {
    /// Post a message.
    Post {
        /// The channel.
        channel: ChannelRef,
        /// Into the thread that the row it depends on has opened, instead of the channel itself.
        in_thread: bool,
        /// What it says.
        message: Outgoing,
    },
    /// Open a thread from the message that the row it depends on has posted.
    OpenThread {
        /// The channel.
        channel: ChannelRef,
        /// The thread's name: at most 100 characters.
        name: String,
        /// Nobody shall write in it before [`Job::UnlockThread`], where the platform and the bot's rights allow that.
        #[serde(default)]
        locked: bool,
    },
    /// Let people write in the thread that the row it depends on has opened locked.
    UnlockThread {
        /// The channel.
        channel: ChannelRef,
    },
    /// Replace the message that the row it depends on has posted.
    Edit {
        /// The channel.
        channel: ChannelRef,
        /// What it says now.
        message: Outgoing,
    },
    /// React to a person's message in the thread that the row it depends on has opened.
    React {
        /// The channel.
        channel: ChannelRef,
        /// The message.
        message: MessageRef,
        /// One emoji.
        emoji: String,
    },
    /// Send a direct message.
    Direct {
        /// To whom.
        person: PersonRef,
        /// What it says.
        message: Outgoing,
    },
    /// Read a round's whole thread, opened by the row it depends on, and compare.
    ReadThread {
        /// The channel.
        channel: ChannelRef,
    },
}

/// What an outbox row is for. It decides what follows when the row is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A round's question.
    Question,
    /// A round's thread.
    Thread,
    /// The end of a lock on a round's thread.
    Unlock,
    /// A change of a posted question.
    QuestionEdit,
    /// A part of a reveal.
    Reveal,
    /// A round's summary.
    Summary,
    /// A reading of a round's thread.
    Reading,
    /// The reading after the deadline, which the reveal waits for.
    FinalReading,
    /// A reaction to an answer.
    Reaction,
    /// The one public word on a refused message.
    Refusal,
    /// A direct message to a learner.
    Notice,
    /// A word to the organisers.
    Organisers,
    /// The hint, without details, that the organisers could not be reached.
    OrganisersUnreached,
}

impl Purpose {
    const ALL: [Self; 13] = [
        Self::Question,
        Self::Thread,
        Self::Unlock,
        Self::QuestionEdit,
        Self::Reveal,
        Self::Summary,
        Self::Reading,
        Self::FinalReading,
        Self::Reaction,
        Self::Refusal,
        Self::Notice,
        Self::Organisers,
        Self::OrganisersUnreached,
    ];

    /// The purpose as the database writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Thread => "thread",
            Self::Unlock => "unlock",
            Self::QuestionEdit => "question-edit",
            Self::Reveal => "reveal",
            Self::Summary => "summary",
            Self::Reading => "reading",
            Self::FinalReading => "final-reading",
            Self::Reaction => "reaction",
            Self::Refusal => "refusal",
            Self::Notice => "notice",
            Self::Organisers => "organisers",
            Self::OrganisersUnreached => "organisers-unreached",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Purpose {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(InvalidId)
    }
}

/// An outbox row before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Unique for ever, such as `round:42:question`; every message of ours carries its key.
    pub key: String,
    /// Rows of one lane are carried out in order; lanes run side by side.
    pub lane: String,
    /// The key of the row whose result this one aims at.
    pub depends_on: Option<String>,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The study channel it concerns.
    pub study_channel: Option<StudyChannelId>,
    /// The round it concerns.
    pub round: Option<RoundId>,
    /// The learner whom it concerns, or whose words it carries.
    pub learner: Option<LearnerId>,
    /// What it is for.
    pub purpose: Purpose,
    /// What to do.
    pub job: Job,
}

impl Draft {
    /// 0 before 1: reactions are the least urgent.
    pub const fn priority(&self) -> u8 {
        match self.purpose {
            Purpose::Reaction => 1,
            _ => 0,
        }
    }
}

/// The key of a round's question.
pub fn question_key(round: RoundId) -> String {
    format!("round:{round}:question")
}

/// The key of a round's thread.
pub fn thread_key(round: RoundId) -> String {
    format!("round:{round}:thread")
}

/// The lane of a channel with its threads.
pub fn channel_lane(workspace: WorkspaceId, channel: &ChannelRef) -> String {
    format!("channel:{workspace}:{channel}")
}
