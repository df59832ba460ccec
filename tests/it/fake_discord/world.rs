//! What the fake knows: guilds, channels, messages, people. Pure data with the rules that hold it together; sockets
//! are elsewhere.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use studybot::domain::ids::Timestamp;
use tokio::sync::watch;

use super::Config;
use super::gateway::Gateway;
use super::ids::{Id, Ids};
use super::interactions::Interactions;
use super::limits::Limiter;
use super::permissions::Overwrite;
use super::scripts::Scripts;

/// Channel types.
pub(crate) const TEXT_CHANNEL: u8 = 0;
pub(crate) const DM_CHANNEL: u8 = 1;
pub(crate) const PUBLIC_THREAD: u8 = 11;
/// Message types.
pub(crate) const ORDINARY: u8 = 0;
pub(crate) const THREAD_CREATED: u8 = 18;
pub(crate) const REPLY: u8 = 19;
pub(crate) const COMMAND_REPLY: u8 = 20;
pub(crate) const THREAD_STARTER: u8 = 21;
/// Message flags.
pub(crate) const HAS_THREAD: u64 = 1 << 5;
pub(crate) const EPHEMERAL: u64 = 1 << 6;

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) bot: bool,
    /// Takes no direct messages.
    pub(crate) closed: bool,
}

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Guild {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) owner: Id,
    /// `@everyone` has the guild's own id.
    pub(crate) roles: BTreeMap<Id, Role>,
    pub(crate) members: BTreeMap<Id, Member>,
    /// Without threads.
    pub(crate) channels: Vec<Id>,
    pub(crate) threads: Vec<Id>,
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) permissions: u64,
    pub(crate) mentionable: bool,
    /// Belongs to a bot.
    pub(crate) managed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Without `@everyone`.
    pub(crate) roles: Vec<Id>,
    pub(crate) joined: Timestamp,
}

/// A text channel, a direct channel or a thread.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: Id,
    pub(crate) kind: u8,
    pub(crate) guild: Option<Id>,
    pub(crate) name: String,
    pub(crate) parent: Option<Id>,
    pub(crate) overwrites: Vec<Overwrite>,
    /// Whom a direct channel is with.
    pub(crate) recipient: Option<Id>,
    pub(crate) thread: Option<Thread>,
    pub(crate) messages: BTreeMap<Id, Message>,
}

/// What a thread has beyond a channel.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) owner: Id,
    pub(crate) archived: bool,
    pub(crate) locked: bool,
    pub(crate) archive_changed: Timestamp,
    pub(crate) auto_archive_minutes: i64,
    pub(crate) last_activity: Timestamp,
    /// Messages ever sent, the starter left out.
    pub(crate) sent: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: Id,
    pub(crate) channel: Id,
    pub(crate) author: Id,
    pub(crate) kind: u8,
    pub(crate) content: String,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) attachments: Vec<Value>,
    pub(crate) mentions: Vec<Id>,
    pub(crate) mention_roles: Vec<Id>,
    pub(crate) mention_everyone: bool,
    pub(crate) edited: Option<Timestamp>,
    pub(crate) nonce: Option<Value>,
    /// Emoji, and who reacted with it.
    pub(crate) reactions: Vec<(String, Vec<Id>)>,
    /// The message that this one answers, or starts a thread from: channel and id.
    pub(crate) reference: Option<(Id, Id)>,
    pub(crate) flags: u64,
    /// Came by an interaction.
    pub(crate) by_interaction: bool,
}

impl Message {
    /// An ordinary message with nothing in it yet.
    pub(crate) fn empty(id: Id, channel: Id, author: Id) -> Self {
        Self {
            id,
            channel,
            author,
            kind: ORDINARY,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            attachments: Vec::new(),
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            mention_everyone: false,
            edited: None,
            nonce: None,
            reactions: Vec::new(),
            reference: None,
            flags: 0,
            by_interaction: false,
        }
    }
}

