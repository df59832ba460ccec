//! Scores, totals, and what leaderboards are made of.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};

use super::{DbResult, get, json, parse, to_json};
use crate::domain::ids::{AnswerId, CriterionId, LearnerId, PersonRef, RoundId, StudyChannelId, Timestamp};
use crate::domain::leaderboard::Window;
use crate::domain::marking::{Basis, Score};
use crate::domain::schedule::CivilTime;

/// An answer whose score is to be settled, with its learner's own marks.
#[derive(Clone, Debug)]
pub struct Unsettled {
    /// The answer.
    pub answer: AnswerId,
    /// Whose.
    pub learner: LearnerId,
    /// The criteria that the learner marked as met; `None`: not marked.
    pub own_marks: Option<BTreeSet<CriterionId>>,
}

/// The next `limit` answers of a round that were on time and have no score yet.
pub async fn unsettled(
    connection: &mut SqliteConnection,
    round: RoundId,
    limit: u32,
) -> DbResult<Vec<Unsettled>> {
    let rows = sqlx::query(
        "SELECT a.id, a.learner_id, s.id AS assessment_id,
             (SELECT json_group_array(m.criterion_id) FROM marks m WHERE m.assessment_id = s.id AND m.met = 1) AS met
         FROM answers a
         LEFT JOIN assessments s ON s.answer_id = a.id AND s.kind = 'self'
         WHERE a.round_id = ? AND a.on_time = 1 AND NOT EXISTS (SELECT 1 FROM scores c WHERE c.answer_id = a.id)
         ORDER BY a.id LIMIT ?",
    )
    .bind(round)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let marked = get::<Option<i64>>(row, "assessment_id")?.is_some();
            let own_marks = if marked { Some(json(row, "met")?) } else { None };
            Ok(Unsettled { answer: get(row, "id")?, learner: get(row, "learner_id")?, own_marks })
        })
        .collect()
}

/// Where a score belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The round.
    pub round: RoundId,
    /// Its study channel.
    pub study_channel: StudyChannelId,
    /// The civil time of its occurrence, which decides on week and month.
    pub civil: CivilTime,
}

/// Stores one score, and adds it to the totals of its week, its month and all time.
pub async fn settle(
    connection: &mut SqliteConnection,
    place: Place,
    answer: &Unsettled,
    score: &Score,
    now: Timestamp,
) -> DbResult<()> {
    let (week, month) = (Window::Week.period(place.civil), Window::Month.period(place.civil));
    sqlx::query(
        "INSERT INTO scores (answer_id, round_id, study_channel_id, learner_id, points, basis, met, week, month,
             settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(answer.answer)
    .bind(place.round)
    .bind(place.study_channel)
    .bind(answer.learner)
    .bind(score.points)
    .bind(score.basis.as_str())
    .bind(to_json(&score.met))
    .bind(&week)
    .bind(&month)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO totals (study_channel_id, span, period, learner_id, points, answers)
         VALUES (?1, 'week', ?2, ?4, ?5, 1), (?1, 'month', ?3, ?4, ?5, 1), (?1, 'all', '', ?4, ?5, 1)
         ON CONFLICT (study_channel_id, span, period, learner_id)
         DO UPDATE SET points = points + excluded.points, answers = answers + 1",
    )
    .bind(place.study_channel)
    .bind(&week)
    .bind(&month)
    .bind(answer.learner)
    .bind(score.points)
    .execute(connection)
    .await?;
    Ok(())
}

/// A learner's sum, as a leaderboard shows it.
#[derive(Clone, Debug)]
pub struct Total {
    /// The row.
    pub learner: LearnerId,
    /// The platform's id.
    pub person: PersonRef,
    /// The name.
    pub name: String,
    /// Points.
    pub points: u32,
    /// Answers that were settled.
    pub answers: u32,
}

/// The totals of a study channel in a window's period, of learners who are listed and have not left.
pub async fn totals(
    connection: &mut SqliteConnection,
    channel: StudyChannelId,
    window: Window,
    period: &str,
) -> DbResult<Vec<Total>> {
    let rows = sqlx::query(
        "SELECT t.learner_id, l.person_ref, l.name, t.points, t.answers
         FROM totals t JOIN learners l ON l.id = t.learner_id
         WHERE t.study_channel_id = ? AND t.span = ? AND t.period = ? AND l.listed = 1 AND l.left_at IS NULL",
    )
    .bind(channel)
    .bind(window.as_str())
    .bind(period)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Total {
                learner: get(row, "learner_id")?,
                person: parse(row, "person_ref")?,
                name: get(row, "name")?,
                points: get(row, "points")?,
                answers: get(row, "answers")?,
            })
        })
        .collect()
}

/// An answer in a review that has not ended: what it would be worth now.
#[derive(Clone, Debug)]
pub struct Provisional {
    /// The learner as a total.
    pub total: Total,
    /// The round in review.
    pub round: RoundId,
    /// The criteria that the learner marked as met so far; `None`: not marked yet.
    pub own_marks: Option<BTreeSet<CriterionId>>,
}

