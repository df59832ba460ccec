//! Keeps to Discord's limits: buckets, the global limit, and the number of invalid requests.
//!
//! Buckets are the business of `twilight-http-ratelimiting`, whose own global limit is switched off by size; the global
//! limit is [`Pacer`]'s.
//! [Source](https://docs.discord.com/developers/topics/rate-limits).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use twilight_http_ratelimiting::{Permit, RateLimitHeaders, RateLimiter};

use super::super::api::Route;
use super::pacer::Pacer;

/// A longer wait is not waited for here: the caller is told instead.
pub(super) const SHORT_WAIT: Duration = Duration::from_secs(5);
/// What a caller is told who stood in line for too long.
const CROWDED: Duration = Duration::from_secs(1);
/// Discord bans an address for a while after 10,000 in 10 minutes. Another program may share ours.
const INVALID_MAX: u32 = 1_000;
const INVALID_WINDOW: Duration = Duration::from_secs(10 * 60);

/// The limits, as far as they are known.
#[derive(Debug)]
pub(super) struct Limits {
    buckets: RateLimiter,
    pacer: Pacer,
    invalid: Mutex<Invalid>,
}

/// Leave to send one request.
#[derive(Debug)]
pub(super) struct Leave {
    /// Given back unused when dropped.
    permit: Option<Permit>,
}

impl Limits {
    /// Inside a runtime: the buckets are kept by a task.
    pub(super) fn new(requests_per_second: u32) -> Self {
        Self {
            buckets: RateLimiter::new(u16::MAX),
            pacer: Pacer::new(requests_per_second),
            invalid: Mutex::default(),
        }
    }

    /// Waits until a request may be sent: its bucket has room, and it is its turn.
    ///
    /// # Errors
    /// How long to wait, when it can't be sent before `until`, or not within [`SHORT_WAIT`].
    pub(super) async fn leave(&self, route: &Route, until: Instant) -> Result<Leave, Duration> {
        let now = Instant::now();
        let longest = until.min(now + SHORT_WAIT);
        if let Some(left) = self.invalid().stopped_for(now)
            && route.is_ours()
        {
            return Err(left);
        }
        // Neither global limit nor bucket is known for these; a refusal tells.
        let Some(endpoint) = route.endpoint() else { return Ok(Leave { permit: None }) };
        let (tell, mut told) = oneshot::channel();
        let permit = self.buckets.acquire_if(endpoint, move |bucket| {
            let free_at = bucket.filter(|bucket| bucket.remaining == 0).map(|bucket| bucket.reset_at.into());
            // Nobody listens any more when the caller has gone.
            tell.send(free_at).ok();
            free_at.is_none_or(|at: Instant| at <= longest)
        });
        let Ok(Some(permit)) = timeout_at(until, permit).await else {
            let free_at = told.try_recv().ok().flatten();
            return Err(free_at.map_or(CROWDED, |at| at.duration_since(Instant::now()).max(CROWDED)));
        };
        let stopped_until = self.pacer.stopped_until();
        let paced = async { timeout_at(until, self.pacer.turn(route.is_urgent())).await.is_ok() };
        if stopped_until > longest || !paced.await {
            let stopped_until = self.pacer.stopped_until();
            return Err(stopped_until.duration_since(Instant::now()).max(CROWDED));
        }
        Ok(Leave { permit: Some(permit) })
    }

    /// Notes what an answer's headers say of its bucket. Not for a refusal for too many requests.
    pub(super) fn answered(&self, leave: Leave, bucket: Option<RateLimitHeaders>) {
        if let Some(permit) = leave.permit {
            permit.complete(bucket);
        }
    }

    /// Notes a refusal for too many requests, received at `now`.
    pub(super) fn refused(&self, leave: Leave, route: &Route, refusal: &TooMany, now: Instant) {
        let at = now + refusal.after;
        if refusal.scope == Scope::Global && route.is_ours() {
            self.pacer.stop_until(at);
            return self.answered(leave, None);
        }
        // Where it names no bucket, the route gets one of its own until a later answer names it.
        let bucket = refusal.bucket.clone().unwrap_or_else(|| route.label().as_bytes().to_vec());
        let exhausted = RateLimitHeaders { bucket, limit: 0, remaining: 0, reset_at: at.into_std() };
        self.answered(leave, Some(exhausted));
    }

    /// Counts a request that Discord calls invalid.
    pub(super) fn count_invalid(&self, now: Instant) {
        if let Some(wait) = self.invalid().count(now) {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::error!(
                count = INVALID_MAX,
                wait_ms,
                "Discord has refused too many requests; nothing more is asked for a while, lest it bans this address"
            );
        }
    }

    fn invalid(&self) -> std::sync::MutexGuard<'_, Invalid> {
        self.invalid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests that Discord calls invalid: refused with 401, 403, or 429 (except for a resource that others share).
#[derive(Debug, Default)]
struct Invalid {
    since: Option<Instant>,
    count: u32,
}

impl Invalid {
    /// Counts one. The rest of the window, when this one is the last that is bearable.
    fn count(&mut self, now: Instant) -> Option<Duration> {
        if self.ends().is_none_or(|end| end <= now) {
            *self = Self { since: Some(now), count: 0 };
        }
        self.count = self.count.saturating_add(1);
        (self.count == INVALID_MAX).then(|| self.stopped_for(now)).flatten()
    }

