//! The command line of the real binary: what it says, what it changes, how it ends.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::{Demo, PATIENCE, poll, run};

/// The bound that the program promises for its end, and a little for a machine that is busy.
const STOPS_WITHIN: Duration = Duration::from_secs(12);

/// A folder of its own for each test.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `studybot` with words, then `--data` and the data folder.
    fn run(&self, words: &[&str]) -> Output {
        run_on(&self.path("data"), words)
    }

    async fn demo(&self) -> Demo {
        Demo::start(&self.path("data"), None, &self.path("log")).await
    }

    async fn database(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path("data/studybot.db")).connect().await.unwrap()
    }

    /// Changes the study data behind the program's back.
    async fn tamper(&self, sql: &'static str) {
        let mut database = self.database().await;
        let done = sqlx::query(sql).execute(&mut database).await.unwrap();
        assert!(done.rows_affected() > 0, "nothing to tamper with: {sql}");
        database.close().await.unwrap();
    }
}

fn run_on(data: &Path, words: &[&str]) -> Output {
    let mut arguments: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
    arguments.extend(["--data".into(), data.into()]);
    run(arguments)
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// It went well and said all of these.
#[track_caller]
fn says(output: &Output, words: &[&str]) {
    assert!(output.status.success(), "{}: {}", output.status, errors(output));
    for word in words {
        assert!(out(output).contains(word), "{word:?} is not in:\n{}", out(output));
    }
}

/// It was refused, on standard error alone, with all of these words and without internals.
#[track_caller]
fn refuses(output: &Output, words: &[&str]) {
    let said = errors(output);
    assert!(!output.status.success(), "not refused: {}", out(output));
    assert_eq!(out(output), "");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{said}");
    }
    for internal in ["panicked", "Error(", "Some(", "::"] {
        assert!(!said.contains(internal), "{internal:?} is in:\n{said}");
    }
}

#[test]
fn every_subcommand_explains_itself() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["demo", "run", "channel", "questions", "leaderboard", "doctor", "--version"]),
        (&["demo"], &["--port", "8080", "--data", "STUDYBOT_DATA", "./demo-data", "--pack", "no account"]),
        (&["run"], &["--data", "STUDYBOT_DATA", "./data"]),
        (&["channel"], &["list", "add", "set", "pause", "resume", "remove"]),
        (&["channel", "list"], &["--data", "STUDYBOT_DATA"]),
        (
            &["channel", "add"],
            &[
                "PLATFORM:WORKSPACE/CHANNEL",
                "--name",
                "--schedule",
                "weekdays 09:00",
                "--zone",
                "Europe/Berlin",
                "--answers",
                "--review",
                "--grace",
                "--questions",
                "--mode",
                "--names",
                "--dates-off",
                "--admin-channel",
                "--organisers",
                "--data",
                "--pack",
            ],
        ),
        (&["channel", "set"], &["<CHANNEL>", "--schedule", "--grace", "isn't given stays", "--data"]),
        (&["channel", "pause"], &["<CHANNEL>", "open questions run out", "--data"]),
        (&["channel", "resume"], &["<CHANNEL>", "--data"]),
        (&["channel", "remove"], &["<CHANNEL>", "history stays", "--data"]),
        (&["questions"], &["check", "list", "show"]),
        (&["questions", "check"], &["file, line and field", "--pack"]),
        (&["questions", "list"], &["--pack"]),
        (&["questions", "show"], &["<ID>", "--pack", "after the reveal"]),
        (&["leaderboard"], &["<CHANNEL>", "--window", "week, month or all", "--json", "--data"]),
        (&["doctor"], &["--data", "STUDYBOT_DATA"]),
    ];
    for (words, expected) in cases {
        let help = run(words.iter().chain(&["--help"]));
        assert!(help.status.success(), "{words:?}");
        // Lines are wrapped to the width.
        let text = out(&help).split_whitespace().collect::<Vec<_>>().join(" ");
        for word in *expected {
            assert!(text.contains(word), "{words:?} --help doesn't mention {word:?}:\n{text}");
        }
    }
    says(&run(["--version"]), &[env!("CARGO_PKG_VERSION")]);
    assert!(!run([] as [&str; 0]).status.success(), "without a subcommand there is nothing to do");
}

#[test]
fn run_says_that_no_platform_is_configured() {
    let place = Place::new();
    refuses(&place.run(&["run"]), &["No chat platform is configured", "studybot demo"]);
    assert!(!place.path("data").exists());
}

const ADD: [&str; 7] = ["channel", "add", "local:local/c7", "--name", "cloud", "--admin-channel", "c2"];

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

