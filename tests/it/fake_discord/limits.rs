//! Rate limits: a bucket for each route and major parameter, and one limit over all. They are on real time.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::ids::Id;
use super::route::Route;

/// How much the bot may ask.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Requests in any second, interactions apart.
    pub(crate) global_per_second: usize,
    /// Every bucket's size is multiplied by this; 1 is as on Discord.
    pub(crate) bucket_factor: u32,
}

impl Limits {
    /// As on Discord.
    pub(crate) const fn as_documented() -> Self {
        Self { global_per_second: 50, bucket_factor: 1 }
    }

    /// So high that no test of something else meets them.
    pub(crate) const fn out_of_the_way() -> Self {
        Self { global_per_second: 1_000_000, bucket_factor: 100_000 }
    }
}

/// How a bucket stood after a request.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_after: Duration,
}

/// Whether a request is let through.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Allowed(Option<Bucket>),
    /// The bucket is empty.
    Exhausted(Bucket),
    /// Too many requests altogether.
    Global {
        retry_after: Duration,
    },
}

#[derive(Debug)]
struct Window {
    ends: Instant,
    used: u32,
}

#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    windows: HashMap<(String, Id), Window>,
    recent: VecDeque<Instant>,
}

/// Requests and milliseconds for a route, as observed of Discord, which documents none of them.
fn size(method: &str, route: &Route) -> Option<(u32, u64)> {
    Some(match (method, route) {
        (_, Route::Callback { .. } | Route::GatewayBot) => return None,
        (_, Route::Reaction { .. }) => (1, 250),
        (_, Route::Threads { .. }) => (50, 300_000),
        ("PATCH", Route::Channel(_)) => (5, 15_000),
        (_, Route::OpenDm) => (10, 10_000),
        (_, Route::Commands(_)) => (2, 20_000),
        _ => (5, 5_000),
    })
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), windows: HashMap::new(), recent: VecDeque::new() }
    }

    pub(crate) fn set(&mut self, limits: Limits) {
        *self = Self::new(&limits);
    }

    /// Counts a request, unless it is too many.
    pub(crate) fn ask(&mut self, method: &str, route: &Route, now: Instant) -> Verdict {
        if !route.is_of_interaction() {
            while self.recent.front().is_some_and(|first| now - *first >= Duration::from_secs(1)) {
                self.recent.pop_front();
            }
            if self.recent.len() >= self.limits.global_per_second {
                let first = self.recent.front().copied().unwrap_or(now);
                return Verdict::Global { retry_after: Duration::from_secs(1).saturating_sub(now - first) };
            }
        }
        let Some((requests, milliseconds)) = size(method, route) else {
            self.note(route, now);
            return Verdict::Allowed(None);
        };
        let limit = requests.saturating_mul(self.limits.bucket_factor);
        let name = format!("{method} {}", route.template());
        let length = Duration::from_millis(milliseconds);
        let window =
            self.windows.entry((name.clone(), route.major())).or_insert(Window { ends: now, used: 0 });
        if window.ends <= now {
            *window = Window { ends: now + length, used: 0 };
        }
        let allowed = window.used < limit;
        window.used += u32::from(allowed);
        let (remaining, reset_after) = (limit - window.used, window.ends - now);
        let bucket = Bucket { name: hash(&name), limit, remaining, reset_after };
        if !allowed {
            return Verdict::Exhausted(bucket);
        }
        self.note(route, now);
        Verdict::Allowed(Some(bucket))
    }

    fn note(&mut self, route: &Route, now: Instant) {
        if !route.is_of_interaction() {
            self.recent.push_back(now);
        }
    }
}

/// A bucket's name: hexadecimal, and no key to what it stands for (FNV-1a).
fn hash(name: &str) -> String {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", name.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
}
