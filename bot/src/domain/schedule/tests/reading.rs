//! What is read, what is refused and how, and how it is described.

use jiff::civil::date;

use super::*;

#[test]
fn reads_and_describes() {
    let cases = [
        // What was typed, its normalised text, its description.
        ("weekdays 09:00", "weekdays 09:00", "every weekday at 09:00"),
        ("  Weekdays   at 9am. ", "weekdays 09:00", "every weekday at 09:00"),
        ("every weekday at 9 a.m.", "weekdays 09:00", "every weekday at 09:00"),
        ("monday to friday 9:00", "weekdays 09:00", "every weekday at 09:00"),
        ("Mon–Fri 09:00", "weekdays 09:00", "every weekday at 09:00"),
        ("9:00 on workdays", "weekdays 09:00", "every weekday at 09:00"),
        ("daily 09:00", "daily 09:00", "every day at 09:00"),
        ("every day 9:00", "daily 09:00", "every day at 09:00"),
        ("everyday at noon", "daily 12:00", "every day at 12:00"),
        ("mon-sun 7:05", "daily 07:05", "every day at 07:05"),
        ("weekends 10:30", "weekends 10:30", "every Saturday and Sunday at 10:30"),
        ("sat-sun 10.30", "weekends 10:30", "every Saturday and Sunday at 10:30"),
        ("mon, wed, fri 09:00", "mon, wed, fri 09:00", "every Monday, Wednesday and Friday at 09:00"),
        ("fri/MON/wed 09:00", "mon, wed, fri 09:00", "every Monday, Wednesday and Friday at 09:00"),
        ("mondays at 8:30", "mon 08:30", "every Monday at 08:30"),
        ("monday wednesday 9am", "mon, wed 09:00", "every Monday and Wednesday at 09:00"),
        ("every monday and every thursday at 12pm", "mon, thu 12:00", "every Monday and Thursday at 12:00"),
        ("tue-thu 09:00", "tue, wed, thu 09:00", "every Tuesday, Wednesday and Thursday at 09:00"),
        (
            "sun-thu 12am",
            "mon, tue, wed, thu, sun 00:00",
            "every Monday, Tuesday, Wednesday, Thursday and Sunday at 00:00",
        ),
        ("fri-sun 21:00", "fri, sat, sun 21:00", "every Friday, Saturday and Sunday at 21:00"),
        ("weekdays & sat 9:00", "mon, tue, wed, thu, fri, sat 09:00", "every day but Sunday at 09:00"),
        ("weekdays 15:30, 09:00", "weekdays 09:00, 15:30", "every weekday at 09:00 and 15:30"),
        (
            "tue 9:30pm and 11:45 am, 1pm",
            "tue 11:45, 13:00, 21:30",
            "every Tuesday at 11:45, 13:00 and 21:30",
        ),
        ("`weekdays 09:00`", "weekdays 09:00", "every weekday at 09:00"),
        ("0 9 * * 1-5", "0 9 * * 1-5", "every weekday at 09:00"),
        ("`0 9 * * MON-FRI`", "0 9 * * mon-fri", "every weekday at 09:00"),
        ("0 9  *\t* *", "0 9 * * *", "every day at 09:00"),
        ("0 9 * * 0-7", "0 9 * * 0-7", "every day at 09:00"),
        ("0 9 * * 5-7", "0 9 * * 5-7", "every Friday, Saturday and Sunday at 09:00"),
        ("0 9 * * sat-sun", "0 9 * * sat-sun", "every Saturday and Sunday at 09:00"),
        ("0 9 * * */2", "0 9 * * */2", "every Tuesday, Thursday, Saturday and Sunday at 09:00"),
        ("0 9 * * 7", "0 9 * * 7", "every Sunday at 09:00"),
        ("0 9 * * 0", "0 9 * * 0", "every Sunday at 09:00"),
        ("0 9 * Dec *", "0 9 * dec *", "every day in December at 09:00"),
        ("0 9 * 1-6 mon", "0 9 * 1-6 mon", "every Monday from January to June at 09:00"),
        ("30 8 1,15 * *", "30 8 1,15 * *", "on the 1st and 15th of every month at 08:30"),
        (
            "0 9-18/3 2,3,11,22 1,7 *",
            "0 9-18/3 2,3,11,22 1,7 *",
            "on the 2nd, 3rd, 11th and 22nd of January and July at 09:00, 12:00, 15:00 and 18:00",
        ),
        (
            "0 9 1-7 jan-mar *",
            "0 9 1-7 jan-mar *",
            "from the 1st to the 7th of every month from January to March at 09:00",
        ),
        ("0 9 31 * *", "0 9 31 * *", "on the 31st of every month at 09:00, whenever that date exists"),
        ("0 9 29 2 *", "0 9 29 2 *", "on the 29th of February at 09:00, whenever that date exists"),
        ("0 9 1-31/1 * *", "0 9 1-31/1 * *", "every day at 09:00"),
        ("0 0,23 * * mon", "0 0,23 * * mon", "every Monday at 00:00 and 23:00"),
        ("30 0,23 * * mon,wed", "30 0,23 * * mon,wed", "every Monday and Wednesday at 00:30 and 23:30"),
    ];
    for (typed, text, description) in cases {
        let schedule = schedule(typed);
        assert_eq!(
            (schedule.to_string().as_str(), schedule.describe().as_str()),
            (text, description),
            "{typed}"
        );
        assert_eq!(text.parse(), Ok(schedule), "{typed}: the text parses to the same");
    }
}

