//! People, guilds and channels: everything that happens on Discord without the bot.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use studybot::domain::ids::Timestamp;

use super::FakeDiscord;
use super::answers::Refused;
use super::events::{Event, GUILD_MEMBERS, GUILDS};
use super::files::{Attachment, File};
use super::ids::{self, Id};
use super::objects::text;
use super::permissions::{ATTACH_FILES, BOT, MANAGE_THREADS, MEMBER, Overwrite};
use super::world::{Channel, Guild, Member, Message, REPLY, Role, TEXT_CHANNEL, THREAD_CREATED, User, World};

/// What somebody writes, beyond the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    pub(crate) reply_to: Option<Id>,
    pub(crate) attachments: Vec<Attachment>,
}

impl FakeDiscord {
    /// Somebody makes an account.
    pub(crate) fn person(&self, name: &str) -> Id {
        self.world().person(name)
    }

    /// A guild of this owner, with the bot in it and no channels.
    pub(crate) fn guild(&self, name: &str, owner: Id) -> Id {
        self.world().guild(name, owner)
    }

    /// A role.
    pub(crate) fn role(&self, guild: Id, name: &str, permissions: u64, mentionable: bool) -> Id {
        let mut world = self.world();
        let id = world.next_id();
        let role = Role { id, name: name.to_owned(), permissions, mentionable, managed: false };
        world.guild_mut(guild).roles.insert(id, role);
        id
    }

    /// Changes what a role may do; a guild's own id is `@everyone`'s.
    pub(crate) fn permit(&self, guild: Id, role: Id, permissions: u64) {
        self.world().guild_mut(guild).roles.get_mut(&role).expect("the role").permissions = permissions;
    }

    /// The role that came with the bot.
    pub(crate) fn bot_role(&self, guild: Id) -> Id {
        let world = self.world();
        world.guilds[&guild].roles.values().find(|role| role.managed).expect("the bot's role").id
    }

    /// Somebody makes an account and joins a guild with these roles.
    pub(crate) fn member(&self, guild: Id, name: &str, roles: &[Id]) -> Id {
        let person = self.person(name);
        self.join(guild, person, roles);
        person
    }

    /// Somebody joins a guild with these roles.
    pub(crate) fn join(&self, guild: Id, person: Id, roles: &[Id]) {
        let mut world = self.world();
        let joined = world.now();
        let member = Member { roles: roles.to_vec(), joined };
        world.guild_mut(guild).members.insert(person, member.clone());
        let mut json = world.member_json(person, &member);
        json["guild_id"] = text(guild);
        world.tell(Event::plain("GUILD_MEMBER_ADD", Some(guild), GUILD_MEMBERS, &json));
    }

    /// Gives somebody exactly these roles.
    pub(crate) fn set_roles(&self, guild: Id, person: Id, roles: &[Id]) {
        let mut world = self.world();
        let member = world.guild_mut(guild).members.get_mut(&person).expect("the member");
        member.roles = roles.to_vec();
        let member = member.clone();
        let mut json = world.member_json(person, &member);
        json["guild_id"] = text(guild);
        world.tell(Event::plain("GUILD_MEMBER_UPDATE", Some(guild), GUILD_MEMBERS, &json));
    }

    /// Somebody leaves, or is kicked.
    pub(crate) fn leave(&self, guild: Id, person: Id) {
        let mut world = self.world();
        world.guild_mut(guild).members.remove(&person);
        let json = json!({"guild_id": text(guild), "user": world.user_json(person)});
        world.tell(Event::plain("GUILD_MEMBER_REMOVE", Some(guild), GUILD_MEMBERS, &json));
    }

    /// The bot is kicked.
    pub(crate) fn kick_bot(&self, guild: Id) {
        let mut world = self.world();
        let bot = world.bot;
        world.guild_mut(guild).members.remove(&bot);
        world.tell(Event::plain("GUILD_DELETE", Some(guild), GUILDS, &json!({"id": text(guild)})));
    }

