//! The only place that reads clocks.
//!
//! There are two: a civil one, which tests and the demo move forward, and a monotonic one for time-outs and rate
//! limits. Civil time never goes back, whatever the machine's clock does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::domain::ids::Timestamp;

/// A clock. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    source: Source,
    offset_ms: i64,
    /// While set, civil time stands still here.
    pinned: Option<Timestamp>,
    last: Timestamp,
}

#[derive(Debug)]
enum Source {
    System {
        started: Instant,
    },
    /// Both clocks stand still until moved.
    Manual {
        now: Timestamp,
        monotonic: Duration,
    },
}

impl Clock {
    /// The machine's clock, moved by `offset_ms`.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn system(offset_ms: i64) -> Self {
        Self::new(Source::System { started: Instant::now() }, offset_ms)
    }

    /// A clock for tests that stands still until it is moved.
    pub fn manual(now: Timestamp) -> Self {
        Self::new(Source::Manual { now, monotonic: Duration::ZERO }, 0)
    }

    fn new(source: Source, offset_ms: i64) -> Self {
        let state = State { source, offset_ms, pinned: None, last: Timestamp(i64::MIN) };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn with<T>(&self, read: impl FnOnce(&mut State) -> T) -> T {
        read(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Civil time now.
    pub fn now(&self) -> Timestamp {
        self.with(State::now)
    }

    /// Time since some fixed moment, for time-outs and rate limits alone.
    pub fn monotonic(&self) -> Duration {
        self.with(|state| match state.source {
            Source::System { started } => started.elapsed(),
            Source::Manual { monotonic, .. } => monotonic,
        })
    }

    /// The offset that would make civil time `at` now: to be stored before [`Clock::pin`] makes it so.
    pub fn offset_for(&self, at: Timestamp) -> i64 {
        self.with(|state| at.since(state.source_now()))
    }

    /// Moves civil time to `at`, unless it is there or further already, and holds it there.
    pub fn pin(&self, at: Timestamp) {
        self.with(|state| {
            let at = at.max(state.now());
            state.offset_ms = at.since(state.source_now());
            state.pinned = Some(at);
        });
    }

    /// Lets civil time go on from where it was held.
    pub fn unpin(&self) {
        self.with(|state| {
            if let Some(at) = state.pinned.take() {
                state.offset_ms = at.since(state.source_now());
            }
        });
    }

    /// Moves a manual clock's monotonic time forward; does nothing to the machine's.
    pub fn pass(&self, time: Duration) {
        self.with(|state| {
            if let Source::Manual { monotonic, .. } = &mut state.source {
                *monotonic += time;
            }
        });
    }
}

impl State {
    fn now(&mut self) -> Timestamp {
        let now = self.pinned.unwrap_or_else(|| self.source_now().plus(self.offset_ms));
        self.last = self.last.max(now);
        self.last
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's civil clock")]
    fn source_now(&self) -> Timestamp {
        match self.source {
            Source::System { .. } => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Source::Manual { now, .. } => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_clock_stands_still_and_goes_on_from_there() {
        let clock = Clock::manual(Timestamp(1_000));
        clock.pin(Timestamp(5_000));
        assert_eq!(clock.now(), Timestamp(5_000));
        clock.unpin();
        assert_eq!(clock.now(), Timestamp(5_000));
        clock.pin(Timestamp(2_000));
        assert_eq!(clock.now(), Timestamp(5_000), "time never goes back");
    }

    #[test]
    fn the_stored_offset_gives_the_time_again_after_a_restart() {
        let clock = Clock::system(0);
        let target = clock.now().plus(86_400_000);
        let restarted = Clock::system(clock.offset_for(target));
        assert!(restarted.now().since(target) < 60_000 && restarted.now() >= target);
    }
}
