//! Carries out what the outbox holds: leases a row, calls the platform with no transaction open, settles the row.
//!
//! Order holds inside a lane; lanes run side by side. A row leased by an earlier start, or after an attempt without a
//! clear answer, is looked for on the platform before it is made again.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::app::outcome::{self, GivenUp, ShutOut};
use crate::app::reading::ReadMessage;
use crate::chat::{Call, ChatError, Chats, Done, What};
use crate::clock::Clock;
use crate::db::outbox::{self, Leased};
use crate::db::{DbError, DbResult};
use crate::domain::effect::{Job, Purpose};
use crate::domain::ids::{MessageRef, OutboxId, StartId, Timestamp};
use crate::driver::{self, Step, Stepping};
use crate::kill_point;

/// Calls under way at once, over all lanes.
const UNDER_WAY_MAX: usize = 32;
/// A call that takes longer counts as unclear.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A reading of a long thread is many calls.
const READING_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Attempts before a row is given up: with the pauses below, about three hours.
const ATTEMPTS_MAX: u32 = 40;
/// A reaction is worth a few attempts.
const REACTION_ATTEMPTS_MAX: u32 = 5;
const FIRST_PAUSE_MS: i64 = 1_000;
const LONGEST_PAUSE_MS: i64 = 5 * 60 * 1000;
/// A reading that the reveal waits for is tried more often.
const LONGEST_READING_PAUSE_MS: i64 = 30 * 1000;

/// The delivery loop's state. Clones share it.
#[derive(Clone)]
pub struct Delivery {
    app: App,
    chats: Arc<Chats>,
    start: StartId,
    under_way: Arc<Mutex<JoinSet<()>>>,
    /// Rows that were carried out and could not be settled: given back as unclear as soon as writing works.
    unsettled: Arc<std::sync::Mutex<Vec<OutboxId>>>,
}

impl Delivery {
    /// Delivery for one start of the program.
    pub fn new(app: App, chats: Arc<Chats>, start: StartId) -> Self {
        Self { app, chats, start, under_way: Arc::default(), unsettled: Arc::default() }
    }

    /// Begins what is ready, as far as there is room, and waits until one call ends or more may be ready.
    ///
    /// # Errors
    /// When the database fails. What was under way goes on.
    pub async fn step(&self) -> DbResult<Step> {
        let mut under_way = self.under_way.lock().await;
        // A call that has ended makes room; how it went has been settled by itself.
        while under_way.try_join_next().is_some() {}
        self.give_back().await?;
        self.begin_ready(&mut under_way).await?;
        if !under_way.is_empty() {
            tokio::select! {
                _ = under_way.join_next() => {}
                () = self.app.wake().delivery.notified() => {}
            }
            return Ok(Step::Worked);
        }
        let next = outbox::next_due(&mut *self.app.db().read().await?).await?;
        Ok(Step::Idle(next))
    }

