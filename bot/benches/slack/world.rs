//! A fake workspace, and the bot in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use studybot::chat::slack::{Closed, Settings, Slack, Transport};
use studybot::chat::{Bot, Chats, Platform, Workspace};
use studybot::clock::Clock;
use studybot::db::{Db, answers, rounds};
use studybot::engine::{Engine, Running};
use studybot::packs::Library;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fake_slack::{Config, Extras, FakeSlack, Limits};
use super::shared::load::WatchedChat;
use super::shared::time::words;
use super::shared::{apart, plan};

/// Posts that Slack makes at once in HTTP mode.
const POSTS_AT_ONCE: usize = 100;

/// How the bot hears of what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Socket,
    Http,
}

/// Slack's own limits.
pub(crate) fn config(clock: Clock) -> Config {
    Config { limits: Limits::as_documented(), posts_at_once: POSTS_AT_ONCE, ..Config::new(clock) }
}

/// Starts a fake.
pub(crate) fn start(config: Config) -> FakeSlack {
    apart(move || FakeSlack::start(config))
}

/// Who is there, and where.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) fake: FakeSlack,
    pub(crate) people: Vec<String>,
    pub(crate) channels: Vec<String>,
    pub(crate) teams: [String; 2],
}

/// An organisation with so many people, and so many channels in its two workspaces: the bot never asks the same question
/// in two channels of a workspace at once, and doesn't know enough of them for very many.
pub(crate) fn place(fake: FakeSlack, people: usize, channels: usize) -> Place {
    let people = (0..people).map(|number| fake.person(&format!("Learner {number}"))).collect();
    let teams = [fake.team(), fake.other_team("Network team")];
    let channel = |number: usize| fake.channel(&teams[number % 2], &format!("study-{number}"));
    let channels = (0..channels).map(channel).collect();
    Place { fake, people, channels, teams }
}

impl Place {
    /// The answer of this number: by everybody in turn, and each of one person's into another of the open threads.
    /// Returns its `ts`.
    pub(crate) fn answer(&self, number: usize, open: &[String]) -> String {
        let person = &self.people[number % self.people.len()];
        let thread = &open[(number + number / self.people.len()) % open.len()];
        let (channel, ts) = thread.split_once(':').unwrap();
        self.fake.say(person, channel, Some(ts), &words(number), Extras::default())
    }
}

/// The bot, connected, with a plan for each channel of the place.
pub(crate) struct Connected {
    pub(crate) chat: Arc<WatchedChat<Slack>>,
    pub(crate) engine: Engine,
    db: Db,
    slack: Slack,
    stop: watch::Sender<bool>,
    running: Running,
    connection: JoinHandle<Result<(), Closed>>,
    _folder: tempfile::TempDir,
}

/// Starts the bot, as `studybot run` does.
pub(crate) async fn connect(place: &Place, mode: Mode, clock: Clock) -> Connected {
    let fake = &place.fake;
    let transport = match mode {
        Mode::Socket => Transport::Socket { app_token: SecretString::from(fake.app_token()) },
        Mode::Http => Transport::Http {
            signing_secret: SecretString::from(fake.signing_secret()),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        },
    };
    let now = clock.clone();
    let usual = Settings::new(SecretString::from(fake.bot_token()), transport, Arc::new(move || now.now()));
    let slack = Slack::new(Settings { api_base: fake.base(), ..usual }).unwrap();
    let chat = Arc::new(WatchedChat { inner: slack.clone(), seen: Default::default() });
    let chats = Chats::from([(Platform::Slack, Arc::clone(&chat) as _)]);
    let folder = tempfile::tempdir().unwrap();
    let db = studybot::db::open::open(folder.path(), true).await.unwrap();
    let library = Arc::new(Library::embedded().unwrap());
    let engine = Engine::new(db.clone(), clock, library, Arc::new(chats)).await.unwrap();
    for (number, channel) in place.channels.iter().enumerate() {
        let id = place.teams[number % 2].parse().unwrap();
        plan(&engine, Workspace { platform: Platform::Slack, id }, channel).await;
    }
    let (stop, stopping) = watch::channel(false);
    let running = engine.start(&stopping);
    let (for_slack, bot) = (slack.clone(), Arc::new(engine.clone()) as Arc<dyn Bot>);
    let connection = tokio::spawn(async move { for_slack.run(bot, stopping).await });
    if mode == Mode::Http {
        let address = slack.listening().await.unwrap();
        fake.deliver_to(Some(format!("http://{address}")));
    }
    slack.connected().await;
    Connected { chat, engine, db, slack, stop, running, connection, _folder: folder }
}

impl Connected {
    /// Threads whose first line stands.
    pub(crate) fn open(&self) -> Vec<String> {
        self.chat.seen.lock().unwrap().ready.iter().map(|(thread, _)| thread.clone()).collect()
    }

    /// Messages that are stored in all rounds together.
    pub(crate) async fn stored(&self) -> usize {
        let mut reader = self.db.read().await.unwrap();
        let mut stored = 0;
        for row in rounds::all_unfinished(&mut reader).await.unwrap() {
            stored += answers::known_messages(&mut reader, row.round.id).await.unwrap().len();
        }
        stored
    }

    pub(crate) async fn stop(self, fake: &FakeSlack) {
        self.stop.send(true).unwrap();
        self.running.finish().await;
        self.connection.await.unwrap().unwrap();
        self.slack.settled().await;
        for problem in fake.problems() {
            println!("  the fake noticed: {problem}");
        }
    }
}

/// Waits until `done`, or for so long.
pub(crate) async fn wait(longest: Duration, mut done: impl FnMut() -> bool) {
    let until = tokio::time::Instant::now() + longest;
    while !done() && tokio::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
