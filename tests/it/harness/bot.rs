//! The bot behind the chat: it can be stopped and started again, while the chat goes on without it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use studybot::chat::local::Host;
use studybot::chat::{
    Bot, ChatEvent, Chats, Concerned, Interaction, MessageRef, Outgoing, Platform, Reply, Timestamp,
    Workspace,
};
use studybot::clock::Clock;
use studybot::db::open::ProcessLock;
use studybot::domain::channel::Coming;
use studybot::engine::{Data, Engine};
use studybot::packs::Library;

use super::chat::TestChat;
use super::faults::{Faults, FaultyChat};

/// A bot on a data folder.
pub(crate) struct TestBot {
    folder: PathBuf,
    clock: Clock,
    library: Arc<Library>,
    chat: Arc<dyn TestChat>,
    pub(crate) faults: Arc<Faults>,
    running: Mutex<Option<(Engine, ProcessLock)>>,
}

impl TestBot {
    /// A bot that is not started yet.
    pub(crate) fn new(folder: &Path, clock: Clock, chat: Arc<dyn TestChat>) -> Self {
        Self {
            folder: folder.to_owned(),
            clock,
            library: Arc::new(Library::embedded().unwrap()),
            chat,
            faults: Arc::default(),
            running: Mutex::default(),
        }
    }

    /// Starts it on what the folder holds.
    pub(crate) async fn start(self: &Arc<Self>) {
        let data = Data::open(&self.folder).await.unwrap();
        let inner = self.chat.port().await;
        let chat = FaultyChat { inner, faults: Arc::clone(&self.faults), clock: self.clock.clone() };
        let chats = Chats::from([(self.chat.platform(), Arc::new(chat) as _)]);
        let library = Arc::clone(&self.library);
        let engine = Engine::new(data.db, self.clock.clone(), library, Arc::new(chats)).await.unwrap();
        *self.running.lock().unwrap() = Some((engine, data.lock));
        self.chat.connect(Arc::clone(self) as _).await;
    }

    /// Stops it, as the end of its process does.
    pub(crate) async fn stop(&self) {
        self.chat.disconnect().await;
        let running = self.running.lock().unwrap().take();
        let Some((engine, lock)) = running else { return };
        engine.app().db().close().await;
        drop(lock);
    }

    /// The engine; panics while the bot is stopped.
    pub(crate) fn engine(&self) -> Engine {
        self.if_running().expect("the bot is stopped")
    }

    /// The questions that it asks.
    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    fn if_running(&self) -> Option<Engine> {
        self.running.lock().unwrap().as_ref().map(|(engine, _)| engine.clone())
    }
}

impl Bot for TestBot {
    fn event(&self, event: ChatEvent) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(engine) = self.if_running() {
                engine.event(event).await;
            }
        })
    }

    fn lost(&self, workspace: Workspace, thread: MessageRef) {
        if let Some(engine) = self.if_running() {
            engine.lost(workspace, thread);
        }
    }

    fn follows<'a>(&'a self, workspace: &'a Workspace, thread: &'a MessageRef) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            match self.if_running() {
                Some(engine) => engine.follows(workspace, thread).await,
                None => false,
            }
        })
    }

    fn missed(&self, platform: Platform, concerned: Concerned) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Some(engine) = self.if_running() {
                engine.missed(platform, concerned).await;
            }
        })
    }

    fn suggest(&self, field: &str, typed: &str) -> Vec<String> {
        self.if_running().map(|engine| engine.suggest(field, typed)).unwrap_or_default()
    }

    fn interact(&self, interaction: Interaction) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            match self.if_running() {
                Some(engine) => engine.interact(interaction).await,
                None => Reply::Panel(Outgoing::say("The application did not respond.")),
            }
        })
    }
}

impl Host for TestBot {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn settle(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            match self.if_running() {
                Some(engine) => engine.settle_all().await.map_err(|error| error.to_string()),
                None => Ok(()),
            }
        })
    }

    fn advance(&self, by: std::time::Duration) -> BoxFuture<'_, Result<(), String>> {
        let by_ms = i64::try_from(by.as_millis()).unwrap();
        Box::pin(async move {
            if let Some(engine) = self.if_running() {
                return engine.advance_ms(by_ms).await.map_err(|error| error.to_string());
            }
            self.clock.pin(self.clock.now().plus(by_ms));
            self.clock.unpin();
            Ok(())
        })
    }

    fn coming(&self) -> BoxFuture<'_, Result<Vec<Coming>, String>> {
        Box::pin(async {
            match self.if_running() {
                Some(engine) => engine.coming().await,
                None => Ok(Vec::new()),
            }
        })
    }
}