/// The on-time answers of a round that have no score yet, of learners who are listed and have not left.
pub async fn provisional(connection: &mut SqliteConnection, round: RoundId) -> DbResult<Vec<Provisional>> {
    let rows = sqlx::query(
        "SELECT l.id AS learner_id, l.person_ref, l.name, s.id AS assessment_id,
             (SELECT json_group_array(m.criterion_id) FROM marks m WHERE m.assessment_id = s.id AND m.met = 1) AS met
         FROM answers a JOIN learners l ON l.id = a.learner_id
         LEFT JOIN assessments s ON s.answer_id = a.id AND s.kind = 'self'
         WHERE a.round_id = ? AND a.on_time = 1 AND l.listed = 1 AND l.left_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM scores c WHERE c.answer_id = a.id)",
    )
    .bind(round)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let marked = get::<Option<i64>>(row, "assessment_id")?.is_some();
            Ok(Provisional {
                total: Total {
                    learner: get(row, "learner_id")?,
                    person: parse(row, "person_ref")?,
                    name: get(row, "name")?,
                    points: 0,
                    answers: 0,
                },
                round,
                own_marks: if marked { Some(json(row, "met")?) } else { None },
            })
        })
        .collect()
}

/// A settled score with what it was for.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The round.
    pub round: RoundId,
    /// Whose.
    pub learner: LearnerId,
    /// The learner's name.
    pub name: String,
    /// 0 to 100.
    pub points: u32,
    /// What it rests on.
    pub basis: Basis,
    /// The criteria that count as met.
    pub met: BTreeSet<CriterionId>,
}

fn settled(row: &sqlx::sqlite::SqliteRow) -> DbResult<Settled> {
    Ok(Settled {
        round: get(row, "round_id")?,
        learner: get(row, "learner_id")?,
        name: get(row, "name")?,
        points: get(row, "points")?,
        basis: parse(row, "basis")?,
        met: json(row, "met")?,
    })
}

/// The scores of a round, best first.
pub async fn in_round(connection: &mut SqliteConnection, round: RoundId) -> DbResult<Vec<Settled>> {
    let rows = sqlx::query(
        "SELECT s.round_id, s.learner_id, l.name, s.points, s.basis, s.met FROM scores s
         JOIN learners l ON l.id = s.learner_id WHERE s.round_id = ? ORDER BY s.points DESC, s.answer_id",
    )
    .bind(round)
    .fetch_all(connection)
    .await?;
    rows.iter().map(settled).collect()
}

/// A learner's newest scores, newest first.
pub async fn of_learner(
    connection: &mut SqliteConnection,
    learner: LearnerId,
    limit: u32,
) -> DbResult<Vec<Settled>> {
    let rows = sqlx::query(
        "SELECT s.round_id, s.learner_id, l.name, s.points, s.basis, s.met FROM scores s
         JOIN learners l ON l.id = s.learner_id WHERE s.learner_id = ? ORDER BY s.round_id DESC LIMIT ?",
    )
    .bind(learner)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(settled).collect()
}

/// How many of a round's own assessments met each criterion, and how many assessments there are.
pub async fn criteria_met(
    connection: &mut SqliteConnection,
    round: RoundId,
) -> DbResult<(Vec<(CriterionId, u32)>, u32)> {
    let rows = sqlx::query(
        "SELECT m.criterion_id, sum(m.met) AS met, count(*) AS marked FROM answers a
         JOIN assessments s ON s.answer_id = a.id AND s.kind = 'self' JOIN marks m ON m.assessment_id = s.id
         WHERE a.round_id = ? AND a.on_time = 1 GROUP BY m.criterion_id",
    )
    .bind(round)
    .fetch_all(connection)
    .await?;
    let mut assessments = 0;
    let mut met = Vec::new();
    for row in &rows {
        met.push((parse(row, "criterion_id")?, get(row, "met")?));
        assessments = assessments.max(get(row, "marked")?);
    }
    Ok((met, assessments))
}

/// Points and answers of all time in one study channel.
pub async fn all_time(
    connection: &mut SqliteConnection,
    channel: StudyChannelId,
    learner: LearnerId,
) -> DbResult<(u32, u32)> {
    let row = sqlx::query(
        "SELECT coalesce(sum(points), 0), coalesce(sum(answers), 0) FROM totals
         WHERE study_channel_id = ? AND learner_id = ? AND span = 'all'",
    )
    .bind(channel)
    .bind(learner)
    .fetch_one(connection)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Names and points of a round's marked answers, of learners who are listed and have not left.
pub async fn listed_in_round(
    connection: &mut SqliteConnection,
    round: RoundId,
) -> DbResult<Vec<(String, u32)>> {
    let rows = sqlx::query(
        "SELECT l.name, s.points FROM scores s JOIN learners l ON l.id = s.learner_id
         WHERE s.round_id = ? AND s.basis <> 'unmarked' AND l.listed = 1 AND l.left_at IS NULL",
    )
    .bind(round)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((get(row, "name")?, get(row, "points")?))).collect()
}