    /// How long to ask nothing more.
    fn stopped_for(&self, now: Instant) -> Option<Duration> {
        let left = self.ends()?.checked_duration_since(now)?;
        (self.count >= INVALID_MAX && !left.is_zero()).then_some(left)
    }

    fn ends(&self) -> Option<Instant> {
        self.since.map(|since| since + INVALID_WINDOW)
    }
}

/// Whose limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of the bot's requests.
    Global,
    /// The bot's requests of one bucket.
    User,
    /// Everybody's requests on one thing: no fault of ours.
    Shared,
}

/// A refusal with status 429.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) scope: Scope,
    pub(super) after: Duration,
    pub(super) bucket: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use serenity::all::ChannelId;

    use super::*;

    fn headers(remaining: u16, after: Duration) -> RateLimitHeaders {
        let reset_at = (Instant::now() + after).into_std();
        RateLimitHeaders { bucket: b"abc".to_vec(), limit: 1, remaining, reset_at }
    }

    #[test]
    fn invalid_requests_stop_the_rest_of_their_window() {
        let (mut invalid, start) = (Invalid::default(), Instant::now());
        for _ in 1..INVALID_MAX {
            assert_eq!(invalid.count(start), None);
        }
        assert_eq!(invalid.stopped_for(start), None);
        let later = start + Duration::from_secs(60);
        assert_eq!(invalid.count(later), Some(Duration::from_secs(540)), "told once");
        assert_eq!(invalid.count(later), None);
        assert_eq!(invalid.stopped_for(later), Some(Duration::from_secs(540)));
        let end = start + INVALID_WINDOW;
        assert_eq!(invalid.stopped_for(end), None);
        assert_eq!(invalid.count(end), None);
        assert_eq!(invalid.count, 1, "a new window begins");
    }

    #[tokio::test]
    async fn at_the_bound_only_answers_to_interactions_are_sent() {
        let limits = Limits::new(1_000);
        for _ in 0..INVALID_MAX {
            limits.count_invalid(Instant::now());
        }
        let until = Instant::now() + Duration::from_secs(10);
        assert!(limits.leave(&Route::me(), until).await.unwrap_err() > Duration::from_secs(500));
        assert!(limits.leave(&Route::follow_up(1.into(), "tok"), until).await.is_ok());
    }

    #[tokio::test]
    async fn an_empty_bucket_is_waited_for_when_that_is_soon() {
        let limits = Limits::new(1_000);
        let route = Route::post_message(ChannelId::new(7));
        let until = Instant::now() + Duration::from_secs(10);
        let leave = limits.leave(&route, until).await.unwrap();
        let full_at = Instant::now() + Duration::from_millis(50);
        limits.answered(leave, Some(headers(0, Duration::from_millis(50))));
        let leave = limits.leave(&route, until).await.unwrap();
        assert!(Instant::now() >= full_at);
        limits.answered(leave, Some(headers(0, Duration::from_secs(60))));
        let after = limits.leave(&route, until).await.unwrap_err();
        assert!(after > Duration::from_secs(50), "told, not waited for: {after:?}");
        let other = Route::post_message(ChannelId::new(8));
        assert!(limits.leave(&other, until).await.is_ok(), "another channel's bucket is another");
    }

    #[tokio::test]
    async fn whoever_waits_too_long_in_line_is_told() {
        let limits = Limits::new(1_000);
        let route = Route::me();
        let _first = limits.leave(&route, Instant::now() + Duration::from_secs(10)).await.unwrap();
        let behind = limits.leave(&route, Instant::now() + Duration::from_millis(20)).await;
        assert_eq!(behind.unwrap_err(), CROWDED);
    }

    #[tokio::test]
    async fn a_refusal_stops_what_its_scope_says() {
        let limits = Limits::new(1_000);
        let until = Instant::now() + Duration::from_secs(10);
        let (here, there) = (Route::post_message(ChannelId::new(7)), Route::post_message(ChannelId::new(8)));
        let after = Duration::from_secs(60);
        let refusal = TooMany { scope: Scope::User, after, bucket: None };
        let leave = limits.leave(&here, until).await.unwrap();
        limits.refused(leave, &here, &refusal, Instant::now());
        assert!(limits.leave(&here, until).await.is_err());
        let leave = limits.leave(&there, until).await.unwrap();
        limits.refused(leave, &there, &TooMany { scope: Scope::Global, ..refusal }, Instant::now());
        assert!(limits.leave(&Route::me(), until).await.unwrap_err() > Duration::from_secs(50));
        let answer = Route::follow_up(1.into(), "tok");
        assert!(limits.leave(&answer, until).await.is_ok(), "not under the global limit");
    }
}
