//! A bot that needs longer for every request than it has.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use studybot::chat::{Bot, ChatEvent, Concerned, Interaction, MessageRef, Platform, Reply, Workspace};

use crate::fake_discord::FakeDiscord;

/// A bot that begins with a request only once something has been said to the person who waits. Requests come one after
/// the other.
pub(super) struct Slow {
    pub(super) bot: Arc<dyn Bot>,
    pub(super) fake: FakeDiscord,
}

impl Bot for Slow {
    fn event(&self, event: ChatEvent) -> BoxFuture<'_, ()> {
        self.bot.event(event)
    }

    fn lost(&self, workspace: Workspace, thread: MessageRef) {
        self.bot.lost(workspace, thread);
    }

    fn follows<'a>(&'a self, workspace: &'a Workspace, thread: &'a MessageRef) -> BoxFuture<'a, bool> {
        self.bot.follows(workspace, thread)
    }

    fn missed(&self, platform: Platform, concerned: Concerned) -> BoxFuture<'_, ()> {
        self.bot.missed(platform, concerned)
    }

    fn interact(&self, interaction: Interaction) -> BoxFuture<'_, Reply> {
        Box::pin(async {
            self.fake.answered_more_than(self.fake.first_answers()).await;
            self.bot.interact(interaction).await
        })
    }

    fn suggest(&self, field: &str, typed: &str) -> Vec<String> {
        self.bot.suggest(field, typed)
    }
}
