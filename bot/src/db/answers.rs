//! Answers and the messages they are made of.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{DbResult, get, json, parse, parse_optional, to_json};
use crate::domain::answer::{Choice, Part, Version};
use crate::domain::command::{Person, Workspace};
use crate::domain::ids::{
    AnswerId, ChannelRef, LearnerId, MessageRef, PersonRef, RoundId, StudyChannelId, Timestamp, WorkspaceId,
};
use crate::domain::round::Phase;

/// Reactions in one round at most; counting stops there too.
pub const REACTIONS_MAX: u32 = 200;

/// All that one message in a thread needs, loaded in one statement.
#[derive(Clone, Debug)]
pub struct ThreadContext {
    /// The round of the thread.
    pub round: RoundId,
    /// Where it stands.
    pub phase: Phase,
    /// When answers stop counting.
    pub deadline: Timestamp,
    /// Only private answers count.
    pub sealed: bool,
    /// The round's workspace.
    pub workspace: WorkspaceId,
    /// The round's study channel.
    pub study_channel: StudyChannelId,
    /// The study channel, as its platform names it.
    pub channel: ChannelRef,
    /// The author, when they are known.
    pub learner: Option<LearnerId>,
    /// The author is known under this name and has not left.
    pub learner_is_current: bool,
    /// The author's answer, when they have one.
    pub answer: Option<AnswerState>,
    /// The message, when it is known.
    pub known: Option<Part>,
    /// What the author's private text and earlier messages take of the answer, in characters.
    pub used_chars: u32,
    /// Reactions given in the round, up to [`REACTIONS_MAX`].
    pub reactions: u32,
}

/// The flags of an answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerState {
    /// The row.
    pub id: AnswerId,
    /// The first reaction was given.
    pub acknowledged: bool,
    /// The one public word on a refused message was given.
    pub warned: bool,
}

/// An answer with its learner.
#[derive(Clone, Debug)]
pub struct AnswerRow {
    /// The row.
    pub id: AnswerId,
    /// Whose.
    pub learner: LearnerId,
    /// The platform's id of the learner.
    pub person: PersonRef,
    /// The learner's name.
    pub name: String,
    /// The saved private text; empty: none.
    pub private_text: String,
    /// Counts the savings of the private text.
    pub private_version: i64,
    /// The late answer; empty: none.
    pub late_text: String,
    /// Counts the savings of the late answer.
    pub late_version: i64,
    /// Something counted when the answers were frozen; `None` before that.
    pub on_time: Option<bool>,
}

/// Loads what a sighting of `message` in `thread` needs. `None`: the thread belongs to no round.
pub async fn thread_context(
    connection: &mut SqliteConnection,
    workspace: &Workspace,
    thread: &MessageRef,
    message: &MessageRef,
    author: Option<&Person>,
    sent_at: Timestamp,
) -> DbResult<Option<ThreadContext>> {
    let row = sqlx::query(
        "SELECT r.id AS round_id, r.phase, r.deadline_at, r.sealed, r.workspace_id, r.study_channel_id, c.channel_ref,
             l.id AS learner_id, coalesce(l.left_at IS NULL AND ?8 IN (l.name, ?5), 0) AS is_current, a.id AS author_answer_id, a.acknowledged, a.warned,
             coalesce(length(a.private_text), 0) + coalesce((SELECT sum(q.chars) FROM answer_parts q
                 WHERE q.answer_id = a.id AND q.counts = 1 AND q.sent_at <= ?4 AND q.message_ref <> ?3), 0) AS used,
             (SELECT count(*) FROM (SELECT 1 FROM outbox o
                 WHERE o.round_id = r.id AND o.purpose = 'reaction' LIMIT ?7)) AS reactions,
             p.message_ref, p.deleted, p.sent_at, p.edited_at, p.text, p.files, p.replies_to_other, p.choice,
             p.edited_late, p.frozen
         FROM rounds r
         JOIN workspaces w ON w.id = r.workspace_id
         JOIN study_channels c ON c.id = r.study_channel_id
         LEFT JOIN learners l ON l.workspace_id = w.id AND l.person_ref = ?5
         LEFT JOIN answers a ON a.round_id = r.id AND a.learner_id = l.id
         LEFT JOIN answer_parts p ON p.round_id = r.id AND p.message_ref = ?3
         WHERE w.platform = ?1 AND w.workspace_ref = ?6 AND r.thread_ref = ?2",
    )
    .bind(workspace.platform.as_str())
    .bind(thread.as_str())
    .bind(message.as_str())
    .bind(sent_at)
    .bind(author.map(|person| person.id.as_str()))
    .bind(workspace.id.as_str())
    .bind(REACTIONS_MAX)
    .bind(author.map(|person| &person.name))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let answer = match get::<Option<AnswerId>>(&row, "author_answer_id")? {
        Some(id) => {
            Some(AnswerState { id, acknowledged: get(&row, "acknowledged")?, warned: get(&row, "warned")? })
        }
        None => None,
    };
    let known = match get::<Option<&str>>(&row, "message_ref")? {
        Some(_) => Some(part(&row)?),
        None => None,
    };
    Ok(Some(ThreadContext {
        round: get(&row, "round_id")?,
        phase: parse(&row, "phase")?,
        deadline: get(&row, "deadline_at")?,
        sealed: get(&row, "sealed")?,
        workspace: get(&row, "workspace_id")?,
        study_channel: get(&row, "study_channel_id")?,
        channel: parse(&row, "channel_ref")?,
        learner: get(&row, "learner_id")?,
        learner_is_current: get(&row, "is_current")?,
        answer,
        known,
        used_chars: get(&row, "used")?,
        reactions: get(&row, "reactions")?,
    }))
}

