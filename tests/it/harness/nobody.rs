//! A bot that is never asked for anything.

use futures_util::future::BoxFuture;
use studybot::chat::{Bot, ChatEvent, Concerned, Interaction, MessageRef, Platform, Reply, Workspace};

/// It panics when something reaches it.
pub(crate) struct Nobody;

impl Bot for Nobody {
    fn event(&self, _: ChatEvent) -> BoxFuture<'_, ()> {
        panic!("nobody hears events")
    }

    fn lost(&self, _: Workspace, _: MessageRef) {
        panic!("nobody has threads")
    }

    fn follows<'a>(&'a self, _: &'a Workspace, _: &'a MessageRef) -> BoxFuture<'a, bool> {
        panic!("nobody follows threads")
    }

    fn missed(&self, _: Platform, _: Concerned) -> BoxFuture<'_, ()> {
        panic!("nobody misses anything")
    }

    fn interact(&self, _: Interaction) -> BoxFuture<'_, Reply> {
        panic!("nobody answers")
    }

    fn suggest(&self, _: &str, _: &str) -> Vec<String> {
        panic!("nobody suggests anything")
    }
}
