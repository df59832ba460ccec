//! When a study channel posts: schedules as people type them, time zones, and what is due.
//!
//! Civil time (what a clock on the wall shows) and instants are kept apart: a [`Schedule`] knows civil time
//! only, and a [`Zone`] alone turns one into the other. The `cron` crate sees civil times dressed as UTC and
//! never a real zone, because it skips days when clocks go forward and fires twice when they go back.
//! Nothing here reads a clock or the machine's own time-zone files.

mod describe;
mod fields;
mod occur;
mod words;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Timelike};
use jiff::civil::DateTime;

pub use occur::{Due, DuePost, Occurrence};
pub use zone::{CivilTime, InvalidCivilTime, Zone, ZoneError};

/// The longest schedule that is read, in characters.
const MAX_CHARS: usize = 200;
/// The most posts a study channel gets on one date.
const MAX_A_DATE: usize = 4;
/// The least time between two posts, in minutes.
const MIN_APART_MINUTES: u16 = 60;
/// The most characters of somebody's input that an error repeats.
const MAX_QUOTED_CHARS: usize = 24;

/// The days and times at which a study channel posts, in civil time.
///
/// Parsed from five-field cron with its Unix meaning (minute, hour, day of month, month, day of week) or from
/// words such as `weekdays 09:00`; shown as the normalised text, which parses to the same schedule.
/// It has 1 to 4 times a date, at least an hour apart (across midnight too), and comes round at least once.
/// It holds from 1970 to 2100, the years that the `cron` crate knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    rule: Rule,
    /// One for each minute of the hour in use: `09:00, 15:30` is no product of minutes and hours.
    patterns: Vec<cron::Schedule>,
}

impl Schedule {
    /// The schedule in plain words, to stand inside a sentence: `every weekday at 09:00`.
    pub fn describe(&self) -> String {
        describe::describe(&self.rule)
    }

    /// The first civil time of the schedule strictly after `after`; `None` past the year 2100.
    fn civil_after(&self, after: CivilTime) -> Option<CivilTime> {
        let after = to_chrono(after.max(CivilTime::EPOCH))?;
        let next = self.patterns.iter().filter_map(|pattern| pattern.after(&after).next()).min()?;
        from_chrono(next)
    }

    fn from_rule(text: String, rule: Rule) -> Result<Self, ScheduleError> {
        rule.check_times_of_day()?;
        let patterns = rule.patterns()?;
        let schedule = Self { text, rule, patterns };
        // The day and month may never meet.
        if schedule.civil_after(CivilTime::EPOCH).is_none() {
            return Err(ScheduleError::NoSuchDate);
        }
        Ok(schedule)
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        if text.chars().nth(MAX_CHARS).is_some() {
            return Err(ScheduleError::TooLong);
        }
        let text = normalised(text);
        if text.is_empty() {
            return Err(ScheduleError::Empty);
        }
        if fields::looks_like_cron(&text) {
            let rule = fields::parse(&text)?;
            Self::from_rule(text, rule)
        } else {
            let rule = words::parse(&text)?;
            Self::from_rule(words::spell(&rule), rule)
        }
    }
}