fn part(row: &SqliteRow) -> DbResult<Part> {
    let version = if get(row, "deleted")? {
        None
    } else {
        Some(Version {
            sent_at: get(row, "sent_at")?,
            edited_at: get(row, "edited_at")?,
            text: get(row, "text")?,
            files: json(row, "files")?,
            replies_to_other: get(row, "replies_to_other")?,
        })
    };
    let choice = match get::<Option<&str>>(row, "choice")? {
        Some("in") => Some(Choice::In),
        Some(_) => Some(Choice::Out),
        None => None,
    };
    Ok(Part {
        message: parse(row, "message_ref")?,
        version,
        choice,
        edited_late: get(row, "edited_late")?,
        frozen: get(row, "frozen")?,
    })
}

/// Stores a message as it is known now. A deleted one loses its text. `counts` is how it stands for the moment.
pub async fn save_part(
    connection: &mut SqliteConnection,
    round: RoundId,
    answer: Option<AnswerId>,
    part: &Part,
    counts: bool,
) -> DbResult<()> {
    let version = part.version.as_ref();
    sqlx::query(
        "INSERT INTO answer_parts (round_id, message_ref, answer_id, deleted, sent_at, edited_at, text, files,
             replies_to_other, chars, counts, choice, edited_late, frozen)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (round_id, message_ref) DO UPDATE SET deleted = excluded.deleted,
             sent_at = CASE excluded.deleted WHEN 1 THEN sent_at ELSE excluded.sent_at END,
             edited_at = excluded.edited_at, text = excluded.text, files = excluded.files,
             replies_to_other = excluded.replies_to_other, chars = excluded.chars, counts = excluded.counts,
             choice = excluded.choice, edited_late = excluded.edited_late, frozen = excluded.frozen",
    )
    .bind(round)
    .bind(part.message.as_str())
    .bind(answer)
    .bind(version.is_none())
    .bind(version.map_or(Timestamp(0), |version| version.sent_at))
    .bind(version.and_then(|version| version.edited_at))
    .bind(version.map_or("", |version| &version.text))
    .bind(version.map_or_else(|| "[]".to_owned(), |version| to_json(&version.files)))
    .bind(version.is_some_and(|version| version.replies_to_other))
    .bind(version.map_or(0, Version::chars))
    .bind(counts)
    .bind(part.choice.map(|choice| match choice {
        Choice::In => "in",
        Choice::Out => "out",
    }))
    .bind(part.edited_late)
    .bind(part.frozen)
    .execute(connection)
    .await?;
    Ok(())
}

