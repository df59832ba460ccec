//! What a test does to the transport, and what it asks of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::delivery::{Connections, Frame, Telling, What, disconnect};
use super::limits::Limits;
use super::scripts::{Count, Request, Trouble, Which};
use super::world::World;
use super::{FakeSlack, posts};

impl FakeSlack {
    /// HTTP mode: events and the rest are posted to this address, such as `http://127.0.0.1:3000`, which is asked for
    /// the challenge first. `None`: Socket Mode, if it is switched on.
    pub(crate) fn deliver_to(&self, address: Option<String>) {
        let mut world = self.world();
        world.delivery.address.clone_from(&address);
        let Some(address) = address else { return };
        let (id, challenge, now) = (world.ids.long(), world.ids.long(), world.now());
        let job = posts::verification(id, &address, &world.config.signing_secret, now, &challenge);
        if let Some(posts) = &world.delivery.posts {
            let _ = posts.send(job);
        }
    }

    /// Returns once every event so far was delivered and acknowledged, or nobody is connected.
    pub(crate) async fn sync(&self) {
        self.until("the events' acknowledgements", |world| {
            let delivery = &world.delivery;
            let events = delivery.in_flight.values().filter(|sent| sent.telling.what == What::Event).count();
            (events == 0 || !delivery.is_heard()).then_some(())
        })
        .await;
    }

    /// Where the bot is posted to, in HTTP mode.
    pub(crate) fn address(&self) -> Option<String> {
        self.world().delivery.address.clone()
    }

    /// Whether there is a connection, or an address to post to.
    pub(crate) fn is_connected(&self) -> bool {
        self.world().delivery.is_heard()
    }

    /// Waits for a connection.
    pub(crate) async fn connected(&self) {
        self.until("a connection", |world| world.delivery.is_heard().then_some(())).await;
    }

    /// Waits for so many connections at once (or an address to post to).
    pub(crate) async fn connections(&self, count: usize) {
        let what = format!("{count} connections");
        self.until(&what, |world| {
            let delivery = &world.delivery;
            (delivery.address.is_some() || delivery.connections.len() == count).then_some(())
        })
        .await;
    }

    /// What has happened at the sockets.
    pub(crate) fn connection_counts(&self) -> Connections {
        self.world().delivery.counts
    }

    /// How long the acknowledgement of each message took since this was asked last, by the message's `ts`.
    #[allow(dead_code, reason = "the benchmark asks for it")]
    pub(crate) fn take_round_trips(&self) -> Vec<(String, Duration)> {
        std::mem::take(&mut self.world().delivery.round_trips)
    }

    /// Waits until what has happened at the sockets is enough.
    pub(crate) async fn until_connections(&self, what: &str, enough: impl Fn(&Connections) -> bool) {
        self.until(what, |world| enough(&world.delivery.counts).then_some(())).await;
    }

    /// Breaks every connection without a word.
    pub(crate) fn drop_connections(&self) {
        self.end_connections(None);
    }

    /// Ends every connection, as Slack does when its time is over.
    pub(crate) fn refresh_connections(&self) {
        self.end_connections(Some("refresh_requested"));
    }

    /// Socket Mode is switched off: connections end, and none can be opened.
    pub(crate) fn disable_socket_mode(&self) {
        self.world().delivery.socket_mode = false;
        self.end_connections(Some("link_disabled"));
    }

    /// Socket Mode is switched on again.
    pub(crate) fn enable_socket_mode(&self) {
        self.world().delivery.socket_mode = true;
    }

    fn end_connections(&self, reason: Option<&str>) {
        let mut world = self.world();
        match reason {
            None => world.say_on_all(&Frame::Cut),
            Some(reason) => {
                world.say_on_all(&disconnect(reason));
                world.say_on_all(&Frame::Close);
            }
        }
        // From here on nothing more is told there.
        let all: Vec<u64> = world.delivery.connections.keys().copied().collect();
        world.delivery.connections.clear();
        for connection in all {
            world.connection_ended(connection);
        }
        world.touch();
    }

    /// Nobody answers any more, and connections break; `false`: everything is as before.
    pub(crate) fn go_dark(&self, dark: bool) {
        self.world().dark = dark;
        if dark {
            self.drop_connections();
        }
    }

