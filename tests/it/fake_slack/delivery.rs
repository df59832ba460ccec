//! What the bot is told, on which connection, and what becomes of it: acknowledged, told again, or lost.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::Config;
use super::answers::{Answered, refuse};
use super::posts::Job;
use super::world::World;

/// How often Slack tells something again that was not acknowledged.
pub(crate) const RETRIES: u32 = 11;
/// Events that are remembered, to be told once more.
const TOLD: usize = 100;
/// Connections that an app may have.
pub(crate) const CONNECTIONS: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Event,
    Interactive,
    Command,
}

impl What {
    const fn envelope(self) -> &'static str {
        match self {
            Self::Event => "events_api",
            Self::Interactive => "interactive",
            Self::Command => "slash_commands",
        }
    }
}

/// What goes out on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    Text(String),
    Ping,
    Close,
    /// The connection breaks without a word.
    Cut,
}

/// Something that the bot is told.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub(crate) what: What,
    pub(crate) payload: Value,
    pub(crate) retry: u32,
    pub(crate) reason: &'static str,
    pub(crate) interaction: Option<u64>,
}

/// Something that was told and not acknowledged yet.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) telling: Telling,
    /// `None`: it was posted.
    pub(crate) connection: Option<u64>,
    pub(crate) at: Instant,
}

/// What has happened at the sockets since the fake began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Connections {
    /// Made so far.
    pub(crate) made: u64,
    /// Envelopes that were acknowledged, posted ones too.
    pub(crate) acknowledged: u64,
    /// Envelopes that were told again.
    pub(crate) repeated: u64,
    /// Events that happened while nobody listened.
    pub(crate) lost: u64,
    /// Connections that were not taken because of the dark.
    pub(crate) turned_away: u64,
}

#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) connections: BTreeMap<u64, UnboundedSender<Frame>>,
    pub(crate) tickets: BTreeSet<String>,
    /// By envelope.
    pub(crate) in_flight: BTreeMap<String, Sent>,
    /// Unacknowledged, for the next connection or by command.
    pub(crate) waiting: Vec<Telling>,
    /// While set, events are held back here.
    pub(crate) held: Option<Vec<Telling>>,
    /// The last events, the newest at the end.
    pub(crate) told: VecDeque<Telling>,
    /// Where to post in HTTP mode.
    pub(crate) address: Option<String>,
    pub(crate) posts: Option<UnboundedSender<Job>>,
    pub(crate) counts: Connections,
    /// How long the acknowledgement of each message in an event took, by the message's `ts`.
    pub(crate) round_trips: Vec<(String, Duration)>,
    pub(crate) socket_mode: bool,
    pub(crate) account_inactive: bool,
    /// Envelopes that were told again in others.
    repeated: HashSet<String>,
    seed: u64,
}

impl Delivery {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            connections: BTreeMap::new(),
            tickets: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            waiting: Vec::new(),
            held: None,
            told: VecDeque::new(),
            address: None,
            posts: None,
            counts: Connections::default(),
            round_trips: Vec::new(),
            socket_mode: config.socket_mode,
            account_inactive: false,
            repeated: HashSet::new(),
            seed: config.seed.max(1),
        }
    }

    pub(crate) fn is_heard(&self) -> bool {
        self.address.is_some() || !self.connections.is_empty()
    }

    /// Any of the connections, which the seed decides.
    fn any_connection(&mut self) -> Option<u64> {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let count = self.connections.len() as u64;
        let index = self.seed.checked_rem(count)?;
        self.connections.keys().nth(usize::try_from(index).unwrap_or(0)).copied()
    }
}

impl World {
    pub(crate) fn connections_open(&mut self) -> Answered {
        if !self.delivery.socket_mode {
            return refuse("socket_mode_disabled");
        }
        let ticket = self.ids.long();
        self.delivery.tickets.insert(ticket.clone());
        Ok(json!({"url": format!("{}/link/?ticket={ticket}&app_id={}", self.socket_url, self.app)}))
    }

