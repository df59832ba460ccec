//! What a learner has answered in a round: messages of the thread, and a private text.
//!
//! Sightings of a message (created, edited, deleted, read again) merge in any order and any number of times
//! to the same result. That holds because every rule below depends on the platform's own times alone, never on
//! when something reached us. Only between two edits that the platform gives the same time does the last sighting decide.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::ids::{MessageRef, Timestamp};

/// The largest answer, private text and messages together, in characters (Unicode scalar values).
pub const ANSWER_MAX_CHARS: u32 = 20_000;

/// How many characters (Unicode scalar values) a text has, as [`ANSWER_MAX_CHARS`] counts them.
pub fn char_count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// A file that hangs on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The name as the person gave it.
    pub name: String,
    /// Where the platform keeps it, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The text of a text file. Other files count by name and link only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A message as the platform showed it at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// When the platform took the message.
    pub sent_at: Timestamp,
    /// When its text was last edited, by the platform's time.
    pub edited_at: Option<Timestamp>,
    /// The text.
    pub text: String,
    /// The files.
    pub files: Vec<File>,
    /// It replies to somebody else's message, where the platform has such replies.
    pub replies_to_other: bool,
}

impl Version {
    /// When this text came to be: the edit's time, or the sending's.
    pub fn written_at(&self) -> Timestamp {
        self.edited_at.map_or(self.sent_at, |edited| edited.max(self.sent_at))
    }

    /// Discussion, not answer: a reply to somebody else, or a single line outside a code block that starts
    /// with `//`. A line with a file is an answer, since a lost answer is worse than a part too many.
    pub fn is_discussion(&self) -> bool {
        let text = self.text.trim();
        self.replies_to_other || (self.files.is_empty() && text.starts_with("//") && !text.contains('\n'))
    }

    /// The text that is marked: the message, then each text file under its name, then the names of other files.
    pub fn full_text(&self) -> String {
        let mut parts = Vec::new();
        if !self.text.trim().is_empty() {
            parts.push(self.text.trim_end().to_owned());
        }
        for file in &self.files {
            parts.push(match (&file.text, &file.link) {
                (Some(text), _) => format!("{}:\n{}", file.name, text.trim_end()),
                (None, Some(link)) => format!("{}: {link}", file.name),
                (None, None) => file.name.clone(),
            });
        }
        parts.join("\n")
    }

    /// What the message takes of [`ANSWER_MAX_CHARS`]: at least 1, so that the number of parts is bounded too.
    pub fn chars(&self) -> u32 {
        char_count(&self.full_text()).max(1)
    }

    /// The same text and files. What a file holds doesn't change; only links to it do, and whether it could be read.
    fn says_the_same(&self, other: &Self) -> bool {
        let names = |version: &Self| version.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
        self.text == other.text && names(self) == names(other)
    }

    /// Orders the versions of one message. An edit follows the sending even where the platform, which may tell its time
    /// in whole seconds, gives it an earlier one.
    fn order(&self) -> (Timestamp, bool) {
        (self.written_at(), self.edited_at.is_some())
    }
}

/// What a learner chose for a part in *My answer*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Counts, even when it looks like discussion.
    In,
    /// Doesn't count.
    Out,
}

/// One message of the thread, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The platform's id.
    pub message: MessageRef,
    /// The version that counts; `None` once the message was deleted.
    pub version: Option<Version>,
    /// The learner's own choice, where they made one.
    pub choice: Option<Choice>,
    /// An edit from after the deadline was seen; it is ignored and noted. Never set once the message was deleted.
    pub edited_late: bool,
    /// It counted when the answers were frozen. `None` before that.
    pub frozen: Option<bool>,
}

/// What was seen of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It is there, with this content.
    Present(Version),
    /// It was deleted.
    Deleted,
}

/// Merges a sighting into what is known. `None`: nothing changes.
///
/// The version that counts is the last one written before the deadline. Where none of those was ever seen, it is
/// the first one written after it: before the reveal nobody knew the rubric, and an answer must not be lost.
pub fn merge(
    known: Option<&Part>,
    message: &MessageRef,
    sighting: &Sighting,
    deadline: Timestamp,
    frozen: bool,
) -> Option<Part> {
    let blank =
        || Part { message: message.clone(), version: None, choice: None, edited_late: false, frozen: None };
    match (known, sighting) {
        // A tombstone stays, whatever arrives late.
        (Some(part), _) if part.version.is_none() => None,
        (None, Sighting::Deleted) if frozen => None,
        (None, Sighting::Deleted) => Some(blank()),
        (Some(part), Sighting::Deleted) => Some(Part { version: None, edited_late: false, ..part.clone() }),
        (None, Sighting::Present(_)) if frozen => None,
        (None, Sighting::Present(seen)) if seen.sent_at >= deadline => None,
        (None, Sighting::Present(seen)) => {
            Some(Part { version: Some(seen.clone()), edited_late: seen.written_at() >= deadline, ..blank() })
        }
        (Some(part), Sighting::Present(seen)) => merge_version(part, seen, deadline, frozen),
    }
}

