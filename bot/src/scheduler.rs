//! Does what time brings about, and sleeps until the next due time or a wake-up. It never polls channels.

use std::time::Duration;

use crate::app::App;
use crate::db::{DbError, DbResult};
use crate::domain::ids::Timestamp;

/// Sleeps end at the latest after this long, because a machine that was suspended wakes up with another civil time.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// How long the loop waits after the database failed.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);

/// The scheduler loop.
#[derive(Clone, Debug)]
pub struct Scheduler {
    app: App,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was due and is done; there may be more.
    Worked,
    /// Nothing is due before this time; `None`: nothing is planned at all.
    Idle(Option<Timestamp>),
}

impl Scheduler {
    /// A scheduler of the application.
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// Does the first thing that is due.
    ///
    /// # Errors
    /// When it could not be stored; it stays due.
    pub async fn step(&self) -> DbResult<Step> {
        if self.app.tick(self.app.clock().now()).await? {
            return Ok(Step::Worked);
        }
        Ok(Step::Idle(self.app.next_due().await?))
    }

    /// Runs until told to stop.
    pub async fn run(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.step().await {
                Ok(Step::Worked) => continue,
                Ok(Step::Idle(next)) => next.map(|next| self.until(next)),
                Err(DbError::Stopped) => return,
                Err(error) => {
                    tracing::error!(%error, "what is due can't be done; trying again");
                    Some(DATABASE_PAUSE)
                }
            };
            tokio::select! {
                // A wake-up since the look above is kept for us, so none is missed.
                () = self.app.wake().scheduler.notified() => {}
                () = sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    fn until(&self, at: Timestamp) -> Duration {
        let wait_ms = u64::try_from(at.since(self.app.clock().now())).unwrap_or(0);
        Duration::from_millis(wait_ms).min(LONGEST_SLEEP)
    }
}

/// Sleeps for a while; `None`: for ever.
pub(crate) async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
