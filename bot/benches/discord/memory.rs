//! What the real binary holds in memory while it is connected to many servers.

use studybot::clock::Clock;
use tokio::runtime::Builder;

use super::fake_discord::permissions::{SEND_MESSAGES, VIEW_CHANNEL};
use super::fake_discord::{Config, FakeDiscord, Overwrite};
use super::shared::load::at_rate;
use super::shared::program::{Program, goal, report, wait};
use super::shared::time::words;
use super::world::{Server, config, server, start};

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
const MESSAGES_PER_SECOND: u32 = 1_000;
const MESSAGES: usize = 10_000;

/// Runs it, and reports.
pub(crate) fn run() {
    let clock = Clock::system(0);
    let fake = start(Config { shards: SHARDS, ..config(clock) });
    let mut servers: Vec<Server> = (0..SERVERS).map(|number| furnished(&fake, number)).collect();
    let home = server(&fake, "study", STUDY_CHANNELS, MEMBERS);
    let variables = [("DISCORD_TOKEN", fake.token()), ("DISCORD_API_BASE", fake.base())];
    let Some(bot) = Program::start(&variables) else { return };
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

async fn measure(fake: &FakeDiscord, servers: &[Server], bot: &Program) {
    // Three shards identify five seconds after one another.
    connected(fake).await;
    fake.sync().await;
    let after = bot.resident();
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
    let loaded = bot.resident();
    report("with every server connected", after, &goal(after));
    let beside =
        format!("{STUDY_CHANNELS} rounds opened, {MESSAGES} messages at {MESSAGES_PER_SECOND} a second");
    report("after traffic", loaded, &format!("{}; {beside}", goal(loaded)));
    report("at most, ever", bot.most(), "");
    for problem in fake.problems() {
        println!("  the fake noticed: {problem}");
    }
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