#[test]
fn questions_are_checked_listed_and_shown() {
    says(&run(["questions", "check"]), &["cloud-security: ", " questions, "]);
    let list = run(["questions", "list"]);
    says(&list, &["Cloud security (CC-BY-4.0, en)", "whose-public-bucket", "track getting-started"]);
    let shown = run(["questions", "show", "whose-public-bucket"]);
    says(&shown, &["Whose public bucket is it?", "Hint: ", "---- after the reveal ----", "Rubric points"]);
    let text = out(&shown);
    let (before, after) = text.split_once("---- after the reveal ----").unwrap();
    assert!(!before.contains("Rubric points") && after.contains("In brackets"), "{text}");
    refuses(&run(["questions", "show", "nowhere"]), &["no question nowhere", "questions list"]);
    refuses(&run(["questions", "show", "No Such Id"]), &["No Such Id"]);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let binary = env!("CARGO_BIN_EXE_studybot");
    let ended = std::process::Command::new("sh")
        .args(["-c", &format!("{{ '{binary}' questions show whose-public-bucket; echo $? >&2; }} | true")])
        .output()
        .unwrap();
    assert_eq!(errors(&ended).trim(), "0");
}

/// A pack of one's own with one question, in which `from` is replaced by `to`.
fn own_pack(place: &Place, from: &str, to: &str) -> PathBuf {
    let folder = place.path("drill");
    let write = |file: &str, text: &str| fs::write(folder.join(file), text).unwrap();
    fs::create_dir_all(folder.join("drills")).unwrap();
    write("pack.toml", "id = \"drill\"\nname = \"Drill\"\nlicence = \"CC-BY-4.0\"\nlanguage = \"en\"\n");
    write("syllabus.toml", "[[items]]\nid = \"D1\"\ntitle = \"A drill\"\n");
    let mut question = "id = \"first\"\ntitle = \"A first drill\"\nformat = \"scenario\"\ntopic = \"drills\"\n\
        level = \"practitioner\"\nproviders = []\ncovers = [\"D1\"]\nminutes = 5\nprompt = \"What do you do?\"\n\
        hints = []\nmodel_answer = \"What limits the harm.\"\nfollow_ups = []\n"
        .to_owned();
    for number in 1..=4 {
        question.push_str(&format!(
            "\n[[criteria]]\nid = \"c{number}\"\nshort = \"Point {number}\"\ntext = \"Makes point {number}\"\n\
             weight = 1\nexamples = []\n"
        ));
    }
    assert!(question.contains(from));
    write("drills/first.toml", &question.replacen(from, to, 1));
    folder
}

#[test]
fn a_pack_of_ones_own_and_its_errors() {
    let place = Place::new();
    let good = own_pack(&place, "", "");
    let with = |words: &[&str], pack: &Path| {
        let mut arguments: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
        arguments.extend(["--pack".into(), pack.into()]);
        run(arguments)
    };
    says(&with(&["questions", "check"], &good), &["drill: 1 questions", "cloud-security: "]);
    says(&with(&["questions", "show", "first"], &good), &["A first drill", "Makes point 4"]);

    // Each with its file, its line and its field, all in one go.
    let bad = own_pack(&place, "minutes = 5\nprompt = \"What", "minutes = 500\nprompts = \"What");
    let file = bad.join("drills/first.toml");
    let expected = |line: u32, field: &str| format!("{}:{line}: {field}", file.display());
    for words in [&["questions", "check"][..], &["questions", "list"], &["demo", "--port", "0"]] {
        refuses(&with(words, &bad), &[&expected(8, "minutes"), &expected(9, "prompts")]);
    }
    let broken = own_pack(&place, "minutes = 5", "minutes = ");
    refuses(&with(&["questions", "check"], &broken), &[&format!("{}:8", file.display())]);
    refuses(&with(&["questions", "check"], &place.path("nowhere")), &["nowhere"]);
}

/// Jonas answers the demo's question and marks it, Priya answers it and doesn't; it is closed.
async fn play(demo: &Demo) {
    for (who, text) in [("p2", "The customer's"), ("p3", "Ours")] {
        demo.post("/api/say", &json!({ "as": who, "channel": "c1", "thread": "m1", "text": text })).await;
    }
    demo.post("/api/clock", &json!({ "advance_s": 8 * 3_600 })).await;
    let thread = demo.get("/api/messages?channel=c1&thread=m1").await;
    let rubric = thread.as_array().unwrap().iter().find(|it| it["actions"][0]["label"] == "Mark my answer");
    let rubric = rubric.unwrap();
    let click = |message: &Value, action: &Value, values: Value| json!({ "as": "p2", "message": message, "action": action, "values": values });
    let panel = demo.post("/api/click", &click(&rubric["id"], &rubric["actions"][0]["id"], json!([]))).await;
    let select = &panel["ephemeral"]["actions"][0];
    let all: Vec<&Value> = select["options"].as_array().unwrap().iter().map(|it| &it["value"]).collect();
    demo.post("/api/click", &click(&panel["ephemeral"]["id"], &select["id"], json!(all))).await;
    demo.post("/api/clock", &json!({ "advance_s": 15 * 3_600 })).await;
}

