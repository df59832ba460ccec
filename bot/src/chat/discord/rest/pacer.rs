//! Spaces requests, so that Discord's global limit is never reached.
//!
//! Discord allows 50 requests in a second, and counts in windows of its own. Whoever sends 50 at once, and the next 50
//! a second later, may put 100 into one of them. So requests go out one by one, evenly spaced.

use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// What the requests of a second are spread over. The part beyond the second is what requests may be delayed
/// unevenly on their way without two windows' worth meeting in one.
const SPREAD: Duration = Duration::from_millis(1_050);
/// How late a turn may be without the next ones being later for it. Timers go by whole milliseconds and wake up a little
/// late; counted each time, that would cost a twentieth of all turns. The part of [`SPREAD`] beyond the second has room
/// for it.
const LATE: Duration = Duration::from_millis(5);

/// Gives turns.
#[derive(Debug)]
pub(super) struct Pacer {
    spacing: Duration,
    /// Held by the one background caller that stands in line with the urgent ones.
    background: Mutex<()>,
    /// When the next turn may be. Held while waiting for it: the lock's own queue is the line.
    next: Mutex<Instant>,
    stopped_until: StdMutex<Instant>,
}

impl Pacer {
    /// At most `requests_per_second` turns in any second; 0 counts as 1.
    pub(super) fn new(requests_per_second: u32) -> Self {
        let now = Instant::now();
        Self {
            spacing: SPREAD / requests_per_second.max(1),
            background: Mutex::new(()),
            next: Mutex::new(now),
            stopped_until: StdMutex::new(now),
        }
    }

    /// Waits for a turn, and gives its moment. Callers are served in order, urgent ones before all background ones but
    /// one: so background ones go on too, every other turn. A caller that goes away takes no turn.
    pub(super) async fn turn(&self, urgent: bool) -> Instant {
        let _first_in_line = match urgent {
            true => None,
            false => Some(self.background.lock().await),
        };
        let mut next = self.next.lock().await;
        loop {
            let now = Instant::now();
            let begins = self.stopped_until().max(*next);
            if begins <= now {
                // Counted from when the turn was due, or after a stall from now: that is not made up for.
                *next = begins.max(now.checked_sub(LATE).unwrap_or(now)) + self.spacing;
                return now;
            }
            sleep_until(begins).await;
        }
    }

    /// Gives no turn before `at`.
    pub(super) fn stop_until(&self, at: Instant) {
        let mut stopped_until = self.stopped_until.lock().unwrap_or_else(PoisonError::into_inner);
        *stopped_until = at.max(*stopped_until);
    }

    /// Until when no turn is given; past when nothing stops them.
    pub(super) fn stopped_until(&self) -> Instant {
        *self.stopped_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_second_holds_fifty_also_when_requests_are_delayed_unevenly() {
        let pacer = Pacer::new(50);
        assert_eq!(pacer.spacing, Duration::from_millis(21));
        // The 51st comes that long after the first, so a second's window has room for 44 ms of jitter.
        assert!(pacer.spacing * 50 - LATE >= Duration::from_millis(1_044));
        assert_eq!(Pacer::new(0).spacing, SPREAD);
    }

    #[tokio::test]
    async fn turns_keep_their_distance_and_their_order() {
        let pacer = Arc::new(Pacer::new(1_000));
        let waiting: Vec<_> = (0..60)
            .map(|_| {
                let pacer = Arc::clone(&pacer);
                tokio::spawn(async move { pacer.turn(false).await })
            })
            .collect();
        let mut turns = Vec::new();
        for turn in waiting {
            turns.push(turn.await.unwrap());
        }
        for apart in 1..turns.len() {
            for pair in turns.windows(apart + 1) {
                let least = (pacer.spacing * u32::try_from(apart).unwrap()).saturating_sub(LATE);
                assert!(pair[apart] >= pair[0] + least, "in order, and apart");
            }
        }
    }

    #[tokio::test]
    async fn a_person_who_waits_is_served_before_the_background() {
        let pacer = Arc::new(Pacer::new(500));
        let start = |urgent: bool| {
            let pacer = Arc::clone(&pacer);
            tokio::spawn(async move { pacer.turn(urgent).await })
        };
        let background: Vec<_> = (0..10).map(|_| start(false)).collect();
        let urgent = start(true).await.unwrap();
        let mut before = 0;
        for turn in background {
            before += usize::from(turn.await.unwrap() < urgent);
        }
        assert!(before <= 2, "{before} were served first");
    }

    #[tokio::test]
    async fn a_stop_holds_everybody_and_one_who_leaves_takes_no_turn() {
        let pacer = Pacer::new(50);
        let until = Instant::now() + Duration::from_millis(40);
        pacer.stop_until(until);
        pacer.stop_until(until - Duration::from_millis(30));
        let left = tokio::time::timeout(Duration::from_millis(1), pacer.turn(true)).await;
        assert!(left.is_err());
        assert!(pacer.turn(false).await >= until);
    }
}
