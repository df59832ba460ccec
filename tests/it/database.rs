//! Databases that can't be used are refused in words, and left to the byte as they were.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use studybot::db::open::{self, FILE_NAME, OpenError, ProcessLock};
use tempfile::TempDir;

/// A folder with a database of ours, closed.
async fn folder_with_database() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let db = open::open(folder.path(), true).await.unwrap();
    db.close().await;
    folder
}

fn file(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

async fn execute(folder: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(file(folder)).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Holds that the folder's database is refused with these words, for writing and for reading, and not touched.
async fn is_refused(folder: &Path, words: &str) {
    let before = fs::read(file(folder)).unwrap();
    for error in [
        open::open(folder, true).await.err().map(|error| error.to_string()),
        open::open_to_read(folder).await.err().map(|error| error.to_string()),
    ] {
        let said = error.expect("it is refused");
        assert!(said.contains(words), "“{words}” was expected of: {said}");
        assert!(said.contains("left as it is") || said.contains("left as it was"), "{said}");
    }
    assert!(fs::read(file(folder)).unwrap() == before, "the file is the same to the byte");
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(file(folder.path()), b"Dear diary, this is no database at all.").unwrap();
    is_refused(folder.path(), "is not a studybot database").await;
    fs::write(file(folder.path()), b"short").unwrap();
    is_refused(folder.path(), "is not a studybot database").await;
    fs::remove_file(file(folder.path())).unwrap();
    execute(folder.path(), "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')").await;
    is_refused(folder.path(), "is not a studybot database").await;
}

#[tokio::test]
async fn a_newer_one_is_left_alone() {
    let folder = folder_with_database().await;
    execute(
        folder.path(),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .await;
    is_refused(folder.path(), "was written by a newer studybot (its version is 9999").await;
}

#[tokio::test]
async fn a_damaged_one_is_left_alone() {
    let folder = folder_with_database().await;
    let sound = fs::read(file(folder.path())).unwrap();
    let pages = sound.len() / 4096;
    assert!(pages > 20, "there are pages to damage");
    for page in [1, pages / 2, pages - 1] {
        let mut damaged = sound.clone();
        damaged[page * 4096..page * 4096 + 512].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(file(folder.path()), &damaged).unwrap();
        is_refused(folder.path(), "is damaged").await;
    }
    fs::write(file(folder.path()), &sound[..sound.len() / 2]).unwrap();
    is_refused(folder.path(), "is damaged").await;
    fs::write(file(folder.path()), &sound).unwrap();
    open::open(folder.path(), true).await.unwrap().close().await;
}

#[tokio::test]
async fn an_empty_file_counts_as_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(file(folder.path()), b"").unwrap();
    let missing = open::open(folder.path(), false).await.unwrap_err();
    assert!(matches!(missing, OpenError::Missing(_)), "{missing}");
    open::open(folder.path(), true).await.unwrap().close().await;
    open::open(folder.path(), false).await.unwrap().close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_says_so() {
    let folder = folder_with_database().await;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.path().join("probe"), b"").is_ok() {
        println!("skipped: this user may write anywhere, as root does");
        return;
    }
    let said = ProcessLock::take(&folder.path().join("inside")).unwrap_err().to_string();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(said.contains("can't be written") && said.contains("--data"), "{said}");
}

#[tokio::test]
async fn a_folder_that_is_a_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"mine").unwrap();
    let said = ProcessLock::take(&file).unwrap_err().to_string();
    assert!(said.contains("can't be written") && said.contains("--data"), "{said}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[tokio::test]
async fn one_holder_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = ProcessLock::take(folder.path()).unwrap();
    let said = ProcessLock::take(folder.path()).unwrap_err().to_string();
    assert!(said.contains("another studybot is already running on"), "{said}");
    drop(first);
    ProcessLock::take(folder.path()).unwrap();
}
