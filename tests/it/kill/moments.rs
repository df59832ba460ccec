//! When to kill: moments chosen by a seed, the same for the same seed.

use std::collections::BTreeMap;
use std::time::Duration;

/// What a call is for, as far as kills go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It moves the clock over the opening, the reveal or the close of a round.
    Clock,
    /// Anything else that people do.
    People,
    /// Not a call: the program starting again after a kill.
    Start,
    /// Never killed: a look, or a repetition.
    Spared,
}

impl Kind {
    /// Calls of this kind that a day is sure to have.
    const fn in_a_day(self) -> usize {
        match self {
            Self::Clock => 3,
            Self::People => 16,
            Self::Start | Self::Spared => 0,
        }
    }

    /// The latest moment inside a call: a little longer than calls take, so that some end first.
    const fn longest_us(self) -> u64 {
        match self {
            Self::Clock => 40_000,
            Self::People => 8_000,
            Self::Start => 200_000,
            Self::Spared => 0,
        }
    }
}

/// SplitMix64: small, and good enough to scatter moments. <https://prng.di.unimi.it/splitmix64.c>
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// The moments of one fortnight.
pub(super) struct Moments {
    /// By day and kind, the number of the call on that day; and how long after its beginning.
    calls: BTreeMap<(usize, Kind, usize), Duration>,
    /// By the number of the restart.
    starts: BTreeMap<usize, Duration>,
    day: usize,
    seen: BTreeMap<Kind, usize>,
    restarts: usize,
}

impl Moments {
    /// Scatters kills: inside calls of the clock, inside calls of people, and inside restarts.
    pub(super) fn scatter(seed: u64, days: usize, clock: usize, people: usize, starts: usize) -> Self {
        let mut chance = Chance(seed);
        let mut calls = BTreeMap::new();
        for (kind, wanted) in [(Kind::Clock, clock), (Kind::People, people)] {
            let mut left = wanted;
            while left > 0 {
                let at = (chance.below(days), kind, chance.below(kind.in_a_day()));
                let after = Duration::from_micros(chance.next() % kind.longest_us());
                left -= usize::from(calls.insert(at, after).is_none());
            }
        }
        let mut in_starts = BTreeMap::new();
        while in_starts.len() < starts {
            let after = Duration::from_micros(chance.next() % Kind::Start.longest_us());
            in_starts.insert(chance.below(clock + people), after);
        }
        Self { calls, starts: in_starts, day: 0, seen: BTreeMap::new(), restarts: 0 }
    }

    /// A new day begins.
    pub(super) fn day(&mut self, day: usize) {
        self.day = day;
        self.seen.clear();
    }

    /// When the call that begins now is to be killed.
    pub(super) fn of_call(&mut self, kind: Kind) -> Option<Duration> {
        let seen = self.seen.entry(kind).or_default();
        let number = *seen;
        *seen += 1;
        self.calls.remove(&(self.day, kind, number))
    }

    /// When the restart that begins now is to be killed.
    pub(super) fn of_start(&mut self) -> Option<Duration> {
        self.restarts += 1;
        self.starts.remove(&(self.restarts - 1))
    }
}
