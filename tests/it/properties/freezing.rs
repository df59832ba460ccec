//! The frozen answers of a thread equal the oracle's, however its events reached the bot.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use studybot::domain::answer::{Choice, Part, Sighting, Verdict, answer_text, merge, verdicts};
use studybot::domain::ids::{MessageRef, Timestamp};

use super::config;
use super::history::{Body, DEADLINE, Event, History, LEARNERS, Thread, any_history};
use super::oracle;

const CASES: u32 = 20_000;

/// What the bot knows of a thread, kept as `app` and `db` keep it.
#[derive(Clone, Debug, Default)]
struct Known(BTreeMap<MessageRef, Part>);

impl Known {
    fn take_in(&mut self, message: usize, sighting: &Sighting, frozen: bool) {
        let id = Thread::id(message);
        if let Some(part) = merge(self.0.get(&id), &id, sighting, Timestamp(DEADLINE), frozen) {
            self.0.insert(id, part);
        }
    }

    fn part(&self, message: usize) -> Option<&Part> {
        self.0.get(&Thread::id(message))
    }

    /// A choice in *My answer* reaches only what it shows.
    fn choose(&mut self, message: usize, choice: Choice) -> bool {
        let part = self.0.get_mut(&Thread::id(message)).filter(|part| part.version.is_some());
        part.map(|part| part.choice = Some(choice)).is_some()
    }

    fn parts_of(&self, thread: &Thread, learner: usize) -> Vec<Part> {
        let own = (0..thread.messages.len()).filter(|message| thread.messages[*message].author == learner);
        own.filter_map(|message| self.part(message).cloned()).collect()
    }
}

/// A history as the bot lived through it.
struct Lived {
    known: Known,
    /// The choices that were taken.
    chosen: BTreeMap<usize, bool>,
    /// Every version that reached the bot before the freeze.
    seen: BTreeSet<(usize, usize)>,
}

/// Delivers the events, then reads the whole thread: what is missing was deleted.
fn live(history: &History) -> Lived {
    let thread = &history.thread;
    let mut lived = Lived { known: Known::default(), chosen: BTreeMap::new(), seen: BTreeSet::new() };
    for (count, event) in history.delivered.iter().enumerate() {
        for (_, message, choice) in history.choices.iter().filter(|(after, ..)| *after == count) {
            if lived.known.choose(*message, *choice) {
                lived.chosen.insert(*message, *choice == Choice::In);
            }
        }
        let (message, sighting) = thread.sighting(*event);
        lived.known.take_in(message, &sighting, false);
        if let Event::Written(message, version) = event {
            lived.seen.insert((*message, *version));
        }
    }
    let read = thread.read(history.read_at);
    let standing: BTreeSet<usize> = read.iter().map(|(message, _)| *message).collect();
    let gone = (0..thread.messages.len()).filter(|message| !standing.contains(message));
    let gone: Vec<usize> = gone.filter(|message| lived.known.part(*message).is_some()).collect();
    for (message, version) in read {
        lived.known.take_in(message, &Sighting::Present(thread.shown(message, version)), false);
        lived.seen.insert((message, version));
    }
    for message in gone {
        lived.known.take_in(message, &Sighting::Deleted, false);
    }
    lived
}

impl Lived {
    /// The one version that a message must count with; `None` where nobody can know it: the version of the deadline was
    /// never seen, or a platform that tells edit times in whole seconds gave it the same time as another.
    fn knowable(&self, history: &History, message: usize) -> Option<usize> {
        let whole = &history.thread.messages[message];
        let truth = oracle::marked_version(whole, DEADLINE)?;
        let is_last = whole.version_at(history.read_at) == Some(truth);
        let key = |version: usize| history.thread.edited_at(message, version);
        let rivals = (0..whole.bodies.len()).filter(|other| *other != truth && key(*other) == key(truth));
        let rivalled = rivals.into_iter().any(|other| self.seen.contains(&(message, other)));
        (self.seen.contains(&(message, truth)) && (is_last || !rivalled)).then_some(truth)
    }

    /// What a message counts with: the text at the deadline. Where that can't be known, a text it really had.
    fn marked<'a>(&self, history: &'a History, message: usize) -> Result<&'a Body, TestCaseError> {
        let whole = &history.thread.messages[message];
        let version = self.known.part(message).and_then(|part| part.version.clone());
        let Some(version) = version else {
            return Err(TestCaseError::fail(format!("message {message}, sent on time, is lost: {whole:?}")));
        };
        let has = |body: &Body| body.text == version.text && body.files == version.files;
        if let Some(truth) = self.knowable(history, message) {
            prop_assert!(
                has(&whole.bodies[truth].1),
                "message {message} counts as {:?}: {whole:?}",
                version.text
            );
            return Ok(&whole.bodies[truth].1);
        }
        let real = whole.bodies.iter().map(|(_, body)| body).find(|body| has(body));
        real.ok_or_else(|| TestCaseError::fail(format!("message {message} never said {version:?}")))
    }
}

