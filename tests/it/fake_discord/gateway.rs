//! The gateway's sessions: who is connected, what each was told, and what can be told again on a resume.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::Config;
use super::events::{Event, MESSAGE_CONTENT};

/// Events kept for a resume.
const REPLAY: usize = 20_000;
/// Payloads that a connection may send in a minute.
const PAYLOADS: usize = 120;

/// What goes out on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    Text(String),
    Close(u16),
    /// The connection breaks without a word.
    Cut,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) out: UnboundedSender<Frame>,
    pub(crate) session: Option<String>,
    /// When the bot's payloads of the last minute came.
    pub(crate) sent: VecDeque<Instant>,
    /// Heartbeats that the fake has asked for, which count for nothing.
    pub(crate) asked: u32,
}

/// One session of one shard, connected or not.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) shard: (u64, u64),
    pub(crate) intents: u64,
    pub(crate) seq: u64,
    /// The last event that the bot says to have received.
    pub(crate) received: u64,
    pub(crate) connection: Option<u64>,
    told: VecDeque<(u64, Arc<str>)>,
}

impl Session {
    fn hears(&self, event: &Event) -> bool {
        let shard = event.guild.map_or(0, |guild| (guild >> 22) % self.shard.1);
        shard == self.shard.0 && self.intents & event.needs == event.needs
    }

    fn text(&mut self, event: &Event) -> Arc<str> {
        let has_content = self.intents & MESSAGE_CONTENT != 0;
        let data = if has_content { &event.data } else { event.withheld.as_ref().unwrap_or(&event.data) };
        self.seq += 1;
        let text = format!(r#"{{"op":0,"t":"{}","s":{},"d":{data}}}"#, event.name, self.seq);
        let text: Arc<str> = Arc::from(text);
        if self.told.len() == REPLAY {
            self.told.pop_front();
        }
        self.told.push_back((self.seq, Arc::clone(&text)));
        text
    }
}

/// What a session was told when somebody began to wait for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    seq: u64,
    /// The connection on which it was asked for a heartbeat.
    asked: Option<u64>,
}

/// What has happened at the gateway since the fake began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GatewayCounts {
    pub(crate) connections: u64,
    pub(crate) identifies: u64,
    /// Identifies sooner after another than `max_concurrency` lets them.
    pub(crate) crowded_identifies: u64,
    pub(crate) resumes: u64,
    pub(crate) refused_resumes: u64,
    pub(crate) heartbeats: u64,
}

#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) connections: BTreeMap<u64, Connection>,
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) counts: GatewayCounts,
    pub(crate) starts_left: u64,
    pub(crate) revoked: bool,
    pub(crate) refuses_resume: bool,
    pub(crate) dark: bool,
    /// Heartbeats are not acknowledged.
    pub(crate) deaf: bool,
    pub(crate) started: BTreeMap<u64, Instant>,
    /// Connections that were not taken because of the dark.
    pub(crate) turned_away: Vec<Instant>,
    held: Option<Vec<Event>>,
    last: BTreeMap<String, Event>,
    next: u64,
}

