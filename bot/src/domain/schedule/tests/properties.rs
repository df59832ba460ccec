//! Whatever is typed and whenever it is asked.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// One part of a cron field, with a Unix reading of its own: the oracle.
#[derive(Clone, Debug)]
struct Part {
    text: String,
    values: Vec<u8>,
}

fn part(min: u8, max: u8, names: &'static [&'static str]) -> impl Strategy<Value = Part> {
    let spelled = move |value: u8, as_name: bool| match names.get(usize::from(value - min)) {
        Some(name) if as_name => (*name).to_owned(),
        _ => value.to_string(),
    };
    (min..=max, min..=max, 1..=max, 0..4_u8, any::<bool>()).prop_map(
        move |(one, other, step, kind, as_name)| {
            let (low, high) = (one.min(other), one.max(other));
            let (text, values): (String, Vec<u8>) = match kind {
                0 => (spelled(one, as_name), vec![one]),
                1 => (format!("{}-{}", spelled(low, as_name), spelled(high, false)), (low..=high).collect()),
                2 => (
                    format!("{low}-{high}/{step}"),
                    (low..=high).filter(|v| (v - low).is_multiple_of(step)).collect(),
                ),
                _ => (format!("*/{step}"), (min..=max).filter(|v| (v - min).is_multiple_of(step)).collect()),
            };
            Part { text, values }
        },
    )
}

/// A field of one to three parts, or `*`, as text and as a membership table.
fn field(min: u8, max: u8, names: &'static [&'static str]) -> impl Strategy<Value = (String, [bool; 64])> {
    let listed = proptest::collection::vec(part(min, max, names), 1..=3);
    let all = std::array::from_fn(|value| (usize::from(min)..=usize::from(max)).contains(&value));
    prop_oneof![
        1 => Just(("*".to_owned(), all)),
        3 => listed.prop_map(|parts| {
            let text = parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>().join(",");
            let has = |value| parts.iter().flat_map(|part| &part.values).any(|v| usize::from(*v) == value);
            let table = std::array::from_fn(has);
            (text, table)
        }),
    ]
}

fn few_hours() -> impl Strategy<Value = (String, [bool; 64])> {
    let listed = proptest::collection::btree_set(0..24_usize, 1..=4);
    listed.prop_map(|hours| {
        let text = hours.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        (text, std::array::from_fn(|value| hours.contains(&value)))
    })
}

