//! People, channels and groups: everything that happens in workspaces without the bot, its messages apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::FakeSlack;
use super::world::{Channel, Group, Kind, Team, World};

impl FakeSlack {
    /// Somebody joins the workspace, and all its public channels.
    pub(crate) fn person(&self, name: &str) -> String {
        let mut world = self.world();
        let (id, team) = (world.ids.next('U'), world.team.clone());
        world.add_user(id.clone(), name, &team, false);
        world.tell_of_user("team_join", &id);
        world.come_into_public_channels(&id);
        id
    }

    /// Makes somebody an admin, or not.
    pub(crate) fn admin(&self, person: &str, admin: bool) {
        let mut world = self.world();
        world.user_mut(person).admin = admin;
        world.tell_of_user("user_change", person);
    }

    /// Somebody takes another name.
    pub(crate) fn rename(&self, person: &str, name: &str) {
        let mut world = self.world();
        name.clone_into(&mut world.user_mut(person).name);
        world.tell_of_user("user_change", person);
    }

    /// Somebody's account is deactivated: they leave every channel.
    pub(crate) fn leave(&self, person: &str) {
        let mut world = self.world();
        world.user_mut(person).deleted = true;
        let theirs: Vec<String> = world
            .channels
            .iter()
            .filter(|(_, channel)| channel.kind != Kind::Direct && channel.members.contains(person))
            .map(|(id, _)| id.clone())
            .collect();
        for channel in theirs {
            world.let_out(&channel, person);
        }
        world.screens.remove(person);
        world.tell_of_user("user_change", person);
    }

    /// The account is activated again.
    pub(crate) fn rejoin(&self, person: &str) {
        let mut world = self.world();
        world.user_mut(person).deleted = false;
        world.tell_of_user("user_change", person);
        world.come_into_public_channels(person);
    }

    /// A second workspace of the same organisation, for which the app is installed: from then on payloads say that it
    /// is the organisation's.
    pub(crate) fn other_team(&self, name: &str) -> String {
        let mut world = self.world();
        let id = world.ids.next('T');
        world.teams.insert(id.clone(), Team { name: name.to_owned(), foreign: false });
        if world.enterprise.is_none() {
            world.enterprise = Some(world.ids.next('E'));
        }
        id
    }

    /// Somebody from another organisation, met in this channel, which is shared from then on. Returns their workspace
    /// and them.
    pub(crate) fn stranger(&self, channel: &str, name: &str) -> (String, String) {
        let mut world = self.world();
        let (team, id) = (world.ids.next('T'), world.ids.next('U'));
        world.teams.insert(team.clone(), Team { name: "Somebody else's".to_owned(), foreign: true });
        world.add_user(id.clone(), name, &team, false);
        world.channel_mut(channel).shared = true;
        world.let_in(channel, &id);
        (team, id)
    }

    /// A public channel with the bot and everybody of the workspace in it.
    pub(crate) fn channel(&self, team: &str, name: &str) -> String {
        self.world().make_channel(team, name, Kind::Public, true)
    }

    /// A public channel in which the bot is not.
    pub(crate) fn channel_without_bot(&self, team: &str, name: &str) -> String {
        self.world().make_channel(team, name, Kind::Public, false)
    }

    /// A private channel with the bot and everybody of the workspace in it.
    pub(crate) fn private_channel(&self, team: &str, name: &str) -> String {
        self.world().make_channel(team, name, Kind::Private, true)
    }

    /// Archives a channel: nobody writes there any more, and bots are no members of it.
    pub(crate) fn archive(&self, channel: &str) {
        let mut world = self.world();
        let user = world.channel(channel).members.first().cloned();
        let ts = world.next_ts();
        world.channel_mut(channel).archived = true;
        let kind =
            if world.channel(channel).kind == Kind::Public { "channel_archive" } else { "group_archive" };
        world.tell_of_channel(
            channel,
            json!({"type": kind, "channel": channel, "user": user, "is_moved": 0, "event_ts": ts}),
        );
    }

    /// Opens a channel again that was archived.
    pub(crate) fn unarchive(&self, channel: &str) {
        let mut world = self.world();
        world.channel_mut(channel).archived = false;
        let kind =
            if world.channel(channel).kind == Kind::Public { "channel_unarchive" } else { "group_unarchive" };
        let (ts, user) = (world.next_ts(), world.channel(channel).members.first().cloned());
        world.tell_of_channel(
            channel,
            json!({"type": kind, "channel": channel, "user": user, "event_ts": ts}),
        );
    }