    /// Tells the bot of an event, or keeps it while events are held back.
    pub(crate) fn deliver_event(&mut self, payload: Value) {
        let telling = Telling { what: What::Event, payload, retry: 0, reason: "", interaction: None };
        if self.delivery.told.len() == TOLD {
            self.delivery.told.pop_front();
        }
        self.delivery.told.push_back(telling.clone());
        match &mut self.delivery.held {
            Some(held) => held.push(telling),
            None => self.deliver(telling),
        }
    }

    pub(crate) fn deliver_interaction(&mut self, number: u64, what: What, payload: Value) {
        self.deliver(Telling { what, payload, retry: 0, reason: "", interaction: Some(number) });
    }

    /// Tells something: on one of the connections, or by a post. Where nobody listens it is lost.
    pub(crate) fn deliver(&mut self, telling: Telling) {
        if let Some(address) = self.delivery.address.clone() {
            return self.post(&address, telling);
        }
        let Some(connection) = self.delivery.any_connection() else { return self.lose(telling) };
        let id = self.ids.long();
        let mut envelope = json!({
            "envelope_id": id, "payload": telling.payload, "type": telling.what.envelope(),
            "accepts_response_payload": telling.what != What::Event,
        });
        if telling.what == What::Event {
            envelope["retry_attempt"] = json!(telling.retry);
            envelope["retry_reason"] = json!(telling.reason);
        }
        let _ = self.delivery.connections[&connection].send(Frame::Text(envelope.to_string()));
        self.delivery
            .in_flight
            .insert(id, Sent { telling, connection: Some(connection), at: Instant::now() });
    }

    fn post(&mut self, address: &str, telling: Telling) {
        let id = self.ids.long();
        let now = self.now();
        let job = super::posts::job(id.clone(), address, &telling, &self.config.signing_secret, now);
        self.delivery.in_flight.insert(id, Sent { telling, connection: None, at: Instant::now() });
        if let Some(posts) = &self.delivery.posts {
            let _ = posts.send(job);
        }
    }

    /// Nobody listens: an event is lost or waits, and to a person Slack says that the app didn't respond.
    pub(crate) fn lose(&mut self, telling: Telling) {
        if let Some(number) = telling.interaction {
            if let Some(of) = self.interactions.all.get_mut(&number) {
                of.lost = true;
            }
        } else if telling.retry > 0 {
            self.delivery.waiting.push(telling);
        } else {
            self.delivery.counts.lost += 1;
        }
    }

    /// Tells something once more, with ids of its own, if Slack still would.
    pub(crate) fn tell_again(&mut self, mut telling: Telling, reason: &'static str) {
        if telling.what != What::Event {
            return self.lose(telling);
        }
        if telling.retry >= RETRIES {
            self.delivery.counts.lost += 1;
            return;
        }
        telling.retry += 1;
        telling.reason = reason;
        telling.payload["event_id"] = json!(self.ids.next('E').replacen('E', "Ev", 1));
        self.delivery.counts.repeated += 1;
        if self.delivery.is_heard() {
            self.deliver(telling);
        } else {
            self.delivery.waiting.push(telling);
        }
    }

    /// Tells again what was told and not acknowledged, as when its time is over.
    pub(crate) fn redeliver(&mut self) {
        let is_event = |sent: &Sent| sent.telling.what == What::Event;
        let late: Vec<String> = self
            .delivery
            .in_flight
            .iter()
            .filter(|(_, sent)| is_event(sent))
            .map(|(id, _)| id.clone())
            .collect();
        let waiting = std::mem::take(&mut self.delivery.waiting);
        for id in late {
            if let Some(sent) = self.delivery.in_flight.remove(&id) {
                self.delivery.repeated.insert(id);
                self.tell_again(sent.telling, "timeout");
            }
        }
        for telling in waiting {
            if telling.retry > 0 && telling.reason == "timeout" {
                self.deliver(telling);
            } else {
                self.tell_again(telling, "http_error");
            }
        }
    }