impl Gateway {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            counts: GatewayCounts::default(),
            starts_left: config.session_starts,
            revoked: false,
            refuses_resume: false,
            dark: false,
            deaf: false,
            started: BTreeMap::new(),
            turned_away: Vec::new(),
            held: None,
            last: BTreeMap::new(),
            next: 0,
        }
    }

    /// A number for a connection or session.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Tells the sessions that hear of it, or keeps it while events are held back.
    pub(crate) fn tell(&mut self, event: Event) {
        if let Some(held) = &mut self.held {
            held.push(event);
            return;
        }
        let sessions: Vec<String> = self.hearing(&event);
        for session in sessions {
            self.tell_one(&session, &event);
        }
        self.last.insert(event.name.clone(), event);
    }

    fn hearing(&self, event: &Event) -> Vec<String> {
        let hears = |(id, session): (&String, &Session)| session.hears(event).then(|| id.clone());
        self.sessions.iter().filter_map(hears).collect()
    }

    /// Tells one session, now or on its resume.
    pub(crate) fn tell_one(&mut self, session: &str, event: &Event) {
        let Some(session) = self.sessions.get_mut(session) else { return };
        let text = session.text(event);
        let connection = session.connection.and_then(|id| self.connections.get(&id));
        if let Some(connection) = connection {
            let _ = connection.out.send(Frame::Text(text.to_string()));
        }
    }

    /// From here on events are kept.
    pub(crate) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// The names of the events that are kept.
    pub(crate) fn held(&self) -> Vec<String> {
        self.held.iter().flatten().map(|event| event.name.clone()).collect()
    }

    /// Ends the keeping; these of the kept ones are told, in this order.
    pub(crate) fn release(&mut self, order: &[usize]) {
        let held = self.held.take().unwrap_or_default();
        for index in order {
            self.tell(held[*index].clone());
        }
    }

    /// Tells the last event of this name once more.
    pub(crate) fn repeat(&mut self, name: &str) {
        let event = self.last.get(name).unwrap_or_else(|| panic!("no {name} was told")).clone();
        self.tell(event);
    }

    /// Begins a session on a connection. Earlier sessions of its shard are over.
    pub(crate) fn begin(&mut self, connection: u64, shard: (u64, u64), intents: u64) -> String {
        self.sessions.retain(|_, session| session.connection.is_some() || session.shard != shard);
        let id = format!("{:032x}", self.number());
        let session = Session {
            shard,
            intents,
            seq: 0,
            received: 0,
            connection: Some(connection),
            told: VecDeque::new(),
        };
        self.sessions.insert(id.clone(), session);
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.session = Some(id.clone());
        }
        id
    }

    /// Takes a session up again: what it missed, or `None` where that can't be.
    pub(crate) fn resume(&mut self, connection: u64, id: &str, seq: u64) -> Option<Vec<Arc<str>>> {
        let session = self.sessions.get_mut(id)?;
        let oldest = session.told.front().map_or(session.seq + 1, |(seq, _)| *seq);
        if self.refuses_resume || seq + 1 < oldest || seq > session.seq {
            return None;
        }
        let missed = session.told.iter().filter(|(told, _)| *told > seq).map(|(_, text)| Arc::clone(text));
        let missed = missed.collect();
        if let Some(old) =
            session.connection.replace(connection).and_then(|old| self.connections.get_mut(&old))
        {
            old.session = None;
            let _ = old.out.send(Frame::Cut);
        }
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.session = Some(id.to_owned());
        }
        Some(missed)
    }

    /// A connection is over; its session can be resumed, unless the bot closed it in good order.
    pub(crate) fn ended(&mut self, connection: u64, in_good_order: bool) {
        let session = self.connections.remove(&connection).and_then(|connection| connection.session);
        let Some(id) = session else { return };
        if in_good_order {
            self.sessions.remove(&id);
        } else if let Some(session) = self.sessions.get_mut(&id)
            && session.connection == Some(connection)
        {
            session.connection = None;
        }
    }

    /// Sends a frame on every connection.
    pub(crate) fn send_all(&mut self, frame: &Frame) {
        for connection in self.connections.values() {
            let _ = connection.out.send(frame.clone());
        }
    }

    /// Counts a payload of the bot's. Returns whether it was one too many.
    pub(crate) fn chatters(&mut self, connection: u64, heartbeat: bool, now: Instant) -> bool {
        let Some(there) = self.connections.get_mut(&connection) else { return false };
        if heartbeat && there.asked > 0 {
            there.asked -= 1;
            return false;
        }
        there.sent.retain(|sent| now - *sent < Duration::from_secs(60));
        there.sent.push_back(now);
        there.sent.len() > PAYLOADS
    }

    /// Breaks every connection at once.
    pub(crate) fn cut_all(&mut self) {
        let connections: Vec<u64> = self.connections.keys().copied().collect();
        for connection in connections {
            self.cut(connection);
        }
    }

    /// Breaks a shard's connection.
    pub(crate) fn cut_shard(&mut self, shard: u64) {
        let mut sessions = self.sessions.values().filter(|session| session.shard.0 == shard);
        let connection = sessions.find_map(|session| session.connection);
        self.cut(connection.unwrap_or_else(|| panic!("shard {shard} is not connected")));
    }

    fn cut(&mut self, connection: u64) {
        if let Some(there) = self.connections.get(&connection) {
            let _ = there.out.send(Frame::Cut);
        }
        // Noted here already: a test that goes on at once must not find it connected.
        self.ended(connection, false);
    }

    /// No session can be resumed any more; their connections stay, and can begin anew.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.clear();
        for connection in self.connections.values_mut() {
            connection.session = None;
        }
    }

    /// What each connected session was told last, for [`Gateway::is_behind`].
    pub(crate) fn told(&self) -> BTreeMap<String, Told> {
        let connected = self.sessions.iter().filter(|(_, session)| session.connection.is_some());
        connected.map(|(id, session)| (id.clone(), Told { seq: session.seq, asked: None })).collect()
    }

    /// Whether a connected session hasn't said yet that it has received this; such sessions are asked for a
    /// heartbeat, once a connection.
    pub(crate) fn is_behind(&mut self, told: &mut BTreeMap<String, Told>) -> bool {
        let mut behind = false;
        for (id, told) in told {
            let session = self.sessions.get(id).filter(|session| session.received < told.seq);
            let Some(number) = session.and_then(|session| session.connection) else { continue };
            behind = true;
            if told.asked.replace(number) != Some(number)
                && let Some(connection) = self.connections.get_mut(&number)
            {
                connection.asked += 1;
                let _ = connection.out.send(payload(1, &Value::Null));
            }
        }
        behind
    }

    /// Shards that are connected and have begun.
    pub(crate) fn connected_shards(&self) -> usize {
        self.sessions.values().filter(|session| session.connection.is_some()).count()
    }
}

/// A payload that is no event.
pub(crate) fn payload(op: u8, data: &Value) -> Frame {
    Frame::Text(json!({"op": op, "d": data, "s": null, "t": null}).to_string())
}
