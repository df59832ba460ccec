//! What the fake knows: workspaces, channels, messages, people. Pure data with the rules that hold it together; sockets
//! are elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use studybot::domain::ids::Timestamp;
use tokio::sync::watch;

use super::Config;
use super::delivery::Delivery;
use super::files::File;
use super::ids::Ids;
use super::interactions::Interactions;
use super::limits::Limiter;
use super::scripts::Scripts;
use super::views::View;

/// A workspace.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) name: String,
    /// One that the app was not installed for; its people are met in shared channels.
    pub(crate) foreign: bool,
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) team: String,
    pub(crate) bot: bool,
    pub(crate) admin: bool,
    /// Their account is deactivated.
    pub(crate) deleted: bool,
    /// Can't be written to.
    pub(crate) closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Public,
    Private,
    Direct,
}

impl Kind {
    /// What events call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Public => "channel",
            Self::Private => "group",
            Self::Direct => "im",
        }
    }

    /// The scope that reading it needs.
    pub(crate) const fn history(self) -> &'static str {
        match self {
            Self::Public => "channels:history",
            Self::Private => "groups:history",
            Self::Direct => "im:history",
        }
    }

    /// The scope that knowing of it needs.
    pub(crate) const fn read(self) -> &'static str {
        match self {
            Self::Public => "channels:read",
            Self::Private => "groups:read",
            Self::Direct => "im:read",
        }
    }
}

/// A channel or a direct conversation.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) team: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) archived: bool,
    /// Shared with another organisation.
    pub(crate) shared: bool,
    pub(crate) members: BTreeSet<String>,
    /// Whom a direct conversation is with.
    pub(crate) with: Option<String>,
    pub(crate) created: i64,
    /// By `ts`, replies among the others; each as the history has it, metadata and all.
    pub(crate) messages: BTreeMap<String, Value>,
}

/// A user group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) handle: String,
    pub(crate) team: String,
    pub(crate) members: Vec<String>,
    pub(crate) disabled: bool,
}

/// What only one person sees.
#[derive(Clone, Debug)]
pub(crate) struct Ephemeral {
    pub(crate) person: String,
    pub(crate) channel: String,
    /// As a message.
    pub(crate) json: Value,
}

/// Everything, behind one lock.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) base: String,
    pub(crate) socket_url: String,
    pub(crate) ids: Ids,
    /// The workspace that the bot token belongs to.
    pub(crate) team: String,
    /// The organisation, once there is one.
    pub(crate) enterprise: Option<String>,
    pub(crate) app: String,
    pub(crate) bot_user: String,
    pub(crate) bot_id: String,
    pub(crate) teams: BTreeMap<String, Team>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// Direct conversations by person.
    pub(crate) directs: HashMap<String, String>,
    pub(crate) ephemerals: BTreeMap<String, Ephemeral>,
    pub(crate) views: HashMap<String, View>,
    /// The modals on each person's screen, the topmost last.
    pub(crate) screens: HashMap<String, Vec<String>>,
    pub(crate) interactions: Interactions,
    /// By path.
    pub(crate) files: HashMap<String, File>,
    /// What Slack says of each file, by its id.
    pub(crate) file_infos: HashMap<String, Value>,
    pub(crate) delivery: Delivery,
    pub(crate) limiter: Limiter,
    pub(crate) scripts: Scripts,
    pub(crate) problems: Vec<String>,
    /// Nobody answers.
    pub(crate) dark: bool,
    /// The app was uninstalled.
    pub(crate) revoked: bool,
    pub(crate) changed: watch::Sender<u64>,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let mut ids = Ids::default();
        let (team, app) = (ids.next('T'), ids.next('A'));
        let (bot_user, bot_id) = (ids.next('U'), ids.next('B'));
        let mut world = Self {
            limiter: Limiter::new(&config.limits),
            delivery: Delivery::new(&config),
            config,
            base: String::new(),
            socket_url: String::new(),
            ids,
            teams: BTreeMap::from([(team.clone(), Team { name: "Cloud team".to_owned(), foreign: false })]),
            team,
            enterprise: None,
            app,
            bot_user: bot_user.clone(),
            bot_id,
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            groups: BTreeMap::new(),
            directs: HashMap::new(),
            ephemerals: BTreeMap::new(),
            views: HashMap::new(),
            screens: HashMap::new(),
            interactions: Interactions::default(),
            files: HashMap::new(),
            file_infos: HashMap::new(),
            scripts: Scripts::default(),
            problems: Vec::new(),
            dark: false,
            revoked: false,
            changed: watch::Sender::new(0),
        };
        let team = world.team.clone();
        world.add_user(bot_user, "studybot", &team, true);
        world
    }

    pub(crate) fn add_user(&mut self, id: String, name: &str, team: &str, bot: bool) {
        let (name, team) = (name.to_owned(), team.to_owned());
        let user = User { name, team, bot, admin: false, deleted: false, closed: false };
        self.users.insert(id, user);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// A message's time of now.
    pub(crate) fn next_ts(&mut self) -> String {
        let now = self.now();
        self.ids.ts(now)
    }

    /// Notes something that a sound bot never does.
    pub(crate) fn problem(&mut self, text: impl Into<String>) {
        let text = text.into();
        // A test that fails for another reason says this, too.
        println!("fake Slack: {text}");
        self.problems.push(text);
    }

    /// Wakes whoever waits for something to change.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.config.scopes.contains(scope)
    }

    pub(crate) fn user(&self, id: &str) -> &User {
        self.users.get(id).unwrap_or_else(|| panic!("there is no user {id}"))
    }

    pub(crate) fn channel(&self, id: &str) -> &Channel {
        self.channels.get(id).unwrap_or_else(|| panic!("there is no channel {id}"))
    }

    pub(crate) fn channel_mut(&mut self, id: &str) -> &mut Channel {
        self.channels.get_mut(id).unwrap_or_else(|| panic!("there is no channel {id}"))
    }

    pub(crate) fn message(&self, channel: &str, ts: &str) -> Option<&Value> {
        self.channels.get(channel)?.messages.get(ts)
    }

    /// Puts a message where it belongs, in the place of one of the same time, and tells nobody.
    pub(crate) fn store(&mut self, channel: &str, message: Value) {
        let ts = message["ts"].as_str().expect("a message's time").to_owned();
        self.channel_mut(channel).messages.insert(ts, message);
    }

    pub(crate) fn bot_is_in(&self, channel: &str) -> bool {
        self.channels.get(channel).is_some_and(|channel| channel.members.contains(&self.bot_user))
    }

    /// The bot's direct conversation with somebody.
    pub(crate) fn direct_channel(&mut self, person: &str) -> String {
        if let Some(channel) = self.directs.get(person) {
            return channel.clone();
        }
        let id = self.ids.next('D');
        let channel = Channel {
            team: self.user(person).team.clone(),
            name: String::new(),
            kind: Kind::Direct,
            archived: false,
            shared: false,
            members: BTreeSet::from([person.to_owned(), self.bot_user.clone()]),
            with: Some(person.to_owned()),
            created: self.now().0 / 1_000,
            messages: BTreeMap::new(),
        };
        self.channels.insert(id.clone(), channel);
        self.directs.insert(person.to_owned(), id.clone());
        id
    }
}
