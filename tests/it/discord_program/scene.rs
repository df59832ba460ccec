//! A server with people, on which the real binary is the bot.

use std::collections::BTreeMap;

use serde_json::Value;
use studybot::clock::Clock;
use tokio::sync::watch;

use crate::fake_discord::{Config, FakeDiscord, Id, Outcome};
use crate::scene::{self, Killed, Place};

/// The address by which a part of a message carries its key.
const KEY_ADDRESS: &str = "https://discord.com/#";

pub(super) type Scene = scene::Scene<Server>;

/// One server.
pub(crate) struct Server {
    pub(crate) fake: FakeDiscord,
    pub(crate) guild: Id,
    pub(crate) channel: Id,
    /// Owns the server, so she organises.
    pub(crate) mara: Id,
    pub(crate) jonas: Id,
    pub(crate) priya: Id,
    pub(crate) lena: Id,
}

impl Server {
    /// A server with one channel, in which the bot is not set up yet.
    pub(crate) async fn with(config: Config) -> Self {
        let fake = FakeDiscord::start(config).await;
        let mara = fake.person("Mara");
        let guild = fake.guild("team", mara);
        let channel = fake.channel(guild, "cloud-security", &[]);
        let member = |name| fake.member(guild, name, &[]);
        let (jonas, priya, lena) = (member("Jonas"), member("Priya"), member("Lena"));
        Self { fake, guild, channel, mara, jonas, priya, lena }
    }

    pub(super) fn people(&self) -> [Id; 4] {
        [self.mara, self.jonas, self.priya, self.lena]
    }

    /// The ids of the messages that stand on Discord with a key, by key and part.
    pub(crate) fn keyed(&self) -> BTreeMap<String, Vec<Id>> {
        let fake = &self.fake;
        let mut all = fake.messages(self.channel);
        let threads: Vec<Id> = all.iter().map(id_of).collect();
        all.extend(threads.into_iter().flat_map(|thread| fake.messages(thread)));
        all.extend(self.people().iter().flat_map(|person| fake.directs(*person)));
        let mut keyed = BTreeMap::<String, Vec<Id>>::new();
        for message in &all {
            let key = message["embeds"][0]["url"].as_str().and_then(|url| url.strip_prefix(KEY_ADDRESS));
            if let Some(key) = key {
                keyed.entry(key.to_owned()).or_default().push(id_of(message));
            }
        }
        keyed
    }
}

impl Place for Server {
    type Fake = FakeDiscord;

    fn fake(&self) -> &FakeDiscord {
        &self.fake
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("DISCORD_TOKEN", self.fake.token()), ("DISCORD_API_BASE", self.fake.base())]
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.fake.changes()
    }

    fn requests(&self) -> u64 {
        self.fake.total().requests
    }

    fn sessions(&self) -> u64 {
        self.fake.gateway_counts().identifies
    }

    fn is_connected(&self) -> bool {
        self.fake.is_connected()
    }

    fn problems(&self) -> Vec<String> {
        self.fake.problems()
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.fake.token()]
    }

    fn standing(&self) -> BTreeMap<String, usize> {
        self.keyed().into_iter().map(|(key, ids)| (key, ids.len())).collect()
    }
}

impl Scene {
    /// A server with one channel, in which the bot is not set up yet. Nothing runs.
    pub(super) async fn new(name: &str) -> Self {
        Self::with(name, Config::new(Clock::system(0))).await
    }

    /// As [`Scene::new`], on a Discord like this.
    pub(super) async fn with(name: &str, config: Config) -> Self {
        Self::at(Server::with(config).await, name)
    }

    /// Waits for the answer to what somebody did.
    pub(super) async fn answer_to(&mut self, interaction: Id) -> Result<Outcome, Killed> {
        self.until("answer to an interaction", |fake| fake.outcome_if_done(interaction)).await
    }
}

pub(crate) fn id_of(message: &Value) -> Id {
    message["id"].as_str().unwrap().parse().unwrap()
}

/// The control of a message that carries this label.
pub(crate) fn control(components: &[Value], label: &str) -> Option<Value> {
    let controls = components.iter().filter_map(|row| row["components"].as_array()).flatten();
    controls.into_iter().find(|control| control["label"] == label || control["placeholder"] == label).cloned()
}
