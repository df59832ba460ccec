//! Rounds: opening them, deciding on them, and storing what follows from a decision.

use sqlx::SqliteConnection;

use super::{add_all, to_organisers};
use crate::db::rounds::RoundRow;
use crate::db::{DbError, DbResult, answers, outbox, rounds, scores, study_channels};
use crate::domain::answer::{Verdict, answer_text, char_count, verdicts};
use crate::domain::channel::{Selection, StudyChannel};
use crate::domain::choice::{Choosing, choose};
use crate::domain::effect::{Draft, Job, Purpose, channel_lane, question_key, thread_key};
use crate::domain::ids::{AnswerId, RoundId, Timestamp};
use crate::domain::leaderboard::rank;
use crate::domain::marking::{Basis, resolve};
use crate::domain::message::Outgoing;
use crate::domain::question::Question;
use crate::domain::round::{Command, Effect, Phase, Round, decide};
use crate::domain::schedule::CivilTime;
use crate::packs::Library;
use crate::render::round::{Stage, Summary, Ways};
use crate::render::{excerpt, notice, round as render};

/// Answers settled in one unit of work at most.
const SETTLE_BATCH: u32 = 500;
/// Names in a summary and in a word to the organisers at most.
const NAMES_MAX: usize = 10;

/// What opening a round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is open.
    Round(RoundId),
    /// There is a round for this occurrence already.
    AlreadyThere,
    /// No question can be asked.
    NoQuestion,
}

/// Opens a round for an occurrence: chooses its question and sends it on its way. In a unit of work.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    library: &Library,
    channel: &StudyChannel,
    civil: CivilTime,
    late: bool,
    now: Timestamp,
) -> DbResult<Opened> {
    let deadline_at = now.plus(i64::from(channel.plan.answer_minutes) * 60_000);
    let Some(question) = next_question(connection, library, channel, deadline_at).await? else {
        let key = format!("channel:{}:no-question:{civil}", channel.id);
        let word = to_organisers(channel, key, None, notice::no_question(&channel.name));
        outbox::add(connection, &word, now).await?;
        return Ok(Opened::NoQuestion);
    };
    let row = RoundRow {
        round: Round {
            id: RoundId(0),
            phase: Phase::Open,
            opened_at: now,
            posted: false,
            deadline_at,
            review_ms: i64::from(channel.plan.review_minutes) * 60_000,
            review_deadline_at: None,
            collecting_since: None,
            closing: false,
        },
        study_channel_id: channel.id,
        workspace_id: channel.workspace_id,
        civil,
        question_id: question.id.clone(),
        sealed: channel.plan.sealed,
        anonymous: channel.plan.anonymous,
        thread: None,
    };
    let Some(id) = rounds::insert(connection, &row, question).await? else { return Ok(Opened::AlreadyThere) };
    add_all(connection, &opening(channel, id, question, deadline_at, late), now).await?;
    Ok(Opened::Round(id))
}

async fn next_question<'a>(
    connection: &mut SqliteConnection,
    library: &'a Library,
    channel: &StudyChannel,
    deadline: Timestamp,
) -> DbResult<Option<&'a Question>> {
    let (candidates, in_order) = match &channel.plan.selection {
        Selection::Track(track) => {
            (library.track(track).map(|track| track.questions.clone()).unwrap_or_default(), true)
        }
        Selection::Filter(filter) => (library.matching(filter), false),
    };
    let (asked, last) = rounds::asked(connection, channel.id).await?;
    let held_back = rounds::held_back(connection, channel.workspace_id, channel.id, deadline).await?;
    let choosing = Choosing {
        candidates: &candidates,
        in_order,
        seed: channel.seed,
        asked: &asked,
        last: last.as_ref(),
        held_back: &held_back,
    };
    Ok(choose(&choosing).and_then(|id| library.question(id)))
}

