//! Opening a database: refusing what is not ours before anything is written, migrations, and the process lock.

use std::borrow::Cow;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use include_dir::{Dir, include_dir};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, SqlSafeStr, SqliteConnection};

use super::{Db, DbError, Writer};

/// The database's file in the data folder.
pub const FILE_NAME: &str = "studybot.db";
/// The lock's file in the data folder.
pub const LOCK_NAME: &str = "studybot.lock";
/// "stud" in ASCII, in the file's header: <https://www.sqlite.org/pragma.html#pragma_application_id>.
const APPLICATION_ID: i64 = 0x7374_7564;
/// Read-only connections at most.
const READERS: u32 = 4;
/// How long a statement waits for another process's write, such as a command line beside a running bot.
const BUSY: Duration = Duration::from_secs(10);

static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// Why a data folder can't be used. The texts are for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on this data.
    #[error("another studybot is already running on {}. Stop it first, or choose another folder with --data.", .0.display())]
    InUse(PathBuf),
    /// The folder can't be created or written.
    #[error("the folder {} can't be written ({}). Make it writable, or choose another with --data.", .0.display(), .1)]
    Folder(PathBuf, io::Error),
    /// There is no database yet.
    #[error("there is no study data in {}. Choose the folder with --data, or start with `studybot demo`.", .0.display())]
    Missing(PathBuf),
    /// The file is not a database of ours.
    #[error("{} is not a studybot database. It was left as it is; choose another folder with --data.", .0.display())]
    NotOurs(PathBuf),
    /// A newer program has written it.
    #[error("{} was written by a newer studybot (its version is {found}, this program knows {known}). It was left as it is; install the newer studybot.", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The newest migration in the file.
        found: i64,
        /// The newest migration in the program.
        known: i64,
    },
    /// An older program has written it, and this call may not bring it up to date.
    #[error("{} was written by an older studybot. Start this one on it once, so that it is brought up to date.", .0.display())]
    Older(PathBuf),
    /// It fails SQLite's own check.
    #[error("{} is damaged ({detail}). It was left as it is; put a backup in its place.", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// Anything else.
    #[error("the database {} can't be opened: {}", .0.display(), .1)]
    Database(PathBuf, DbError),
    /// A migration failed; nothing of it was kept.
    #[error("the database {} can't be brought up to date: {}", .0.display(), .1)]
    Migration(PathBuf, sqlx::migrate::MigrateError),
}

/// Holds the data folder for this process, until dropped.
#[derive(Debug)]
pub struct ProcessLock {
    _file: File,
    /// The lock's file, where this process has made it.
    made: Option<PathBuf>,
}

