//! The test's own record: what the chat has accepted, and what must follow from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::pack;

/// The places of the criteria that a learner marked as met.
pub(super) type Marks = Vec<usize>;

/// A message that the chat has taken.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// The chat's id.
    pub(super) id: String,
    /// The place of its author in the team.
    pub(super) who: usize,
    /// Its text before the deadline.
    pub(super) text: String,
    /// Its text after a later edit, which counts nowhere.
    pub(super) edited_late: Option<String>,
    /// The name and text of its file.
    pub(super) file: Option<(String, String)>,
    pub(super) deleted: bool,
    /// The chat's own time, read when the round is revealed.
    pub(super) at: Option<jiff::Timestamp>,
}

impl Said {
    pub(super) fn is_discussion(&self) -> bool {
        self.text.starts_with("//")
    }
}

/// One round, as the people of the channel know it.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) number: i64,
    pub(super) date: Date,
    /// The chat's id of the question.
    pub(super) post: String,
    pub(super) question: String,
    pub(super) said: Vec<Said>,
    /// Saved private texts, by learner.
    pub(super) private: BTreeMap<usize, String>,
    pub(super) late: BTreeMap<usize, String>,
    pub(super) marks: BTreeMap<usize, Marks>,
    /// Those whose answer was frozen; known from the reveal on.
    pub(super) on_time: BTreeSet<usize>,
    pub(super) revealed: bool,
    pub(super) closed: bool,
}

impl Round {
    pub(super) fn new(number: i64, date: Date, post: String, question: String) -> Self {
        Self {
            number,
            date,
            post,
            question,
            said: Vec::new(),
            private: BTreeMap::new(),
            late: BTreeMap::new(),
            marks: BTreeMap::new(),
            on_time: BTreeSet::new(),
            revealed: false,
            closed: false,
        }
    }

    /// An instant of the round's day, in UTC, which is the channel's zone.
    pub(super) fn at(&self, hour: i8, minute: i8) -> jiff::Timestamp {
        instant(self.date, hour, minute)
    }

    /// What the plan promises: no reveal before this.
    pub(super) fn deadline(&self) -> jiff::Timestamp {
        self.at(17, 0)
    }

    /// What every message of this round that is an answer carries in its text.
    pub(super) fn tag(&self) -> String {
        format!("[r{}-", self.number)
    }

    /// The messages that count for a learner, once the chat's times are known.
    pub(super) fn counted(&self, who: usize, deadline: jiff::Timestamp) -> Vec<&Said> {
        let in_time = |said: &&Said| said.at.is_none_or(|at| at < deadline);
        let mine = self.said.iter().filter(|said| said.who == who && !said.deleted && !said.is_discussion());
        let mut counted: Vec<&Said> = mine.filter(in_time).collect();
        counted.sort_by_key(|said| number_of(&said.id));
        counted
    }

    /// Points and basis of a learner whose answer came in time.
    pub(super) fn score(&self, who: usize) -> (i64, &'static str) {
        match self.marks.get(&who) {
            Some(met) => (pack::points(met), "self"),
            None => (0, "unmarked"),
        }
    }
}

/// An instant of a date, in UTC.
pub(super) fn instant(date: Date, hour: i8, minute: i8) -> jiff::Timestamp {
    date.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// The number in an id such as `m12`.
pub(super) fn number_of(id: &str) -> i64 {
    id.trim_start_matches(|c: char| c.is_alphabetic()).parse().unwrap()
}
