//! A bot that needs longer for every request than it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use studybot::chat::{Bot, ChatEvent, Concerned, Interaction, MessageRef, Platform, Reply, Workspace};

use crate::fake_slack::FakeSlack;

/// A bot that begins with a request only once Slack has heard that it was received. Requests come one after the other.
pub(super) struct Slow {
    bot: Arc<dyn Bot>,
    fake: FakeSlack,
    /// How many requests Slack will have heard of once this one's turn has come.
    heard: AtomicUsize,
}

impl Slow {
    pub(super) fn new(bot: Arc<dyn Bot>, fake: &FakeSlack) -> Self {
        Self { bot, fake: fake.clone(), heard: AtomicUsize::new(fake.acknowledged_interactions()) }
    }
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
        let heard = self.heard.fetch_add(1, Ordering::Relaxed) + 1;
        Box::pin(async move {
            self.fake.interactions_acknowledged(heard).await;
            self.bot.interact(interaction).await
        })
    }

    fn suggest(&self, field: &str, typed: &str) -> Vec<String> {
        self.bot.suggest(field, typed)
    }
}
