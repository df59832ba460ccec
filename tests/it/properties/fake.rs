//! A chat platform in memory: it keeps what people write, notes all that the bot shows, and fails at random.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use studybot::chat::{Call, Chat, ChatError, Done, ThreadMessage, What};
use studybot::clock::Clock;
use studybot::domain::command::{Person, Workspace};
use studybot::domain::ids::MessageRef;

use super::history::Thread;

/// Calls of one key that fail in a row at most, so that everything gets through in the end.
const FAILURES_MAX: u32 = 2;

/// A learner of the history as a person.
pub(super) fn person(learner: usize) -> Person {
    Person::new(format!("p{learner}").parse().unwrap(), &format!("Learner {learner}"), false)
}

/// Something that the bot has shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) at: i64,
    pub(super) workspace: Workspace,
    /// The only reader; `None`: everybody.
    pub(super) to: Option<String>,
    pub(super) text: String,
}

/// A reading of a thread that was given to the bot.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) key: String,
    /// Each message that stood, in its version.
    pub(super) standing: Vec<(usize, usize)>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// By the message that the thread hangs from; `true`: the bot was told that it is open.
    pub(super) threads: BTreeMap<MessageRef, (Thread, bool)>,
    pub(super) shown: Vec<Shown>,
    pub(super) readings: Vec<Reading>,
    /// What a bot that posts everything once never does.
    pub(super) faults: Vec<String>,
    posted: BTreeMap<String, MessageRef>,
    failures: BTreeMap<String, u32>,
    dice: u64,
    fails_percent: u64,
}

pub(super) struct FakeChat {
    clock: Clock,
    state: Mutex<State>,
}

impl FakeChat {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what earlier cases left, and loads the dice anew.
    pub(super) fn begin(&self, seed: u64, fails_percent: u64) {
        let mut state = self.state();
        let posted = std::mem::take(&mut state.posted);
        *state = State { posted, dice: seed, fails_percent, ..State::default() };
    }
}

impl State {
    /// The message that carries a key.
    pub(super) fn posted(&self, key: &str) -> Option<MessageRef> {
        self.posted.get(key).cloned()
    }

    /// Marsaglia's xorshift: <https://www.jstatsoft.org/article/view/v008i14>.
    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice
    }

    fn carry_out(&mut self, call: &Call<'_>, earlier: bool, now: i64) -> Result<Done, ChatError> {
        let failures = self.failures.get(call.key).copied().unwrap_or(0);
        let fails = failures < FAILURES_MAX && self.roll() % 100 < self.fails_percent;
        if !fails {
            return self.take(call, earlier, now);
        }
        self.failures.insert(call.key.to_owned(), failures + 1);
        match self.roll() % 3 {
            0 => return Err(ChatError::Later { reason: "busy".to_owned(), after_ms: None }),
            1 if !matches!(call.what, What::ReadThread { .. }) => drop(self.take(call, earlier, now)?),
            _ => {}
        }
        Err(ChatError::Unclear("the connection broke".to_owned()))
    }

    fn take(&mut self, call: &Call<'_>, earlier: bool, now: i64) -> Result<Done, ChatError> {
        match &call.what {
            What::Post { message, .. } => Ok(self.post(call, None, format!("{message:?}"), earlier, now)),
            What::Direct { person, message } => {
                Ok(self.post(call, Some(person.to_string()), format!("{message:?}"), earlier, now))
            }
            What::Edit { message, .. } => {
                self.show(call, None, format!("{message:?}"), now);
                Ok(Done::Done)
            }
            What::UnlockThread { .. } => Ok(Done::Done),
            What::OpenThread { message, name, .. } => {
                self.show(call, None, (*name).to_owned(), now);
                let empty = Thread { messages: Vec::new(), edit_step: 1 };
                self.threads.entry((*message).clone()).or_insert((empty, false));
                Ok(Done::Made((*message).clone()))
            }
            What::React { .. } => Ok(Done::Done),
            What::ReadThread { thread, .. } => Ok(Done::Thread(self.read(call.key, thread, now))),
        }
    }

    fn show(&mut self, call: &Call<'_>, to: Option<String>, text: String, at: i64) {
        self.shown.push(Shown { at, workspace: call.workspace.clone(), to, text });
    }

    fn post(&mut self, call: &Call<'_>, to: Option<String>, text: String, earlier: bool, now: i64) -> Done {
        if let Some(posted) = self.posted.get(call.key).cloned() {
            if !earlier {
                self.faults.push(format!("{} is posted twice", call.key));
            }
            return Done::Made(posted);
        }
        let id: MessageRef = format!("b{}", 1_000_000 + self.posted.len()).parse().unwrap();
        self.posted.insert(call.key.to_owned(), id.clone());
        self.show(call, to, text, now);
        Done::Made(id)
    }

    fn read(&mut self, key: &str, id: &MessageRef, now: i64) -> Vec<ThreadMessage> {
        let Some((thread, _)) = self.threads.get(id) else { return Vec::new() };
        let standing = thread.read(now);
        let messages = standing.iter().map(|(message, version)| ThreadMessage {
            message: Thread::id(*message),
            author: person(thread.messages[*message].author),
            version: Some(thread.shown(*message, *version)),
        });
        let messages = messages.collect();
        self.readings.push(Reading { key: key.to_owned(), standing });
        messages
    }
}

impl Chat for FakeChat {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut state = self.state();
            let outcome = state.carry_out(call, earlier, self.clock.now().0);
            if let (What::OpenThread { message, .. }, Ok(_)) = (&call.what, &outcome)
                && let Some((_, told)) = state.threads.get_mut(message)
            {
                *told = true;
            }
            outcome
        })
    }
}
