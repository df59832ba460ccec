//! A platform's truth about one thread: who sent, edited and deleted what and when, and what it shows at a moment.

use std::fmt;

use proptest::prelude::*;
use studybot::domain::answer::{Choice, File, Sighting, Version};
use studybot::domain::ids::{MessageRef, Timestamp};

/// Answers count when they were sent before this.
pub(super) const DEADLINE: i64 = 1_000;
/// The thread is read again between the deadline and this.
pub(super) const READ_LATEST: i64 = 1_300;
/// People in a thread.
pub(super) const LEARNERS: usize = 3;

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) files: Vec<File>,
}

/// Long texts would bury a failing history.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| match text.chars().count() {
            0..=40 => format!("{text:?}"),
            long => format!("<{long} × {:?}>", text.chars().next()),
        };
        write!(f, "{}", short(&self.text))?;
        for file in &self.files {
            write!(
                f,
                " + {} {:?} {}",
                file.name,
                file.link,
                file.text.as_deref().map_or_else(String::new, short)
            )?;
        }
        Ok(())
    }
}

/// A message with all that ever happened to it.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) author: usize,
    pub(super) sent: i64,
    pub(super) reply: bool,
    /// What it said, and from when on: first at `sent`, then edit by edit.
    pub(super) bodies: Vec<(i64, Body)>,
    pub(super) deleted: Option<i64>,
}

impl Message {
    /// The number of the version that stands at `at`; `None`: not sent yet.
    pub(super) fn version_at(&self, at: i64) -> Option<usize> {
        self.bodies.iter().rposition(|(from, _)| *from <= at)
    }

    pub(super) fn is_gone(&self, at: i64) -> bool {
        self.deleted.is_some_and(|deleted| deleted <= at)
    }
}

/// One thread's truth.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    /// In order of sending; the index is the message.
    pub(super) messages: Vec<Message>,
    /// The platform tells the time of an edit in steps of this: 1, or 10 as Slack does with its seconds.
    pub(super) edit_step: i64,
}

impl Thread {
    pub(super) fn id(message: usize) -> MessageRef {
        format!("m{}", 100 + message).parse().unwrap()
    }

    /// When the platform says that a version was written.
    pub(super) fn edited_at(&self, message: usize, version: usize) -> Option<i64> {
        let at = self.messages[message].bodies[version].0;
        (version > 0).then(|| at - at % self.edit_step)
    }

    /// A version as the platform shows it.
    pub(super) fn shown(&self, message: usize, version: usize) -> Version {
        let whole = &self.messages[message];
        let body = &whole.bodies[version].1;
        Version {
            sent_at: Timestamp(whole.sent),
            edited_at: self.edited_at(message, version).map(Timestamp),
            text: body.text.clone(),
            files: body.files.clone(),
            replies_to_other: whole.reply,
        }
    }

    /// What the platform shows at `at`: each message that stands, in its last version.
    pub(super) fn read(&self, at: i64) -> Vec<(usize, usize)> {
        let standing = self.messages.iter().enumerate().filter(|(_, message)| !message.is_gone(at));
        standing.filter_map(|(index, message)| Some((index, message.version_at(at)?))).collect()
    }

    /// Every event up to `until`, in the platform's order.
    pub(super) fn events(&self, until: i64) -> Vec<Event> {
        let mut events = Vec::new();
        for (index, message) in self.messages.iter().enumerate() {
            let versions = message.bodies.iter().enumerate();
            events.extend(versions.map(|(version, (at, _))| (*at, Event::Written(index, version))));
            events.extend(message.deleted.map(|at| (at, Event::Deleted(index))));
        }
        events.retain(|(at, _)| *at <= until);
        events.sort_by_key(|(at, _)| *at);
        events.into_iter().map(|(_, event)| event).collect()
    }

    pub(super) fn sighting(&self, event: Event) -> (usize, Sighting) {
        match event {
            Event::Written(message, version) => (message, Sighting::Present(self.shown(message, version))),
            Event::Deleted(message) => (message, Sighting::Deleted),
        }
    }
}

/// Something that the platform tells of: a version of a message, or its deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Written(usize, usize),
    Deleted(usize),
}

/// A thread, how its events reach the bot, and what the learners choose meanwhile.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) thread: Thread,
    /// What reached the bot before the whole thread was read: any order, some twice, some never.
    pub(super) delivered: Vec<Event>,
    /// Choices in *My answer*, each made after that many deliveries.
    pub(super) choices: Vec<(usize, usize, Choice)>,
    /// When the thread was read whole.
    pub(super) read_at: i64,
    /// What reached the bot only after the answers were frozen.
    pub(super) afterwards: Vec<Event>,
    pub(super) private: Vec<Body>,
    pub(super) sealed: bool,
}

