//! THE place where stories on Discord get their adapter: one start of it is one start of the bot's process.
//!
//! To wire: build the adapter from the address and the token, and fill the five functions in. Then take
//! [`IS_WIRED`] away with the `#[ignore]` in `on_every_platform!`.

use std::sync::Arc;

use studybot::chat::{Bot, Chat};
use studybot::clock::Clock;

/// Said by every test that would need the adapter.
const IS_WIRED: &str = "chat::discord is not wired into harness/discord/adapter.rs yet";

/// The adapter of one start of the bot's process.
pub(super) struct Adapter {}

impl Adapter {
    /// Makes it, for the API at this address (scheme and host). It connects to nothing yet.
    pub(super) async fn new(_api: &str, _token: &str, _clock: &Clock) -> Self {
        panic!("{IS_WIRED}")
    }

    /// What delivery calls.
    pub(super) fn port(&self) -> Arc<dyn Chat> {
        panic!("{IS_WIRED}")
    }

    /// Connects to the gateway. Returns once every shard is READY and what was open has been handed to `bot`.
    pub(super) async fn connect(&self, _bot: Arc<dyn Bot>) {
        panic!("{IS_WIRED}")
    }

    /// Returns once the bot has been told of every event that the gateway has sent so far, and has stored it. The fake
    /// has made sure before that they have all been received.
    pub(super) async fn settled(&self) {
        panic!("{IS_WIRED}")
    }

    /// Ends it as the end of the process does: no farewell, nothing is sent any more once this returns.
    pub(super) async fn stop(self) {
        panic!("{IS_WIRED}")
    }
}
