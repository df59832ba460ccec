//! Messages, threads and reactions, as the bot asks for them.

use serde_json::{Value, json};

use super::answers::{Answered, Refused, asked, limit};
use super::ids::{Id, iso, parse};
use super::permissions::{
    ADD_REACTIONS, CREATE_PUBLIC_THREADS, EMBED_LINKS, MANAGE_THREADS, MENTION_EVERYONE, READ_MESSAGE_HISTORY,
};
use super::world::{
    Channel, HAS_THREAD, Message, PUBLIC_THREAD, REPLY, TEXT_CHANNEL, THREAD_STARTER, Thread, World,
};

/// How long a nonce is remembered.
const NONCE_MS: i64 = 5 * 60_000;

impl World {
    pub(crate) fn post(&mut self, channel: Id, body: &Value) -> Result<Answered, Refused> {
        self.visible(channel)?;
        self.may_post(channel, body)?;
        if super::rules::is_empty(body) {
            return Err(Refused::EMPTY);
        }
        let nonce = match &body["nonce"] {
            Value::Null => None,
            Value::String(nonce) => Some(nonce.clone()),
            number => Some(number.to_string()),
        };
        if let Some(nonce) = nonce.as_ref().filter(|_| body["enforce_nonce"] == true)
            && let Some((first, at)) = self.nonces.get(&(channel, nonce.clone()))
            && self.now().since(*at) < NONCE_MS
        {
            let first = self.message(*first).ok_or(Refused::UNKNOWN_MESSAGE)?;
            return Ok(Answered::ok(self.message_json(first)));
        }
        let reference = self.reference(channel, &body["message_reference"])?;
        let mut message = Message::empty(self.next_id(), channel, self.bot);
        message.reference = reference;
        message.kind = if reference.is_some() { REPLY } else { message.kind };
        message.nonce = Some(body["nonce"].clone()).filter(|nonce| !nonce.is_null());
        self.fill(&mut message, body);
        if let Some(nonce) = nonce {
            self.nonces.insert((channel, nonce), (message.id, self.now()));
        }
        self.reopen(channel);
        let answer = self.message_json(&message);
        self.store(message.clone());
        self.tell_message("MESSAGE_CREATE", &message);
        Ok(Answered::ok(answer))
    }

    /// Whether the bot may write this there.
    fn may_post(&self, channel: Id, body: &Value) -> Result<(), Refused> {
        let there = self.channel(channel);
        if let Some(person) = there.recipient {
            let shared = |guild: &super::world::Guild| {
                guild.members.contains_key(&person) && guild.members.contains_key(&self.bot)
            };
            if self.user(person).closed || !self.guilds.values().any(shared) {
                return Err(Refused::CLOSED);
            }
        }
        let embeds = body["embeds"].as_array().is_some_and(|embeds| !embeds.is_empty());
        let needed = self.to_write(channel) | if embeds { EMBED_LINKS } else { 0 };
        if !self.may(self.bot, channel, needed) {
            return Err(Refused::MISSING_PERMISSIONS);
        }
        match &there.thread {
            Some(thread) if thread.locked && !self.may(self.bot, channel, MANAGE_THREADS) => {
                Err(if thread.archived { Refused::ARCHIVED } else { Refused::LOCKED })
            }
            _ => Ok(()),
        }
    }

    fn reference(&self, channel: Id, body: &Value) -> Result<Option<(Id, Id)>, Refused> {
        let Some(id) = body["message_id"].as_str().and_then(parse) else { return Ok(None) };
        if self.channel(channel).messages.contains_key(&id) {
            return Ok(Some((channel, id)));
        }
        if body["fail_if_not_exists"] == false {
            return Ok(None);
        }
        Err(Refused::invalid("message_reference: Unknown message"))
    }

    /// Writes what a body gives into a message; what it leaves out stays.
    pub(crate) fn fill(&mut self, message: &mut Message, body: &Value) {
        if let Some(content) = body.get("content") {
            message.content = content.as_str().unwrap_or_default().trim().to_owned();
        }
        if let Some(embeds) = body.get("embeds") {
            message.embeds = embeds.as_array().into_iter().flatten().map(embed).collect();
        }
        if let Some(components) = body.get("components") {
            message.components = numbered(components);
        }
        if let Some(flags) = body["flags"].as_u64() {
            message.flags = flags | message.flags & HAS_THREAD;
        }
        self.find_mentions(message, Some(&body["allowed_mentions"]));
    }