#[tokio::test]
async fn the_leaderboard_as_text_and_as_json() {
    let place = Place::new();
    let demo = place.demo().await;
    says(&place.run(&["leaderboard", "cloud-security"]), &["Nobody has points here yet."]);
    play(&demo).await;
    // Beside the running demo, and after it.
    for _ in 0..2 {
        let text = place.run(&["leaderboard", "#cloud-security"]);
        says(&text, &["Leaderboard of #cloud-security", "1. Jonas", "100 from 1 answers", "2. Priya"]);
        let json = place.run(&["leaderboard", "1", "--json"]);
        let board: Value = serde_json::from_str(&out(&json)).unwrap();
        assert_eq!(board["channel"], "cloud-security");
        assert_eq!(board["window"], "all");
        assert_eq!(board["closing"], false);
        let row = |rank: u32, name: &str, points: u32| json!({ "rank": rank, "learner": name, "points": points, "provisional": 0, "answers": 1 });
        assert_eq!(board["rows"], json!([row(1, "Jonas", 100), row(2, "Priya", 0)]));
    }
    refuses(&place.run(&["leaderboard", "nowhere"]), &["no study channel nowhere", "channel list"]);
    demo.stop().await;
}

#[tokio::test]
async fn doctor_finds_what_was_tampered_with() {
    let place = Place::new();
    refuses(&place.run(&["doctor"]), &["no study data"]);
    let demo = place.demo().await;
    play(&demo).await;
    says(&place.run(&["doctor"]), &["ok    totals agree with the history", "All is well."]);
    demo.stop().await;
    says(&place.run(&["doctor"]), &["All is well."]);

    let finds = |words: &[&str]| {
        let doctor = place.run(&["doctor"]);
        assert!(!doctor.status.success(), "content: {}", out(&doctor));
        assert!(!out(&doctor).contains("All is well."));
        for word in words {
            assert!(out(&doctor).contains(word), "{word:?} is not in:\n{}", out(&doctor));
        }
    };
    place.tamper("UPDATE totals SET points = points + 1 WHERE span = 'all' AND points > 0").await;
    finds(&["WRONG totals agree with the history", "the total says 101 points, the history 100"]);
    place.tamper("UPDATE totals SET points = points - 1 WHERE span = 'all' AND points > 0").await;
    says(&place.run(&["doctor"]), &["All is well."]);
    place.tamper("DELETE FROM totals WHERE span = 'week'").await;
    finds(&["week"]);
    place
        .tamper(
            "INSERT INTO totals SELECT s.study_channel_id, 'week', s.week, s.learner_id, s.points, 1 FROM scores s",
        )
        .await;
    says(&place.run(&["doctor"]), &["All is well."]);

    place.tamper("UPDATE outbox SET state = 'dead', error = 'planted' WHERE key = 'round:1:reveal'").await;
    finds(&["round:1:reveal was given up", "planted"]);
    place.tamper("UPDATE outbox SET state = 'sent', error = NULL WHERE key = 'round:1:reveal'").await;
    // There is nothing to react to once a message is deleted.
    place.tamper("UPDATE outbox SET state = 'dead' WHERE purpose = 'reaction'").await;
    says(&place.run(&["doctor"]), &["All is well."]);
    place
        .tamper("UPDATE outbox SET state = 'pending', created_at = created_at - 7200000 WHERE key = 'round:1:summary'")
        .await;
    finds(&["round:1:summary is stuck"]);
    place.tamper("UPDATE outbox SET state = 'sent' WHERE key = 'round:1:summary'").await;
    place.tamper("DELETE FROM totals").await;
    place.tamper("DELETE FROM scores").await;
    finds(&["has no score"]);
}

#[tokio::test]
async fn a_port_or_a_folder_in_use_is_refused() {
    let place = Place::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refuses(&place.run(&["demo", "--port", &port]), &[&format!("Port {port} can't be used"), "--port"]);
    assert!(!place.path("data").exists(), "a demo that can't be reached leaves no data");

    let demo = place.demo().await;
    let again = place.run(&["demo", "--port", "0"]);
    refuses(&again, &["already running on", "data", "--data"]);
    demo.get("/api/state").await;
    demo.stop().await;
    // The lock goes with the process.
    place.demo().await.stop().await;
}

#[test]
fn a_file_in_the_folders_place_is_refused() {
    let place = Place::new();
    fs::write(place.path("data"), "a file").unwrap();
    refuses(&place.run(&["demo", "--port", "0"]), &["can't be written", "--data"]);
    refuses(&place.run(&ADD), &["--data"]);
    refuses(&place.run(&["doctor"]), &["--data"]);
    assert_eq!(fs::read_to_string(place.path("data")).unwrap(), "a file");
}

