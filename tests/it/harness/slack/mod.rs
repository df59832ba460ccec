//! The fake Slack as a chat of stories: what people do there, and what they see, in a story's neutral words.

mod adapter;
mod asking;
mod blocks;
mod forms;
mod mrkdwn;
mod seeing;
mod slow;
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use studybot::chat::local::Host;
use studybot::chat::slack::Closed;
use studybot::chat::{Chat, Platform};
use studybot::clock::Clock;

use self::adapter::Adapter;
use self::asking::Asked;
use self::blocks::{Opened, text_of};
use self::mrkdwn::{Names, markdown};
use self::seeing::{key_and_part, message, put_together, text, was_written};
use self::slow::Slow;
use super::chat::{Says, TestChat};
use super::seen::{Message, Shown, strings};
use crate::fake_slack::{Config, Extras, FakeSlack, File};

/// The way in which events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Over a socket that the bot opens.
    Socket,
    /// To the bot's own address.
    Http,
}

/// The fake Slack as people in a story use it.
pub(crate) struct SlackTestChat {
    fake: FakeSlack,
    mode: Mode,
    clock: Clock,
    /// The other workspace of the organisation.
    elsewhere: Option<String>,
    state: Mutex<State>,
    /// Who tells what time it is and settles, running or not.
    host: Mutex<Option<Arc<dyn Host>>>,
    answer_within: Option<Duration>,
    /// The bot waits for Slack's limits on its own, from its next start on.
    paced: AtomicBool,
    /// There while the bot's process runs.
    adapter: tokio::sync::Mutex<Option<Adapter>>,
}

#[derive(Debug, Default)]
struct State {
    /// Ids of people by name, those who have left included.
    people: BTreeMap<String, String>,
    names: Names,
    channels: Vec<String>,
    /// Messages that people have deleted, as they were.
    deleted: Vec<Value>,
    asked: Asked,
}

/// A message's channel and its time there, which its id is made of.
fn place_and_time(message: &str) -> (&str, &str) {
    message.split_once(':').unwrap_or_else(|| panic!("“{message}” is no id of a message on Slack"))
}

impl SlackTestChat {
    /// A workspace with the bot in it, in an organisation that has one more.
    pub(crate) async fn start(clock: Clock, mode: Mode) -> Self {
        let mut chat = Self::start_as(Config::new(clock.clone()), clock, mode, None).await;
        // The app is installed for an organisation from the beginning or not at all: its token would be another.
        chat.elsewhere = Some(chat.fake.other_team("other"));
        chat
    }

    /// A workspace of no organisation, on a Slack of one's own, and with a bot that shows “One moment” after this time,
    /// for which every request takes longer.
    pub(crate) async fn start_as(
        mut config: Config,
        clock: Clock,
        mode: Mode,
        answer_within: Option<Duration>,
    ) -> Self {
        config.socket_mode = mode == Mode::Socket;
        Self {
            fake: FakeSlack::start(config).await,
            mode,
            clock,
            elsewhere: None,
            state: Mutex::default(),
            host: Mutex::default(),
            answer_within,
            paced: AtomicBool::new(false),
            adapter: tokio::sync::Mutex::default(),
        }
    }

    /// The Slack underneath, for what no platform but it has.
    pub(crate) fn fake(&self) -> &FakeSlack {
        &self.fake
    }

    /// Lets somebody of another organisation come into a channel. Returns their workspace and them.
    pub(crate) fn stranger(&self, channel: &str, name: &str) -> (String, String) {
        let (team, person) = self.fake.stranger(channel, name);
        let mut state = self.state();
        state.people.insert(name.to_owned(), person.clone());
        state.names.people.insert(person.clone(), name.to_owned());
        (team, person)
    }

    /// From its next start on, the bot keeps to Slack's limits by itself, in real time.
    pub(crate) fn paces_the_bot(&self) {
        self.paced.store(true, Ordering::Relaxed);
    }

