//! What a test does to the gateway and to requests, and what it learns of them.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;

use super::FakeDiscord;
use super::events::Event;
use super::gateway::{Frame, GatewayCounts, payload};
use super::ids::{Id, iso};
use super::limits::Limits;
use super::objects::text;
use super::scripts::{Count, Request, Trouble, Which};

/// What Discord tells when it has looked at the links of a message that nobody edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfurl {
    /// The whole message, with its old `edited_timestamp` (null, if it was never edited).
    Whole,
    /// As older servers did: no more than where it is, and its embeds.
    Partial,
}

impl FakeDiscord {
    // Connections.

    /// Every connection breaks without a close frame.
    pub(crate) fn drop_connections(&self) {
        self.world().gateway.cut_all();
    }

    /// One shard's connection breaks.
    pub(crate) fn drop_shard(&self, shard: u64) {
        self.world().gateway.cut_shard(shard);
    }

    /// Every connection is closed with this code.
    pub(crate) fn close_connections(&self, code: u16) {
        let mut world = self.world();
        // After these a client begins anew.
        if matches!(code, 4_003 | 4_004 | 4_007 | 4_009..=4_014) {
            world.gateway.forget_sessions();
        }
        world.gateway.send_all(&Frame::Close(code));
    }

    /// Every client is asked to reconnect and resume (op 7).
    pub(crate) fn ask_to_reconnect(&self) {
        self.world().gateway.send_all(&payload(7, &Value::Null));
    }

    /// Every session is invalid (op 9): it may be resumed, or it is gone.
    pub(crate) fn invalidate_sessions(&self, resumable: bool) {
        let mut world = self.world();
        if !resumable {
            world.gateway.forget_sessions();
        }
        world.gateway.send_all(&payload(9, &Value::Bool(resumable)));
    }

    /// Resumes meet an invalid session.
    pub(crate) fn refuse_resumes(&self, refuse: bool) {
        self.world().gateway.refuses_resume = refuse;
    }

    /// Nothing is reachable, neither the gateway nor the HTTP side; `false`: all is well again.
    pub(crate) fn go_dark(&self, dark: bool) {
        let mut world = self.world();
        world.dark = dark;
        world.gateway.dark = dark;
        if dark {
            world.gateway.cut_all();
        }
    }

    /// The gateway alone takes no connections.
    pub(crate) fn darken_gateway(&self, dark: bool) {
        let mut world = self.world();
        world.gateway.dark = dark;
        if dark {
            world.gateway.cut_all();
        }
    }

    /// Heartbeats are not acknowledged any more: the connection is as good as dead.
    pub(crate) fn ignore_heartbeats(&self, ignore: bool) {
        self.world().gateway.deaf = ignore;
    }

    /// The token is worth nothing any more: 401, and 4004 on the gateway.
    pub(crate) fn revoke_token(&self) {
        let mut world = self.world();
        world.gateway.revoked = true;
        world.gateway.send_all(&Frame::Close(4_004));
    }

    /// The owner resets the token: the old one is worth nothing any more, and this one is good.
    pub(crate) fn reset_token(&self, token: &str) {
        let mut world = self.world();
        token.clone_into(&mut world.config.token);
        world.gateway.forget_sessions();
        world.gateway.send_all(&Frame::Close(4_004));
    }

    /// As [`FakeDiscord::reset_token`], of which the gateway says nothing: the next request meets it.
    pub(crate) fn reset_token_unnoticed(&self, token: &str) {
        token.clone_into(&mut self.world().config.token);
    }

    /// Changes whenever something has happened that can be read here.
    pub(crate) fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The token is worth something again.
    pub(crate) fn accept_token(&self) {
        self.world().gateway.revoked = false;
    }

    /// Somebody switches the message content intent on or off.
    pub(crate) fn switch_content(&self, on: bool) {
        self.world().config.content_switch = on;
    }

