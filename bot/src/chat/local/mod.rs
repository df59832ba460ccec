//! The local chat: a small chat platform that the program itself serves, for the demo and for stories.
//!
//! It keeps its data in a file of its own and tells the bot what happens as any platform would, so that the bot can't
//! tell the difference.

mod ask;
mod json;
mod page;
mod refused;
mod server;
mod store;
mod talk;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{RwLock, Semaphore, broadcast, watch};

use super::{
    Bot, Call, ChannelRef, Chat, ChatError, ChatEvent, Done, EventKind, MessageRef, Outgoing, Person,
    PersonRef, Platform, Sighting, ThreadMessage, Timestamp, Version, What, Workspace,
};
use crate::domain::channel::Coming;
use crate::domain::plain;
use store::{Draft, Message, Persona, Store};

/// Events on their way to the bot at once; those of a thread that come on top make it be read again.
const EVENTS_MAX: usize = 10_000;
/// Events that the bot works on at once.
const EVENTS_AT_ONCE: usize = 64;
/// Live updates that a slow page may lag behind.
const UPDATES_MAX: usize = 1_000;
/// The workspace that channels are in unless they name another.
pub const DEFAULT_WORKSPACE: &str = "local";

/// What the local chat needs of the program around it, beyond the port: the demo's clock.
pub trait Host: Bot {
    /// Civil time now.
    fn now(&self) -> Timestamp;
    /// Waits until the bot has nothing under way.
    fn settle(&self) -> BoxFuture<'_, Result<(), String>>;
    /// Moves the clock forward, stopping at every due time.
    fn advance(&self, by: Duration) -> BoxFuture<'_, Result<(), String>>;
    /// What is coming, soonest first.
    fn coming(&self) -> BoxFuture<'_, Result<Vec<Coming>, String>>;
}

/// The local chat. Clones share it.
#[derive(Clone, Debug)]
pub struct LocalChat {
    store: Store,
    updates: broadcast::Sender<Update>,
    /// Events on their way to the bot.
    under_way: Arc<watch::Sender<usize>>,
    at_once: Arc<Semaphore>,
    /// Held for reading from the moment a person's message gets its time until it is stored. A reading of a thread
    /// waits for that: what it doesn't show has a later time.
    stamping: Arc<RwLock<()>>,
}

/// A live update for pages.
#[derive(Clone, Debug)]
struct Update {
    event: &'static str,
    data: serde_json::Value,
}

