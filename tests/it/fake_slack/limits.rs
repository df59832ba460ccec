//! Rate limits: one for each method and workspace by its tier, and those of posting. They are on real time, in sliding
//! windows.
//!
//! Source: "Rate limits" in Slack's documentation of its Web API.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// How much the bot may ask.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Between two messages into one channel.
    pub(crate) channel_gap: Duration,
    /// Messages over the whole workspace in a minute.
    pub(crate) messages_per_minute: usize,
    /// What a method's tier allows is multiplied by this; 1 is as on Slack.
    pub(crate) tier_factor: usize,
}

impl Limits {
    /// As Slack's documentation has them.
    pub(crate) const fn as_documented() -> Self {
        Self { channel_gap: Duration::from_secs(1), messages_per_minute: 300, tier_factor: 1 }
    }

    /// So high that no test of something else meets them.
    pub(crate) const fn out_of_the_way() -> Self {
        Self { channel_gap: Duration::ZERO, messages_per_minute: 1_000_000, tier_factor: 100_000 }
    }
}

#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    windows: HashMap<String, VecDeque<Instant>>,
    posted: HashMap<String, Instant>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), windows: HashMap::new(), posted: HashMap::new() }
    }

    pub(crate) fn set(&mut self, limits: Limits) {
        *self = Self::new(&limits);
    }

    /// Counts a request of a method that may be asked so often in a minute, unless it is one too many: then how long
    /// to wait.
    pub(crate) fn ask(&mut self, method: &str, per_minute: usize, now: Instant) -> Result<(), Duration> {
        self.count(method, per_minute.saturating_mul(self.limits.tier_factor), now)
    }

    /// Counts a message into a channel, unless it comes too soon.
    pub(crate) fn post(&mut self, channel: &str, now: Instant) -> Result<(), Duration> {
        let gap = self.limits.channel_gap;
        if let Some(since) = self.posted.get(channel).map(|last| now - *last).filter(|since| *since < gap) {
            return Err(gap.saturating_sub(since));
        }
        self.count("messages", self.limits.messages_per_minute, now)?;
        self.posted.insert(channel.to_owned(), now);
        Ok(())
    }

    fn count(&mut self, name: &str, limit: usize, now: Instant) -> Result<(), Duration> {
        let window = self.windows.entry(name.to_owned()).or_default();
        while window.front().is_some_and(|first| now - *first >= MINUTE) {
            window.pop_front();
        }
        if window.len() >= limit {
            let first = window.front().copied().unwrap_or(now);
            return Err(MINUTE.saturating_sub(now - first));
        }
        window.push_back(now);
        Ok(())
    }
}