/// Everything, behind one lock.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) base: String,
    pub(crate) gateway_url: String,
    pub(crate) ids: Ids,
    pub(crate) bot: Id,
    /// Not the bot's id, as with old applications: who takes one for the other is caught.
    pub(crate) application: Id,
    pub(crate) users: HashMap<Id, User>,
    pub(crate) guilds: BTreeMap<Id, Guild>,
    pub(crate) channels: HashMap<Id, Channel>,
    /// In which channel a message stands.
    pub(crate) places: HashMap<Id, Id>,
    /// Direct channels by person.
    pub(crate) directs: HashMap<Id, Id>,
    /// By channel and nonce: which message it made, and when.
    pub(crate) nonces: HashMap<(Id, String), (Id, Timestamp)>,
    pub(crate) commands: Vec<Value>,
    pub(crate) files: HashMap<String, super::files::File>,
    pub(crate) interactions: Interactions,
    pub(crate) gateway: Gateway,
    pub(crate) limiter: Limiter,
    pub(crate) scripts: Scripts,
    pub(crate) problems: Vec<String>,
    /// The HTTP side takes no connections' requests.
    pub(crate) dark: bool,
    pub(crate) changed: watch::Sender<u64>,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let mut ids = Ids::default();
        let bot = ids.old();
        let application = ids.old();
        let user = User { name: "studybot".to_owned(), bot: true, closed: false };
        Self {
            limiter: Limiter::new(&config.limits),
            gateway: Gateway::new(&config),
            config,
            base: String::new(),
            gateway_url: String::new(),
            ids,
            bot,
            application,
            users: HashMap::from([(bot, user)]),
            guilds: BTreeMap::new(),
            channels: HashMap::new(),
            places: HashMap::new(),
            directs: HashMap::new(),
            nonces: HashMap::new(),
            commands: Vec::new(),
            files: HashMap::new(),
            interactions: Interactions::default(),
            scripts: Scripts::default(),
            problems: Vec::new(),
            dark: false,
            changed: watch::Sender::new(0),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// An id of now.
    pub(crate) fn next_id(&mut self) -> Id {
        let now = self.now();
        self.ids.next(now)
    }

    /// Notes something that a sound bot never does.
    pub(crate) fn problem(&mut self, text: impl Into<String>) {
        let text = text.into();
        // A test that fails for another reason says this, too.
        println!("fake Discord: {text}");
        self.problems.push(text);
    }

    /// Wakes whoever waits for something to change.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn user(&self, id: Id) -> &User {
        self.users.get(&id).unwrap_or_else(|| panic!("there is no user {id}"))
    }

    pub(crate) fn channel(&self, id: Id) -> &Channel {
        self.channels.get(&id).unwrap_or_else(|| panic!("there is no channel {id}"))
    }

    pub(crate) fn channel_mut(&mut self, id: Id) -> &mut Channel {
        self.channels.get_mut(&id).unwrap_or_else(|| panic!("there is no channel {id}"))
    }

    /// A message wherever it stands.
    pub(crate) fn message(&self, id: Id) -> Option<&Message> {
        self.channels.get(self.places.get(&id)?)?.messages.get(&id)
    }

    pub(crate) fn message_mut(&mut self, id: Id) -> Option<&mut Message> {
        self.channels.get_mut(self.places.get(&id)?)?.messages.get_mut(&id)
    }

    /// Puts a message where it belongs, and tells nobody.
    pub(crate) fn store(&mut self, message: Message) {
        self.places.insert(message.id, message.channel);
        let made = super::ids::made_at(message.id);
        let channel = self.channel_mut(message.channel);
        if let Some(thread) = &mut channel.thread {
            thread.last_activity = thread.last_activity.max(made);
            if message.kind != THREAD_STARTER {
                thread.sent += 1;
            }
        }
        channel.messages.insert(message.id, message);
    }

    /// Whether the bot is a member of the guild.
    pub(crate) fn bot_is_in(&self, guild: Id) -> bool {
        self.guilds.get(&guild).is_some_and(|guild| guild.members.contains_key(&self.bot))
    }

    /// The guild's threads that are not archived.
    pub(crate) fn active_threads(&self, guild: Id) -> Vec<&Channel> {
        let threads = self.guilds.get(&guild).into_iter().flat_map(|guild| &guild.threads);
        let active = |channel: &&Channel| channel.thread.as_ref().is_some_and(|thread| !thread.archived);
        threads.filter_map(|id| self.channels.get(id)).filter(active).collect()
    }
}
