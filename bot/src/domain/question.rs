//! A question with its rubric, and the part of it that may be seen before the reveal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{CriterionId, InvalidId, QuestionId, Topic};

macro_rules! word_list {
    ($(#[$doc:meta])+ $name:ident { $($(#[$vdoc:meta])+ $variant:ident = $text:literal, $label:literal;)+ }) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])+ $variant),+ }

        impl $name {
            /// Every value, in the order people list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value as packs, the database and commands write it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value as people read it.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or(InvalidId)
            }
        }
    };
}

word_list! {
    /// The kind of interview a question belongs to.
    Format {
        /// A technical screen.
        Technical = "technical", "Technical";
        /// A system design round.
        SystemDesign = "system-design", "System design";
        /// A scenario or incident.
        Scenario = "scenario", "Scenario";
        /// A coding or scripting task.
        Coding = "coding", "Coding";
        /// A behavioural question.
        Behavioural = "behavioural", "Behavioural";
    }
}

word_list! {
    /// Whom a question is meant for.
    Level {
        /// Someone new to the field.
        Foundation = "foundation", "Foundation";
        /// Someone who does the work.
        Practitioner = "practitioner", "Practitioner";
        /// Someone who leads the work.
        Senior = "senior", "Senior";
    }
}

word_list! {
    /// A cloud provider that a question names.
    Provider {
        /// Amazon Web Services.
        Aws = "aws", "AWS";
        /// Microsoft Azure.
        Azure = "azure", "Azure";
        /// Google Cloud.
        Gcp = "gcp", "Google Cloud";
    }
}

/// One point that a good answer makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Unique within the question.
    pub id: CriterionId,
    /// For controls: 1 to 60 characters.
    pub short: String,
    /// The whole point, as people read it at the reveal: 1 to 300 characters.
    pub text: String,
    /// 1 to 3.
    pub weight: u8,
    /// How people really put it, for whoever marks.
    #[serde(default)]
    pub examples: Vec<String>,
    /// In a good answer this point comes before these points of the same question.
    #[serde(default)]
    pub before: Vec<CriterionId>,
}

/// What weak answers do: shown at the reveal, never scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pitfall {
    /// One sentence.
    pub text: String,
}

/// A primary source to read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What the page is called.
    pub title: String,
    /// An `https://` address.
    pub url: String,
}

/// A question as a pack holds it, checked. A round keeps a copy, so that changing a pack never changes a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Equal to the file's name.
    pub id: QuestionId,
    /// 1 to 100 characters.
    pub title: String,
    /// The interview format.
    pub format: Format,
    /// Equal to the folder's name.
    pub topic: Topic,
    /// Whom it is for.
    pub level: Level,
    /// The providers it is about; empty: any.
    #[serde(default)]
    pub providers: Vec<Provider>,
    /// Ids in the pack's `syllabus.toml`.
    #[serde(default)]
    pub covers: Vec<String>,
    /// A fair time to answer: 1 to 120 minutes.
    pub minutes: u16,
    /// What learners are asked, in Markdown: 1 to 3,000 characters.
    pub prompt: String,
    /// Helps that give no criterion away.
    #[serde(default)]
    pub hints: Vec<String>,
    /// An answer that meets every criterion, in Markdown: 1 to 4,000 characters.
    pub model_answer: String,
    /// Questions that go deeper.
    #[serde(default)]
    pub follow_ups: Vec<String>,
    /// 4 to 10.
    pub criteria: Vec<Criterion>,
    /// What weak answers do.
    #[serde(default)]
    pub pitfalls: Vec<Pitfall>,
    /// Where to read on.
    #[serde(default)]
    pub references: Vec<Reference>,
}

/// The part of a question that anybody may see before the reveal.
///
/// Whatever is posted before a reveal is built from this type alone, so it can't carry a rubric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionFace {
    /// The question's id.
    pub id: QuestionId,
    /// The title.
    pub title: String,
    /// The interview format.
    pub format: Format,
    /// The topic.
    pub topic: Topic,
    /// Whom it is for.
    pub level: Level,
    /// The providers it is about; empty: any.
    pub providers: Vec<Provider>,
    /// A fair time to answer, in minutes.
    pub minutes: u16,
    /// What learners are asked, in Markdown.
    pub prompt: String,
    /// Helps that give no criterion away.
    pub hints: Vec<String>,
}

impl Question {
    /// What may be seen before the reveal.
    pub fn face(&self) -> QuestionFace {
        QuestionFace {
            id: self.id.clone(),
            title: self.title.clone(),
            format: self.format,
            topic: self.topic.clone(),
            level: self.level,
            providers: self.providers.clone(),
            minutes: self.minutes,
            prompt: self.prompt.clone(),
            hints: self.hints.clone(),
        }
    }

    /// The sum of all weights, at least 1 for a question that was checked.
    pub fn total_weight(&self) -> u32 {
        self.criteria.iter().map(|criterion| u32::from(criterion.weight)).sum()
    }
}