    /// The app is uninstalled: its bot token is worth nothing, and connections end.
    pub(crate) fn revoke_tokens(&self) {
        let mut world = self.world();
        let bot = world.bot_user.clone();
        let team = world.team.clone();
        let json = json!({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}, "event_ts": world.next_ts()});
        world.tell(super::events::Event { team: &team, scope: "chat:write", shared: false, json });
        world.revoked = true;
    }

    /// The tokens are worth something again.
    pub(crate) fn accept_tokens(&self) {
        let mut world = self.world();
        (world.revoked, world.delivery.account_inactive) = (false, false);
    }

    /// The workspace, or the one that installed the app, is deactivated.
    pub(crate) fn deactivate(&self) {
        self.world().delivery.account_inactive = true;
    }

    /// Takes a scope away, or gives one.
    pub(crate) fn set_scope(&self, scope: &str, given: bool) {
        let mut world = self.world();
        if given {
            world.config.scopes.insert(scope.to_owned());
        } else {
            world.config.scopes.remove(scope);
        }
    }

    /// Holds back the events that happen from here on. Interactions go on.
    pub(crate) fn hold_events(&self) {
        self.world().delivery.held.get_or_insert_default();
    }

    /// What the held events are: their types, or subtypes.
    pub(crate) fn held_events(&self) -> Vec<String> {
        let world = self.world();
        let held = world.delivery.held.iter().flatten();
        let name = |event: &serde_json::Value| {
            event["subtype"].as_str().or(event["type"].as_str()).map(str::to_owned)
        };
        held.map(|telling| name(&telling.payload["event"]).unwrap_or_default()).collect()
    }

    /// Tells these of the held events, in this order, and holds none back any more.
    pub(crate) fn release_events(&self, order: &[usize]) {
        let mut world = self.world();
        let held = world.delivery.held.take().unwrap_or_default();
        for index in order {
            world.deliver(held[*index].clone());
        }
    }

    /// Tells the held events, last first.
    pub(crate) fn release_backwards(&self) {
        let order: Vec<usize> = (0..self.held_events().len()).rev().collect();
        self.release_events(&order);
    }

    /// Tells the last event a second time: with the same ids, or as a retry with ids of its own.
    pub(crate) fn repeat_event(&self, fresh_ids: bool) {
        let mut world = self.world();
        let last = world.delivery.told.back().cloned().expect("an event that was told");
        world.repeat(last, fresh_ids);
    }

    /// Tells once more that a message was written, as [`FakeSlack::repeat_event`] does.
    pub(crate) fn repeat_message(&self, ts: &str, fresh_ids: bool) {
        let mut world = self.world();
        let told = world.delivery.told.iter().find(|telling| telling.payload["event"]["ts"] == ts);
        let told = told.cloned().expect("a message that was told of");
        world.repeat(told, fresh_ids);
    }

    /// Tells again, with ids of its own, what was not acknowledged, as Slack does when its time is over.
    pub(crate) fn redeliver(&self) {
        self.world().redeliver();
    }

    /// How many events wait to be told again.
    pub(crate) fn waiting(&self) -> usize {
        self.world().delivery.waiting.len()
    }

    /// Sends this text on every connection, whatever it is.
    pub(crate) fn send_raw(&self, text: &str) {
        self.world().say_on_all(&Frame::Text(text.to_owned()));
    }

    /// Lets something happen to the next `times` requests that fit.
    pub(crate) fn next(&self, times: u32, which: Which, trouble: Trouble) {
        self.world().scripts.script().add(times, which, trouble);
    }

    /// Forgets what was to happen and has not. Returns how often it did not.
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

    /// Those of a method.
    pub(crate) fn requests_to(&self, method: &str) -> Vec<Request> {
        self.world().scripts.requests().filter(|request| request.method == method).cloned().collect()
    }

    /// By method.
    pub(crate) fn counts(&self) -> BTreeMap<String, Count> {
        self.world().scripts.counts().clone()
    }

    /// Waits until a method was asked so often.
    pub(crate) async fn asked(&self, method: &str, times: u64) {
        let what = format!("{times} requests to {method}");
        let enough = |world: &mut World| {
            let count = world.scripts.counts().get(method).copied().unwrap_or_default();
            (count.requests >= times).then_some(())
        };
        self.until(&what, enough).await;
    }

    /// Counts up whenever something changes.
    pub(crate) fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl World {
    fn repeat(&mut self, mut telling: Telling, fresh_ids: bool) {
        if fresh_ids {
            self.tell_again(telling, "timeout");
        } else {
            // No two posts of Slack's are the same to the letter, even within a second.
            telling.payload["event_context"] = json!(format!("4-context-{}", self.ids.number()));
            self.deliver(telling);
        }
    }
}
