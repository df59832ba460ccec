//! What is refused, and left as it was.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{ADD, Place, refuses, says};

#[test]
fn run_says_that_no_platform_is_configured() {
    let place = Place::new();
    refuses(&place.run(&["run"]), &["No chat platform is configured", "studybot demo"]);
    assert!(!place.path("data").exists());
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