    /// Finds who is mentioned. `allowed` is what a bot says may be.
    pub(crate) fn find_mentions(&self, message: &mut Message, allowed: Option<&Value>) {
        let allowed = allowed.filter(|allowed| !allowed.is_null());
        let says = |list: &str, what: &str| {
            let there = |allowed: &Value| {
                allowed[list].as_array().is_some_and(|all| all.iter().any(|value| value == what))
            };
            allowed.is_none_or(there)
        };
        let all = self.may(message.author, message.channel, MENTION_EVERYONE);
        let guild = self.channel(message.channel).guild.and_then(|guild| self.guilds.get(&guild));
        message.mentions = mentioned(&message.content, "<@");
        message.mentions.retain(|user| {
            self.users.contains_key(user) && (says("parse", "users") || says("users", &user.to_string()))
        });
        if let Some((_, target)) = message.reference.filter(|_| message.kind == REPLY)
            && allowed.is_none_or(|allowed| allowed["replied_user"] == true)
            && let Some(target) = self.message(target).map(|target| target.author)
            && !message.mentions.contains(&target)
        {
            message.mentions.push(target);
        }
        message.mention_roles = mentioned(&message.content, "<@&");
        message.mention_roles.retain(|role| {
            let there = guild.and_then(|guild| guild.roles.get(role));
            let allowed = says("parse", "roles") || says("roles", &role.to_string());
            allowed && there.is_some_and(|role| role.mentionable || all)
        });
        let everyone = message.content.contains("@everyone") || message.content.contains("@here");
        message.mention_everyone = everyone && all && says("parse", "everyone");
    }

    pub(crate) fn change_message(
        &mut self,
        channel: Id,
        message: Id,
        body: &Value,
    ) -> Result<Answered, Refused> {
        self.visible(channel)?;
        let there = self.channel(channel);
        let Some(mut changed) = there.messages.get(&message).cloned() else {
            return Err(Refused::UNKNOWN_MESSAGE);
        };
        if changed.author != self.bot {
            return Err(Refused::NOT_YOURS);
        }
        if there.thread.as_ref().is_some_and(|thread| thread.archived) {
            return Err(Refused::ARCHIVED);
        }
        self.fill(&mut changed, body);
        let blank = changed.content.is_empty() && changed.embeds.is_empty();
        if blank && changed.components.is_empty() && changed.attachments.is_empty() {
            return Err(Refused::EMPTY);
        }
        changed.edited = Some(self.now());
        let answer = self.message_json(&changed);
        self.channel_mut(channel).messages.insert(message, changed.clone());
        self.tell_message("MESSAGE_UPDATE", &changed);
        Ok(Answered::ok(answer))
    }

    pub(crate) fn history(&mut self, channel: Id, query: &[(String, String)]) -> Result<Answered, Refused> {
        self.visible(channel)?;
        let limit = limit(query, 50, 100)?;
        if !self.may(self.bot, channel, READ_MESSAGE_HISTORY) {
            // As documented: no messages, and no error.
            return Ok(Answered::ok(json!([])));
        }
        let messages = &self.channel(channel).messages;
        let mut page: Vec<&Message> = match (asked(query, "after"), asked(query, "before")) {
            (Some(_), Some(_)) => return Err(Refused::invalid("after and before")),
            (Some(after), None) => {
                let after = after.parse::<Id>().map_err(|_| Refused::invalid("after"))?;
                messages.range(after.saturating_add(1)..).map(|(_, message)| message).take(limit).collect()
            }
            (None, before) => {
                let before =
                    before.map_or(Ok(Id::MAX), str::parse).map_err(|_| Refused::invalid("before"))?;
                messages.range(..before).rev().map(|(_, message)| message).take(limit).collect()
            }
        };
        page.sort_by_key(|message| std::cmp::Reverse(message.id));
        let shown = page.into_iter().map(|message| {
            let json = self.message_json(message);
            if self.config.content_switch { json } else { self.withheld(message, json) }
        });
        Ok(Answered::ok(shown.collect()))
    }

    pub(crate) fn start_thread(
        &mut self,
        channel: Id,
        message: Id,
        body: &Value,
    ) -> Result<Answered, Refused> {
        self.visible(channel)?;
        if self.channel(channel).kind != TEXT_CHANNEL {
            return Err(Refused::invalid("no threads in a channel of this type"));
        }
        if !self.channel(channel).messages.contains_key(&message) {
            return Err(Refused::UNKNOWN_MESSAGE);
        }
        if !self.may(self.bot, channel, CREATE_PUBLIC_THREADS | READ_MESSAGE_HISTORY) {
            return Err(Refused::MISSING_PERMISSIONS);
        }
        if self.channels.contains_key(&message) {
            return Err(Refused::HAS_A_THREAD);
        }
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        let minutes = body["auto_archive_duration"].as_i64().unwrap_or(4_320);
        self.make_thread(channel, message, self.bot, name, minutes);
        Ok(Answered::created(self.channel_json(self.channel(message))))
    }

