//! What we read of Slack's payloads, and no more: what Slack adds, leaves out or leaves empty elsewhere can't make a
//! message unreadable, and thereby lost.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::text;
use crate::chat::{ChannelRef, File, MessageRef, PersonRef, Timestamp, Version, Workspace, WorkspaceRef};
use crate::domain::ids::Platform;

/// What marks the metadata of our messages.
pub(super) const METADATA_TYPE: &str = "studybot_message";

/// An event with its envelope: <https://docs.slack.dev/apis/events-api/#the-events-api__receiving-events__events-dispatched-as-json>.
#[derive(Deserialize)]
pub(super) struct EventEnvelope {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) event_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) team_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) context_team_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) enterprise_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) authorizations: Vec<Authorization>,
    pub(super) event: Box<RawValue>,
}

/// For whom an event was sent to us.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Authorization {
    #[serde(deserialize_with = "or_default")]
    pub(super) team_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) is_enterprise_install: bool,
}

/// What every event has.
#[derive(Deserialize)]
pub(super) struct EventKind {
    #[serde(rename = "type")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) subtype: String,
}

/// A message, in an event or in a channel's history.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    #[serde(deserialize_with = "or_default")]
    pub(super) ts: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) thread_ts: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) subtype: String,
    /// Where it stands, in events.
    #[serde(deserialize_with = "or_default")]
    pub(super) channel: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) user: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) bot_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) text: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) edited: Edited,
    #[serde(deserialize_with = "or_default")]
    pub(super) files: Vec<SlackFile>,
    /// The author's team, in channels that several teams share.
    #[serde(deserialize_with = "or_default")]
    user_team: String,
    #[serde(deserialize_with = "or_default")]
    source_team: String,
    #[serde(deserialize_with = "or_default")]
    team: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) metadata: Metadata,
}

/// That a message was edited.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Edited {
    #[serde(deserialize_with = "or_default")]
    pub(super) ts: String,
}

/// A file on a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SlackFile {
    #[serde(deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) mimetype: String,
    /// In bytes, as Slack says.
    #[serde(deserialize_with = "or_default")]
    pub(super) size: u64,
    /// Where the bot gets it, with its token.
    #[serde(deserialize_with = "or_default")]
    pub(super) url_private: String,
    /// Where people see it.
    #[serde(deserialize_with = "or_default")]
    pub(super) permalink: String,
    /// `tombstone` once it was deleted.
    #[serde(deserialize_with = "or_default")]
    pub(super) mode: String,
    /// `check_file_info` where another team shares it, and the rest has to be asked for.
    #[serde(deserialize_with = "or_default")]
    pub(super) file_access: String,
}

/// What our messages carry unseen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(deserialize_with = "or_default")]
    pub(super) event_type: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) event_payload: Carried,
}

/// What is in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Carried {
    #[serde(deserialize_with = "or_default")]
    pub(super) key: String,
    /// Counted from 1.
    #[serde(deserialize_with = "or_default")]
    pub(super) part: usize,
}

/// A message was edited, or Slack changed something about it.
#[derive(Deserialize)]
pub(super) struct Changed {
    pub(super) channel: String,
    pub(super) message: Message,
}

/// A message was deleted.
#[derive(Deserialize)]
pub(super) struct Deleted {
    pub(super) channel: String,
    pub(super) deleted_ts: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) previous_message: Message,
}

/// Reads what is missing, `null` or of another type as nothing: Slack has all three.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lenient<T> {
        Read(T),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Lenient::deserialize(deserializer)? {
        Lenient::Read(value) => value,
        Lenient::Other(_) => T::default(),
    })
}

impl Message {
    /// Written by a person as a message of their own: no bot, and no notice of Slack's.
    pub(super) fn is_by_a_person(&self) -> bool {
        let of_people = ["", "file_share", "thread_broadcast", "me_message"];
        self.bot_id.is_empty()
            && !self.user.is_empty()
            && self.user != "USLACKBOT"
            && of_people.contains(&self.subtype.as_str())
    }

    /// There are neither words nor files in it: nobody's answer.
    pub(super) fn says_nothing(&self) -> bool {
        self.text.trim().is_empty() && self.files.iter().all(SlackFile::is_gone)
    }

    /// The message that it is a reply to. `None`: it stands in the channel itself.
    pub(super) fn thread_ts(&self) -> Option<&str> {
        (!self.thread_ts.is_empty() && self.thread_ts != self.ts).then_some(self.thread_ts.as_str())
    }

    /// The author's team, where Slack names it.
    pub(super) fn author_team(&self) -> Option<&str> {
        [&self.user_team, &self.source_team, &self.team]
            .into_iter()
            .map(String::as_str)
            .find(|team| team.starts_with('T'))
    }

    /// What it says. `files` are its files, read. `None`: its time is none.
    pub(super) fn version(&self, files: Vec<File>) -> Option<Version> {
        Some(Version {
            sent_at: time_of(&self.ts)?,
            edited_at: time_of(&self.edited.ts),
            text: text::plain(&self.text),
            files,
            // On Slack everybody's replies stand in one row.
            replies_to_other: false,
        })
    }

