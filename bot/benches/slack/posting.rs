//! 200 study channels due in the same second, with answers coming in all the while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use studybot::chat::slack::Slack;
use studybot::clock::Clock;

use super::answers::{self, ANSWERS_PER_SECOND};
use super::shared::load::{Latencies, Seen, WatchedChat, at_rate};
use super::shared::time::clock_before_due;
use super::shared::{line, verdict};
use super::world::{Mode, Place, config, connect, place, start, wait};

const PEOPLE: usize = 1_000;
const CHANNELS: usize = 200;
/// A question, and its thread's first line.
const POSTS: usize = CHANNELS * 2;
const SLACK_PER_MINUTE: f64 = 300.0;
/// How much longer than Slack's limit needs is the goal.
const POSTING_GOAL: f64 = 1.1;
/// The clock is let go so long before the questions are due.
const LEAD_MS: i64 = 1_000;
/// Longer than this is no posting.
const LONGEST: Duration = Duration::from_secs(240);

/// Runs it, and reports.
pub(crate) fn run(bare_per_minute: f64, alone: &Latencies) {
    let clock = clock_before_due(LEAD_MS);
    let here = place(start(config(clock.clone())), PEOPLE, CHANNELS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&here, clock, bare_per_minute, alone));
    here.fake.stop();
}

async fn measure(here: &Place, clock: Clock, bare_per_minute: f64, alone: &Latencies) {
    let bot = connect(here, Mode::Socket, clock.clone()).await;
    clock.unpin();
    let due = Instant::now() + Duration::from_millis(LEAD_MS.unsigned_abs());
    bot.engine.app().wake().all();
    let over = Arc::new(AtomicBool::new(false));
    let answering = answering(here.clone(), Arc::clone(&bot.chat), Arc::clone(&over));
    wait(LONGEST, || bot.chat.seen.lock().unwrap().ready.len() >= CHANNELS).await;
    over.store(true, Ordering::Relaxed);
    let reacted = bot.chat.seen.lock().unwrap().reactions;
    let counts = here.fake.counts();
    let (sent, behind) = tokio::task::spawn_blocking(|| answering.join().unwrap()).await.unwrap();

    let too_many = counts.values().map(|count| count.too_many).sum();
    let posts = counts.get("chat.postMessage").map_or(0, |count| count.requests);
    report_posting(&bot.chat.seen.lock().unwrap(), due, posts, too_many, bare_per_minute);
    answers::report(&here.fake, &bot, &sent, behind, alone).await;
    line("reactions given by then", &reacted.to_string(), "they trail, within Slack's limits");
    bot.stop(&here.fake).await;
}

fn report_posting(seen: &Seen, due: Instant, posts: u64, too_many: u64, bare_per_minute: f64) {
    let last = seen.ready.iter().map(|(_, at)| *at).max().unwrap_or(due);
    let took = (last - due).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let minutes = |per_minute: f64| POSTS as f64 / per_minute * 60.0;
    let (allowed, bare) = (minutes(SLACK_PER_MINUTE), minutes(bare_per_minute));
    let ratio = took / allowed;
    let met = ratio <= POSTING_GOAL && seen.ready.len() == CHANNELS;
    line(
        "questions and first lines posted in",
        &format!("{took:.1} s"),
        &format!("{posts} posts for {POSTS}; 300 a minute allow {allowed:.0} s"),
    );
    line(
        "… against what 300 a minute allow",
        &format!("{ratio:.3} times"),
        &format!("goal {POSTING_GOAL} times ({})", verdict(met)),
    );
    line("… against the bare posts", &format!("{:.3} times", took / bare), "");
    line(
        "refused for too many (429)",
        &too_many.to_string(),
        &format!("goal 0 ({})", verdict(too_many == 0)),
    );
    if seen.failed > 0 {
        line("calls that failed or were to come later", &seen.failed.to_string(), "");
    }
}

type Answering = thread::JoinHandle<(Vec<String>, Duration)>;

/// Answers on a thread of its own from the first open thread on.
fn answering(here: Place, chat: Arc<WatchedChat<Slack>>, over: Arc<AtomicBool>) -> Answering {
    thread::spawn(move || {
        let mut open: Vec<String> = Vec::new();
        while chat.seen.lock().unwrap().ready.is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        let mut sent = Vec::new();
        let behind = at_rate(ANSWERS_PER_SECOND, |number| {
            let new = chat.seen.lock().unwrap().ready[open.len()..].to_vec();
            open.extend(new.into_iter().map(|(thread, _)| thread));
            sent.push(here.answer(number, &open));
            !over.load(Ordering::Relaxed)
        });
        (sent, behind)
    })
}