    /// The bot is invited (again).
    pub(crate) fn invite_bot(&self, guild: Id) {
        let role = self.bot_role(guild);
        let mut world = self.world();
        let (bot, joined) = (world.bot, world.now());
        world.guild_mut(guild).members.insert(bot, Member { roles: vec![role], joined });
        let event = world.guild_created(&world.guilds[&guild]);
        world.tell(event);
    }

    /// Discord itself can't reach a guild for a while; `false`: it can again.
    pub(crate) fn outage(&self, guild: Id, out: bool) {
        let mut world = self.world();
        let event = if out {
            let data = json!({"id": text(guild), "unavailable": true});
            Event::plain("GUILD_DELETE", Some(guild), GUILDS, &data)
        } else {
            world.guild_created(&world.guilds[&guild])
        };
        world.tell(event);
    }

    /// Somebody takes direct messages, or doesn't.
    pub(crate) fn close_directs(&self, person: Id, closed: bool) {
        self.world().users.get_mut(&person).expect("the person").closed = closed;
    }

    /// A text channel.
    pub(crate) fn channel(&self, guild: Id, name: &str, overwrites: &[Overwrite]) -> Id {
        let mut world = self.world();
        let id = world.next_id();
        world.channels.insert(id, empty_channel(id, TEXT_CHANNEL, Some(guild), name, overwrites.to_vec()));
        world.guild_mut(guild).channels.push(id);
        let json = world.channel_json(world.channel(id));
        world.tell_channel("CHANNEL_CREATE", id, &json);
        id
    }

    /// Changes what a channel allows and denies.
    pub(crate) fn set_overwrites(&self, channel: Id, overwrites: &[Overwrite]) {
        let mut world = self.world();
        world.channel_mut(channel).overwrites = overwrites.to_vec();
        let json = world.channel_json(world.channel(channel));
        world.tell_channel("CHANNEL_UPDATE", channel, &json);
    }

    /// Deletes a channel with its threads, or a thread.
    pub(crate) fn delete_channel(&self, channel: Id) {
        self.world().delete_channel(channel);
    }

    /// Writes in a channel, a thread or (with the bot) a direct channel. Panics where Discord would refuse.
    #[track_caller]
    pub(crate) fn say(&self, person: Id, channel: Id, words: &str) -> Id {
        self.say_with(person, channel, words, Extras::default())
    }

    /// As [`FakeDiscord::say`], with files, or in answer to a message.
    #[track_caller]
    pub(crate) fn say_with(&self, person: Id, channel: Id, words: &str, extras: Extras) -> Id {
        self.try_say(person, channel, words, extras).unwrap_or_else(|refused| panic!("refused: {refused:?}"))
    }

    /// Writes, if Discord lets it.
    pub(crate) fn try_say(
        &self,
        person: Id,
        channel: Id,
        words: &str,
        extras: Extras,
    ) -> Result<Id, Refused> {
        self.world().say(person, channel, words, extras)
    }

    /// Puts a message into a channel of which the gateway says nothing; `at` is when it was sent.
    pub(crate) fn insert(&self, person: Id, channel: Id, words: &str, at: Option<Timestamp>) -> Id {
        let mut world = self.world();
        let mut id = at.map_or_else(|| world.next_id(), ids::at);
        while world.places.contains_key(&id) {
            id += 1;
        }
        let mut message = Message::empty(id, channel, person);
        words.clone_into(&mut message.content);
        world.find_mentions(&mut message, None);
        world.store(message);
        id
    }

    /// The person's direct channel with the bot.
    pub(crate) fn direct(&self, person: Id) -> Id {
        self.world().direct_channel(person)
    }