/// The local chat could not be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum LocalChatError {
    /// Its file can't be used.
    #[error("the local chat's data can't be used: {0}")]
    Store(#[from] sqlx::Error),
    /// The address can't be served.
    #[error("the local chat can't be served: {0}")]
    Serve(#[from] std::io::Error),
}

impl LocalChat {
    /// Opens the chat's data in a folder, which must be there.
    ///
    /// # Errors
    /// When its file can't be used.
    pub async fn open(folder: &Path) -> Result<Self, LocalChatError> {
        Ok(Self {
            store: Store::open(folder).await?,
            updates: broadcast::channel(UPDATES_MAX).0,
            under_way: Arc::new(watch::channel(0).0),
            at_once: Arc::new(Semaphore::new(EVENTS_AT_ONCE)),
            stamping: Arc::default(),
        })
    }

    /// Serves the page and the JSON interface until `stop` becomes true.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: tokio::net::TcpListener,
        host: Arc<dyn Host>,
        stop: watch::Receiver<bool>,
    ) -> Result<(), LocalChatError> {
        server::serve(self, listener, host, stop).await?;
        Ok(())
    }

    /// Writes down what is under way.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Adds the first personas and channels, when nobody was ever here. Returns whether it did.
    ///
    /// # Errors
    /// When it can't be stored.
    pub async fn furnish(
        &self,
        personas: &[(&str, bool)],
        channels: &[&str],
    ) -> Result<bool, LocalChatError> {
        for channel in channels {
            self.store.add_channel(channel, DEFAULT_WORKSPACE).await?;
        }
        if !self.store.is_new().await? {
            return Ok(false);
        }
        for (name, admin) in personas {
            self.store.add_persona(name, *admin).await?;
        }
        Ok(true)
    }

    /// A channel's id, by name.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn channel_named(&self, name: &str) -> Result<Option<ChannelRef>, LocalChatError> {
        let channels = self.store.channels().await?;
        Ok(channels
            .into_iter()
            .find(|channel| channel.name == name && channel.workspace == DEFAULT_WORKSPACE)
            .and_then(|channel| channel_id(channel.number).parse().ok()))
    }

    /// The first admin among the personas.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn first_admin(&self) -> Result<Option<Person>, LocalChatError> {
        let personas = self.store.personas().await?;
        Ok(personas.iter().find(|persona| persona.admin).and_then(person))
    }

    fn update(&self, event: &'static str, data: serde_json::Value) {
        // Nobody may be looking; then nobody needs it.
        self.updates.send(Update { event, data }).ok();
    }

    fn message_update(&self, message: &Message) {
        match message.recipient {
            Some(recipient) => self.update("notice", serde_json::json!({ "to": persona_id(recipient) })),
            None => self.update(
                "message",
                serde_json::json!({
                    "id": message_id(message.number),
                    "channel": message.channel,
                    "thread": message.thread.map(message_id),
                }),
            ),
        }
    }

    /// Tells the bot, in the background, as a platform's gateway does.
    fn tell(&self, host: &Arc<dyn Host>, event: ChatEvent) {
        if *self.under_way.borrow() >= EVENTS_MAX {
            if let EventKind::Message { thread, .. } = event.kind {
                host.lost(event.workspace, thread);
            }
            return;
        }
        self.under_way.send_modify(|count| *count += 1);
        let (chat, host) = (self.clone(), Arc::clone(host));
        tokio::spawn(async move {
            let permit = chat.at_once.acquire().await;
            host.event(event).await;
            drop(permit);
            chat.under_way.send_modify(|count| *count -= 1);
        });
    }

    /// Waits until every event has reached the bot.
    async fn told(&self) {
        // The sender lives as long as this chat, so waiting can't fail.
        self.under_way.subscribe().wait_for(|count| *count == 0).await.ok();
    }

    async fn post(
        &self,
        call: &Call<'_>,
        channel: &str,
        thread: Option<&MessageRef>,
        recipient: Option<i64>,
        message: &Outgoing,
        at: Timestamp,
    ) -> Result<Done, ChatError> {
        let thread = thread.map(|thread| number('m', thread.as_str())).transpose()?;
        let number = self
            .store
            .add_message(&Draft {
                workspace: call.workspace.id.as_str(),
                channel,
                thread,
                author: None,
                recipient,
                at,
                text: &plain::text(&message.blocks),
                files: &[],
                outgoing: Some(message),
                key: Some(call.key),
            })
            .await
            .map_err(later)?;
        if let Some(message) = self.store.message(number).await.map_err(later)? {
            self.message_update(&message);
        }
        made(number)
    }

    async fn perform(&self, call: &Call<'_>, earlier: bool, now: Timestamp) -> Result<Done, ChatError> {
        match &call.what {
            What::Post { .. } | What::Direct { .. } if earlier => {
                // What was posted and then removed by somebody counts as posted.
                if let Some(number) = self.store.find_key(call.key).await.map_err(later)? {
                    return made(number);
                }
            }
            _ => {}
        }
        match &call.what {
            What::Post { channel, thread, message } => {
                self.require_channel(channel).await?;
                if let Some(thread) = thread {
                    self.require_thread(thread).await?;
                }
                self.post(call, channel.as_str(), *thread, None, message, now).await
            }
            What::Direct { person, message } => {
                let persona = number('p', person.as_str())?;
                let personas = self.store.personas().await.map_err(later)?;
                if !personas.iter().any(|known| known.number == persona) {
                    return Err(ChatError::Refused("the person has left".to_owned()));
                }
                let channel = format!("dm:{person}");
                self.post(call, &channel, None, Some(persona), message, now).await
            }
            What::OpenThread { message, .. } => {
                let message = self.require_message(message).await?;
                self.store.open_thread(message.number).await.map_err(later)?;
                self.message_update(&message);
                made(message.number)
            }
            // Its threads are not locked: a word in a sealed one is answered with a 🔒.
            What::UnlockThread { .. } => Ok(Done::Done),
            What::Edit { target, message, .. } => {
                let Some(posted) = self.find_message(target).await? else { return Ok(Done::Done) };
                self.store.edit_outgoing(posted.number, message, now).await.map_err(later)?;
                self.message_update(&posted);
                Ok(Done::Done)
            }
            What::React { target, emoji, .. } => {
                let Some(message) = self.find_message(target).await? else { return Ok(Done::Done) };
                self.store.react(message.number, emoji, BOT_ID).await.map_err(later)?;
                self.message_update(&message);
                Ok(Done::Done)
            }
            What::ReadThread { thread, .. } => {
                let number = number('m', thread.as_str())?;
                drop(self.stamping.write().await);
                let messages = self.store.in_thread(number).await.map_err(later)?;
                Ok(Done::Thread(messages.iter().filter_map(thread_message).collect()))
            }
        }
    }

    async fn require_channel(&self, channel: &ChannelRef) -> Result<(), ChatError> {
        let channels = self.store.channels().await.map_err(later)?;
        if channels.iter().any(|known| channel_id(known.number) == channel.as_str()) {
            return Ok(());
        }
        Err(ChatError::ShutOut {
            reason: "unknown channel".to_owned(),
            mend: "The channel is not there any more.".to_owned(),
        })
    }

    async fn find_message(&self, message: &MessageRef) -> Result<Option<Message>, ChatError> {
        self.store.message(number('m', message.as_str())?).await.map_err(later)
    }

    async fn require_thread(&self, thread: &MessageRef) -> Result<Message, ChatError> {
        let found = self.store.thread_root(number('m', thread.as_str())?).await.map_err(later)?;
        let found = found.filter(|root| root.has_thread);
        found.ok_or_else(|| ChatError::Refused("the thread is not there any more".to_owned()))
    }

    async fn require_message(&self, message: &MessageRef) -> Result<Message, ChatError> {
        let found = self.find_message(message).await?;
        found.ok_or_else(|| ChatError::Refused("the message is not there any more".to_owned()))
    }
}

