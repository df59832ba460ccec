//! Civil time and time zones. The zones' data is the one built into the program, never the machine's, so that
//! the same input gives the same answer everywhere.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::super::ids::Timestamp;
use super::quoted;

/// The longest zone name that is looked up, in characters; the longest real one has 32.
const MAX_CHARS: usize = 64;
/// The most names that an error suggests.
const MAX_SUGGESTIONS: usize = 3;

/// Abbreviations that are no IANA names, with a zone that uses them.
const ABBREVIATIONS: [(&str, &str); 17] = [
    ("z", "UTC"),
    ("bst", "Europe/London"),
    ("cest", "Europe/Berlin"),
    ("eest", "Europe/Helsinki"),
    ("edt", "America/New_York"),
    ("cst", "America/Chicago"),
    ("cdt", "America/Chicago"),
    ("mdt", "America/Denver"),
    ("pst", "America/Los_Angeles"),
    ("pdt", "America/Los_Angeles"),
    ("ist", "Asia/Kolkata"),
    ("jst", "Asia/Tokyo"),
    ("sgt", "Asia/Singapore"),
    ("aest", "Australia/Sydney"),
    ("aedt", "Australia/Sydney"),
    ("nzst", "Pacific/Auckland"),
    ("nzdt", "Pacific/Auckland"),
];

/// A time zone of the IANA database, as bundled with the program.
///
/// Parsed from its name in any case, such as `europe/berlin`; shown with the database's own spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// The names of all zones that are known.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect()
    }

    /// The database's own spelling of the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instant of a civil time.
    ///
    /// A time that clocks skip moves forward by the length of the gap; a time that they show twice means the
    /// first pass (RFC 5545, section 3.3.5). Times beyond the range of `jiff` stop at its ends.
    pub fn instant(&self, civil: CivilTime) -> Timestamp {
        match self.rules.to_ambiguous_timestamp(civil.datetime()).compatible() {
            Ok(at) => Timestamp::from_jiff(at),
            Err(_) if civil.date().year() < 1970 => Timestamp::from_jiff(jiff::Timestamp::MIN),
            Err(_) => Timestamp::from_jiff(jiff::Timestamp::MAX),
        }
    }

    /// What a clock there shows at an instant, the seconds cut off.
    pub fn civil(&self, at: Timestamp) -> CivilTime {
        CivilTime::new(self.rules.to_datetime(at.to_jiff()))
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        let wanted = text.trim();
        if wanted.is_empty() {
            return Err(ZoneError::Empty);
        }
        if wanted.chars().nth(MAX_CHARS).is_some() {
            return Err(ZoneError::Unknown { name: quoted(wanted), suggestions: Vec::new() });
        }
        let found = TimeZoneDatabase::bundled().get(wanted).ok().filter(|rules| !rules.is_unknown());
        if let Some((name, rules)) = found.and_then(|rules| Some((rules.iana_name()?.to_owned(), rules))) {
            return Ok(Self { name, rules });
        }
        if is_offset(wanted) {
            return Err(ZoneError::Offset { offset: quoted(wanted) });
        }
        Err(ZoneError::Unknown { name: quoted(wanted), suggestions: suggestions(wanted) })
    }
}

/// The database's own spelling of the name.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Why a text is no time zone. The message is meant for whoever typed it, and names a zone that works.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// Nothing was typed.
    #[error("Name a city's time zone, such as Europe/Berlin or America/New_York.")]
    Empty,
    /// An offset from UTC, which stays behind when clocks change.
    #[error(
        "An offset such as \"{offset}\" doesn't follow summer time. Name a city's time zone instead, such \
         as Europe/Berlin or America/New_York."
    )]
    Offset {
        /// What was typed, shortened.
        offset: String,
    },
    /// A name that the database doesn't have.
    #[error("There is no time zone called \"{name}\". {}", hint(suggestions))]
    Unknown {
        /// What was typed, shortened.
        name: String,
        /// At most three names that come close, the closest first.
        suggestions: Vec<String>,
    },
}

/// A civil date and time at minute precision, as a clock on the wall shows it: `2026-11-23T09:00`.
///
/// From year 0 to 9999, so that the order of the texts is the order of the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CivilTime(DateTime);

