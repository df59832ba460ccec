//! Commands and forms are limited for each person, so that one of them can't keep everybody else waiting.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::domain::command::Workspace;
use crate::domain::ids::PersonRef;

/// Commands and forms a person may send in [`SPAN`].
const REQUESTS_MAX: usize = 20;
/// The span of time that is looked at.
const SPAN: Duration = Duration::from_secs(60);
/// People remembered at most; past that, those who were quiet for a span are forgotten.
const PEOPLE_MAX: usize = 10_000;

type Times = HashMap<(Workspace, PersonRef), VecDeque<Duration>>;

#[derive(Debug)]
pub(super) struct Limit {
    clock: Clock,
    times: Mutex<Times>,
}

impl Limit {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, times: Mutex::default() }
    }

    /// Counts a request. `Err`: one too many; the whole seconds until the next one is welcome.
    pub(super) fn count(&self, workspace: &Workspace, person: &PersonRef) -> Result<(), u64> {
        let now = self.clock.monotonic();
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() >= PEOPLE_MAX {
            times.retain(|_, times| times.back().is_some_and(|last| now.saturating_sub(*last) < SPAN));
        }
        let own = times.entry((workspace.clone(), person.clone())).or_default();
        while own.front().is_some_and(|first| now.saturating_sub(*first) >= SPAN) {
            own.pop_front();
        }
        match own.front() {
            Some(first) if own.len() >= REQUESTS_MAX => {
                Err((SPAN - now.saturating_sub(*first)).as_secs() + 1)
            }
            _ => {
                own.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{Platform, Timestamp};

    #[test]
    fn twenty_a_minute_and_then_again() {
        let clock = Clock::manual(Timestamp(0));
        let limit = Limit::new(clock.clone());
        let workspace = Workspace { platform: Platform::Local, id: "local".parse().unwrap() };
        let (mara, jonas) = ("p1".parse().unwrap(), "p2".parse().unwrap());
        for _ in 0..20 {
            assert_eq!(limit.count(&workspace, &mara), Ok(()));
        }
        assert_eq!(limit.count(&workspace, &mara), Err(61));
        assert_eq!(limit.count(&workspace, &jonas), Ok(()), "others are not held up");
        clock.pass(Duration::from_secs(60));
        assert_eq!(limit.count(&workspace, &mara), Ok(()));
    }
}