/// A folder's files with what is in them. SQLite's own helpers come with every look into a database.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with("-wal") && !path.to_string_lossy().ends_with("-shm"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_folder_that_is_not_ours_is_refused_and_untouched() {
    let place = Place::new();
    let data = place.path("data");
    fs::create_dir(&data).unwrap();
    let file = data.join("studybot.db");
    let refused = || {
        let before = contents(&data);
        for words in
            [&["demo", "--port", "0"][..], &["doctor"], &["channel", "list"], &["leaderboard", "1"], &ADD]
        {
            refuses(&place.run(words), &["left as it is", "studybot.db"]);
            assert!(contents(&data) == before, "{words:?} has touched it");
        }
    };
    fs::write(&file, "a text that is longer than the header of a database").unwrap();
    refused();
    fs::remove_file(&file).unwrap();
    // Somebody else's database.
    let mut other =
        SqliteConnectOptions::new().filename(&file).create_if_missing(true).connect().await.unwrap();
    sqlx::query("CREATE TABLE recipes (name TEXT)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    refused();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_untouched() {
    let place = Place::new();
    says(&place.run(&ADD), &[]);
    place
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (999999, 'from the future', 1, x'00', 0)",
        )
        .await;
    let before = contents(&place.path("data"));
    refuses(&place.run(&["demo", "--port", "0"]), &["newer studybot", "999999"]);
    refuses(&place.run(&["channel", "pause", "cloud"]), &["newer studybot"]);
    refuses(&place.run(&["doctor"]), &["newer studybot"]);
    assert!(contents(&place.path("data")) == before);
}

/// Opens the stream of live updates and waits for its beginning.
async fn live(demo: &Demo) -> TcpStream {
    let address = demo.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    stream
}

#[tokio::test]
async fn a_signal_stops_it_well_while_a_page_listens() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let mut demo = place.demo().await;
        let mut page = live(&demo).await;
        demo.post("/api/say", &json!({ "as": "p2", "channel": "c1", "thread": "m1", "text": "An answer" }))
            .await;
        demo.program.signal(signal);
        let status = demo.program.ended(STOPS_WITHIN).await;
        assert!(status.success(), "{signal}: {status}");
        // The stream has ended, and nobody listens any more.
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, page.read_to_end(&mut rest)).await.unwrap().ok();
        assert!(demo.http.get(format!("{}/api/state", demo.url)).send().await.is_err());
        says(&place.run(&["doctor"]), &["All is well."]);
        let demo = place.demo().await;
        let thread = demo.get("/api/messages?channel=c1&thread=m1").await;
        assert!(thread.to_string().contains("An answer"));
        demo.stop().await;
    }
}

#[tokio::test]
async fn a_signal_stops_it_while_a_caller_dawdles() {
    let place = Place::new();
    let mut demo = place.demo().await;
    // Half a request, whose other half never comes.
    let address = demo.url.trim_start_matches("http://");
    let mut dawdler = TcpStream::connect(address).await.unwrap();
    dawdler.write_all(format!("GET /api/state HTTP/1.1\r\nhost: {address}\r\n").as_bytes()).await.unwrap();
    let _page = live(&demo).await;
    demo.program.signal("TERM");
    let status = demo.program.ended(STOPS_WITHIN).await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_signal_in_the_middle_of_a_year_begins_no_new_work() {
    let place = Place::new();
    let mut demo = place.demo().await;
    says(&place.run(&["channel", "set", "1", "--schedule", "daily 09:00, 11:00, 13:00, 15:00"]), &[]);
    let (http, url) = (demo.http.clone(), demo.url.clone());
    let year = json!({ "advance_s": 366 * 24 * 3_600 });
    let under_way =
        tokio::spawn(async move { http.post(format!("{url}/api/clock")).json(&year).send().await });
    let mut database = place.database().await;
    let mut rounds = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM rounds").fetch_one(&mut database).await.unwrap()
    };
    assert!(poll(PATIENCE, async || rounds().await > 20).await, "the year goes by");
    demo.program.signal("TERM");
    let status = demo.program.ended(STOPS_WITHIN).await;
    assert!(status.success(), "{status}");
    under_way.await.unwrap().ok();
    let until = rounds().await;
    assert!(until < 1_400, "it went on to the end of the year: {until} rounds");
    says(&place.run(&["doctor"]), &["All is well."]);
    // What was begun is finished by the next start.
    let demo = place.demo().await;
    demo.post("/api/settle", &json!({})).await;
    demo.stop().await;
    says(&place.run(&["doctor"]), &["All is well."]);
}
