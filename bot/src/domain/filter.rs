//! Which questions a study channel, a practice session or an export draws from.

use serde::{Deserialize, Serialize};

use super::ids::{PackId, Topic};
use super::question::{Format, Level, Question};

/// A choice of questions. What is left empty lets everything through; the four parts must all agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Questions of this pack; none: of every pack.
    pub pack: Option<PackId>,
    /// Questions on one of these topics; empty: on any.
    pub topics: Vec<Topic>,
    /// Questions of one of these levels; empty: of any.
    pub levels: Vec<Level>,
    /// Questions in one of these formats; empty: in any.
    pub formats: Vec<Format>,
}

impl Filter {
    /// Whether `question`, which belongs to `pack`, is among those chosen.
    pub fn matches(&self, pack: &PackId, question: &Question) -> bool {
        self.pack.as_ref().is_none_or(|wanted| wanted == pack)
            && allows(&self.topics, &question.topic)
            && allows(&self.levels, &question.level)
            && allows(&self.formats, &question.format)
    }
}

fn allows<T: PartialEq>(wanted: &[T], value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            id: "q".parse().unwrap(),
            title: "Q".into(),
            format: Format::Scenario,
            topic: "iam".parse().unwrap(),
            level: Level::Senior,
            providers: vec![],
            covers: vec![],
            minutes: 5,
            prompt: "Why?".into(),
            hints: vec![],
            model_answer: "Because.".into(),
            follow_ups: vec![],
            criteria: vec![],
            pitfalls: vec![],
            references: vec![],
        }
    }

    #[test]
    fn every_part_that_is_given_must_agree() {
        let any = Filter::default();
        let iam = Filter { topics: vec!["iam".parse().unwrap(), "network".parse().unwrap()], ..any.clone() };
        let cases = [
            (any.clone(), true),
            (Filter { pack: Some("cloud".parse().unwrap()), ..any.clone() }, true),
            (Filter { pack: Some("other".parse().unwrap()), ..any.clone() }, false),
            (iam.clone(), true),
            (Filter { topics: vec!["network".parse().unwrap()], ..any.clone() }, false),
            (Filter { levels: vec![Level::Senior], ..iam.clone() }, true),
            (Filter { levels: vec![Level::Foundation], ..iam }, false),
            (Filter { formats: vec![Format::Coding], ..any }, false),
        ];
        for (filter, expected) in cases {
            assert_eq!(filter.matches(&"cloud".parse().unwrap(), &question()), expected, "{filter:?}");
        }
    }
}
