//! An interaction as Discord sends it: who asks, where, by what.

use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::model::Permissions;
use serenity::model::application::ComponentInteractionData;
use serenity::model::channel::{ChannelType, MessageFlags};
use serenity::model::id::{ChannelId, GuildId, InteractionId, RoleId, UserId};

use super::controls::read_id;
use super::form;
use super::model::person_ref;
use super::permissions;
use crate::chat::Person;

/// An interaction, its data unread.
#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) id: InteractionId,
    pub(super) token: String,
    #[serde(rename = "type")]
    pub(super) kind: u8,
    pub(super) guild_id: Option<GuildId>,
    pub(super) channel_id: Option<ChannelId>,
    pub(super) channel: Option<Channel>,
    pub(super) member: Option<Member>,
    user: Option<User>,
    message: Option<Shown>,
    data: Option<Box<RawValue>>,
    /// What the bot may do in the channel.
    app_permissions: Option<Permissions>,
}

/// Where it was asked.
#[derive(Deserialize)]
pub(super) struct Channel {
    pub(super) id: ChannelId,
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    kind: ChannelType,
    parent_id: Option<ChannelId>,
}

/// Who asked, as a member of the server that they asked on.
#[derive(Deserialize)]
pub(super) struct Member {
    user: User,
    nick: Option<String>,
    #[serde(default)]
    roles: Vec<RoleId>,
    #[serde(default)]
    permissions: Permissions,
}

/// Who asked.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: UserId,
    username: String,
    global_name: Option<String>,
}

/// The message whose control was used.
#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    flags: Option<MessageFlags>,
}

/// The kinds of interactions, as Discord numbers them.
pub(super) mod kind {
    /// A command was sent.
    pub(in super::super) const COMMAND: u8 = 2;
    /// A button was pressed, or a select changed.
    pub(in super::super) const COMPONENT: u8 = 3;
    /// A command is being typed.
    pub(in super::super) const AUTOCOMPLETE: u8 = 4;
    /// A modal was sent.
    pub(in super::super) const MODAL: u8 = 5;
}

/// What came can't be understood.
pub(super) struct Unreadable;

impl Channel {
    /// The channel that a thread is in; `None`: it is no thread.
    pub(super) fn parent(&self) -> Option<ChannelId> {
        let in_thread = matches!(self.kind, ChannelType::PublicThread | ChannelType::PrivateThread);
        self.parent_id.filter(|_| in_thread)
    }
}

impl Asked {
    /// What it is about, read as one of serenity's models.
    pub(super) fn data<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        let data = self.data.as_ref().ok_or(Unreadable)?;
        serde_json::from_str(data.get()).map_err(|_| Unreadable)
    }

    /// The number of the form that a button opens again.
    pub(super) fn again(&self) -> Result<Option<String>, Unreadable> {
        if self.kind != kind::COMPONENT {
            return Ok(None);
        }
        let data: ComponentInteractionData = self.data()?;
        Ok(form::token_of(read_id(&data.custom_id).action).map(str::to_owned))
    }

    /// Who asks.
    pub(super) fn user(&self) -> Option<&User> {
        self.member.as_ref().map(|member| &member.user).or(self.user.as_ref())
    }

    /// What keeps the bot from working in the channel, on a server.
    pub(super) fn hindrance(&self) -> Option<String> {
        self.guild_id?;
        let missing = permissions::missing(self.app_permissions?);
        (!missing.is_empty()).then(|| {
            format!(
                "I can't work in this channel yet. In its settings, under Permissions, give my role {}.",
                missing.join(", ")
            )
        })
    }

    /// Whether the control that was used is on a private message.
    pub(super) fn is_private(&self) -> bool {
        let flags = self.message.as_ref().and_then(|message| message.flags);
        flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL))
    }
}

impl User {
    /// In the port's words, as somebody without rights.
    pub(super) fn person(&self, nick: Option<&str>) -> Option<Person> {
        let name = nick.or(self.global_name.as_deref()).unwrap_or(&self.username);
        Some(Person::new(person_ref(self.id)?, name, false))
    }
}

impl Member {
    /// In the port's words, with their rights.
    pub(super) fn person(&self) -> Option<Person> {
        let runs_it = Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR;
        let person = self.user.person(self.nick.as_deref())?;
        Some(Person {
            admin: self.permissions.intersects(runs_it),
            groups: self.roles.iter().filter_map(|role| role.to_string().parse().ok()).collect(),
            ..person
        })
    }
}
