//! Identifiers and points in time. Each is parsed once, at the edge; inside, an invalid one can't exist.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, as every platform and the database give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This time moved by `milliseconds` (negative: earlier), stopping at the ends of the range.
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this time; negative when `earlier` is the later one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same instant for `jiff`; times outside its range (years -9999 to 9999) stop at its ends.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// The same instant in whole milliseconds, the rest cut off.
    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

/// RFC 3339 in UTC, such as `2026-11-23T09:00:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

macro_rules! row_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match text.parse::<i64>() {
                    Ok(number) if number > 0 => Ok(Self(number)),
                    _ => Err(InvalidId),
                }
            }
        }
    )+};
}

row_id! {
    /// A workspace's row.
    WorkspaceId,
    /// A study channel's row; also the number that people type to name it.
    StudyChannelId,
    /// A round's row.
    RoundId,
    /// A learner's row.
    LearnerId,
    /// An answer's row.
    AnswerId,
    /// An assessment's row.
    AssessmentId,
    /// An outbox row.
    OutboxId,
    /// One start of the program. Leases belong to a start; those of earlier starts are void.
    StartId,
}

macro_rules! text_id {
    ($fits:ident: $($(#[$doc:meta])+ $name:ident),+ $(,)?) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if $fits(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    )+};
}

// 1 to 100 visible ASCII characters, as the platform wrote them.
text_id! {
    is_platform_id:
    /// The platform's id of a workspace: a Discord server, a Slack workspace, the local one.
    WorkspaceRef,
    /// The platform's id of a channel.
    ChannelRef,
    /// The platform's id of a message, unique in its workspace; a thread is named by the message it hangs from.
    MessageRef,
    /// The platform's id of a person.
    PersonRef,
    /// The platform's id of a group of people: a role on Discord, a user group on Slack.
    GroupRef,
}

// 1 to 64 characters of `a-z`, `0-9` and single hyphens between them.
text_id! {
    is_slug:
    /// A question's id, which is its file's name.
    QuestionId,
    /// A criterion's id, unique within its question.
    CriterionId,
    /// A topic's id, which is its folder's name.
    Topic,
    /// A track's id.
    TrackId,
    /// A pack's id, which is its folder's name.
    PackId,
}

fn is_platform_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// The text is not an id of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

/// The chat platforms the bot can work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// The chat that the program itself serves.
    Local,
    /// Discord.
    Discord,
    /// Slack.
    Slack,
}

impl Platform {
    /// Whether people can be called and named by groups there.
    pub const fn has_groups(self) -> bool {
        matches!(self, Self::Discord | Self::Slack)
    }

    /// The platform's name in the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Discord => "discord",
            Self::Slack => "slack",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Platform {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "local" => Ok(Self::Local),
            "discord" => Ok(Self::Discord),
            "slack" => Ok(Self::Slack),
            _ => Err(InvalidId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for good in ["a", "a1-b2", "leaked-key-first-thirty-minutes"] {
            assert!(good.parse::<QuestionId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "a b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<QuestionId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn platform_refs_are_bounded_and_visible() {
        assert!("123456789".parse::<ChannelRef>().is_ok());
        for bad in ["", "a b", "a\n", "é", &"1".repeat(101)] {
            assert!(bad.parse::<ChannelRef>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn row_ids_are_positive() {
        assert_eq!("7".parse::<RoundId>(), Ok(RoundId(7)));
        for bad in ["0", "-1", "x", "", "9223372036854775808"] {
            assert!(bad.parse::<RoundId>().is_err(), "{bad}");
        }
    }
}
