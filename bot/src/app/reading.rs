//! What a reading of a whole thread brings: everything that differs goes through the same door as an event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::App;
use super::messages::{Seen, take_in};
use super::rounds::apply;
use crate::db::{DbResult, answers, rounds, workspaces};
use crate::domain::answer::{Sighting, Version, merge};
use crate::domain::command::Person;
use crate::domain::ids::{MessageRef, RoundId, Timestamp};
use crate::domain::round::Command;

/// Differences stored in one unit of work at most.
const BATCH: usize = 200;

/// A person's message, as a reading of its thread shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMessage {
    /// The message.
    pub message: MessageRef,
    /// Who wrote it.
    pub author: Person,
    /// What it says now. `None`: it stands, and its text is withheld from us.
    pub version: Option<Version>,
}

impl App {
    /// What is known of a round's thread before a reading begins: what is missing from the reading was deleted.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn before_reading(&self, round: RoundId) -> DbResult<Vec<MessageRef>> {
        answers::known_messages(&mut *self.db.read().await?, round).await
    }

    /// Takes in a reading of a round's whole thread. A `last` one began after the deadline: the round that waits for
    /// it reveals.
    ///
    /// # Errors
    /// When it could not be stored; what was stored before is kept, and the reading can be made again.
    pub async fn thread_read(
        &self,
        round: RoundId,
        known: Vec<MessageRef>,
        seen: Vec<ReadMessage>,
        last: bool,
        now: Timestamp,
    ) -> DbResult<()> {
        let differences = self.differences(round, known, seen).await?;
        for batch in differences.chunks(BATCH) {
            let batch: Arc<[Seen]> = batch.into();
            self.db
                .write(move |connection| {
                    let batch = Arc::clone(&batch);
                    Box::pin(async move {
                        for seen in batch.iter() {
                            take_in(connection, seen, now).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        if last {
            self.db
                .write(move |connection| Box::pin(apply(connection, round, Command::ThreadRead, now)))
                .await?;
        }
        self.wake.all();
        Ok(())
    }

    async fn differences(
        &self,
        round: RoundId,
        known: Vec<MessageRef>,
        seen: Vec<ReadMessage>,
    ) -> DbResult<Vec<Seen>> {
        let mut reader = self.db.read().await?;
        let Some(row) = rounds::by_id(&mut reader, round).await? else { return Ok(Vec::new()) };
        let Some(thread) = row.thread else { return Ok(Vec::new()) };
        let workspace = workspaces::get(&mut reader, row.workspace_id).await?;
        let parts: BTreeMap<MessageRef, _> = answers::parts_in(&mut reader, round)
            .await?
            .into_iter()
            .map(|(_, part)| (part.message.clone(), part))
            .collect();
        let frozen = row.round.phase.is_revealed();
        // What is withheld from us is no deletion.
        let there: BTreeSet<&MessageRef> = seen.iter().map(|read| &read.message).collect();
        let gone: Vec<MessageRef> = known.into_iter().filter(|message| !there.contains(message)).collect();
        let present = seen
            .into_iter()
            .filter_map(|read| Some((read.message, Some(read.author), Sighting::Present(read.version?))));
        let deleted = gone.into_iter().map(|message| (message, None, Sighting::Deleted));
        Ok(present
            .chain(deleted)
            .filter(|(message, _, sighting)| {
                merge(parts.get(message), message, sighting, row.round.deadline_at, frozen).is_some()
            })
            .map(|(message, author, sighting)| Seen {
                workspace: workspace.clone(),
                thread: thread.clone(),
                message,
                author,
                sighting,
            })
            .collect())
    }
}