    /// Waits until the bot's side has given Slack up by itself, and says why.
    pub(crate) async fn ended(&self) -> Result<(), Closed> {
        let adapter = self.adapter.lock().await;
        adapter.as_ref().expect("the bot's process runs").ended().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn host(&self) -> Arc<dyn Host> {
        Arc::clone(self.host.lock().unwrap().as_ref().expect("the bot has been started once"))
    }

    /// Returns once the bot has heard of all that has happened.
    async fn told(&self) {
        self.fake.sync().await;
        if let Some(adapter) = self.adapter.lock().await.as_ref() {
            adapter.settled().await;
        }
    }

    fn add_channel(&self, team: &str, name: &str) -> String {
        let channel = self.fake.channel(team, name);
        self.takes_note_of(&channel, name);
        channel
    }

    /// A channel that was made on Slack itself is one of the story's, too.
    pub(crate) fn takes_note_of(&self, channel: &str, name: &str) {
        let mut state = self.state();
        state.channels.push(channel.to_owned());
        state.names.channels.insert(channel.to_owned(), name.to_owned());
    }

    /// What stands in a channel itself, or in a thread there, or in a direct conversation, oldest first.
    fn standing(&self, channel: &str, thread: Option<&str>) -> Vec<Value> {
        let all = match thread {
            Some(thread) => self.fake.replies(channel, thread),
            None => self.fake.messages(channel),
        };
        all.into_iter().filter(was_written).collect()
    }

    /// A message that stands in a channel, a thread or a direct conversation, in its parts.
    fn posted_parts(&self, message: &str) -> Vec<Value> {
        let (channel, ts) = place_and_time(message);
        let there =
            self.fake.message(channel, ts).unwrap_or_else(|| panic!("message {message} is not there"));
        let thread = there["thread_ts"].as_str().filter(|thread| *thread != ts);
        let all = self.standing(channel, thread);
        let parts = put_together(&all).into_iter().find(|parts| parts[0]["ts"] == ts);
        parts.unwrap_or_else(|| panic!("message {message} is a part")).into_iter().cloned().collect()
    }

    /// What stands somewhere, as somebody reads it who opens what hides behind buttons.
    async fn read(&self, person: &str, channel: &str, standing: &[Value]) -> Vec<Message> {
        let mut read = Vec::new();
        for parts in put_together(standing) {
            let opened = self.opened(person, channel, &parts).await;
            let replies = parts[0]["reply_count"].as_i64();
            read.push(message(channel, &parts, &self.state().names, &opened, replies));
        }
        read
    }

    /// Every place but direct conversations: channels, and threads whether or not what they hang from still stands.
    fn places(&self) -> Vec<Vec<Value>> {
        let channels = self.state().channels.clone();
        let mut places = Vec::new();
        for channel in channels {
            let standing = self.fake.messages(&channel);
            let threads = standing.iter().filter(|message| message["reply_count"].is_number());
            places.extend(threads.map(|message| self.fake.replies(&channel, &text_of(&message["ts"]))));
            places.push(standing);
        }
        places
    }
}

impl TestChat for SlackTestChat {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    fn port(&self) -> BoxFuture<'_, Arc<dyn Chat>> {
        Box::pin(async {
            let adapter = Adapter::new(
                &self.fake,
                self.mode,
                self.clock.clone(),
                self.answer_within,
                self.paced.load(Ordering::Relaxed),
            );
            let port = adapter.port();
            *self.adapter.lock().await = Some(adapter);
            port
        })
    }