    /// Waits until what has happened at the gateway is as `enough` wants it.
    pub(crate) async fn until_gateway(&self, what: &str, enough: impl Fn(&GatewayCounts) -> bool) {
        self.until(what, |world| enough(&world.gateway.counts).then_some(())).await;
    }

    /// Waits until more than so many interactions have been answered for the first time.
    pub(crate) async fn answered_more_than(&self, before: u64) {
        let what = format!("more than {before} answers to interactions");
        self.until(&what, |world| (first_answers(world) > before).then_some(())).await;
    }

    /// How many interactions have been answered for the first time.
    pub(crate) fn first_answers(&self) -> u64 {
        first_answers(&self.world())
    }

    /// Waits until the gateway, while it takes no connections, has turned so many away; says when, in real time.
    pub(crate) async fn turned_away(&self, attempts: usize) -> Vec<Instant> {
        let what = format!("{attempts} attempts to connect");
        self.until(&what, |world| {
            let all = &world.gateway.turned_away;
            (all.len() >= attempts).then(|| all.clone())
        })
        .await
    }

    /// Whether anybody is there to hear of an interaction.
    pub(crate) fn is_connected(&self) -> bool {
        self.world().gateway.connected_shards() > 0
    }

    /// Waits until so many shards are connected and have begun.
    pub(crate) async fn connected(&self, shards: usize) {
        let what = format!("{shards} connected shards");
        self.until(&what, |world| (world.gateway.connected_shards() == shards).then_some(())).await;
    }

    /// Returns once every connected session has received everything that it was told so far. One that loses its
    /// connection meanwhile is no longer waited for, unless it resumes.
    pub(crate) async fn sync(&self) {
        let mut told = self.world().gateway.told();
        let what = "a heartbeat of every session";
        self.until(what, |world| (!world.gateway.is_behind(&mut told)).then_some(())).await;
    }

    /// What has happened at the gateway.
    pub(crate) fn gateway_counts(&self) -> GatewayCounts {
        self.world().gateway.counts
    }

    /// The intents of each connected session, by shard.
    pub(crate) fn intents(&self) -> BTreeMap<u64, u64> {
        let world = self.world();
        world.gateway.sessions.values().map(|session| (session.shard.0, session.intents)).collect()
    }

    // Events.

    /// From here on events are held back.
    pub(crate) fn hold_events(&self) {
        self.world().gateway.hold();
    }

    /// The names of the events that are held back, in their order.
    pub(crate) fn held_events(&self) -> Vec<String> {
        self.world().gateway.held()
    }

    /// Tells these of the held events, in this order, and holds none back any more.
    pub(crate) fn release_events(&self, order: &[usize]) {
        self.world().gateway.release(order);
    }

    /// Tells the held events, last first.
    pub(crate) fn release_backwards(&self) {
        let mut world = self.world();
        let order: Vec<usize> = (0..world.gateway.held().len()).rev().collect();
        world.gateway.release(&order);
    }

    /// Tells the last event of this name a second time.
    pub(crate) fn repeat_event(&self, name: &str) {
        self.world().gateway.repeat(name);
    }

    /// Sends this text on every connection, whatever it is.
    pub(crate) fn send_raw(&self, raw: &str) {
        self.world().gateway.send_all(&Frame::Text(raw.to_owned()));
    }

    /// Tells an event of the test's own making.
    pub(crate) fn send_event(&self, name: &str, guild: Option<Id>, data: &Value) {
        self.world().tell(Event::plain(name, guild, 0, data));
    }

    /// Discord has looked at a message's links: an update that is no edit.
    pub(crate) fn unfurl(&self, message: Id, unfurl: Unfurl) {
        let mut world = self.world();
        let embed = serde_json::json!({"type": "link", "url": "https://example.com/", "title": "Example"});
        let there = world.message_mut(message).expect("the message to unfurl");
        there.embeds.push(embed);
        let there = there.clone();
        let mut event = None;
        if unfurl == Unfurl::Partial {
            let guild = world.channel(there.channel).guild;
            let mut data = serde_json::json!({
                "id": text(message), "channel_id": text(there.channel), "embeds": there.embeds,
            });
            if let Some(guild) = guild {
                data["guild_id"] = text(guild);
            }
            event = Some(Event::plain("MESSAGE_UPDATE", guild, super::events::GUILD_MESSAGES, &data));
        }
        match event {
            Some(event) => world.tell(event),
            None => world.tell_message("MESSAGE_UPDATE", &there),
        }
    }

