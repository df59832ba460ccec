//! A server with people, and the real binary as its bot: started, watched, killed and started again.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use studybot::clock::Clock;
use tempfile::TempDir;
use tokio::time::{Instant, sleep_until};

use crate::fake_discord::{Config, FakeDiscord, Id, Outcome};
use crate::program::{self, PATIENCE, Program};

/// The address by which a part of a message carries its key.
const KEY_ADDRESS: &str = "https://discord.com/#";
/// The bound that the program promises for its end, and a little for a machine that is busy.
const STOPS_WITHIN: Duration = Duration::from_secs(12);
/// How often the database is looked at, which tells nobody that it has changed.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What the program logs unless a test wants more.
const LOG: &str = "studybot=debug,warn";

/// The program was killed, and has to be started again.
#[derive(Debug)]
pub(super) struct Killed;

/// When the program is killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// Not at all.
    Spared,
    /// As soon as it stands at its kill point.
    AtKillPoint,
    /// So long after Discord has been asked so many times.
    AfterRequests(u64, Duration),
}

/// One server, its bot, and a folder for its data.
pub(super) struct Scene {
    /// Said in every failure's message.
    pub(super) name: String,
    pub(super) fake: FakeDiscord,
    pub(super) guild: Id,
    pub(super) channel: Id,
    /// Owns the server, so she organises.
    pub(super) mara: Id,
    pub(super) fate: Fate,
    /// How often it was killed.
    pub(super) kills: usize,
    /// What the program is to log.
    pub(super) log_level: &'static str,
    place: TempDir,
    program: Option<Program>,
    /// Its standard output so far.
    printed: Vec<String>,
}

impl Scene {
    /// A server with one channel, in which the bot is not set up yet. Nothing runs.
    pub(super) async fn new(name: &str) -> Self {
        Self::with(name, Config::new(Clock::system(0))).await
    }

