//! What the real binary holds in memory while it is connected to many servers.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use studybot::clock::Clock;
use tokio::runtime::Builder;

use super::fake_discord::permissions::{SEND_MESSAGES, VIEW_CHANNEL};
use super::fake_discord::{Config, FakeDiscord, Overwrite};
use super::load::at_rate;
use super::world::{Server, config, server, start, words};
use super::{line, verdict};

pub(crate) const SERVERS: usize = 2_500;
/// Discord recommends one for about a thousand servers.
const SHARDS: u64 = 3;
const CHANNELS_EACH: usize = 30;
const ROLES_EACH: usize = 20;
/// A few servers are as large as Discord lets them be.
const LARGE_EACH: usize = 500;
const CHANNELS_LARGE: usize = 500;
const STUDY_CHANNELS: usize = 20;
const MEMBERS: usize = 2_000;
const GOAL_KIB: u64 = 40 * 1_024;
const MESSAGES_PER_SECOND: u32 = 1_000;
const MESSAGES: usize = 10_000;

/// Ends the bot with the benchmark, however that ends.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The binary to measure: `STUDYBOT_BENCH_BINARY`, or the one that was built with the benchmark.
fn binary() -> PathBuf {
    std::env::var_os("STUDYBOT_BENCH_BINARY")
        .map_or_else(|| env!("CARGO_BIN_EXE_studybot").into(), PathBuf::from)
}

/// Runs it, and reports.
pub(crate) fn run() {
    if !Path::new("/proc/self/status").exists() {
        println!("  skipped: this machine has no /proc, which tells a process's resident memory");
        return;
    }
    let clock = Clock::system(0);
    let fake = start(Config { shards: SHARDS, ..config(clock) });
    let mut servers: Vec<Server> = (0..SERVERS).map(|number| furnished(&fake, number)).collect();
    let home = server(&fake, "study", STUDY_CHANNELS, MEMBERS);
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(binary())
        .args(["run", "--data"])
        .arg(folder.path())
        .env("DISCORD_TOKEN", fake.token())
        .env("DISCORD_API_BASE", fake.base())
        .env("STUDYBOT_LOG", "error")
        .stdin(Stdio::null())
        .spawn();
    let bot = Bot(child.unwrap());
    servers.push(home);
    Builder::new_current_thread().enable_all().build().unwrap().block_on(measure(&fake, &servers, &bot));
    drop(bot);
    fake.stop();
}

/// A server as large as many are: its GUILD_CREATE is what a connection has to read.
fn furnished(fake: &FakeDiscord, number: usize) -> Server {
    let channels = if number.is_multiple_of(LARGE_EACH) { CHANNELS_LARGE } else { CHANNELS_EACH };
    let made = server(fake, &format!("A server of the number {number}"), 0, 3);
    for role in 0..ROLES_EACH {
        fake.role(made.id, &format!("A role of the number {role}"), VIEW_CHANNEL, false);
    }
    let hidden = Overwrite { of: made.members[1], person: true, allow: 0, deny: SEND_MESSAGES };
    let shown = Overwrite { of: made.members[2], person: true, allow: VIEW_CHANNEL, deny: 0 };
    let overwrites = [hidden, shown];
    let channel =
        |channel: usize| fake.channel(made.id, &format!("a-channel-of-the-number-{channel}"), &overwrites);
    Server { channels: (0..channels).map(channel).collect(), ..made }
}

async fn measure(fake: &FakeDiscord, servers: &[Server], bot: &Bot) {
    // Three shards identify five seconds after one another.
    connected(fake).await;
    fake.sync().await;
    let after = resident(bot);
    begin_rounds(fake, servers.last().unwrap()).await;
    let (for_load, places) = (fake.clone(), places(fake, servers));
    let load = tokio::task::spawn_blocking(move || {
        at_rate(MESSAGES_PER_SECOND, |number| {
            let (person, place) = places[number % places.len()];
            for_load.say(person, place, &words(number));
            number + 1 < MESSAGES
        });
    });
    load.await.unwrap();
    fake.sync().await;
    let loaded = resident(bot);
    report("with every server connected", after, &goal(after));
    let beside =
        format!("{STUDY_CHANNELS} rounds opened, {MESSAGES} messages at {MESSAGES_PER_SECOND} a second");
    report("after traffic", loaded, &format!("{}; {beside}", goal(loaded)));
    let most = kib(bot, "VmHWM:");
    report("at most, ever", most, "");
    for problem in fake.problems() {
        println!("  the fake noticed: {problem}");
    }
}

fn goal(found: u64) -> String {
    format!("goal {} MiB ({})", GOAL_KIB / 1_024, verdict(found <= GOAL_KIB))
}

fn report(what: &str, found: u64, beside: &str) {
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let mib = found as f64 / 1_024.0;
    line(what, &format!("{mib:.1} MiB"), beside);
}

/// Sets study channels up as an organiser does, and has their first questions posted.
async fn begin_rounds(fake: &FakeDiscord, home: &Server) {
    for channel in &home.channels {
        fake.command(home.owner, *channel, "study setup", &[("schedule", "weekdays 09:00")]).await;
        fake.command(home.owner, *channel, "study post-now", &[]).await;
    }
    let lines = 2 * u64::try_from(STUDY_CHANNELS).unwrap();
    wait(|| posts(fake) >= lines).await;
}

fn posts(fake: &FakeDiscord) -> u64 {
    fake.counts().get("POST /channels/{channel_id}/messages").map_or(0, |count| count.requests)
}

/// Who writes where: half in the study channels' threads, half in all other servers.
fn places(fake: &FakeDiscord, servers: &[Server]) -> Vec<(u64, u64)> {
    let (home, others) = servers.split_last().unwrap();
    let threads = fake.requests_to("POST", "/channels/{channel_id}/messages/{message_id}/threads");
    let threads: Vec<u64> =
        threads.iter().map(|request| request.path.split('/').nth(4).unwrap().parse().unwrap()).collect();
    let answers =
        home.members.iter().enumerate().map(|(number, person)| (*person, threads[number % threads.len()]));
    let elsewhere = others.iter().map(|server| (server.members[0], server.channels[0]));
    answers.zip(elsewhere).flat_map(|(answer, chatter)| [answer, chatter]).collect()
}

async fn connected(fake: &FakeDiscord) {
    let shards = usize::try_from(SHARDS).unwrap();
    wait(|| fake.intents().len() == shards).await;
    fake.connected(shards).await;
}

/// Waits for what takes longer than tests wait for anything.
async fn wait(mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn resident(bot: &Bot) -> u64 {
    kib(bot, "VmRSS:")
}

fn kib(bot: &Bot, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bot.0.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
