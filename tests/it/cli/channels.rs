//! Study channels from the command line: on a fresh folder, with bad values, and beside a running demo.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ADD, Place, out, refuses, says};
use crate::program::{Demo, poll, run};

#[test]
fn a_channel_on_a_fresh_folder() {
    let place = Place::new();
    refuses(&place.run(&["channel", "list"]), &["no study data in", "--data", "studybot demo"]);
    assert!(!place.path("data").exists(), "looking makes nothing");
    says(
        &place.run(&ADD),
        &["Study channel 1 (#cloud) is saved", "every weekday at 09:00", "8 hours", "next: "],
    );
    says(&place.run(&["channel", "list"]), &["1  #cloud  (local:local/c7)", "questions: all", "next: "]);

    let set = ["channel", "set", "cloud", "--schedule", "mon, thu 08:30", "--zone", "Europe/Berlin"];
    says(&place.run(&set), &["08:30", "Europe/Berlin", "8 hours", "review for 15 hours"]);
    says(
        &place.run(&["channel", "set", "1", "--mode", "sealed"]),
        &["sealed answers", "08:30", "Europe/Berlin"],
    );

    says(&place.run(&["channel", "pause", "#cloud"]), &["#cloud is paused"]);
    let list = place.run(&["channel", "list"]);
    says(&list, &["paused"]);
    assert!(!out(&list).contains("next: "), "a paused channel posts nothing");
    says(&place.run(&["channel", "resume", "cloud"]), &["#cloud goes on", "next: "]);

    says(&place.run(&["channel", "remove", "cloud"]), &["history stays"]);
    says(&place.run(&["channel", "list"]), &["no study channels yet"]);
    for gone in ["pause", "resume", "remove"] {
        refuses(&place.run(&["channel", gone, "cloud"]), &["no study channel cloud", "channel list"]);
    }
    says(&place.run(&["doctor"]), &["All is well."]);
}

#[test]
fn a_bad_value_names_its_option_the_reason_and_an_example() {
    let place = Place::new();
    says(&place.run(&ADD), &[]);
    let before = out(&place.run(&["channel", "list"]));
    let cases: &[(&str, &str, &[&str])] = &[
        ("--schedule", "sometimes", &["sometimes", "09:00"]),
        ("--schedule", "0 9 1 * 1", &["--schedule:"]),
        ("--zone", "Mars", &["Mars", "Europe/Berlin"]),
        ("--answers", "soon", &["soon", "8 hours"]),
        ("--answers", "4 minutes", &["between 5 minutes and 14 days", "8 hours"]),
        ("--review", "99 days", &["between 5 minutes and 14 days", "16 hours"]),
        ("--grace", "999", &["999", "168"]),
        ("--grace", "some", &["some", "such as 6"]),
        ("--questions", "cooking", &["cooking", "track getting-started"]),
        ("--questions", "track nowhere", &["nowhere", "track getting-started"]),
        ("--mode", "shut", &["shut", "open or sealed"]),
        ("--names", "maybe", &["maybe", "names or no names"]),
        ("--dates-off", "25.12.2026", &["25.12.2026", "2026-12-25"]),
        ("--admin-channel", "the office", &["“the office”", "such as c2"]),
        ("--organisers", "p2, Jonas from work", &["“Jonas from work”", "such as p2"]),
    ];
    for (option, value, words) in cases {
        let refused = place.run(&["channel", "set", "cloud", option, value]);
        refuses(&refused, &[&[*option], *words].concat());
    }
    let two = place.run(&["channel", "set", "cloud", "--mode", "shut", "--zone", "Mars"]);
    refuses(&two, &["--mode: ", "--zone: "]);
    assert_eq!(out(&place.run(&["channel", "list"])), before, "a refusal changes nothing");

    let elsewhere = ["channel", "add", "elsewhere", "--name", "x", "--admin-channel", "c2"];
    refuses(&place.run(&elsewhere), &["“elsewhere”", "PLATFORM:WORKSPACE/CHANNEL", "local:local/c1"]);
    refuses(&place.run(&["channel", "add", "local:local/c8", "--name", "x"]), &["--admin-channel"]);
    refuses(&run(["demo", "--port", "abc"]), &["--port", "abc", "such as 8080"]);
    refuses(&run(["demo", "--port", "70000"]), &["--port", "70000", "65535"]);
    refuses(
        &place.run(&["leaderboard", "cloud", "--window", "year"]),
        &["--window", "year", "week, month or all"],
    );
    refuses(&run(["frobnicate"]), &["frobnicate", "--help"]);
}

async fn due(demo: &Demo) -> Vec<(String, String)> {
    let state = demo.get("/api/state").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let due = state["due"].as_array().unwrap();
    due.iter().map(|due| (text(&due["what"]), text(&due["at"]))).collect()
}

#[tokio::test]
async fn a_running_demo_takes_up_what_the_command_line_changes() {
    let place = Place::new();
    let demo = place.demo().await;
    // A few seconds before a minute, that minute is set: it must not wait for the next look at the clock.
    let channel = demo.post("/api/channel", &json!({ "name": "second" })).await["id"].clone();
    let channel = channel.as_str().unwrap();
    let now: jiff::Timestamp = demo.get("/api/state").await["now"].as_str().unwrap().parse().unwrap();
    let second = now.to_zoned(jiff::tz::TimeZone::UTC).second();
    let moved =
        demo.post("/api/clock", &json!({ "advance_s": (55 - i32::from(second)).rem_euclid(60) })).await;
    let now: jiff::Timestamp = moved["now"].as_str().unwrap().parse().unwrap();
    let soon = now.checked_add(jiff::Span::new().minutes(1)).unwrap();
    let daily = soon.to_zoned(jiff::tz::TimeZone::UTC).strftime("daily %H:%M").to_string();
    let its_place = format!("local:local/{channel}");
    let words =
        ["channel", "add", &its_place, "--name", "second", "--admin-channel", "c2", "--schedule", &daily];
    says(&place.run(&words), &["Study channel 2 (#second)"]);
    // A loop that had not noticed would sleep for a minute.
    let posted = poll(Duration::from_secs(25), async || {
        let messages = demo.get(&format!("/api/messages?channel={channel}")).await;
        messages.as_array().unwrap().len() == 1
    });
    assert!(posted.await, "the new channel's question did not come");
    says(&place.run(&["channel", "remove", "second"]), &["history stays"]);

    let next = async || {
        let due = due(&demo).await;
        due.into_iter().find(|(what, _)| what == "The next question comes").map(|(_, at)| at)
    };
    assert!(next().await.is_some_and(|at| at.contains("T09:00")), "the demo's own plan");
    says(&place.run(&["channel", "set", "cloud-security", "--schedule", "daily 14:15"]), &["14:15"]);
    assert!(next().await.is_some_and(|at| at.contains("T14:15")));
    says(&place.run(&["channel", "pause", "1"]), &["is paused"]);
    assert_eq!(next().await, None);
    says(&place.run(&["channel", "resume", "1"]), &["goes on"]);
    assert!(next().await.is_some_and(|at| at.contains("T14:15")));

    says(&place.run(&["doctor"]), &["All is well."]);
    demo.stop().await;
}
