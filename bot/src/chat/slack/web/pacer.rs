//! Gives calls their turns, so that Slack never has to refuse one for coming too fast.
//!
//! What can wait a moment waits here. What would wait longer is told when its turn comes, keeps it, and comes back: it
//! must not stand in the way of others meanwhile.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::lane::Lane;
use super::method::{Method, Rate};

/// Turns that are kept for callers who went away, at most. Further ones are told when theirs would have come.
const KEPT_MAX: usize = 2_048;
/// How long a turn is kept once it has come.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Limits that are remembered while nothing goes on in them.
const IDLE_LANES_MAX: usize = 256;
/// Two refusals in different channels that come so close are about the whole workspace.
const REFUSALS_APART: Duration = Duration::from_secs(60);

/// How a call stands in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chat::slack) enum Turn<'a> {
    /// A person waits for it: it is never behind those that nobody waits for.
    Urgent,
    /// Waits as long as it takes.
    Patient,
    /// The first call of the delivery with this key. What would wait longer than a moment is told when to come back,
    /// with the same key: the turn is kept until then.
    Delivery(&'a str),
}

/// The turn comes later, and is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotYet {
    pub(super) after: Duration,
}

/// Gives turns.
#[derive(Debug)]
pub(super) struct Pacer {
    /// What a delivery's first call waits here, at most.
    patience: Duration,
    messages_per_minute: u32,
    /// Turns off all but the rests that Slack asks for.
    unlimited: bool,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    lanes: HashMap<Name, Lane>,
    kept: HashMap<(Method, String), Kept>,
    /// When a channel was refused last.
    refused_at: Option<Instant>,
}

/// Which limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    /// A method's, over the workspace.
    Method(Method),
    /// The part of it that is for people who wait.
    Express(Method),
    /// Messages in a channel.
    Channel(String),
}

/// A planned turn: when, and in which limits.
#[derive(Clone, Debug)]
struct Kept {
    at: Instant,
    lanes: Vec<Name>,
}

impl Pacer {
    /// `messages_per_minute` is what is posted over the workspace; `patience` what a delivery's first call waits.
    pub(super) fn new(messages_per_minute: u32, patience: Duration, unlimited: bool) -> Self {
        Self { patience, messages_per_minute, unlimited, inner: Mutex::default() }
    }

    /// Waits for the turn of a call. `channel` is where a message goes. A caller that goes away frees its turn.
    ///
    /// # Errors
    /// Where a delivery would wait too long. Its turn is kept for a minute from its moment on.
    pub(super) async fn acquire(
        &self,
        method: Method,
        channel: Option<&str>,
        turn: Turn<'_>,
    ) -> Result<(), NotYet> {
        loop {
            let mut planned = self.plan(method, channel, turn, Instant::now())?;
            sleep_until(planned.turn.at).await;
            // Otherwise Slack asked for a rest meanwhile, or too many came back late: it stands in line anew.
            if let Some(at) = self.depart(&mut planned, turn, Instant::now()) {
                sleep_until(at).await;
                return Ok(());
            }
        }
    }

    /// Notes that a message has arrived in a channel: it may have taken longer on its way than the next one will.
    pub(super) fn landed(&self, channel: &str) {
        if let Some(lane) = self.lock().lanes.get_mut(&Name::Channel(channel.to_owned())) {
            lane.landed(Instant::now());
        }
    }

    /// Notes that Slack refused a call for coming too fast: nothing of its kind goes for a while.
    pub(super) fn refused(&self, method: Method, channel: Option<&str>, after: Duration) {
        let now = Instant::now();
        let mut inner = self.lock();
        let mut names = Vec::new();
        if let Some(channel) = channel.filter(|_| method == Method::PostMessage) {
            let again = inner.refused_at.is_some_and(|at| now.duration_since(at) < REFUSALS_APART);
            inner.refused_at = Some(now);
            names.push(Name::Channel(channel.to_owned()));
            if again {
                names.push(Name::Method(method));
            }
        } else {
            names.push(Name::Method(method));
            if method.has_express() {
                names.push(Name::Express(method));
            }
        }
        for name in names {
            self.lane(&mut inner, &name, now).hold(now + after);
        }
    }

