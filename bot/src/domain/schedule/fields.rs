//! Reads five-field cron with its Unix meaning, and refuses what other kinds of cron add or read otherwise.

use std::collections::BTreeSet;

use super::{Rule, ScheduleError, TimeOfDay, quoted, weekday, weekdays_around};

struct Field {
    name: &'static str,
    min: u8,
    /// The largest number that people may write: 7 for the day of week, where it is Sunday again.
    max: u8,
    example: &'static str,
}

const MINUTE: Field = Field { name: "minute", min: 0, max: 59, example: "30 9 * * *" };
const HOUR: Field = Field { name: "hour", min: 0, max: 23, example: "0 9,15 * * *" };
const DAY_OF_MONTH: Field = Field { name: "day of month", min: 1, max: 31, example: "0 9 1,15 * *" };
const MONTH: Field = Field { name: "month", min: 1, max: 12, example: "0 9 1 1-6 *" };
const DAY_OF_WEEK: Field = Field { name: "day of week", min: 0, max: 7, example: "0 9 * * mon-fri" };

/// Whether the text is meant as cron. A cron text without a `*` restricts both days and is refused anyway,
/// so a star, a question mark or two leading numbers tell it from words.
pub(super) fn looks_like_cron(text: &str) -> bool {
    let starts_nickname =
        text.strip_prefix('@').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
    let mut parts = text.split_whitespace();
    let mut is_numeric = || {
        parts.next().is_some_and(|part| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && part.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | '/'))
                && !part.ends_with(',')
        })
    };
    starts_nickname || text.contains(['*', '?']) || (is_numeric() && is_numeric())
}

/// Reads the five fields of `text`, which is in lower case.
pub(super) fn parse(text: &str) -> Result<Rule, ScheduleError> {
    if text.starts_with('@') {
        return Err(ScheduleError::Nickname);
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = parts[..] else {
        return Err(ScheduleError::PartCount { found: parts.len() });
    };
    let (minutes, hours) = (MINUTE.values(minute)?, HOUR.values(hour)?);
    let times = hours.iter().flat_map(|&hour| minutes.iter().map(move |&minute| TimeOfDay { hour, minute }));
    let rule = Rule {
        times: times.collect(),
        days_of_month: DAY_OF_MONTH.values(day_of_month)?,
        months: MONTH.values(month)?,
        days_of_week: DAY_OF_WEEK.values(day_of_week)?,
    };
    // By POSIX either day would do, and for `*/2` implementations differ: nobody should have to know.
    if day_of_month != "*" && day_of_week != "*" {
        return Err(ScheduleError::BothDays);
    }
    Ok(rule)
}

impl Field {
    fn values(&self, text: &str) -> Result<BTreeSet<u8>, ScheduleError> {
        let mut values = BTreeSet::new();
        for part in text.split(',') {
            let (first, last, step) = self.part(part)?;
            values.extend((first..=last).step_by(usize::from(step)).map(|value| self.folded(value)));
        }
        Ok(values)
    }

    /// One part of a list: `*`, a value or a range, the first and last with a step if need be.
    fn part(&self, part: &str) -> Result<(u8, u8, u8), ScheduleError> {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, Some(step)),
            None => (part, None),
        };
        let (first, last) = match span.split_once('-') {
            _ if span == "*" => (self.min, self.folded_max()),
            Some((first, last)) => self.range(part, first, last)?,
            None => {
                let value = self.value(part, span)?;
                if let Some(step) = step {
                    let step = number(step).filter(|step| (1..=self.max).contains(step)).unwrap_or(2);
                    let advice = format!("a step needs a range before it, as in {span}-{}/{step}", self.max);
                    return Err(self.error(part, advice));
                }
                (value, value)
            }
        };
        let step = match step {
            Some(step) => number(step)
                .filter(|step| (1..=self.max).contains(step))
                .ok_or_else(|| self.error(part, format!("a step is a number from 1 to {}", self.max)))?,
            None => 1,
        };
        Ok((first, last, step))
    }

    fn range(&self, part: &str, first: &str, last: &str) -> Result<(u8, u8), ScheduleError> {
        let (low, mut high) = (self.value(part, first)?, self.value(part, last)?);
        // `sat-sun` can mean one thing only, though Sunday's name stands for 0.
        if self.max == 7 && weekday(last) == Some(0) && low > 0 {
            high = 7;
        }
        if low <= high {
            return Ok((low, high));
        }
        let instead = if self.max == 7 {
            weekdays_around(low, high)
        } else {
            format!("{},{}", span(low, self.max), span(self.min, high))
        };
        Err(self.error(part, format!("a range can't run backwards, so write {instead}")))
    }

    fn value(&self, part: &str, text: &str) -> Result<u8, ScheduleError> {
        let named = match self.max {
            7 => weekday(text),
            12 => month(text),
            _ => None,
        };
        match named.or_else(|| number(text)) {
            Some(value) if (self.min..=self.max).contains(&value) => Ok(value),
            _ => Err(self.error(part, self.advice(text))),
        }
    }

    fn advice(&self, text: &str) -> String {
        let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if text.is_empty() {
            "something is missing there".to_owned()
        } else if text == "?" {
            "write * for any".to_owned()
        } else if text.contains('#')
            || text.strip_suffix(['l', 'w']).is_some_and(|rest| is_number(rest) || rest == "l")
        {
            "the signs L, W and # aren't part of plain cron, so name the days themselves".to_owned()
        } else if is_number(text) {
            format!("its numbers go from {} to {}", self.min, self.max)
        } else {
            match self.max {
                7 => "days are 0 to 7 or sun to sat".to_owned(),
                12 => "months are 1 to 12 or jan to dec".to_owned(),
                _ => "it takes numbers, lists such as 1,5, ranges such as 1-5, and *".to_owned(),
            }
        }
    }

    fn error(&self, part: &str, advice: String) -> ScheduleError {
        ScheduleError::Part { field: self.name, part: quoted(part), advice, example: self.example }
    }

    /// Sunday once only, as 0.
    const fn folded(&self, value: u8) -> u8 {
        if self.max == 7 { value % 7 } else { value }
    }

    const fn folded_max(&self) -> u8 {
        if self.max == 7 { 6 } else { self.max }
    }
}

/// Up to three ASCII digits: `parse` alone would also take a plus sign.
fn number(text: &str) -> Option<u8> {
    let is_plain = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

fn month(word: &str) -> Option<u8> {
    Some(match word {
        "jan" | "january" => 1,
        "feb" | "february" => 2,
        "mar" | "march" => 3,
        "apr" | "april" => 4,
        "may" => 5,
        "jun" | "june" => 6,
        "jul" | "july" => 7,
        "aug" | "august" => 8,
        "sep" | "sept" | "september" => 9,
        "oct" | "october" => 10,
        "nov" | "november" => 11,
        "dec" | "december" => 12,
        _ => return None,
    })
}

fn span(first: u8, last: u8) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}
