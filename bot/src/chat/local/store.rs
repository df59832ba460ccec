//! What the local chat keeps: a database of its own, as a platform would have, apart from the bot's.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, SqlitePool};

use crate::chat::{File, Outgoing, Timestamp};
use crate::domain::plain;

/// The file in the data folder.
const FILE_NAME: &str = "local-chat.db";
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS personas (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, admin INTEGER NOT NULL, gone INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS channels (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, workspace TEXT NOT NULL, UNIQUE (workspace, name)
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread INTEGER REFERENCES messages (number),
    -- The persona number of the author; NULL: the bot.
    author INTEGER REFERENCES personas (number),
    -- The only persona who sees it.
    recipient INTEGER REFERENCES personas (number),
    at INTEGER NOT NULL,
    edited_at INTEGER,
    text TEXT NOT NULL,
    files TEXT NOT NULL,
    outgoing TEXT,
    key TEXT,
    has_thread INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS messages_in_channel ON messages (channel, thread, number);
CREATE INDEX IF NOT EXISTS messages_in_thread ON messages (thread, number);
CREATE INDEX IF NOT EXISTS messages_to ON messages (recipient, number) WHERE recipient IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_by_key ON messages (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS reactions (
    message INTEGER NOT NULL REFERENCES messages (number), emoji TEXT NOT NULL, by TEXT NOT NULL,
    PRIMARY KEY (message, emoji, by)
) STRICT, WITHOUT ROWID;
";

/// The store. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pool: SqlitePool,
}

#[derive(Clone, Debug)]
pub(super) struct Persona {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) admin: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) number: i64,
    pub(super) name: String,
    pub(super) workspace: String,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) number: i64,
    pub(super) workspace: String,
    pub(super) channel: String,
    pub(super) thread: Option<i64>,
    pub(super) author: Option<Persona>,
    pub(super) recipient: Option<i64>,
    pub(super) at: Timestamp,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) text: String,
    pub(super) files: Vec<File>,
    pub(super) outgoing: Option<Outgoing>,
    pub(super) has_thread: bool,
    pub(super) replies: i64,
    pub(super) reactions: Vec<Reaction>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reaction {
    pub(super) emoji: String,
    pub(super) by: Vec<String>,
}

/// A message before it is stored.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub(super) workspace: &'a str,
    pub(super) channel: &'a str,
    pub(super) thread: Option<i64>,
    pub(super) author: Option<i64>,
    pub(super) recipient: Option<i64>,
    pub(super) at: Timestamp,
    pub(super) text: &'a str,
    pub(super) files: &'a [File],
    pub(super) outgoing: Option<&'a Outgoing>,
    pub(super) key: Option<&'a str>,
}

pub(super) type StoreResult<T> = Result<T, sqlx::Error>;

const MESSAGE: &str = "SELECT m.*, p.name AS author_name, p.admin AS author_admin,
    (SELECT count(*) FROM messages r WHERE r.thread = m.number AND r.deleted = 0) AS replies,
    (SELECT json_group_array(json_object('emoji', x.emoji, 'by', json(x.people))) FROM
        (SELECT emoji, json_group_array(by) AS people FROM reactions WHERE message = m.number GROUP BY emoji) x)
        AS reactions
    FROM messages m LEFT JOIN personas p ON p.number = m.author";