    /// A connection stands.
    pub(crate) fn connection_stands(&mut self, id: u64, out: UnboundedSender<Frame>) {
        self.delivery.counts.made += 1;
        if self.delivery.connections.len() >= CONNECTIONS {
            self.problem(format!("more than {CONNECTIONS} connections"));
            let _ = out.send(disconnect("too_many_websockets"));
            let _ = out.send(Frame::Close);
            return;
        }
        let hello = json!({
            "type": "hello", "num_connections": self.delivery.connections.len() + 1,
            "debug_info": {
                "host": "applink-1", "build_number": 10,
                "approximate_connection_time": self.config.connection_seconds,
            },
            "connection_info": {"app_id": self.app},
        });
        let _ = out.send(Frame::Text(hello.to_string()));
        self.delivery.connections.insert(id, out);
        for telling in std::mem::take(&mut self.delivery.waiting) {
            self.deliver(telling);
        }
    }

    /// A connection has ended: what it didn't acknowledge goes to another one.
    pub(crate) fn connection_ended(&mut self, id: u64) {
        self.delivery.connections.remove(&id);
        let is_its = |sent: &Sent| sent.connection == Some(id);
        let its: Vec<String> = self
            .delivery
            .in_flight
            .iter()
            .filter(|(_, sent)| is_its(sent))
            .map(|(id, _)| id.clone())
            .collect();
        for id in its {
            if let Some(sent) = self.delivery.in_flight.remove(&id) {
                self.tell_again(sent.telling, "timeout");
            }
        }
    }

    /// A packet from the bot, which only ever acknowledges.
    pub(crate) fn packet(&mut self, connection: u64, text: &str) {
        let ack: Value = serde_json::from_str(text).unwrap_or_default();
        let Some(id) = ack["envelope_id"].as_str() else {
            return self.problem(format!("a packet that acknowledges nothing: {} bytes", text.len()));
        };
        for (key, _) in ack.as_object().into_iter().flatten() {
            if key != "envelope_id" && key != "payload" {
                self.problem(format!("an acknowledgement with an unknown key {key}"));
            }
        }
        match self.delivery.in_flight.get(id) {
            Some(sent) if sent.connection == Some(connection) => {}
            Some(_) => {
                return self.problem("an envelope was acknowledged on another connection than its own");
            }
            None if self.delivery.repeated.contains(id) => return,
            None => return self.problem("an envelope was acknowledged that is none, or was before"),
        }
        self.acknowledged(id, &ack["payload"]);
    }

    /// The bot has taken something.
    pub(crate) fn acknowledged(&mut self, id: &str, body: &Value) {
        let Some(sent) = self.delivery.in_flight.remove(id) else { return };
        self.delivery.counts.acknowledged += 1;
        if let Some(ts) = sent.telling.payload["event"]["ts"].as_str() {
            self.delivery.round_trips.push((ts.to_owned(), sent.at.elapsed()));
        }
        match sent.telling.interaction {
            Some(number) => self.interaction_acknowledged(number, body),
            None if body.is_null() || *body == json!({}) => {}
            None => self.problem("an event was acknowledged with a body"),
        }
    }

    /// The bot has not taken something that was posted.
    pub(crate) fn refused(&mut self, id: &str, reason: &'static str, again: bool) {
        let Some(sent) = self.delivery.in_flight.remove(id) else { return };
        if sent.telling.interaction.is_some() {
            return self.lose(sent.telling);
        }
        let mut telling = sent.telling;
        telling.reason = reason;
        if again {
            self.delivery.waiting.push(telling);
        }
    }

    /// Says something on every connection.
    pub(crate) fn say_on_all(&mut self, frame: &Frame) {
        for out in self.delivery.connections.values() {
            let _ = out.send(frame.clone());
        }
    }
}

/// The word before a connection ends.
pub(crate) fn disconnect(reason: &str) -> Frame {
    let text = json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}});
    Frame::Text(text.to_string())
}
