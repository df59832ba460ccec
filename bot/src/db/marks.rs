//! Assessments and their marks.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};

use super::{DbResult, get, parse};
use crate::domain::ids::{AnswerId, AssessmentId, CriterionId, LearnerId, Timestamp};
use crate::domain::question::Criterion;

/// Stores a learner's own marks in place of earlier ones: each criterion is met or not met.
pub async fn save_own(
    connection: &mut SqliteConnection,
    answer: AnswerId,
    learner: LearnerId,
    criteria: &[Criterion],
    met: &BTreeSet<CriterionId>,
    now: Timestamp,
) -> DbResult<()> {
    let row = sqlx::query(
        "INSERT INTO assessments (answer_id, kind, assessor_id, saved_at) VALUES (?, 'self', ?, ?)
         ON CONFLICT (answer_id, kind, assessor_id) DO UPDATE SET saved_at = excluded.saved_at RETURNING id",
    )
    .bind(answer)
    .bind(learner)
    .bind(now)
    .fetch_one(&mut *connection)
    .await?;
    let assessment: AssessmentId = row.try_get(0)?;
    for criterion in criteria {
        sqlx::query(
            "INSERT INTO marks (assessment_id, criterion_id, met) VALUES (?, ?, ?)
             ON CONFLICT (assessment_id, criterion_id) DO UPDATE SET met = excluded.met",
        )
        .bind(assessment)
        .bind(criterion.id.as_str())
        .bind(met.contains(&criterion.id))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The criteria that the learner marked as met in their own answer; `None` when they haven't marked.
pub async fn own(
    connection: &mut SqliteConnection,
    answer: AnswerId,
) -> DbResult<Option<BTreeSet<CriterionId>>> {
    let rows = sqlx::query(
        "SELECT m.criterion_id, m.met FROM assessments s JOIN marks m ON m.assessment_id = s.id
         WHERE s.answer_id = ? AND s.kind = 'self'",
    )
    .bind(answer)
    .fetch_all(connection)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut met = BTreeSet::new();
    for row in &rows {
        if get(row, "met")? {
            met.insert(parse(row, "criterion_id")?);
        }
    }
    Ok(Some(met))
}
