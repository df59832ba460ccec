//! What happens on an event, a request or a due time: load, decide, save.
//!
//! Units of work begin here (and in `delivery`). No network call is made here: what a platform is to be told goes
//! into the outbox, in the transaction that decided it.

pub mod answering;
pub mod board;
pub mod doctor;
pub mod interact;
mod limit;
pub mod marking;
pub mod messages;
pub mod organise;
pub mod outcome;
pub mod plan;
pub mod reading;
pub mod rounds;
pub mod suggest;
pub mod tick;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::SqliteConnection;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::db::{Db, DbResult};
use crate::domain::channel::{AdminChannel, StudyChannel};
use crate::domain::command::Workspace;
use crate::domain::effect::{Draft, Job, Purpose, channel_lane};
use crate::domain::ids::{MessageRef, RoundId, Timestamp};
use crate::domain::message::Outgoing;
use crate::packs::Library;

/// The application: one for the whole program. Clones share it.
#[derive(Clone, Debug)]
pub struct App {
    db: Db,
    clock: Clock,
    library: Arc<Library>,
    limit: Arc<limit::Limit>,
    wake: Arc<Wake>,
    /// Threads of which something could not be stored; they are read again as soon as writing works.
    unread: Arc<Mutex<BTreeSet<(Workspace, MessageRef)>>>,
    /// Readings asked for in one millisecond are told apart by it.
    number: Arc<AtomicU64>,
}

/// Wakes the loops that wait for something to do.
#[derive(Debug, Default)]
pub struct Wake {
    /// Something may be due.
    pub scheduler: Notify,
    /// The outbox may have something ready.
    pub delivery: Notify,
}

impl Wake {
    /// Wakes both.
    pub fn all(&self) {
        self.scheduler.notify_one();
        self.delivery.notify_one();
    }
}

impl App {
    /// An application on an open database.
    pub fn new(db: Db, clock: Clock, library: Arc<Library>) -> Self {
        Self {
            db,
            limit: Arc::new(limit::Limit::new(clock.clone())),
            clock,
            library,
            wake: Arc::default(),
            unread: Arc::default(),
            number: Arc::default(),
        }
    }

    fn next_number(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The questions.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// What wakes the loops.
    pub fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Notes that something of a thread was lost on its way to us: it is read again whole.
    pub fn mark_unread(&self, workspace: Workspace, thread: MessageRef) {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).insert((workspace, thread));
        self.wake.scheduler.notify_one();
    }
}

/// A word to the organisers of a study channel. `key` is unique for what happened.
fn to_organisers(channel: &StudyChannel, key: String, round: Option<RoundId>, message: Outgoing) -> Draft {
    let (lane, job) = match &channel.plan.admin_channel {
        AdminChannel::Channel(admin) => (
            channel_lane(channel.workspace_id, admin),
            Job::Post { channel: admin.clone(), in_thread: false, message },
        ),
        AdminChannel::Person(person) => (
            format!("person:{}:{person}", channel.workspace_id),
            Job::Direct { person: person.clone(), message },
        ),
    };
    Draft {
        key,
        lane,
        depends_on: None,
        workspace: channel.workspace_id,
        study_channel: Some(channel.id),
        round,
        learner: None,
        purpose: Purpose::Organisers,
        job,
    }
}

async fn add_all(connection: &mut SqliteConnection, drafts: &[Draft], now: Timestamp) -> DbResult<()> {
    for draft in drafts {
        crate::db::outbox::add(connection, draft, now).await?;
    }
    Ok(())
}
