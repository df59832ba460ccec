//! Fake servers.

use studybot::clock::Clock;

use super::fake_discord::{Config, FakeDiscord, Id, Limits};
use super::shared::apart;

/// Discord's own limits, and no time lost with checks of bodies.
pub(crate) fn config(clock: Clock) -> Config {
    let limits = Limits::as_documented();
    Config { limits, check_requests: false, check_answers: false, ..Config::new(clock) }
}

/// Starts a fake.
pub(crate) fn start(config: Config) -> FakeDiscord {
    apart(move || FakeDiscord::start(config))
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
