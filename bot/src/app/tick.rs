//! What time alone brings about.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::rounds::{self as app_rounds, Opened};
use super::{App, to_organisers};
use crate::db::{DbResult, inbox, outbox, rounds, settings, study_channels, workspaces};
use crate::domain::channel::{ChannelState, Coming};
use crate::domain::command::Workspace;
use crate::domain::ids::{MessageRef, Platform, RoundId, StartId, StudyChannelId, Timestamp, WorkspaceRef};
use crate::domain::round::Command;
use crate::kill_point;
use crate::packs::Library;
use crate::render::notice;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A closed round's thread is still read again after a pause when its review ended within this time.
const DELETIONS_LOOKED_FOR_MS: i64 = 2 * DAY_MS;
/// Payloads of settled outbox rows are kept this long.
const PAYLOADS_KEPT_MS: i64 = 7 * DAY_MS;
/// Keys of handled events are kept this long.
const KEYS_KEPT_MS: i64 = 30 * DAY_MS;

impl App {
    /// Notes a start of the program: leases of earlier starts are void, every schedule is looked at anew (a newer
    /// program may know newer time-zone rules), and the threads of unfinished rounds are read again.
    ///
    /// # Errors
    /// When it could not be stored.
    pub async fn begin(&self, now: Timestamp) -> DbResult<StartId> {
        let start = self
            .db
            .write(move |connection| {
                Box::pin(async move {
                    let start = settings::start(connection, now).await?;
                    let unclear = outbox::void_leases(connection, start, now).await?;
                    if unclear > 0 {
                        tracing::info!(%start, unclear, "an earlier start left calls whose outcome is unclear");
                    }
                    for channel in study_channels::all(connection).await? {
                        let due_at = super::organise::due_at(&channel, now);
                        study_channels::save(connection, &channel, due_at).await?;
                    }
                    Ok(start)
                })
            })
            .await?;
        self.read_open_threads(format!("start-{start}"), &|_| true, now).await?;
        Ok(start)
    }