fn merge_version(part: &Part, seen: &Version, deadline: Timestamp, frozen: bool) -> Option<Part> {
    let current = part.version.as_ref()?;
    let edited_late = part.edited_late || seen.written_at() >= deadline;
    if !frozen && replaces(seen, current, deadline) {
        return Some(Part { version: Some(seen.clone()), edited_late, ..part.clone() });
    }
    (edited_late != part.edited_late).then(|| Part { edited_late, ..part.clone() })
}

/// A newer version written before the deadline replaces an older one, even with the same text: the edit between the two
/// may reach us after both. Of versions written after the deadline the first counts.
fn replaces(seen: &Version, current: &Version, deadline: Timestamp) -> bool {
    let on_time = |version: &Version| version.written_at() < deadline;
    match (on_time(seen), on_time(current)) {
        (true, true) => match seen.order().cmp(&current.order()) {
            Ordering::Greater => true,
            // Two edits within the platform's step of time, a second on Slack: only their arrival tells them apart, and a
            // reading of the whole thread comes last.
            Ordering::Equal => !seen.says_the_same(current),
            Ordering::Less => false,
        },
        (true, false) => true,
        (false, true) => false,
        (false, false) => seen.order() < current.order(),
    }
}

/// Whether a part counts, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is part of the answer.
    Counts,
    /// It is discussion.
    Discussion,
    /// The learner took it out.
    TakenOut,
    /// It doesn't fit into [`ANSWER_MAX_CHARS`] any more.
    TooLong,
    /// The channel is sealed: only private answers count.
    Sealed,
    /// It was deleted.
    Deleted,
}

/// The verdict on one version of a message, when `used_chars` of the answer are taken by what comes before it.
pub fn verdict(version: &Version, choice: Option<Choice>, sealed: bool, used_chars: u32) -> Verdict {
    if sealed {
        Verdict::Sealed
    } else if choice == Some(Choice::Out) {
        Verdict::TakenOut
    } else if version.is_discussion() && choice != Some(Choice::In) {
        Verdict::Discussion
    } else if used_chars.saturating_add(version.chars()) > ANSWER_MAX_CHARS {
        Verdict::TooLong
    } else {
        Verdict::Counts
    }
}

/// The verdict on every part, in order of sending. The private text is counted first: it was accepted in a form,
/// and what was accepted once is never pushed out by a later message.
pub fn verdicts(parts: &[Part], private_chars: u32, sealed: bool) -> Vec<(&Part, Verdict)> {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by(|a, b| sending_order(a).cmp(&sending_order(b)));
    let mut used = private_chars;
    sorted
        .into_iter()
        .map(|part| {
            let verdict = match &part.version {
                None => Verdict::Deleted,
                Some(version) => verdict(version, part.choice, sealed, used),
            };
            if let (Verdict::Counts, Some(version)) = (verdict, &part.version) {
                used = used.saturating_add(version.chars());
            }
            (part, verdict)
        })
        .collect()
}

/// Platforms count message ids up, so that length and text order messages of the same millisecond.
fn sending_order(part: &Part) -> (Timestamp, usize, &str) {
    let sent_at = part.version.as_ref().map_or(Timestamp(i64::MAX), |version| version.sent_at);
    (sent_at, part.message.as_str().len(), part.message.as_str())
}

/// The whole text of an answer: its counted messages in order of sending, then the private text.
pub fn answer_text<'a>(counted: impl IntoIterator<Item = &'a Part>, private: &str) -> String {
    let mut texts: Vec<String> = counted
        .into_iter()
        .map(|part| part.version.as_ref().map_or_else(|| "(deleted)".to_owned(), Version::full_text))
        .collect();
    if !private.is_empty() {
        texts.push(private.to_owned());
    }
    texts.join("\n\n")
}

