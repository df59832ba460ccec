//! Socket Mode: Slack's events and requests over a WebSocket that the bot opens itself.
//!
//! One connection is kept up for as long as the program runs, and is replaced by a second one before Slack ends it, so
//! that there is no gap: <https://docs.slack.dev/apis/events-api/using-socket-mode>.

mod connection;
mod frame;
mod taking;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::listen::{Closed, Listener, Token, told};
use connection::{End, GOODBYE_MAX, Making, News, Wanted};
use taking::Taking;

/// Pauses between attempts double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that stood for this many of [`Pace::pause`] worked: pauses begin anew after it.
const LASTED: u32 = 10;
/// Where Slack has too many connections already, pauses begin as if so many attempts had failed.
const TOO_MANY_FAILURES: u32 = 4;
/// A connection is replaced this long before Slack would end it, or a tenth of its time where that is less.
const MARGIN: Duration = Duration::from_secs(60);
/// News of connections that wait to be heard.
const NEWS_MAX: usize = 64;

/// How fast Socket Mode is worked with; tests have less time than Slack.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The first pause before another attempt; it doubles with each that fails.
    pub pause: Duration,
    /// Between two pings of ours. A connection that is silent for three of them is dead.
    pub ping: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: Duration::from_secs(1), ping: Duration::from_secs(10) }
    }
}

/// How long a connection is waited for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// While it is made, and again until it says hello.
    connect: Duration,
    /// Until what is under way has been acknowledged, once it is to end. Slack gives ten seconds from its warning on.
    drain: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(20), drain: Duration::from_secs(5) }
    }
}

/// Who gets the address of a connection: `apps.connections.open`.
pub(super) trait Opener: Send + Sync + 'static {
    /// Gets a fresh address, good for one connection.
    fn open(&self) -> BoxFuture<'_, Result<String, OpenError>>;
}

/// Why there is no address.
#[derive(Clone, Debug)]
pub(super) enum OpenError {
    /// The app-level token is refused.
    TokenRefused,
    /// Socket Mode is switched off for this app.
    SocketModeOff,
    /// Anything else, which may pass.
    Failed {
        /// When Slack wants to be asked again.
        after: Option<Duration>,
        /// For the log: no token and no text.
        reason: String,
    },
}

/// Keeps Socket Mode connected until told to stop, or until Slack closes it for good.
pub(super) async fn run(
    opener: Arc<dyn Opener>,
    pace: Pace,
    listener: Arc<dyn Listener>,
    stop: watch::Receiver<bool>,
) -> Result<(), Closed> {
    run_with(opener, pace, Patience::default(), listener, stop).await
}

async fn run_with(
    opener: Arc<dyn Opener>,
    pace: Pace,
    patience: Patience,
    listener: Arc<dyn Listener>,
    stop: watch::Receiver<bool>,
) -> Result<(), Closed> {
    let (alive, mut under_way) = mpsc::channel::<Infallible>(1);
    let (news_to, news) = mpsc::channel(NEWS_MAX);
    let gap = Notify::new();
    let keeper = Keeper {
        opener,
        pace,
        patience,
        taking: Arc::new(Taking::new(Arc::clone(&listener), alive)),
        news_to,
        gap: &gap,
        connections: JoinSet::new(),
        wanted: HashMap::new(),
        newest: 0,
        standing: None,
        opening: None,
        failures: 0,
        attempt_at: Instant::now(),
        replace_at: None,
    };
    // Told beside the keeping, so that a listener who takes long holds nothing up; gaps meanwhile become one.
    let telling = async {
        loop {
            gap.notified().await;
            listener.connected().await;
        }
    };
    let ended = tokio::select! {
        ended = keeper.keep(news, stop) => ended,
        () = telling => Ok(()),
    };
    // What a connection that was lost had brought is stored too, if that doesn't take too long.
    timeout(GOODBYE_MAX, under_way.recv()).await.ok();
    ended
}

/// The connection that stands.
struct Standing {
    number: u64,
    since: Instant,
}

struct Keeper<'k> {
    opener: Arc<dyn Opener>,
    pace: Pace,
    patience: Patience,
    taking: Arc<Taking>,
    news_to: mpsc::Sender<(u64, News)>,
    gap: &'k Notify,
    connections: JoinSet<(u64, End)>,
    /// Every connection, and how long it is wanted.
    wanted: HashMap<u64, watch::Sender<Wanted>>,
    newest: u64,
    standing: Option<Standing>,
    /// The one that is being made.
    opening: Option<u64>,
    /// Attempts in a row after which no connection lasted.
    failures: u32,
    /// Before this no other is made.
    attempt_at: Instant,
    /// When the one that stands is to be replaced.
    replace_at: Option<Instant>,
}