fn opening(
    channel: &StudyChannel,
    round: RoundId,
    question: &Question,
    deadline: Timestamp,
    late: bool,
) -> [Draft; 3] {
    let face = question.face();
    let ways = Ways { sealed: channel.plan.sealed, late };
    let post = |in_thread: bool, message: Outgoing| Job::Post {
        channel: channel.channel.clone(),
        in_thread,
        message,
    };
    let question_post = draft(
        channel,
        round,
        question_key(round),
        Purpose::Question,
        post(
            false,
            Outgoing {
                ping: channel.plan.ping.clone(),
                ..render::question(round, &face, Stage::Open(deadline), ways)
            },
        ),
    );
    let thread = Draft {
        depends_on: Some(question_key(round)),
        ..draft(
            channel,
            round,
            thread_key(round),
            Purpose::Thread,
            Job::OpenThread {
                channel: channel.channel.clone(),
                name: excerpt(&face.title, 100),
                locked: channel.plan.sealed,
            },
        )
    };
    let first_line = Draft {
        depends_on: Some(thread_key(round)),
        ..draft(
            channel,
            round,
            format!("round:{round}:thread:opening"),
            Purpose::Thread,
            post(true, render::thread_opening(channel.plan.sealed)),
        )
    };
    [question_post, thread, first_line]
}

fn draft(channel: &StudyChannel, round: RoundId, key: String, purpose: Purpose, job: Job) -> Draft {
    Draft {
        key,
        lane: channel_lane(channel.workspace_id, &channel.channel),
        depends_on: None,
        workspace: channel.workspace_id,
        study_channel: Some(channel.id),
        round: Some(round),
        learner: None,
        purpose,
        job,
    }
}

fn in_thread(
    channel: &StudyChannel,
    round: RoundId,
    key: String,
    purpose: Purpose,
    message: Outgoing,
) -> Draft {
    let job = Job::Post { channel: channel.channel.clone(), in_thread: true, message };
    Draft { depends_on: Some(thread_key(round)), ..draft(channel, round, key, purpose, job) }
}

/// Lets the domain decide on a round, and stores the state and what follows. In a unit of work.
/// Returns the round's state afterwards; `None`: there is no such round.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    id: RoundId,
    command: Command,
    now: Timestamp,
) -> DbResult<Option<Round>> {
    let Some(mut row) = rounds::by_id(connection, id).await? else { return Ok(None) };
    let channel = study_channels::by_id(connection, row.study_channel_id)
        .await?
        .ok_or(DbError::Corrupt { column: "study_channel_id" })?;
    let mut command = command;
    loop {
        let decision = decide(&row.round, command, now);
        let changed = decision.round != row.round;
        row.round = decision.round;
        if changed {
            rounds::update(connection, &row.round).await?;
        }
        let mut settled = None;
        for effect in decision.effects {
            if let Some(more) = carry_out(connection, &channel, &row, effect, now).await? {
                settled = Some(Command::AnswersSettled { more });
            }
        }
        match settled {
            Some(next) => command = next,
            None => return Ok(Some(row.round)),
        }
    }
}

/// Stores one effect. For a settled batch, says whether more answers are left.
async fn carry_out(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &RoundRow,
    effect: Effect,
    now: Timestamp,
) -> DbResult<Option<bool>> {
    let id = row.round.id;
    match effect {
        Effect::UpdateQuestionPost => {
            let edit = question_edit(connection, channel, row).await?;
            outbox::add(connection, &edit, now).await?;
        }
        Effect::ReadThread => {
            let reading = Draft { purpose: Purpose::FinalReading, ..reading(channel, id, "final") };
            outbox::add(connection, &reading, now).await?;
        }
        Effect::Reveal => reveal(connection, channel, row, now).await?,
        Effect::SettleAnswers => return settle_answers(connection, channel, row, now).await.map(Some),
        Effect::PostSummary => post_summary(connection, channel, row, now).await?,
        Effect::ReportUnreadThread => {
            let title = rounds::face(connection, id).await?.title;
            let key = format!("round:{id}:unread-thread");
            let word = to_organisers(channel, key, Some(id), notice::unread_thread(&channel.name, &title));
            outbox::add(connection, &word, now).await?;
        }
        Effect::ReportUnposted => {
            let title = rounds::face(connection, id).await?.title;
            let key = format!("round:{id}:unposted");
            let word = to_organisers(channel, key, Some(id), notice::unposted(&channel.name, &title));
            outbox::add(connection, &word, now).await?;
            if row.round.posted {
                let edit = question_edit(connection, channel, row).await?;
                outbox::add(connection, &edit, now).await?;
            }
        }
    }
    Ok(None)
}

