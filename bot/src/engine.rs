//! The running bot: the application with its loops and its chats, started, moved in time and stopped as one.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::chat::local::Host;
use crate::chat::{
    Bot, ChatEvent, Chats, Concerned, Interaction, MessageRef, Platform, Reply, Timestamp, Workspace,
};
use crate::clock::Clock;
use crate::db::open::{self, OpenError, ProcessLock};
use crate::db::{Db, DbError, DbResult, settings};
use crate::delivery::Delivery;
use crate::domain::channel::Coming;
use crate::driver::Step;
use crate::packs::Library;
use crate::scheduler::Scheduler;

/// How long a stop waits for what is under way.
pub const STOP_MAX: Duration = Duration::from_secs(10);
/// How often changes by other processes, such as the command line, are looked for.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// Steps in one settling at most: a bound against a loop that would never end.
const SETTLE_STEPS_MAX: usize = 1_000_000;

/// The running bot. Clones share it.
#[derive(Clone)]
pub struct Engine {
    app: App,
    scheduler: Scheduler,
    delivery: Delivery,
    /// Moving the clock and settling are done one at a time.
    moving: Arc<Mutex<()>>,
    /// Known once the loops run.
    stop: Arc<OnceLock<watch::Receiver<bool>>>,
}

impl Engine {
    /// An engine on an open database: notes this start, voids the leases of earlier ones, and has the threads of
    /// unfinished rounds read again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new(db: Db, clock: Clock, library: Arc<Library>, chats: Arc<Chats>) -> DbResult<Self> {
        let app = App::new(db, clock, library);
        let now = app.clock().now();
        let start = app.begin(now).await?;
        Ok(Self {
            scheduler: Scheduler::new(app.clone()),
            delivery: Delivery::new(app.clone(), chats, start),
            app,
            moving: Arc::default(),
            stop: Arc::default(),
        })
    }

    /// The application.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Starts the loops. They run until `stop` becomes true.
    pub fn start(&self, stop: &watch::Receiver<bool>) -> Running {
        // An engine is started once; were it started again, the first stop would go on to count.
        self.stop.set(stop.clone()).ok();
        let (scheduler, delivery) = (self.scheduler.clone(), self.delivery.clone());
        let (for_scheduler, for_delivery) = (stop.clone(), stop.clone());
        let mut watching = stop.clone();
        let app = self.app.clone();
        Running {
            loops: vec![
                tokio::spawn(async move { scheduler.run(for_scheduler).await }),
                tokio::spawn(async move { delivery.run(for_delivery).await }),
                tokio::spawn(async move {
                    tokio::select! {
                        () = watch_changes(&app) => {}
                        _ = watching.wait_for(|stop| *stop) => {}
                    }
                }),
            ],
            app: self.app.clone(),
        }
    }

    /// Does everything that is due or ready now, until nothing is under way.
    ///
    /// # Errors
    /// When the database fails, or the program is told to stop: then it begins nothing more.
    pub async fn settle_all(&self) -> DbResult<()> {
        let _moving = self.moving.lock().await;
        self.settle_now().await
    }

    async fn settle_now(&self) -> DbResult<()> {
        for _ in 0..SETTLE_STEPS_MAX {
            if self.stop.get().is_some_and(|stop| *stop.borrow()) {
                return Err(DbError::Stopped);
            }
            let due = self.scheduler.step().await? == Step::Worked;
            let ready = match self.delivery.step().await? {
                Step::Worked => true,
                Step::Idle(next) => next.is_some_and(|next| next <= self.app.clock().now()),
            };
            if !due && !ready {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Moves civil time forward, stopping at every due instant in order; each is settled with its own `now`.
    ///
    /// # Errors
    /// When the database fails, or the program is told to stop; time then stays where it had come to.
    pub async fn advance_ms(&self, milliseconds: i64) -> DbResult<()> {
        let _moving = self.moving.lock().await;
        let clock = self.app.clock();
        let target = clock.now().plus(milliseconds.max(0));
        clock.pin(clock.now());
        let outcome = self.advance_to(target).await;
        clock.unpin();
        self.app.wake().all();
        outcome
    }

    async fn advance_to(&self, target: Timestamp) -> DbResult<()> {
        self.settle_now().await?;
        while let Some(next) = self.next_due().await?.filter(|next| *next <= target) {
            self.move_to(next).await?;
        }
        self.move_to(target).await
    }

    /// The offset is stored before it takes effect, so that after a crash time does not go back.
    async fn move_to(&self, at: Timestamp) -> DbResult<()> {
        let offset = self.app.clock().offset_for(at);
        self.app
            .db()
            .write(move |connection| {
                Box::pin(settings::set_number(connection, settings::CLOCK_OFFSET_MS, offset))
            })
            .await?;
        self.app.clock().pin(at);
        self.settle_now().await
    }

    async fn next_due(&self) -> DbResult<Option<Timestamp>> {
        let planned = self.app.next_due().await?;
        let ready = crate::db::outbox::next_due(&mut *self.app.db().read().await?).await?;
        Ok(planned.into_iter().chain(ready).min())
    }
}

impl Bot for Engine {
    fn event(&self, event: ChatEvent) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let key = event.key.clone();
            if let Err(error) = self.app.handle(event).await {
                tracing::error!(%error, event = key, "an event could not be stored; its thread is read again");
            }
        })
    }

    fn lost(&self, workspace: Workspace, thread: MessageRef) {
        self.app.mark_unread(workspace, thread);
    }

    fn follows<'a>(&'a self, workspace: &'a Workspace, thread: &'a MessageRef) -> BoxFuture<'a, bool> {
        // When that can't be told, one file too many is fetched.
        Box::pin(async move { self.app.follows(workspace, thread).await.unwrap_or(true) })
    }

    fn missed(&self, platform: Platform, concerned: Concerned) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(error) = self.app.read_threads_of(platform, &*concerned).await {
                tracing::error!(%error, %platform, "the threads could not be noted for reading");
            }
        })
    }

    fn suggest(&self, field: &str, typed: &str) -> Vec<String> {
        self.app.suggest(field, typed)
    }

    fn interact(&self, interaction: Interaction) -> BoxFuture<'_, Reply> {
        Box::pin(self.app.interact(interaction))
    }
}