#[test]
fn refuses_and_says_why() {
    let long = "mon ".repeat(51);
    let cases = [
        ("", "on which days and at what time"),
        (" \n ` ", "on which days and at what time"),
        ("at the", "on which days and at what time"),
        (long.as_str(), "at most 200 characters"),
        ("@daily", "start with @"),
        ("@reboot", "start with @"),
        ("0 0 9 * * 1-5", "no seconds"),
        ("0 0 9 ? * MON-FRI *", "this has 7"),
        ("0 9 * *", "this has 4"),
        ("0 9 mon-fri", "this has 3"),
        ("0 9 1 * mon", "both given"),
        ("0 9 1 1 1", "both given"),
        ("0 9 */2 * */2", "both given"),
        ("0 9 1-31 * 0-6", "both given"),
        ("0 9 ? * 1-5", "write * for any"),
        ("0 9 L * *", "L, W and #"),
        ("0 9 15W * *", "L, W and #"),
        ("0 9 * * 5L", "L, W and #"),
        ("0 9 * * fri#2", "L, W and #"),
        ("0/15 9 * * *", "a step needs a range before it, as in 0-59/15"),
        ("0 9 * * 1/2", "as in 1-7/2"),
        ("*/0 9 * * *", "a step is a number from 1 to 59"),
        ("*/90 9 * * *", "a step is a number from 1 to 59"),
        ("*/x 9 * * *", "a step is a number"),
        ("*/2/2 9 * * *", "a step is a number"),
        ("60 9 * * *", "from 0 to 59"),
        ("0 24 * * *", "from 0 to 23"),
        ("0 9 0 * *", "from 1 to 31"),
        ("0 9 * 13 *", "from 1 to 12"),
        ("0 9 * * 8", "from 0 to 7"),
        ("0 99999999999999999999 * * *", "from 0 to 23"),
        ("+5 9 * * *", "it takes numbers"),
        ("5, 9 * * *", "something is missing"),
        ("0 -5 * * *", "something is missing"),
        ("0 9 * foo *", "jan to dec"),
        ("0 9 * mon *", "jan to dec"),
        ("0 9 * * funday", "sun to sat"),
        ("0 mon * * *", "it takes numbers"),
        ("0 22-2 * * *", "write 22-23,0-2"),
        ("0 9 * nov-jan *", "write 11-12,1"),
        ("0 9 28-2 * *", "write 28-31,1-2"),
        ("0 9 * * fri-mon", "write fri,sat,sun,mon"),
        ("0 9 * * 7-1", "write sun,mon"),
        ("0 9 * * 5-0", "write fri,sat,sun"),
        ("* * * * *", "1440 times a day"),
        ("*/30 * * * *", "48 times a day"),
        ("0 9-13 * * *", "5 times a day"),
        ("0,30 9 * * *", "09:00 and 09:30 are less than an hour apart"),
        ("0 0 31 2 *", "No year has such a date"),
        ("0 0 30 2 *", "No year has such a date"),
        ("0 0 31 2,4,6,9,11 *", "No year has such a date"),
        ("weekdays", "time of day is missing"),
        ("09:00", "days are missing"),
        ("every", "days are missing"),
        ("weekdays 9", "write a time as"),
        ("weekdays 24:00", "write a time as"),
        ("weekdays 9:60", "write a time as"),
        ("weekdays 9:5", "write a time as"),
        ("weekdays 0900", "write a time as"),
        ("weekdays 13pm", "write a time as"),
        ("weekdays 0am", "write a time as"),
        ("weekdays 9:00:00", "write a time as"),
        ("mon 2026-11-23", "write a time as"),
        ("weekdays 9:00 and 3pm", "on all of them"),
        ("weekdays 9:00-17:00", "not when to start and stop"),
        ("weekdays 9am to 5pm", "not when to start and stop"),
        ("mon midnight", "write 00:00"),
        ("mon 09:00, wed 15:00", "share the same times"),
        ("9:00 mon 15:00", "share the same times"),
        ("daily mon 09:00", "every day was named"),
        ("mon daily 09:00", "every day was named"),
        ("fri-mon 09:00", "write fri,sat,sun,mon"),
        ("mon-9:00", "a range ends with a day"),
        ("mon-", "a range ends with a day"),
        ("every other day 09:00", "\"other\" isn't clear"),
        ("every 2 days 09:00", "\"2\" isn't clear"),
        ("weekdays except fri 09:00", "\"except\" isn't clear"),
        ("weekdays 09:00 UTC", "\"utc\" isn't clear"),
        ("1st of the month 09:00", "written as cron"),
        ("weekdays 09:00, 09:30", "less than an hour apart"),
        ("daily 23:30, 00:00", "23:30 and 00:00 are less than"),
        ("sat, sun 23:30, 00:00", "23:30 and 00:00 are less than"),
        ("30 23 * * *,x", "sun to sat"),
        ("daily 1:00, 3:00, 5:00, 7:00, 9:00", "5 times a day"),
        ("täglich 9 Uhr", "\"täglich\" isn't clear"),
        ("＊ ＊ ＊ ＊ ＊", "isn't clear"),
        ("٣:٠٠ mon", "isn't clear"),
        ("\u{202e}\0💥", "isn't clear"),
    ];
    for (typed, reason) in cases {
        let Err(error) = typed.parse::<Schedule>() else { panic!("{typed:?} was taken") };
        let message = error.to_string();
        assert!(message.contains(reason), "{typed:?}: {message}");
        assert!(message.chars().count() < 260 && !message.contains(char::is_control), "{typed:?}: {message}");
        let mut quotes = message.split('"').skip(1).step_by(2);
        assert!(
            quotes.any(|quote| quote.parse::<Schedule>().is_ok()),
            "{typed:?}: an example works: {message}"
        );
    }
}

