//! Fake servers, and the bot's civil time.

use std::sync::mpsc;
use std::thread;

use studybot::chat::Timestamp;
use studybot::clock::Clock;
use tokio::runtime::Builder;

use super::fake_discord::{Config, FakeDiscord, Id, Limits};

/// Monday 2026-11-23, 09:00 in UTC.
pub(crate) const DUE: Timestamp = Timestamp(1_795_424_400_000);
/// What people write.
const WORDS: &str = "Deactivate the key first, so that whoever has it can do nothing more with it. Then read the audit logs \
    since the push for everything that was done with it, and replace it in the workloads that need it.";

/// A text that no other answer has.
pub(crate) fn words(number: usize) -> String {
    format!("{WORDS} ({number})")
}

/// A clock that stands still so long before [`DUE`], until it is let go.
pub(crate) fn clock_before_due(milliseconds: i64) -> Clock {
    let start = DUE.plus(-milliseconds);
    let clock = Clock::system(start.since(Clock::system(0).now()));
    clock.pin(start);
    clock
}

/// Discord's own limits, and no time lost with checks of bodies.
pub(crate) fn config(clock: Clock) -> Config {
    let limits = Limits::as_documented();
    Config { limits, check_requests: false, check_answers: false, ..Config::new(clock) }
}

/// Starts a fake on a thread of its own, so that it takes no turns from the bot's runtime.
pub(crate) fn start(config: Config) -> FakeDiscord {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            tell.send(FakeDiscord::start(config).await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv().unwrap()
}

/// A server with channels and members.
pub(crate) struct Server {
    pub(crate) id: Id,
    /// May do everything there.
    pub(crate) owner: Id,
    pub(crate) channels: Vec<Id>,
    pub(crate) members: Vec<Id>,
}

/// A server with so many channels and members.
pub(crate) fn server(fake: &FakeDiscord, name: &str, channels: usize, members: usize) -> Server {
    let owner = fake.person("Owner");
    let id = fake.guild(name, owner);
    let channel = |number: usize| fake.channel(id, &format!("study-{number}"), &[]);
    let member = |number: usize| fake.member(id, &format!("Learner {number}"), &[]);
    let (channels, members) = ((0..channels).map(channel).collect(), (0..members).map(member).collect());
    Server { id, owner, channels, members }
}
