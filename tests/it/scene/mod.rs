//! A chat platform with people, and the real binary as its bot: started, watched, killed and started again.
//!
//! What stands on the platform is the fake's own record; what the bot keeps is read from its database.

pub(crate) mod job;
pub(crate) mod kills;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::program::{self, PATIENCE, Program};

/// The bound that the program promises for its end, and a little for a machine that is busy.
const STOPS_WITHIN: Duration = Duration::from_secs(12);
/// How often the database is looked at, which tells nobody that it has changed.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What the program logs unless a test wants more.
const LOG: &str = "studybot=debug,warn";

/// What a scene plays on.
pub(crate) trait Place {
    /// The platform.
    type Fake;

    fn fake(&self) -> &Self::Fake;
    /// What an operator sets so that the bot works there.
    fn variables(&self) -> Vec<(&'static str, String)>;
    /// Counts up whenever something changes on the platform.
    fn changes(&self) -> watch::Receiver<u64>;
    /// Requests of the bot's so far.
    fn requests(&self) -> u64;
    /// Sessions or connections that the bot has begun so far.
    fn sessions(&self) -> u64;
    /// Whether the newest of them is the one that stands.
    fn is_connected(&self) -> bool;
    /// What the bot did that a sound bot never does.
    fn problems(&self) -> Vec<String>;
    /// What nobody may read in a log.
    fn secrets(&self) -> Vec<String>;
    /// How often each message of the bot's stands, by key and part, direct ones included.
    fn standing(&self) -> BTreeMap<String, usize>;
}

/// The program was killed, and has to be started again.
#[derive(Debug)]
pub(crate) struct Killed;

/// When the program is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// Not at all.
    Spared,
    /// As soon as it stands at its kill point.
    AtKillPoint,
    /// So long after the platform has been asked so many times.
    AfterRequests(u64, Duration),
}

/// A place, its bot, and a folder for its data.
pub(crate) struct Scene<P> {
    /// Said in every failure's message.
    pub(crate) name: String,
    pub(crate) fate: Fate,
    /// How often it was killed.
    pub(crate) kills: usize,
    /// What the program is to log.
    pub(crate) log_level: &'static str,
    place: P,
    folder: TempDir,
    program: Option<Program>,
    /// Its standard output so far.
    printed: Vec<String>,
}

impl<P> Deref for Scene<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.place
    }
}

impl<P: Place> Scene<P> {
    /// A scene in which nothing runs yet.
    pub(crate) fn at(place: P, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            fate: Fate::Spared,
            kills: 0,
            log_level: LOG,
            place,
            folder: tempfile::tempdir().unwrap(),
            program: None,
            printed: Vec::new(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with the variables that an operator sets, and no other.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = program::studybot(words);
        command.current_dir(self.folder.path());
        command.envs(self.place.variables()).env("STUDYBOT_DATA", self.path("data"));
        command
    }

    /// Starts `studybot run`; `kill_point` is `name:count`.
    pub(crate) fn start(&mut self, kill_point: Option<&str>) {
        let mut command = self.command(&["run"]);
        command.env("STUDYBOT_LOG", self.log_level);
        if let Some(point) = kill_point {
            command.env("STUDYBOT_KILL_POINT", point);
            self.fate = Fate::AtKillPoint;
        }
        self.start_as(command);
    }

    /// Starts what [`Scene::command`] has made ready.
    pub(crate) fn start_as(&mut self, command: Command) {
        self.program = Some(Program::spawn(command, &self.path("log")));
    }

    /// Starts the program after it was killed, to live. Returns once it is connected and has made up for what it missed.
    pub(crate) async fn restart(&mut self) {
        self.fate = Fate::Spared;
        let before = self.place.sessions();
        self.start(None);
        self.connected_since(before).await.expect("it is not killed again");
        self.settled().await.expect("it is not killed again");
    }

    /// Waits for a connection that is newer than so many.
    pub(crate) async fn connected_since(&mut self, sessions: u64) -> Result<(), Killed> {
        self.until_so("new connection", |place| {
            (place.sessions() > sessions && place.is_connected()).then_some(())
        })
        .await
    }

    /// Waits until a look at the fake finds something, or the program is killed.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&P::Fake) -> Option<T>,
    ) -> Result<T, Killed> {
        self.until_so(what, |place| look(place.fake())).await
    }

