//! Where stories on Slack get their adapter: one start of it is one start of the bot's process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use studybot::chat::slack::{Closed, Pace, Settings, Slack, Transport};
use studybot::chat::{Bot, Chat};
use studybot::clock::Clock;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Mode;
use crate::fake_slack::FakeSlack;

/// How long it may take to end, in real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The adapter of one start of the bot's process.
pub(super) struct Adapter {
    slack: Slack,
    mode: Mode,
    running: std::sync::Mutex<Option<JoinHandle<Result<(), Closed>>>>,
    /// Nobody tells it to stop: it ends as a process does.
    _stop: watch::Sender<bool>,
    stop: watch::Receiver<bool>,
}

impl Adapter {
    /// Makes it, for this Slack. It connects to nothing yet. `answer_within` is how long a request may take before “One
    /// moment” is shown; `None`: so long that no busy machine has it shown. `paced`: it waits for Slack's limits.
    pub(super) fn new(
        fake: &FakeSlack,
        mode: Mode,
        clock: Clock,
        answer_within: Option<Duration>,
        paced: bool,
    ) -> Self {
        // Off unless STUDYBOT_LOG says otherwise.
        studybot::config::start_log("off");
        let transport = match mode {
            Mode::Socket => Transport::Socket { app_token: SecretString::from(fake.app_token()) },
            Mode::Http => Transport::Http {
                signing_secret: SecretString::from(fake.signing_secret()),
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            },
        };
        let usual =
            Settings::new(SecretString::from(fake.bot_token()), transport, Arc::new(move || clock.now()));
        let settings = Settings {
            api_base: fake.base(),
            answer_within: answer_within.unwrap_or(Duration::from_secs(600)),
            // A test that the machine lets starve is not to lose its connection for that.
            pace: Pace { pause: Duration::from_millis(20), ping: Duration::from_secs(600) },
            unlimited: !paced,
            ..usual
        };
        let (_stop, stop) = watch::channel(false);
        Self { slack: Slack::new(settings).unwrap(), mode, running: std::sync::Mutex::default(), _stop, stop }
    }

    /// What delivery calls.
    pub(super) fn port(&self) -> Arc<dyn Chat> {
        Arc::new(self.slack.clone())
    }

    /// Runs it. Returns once it is connected, or Slack knows its address, and what was open has been handed to `bot`.
    pub(super) async fn connect(&self, bot: Arc<dyn Bot>, fake: &FakeSlack) {
        let (slack, stop) = (self.slack.clone(), self.stop.clone());
        let running = tokio::spawn(async move {
            let ended = slack.run(bot, stop).await;
            if let Err(closed) = &ended {
                tracing::error!(%closed, "Slack is closed");
            }
            ended
        });
        *self.running.lock().unwrap() = Some(running);
        if self.mode == Mode::Http {
            let address = self.slack.listening().await.expect("it listens where it was told to");
            fake.deliver_to(Some(format!("http://{address}")));
        }
        self.slack.connected().await;
    }

    /// Returns once the bot has been told of everything that Slack has sent so far, and has stored and answered it. The
    /// fake has made sure before that all of it has been received.
    pub(super) async fn settled(&self) {
        self.slack.settled().await;
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
        self.slack.settled().await;
    }
}