impl Keeper<'_> {
    async fn keep(
        mut self,
        mut news: mpsc::Receiver<(u64, News)>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Closed> {
        let result = loop {
            let due = self.due();
            tokio::select! {
                () = told(&mut stop) => break Ok(()),
                Some((number, told)) = news.recv() => match told {
                    News::Stands(lasts) => {
                        // A connection that ended before this moment must not pass for one that stands.
                        if let Err(closed) = self.bury() {
                            break Err(closed);
                        }
                        self.stands(number, lasts);
                    }
                    News::Replace => self.replace(number),
                },
                Some(ended) = self.connections.join_next() => {
                    if let Ok((number, end)) = ended && let Err(closed) = self.ended(number, end) {
                        break Err(closed);
                    }
                }
                () = sleep_until(due.unwrap_or(self.attempt_at)), if due.is_some() => self.open(),
            }
        };
        // All of them end by themselves: there is a bound for each step.
        for wanted in self.wanted.values() {
            wanted.send_replace(Wanted::No);
        }
        while self.connections.join_next().await.is_some() {}
        result
    }

    /// When another connection is to be made, if one is.
    fn due(&self) -> Option<Instant> {
        match (&self.opening, &self.standing) {
            (Some(_), _) => None,
            (None, None) => Some(self.attempt_at),
            (None, Some(_)) => self.replace_at.map(|replace_at| replace_at.max(self.attempt_at)),
        }
    }

    fn open(&mut self) {
        if let (Some(standing), Some(replace_at)) = (&self.standing, self.replace_at)
            && self.attempt_at <= replace_at
            && standing.since.elapsed() >= self.pace.pause * LASTED
        {
            // The first attempt to replace one that has worked: what failed before it counts no more.
            self.failures = 0;
        }
        self.newest += 1;
        let number = self.newest;
        let (wanted, wanted_from) = watch::channel(Wanted::Yes);
        self.wanted.insert(number, wanted);
        self.opening = Some(number);
        let making = Making {
            number,
            opener: Arc::clone(&self.opener),
            taking: Arc::clone(&self.taking),
            pace: self.pace,
            patience: self.patience,
            wanted: wanted_from,
            news: self.news_to.clone(),
        };
        self.connections.spawn(async move {
            // One that breaks has ended too, and must be known by its number.
            let ended = AssertUnwindSafe(connection::run(making)).catch_unwind().await;
            (number, ended.unwrap_or_else(|_| End::Lost("it broke".to_owned())))
        });
    }

    /// Takes note of connections that have ended already.
    fn bury(&mut self) -> Result<(), Closed> {
        while let Some(ended) = self.connections.try_join_next() {
            if let Ok((number, end)) = ended {
                self.ended(number, end)?;
            }
        }
        Ok(())
    }

    /// A connection has said hello: it takes the place of the one before.
    fn stands(&mut self, number: u64, lasts: Option<Duration>) {
        if self.opening != Some(number) {
            // It ended right after its hello.
            return;
        }
        self.opening = None;
        match self.standing.replace(Standing { number, since: Instant::now() }) {
            Some(before) => {
                tracing::info!(connection = number, replaces = before.number, "a new connection stands");
                if let Some(wanted) = self.wanted.get(&before.number) {
                    wanted.send_replace(Wanted::Replaced);
                }
            }
            None => {
                tracing::info!(connection = number, "connected");
                self.gap.notify_one();
            }
        }
        self.replace_at = lasts.map(|lasts| {
            let margin = MARGIN.min(lasts / 10);
            Instant::now() + (lasts - margin).max(self.pace.pause)
        });
    }

    /// Slack wants another connection in the place of this one.
    fn replace(&mut self, number: u64) {
        let Some(standing) = self.standing.as_ref().filter(|standing| standing.number == number) else {
            return;
        };
        tracing::info!(connection = number, "Slack asks for a new connection");
        let now = Instant::now();
        if self.opening.is_none() && self.replace_at.is_none_or(|replace_at| replace_at > now) {
            self.count(now - standing.since);
            if self.failures > 0 {
                self.attempt_at = now + self.pause();
            }
        }
        self.replace_at = Some(now);
    }

    /// Takes note of a connection's end.
    fn ended(&mut self, number: u64, end: End) -> Result<(), Closed> {
        self.wanted.remove(&number);
        let stood = self.standing.take_if(|standing| standing.number == number);
        let opening = self.opening.take_if(|opening| *opening == number).is_some();
        let (reason, after, at_least) = match end {
            End::TokenRefused => return Err(Closed::Token(Token::App)),
            End::SocketModeOff => return Err(Closed::SocketModeOff),
            End::Left => ("not wanted any more".to_owned(), None, 0),
            End::Lost(reason) => (reason, None, 0),
            End::Later { after, reason } => (reason, Some(after), 0),
            End::TooMany => {
                let reason = "the app has too many connections; is the bot running somewhere else too?";
                (reason.to_owned(), None, TOO_MANY_FAILURES)
            }
        };
        if stood.is_none() && !opening {
            tracing::debug!(connection = number, reason, "a connection that was replaced has ended");
            return Ok(());
        }
        if stood.is_some() {
            self.replace_at = None;
        }
        self.count(stood.map_or(Duration::ZERO, |standing| standing.since.elapsed()));
        self.failures = self.failures.max(at_least);
        let pause = self.pause().max(after.unwrap_or_default());
        self.attempt_at = Instant::now() + pause;
        tracing::warn!(
            connection = number,
            reason,
            connected = self.standing.is_some(),
            pause_ms = pause.as_millis(),
            "a connection ended"
        );
        Ok(())
    }

    /// Counts how a connection did that stood for this long.
    fn count(&mut self, lived: Duration) {
        let lasted = lived >= self.pace.pause * LASTED;
        self.failures = if lasted { 0 } else { self.failures.saturating_add(1) };
    }

    fn pause(&self) -> Duration {
        let chance = u32::try_from(RandomState::new().hash_one(self.newest) % 1_024).unwrap_or_default();
        pause(self.pace, self.failures, chance)
    }
}

/// Twice as long after each failure, and between half and all of that as `chance` of 1,024 has it, so that not all bots
/// come at once.
fn pause(pace: Pace, failures: u32, chance: u32) -> Duration {
    let doubled = 1u32 << failures.saturating_sub(1).min(16);
    let whole = (pace.pause * doubled).min(LONGEST_PAUSE);
    whole / 2 + whole / 2 * chance / 1_024
}
