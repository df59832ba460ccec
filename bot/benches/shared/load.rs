//! An open-loop load: each of it is sent at its time, whatever became of the ones before.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use studybot::chat::{
    Bot, Call, Chat, ChatError, ChatEvent, Concerned, Done, EventKind, Interaction, MessageRef, Platform,
    Reply, What, Workspace,
};
use studybot::engine::Engine;

/// Sends `send(n)` for n = 0, 1, … so many times a second, on this thread, until it says that it is over. Returns how
/// far it fell behind at most: sleeps are as exact as the machine makes them.
pub(crate) fn at_rate(per_second: u32, mut send: impl FnMut(usize) -> bool) -> Duration {
    let (begun, every) = (Instant::now(), Duration::from_secs(1) / per_second);
    let mut latest = Duration::ZERO;
    for number in 0.. {
        let at = begun + every * u32::try_from(number).unwrap();
        let now = Instant::now();
        thread::sleep(at.saturating_duration_since(now));
        latest = latest.max(now.saturating_duration_since(at));
        if !send(number) {
            break;
        }
    }
    latest
}

/// How long things took.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// From when each was sent to when it was committed; those that weren't are left out.
    pub(crate) fn between(sent: &[(String, Instant)], committed: &HashMap<String, Instant>) -> Self {
        let took = |(id, at): &(String, Instant)| Some(committed.get(id)?.saturating_duration_since(*at));
        Self::of(sent.iter().filter_map(took).collect())
    }

    pub(crate) fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many percent stay below.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.0
            .get((self.0.len() * percent / 100).min(self.0.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }

    /// p50, p99 and the longest, for the report.
    pub(crate) fn shown(&self) -> String {
        let [half, most, all] = [50, 99, 100].map(|percent| super::milliseconds(self.percentile(percent)));
        format!("p50 {half}, p99 {most}, max {all}")
    }
}

/// The engine, watched: when it has committed which message.
pub(crate) struct WatchedBot {
    engine: Engine,
    committed: Mutex<HashMap<String, Instant>>,
}

impl WatchedBot {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, committed: Mutex::default() }
    }

    pub(crate) fn committed(&self) -> HashMap<String, Instant> {
        self.committed.lock().unwrap().clone()
    }
}

impl Bot for WatchedBot {
    fn event(&self, event: ChatEvent) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let id = match &event.kind {
                EventKind::Message { message, .. } => Some(message.as_str().to_owned()),
                EventKind::Left { .. } => None,
            };
            self.engine.event(event).await;
            let now = Instant::now();
            self.committed.lock().unwrap().extend(id.map(|id| (id, now)));
        })
    }

    fn lost(&self, workspace: Workspace, thread: MessageRef) {
        self.engine.lost(workspace, thread);
    }

    fn follows<'a>(&'a self, workspace: &'a Workspace, thread: &'a MessageRef) -> BoxFuture<'a, bool> {
        self.engine.follows(workspace, thread)
    }

    fn missed(&self, platform: Platform, concerned: Concerned) -> BoxFuture<'_, ()> {
        self.engine.missed(platform, concerned)
    }

    fn interact(&self, interaction: Interaction) -> BoxFuture<'_, Reply> {
        self.engine.interact(interaction)
    }

    fn suggest(&self, field: &str, typed: &str) -> Vec<String> {
        self.engine.suggest(field, typed)
    }
}

/// A platform, watched: when which call was done.
pub(crate) struct WatchedChat<C> {
    pub(crate) inner: C,
    pub(crate) seen: Mutex<Seen>,
}

/// What was done on a platform, in order.
#[derive(Default)]
pub(crate) struct Seen {
    /// Questions, and threads opened.
    pub(crate) posted: Vec<Instant>,
    /// Threads whose first line stands, by the threads' ids.
    pub(crate) ready: Vec<(String, Instant)>,
    pub(crate) reactions: usize,
    pub(crate) failed: usize,
}

impl<C: Chat> Chat for WatchedChat<C> {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        Box::pin(async move {
            let outcome = self.inner.carry_out(call, earlier).await;
            let (now, mut seen) = (Instant::now(), self.seen.lock().unwrap());
            match &call.what {
                _ if outcome.is_err() => seen.failed += 1,
                What::Post { thread: Some(thread), .. } => seen.ready.push((thread.as_str().to_owned(), now)),
                What::Post { .. } | What::OpenThread { .. } => seen.posted.push(now),
                What::React { .. } => seen.reactions += 1,
                _ => {}
            }
            drop(seen);
            outcome
        })
    }
}