    /// Changes whenever another process has written to the database; only equality means anything.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn data_version(&self) -> DbResult<i64> {
        self.db.data_version().await
    }

    /// Does the first thing that is due at `now`. `false`: nothing is due.
    ///
    /// # Errors
    /// When it could not be stored; it stays due.
    pub async fn tick(&self, now: Timestamp) -> DbResult<bool> {
        if self.read_unread(now).await? {
            return Ok(true);
        }
        let (round, channel) = {
            let mut reader = self.db.read().await?;
            (rounds::first_due(&mut reader, now).await?, study_channels::first_due(&mut reader, now).await?)
        };
        // A round that ends and one that begins at the same instant: the old one goes first.
        let worked = match (round, channel) {
            (Some(round), _) => self.time_passed(round, now).await?,
            (None, Some(channel)) => self.channel_due(channel, now).await?,
            (None, None) => self.clear_away(now).await?,
        };
        if worked {
            self.wake.delivery.notify_one();
        }
        Ok(worked)
    }

    /// When something is due next.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn next_due(&self) -> DbResult<Option<Timestamp>> {
        let mut reader = self.db.read().await?;
        let (rounds, channels) =
            (rounds::next_due(&mut reader).await?, study_channels::next_due(&mut reader).await?);
        Ok(rounds.into_iter().chain(channels).min())
    }

    /// What is coming, soonest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn coming(&self, now: Timestamp) -> DbResult<Vec<Coming>> {
        let mut reader = self.db.read().await?;
        let channels = study_channels::all(&mut reader).await?;
        let channel_of =
            |id| channels.iter().find(|channel| channel.id == id).map(|channel| channel.channel.clone());
        let mut coming = Vec::new();
        for row in rounds::all_unfinished(&mut reader).await? {
            let what = match row.round.phase {
                crate::domain::round::Phase::Open => "Answers close",
                crate::domain::round::Phase::Review => "The review ends",
                _ => continue,
            };
            if let (Some(at), Some(channel)) = (row.round.due_at(), channel_of(row.study_channel_id)) {
                coming.push(Coming { at: at.max(now), channel, what });
            }
        }
        for channel in &channels {
            if let Some(next) = channel.upcoming(now, 1).first() {
                coming.push(Coming {
                    at: next.at,
                    channel: channel.channel.clone(),
                    what: "The next question comes",
                });
            }
        }
        coming.sort_by_key(|coming| coming.at);
        Ok(coming)
    }

    async fn time_passed(&self, round: RoundId, now: Timestamp) -> DbResult<bool> {
        let state = self
            .db
            .write(move |connection| Box::pin(app_rounds::apply(connection, round, Command::TimePassed, now)))
            .await?;
        if state.is_some_and(|state| state.closing) {
            kill_point::reached(kill_point::MID_CLOSE);
        }
        Ok(true)
    }

    async fn channel_due(&self, id: StudyChannelId, now: Timestamp) -> DbResult<bool> {
        let library = Arc::clone(&self.library);
        self.db
            .write(move |connection| {
                let library = Arc::clone(&library);
                Box::pin(async move { channel_due(connection, &library, id, now).await })
            })
            .await?;
        Ok(true)
    }

    /// Once a day, drops what is kept for a while only.
    async fn clear_away(&self, now: Timestamp) -> DbResult<bool> {
        let cleared_at = {
            let mut reader = self.db.read().await?;
            settings::number(&mut reader, settings::CLEARED_AT).await?
        };
        if cleared_at.is_some_and(|at| now.since(Timestamp(at)) < DAY_MS) {
            return Ok(false);
        }
        self.db
            .write(move |connection| {
                Box::pin(async move {
                    outbox::drop_payloads(connection, now.plus(-PAYLOADS_KEPT_MS)).await?;
                    inbox::forget(connection, now.plus(-KEYS_KEPT_MS)).await?;
                    settings::set_number(connection, settings::CLEARED_AT, now.0).await
                })
            })
            .await?;
        Ok(true)
    }

    /// Has a thread read again of which something was lost.
    async fn read_unread(&self, now: Timestamp) -> DbResult<bool> {
        let next = self.unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).first().cloned();
        let Some((workspace, thread)) = next else { return Ok(false) };
        self.request_reading(workspace.clone(), thread.clone(), now).await?;
        self.unread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&(workspace, thread));
        Ok(true)
    }

    async fn request_reading(
        &self,
        workspace: Workspace,
        thread: MessageRef,
        now: Timestamp,
    ) -> DbResult<()> {
        let reason = format!("lost-{now}-{}", self.next_number());
        self.db
            .write(move |connection| {
                let (workspace, thread, reason) = (workspace.clone(), thread.clone(), reason.clone());
                Box::pin(async move { request_reading(connection, &workspace, &thread, &reason, now).await })
            })
            .await
    }

    /// After a connect without a resume: events may have been lost, so the threads are read whole.
    ///
    /// # Errors
    /// When that could not be stored.
    pub async fn read_threads_of(
        &self,
        platform: Platform,
        concerned: &(dyn Fn(&WorkspaceRef) -> bool + Send + Sync),
    ) -> DbResult<()> {
        let now = self.clock.now();
        let reason = format!("connected-{now}-{}", self.next_number());
        let here = |workspace: &Workspace| workspace.platform == platform && concerned(&workspace.id);
        self.read_open_threads(reason, &here, now).await
    }

    /// Has the threads of all unfinished rounds of some workspaces read whole. Those closed a short while ago are read
    /// as well: what was deleted in them meanwhile goes here too.
    async fn read_open_threads(
        &self,
        reason: String,
        concerned: &(dyn Fn(&Workspace) -> bool + Send + Sync),
        now: Timestamp,
    ) -> DbResult<()> {
        let mut wanted = Vec::new();
        {
            let mut reader = self.db.read().await?;
            let mut rows = rounds::all_unfinished(&mut reader).await?;
            rows.extend(rounds::closed_since(&mut reader, now.plus(-DELETIONS_LOOKED_FOR_MS)).await?);
            for row in rows.into_iter().filter(|row| row.thread.is_some()) {
                if concerned(&workspaces::get(&mut reader, row.workspace_id).await?) {
                    wanted.push((row.round.id, row.study_channel_id));
                }
            }
        }
        let wanted = Arc::new(wanted);
        self.db
            .write(move |connection| {
                let (reason, wanted) = (reason.clone(), Arc::clone(&wanted));
                Box::pin(async move {
                    for (round, channel) in wanted.iter() {
                        let Some(channel) = study_channels::by_id(connection, *channel).await? else {
                            continue;
                        };
                        let reading = app_rounds::reading(&channel, *round, &reason);
                        // One that has not begun yet will see all that this one would.
                        if !outbox::waits_in(connection, &reading.lane).await? {
                            outbox::add(connection, &reading, now).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        self.wake.delivery.notify_one();
        Ok(())
    }
}

async fn request_reading(
    connection: &mut SqliteConnection,
    workspace: &Workspace,
    thread: &MessageRef,
    reason: &str,
    now: Timestamp,
) -> DbResult<()> {
    let Some(id) = crate::db::workspaces::find(connection, workspace).await? else { return Ok(()) };
    let Some(row) = rounds::by_thread(connection, id, thread).await? else { return Ok(()) };
    let Some(channel) = study_channels::by_id(connection, row.study_channel_id).await? else { return Ok(()) };
    let reading = app_rounds::reading(&channel, row.round.id, reason);
    outbox::add(connection, &reading, now).await
}

async fn channel_due(
    connection: &mut SqliteConnection,
    library: &Library,
    id: StudyChannelId,
    now: Timestamp,
) -> DbResult<()> {
    let Some(mut channel) = study_channels::by_id(connection, id).await? else { return Ok(()) };
    if channel.state != ChannelState::Active {
        study_channels::save(connection, &channel, None).await?;
        return Ok(());
    }
    let due = channel.due(now);
    if due.skipped_total > 0 {
        let times: Vec<Timestamp> = due.skipped.iter().map(|occurrence| occurrence.at).collect();
        let message = notice::skipped(&channel.name, &times, due.skipped_total, due.post.is_some());
        let key = format!("channel:{id}:skipped:{}", due.handled);
        outbox::add(connection, &to_organisers(&channel, key, None, message), now).await?;
    }
    if let Some(post) = due.post {
        let opened =
            app_rounds::open(connection, library, &channel, post.occurrence.civil, post.late, now).await?;
        let civil = post.occurrence.civil;
        match opened {
            Opened::Round(round) => tracing::info!(study_channel = %id, %round, %civil, "round opened"),
            Opened::AlreadyThere => tracing::info!(study_channel = %id, %civil, "occurrence already posted"),
            Opened::NoQuestion => tracing::warn!(study_channel = %id, %civil, "no question to ask"),
        }
    }
    channel.handled_civil = due.handled;
    study_channels::save(connection, &channel, due.next.map(|next| next.at)).await?;
    Ok(())
}