impl Store {
    pub(super) async fn open(folder: &Path) -> StoreResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join(FILE_NAME))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self { pool })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// Adds a persona, or takes one of this name back who had left; `None`: the name is taken.
    pub(super) async fn add_persona(&self, name: &str, admin: bool) -> StoreResult<Option<i64>> {
        let rows = sqlx::query(
            "INSERT INTO personas (name, admin, gone) VALUES (?, ?, 0)
             ON CONFLICT (name) DO UPDATE SET gone = 0, admin = excluded.admin WHERE gone = 1 RETURNING number",
        )
        .bind(name)
        .bind(admin)
        .fetch_all(&self.pool)
        .await?;
        rows.first().map(|row| row.try_get(0)).transpose()
    }

    /// Those who have not left, in order of their coming.
    pub(super) async fn personas(&self) -> StoreResult<Vec<Persona>> {
        let rows = sqlx::query("SELECT number, name, admin FROM personas WHERE gone = 0 ORDER BY number")
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Persona {
                    number: row.try_get("number")?,
                    name: row.try_get("name")?,
                    admin: row.try_get("admin")?,
                })
            })
            .collect()
    }

    /// Whether anybody was ever here.
    pub(super) async fn is_new(&self) -> StoreResult<bool> {
        let row = sqlx::query("SELECT count(*) FROM personas").fetch_one(&self.pool).await?;
        Ok(row.try_get::<i64, _>(0)? == 0)
    }

    pub(super) async fn leave(&self, persona: i64) -> StoreResult<()> {
        sqlx::query("UPDATE personas SET gone = 1 WHERE number = ?")
            .bind(persona)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Adds a channel; `None`: the name is taken in that workspace.
    pub(super) async fn add_channel(&self, name: &str, workspace: &str) -> StoreResult<Option<i64>> {
        let rows = sqlx::query(
            "INSERT INTO channels (name, workspace) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING number",
        )
        .bind(name)
        .bind(workspace)
        .fetch_all(&self.pool)
        .await?;
        rows.first().map(|row| row.try_get(0)).transpose()
    }

    pub(super) async fn channels(&self) -> StoreResult<Vec<Channel>> {
        let rows = sqlx::query("SELECT number, name, workspace FROM channels ORDER BY number")
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Channel {
                    number: row.try_get("number")?,
                    name: row.try_get("name")?,
                    workspace: row.try_get("workspace")?,
                })
            })
            .collect()
    }

    pub(super) async fn add_message(&self, draft: &Draft<'_>) -> StoreResult<i64> {
        let rows = sqlx::query(
            "INSERT INTO messages (workspace, channel, thread, author, recipient, at, text, files, outgoing, key)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        )
        .bind(draft.workspace)
        .bind(draft.channel)
        .bind(draft.thread)
        .bind(draft.author)
        .bind(draft.recipient)
        .bind(draft.at.0)
        .bind(draft.text)
        .bind(json(&draft.files))
        .bind(draft.outgoing.map(json))
        .bind(draft.key)
        .fetch_all(&self.pool)
        .await?;
        first(&rows)?.try_get(0)
    }

    /// A message that is not deleted.
    pub(super) async fn message(&self, number: i64) -> StoreResult<Option<Message>> {
        let sql = sqlx::AssertSqlSafe(format!("{MESSAGE} WHERE m.number = ? AND m.deleted = 0"));
        sqlx::query(sql).bind(number).fetch_optional(&self.pool).await?.as_ref().map(message).transpose()
    }

    /// A message that a thread hangs from, or may yet. A thread outlives it, as on the platforms.
    pub(super) async fn thread_root(&self, number: i64) -> StoreResult<Option<Message>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{MESSAGE} WHERE m.number = ? AND (m.has_thread = 1 OR m.deleted = 0)"
        ));
        sqlx::query(sql).bind(number).fetch_optional(&self.pool).await?.as_ref().map(message).transpose()
    }

    /// The message of ours that carries a key, deleted or not.
    pub(super) async fn find_key(&self, key: &str) -> StoreResult<Option<i64>> {
        let row = sqlx::query("SELECT number FROM messages WHERE key = ? ORDER BY number LIMIT 1")
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// The messages of a channel without thread replies, oldest first, with the viewer's own notices among them. Of a
    /// deleted message with a thread, the place stays.
    pub(super) async fn in_channel(&self, channel: &str, viewer: Option<i64>) -> StoreResult<Vec<Message>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{MESSAGE} WHERE (m.deleted = 0 OR m.has_thread = 1)
                 AND ((m.channel = ?1 AND m.thread IS NULL AND m.recipient IS NULL) OR m.recipient = ?2)
             ORDER BY m.number"
        ));
        sqlx::query(sql).bind(channel).bind(viewer).fetch_all(&self.pool).await?.iter().map(message).collect()
    }

    /// The replies of a thread, oldest first.
    pub(super) async fn in_thread(&self, thread: i64) -> StoreResult<Vec<Message>> {
        let sql =
            sqlx::AssertSqlSafe(format!("{MESSAGE} WHERE m.deleted = 0 AND m.thread = ? ORDER BY m.number"));
        sqlx::query(sql).bind(thread).fetch_all(&self.pool).await?.iter().map(message).collect()
    }

    /// Replaces a person's text. Each edit has a time of its own. Returns it.
    pub(super) async fn edit_text(&self, number: i64, text: &str, now: Timestamp) -> StoreResult<Timestamp> {
        let rows = sqlx::query(
            "UPDATE messages SET text = ?, edited_at = max(?, at + 1, coalesce(edited_at + 1, 0))
             WHERE number = ? RETURNING edited_at",
        )
        .bind(text)
        .bind(now.0)
        .bind(number)
        .fetch_all(&self.pool)
        .await?;
        Ok(Timestamp(first(&rows)?.try_get(0)?))
    }

    /// Replaces a message of ours; a deleted one stays deleted.
    pub(super) async fn edit_outgoing(
        &self,
        number: i64,
        message: &Outgoing,
        now: Timestamp,
    ) -> StoreResult<()> {
        sqlx::query("UPDATE messages SET text = ?, outgoing = ?, edited_at = ? WHERE number = ?")
            .bind(plain::text(&message.blocks))
            .bind(json(message))
            .bind(now.0)
            .bind(number)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Deletes a message. Its row stays without content, so that its key is still found.
    pub(super) async fn delete(&self, number: i64) -> StoreResult<()> {
        sqlx::query(
            "UPDATE messages SET deleted = 1, text = CASE has_thread WHEN 1 THEN 'This message was deleted.' ELSE '' END, files = '[]', outgoing = NULL WHERE number = ?",
        )
        .bind(number)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(super) async fn open_thread(&self, number: i64) -> StoreResult<()> {
        sqlx::query("UPDATE messages SET has_thread = 1 WHERE number = ?")
            .bind(number)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn react(&self, number: i64, emoji: &str, by: &str) -> StoreResult<()> {
        sqlx::query("INSERT INTO reactions (message, emoji, by) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(number)
            .bind(emoji)
            .bind(by)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// The row that a statement with RETURNING gave. All its rows are fetched, because SQLite commits only after the last
/// one: who stops at the first never hears that the disk was full.
fn first(rows: &[SqliteRow]) -> StoreResult<&SqliteRow> {
    rows.first().ok_or(sqlx::Error::RowNotFound)
}

fn message(row: &SqliteRow) -> StoreResult<Message> {
    let author = match row.try_get::<Option<i64>, _>("author")? {
        Some(number) => {
            Some(Persona { number, name: row.try_get("author_name")?, admin: row.try_get("author_admin")? })
        }
        None => None,
    };
    Ok(Message {
        number: row.try_get("number")?,
        workspace: row.try_get("workspace")?,
        channel: row.try_get("channel")?,
        thread: row.try_get("thread")?,
        author,
        recipient: row.try_get("recipient")?,
        at: Timestamp(row.try_get("at")?),
        edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(Timestamp),
        text: row.try_get("text")?,
        files: from_json(row.try_get("files")?)?,
        outgoing: row.try_get::<Option<&str>, _>("outgoing")?.map(from_json).transpose()?,
        has_thread: row.try_get("has_thread")?,
        replies: row.try_get("replies")?,
        reactions: from_json(row.try_get("reactions")?)?,
    })
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}
