//! Merging is a function of what was seen: no order and no repetition changes what comes out.

use proptest::prelude::*;
use studybot::domain::answer::{Part, Sighting, Version, merge};
use studybot::domain::ids::{MessageRef, Timestamp};

use super::config;
use super::history::{DEADLINE, Thread};

const CASES: u32 = 10_000;
/// Sightings of one message at most: their permutations are all tried.
const SIGHTINGS_MAX: usize = 5;

fn fold<'a>(
    known: Option<Part>,
    sightings: impl IntoIterator<Item = &'a Sighting>,
    frozen: bool,
) -> Option<Part> {
    let id: MessageRef = Thread::id(0);
    sightings.into_iter().fold(known, |known, sighting| {
        merge(known.as_ref(), &id, sighting, Timestamp(DEADLINE), frozen).or(known)
    })
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let insert = |shorter: Vec<usize>| {
        (0..count).map(move |place| {
            let mut longer = shorter.clone();
            longer.insert(place, count - 1);
            longer
        })
    };
    permutations(count - 1).into_iter().flat_map(insert).collect()
}

/// Some versions of one message, each written at another time and some saying the same again, and perhaps its end.
fn any_sightings() -> impl Strategy<Value = Vec<Sighting>> {
    let times = prop::collection::btree_set(prop_oneof![990..1_010i64, 20..2_000i64], 0..SIGHTINGS_MAX);
    let texts = prop::collection::vec(prop::sample::select(vec!["one", "two"]), SIGHTINGS_MAX);
    let first = prop::sample::select(vec![10i64, 989, DEADLINE - 1, DEADLINE, 1_500]);
    (times, texts, first, any::<bool>()).prop_map(|(times, texts, sent, deleted)| {
        let edits = times.into_iter().filter(|at| *at > sent).map(Some);
        let versions = std::iter::once(None).chain(edits).take(SIGHTINGS_MAX - usize::from(deleted));
        let present = versions.zip(texts).map(|(edited, text)| {
            Sighting::Present(Version {
                sent_at: Timestamp(sent),
                edited_at: edited.map(Timestamp),
                text: text.to_owned(),
                files: Vec::new(),
                replies_to_other: false,
            })
        });
        present.chain(deleted.then_some(Sighting::Deleted)).collect()
    })
}

proptest! {
    #![proptest_config(config(CASES))]

    /// Commutative and associative: every permutation of every subset gives the same.
    #[test]
    fn any_order_gives_the_same(sightings in any_sightings(), lost in prop::collection::vec(any::<bool>(), SIGHTINGS_MAX)) {
        let seen: Vec<_> = sightings.iter().zip(lost).filter(|(_, lost)| !lost).map(|(seen, _)| seen).collect();
        let expected = fold(None, seen.iter().copied(), false);
        for order in permutations(seen.len()) {
            let part = fold(None, order.iter().map(|index| seen[*index]), false);
            prop_assert_eq!(&part, &expected, "order {:?} of {:?}", order, seen);
        }
    }

    /// Idempotent: what was seen once may come again at any place.
    #[test]
    fn repetition_changes_nothing(
        sightings in any_sightings().prop_shuffle(),
        again in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..6),
    ) {
        let mut repeated = sightings.clone();
        for (which, place) in again {
            repeated.insert(place.index(repeated.len() + 1), sightings[which.index(sightings.len())].clone());
        }
        prop_assert_eq!(fold(None, &repeated, false), fold(None, &sightings, false));
    }

    /// Once the answers are frozen, only a deletion changes what a part says; and order still changes nothing.
    #[test]
    fn frozen_parts_change_by_deletion_alone(
        sightings in any_sightings().prop_shuffle(),
        before in 0..SIGHTINGS_MAX,
        counted in any::<bool>(),
    ) {
        let (before, after) = sightings.split_at(before.min(sightings.len()));
        let known = fold(None, before, false).map(|part| Part { frozen: Some(counted), ..part });
        let expected = fold(known.clone(), after, true);
        for order in permutations(after.len()) {
            let part = fold(known.clone(), order.iter().map(|index| &after[*index]), true);
            prop_assert_eq!(&part, &expected, "order {:?}", order);
        }
        let (Some(known), Some(part)) = (known.clone(), expected.clone()) else {
            prop_assert_eq!(known, expected, "nothing new is stored");
            return Ok(());
        };
        prop_assert_eq!(part.frozen, Some(counted));
        prop_assert_eq!(part.version, known.version.filter(|_| !after.contains(&Sighting::Deleted)));
    }
}
