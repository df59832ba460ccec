//! Work that is done side by side, but for what shares a lane: that is done in the order in which it came.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The last one in each lane, by a number of its own, and what tells of its end.
type Last<L> = HashMap<L, (u64, oneshot::Receiver<()>)>;

/// Every lane in which work is under way. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Turns<L: Eq + Hash>(Arc<Mutex<(u64, Last<L>)>>);

/// A place in a lane; the next one's turn comes when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<L: Eq + Hash> {
    turns: Turns<L>,
    lane: L,
    number: u64,
    before: Option<oneshot::Receiver<()>>,
    _ends: oneshot::Sender<()>,
}

impl<L: Eq + Hash> Default for Turns<L> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((0, HashMap::new()))))
    }
}

impl<L: Clone + Eq + Hash> Turns<L> {
    /// Takes the next place in a lane: to be called in the order that is to be kept.
    pub(super) fn take(&self, lane: L) -> Turn<L> {
        let (ends, ended) = oneshot::channel();
        let mut state = self.state();
        state.0 += 1;
        let number = state.0;
        let before = state.1.insert(lane.clone(), (number, ended)).map(|(_, before)| before);
        drop(state);
        Turn { turns: self.clone(), lane, number, before, _ends: ends }
    }
}

impl<L: Eq + Hash> Turns<L> {
    fn state(&self) -> MutexGuard<'_, (u64, Last<L>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Eq + Hash> Turn<L> {
    /// Waits for the one before.
    pub(super) async fn come(&mut self) {
        if let Some(before) = self.before.take() {
            // Nothing is ever sent: it ends with its sender.
            before.await.ok();
        }
    }
}

impl<L: Eq + Hash> Drop for Turn<L> {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        if state.1.get(&self.lane).is_some_and(|(last, _)| *last == self.number) {
            state.1.remove(&self.lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_lane_keeps_its_order_and_leaves_nothing_behind() {
        let turns = Turns::<u32>::default();
        let done = Arc::new(Mutex::new(Vec::new()));
        let mut all = JoinSet::new();
        for number in 0..2_000u32 {
            let (mut turn, done) = (turns.take(number % 3), Arc::clone(&done));
            all.spawn(async move {
                turn.come().await;
                done.lock().unwrap().push(number);
                drop(turn);
            });
        }
        all.join_all().await;
        let done = done.lock().unwrap();
        for lane in 0..3 {
            let of_lane: Vec<u32> = done.iter().copied().filter(|number| number % 3 == lane).collect();
            assert!(of_lane.is_sorted(), "{of_lane:?}");
        }
        assert_eq!(done.len(), 2_000);
        assert!(turns.state().1.is_empty());
    }

    #[tokio::test]
    async fn other_lanes_wait_for_nothing() {
        let turns = Turns::<u32>::default();
        let _first = turns.take(1);
        let mut second = turns.take(1);
        turns.take(2).come().await;
        let waits = tokio::time::timeout(std::time::Duration::ZERO, second.come()).await;
        assert!(waits.is_err(), "its turn has not come");
    }
}