#[test]
fn times_across_midnight_matter_only_on_neighbouring_dates() {
    for fine in
        ["mon 23:30, 00:00", "mon, wed 23:30, 0:00", "daily 23:30, 0:30", "0 0,23 * * *", "30 0,23 1,31 * *"]
    {
        assert!(fine.parse::<Schedule>().is_ok(), "{fine}");
    }
    for bad in
        ["daily 23:30, 0:00", "sat, sun 23:45, 0:15", "sun, mon 23:45, 0:15", "weekdays 0:58, 12:00, 23:59"]
    {
        assert!(matches!(bad.parse::<Schedule>(), Err(ScheduleError::TooClose { .. })), "{bad}");
    }
}

#[test]
fn zones_by_name() {
    for (typed, name) in [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ("utc", "UTC"),
        ("EST5EDT", "EST5EDT"),
        ("Asia/Kathmandu", "Asia/Kathmandu"),
        ("america/port-au-prince", "America/Port-au-Prince"),
    ] {
        assert_eq!(zone(typed).to_string(), name);
        assert_eq!(zone(typed), zone(name));
    }
}

#[test]
fn zones_refused_with_a_way_out() {
    for (typed, hint) in [
        ("", "Europe/Berlin"),
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("Berlin", "Did you mean Europe/Berlin?"),
        ("Asia/Berlin", "Europe/Berlin"),
        ("new york", "Did you mean America/New_York?"),
        ("Newyork", "Did you mean America/New_York?"),
        ("york", "America/New_York"),
        ("Buenos Aires", "Argentina/Buenos_Aires"),
        ("PST", "Did you mean America/Los_Angeles?"),
        ("CEST", "Did you mean Europe/Berlin?"),
        ("+02:00", "doesn't follow summer time"),
        ("-5", "doesn't follow summer time"),
        ("UTC+2", "doesn't follow summer time"),
        ("gmt -03:30", "doesn't follow summer time"),
        ("Etc/Unknown", "no time zone called"),
        ("qqqq", "Name a city's, such as Europe/Berlin"),
        ("ÄÖÜ 💥\0", "Name a city's"),
        ("../../etc/passwd", "no time zone called"),
        (&"Europe/".repeat(1000), "no time zone called"),
    ] {
        let Err(error) = typed.parse::<Zone>() else { panic!("{typed:?} was taken") };
        let message = error.to_string();
        assert!(message.contains(hint), "{typed:?}: {message}");
        assert!(message.chars().count() < 200 && !message.contains(char::is_control), "{typed:?}: {message}");
        assert!(!matches!(error, ZoneError::Unknown { suggestions, .. } if suggestions.len() > 3));
    }
}

#[test]
fn civil_times_have_one_form() {
    let monday = civil("2026-11-23T09:00");
    assert_eq!(monday.to_string(), "2026-11-23T09:00");
    assert_eq!(
        (monday.date(), monday.week(), monday.month()),
        (date(2026, 11, 23), "2026-W48".into(), "2026-11".into())
    );
    assert_eq!(serde_json::to_string(&monday).unwrap(), "\"2026-11-23T09:00\"");
    assert_eq!(serde_json::from_str::<CivilTime>("\"2026-11-23T09:00\"").unwrap(), monday);
    // The week belongs to the year of its Thursday.
    assert_eq!(civil("2027-01-03T00:00").week(), "2026-W53");
    assert_eq!(civil("2024-12-30T00:00").week(), "2025-W01");
    for bad in [
        "",
        "2026-11-23",
        "2026-11-23 09:00",
        "2026-11-23T09:00:00",
        "2026-02-30T09:00",
        "2026-11-23T24:00",
        "-026-11-23T09:00",
        "2026-11-23T0é:0",
    ] {
        assert_eq!(bad.parse::<CivilTime>(), Err(InvalidCivilTime), "{bad}");
    }
    let early = CivilTime::new(date(-5, 1, 1).at(12, 0, 30, 0));
    assert_eq!(early.to_string().parse(), Ok(early));
}
