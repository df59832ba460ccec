//! What a schedule comes down to in a zone: its occurrences, and which of them are due.
//!
//! Where clocks skip an hour, a skipped time moves forward and may land on, or behind, a later civil time
//! (`Antarctica/Troll` skips two hours a year, `Pacific/Apia` skipped a date). Two rules settle this:
//!
//! - **Never two at one instant.** An occurrence is dropped if the schedule has an earlier civil time at the
//!   same instant on a date that isn't off. This depends on nothing else, so not on where a search starts.
//! - **Things happen in the order of their instants**, and "handled up to" an occurrence means up to its
//!   instant. Where nothing is skipped, that is the order of civil times.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::Date;

use super::super::ids::Timestamp;
use super::{CivilTime, MAX_A_DATE, Schedule, Zone};

/// No zone has skipped more than a date at once; with some slack, in hours.
const LONGEST_GAP_HOURS: i64 = 26;
const LONGEST_GAP_MS: i64 = LONGEST_GAP_HOURS * 3_600_000;
/// More than the longest gap's worth of occurrences: 26 hours touch three dates.
const MAX_RECENT: usize = 3 * MAX_A_DATE;
/// How far ahead and back a search goes: ten years. 29 February stays away for eight at most.
const SEARCH_MS: i64 = 10 * 366 * 86_400_000;
/// The most missed occurrences that are named.
const MAX_SKIPPED: usize = 100;
/// Where counting missed occurrences ends.
const MAX_SKIPPED_TOTAL: u32 = 10_000;
/// How long after its instant an occurrence still counts as on time.
const LATE_AFTER_MS: i64 = 60_000;

static NO_DATES: BTreeSet<Date> = BTreeSet::new();

/// One time that a schedule comes round. Within a study channel its civil time names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Occurrence {
    /// The time as the schedule has it, even where clocks skip it.
    pub civil: CivilTime,
    /// When that is, by [`Zone::instant`].
    pub at: Timestamp,
}

/// What has come due, by [`Schedule::due`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The one occurrence to post now, if any.
    pub post: Option<DuePost>,
    /// What was missed and is not to be posted, oldest first: the newest 100.
    pub skipped: Vec<Occurrence>,
    /// How many were missed in all, within the last ten years; counting ends at 10,000.
    pub skipped_total: u32,
    /// What to pass as `last_handled` next time, once the above is dealt with: the civil time of the last
    /// occurrence posted or skipped, or the old value if there is none.
    pub handled: CivilTime,
    /// The first that a later call can find: its instant is after `now`. `None` if ten years hold none.
    pub next: Option<Occurrence>,
}

/// The occurrence to post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuePost {
    /// Which one.
    pub occurrence: Occurrence,
    /// Whether it is over a minute overdue.
    pub late: bool,
}

impl Schedule {
    /// The first occurrence whose civil time is strictly after `after_civil`; `None` past the year 2100.
    ///
    /// Of two at one instant, only the one with the earlier civil time is an occurrence.
    pub fn next_after(&self, zone: &Zone, after_civil: CivilTime) -> Option<Occurrence> {
        Walk::new(self, zone, &NO_DATES, after_civil, CivilTime::LAST).next()
    }

    /// The next `n` occurrences after the instant `now`, in the order of their instants, without those on the
    /// dates `off`. Fewer if the next ten years hold fewer.
    pub fn upcoming(&self, zone: &Zone, now: Timestamp, off: &BTreeSet<Date>, n: usize) -> Vec<Occurrence> {
        let until = now.plus(SEARCH_MS);
        self.by_instant(zone, off, now, until).filter(|occurrence| occurrence.at > now).take(n).collect()
    }

    /// What is due at `now`.
    ///
    /// Looks at the occurrences after `last_handled` and at or after `not_before`, without those on the dates
    /// `off`, at most ten years back. The latest of those up to `now` is to be posted if it is at most
    /// `grace_ms` overdue; every other is skipped. Going on with [`Due::handled`], each occurrence comes up
    /// exactly once, whatever the steps of `now`.
    pub fn due(
        &self,
        zone: &Zone,
        last_handled: CivilTime,
        not_before: Timestamp,
        now: Timestamp,
        grace_ms: i64,
        off: &BTreeSet<Date>,
    ) -> Due {
        let handled = (zone.instant(last_handled), last_handled);
        let floor = not_before.max(now.plus(-SEARCH_MS));
        let start = floor.max(handled.0);
        let until = now.max(start).plus(SEARCH_MS);
        let mut due =
            Due { post: None, skipped: Vec::new(), skipped_total: 0, handled: last_handled, next: None };
        let mut passed = VecDeque::new();
        let open = |found: &Occurrence| found.at >= floor && (found.at, found.civil) > handled;
        for occurrence in self.by_instant(zone, off, start, until).filter(open) {
            if occurrence.at > now {
                due.next = Some(occurrence);
                break;
            }
            due.skipped_total += 1;
            passed.push_back(occurrence);
            // One more than are named: the last may be posted.
            if passed.len() > MAX_SKIPPED + 1 {
                passed.pop_front();
            }
        }
        due.settle(passed, now, grace_ms);
        due
    }