impl Host for Engine {
    fn now(&self) -> Timestamp {
        self.app.clock().now()
    }

    fn settle(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { self.settle_all().await.map_err(|error| error.to_string()) })
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, Result<(), String>> {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Box::pin(async move { self.advance_ms(milliseconds).await.map_err(|error| error.to_string()) })
    }

    fn coming(&self) -> BoxFuture<'_, Result<Vec<Coming>, String>> {
        Box::pin(async { self.app.coming(self.app.clock().now()).await.map_err(|error| error.to_string()) })
    }
}

/// The loops of an engine.
pub struct Running {
    loops: Vec<JoinHandle<()>>,
    app: App,
}

impl Running {
    /// Waits for the loops, which must have been told to stop, for [`STOP_MAX`] at most, and closes the database.
    /// Returns whether everything had settled.
    pub async fn finish(self) -> bool {
        let loops = futures_util::future::join_all(self.loops);
        let settled = tokio::time::timeout(STOP_MAX, loops).await.is_ok();
        let closed = tokio::time::timeout(Duration::from_secs(2), self.app.db().close()).await.is_ok();
        settled && closed
    }
}

/// Wakes the loops when another process has changed the database.
async fn watch_changes(app: &App) {
    let mut known = None;
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        match app.data_version().await {
            // The first look can't tell what changed before it, so it wakes the loops too.
            Ok(version) if known != Some(version) => {
                known = Some(version);
                app.wake().all();
            }
            Ok(_) => {}
            Err(DbError::Stopped) => return,
            Err(error) => tracing::warn!(%error, "changes by other processes can't be seen at the moment"),
        }
    }
}

/// A data folder that this process holds, opened.
pub struct Data {
    /// Held until the process ends.
    pub lock: ProcessLock,
    /// The database.
    pub db: Db,
    /// The stored distance of the demo's clock, in milliseconds.
    pub clock_offset_ms: i64,
}

impl Data {
    /// Takes a data folder for this process alone, and opens its database, made where there is none.
    ///
    /// # Errors
    /// When another process holds it, or the database can't be used.
    pub async fn open(folder: &Path) -> Result<Self, OpenError> {
        let lock = ProcessLock::take(folder)?;
        let db = match open::open(folder, true).await {
            Ok(db) => db,
            Err(error @ (OpenError::NotOurs(_) | OpenError::Newer { .. } | OpenError::Damaged { .. })) => {
                lock.undo();
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let failed = |error| OpenError::Database(folder.join(open::FILE_NAME), error);
        let offset = async { settings::number(&mut *db.read().await?, settings::CLOCK_OFFSET_MS).await };
        let clock_offset_ms = offset.await.map_err(failed)?.unwrap_or(0);
        Ok(Self { lock, db, clock_offset_ms })
    }
}