    /// As [`Scene::until`], of the whole place.
    pub(crate) async fn until_so<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&P) -> Option<T>,
    ) -> Result<T, Killed> {
        let (mut changes, deadline) = (self.place.changes(), Instant::now() + PATIENCE);
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(&self.place) {
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

    /// Kills the program when the platform has been asked often enough.
    async fn meet_fate(&mut self) -> Result<(), Killed> {
        if let Fate::AfterRequests(requests, pause) = self.fate
            && self.place.requests() >= requests
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
    pub(crate) fn kill(&mut self) -> Killed {
        self.program.take().expect("the program was started").kill();
        self.kills += 1;
        Killed
    }

    /// Waits until the bot has nothing to send, or is killed.
    pub(crate) async fn settled(&mut self) -> Result<(), Killed> {
        self.until_count("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'dead')", |count| {
            count == 0
        })
        .await
    }

    /// Waits until what a statement counts is enough, or the program is killed.
    pub(crate) async fn until_count(
        &mut self,
        sql: &'static str,
        is_enough: impl Fn(i64) -> bool,
    ) -> Result<(), Killed> {
        let deadline = Instant::now() + PATIENCE;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        while !is_enough(self.count(sql).await) {
            self.meet_fate().await?;
            let program = self.program.as_mut().expect("the program was started");
            tokio::select! {
                biased;
                line = program.next_line() => self.printed_line(line)?,
                _ = looks.tick() => {}
                () = sleep_until(deadline) => panic!("{}: {sql}; {}", self.name, self.log_tail()),
            }
        }
        Ok(())
    }

    /// Waits until something stands in the log.
    pub(crate) async fn logged(&mut self, words: &str) {
        let log = self.path("log");
        let is_there =
            program::poll(PATIENCE, async || fs::read_to_string(&log).is_ok_and(|log| log.contains(words)));
        assert!(is_there.await, "{}: “{words}” is never logged; {}", self.name, self.log_tail());
    }

    /// SIGTERM, which it must obey soon.
    pub(crate) async fn stop(&mut self) {
        let mut program = self.program.take().expect("the program was started");
        program.signal("TERM");
        let status = program.ended(STOPS_WITHIN).await;
        assert!(status.success(), "{}: stopped with {status}; {}", self.name, self.log_tail());
        self.drain(&mut program).await;
    }

    /// Waits for an end of its own making, which is no good one.
    pub(crate) async fn ends_badly(&mut self) {
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
    pub(crate) fn all_output(&self) -> String {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        format!("{log}\n{}", self.printed.join("\n"))
    }

    /// The last line on standard error of the last start.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.trim_end().lines().last().unwrap_or_default().to_owned()
    }

    pub(crate) fn log_tail(&self) -> String {
        let log = self.all_output();
        let from = log.char_indices().rev().nth(4_000).map_or(0, |(at, _)| at);
        format!("its output ends: …{}\nthe fake has noted: {:#?}", &log[from..], self.place.problems())
    }

    /// Runs what [`Scene::command`] has made ready to its end, while the fake goes on.
    pub(crate) async fn output(&self, mut command: Command) -> Output {
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// It is refused with these words, on standard error alone; it leaves no data, and says no secret.
    pub(crate) async fn refuses(&self, command: Command, words: &[&str], secrets: &[&str]) {
        let output = self.output(command).await;
        let (out, said) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(1), "{words:?}: {out}{said}");
        assert_eq!(out, "", "{said}");
        for word in words {
            assert!(said.contains(word), "{word:?} is not in:\n{said}");
        }
        for internal in ["panicked", "Error(", "Some(", "ERROR"].iter().chain(secrets) {
            assert!(!said.contains(internal), "{internal:?} is in:\n{said}");
        }
        assert_eq!(said.lines().count(), 1, "one message is enough:\n{said}");
        assert!(!self.path("data").exists(), "it leaves a data folder");
    }

    async fn database(&self) -> Option<SqliteConnection> {
        let file = self.path("data/studybot.db");
        SqliteConnectOptions::new().filename(file).read_only(true).connect().await.ok()
    }

    /// What a statement counts; 0 while there is no database.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let Some(mut database) = self.database().await else { return 0 };
        sqlx::query_scalar(sql).fetch_one(&mut database).await.unwrap_or(0)
    }

    /// The texts that a statement gives.
    pub(crate) async fn texts(&self, sql: &'static str) -> Vec<String> {
        let Some(mut database) = self.database().await else { return Vec::new() };
        sqlx::query_scalar(sql).fetch_all(&mut database).await.unwrap_or_default()
    }

    /// `doctor` finds nothing.
    pub(crate) fn doctor_is_content(&self) {
        let output = self.command(&["doctor"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("All is well."), "{}: doctor: {said}", self.name);
    }

    /// Neither a token nor any of these.
    pub(crate) fn nothing_is_in_the_log(&self, texts: &[&str]) {
        let (output, secrets) = (self.all_output(), self.place.secrets());
        for secret in texts.iter().copied().chain(secrets.iter().map(String::as_str)) {
            let line = output.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{}: {secret:?} is logged: {line:?}", self.name);
        }
    }
}
