//! A workspace with people, in which the real binary is the bot.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use studybot::clock::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::fake_slack::{Config, FakeSlack};
use crate::program::{self, PATIENCE};
use crate::scene::{self, Place};

pub(super) type Scene = scene::Scene<Workspace>;

/// One workspace.
pub(crate) struct Workspace {
    pub(crate) fake: FakeSlack,
    pub(crate) channel: String,
    /// An admin, so she organises.
    pub(crate) mara: String,
    pub(crate) jonas: String,
    pub(crate) priya: String,
    pub(crate) lena: String,
    /// Where Slack's calls are taken; `None`: Socket Mode.
    pub(crate) public: Option<SocketAddr>,
}

impl Workspace {
    /// A workspace with one channel, in which the bot is not yet.
    pub(crate) async fn with(config: Config) -> Self {
        let fake = FakeSlack::start(config).await;
        let [mara, jonas, priya, lena] = ["Mara", "Jonas", "Priya", "Lena"].map(|name| fake.person(name));
        fake.admin(&mara, true);
        let channel = fake.channel_without_bot(&fake.team(), "cloud-security");
        Self { fake, channel, mara, jonas, priya, lena, public: None }
    }

    pub(super) fn people(&self) -> [String; 4] {
        [&self.mara, &self.jonas, &self.priya, &self.lena].map(String::clone)
    }

    /// The times of the messages that stand on Slack with a key, by key and part.
    pub(crate) fn keyed(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = self.fake.all_messages(&self.channel);
        all.extend(self.people().iter().flat_map(|person| self.fake.directs(person)));
        let mut keyed = BTreeMap::<String, Vec<String>>::new();
        for message in &all {
            let of = &message["metadata"]["event_payload"];
            if let (Some(key), Some(part)) = (of["key"].as_str(), of["part"].as_u64()) {
                let name = if part == 1 { key.to_owned() } else { format!("{key}.{part}") };
                keyed.entry(name).or_default().push(ts_of(message));
            }
        }
        keyed
    }
}

impl AsRef<Self> for Workspace {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Place for Workspace {
    type Fake = FakeSlack;

    fn fake(&self) -> &FakeSlack {
        &self.fake
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables =
            vec![("SLACK_BOT_TOKEN", self.fake.bot_token()), ("SLACK_API_BASE", self.fake.base())];
        match self.public {
            None => variables.push(("SLACK_APP_TOKEN", self.fake.app_token())),
            Some(public) => {
                variables.push(("SLACK_SIGNING_SECRET", self.fake.signing_secret()));
                variables.push(("STUDYBOT_PUBLIC_LISTEN", public.to_string()));
            }
        }
        variables
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.fake.changes()
    }

    fn requests(&self) -> u64 {
        self.fake.counts().values().map(|count| count.requests).sum()
    }

    fn sessions(&self) -> u64 {
        self.fake.connection_counts().made
    }

    fn is_connected(&self) -> bool {
        self.fake.is_connected()
    }

    fn problems(&self) -> Vec<String> {
        self.fake.problems()
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.fake.bot_token(), self.fake.app_token(), self.fake.signing_secret()]
    }

    fn standing(&self) -> BTreeMap<String, usize> {
        self.keyed().into_iter().map(|(key, times)| (key, times.len())).collect()
    }
}

/// A Slack of today.
pub(super) fn config() -> Config {
    Config::new(Clock::system(0))
}

impl Scene {
    /// A workspace with one channel, in which the bot is not yet. Nothing runs.
    pub(super) async fn new(name: &str) -> Self {
        Self::at(Workspace::with(config()).await, name)
    }

    /// As [`Scene::new`], where Slack calls the bot.
    pub(super) async fn called(name: &str) -> Self {
        let mut workspace = Workspace::with(Config { socket_mode: false, ..config() }).await;
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        workspace.public = Some(taken.local_addr().unwrap());
        Self::at(workspace, name)
    }

    /// Waits until the bot listens, and tells Slack its address.
    pub(super) async fn tell_address(&mut self) {
        let public = self.public.expect("Slack calls the bot");
        let listens = program::poll(PATIENCE, async || TcpStream::connect(public).await.is_ok()).await;
        assert!(listens, "{}: nobody listens; {}", self.name, self.log_tail());
        self.fake.deliver_to(Some(format!("http://{public}")));
    }
}

pub(super) fn ts_of(message: &Value) -> String {
    message["ts"].as_str().unwrap().to_owned()
}