/// The normalised text, which parses to the same schedule.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is no schedule. The message is meant for whoever typed it, and holds an example that works.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Nothing was typed.
    #[error("Say on which days and at what time to post, such as \"weekdays 09:00\".")]
    Empty,
    /// Over 200 characters.
    #[error("A schedule has at most 200 characters. Try something short, such as \"weekdays 09:00\".")]
    TooLong,
    /// A cron nickname such as `@daily`, which leaves the time of day unsaid.
    #[error(
        "Names that start with @ don't say at what time to post. Write the time out, such as \"daily 09:00\"."
    )]
    Nickname,
    /// Cron with more or fewer parts than five.
    #[error(
        "A cron schedule here has five parts (minute, hour, day of month, month, day of week; no seconds and \
         no year), and this has {found}. For weekdays at 09:00 write \"0 9 * * 1-5\"."
    )]
    PartCount {
        /// How many parts were typed.
        found: usize,
    },
    /// A part of a cron schedule that can't be read.
    #[error("\"{part}\" can't be used for the {field}: {advice}. Try something like \"{example}\".")]
    Part {
        /// The part's name, such as `day of week`.
        field: &'static str,
        /// What was typed there, shortened.
        part: String,
        /// What to write instead.
        advice: String,
        /// A whole schedule that works.
        example: &'static str,
    },
    /// Both day parts of a cron schedule are given: programs disagree on what that means.
    #[error(
        "Day of month and day of week are both given, which some programs read as \"either\" and others as \
         \"both\". Leave one of them as *, such as \"0 9 1,15 * *\" or \"0 9 * * mon,thu\"."
    )]
    BothDays,
    /// A word that can't be read, or that could mean several things.
    #[error("\"{part}\" isn't clear here: {advice}. Try something like \"{example}\".")]
    Word {
        /// What was typed, shortened.
        part: String,
        /// What to write instead.
        advice: String,
        /// A whole schedule that works.
        example: &'static str,
    },
    /// Days without a time.
    #[error("The time of day is missing. Write it after the days, such as \"weekdays 09:00\".")]
    MissingTime,
    /// A time without days.
    #[error(
        "The days are missing. Write them before the time, such as \"daily 09:00\" or \"mon, thu 09:00\"."
    )]
    MissingDays,
    /// Days, times, and days again.
    #[error(
        "All days of a schedule share the same times. Write the days first and then the times, such as \
         \"mon, wed 09:00, 15:00\"."
    )]
    Mixed,
    /// More than 4 times on a date.
    #[error(
        "This would post {times} times a day; the most is 4, at least an hour apart. Try something like \
         \"daily 09:00, 15:00\"."
    )]
    TooOften {
        /// How many times a day it would post.
        times: usize,
    },
    /// Two times less than an hour apart.
    #[error(
        "{first} and {second} are less than an hour apart, which leaves no time to answer. Try something \
         like \"daily 09:00, 15:00\"."
    )]
    TooClose {
        /// The earlier time of day.
        first: String,
        /// The later one, which may be on the next date.
        second: String,
    },
    /// A date that no year has, such as 30 February.
    #[error(
        "No year has such a date, so this would never post. For the last date that every month has, write \
         \"0 9 28 * *\"."
    )]
    NoSuchDate,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    const fn minute_of_day(self) -> u16 {
        self.hour as u16 * 60 + self.minute as u16
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// What both ways of writing come down to. A set that holds everything stands for "any".
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    times: BTreeSet<TimeOfDay>,
    /// 1 to 31.
    days_of_month: BTreeSet<u8>,
    /// 1 to 12.
    months: BTreeSet<u8>,
    /// 0 (Sunday) to 6.
    days_of_week: BTreeSet<u8>,
}

impl Rule {
    fn check_times_of_day(&self) -> Result<(), ScheduleError> {
        if self.times.len() > MAX_A_DATE {
            return Err(ScheduleError::TooOften { times: self.times.len() });
        }
        for (first, second) in self.times.iter().zip(self.times.iter().skip(1)) {
            if second.minute_of_day() - first.minute_of_day() < MIN_APART_MINUTES {
                return Err(ScheduleError::TooClose { first: first.to_string(), second: second.to_string() });
            }
        }
        self.check_midnight()
    }

    /// Refuses a last and a first time of neighbouring dates that are too close. Cron gives all its times the
    /// same minute, so they are whole hours apart; only words come this close, and words name weekdays only.
    fn check_midnight(&self) -> Result<(), ScheduleError> {
        let (Some(first), Some(last)) = (self.times.first(), self.times.last()) else {
            return Err(ScheduleError::MissingTime);
        };
        let apart_minutes = first.minute_of_day() + 24 * 60 - last.minute_of_day();
        let is_neighbour = |day: &u8| self.days_of_week.contains(&((day + 1) % 7));
        if apart_minutes < MIN_APART_MINUTES && self.days_of_week.iter().any(is_neighbour) {
            return Err(ScheduleError::TooClose { first: last.to_string(), second: first.to_string() });
        }
        Ok(())
    }

