//! Says a schedule in plain words.

use std::collections::BTreeSet;

use super::{Rule, TimeOfDay};

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The days that a month has in every year.
const SURE_DAYS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A phrase such as `every weekday at 09:00`.
pub(super) fn describe(rule: &Rule) -> String {
    let times = listed(&rule.times.iter().map(TimeOfDay::to_string).collect::<Vec<_>>());
    if rule.days_of_month.len() == 31 {
        return format!("{}{} at {times}", weekly(&rule.days_of_week), in_months(&rule.months));
    }
    let is_sure = rule.months.iter().all(|&month| {
        let sure = SURE_DAYS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or(28);
        rule.days_of_month.iter().all(|&day| day <= sure)
    });
    let unsure = if is_sure { "" } else { ", whenever that date exists" };
    format!("{}{} at {times}{unsure}", monthly(&rule.days_of_month), of_months(&rule.months))
}

fn weekly(days: &BTreeSet<u8>) -> String {
    let name = |day: u8| WEEKDAYS.get(usize::from(day % 7)).copied().unwrap_or_default();
    // Weeks are read from Monday on.
    let from_monday = |chosen: bool| (1..=7).filter(move |day| days.contains(&(day % 7)) == chosen).map(name);
    match days.len() {
        7 => "every day".to_owned(),
        6 => format!("every day but {}", from_monday(false).collect::<String>()),
        5 if !days.contains(&0) && !days.contains(&6) => "every weekday".to_owned(),
        _ => format!("every {}", listed(&from_monday(true).collect::<Vec<_>>())),
    }
}

fn monthly(days: &BTreeSet<u8>) -> String {
    match run(days) {
        Some((first, last)) => format!("from the {} to the {}", ordinal(first), ordinal(last)),
        None => format!("on the {}", listed(&days.iter().copied().map(ordinal).collect::<Vec<_>>())),
    }
}

fn in_months(months: &BTreeSet<u8>) -> String {
    match run(months) {
        _ if months.len() == 12 => String::new(),
        Some((first, last)) => format!(" from {} to {}", month(first), month(last)),
        None => format!(" in {}", month_names(months)),
    }
}

fn of_months(months: &BTreeSet<u8>) -> String {
    match run(months) {
        _ if months.len() == 12 => " of every month".to_owned(),
        Some((first, last)) => format!(" of every month from {} to {}", month(first), month(last)),
        None => format!(" of {}", month_names(months)),
    }
}

fn month_names(months: &BTreeSet<u8>) -> String {
    listed(&months.iter().copied().map(month).collect::<Vec<_>>())
}

fn month(number: u8) -> &'static str {
    MONTHS.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or_default()
}

/// The ends of a set of three or more numbers without a hole.
fn run(set: &BTreeSet<u8>) -> Option<(u8, u8)> {
    let (first, last) = (*set.first()?, *set.last()?);
    (set.len() > 2 && usize::from(last - first) + 1 == set.len()).then_some((first, last))
}

fn ordinal(number: u8) -> String {
    let ending = match (number % 10, number) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `a`, `a and b`, `a, b and c`.
fn listed<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
