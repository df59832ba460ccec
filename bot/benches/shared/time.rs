//! The bot's civil time, and what people write in it.

use studybot::chat::Timestamp;
use studybot::clock::Clock;

/// Monday 2026-11-23, 09:00 in UTC.
pub(crate) const DUE: Timestamp = Timestamp(1_795_424_400_000);
/// What people write.
const WORDS: &str = "Deactivate the key first, so that whoever has it can do nothing more with it. Then read the audit logs \
    since the push for everything that was done with it, and replace it in the workloads that need it.";

/// A text that no other answer has.
pub(crate) fn words(number: usize) -> String {
    format!("{WORDS} ({number})")
}

/// A clock that stands still so long before [`DUE`], until it is let go.
pub(crate) fn clock_before_due(milliseconds: i64) -> Clock {
    let start = DUE.plus(-milliseconds);
    let clock = Clock::system(start.since(Clock::system(0).now()));
    clock.pin(start);
    clock
}
