//! Which question comes next in a study channel.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::ids::QuestionId;

/// What a study channel has asked so far, and what it may ask.
#[derive(Clone, Debug)]
pub struct Choosing<'a> {
    /// The questions to choose from: a track in its order, or a filter's matches in any order.
    pub candidates: &'a [QuestionId],
    /// Keep the candidates' order (a track) instead of shuffling.
    pub in_order: bool,
    /// The study channel's stored seed, which the shuffle follows from.
    pub seed: i64,
    /// How often this channel has asked each question, cancelled rounds left out.
    pub asked: &'a BTreeMap<QuestionId, u32>,
    /// The question this channel asked last.
    pub last: Option<&'a QuestionId>,
    /// Open or unrevealed in another channel of the workspace: swapped for the next.
    pub held_back: &'a BTreeSet<QuestionId>,
}

/// Chooses the next question: nothing repeats before every candidate was asked, then the next lap begins, in
/// another shuffle or from the track's start. `None` when there is no candidate, or all are held back.
pub fn choose<'a>(choosing: &Choosing<'a>) -> Option<&'a QuestionId> {
    let times = |id: &QuestionId| choosing.asked.get(id).copied().unwrap_or(0);
    let place = |(index, id): &(usize, &QuestionId)| {
        let lap = times(id);
        let order =
            if choosing.in_order { index.to_be_bytes().to_vec() } else { shuffled(choosing.seed, lap, id) };
        // The question asked last comes last in its lap, so that two laps never meet in the same question.
        (lap, choosing.last == Some(*id), order)
    };
    choosing
        .candidates
        .iter()
        .enumerate()
        .filter(|(_, id)| !choosing.held_back.contains(id))
        .min_by_key(place)
        .map(|(_, id)| id)
}

/// A question's place in a shuffle. It depends on the question alone, so that adding a question to a pack doesn't
/// reorder the others.
fn shuffled(seed: i64, lap: u32, id: &QuestionId) -> Vec<u8> {
    Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(lap.to_be_bytes())
        .chain_update(id.as_str())
        .finalize()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(count: usize) -> Vec<QuestionId> {
        (0..count).map(|index| format!("q{index}").parse().unwrap()).collect()
    }

    fn run(candidates: &[QuestionId], in_order: bool, seed: i64, rounds: usize) -> Vec<QuestionId> {
        let mut asked = BTreeMap::new();
        let mut order: Vec<QuestionId> = Vec::new();
        for _ in 0..rounds {
            let choosing = Choosing {
                candidates,
                in_order,
                seed,
                asked: &asked,
                last: order.last(),
                held_back: &BTreeSet::new(),
            };
            let id = choose(&choosing).unwrap().clone();
            *asked.entry(id.clone()).or_insert(0) += 1;
            order.push(id);
        }
        order
    }

    #[test]
    fn a_track_keeps_its_order_and_starts_again() {
        let track = ids(3);
        let order = run(&track, true, 7, 5);
        assert_eq!(order, [&track[..], &track[..2]].concat());
    }

    #[test]
    fn held_back_questions_are_swapped_and_come_later() {
        let track = ids(2);
        let held_back = BTreeSet::from([track[0].clone()]);
        let asked = BTreeMap::new();
        let mut choosing = Choosing {
            candidates: &track,
            in_order: true,
            seed: 0,
            asked: &asked,
            last: None,
            held_back: &held_back,
        };
        assert_eq!(choose(&choosing), Some(&track[1]));
        let all: BTreeSet<_> = track.iter().cloned().collect();
        choosing.held_back = &all;
        assert_eq!(choose(&choosing), None);
        choosing.candidates = &[];
        assert_eq!(choose(&choosing), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nothing_repeats_before_the_filter_is_exhausted(count in 1usize..12, seed in any::<i64>()) {
            let candidates = ids(count);
            let order = run(&candidates, false, seed, count * 3);
            for lap in order.chunks(count) {
                let unique: BTreeSet<_> = lap.iter().collect();
                prop_assert_eq!(unique.len(), count);
            }
            if count > 1 {
                prop_assert!(order.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }
    }
}