    /// As [`Scene::new`], on a Discord like this.
    pub(super) async fn with(name: &str, config: Config) -> Self {
        let fake = FakeDiscord::start(config).await;
        let mara = fake.person("Mara");
        let guild = fake.guild("team", mara);
        let channel = fake.channel(guild, "cloud-security", &[]);
        Self {
            name: name.to_owned(),
            fake,
            guild,
            channel,
            mara,
            fate: Fate::Spared,
            kills: 0,
            log_level: LOG,
            place: tempfile::tempdir().unwrap(),
            program: None,
            printed: Vec::new(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The program with the variables that an operator sets, and no other.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = program::studybot(words);
        command.current_dir(self.place.path());
        command.env("DISCORD_TOKEN", self.fake.token()).env("DISCORD_API_BASE", self.fake.base());
        command.env("STUDYBOT_DATA", self.path("data"));
        command
    }

    /// Starts `studybot run`; `kill_point` is `name:count`.
    pub(super) fn start(&mut self, kill_point: Option<&str>) {
        let mut command = self.command(&["run"]);
        command.env("STUDYBOT_LOG", self.log_level);
        if let Some(point) = kill_point {
            command.env("STUDYBOT_KILL_POINT", point);
            self.fate = Fate::AtKillPoint;
        }
        self.start_as(command);
    }

    /// Starts what [`Scene::command`] has made ready.
    pub(super) fn start_as(&mut self, command: Command) {
        self.program = Some(Program::spawn(command, &self.path("log")));
    }

    /// Starts the program after it was killed, to live. Returns once it is connected and has made up for what it missed.
    pub(super) async fn restart(&mut self) {
        self.fate = Fate::Spared;
        let before = self.fake.gateway_counts().identifies;
        self.start(None);
        self.connected_since(before).await.expect("it is not killed again");
        self.settled().await.expect("it is not killed again");
    }

    /// Waits for a session that is newer than so many.
    pub(super) async fn connected_since(&mut self, identifies: u64) -> Result<(), Killed> {
        self.until("a new session", |fake| {
            let counts = fake.gateway_counts();
            (counts.identifies > identifies && fake.is_connected()).then_some(())
        })
        .await
    }

    /// Waits until a look at the fake finds something, or the program is killed.
    pub(super) async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&FakeDiscord) -> Option<T>,
    ) -> Result<T, Killed> {
        let (mut changes, deadline) = (self.fake.changes(), Instant::now() + PATIENCE);
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(&self.fake) {
                return Ok(found);
            }
            self.meet_fate().await?;
            let program = self.program.as_mut().expect("the program was started");
            tokio::select! {
                biased;
                line = program.next_line() => self.printed_line(line)?,
                changed = changes.changed() => changed.unwrap(),
                () = sleep_until(deadline) => panic!("{}: no {what}; {}", self.name, self.log_tail()),
            }
        }
    }

    /// Kills the program when Discord has been asked often enough.
    async fn meet_fate(&mut self) -> Result<(), Killed> {
        if let Fate::AfterRequests(requests, pause) = self.fate
            && self.fake.total().requests >= requests
        {
            // The experiment: the kill comes at any moment of what goes on.
            tokio::time::sleep(pause).await;
            return Err(self.kill());
        }
        Ok(())
    }

    fn printed_line(&mut self, line: Option<String>) -> Result<(), Killed> {
        let Some(line) = line else { panic!("{}: it ended by itself; {}", self.name, self.log_tail()) };
        let at_kill_point = line.starts_with("kill point ");
        self.printed.push(line);
        if at_kill_point { Err(self.kill()) } else { Ok(()) }
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) -> Killed {
        self.program.take().expect("the program was started").kill();
        self.kills += 1;
        Killed
    }

    /// Waits until the bot has nothing to send, or is killed.
    pub(super) async fn settled(&mut self) -> Result<(), Killed> {
        let deadline = Instant::now() + PATIENCE;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        while self.count("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'dead')").await > 0 {
            self.meet_fate().await?;
            let program = self.program.as_mut().expect("the program was started");
            tokio::select! {
                biased;
                line = program.next_line() => self.printed_line(line)?,
                _ = looks.tick() => {}
                () = sleep_until(deadline) => panic!("{}: unsettled; {}", self.name, self.log_tail()),
            }
        }
        Ok(())
    }

    /// Waits for the answer to what somebody did.
    pub(super) async fn answer_to(&mut self, interaction: Id) -> Result<Outcome, Killed> {
        self.until("answer to an interaction", |fake| fake.outcome_if_done(interaction)).await
    }

    /// SIGTERM, which it must obey soon.
    pub(super) async fn stop(&mut self) {
        let mut program = self.program.take().expect("the program was started");
        program.signal("TERM");
        let status = program.ended(STOPS_WITHIN).await;
        assert!(status.success(), "{}: stopped with {status}; {}", self.name, self.log_tail());
        self.drain(&mut program).await;
    }

    /// Waits for an end of its own making, which is no good one.
    pub(super) async fn ends_badly(&mut self) {
        let mut program = self.program.take().expect("the program was started");
        let status = program.ended(PATIENCE).await;
        assert_eq!(status.code(), Some(1), "{}: ended with {status}; {}", self.name, self.log_tail());
        self.drain(&mut program).await;
    }

    async fn drain(&mut self, program: &mut Program) {
        while let Some(line) = program.next_line().await {
            self.printed.push(line);
        }
    }

    /// Standard error of all starts, then standard output.
    pub(super) fn all_output(&self) -> String {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        format!("{log}\n{}", self.printed.join("\n"))
    }

    pub(super) fn log_tail(&self) -> String {
        let log = self.all_output();
        let from = log.char_indices().rev().nth(4_000).map_or(0, |(at, _)| at);
        format!("its output ends: …{}\nthe fake has noted: {:#?}", &log[from..], self.fake.problems())
    }

    /// Runs what [`Scene::command`] has made ready to its end, while the fake goes on.
    pub(super) async fn output(&self, mut command: Command) -> Output {
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// The ids of the messages that stand on Discord with a key, by key and part.
    pub(super) fn keyed(&self) -> BTreeMap<String, Vec<Id>> {
        keyed(&self.fake, self.channel, &[])
    }

    async fn database(&self) -> Option<SqliteConnection> {
        let file = self.path("data/studybot.db");
        SqliteConnectOptions::new().filename(file).read_only(true).connect().await.ok()
    }

    /// What a statement counts; 0 while there is no database.
    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        let Some(mut database) = self.database().await else { return 0 };
        sqlx::query_scalar(sql).fetch_one(&mut database).await.unwrap_or(0)
    }

    /// The texts that a statement gives.
    pub(super) async fn texts(&self, sql: &'static str) -> Vec<String> {
        let Some(mut database) = self.database().await else { return Vec::new() };
        sqlx::query_scalar(sql).fetch_all(&mut database).await.unwrap_or_default()
    }

    /// `doctor` finds nothing.
    pub(super) fn doctor_is_content(&self) {
        let output = self.command(&["doctor"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("All is well."), "{}: doctor: {said}", self.name);
    }
}

/// The bot's messages in a channel, in the threads of its messages, and in these people's direct channels.
pub(super) fn keyed(fake: &FakeDiscord, channel: Id, people: &[Id]) -> BTreeMap<String, Vec<Id>> {
    let mut all = fake.messages(channel);
    let threads: Vec<Id> = all.iter().map(id_of).collect();
    all.extend(threads.into_iter().flat_map(|thread| fake.messages(thread)));
    all.extend(people.iter().flat_map(|person| fake.directs(*person)));
    let mut keyed = BTreeMap::<String, Vec<Id>>::new();
    for message in &all {
        if let Some(key) = message["embeds"][0]["url"].as_str().and_then(|url| url.strip_prefix(KEY_ADDRESS))
        {
            keyed.entry(key.to_owned()).or_default().push(id_of(message));
        }
    }
    keyed
}

pub(super) fn id_of(message: &Value) -> Id {
    message["id"].as_str().unwrap().parse().unwrap()
}

/// The control of a message that carries this label.
pub(super) fn control(components: &[Value], label: &str) -> Option<Value> {
    let controls = components.iter().filter_map(|row| row["components"].as_array()).flatten();
    controls.into_iter().find(|control| control["label"] == label || control["placeholder"] == label).cloned()
}
