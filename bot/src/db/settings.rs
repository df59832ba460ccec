//! Single values, and the program's starts.

use sqlx::{Row, SqliteConnection};

use super::DbResult;
use crate::domain::ids::{StartId, Timestamp};

/// The demo clock's distance from the machine's, in milliseconds.
pub const CLOCK_OFFSET_MS: &str = "clock_offset_ms";
/// When old rows were last cleared away.
pub const CLEARED_AT: &str = "cleared_at";

/// Reads a whole number; `None` when it was never stored.
pub async fn number(connection: &mut SqliteConnection, name: &'static str) -> DbResult<Option<i64>> {
    let row = sqlx::query("SELECT value FROM settings WHERE name = ?")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    row.map(|row| super::parse(&row, "value")).transpose()
}

/// Stores a whole number.
pub async fn set_number(connection: &mut SqliteConnection, name: &'static str, value: i64) -> DbResult<()> {
    sqlx::query("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes a start of the program. Leases of earlier starts are void from here on.
pub async fn start(connection: &mut SqliteConnection, now: Timestamp) -> DbResult<StartId> {
    let row = sqlx::query("INSERT INTO starts (started_at) VALUES (?) RETURNING id")
        .bind(now)
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}
