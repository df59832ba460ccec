//! Discord's objects as JSON.

use serde_json::{Map, Value, json};

use super::ids::{Id, iso, made_at};
use super::permissions::Overwrite;
use super::world::{Channel, DM_CHANNEL, Guild, Member, Message, PUBLIC_THREAD, Role, THREAD_STARTER, World};

/// The application has its privileged intents on, in the form for bots in fewer than 100 guilds.
const MEMBERS_LIMITED: u64 = 1 << 15;
const CONTENT_LIMITED: u64 = 1 << 19;

pub(crate) fn text(id: Id) -> Value {
    Value::String(id.to_string())
}

fn texts(ids: &[Id]) -> Vec<Value> {
    ids.iter().map(|id| text(*id)).collect()
}

/// A colourless role, as roles are listed.
pub(crate) fn role(role: &Role, position: usize) -> Value {
    json!({
        "id": text(role.id), "name": role.name, "permissions": role.permissions.to_string(),
        "position": position, "color": 0, "hoist": false, "managed": role.managed,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "mentionable": role.mentionable, "icon": null, "unicode_emoji": null, "flags": 0,
    })
}

fn overwrite(overwrite: &Overwrite) -> Value {
    json!({
        "id": text(overwrite.of), "type": u8::from(overwrite.person),
        "allow": overwrite.allow.to_string(), "deny": overwrite.deny.to_string(),
    })
}

impl World {
    pub(crate) fn user_json(&self, id: Id) -> Value {
        let user = self.user(id);
        json!({
            "id": text(id), "username": user.name.to_lowercase(), "global_name": user.name,
            "discriminator": "0", "avatar": null, "bot": user.bot, "public_flags": 0, "flags": 0,
            "primary_guild": null,
        })
    }

    /// The bot, as it sees itself.
    pub(crate) fn me_json(&self) -> Value {
        let mut me = self.user_json(self.bot);
        let extra =
            json!({"mfa_enabled": true, "locale": "en-US", "verified": true, "email": null, "bio": ""});
        merge(&mut me, extra);
        me
    }

    /// The application's flags, which say which privileged intents are switched on.
    pub(crate) fn application_flags(&self) -> u64 {
        let on = |switch, flag| if switch { flag } else { 0 };
        on(self.config.content_switch, CONTENT_LIMITED) | on(self.config.members_switch, MEMBERS_LIMITED)
    }

    pub(crate) fn application_json(&self) -> Value {
        let flags = self.application_flags();
        let installed = self.guilds.keys().filter(|guild| self.bot_is_in(**guild)).count();
        json!({
            "id": text(self.application), "name": "studybot", "icon": null, "description": "", "type": null,
            "verify_key": "0".repeat(64), "flags": flags, "flags_new": flags.to_string(), "redirect_uris": [],
            "interactions_endpoint_url": null, "role_connections_verification_url": null,
            "owner": self.user_json(self.bot), "approximate_guild_count": installed,
            "approximate_user_install_count": 0, "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0, "team": null, "eligible_oauth2_scopes": ["bot"],
            "bot_public": true, "bot_require_code_grant": false, "bot": self.user_json(self.bot),
        })
    }

    /// A member without the user.
    pub(crate) fn partial_member_json(&self, member: &Member) -> Value {
        json!({
            "roles": texts(&member.roles), "joined_at": iso(member.joined), "nick": null, "avatar": null,
            "banner": null, "flags": 0, "pending": false, "premium_since": null, "mute": false, "deaf": false,
            "communication_disabled_until": null,
        })
    }

    pub(crate) fn member_json(&self, user: Id, member: &Member) -> Value {
        let mut json = self.partial_member_json(member);
        json["user"] = self.user_json(user);
        json
    }

    pub(crate) fn roles_json(&self, guild: &Guild) -> Vec<Value> {
        guild.roles.values().enumerate().map(|(position, of)| role(of, position)).collect()
    }

    /// A channel as `GET` and the gateway show it.
    pub(crate) fn channel_json(&self, channel: &Channel) -> Value {
        let last = channel.messages.keys().next_back().copied().map(text);
        match (&channel.thread, channel.guild) {
            (Some(_), _) => self.thread_json(channel),
            (None, None) => json!({
                "id": text(channel.id), "type": DM_CHANNEL, "flags": 0, "last_message_id": last,
                "recipients": channel.recipient.map(|user| self.user_json(user)).into_iter().collect::<Vec<_>>(),
            }),
            (None, Some(guild)) => {
                let overwrites: Vec<Value> = channel.overwrites.iter().map(overwrite).collect();
                json!({
                    "id": text(channel.id), "type": channel.kind, "flags": 0, "guild_id": text(guild),
                    "name": channel.name, "position": 0, "parent_id": null, "topic": null, "nsfw": false,
                    "last_message_id": last, "permission_overwrites": overwrites, "rate_limit_per_user": 0,
                })
            }
        }
    }

    fn thread_json(&self, channel: &Channel) -> Value {
        let thread = channel.thread.as_ref().unwrap();
        let starters = channel.messages.values().filter(|message| message.kind == THREAD_STARTER).count();
        json!({
            "id": text(channel.id), "type": PUBLIC_THREAD, "flags": 0,
            "guild_id": channel.guild.map(text), "parent_id": channel.parent.map(text), "name": channel.name,
            "owner_id": text(thread.owner), "member_count": 1,
            "message_count": channel.messages.len() - starters, "total_message_sent": thread.sent,
            "last_message_id": channel.messages.keys().next_back().copied().map(text),
            "rate_limit_per_user": 0,
            "thread_metadata": {
                "archived": thread.archived, "locked": thread.locked,
                "archive_timestamp": iso(thread.archive_changed),
                "auto_archive_duration": thread.auto_archive_minutes,
                "create_timestamp": iso(made_at(channel.id)),
            },
        })
    }