    /// The bot is removed from a channel.
    pub(crate) fn kick_bot(&self, channel: &str) {
        let mut world = self.world();
        let bot = world.bot_user.clone();
        world.let_out(channel, &bot);
    }

    /// The bot is invited into a channel.
    pub(crate) fn invite_bot(&self, channel: &str) {
        let mut world = self.world();
        let bot = world.bot_user.clone();
        world.let_in(channel, &bot);
    }

    /// A user group of the workspace.
    pub(crate) fn group(&self, handle: &str, members: &[&str]) -> String {
        let mut world = self.world();
        let (id, team) = (world.ids.next('S'), world.team.clone());
        let group = Group { handle: handle.to_owned(), team, members: Vec::new(), disabled: false };
        world.groups.insert(id.clone(), group);
        drop(world);
        self.set_group(&id, members);
        id
    }

    /// Gives a group exactly these members.
    pub(crate) fn set_group(&self, group: &str, members: &[&str]) {
        let mut world = self.world();
        let there = world.groups.get_mut(group).expect("the group");
        let before =
            std::mem::replace(&mut there.members, members.iter().map(|id| (*id).to_owned()).collect());
        world.tell_of_group(group, &before);
    }

    /// Somebody can't be written to, or can again.
    pub(crate) fn close_directs(&self, person: &str, closed: bool) {
        self.world().user_mut(person).closed = closed;
    }

    /// The person's conversation with the bot.
    pub(crate) fn direct(&self, person: &str) -> String {
        self.world().direct_channel(person)
    }
}

impl World {
    pub(crate) fn user_mut(&mut self, id: &str) -> &mut super::world::User {
        self.users.get_mut(id).unwrap_or_else(|| panic!("there is no user {id}"))
    }

    fn make_channel(&mut self, team: &str, name: &str, kind: Kind, with_bot: bool) -> String {
        let id = self.ids.next('C');
        // An organisation's people are in all its workspaces here.
        let people = self
            .users
            .iter()
            .filter(|(_, user)| !user.bot && !user.deleted && !self.teams[&user.team].foreign);
        let mut members: BTreeSet<String> = people.map(|(id, _)| id.clone()).collect();
        if with_bot {
            members.insert(self.bot_user.clone());
        }
        let channel = Channel {
            team: team.to_owned(),
            name: name.to_owned(),
            kind,
            archived: false,
            shared: false,
            members,
            with: None,
            created: self.now().0 / 1_000,
            messages: BTreeMap::new(),
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    fn come_into_public_channels(&mut self, person: &str) {
        let all: Vec<String> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.kind != Kind::Direct)
            .map(|(id, _)| id.clone())
            .collect();
        for channel in all {
            self.channel_mut(&channel).members.insert(person.to_owned());
        }
    }

    /// Lets somebody, or the bot, into a channel, which says so.
    pub(crate) fn let_in(&mut self, channel: &str, person: &str) {
        self.channel_mut(channel).members.insert(person.to_owned());
        let (ts, team) = (self.next_ts(), self.user(person).team.clone());
        let message = json!({
            "type": "message", "subtype": "channel_join", "user": person, "ts": ts,
            "text": format!("<@{person}> has joined the channel"),
        });
        self.store(channel, message.clone());
        self.tell_message(channel, &message);
        let kind = if self.channel(channel).kind == Kind::Private { "G" } else { "C" };
        let json = json!({
            "type": "member_joined_channel", "user": person, "channel": channel, "channel_type": kind, "team": team,
            "event_ts": ts,
        });
        self.tell_of_channel(channel, json);
    }

    /// Takes somebody, or the bot, out of a channel.
    pub(crate) fn let_out(&mut self, channel: &str, person: &str) {
        let (ts, team) = (self.next_ts(), self.user(person).team.clone());
        let kind = if self.channel(channel).kind == Kind::Private { "G" } else { "C" };
        let json = json!({
            "type": "member_left_channel", "user": person, "channel": channel, "channel_type": kind, "team": team,
            "event_ts": ts,
        });
        self.channel_mut(channel).members.remove(person);
        if person == self.bot_user {
            let json = json!({"type": if kind == "G" { "group_left" } else { "channel_left" }, "channel": channel, "event_ts": ts});
            self.tell_of_channel(channel, json);
        } else {
            self.tell_of_channel(channel, json);
        }
    }
}
