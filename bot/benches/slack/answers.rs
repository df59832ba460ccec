//! 1,000 answers a second, and how soon Slack hears that each was stored.

use std::collections::HashSet;
use std::time::Duration;

use studybot::clock::Clock;

use super::fake_slack::FakeSlack;
use super::shared::load::{Latencies, at_rate};
use super::shared::time::clock_before_due;
use super::shared::{line, milliseconds, verdict};
use super::world::{Connected, Mode, Place, config, connect, place, start, wait};

/// Each answers in many rounds, and never twice in one, so that all answers are first ones, which cost most.
const PEOPLE: usize = 1_000;
const CHANNELS: usize = 20;
const ANSWERS: usize = 10_000;
pub(crate) const ANSWERS_PER_SECOND: u32 = 1_000;
const GOAL: Duration = Duration::from_millis(100);
/// Longer than this is no acknowledgement.
const LONGEST: Duration = Duration::from_secs(30);
const LEAD_MS: i64 = 100;

/// Runs it in this mode, and reports.
pub(crate) fn run(mode: Mode, alone: &Latencies) {
    let clock = clock_before_due(LEAD_MS);
    let here = place(start(config(clock.clone())), PEOPLE, CHANNELS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&here, mode, clock, alone));
    here.fake.stop();
}

async fn measure(here: &Place, mode: Mode, clock: Clock, alone: &Latencies) {
    let bot = connect(here, mode, clock.clone()).await;
    clock.unpin();
    bot.engine.app().wake().all();
    wait(LONGEST, || bot.open().len() == CHANNELS).await;
    here.fake.sync().await;
    let (from, open) = (here.clone(), bot.open());
    let load = tokio::task::spawn_blocking(move || {
        let mut sent = Vec::with_capacity(ANSWERS);
        let behind = at_rate(ANSWERS_PER_SECOND, |number| {
            sent.push(from.answer(number, &open));
            number + 1 < ANSWERS
        });
        (sent, behind)
    });
    let (sent, behind) = load.await.unwrap();
    report(&here.fake, &bot, &sent, behind, alone).await;
    bot.stop(&here.fake).await;
}

/// Waits for the acknowledgements of these answers, and reports how long they took.
pub(crate) async fn report(
    fake: &FakeSlack,
    bot: &Connected,
    sent: &[String],
    behind: Duration,
    alone: &Latencies,
) {
    let answers: HashSet<&str> = sent.iter().map(String::as_str).collect();
    let mut took = Vec::with_capacity(sent.len());
    wait(LONGEST, || {
        let new = fake.take_round_trips().into_iter();
        took.extend(new.filter(|(ts, _)| answers.contains(ts.as_str())).map(|(_, took)| took));
        took.len() >= sent.len()
    })
    .await;
    let acknowledged = Latencies::of(took);
    let (half, most) = (acknowledged.percentile(50), acknowledged.percentile(99));
    let met = most <= GOAL && acknowledged.count() == sent.len();
    let goal = format!("goal {} ({})", milliseconds(GOAL), verdict(met));
    line(
        "answers acknowledged after, p99",
        &milliseconds(most),
        &format!("{goal}; {}", acknowledged.shown()),
    );
    let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
    line(
        "… against commits alone, p99",
        &format!("{:.1} times", ratio(most, alone.percentile(99))),
        &format!("p50 {:.1} times", ratio(half, alone.percentile(50))),
    );
    line(
        "answers stored",
        &format!("{} of {}", bot.stored().await, sent.len()),
        &format!(
            "{} acknowledged, {} events told again; sent at most {} late",
            acknowledged.count(),
            fake.connection_counts().repeated,
            milliseconds(behind)
        ),
    );
}
