//! The fake Discord as a chat of stories: what people do there, and what they see, in a story's neutral words.

mod adapter;
mod asking;
mod forms;
mod markdown;
mod seeing;
mod slow;
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use studybot::chat::discord::Closed;
use studybot::chat::local::Host;
use studybot::chat::{Chat, Platform};
use studybot::clock::Clock;

use self::adapter::Adapter;
use self::asking::Asked;
use self::markdown::{Names, plain};
use self::seeing::{key_and_part, message, put_together, text, text_of};
use self::slow::Slow;
use super::chat::{Says, TestChat};
use super::seen::{Message, Shown, strings};
use crate::fake_discord::permissions::MANAGE_GUILD;
use crate::fake_discord::{Attachment, Config, Extras, FakeDiscord, Id};

/// What Discord's client takes as a message; a longer text it offers to send as a file.
const MESSAGE_MAX: usize = 2_000;
/// What the client calls such a file.
const LONG_TEXT: &str = "message.txt";
/// Messages of Discord's own: that a thread was made, and what it hangs from.
const OF_DISCORD: [u64; 2] = [18, 21];

/// The fake Discord as people in a story use it.
pub(crate) struct DiscordTestChat {
    fake: FakeDiscord,
    client: reqwest::Client,
    owner: Id,
    /// The server that stories play in.
    guild: Id,
    /// Who holds it runs the server.
    admins: Id,
    state: Mutex<State>,
    /// Who tells what time it is and settles, running or not.
    host: Mutex<Option<Arc<dyn Host>>>,
    defer_after: Option<Duration>,
    /// There while the bot's process runs.
    adapter: tokio::sync::Mutex<Option<Adapter>>,
}

#[derive(Debug, Default)]
struct State {
    /// Ids of people by name, those who have left included.
    people: BTreeMap<String, Id>,
    names: Names,
    channels: Vec<Id>,
    /// Messages that people have deleted, as they were.
    deleted: Vec<Value>,
    asked: Asked,
}

/// Ids are numbers that stories know as text.
fn snowflake(id: &str) -> Id {
    id.parse().unwrap_or_else(|_| panic!("“{id}” is no id of Discord's"))
}

impl DiscordTestChat {
    /// A server with the bot in it.
    pub(crate) async fn start(clock: Clock) -> Self {
        Self::start_as(Config::new(clock), None).await
    }

    /// The same on a Discord of one's own, and with a bot that announces answers after this time,
    /// because it needs longer.
    pub(crate) async fn start_as(config: Config, defer_after: Option<Duration>) -> Self {
        let fake = FakeDiscord::start(config).await;
        let owner = fake.person("Owner");
        let guild = fake.guild("team", owner);
        let admins = fake.role(guild, "admins", MANAGE_GUILD, false);
        Self {
            fake,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            owner,
            guild,
            admins,
            state: Mutex::default(),
            host: Mutex::default(),
            defer_after,
            adapter: tokio::sync::Mutex::default(),
        }
    }

    /// The Discord underneath, for what no platform but it has.
    pub(crate) fn fake(&self) -> &FakeDiscord {
        &self.fake
    }

    /// The server that stories play in.
    pub(crate) fn guild(&self) -> Id {
        self.guild
    }

    /// The server of a channel that was made elsewhere.
    pub(crate) fn guild_of(&self, channel: &str) -> Id {
        let shown = self.fake.channel_as_shown(snowflake(channel)).expect("the channel");
        snowflake(&text_of(&shown["guild_id"]))
    }

    /// Waits until the bot's side has given Discord up by itself, and says why.
    pub(crate) async fn ended(&self) -> Result<(), Closed> {
        let adapter = self.adapter.lock().await;
        adapter.as_ref().expect("the bot's process runs").ended().await
    }

    /// Somebody deletes a channel with its threads, or a thread. What stood in it stays known, as to who has read it.
    pub(crate) fn delete_place(&self, place: Id) {
        let mut gone = self.fake.messages(place);
        let threads: Vec<Id> = gone.iter().map(|message| snowflake(&text_of(&message["id"]))).collect();
        gone.extend(threads.into_iter().flat_map(|thread| self.fake.messages(thread)));
        self.fake.delete_channel(place);
        self.state().deleted.extend(gone);
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

    fn any_channel(&self) -> Id {
        self.state().channels[0]
    }

    fn add_channel(&self, guild: Id, name: &str) -> String {
        let channel = self.fake.channel(guild, name, &[]);
        let mut state = self.state();
        state.channels.push(channel);
        state.names.channels.insert(channel.to_string(), name.to_owned());
        channel.to_string()
    }

    /// A message that stands in a channel, a thread or a direct channel, in its parts.
    fn posted_parts(&self, message: &str) -> Vec<Value> {
        let place = self.fake.place(snowflake(message));
        let all = self.fake.messages(place.unwrap_or_else(|| panic!("message {message} is not there")));
        let parts = put_together(&all).into_iter().find(|parts| parts[0]["id"] == message);
        parts.unwrap_or_else(|| panic!("message {message} is a part")).into_iter().cloned().collect()
    }

    /// What stands in a channel, a thread or a direct channel, as people read it.
    fn read(&self, standing: &[Value]) -> Vec<Message> {
        let (state, bot) = (self.state(), self.fake.bot().to_string());
        let of_people =
            |parts: &&Vec<&Value>| parts[0]["type"].as_u64().is_none_or(|kind| !OF_DISCORD.contains(&kind));
        let together = put_together(standing);
        let messages = together.iter().filter(of_people).map(|parts| {
            let replies = parts[0]["thread"]["message_count"].as_i64();
            message(parts, &state.names, parts[0]["author"]["id"] == *bot, replies)
        });
        messages.collect()
    }

    /// Every place but direct channels: channels, and threads whether or not what they hang from still stands.
    fn places(&self) -> Vec<Vec<Value>> {
        let (channels, deleted) = {
            let state = self.state();
            let deleted: Vec<Id> =
                state.deleted.iter().map(|gone| snowflake(&text_of(&gone["id"]))).collect();
            (state.channels.clone(), deleted)
        };
        let mut places: Vec<Vec<Value>> =
            channels.iter().map(|channel| self.fake.messages(*channel)).collect();
        let standing = places.iter().flatten().map(|message| snowflake(&text_of(&message["id"])));
        let threads: Vec<Id> = standing.chain(deleted).collect();
        places.extend(threads.into_iter().map(|thread| self.fake.messages(thread)));
        places
    }
}

impl TestChat for DiscordTestChat {
    fn platform(&self) -> Platform {
        Platform::Discord
    }

