//! Reads schedules in words, such as `mon, wed, fri at 9am`. Generous with forms, but it never guesses: what
//! could mean two things is refused.

use std::collections::BTreeSet;

use super::{Rule, ScheduleError, TimeOfDay, quoted, weekday, weekdays_around};

const EXAMPLE: &str = "mon, wed, fri 09:00";
const MONTHLY_EXAMPLE: &str = "30 8 1,15 * *";

/// Reads `text`, which is in lower case: days, then times, or times, then days.
pub(super) fn parse(text: &str) -> Result<Rule, ScheduleError> {
    let text = text.replace("a.m", "am").replace("p.m", "pm");
    let text = text.replace(['&', ',', ';', '/'], " and ").replace('-', " - ");
    let tokens =
        text.split_whitespace().map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty());
    let mut reader = Reader { tokens: tokens.collect(), at: 0, ..Reader::default() };
    while let Some(token) = reader.take() {
        reader.read(token)?;
    }
    reader.finish()
}

/// The words for a rule that came from words.
pub(super) fn spell(rule: &Rule) -> String {
    let days: Vec<u8> = rule.days_of_week.iter().copied().collect();
    let days = match days[..] {
        [0, 1, 2, 3, 4, 5, 6] => "daily".to_owned(),
        [1, 2, 3, 4, 5] => "weekdays".to_owned(),
        [0, 6] => "weekends".to_owned(),
        // Weeks are read from Monday on.
        _ => (1..=7)
            .filter(|day| rule.days_of_week.contains(&(day % 7)))
            .map(|day| weekdays_around(day, day))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let times: Vec<String> = rule.times.iter().map(TimeOfDay::to_string).collect();
    format!("{days} {}", times.join(", "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Days,
    Times,
}

#[derive(Default)]
struct Reader<'a> {
    tokens: Vec<&'a str>,
    /// The index of the next token.
    at: usize,
    days: BTreeSet<u8>,
    /// `daily` was read: with any other day beside it, one of the two is a mistake.
    is_daily: bool,
    times: BTreeSet<TimeOfDay>,
    /// The first time with am or pm, and the first that could be either.
    with_half: Option<&'a str>,
    without_half: Option<&'a str>,
    /// Runs of days and runs of times, in reading order.
    blocks: Vec<Block>,
}

impl<'a> Reader<'a> {
    fn take(&mut self) -> Option<&'a str> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn read(&mut self, token: &'a str) -> Result<(), ScheduleError> {
        match token {
            "and" | "at" | "on" | "the" | "@" => Ok(()),
            "every" | "each" => match self.take() {
                Some("day" | "days") => self.read_days(0..=6, true, token),
                Some(day) if days_of(day).is_some() => self.read(day),
                Some(other) => Err(unclear(other, "after \"every\" comes a day", EXAMPLE)),
                None => Err(ScheduleError::MissingDays),
            },
            "daily" | "everyday" => self.read_days(0..=6, true, token),
            "noon" => self.add_time(TimeOfDay { hour: 12, minute: 0 }),
            "midnight" => Err(unclear(token, "write 00:00 and the day that begins then", "tue 00:00")),
            _ if token.starts_with(|c: char| c.is_ascii_digit()) => self.read_time(token),
            _ => match (weekday(token), days_of(token)) {
                (Some(day), _) => self.read_weekday(token, day),
                (None, Some(days)) => self.read_days(days, false, token),
                (None, None) => {
                    Err(unclear(token, "write the days and then the times, with no other words", EXAMPLE))
                }
            },
        }
    }

    /// One weekday, or a range that starts with it.
    fn read_weekday(&mut self, token: &'a str, first: u8) -> Result<(), ScheduleError> {
        if !matches!(self.peek(), Some("-" | "to" | "through" | "thru" | "until" | "till")) {
            return self.read_days([first], false, token);
        }
        self.at += 1;
        let end = self.take().unwrap_or_default();
        let Some(last) = weekday(end) else {
            return Err(unclear(&format!("{token}-{end}"), "a range ends with a day", "mon-fri 09:00"));
        };
        // A range that ends on Sunday ends a week that began on Monday.
        let last = if last == 0 && first > 0 { 7 } else { last };
        if first > last {
            let advice = format!("a range can't run backwards, so write {}", weekdays_around(first, last));
            return Err(unclear(&format!("{token}-{end}"), &advice, EXAMPLE));
        }
        self.read_days((first..=last).map(|day| day % 7), false, token)
    }

    fn read_days(
        &mut self,
        days: impl IntoIterator<Item = u8>,
        daily: bool,
        token: &str,
    ) -> Result<(), ScheduleError> {
        if self.is_daily || (daily && !self.days.is_empty()) {
            return Err(unclear(token, "every day was named, and other days beside it", EXAMPLE));
        }
        self.is_daily = daily;
        self.days.extend(days);
        self.open(Block::Days)
    }

    fn read_time(&mut self, token: &'a str) -> Result<(), ScheduleError> {
        if ["st", "nd", "rd", "th"].iter().any(|ending| token.ends_with(ending)) {
            return Err(unclear(token, "days of the month are written as cron", MONTHLY_EXAMPLE));
        }
        let (digits, half) = match Half::strip(token) {
            Some((digits, half)) => (digits, Some(half)),
            None => (token, self.peek().and_then(Half::of)),
        };
        // The half of the day may be a token of its own.
        if half.is_some() && digits.len() == token.len() {
            self.at += 1;
        }
        let time = time_of_day(digits, half)
            .ok_or_else(|| unclear(token, "write a time as 09:00, 21:00, 9am or 9:30pm", EXAMPLE))?;
        if half.is_some() {
            self.with_half.get_or_insert(token);
        } else if (1..=12).contains(&time.hour) {
            self.without_half.get_or_insert(token);
        }
        if matches!(self.peek(), Some("-" | "to" | "through" | "thru" | "until" | "till")) {
            return Err(unclear(
                token,
                "write every time to post at, not when to start and stop",
                "daily 09:00, 15:00",
            ));
        }
        self.add_time(time)
    }

    fn add_time(&mut self, time: TimeOfDay) -> Result<(), ScheduleError> {
        self.times.insert(time);
        self.open(Block::Times)
    }

    fn open(&mut self, block: Block) -> Result<(), ScheduleError> {
        if self.blocks.last() != Some(&block) {
            self.blocks.push(block);
        }
        if self.blocks.len() > 2 { Err(ScheduleError::Mixed) } else { Ok(()) }
    }

    fn finish(self) -> Result<Rule, ScheduleError> {
        if self.days.is_empty() && self.times.is_empty() {
            return Err(ScheduleError::Empty);
        }
        if self.days.is_empty() {
            return Err(ScheduleError::MissingDays);
        }
        if self.times.is_empty() {
            return Err(ScheduleError::MissingTime);
        }
        if let (Some(_), Some(bare)) = (self.with_half, self.without_half) {
            return Err(unclear(
                bare,
                "with am or pm on one time, write it on all of them",
                "weekdays 9am, 3pm",
            ));
        }
        Ok(Rule {
            times: self.times,
            days_of_month: (1..=31).collect(),
            months: (1..=12).collect(),
            days_of_week: self.days,
        })
    }
}

/// The days of a word for one or several of them.
fn days_of(word: &str) -> Option<Vec<u8>> {
    match word {
        "weekday" | "weekdays" | "workday" | "workdays" => Some((1..=5).collect()),
        "weekend" | "weekends" => Some(vec![0, 6]),
        _ => weekday(word).map(|day| vec![day]),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

impl Half {
    fn of(word: &str) -> Option<Self> {
        match word {
            "am" => Some(Self::Morning),
            "pm" => Some(Self::Afternoon),
            _ => None,
        }
    }

    fn strip(word: &str) -> Option<(&str, Self)> {
        let morning = word.strip_suffix("am").map(|digits| (digits, Self::Morning));
        morning.or_else(|| word.strip_suffix("pm").map(|digits| (digits, Self::Afternoon)))
    }
}

/// `9:30`, `09:30` or `9.30`; with a half of the day also `9`. 12am is 00:00 and 12pm is 12:00.
fn time_of_day(digits: &str, half: Option<Half>) -> Option<TimeOfDay> {
    let (hour, minute) = match digits.split_once([':', '.']) {
        Some((hour, minute)) => (hour, minute),
        None if half.is_some() => (digits, "00"),
        None => return None,
    };
    let number = |text: &str, lengths: [usize; 2]| {
        let is_plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_plain { text.parse::<u8>().ok() } else { None }
    };
    let (hour, minute) = (number(hour, [1, 2])?, number(minute, [2, 2])?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(Half::Morning) => hour % 12,
        Some(Half::Afternoon) => hour % 12 + 12,
        None => hour,
    };
    (hour < 24 && minute < 60).then_some(TimeOfDay { hour, minute })
}

fn unclear(part: &str, advice: &str, example: &'static str) -> ScheduleError {
    ScheduleError::Word { part: quoted(part), advice: advice.to_owned(), example }
}
