//! From marks to a score, with the basis it rests on.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{CriterionId, InvalidId};
use super::question::Criterion;

/// What a score rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The learner's own marks.
    #[serde(rename = "self")]
    OwnMarks,
    /// Nobody marked the answer: it counts as taking part.
    Unmarked,
}

impl Basis {
    /// The basis as the database writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnMarks => "self",
            Self::Unmarked => "unmarked",
        }
    }

    /// The basis as people read it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OwnMarks => "own marks",
            Self::Unmarked => "not marked",
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Basis {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "self" => Ok(Self::OwnMarks),
            "unmarked" => Ok(Self::Unmarked),
            _ => Err(InvalidId),
        }
    }
}

/// What an answer is worth, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100.
    pub points: u32,
    /// What it rests on.
    pub basis: Basis,
    /// The criteria that count as met.
    pub met: BTreeSet<CriterionId>,
}

/// Resolves the marks of one answer. `own_marks` are the criteria that the learner marked as met, `None` when they
/// didn't mark. Marks for criteria that the question doesn't have are left out.
pub fn resolve(criteria: &[Criterion], own_marks: Option<&BTreeSet<CriterionId>>) -> Score {
    let Some(marks) = own_marks else {
        return Score { points: 0, basis: Basis::Unmarked, met: BTreeSet::new() };
    };
    let met: BTreeSet<CriterionId> =
        criteria.iter().map(|criterion| &criterion.id).filter(|id| marks.contains(id)).cloned().collect();
    Score { points: points(criteria, &met), basis: Basis::OwnMarks, met }
}

/// 100 × weight met ÷ all weight, rounded half up; 0 for a rubric without weight.
pub fn points(criteria: &[Criterion], met: &BTreeSet<CriterionId>) -> u32 {
    let weight = |wanted: &dyn Fn(&Criterion) -> bool| -> u32 {
        criteria
            .iter()
            .filter(|criterion| wanted(criterion))
            .map(|criterion| u32::from(criterion.weight))
            .sum()
    };
    let all = weight(&|_| true);
    let reached = weight(&|criterion| met.contains(&criterion.id));
    (200 * reached + all).checked_div(2 * all).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rubric(weights: &[u8]) -> Vec<Criterion> {
        weights
            .iter()
            .enumerate()
            .map(|(index, weight)| Criterion {
                id: format!("c{index}").parse().unwrap(),
                short: String::new(),
                text: String::new(),
                weight: *weight,
                examples: Vec::new(),
                before: Vec::new(),
            })
            .collect()
    }

    fn ids(names: &[&str]) -> BTreeSet<CriterionId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn points_are_rounded_half_up() {
        let cases: [(&[u8], &[&str], u32); 7] = [
            (&[1, 1, 1], &["c0"], 33),
            (&[1, 1, 1], &["c0", "c1"], 67),
            (&[3, 2, 1, 2], &["c0", "c3"], 63),       // 62.5
            (&[1, 1, 1, 1, 1, 1, 1, 1], &["c0"], 13), // 12.5
            (&[2, 2], &[], 0),
            (&[2, 3], &["c0", "c1"], 100),
            (&[], &[], 0),
        ];
        for (weights, met, expected) in cases {
            assert_eq!(points(&rubric(weights), &ids(met)), expected, "{weights:?} {met:?}");
        }
    }

    #[test]
    fn no_marks_are_unmarked_and_none_of_these_is_zero() {
        let rubric = rubric(&[1, 2]);
        assert_eq!(resolve(&rubric, None).basis, Basis::Unmarked);
        let none = resolve(&rubric, Some(&BTreeSet::new()));
        assert_eq!((none.points, none.basis), (0, Basis::OwnMarks));
        let unknown = resolve(&rubric, Some(&ids(&["c1", "made-up"])));
        assert_eq!((unknown.points, unknown.met), (67, ids(&["c1"])));
    }
}
