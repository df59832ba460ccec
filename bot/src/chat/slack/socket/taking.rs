//! Hands envelopes to the listener, each in a task of its own, and acknowledges them once they are stored.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, mpsc};

use super::super::listen::{Envelope, Kind, Listener};
use super::frame;

/// How many events are with the listener at once.
const EVENTS_MAX: usize = 2_000;
/// How many events are read and not acknowledged. What is above the number before waits in memory, so that a click
/// that comes behind it is read; above this number reading waits.
const EVENTS_READ_MAX: usize = 8_000;
/// How many clicks, modals and commands are with the listener at once: these are people who wait, and never wait for
/// events.
const REQUESTS_MAX: usize = 1_000;

/// What goes out on a connection.
#[derive(Debug)]
pub(super) enum Out {
    Acknowledgement(String),
    Ping,
    /// Say goodbye now, whatever is still under way.
    Close,
}

/// Where an envelope is acknowledged: the connection that it came on.
pub(super) type Writer = mpsc::UnboundedSender<Out>;

/// What all connections of one start share.
pub(super) struct Taking {
    listener: Arc<dyn Listener>,
    events: Arc<Semaphore>,
    events_read: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    /// Envelopes that are under way, by their ids, with everyone who wants to hear of it.
    under_way: Mutex<HashMap<String, Vec<Waiting>>>,
    /// Held by all that is under way; whoever waits for the end of it listens to the other side.
    alive: mpsc::Sender<Infallible>,
}

struct Waiting {
    writer: Writer,
    answerable: bool,
}

impl Taking {
    pub(super) fn new(listener: Arc<dyn Listener>, alive: mpsc::Sender<Infallible>) -> Self {
        Self {
            listener,
            events: Arc::new(Semaphore::new(EVENTS_MAX)),
            events_read: Arc::new(Semaphore::new(EVENTS_READ_MAX)),
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            under_way: Mutex::default(),
            alive,
        }
    }

    /// Begins with an envelope; returns as soon as there is room for the next one.
    pub(super) async fn take(
        self: &Arc<Self>,
        id: String,
        answerable: bool,
        envelope: Envelope,
        writer: Writer,
    ) {
        if self.joins(&id, Waiting { writer, answerable }) {
            return;
        }
        let under_way = UnderWay { taking: Arc::clone(self), id };
        let (room, turn) = match envelope.kind {
            Kind::Event => (&self.events_read, Some(Arc::clone(&self.events))),
            Kind::Interactive | Kind::Command => (&self.requests, None),
        };
        // Neither is ever closed.
        let Ok(room) = Arc::clone(room).acquire_owned().await else { return };
        let alive = self.alive.clone();
        // Begun in the order of arrival, which the listener keeps where it matters.
        let taken = self.listener.take(envelope);
        tokio::spawn(async move {
            let turn = match turn {
                Some(turn) => turn.acquire_owned().await.ok(),
                None => None,
            };
            let body = taken.await;
            under_way.acknowledge(body.as_ref());
            drop((turn, room, alive));
        });
    }

    /// Whether an envelope is under way already: then it is acknowledged when that one is.
    fn joins(&self, id: &str, waiting: Waiting) -> bool {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !under_way.contains_key(id);
        under_way.entry(id.to_owned()).or_default().push(waiting);
        !first
    }
}

/// One envelope under way.
struct UnderWay {
    taking: Arc<Taking>,
    id: String,
}

impl UnderWay {
    fn acknowledge(&self, body: Option<&serde_json::Value>) {
        for waiting in self.leave() {
            let body = body.filter(|_| waiting.answerable);
            // Where the connection is gone, Slack delivers again, and the listener knows it by then.
            waiting.writer.send(Out::Acknowledgement(frame::acknowledgement(&self.id, body))).ok();
        }
    }

    fn leave(&self) -> Vec<Waiting> {
        let mut under_way = self.taking.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.id).unwrap_or_default()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // Still there only when the listener panicked or was cut short: unacknowledged, so that Slack sends it again.
        if !self.leave().is_empty() {
            tracing::error!(envelope = self.id, "an envelope was not taken; Slack delivers it again");
        }
    }
}
