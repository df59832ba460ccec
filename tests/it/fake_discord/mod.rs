//! A Discord of our own: an HTTP server and a gateway on real sockets, with state, Discord's rules and its limits.
//!
//! The bot's adapter runs against it in tests and benchmarks, and a process of its own can be pointed at it too. It
//! knows nothing of the bot but its clock. Whatever a sound bot never does is noted as a problem; a test ends by
//! asserting that there are none.
//!
//! Civil time (ids, timestamps, an interaction's age) is the clock's that it is given; rate limits are on real time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, and a benchmark has this as a module too"
)]

mod acting;
mod answers;
mod callbacks;
mod commands;
mod controls;
mod events;
mod files;
mod forged;
mod gateway;
mod http;
mod ids;
mod interactions;
mod limits;
mod messages;
mod objects;
mod people;
pub(crate) mod permissions;
mod requests;
mod route;
mod rules;
mod scripts;
mod socket;
mod spec;
#[cfg(test)]
mod tests;
mod world;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use studybot::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use controls::Unfurl;
pub(crate) use files::{Attachment, Content};
pub(crate) use ids::{Id, made_at};
pub(crate) use interactions::{Modal, Outcome, Panel};
pub(crate) use limits::Limits;
pub(crate) use people::Extras;
pub(crate) use permissions::Overwrite;
pub(crate) use scripts::{Request, Trouble, Which};
use world::World;

/// How long a test waits, in real time, for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the fake is.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Civil time.
    pub(crate) clock: Clock,
    pub(crate) token: String,
    pub(crate) limits: Limits,
    /// How many shards `GET /gateway/bot` recommends.
    pub(crate) shards: u64,
    pub(crate) max_concurrency: u64,
    /// Sessions that may be started.
    pub(crate) session_starts: u64,
    /// The application has the message content intent switched on.
    pub(crate) content_switch: bool,
    /// The application has the guild members intent switched on.
    pub(crate) members_switch: bool,
    pub(crate) heartbeat_ms: u64,
    /// Whether requests are held against Discord's description: a benchmark has no time for it.
    pub(crate) check_requests: bool,
    /// Whether the fake's own answers are.
    pub(crate) check_answers: bool,
}

impl Config {
    /// One shard, every switch on, and limits out of the way.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            token: "MTIzNDU2.test.token-that-stays-where-it-belongs".to_owned(),
            limits: Limits::out_of_the_way(),
            shards: 1,
            max_concurrency: 1,
            session_starts: 1_000,
            content_switch: true,
            members_switch: true,
            heartbeat_ms: 41_250,
            check_requests: true,
            check_answers: true,
        }
    }
}

/// The fake, running. Clones are the same one; it ends with [`FakeDiscord::stop`].
#[derive(Clone)]
pub(crate) struct FakeDiscord {
    world: Arc<Mutex<World>>,
    changed: watch::Sender<u64>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl FakeDiscord {
    /// Starts it on free ports of this machine.
    pub(crate) async fn start(config: Config) -> Self {
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let gateway = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut world = World::new(config);
        world.base = format!("http://{}", http.local_addr().unwrap());
        world.gateway_url = format!("ws://{}", gateway.local_addr().unwrap());
        let changed = world.changed.clone();
        let fake = Self { world: Arc::new(Mutex::new(world)), changed, tasks: Arc::default() };
        let tasks = [
            tokio::spawn(http::serve(fake.clone(), http)),
            tokio::spawn(socket::serve(fake.clone(), gateway)),
        ];
        fake.tasks.lock().unwrap().extend(tasks);
        fake
    }

    /// What `DISCORD_API_BASE` is to be.
    pub(crate) fn base(&self) -> String {
        self.world().base.clone()
    }

    /// What `DISCORD_TOKEN` is to be.
    pub(crate) fn token(&self) -> String {
        self.world().config.token.clone()
    }

    /// The bot's user id.
    pub(crate) fn bot(&self) -> Id {
        self.world().bot
    }

    /// The application's id, which is another.
    pub(crate) fn application(&self) -> Id {
        self.world().application
    }

    /// What the bot did that a sound bot never does. Every test ends with none.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.world().problems.clone()
    }

    /// Takes the problems away, for a test that provokes them.
    pub(crate) fn take_problems(&self) -> Vec<String> {
        std::mem::take(&mut self.world().problems)
    }

    /// Ends it: connections break, and nothing listens any more.
    pub(crate) fn stop(&self) {
        self.go_dark(true);
        for task in self.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
    }

    /// The state. A test that panicked while it held the lock has said what was wrong.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `look` finds something. Panics, naming `what`, when that takes too long.
    async fn until<T>(&self, what: &str, mut look: impl FnMut(&mut World) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = look(&mut self.world()) {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        let Ok(found) = tokio::time::timeout(PATIENCE, found).await else {
            let requests: Vec<String> = self
                .requests()
                .iter()
                .rev()
                .take(10)
                .map(|request| format!("{} {} {}", request.method, request.path, request.status))
                .collect();
            panic!("waited {PATIENCE:?} in vain for {what}; the last requests: {requests:#?}");
        };
        found
    }
}