    /// Which part of our message with this key it is, counted from 0.
    pub(super) fn part_of(&self, key: &str) -> Option<usize> {
        let Carried { key: carried, part } = &self.metadata.event_payload;
        let ours = self.metadata.event_type == METADATA_TYPE && carried == key;
        if ours { part.checked_sub(1) } else { None }
    }
}

impl SlackFile {
    /// It was deleted, and left its place.
    pub(super) fn is_gone(&self) -> bool {
        self.mode == "tombstone"
    }
}

/// The moment that a `ts` names, such as `1700000000.000100`: seconds, and what makes it unique in its channel.
pub(super) fn time_of(ts: &str) -> Option<Timestamp> {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || seconds.len() > 11 || !digits(rest) || rest.len() > 6 {
        return None;
    }
    let seconds: i64 = seconds.parse().ok()?;
    let millis: i64 = format!("{rest:0<3}").get(..3)?.parse().ok()?;
    Some(Timestamp(seconds * 1_000 + millis))
}

/// The `ts` of a moment, to ask for what came after it.
pub(super) fn ts_at(at: Timestamp) -> String {
    let millis = at.0.max(0);
    format!("{}.{:03}000", millis / 1_000, millis % 1_000)
}

/// A message's name in the port: its `ts` is unique in its channel alone.
pub(super) fn message_ref(channel: &str, ts: &str) -> Option<MessageRef> {
    time_of(ts)?;
    channel_ref(channel)?;
    format!("{channel}:{ts}").parse().ok()
}

/// The channel and the `ts` behind a message's name.
pub(super) fn place_of(message: &MessageRef) -> Option<(&str, &str)> {
    let (channel, ts) = message.as_str().split_once(':')?;
    time_of(ts)?;
    Some((channel, ts))
}

pub(super) fn workspace(team: &str) -> Option<Workspace> {
    let id: WorkspaceRef = slack_id(team)?.parse().ok()?;
    Some(Workspace { platform: Platform::Slack, id })
}

pub(super) fn channel_ref(channel: &str) -> Option<ChannelRef> {
    slack_id(channel)?.parse().ok()
}

/// A person's name in the port: that of somebody from another team begins with the team.
pub(super) fn person_ref(workspace: &WorkspaceRef, team: Option<&str>, user: &str) -> Option<PersonRef> {
    let user = slack_id(user)?;
    match team.and_then(slack_id).filter(|team| *team != workspace.as_str()) {
        Some(team) => format!("{team}:{user}").parse().ok(),
        None => user.parse().ok(),
    }
}

/// Slack's id behind a person's name in the port.
pub(super) fn user_of(person: &PersonRef) -> &str {
    person.as_str().rsplit(':').next().unwrap_or_default()
}

/// An id as Slack makes them. `None`: it is none.
fn slack_id(text: &str) -> Option<&str> {
    let sound = (2..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_millisecond() {
        let cases = [
            ("1700000000.000100", Some(1_700_000_000_000)),
            ("1700000000.123999", Some(1_700_000_000_123)),
            ("1700000000", Some(1_700_000_000_000)),
            ("1700000000.5", Some(1_700_000_000_500)),
            ("", None),
            ("x", None),
            ("1700000000.", None),
            ("-1.000000", None),
            ("170000000000000000000.1", None),
            ("1700000000.1234567", None),
            ("１７.1", None),
        ];
        for (ts, millis) in cases {
            assert_eq!(time_of(ts), millis.map(Timestamp), "{ts}");
        }
        assert_eq!(ts_at(Timestamp(1_700_000_000_123)), "1700000000.123000");
    }

    #[test]
    fn names_in_the_port_are_read_back() {
        let message = message_ref("C0123", "1700000000.000100").unwrap();
        assert_eq!(place_of(&message), Some(("C0123", "1700000000.000100")));
        for (channel, ts) in [("", "1.0"), ("C1 2", "1.0"), ("C12", "x"), ("C:1", "1.0")] {
            assert_eq!(message_ref(channel, ts), None, "{channel} {ts}");
        }
        let workspace: WorkspaceRef = "T1".parse().unwrap();
        let ours = person_ref(&workspace, Some("T1"), "U123").unwrap();
        let stranger = person_ref(&workspace, Some("T2"), "U123").unwrap();
        assert_eq!((ours.as_str(), stranger.as_str()), ("U123", "T2:U123"));
        assert_eq!((user_of(&ours), user_of(&stranger)), ("U123", "U123"));
        assert_eq!(person_ref(&workspace, None, "U1:23"), None);
    }

    #[test]
    fn what_is_missing_or_empty_loses_no_message() {
        let message: Message = serde_json::from_str(
            r#"{"type":"message","ts":"1700000000.000100","user":"U1","text":null,"edited":null,"files":"","metadata":7}"#,
        )
        .unwrap();
        assert!(message.is_by_a_person() && message.says_nothing() && message.thread_ts().is_none());
        assert_eq!(message.version(Vec::new()).unwrap().edited_at, None);
    }
}