/// What a submit of *Answer privately* does to the saved text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateSubmit {
    /// The saved text becomes this; empty: withdrawn.
    Replace(String),
    /// Another form was saved since this one was opened: both texts are kept, one after the other.
    KeepBoth(String),
    /// Nothing changes: this very text is saved already.
    Unchanged,
    /// Together with what counts already it would be this many characters too long. Nothing is saved.
    TooLong(u32),
}

/// Decides on a submitted private text. `opened_version` is the version that the form was opened with,
/// `public_chars` what the thread's messages take of [`ANSWER_MAX_CHARS`].
pub fn submit_private(
    saved: &str,
    saved_version: i64,
    opened_version: i64,
    submitted: &str,
    public_chars: u32,
) -> PrivateSubmit {
    let submitted = submitted.trim();
    if submitted == saved {
        return PrivateSubmit::Unchanged;
    }
    let raced = saved_version != opened_version && !saved.is_empty() && !submitted.is_empty();
    let text = if raced { format!("{saved}\n\n{submitted}") } else { submitted.to_owned() };
    let chars = char_count(&text);
    let over = chars.saturating_add(public_chars).saturating_sub(ANSWER_MAX_CHARS);
    // Shortening is always allowed, even where a growing thread message has filled the answer meanwhile.
    if over > 0 && chars > char_count(saved) {
        return PrivateSubmit::TooLong(over);
    }
    if raced { PrivateSubmit::KeepBoth(text) } else { PrivateSubmit::Replace(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Timestamp = Timestamp(1_000);

    fn version(sent: i64, edited: Option<i64>, text: &str) -> Version {
        Version {
            sent_at: Timestamp(sent),
            edited_at: edited.map(Timestamp),
            text: text.to_owned(),
            files: Vec::new(),
            replies_to_other: false,
        }
    }

    fn message(id: &str) -> MessageRef {
        id.parse().unwrap()
    }

    fn fold(sightings: &[Sighting]) -> Option<Part> {
        let id = message("m1");
        let mut known: Option<Part> = None;
        for sighting in sightings {
            if let Some(part) = merge(known.as_ref(), &id, sighting, DEADLINE, false) {
                known = Some(part);
            }
        }
        known
    }

    fn text_of(part: &Option<Part>) -> Option<&str> {
        part.as_ref()?.version.as_ref().map(|version| version.text.as_str())
    }

    #[test]
    fn every_order_of_sightings_gives_the_same_text() {
        let first = Sighting::Present(version(10, None, "first"));
        let on_time = Sighting::Present(version(10, Some(999), "on time"));
        let late = Sighting::Present(version(10, Some(1_000), "late"));
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let all = [first, on_time, late];
        for order in orders {
            let part = fold(&order.map(|index: usize| all[index].clone()));
            assert_eq!(text_of(&part), Some("on time"), "{order:?}");
            assert!(part.unwrap().edited_late);
        }
    }

    #[test]
    fn a_message_known_only_in_its_late_form_is_kept_and_noted() {
        let part = fold(&[Sighting::Present(version(10, Some(2_000), "late"))]).unwrap();
        assert_eq!(part.version.as_ref().unwrap().text, "late");
        assert!(part.edited_late);
    }

    #[test]
    fn a_deletion_is_final_in_any_order() {
        let there = Sighting::Present(version(10, None, "there"));
        for order in [[there.clone(), Sighting::Deleted], [Sighting::Deleted, there]] {
            assert_eq!(fold(&order).unwrap().version, None);
        }
    }

    #[test]
    fn what_is_sent_at_or_after_the_deadline_is_not_stored() {
        assert_eq!(fold(&[Sighting::Present(version(1_000, None, "too late"))]), None);
        assert!(fold(&[Sighting::Present(version(999, None, "just in time"))]).is_some());
    }

    #[test]
    fn an_update_without_an_edit_changes_nothing() {
        let known = fold(&[Sighting::Present(version(10, None, "same"))]).unwrap();
        let unfurled = Sighting::Present(version(10, None, "same"));
        assert_eq!(merge(Some(&known), &message("m1"), &unfurled, DEADLINE, false), None);
    }

    #[test]
    fn an_edit_back_to_an_earlier_text_counts_in_every_order() {
        let sent = Sighting::Present(version(10, None, "first"));
        let other = Sighting::Present(version(10, Some(20), "second"));
        let back = Sighting::Present(version(10, Some(30), "first"));
        assert_eq!(text_of(&fold(&[sent.clone(), back.clone(), other.clone()])), Some("first"));
        assert_eq!(fold(&[sent.clone(), back.clone(), other.clone()]), fold(&[sent, other, back]));
    }

    #[test]
    fn an_edit_in_the_second_of_the_sending_counts() {
        // Slack tells edit times in whole seconds, and sending times in microseconds.
        let sent = Sighting::Present(version(10_500, None, "frist"));
        let edit = Sighting::Present(version(10_500, Some(10_000), "first"));
        let again = Sighting::Present(version(10_500, Some(10_000), "first!"));
        let deadline = Timestamp(60_000);
        let (id, mut known) = (message("m1"), None);
        for sighting in [&edit, &sent, &again] {
            known = merge(known.as_ref(), &id, sighting, deadline, false).or(known);
        }
        assert_eq!(text_of(&known), Some("first!"));
    }

    #[test]
    fn a_deleted_message_has_no_late_edit() {
        let there = Sighting::Present(version(10, None, "there"));
        let late = Sighting::Present(version(10, Some(2_000), "late"));
        let part = fold(&[there, late, Sighting::Deleted]);
        assert_eq!(part, fold(&[Sighting::Deleted]));
    }

    #[test]
    fn after_the_freeze_only_deletions_change_a_text() {
        let known = fold(&[Sighting::Present(version(10, None, "marked"))]).unwrap();
        let edit = Sighting::Present(version(10, Some(20), "changed"));
        assert_eq!(merge(Some(&known), &message("m1"), &edit, DEADLINE, true), None);
        let late = Sighting::Present(version(10, Some(2_000), "changed"));
        let noted = merge(Some(&known), &message("m1"), &late, DEADLINE, true).unwrap();
        assert_eq!((noted.version, noted.edited_late), (known.version.clone(), true));
        let deleted = merge(Some(&known), &message("m1"), &Sighting::Deleted, DEADLINE, true).unwrap();
        assert_eq!(deleted.version, None);
        assert_eq!(merge(None, &message("m2"), &edit, DEADLINE, true), None);
    }

    #[test]
    fn discussion_is_told_apart() {
        let file = File { name: "plan.md".to_owned(), link: None, text: Some("x".to_owned()) };
        let cases = [
            ("// shall we ask Priya?", false),
            ("  // indented", false),
            ("//", false),
            ("a // b", true),
            ("// first line\nsecond line", true),
            ("```\n// code\n```", true),
            ("`// code`", true),
            ("https://example.org", true),
        ];
        for (text, counts) in cases {
            assert_eq!(!version(1, None, text).is_discussion(), counts, "{text}");
        }
        assert!(!Version { files: vec![file], ..version(1, None, "// see the file") }.is_discussion());
        assert!(Version { replies_to_other: true, ..version(1, None, "I agree") }.is_discussion());
    }

    #[test]
    fn parts_count_in_order_of_sending_until_the_answer_is_full() {
        let long = "x".repeat(12_000);
        let part = |id: &str, sent: i64, text: &str| Part {
            message: message(id),
            version: Some(version(sent, None, text)),
            choice: None,
            edited_late: false,
            frozen: None,
        };
        let parts = [part("m10", 30, "short"), part("m9", 20, &long), part("m2", 10, &long)];
        let found: Vec<_> = verdicts(&parts, 0, false)
            .into_iter()
            .map(|(part, verdict)| (part.message.as_str(), verdict))
            .collect();
        assert_eq!(found, [("m2", Verdict::Counts), ("m9", Verdict::TooLong), ("m10", Verdict::Counts)]);
        assert!(verdicts(&parts, 0, true).iter().all(|(_, verdict)| *verdict == Verdict::Sealed));
        assert!(verdicts(&parts, 20_000, false).iter().all(|(_, verdict)| *verdict == Verdict::TooLong));
    }

    #[test]
    fn private_submits() {
        use PrivateSubmit::*;
        assert_eq!(submit_private("", 0, 0, " new \n", 0), Replace("new".to_owned()));
        assert_eq!(submit_private("old", 1, 1, "", 0), Replace(String::new()));
        assert_eq!(submit_private("old", 1, 0, "other", 0), KeepBoth("old\n\nother".to_owned()));
        assert_eq!(submit_private("old", 1, 0, "old", 0), Unchanged);
        assert_eq!(
            submit_private("", 2, 1, "after a withdrawal", 0),
            Replace("after a withdrawal".to_owned())
        );
        assert_eq!(submit_private("", 0, 0, &"é".repeat(15_000), 6_000), TooLong(1_000));
        assert_eq!(submit_private(&"é".repeat(15_000), 1, 1, "short", 20_000), Replace("short".to_owned()));
    }
}
