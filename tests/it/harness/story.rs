//! A story: a chat with people, a bot in it, and a clock that the story moves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use studybot::chat::Timestamp;
use studybot::clock::Clock;
use studybot::domain::question::Question;
use studybot::engine::Engine;
use tempfile::TempDir;

use super::On;
use super::bot::TestBot;
use super::chat::TestChat;
use super::checks;
use super::discord::DiscordTestChat;
use super::faults::Faults;
use super::local::LocalTestChat;
use super::person::Person;
use super::seen::{Message, shows};
use super::slack::{Mode, SlackTestChat};
use crate::fake_discord::Config;
use crate::fake_slack::Config as SlackConfig;

/// When every story begins: a Monday, an hour before the first question.
pub(crate) const START: &str = "2026-11-23 08:00";
/// The channel that stories play in.
pub(crate) const STUDY: &str = "cloud-security";
/// Where the organisers hear of things.
pub(crate) const ORGANISERS: &str = "organisers";

/// A story under way. It must end with [`Story::finish`].
pub(crate) struct Story {
    /// Goes away with the story.
    _folder: TempDir,
    clock: Clock,
    chat: Arc<dyn TestChat>,
    bot: Arc<TestBot>,
    /// Ids by name.
    people: Mutex<BTreeMap<String, String>>,
    channels: Mutex<BTreeMap<String, String>>,
    /// Where people talk.
    place: Mutex<String>,
    finished: bool,
}

/// `2026-11-23 17:00` (UTC) as an instant.
pub(crate) fn instant(text: &str) -> Timestamp {
    let civil: jiff::civil::DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    Timestamp::from_jiff(civil.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp())
}

impl Story {
    /// A chat with Mara, who organises, Jonas and Priya. `#cloud-security` asks the getting-started track on weekdays
    /// at 09:00 UTC; answers close at 17:00, and reviews end at 08:00 the next day.
    pub(crate) async fn begin(on: On) -> Self {
        Self::begin_with(on, &[]).await
    }

    /// As [`Story::begin`], with other values in some fields of the setup form.
    pub(crate) async fn begin_with(on: On, fields: &[(&str, &str)]) -> Self {
        let story = Self::bare(on).await;
        story.is_set_up(fields).await;
        story
    }

    /// The same chat, in which nothing is set up.
    pub(crate) async fn bare(on: On) -> Self {
        let (folder, clock) = stage();
        let chat: Arc<dyn TestChat> = match on {
            On::Local => Arc::new(LocalTestChat::open(folder.path(), clock.clone()).await),
            On::Discord => Arc::new(DiscordTestChat::start(clock.clone()).await),
            On::SlackSocket => Arc::new(SlackTestChat::start(clock.clone(), Mode::Socket).await),
            On::SlackHttp => Arc::new(SlackTestChat::start(clock.clone(), Mode::Http).await),
        };
        Self::play(folder, clock, chat).await
    }

    /// As [`Story::bare`], with the local chat at hand, for tests of that chat's own interface.
    pub(crate) async fn bare_local() -> (Self, Arc<LocalTestChat>) {
        let (folder, clock) = stage();
        let chat = Arc::new(LocalTestChat::open(folder.path(), clock.clone()).await);
        (Self::play(folder, clock, Arc::clone(&chat) as _).await, chat)
    }

    /// As [`Story::bare`], on a Discord that is as `set` makes it, at hand for what no other platform has. `defer_after`
    /// is how long the bot may take before it announces an answer.
    pub(crate) async fn bare_discord(
        set: impl FnOnce(&mut Config),
        defer_after: Option<Duration>,
    ) -> (Self, Arc<DiscordTestChat>) {
        let (folder, clock) = stage();
        let mut config = Config::new(clock.clone());
        set(&mut config);
        let chat = Arc::new(DiscordTestChat::start_as(config, defer_after).await);
        (Self::play(folder, clock, Arc::clone(&chat) as _).await, chat)
    }

    /// As [`Story::bare`], on a Slack that is as `set` makes it, at hand for what no other platform has. `answer_within` is
    /// how long the bot may take before it shows “One moment”.
    pub(crate) async fn bare_slack(
        mode: Mode,
        set: impl FnOnce(&mut SlackConfig),
        answer_within: Option<Duration>,
    ) -> (Self, Arc<SlackTestChat>) {
        let (folder, clock) = stage();
        let mut config = SlackConfig::new(clock.clone());
        set(&mut config);
        let chat = Arc::new(SlackTestChat::start_as(config, clock.clone(), mode, answer_within).await);
        (Self::play(folder, clock, Arc::clone(&chat) as _).await, chat)
    }

    /// Mara sets the channel up, with other values in some fields of the form.
    pub(crate) async fn is_set_up(&self, fields: &[(&str, &str)]) {
        let mut all = vec![("questions", "track getting-started"), ("admin_mentions", "#organisers")];
        all.extend(fields);
        let form = self.mara().commands("/study setup").await;
        self.mara().sends(form.form(), &all).await.says("is set up");
    }

