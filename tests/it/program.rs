//! The real binary as a process of its own: started, read, signalled, killed. It never outlives its test.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The longest that a test waits for one thing, on a machine that is busy with others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What is shown of a log when something went wrong, in characters.
const TAIL: usize = 4_000;
/// What the program reads from its environment: a developer's own settings are none of a test's.
const VARIABLES: [&str; 14] = [
    "STUDYBOT_DATA",
    "STUDYBOT_LOG",
    "STUDYBOT_KILL_POINT",
    "DISCORD_TOKEN",
    "DISCORD_TOKEN_FILE",
    "DISCORD_API_BASE",
    "SLACK_BOT_TOKEN",
    "SLACK_BOT_TOKEN_FILE",
    "SLACK_APP_TOKEN",
    "SLACK_APP_TOKEN_FILE",
    "SLACK_SIGNING_SECRET",
    "SLACK_SIGNING_SECRET_FILE",
    "SLACK_API_BASE",
    "STUDYBOT_PUBLIC_LISTEN",
];

/// A process whose standard output is read line by line and whose log goes to a file.
pub(crate) struct Program {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    log: PathBuf,
}

impl Program {
    /// Starts `studybot` with these arguments. `kill_point` is `name:count`, for debug builds.
    pub(crate) fn start<A: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = A>,
        kill_point: Option<&str>,
        log: &Path,
    ) -> Self {
        let mut command = studybot(arguments);
        command.env("STUDYBOT_LOG", "studybot=debug,warn");
        if let Some(point) = kill_point {
            command.env("STUDYBOT_KILL_POINT", point);
        }
        Self::spawn(command, log)
    }

    /// Starts what [`studybot`] has made ready.
    pub(crate) fn spawn(mut command: Command, log: &Path) -> Self {
        let to_log = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(to_log).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            // Ends with the process, or when the test stops listening.
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, log: log.to_owned() }
    }

    /// Its next line; `None` once it has ended.
    pub(crate) async fn line(&mut self) -> Option<String> {
        timeout(PATIENCE, self.next_line())
            .await
            .unwrap_or_else(|_| panic!("no line on standard output; {}", self.log_tail()))
    }

    /// As [`Self::line`], however long that takes. Nothing is lost when the wait is given up.
    pub(crate) async fn next_line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// SIGKILL; the process is gone when this returns.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self, within: Duration) -> ExitStatus {
        let mut ended = None;
        let child = &mut self.child;
        poll(within, async || {
            ended = child.try_wait().unwrap();
            ended.is_some()
        })
        .await;
        ended.unwrap_or_else(|| panic!("still running after {within:?}; {}", self.log_tail()))
    }

    /// The end of its log, for a failure's message.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let from = log.char_indices().rev().nth(TAIL).map_or(0, |(at, _)| at);
        format!("its log ends: …{}", &log[from..])
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A running `studybot demo`, spoken to over HTTP.
pub(crate) struct Demo {
    pub(crate) program: Program,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

/// What a start came to.
pub(crate) enum Started {
    Ready(Demo),
    /// It stands at a kill point already.
    AtKillPoint(Program),
}

impl Demo {
    /// The arguments of a demo on a free port.
    pub(crate) fn arguments(folder: &Path, pack: Option<&Path>) -> Vec<OsString> {
        let mut arguments: Vec<OsString> =
            vec!["demo".into(), "--port".into(), "0".into(), "--data".into(), folder.into()];
        if let Some(pack) = pack {
            arguments.extend(["--pack".into(), pack.into()]);
        }
        arguments
    }

    /// Starts a demo and waits until it can be reached, or stands at its kill point.
    pub(crate) async fn try_start(
        folder: &Path,
        pack: Option<&Path>,
        kill_point: Option<&str>,
        log: &Path,
    ) -> Started {
        let mut program = Program::start(Self::arguments(folder, pack), kill_point, log);
        let Some(line) = program.line().await else {
            panic!("the demo ended at once; {}", program.log_tail());
        };
        if line.starts_with("kill point ") {
            return Started::AtKillPoint(program);
        }
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("no address in {line:?}"));
        let _where_the_data_is = program.line().await;
        Started::Ready(Self { program, url, http: reqwest::Client::new() })
    }

    /// Starts a demo without a kill point.
    pub(crate) async fn start(folder: &Path, pack: Option<&Path>, log: &Path) -> Self {
        match Self::try_start(folder, pack, None, log).await {
            Started::Ready(demo) => demo,
            Started::AtKillPoint(_) => unreachable!("no kill point was asked for"),
        }
    }

    /// A GET that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}{path}", self.url)).timeout(PATIENCE).send().await;
        let response =
            response.unwrap_or_else(|error| panic!("{path}: {error}; {}", self.program.log_tail()));
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    /// A POST that must succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        post(&self.http, &self.url, path, body)
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}; {}", self.program.log_tail()))
    }

    /// SIGTERM, and the wait for a good end.
    pub(crate) async fn stop(mut self) {
        self.program.signal("TERM");
        let status = self.program.ended(PATIENCE).await;
        assert!(status.success(), "stopped with {status}; {}", self.program.log_tail());
    }
}

/// A POST. `Err`: nobody knows whether it was taken, because the connection broke. A refusal is a failed test.
pub(crate) async fn post(
    http: &reqwest::Client,
    url: &str,
    path: &str,
    body: &Value,
) -> Result<Value, reqwest::Error> {
    let response = http.post(format!("{url}{path}")).json(body).timeout(PATIENCE).send().await?;
    let status = response.status();
    let text = response.text().await?;
    assert!(status.is_success(), "{path} {body} was refused with {status}: {text}");
    Ok(serde_json::from_str(&text).unwrap())
}

/// Runs `studybot` to its end.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    studybot(arguments).output().unwrap()
}

/// The real binary with these arguments, and none of the variables that it reads.
pub(crate) fn studybot<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_studybot"));
    command.args(arguments).stdin(Stdio::null());
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

/// Looks at the real thing again and again until it is so, for a bounded time. Returns whether it came to be so.
pub(crate) async fn poll(within: Duration, mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    for _ in 0..within.as_millis() / LOOK_EVERY.as_millis() {
        looks.tick().await;
        if is_so().await {
            return true;
        }
    }
    false
}
