//! Learners, and the notices that could not be delivered to them.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{DbResult, get, json, parse, to_json};
use crate::domain::command::Person;
use crate::domain::ids::{LearnerId, PersonRef, Timestamp, WorkspaceId};
use crate::domain::message::Outgoing;

/// Notices kept for one learner at most; older ones go.
const KEPT_NOTICES_MAX: i64 = 20;

/// A learner.
#[derive(Clone, Debug)]
pub struct Learner {
    /// The row.
    pub id: LearnerId,
    /// The platform's id.
    pub person: PersonRef,
    /// The name that others see.
    pub name: String,
    /// Leaderboards name them.
    pub listed: bool,
    /// They get direct messages.
    pub notices: bool,
    /// They have not left the workspace.
    pub is_here: bool,
}

const COLUMNS: &str = "id, person_ref, name, listed, notices, left_at IS NULL AS is_here";

fn learner(row: &SqliteRow) -> DbResult<Learner> {
    Ok(Learner {
        id: get(row, "id")?,
        person: parse(row, "person_ref")?,
        name: get(row, "name")?,
        listed: get(row, "listed")?,
        notices: get(row, "notices")?,
        is_here: get(row, "is_here")?,
    })
}

/// The learner's row, made where needed, with the name they have now; where that is not known, with the one they had.
/// Whoever acts has come back.
pub async fn ensure(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    person: &Person,
) -> DbResult<LearnerId> {
    let row = sqlx::query(
        "INSERT INTO learners (workspace_id, person_ref, name) VALUES (?, ?, ?)
         ON CONFLICT (workspace_id, person_ref) DO UPDATE SET left_at = NULL,
             name = CASE excluded.name WHEN excluded.person_ref THEN learners.name ELSE excluded.name END
         RETURNING id",
    )
    .bind(workspace)
    .bind(person.id.as_str())
    .bind(&person.name)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

/// A learner by the platform's id.
pub async fn find(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    person: &PersonRef,
) -> DbResult<Option<Learner>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM learners WHERE workspace_id = ? AND person_ref = ?"
    ));
    let row = sqlx::query(sql).bind(workspace).bind(person.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(learner).transpose()
}

/// A learner by row.
pub async fn by_id(connection: &mut SqliteConnection, id: LearnerId) -> DbResult<Learner> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM learners WHERE id = ?"));
    learner(&sqlx::query(sql).bind(id).fetch_one(connection).await?)
}

/// Notes that a person left the workspace. Their answers and scores stay.
pub async fn leave(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    person: &PersonRef,
    now: Timestamp,
) -> DbResult<()> {
    sqlx::query("UPDATE learners SET left_at = ? WHERE workspace_id = ? AND person_ref = ?")
        .bind(now)
        .bind(workspace)
        .bind(person.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores whether leaderboards name a learner.
pub async fn set_listed(connection: &mut SqliteConnection, id: LearnerId, listed: bool) -> DbResult<()> {
    sqlx::query("UPDATE learners SET listed = ? WHERE id = ?")
        .bind(listed)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores whether a learner gets direct messages.
pub async fn set_notices(connection: &mut SqliteConnection, id: LearnerId, notices: bool) -> DbResult<()> {
    sqlx::query("UPDATE learners SET notices = ? WHERE id = ?")
        .bind(notices)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps a notice that could not be delivered, for `/study me`.
pub async fn keep_notice(
    connection: &mut SqliteConnection,
    id: LearnerId,
    message: &Outgoing,
    now: Timestamp,
) -> DbResult<()> {
    sqlx::query("INSERT INTO kept_notices (learner_id, message, created_at) VALUES (?, ?, ?)")
        .bind(id)
        .bind(to_json(message))
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "DELETE FROM kept_notices WHERE learner_id = ?1 AND id NOT IN
         (SELECT id FROM kept_notices WHERE learner_id = ?1 ORDER BY id DESC LIMIT ?2)",
    )
    .bind(id)
    .bind(KEPT_NOTICES_MAX)
    .execute(connection)
    .await?;
    Ok(())
}

/// The notices kept for a learner, newest first.
pub async fn kept_notices(connection: &mut SqliteConnection, id: LearnerId) -> DbResult<Vec<Outgoing>> {
    let rows = sqlx::query("SELECT message FROM kept_notices WHERE learner_id = ? ORDER BY id DESC")
        .bind(id)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| json(row, "message")).collect()
}
