//! Messages in a round's thread.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::App;
use crate::db::answers::{AnswerState, REACTIONS_MAX, ThreadContext};
use crate::db::{DbResult, answers, inbox, learners, outbox, rounds, workspaces};
use crate::domain::answer::{Part, Sighting, Verdict, merge, verdict};
use crate::domain::command::{ChatEvent, EventKind, Person, Workspace};
use crate::domain::effect::{Draft, Job, Purpose, channel_lane, thread_key};
use crate::domain::ids::{AnswerId, MessageRef, Timestamp};
use crate::domain::round::Phase;
use crate::render::round as render;

/// The reaction to a learner's first counted message.
const COUNTED: &str = "✅";
/// The reaction to a message that doesn't fit any more.
const TOO_LONG: &str = "⚠️";
/// The reaction to a message in a sealed channel.
const SEALED: &str = "🔒";

/// A message of a thread, as an event or a reading shows it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) workspace: Workspace,
    pub(super) thread: MessageRef,
    pub(super) message: MessageRef,
    pub(super) author: Option<Person>,
    pub(super) sighting: Sighting,
}

impl App {
    /// Handles an event. What concerns no round is passed over without a write.
    ///
    /// # Errors
    /// When it could not be stored. Nothing is lost by that: its thread will be read again whole.
    pub async fn handle(&self, event: ChatEvent) -> DbResult<()> {
        match event.kind {
            EventKind::Message { thread, message, author, sighting } => {
                let seen = Seen { workspace: event.workspace, thread, message, author, sighting };
                self.handle_message(event.key, seen).await
            }
            EventKind::Left { person } => {
                let (workspace, now) = (event.workspace, self.clock.now());
                self.db
                    .write(move |connection| {
                        let (workspace, person) = (workspace.clone(), person.clone());
                        Box::pin(async move {
                            match workspaces::find(connection, &workspace).await? {
                                Some(id) => learners::leave(connection, id, &person, now).await,
                                None => Ok(()),
                            }
                        })
                    })
                    .await
            }
        }
    }

    /// Whether a thread is a round's.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn follows(&self, workspace: &Workspace, thread: &MessageRef) -> DbResult<bool> {
        rounds::has_thread(&mut *self.db.read().await?, workspace, thread).await
    }

    async fn handle_message(&self, key: String, seen: Seen) -> DbResult<()> {
        // Chatter elsewhere must not cost a write.
        if !self.follows(&seen.workspace, &seen.thread).await? {
            return Ok(());
        }
        let key = format!("{}:{}:{key}", seen.workspace.platform, seen.workspace.id);
        let (workspace, thread) = (seen.workspace.clone(), seen.thread.clone());
        let (key, seen, now) = (Arc::new(key), Arc::new(seen), self.clock.now());
        let stored = self
            .db
            .write(move |connection| {
                let (key, seen) = (Arc::clone(&key), Arc::clone(&seen));
                Box::pin(async move {
                    if inbox::note(connection, &key, now).await? {
                        take_in(connection, &seen, now).await?;
                    }
                    Ok(())
                })
            })
            .await;
        if stored.is_err() {
            self.mark_unread(workspace, thread);
        }
        self.wake.delivery.notify_one();
        stored
    }
}

/// Merges what was seen into what is known, and stores what changes. In a unit of work.
pub(super) async fn take_in(connection: &mut SqliteConnection, seen: &Seen, now: Timestamp) -> DbResult<()> {
    let sent_at = match &seen.sighting {
        Sighting::Present(version) => version.sent_at,
        Sighting::Deleted => Timestamp(0),
    };
    let context = answers::thread_context(
        connection,
        &seen.workspace,
        &seen.thread,
        &seen.message,
        seen.author.as_ref(),
        sent_at,
    )
    .await?;
    let Some(context) = context.filter(|context| context.phase != Phase::Cancelled) else { return Ok(()) };
    let frozen = context.phase.is_revealed();
    let merged = merge(context.known.as_ref(), &seen.message, &seen.sighting, context.deadline, frozen);
    let Some(part) = merged else { return Ok(()) };
    let author = match (&seen.sighting, &seen.author) {
        // A deleted message stays with the answer it belonged to; one never seen belongs to none.
        (Sighting::Deleted, _) => {
            let counts = part.frozen.unwrap_or(false);
            return answers::save_part(connection, context.round, None, &part, counts).await;
        }
        // Nobody's answer: a reading of the thread, which names authors, brings it again.
        (Sighting::Present(_), None) => return Ok(()),
        (Sighting::Present(_), Some(author)) => author,
    };
    if context.sealed && !frozen {
        return refuse_sealed(connection, &context, author, &part, now).await;
    }
    store(connection, &context, author, &part, now).await
}