    /// The rule for the `cron` crate: seconds first, weekdays numbered from 1, every value spelled out.
    fn patterns(&self) -> Result<Vec<cron::Schedule>, ScheduleError> {
        let days_of_month = numbers(&self.days_of_month, 31);
        let months = numbers(&self.months, 12);
        let days_of_week = numbers(&self.days_of_week.iter().map(|day| day + 1).collect(), 7);
        let mut hours_by_minute = BTreeMap::<u8, BTreeSet<u8>>::new();
        for time in &self.times {
            hours_by_minute.entry(time.minute).or_default().insert(time.hour);
        }
        hours_by_minute
            .iter()
            .map(|(minute, hours)| {
                let hours = numbers(hours, 24);
                format!("0 {minute} {hours} {days_of_month} {months} {days_of_week}")
                    .parse()
                    // Not reachable: every number is in its range.
                    .map_err(|_| ScheduleError::NoSuchDate)
            })
            .collect()
    }
}

fn numbers(set: &BTreeSet<u8>, all: usize) -> String {
    if set.len() == all {
        return "*".to_owned();
    }
    set.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

/// Lower case, plain hyphens, single spaces, and none of the quotes that people paste around code.
fn normalised(text: &str) -> String {
    let text = text.trim().trim_matches(['`', '"', '\'', '“', '”']).to_lowercase();
    // Phones and chat programs turn hyphens into dashes.
    let text = text.replace(['\u{2010}', '\u{2011}', '–', '—'], "-");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most 24 characters of `text`, fit to stand between double quotes.
fn quoted(text: &str) -> String {
    let clean = |letter: char| match letter {
        '"' => '\'',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    let mut short: String = text.chars().take(MAX_QUOTED_CHARS).map(clean).collect();
    if text.chars().nth(MAX_QUOTED_CHARS).is_some() {
        short.push('…');
    }
    short
}

/// The number of a weekday's English name (0 is Sunday), short or in full, singular or plural.
fn weekday(word: &str) -> Option<u8> {
    Some(match word {
        "sun" | "sunday" | "sundays" => 0,
        "mon" | "monday" | "mondays" => 1,
        "tue" | "tues" | "tuesday" | "tuesdays" => 2,
        "wed" | "weds" | "wednesday" | "wednesdays" => 3,
        "thu" | "thur" | "thurs" | "thursday" | "thursdays" => 4,
        "fri" | "friday" | "fridays" => 5,
        "sat" | "saturday" | "saturdays" => 6,
        _ => return None,
    })
}

/// The short names of all weekdays from `first` to `last`, round the end of the week if need be.
fn weekdays_around(first: u8, last: u8) -> String {
    const SHORT: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let (first, last) = (first % 7, last % 7);
    let count = usize::from((last + 7 - first) % 7) + 1;
    SHORT.iter().cycle().skip(usize::from(first)).take(count).copied().collect::<Vec<_>>().join(",")
}

/// The civil time dressed as UTC, which is all that the `cron` crate may see.
fn to_chrono(civil: CivilTime) -> Option<chrono::DateTime<chrono::Utc>> {
    let (date, time) = (civil.date(), civil.datetime().time());
    let date = NaiveDate::from_ymd_opt(
        i32::from(date.year()),
        date.month().try_into().ok()?,
        date.day().try_into().ok()?,
    )?;
    let at = date.and_hms_opt(time.hour().try_into().ok()?, time.minute().try_into().ok()?, 0)?;
    Some(at.and_utc())
}

fn from_chrono(at: chrono::DateTime<chrono::Utc>) -> Option<CivilTime> {
    let (year, month, day) =
        (at.year().try_into().ok()?, at.month().try_into().ok()?, at.day().try_into().ok()?);
    let (hour, minute) = (at.hour().try_into().ok()?, at.minute().try_into().ok()?);
    DateTime::new(year, month, day, hour, minute, 0, 0).ok().map(CivilTime::new)
}

#[cfg(test)]
mod tests;
