//! Ranks: one more than the number of strictly better rows.

use std::cmp::Reverse;

use proptest::prelude::*;
use studybot::domain::leaderboard::rank;

use super::config;

const CASES: u32 = 10_000;

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn a_rank_is_one_more_than_the_number_of_better_rows(points in prop::collection::vec(0..12u32, 0..25)) {
        let rows: Vec<(usize, u32)> = points.iter().copied().enumerate().collect();
        let ranked = rank(rows.clone(), |row| row.1, |row| row.0);
        for (place, row) in &ranked {
            let better = points.iter().filter(|other| **other > row.1).count();
            prop_assert_eq!(usize::try_from(*place).unwrap(), better + 1);
        }
        let in_order = ranked.is_sorted_by_key(|(_, row)| (Reverse(row.1), row.0));
        prop_assert!(in_order, "most points first, equals by their tie key: {:?}", ranked);
        let mut back: Vec<_> = ranked.into_iter().map(|(_, row)| row).collect();
        back.sort_unstable();
        prop_assert_eq!(back, rows, "nobody is lost or doubled");
    }

    /// The order in which rows come from the database changes nothing.
    #[test]
    fn a_board_looks_the_same_each_time(
        (rows, shuffled) in prop::collection::btree_map(0..1_000u32, 0..5u32, 0..12)
            .prop_map(|rows| rows.into_iter().collect::<Vec<_>>())
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        prop_assert_eq!(rank(rows, |row| row.1, |row| row.0), rank(shuffled, |row| row.1, |row| row.0));
    }
}