impl CivilTime {
    /// Where schedules begin.
    pub(super) const EPOCH: Self = Self(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    const FIRST: Self = Self(jiff::civil::date(0, 1, 1).at(0, 0, 0, 0));
    pub(super) const LAST: Self = Self(jiff::civil::date(9999, 12, 31).at(23, 59, 0, 0));

    /// The minute that `datetime` lies in; times before year 0 become its first minute.
    pub fn new(datetime: DateTime) -> Self {
        let time = datetime.time();
        Self(datetime.date().at(time.hour(), time.minute(), 0, 0)).max(Self::FIRST)
    }

    /// The same civil time for `jiff`; its seconds are zero.
    pub const fn datetime(self) -> DateTime {
        self.0
    }

    /// The civil date.
    pub fn date(self) -> Date {
        self.0.date()
    }

    /// The ISO 8601 week that the date lies in, such as `2026-W48`.
    pub fn week(self) -> String {
        let week = self.date().iso_week_date();
        format!("{:04}-W{:02}", week.year(), week.week())
    }

    /// The month that the date lies in, such as `2026-11`.
    pub fn month(self) -> String {
        format!("{:04}-{:02}", self.date().year(), self.date().month())
    }

    pub(super) fn hours_earlier(self, hours: i64) -> Self {
        Self::new(self.0.saturating_sub(jiff::SignedDuration::from_hours(hours)))
    }
}

impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())?;
        write!(f, "T{:02}:{:02}", time.hour(), time.minute())
    }
}

impl FromStr for CivilTime {
    type Err = InvalidCivilTime;

    fn from_str(text: &str) -> Result<Self, InvalidCivilTime> {
        // The one form that `Display` writes: `jiff` alone would also take seconds and spaces.
        let fits = text.len() == 16
            && text.bytes().zip(*b"0000-00-00T00:00").all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                sign => byte == sign,
            });
        if !fits {
            return Err(InvalidCivilTime);
        }
        text.parse().map(Self).map_err(|_| InvalidCivilTime)
    }
}

impl TryFrom<String> for CivilTime {
    type Error = InvalidCivilTime;

    fn try_from(text: String) -> Result<Self, InvalidCivilTime> {
        text.parse()
    }
}

impl From<CivilTime> for String {
    fn from(civil: CivilTime) -> Self {
        civil.to_string()
    }
}

/// The text is no civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A date and time is written like 2026-11-23T09:00.")]
pub struct InvalidCivilTime;

fn hint(suggestions: &[String]) -> String {
    match suggestions {
        [] => "Name a city's, such as Europe/Berlin or America/New_York.".to_owned(),
        [one] => format!("Did you mean {one}?"),
        [rest @ .., last] => format!("Did you mean {} or {last}?", rest.join(", ")),
    }
}

/// `+02:00`, `-5`, `UTC+2`, `GMT-03:30`.
fn is_offset(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix("utc").or_else(|| text.strip_prefix("gmt")).unwrap_or(&text).trim_start();
    let sign_and_digit = |rest: &str| rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
    rest.strip_prefix(['+', '-', '−', '±']).is_some_and(sign_and_digit)
}

/// At most three names close to `text`, the closest first: by its city, or by the whole name.
fn suggestions(text: &str) -> Vec<String> {
    let wanted = text.to_lowercase().replace(' ', "_");
    if let Some((_, name)) = ABBREVIATIONS.iter().find(|(abbreviation, _)| *abbreviation == wanted) {
        return vec![(*name).to_owned()];
    }
    let mut close = Vec::new();
    for name in TimeZoneDatabase::bundled().available() {
        let lower = name.as_str().to_lowercase();
        let distances =
            [slips(&lower, &wanted), slips(city(&lower), city(&wanted)), shared_word(&lower, &wanted)];
        if let Some(distance) = distances.into_iter().flatten().min() {
            close.push((distance, name.as_str().to_owned()));
        }
    }
    close.sort();
    close.into_iter().take(MAX_SUGGESTIONS).map(|(_, name)| name).collect()
}

fn city(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// One slip's worth if the city's name has the wanted word in it: `york` in `new_york`.
fn shared_word(name: &str, wanted: &str) -> Option<usize> {
    let wanted = city(wanted);
    (wanted.len() > 3 && city(name).split('_').any(|word| word == wanted)).then_some(1)
}

/// How many slips lie between two texts, if it is at most three and one for every four letters of `wanted`:
/// otherwise three letters would resemble everything.
fn slips(name: &str, wanted: &str) -> Option<usize> {
    let (name, wanted): (Vec<char>, Vec<char>) = (name.chars().collect(), wanted.chars().collect());
    let allowed = (wanted.len() / 4).min(3);
    let may_fit = name.len().abs_diff(wanted.len()) <= allowed;
    may_fit.then(|| edits(&name, &wanted)).filter(|count| *count <= allowed)
}

/// How many letters to insert, drop or change to get from one text to the other (Levenshtein).
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