/// A learner's messages that count, in order, and the text of the answer, as the product has them.
fn frozen(parts: &[Part], private: &str, sealed: bool) -> (Vec<MessageRef>, String) {
    let private_chars = u32::try_from(private.chars().count()).unwrap();
    let counted =
        verdicts(parts, private_chars, sealed).into_iter().filter(|(_, verdict)| *verdict == Verdict::Counts);
    let counted: Vec<&Part> = counted.map(|(part, _)| part).collect();
    let text = answer_text(counted.iter().copied(), private);
    (counted.iter().map(|part| part.message.clone()).collect(), text)
}

proptest! {
    #![proptest_config(config(CASES))]

    /// The frozen answers are the oracle's, under any order, duplication and loss followed by re-reading.
    #[test]
    fn frozen_answers_are_the_oracles(history in any_history()) {
        let lived = live(&history);
        for learner in 0..LEARNERS {
            let (mut ids, mut texts, mut candidates) = (Vec::new(), Vec::new(), Vec::new());
            for (index, message) in history.thread.messages.iter().enumerate() {
                if message.author == learner && oracle::is_part(message, DEADLINE, history.read_at) {
                    let body = lived.marked(&history, index)?;
                    candidates.push((body, message.reply, lived.chosen.get(&index).copied()));
                    ids.push(Thread::id(index));
                    texts.push(oracle::text(body));
                }
            }
            let private = &history.private[learner].text;
            let counted = oracle::counted(&candidates, private, history.sealed);
            let keep = |index: &usize| counted[*index];
            let expected: Vec<MessageRef> = (0..ids.len()).filter(keep).map(|index| ids[index].clone()).collect();
            let mut expected_text: Vec<&str> = (0..ids.len()).filter(keep).map(|index| texts[index].as_str()).collect();
            expected_text.extend((!private.is_empty()).then_some(private.as_str()));
            let parts = lived.known.parts_of(&history.thread, learner);
            let (counts, text) = frozen(&parts, private, history.sealed);
            prop_assert_eq!(counts, expected, "the messages of learner {}", learner);
            prop_assert!(text == expected_text.join("\n\n"), "the answer of learner {learner}");
        }
    }

    /// Nothing is stored of what was sent too late or deleted; late edits that were seen are noted, and nothing else is.
    #[test]
    fn only_what_belongs_to_an_answer_is_kept(history in any_history()) {
        let lived = live(&history);
        for (index, message) in history.thread.messages.iter().enumerate() {
            let there = lived.known.part(index).and_then(|part| part.version.as_ref());
            prop_assert_eq!(there.is_some(), oracle::is_part(message, DEADLINE, history.read_at), "message {}", index);
            let late = |version: usize| version > 0 && message.bodies[version].0 >= DEADLINE;
            let seen_late = lived.seen.iter().any(|(seen, version)| *seen == index && late(*version));
            if let Some(part) = lived.known.part(index).filter(|part| part.version.is_some()) {
                prop_assert_eq!(part.edited_late, seen_late, "message {}: {:?}", index, message);
            }
        }
    }

    /// After the freeze nothing changes an answer but a deletion, which takes its text away and leaves the rest.
    #[test]
    fn what_comes_after_the_freeze_only_deletes(history in any_history()) {
        let Lived { mut known, .. } = live(&history);
        let at_freeze = known.clone();
        let mut deleted = BTreeSet::new();
        for event in &history.afterwards {
            let (message, sighting) = history.thread.sighting(*event);
            known.take_in(message, &sighting, true);
            if sighting == Sighting::Deleted {
                deleted.insert(message);
            }
        }
        prop_assert_eq!(known.0.keys().collect::<Vec<_>>(), at_freeze.0.keys().collect::<Vec<_>>());
        for message in 0..history.thread.messages.len() {
            let (Some(before), Some(after)) = (at_freeze.part(message), known.part(message)) else { continue };
            let expected = before.version.as_ref().filter(|_| !deleted.contains(&message));
            prop_assert_eq!(after.version.as_ref(), expected, "message {}", message);
        }
    }
}
