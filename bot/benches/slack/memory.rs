//! What the real binary holds in memory while it is connected to a large workspace.

use studybot::clock::Clock;
use tokio::runtime::Builder;

use super::fake_slack::FakeSlack;
use super::shared::load::at_rate;
use super::shared::program::{Program, goal, report, wait};
use super::world::{Place, config, place, start};

const PEOPLE: usize = 5_000;
/// Those who answer.
const LEARNERS: usize = 1_000;
const STUDY_CHANNELS: usize = 20;
const OTHER_CHANNELS: usize = 80;
const MESSAGES_PER_SECOND: u32 = 1_000;
const MESSAGES: usize = 10_000;

/// Runs it, and reports.
pub(crate) fn run() {
    println!("Resident memory of the release binary, {PEOPLE} people:");
    let here = place(start(config(Clock::system(0))), PEOPLE, STUDY_CHANNELS + OTHER_CHANNELS);
    let fake = &here.fake;
    let variables = [
        ("SLACK_BOT_TOKEN", fake.bot_token()),
        ("SLACK_APP_TOKEN", fake.app_token()),
        ("SLACK_API_BASE", fake.base()),
    ];
    let Some(bot) = Program::start(&variables) else { return };
    Builder::new_current_thread().enable_all().build().unwrap().block_on(measure(&here, &bot));
    drop(bot);
    fake.stop();
}

async fn measure(here: &Place, bot: &Program) {
    let fake = &here.fake;
    fake.connected().await;
    fake.sync().await;
    let pages = u64::try_from(PEOPLE / 200).unwrap();
    // Slack gives them slowly; who isn't known yet is asked for.
    wait(|| requests(fake, "users.list") >= pages).await;
    let after = bot.resident();
    report("connected", after, &goal(after));
    if !begin_rounds(here).await {
        return;
    }
    let mut open = Vec::new();
    for channel in studied(here) {
        let roots = fake.messages(channel);
        open.extend(roots.iter().map(|root| format!("{channel}:{}", root["ts"].as_str().unwrap())));
    }
    let from = Place { people: here.people[..LEARNERS].to_vec(), ..here.clone() };
    let load = tokio::task::spawn_blocking(move || {
        at_rate(MESSAGES_PER_SECOND, |number| {
            from.answer(number, &open);
            number + 1 < MESSAGES
        })
    });
    load.await.unwrap();
    fake.sync().await;
    let loaded = bot.resident();
    let beside =
        format!("{STUDY_CHANNELS} rounds opened, {MESSAGES} answers at {MESSAGES_PER_SECOND} a second");
    report("after traffic", loaded, &format!("{}; {beside}", goal(loaded)));
    report("at most, ever", bot.most(), "");
    for problem in fake.problems() {
        println!("  the fake noticed: {problem}");
    }
}

/// Sets study channels up as an organiser does, and has their first questions posted. Returns whether that went well.
async fn begin_rounds(here: &Place) -> bool {
    let fake = &here.fake;
    let owner = &here.people[0];
    fake.admin(owner, true);
    // Who may not do this yet is told so.
    fake.sync().await;
    for channel in studied(here) {
        let shown = fake.command(owner, channel, "/study setup").await;
        let Some(form) = &shown.view else {
            println!("  no form came for /study setup: {shown:?}");
            return false;
        };
        fake.submit(owner, form, &[]).await;
        fake.close_views(owner);
        fake.command(owner, channel, "/study post-now").await;
    }
    let posts = 2 * u64::try_from(STUDY_CHANNELS).unwrap();
    wait(|| requests(fake, "chat.postMessage") >= posts).await;
    true
}

/// The study channels: those of the workspace that its admins run, which is every second one.
fn studied(here: &Place) -> impl Iterator<Item = &String> {
    here.channels.iter().step_by(2).take(STUDY_CHANNELS)
}

fn requests(fake: &FakeSlack, method: &str) -> u64 {
    fake.counts().get(method).map_or(0, |count| count.requests)
}