    async fn play(folder: TempDir, clock: Clock, chat: Arc<dyn TestChat>) -> Self {
        let bot = Arc::new(TestBot::new(folder.path(), clock.clone(), Arc::clone(&chat)));
        bot.start().await;
        let story = Self {
            _folder: folder,
            clock,
            chat,
            bot,
            people: Mutex::default(),
            channels: Mutex::default(),
            place: Mutex::new(STUDY.to_owned()),
            finished: false,
        };
        for name in [STUDY, ORGANISERS] {
            story.channel(name).await;
        }
        for (name, admin) in [("Mara", true), ("Jonas", false), ("Priya", false)] {
            story.joins(name, admin).await;
        }
        story
    }

    // Who is there, and where.

    /// Somebody joins.
    pub(crate) async fn joins(&self, name: &str, admin: bool) -> Person<'_> {
        let id = self.chat().joins(name, admin).await;
        self.people.lock().unwrap().insert(name.to_owned(), id);
        self.person(name)
    }

    /// Somebody who has joined.
    pub(crate) fn person(&self, name: &str) -> Person<'_> {
        let people = self.people.lock().unwrap();
        let id = people.get(name).unwrap_or_else(|| panic!("{name} has not joined"));
        Person { story: self, id: id.clone() }
    }

    /// An admin of the workspace, who set the study channel up.
    pub(crate) fn mara(&self) -> Person<'_> {
        self.person("Mara")
    }

    /// A learner.
    pub(crate) fn jonas(&self) -> Person<'_> {
        self.person("Jonas")
    }

    /// Another learner.
    pub(crate) fn priya(&self) -> Person<'_> {
        self.person("Priya")
    }

    /// Everybody who has joined.
    pub(crate) fn everybody(&self) -> Vec<Person<'_>> {
        let people = self.people.lock().unwrap();
        people.values().map(|id| Person { story: self, id: id.clone() }).collect()
    }

    /// Makes a channel.
    pub(crate) async fn channel(&self, name: &str) -> String {
        let id = self.chat().channel(name).await;
        self.channels.lock().unwrap().insert(name.to_owned(), id.clone());
        id
    }

    /// A channel's id.
    pub(crate) fn channel_id(&self, name: &str) -> String {
        self.channels.lock().unwrap()[name].clone()
    }

    /// From here on the story plays in this channel.
    pub(crate) fn go_to(&self, name: &str) {
        name.clone_into(&mut self.place.lock().unwrap());
    }

    /// The id of the channel that the story plays in.
    pub(crate) fn here(&self) -> String {
        let place = self.place.lock().unwrap().clone();
        self.channel_id(&place)
    }

    // Time.

    /// Moves time to `2026-11-23 17:00` (UTC).
    pub(crate) async fn at(&self, time: &str) {
        let milliseconds = instant(time).since(self.clock.now());
        assert!(milliseconds >= 0, "{time} has passed");
        self.clock.pass(Duration::from_millis(milliseconds.unsigned_abs()));
        self.chat().settle().await;
        self.chat().advance(milliseconds / 1_000).await;
    }

    /// Moves time forward by minutes.
    pub(crate) async fn minutes_pass(&self, minutes: i64) {
        self.clock.pass(Duration::from_secs(60 * minutes.unsigned_abs()));
        self.chat().settle().await;
        self.chat().advance(60 * minutes).await;
    }

    /// Time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock, for what only the bot's own patience measures.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    // The bot and the chat themselves.

    /// The chat, for what no word of a transcript says.
    pub(crate) fn chat(&self) -> &dyn TestChat {
        &*self.chat
    }

    /// The running engine.
    pub(crate) fn engine(&self) -> Engine {
        self.bot.engine()
    }

    /// What is to fail.
    pub(crate) fn faults(&self) -> &Faults {
        &self.bot.faults
    }

    /// The bot's process ends; the chat goes on.
    pub(crate) async fn bot_stops(&self) {
        self.chat().settle().await;
        self.bot.stop().await;
    }

    /// The bot's process starts again.
    pub(crate) async fn bot_starts(&self) {
        self.bot.start().await;
        self.chat().settle().await;
    }

    /// The bot's process has ended by itself, and starts again.
    pub(crate) async fn bot_restarts(&self) {
        self.bot.stop().await;
        self.bot_starts().await;
    }

    /// A question of the packs, whole.
    pub(crate) fn question_called(&self, id: &str) -> &Question {
        self.bot.library().question(&id.parse().unwrap()).unwrap()
    }

    // What can be read.

    /// The channel's messages.
    pub(crate) async fn channel_messages(&self) -> Vec<Message> {
        self.chat().settle().await;
        let here = self.here();
        self.chat().messages(&self.mara().id, &here, None).await.into_iter().collect()
    }

    /// The channel's questions, oldest first.
    pub(crate) async fn questions(&self) -> Vec<Message> {
        let mut messages = self.channel_messages().await;
        messages.retain(|message| message.author.bot && message.control("My answer").is_some());
        messages.retain(|message| message.replies.is_some());
        messages
    }

    /// The newest question.
    pub(crate) async fn question(&self) -> Message {
        self.questions().await.pop().expect("no question is there")
    }

    /// The messages in the newest question's thread.
    pub(crate) async fn thread(&self) -> Vec<Message> {
        let question = self.question().await;
        self.thread_of(&question).await
    }

    /// The messages in a question's thread.
    pub(crate) async fn thread_of(&self, question: &Message) -> Vec<Message> {
        self.chat().messages(&self.mara().id, &self.here(), Some(&question.id)).await
    }

    /// The newest question's thread as text.
    pub(crate) async fn thread_text(&self) -> String {
        texts(&self.thread().await)
    }

    /// Holds that the newest question's thread shows this.
    pub(crate) async fn thread_shows(&self, text: &str) {
        let thread = self.thread_text().await;
        assert!(shows(&thread, text), "“{text}” was expected in the thread:\n{thread}");
    }

    /// Holds that the newest question's thread doesn't show this.
    pub(crate) async fn thread_hides(&self, text: &str) {
        let thread = self.thread_text().await;
        assert!(!shows(&thread, text), "“{text}” should not be in the thread:\n{thread}");
    }

    /// The messages of the organisers' channel.
    pub(crate) async fn organisers_channel(&self) -> Vec<Message> {
        self.chat().settle().await;
        let channel = self.channel_id(ORGANISERS);
        let messages = self.chat().messages(&self.jonas_or_mara(), &channel, None).await;
        messages.into_iter().filter(|message| message.author.bot).collect()
    }

    /// Holds that the organisers heard exactly these things, each a part of one message, in order.
    pub(crate) async fn organisers_heard(&self, expected: &[&str]) {
        let heard = self.organisers_channel().await;
        let all = texts(&heard);
        assert_eq!(heard.len(), expected.len(), "the organisers heard:\n{all}");
        for (message, text) in heard.iter().zip(expected) {
            assert!(message.text.contains(text), "“{text}” was expected of:\n{all}");
        }
    }

    /// What a statement counts in the bot's database.
    pub(crate) async fn counts(&self, sql: &'static str) -> i64 {
        self.chat().settle().await;
        checks::counts(&self.engine(), sql).await
    }

    /// The keys of what was given up for good.
    pub(crate) async fn dead_keys(&self) -> Vec<String> {
        self.chat().settle().await;
        checks::dead(&self.engine()).await
    }

    /// The number of a channel's round, counted from 0, by which its messages' keys name it.
    pub(crate) async fn round_in(&self, channel: &str, index: usize) -> i64 {
        checks::rounds_in(&self.engine(), channel).await[index]
    }

    /// How often a text stands in what the bot stores of threads and private answers.
    pub(crate) async fn stored_texts(&self, text: &str) -> i64 {
        self.chat().settle().await;
        checks::stored_texts(&self.engine(), text).await
    }

    /// Anybody's view of a public channel is the same; a learner's own notices are not in it.
    fn jonas_or_mara(&self) -> String {
        self.people.lock().unwrap().get("Mara").cloned().unwrap_or_default()
    }

    // The end.

    /// Ends the story: nothing is left to do, nothing was posted twice, and the data is as it should be.
    pub(crate) async fn finish(self) {
        self.finish_with_dead(&[]).await;
    }

    /// As [`Story::finish`], where exactly these messages could never be delivered.
    pub(crate) async fn finish_with_dead(mut self, dead: &[&str]) {
        self.finished = true;
        self.chat().settle().await;
        checks::outbox_is_empty(&self.engine(), dead).await;
        checks::doctor_is_clean(&self.engine(), self.now(), dead).await;
        checks::each_posted_once(&self.engine(), &self.chat.posted().await).await;
        self.bot.stop().await;
        self.chat.close().await;
    }
}

/// A folder for all data, and the time at which every story begins.
fn stage() -> (TempDir, Clock) {
    (tempfile::tempdir().unwrap(), Clock::manual(instant(START)))
}

impl Drop for Story {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "a story must end with finish()");
    }
}

/// The texts of messages, one below the other.
pub(crate) fn texts(messages: &[Message]) -> String {
    messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n----\n")
}

/// A text of so many characters, in lines: what the inputs of any platform's forms take, whether 4,000 or 3,000 characters
/// each, when it is parted at the ends of lines alone.
pub(crate) fn lines(letter: &str, characters: usize) -> String {
    let ends = |index: usize| (index + 1).is_multiple_of(4_001) || (index + 1).is_multiple_of(3_001);
    (0..characters).map(|index| if ends(index) { "\n" } else { letter }).collect()
}