    /// Edits a message.
    pub(crate) fn edit(&self, message: Id, words: &str) {
        let mut world = self.world();
        let edited = world.now();
        let mut changed = world.message(message).expect("the message to edit").clone();
        words.clone_into(&mut changed.content);
        changed.edited = Some(edited);
        world.find_mentions(&mut changed, None);
        *world.message_mut(message).expect("the message to edit") = changed.clone();
        world.tell_message("MESSAGE_UPDATE", &changed);
    }

    /// Edits a message, of which the gateway says nothing.
    pub(crate) fn edit_unnoticed(&self, message: Id, words: &str) {
        let mut world = self.world();
        let edited = world.now();
        let message = world.message_mut(message).expect("the message to edit");
        words.clone_into(&mut message.content);
        message.edited = Some(edited);
    }

    /// Deletes a message.
    pub(crate) fn delete(&self, message: Id) {
        let mut world = self.world();
        let channel = world.remove(message);
        world.tell_deleted(channel, &[message]);
    }

    /// Deletes a message, of which the gateway says nothing.
    pub(crate) fn delete_unnoticed(&self, message: Id) {
        self.world().remove(message);
    }

    /// Deletes several messages of one channel at once.
    pub(crate) fn delete_bulk(&self, messages: &[Id]) {
        let mut world = self.world();
        let channels: Vec<Id> = messages.iter().map(|message| world.remove(*message)).collect();
        world.tell_deleted(channels[0], messages);
    }

    /// Opens a thread: from a message, whose id it then has, or from none.
    pub(crate) fn open_thread(&self, person: Id, channel: Id, from: Option<Id>, name: &str) -> Id {
        let mut world = self.world();
        let id = from.unwrap_or_else(|| world.next_id());
        world.make_thread(channel, id, person, name.to_owned(), 4_320);
        if from.is_none() {
            let mut created = Message::empty(world.next_id(), channel, person);
            created.kind = THREAD_CREATED;
            name.clone_into(&mut created.content);
            world.store(created.clone());
            world.tell_message("MESSAGE_CREATE", &created);
        }
        id
    }

    /// Archives and locks a thread, or undoes it.
    pub(crate) fn set_thread(&self, thread: Id, archived: bool, locked: bool) {
        let mut world = self.world();
        let now = world.now();
        let there = world.channel_mut(thread).thread.as_mut().expect("a thread");
        (there.archived, there.locked) = (archived, locked);
        (there.archive_changed, there.last_activity) = (now, now);
        world.tell_thread(thread);
    }
}

fn empty_channel(id: Id, kind: u8, guild: Option<Id>, name: &str, overwrites: Vec<Overwrite>) -> Channel {
    Channel {
        id,
        kind,
        guild,
        name: name.to_owned(),
        parent: None,
        overwrites,
        recipient: None,
        thread: None,
        messages: BTreeMap::new(),
    }
}

impl World {
    pub(crate) fn guild_mut(&mut self, guild: Id) -> &mut Guild {
        self.guilds.get_mut(&guild).unwrap_or_else(|| panic!("there is no guild {guild}"))
    }

    fn person(&mut self, name: &str) -> Id {
        let id = self.ids.old();
        self.users.insert(id, User { name: name.to_owned(), bot: false, closed: false });
        id
    }

    fn guild(&mut self, name: &str, owner: Id) -> Id {
        let (id, bot_role, joined) = (self.ids.old(), self.next_id(), self.now());
        let role = |id, name: &str, permissions, managed| {
            (id, Role { id, name: name.to_owned(), permissions, mentionable: false, managed })
        };
        let roles = [role(id, "@everyone", MEMBER, false), role(bot_role, "studybot", BOT, true)];
        let members = [
            (owner, Member { roles: Vec::new(), joined }),
            (self.bot, Member { roles: vec![bot_role], joined }),
        ];
        let guild = Guild {
            id,
            name: name.to_owned(),
            owner,
            roles: BTreeMap::from(roles),
            members: BTreeMap::from(members),
            channels: Vec::new(),
            threads: Vec::new(),
        };
        let event = self.guild_created(&guild);
        self.guilds.insert(id, guild);
        self.tell(event);
        id
    }

