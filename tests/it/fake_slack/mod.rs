//! A Slack of our own: the Web API, Socket Mode and HTTP mode on real sockets, with state, Slack's rules and its limits.
//!
//! The bot's adapter runs against it in tests and benchmarks, and a process of its own can be pointed at it too. It
//! knows nothing of the bot but its clock. Whatever a sound bot never does is noted as a problem; a test ends by
//! asserting that there are none.
//!
//! Civil time (message times, signatures, the age of a response_url) and the age of triggers are those of the clock
//! that it is given; rate limits are on real time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, and a benchmark has this as a module too"
)]
mod acting;
mod answers;
mod args;
mod blocks;
mod controls;
mod delivery;
mod elements;
mod events;
mod files;
mod forged;
mod http;
mod ids;
mod interactions;
mod limits;
mod lists;
mod methods;
mod mrkdwn;
mod objects;
mod people;
mod posting;
mod posts;
mod reading;
mod requests;
mod responses;
mod rich;
mod saying;
mod scripts;
mod socket;
mod state;
#[cfg(test)]
mod tests;
mod typed;
mod views;
mod world;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use studybot::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub(crate) use acting::At;
pub(crate) use delivery::RETRIES;
pub(crate) use files::{Content, File};
pub(crate) use interactions::Outcome;
pub(crate) use limits::Limits;
pub(crate) use posts::signature;
pub(crate) use saying::Extras;
pub(crate) use scripts::{FILE, RESPONSE, Request, Trouble, Which};
use world::World;

/// A modal as an [`Outcome`] has it.
pub(crate) type ViewOpen = Value;

/// How long a test waits, in real time, for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// Every scope that there is here.
const SCOPES: [&str; 14] = [
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:write",
    "usergroups:read",
    "users:read",
];

/// How the fake is.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Civil time, and the monotonic one that triggers grow old by.
    pub(crate) clock: Clock,
    pub(crate) bot_token: String,
    pub(crate) app_token: String,
    pub(crate) signing_secret: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) limits: Limits,
    /// The app has Socket Mode switched on.
    pub(crate) socket_mode: bool,
    /// How long a connection is said to last.
    pub(crate) connection_seconds: u64,
    /// The most that a page holds, whatever was asked for.
    pub(crate) largest_page: usize,
    /// How long the bot may change its messages; `None`: for ever.
    pub(crate) edit_window_ms: Option<i64>,
    /// Events that are posted at once, in HTTP mode; with 1 they come one after another.
    pub(crate) posts_at_once: usize,
    /// Decides over which connection something goes.
    pub(crate) seed: u64,
}

impl Config {
    /// All scopes, Socket Mode, and limits out of the way.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            bot_token: "xoxb-1234567890-test-token-that-stays-where-it-belongs".to_owned(),
            app_token: "xapp-1-A0STUDY-test-token-that-stays-where-it-belongs".to_owned(),
            signing_secret: "8f742231b10e8888abcd99yyyzzz85a5".to_owned(),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            limits: Limits::out_of_the_way(),
            socket_mode: true,
            connection_seconds: 18_060,
            largest_page: 1_000,
            edit_window_ms: None,
            posts_at_once: 1,
            seed: 42,
        }
    }
}

/// The fake, running. Clones are the same one; it ends with [`FakeSlack::stop`].
#[derive(Clone)]
pub(crate) struct FakeSlack {
    world: Arc<Mutex<World>>,
    changed: watch::Sender<u64>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl FakeSlack {
    /// Starts it on free ports of this machine.
    pub(crate) async fn start(config: Config) -> Self {
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let sockets = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (posts, jobs) = mpsc::unbounded_channel();
        let posts_at_once = config.posts_at_once;
        let mut world = World::new(config);
        world.base = format!("http://{}", http.local_addr().unwrap());
        world.socket_url = format!("ws://{}", sockets.local_addr().unwrap());
        world.delivery.posts = Some(posts);
        let changed = world.changed.clone();
        let fake = Self { world: Arc::new(Mutex::new(world)), changed, tasks: Arc::default() };
        let tasks = [
            tokio::spawn(http::serve(fake.clone(), http)),
            tokio::spawn(socket::serve(fake.clone(), sockets)),
            tokio::spawn(posts::serve(fake.clone(), jobs, posts_at_once)),
        ];
        fake.tasks.lock().unwrap().extend(tasks);
        fake
    }

    /// What `SLACK_API_BASE` is to be.
    pub(crate) fn base(&self) -> String {
        self.world().base.clone()
    }

    /// What `SLACK_BOT_TOKEN` is to be.
    pub(crate) fn bot_token(&self) -> String {
        self.world().config.bot_token.clone()
    }

    /// What `SLACK_APP_TOKEN` is to be.
    pub(crate) fn app_token(&self) -> String {
        self.world().config.app_token.clone()
    }

    /// What `SLACK_SIGNING_SECRET` is to be.
    pub(crate) fn signing_secret(&self) -> String {
        self.world().config.signing_secret.clone()
    }

    /// The bot's user id.
    pub(crate) fn bot_user(&self) -> String {
        self.world().bot_user.clone()
    }

    /// The workspace that the bot token belongs to.
    pub(crate) fn team(&self) -> String {
        self.world().team.clone()
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

    /// Waits until `look` finds something; `None`: that took too long.
    async fn wait<T>(&self, mut look: impl FnMut(&mut World) -> Option<T>) -> Option<T> {
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
        tokio::time::timeout(PATIENCE, found).await.ok()
    }

    /// Waits until `look` finds something. Panics, naming `what`, when that takes too long.
    async fn until<T>(&self, what: &str, look: impl FnMut(&mut World) -> Option<T>) -> T {
        if let Some(found) = self.wait(look).await {
            return found;
        }
        let requests: Vec<String> = self
            .requests()
            .iter()
            .rev()
            .take(10)
            .map(|request| format!("{} {} {:?}", request.method, request.status, request.error))
            .collect();
        panic!("waited {PATIENCE:?} in vain for {what}; the last requests: {requests:#?}");
    }
}
