//! Keys of events that were handled.

use sqlx::SqliteConnection;

use super::DbResult;
use crate::domain::ids::Timestamp;

/// Notes a key. `false`: it was there, so the event has been handled already.
pub async fn note(connection: &mut SqliteConnection, key: &str, now: Timestamp) -> DbResult<bool> {
    let done = sqlx::query("INSERT INTO inbox (key, received_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(key)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets keys received before `before`. Platforms redeliver for hours, not for weeks.
pub async fn forget(connection: &mut SqliteConnection, before: Timestamp) -> DbResult<()> {
    sqlx::query("DELETE FROM inbox WHERE received_at < ?").bind(before).execute(connection).await?;
    Ok(())
}
