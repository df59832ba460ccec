//! Storage in SQLite: all SQL of the program, one file per aggregate, as functions on a connection.
//!
//! Nothing here decides anything, and nothing here calls a platform.

pub mod answers;
pub mod checks;
pub mod inbox;
pub mod learners;
pub mod marks;
pub mod open;
pub mod outbox;
pub mod rounds;
pub mod scores;
pub mod settings;
pub mod study_channels;
pub mod workspaces;
pub mod writer;

use std::str::FromStr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Connection, Row, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

pub use writer::Writer;

/// A database that is open: one writer, several readers.
#[derive(Clone, Debug)]
pub struct Db {
    writer: Writer,
    readers: SqlitePool,
    watcher: Arc<Mutex<Option<SqliteConnection>>>,
}

/// The database could not do what was asked. The unit of work had no effect.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The disk, or the space the database may take, is full.
    #[error("the disk is full")]
    Full,
    /// The file or its folder can't be written.
    #[error("the database can't be written")]
    ReadOnly,
    /// A stored value is not what it should be.
    #[error("column {column} holds an unexpected value")]
    Corrupt {
        /// The column that was read.
        column: &'static str,
    },
    /// The writer has stopped, because the program is stopping.
    #[error("the program is stopping")]
    Stopped,
    /// Anything else that SQLite reports.
    #[error(transparent)]
    Sqlite(sqlx::Error),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        // Primary result codes: https://www.sqlite.org/rescode.html
        const READONLY: u32 = 8;
        const FULL: u32 = 13;
        const CANTOPEN: u32 = 14;
        if matches!(error, sqlx::Error::PoolClosed) {
            return Self::Stopped;
        }
        let code = error
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse::<u32>().ok())
            .map(|code| code & 0xff);
        match code {
            Some(FULL) => Self::Full,
            Some(READONLY | CANTOPEN) => Self::ReadOnly,
            _ => Self::Sqlite(error),
        }
    }
}

/// What a database function returns.
pub type DbResult<T> = Result<T, DbError>;

impl Db {
    pub(crate) fn new(writer: Writer, readers: SqlitePool) -> Self {
        Self { writer, readers, watcher: Arc::default() }
    }

    /// Runs a unit of work in the writer's next transaction. See [`Writer::run`].
    ///
    /// # Errors
    /// When the unit fails or can't be committed; it then had no effect.
    pub async fn write<T, F>(&self, unit: F) -> DbResult<T>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut SqliteConnection) -> BoxFuture<'c, DbResult<T>> + Send + Sync + 'static,
    {
        self.writer.run(unit).await
    }

    /// A read-only connection. It sees what was committed before its first statement.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn read(&self) -> DbResult<PoolConnection<Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// SQLite's `data_version`, on a connection kept for this alone: it changes with every commit of another
    /// connection. <https://www.sqlite.org/pragma.html#pragma_data_version>
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn data_version(&self) -> DbResult<i64> {
        let mut watcher = self.watcher.lock().await;
        let connection = match watcher.as_mut() {
            Some(connection) => connection,
            None => watcher.insert(self.readers.acquire().await?.detach()),
        };
        Ok(sqlx::query("PRAGMA data_version").fetch_one(connection).await?.try_get(0)?)
    }

    /// Writes down what is under way, and closes every connection. The writer's is the last: SQLite then moves all of
    /// the write-ahead log into the file, so that a copy of the file alone is whole.
    pub async fn close(&self) {
        if let Some(watcher) = self.watcher.lock().await.take() {
            watcher.close().await.ok();
        }
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Reads a column of a type that SQLite knows.
fn get<'r, T>(row: &'r SqliteRow, column: &'static str) -> DbResult<T>
where
    T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
{
    Ok(row.try_get(column)?)
}

/// Reads a text column through its parser.
fn parse<T: FromStr>(row: &SqliteRow, column: &'static str) -> DbResult<T> {
    get::<String>(row, column)?.parse().map_err(|_| DbError::Corrupt { column })
}

/// Reads a text column through its parser, when it is not null.
fn parse_optional<T: FromStr>(row: &SqliteRow, column: &'static str) -> DbResult<Option<T>> {
    get::<Option<String>>(row, column)?
        .map(|text| text.parse().map_err(|_| DbError::Corrupt { column }))
        .transpose()
}

/// Reads a text column that holds JSON.
fn json<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: &'static str) -> DbResult<T> {
    serde_json::from_str(get(row, column)?).map_err(|_| DbError::Corrupt { column })
}

/// Writes a value as JSON. Our own types always can be.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a value of ours could not be written as JSON");
        "null".to_owned()
    })
}

macro_rules! integer_column {
    ($($name:ident),+) => {$(
        impl sqlx::Type<Sqlite> for crate::domain::ids::$name {
            fn type_info() -> <Sqlite as sqlx::Database>::TypeInfo {
                <i64 as sqlx::Type<Sqlite>>::type_info()
            }

            fn compatible(info: &<Sqlite as sqlx::Database>::TypeInfo) -> bool {
                <i64 as sqlx::Type<Sqlite>>::compatible(info)
            }
        }

        impl<'r> sqlx::Decode<'r, Sqlite> for crate::domain::ids::$name {
            fn decode(value: SqliteValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                <i64 as sqlx::Decode<Sqlite>>::decode(value).map(Self)
            }
        }

        impl<'q> sqlx::Encode<'q, Sqlite> for crate::domain::ids::$name {
            fn encode_by_ref(
                &self,
                buffer: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <i64 as sqlx::Encode<Sqlite>>::encode_by_ref(&self.0, buffer)
            }
        }
    )+};
}

integer_column!(
    Timestamp,
    WorkspaceId,
    LearnerId,
    StudyChannelId,
    RoundId,
    AnswerId,
    AssessmentId,
    OutboxId,
    StartId
);
