//! What `studybot doctor` asks of a database. Reading alone.

use sqlx::{Row, SqliteConnection};

use super::{DbResult, get};
use crate::domain::ids::Timestamp;

/// SQLite's own findings on the file; empty: sound. At most 20.
pub async fn integrity(connection: &mut SqliteConnection) -> DbResult<Vec<String>> {
    let rows = sqlx::query("PRAGMA integrity_check(20)").fetch_all(&mut *connection).await?;
    let mut findings: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    findings.retain(|finding| finding != "ok");
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await?.iter().take(20) {
        let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        findings.push(format!("a row of {table} points to a row of {parent} that is not there"));
    }
    Ok(findings)
}

/// Totals that differ from the sum of their scores. At most 20.
pub async fn totals_against_history(connection: &mut SqliteConnection) -> DbResult<Vec<String>> {
    let rows = sqlx::query(
        "WITH history AS (
             SELECT study_channel_id, 'week' AS span, week AS period, learner_id, points FROM scores
             UNION ALL SELECT study_channel_id, 'month', month, learner_id, points FROM scores
             UNION ALL SELECT study_channel_id, 'all', '', learner_id, points FROM scores
         ), sums AS (
             SELECT study_channel_id, span, period, learner_id, sum(points) AS points, count(*) AS answers
             FROM history GROUP BY study_channel_id, span, period, learner_id
         )
         SELECT coalesce(t.study_channel_id, s.study_channel_id) AS study_channel,
             coalesce(t.learner_id, s.learner_id) AS learner, coalesce(t.span, s.span) AS span,
             coalesce(t.period, s.period) AS period, coalesce(t.points, 0) AS total, coalesce(s.points, 0) AS history
         FROM totals t FULL JOIN sums s ON s.study_channel_id = t.study_channel_id AND s.span = t.span
             AND s.period = t.period AND s.learner_id = t.learner_id
         WHERE t.points IS NOT s.points OR t.answers IS NOT s.answers LIMIT 20",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(format!(
                "learner {} in study channel {}, {} {}: the total says {} points, the history {}",
                get::<i64>(row, "learner")?,
                get::<i64>(row, "study_channel")?,
                get::<&str>(row, "span")?,
                get::<&str>(row, "period")?,
                get::<i64>(row, "total")?,
                get::<i64>(row, "history")?,
            ))
        })
        .collect()
}

/// Answers of closed rounds that were on time and have no score. At most 20.
pub async fn unscored(connection: &mut SqliteConnection) -> DbResult<Vec<String>> {
    let rows = sqlx::query(
        "SELECT a.id, a.round_id FROM answers a JOIN rounds r ON r.id = a.round_id
         WHERE r.phase = 'closed' AND a.on_time = 1
             AND NOT EXISTS (SELECT 1 FROM scores s WHERE s.answer_id = a.id) LIMIT 20",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let (answer, round): (i64, i64) = (get(row, "id")?, get(row, "round_id")?);
            Ok(format!("answer {answer} of the closed round {round} has no score"))
        })
        .collect()
}

/// Rows that should have been carried out before `stuck_before`, and rows that died after `dead_since` and left a round
/// without a part of it. At most 20.
pub async fn outbox(
    connection: &mut SqliteConnection,
    stuck_before: Timestamp,
    dead_since: Timestamp,
) -> DbResult<Vec<String>> {
    let rows = sqlx::query(
        "SELECT key, state, attempts, coalesce(error, 'no error noted') AS error FROM outbox
         WHERE (state IN ('pending', 'leased') AND created_at < ?)
             OR (state = 'dead' AND settled_at >= ? AND purpose IN ('question', 'thread', 'reveal', 'final-reading', 'summary'))
         ORDER BY id LIMIT 20",
    )
    .bind(stuck_before)
    .bind(dead_since)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let what = if get::<&str>(row, "state")? == "dead" { "was given up" } else { "is stuck" };
            Ok(format!(
                "outbox row {} {what} after {} attempts: {}",
                get::<&str>(row, "key")?,
                get::<i64>(row, "attempts")?,
                get::<&str>(row, "error")?,
            ))
        })
        .collect()
}