/// Times crowd around the deadline, where the mistakes are.
fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0..DEADLINE, 2 => DEADLINE - 3..DEADLINE + 3, 1 => DEADLINE..2 * DEADLINE]
}

fn any_text() -> impl Strategy<Value = String> {
    let long = prop_oneof![Just(20_000usize), 19_985..20_005usize, 9_990..10_010usize, 1..30usize];
    prop_oneof![
        // Few different ones, so that people often return to what they wrote before.
        8 => prop::sample::select(vec!["one", "two", "three\n", "  four", "fünf"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "// shall we?", "  // indented", "//", "// a\nb", "```\n// code\n```", "a // b", "", " \n",
        ])
        .prop_map(str::to_owned),
        1 => (long, prop::sample::select(vec!["x", "é", "🔒"])).prop_map(|(times, letter)| letter.repeat(times)),
    ]
}

/// What a file holds never changes under its name.
fn any_file() -> impl Strategy<Value = File> {
    let link = || Some("https://files.example/1".to_owned());
    let file = |name: &str, link, text| File { name: name.to_owned(), link, text };
    prop::sample::select(vec![
        file("plan.md", link(), Some("plan\n".to_owned())),
        file("long.md", None, Some("p".repeat(9_995))),
        file("diagram.png", link(), None),
        file("key.pem", None, None),
    ])
}

pub(super) fn any_body() -> impl Strategy<Value = Body> {
    let files = prop_oneof![5 => Just(Vec::new()), 1 => prop::collection::vec(any_file(), 1..3)];
    (any_text(), files).prop_map(|(text, files)| Body { text, files })
}

fn any_message() -> impl Strategy<Value = Message> {
    let edits = prop::collection::vec((any_time(), any_body()), 0..4);
    let deleted = prop::option::weighted(0.2, any_time());
    (0..LEARNERS, any_time(), prop::bool::weighted(0.1), any_body(), edits, deleted).prop_map(
        |(author, sent, reply, first, edits, deleted)| {
            let mut bodies: Vec<(i64, Body)> = vec![(sent, first)];
            bodies.extend(edits.into_iter().map(|(at, body)| (at.max(sent), body)));
            bodies.sort_by_key(|(at, _)| *at);
            let last = bodies.last().map_or(sent, |(at, _)| *at);
            Message { author, sent, reply, bodies, deleted: deleted.map(|at| at.max(last)) }
        },
    )
}

fn any_thread() -> impl Strategy<Value = Thread> {
    let messages = prop::collection::vec(any_message(), 1..8);
    (messages, prop::sample::select(vec![1i64, 1, 10])).prop_map(|(mut messages, edit_step)| {
        messages.sort_by_key(|message| message.sent);
        Thread { messages, edit_step }
    })
}

/// How often each event arrives: once, twice or never.
fn any_deliveries(events: Vec<Event>) -> impl Strategy<Value = Vec<Event>> {
    let times = prop::collection::vec(prop::sample::select(vec![0usize, 1, 1, 1, 2]), events.len());
    times.prop_flat_map(move |times| {
        let arriving: Vec<Event> =
            events.iter().zip(times).flat_map(|(event, times)| std::iter::repeat_n(*event, times)).collect();
        // As they happened, or in any order at all.
        prop_oneof![Just(arriving.clone()), Just(arriving).prop_shuffle()]
    })
}

pub(super) fn any_history() -> impl Strategy<Value = History> {
    (any_thread(), DEADLINE..READ_LATEST).prop_flat_map(|(thread, read_at)| {
        let messages = thread.messages.len();
        let before = any_deliveries(thread.events(read_at));
        let afterwards = any_deliveries(thread.events(i64::MAX));
        let choice = prop::sample::select(vec![Choice::In, Choice::Out]);
        let choices = prop::collection::vec((0..20usize, 0..messages, choice), 0..3);
        let private = prop_oneof![
            3 => Just(String::new()),
            2 => Just("in private".to_owned()),
            1 => (9_980..20_001usize).prop_map(|chars| "q".repeat(chars)),
        ];
        let private = private.prop_map(|text| Body { text, files: Vec::new() });
        let private = prop::collection::vec(private, LEARNERS);
        (Just(thread), before, choices, Just(read_at), afterwards, private, prop::bool::weighted(0.1))
            .prop_map(|(thread, delivered, choices, read_at, afterwards, private, sealed)| History {
                thread,
                delivered,
                choices,
                read_at,
                afterwards,
                private,
                sealed,
            })
    })
}
