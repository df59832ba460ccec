//! Rounds: their headers, and the snapshots of their questions.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{DbResult, get, json, parse, parse_optional, to_json};
use crate::domain::command::Workspace;
use crate::domain::ids::{
    LearnerId, MessageRef, QuestionId, RoundId, StudyChannelId, Timestamp, WorkspaceId,
};
use crate::domain::question::{Question, QuestionFace};
use crate::domain::round::Round;
use crate::domain::schedule::CivilTime;

/// A round with what stands around its own state.
#[derive(Clone, Debug)]
pub struct RoundRow {
    /// Its state.
    pub round: Round,
    /// Its study channel.
    pub study_channel_id: StudyChannelId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// The civil time of its occurrence.
    pub civil: CivilTime,
    /// Which question.
    pub question_id: QuestionId,
    /// Only private answers count.
    pub sealed: bool,
    /// Private answers are shown without names.
    pub anonymous: bool,
    /// Its thread, once it is open.
    pub thread: Option<MessageRef>,
}

const COLUMNS: &str = "id, study_channel_id, workspace_id, civil, question_id, phase, opened_at, posted, deadline_at, \
     review_ms, review_deadline_at, collecting_since, closing, sealed, anonymous, thread_ref";

fn round_row(row: &SqliteRow) -> DbResult<RoundRow> {
    Ok(RoundRow {
        round: Round {
            id: get(row, "id")?,
            phase: parse(row, "phase")?,
            opened_at: get(row, "opened_at")?,
            posted: get(row, "posted")?,
            deadline_at: get(row, "deadline_at")?,
            review_ms: get(row, "review_ms")?,
            review_deadline_at: get(row, "review_deadline_at")?,
            collecting_since: get(row, "collecting_since")?,
            closing: get(row, "closing")?,
        },
        study_channel_id: get(row, "study_channel_id")?,
        workspace_id: get(row, "workspace_id")?,
        civil: parse(row, "civil")?,
        question_id: parse(row, "question_id")?,
        sealed: get(row, "sealed")?,
        anonymous: get(row, "anonymous")?,
        thread: parse_optional(row, "thread_ref")?,
    })
}

/// Stores a new round with a copy of its question. `None`: there is a round for this occurrence already.
pub async fn insert(
    connection: &mut SqliteConnection,
    row: &RoundRow,
    question: &Question,
) -> DbResult<Option<RoundId>> {
    let round = &row.round;
    let inserted = sqlx::query(
        "INSERT INTO rounds (study_channel_id, workspace_id, civil, question_id, face, question, phase, opened_at,
             deadline_at, review_ms, sealed, anonymous, due_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (study_channel_id, civil) DO NOTHING RETURNING id",
    )
    .bind(row.study_channel_id)
    .bind(row.workspace_id)
    .bind(row.civil.to_string())
    .bind(row.question_id.as_str())
    .bind(to_json(&question.face()))
    .bind(to_json(question))
    .bind(round.phase.as_str())
    .bind(round.opened_at)
    .bind(round.deadline_at)
    .bind(round.review_ms)
    .bind(row.sealed)
    .bind(row.anonymous)
    .bind(round.due_at())
    .fetch_optional(connection)
    .await?;
    Ok(inserted.map(|row| row.try_get(0)).transpose()?)
}

/// Stores a round's state.
pub async fn update(connection: &mut SqliteConnection, round: &Round) -> DbResult<()> {
    sqlx::query(
        "UPDATE rounds SET phase = ?, posted = ?, deadline_at = ?, review_deadline_at = ?, collecting_since = ?,
             closing = ?, due_at = ? WHERE id = ?",
    )
    .bind(round.phase.as_str())
    .bind(round.posted)
    .bind(round.deadline_at)
    .bind(round.review_deadline_at)
    .bind(round.collecting_since)
    .bind(round.closing)
    .bind(round.due_at())
    .bind(round.id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes a round's thread.
pub async fn set_thread(connection: &mut SqliteConnection, id: RoundId, thread: &MessageRef) -> DbResult<()> {
    sqlx::query("UPDATE rounds SET thread_ref = ? WHERE id = ?")
        .bind(thread.as_str())
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// A round by row.
pub async fn by_id(connection: &mut SqliteConnection, id: RoundId) -> DbResult<Option<RoundRow>> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM rounds WHERE id = ?"));
    sqlx::query(sql).bind(id).fetch_optional(connection).await?.as_ref().map(round_row).transpose()
}

/// A round by its thread.
pub async fn by_thread(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    thread: &MessageRef,
) -> DbResult<Option<RoundRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM rounds WHERE workspace_id = ? AND thread_ref = ?"
    ));
    let row = sqlx::query(sql).bind(workspace).bind(thread.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(round_row).transpose()
}

/// Whether a thread belongs to a round that was not cancelled.
pub async fn has_thread(
    connection: &mut SqliteConnection,
    workspace: &Workspace,
    thread: &MessageRef,
) -> DbResult<bool> {
    let row = sqlx::query(
        "SELECT 1 FROM rounds r JOIN workspaces w ON w.id = r.workspace_id
         WHERE w.platform = ? AND w.workspace_ref = ? AND r.thread_ref = ? AND r.phase <> 'cancelled'",
    )
    .bind(workspace.platform.as_str())
    .bind(workspace.id.as_str())
    .bind(thread.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// The rounds of a study channel that are neither closed nor cancelled, oldest first.
pub async fn unfinished(
    connection: &mut SqliteConnection,
    channel: StudyChannelId,
) -> DbResult<Vec<RoundRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM rounds WHERE study_channel_id = ? AND phase IN ('open', 'collecting', 'review')
         ORDER BY opened_at, id"
    ));
    sqlx::query(sql).bind(channel).fetch_all(connection).await?.iter().map(round_row).collect()
}

