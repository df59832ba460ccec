//! What the routes answer: who the bot is, guilds, channels. Messages and interactions are in files of their own.

use serde_json::{Value, json};

use super::ids::{Id, parse};
use super::objects::text;
use super::permissions::{MANAGE_THREADS, SEND_MESSAGES_IN_THREADS};
use super::route::Route;
use super::world::World;

/// A request that was carried out.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
}

impl Answered {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body) }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: 201, body: Some(body) }
    }

    pub(crate) const fn nothing() -> Self {
        Self { status: 204, body: None }
    }
}

/// A request that Discord refuses, and its own number for why.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: u64,
    message: &'static str,
    details: Option<String>,
}

const fn refused(status: u16, code: u64, message: &'static str) -> Refused {
    Refused { status, code, message, details: None }
}

impl Refused {
    pub(crate) const UNKNOWN_CHANNEL: Self = refused(404, 10_003, "Unknown Channel");
    pub(crate) const UNKNOWN_GUILD: Self = refused(404, 10_004, "Unknown Guild");
    pub(crate) const UNKNOWN_MEMBER: Self = refused(404, 10_007, "Unknown Member");
    pub(crate) const UNKNOWN_MESSAGE: Self = refused(404, 10_008, "Unknown Message");
    pub(crate) const UNKNOWN_USER: Self = refused(404, 10_013, "Unknown User");
    pub(crate) const UNKNOWN_EMOJI: Self = refused(400, 10_014, "Unknown Emoji");
    pub(crate) const UNKNOWN_WEBHOOK: Self = refused(404, 10_015, "Unknown Webhook");
    pub(crate) const UNKNOWN_INTERACTION: Self = refused(404, 10_062, "Unknown interaction");
    pub(crate) const ALREADY_ACKNOWLEDGED: Self =
        refused(400, 40_060, "Interaction has already been acknowledged.");
    pub(crate) const MISSING_ACCESS: Self = refused(403, 50_001, "Missing Access");
    pub(crate) const NOT_YOURS: Self = refused(403, 50_005, "Cannot edit a message authored by another user");
    pub(crate) const EMPTY: Self = refused(400, 50_006, "Cannot send an empty message");
    pub(crate) const CLOSED: Self = refused(403, 50_007, "Cannot send messages to this user");
    pub(crate) const MISSING_PERMISSIONS: Self = refused(403, 50_013, "Missing Permissions");
    pub(crate) const TOKEN_EXPIRED: Self = refused(401, 50_027, "Invalid Webhook Token");
    pub(crate) const ARCHIVED: Self = refused(400, 50_083, "Thread is archived");
    /// As interactions meet it, with another status.
    pub(crate) const SHUT: Self = refused(403, 50_083, "Thread is archived");
    pub(crate) const HAS_A_THREAD: Self =
        refused(400, 160_004, "A thread has already been created for this message");
    pub(crate) const LOCKED: Self = refused(403, 160_005, "Thread is locked");

    /// The body makes no sense.
    pub(crate) fn invalid(details: &str) -> Self {
        Self { details: Some(details.to_owned()), ..refused(400, 50_035, "Invalid Form Body") }
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(details) = &self.details {
            let error = json!({"code": "BASE_TYPE_BAD", "message": details});
            body["errors"] = json!({"_errors": [error]});
        }
        body
    }
}

/// A value of a query.
pub(crate) fn asked<'a>(query: &'a [(String, String)], key: &str) -> Option<&'a str> {
    query.iter().find(|(there, _)| there == key).map(|(_, value)| value.as_str())
}

/// A number of a query, within bounds.
pub(crate) fn limit(query: &[(String, String)], default: usize, most: usize) -> Result<usize, Refused> {
    let Some(text) = asked(query, "limit") else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Refused::invalid(&format!("limit is not 1 to {most}")))
}

impl World {
    /// Does what a request asks; its body has been checked.
    pub(crate) fn answer(
        &mut self,
        method: &str,
        route: &Route,
        query: &[(String, String)],
        body: &Value,
    ) -> Result<Answered, Refused> {
        match route {
            Route::GatewayBot => Ok(Answered::ok(self.gateway_json())),
            Route::Application => Ok(Answered::ok(self.application_json())),
            Route::Me => Ok(Answered::ok(self.me_json())),
            Route::MyGuilds => self.my_guilds(query),
            Route::Commands(application) => self.commands(method, *application, body),
            Route::GuildChannels(guild) => self.guild_channels(*guild),
            Route::GuildRoles(guild) => {
                self.my_guild(*guild)?;
                Ok(Answered::ok(self.roles_json(&self.guilds[guild]).into()))
            }
            Route::GuildMember(guild, user) => self.guild_member(*guild, *user),
            Route::Channel(channel) if method == "GET" => {
                self.visible(*channel)?;
                Ok(Answered::ok(self.channel_json(self.channel(*channel))))
            }
            Route::Channel(channel) => self.change_thread(*channel, body),
            Route::Messages(channel) if method == "GET" => self.history(*channel, query),
            Route::Messages(channel) => self.post(*channel, body),
            Route::Message(channel, message) => self.change_message(*channel, *message, body),
            Route::Threads { channel, message } => self.start_thread(*channel, *message, body),
            Route::Reaction { channel, message, emoji } => self.bot_reacts(*channel, *message, emoji),
            Route::OpenDm => self.open_direct(body),
            Route::Callback { interaction, token } => {
                let shown = asked(query, "with_response") == Some("true");
                self.callback(*interaction, token, body, shown)
            }
            Route::Original { application, token } => self.change_original(*application, token, body),
            Route::FollowUp { application, token } => {
                let shown = asked(query, "wait") != Some("false");
                self.follow_up(*application, token, body, shown)
            }
        }
    }