    fn port(&self) -> BoxFuture<'_, Arc<dyn Chat>> {
        Box::pin(async {
            let adapter = Adapter::new(&self.fake.base(), &self.fake.token(), self.defer_after);
            let port = adapter.port();
            *self.adapter.lock().await = Some(adapter);
            port
        })
    }

    fn connect(&self, bot: Arc<dyn Host>) -> BoxFuture<'_, ()> {
        *self.host.lock().unwrap() = Some(Arc::clone(&bot));
        Box::pin(async move {
            if let Some(adapter) = self.adapter.lock().await.as_ref() {
                let slow = || Arc::new(Slow { bot: Arc::clone(&bot) as _, fake: self.fake.clone() }) as _;
                adapter.connect(if self.defer_after.is_some() { slow() } else { bot }).await;
            }
        })
    }

    fn disconnect(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let adapter = self.adapter.lock().await.take();
            if let Some(adapter) = adapter {
                adapter.stop().await;
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
            let people: Vec<Id> = self.state().people.values().copied().collect();
            all.extend(people.into_iter().flat_map(|person| self.fake.directs(person)));
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
        let known = self.state().people.get(name).copied();
        let person = known.unwrap_or_else(|| self.fake.person(name));
        let roles = if admin { vec![self.admins] } else { Vec::new() };
        self.fake.join(self.guild, person, &roles);
        let mut state = self.state();
        state.people.insert(name.to_owned(), person);
        state.names.people.insert(person.to_string(), name.to_owned());
        Box::pin(async move { person.to_string() })
    }

    fn channel<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async { self.add_channel(self.guild, name) })
    }

    fn channel_elsewhere<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        let guild = self.fake.guild("other", self.owner);
        for person in self.state().people.values() {
            self.fake.join(guild, *person, &[]);
        }
        Box::pin(async move { self.add_channel(guild, name) })
    }

    fn leaves<'a>(&'a self, person: &'a str) -> BoxFuture<'a, ()> {
        self.fake.leave(self.guild, snowflake(person));
        Box::pin(async {})
    }

    fn say<'a>(&'a self, person: &'a str, says: Says<'a>) -> BoxFuture<'a, String> {
        let long = says.text.chars().count() > MESSAGE_MAX;
        let files = says.files.iter().copied().chain(long.then_some((LONG_TEXT, says.text)));
        let attachments = files.map(|(name, text)| Attachment::text(name, text)).collect();
        let extras = Extras { attachments, ..Extras::default() };
        let place = snowflake(says.thread.unwrap_or(says.channel));
        let text = if long { "" } else { says.text };
        let id = self.fake.say_with(snowflake(person), place, text, extras);
        Box::pin(async move { id.to_string() })
    }

    fn history<'a>(&'a self, thread: &'a str, messages: &'a [(String, String)]) -> BoxFuture<'a, ()> {
        for (person, text) in messages {
            self.fake.insert(snowflake(person), snowflake(thread), text, None);
        }
        Box::pin(async {})
    }

    fn edit<'a>(&'a self, _person: &'a str, message: &'a str, text: &'a str) -> BoxFuture<'a, ()> {
        self.fake.edit(snowflake(message), text);
        Box::pin(async {})
    }

    fn delete<'a>(&'a self, _person: &'a str, message: &'a str) -> BoxFuture<'a, ()> {
        for part in self.posted_parts(message) {
            self.fake.delete(snowflake(&text_of(&part["id"])));
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
        // Channels are chosen from a list.
        field != "admin_mentions"
            || self.state().names.channels.values().any(|name| value == format!("#{name}"))
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
            // A look takes a way over a socket and back, so that whoever looks again and again keeps nobody from work.
            let nothing = format!("{}/attachments/0/0/nothing", self.fake.base());
            self.client.get(nothing).send().await.unwrap();
            let mut standing = self.fake.messages(snowflake(thread.unwrap_or(channel)));
            if thread.is_none() {
                standing.extend(self.fake.directs(snowflake(person)));
                standing.sort_by_key(|message| snowflake(&text_of(&message["id"])));
            }
            self.read(&standing)
        })
    }

    fn notices<'a>(&'a self, person: &'a str) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move { self.read(&self.fake.directs(snowflake(person))) })
    }

    fn all_seen_by<'a>(&'a self, person: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move {
            let mut all: Vec<Value> = self.places().into_iter().flatten().collect();
            all.extend(self.fake.directs(snowflake(person)));
            let beside = strings(&Value::Array(self.fake.commands()).to_string());
            let raw = strings(&Value::Array(all.clone()).to_string());
            let names = &self.state().names;
            let read = all.iter().map(|message| text(message, names)).collect::<Vec<_>>().join("\n");
            format!("{beside}{raw}{read}")
        })
    }

    fn markdown(&self, text: &str) -> String {
        plain(text, &self.state().names)
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
