//! Snowflakes and times as Discord writes them.

use studybot::domain::ids::Timestamp;

/// A snowflake.
pub(crate) type Id = u64;

/// The first millisecond of 2015, from which snowflakes count.
const EPOCH_MS: i64 = 1_420_070_400_000;
/// When the guilds and users of the fake came to be: long before any test, a millisecond after one another. Shards
/// are told apart by the milliseconds of a guild's id, so guilds must not share one.
const LONG_AGO_MS: i64 = 1_577_836_800_000;

/// Makes ids that are unique, and ordered by when they were made even while the clock stands still.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last: Id,
    old: i64,
}

impl Ids {
    /// An id of now.
    pub(crate) fn next(&mut self, now: Timestamp) -> Id {
        self.last = at(now).max(self.last + 1);
        self.last
    }

    /// An id of a guild or a user: from long ago, each in a millisecond of its own.
    pub(crate) fn old(&mut self) -> Id {
        self.old += 1;
        at(Timestamp(LONG_AGO_MS + self.old))
    }
}

/// The first id of this instant.
pub(crate) fn at(instant: Timestamp) -> Id {
    u64::try_from(instant.0 - EPOCH_MS).unwrap_or(0) << 22
}

/// When the thing of this id was made.
pub(crate) fn made_at(id: Id) -> Timestamp {
    Timestamp(EPOCH_MS + i64::try_from(id >> 22).unwrap_or(0))
}

/// `2026-11-23T09:00:00.000000+00:00`.
pub(crate) fn iso(instant: Timestamp) -> String {
    instant.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// A snowflake in a path or a body.
pub(crate) fn parse(text: &str) -> Option<Id> {
    text.parse().ok().filter(|id| *id > 0)
}
