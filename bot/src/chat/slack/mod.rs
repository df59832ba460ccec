//! Slack: the only place that speaks to it.
//!
//! What comes in is heard by `socket` or `http` and turned into neutral events by `events` and `interactions`; what goes
//! out is carried out by `posting`, drawn by `draw` and `form`, and sent by `web`. `people` knows who they are.

mod api;
mod asked;
mod blocks;
mod check;
mod controls;
mod draw;
mod events;
mod files;
mod form;
mod http;
mod inputs;
mod interactions;
mod limits;
mod listen;
mod markdown;
mod model;
mod mrkdwn;
mod people;
mod posting;
mod rich;
mod runs;
mod setup;
mod signature;
mod socket;
mod split;
mod text;
mod view;
mod web;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::under_way::UnderWay;
use super::{Bot, Timestamp, Workspace};
use api::AuthTest;
pub use check::{Report, SCOPES, Unreached};
use events::Events;
pub use listen::{Closed, Token};
use model::workspace;
use people::People;
pub use socket::Pace;
use socket::{OpenError, Opener};
pub use web::SetupError;
use web::{Options, Web, WebError};

/// Slack's own address.
pub const API_BASE: &str = web::SLACK;
/// Slack allows "several hundred" messages a minute over a workspace:
/// <https://docs.slack.dev/apis/web-api/rate-limits/>.
pub const MESSAGES_PER_MINUTE: u32 = 300;
/// Direct channels that are remembered.
const DIRECT_MAX: usize = 10_000;
/// Pauses while Slack can't be reached at start double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How Slack tells us what happens.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Over WebSockets that we open.
    Socket {
        /// The app-level token.
        app_token: SecretString,
    },
    /// By calls on an address of ours.
    Http {
        /// What Slack signs its calls with.
        signing_secret: SecretString,
        /// Where we listen.
        listen: SocketAddr,
    },
}

/// How to work with Slack.
#[derive(Clone)]
pub struct Settings {
    /// The bot's token.
    pub bot_token: SecretString,
    /// How we hear of what happens.
    pub transport: Transport,
    /// Scheme and host; `/api/` and the method are added.
    pub api_base: String,
    /// How long a person's request may take before "One moment" is shown; Slack gives three seconds.
    pub answer_within: Duration,
    /// How connections are kept.
    pub pace: Pace,
    /// How many messages a minute Slack allows over the workspace.
    pub messages_per_minute: u32,
    /// Waits for no limit but those that Slack itself names: for tests.
    pub unlimited: bool,
    /// Civil time, by which signatures and requests are dated: Slack doesn't date the latter.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Settings {
    /// What Slack itself asks for. `now` is civil time.
    pub fn new(
        bot_token: SecretString,
        transport: Transport,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self {
            bot_token,
            transport,
            api_base: API_BASE.to_owned(),
            answer_within: Duration::from_secs(2),
            pace: Pace::default(),
            messages_per_minute: MESSAGES_PER_MINUTE,
            unlimited: false,
            now,
        }
    }
}

/// Slack, as this bot works on it. Clones share it.
#[derive(Clone)]
pub struct Slack(Arc<Inner>);

struct Inner {
    web: Web,
    settings: Settings,
    identity: Mutex<Option<Identity>>,
    under_way: UnderWay,
    people: People,
    /// Channels for direct messages, by person.
    direct: Mutex<HashMap<String, String>>,
    number: AtomicU64,
    connected: watch::Sender<bool>,
    listening: watch::Sender<Option<SocketAddr>>,
}

/// Who the bot is.
#[derive(Clone, Debug)]
struct Identity {
    team: String,
    /// The organisation, where the workspace is part of one.
    enterprise: Option<String>,
    user: String,
    bot: String,
}

impl Identity {
    fn of(auth: AuthTest) -> Self {
        Self {
            team: auth.team_id,
            enterprise: auth.enterprise_id.filter(|enterprise| !enterprise.is_empty()),
            user: auth.user_id,
            bot: auth.bot_id.unwrap_or_default(),
        }
    }

    /// The workspace that a payload is of, by the teams that it names, the most telling first. In an app that is
    /// installed `for_all` workspaces of an organisation, that is the payload's own. `None`: none of ours.
    fn workspace(&self, teams: &[&str], for_all: bool, enterprise: &str) -> Option<Workspace> {
        let mut named = teams.iter().copied().filter(|team| team.starts_with('T'));
        // A workspace may have joined its organisation since we asked.
        let is_our_organisation = self.enterprise.as_deref().is_none_or(|ours| ours == enterprise);
        if for_all && is_our_organisation {
            return workspace(named.next()?);
        }
        named.any(|team| team == self.team).then(|| workspace(&self.team)).flatten()
    }
}

impl Opener for Slack {
    fn open(&self) -> BoxFuture<'_, Result<String, OpenError>> {
        Box::pin(async {
            self.web().connections_open().await.map_err(|error| match error {
                error if error.is_token_refused() => OpenError::TokenRefused,
                error if is_socket_mode_off(&error) => OpenError::SocketModeOff,
                WebError::Limited { after } | WebError::NotYet(after) => {
                    OpenError::Failed { after: Some(after), reason: "Slack's limit".to_owned() }
                }
                error => OpenError::Failed { after: None, reason: error.to_string() },
            })
        })
    }
}

/// Whether no connection can be opened because the app isn't set up for it.
fn is_socket_mode_off(error: &WebError) -> bool {
    matches!(error.code(), Some("socket_mode_disabled" | "not_enabled" | "feature_not_enabled"))
}