    /// Plans a turn, or finds the one that was kept.
    fn plan(
        &self,
        method: Method,
        channel: Option<&str>,
        turn: Turn<'_>,
        now: Instant,
    ) -> Result<Planned<'_>, NotYet> {
        let mut inner = self.lock();
        inner.clean(now);
        let key = match turn {
            Turn::Delivery(key) => Some((method, key.to_owned())),
            Turn::Urgent | Turn::Patient => None,
        };
        if let Some(kept) = key.as_ref().and_then(|key| inner.kept.get(key)).cloned() {
            let held = kept.lanes.iter().any(|name| inner.is_held(name, kept.at.max(now)));
            let wait = kept.at.saturating_duration_since(now);
            if !held && wait > self.patience {
                return Err(NotYet { after: wait });
            }
            if let Some(key) = &key {
                inner.kept.remove(key);
            }
            if !held {
                return Ok(Planned { turn: kept, was_kept: true, freed_by: Some(self) });
            }
        }
        let planned = self.earliest(&mut inner, method, channel, turn, now);
        let wait = planned.at.saturating_duration_since(now);
        let too_long = wait > self.patience;
        if let Some(key) = key.filter(|_| too_long) {
            if inner.kept.len() < KEPT_MAX {
                inner.plan(&planned);
                inner.kept.insert(key, planned);
            }
            return Err(NotYet { after: wait });
        }
        inner.plan(&planned);
        Ok(Planned { turn: planned, was_kept: false, freed_by: Some(self) })
    }

    /// The first moment that all limits of a call have room for.
    fn earliest(
        &self,
        inner: &mut Inner,
        method: Method,
        channel: Option<&str>,
        turn: Turn<'_>,
        now: Instant,
    ) -> Kept {
        let mut lanes = vec![Name::Method(method)];
        if method == Method::PostMessage {
            lanes.extend(channel.map(|channel| Name::Channel(channel.to_owned())));
        }
        let mut at = now;
        loop {
            let before = at;
            for name in &lanes {
                at = self.lane(inner, name, now).earliest(at, now);
            }
            if at == before {
                break;
            }
        }
        let express = Name::Express(method);
        if turn == Turn::Urgent && method.has_express() {
            let sooner = self.lane(inner, &express, now).earliest(now, now);
            if sooner < at {
                return Kept { at: sooner, lanes: vec![express] };
            }
        }
        Kept { at, lanes }
    }

    /// Takes a turn whose moment has come, and tells when to go: at once, unless others came back late. `None`: the
    /// turn is lost.
    fn depart(&self, planned: &mut Planned<'_>, turn: Turn<'_>, now: Instant) -> Option<Instant> {
        planned.freed_by = None;
        let lanes = &planned.turn.lanes;
        let mut inner = self.lock();
        if lanes.iter().any(|name| inner.is_held(name, now)) {
            return None;
        }
        let mut at = now;
        for name in lanes {
            at = at.max(self.lane(&mut inner, name, now).open_at(now));
        }
        let too_long = matches!(turn, Turn::Delivery(_)) && at - now > self.patience;
        if planned.was_kept && too_long {
            return None;
        }
        for name in lanes {
            self.lane(&mut inner, name, now).take(at);
        }
        Some(at)
    }

    fn lane<'a>(&self, inner: &'a mut Inner, name: &Name, now: Instant) -> &'a mut Lane {
        inner.lanes.entry(name.clone()).or_insert_with(|| Lane::new(self.rate(name), now))
    }

    fn rate(&self, name: &Name) -> Rate {
        if self.unlimited {
            return Rate::FREE;
        }
        let per_minute = |method: &Method| method.per_minute(self.messages_per_minute);
        match name {
            Name::Channel(_) => Rate::CHANNEL,
            Name::Express(method) => per_minute(method).map_or(Rate::FREE, |all| Rate::per_minute(all / 4)),
            Name::Method(method) if method.has_express() => {
                per_minute(method).map_or(Rate::FREE, |all| Rate::per_minute(all - all / 4))
            }
            Name::Method(method) => per_minute(method).map_or(Rate::FREE, Rate::per_minute),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn plan(&mut self, turn: &Kept) {
        for name in &turn.lanes {
            if let Some(lane) = self.lanes.get_mut(name) {
                lane.plan(turn.at);
            }
        }
    }

    fn is_held(&self, name: &Name, at: Instant) -> bool {
        self.lanes.get(name).is_some_and(|lane| lane.held_until() > at)
    }

    /// Lets go of what nobody came back for, and of limits in which nothing goes on.
    fn clean(&mut self, now: Instant) {
        self.kept.retain(|_, kept| kept.at + KEPT_FOR > now);
        if self.lanes.len() > IDLE_LANES_MAX {
            self.lanes.retain(|_, lane| !lane.is_idle(now));
        }
    }
}

/// A turn that somebody waits for. Who goes away frees it.
#[derive(Debug)]
struct Planned<'a> {
    turn: Kept,
    /// Whether the caller went away meanwhile.
    was_kept: bool,
    /// `None`: the turn was taken, or lost.
    freed_by: Option<&'a Pacer>,
}

impl Drop for Planned<'_> {
    fn drop(&mut self) {
        let Some(pacer) = self.freed_by else { return };
        let mut inner = pacer.lock();
        for name in &self.turn.lanes {
            if let Some(lane) = inner.lanes.get_mut(name) {
                lane.free(self.turn.at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