async fn question_edit(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &RoundRow,
) -> DbResult<Draft> {
    let id = row.round.id;
    let face = rounds::face(connection, id).await?;
    // A post that moves its deadline was late; an ended one shows neither.
    let (what, stage) = match row.round.phase {
        Phase::Open => ("moved", Stage::Open(row.round.deadline_at)),
        Phase::Cancelled => ("withdrawn", Stage::Withdrawn),
        _ => ("ended", Stage::Ended(row.round.deadline_at)),
    };
    let ways = Ways { sealed: row.sealed, late: row.round.phase == Phase::Open };
    let message = render::question(id, &face, stage, ways);
    let job = Job::Edit { channel: channel.channel.clone(), message };
    Ok(Draft {
        depends_on: Some(question_key(id)),
        ..draft(channel, id, format!("{}:{what}", question_key(id)), Purpose::QuestionEdit, job)
    })
}

/// A reading of a round's thread, outside the channel's lane: it must not wait behind a message that can't be sent.
///
/// Only one that begins after the deadline, a [`Purpose::FinalReading`], lets the round reveal.
pub(super) fn reading(channel: &StudyChannel, round: RoundId, reason: &str) -> Draft {
    let job = Job::ReadThread { channel: channel.channel.clone() };
    Draft {
        lane: format!("reading:{round}"),
        depends_on: Some(thread_key(round)),
        ..draft(channel, round, format!("round:{round}:reading:{reason}"), Purpose::Reading, job)
    }
}

/// Freezes the answers, and posts the rubric and the private answers.
async fn reveal(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &RoundRow,
    now: Timestamp,
) -> DbResult<()> {
    let id = row.round.id;
    let on_time = freeze(connection, row).await?;
    let question = rounds::question(connection, id).await?;
    let review_deadline = row.round.review_deadline_at.unwrap_or(now);
    let message = render::reveal(id, &question, review_deadline, on_time);
    let post = in_thread(channel, id, format!("round:{id}:reveal"), Purpose::Reveal, message);
    outbox::add(connection, &post, now).await?;
    if row.sealed {
        let job = Job::UnlockThread { channel: channel.channel.clone() };
        let unlock = Draft {
            depends_on: Some(thread_key(id)),
            ..draft(channel, id, format!("round:{id}:unlock"), Purpose::Unlock, job)
        };
        outbox::add(connection, &unlock, now).await?;
    }
    for answer in answers::in_round(connection, id).await? {
        if answer.private_text.is_empty() {
            continue;
        }
        let author = (!row.anonymous).then_some((&answer.person, answer.name.as_str()));
        let message = render::private_answer(author, &answer.private_text);
        let key = format!("round:{id}:private:{}", answer.id);
        let post =
            Draft { learner: Some(answer.learner), ..in_thread(channel, id, key, Purpose::Reveal, message) };
        outbox::add(connection, &post, now).await?;
    }
    Ok(())
}

/// Decides, for every message of the round, whether it counts, once and for all. Returns how many learners have an
/// answer on time.
async fn freeze(connection: &mut SqliteConnection, row: &RoundRow) -> DbResult<u32> {
    let id = row.round.id;
    answers::freeze_parts(connection, id).await?;
    let mut parts = std::collections::BTreeMap::<AnswerId, Vec<_>>::new();
    for (answer, part) in answers::parts_in(connection, id).await? {
        // A tombstone of somebody unknown belongs to no answer.
        if let Some(answer) = answer {
            parts.entry(answer).or_default().push(part);
        }
    }
    for answer in answers::in_round(connection, id).await? {
        let own = parts.remove(&answer.id).unwrap_or_default();
        let private_chars = char_count(&answer.private_text);
        for (part, verdict) in verdicts(&own, private_chars, row.sealed) {
            let sent_in_time =
                part.version.as_ref().is_some_and(|version| version.sent_at < row.round.deadline_at);
            let counts = verdict == Verdict::Counts && sent_in_time;
            if part.frozen != Some(counts) {
                answers::refreeze_part(connection, id, &part.message, counts).await?;
            }
        }
    }
    answers::freeze_answers(connection, id).await
}