    /// The occurrences whose instants are from `from` to `until` (and some before), in that order.
    fn by_instant<'a>(
        &'a self,
        zone: &'a Zone,
        off: &'a BTreeSet<Date>,
        from: Timestamp,
        until: Timestamp,
    ) -> ByInstant<'a> {
        // A skipped time has an earlier civil time than the clock shows at its instant.
        let first = zone.civil(from).hours_earlier(LONGEST_GAP_HOURS);
        let walk = Walk::new(self, zone, off, first, zone.civil(until));
        ByInstant { walk, waiting: BTreeMap::new(), newest: None }
    }
}

impl Due {
    /// Splits what has passed into the one to post and the others.
    fn settle(&mut self, mut passed: VecDeque<Occurrence>, now: Timestamp, grace_ms: i64) {
        let Some(&latest) = passed.back() else { return };
        self.handled = latest.civil;
        let overdue_ms = now.since(latest.at);
        if overdue_ms <= grace_ms {
            passed.pop_back();
            self.skipped_total -= 1;
            self.post = Some(DuePost { occurrence: latest, late: overdue_ms > LATE_AFTER_MS });
        }
        let surplus = passed.len().saturating_sub(MAX_SKIPPED);
        self.skipped = passed.into_iter().skip(surplus).collect();
        self.skipped_total = self.skipped_total.min(MAX_SKIPPED_TOTAL);
    }
}

/// Occurrences in the order of civil time, after `from` and up to `until`.
struct Walk<'a> {
    schedule: &'a Schedule,
    zone: &'a Zone,
    off: &'a BTreeSet<Date>,
    from: CivilTime,
    until: CivilTime,
    /// Where the walk has got to. It begins a gap's length early: what is there may share an instant.
    at: CivilTime,
    /// The latest instants, to see one that comes again.
    recent: VecDeque<Timestamp>,
}

impl<'a> Walk<'a> {
    fn new(
        schedule: &'a Schedule,
        zone: &'a Zone,
        off: &'a BTreeSet<Date>,
        from: CivilTime,
        until: CivilTime,
    ) -> Self {
        let at = from.hours_earlier(LONGEST_GAP_HOURS);
        Self { schedule, zone, off, from, until, at, recent: VecDeque::with_capacity(MAX_RECENT) }
    }
}

impl Iterator for Walk<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        loop {
            let civil = self.schedule.civil_after(self.at).filter(|civil| *civil <= self.until)?;
            self.at = civil;
            if self.off.contains(&civil.date()) {
                continue;
            }
            let at = self.zone.instant(civil);
            if self.recent.contains(&at) {
                continue;
            }
            if self.recent.len() == MAX_RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(at);
            if civil > self.from {
                return Some(Occurrence { civil, at });
            }
        }
    }
}

/// Occurrences in the order of their instants.
struct ByInstant<'a> {
    walk: Walk<'a>,
    /// Those that one still to come might precede: a date's worth or two.
    waiting: BTreeMap<Timestamp, CivilTime>,
    /// The instant of the last one walked; `None` before the first.
    newest: Option<Timestamp>,
}

impl Iterator for ByInstant<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        loop {
            // Whatever has a later civil time is earlier by less than the longest gap.
            let ready = |at: Timestamp| self.newest.is_some_and(|newest| newest.since(at) >= LONGEST_GAP_MS);
            if self.waiting.first_key_value().is_some_and(|(at, _)| ready(*at)) {
                break;
            }
            match self.walk.next() {
                Some(found) => {
                    self.newest = Some(found.at);
                    self.waiting.insert(found.at, found.civil);
                }
                None => break,
            }
        }
        self.waiting.pop_first().map(|(at, civil)| Occurrence { civil, at })
    }
}
