//! A listener for tests: the test is told of everything, and answers when it likes.

use tokio::sync::{mpsc, oneshot};

use super::*;

/// What the listener was told.
pub(in super::super) struct Heard {
    pub(in super::super) taken: mpsc::UnboundedReceiver<Taken>,
    pub(in super::super) connected: mpsc::UnboundedReceiver<()>,
}

impl Heard {
    /// The next envelope.
    pub(in super::super) async fn next(&mut self) -> Taken {
        self.taken.recv().await.unwrap()
    }
}

/// An envelope that is with the listener. Dropped without an answer, it makes the listener panic.
pub(in super::super) struct Taken {
    pub(in super::super) envelope: Envelope,
    answer: oneshot::Sender<Option<serde_json::Value>>,
}

impl Taken {
    pub(in super::super) fn answer(self, body: Option<serde_json::Value>) {
        self.answer.send(body).unwrap();
    }
}

/// The listener itself.
pub(in super::super) struct Ear {
    taken: mpsc::UnboundedSender<Taken>,
    connected: mpsc::UnboundedSender<()>,
}

impl Ear {
    pub(in super::super) fn new() -> (Self, Heard) {
        let (taken, taken_from) = mpsc::unbounded_channel();
        let (connected, connected_from) = mpsc::unbounded_channel();
        (Self { taken, connected }, Heard { taken: taken_from, connected: connected_from })
    }
}

impl Listener for Ear {
    fn take(&self, envelope: Envelope) -> BoxFuture<'static, Option<serde_json::Value>> {
        let taken = self.taken.clone();
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            taken.send(Taken { envelope, answer }).ok();
            answered.await.expect("the test wants a panic here")
        })
    }

    fn connected(&self) -> BoxFuture<'static, ()> {
        self.connected.send(()).ok();
        Box::pin(async {})
    }
}