    /// Runs until told to stop; then waits for what is under way.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        driver::run(self, &mut stop).await;
        let mut under_way = self.under_way.lock().await;
        while under_way.join_next().await.is_some() {}
    }

    async fn begin_ready(&self, under_way: &mut JoinSet<()>) -> DbResult<()> {
        let room = UNDER_WAY_MAX.saturating_sub(under_way.len());
        if room == 0 {
            // Every answer wakes this loop: it must not look for what it has no room for.
            return Ok(());
        }
        let now = self.app.clock().now();
        let ready = outbox::next_due(&mut *self.app.db().read().await?).await?;
        if ready.is_none_or(|at| at > now) {
            return Ok(());
        }
        let (start, limit) = (self.start, u32::try_from(room).unwrap_or(u32::MAX));
        let rows = self
            .app
            .db()
            .write(move |connection| Box::pin(outbox::lease(connection, start, now, limit)))
            .await?;
        for row in rows {
            let delivery = self.clone();
            under_way.spawn(async move { delivery.deliver(row).await });
        }
        Ok(())
    }

    async fn deliver(&self, row: Leased) {
        if matches!(row.job, Job::OpenThread { .. }) {
            kill_point::reached(kill_point::BETWEEN_POST_AND_THREAD);
        }
        let outcome = self.call(&row).await;
        if outcome.is_ok() {
            kill_point::reached(kill_point::TAKEN_NOT_SETTLED);
        }
        if let Err(error) = self.settle(&row, outcome).await {
            tracing::error!(outbox_id = %row.id, %error, "a delivered row could not be settled; it is looked for again");
            self.unsettled.lock().unwrap_or_else(PoisonError::into_inner).push(row.id);
            self.app.wake().delivery.notify_one();
            return;
        }
        if row.purpose == Purpose::Reveal {
            kill_point::reached(kill_point::MID_REVEAL);
        }
        self.app.wake().all();
    }

    async fn call(&self, row: &Leased) -> Result<Done, ChatError> {
        let Some(chat) = self.chats.get(&row.workspace.platform) else {
            return Err(ChatError::Later {
                reason: "the platform is not connected".to_owned(),
                after_ms: None,
            });
        };
        if matches!(row.job, Job::ReadThread { .. }) {
            return self.read(row).await;
        }
        let target = target(row)?;
        let call = call_of(row, target.as_ref())?;
        match tokio::time::timeout(CALL_TIMEOUT, chat.carry_out(&call, row.unclear)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ChatError::Unclear("no answer in time".to_owned())),
        }
    }

    /// Reads a thread and takes it in; done again as a whole when either fails.
    async fn read(&self, row: &Leased) -> Result<Done, ChatError> {
        let failed = |error: DbError| ChatError::Later { reason: error.to_string(), after_ms: None };
        let Some(chat) = self.chats.get(&row.workspace.platform) else {
            return Err(ChatError::Later {
                reason: "the platform is not connected".to_owned(),
                after_ms: None,
            });
        };
        let Some(round) = row.round else { return Err(ChatError::Refused("no round to read".to_owned())) };
        let wanted = async { outcome::reading_wanted(&mut *self.app.db().read().await?, row).await };
        if !wanted.await.map_err(failed)? {
            return Ok(Done::Done);
        }
        let target = target(row)?;
        let known = self.app.before_reading(round).await.map_err(failed)?;
        let call = call_of(row, target.as_ref())?;
        let outcome = tokio::time::timeout(READING_TIMEOUT, chat.carry_out(&call, row.unclear)).await;
        let Done::Thread(messages) =
            outcome.map_err(|_| ChatError::Unclear("no answer in time".to_owned()))??
        else {
            return Err(ChatError::Refused("the platform gave no thread".to_owned()));
        };
        let seen = messages
            .into_iter()
            .map(|read| ReadMessage { message: read.message, author: read.author, version: read.version })
            .collect();
        let last = row.purpose == Purpose::FinalReading;
        self.app.thread_read(round, known, seen, last, self.app.clock().now()).await.map_err(failed)?;
        Ok(Done::Done)
    }

    async fn settle(&self, row: &Leased, outcome: Result<Done, ChatError>) -> DbResult<()> {
        let now = self.app.clock().now();
        let row = Arc::new(row.clone());
        match outcome {
            Ok(done) => {
                tracing::debug!(outbox_id = %row.id, key = row.key, "delivered");
                let made = match done {
                    Done::Made(message) => Some(message),
                    Done::Done | Done::Thread(_) => None,
                };
                self.app
                    .db()
                    .write(move |connection| {
                        let (row, made) = (Arc::clone(&row), made.clone());
                        Box::pin(async move { outcome::sent(connection, &row, made.as_ref(), now).await })
                    })
                    .await
            }
            Err(error) => self.settle_failure(row, error, now).await,
        }
    }

    async fn settle_failure(&self, row: Arc<Leased>, error: ChatError, now: Timestamp) -> DbResult<()> {
        let attempts_max =
            if row.purpose == Purpose::Reaction { REACTION_ATTEMPTS_MAX } else { ATTEMPTS_MAX };
        let (unclear, after_ms) = match error {
            ChatError::NotYet { after_ms } => return self.wait(&row, after_ms, now).await,
            ChatError::Later { after_ms, .. } if row.attempts < attempts_max => (false, after_ms),
            ChatError::Unclear(_) if row.attempts < attempts_max => (true, None),
            error => return self.give_up(row, given_up(error), now).await,
        };
        let wait_ms = after_ms.unwrap_or(0).max(pause_ms(&row));
        tracing::warn!(outbox_id = %row.id, key = row.key, attempts = row.attempts, wait_ms, %error, "not delivered yet");
        let (id, error) = (row.id, error.to_string());
        self.app
            .db()
            .write(move |connection| {
                let error = error.clone();
                Box::pin(
                    async move { outbox::retry(connection, id, now.plus(wait_ms), unclear, &error).await },
                )
            })
            .await
    }

    /// Gives a row back whose turn at the platform's limit comes later.
    async fn wait(&self, row: &Leased, after_ms: i64, now: Timestamp) -> DbResult<()> {
        tracing::debug!(outbox_id = %row.id, key = row.key, after_ms, "waits for its turn");
        let (id, due) = (row.id, now.plus(after_ms));
        self.app.db().write(move |connection| Box::pin(outbox::not_yet(connection, id, due))).await
    }

    async fn give_up(&self, row: Arc<Leased>, given_up: GivenUp, now: Timestamp) -> DbResult<()> {
        let error = &given_up.error;
        tracing::error!(outbox_id = %row.id, key = row.key, attempts = row.attempts, error, "given up");
        let given_up = Arc::new(given_up);
        self.app
            .db()
            .write(move |connection| {
                let (row, given_up) = (Arc::clone(&row), Arc::clone(&given_up));
                Box::pin(async move { outcome::dead(connection, &row, &given_up, now).await })
            })
            .await
    }

    /// A lease is this start's, so nobody else will take an unsettled row: it is given back here.
    async fn give_back(&self) -> DbResult<()> {
        let ids = std::mem::take(&mut *self.unsettled.lock().unwrap_or_else(PoisonError::into_inner));
        for (done, id) in ids.iter().copied().enumerate() {
            let due = self.app.clock().now().plus(FIRST_PAUSE_MS);
            let given_back = self
                .app
                .db()
                .write(move |connection| Box::pin(outbox::retry(connection, id, due, true, "not settled")));
            if let Err(error) = given_back.await {
                self.unsettled.lock().unwrap_or_else(PoisonError::into_inner).extend(&ids[done..]);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Stepping for Delivery {
    const NAME: &'static str = "delivery";

    fn next_step(&self) -> impl Future<Output = DbResult<Step>> + Send {
        self.step()
    }

    fn wake(&self) -> &Notify {
        &self.app.wake().delivery
    }

    fn clock(&self) -> &Clock {
        self.app.clock()
    }
}

/// What is given up because of this error.
fn given_up(error: ChatError) -> GivenUp {
    let text = error.to_string();
    let shut_out = match error {
        ChatError::ShutOut { mend, .. } => Some(ShutOut::Channel { mend }),
        ChatError::ThreadGone { mend } => Some(ShutOut::Thread { mend }),
        _ => None,
    };
    GivenUp { error: text, shut_out }
}

/// Twice as long each time, up to a limit.
fn pause_ms(row: &Leased) -> i64 {
    let longest = match row.purpose {
        Purpose::FinalReading | Purpose::Reading => LONGEST_READING_PAUSE_MS,
        _ => LONGEST_PAUSE_MS,
    };
    (FIRST_PAUSE_MS << row.attempts.saturating_sub(1).min(20)).min(longest)
}

fn target(row: &Leased) -> Result<Option<MessageRef>, ChatError> {
    row.target
        .as_deref()
        .map(|target| {
            target.parse().map_err(|_| ChatError::Refused("the target's id is not valid".to_owned()))
        })
        .transpose()
}

fn call_of<'a>(row: &'a Leased, target: Option<&'a MessageRef>) -> Result<Call<'a>, ChatError> {
    let what = what(row, target)?;
    Ok(Call { workspace: &row.workspace, key: &row.key, since: row.created_at, what })
}

fn what<'a>(row: &'a Leased, target: Option<&'a MessageRef>) -> Result<What<'a>, ChatError> {
    let aimed = || target.ok_or_else(|| ChatError::Refused("there is nothing to aim at".to_owned()));
    Ok(match &row.job {
        Job::Post { channel, in_thread: false, message } => What::Post { channel, thread: None, message },
        Job::Post { channel, in_thread: true, message } => {
            What::Post { channel, thread: Some(aimed()?), message }
        }
        Job::OpenThread { channel, name, locked } => {
            What::OpenThread { channel, message: aimed()?, name, locked: *locked }
        }
        Job::UnlockThread { channel } => What::UnlockThread { channel, thread: aimed()? },
        Job::Edit { channel, message } => {
            let posted_as = row.target_key.as_deref().unwrap_or(&row.key);
            What::Edit { channel, target: aimed()?, posted_as, message }
        }
        Job::React { channel, message, emoji } => {
            What::React { channel, thread: aimed()?, target: message, emoji }
        }
        Job::Direct { person, message } => What::Direct { person, message },
        Job::ReadThread { channel } => What::ReadThread { channel, thread: aimed()? },
    })
}
