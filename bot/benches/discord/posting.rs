//! 500 study channels in 100 servers due in the same second, with answers coming in all the while.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use studybot::chat::discord::{Discord, Settings};
use studybot::chat::{Bot, Chats, Platform, Workspace};
use studybot::clock::Clock;
use studybot::db::{Db, answers, rounds};
use studybot::engine::Engine;
use studybot::packs::Library;
use tokio::sync::watch;

use super::fake_discord::{FakeDiscord, Id};
use super::shared::load::{Latencies, Seen, WatchedBot, WatchedChat, at_rate};
use super::shared::time::{clock_before_due, words};
use super::shared::{line, milliseconds, plan, verdict};
use super::world::{Server, config, server, start};

const SERVERS: usize = 100;
const CHANNELS_EACH: usize = 5;
const CHANNELS: usize = SERVERS * CHANNELS_EACH;
/// So that most answers are a learner's first, which costs most.
const MEMBERS_EACH: usize = 250;
/// A question, its thread and the thread's first line.
const REQUESTS_EACH: usize = 3;
const DISCORD_PER_SECOND: f64 = 50.0;
/// How much longer than Discord's limit needs is the goal.
const POSTING_GOAL: f64 = 1.1;
const ANSWERS_PER_SECOND: u32 = 1_000;
const COMMIT_GOAL: Duration = Duration::from_millis(100);
/// The clock is let go so long before the questions are due.
const LEAD_MS: i64 = 1_000;
/// Longer than this is no answer to anything.
const LONGEST: Duration = Duration::from_secs(90);

type Chat = Arc<WatchedChat<Discord>>;

/// Runs it, and reports.
pub(crate) fn run(bare_per_second: f64, alone: &Latencies) {
    let clock = clock_before_due(LEAD_MS);
    let fake = start(config(clock.clone()));
    let servers: Vec<Server> = (0..SERVERS)
        .map(|number| server(&fake, &format!("server {number}"), CHANNELS_EACH, MEMBERS_EACH))
        .collect();
    // As `studybot run` has it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&fake, servers, clock, bare_per_second, alone));
    fake.stop();
}

async fn measure(
    fake: &FakeDiscord,
    servers: Vec<Server>,
    clock: Clock,
    bare_per_second: f64,
    alone: &Latencies,
) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { api_base: fake.base(), ..Settings::new(SecretString::from(fake.token())) };
    let discord = Discord::new(settings).unwrap();
    let chat: Chat = Arc::new(WatchedChat { inner: discord.clone(), seen: Default::default() });
    let chats = Chats::from([(Platform::Discord, Arc::clone(&chat) as _)]);
    let db = studybot::db::open::open(folder.path(), true).await.unwrap();
    let library = Arc::new(Library::embedded().unwrap());
    let engine = Engine::new(db.clone(), clock.clone(), library, Arc::new(chats)).await.unwrap();
    for (server, channel) in
        servers.iter().flat_map(|server| server.channels.iter().map(move |c| (server, c)))
    {
        let workspace = Workspace { platform: Platform::Discord, id: server.id.to_string().parse().unwrap() };
        plan(&engine, workspace, &channel.to_string()).await;
    }
    let bot = Arc::new(WatchedBot::new(engine.clone()));
    let (stop, stopping) = watch::channel(false);
    let running = engine.start(&stopping);
    let (for_discord, heard) = (discord.clone(), Arc::clone(&bot) as Arc<dyn Bot>);
    let connection = tokio::spawn(async move { for_discord.run(heard, stopping).await });
    discord.connected().await;

    clock.unpin();
    let due = Instant::now() + Duration::from_millis(LEAD_MS.unsigned_abs());
    engine.app().wake().all();
    let over = Arc::new(AtomicBool::new(false));
    let answering = answering(fake.clone(), servers, Arc::clone(&chat), Arc::clone(&over));
    while chat.seen.lock().unwrap().ready.len() < CHANNELS && due.elapsed() < LONGEST {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    over.store(true, Ordering::Relaxed);
    let reacted = chat.seen.lock().unwrap().reactions;
    let too_many = fake.total().too_many;
    let (sent, behind) = tokio::task::spawn_blocking(|| answering.join().unwrap()).await.unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while bot.committed().len() < sent.len() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stored = stored(&db).await;
    let latencies = Latencies::between(&sent, &bot.committed());

    report_posting(&chat.seen.lock().unwrap(), due, too_many, bare_per_second);
    let (half, most) = (latencies.percentile(50), latencies.percentile(99));
    let goal = format!("goal {} ({})", milliseconds(COMMIT_GOAL), verdict(most <= COMMIT_GOAL));
    line("answers committed after, p99", &milliseconds(most), &format!("{goal}; {}", latencies.shown()));
    let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
    let times = format!("{:.1} times", ratio(most, alone.percentile(99)));
    line(
        "… against commits alone, p99",
        &times,
        &format!("p50 {:.1} times", ratio(half, alone.percentile(50))),
    );
    let counts = format!("{} of {}", stored, sent.len());
    line(
        "answers stored",
        &counts,
        &format!("{} of them told; sent at most {} late", latencies.count(), milliseconds(behind)),
    );
    line("reactions given by then", &reacted.to_string(), "they trail, within Discord's limits");

    stop.send(true).unwrap();
    running.finish().await;
    connection.await.unwrap().unwrap();
    discord.settled().await;
}

