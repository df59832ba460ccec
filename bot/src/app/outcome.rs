//! What follows when an outbox row is settled: in the transaction that settles it.

use sqlx::SqliteConnection;

use super::rounds::{apply, reading};
use super::to_organisers;
use crate::db::outbox::Leased;
use crate::db::{DbResult, learners, outbox, rounds, study_channels};
use crate::domain::channel::{ChannelState, StudyChannel};
use crate::domain::command::Person;
use crate::domain::effect::{Draft, Job, Purpose, channel_lane};
use crate::domain::ids::{MessageRef, PersonRef, Timestamp};
use crate::domain::message::Outgoing;
use crate::domain::round::{Command, Phase};
use crate::render::notice;

/// Settles a row that was carried out, with the platform's id of what was made. In a unit of work.
///
/// # Errors
/// When it could not be stored.
pub async fn sent(
    connection: &mut SqliteConnection,
    row: &Leased,
    result: Option<&MessageRef>,
    now: Timestamp,
) -> DbResult<()> {
    outbox::sent(connection, row.id, result.map(MessageRef::as_str), now).await?;
    let (Some(round), Some(result)) = (row.round, result) else { return Ok(()) };
    match (row.purpose, &row.job) {
        (Purpose::Question, _) => {
            apply(connection, round, Command::Posted, now).await?;
        }
        (Purpose::Thread, Job::OpenThread { .. }) => {
            rounds::set_thread(connection, round, result).await?;
            // After an unclear attempt the thread may have stood open for a while without our knowing it.
            if row.attempts > 1
                && let Some(id) = row.study_channel
                && let Some(channel) = study_channels::by_id(connection, id).await?
            {
                outbox::add(connection, &reading(&channel, round, "opened"), now).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Why a row is given up.
#[derive(Clone, Debug)]
pub struct GivenUp {
    /// For the log and for `doctor`.
    pub error: String,
    /// The platform refuses us where it was to go.
    pub shut_out: Option<ShutOut>,
}

/// Where the platform refuses us, with a sentence for the organisers that says why and how to mend it.
#[derive(Clone, Debug)]
pub enum ShutOut {
    /// In the channel.
    Channel {
        /// The sentence.
        mend: String,
    },
    /// In one question's thread, which is gone: reason to pause the channel once, and not with each message that would
    /// have gone there.
    Thread {
        /// The sentence.
        mend: String,
    },
}

/// Settles a row that can't be carried out, with all that hang on it, and tells whom it concerns. In a unit of work.
///
/// # Errors
/// When it could not be stored.
pub async fn dead(
    connection: &mut SqliteConnection,
    row: &Leased,
    given_up: &GivenUp,
    now: Timestamp,
) -> DbResult<()> {
    let dependants = outbox::dead(connection, row.id, &given_up.error, now).await?;
    if let Job::Direct { message, person } = &row.job {
        keep(connection, row, person, message, now).await?;
    }
    let channel = match row.study_channel {
        Some(id) => study_channels::by_id(connection, id).await?,
        None => None,
    };
    let Some(channel) = channel else { return Ok(()) };
    if let Some(shut_out) = &given_up.shut_out
        && !matches!(row.job, Job::Direct { .. })
        && row.purpose != Purpose::Organisers
    {
        pause(connection, &channel, row, shut_out, now).await?;
    }
    match (row.purpose, row.round) {
        (Purpose::Question | Purpose::Thread, Some(round)) if !is_first_line(row) => {
            apply(connection, round, Command::PostingFailed, now).await?;
        }
        (Purpose::FinalReading, Some(round)) => {
            // There is nothing left to read: the round goes on with what it has, and the organisers hear of it.
            apply(connection, round, Command::ThreadRead, now).await?;
            report(connection, &channel, row, "a last look at a question's thread", dependants, now).await?;
        }
        (Purpose::Reveal, _) => {
            report(connection, &channel, row, "a part of a question's rubric points", dependants, now)
                .await?;
        }
        (Purpose::Summary, _) => {
            report(connection, &channel, row, "a question's summary", dependants, now).await?;
        }
        (Purpose::Organisers, _) => {
            let post = Draft {
                key: format!("{}:unreached", row.key),
                lane: channel_lane(channel.workspace_id, &channel.channel),
                purpose: Purpose::OrganisersUnreached,
                job: Job::Post {
                    channel: channel.channel.clone(),
                    in_thread: false,
                    message: notice::organisers_unreached(matches!(row.job, Job::Direct { .. })),
                },
                ..to_organisers(&channel, String::new(), row.round, Outgoing::default())
            };
            outbox::add(connection, &post, now).await?;
        }
        _ => {}
    }
    Ok(())
}

/// The first line of a thread is a courtesy; the round goes on without it.
fn is_first_line(row: &Leased) -> bool {
    row.purpose == Purpose::Thread && matches!(row.job, Job::Post { .. })
}

/// Keeps a direct message that could not be delivered, for `/study me`.
async fn keep(
    connection: &mut SqliteConnection,
    row: &Leased,
    person: &PersonRef,
    message: &Outgoing,
    now: Timestamp,
) -> DbResult<()> {
    let learner = match learners::find(connection, row.workspace_id, person).await? {
        Some(learner) => learner.id,
        // An organiser who never answered a question has no name with us yet.
        None => {
            let person = Person::unnamed(person.clone());
            learners::ensure(connection, row.workspace_id, &person).await?
        }
    };
    learners::keep_notice(connection, learner, message, now).await
}

async fn pause(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &Leased,
    shut_out: &ShutOut,
    now: Timestamp,
) -> DbResult<()> {
    let (thread_gone, mend) = match shut_out {
        ShutOut::Channel { mend } => (false, mend),
        ShutOut::Thread { mend } => (true, mend),
    };
    let key = match row.round {
        Some(round) if thread_gone => format!("round:{round}:thread-gone"),
        _ => format!("channel:{}:paused-by:{}", channel.id, row.key),
    };
    // Organisers who have the channel go on without a thread are not to be stopped by the same thread again.
    let known = thread_gone && outbox::is_there(connection, &key).await?;
    if known || channel.state != ChannelState::Active {
        return Ok(());
    }
    let paused = StudyChannel { state: ChannelState::Paused, ..channel.clone() };
    study_channels::save(connection, &paused, None).await?;
    let word = to_organisers(channel, key, row.round, notice::paused_by_platform(&channel.name, mend));
    outbox::add(connection, &word, now).await
}

async fn report(
    connection: &mut SqliteConnection,
    channel: &StudyChannel,
    row: &Leased,
    what: &str,
    dependants: u64,
    now: Timestamp,
) -> DbResult<()> {
    // A reveal has a part for each private answer: when several of them die, the organisers hear of it once.
    let key = match row.round {
        Some(round) => format!("round:{round}:{}:undelivered", row.purpose),
        None => format!("{}:undelivered", row.key),
    };
    let word = to_organisers(channel, key, row.round, notice::undelivered(&channel.name, what, dependants));
    outbox::add(connection, &word, now).await
}

/// Whether a reading is still wanted: not once its round is cancelled.
///
/// # Errors
/// When the database can't be read.
pub async fn reading_wanted(connection: &mut SqliteConnection, row: &Leased) -> DbResult<bool> {
    let Some(id) = row.round else { return Ok(false) };
    let round = rounds::by_id(connection, id).await?;
    Ok(round.is_some_and(|row| row.round.phase != Phase::Cancelled))
}
