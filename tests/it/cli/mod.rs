//! The command line of the real binary: what it says, what it changes, how it ends.

mod channels;
mod reading;
mod refusals;
mod stopping;

use std::path::{Path, PathBuf};
use std::process::Output;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::program::{Demo, run};

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

/// Makes a study channel.
const ADD: [&str; 7] = ["channel", "add", "local:local/c7", "--name", "cloud", "--admin-channel", "c2"];
