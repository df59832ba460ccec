//! A study channel's standing plan.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::ids::{ChannelRef, GroupRef, PersonRef, StudyChannelId, Timestamp, TrackId, WorkspaceId};
use super::schedule::{CivilTime, Due, Occurrence, Schedule, Zone};

/// A missed occurrence is still posted when it is found within this time, unless the channel says otherwise.
pub const DEFAULT_GRACE_MINUTES: u32 = 6 * 60;

/// Which questions a study channel asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// A track, in its order.
    Track(TrackId),
    /// Every question that matches, shuffled.
    Filter(Filter),
}

/// Where "the organisers hear of it".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminChannel {
    /// A channel.
    Channel(ChannelRef),
    /// Direct messages to the person who set the channel up.
    Person(PersonRef),
}

/// What an organiser chooses for a study channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When questions are posted.
    pub schedule: Schedule,
    /// Whose civil time that is.
    pub zone: Zone,
    /// How long answers are taken: 5 minutes to 14 days.
    pub answer_minutes: u32,
    /// How long the review lasts: 5 minutes to 14 days.
    pub review_minutes: u32,
    /// How late a missed occurrence may still be posted: 0 to 7 days.
    pub grace_minutes: u32,
    /// Which questions are asked.
    pub selection: Selection,
    /// Only private answers count.
    pub sealed: bool,
    /// Private answers are shown without names.
    pub anonymous: bool,
    /// Dates on which nothing is posted: at most 100.
    pub dates_off: BTreeSet<Date>,
    /// Where the organisers hear of what concerns them.
    pub admin_channel: AdminChannel,
    /// Who may organise besides the workspace's admins: at most 20.
    pub organisers: Vec<PersonRef>,
    /// The groups whose members may organise: at most 20.
    pub organiser_groups: Vec<GroupRef>,
    /// The group that a question calls.
    pub ping: Option<GroupRef>,
}

/// Whether a study channel posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelState {
    /// It posts by its schedule.
    Active,
    /// It posts nothing until resumed.
    Paused,
    /// It was taken away; its history stays.
    Removed,
}

impl ChannelState {
    /// The state as the database writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Removed => "removed",
        }
    }
}

/// A study channel with its plan and its place in the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyChannel {
    /// The row.
    pub id: StudyChannelId,
    /// The workspace's row.
    pub workspace_id: WorkspaceId,
    /// The platform's id.
    pub channel: ChannelRef,
    /// The name as people see it.
    pub name: String,
    /// Whether it posts.
    pub state: ChannelState,
    /// The plan.
    pub plan: Plan,
    /// The shuffle follows from it.
    pub seed: i64,
    /// Occurrences up to this civil time are dealt with.
    pub handled_civil: CivilTime,
    /// Occurrences before this instant are not caught up: set by setup and resume.
    pub not_before: Timestamp,
}

impl StudyChannel {
    /// What the schedule asks for at `now`.
    pub fn due(&self, now: Timestamp) -> Due {
        self.plan.schedule.due(
            &self.plan.zone,
            self.handled_civil,
            self.not_before,
            now,
            i64::from(self.plan.grace_minutes) * 60_000,
            &self.plan.dates_off,
        )
    }

    /// The next `count` occurrences that will be posted after `now`; none while paused or removed.
    pub fn upcoming(&self, now: Timestamp, count: usize) -> Vec<Occurrence> {
        if self.state != ChannelState::Active {
            return Vec::new();
        }
        let mut found = self.plan.schedule.upcoming(
            &self.plan.zone,
            now.max(self.not_before),
            &self.plan.dates_off,
            count + 4,
        );
        found.retain(|occurrence| occurrence.civil > self.handled_civil);
        found.truncate(count);
        found
    }
}

/// Something that will happen at a known time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// When.
    pub at: Timestamp,
    /// In which channel.
    pub channel: ChannelRef,
    /// What, as a phrase that "in 2 hours" can follow.
    pub what: &'static str,
}
