//! What the bot asks about channels, people and groups.

use serde_json::{Value, json};

use super::answers::{Answered, Refused, refuse};
use super::args::Args;
use super::reading::{cursor, place};
use super::world::{Kind, World};

impl World {
    pub(crate) fn conversation_info(&mut self, args: &Args) -> Answered {
        let channel = args.text("channel");
        let Some(there) = self.channels.get(channel) else { return refuse("channel_not_found") };
        if !self.has_scope(there.kind.read()) {
            return Err(self.missing(there.kind.read()));
        }
        if there.kind != Kind::Public && !self.bot_is_in(channel) {
            return refuse("channel_not_found");
        }
        Ok(json!({"channel": self.channel_json(channel)}))
    }

    pub(crate) fn join_conversation(&mut self, args: &Args) -> Answered {
        let channel = args.text("channel").to_owned();
        let Some(there) = self.channels.get(&channel) else { return refuse("channel_not_found") };
        match there.kind {
            Kind::Private => return refuse("channel_not_found"),
            Kind::Direct => return refuse("method_not_supported_for_channel_type"),
            Kind::Public if there.archived => return refuse("is_archived"),
            Kind::Public => {}
        }
        if self.bot_is_in(&channel) {
            return Ok(json!({"channel": self.channel_json(&channel), "warning": "already_in_channel"}));
        }
        self.let_in(&channel, &self.bot_user.clone());
        Ok(json!({"channel": self.channel_json(&channel)}))
    }

    pub(crate) fn open_conversation(&mut self, args: &Args) -> Answered {
        let known = args.text("channel").to_owned();
        let channel = match self.channels.get(&known) {
            Some(there) if there.kind == Kind::Direct => known,
            _ if args.has("channel") => return refuse("channel_not_found"),
            _ => self.direct_to(args.text("users"))?,
        };
        if args.flag("return_im") == Some(true) {
            return Ok(json!({"channel": self.channel_json(&channel)}));
        }
        Ok(json!({"channel": {"id": channel}}))
    }

    /// The conversation with somebody, if they can be written to.
    pub(crate) fn direct_to(&mut self, person: &str) -> Result<String, Refused> {
        let Some(user) = self.users.get(person) else { return refuse("user_not_found") };
        if user.bot {
            return refuse("cannot_dm_bot");
        }
        if user.deleted {
            return refuse("user_disabled");
        }
        if user.closed {
            return refuse("user_not_visible");
        }
        Ok(self.direct_channel(person))
    }

    /// Channels of the kinds that were asked for; of all that there are, or of somebody's (the bot's, unless named).
    pub(crate) fn conversation_list(&mut self, args: &Args, of_somebody: bool) -> Answered {
        let types = if args.has("types") { args.text("types") } else { "public_channel" };
        let kinds: Option<Vec<Kind>> = types.split(',').map(|kind| kind_named(kind.trim())).collect();
        let Some(kinds) = kinds else { return refuse("invalid_types") };
        if let Some(kind) = kinds.iter().find(|kind| !self.has_scope(kind.read())) {
            return Err(self.missing(kind.read()));
        }
        let person = if args.has("user") { args.text("user") } else { &self.bot_user };
        let hide_archived = args.flag("exclude_archived") == Some(true);
        let fits = |(id, channel): &(&String, &super::world::Channel)| {
            kinds.contains(&channel.kind)
                && !(hide_archived && channel.archived)
                && (!of_somebody || channel.members.contains(person))
                && (channel.kind == Kind::Public || self.bot_is_in(id))
                && self.is_of_asked_team(&channel.team, args)
        };
        let ids: Vec<String> = self.channels.iter().filter(fits).map(|(id, _)| id.clone()).collect();
        let (page, next) = self.pages(&ids, args)?;
        let channels: Vec<Value> = page.iter().map(|id| self.channel_json(id)).collect();
        Ok(json!({"channels": channels, "response_metadata": {"next_cursor": next}}))
    }

    pub(crate) fn user_info(&mut self, args: &Args) -> Answered {
        let id = args.text("user");
        if !self.users.contains_key(id) {
            return refuse("user_not_found");
        }
        Ok(json!({"user": self.user_json(id)}))
    }

    pub(crate) fn user_list(&mut self, args: &Args) -> Answered {
        let fits = |team: &str| self.is_of_asked_team(team, args) && !self.teams[team].foreign;
        let all = self.users.iter().filter(|(_, user)| fits(&user.team));
        let ids: Vec<String> = all.map(|(id, _)| id.clone()).collect();
        let (page, next) = self.pages(&ids, args)?;
        let members: Vec<Value> = page.iter().map(|id| self.user_json(id)).collect();
        let now = self.now().0 / 1_000;
        Ok(json!({"members": members, "cache_ts": now, "response_metadata": {"next_cursor": next}}))
    }

    pub(crate) fn group_list(&mut self, args: &Args) -> Value {
        let fits = |group: &super::world::Group| {
            self.is_of_asked_team(&group.team, args)
                && (!group.disabled || args.flag("include_disabled") == Some(true))
        };
        let with_users = args.flag("include_users") == Some(true);
        let all = self.groups.iter().filter(|(_, group)| fits(group));
        let groups: Vec<Value> = all.map(|(id, _)| self.group_json(id, with_users)).collect();
        json!({"usergroups": groups})
    }

    /// An app of a whole organisation names the workspace; others speak of their own.
    fn is_of_asked_team(&self, team: &str, args: &Args) -> bool {
        if args.has("team_id") { team == args.text("team_id") } else { team == self.team }
    }

    /// A page of these ids, and the cursor of the next.
    fn pages(&self, ids: &[String], args: &Args) -> Result<(Vec<String>, String), Refused> {
        let limit = args.number("limit").unwrap_or(100).min(self.config.largest_page);
        let after = place(args)?;
        let left: Vec<&String> =
            ids.iter().filter(|id| after.as_ref().is_none_or(|after| *id > after)).collect();
        let page: Vec<String> = left.iter().take(limit).map(|id| (*id).clone()).collect();
        let next = if left.len() > page.len() { page.last().map(|last| cursor(last)) } else { None };
        Ok((page, next.unwrap_or_default()))
    }
}

fn kind_named(name: &str) -> Option<Kind> {
    match name {
        "public_channel" => Some(Kind::Public),
        "private_channel" => Some(Kind::Private),
        "im" => Some(Kind::Direct),
        _ => None,
    }
}