    /// Makes a thread that hangs from a message, whose first message is Discord's own.
    pub(crate) fn make_thread(&mut self, channel: Id, message: Id, owner: Id, name: String, minutes: i64) {
        let now = self.now();
        let thread = Thread {
            owner,
            archived: false,
            locked: false,
            archive_changed: now,
            auto_archive_minutes: minutes,
            last_activity: now,
            sent: 0,
        };
        let made = Channel {
            id: message,
            kind: PUBLIC_THREAD,
            guild: self.channel(channel).guild,
            name,
            parent: Some(channel),
            overwrites: Vec::new(),
            recipient: None,
            thread: Some(thread),
            messages: std::collections::BTreeMap::new(),
        };
        if let Some(guild) = made.guild {
            self.guild_mut(guild).threads.push(message);
        }
        self.channels.insert(message, made);
        if let Some(starter) = self.message_mut(message) {
            starter.flags |= HAS_THREAD;
        }
        let mut json = self.channel_json(self.channel(message));
        json["newly_created"] = json!(true);
        self.tell_channel("THREAD_CREATE", message, &json);
        let mut first = Message::empty(self.next_id(), message, owner);
        first.kind = THREAD_STARTER;
        first.reference = Some((channel, message));
        self.store(first.clone());
        self.tell_message("MESSAGE_CREATE", &first);
        if let Some(starter) = self.message(message).cloned() {
            self.tell_message("MESSAGE_UPDATE", &starter);
        }
    }

    /// A new message opens an archived thread again.
    pub(crate) fn reopen(&mut self, channel: Id) {
        let now = self.now();
        let Some(thread) = &mut self.channel_mut(channel).thread else { return };
        if thread.archived {
            thread.archived = false;
            thread.archive_changed = now;
            thread.last_activity = now;
            self.tell_thread(channel);
        }
    }

    pub(crate) fn bot_reacts(&mut self, channel: Id, message: Id, emoji: &str) -> Result<Answered, Refused> {
        self.visible(channel)?;
        let bot = self.bot;
        let there = self.channel(channel);
        let archived = there.thread.as_ref().is_some_and(|thread| thread.archived);
        let Some(target) = there.messages.get(&message) else { return Err(Refused::UNKNOWN_MESSAGE) };
        if emoji.is_empty() || emoji.is_ascii() {
            // Emojis of guilds are not among what the fake has.
            return Err(Refused::UNKNOWN_EMOJI);
        }
        let first = !target.reactions.iter().any(|(there, _)| there == emoji);
        if !self.may(bot, channel, READ_MESSAGE_HISTORY | if first { ADD_REACTIONS } else { 0 }) {
            return Err(Refused::MISSING_PERMISSIONS);
        }
        if archived {
            return Err(Refused::ARCHIVED);
        }
        self.react(message, bot, emoji);
        Ok(Answered::nothing())
    }

    /// Puts somebody's reaction below a message.
    pub(crate) fn react(&mut self, message: Id, user: Id, emoji: &str) {
        let message = self.message_mut(message).expect("the message that is reacted to");
        match message.reactions.iter_mut().find(|(there, _)| there == emoji) {
            Some((_, by)) if by.contains(&user) => {}
            Some((_, by)) => by.push(user),
            None => message.reactions.push((emoji.to_owned(), vec![user])),
        }
    }
}

/// An embed as Discord gives it back: of a type, its texts without spaces around them.
fn embed(given: &Value) -> Value {
    let mut embed = given.clone();
    embed["type"] = json!("rich");
    for key in ["title", "description"] {
        if let Some(text) = given[key].as_str() {
            embed[key] = json!(text.trim());
        }
    }
    if let Some(time) = given["timestamp"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok()) {
        embed["timestamp"] = json!(iso(studybot::domain::ids::Timestamp::from_jiff(time)));
    }
    if let Some(fields) = embed.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    embed
}

/// Components as Discord gives them back: numbered, with what was left out filled in.
fn numbered(rows: &Value) -> Vec<Value> {
    let mut number = 0;
    let mut next = move || {
        number += 1;
        number
    };
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| {
        let id = next();
        let parts = row["components"].as_array().into_iter().flatten().map(|part| {
            let mut part = part.clone();
            part["id"] = json!(next());
            if part["type"] == 3 {
                for key in ["min_values", "max_values"] {
                    part[key] = json!(part[key].as_u64().unwrap_or(1));
                }
            }
            if let Some(fields) = part.as_object_mut() {
                fields.retain(|_, value| !value.is_null());
            }
            part
        });
        let parts: Vec<Value> = parts.collect();
        json!({"type": 1, "id": id, "components": parts})
    })
    .collect()
}

/// The ids after this beginning of a mention.
fn mentioned(content: &str, beginning: &str) -> Vec<Id> {
    let mut found = Vec::new();
    for after in content.split(beginning).skip(1) {
        let id = after.split_once('>').map(|(id, _)| id.trim_start_matches('!')).and_then(parse);
        found.extend(id.filter(|id| !found.contains(id)));
    }
    found
}