/// The local chat with the clock that stamps what the bot posts.
pub struct LocalChatPort {
    /// The chat.
    pub chat: LocalChat,
    /// Civil time now.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Chat for LocalChatPort {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        Box::pin(self.chat.perform(call, earlier, (self.now)()))
    }
}

/// The id that stands for the bot.
const BOT_ID: &str = "bot";

fn made(number: i64) -> Result<Done, ChatError> {
    let id = message_id(number).parse();
    id.map(Done::Made).map_err(|_| ChatError::Refused("an id of ours is not valid".to_owned()))
}

fn later(error: sqlx::Error) -> ChatError {
    ChatError::Later { reason: error.to_string(), after_ms: None }
}

fn message_id(number: i64) -> String {
    format!("m{number}")
}

fn channel_id(number: i64) -> String {
    format!("c{number}")
}

fn persona_id(number: i64) -> String {
    format!("p{number}")
}

fn number(kind: char, id: &str) -> Result<i64, ChatError> {
    parse_number(kind, id).ok_or_else(|| ChatError::Refused("an id of another kind".to_owned()))
}

fn parse_number(kind: char, id: &str) -> Option<i64> {
    id.strip_prefix(kind)?.parse().ok().filter(|number| *number > 0)
}

fn person(persona: &Persona) -> Option<Person> {
    let id: PersonRef = persona_id(persona.number).parse().ok()?;
    Some(Person::new(id, &persona.name, persona.admin))
}

fn workspace(id: &str) -> Option<Workspace> {
    Some(Workspace { platform: Platform::Local, id: id.parse().ok()? })
}

fn version(message: &Message) -> Version {
    Version {
        sent_at: message.at,
        edited_at: message.edited_at,
        text: message.text.clone(),
        files: message.files.clone(),
        replies_to_other: false,
    }
}

fn thread_message(message: &Message) -> Option<ThreadMessage> {
    Some(ThreadMessage {
        message: message_id(message.number).parse().ok()?,
        author: person(message.author.as_ref()?)?,
        version: Some(version(message)),
    })
}

/// The event of a person's message in a thread; `None`: it is none.
fn message_event(message: &Message, key: String, sighting: Sighting) -> Option<ChatEvent> {
    Some(ChatEvent {
        key,
        workspace: workspace(&message.workspace)?,
        kind: EventKind::Message {
            thread: message_id(message.thread?).parse().ok()?,
            message: message_id(message.number).parse().ok()?,
            author: Some(person(message.author.as_ref()?)?),
            sighting,
        },
    })
}