impl ProcessLock {
    /// Takes the folder, creating it where needed.
    ///
    /// # Errors
    /// When another process holds it, or it can't be written.
    pub fn take(folder: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Folder(folder.to_owned(), error);
        make_folder(folder).map_err(failed)?;
        let path = folder.join(LOCK_NAME);
        let (file, made) = match OpenOptions::new().create_new(true).write(true).open(&path) {
            Ok(file) => (file, Some(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                (OpenOptions::new().write(true).open(path).map_err(failed)?, None)
            }
            Err(error) => return Err(failed(error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // For whoever looks which process it is; the lock itself is the operating system's.
        file.set_len(0).and_then(|()| writeln!(&file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { _file: file, made })
    }

    /// Leaves the folder as it was, after a refusal that everybody else meets too: whoever takes the lock on the
    /// removed file can do no harm with it.
    pub fn undo(self) {
        if let Some(made) = &self.made {
            // What can't be removed is an empty file that nobody minds.
            std::fs::remove_file(made).ok();
        }
    }
}

/// Opens the database in `folder` for reading and writing, brings it up to date, and starts its writer.
/// With `create`, a missing one is made.
///
/// # Errors
/// When it is missing, not ours, newer than the program, damaged or not writable. The file is then untouched.
pub async fn open(folder: &Path, create: bool) -> Result<Db, OpenError> {
    let path = folder.join(FILE_NAME);
    let failed = |error: sqlx::Error| OpenError::Database(path.clone(), error.into());
    if holds_data(&path).map_err(|error| OpenError::Folder(folder.to_owned(), error))? {
        inspect(&path).await?;
    } else if create {
        make_folder(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    } else {
        return Err(OpenError::Missing(folder.to_owned()));
    }
    let mut connection = write_options(&path).create_if_missing(create).connect().await.map_err(failed)?;
    sqlx::query("PRAGMA application_id = 1937012068").execute(&mut connection).await.map_err(failed)?;
    migrator().run(&mut connection).await.map_err(|error| OpenError::Migration(path.clone(), error))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        // A local file's connection doesn't go stale, and the test would cost more than most of our reads.
        .test_before_acquire(false)
        .connect_with(read_options(&path))
        .await
        .map_err(failed)?;
    Ok(Db::new(Writer::start(connection), readers))
}

/// Opens the database in `folder` for reading alone, beside a bot that may be running on it.
///
/// # Errors
/// As [`open`]; moreover when it has yet to be brought up to date.
pub async fn open_to_read(folder: &Path) -> Result<SqliteConnection, OpenError> {
    let path = folder.join(FILE_NAME);
    if !holds_data(&path).map_err(|error| OpenError::Folder(folder.to_owned(), error))? {
        return Err(OpenError::Missing(folder.to_owned()));
    }
    let mut connection = inspect(&path).await?;
    match newest_migration(&mut connection).await {
        Ok(found) if found == newest_known() => Ok(connection),
        _ => Err(OpenError::Older(path)),
    }
}

/// The migrations that this program knows, oldest first.
pub fn migrator() -> Migrator {
    let migrations = MIGRATIONS
        .files()
        .filter_map(|file| {
            let name = file.path().file_stem()?.to_str()?;
            let (version, description) = name.split_once('_')?;
            let sql = file.contents_utf8()?;
            let version = version.parse().ok()?;
            let description = Cow::Owned(description.replace('_', " "));
            Some(Migration::new(version, description, MigrationType::Simple, sql.into_sql_str(), false))
        })
        .collect();
    Migrator::with_migrations(migrations)
}

/// The data holds private answers, so a new folder is for its owner alone.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// An empty file is what a crash in the very first moment leaves behind: it counts as none.
fn holds_data(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Looks without touching: is it SQLite, ours, sound, and not newer than this program?
async fn inspect(path: &Path) -> Result<SqliteConnection, OpenError> {
    let mut header = [0; 16];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut header))
        .map_err(|_| OpenError::NotOurs(path.to_owned()))?;
    if &header != b"SQLite format 3\0" {
        return Err(OpenError::NotOurs(path.to_owned()));
    }
    let damaged =
        |error: sqlx::Error| OpenError::Damaged { path: path.to_owned(), detail: error.to_string() };
    let mut connection = read_options(path).connect().await.map_err(damaged)?;
    let application: i64 = number(&mut connection, "PRAGMA application_id").await.map_err(damaged)?;
    let tables: i64 = number(&mut connection, "SELECT count(*) FROM sqlite_master").await.map_err(damaged)?;
    // A crash between the file's creation and the mark leaves neither mark nor tables.
    if application != APPLICATION_ID && (application != 0 || tables > 0) {
        return Err(OpenError::NotOurs(path.to_owned()));
    }
    let verdict: String = sqlx::query("PRAGMA quick_check(1)")
        .fetch_one(&mut connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(damaged)?;
    if verdict != "ok" {
        return Err(OpenError::Damaged { path: path.to_owned(), detail: verdict });
    }
    if tables > 0 {
        refuse_newer(&mut connection, path).await?;
    }
    Ok(connection)
}

async fn refuse_newer(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let known = newest_known();
    let found = newest_migration(connection)
        .await
        .map_err(|error| OpenError::Damaged { path: path.to_owned(), detail: error.to_string() })?;
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}

fn newest_known() -> i64 {
    migrator().iter().map(|migration| migration.version).max().unwrap_or(0)
}

async fn newest_migration(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    number(connection, "SELECT coalesce(max(version), 0) FROM _sqlx_migrations").await
}

async fn number(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query(sql).fetch_one(connection).await?.try_get(0)
}

fn read_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY)
}

fn write_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY)
}

/// Closes a connection opened by [`open_to_read`].
pub async fn close(connection: SqliteConnection) {
    connection.close().await.ok();
}
