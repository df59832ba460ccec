//! The outbox: what the platforms are to be told.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{DbResult, get, json, parse, to_json};
use crate::domain::command::Workspace;
use crate::domain::effect::{Draft, Job, Purpose};
use crate::domain::ids::{LearnerId, OutboxId, RoundId, StartId, StudyChannelId, Timestamp, WorkspaceId};

/// A row under lease.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The row.
    pub id: OutboxId,
    /// Its key.
    pub key: String,
    /// The workspace, by row.
    pub workspace_id: WorkspaceId,
    /// The workspace, as its platform names it.
    pub workspace: Workspace,
    /// The study channel it concerns.
    pub study_channel: Option<StudyChannelId>,
    /// The round it concerns.
    pub round: Option<RoundId>,
    /// The learner it concerns.
    pub learner: Option<LearnerId>,
    /// What it is for.
    pub purpose: Purpose,
    /// What to do.
    pub job: Job,
    /// The result of the row it depends on.
    pub target: Option<String>,
    /// That row's key.
    pub target_key: Option<String>,
    /// Attempts, this one included.
    pub attempts: u32,
    /// An earlier attempt ended without a clear answer.
    pub unclear: bool,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// Stores a row. A key that is there already changes nothing: that effect was decided before. A row that depends on a
/// dead one is dead at once.
pub async fn add(connection: &mut SqliteConnection, draft: &Draft, now: Timestamp) -> DbResult<()> {
    sqlx::query(
        "INSERT INTO outbox (key, lane, priority, depends_on, workspace_id, study_channel_id, round_id, learner_id,
             purpose, payload, state, due_at, created_at)
         SELECT ?1, ?2, ?3, d.id, ?5, ?6, ?7, ?8, ?9, ?10, CASE d.state WHEN 'dead' THEN 'dead' ELSE 'pending' END,
             ?11, ?11
         FROM (SELECT 1) LEFT JOIN outbox d ON d.key = ?4 WHERE true
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(&draft.key)
    .bind(&draft.lane)
    .bind(draft.priority())
    .bind(&draft.depends_on)
    .bind(draft.workspace)
    .bind(draft.study_channel)
    .bind(draft.round)
    .bind(draft.learner)
    .bind(draft.purpose.as_str())
    .bind(to_json(&draft.job))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether there is, or was, a row of this key.
pub async fn is_there(connection: &mut SqliteConnection, key: &str) -> DbResult<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM outbox WHERE key = ?)")
        .bind(key)
        .fetch_one(connection)
        .await?)
}

/// Whether a row of this lane has not begun yet.
pub async fn waits_in(connection: &mut SqliteConnection, lane: &str) -> DbResult<bool> {
    let row = sqlx::query("SELECT 1 FROM outbox WHERE lane = ? AND state = 'pending' LIMIT 1")
        .bind(lane)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// A row that can be carried out: pending, first in its lane, and what it depends on is there.
const READY: &str = "o.state = 'pending' AND (o.depends_on IS NULL OR d.state = 'sent') AND NOT EXISTS \
     (SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.id < o.id AND e.state IN ('pending', 'leased'))";

/// Leases up to `limit` rows that can be carried out now, each the first of its lane.
pub async fn lease(
    connection: &mut SqliteConnection,
    start: StartId,
    now: Timestamp,
    limit: u32,
) -> DbResult<Vec<Leased>> {
    // The plus keeps SQLite from looking rows up by time: in order of their leasing it can stop after `limit` of them.
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT o.id, o.key, o.workspace_id, w.platform, w.workspace_ref, o.study_channel_id, o.round_id,
             o.learner_id, o.purpose, o.payload, d.result AS target, d.key AS target_key, o.attempts, o.unclear, o.created_at
         FROM outbox o JOIN workspaces w ON w.id = o.workspace_id LEFT JOIN outbox d ON d.id = o.depends_on
         WHERE +o.due_at <= ? AND {READY} ORDER BY o.priority, o.id LIMIT ?"
    ));
    let rows = sqlx::query(sql).bind(now).bind(limit).fetch_all(&mut *connection).await?;
    let leased: Vec<Leased> = rows.iter().map(leased_row).collect::<DbResult<_>>()?;
    for row in &leased {
        sqlx::query(
            "UPDATE outbox SET state = 'leased', lease_start = ?, attempts = attempts + 1 WHERE id = ?",
        )
        .bind(start)
        .bind(row.id)
        .execute(&mut *connection)
        .await?;
    }
    Ok(leased)
}