impl Slack {
    /// Slack with these settings; nothing is sent yet. Inside a runtime.
    ///
    /// # Errors
    /// When the address or a token can't be right.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let options = Options {
            messages_per_minute: settings.messages_per_minute,
            unlimited: settings.unlimited,
            ..Options::default()
        };
        let app_token = match &settings.transport {
            Transport::Socket { app_token } => Some(app_token),
            Transport::Http { .. } => None,
        };
        let web = Web::new(&settings.api_base, &settings.bot_token, app_token, options)?;
        Ok(Self(Arc::new(Inner {
            web,
            settings,
            identity: Mutex::default(),
            under_way: UnderWay::default(),
            people: People::default(),
            direct: Mutex::default(),
            number: AtomicU64::new(1),
            connected: watch::channel(false).0,
            listening: watch::channel(None).0,
        })))
    }

    /// Asks Slack once whether it takes the tokens. That it can't be asked now is no refusal.
    ///
    /// # Errors
    /// When Slack refuses one of them.
    pub async fn require_token(&self) -> Result<(), Closed> {
        match self.ask_identity().await {
            Err(error) if error.is_token_refused() => Err(Closed::Token(Token::Bot)),
            _ => Ok(()),
        }
    }

    /// Connects, and hands everything that happens to the bot, until told to stop.
    ///
    /// # Errors
    /// When Slack closes itself to us for good, or the address to listen on can't be had.
    pub async fn run(&self, bot: Arc<dyn Bot>, stop: watch::Receiver<bool>) -> Result<(), Closed> {
        let mut revoked = self.web().token_refused();
        tokio::select! {
            ended = self.run_transport(bot, stop) => ended,
            never = self.list_people() => match never {},
            _ = revoked.wait_for(|revoked| *revoked) => Err(Closed::Token(Token::Bot)),
        }
    }

    async fn run_transport(&self, bot: Arc<dyn Bot>, mut stop: watch::Receiver<bool>) -> Result<(), Closed> {
        if !self.until_reached(&mut stop).await? {
            return Ok(());
        }
        let listener = Arc::new(Events::new(self.clone(), bot));
        match &self.0.settings.transport {
            Transport::Socket { .. } => {
                socket::run(Arc::new(self.clone()), self.0.settings.pace, listener, stop).await
            }
            Transport::Http { signing_secret, listen } => {
                let tcp = TcpListener::bind(listen).await.map_err(Closed::Listen)?;
                let address = tcp.local_addr().map_err(Closed::Listen)?;
                tracing::info!(%address, "listening for Slack");
                self.0.listening.send_replace(Some(address));
                let (secret, now) = (signing_secret.clone(), Arc::clone(&self.0.settings.now));
                let served = http::serve(tcp, secret, now, listener, stop).await;
                served.map_err(Closed::Listen)
            }
        }
    }

    /// Asks who we are, until there is an answer. `false`: told to stop.
    async fn until_reached(&self, stop: &mut watch::Receiver<bool>) -> Result<bool, Closed> {
        let mut pause = self.0.settings.pace.pause;
        loop {
            match self.ask_identity().await {
                Ok(_) => return Ok(true),
                Err(error) if error.is_token_refused() => return Err(Closed::Token(Token::Bot)),
                Err(error) => {
                    tracing::warn!(%error, pause_ms = pause.as_millis(), "Slack can't be reached; trying again");
                }
            }
            tokio::select! {
                () = sleep_until(Instant::now() + pause) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(false),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Returns once everything that Slack has brought so far is with the bot, and answered.
    pub async fn settled(&self) {
        self.0.under_way.none().await;
    }

    /// Returns once Slack is connected, and the readings that this asks for are noted.
    pub async fn connected(&self) {
        // The sender lives as long as this does, so waiting can't fail.
        self.0.connected.subscribe().wait_for(|connected| *connected).await.ok();
    }

    /// Where Slack's calls are taken, once they are. Never, in Socket Mode.
    pub async fn listening(&self) -> Option<SocketAddr> {
        let mut listening = self.0.listening.subscribe();
        listening.wait_for(Option::is_some).await.ok().and_then(|address| *address)
    }

    fn set_connected(&self) {
        self.0.connected.send_replace(true);
    }

    async fn ask_identity(&self) -> Result<Identity, WebError> {
        let (auth, _) = self.web().auth_test().await?;
        let identity = Identity::of(auth);
        *self.0.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
        Ok(identity)
    }

    /// Who we are, asked where it isn't known yet.
    async fn identity(&self) -> Result<Identity, WebError> {
        match self.known_identity() {
            Some(identity) => Ok(identity),
            None => self.ask_identity().await,
        }
    }

    fn known_identity(&self) -> Option<Identity> {
        self.0.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn web(&self) -> &Web {
        &self.0.web
    }

    fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    fn people(&self) -> &People {
        &self.0.people
    }

    fn now(&self) -> Timestamp {
        (self.0.settings.now)()
    }

    fn answer_within(&self) -> Duration {
        self.0.settings.answer_within
    }

    /// A number that this start of the program has not used yet.
    fn next_number(&self) -> u64 {
        self.0.number.fetch_add(1, Ordering::Relaxed)
    }

    fn known_direct(&self, user: &str) -> Option<String> {
        self.0.direct.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned()
    }

    fn remember_direct(&self, user: &str, channel: &str) {
        let mut direct = self.0.direct.lock().unwrap_or_else(PoisonError::into_inner);
        if direct.len() >= DIRECT_MAX {
            direct.clear();
        }
        direct.insert(user.to_owned(), channel.to_owned());
    }
}
