//! Which calls have been seen: a signature is good for one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::super::Timestamp;
use super::super::signature::Signature;

/// How many calls are remembered: those of ten minutes at 800 a second, in about 30 MiB.
const SEEN_MAX: usize = 500_000;
/// Between two looks for what has lapsed, in milliseconds.
const SWEEP_MS: i64 = 60_000;

/// Half a signature tells calls apart well enough: nobody can make two that begin alike.
type Mark = [u8; 16];

/// The calls of the last minutes.
#[derive(Default)]
pub(super) struct Seen(Mutex<Calls>);

#[derive(Default)]
struct Calls {
    /// With the time from when on each is refused for its age.
    lapses: HashMap<Mark, Timestamp>,
    sweep_at: Option<Timestamp>,
}

/// Why a call is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was seen before.
    Replay,
    /// There is no room to remember it, so that it could be repeated.
    Full,
}

impl Seen {
    /// Remembers a call, unless it was seen before.
    pub(super) fn note(
        self: &Arc<Self>,
        signature: &Signature<'_>,
        now: Timestamp,
    ) -> Result<Noted, Refused> {
        self.note_one(signature.once(), signature.lapses(), now, SEEN_MAX)
    }

    fn note_one(
        self: &Arc<Self>,
        [mark @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32],
        lapses: Timestamp,
        now: Timestamp,
        room: usize,
    ) -> Result<Noted, Refused> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = calls.lapses.len() >= room;
        if full || calls.sweep_at.is_none_or(|sweep_at| now >= sweep_at) {
            calls.lapses.retain(|_, lapses| now < *lapses);
            calls.sweep_at = Some(now.plus(SWEEP_MS));
        }
        let full = calls.lapses.len() >= room;
        match calls.lapses.entry(mark) {
            Entry::Occupied(_) => Err(Refused::Replay),
            Entry::Vacant(_) if full => Err(Refused::Full),
            Entry::Vacant(entry) => {
                entry.insert(lapses);
                Ok(Noted { seen: Arc::clone(self), mark, carried_out: false })
            }
        }
    }

    fn forget(&self, mark: Mark) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lapses.remove(&mark);
    }
}

/// A call that is remembered. Where it isn't carried out, Slack may make it again.
pub(super) struct Noted {
    seen: Arc<Seen>,
    mark: Mark,
    carried_out: bool,
}

impl Noted {
    pub(super) fn carried_out(mut self) {
        self.carried_out = true;
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if !self.carried_out {
            self.seen.forget(self.mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_remembered_until_it_lapses() {
        let seen = Arc::new(Seen::default());
        let note = |byte: u8, now: i64, room| {
            let noted = seen.note_one([byte; 32], Timestamp(100_000), Timestamp(now), room);
            noted.map(Noted::carried_out)
        };
        assert_eq!(note(1, 0, 2), Ok(()));
        assert_eq!(note(1, 99_999, 2), Err(Refused::Replay));
        assert_eq!(note(2, 99_999, 2), Ok(()));
        assert_eq!(note(3, 99_999, 2), Err(Refused::Full));
        // By now all of them are refused for their age, and make room.
        assert_eq!(note(3, 100_000, 2), Ok(()));
        assert_eq!(seen.0.lock().unwrap().lapses.len(), 1);
    }

    #[test]
    fn a_call_that_was_not_carried_out_may_come_again() {
        let seen = Arc::new(Seen::default());
        let note = || seen.note_one([1; 32], Timestamp(9), Timestamp(0), 1);
        drop(note().ok().unwrap());
        let noted = note().ok().unwrap();
        assert_eq!(note().err(), Some(Refused::Replay));
        noted.carried_out();
        assert_eq!(note().err(), Some(Refused::Replay));
    }
}