fn leased_row(row: &SqliteRow) -> DbResult<Leased> {
    Ok(Leased {
        id: get(row, "id")?,
        key: get(row, "key")?,
        workspace_id: get(row, "workspace_id")?,
        workspace: Workspace { platform: parse(row, "platform")?, id: parse(row, "workspace_ref")? },
        study_channel: get(row, "study_channel_id")?,
        round: get(row, "round_id")?,
        learner: get(row, "learner_id")?,
        purpose: parse(row, "purpose")?,
        job: json(row, "payload")?,
        target: get(row, "target")?,
        target_key: get(row, "target_key")?,
        attempts: get::<u32>(row, "attempts")? + 1,
        unclear: get(row, "unclear")?,
        created_at: get(row, "created_at")?,
    })
}

/// When the next row can be carried out; a time in the past means now.
pub async fn next_due(connection: &mut SqliteConnection) -> DbResult<Option<Timestamp>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT o.due_at FROM outbox o LEFT JOIN outbox d ON d.id = o.depends_on WHERE {READY}
         ORDER BY o.due_at LIMIT 1"
    ));
    Ok(sqlx::query(sql).fetch_optional(connection).await?.map(|row| row.try_get(0)).transpose()?)
}

/// Settles a row as done, with the platform's id of what was made.
pub async fn sent(
    connection: &mut SqliteConnection,
    id: OutboxId,
    result: Option<&str>,
    now: Timestamp,
) -> DbResult<()> {
    sqlx::query(
        "UPDATE outbox SET state = 'sent', result = ?, error = NULL, lease_start = NULL, settled_at = ? WHERE id = ?",
    )
    .bind(result)
    .bind(now)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a row back, to be tried again at `due_at`.
pub async fn retry(
    connection: &mut SqliteConnection,
    id: OutboxId,
    due_at: Timestamp,
    unclear: bool,
    error: &str,
) -> DbResult<()> {
    sqlx::query(
        "UPDATE outbox SET state = 'pending', lease_start = NULL, due_at = ?, unclear = max(unclear, ?), error = ?
         WHERE id = ?",
    )
    .bind(due_at)
    .bind(unclear)
    .bind(error)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a row back with which nothing was tried.
pub async fn not_yet(connection: &mut SqliteConnection, id: OutboxId, due_at: Timestamp) -> DbResult<()> {
    sqlx::query(
        "UPDATE outbox SET state = 'pending', lease_start = NULL, due_at = ?, attempts = attempts - 1 WHERE id = ?",
    )
    .bind(due_at)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Settles a row, and all that depend on it, as dead. Returns how many dependants died with it.
pub async fn dead(
    connection: &mut SqliteConnection,
    id: OutboxId,
    error: &str,
    now: Timestamp,
) -> DbResult<u64> {
    let done = sqlx::query(
        "WITH RECURSIVE dying (id) AS (
             SELECT ?1 UNION SELECT o.id FROM outbox o JOIN dying ON o.depends_on = dying.id
         )
         UPDATE outbox SET state = 'dead', lease_start = NULL, settled_at = ?2, error = ?3
         WHERE id IN (SELECT id FROM dying) AND state IN ('pending', 'leased')",
    )
    .bind(id)
    .bind(now)
    .bind(error)
    .execute(connection)
    .await?;
    Ok(done.rows_affected().saturating_sub(1))
}

/// Gives back the rows that earlier starts held: nobody knows how those attempts ended.
pub async fn void_leases(connection: &mut SqliteConnection, start: StartId, now: Timestamp) -> DbResult<u64> {
    let done = sqlx::query(
        "UPDATE outbox SET state = 'pending', unclear = 1, lease_start = NULL, due_at = ?
         WHERE state = 'leased' AND lease_start <> ?",
    )
    .bind(now)
    .bind(start)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Drops the payloads of rows settled before `before`.
pub async fn drop_payloads(connection: &mut SqliteConnection, before: Timestamp) -> DbResult<()> {
    sqlx::query("UPDATE outbox SET payload = NULL WHERE settled_at < ? AND payload IS NOT NULL")
        .bind(before)
        .execute(connection)
        .await?;
    Ok(())
}