    /// The direct channel of the bot with somebody.
    pub(crate) fn direct_channel(&mut self, person: Id) -> Id {
        if let Some(channel) = self.directs.get(&person) {
            return *channel;
        }
        let id = self.next_id();
        let mut channel = empty_channel(id, super::world::DM_CHANNEL, None, "", Vec::new());
        channel.recipient = Some(person);
        self.channels.insert(id, channel);
        self.directs.insert(person, id);
        id
    }

    fn say(&mut self, person: Id, channel: Id, words: &str, extras: Extras) -> Result<Id, Refused> {
        self.settle_thread(channel);
        let there = self.channels.get(&channel).ok_or(Refused::UNKNOWN_CHANNEL)?;
        let locked = there.thread.as_ref().is_some_and(|thread| thread.locked);
        let files = if extras.attachments.is_empty() { 0 } else { ATTACH_FILES };
        if !self.may(person, channel, self.to_write(channel) | files) {
            return Err(Refused::MISSING_PERMISSIONS);
        }
        if locked && !self.may(person, channel, MANAGE_THREADS) {
            return Err(Refused::LOCKED);
        }
        // People with Nitro may write 4,000 characters.
        if words.chars().count() > 4_000 {
            return Err(Refused::invalid("content: must be 4000 or fewer in length"));
        }
        let mut message = Message::empty(self.next_id(), channel, person);
        words.trim().clone_into(&mut message.content);
        if let Some(target) = extras.reply_to {
            message.kind = REPLY;
            message.reference = Some((channel, target));
        }
        for attachment in extras.attachments {
            let json = self.attach(channel, attachment);
            message.attachments.push(json);
        }
        self.find_mentions(&mut message, None);
        self.reopen(channel);
        let id = message.id;
        self.store(message.clone());
        self.tell_message("MESSAGE_CREATE", &message);
        Ok(id)
    }

    fn attach(&mut self, channel: Id, attachment: Attachment) -> Value {
        let id = self.next_id();
        let path = format!("/attachments/{channel}/{id}/{}", attachment.name);
        let url = format!("{}{path}?ex=6800&is=6700&hm=00ff", self.base);
        let mut json = json!({
            "id": text(id), "filename": attachment.name, "size": attachment.size(), "url": url, "proxy_url": url,
            "ephemeral": false,
        });
        if let Some(kind) = &attachment.content_type {
            json["content_type"] = json!(kind);
        }
        let file = File { content_type: attachment.content_type, content: attachment.content };
        self.files.insert(path, file);
        json
    }

    /// Takes a message out, and returns its channel.
    fn remove(&mut self, message: Id) -> Id {
        let channel = self.places.remove(&message).expect("the message to delete");
        self.channel_mut(channel).messages.remove(&message);
        channel
    }

    fn delete_channel(&mut self, channel: Id) {
        let json = self.channel_json(self.channel(channel));
        if self.channel(channel).thread.is_some() {
            let keys = ["id", "guild_id", "parent_id", "type"];
            let gone: serde_json::Map<String, Value> =
                keys.iter().map(|key| ((*key).to_owned(), json[*key].clone())).collect();
            self.tell_channel("THREAD_DELETE", channel, &gone.into());
        } else {
            self.tell_channel("CHANNEL_DELETE", channel, &json);
            // The bot is told of the channel alone; its threads go with it.
            self.channels.retain(|_, other| other.parent != Some(channel));
        }
        let guild = self.channel(channel).guild;
        self.channels.remove(&channel);
        if let Some(guild) = guild.and_then(|guild| self.guilds.get_mut(&guild)) {
            guild.channels.retain(|there| *there != channel);
            guild.threads.retain(|thread| self.channels.contains_key(thread));
        }
    }
}
