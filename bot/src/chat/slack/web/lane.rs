//! One limit's turns: which are planned, and which were taken.
//!
//! Turns are planned ahead, so that a caller can be told when its own comes, and go away until then. Whoever comes back
//! late must not meet those behind in one moment, so turns that are taken are spaced once more.

use std::time::Duration;

use tokio::time::Instant;

use super::method::Rate;

/// The turns of one limit.
#[derive(Debug)]
pub(super) struct Lane {
    planned: Bucket,
    /// Planned and not begun, in order. What began is in `planned`.
    ahead: Vec<Instant>,
    taken: Bucket,
    /// Slack wants to be left alone until then.
    held_until: Instant,
}

impl Lane {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        let bucket = Bucket::new(rate, now);
        Self { planned: bucket, ahead: Vec::new(), taken: bucket, held_until: now }
    }

    /// The first moment from `from` at which one more turn fits between those planned.
    pub(super) fn earliest(&mut self, from: Instant, now: Instant) -> Instant {
        self.settle(now);
        let from = from.max(self.held_until);
        let (mut bucket, mut previous) = (self.planned, from);
        for (index, next) in self.ahead.iter().enumerate() {
            let at = bucket.earliest(previous);
            if at <= *next && bucket.with(at).bears(&self.ahead[index..]) {
                return at;
            }
            bucket = bucket.with(*next);
            previous = previous.max(*next);
        }
        bucket.earliest(previous)
    }

    /// Plans a turn, at a moment that [`Self::earliest`] gave.
    pub(super) fn plan(&mut self, at: Instant) {
        let index = self.ahead.partition_point(|planned| *planned <= at);
        self.ahead.insert(index, at);
    }

    /// Frees a turn that nobody will take, unless its moment has come.
    pub(super) fn free(&mut self, at: Instant) {
        if let Ok(index) = self.ahead.binary_search(&at) {
            self.ahead.remove(index);
        }
    }

    /// The first moment from `now` at which a turn can be taken.
    pub(super) fn open_at(&self, now: Instant) -> Instant {
        self.taken.earliest(now)
    }

    /// Takes a turn at `at`.
    pub(super) fn take(&mut self, at: Instant) {
        self.taken = self.taken.with(at);
    }

    /// Until when nothing goes; past when nothing holds it.
    pub(super) fn held_until(&self) -> Instant {
        self.held_until
    }

    /// Holds everything until `at`. What was planned before then has to plan anew, and no burst follows.
    pub(super) fn hold(&mut self, at: Instant) {
        self.held_until = self.held_until.max(at);
        self.ahead.retain(|planned| *planned >= at);
        self.planned.empty(at);
        self.taken.empty(at);
    }

    /// Whether a new one would do the same.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.settle(now);
        self.ahead.is_empty()
            && self.held_until <= now
            && self.planned.is_full(now)
            && self.taken.is_full(now)
    }

    fn settle(&mut self, now: Instant) {
        let begun = self.ahead.partition_point(|planned| *planned <= now);
        for at in self.ahead.drain(..begun) {
            self.planned = self.planned.with(at);
        }
    }
}

/// A few turns at once, then evenly: it counts when the next turn would be if all were evenly spaced.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    spacing: Duration,
    /// How much earlier than evenly a turn may be.
    ahead: Duration,
    even: Instant,
}

impl Bucket {
    fn new(rate: Rate, now: Instant) -> Self {
        let ahead = rate.spacing * rate.burst.saturating_sub(1);
        Self { spacing: rate.spacing, ahead, even: now }
    }

    fn earliest(&self, from: Instant) -> Instant {
        self.even.checked_sub(self.ahead).map_or(from, |at| at.max(from))
    }

    fn with(self, at: Instant) -> Self {
        Self { even: self.even.max(at) + self.spacing, ..self }
    }

    /// Whether these turns, in order, fit after what it counts.
    fn bears(self, turns: &[Instant]) -> bool {
        let mut bucket = self;
        for turn in turns {
            if bucket.earliest(*turn) > *turn {
                return false;
            }
            if bucket.even <= *turn {
                // From here on all is as if the turn before had not been.
                return true;
            }
            bucket = bucket.with(*turn);
        }
        true
    }

    /// Nothing goes before `at`, and from then on evenly.
    fn empty(&mut self, at: Instant) {
        self.even = self.even.max(at + self.ahead);
    }

    fn is_full(&self, now: Instant) -> bool {
        self.even <= now
    }
}