/// The learner's answer in a round, made where needed. `acknowledged` is stored with a new one.
pub async fn ensure(
    connection: &mut SqliteConnection,
    round: RoundId,
    learner: LearnerId,
    acknowledged: bool,
) -> DbResult<AnswerId> {
    let row = sqlx::query(
        "INSERT INTO answers (round_id, learner_id, acknowledged) VALUES (?, ?, ?)
         ON CONFLICT (round_id, learner_id) DO UPDATE SET acknowledged = max(acknowledged, excluded.acknowledged)
         RETURNING id",
    )
    .bind(round)
    .bind(learner)
    .bind(acknowledged)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

/// Notes that the first reaction was given.
pub async fn set_acknowledged(connection: &mut SqliteConnection, id: AnswerId) -> DbResult<()> {
    sqlx::query("UPDATE answers SET acknowledged = 1 WHERE id = ?").bind(id).execute(connection).await?;
    Ok(())
}

/// Notes that the one public word on a refused message was given.
pub async fn set_warned(connection: &mut SqliteConnection, id: AnswerId) -> DbResult<()> {
    sqlx::query("UPDATE answers SET warned = 1 WHERE id = ?").bind(id).execute(connection).await?;
    Ok(())
}

/// Replaces the saved private text.
pub async fn set_private(connection: &mut SqliteConnection, id: AnswerId, text: &str) -> DbResult<()> {
    sqlx::query("UPDATE answers SET private_text = ?, private_version = private_version + 1 WHERE id = ?")
        .bind(text)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces the late answer.
pub async fn set_late(connection: &mut SqliteConnection, id: AnswerId, text: &str) -> DbResult<()> {
    sqlx::query("UPDATE answers SET late_text = ?, late_version = late_version + 1 WHERE id = ?")
        .bind(text)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

const ANSWER: &str = "SELECT a.id, a.learner_id, l.person_ref, l.name, a.private_text, a.private_version, \
     a.late_text, a.late_version, a.on_time FROM answers a JOIN learners l ON l.id = a.learner_id";

fn answer_row(row: &SqliteRow) -> DbResult<AnswerRow> {
    Ok(AnswerRow {
        id: get(row, "id")?,
        learner: get(row, "learner_id")?,
        person: parse(row, "person_ref")?,
        name: get(row, "name")?,
        private_text: get(row, "private_text")?,
        private_version: get(row, "private_version")?,
        late_text: get(row, "late_text")?,
        late_version: get(row, "late_version")?,
        on_time: get(row, "on_time")?,
    })
}

/// A learner's answer in a round.
pub async fn of_learner(
    connection: &mut SqliteConnection,
    round: RoundId,
    learner: LearnerId,
) -> DbResult<Option<AnswerRow>> {
    let sql = sqlx::AssertSqlSafe(format!("{ANSWER} WHERE a.round_id = ? AND a.learner_id = ?"));
    let row = sqlx::query(sql).bind(round).bind(learner).fetch_optional(connection).await?;
    row.as_ref().map(answer_row).transpose()
}

/// Every answer in a round, in order of their making.
pub async fn in_round(connection: &mut SqliteConnection, round: RoundId) -> DbResult<Vec<AnswerRow>> {
    let sql = sqlx::AssertSqlSafe(format!("{ANSWER} WHERE a.round_id = ? ORDER BY a.id"));
    sqlx::query(sql).bind(round).fetch_all(connection).await?.iter().map(answer_row).collect()
}

/// How many learners have something that counts so far, or counted at the freeze.
pub async fn taking_part(connection: &mut SqliteConnection, round: RoundId) -> DbResult<u32> {
    let row = sqlx::query(
        "SELECT count(*) FROM answers a WHERE a.round_id = ? AND coalesce(a.on_time, a.private_text <> '' OR EXISTS
             (SELECT 1 FROM answer_parts p WHERE p.answer_id = a.id AND p.counts = 1))",
    )
    .bind(round)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

const PART: &str = "SELECT answer_id, message_ref, deleted, sent_at, edited_at, text, files, replies_to_other, \
     choice, edited_late, frozen FROM answer_parts";

/// The messages of one answer, in order of sending. Platforms count message ids up, so that length and text order
/// those of the same millisecond.
pub async fn parts_of(connection: &mut SqliteConnection, answer: AnswerId) -> DbResult<Vec<Part>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{PART} WHERE answer_id = ? ORDER BY sent_at, length(message_ref), message_ref"
    ));
    sqlx::query(sql).bind(answer).fetch_all(connection).await?.iter().map(part).collect()
}

/// Every known message of a round, with the answer it belongs to; tombstones of unknown authors belong to none.
pub async fn parts_in(
    connection: &mut SqliteConnection,
    round: RoundId,
) -> DbResult<Vec<(Option<AnswerId>, Part)>> {
    let sql = sqlx::AssertSqlSafe(format!("{PART} WHERE round_id = ?"));
    let rows = sqlx::query(sql).bind(round).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((get(row, "answer_id")?, part(row)?))).collect()
}

/// Freezes the messages of a round as they count at present. [`refreeze_part`] sets right what differs.
pub async fn freeze_parts(connection: &mut SqliteConnection, round: RoundId) -> DbResult<()> {
    sqlx::query("UPDATE answer_parts SET frozen = counts WHERE round_id = ?")
        .bind(round)
        .execute(connection)
        .await?;
    Ok(())
}

/// Freezes one message with another verdict than it had.
pub async fn refreeze_part(
    connection: &mut SqliteConnection,
    round: RoundId,
    message: &MessageRef,
    counts: bool,
) -> DbResult<()> {
    sqlx::query("UPDATE answer_parts SET counts = ?1, frozen = ?1 WHERE round_id = ?2 AND message_ref = ?3")
        .bind(counts)
        .bind(round)
        .bind(message.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores which answers of a round were there on time: those with a private text or a message that is frozen as
/// counting. Returns how many.
pub async fn freeze_answers(connection: &mut SqliteConnection, round: RoundId) -> DbResult<u32> {
    sqlx::query(
        "UPDATE answers SET on_time = (private_text <> '' OR EXISTS
             (SELECT 1 FROM answer_parts p WHERE p.answer_id = answers.id AND p.frozen = 1)) WHERE round_id = ?",
    )
    .bind(round)
    .execute(&mut *connection)
    .await?;
    taking_part(connection, round).await
}

/// The messages known of a thread at this moment, deleted ones left out: what a reading that begins now is compared
/// with.
pub async fn known_messages(connection: &mut SqliteConnection, round: RoundId) -> DbResult<Vec<MessageRef>> {
    let rows = sqlx::query("SELECT message_ref FROM answer_parts WHERE round_id = ? AND deleted = 0")
        .bind(round)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| parse_optional(row, "message_ref")).filter_map(Result::transpose).collect()
}
