//! Does what time brings about. It never polls channels: the database says what is due first, and when.

use tokio::sync::{Notify, watch};

use crate::app::App;
use crate::clock::Clock;
use crate::db::DbResult;
use crate::driver::{self, Step, Stepping};

/// The scheduler loop.
#[derive(Clone, Debug)]
pub struct Scheduler {
    app: App,
}

impl Scheduler {
    /// A scheduler of the application.
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// Does the first thing that is due.
    ///
    /// # Errors
    /// When it could not be stored; it stays due.
    pub async fn step(&self) -> DbResult<Step> {
        if self.app.tick(self.app.clock().now()).await? {
            return Ok(Step::Worked);
        }
        Ok(Step::Idle(self.app.next_due().await?))
    }

    /// Runs until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        driver::run(self, &mut stop).await;
    }
}

impl Stepping for Scheduler {
    const NAME: &'static str = "scheduler";

    fn next_step(&self) -> impl Future<Output = DbResult<Step>> + Send {
        self.step()
    }

    fn wake(&self) -> &Notify {
        &self.app.wake().scheduler
    }

    fn clock(&self) -> &Clock {
        self.app.clock()
    }
}
