//! People, channels, groups and messages as Slack writes them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::world::{Kind, World};

impl World {
    pub(crate) fn user_json(&self, id: &str) -> Value {
        let user = self.user(id);
        let mut json = json!({
            "id": id, "team_id": user.team, "name": user.name.to_lowercase().replace(' ', "."),
            "deleted": user.deleted, "real_name": user.name, "tz": "Europe/Amsterdam", "tz_label": "Central European Time",
            "tz_offset": 3_600, "is_bot": user.bot, "is_app_user": false, "updated": self.now().0 / 1_000,
            "profile": {
                "real_name": user.name, "real_name_normalized": user.name, "display_name": user.name,
                "display_name_normalized": user.name, "team": user.team, "title": "", "status_text": "",
            },
        });
        // Of others' people Slack says no more than that they are strangers.
        if self.teams[&user.team].foreign {
            json["is_stranger"] = json!(true);
        } else {
            json["is_admin"] = json!(user.admin && !user.deleted);
            json["is_owner"] = json!(false);
            json["is_primary_owner"] = json!(false);
            json["is_restricted"] = json!(false);
            json["is_ultra_restricted"] = json!(false);
        }
        json
    }

    pub(crate) fn channel_json(&self, id: &str) -> Value {
        let channel = self.channel(id);
        let mut json = json!({
            "id": id, "created": channel.created, "is_archived": channel.archived,
            "is_im": channel.kind == Kind::Direct, "context_team_id": channel.team, "updated": channel.created * 1_000,
        });
        if let Some(person) = &channel.with {
            json["user"] = json!(person);
            json["is_org_shared"] = json!(false);
            return json;
        }
        let of_channel = json!({
            "name": channel.name, "name_normalized": channel.name, "is_channel": channel.kind == Kind::Public,
            "is_group": channel.kind == Kind::Private, "is_mpim": false, "is_general": false,
            "is_private": channel.kind == Kind::Private, "is_shared": channel.shared, "is_ext_shared": channel.shared,
            "is_org_shared": false, "is_member": channel.members.contains(&self.bot_user), "unlinked": 0,
            "num_members": channel.members.len(), "previous_names": [],
            "topic": {"value": "", "creator": "", "last_set": 0}, "purpose": {"value": "", "creator": "", "last_set": 0},
        });
        for (key, value) in of_channel.as_object().into_iter().flatten() {
            json[key] = value.clone();
        }
        json
    }

    pub(crate) fn group_json(&self, id: &str, with_users: bool) -> Value {
        let group = &self.groups[id];
        let mut json = json!({
            "id": id, "team_id": group.team, "is_usergroup": true, "name": group.handle, "description": "",
            "handle": group.handle, "is_external": false, "user_count": group.members.len(),
            "date_delete": i64::from(group.disabled),
        });
        if with_users {
            json["users"] = json!(group.members);
        }
        json
    }

    pub(crate) fn bot_profile(&self) -> Value {
        json!({
            "id": self.bot_id, "app_id": self.app, "name": "studybot", "deleted": false, "updated": 0,
            "team_id": self.team, "icons": {},
        })
    }

    /// A message as it is shown to the bot.
    pub(crate) fn shown(&self, message: &Value, metadata: bool) -> Value {
        let mut json = message.clone();
        if let Some(fields) = json.as_object_mut().filter(|_| !metadata) {
            fields.remove("metadata");
        }
        json
    }

    /// A message as a channel's history has it: with what hangs from it.
    pub(crate) fn shown_in(&self, channel: &str, message: &Value, metadata: bool) -> Value {
        let mut json = self.shown(message, metadata);
        let ts = message["ts"].as_str().unwrap_or_default();
        // Nothing hangs from a reply, and looking for it costs a walk through the channel.
        if message["thread_ts"].as_str().is_some_and(|thread| thread != ts) {
            return json;
        }
        let replies: Vec<&Value> = self.replies_of(channel, ts);
        if let Some(last) = replies.last() {
            let mut seen = HashSet::new();
            let by_whom = replies.iter().filter_map(|reply| reply["user"].as_str());
            let users: Vec<&str> = by_whom.filter(|user| seen.insert(*user)).collect();
            json["thread_ts"] = json!(ts);
            json["reply_count"] = json!(replies.len());
            json["reply_users_count"] = json!(users.len());
            json["reply_users"] = json!(users);
            json["latest_reply"] = last["ts"].clone();
            json["is_locked"] = json!(false);
            json["subscribed"] = json!(message["user"] == json!(self.bot_user));
        }
        json
    }

    /// The replies to a message, oldest first.
    pub(crate) fn replies_of(&self, channel: &str, ts: &str) -> Vec<&Value> {
        let all = self.channels.get(channel).into_iter().flat_map(|channel| channel.messages.values());
        all.filter(|message| message["thread_ts"] == *ts && message["ts"] != *ts).collect()
    }
}
