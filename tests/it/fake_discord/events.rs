//! What the gateway tells, and to whom: by shard, by intents, and by what the bot may see.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ids::Id;
use super::objects::text;
use super::world::{Guild, Message, World};

/// Intents.
pub(crate) const GUILDS: u64 = 1 << 0;
pub(crate) const GUILD_MEMBERS: u64 = 1 << 1;
pub(crate) const GUILD_MESSAGES: u64 = 1 << 9;
pub(crate) const DIRECT_MESSAGES: u64 = 1 << 12;
pub(crate) const MESSAGE_CONTENT: u64 = 1 << 15;

/// Something that sessions are told.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    /// What decides the shard; direct messages go to shard 0.
    pub(crate) guild: Option<Id>,
    /// A session hears of it if it asked for this.
    pub(crate) needs: u64,
    pub(crate) data: Arc<str>,
    /// What sessions without the message content intent get instead.
    pub(crate) withheld: Option<Arc<str>>,
}

impl Event {
    /// An event that tells every session of its shard the same.
    pub(crate) fn plain(name: &str, guild: Option<Id>, needs: u64, data: &Value) -> Self {
        let data = Arc::from(data.to_string());
        Self { name: name.to_owned(), guild, needs, data, withheld: None }
    }
}

impl World {
    /// Tells the sessions, or keeps it while events are held back.
    pub(crate) fn tell(&mut self, event: Event) {
        if event.guild.is_none_or(|guild| self.bot_is_in(guild)) || event.name == "GUILD_DELETE" {
            self.gateway.tell(event);
        }
    }

    /// Tells of a message that is new or has changed.
    pub(crate) fn tell_message(&mut self, name: &str, message: &Message) {
        if self.permissions(self.bot, message.channel) == 0 {
            return;
        }
        let guild = self.channel(message.channel).guild;
        let mut json = self.message_json(message);
        if let Some(guild) = guild.and_then(|guild| self.guilds.get(&guild)) {
            json["guild_id"] = text(guild.id);
            if let Some(member) = guild.members.get(&message.author) {
                json["member"] = self.partial_member_json(member);
            }
        }
        let needs = if guild.is_some() { GUILD_MESSAGES } else { DIRECT_MESSAGES };
        let withheld = self.withheld(message, json.clone());
        let mut event = Event::plain(name, guild, needs, &json);
        event.withheld = (withheld != json).then(|| Arc::from(withheld.to_string()));
        self.tell(event);
    }

    /// Tells of messages that are gone.
    pub(crate) fn tell_deleted(&mut self, channel: Id, messages: &[Id]) {
        if self.permissions(self.bot, channel) == 0 {
            return;
        }
        let guild = self.channel(channel).guild;
        let needs = if guild.is_some() { GUILD_MESSAGES } else { DIRECT_MESSAGES };
        let mut data = json!({"channel_id": text(channel)});
        if let Some(guild) = guild {
            data["guild_id"] = text(guild);
        }
        let name = if let [one] = messages {
            data["id"] = text(*one);
            "MESSAGE_DELETE"
        } else {
            data["ids"] = messages.iter().map(|id| text(*id)).collect();
            "MESSAGE_DELETE_BULK"
        };
        self.tell(Event::plain(name, guild, needs, &data));
    }

    /// Tells of a channel or thread.
    pub(crate) fn tell_channel(&mut self, name: &str, channel: Id, data: &Value) {
        if self.permissions(self.bot, channel) != 0 {
            let guild = self.channel(channel).guild;
            self.tell(Event::plain(name, guild, GUILDS, data));
        }
    }

    /// Tells that a thread has changed.
    pub(crate) fn tell_thread(&mut self, thread: Id) {
        let json = self.channel_json(self.channel(thread));
        self.tell_channel("THREAD_UPDATE", thread, &json);
    }

    pub(crate) fn guild_created(&self, guild: &Guild) -> Event {
        Event::plain("GUILD_CREATE", Some(guild.id), GUILDS, &self.guild_json(guild))
    }
}
