//! What we read of Discord's objects, and no more: what Discord adds or leaves out elsewhere can't make a message
//! unreadable, and thereby lost.

use serde::Deserialize;
use serenity::model::channel::MessageType;
use serenity::model::id::{ChannelId, GuildId, MessageId, UserId};

use super::draw;
use crate::chat::{MessageRef, Person, PersonRef, Timestamp, Version, Workspace, WorkspaceRef};
use crate::domain::ids::{ChannelRef, Platform};

/// Discord's epoch, the first second of 2015, in Unix milliseconds:
/// <https://discord.com/developers/docs/reference#snowflakes>.
pub(super) const EPOCH_MS: i64 = 1_420_070_400_000;

/// A message, from the gateway or from a thread's history.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) id: MessageId,
    pub(super) channel_id: ChannelId,
    pub(super) guild_id: Option<GuildId>,
    pub(super) author: Author,
    pub(super) member: Option<Member>,
    pub(super) content: String,
    pub(super) edited_timestamp: Option<jiff::Timestamp>,
    #[serde(default)]
    pub(super) attachments: Vec<Attachment>,
    #[serde(rename = "type", default = "regular")]
    kind: MessageType,
    webhook_id: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    referenced_message: Referenced,
    /// What fills a message without words and files; there, nothing was withheld.
    #[serde(default)]
    sticker_items: Vec<serde::de::IgnoredAny>,
    poll: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    message_snapshots: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    embeds: Vec<Embed>,
    #[serde(default)]
    components: Vec<serde_json::Value>,
}

fn regular() -> MessageType {
    MessageType::Regular
}

/// Who wrote a message.
#[derive(Debug, Deserialize)]
pub(super) struct Author {
    pub(super) id: UserId,
    username: String,
    global_name: Option<String>,
    #[serde(default)]
    pub(super) bot: bool,
}

/// What a server calls the author; only the gateway tells.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    nick: Option<String>,
}

/// A file.
#[derive(Debug, Deserialize)]
pub(super) struct Attachment {
    pub(super) filename: String,
    pub(super) content_type: Option<String>,
    /// In bytes, as Discord says.
    pub(super) size: u64,
    pub(super) url: String,
}

/// An embed's address, in which our messages carry their key.
#[derive(Debug, Deserialize)]
pub(super) struct Embed {
    pub(super) url: Option<String>,
}

/// The message that a message replies to.
#[derive(Debug, Default)]
enum Referenced {
    /// It is no reply.
    #[default]
    None,
    /// A reply to a message that was deleted.
    Gone,
    /// A reply to a message of this author.
    By(UserId),
}

impl<'de> Deserialize<'de> for Referenced {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Message {
            author: Id,
        }
        #[derive(Deserialize)]
        struct Id {
            id: UserId,
        }
        let message = Option::<Message>::deserialize(deserializer)?;
        Ok(message.map_or(Self::Gone, |message| Self::By(message.author.id)))
    }
}

impl Message {
    /// Written by a person as a message of their own: no bot, no webhook, no notice of Discord's.
    pub(super) fn is_by_a_person(&self) -> bool {
        !self.author.bot
            && self.webhook_id.is_none()
            && matches!(self.kind, MessageType::Regular | MessageType::InlineReply)
    }

    /// There are neither words nor files in it, such as in a sticker: nobody's answer.
    pub(super) fn says_nothing(&self) -> bool {
        self.content.trim().is_empty() && self.attachments.is_empty()
    }

    /// There is nothing in it that could have been sent: its content is withheld from us, since the message-content
    /// intent is missing.
    pub(super) fn is_withheld(&self) -> bool {
        self.content.is_empty()
            && self.attachments.is_empty()
            && self.sticker_items.is_empty()
            && self.poll.is_none()
            && self.message_snapshots.is_empty()
    }

    /// Its author, as others see them. Whether they run the server is not said here.
    pub(super) fn person(&self) -> Option<Person> {
        let nick = self.member.as_ref().and_then(|member| member.nick.as_deref());
        let name = nick.or(self.author.global_name.as_deref()).unwrap_or(&self.author.username);
        Some(Person::new(person_ref(self.author.id)?, name, false))
    }

    /// What it says. `files` are its attachments, read.
    pub(super) fn version(&self, ours: UserId, files: Vec<crate::chat::File>) -> Version {
        let replies_to_other = match self.referenced_message {
            Referenced::None => false,
            // To whom can't be told any more; it was a reply, and so is no answer.
            Referenced::Gone => true,
            Referenced::By(author) => author != self.author.id && author != ours,
        };
        Version {
            sent_at: time_of(self.id.get()),
            edited_at: self.edited_timestamp.map(|at| Timestamp(at.as_millisecond())),
            text: self.content.clone(),
            files,
            replies_to_other: replies_to_other && self.kind == MessageType::InlineReply,
        }
    }

    /// Which part of our message with this key it is, counted from 0; by an embed's address, or by a control's id where
    /// somebody has hidden the embed.
    pub(super) fn part_of(&self, ours: UserId, key: &str, parts: usize) -> Option<usize> {
        if self.author.id != ours {
            return None;
        }
        let url = self.embeds.first().and_then(|embed| embed.url.as_deref());
        let by_address = (0..parts).find(|part| url == Some(&draw::url(key, part + 1)));
        let by_control = || self.components.iter().any(|component| has_key(component, key));
        // Controls are on the last part.
        by_address.or_else(|| (url.is_none() && by_control()).then(|| parts.saturating_sub(1)))
    }
}

fn has_key(component: &serde_json::Value, key: &str) -> bool {
    let here =
        component["custom_id"].as_str().is_some_and(|id| id.split('|').skip(1).any(|part| part == key));
    here || component["components"].as_array().is_some_and(|inner| inner.iter().any(|it| has_key(it, key)))
}

/// When an id was made.
pub(super) fn time_of(snowflake: u64) -> Timestamp {
    // 42 bits of milliseconds always fit.
    Timestamp(EPOCH_MS + i64::try_from(snowflake >> 22).unwrap_or(0))
}

/// The least id of a moment.
pub(super) fn first_id_at(at: Timestamp) -> u64 {
    u64::try_from(at.0.saturating_sub(EPOCH_MS)).unwrap_or(0) << 22
}

/// Reads an id that the bot stored. `None`: it is none of Discord's.
pub(super) fn snowflake(text: &str) -> Option<u64> {
    text.parse().ok().filter(|id| *id > 0)
}

pub(super) fn workspace(guild: GuildId) -> Option<Workspace> {
    let id: WorkspaceRef = guild.to_string().parse().ok()?;
    Some(Workspace { platform: Platform::Discord, id })
}

pub(super) fn person_ref(user: UserId) -> Option<PersonRef> {
    user.to_string().parse().ok()
}

pub(super) fn channel_ref(channel: ChannelId) -> Option<ChannelRef> {
    channel.to_string().parse().ok()
}

pub(super) fn message_ref(id: u64) -> Option<MessageRef> {
    id.to_string().parse().ok()
}