    /// A message as `GET` shows it, whole.
    pub(crate) fn message_json(&self, message: &Message) -> Value {
        let mut json = self.flat_message_json(message);
        let fields = json.as_object_mut().unwrap();
        if let Some((_, id)) = message.reference {
            let target = self.message(id).map(|target| self.flat_message_json(target));
            fields.insert("referenced_message".to_owned(), target.unwrap_or(Value::Null));
        }
        json
    }

    fn flat_message_json(&self, message: &Message) -> Value {
        let mentions: Vec<Value> = message.mentions.iter().map(|user| self.user_json(*user)).collect();
        let mut json = json!({
            "id": text(message.id), "channel_id": text(message.channel), "type": message.kind,
            "author": self.user_json(message.author), "content": message.content,
            "timestamp": iso(made_at(message.id)), "edited_timestamp": message.edited.map(iso),
            "tts": false, "mention_everyone": message.mention_everyone, "mentions": mentions,
            "mention_roles": texts(&message.mention_roles), "attachments": message.attachments,
            "embeds": message.embeds, "components": message.components, "pinned": false,
            "flags": message.flags,
        });
        let fields = json.as_object_mut().unwrap();
        if !message.reactions.is_empty() {
            fields.insert("reactions".to_owned(), self.reactions_json(message));
        }
        if let Some(nonce) = &message.nonce {
            fields.insert("nonce".to_owned(), nonce.clone());
        }
        if message.by_interaction {
            fields.insert("webhook_id".to_owned(), text(self.application));
            fields.insert("application_id".to_owned(), text(self.application));
        }
        if let Some((channel, id)) = message.reference {
            let mut reference = json!({"type": 0, "channel_id": text(channel), "message_id": text(id)});
            if let Some(guild) = self.channels.get(&channel).and_then(|channel| channel.guild) {
                reference["guild_id"] = text(guild);
            }
            fields.insert("message_reference".to_owned(), reference);
        }
        if let Some(thread) = self.channels.get(&message.id) {
            fields.insert("thread".to_owned(), self.thread_json(thread));
        }
        json
    }

    fn reactions_json(&self, message: &Message) -> Value {
        let each = message.reactions.iter().map(|(emoji, by)| {
            json!({
                "emoji": {"id": null, "name": emoji}, "count": by.len(), "burst_colors": [], "me_burst": false,
                "count_details": {"burst": 0, "normal": by.len()}, "me": by.contains(&self.bot),
            })
        });
        each.collect()
    }

    /// A guild with all that `GUILD_CREATE` tells. Of the members only the bot is in it, as in a large guild.
    pub(crate) fn guild_json(&self, guild: &Guild) -> Value {
        let visible = |channel: &&Channel| self.permissions(self.bot, channel.id) != 0;
        let channels = guild.channels.iter().filter_map(|id| self.channels.get(id)).filter(visible);
        let channels: Vec<Value> = channels.map(|channel| self.channel_json(channel)).collect();
        let threads = self.active_threads(guild.id).into_iter().filter(visible);
        let threads: Vec<Value> = threads.map(|thread| self.thread_json(thread)).collect();
        let me = guild.members.get(&self.bot);
        let mut json = json!({
            "id": text(guild.id), "name": guild.name, "owner_id": text(guild.owner),
            "roles": self.roles_json(guild), "joined_at": me.map(|me| iso(me.joined)),
            "large": guild.members.len() > 50, "unavailable": false, "member_count": guild.members.len(),
            "members": me.map(|me| self.member_json(self.bot, me)).into_iter().collect::<Vec<_>>(),
            "channels": channels, "threads": threads,
        });
        merge(&mut json, plain_guild());
        json
    }

    /// What a bot without the message content intent gets of a message: nothing of what people wrote, save where
    /// they wrote to it, or named it.
    pub(crate) fn withheld(&self, message: &Message, mut json: Value) -> Value {
        if let Some(fields) = json.as_object_mut() {
            if self.is_withheld(message) {
                blank(fields);
            }
            let target = message.reference.and_then(|(_, id)| self.message(id));
            if target.is_some_and(|target| self.is_withheld(target))
                && let Some(Value::Object(target)) = fields.get_mut("referenced_message")
            {
                blank(target);
            }
        }
        json
    }

    fn is_withheld(&self, message: &Message) -> bool {
        let direct = self.channels.get(&message.channel).is_some_and(|channel| channel.guild.is_none());
        message.author != self.bot && !direct && !message.mentions.contains(&self.bot)
    }
}

/// What is alike in every guild of the fake.
fn plain_guild() -> Value {
    json!({
        "icon": null, "splash": null, "discovery_splash": null, "afk_channel_id": null, "afk_timeout": 300,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "emojis": [], "features": [], "mfa_level": 0, "application_id": null, "system_channel_id": null,
        "system_channel_flags": 0, "rules_channel_id": null, "vanity_url_code": null, "description": null,
        "banner": null, "premium_tier": 0, "preferred_locale": "en-US", "public_updates_channel_id": null,
        "nsfw_level": 0, "stickers": [], "premium_progress_bar_enabled": false, "voice_states": [],
        "presences": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
        "safety_alerts_channel_id": null, "incidents_data": null,
    })
}

fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}

fn blank(fields: &mut Map<String, Value>) {
    fields.insert("content".to_owned(), json!(""));
    for list in ["embeds", "attachments", "components"] {
        if fields.contains_key(list) {
            fields.insert(list.to_owned(), json!([]));
        }
    }
}