/// Every round that is neither closed nor cancelled, oldest first.
pub async fn all_unfinished(connection: &mut SqliteConnection) -> DbResult<Vec<RoundRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM rounds WHERE phase IN ('open', 'collecting', 'review') ORDER BY opened_at, id"
    ));
    sqlx::query(sql).fetch_all(connection).await?.iter().map(round_row).collect()
}

/// The rounds that are closed and whose review ended at or after `since`, oldest first.
pub async fn closed_since(connection: &mut SqliteConnection, since: Timestamp) -> DbResult<Vec<RoundRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM rounds WHERE phase = 'closed' AND review_deadline_at >= ? ORDER BY opened_at, id"
    ));
    sqlx::query(sql).bind(since).fetch_all(connection).await?.iter().map(round_row).collect()
}

/// The newest round of a study channel, cancelled ones left out.
pub async fn newest(
    connection: &mut SqliteConnection,
    channel: StudyChannelId,
) -> DbResult<Option<RoundRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM rounds WHERE study_channel_id = ? AND phase <> 'cancelled' ORDER BY id DESC LIMIT 1"
    ));
    sqlx::query(sql).bind(channel).fetch_optional(connection).await?.as_ref().map(round_row).transpose()
}

/// The round that is due first at or before `now`.
pub async fn first_due(connection: &mut SqliteConnection, now: Timestamp) -> DbResult<Option<RoundId>> {
    let row = sqlx::query("SELECT id FROM rounds WHERE due_at <= ? ORDER BY due_at, id LIMIT 1")
        .bind(now)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// When the next round is due.
pub async fn next_due(connection: &mut SqliteConnection) -> DbResult<Option<Timestamp>> {
    let row =
        sqlx::query("SELECT min(due_at) FROM rounds WHERE due_at IS NOT NULL").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// The part of a round's question that may be seen before the reveal.
pub async fn face(connection: &mut SqliteConnection, id: RoundId) -> DbResult<QuestionFace> {
    json(&sqlx::query("SELECT face FROM rounds WHERE id = ?").bind(id).fetch_one(connection).await?, "face")
}

/// A round's whole question. Only for what happens from the reveal on.
pub async fn question(connection: &mut SqliteConnection, id: RoundId) -> DbResult<Question> {
    json(
        &sqlx::query("SELECT question FROM rounds WHERE id = ?").bind(id).fetch_one(connection).await?,
        "question",
    )
}

/// How often a study channel has asked each question, and which one last; cancelled rounds left out.
pub async fn asked(
    connection: &mut SqliteConnection,
    channel: StudyChannelId,
) -> DbResult<(BTreeMap<QuestionId, u32>, Option<QuestionId>)> {
    let rows = sqlx::query(
        "SELECT question_id, count(*) AS times, max(id) AS newest FROM rounds
         WHERE study_channel_id = ? AND phase <> 'cancelled' GROUP BY question_id",
    )
    .bind(channel)
    .fetch_all(connection)
    .await?;
    let mut asked = BTreeMap::new();
    let mut last: Option<(i64, QuestionId)> = None;
    for row in &rows {
        let (id, newest): (QuestionId, i64) = (parse(row, "question_id")?, get(row, "newest")?);
        if last.as_ref().is_none_or(|(known, _)| *known < newest) {
            last = Some((newest, id.clone()));
        }
        asked.insert(id, get(row, "times")?);
    }
    Ok((asked, last.map(|(_, id)| id)))
}

/// The questions that are open or unrevealed in other channels of the workspace and reveal at another instant.
pub async fn held_back(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    channel: StudyChannelId,
    deadline: Timestamp,
) -> DbResult<BTreeSet<QuestionId>> {
    let rows = sqlx::query(
        "SELECT question_id FROM rounds WHERE workspace_id = ? AND study_channel_id <> ?
         AND phase IN ('open', 'collecting') AND deadline_at <> ?",
    )
    .bind(workspace)
    .bind(channel)
    .bind(deadline)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| parse(row, "question_id")).collect()
}

/// For each revealed round of a study channel in opening order: whether the learner took part, from their first on.
pub async fn participation(
    connection: &mut SqliteConnection,
    channel: StudyChannelId,
    learner: LearnerId,
) -> DbResult<Vec<bool>> {
    let rows = sqlx::query(
        "SELECT coalesce(a.on_time, 0) AS took_part FROM rounds r
         LEFT JOIN answers a ON a.round_id = r.id AND a.learner_id = ?
         WHERE r.study_channel_id = ? AND r.phase IN ('review', 'closed') ORDER BY r.opened_at, r.id",
    )
    .bind(learner)
    .bind(channel)
    .fetch_all(connection)
    .await?;
    let took_part: Vec<bool> = rows.iter().map(|row| get(row, "took_part")).collect::<DbResult<_>>()?;
    Ok(took_part.into_iter().skip_while(|took_part| !took_part).collect())
}
