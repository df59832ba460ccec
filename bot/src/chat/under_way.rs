//! What an adapter has taken in and not yet handed on.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts what is under way, down to zero when all of it has reached the bot.
#[derive(Clone, Debug)]
pub(super) struct UnderWay(Arc<watch::Sender<usize>>);

/// One that is under way.
pub(super) struct Under(UnderWay);

impl Default for UnderWay {
    fn default() -> Self {
        Self(Arc::new(watch::channel(0).0))
    }
}

impl UnderWay {
    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    pub(super) fn enter(&self) -> Under {
        self.0.send_modify(|count| *count += 1);
        Under(self.clone())
    }

    /// Waits until nothing is under way.
    pub(super) async fn none(&self) {
        // The sender lives as long as this does, so waiting can't fail.
        self.0.subscribe().wait_for(|count| *count == 0).await.ok();
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