/// Settles the next batch of scores, each with the notice to its learner. Returns whether more are left.
async fn settle_answers(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &RoundRow,
    now: Timestamp,
) -> DbResult<bool> {
    let id = row.round.id;
    let question = rounds::question(connection, id).await?;
    let place = scores::Place { round: id, study_channel: channel.id, civil: row.civil };
    let batch = scores::unsettled(connection, id, SETTLE_BATCH).await?;
    for answer in &batch {
        let score = resolve(&question.criteria, answer.own_marks.as_ref());
        scores::settle(connection, place, answer, &score, now).await?;
        let learner = crate::db::learners::by_id(connection, answer.learner).await?;
        if !learner.notices || !learner.is_here {
            continue;
        }
        let criteria: Vec<_> = question
            .criteria
            .iter()
            .map(|criterion| (criterion.clone(), score.met.contains(&criterion.id)))
            .collect();
        let message = notice::score(id, &question.title, score.points, score.basis, &criteria);
        let word = Draft {
            lane: format!("person:{}:{}", channel.workspace_id, learner.person),
            learner: Some(learner.id),
            ..draft(
                channel,
                id,
                format!("round:{id}:score:{}", answer.answer),
                Purpose::Notice,
                Job::Direct { person: learner.person.clone(), message },
            )
        };
        outbox::add(connection, &word, now).await?;
    }
    Ok(!scores::unsettled(connection, id, 1).await?.is_empty())
}

async fn post_summary(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &RoundRow,
    now: Timestamp,
) -> DbResult<()> {
    let id = row.round.id;
    let question = rounds::question(connection, id).await?;
    let scores = scores::in_round(connection, id).await?;
    let (met, marked) = scores::criteria_met(connection, id).await?;
    let times_met = |criterion| met.iter().find(|(id, _)| id == criterion).map_or(0, |(_, times)| *times);
    let listed = scores::listed_in_round(connection, id).await?;
    let best = rank(listed, |(_, points)| *points, |(name, _)| name.clone());
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let summary = Summary {
        answers: count(scores.len()),
        marked,
        criteria: question
            .criteria
            .iter()
            .map(|criterion| (criterion.short.clone(), times_met(&criterion.id)))
            .collect(),
        best: best.into_iter().take(NAMES_MAX).map(|(_, row)| row).collect(),
    };
    let post =
        in_thread(channel, id, format!("round:{id}:summary"), Purpose::Summary, render::summary(&summary));
    outbox::add(connection, &post, now).await?;
    let unmarked: Vec<String> = scores
        .iter()
        .filter(|score| score.basis == Basis::Unmarked)
        .map(|score| score.name.clone())
        .collect();
    if !unmarked.is_empty() {
        let total = count(unmarked.len());
        let names = &unmarked[..unmarked.len().min(NAMES_MAX)];
        let message = notice::unmarked(&channel.name, &question.title, names, total);
        let word = to_organisers(channel, format!("round:{id}:unmarked"), Some(id), message);
        outbox::add(connection, &word, now).await?;
    }
    Ok(())
}

/// The text of an answer as it is marked: its frozen messages and the private text, or else the late answer.
pub(super) async fn marked_text(
    connection: &mut SqliteConnection,
    answer: &answers::AnswerRow,
) -> DbResult<String> {
    if answer.on_time != Some(true) {
        return Ok(answer.late_text.clone());
    }
    let parts = answers::parts_of(connection, answer.id).await?;
    let counted = parts.iter().filter(|part| part.frozen == Some(true));
    Ok(answer_text(counted, &answer.private_text))
}