fn report_posting(seen: &Seen, due: Instant, too_many: u64, bare_per_second: f64) {
    let all = CHANNELS * REQUESTS_EACH;
    let done = seen.posted.len() + seen.ready.len();
    let last = seen.posted.iter().copied().chain(seen.ready.iter().map(|(_, at)| *at)).max().unwrap_or(due);
    let took = (last - due).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let (allowed, bare) = (all as f64 / DISCORD_PER_SECOND, all as f64 / bare_per_second);
    let ratio = took / allowed;
    let goal = format!("goal {POSTING_GOAL} times ({})", verdict(ratio <= POSTING_GOAL && done >= all));
    line(
        "questions, threads and first lines posted in",
        &format!("{took:.1} s"),
        &format!("{done} of {all}; 50 a second allow {allowed:.0} s"),
    );
    line("… against what 50 a second allow", &format!("{ratio:.3} times"), &goal);
    line("… against the bare requests", &format!("{:.3} times", took / bare), "");
    line(
        "refused for too many (429)",
        &too_many.to_string(),
        &format!("goal 0 ({})", verdict(too_many == 0)),
    );
    if seen.failed > 0 {
        line("calls that failed at first", &seen.failed.to_string(), "");
    }
}

type Answering = thread::JoinHandle<(Vec<(String, Instant)>, Duration)>;

/// Answers on a thread of its own from the first open thread on: each by the next member of the server, in the next
/// thread that is open by then.
fn answering(fake: FakeDiscord, servers: Vec<Server>, chat: Chat, over: Arc<AtomicBool>) -> Answering {
    let server_of: HashMap<Id, usize> = servers
        .iter()
        .enumerate()
        .flat_map(|(number, server)| server.channels.iter().map(move |channel| (*channel, number)))
        .collect();
    thread::spawn(move || {
        let mut open: Vec<(Id, usize)> = Vec::new();
        while chat.seen.lock().unwrap().ready.is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        let mut next = vec![0usize; servers.len()];
        let mut sent = Vec::new();
        let behind = at_rate(ANSWERS_PER_SECOND, |number| {
            let new: Vec<String> =
                chat.seen.lock().unwrap().ready[open.len()..].iter().map(|(id, _)| id.clone()).collect();
            for thread in new.iter().map(|id| id.parse::<Id>().unwrap()) {
                let channel = fake.place(thread).unwrap();
                open.push((thread, server_of[&channel]));
            }
            let (thread, server) = open[number % open.len()];
            let member = servers[server].members[next[server] % MEMBERS_EACH];
            next[server] += 1;
            let at = Instant::now();
            sent.push((fake.say(member, thread, &words(number)).to_string(), at));
            !over.load(Ordering::Relaxed)
        });
        (sent, behind)
    })
}

/// Messages that are stored in all rounds together.
async fn stored(db: &Db) -> usize {
    let mut reader = db.read().await.unwrap();
    let mut stored = 0;
    for row in rounds::all_unfinished(&mut reader).await.unwrap() {
        stored += answers::known_messages(&mut reader, row.round.id).await.unwrap().len();
    }
    stored
}
