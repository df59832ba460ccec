//! Places where a test stops the program dead, to prove that a restart there loses nothing.
//!
//! They exist in debug builds alone, and do nothing unless `STUDYBOT_KILL_POINT` names one.

/// After a commit, before anybody is told of it.
pub const AFTER_COMMIT: &str = "after-commit";
/// The platform has taken a message; we have not written that down.
pub const TAKEN_NOT_SETTLED: &str = "taken-not-settled";
/// The question is posted and settled; its thread is not open yet.
pub const BETWEEN_POST_AND_THREAD: &str = "between-post-and-thread";
/// A part of a reveal is posted, others are not.
pub const MID_REVEAL: &str = "mid-reveal";
/// The close has begun and perhaps some batches of scores are settled; the round is not closed.
pub const MID_CLOSE: &str = "mid-close";

/// Every kill point.
pub const ALL: [&str; 5] = [AFTER_COMMIT, TAKEN_NOT_SETTLED, BETWEEN_POST_AND_THREAD, MID_REVEAL, MID_CLOSE];

/// Stops here for ever when `STUDYBOT_KILL_POINT` is `name:count` and this is the `count`th time: the test then
/// kills the process.
#[cfg(debug_assertions)]
pub fn reached(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static SEEN: AtomicU64 = AtomicU64::new(0);

    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("STUDYBOT_KILL_POINT").ok()?;
        let (name, count) = text.split_once(':')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    let Some((wanted, count)) = wanted else { return };
    if wanted == name && SEEN.fetch_add(1, Ordering::SeqCst) + 1 == *count {
        println!("kill point {name}");
        loop {
            std::thread::park();
        }
    }
}

/// Release builds have no kill points.
#[cfg(not(debug_assertions))]
pub fn reached(_name: &str) {}
