//! What the bot is told of, by its scopes and by where it is a member.

use serde_json::{Value, json};

use super::world::{Kind, World};

/// The old way to know Slack by, which nobody should rely on.
pub(crate) const VERIFICATION: &str = "verification-token-of-old";

/// An event, and what decides whether the bot hears of it.
pub(crate) struct Event<'a> {
    pub(crate) team: &'a str,
    /// The scope that it needs.
    pub(crate) scope: &'a str,
    pub(crate) shared: bool,
    pub(crate) json: Value,
}

impl World {
    /// Tells the bot, if its scopes let it hear.
    pub(crate) fn tell(&mut self, event: Event<'_>) {
        if !self.has_scope(event.scope) || self.revoked {
            return;
        }
        let team = if self.teams[event.team].foreign { self.team.clone() } else { event.team.to_owned() };
        let number = self.ids.number();
        let context = format!("4-context-{number}");
        let payload = json!({
            "token": VERIFICATION, "team_id": team, "enterprise_id": self.enterprise, "api_app_id": self.app,
            "event": event.json, "type": "event_callback", "event_id": format!("Ev0STUDY{number:04}"),
            "event_time": self.now().0 / 1_000,
            "authorizations": [{
                "enterprise_id": self.enterprise, "team_id": team, "user_id": self.bot_user, "is_bot": true,
                "is_enterprise_install": self.enterprise.is_some(),
            }],
            "is_ext_shared_channel": event.shared, "event_context": context,
        });
        self.deliver_event(payload);
    }

    /// Tells of something in a channel that the bot is in.
    fn tell_in_channel(&mut self, channel: &str, mut json: Value) {
        if !self.bot_is_in(channel) {
            return;
        }
        let there = self.channel(channel);
        let (team, kind, shared) = (there.team.clone(), there.kind, there.shared);
        json["channel"] = json!(channel);
        json["channel_type"] = json!(kind.name());
        if json["event_ts"].is_null() {
            json["event_ts"] = json["ts"].clone();
        }
        self.tell(Event { team: &team, scope: kind.history(), shared, json });
    }

    /// Tells of a message that is new.
    pub(crate) fn tell_message(&mut self, channel: &str, message: &Value) {
        let mut json = self.shown(message, true);
        // What a person wrote carries no such thing anyway.
        if json["subtype"] == "thread_broadcast" {
            let root = message["thread_ts"].as_str().unwrap_or_default();
            if let Some(root) = self.message(channel, root) {
                json["root"] = self.shown_in(channel, root, false);
            }
        }
        self.tell_in_channel(channel, json);
        let Some(root) = message["thread_ts"].as_str().map(str::to_owned) else { return };
        let Some(parent) = self.message(channel, &root).cloned() else { return };
        let ts = self.next_ts();
        let json = json!({
            "type": "message", "subtype": "message_replied", "hidden": true, "ts": ts, "event_ts": ts,
            "message": self.shown_in(channel, &parent, false),
        });
        self.tell_in_channel(channel, json);
    }

    /// Tells of a message that is another now.
    pub(crate) fn tell_changed(&mut self, channel: &str, after: &Value, before: &Value) {
        let ts = self.next_ts();
        let json = json!({
            "type": "message", "subtype": "message_changed", "hidden": true, "ts": ts, "event_ts": ts,
            "message": self.shown_in(channel, after, true), "previous_message": self.shown_in(channel, before, true),
        });
        self.tell_in_channel(channel, json);
    }

    /// Tells of a message that is gone.
    pub(crate) fn tell_deleted(&mut self, channel: &str, before: &Value) {
        let ts = self.next_ts();
        let json = json!({
            "type": "message", "subtype": "message_deleted", "hidden": true, "ts": ts, "event_ts": ts,
            "deleted_ts": before["ts"], "previous_message": self.shown(before, true),
        });
        self.tell_in_channel(channel, json);
    }

    /// Tells of something about a channel itself, its members or its being archived.
    pub(crate) fn tell_of_channel(&mut self, channel: &str, json: Value) {
        let there = self.channel(channel);
        let (team, scope, shared) = (there.team.clone(), there.kind.read(), there.shared);
        if there.kind != Kind::Direct {
            self.tell(Event { team: &team, scope, shared, json });
        }
    }

    /// Tells that somebody is another now.
    pub(crate) fn tell_of_user(&mut self, kind: &str, person: &str) {
        let team = self.user(person).team.clone();
        let ts = self.next_ts();
        let json = json!({"type": kind, "user": self.user_json(person), "cache_ts": self.now().0 / 1_000, "event_ts": ts});
        self.tell(Event { team: &team, scope: "users:read", shared: false, json });
    }

    /// Tells who came into a group and who went.
    pub(crate) fn tell_of_group(&mut self, group: &str, before: &[String]) {
        let there = self.groups[group].clone();
        let added: Vec<&String> = there.members.iter().filter(|member| !before.contains(member)).collect();
        let removed: Vec<&String> = before.iter().filter(|member| !there.members.contains(member)).collect();
        let (ts, now) = (self.next_ts(), self.now().0 / 1_000);
        let json = json!({
            "type": "subteam_members_changed", "subteam_id": group, "team_id": there.team, "date_previous_update": now,
            "date_update": now, "added_users": added, "added_users_count": added.len(), "removed_users": removed,
            "removed_users_count": removed.len(), "event_ts": ts,
        });
        self.tell(Event { team: &there.team, scope: "usergroups:read", shared: false, json });
    }
}