const MONTH_NAMES: &[&str] =
    &["JAN", "feb", "Mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY_NAMES: &[&str] = &["SUN", "mon", "Tue", "wed", "thu", "fri", "sat", "7"];

/// The first matching minute after `after`, by looking at every date and every minute of a matching one.
fn scan(tables: &[[bool; 64]; 5], after: CivilTime) -> Option<CivilTime> {
    let [minutes, hours, days, months, weekdays] = tables;
    let has = |table: &[bool; 64], value: i8| table[usize::try_from(value).unwrap()];
    for date in after.date().series(1.day()).take(9 * 366) {
        let weekday = date.weekday().to_sunday_zero_offset();
        let on_weekday = has(weekdays, weekday) || (weekday == 0 && weekdays[7]);
        if !(has(days, date.day()) && has(months, date.month()) && on_weekday) {
            continue;
        }
        for minute in 0..1440_i16 {
            let (hour, minute) = (i8::try_from(minute / 60).unwrap(), i8::try_from(minute % 60).unwrap());
            let civil = CivilTime::new(date.at(hour, minute, 0, 0));
            if has(hours, hour) && has(minutes, minute) && civil > after {
                return Some(civil);
            }
        }
    }
    None
}

/// What times, days and cron are made of, and some of what they aren't.
const NEAR: &[char] = &[
    '0', '1', '2', '7', '9', ':', '*', '/', ',', '-', '–', ' ', ' ', '.', 'a', 'm', 'o', 'n', 'l', '#', '@',
    '?', '+', '\u{a0}', 'é',
];

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn cron_means_what_unix_means(
        minute in 0..60_usize,
        hours in few_hours(),
        days in field(1, 31, &[]),
        months in field(1, 12, MONTH_NAMES),
        weekdays in field(0, 7, DAY_NAMES),
        by_weekday in any::<bool>(),
        start in 0..3000_i64,
    ) {
        let any = |table: [bool; 64]| ("*".to_owned(), table);
        let all: [bool; 64] = [true; 64];
        let (days, weekdays) = if by_weekday { (any(all), weekdays) } else { (days, any(all)) };
        let text = format!("{minute} {} {} {} {}", hours.0, days.0, months.0, weekdays.0);
        let minutes = std::array::from_fn(|value| value == minute);
        let tables = [minutes, hours.1, days.1, months.1, weekdays.1];
        let start = date(2024, 1, 1).at(0, 0, 0, 0).saturating_add((start * 997).minutes());
        let mut after = CivilTime::new(start);
        match text.parse::<Schedule>() {
            Ok(schedule) => {
                for _ in 0..5 {
                    let expected = scan(&tables, after);
                    let found = schedule.next_after(&zone("UTC"), after).map(|found| found.civil);
                    prop_assert_eq!(found, expected, "{} after {}", text, after);
                    after = expected.unwrap();
                }
            }
            Err(error) => {
                prop_assert_eq!((error, scan(&tables, after)), (ScheduleError::NoSuchDate, None), "{}", text);
            }
        }
    }

    #[test]
    fn minutes_and_hours_of_every_kind(minutes in field(0, 59, &[]), hours in field(0, 23, &[])) {
        let text = format!("{} {} * * *", minutes.0, hours.0);
        let is_on = |minute: &usize| minutes.1[minute % 60] && hours.1[minute / 60];
        let times: Vec<usize> = (0..1440).filter(is_on).collect();
        let apart = |(one, next): (&usize, &usize)| next - one >= 60;
        let over_midnight = times[0] + 1440 - times[times.len() - 1] >= 60;
        let fits = times.len() <= 4 && times.iter().zip(&times[1..]).all(apart) && over_midnight;
        match text.parse::<Schedule>() {
            Ok(schedule) => {
                let found = schedule.rule.times.iter().map(|time| usize::from(time.minute_of_day()));
                let found: Vec<usize> = found.collect();
                prop_assert_eq!((found, true), (times, fits), "{}", text);
            }
            Err(_) => prop_assert!(!fits, "{}", text),
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn no_text_panics(
        any in proptest::collection::vec(any::<char>(), 0..40),
        near in proptest::collection::vec(proptest::sample::select(NEAR), 0..30),
    ) {
        for text in [String::from_iter(any), String::from_iter(near)] {
            let (schedule, zone) = (text.parse::<Schedule>(), text.parse::<Zone>());
            let _ = text.parse::<CivilTime>();
            if let Ok(schedule) = schedule {
                prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
            } else if let (Err(one), Err(other)) = (schedule, zone) {
                prop_assert!(!one.to_string().is_empty() && !other.to_string().is_empty());
            }
        }
    }

    #[test]
    fn words_survive(tokens in proptest::collection::vec(proptest::sample::select(&[
        "mon", "tue-thu", "weekdays", "weekends", "every", "day", "daily", "at", "and", ",", "-", "to",
        "sunday", "9:00", "15:30", "9", "am", "pm", "8.15am", "12pm", "0:10", "0", "*", "1-5", "@", "noon", "every monday",
    ][..]), 1..7)) {
        if let Ok(schedule) = tokens.join(" ").parse::<Schedule>() {
            prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
    }
}

/// Zones with gaps and folds, and a time shortly before some of each.
const PLACES: &[(&str, &str)] = &[
    ("Europe/Berlin", "2027-03-26T00:00:00Z"),
    ("Europe/Berlin", "2026-10-23T00:00:00Z"),
    ("America/New_York", "2026-03-06T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
    ("Africa/Cairo", "2026-04-22T00:00:00Z"),
    ("America/Nuuk", "2027-03-26T00:00:00Z"),
    ("Antarctica/Troll", "2027-03-26T00:00:00Z"),
    ("Antarctica/Troll", "2026-10-23T00:00:00Z"),
    ("Pacific/Apia", "2011-12-28T00:00:00Z"),
    ("Asia/Kathmandu", "2026-01-01T00:00:00Z"),
];

const PLANS: &[&str] = &[
    "daily 02:30, 03:30",
    "daily 01:30, 03:00",
    "daily 00:30, 23:30",
    "daily 09:00",
    "weekdays 00:00, 02:15, 12:00, 23:00",
    "30 1-4 * * *",
    "0 9 1,28,30 * *",
    "fri-sat 23:00, 08:00",
];

proptest! {
    #![proptest_config(config(200))]

    /// Whatever the steps, `due` brings up exactly what `upcoming` announced: each once, in its order.
    #[test]
    fn due_brings_up_each_occurrence_once(
        place in proptest::sample::select(PLACES),
        plan in proptest::sample::select(PLANS),
        steps_min in proptest::collection::vec(1..900_i64, 1..40),
        grace_min in 0..600_i64,
        off_days in proptest::collection::btree_set(0..8_i64, 0..3),
    ) {
        let (zone, schedule, start) = (zone(place.0), schedule(plan), instant(place.1));
        let first_date = zone.civil(start).date();
        let off: BTreeSet<Date> = off_days.iter().map(|days| first_date.saturating_add(days.days())).collect();
        let grace_ms = grace_min * 60_000;
        let (mut now, mut handled, mut seen) = (start, zone.civil(start), Vec::new());
        for minutes in steps_min {
            now = now.plus(minutes * 60_000);
            let due = schedule.due(&zone, handled, start.plus(1), now, grace_ms, &off);
            prop_assert_eq!(due.next, schedule.upcoming(&zone, now, &off, 1).first().copied());
            prop_assert_eq!(due.skipped_total as usize, due.skipped.len());
            seen.extend(&due.skipped);
            if let Some(post) = due.post {
                let overdue_ms = now.since(post.occurrence.at);
                prop_assert!(overdue_ms <= grace_ms && post.late == (overdue_ms > 60_000));
                seen.push(post.occurrence);
            }
            let in_grace = |last: &&Occurrence| now.since(last.at) <= grace_ms;
            let lost = due.skipped.last().filter(in_grace);
            prop_assert!(due.post.is_some() || lost.is_none());
            handled = due.handled;
            let again = schedule.due(&zone, handled, start.plus(1), now, grace_ms, &off);
            prop_assert_eq!((again.post, again.skipped_total), (None, 0), "a second call");
        }
        let mut announced = schedule.upcoming(&zone, start, &off, 150);
        announced.retain(|occurrence| occurrence.at <= now);
        prop_assert_eq!(&seen, &announced);
        prop_assert!(seen.iter().zip(seen.iter().skip(1)).all(|(one, next)| one.at < next.at));
        prop_assert!(seen.iter().all(|occurrence| !off.contains(&occurrence.civil.date())));
    }
}
