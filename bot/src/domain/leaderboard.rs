//! Ranks and streaks.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use super::ids::InvalidId;
use super::schedule::CivilTime;

/// The span of time that a leaderboard covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// An ISO week.
    Week,
    /// A calendar month.
    Month,
    /// Everything.
    All,
}

impl Window {
    /// Every window.
    pub const EVERY: [Self; 3] = [Self::Week, Self::Month, Self::All];

    /// The window as commands and the database write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::All => "all",
        }
    }

    /// The window as people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Week => "this week",
            Self::Month => "this month",
            Self::All => "all time",
        }
    }

    /// The period of this window that a civil time falls into: `2026-W48`, `2026-11`, or empty for all time.
    /// A score belongs to the periods of its round's civil opening date.
    pub fn period(self, civil: CivilTime) -> String {
        match self {
            Self::Week => civil.week(),
            Self::Month => civil.month(),
            Self::All => String::new(),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Window {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::EVERY.into_iter().find(|window| window.as_str() == text).ok_or(InvalidId)
    }
}

/// Orders by points, most first, and gives equal points the same rank: 1, 2, 2, 4. Equals keep the order of their
/// `tie` keys, so that a board looks the same each time.
pub fn rank<T, K: Ord>(mut rows: Vec<T>, points: impl Fn(&T) -> u32, tie: impl Fn(&T) -> K) -> Vec<(u32, T)> {
    rows.sort_by_key(|row| (Reverse(points(row)), tie(row)));
    let mut ranked: Vec<(u32, T)> = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let rank = match ranked.last() {
            Some((rank, above)) if points(above) == points(&row) => *rank,
            _ => u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1),
        };
        ranked.push((rank, row));
    }
    ranked
}

/// How many rounds in a row a learner took part in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// Up to the last revealed round.
    pub current: u32,
    /// The longest ever.
    pub longest: u32,
}

/// Walks a channel's revealed rounds in opening order, from the learner's first. Open and cancelled rounds and
/// dates off must not be among them: they neither add nor break.
pub fn streak(took_part: impl IntoIterator<Item = bool>) -> Streak {
    took_part.into_iter().fold(Streak::default(), |streak, took_part| {
        let current = if took_part { streak.current + 1 } else { 0 };
        Streak { current, longest: streak.longest.max(current) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_points_share_a_rank() {
        let rows = vec![("Priya", 40), ("Jonas", 70), ("Mara", 70), ("Wei", 90), ("Zoe", 0)];
        let ranked = rank(rows, |row| row.1, |row| row.0);
        let names: Vec<_> = ranked.iter().map(|(rank, row)| (*rank, row.0)).collect();
        assert_eq!(names, [(1, "Wei"), (2, "Jonas"), (2, "Mara"), (4, "Priya"), (5, "Zoe")]);
    }

    #[test]
    fn streaks() {
        let cases: [(&[bool], u32, u32); 5] = [
            (&[], 0, 0),
            (&[true, true, true], 3, 3),
            (&[true, true, false, true], 1, 2),
            (&[true, false], 0, 1),
            (&[false, true], 1, 1),
        ];
        for (rounds, current, longest) in cases {
            assert_eq!(streak(rounds.iter().copied()), Streak { current, longest }, "{rounds:?}");
        }
    }
}
