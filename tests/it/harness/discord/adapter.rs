//! Where stories on Discord get their adapter: one start of it is one start of the bot's process.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use studybot::chat::discord::{Closed, Discord, Pace, Settings};
use studybot::chat::{Bot, Chat};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// More than any story asks for: how the bot keeps to Discord's own limit is tested where that is the matter.
const REQUESTS_PER_SECOND: u32 = 100_000;

/// How long it may take to end, in real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The adapter of one start of the bot's process.
pub(super) struct Adapter {
    discord: Discord,
    running: std::sync::Mutex<Option<JoinHandle<Result<(), Closed>>>>,
    /// Nobody tells it to stop: it ends as a process does.
    _stop: watch::Sender<bool>,
    stop: watch::Receiver<bool>,
}

impl Adapter {
    /// Makes it, for the API at this address (scheme and host). It connects to nothing yet. `defer_after` is how long a
    /// request may take before its answer is announced; `None`: so long that no busy machine has one announced.
    pub(super) fn new(api: &str, token: &str, defer_after: Option<Duration>) -> Self {
        // Off unless STUDYBOT_LOG says otherwise.
        studybot::config::start_log("off");
        let usual = Settings::new(SecretString::from(token));
        let settings = Settings {
            defer_after: defer_after.unwrap_or(Duration::from_secs(600)),
            api_base: api.to_owned(),
            requests_per_second: REQUESTS_PER_SECOND,
            pace: Pace { pause: Duration::from_millis(20), identify: Duration::from_millis(20) },
            ..usual
        };
        let (_stop, stop) = watch::channel(false);
        Self { discord: Discord::new(settings).unwrap(), running: std::sync::Mutex::default(), _stop, stop }
    }

    /// What delivery calls.
    pub(super) fn port(&self) -> Arc<dyn Chat> {
        Arc::new(self.discord.clone())
    }

    /// Connects to the gateway. Returns once every shard is READY and what was open has been handed to `bot`.
    pub(super) async fn connect(&self, bot: Arc<dyn Bot>) {
        let (discord, stop) = (self.discord.clone(), self.stop.clone());
        let running = tokio::spawn(async move {
            let ended = discord.run(bot, stop).await;
            if let Err(closed) = &ended {
                tracing::error!(%closed, "Discord is closed");
            }
            ended
        });
        *self.running.lock().unwrap() = Some(running);
        self.discord.connected().await;
    }

    /// Returns once the bot has been told of every event that the gateway has sent so far, and has stored it. The fake
    /// has made sure before that they have all been received.
    pub(super) async fn settled(&self) {
        self.discord.settled().await;
    }

    /// Waits until it has ended by itself, and says how. It can't be asked twice.
    pub(super) async fn ended(&self) -> Result<(), Closed> {
        let running = self.running.lock().unwrap().take().expect("it has been connected");
        tokio::time::timeout(PATIENCE, running).await.expect("it goes on and on").expect("it panicked")
    }

    /// Ends it as the end of the process does: no farewell, nothing is sent any more once this returns.
    pub(super) async fn stop(self) {
        let running = self.running.lock().unwrap().take();
        if let Some(running) = running {
            running.abort();
            running.await.ok();
        }
        self.discord.settled().await;
    }
}