    fn connect(&self, bot: Arc<dyn Host>) -> BoxFuture<'_, ()> {
        *self.host.lock().unwrap() = Some(Arc::clone(&bot));
        Box::pin(async move {
            if let Some(adapter) = self.adapter.lock().await.as_ref() {
                let slow = || Arc::new(Slow::new(Arc::clone(&bot) as _, &self.fake)) as _;
                adapter.connect(if self.answer_within.is_some() { slow() } else { bot }, &self.fake).await;
            }
        })
    }

    fn disconnect(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let adapter = self.adapter.lock().await.take();
            if let Some(adapter) = adapter {
                adapter.stop().await;
            }
            if self.mode == Mode::Http {
                self.fake.deliver_to(None);
            }
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            // The bot, which holds this chat, is not to be held in return.
            self.host.lock().unwrap().take();
            self.fake.stop();
            let problems = self.fake.problems();
            assert!(problems.is_empty(), "what the bot does that a sound bot never does: {problems:#?}");
        })
    }

    fn posted(&self) -> BoxFuture<'_, BTreeMap<String, usize>> {
        Box::pin(async {
            let mut all: Vec<Value> = self.places().into_iter().flatten().collect();
            let people: Vec<String> = self.state().people.values().cloned().collect();
            all.extend(people.iter().flat_map(|person| self.fake.directs(person)));
            all.extend(self.state().deleted.iter().cloned());
            let mut posted = BTreeMap::new();
            for (key, part) in all.iter().filter_map(key_and_part) {
                let name = if part == 1 { key.to_owned() } else { format!("{key}.{part}") };
                *posted.entry(name).or_default() += 1;
            }
            posted
        })
    }

    fn joins<'a>(&'a self, name: &'a str, admin: bool) -> BoxFuture<'a, String> {
        let known = self.state().people.get(name).cloned();
        let person = match known {
            Some(person) => {
                self.fake.rejoin(&person);
                person
            }
            None => self.fake.person(name),
        };
        if admin {
            self.fake.admin(&person, true);
        }
        let mut state = self.state();
        state.people.insert(name.to_owned(), person.clone());
        state.names.people.insert(person.clone(), name.to_owned());
        Box::pin(async move { person })
    }

    fn channel<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async { self.add_channel(&self.fake.team(), name) })
    }

    fn channel_elsewhere<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        let team = self.elsewhere.as_deref().expect("the workspace is alone");
        Box::pin(async move { self.add_channel(team, name) })
    }

    fn leaves<'a>(&'a self, person: &'a str) -> BoxFuture<'a, ()> {
        self.fake.leave(person);
        Box::pin(async {})
    }

    fn say<'a>(&'a self, person: &'a str, says: Says<'a>) -> BoxFuture<'a, String> {
        let files = says.files.iter().map(|(name, text)| File::text(name, text)).collect();
        let thread = says.thread.map(|thread| place_and_time(thread).1);
        let extras = Extras { files, ..Extras::default() };
        let ts = self.fake.say(person, says.channel, thread, says.text, extras);
        Box::pin(async move { format!("{}:{ts}", says.channel) })
    }

    fn history<'a>(&'a self, thread: &'a str, messages: &'a [(String, String)]) -> BoxFuture<'a, ()> {
        let (channel, thread) = place_and_time(thread);
        for (person, text) in messages {
            self.fake.insert(person, channel, Some(thread), text, None);
        }
        Box::pin(async {})
    }

    fn edit<'a>(&'a self, _person: &'a str, message: &'a str, text: &'a str) -> BoxFuture<'a, ()> {
        let (channel, ts) = place_and_time(message);
        self.fake.edit(channel, ts, text);
        Box::pin(async {})
    }

    fn delete<'a>(&'a self, _person: &'a str, message: &'a str) -> BoxFuture<'a, ()> {
        let (channel, _) = place_and_time(message);
        for part in self.posted_parts(message) {
            self.fake.delete(channel, &text_of(&part["ts"]));
            self.state().deleted.push(part);
        }
        Box::pin(async {})
    }

    fn click<'a>(
        &'a self,
        person: &'a str,
        message: &'a str,
        action: &'a str,
        values: &'a [String],
    ) -> BoxFuture<'a, Shown> {
        Box::pin(self.clicked(person, message, action, values))
    }

    fn submit<'a>(
        &'a self,
        person: &'a str,
        form: &'a str,
        fields: &'a [(String, String)],
    ) -> BoxFuture<'a, Shown> {
        Box::pin(self.submitted(person, form, fields))
    }

    fn takes(&self, field: &str, value: &str) -> bool {
        forms::takes(field, value, &self.state().names)
    }

    fn command<'a>(&'a self, person: &'a str, channel: &'a str, text: &'a str) -> BoxFuture<'a, Shown> {
        Box::pin(self.commanded(person, channel, text))
    }

    fn messages<'a>(
        &'a self,
        person: &'a str,
        channel: &'a str,
        thread: Option<&'a str>,
    ) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move {
            // A look takes a way over a socket, so that whoever looks again and again keeps nobody from work.
            let address = self.fake.base().trim_start_matches("http://").to_owned();
            drop(tokio::net::TcpStream::connect(address).await.unwrap());
            let thread = thread.map(|thread| place_and_time(thread).1);
            let mut messages = self.read(person, channel, &self.standing(channel, thread)).await;
            if thread.is_none() {
                messages.extend(self.notices(person).await);
                // Times of messages are all of one length.
                messages.sort_by(|one, other| place_and_time(&one.id).1.cmp(place_and_time(&other.id).1));
            }
            messages
        })
    }

    fn notices<'a>(&'a self, person: &'a str) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move {
            let direct = self.fake.direct(person);
            self.read(person, &direct, &self.fake.directs(person)).await
        })
    }

    fn all_seen_by<'a>(&'a self, person: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move {
            let mut all: Vec<Value> = self.places().into_iter().flatten().collect();
            all.extend(self.fake.directs(person));
            let raw = strings(&Value::Array(all.clone()).to_string());
            let (names, nothing) = (&self.state().names, Opened::new());
            let read =
                all.iter().map(|message| text(message, names, &nothing)).collect::<Vec<_>>().join("\n");
            format!("{raw}{read}")
        })
    }

    fn markdown(&self, text: &str) -> String {
        markdown(text)
    }

    fn advance(&self, seconds: i64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.told().await;
            self.host().advance(Duration::from_secs(seconds.unsigned_abs())).await.unwrap();
            self.told().await;
        })
    }

    fn try_settle(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            self.told().await;
            self.host().settle().await
        })
    }
}