    // Requests.

    /// Lets something happen to the next `times` requests that fit.
    pub(crate) fn next(&self, times: u32, which: Which, trouble: Trouble) {
        self.world().scripts.script().add(times, which, trouble);
    }

    /// Ends all trouble. Returns how often it was still to happen.
    pub(crate) fn no_more_trouble(&self) -> u32 {
        self.world().scripts.script().clear()
    }

    /// From here on other rate limits hold.
    pub(crate) fn set_limits(&self, limits: Limits) {
        self.world().limiter.set(limits);
    }

    /// The requests so far, the oldest ones left out when there are very many.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.world().scripts.requests().cloned().collect()
    }

    /// The requests to a route, such as `POST` and `/channels/{channel_id}/messages`.
    pub(crate) fn requests_to(&self, method: &str, route: &str) -> Vec<Request> {
        let world = self.world();
        let fits = |request: &&Request| request.method == method && request.route == route;
        world.scripts.requests().filter(fits).cloned().collect()
    }

    /// How many requests there were, by method and route.
    pub(crate) fn counts(&self) -> BTreeMap<String, Count> {
        self.world().scripts.counts().clone()
    }

    /// How many requests there were of all routes.
    pub(crate) fn total(&self) -> Count {
        self.world().scripts.counts().values().fold(Count::default(), |all, more| Count {
            requests: all.requests + more.requests,
            too_many: all.too_many + more.too_many,
            invalid: all.invalid + more.invalid,
        })
    }

    // What can be read.

    /// A channel's, thread's or direct channel's messages as the API shows them, oldest first.
    pub(crate) fn messages(&self, channel: Id) -> Vec<Value> {
        let world = self.world();
        let messages = world.channels.get(&channel).map(|channel| channel.messages.values());
        messages.into_iter().flatten().map(|message| world.message_json(message)).collect()
    }

    /// A message as the API shows it.
    pub(crate) fn message(&self, message: Id) -> Option<Value> {
        let world = self.world();
        world.any_message(message).map(|message| world.message_json(message))
    }

    /// The channel or thread in which a message stands.
    pub(crate) fn place(&self, message: Id) -> Option<Id> {
        self.world().any_message(message).map(|message| message.channel)
    }

    /// The messages that the bot has sent somebody directly, oldest first.
    pub(crate) fn directs(&self, person: Id) -> Vec<Value> {
        let channel = self.world().directs.get(&person).copied();
        channel.map(|channel| self.messages(channel)).unwrap_or_default()
    }

    /// A channel or thread as the API shows it.
    pub(crate) fn channel_as_shown(&self, channel: Id) -> Option<Value> {
        let mut world = self.world();
        world.settle_thread(channel);
        world.channels.get(&channel).map(|channel| world.channel_json(channel))
    }

    /// The commands that the bot has registered.
    pub(crate) fn commands(&self) -> Vec<Value> {
        self.world().commands.clone()
    }

    /// Another version of the bot has registered a command with something else in it.
    pub(crate) fn change_command(&self, name: &str, key: &str, value: &str) {
        let mut world = self.world();
        let command = world.commands.iter_mut().find(|command| command["name"] == name);
        command.expect("the command")[key] = Value::from(value);
    }

    /// Now, as Discord writes it.
    pub(crate) fn now_as_written(&self) -> String {
        iso(self.world().now())
    }
}

fn first_answers(world: &super::world::World) -> u64 {
    let route = "POST /interactions/{interaction_id}/{interaction_token}/callback";
    world.scripts.counts().get(route).map_or(0, |count| count.requests)
}
