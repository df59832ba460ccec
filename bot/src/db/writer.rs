//! The one writer: units of work that wait together share a transaction.
//!
//! SQLite takes one writer at a time, and most of a write's cost is the commit's flush to the disk. So units are
//! handed to one task, which runs all that are waiting in one `BEGIN IMMEDIATE … COMMIT`, a savepoint each, and
//! tells them the outcome after the commit.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{DbError, DbResult};
use crate::kill_point;

/// Units that share one transaction at most.
const BATCH_MAX: usize = 256;
/// Units that may wait; whoever hands in one more waits for room.
const QUEUE_MAX: usize = 4_096;

/// A handle to the writer. Clones share it.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Message>,
}

type Run = Box<dyn for<'c> Fn(&'c mut SqliteConnection) -> BoxFuture<'c, DbResult<()>> + Send + Sync>;

struct Job {
    run: Run,
    done: oneshot::Sender<DbResult<()>>,
}

enum Message {
    Job(Job),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the writer on a connection of its own. It ends when it is closed or every handle is gone.
    pub fn start(connection: SqliteConnection) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(serve(connection, queue));
        Self { jobs }
    }

    /// Runs a unit of work: in order of arrival, all or nothing, and durable when this returns.
    ///
    /// The unit may be run more than once (when the batch it was in dies), so all that it does must be on the
    /// connection.
    ///
    /// # Errors
    /// The unit's own error, or that its transaction could not be committed. It then had no effect.
    pub async fn run<T, F>(&self, unit: F) -> DbResult<T>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut SqliteConnection) -> BoxFuture<'c, DbResult<T>> + Send + Sync + 'static,
    {
        let result: Arc<Mutex<Option<T>>> = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let unit = Arc::new(unit);
        let run: Run = Box::new(move |connection| {
            let (unit, slot) = (Arc::clone(&unit), Arc::clone(&slot));
            Box::pin(async move {
                let value = unit(connection).await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        let (done, outcome) = oneshot::channel();
        self.jobs.send(Message::Job(Job { run, done })).await.map_err(|_| DbError::Stopped)?;
        outcome.await.map_err(|_| DbError::Stopped)??;
        let value = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or(DbError::Stopped)
    }

    /// Runs all that is waiting, then closes the connection.
    pub async fn close(&self) {
        let (closed, wait) = oneshot::channel();
        if self.jobs.send(Message::Close(closed)).await.is_ok() {
            // An error means that the writer is gone already, which is what was wanted.
            wait.await.ok();
        }
    }
}

async fn serve(mut connection: SqliteConnection, mut queue: mpsc::Receiver<Message>) {
    let mut waiting = Vec::with_capacity(BATCH_MAX);
    let mut closing = None;
    while closing.is_none() && queue.recv_many(&mut waiting, BATCH_MAX).await > 0 {
        let mut jobs = Vec::with_capacity(waiting.len());
        for message in waiting.drain(..) {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::Close(closed) => closing = Some(closed),
            }
        }
        run_batch(&mut connection, jobs).await;
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database did not close cleanly");
    }
    if let Some(closed) = closing {
        closed.send(()).ok();
    }
}

async fn run_batch(connection: &mut SqliteConnection, jobs: Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    match try_batch(connection, &jobs).await {
        Ok(outcomes) => {
            kill_point::reached(kill_point::AFTER_COMMIT);
            for (job, outcome) in jobs.into_iter().zip(outcomes) {
                // Whoever asked may be gone; the work is done all the same.
                job.done.send(outcome).ok();
            }
        }
        Err(error) => {
            tracing::warn!(%error, units = jobs.len(), "a batch could not be committed; each unit is tried alone");
            for job in jobs {
                let outcome = run_alone(connection, &job).await;
                job.done.send(outcome).ok();
            }
        }
    }
}

/// Runs the units in one transaction. `Err`: nothing of it was committed.
async fn try_batch(connection: &mut SqliteConnection, jobs: &[Job]) -> DbResult<Vec<DbResult<()>>> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        match run_in_savepoint(connection, job).await {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => {
                roll_back(connection).await;
                return Err(error);
            }
        }
    }
    if let Err(error) = execute(connection, "COMMIT").await {
        roll_back(connection).await;
        return Err(error);
    }
    Ok(outcomes)
}

/// The outer error means that the transaction itself is lost; the inner one is the unit's own.
async fn run_in_savepoint(connection: &mut SqliteConnection, job: &Job) -> DbResult<DbResult<()>> {
    execute(connection, "SAVEPOINT unit").await?;
    let outcome = guarded(connection, job).await;
    if outcome.is_err() {
        // After some errors, a full disk among them, SQLite has rolled the whole transaction back by itself;
        // then this fails, and so does the batch.
        execute(connection, "ROLLBACK TO unit").await?;
    }
    execute(connection, "RELEASE unit").await?;
    Ok(outcome)
}

async fn run_alone(connection: &mut SqliteConnection, job: &Job) -> DbResult<()> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    let outcome = match guarded(connection, job).await {
        Ok(()) => execute(connection, "COMMIT").await,
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        roll_back(connection).await;
    }
    outcome
}

/// A panic in a unit is a bug; it must not take the writer, and with it everybody else's work, along.
async fn guarded(connection: &mut SqliteConnection, job: &Job) -> DbResult<()> {
    match AssertUnwindSafe((job.run)(connection)).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => {
            tracing::error!("a unit of work panicked");
            Err(DbError::Sqlite(sqlx::Error::WorkerCrashed))
        }
    }
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> DbResult<()> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

async fn roll_back(connection: &mut SqliteConnection) {
    // An error here means that no transaction is open any more, which is what was wanted.
    execute(connection, "ROLLBACK").await.ok();
}