async fn store(
    connection: &mut SqliteConnection,
    context: &ThreadContext,
    author: &Person,
    part: &Part,
    now: Timestamp,
) -> DbResult<()> {
    let verdict = match (&part.version, part.frozen) {
        (_, Some(true)) => Verdict::Counts,
        (_, Some(false)) | (None, None) => Verdict::Deleted,
        (Some(version), None) => verdict(version, part.choice, context.sealed, context.used_chars),
    };
    let counts = verdict == Verdict::Counts;
    let acknowledge = counts
        && part.frozen.is_none()
        && !context.answer.is_some_and(|answer| answer.acknowledged)
        && context.reactions < REACTIONS_MAX;
    let answer = answer_of(connection, context, author, acknowledge).await?;
    answers::save_part(connection, context.round, Some(answer.id), part, counts).await?;
    if acknowledge {
        outbox::add(connection, &reaction(context, part, COUNTED), now).await?;
    } else if verdict == Verdict::TooLong {
        refuse(connection, context, answer, part, TOO_LONG, now).await?;
    }
    Ok(())
}

/// The author's answer, made where needed; `acknowledge` is noted with it.
async fn answer_of(
    connection: &mut SqliteConnection,
    context: &ThreadContext,
    author: &Person,
    acknowledge: bool,
) -> DbResult<AnswerState> {
    let learner = match context.learner {
        Some(learner) if context.learner_is_current => learner,
        _ => learners::ensure(connection, context.workspace, author).await?,
    };
    if let Some(answer) = context.answer {
        if acknowledge {
            answers::set_acknowledged(connection, answer.id).await?;
        }
        return Ok(answer);
    }
    let id: AnswerId = answers::ensure(connection, context.round, learner, acknowledge).await?;
    Ok(AnswerState { id, acknowledged: acknowledge, warned: false })
}

/// In a sealed channel a message is not even stored; discussion is nobody's business.
async fn refuse_sealed(
    connection: &mut SqliteConnection,
    context: &ThreadContext,
    author: &Person,
    part: &Part,
    now: Timestamp,
) -> DbResult<()> {
    if part.version.as_ref().is_none_or(|version| version.is_discussion()) {
        return Ok(());
    }
    let answer = answer_of(connection, context, author, false).await?;
    refuse(connection, context, answer, part, SEALED, now).await
}

/// One reaction to the message, and one short public word for the learner and round.
async fn refuse(
    connection: &mut SqliteConnection,
    context: &ThreadContext,
    answer: AnswerState,
    part: &Part,
    emoji: &str,
    now: Timestamp,
) -> DbResult<()> {
    if context.reactions < REACTIONS_MAX {
        outbox::add(connection, &reaction(context, part, emoji), now).await?;
    }
    if answer.warned {
        return Ok(());
    }
    answers::set_warned(connection, answer.id).await?;
    let word = Draft {
        key: format!("round:{}:refusal:{}", context.round, answer.id),
        lane: channel_lane(context.workspace, &context.channel),
        purpose: Purpose::Refusal,
        job: Job::Post {
            channel: context.channel.clone(),
            in_thread: true,
            message: render::refusal(context.sealed),
        },
        ..reaction(context, part, emoji)
    };
    outbox::add(connection, &word, now).await
}

fn reaction(context: &ThreadContext, part: &Part, emoji: &str) -> Draft {
    let key = format!("round:{}:reaction:{}", context.round, part.message);
    Draft {
        // Outside lanes: a reaction waits for nothing, and nothing waits for it.
        lane: key.clone(),
        key,
        depends_on: Some(thread_key(context.round)),
        workspace: context.workspace,
        study_channel: Some(context.study_channel),
        round: Some(context.round),
        learner: context.learner,
        purpose: Purpose::Reaction,
        job: Job::React {
            channel: context.channel.clone(),
            message: part.message.clone(),
            emoji: emoji.to_owned(),
        },
    }
}
