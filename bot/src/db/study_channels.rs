//! Study channels and their plans.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{DbError, DbResult, get, json, parse, parse_optional, to_json};
use crate::domain::channel::{ChannelState, Plan, StudyChannel};
use crate::domain::ids::{ChannelRef, GroupRef, StudyChannelId, Timestamp, WorkspaceId};

const COLUMNS: &str = "id, workspace_id, channel_ref, name, state, schedule, zone, answer_minutes, review_minutes, \
     grace_minutes, selection, sealed, anonymous, dates_off, admin_channel, organisers, organiser_groups, ping_group, seed, \
     handled_civil, not_before";

fn study_channel(row: &SqliteRow) -> DbResult<StudyChannel> {
    let state = match get::<&str>(row, "state")? {
        "active" => ChannelState::Active,
        "paused" => ChannelState::Paused,
        "removed" => ChannelState::Removed,
        _ => return Err(DbError::Corrupt { column: "state" }),
    };
    Ok(StudyChannel {
        id: get(row, "id")?,
        workspace_id: get(row, "workspace_id")?,
        channel: parse(row, "channel_ref")?,
        name: get(row, "name")?,
        state,
        plan: Plan {
            schedule: parse(row, "schedule")?,
            zone: parse(row, "zone")?,
            answer_minutes: get(row, "answer_minutes")?,
            review_minutes: get(row, "review_minutes")?,
            grace_minutes: get(row, "grace_minutes")?,
            selection: json(row, "selection")?,
            sealed: get(row, "sealed")?,
            anonymous: get(row, "anonymous")?,
            dates_off: json(row, "dates_off")?,
            admin_channel: json(row, "admin_channel")?,
            organisers: json(row, "organisers")?,
            organiser_groups: json(row, "organiser_groups")?,
            ping: parse_optional(row, "ping_group")?,
        },
        seed: get(row, "seed")?,
        handled_civil: parse(row, "handled_civil")?,
        not_before: get(row, "not_before")?,
    })
}

/// Stores a study channel under its (workspace, channel), whether it is new or not; its `id` is not looked at.
/// `due_at` is when the scheduler next looks at it.
pub async fn save(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    due_at: Option<Timestamp>,
) -> DbResult<StudyChannelId> {
    let plan = &channel.plan;
    let row = sqlx::query(
        "INSERT INTO study_channels (workspace_id, channel_ref, name, state, schedule, zone, answer_minutes,
             review_minutes, grace_minutes, selection, sealed, anonymous, dates_off, admin_channel, organisers,
             organiser_groups, ping_group, seed, handled_civil, not_before, due_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (workspace_id, channel_ref) DO UPDATE SET name = excluded.name, state = excluded.state,
             schedule = excluded.schedule, zone = excluded.zone, answer_minutes = excluded.answer_minutes,
             review_minutes = excluded.review_minutes, grace_minutes = excluded.grace_minutes,
             selection = excluded.selection, sealed = excluded.sealed, anonymous = excluded.anonymous,
             dates_off = excluded.dates_off, admin_channel = excluded.admin_channel,
             organisers = excluded.organisers, organiser_groups = excluded.organiser_groups,
             ping_group = excluded.ping_group, seed = excluded.seed, handled_civil = excluded.handled_civil,
             not_before = excluded.not_before, due_at = excluded.due_at
         RETURNING id",
    )
    .bind(channel.workspace_id)
    .bind(channel.channel.as_str())
    .bind(&channel.name)
    .bind(channel.state.as_str())
    .bind(plan.schedule.to_string())
    .bind(plan.zone.to_string())
    .bind(plan.answer_minutes)
    .bind(plan.review_minutes)
    .bind(plan.grace_minutes)
    .bind(to_json(&plan.selection))
    .bind(plan.sealed)
    .bind(plan.anonymous)
    .bind(to_json(&plan.dates_off))
    .bind(to_json(&plan.admin_channel))
    .bind(to_json(&plan.organisers))
    .bind(to_json(&plan.organiser_groups))
    .bind(plan.ping.as_ref().map(GroupRef::as_str))
    .bind(channel.seed)
    .bind(channel.handled_civil.to_string())
    .bind(channel.not_before)
    .bind(due_at)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

/// A study channel by row.
pub async fn by_id(connection: &mut SqliteConnection, id: StudyChannelId) -> DbResult<Option<StudyChannel>> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM study_channels WHERE id = ?"));
    sqlx::query(sql).bind(id).fetch_optional(connection).await?.as_ref().map(study_channel).transpose()
}

/// A study channel by the platform's channel, removed ones included.
pub async fn by_channel(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    channel: &ChannelRef,
) -> DbResult<Option<StudyChannel>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM study_channels WHERE workspace_id = ? AND channel_ref = ?"
    ));
    let row = sqlx::query(sql).bind(workspace).bind(channel.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(study_channel).transpose()
}

/// The study channels of a workspace, removed ones left out, in order of their making.
pub async fn in_workspace(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
) -> DbResult<Vec<StudyChannel>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM study_channels WHERE workspace_id = ? AND state <> 'removed' ORDER BY id"
    ));
    sqlx::query(sql).bind(workspace).fetch_all(connection).await?.iter().map(study_channel).collect()
}

/// Every study channel, removed ones included, in order of their making.
pub async fn all(connection: &mut SqliteConnection) -> DbResult<Vec<StudyChannel>> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM study_channels ORDER BY id"));
    sqlx::query(sql).fetch_all(connection).await?.iter().map(study_channel).collect()
}

/// The study channel that is due first at or before `now`.
pub async fn first_due(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> DbResult<Option<StudyChannelId>> {
    let row = sqlx::query("SELECT id FROM study_channels WHERE due_at <= ? ORDER BY due_at, id LIMIT 1")
        .bind(now)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// When the next study channel is due.
pub async fn next_due(connection: &mut SqliteConnection) -> DbResult<Option<Timestamp>> {
    let row = sqlx::query("SELECT min(due_at) FROM study_channels WHERE due_at IS NOT NULL")
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}
