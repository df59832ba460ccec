//! `studybot doctor`: whether the data is as it should be. Reading alone.

use sqlx::SqliteConnection;

use crate::db::{DbResult, checks, study_channels};
use crate::domain::channel::StudyChannel;
use crate::domain::ids::Timestamp;
use crate::domain::schedule::Occurrence;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Posting times listed for each schedule.
const UPCOMING: usize = 5;

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Report {
    /// Each check by name, with its findings; none: all well.
    pub checks: Vec<(&'static str, Vec<String>)>,
    /// Every study channel that is not removed, with its next posting times.
    pub schedules: Vec<(StudyChannel, Vec<Occurrence>)>,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|(_, findings)| findings.is_empty())
    }
}

/// Examines a database.
///
/// # Errors
/// When it can't be read.
pub async fn examine(connection: &mut SqliteConnection, now: Timestamp) -> DbResult<Report> {
    let checks = vec![
        ("the file is sound", checks::integrity(connection).await?),
        ("totals agree with the history", checks::totals_against_history(connection).await?),
        ("every answer of a closed question has a score", checks::unscored(connection).await?),
        (
            "nothing waits to be posted for over an hour",
            checks::outbox(connection, now.plus(-HOUR_MS), now.plus(-DAY_MS)).await?,
        ),
    ];
    let schedules = study_channels::all(connection)
        .await?
        .into_iter()
        .filter(|channel| channel.state != crate::domain::channel::ChannelState::Removed)
        .map(|channel| {
            let upcoming = channel.upcoming(now, UPCOMING);
            (channel, upcoming)
        })
        .collect();
    Ok(Report { checks, schedules })
}
