//! The driver of a loop: steps while there is something to do, then sleeps until the next due time or a wake-up.

use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::db::{DbError, DbResult};
use crate::domain::ids::Timestamp;

/// Sleeps end at the latest after this long, because a machine that was suspended wakes up with another civil time.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Something that became due since it was looked for must not make the loop spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(10);
/// How long a loop waits after the database failed.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something was done; there may be more.
    Worked,
    /// There is nothing to do before this time; `None`: nothing is planned at all.
    Idle(Option<Timestamp>),
}

/// A loop that can be driven.
pub(crate) trait Stepping: Sync {
    /// For the log.
    const NAME: &'static str;

    /// Does the next thing, if there is one.
    fn next_step(&self) -> impl Future<Output = DbResult<Step>> + Send;

    /// What wakes it before its time.
    fn wake(&self) -> &Notify;

    /// The clock that its times are on.
    fn clock(&self) -> &Clock;
}

/// Steps until told to stop.
pub(crate) async fn run<S: Stepping>(stepping: &S, stop: &mut watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match stepping.next_step().await {
            Ok(Step::Worked) => continue,
            Ok(Step::Idle(next)) => next.map(|next| until(stepping.clock(), next)),
            Err(DbError::Stopped) => return,
            Err(error) => {
                tracing::error!(name = S::NAME, %error, "the database can't be worked on; trying again");
                Some(DATABASE_PAUSE)
            }
        };
        tokio::select! {
            // A wake-up since the last look is kept for us, so none is missed.
            () = stepping.wake().notified() => {}
            () = sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

fn until(clock: &Clock, at: Timestamp) -> Duration {
    let wait_ms = u64::try_from(at.since(clock.now())).unwrap_or(0);
    Duration::from_millis(wait_ms).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
}

async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