    fn gateway_json(&self) -> Value {
        json!({
            "url": self.gateway_url, "shards": self.config.shards,
            "session_start_limit": {
                "total": 1000, "remaining": self.gateway.starts_left, "reset_after": 14_400_000,
                "max_concurrency": self.config.max_concurrency,
            },
        })
    }

    fn my_guild(&self, guild: Id) -> Result<(), Refused> {
        if self.bot_is_in(guild) { Ok(()) } else { Err(Refused::UNKNOWN_GUILD) }
    }

    /// A channel that exists, and that the bot sees.
    pub(crate) fn visible(&mut self, channel: Id) -> Result<(), Refused> {
        self.settle_thread(channel);
        match self.channels.get(&channel) {
            None => Err(Refused::UNKNOWN_CHANNEL),
            Some(_) if self.permissions(self.bot, channel) == 0 => Err(Refused::MISSING_ACCESS),
            Some(_) => Ok(()),
        }
    }

    fn my_guilds(&self, query: &[(String, String)]) -> Result<Answered, Refused> {
        let limit = limit(query, 200, 200)?;
        let after = asked(query, "after").and_then(parse).unwrap_or(0);
        let before = asked(query, "before").and_then(parse).unwrap_or(Id::MAX);
        let mine = self.guilds.values().filter(|guild| guild.members.contains_key(&self.bot));
        let page = mine.filter(|guild| guild.id > after && guild.id < before).take(limit).map(|guild| {
            json!({
                "id": text(guild.id), "name": guild.name, "icon": null, "banner": null,
                "owner": guild.owner == self.bot, "features": [],
                "permissions": self.guild_permissions(guild, self.bot).to_string(),
            })
        });
        Ok(Answered::ok(page.collect()))
    }

    fn guild_channels(&self, guild: Id) -> Result<Answered, Refused> {
        self.my_guild(guild)?;
        // All of them, the ones hidden from the bot included, and no threads.
        let channels = self.guilds[&guild].channels.iter().filter_map(|id| self.channels.get(id));
        Ok(Answered::ok(channels.map(|channel| self.channel_json(channel)).collect()))
    }

    fn guild_member(&self, guild: Id, user: Id) -> Result<Answered, Refused> {
        self.my_guild(guild)?;
        if !self.users.contains_key(&user) {
            return Err(Refused::UNKNOWN_USER);
        }
        let member = self.guilds[&guild].members.get(&user).ok_or(Refused::UNKNOWN_MEMBER)?;
        Ok(Answered::ok(self.member_json(user, member)))
    }

    fn open_direct(&mut self, body: &Value) -> Result<Answered, Refused> {
        let person = body["recipient_id"].as_str().and_then(parse);
        let person = person.filter(|person| *person != self.bot && self.users.contains_key(person));
        let person = person.ok_or_else(|| Refused::invalid("recipient_id names no user"))?;
        let channel = self.direct_channel(person);
        Ok(Answered::ok(self.channel_json(self.channel(channel))))
    }

    /// Archives a thread whose time has come.
    pub(crate) fn settle_thread(&mut self, channel: Id) {
        let now = self.now();
        let Some(thread) = self.channels.get_mut(&channel).and_then(|channel| channel.thread.as_mut()) else {
            return;
        };
        if !thread.archived && now.since(thread.last_activity) > thread.auto_archive_minutes * 60_000 {
            thread.archived = true;
            thread.archive_changed = now;
            self.tell_thread(channel);
        }
    }

    fn change_thread(&mut self, channel: Id, body: &Value) -> Result<Answered, Refused> {
        self.visible(channel)?;
        let (bot, now) = (self.bot, self.now());
        let manages = self.may(bot, channel, MANAGE_THREADS);
        let writes = self.may(bot, channel, SEND_MESSAGES_IN_THREADS);
        let there = self.channel_mut(channel);
        let Some(thread) = &mut there.thread else { return Err(Refused::MISSING_PERMISSIONS) };
        let archived = body["archived"].as_bool();
        let locks = body["locked"].as_bool().is_some_and(|locked| locked != thread.locked);
        let only_reopens = archived == Some(false) && !locks && body["name"].is_null();
        if thread.archived && archived != Some(false) {
            return Err(Refused::ARCHIVED);
        }
        let opens_alone = only_reopens && !thread.locked && writes;
        let own = thread.owner == bot && !locks && !(thread.locked && thread.archived);
        if !manages && !opens_alone && !own {
            return Err(Refused::MISSING_PERMISSIONS);
        }
        thread.locked = body["locked"].as_bool().unwrap_or(thread.locked);
        if let Some(archived) = archived
            && archived != thread.archived
        {
            thread.archived = archived;
            thread.archive_changed = now;
            thread.last_activity = now;
        }
        if let Some(minutes) = body["auto_archive_duration"].as_i64() {
            thread.auto_archive_minutes = minutes;
        }
        if let Some(name) = body["name"].as_str() {
            name.clone_into(&mut there.name);
        }
        self.tell_thread(channel);
        Ok(Answered::ok(self.channel_json(self.channel(channel))))
    }
}
