//! Clocks that change, dates off, downtime, and the ends of the range.

use jiff::ToSpan;
use jiff::civil::date;

use super::*;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[test]
fn civil_time_and_instants() {
    for (name, local, at) in [
        // An ordinary day.
        ("Europe/Berlin", "2026-11-23T09:00", "2026-11-23T08:00Z"),
        ("Asia/Kathmandu", "2026-11-23T09:00", "2026-11-23T03:15Z"),
        // Skipped: forward by the gap.
        ("Europe/Berlin", "2027-03-28T02:30", "2027-03-28T01:30Z"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45Z"),
        ("Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:30Z"),
        ("America/Asuncion", "2023-10-01T00:30", "2023-10-01T04:30Z"),
        ("Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:30Z"),
        ("America/Nuuk", "2027-03-27T23:30", "2027-03-28T01:30Z"),
        ("Antarctica/Troll", "2027-03-28T01:30", "2027-03-28T01:30Z"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T19:00Z"),
        // Twice: the first pass.
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z"),
        ("Australia/Lord_Howe", "2027-04-04T01:45", "2027-04-03T14:45Z"),
        ("Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30Z"),
    ] {
        let (zone, local, at) = (zone(name), civil(local), instant(&at.replace('Z', ":00Z")));
        assert_eq!(zone.instant(local), at, "{name} {local}: {}", zone.instant(local));
    }
    let berlin = zone("Europe/Berlin");
    assert_eq!(
        berlin.civil(instant("2026-10-25T01:30:59.999Z")),
        civil("2026-10-25T02:30"),
        "second pass, truncated"
    );
    assert_eq!(berlin.civil(instant("1969-12-31T22:59:59.999Z")), civil("1969-12-31T23:59"), "before 1970");
    for extreme in [i64::MIN, i64::MAX] {
        let civil = berlin.civil(Timestamp(extreme));
        assert_eq!(civil.to_string().parse(), Ok(civil));
        berlin.instant(civil);
    }
}

#[test]
fn clocks_going_forward_and_back_neither_skip_nor_repeat_a_day() {
    let daily = schedule("daily 02:30");
    for name in
        ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu"]
    {
        let found = daily.upcoming(&zone(name), instant("2026-01-01T00:00:00Z"), &none_off(), 800);
        assert_eq!(found.len(), 800);
        for (one, next) in found.iter().zip(&found[1..]) {
            assert_eq!(one.civil.date().tomorrow().unwrap(), next.civil.date(), "{name}");
            assert!((22..=26).contains(&(next.at.since(one.at) / HOUR_MS)), "{name} {}", next.civil);
        }
    }
}

#[test]
fn two_at_one_instant_are_one() {
    // What is skipped lands on what comes later: the earlier civil time stays.
    let cases: [(&str, &str, &str, &[&str]); 6] = [
        (
            "Europe/Berlin",
            "daily 02:30, 03:30",
            "2027-03-27T12:00",
            &["2027-03-28T02:30", "2027-03-29T02:30"],
        ),
        ("Europe/Berlin", "30 2,3,4 * * *", "2027-03-27T12:00", &["2027-03-28T02:30", "2027-03-28T04:30"]),
        ("America/Nuuk", "daily 00:30, 23:30", "2027-03-27T12:00", &["2027-03-27T23:30", "2027-03-28T23:30"]),
        (
            "Pacific/Apia",
            "daily 09:00",
            "2011-12-28T12:00",
            &["2011-12-29T09:00", "2011-12-30T09:00", "2012-01-01T09:00"],
        ),
        (
            "Antarctica/Troll",
            "daily 01:30, 03:30",
            "2027-03-27T12:00",
            &["2027-03-28T01:30", "2027-03-29T01:30"],
        ),
        (
            "Australia/Lord_Howe",
            "daily 02:15, 03:15",
            "2026-10-03T12:00",
            &["2026-10-04T02:15", "2026-10-04T03:15"],
        ),
    ];
    for (name, text, from, expected) in cases {
        let (zone, schedule, from) = (zone(name), schedule(text), civil(from));
        let found = schedule.upcoming(&zone, zone.instant(from), &none_off(), expected.len());
        assert_eq!(civils(&found), expected, "{name} {text}");
        let mut at = from;
        for expected in expected {
            at = schedule.next_after(&zone, at).unwrap().civil;
            assert_eq!(at.to_string(), *expected, "{name} {text}: next_after");
        }
    }
}

#[test]
fn what_is_dropped_does_not_depend_on_where_the_search_starts() {
    for (name, text, day) in [
        ("Europe/Berlin", "daily 02:30, 03:30", date(2027, 3, 28)),
        ("Antarctica/Troll", "daily 01:00, 02:30, 03:30, 04:30", date(2027, 3, 28)),
        ("Pacific/Apia", "daily 00:00, 08:00, 23:00", date(2011, 12, 30)),
    ] {
        let (zone, schedule) = (zone(name), schedule(text));
        let start = CivilTime::new(day.saturating_sub(3.days()).at(0, 0, 0, 0));
        let mut all = Vec::new();
        let mut at = start;
        while let Some(next) =
            schedule.next_after(&zone, at).filter(|next| next.civil.date().since(day).unwrap().get_days() < 6)
        {
            all.push(next);
            at = next.civil;
        }
        let instants: BTreeSet<Timestamp> = all.iter().map(|occurrence| occurrence.at).collect();
        assert_eq!(instants.len(), all.len(), "{name}");
        for minutes in (0..6 * 1440).step_by(10) {
            let from = CivilTime::new(start.datetime().saturating_add(minutes.minutes()));
            let expected = all.iter().find(|occurrence| occurrence.civil > from).copied();
            assert_eq!(schedule.next_after(&zone, from), expected, "{name} from {from}");
            let now = Timestamp(zone.instant(start).0 + minutes * 60_000);
            let expected =
                all.iter().filter(|occurrence| occurrence.at > now).min_by_key(|occurrence| occurrence.at);
            assert_eq!(schedule.upcoming(&zone, now, &none_off(), 1).first(), expected, "{name} at {now}");
        }
    }
}

#[test]
fn instants_rule_the_order_where_two_hours_are_skipped() {
    // Troll's clocks go from 01:00 to 03:00: 01:30 happens when they show 03:30, after 03:00.
    let (troll, schedule) = (zone("Antarctica/Troll"), schedule("daily 01:30, 03:00"));
    let before = instant("2027-03-28T00:00:00Z");
    let found = schedule.upcoming(&troll, before, &none_off(), 3);
    assert_eq!(civils(&found), ["2027-03-28T03:00", "2027-03-28T01:30", "2027-03-29T01:30"]);
    let by_civil = schedule.next_after(&troll, civil("2027-03-28T00:00")).unwrap();
    assert_eq!(by_civil.civil, civil("2027-03-28T01:30"));

    let first = schedule.due(
        &troll,
        civil("2027-03-27T03:00"),
        before,
        instant("2027-03-28T01:00:00Z"),
        0,
        &none_off(),
    );
    assert_eq!(first.post.unwrap().occurrence.civil, civil("2027-03-28T03:00"));
    let second = schedule.due(&troll, first.handled, before, instant("2027-03-28T01:30:00Z"), 0, &none_off());
    assert_eq!(second.post.unwrap().occurrence.civil, civil("2027-03-28T01:30"));
    assert_eq!((first.next, second.skipped.len()), (Some(second.post.unwrap().occurrence), 0));
}

#[test]
fn dates_off_count_for_nobody() {
    let (apia, daily) = (zone("Pacific/Apia"), schedule("daily 09:00"));
    // With the skipped date off, nothing lands on the 31st, which then has its own post.
    let off = BTreeSet::from([date(2011, 12, 30)]);
    let found = daily.upcoming(&apia, apia.instant(civil("2011-12-28T12:00")), &off, 2);
    assert_eq!(civils(&found), ["2011-12-29T09:00", "2011-12-31T09:00"]);

    let (berlin, off) = (zone("Europe/Berlin"), BTreeSet::from([date(2026, 11, 24), date(2026, 11, 25)]));
    let due = daily.due(
        &berlin,
        civil("2026-11-22T09:00"),
        Timestamp(0),
        instant("2026-11-25T09:00:00Z"),
        6 * HOUR_MS,
        &off,
    );
    assert_eq!(
        (due.post, civils(&due.skipped), due.skipped_total),
        (None, vec!["2026-11-23T09:00".into()], 1)
    );
    assert_eq!(due.next.unwrap().civil, civil("2026-11-26T09:00"));
    assert_eq!(due.handled, civil("2026-11-23T09:00"));
}

#[test]
fn due_after_downtime() {
    let (berlin, twice) = (zone("Europe/Berlin"), schedule("weekdays 09:00, 15:00"));
    let handled = civil("2026-11-20T15:00");
    let due = |now: &str, grace_ms: i64| {
        twice.due(&berlin, handled, Timestamp(0), instant(now), grace_ms, &none_off())
    };

    let early = due("2026-11-23T07:59:59.999Z", 6 * HOUR_MS);
    assert_eq!((early.post, early.skipped.len(), early.handled), (None, 0, handled));
    assert_eq!(early.next.unwrap().civil, civil("2026-11-23T09:00"));

    for (now, late) in
        [("2026-11-23T08:00:00Z", false), ("2026-11-23T08:01:00Z", false), ("2026-11-23T08:01:00.001Z", true)]
    {
        let post = due(now, 6 * HOUR_MS).post.unwrap();
        assert_eq!((post.occurrence.civil, post.late), (civil("2026-11-23T09:00"), late), "{now}");
    }

    // Both are inside the grace: one catch-up post.
    let fifteen = Occurrence { civil: civil("2026-11-23T15:00"), at: instant("2026-11-23T14:00:00Z") };
    let both = due("2026-11-23T14:00:00Z", 6 * HOUR_MS);
    assert_eq!(both.post.unwrap(), DuePost { occurrence: fifteen, late: false });
    assert_eq!(
        (civils(&both.skipped), both.handled),
        (vec!["2026-11-23T09:00".into()], civil("2026-11-23T15:00"))
    );

    assert_eq!(
        due("2026-11-23T20:00:00Z", 6 * HOUR_MS).skipped_total,
        1,
        "the grace includes its last moment"
    );
    let over = due("2026-11-23T20:00:00.001Z", 6 * HOUR_MS);
    assert_eq!(
        (over.post, over.skipped_total, over.next.unwrap().civil),
        (None, 2, civil("2026-11-24T09:00"))
    );
    assert_eq!(due("2026-11-23T08:00:00Z", -1).post, None);
}

#[test]
fn due_respects_where_it_may_begin() {
    let (berlin, daily) = (zone("Europe/Berlin"), schedule("daily 09:00"));
    let now = instant("2026-11-23T08:30:00Z");
    // Resumed at 09:10: nothing is caught up.
    let resumed = daily.due(
        &berlin,
        civil("2026-11-20T09:00"),
        instant("2026-11-23T08:10:00Z"),
        now,
        DAY_MS,
        &none_off(),
    );
    assert_eq!(
        (resumed.post, resumed.skipped_total, resumed.next.unwrap().civil),
        (None, 0, civil("2026-11-24T09:00"))
    );
    // Exactly at its instant is in time.
    let exact = daily.due(
        &berlin,
        civil("2026-11-20T09:00"),
        instant("2026-11-23T08:00:00Z"),
        now,
        DAY_MS,
        &none_off(),
    );
    assert_eq!(exact.post.unwrap().occurrence.civil, civil("2026-11-23T09:00"));
    // Handled ahead of time, as by a post-now: the next one is the one after.
    let ahead = daily.due(&berlin, civil("2026-11-24T09:00"), Timestamp(0), now, DAY_MS, &none_off());
    assert_eq!((ahead.post, ahead.handled), (None, civil("2026-11-24T09:00")));
    assert_eq!(ahead.next.unwrap().civil, civil("2026-11-25T09:00"));
}

#[test]
fn years_of_downtime_are_bounded() {
    let (berlin, often) = (zone("Europe/Berlin"), schedule("0 6-18/4 * * *"));
    let due = |handled: &str| {
        often.due(&berlin, civil(handled), Timestamp(0), instant("2050-01-01T12:30:00Z"), DAY_MS, &none_off())
    };
    let long = due("1990-01-01T00:00");
    assert_eq!((long.skipped.len(), long.skipped_total), (100, 10_000));
    assert_eq!(long.post.unwrap().occurrence.civil, civil("2050-01-01T10:00"));
    assert_eq!(civils(&long.skipped[99..]), ["2050-01-01T06:00"]);
    let short = due("2049-11-01T00:00");
    assert_eq!((short.skipped.len(), short.skipped_total), (100, 61 * 4 + 1));
}

#[test]
fn rare_dates_and_the_ends_of_the_range() {
    let (utc, leap) = (zone("UTC"), schedule("0 9 29 2 *"));
    let found = leap.upcoming(&utc, instant("2026-01-01T00:00:00Z"), &none_off(), 5);
    assert_eq!(civils(&found), ["2028-02-29T09:00", "2032-02-29T09:00"]);
    let daily = schedule("daily 09:00");
    assert_eq!(daily.next_after(&utc, civil("0000-01-01T00:00")).unwrap().civil, civil("1970-01-01T09:00"));
    assert_eq!(daily.next_after(&utc, civil("2100-12-31T08:59")).unwrap().civil, civil("2100-12-31T09:00"));
    assert_eq!(daily.next_after(&utc, civil("2100-12-31T09:00")), None);
    let all: BTreeSet<Date> = date(2026, 1, 1).series(1.day()).take(12 * 366).collect();
    assert_eq!(daily.upcoming(&utc, instant("2026-01-01T00:00:00Z"), &all, 3), []);
    for now in [i64::MIN, -1, 0, i64::MAX] {
        for handled in ["0000-01-01T00:00", "9999-12-31T23:59"] {
            for not_before in [i64::MIN, i64::MAX] {
                daily.due(&utc, civil(handled), Timestamp(not_before), Timestamp(now), i64::MAX, &none_off());
            }
        }
        assert!(daily.upcoming(&utc, Timestamp(now), &none_off(), 2).len() <= 2);
    }
}
