//! From Discord's events to neutral ones.

use std::sync::Arc;

use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::model::event::{GuildMemberRemoveEvent, MessageDeleteBulkEvent, MessageDeleteEvent};
use serenity::model::id::{ChannelId, GuildId, MessageId, UserId};
use tokio::sync::Semaphore;

use super::gateway::{Entrance, Event, Listener};
use super::model::{Message, message_ref, person_ref, snowflake, workspace};
use super::{Discord, files};
use crate::chat::turns::{Turn, Turns};
use crate::chat::{Bot, ChatEvent, EventKind, MessageRef, Platform, Sighting, Workspace, WorkspaceRef};

/// Events on their way to the bot at once; those of a thread that come on top make it be read again.
const EVENTS_MAX: usize = 10_000;
/// Events that the bot works on at once.
const EVENTS_AT_ONCE: usize = 64;

/// What the gateway hears, on its way to the bot. Clones share it.
#[derive(Clone)]
pub(super) struct Events {
    discord: Discord,
    bot: Arc<dyn Bot>,
    at_once: Arc<Semaphore>,
    turns: Turns<Lane>,
}

/// What one person writes in one place reaches the bot in its order, so that the first message is the one that is
/// acknowledged. Other people's need not wait for it.
type Lane = (ChannelId, UserId);

/// What can be told of an event that can't be read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ids {
    id: Option<MessageId>,
    channel_id: Option<ChannelId>,
    guild_id: Option<GuildId>,
}

/// An update that leaves most of the message out, as Discord once sent them for unfurled links.
#[derive(Deserialize)]
struct Partial {
    id: MessageId,
    channel_id: ChannelId,
    guild_id: Option<GuildId>,
    edited_timestamp: Option<serde::de::IgnoredAny>,
}

impl Events {
    pub(super) fn new(discord: Discord, bot: Arc<dyn Bot>) -> Self {
        Self { discord, bot, at_once: Arc::new(Semaphore::new(EVENTS_AT_ONCE)), turns: Turns::default() }
    }

    fn read(&self, event: &Event<'_>) -> Result<(), serde_json::Error> {
        let data = event.data.get();
        match event.name {
            "MESSAGE_CREATE" => self.message(serde_json::from_str(data)?, "create"),
            "MESSAGE_UPDATE" => match serde_json::from_str(data) {
                Ok(message) => self.message(message, "update"),
                Err(_) => self.partial(&serde_json::from_str(data)?),
            },
            "MESSAGE_DELETE" => {
                let event: MessageDeleteEvent = serde_json::from_str(data)?;
                self.deleted(event.guild_id, event.channel_id, &[event.message_id]);
            }
            "MESSAGE_DELETE_BULK" => {
                let event: MessageDeleteBulkEvent = serde_json::from_str(data)?;
                self.deleted(event.guild_id, event.channel_id, &event.ids);
            }
            "GUILD_MEMBER_REMOVE" => {
                let left: GuildMemberRemoveEvent = serde_json::from_str(data)?;
                let (Some(workspace), Some(person)) = (workspace(left.guild_id), person_ref(left.user.id))
                else {
                    return Ok(());
                };
                // A person may leave, come back, and leave again.
                let key = format!("left:{person}:{}:{}", event.session, event.sequence);
                self.tell(None, None, ChatEvent { key, workspace, kind: EventKind::Left { person } });
            }
            "INTERACTION_CREATE" => {
                let interaction = serde_json::from_str(data)?;
                let (discord, bot) = (self.discord.clone(), Arc::clone(&self.bot));
                let under = self.discord.under_way().enter();
                tokio::spawn(async move {
                    discord.answer(&*bot, interaction).await;
                    drop(under);
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn message(&self, message: Message, what: &str) {
        if !message.is_by_a_person() {
            return;
        }
        let Some((workspace, thread)) = place(message.guild_id, message.channel_id) else { return };
        if message.is_withheld() {
            tracing::debug!(message = %message.id, "the text of a message is withheld from us");
            return;
        }
        if message.says_nothing() {
            return;
        }
        let edited = message.edited_timestamp.map_or(0, |at| at.as_microsecond());
        let key = format!("{what}:{}:{edited}", message.id);
        let turn = Some(self.turns.take((message.channel_id, message.author.id)));
        if message.attachments.is_empty() {
            let version = message.version(self.discord.user(), Vec::new());
            let (Some(reference), Some(author)) = (message_ref(message.id.get()), message.person()) else {
                return;
            };
            let kind = EventKind::Message {
                thread: thread.clone(),
                message: reference,
                author: Some(author),
                sighting: Sighting::Present(version),
            };
            self.tell(turn, Some(thread), ChatEvent { key, workspace, kind });
            return;
        }
        let events = self.clone();
        self.later(turn, workspace.clone(), Some(thread.clone()), async move {
            // Files of other threads are nobody's business.
            if !events.bot.follows(&workspace, &thread).await {
                return;
            }
            let Some(files) = files::read(&events.discord, &message.attachments).await else {
                events.bot.lost(workspace, thread);
                return;
            };
            let version = message.version(events.discord.user(), files);
            let (Some(reference), Some(author)) = (message_ref(message.id.get()), message.person()) else {
                return;
            };
            let sighting = Sighting::Present(version);
            let kind = EventKind::Message { thread, message: reference, author: Some(author), sighting };
            events.bot.event(ChatEvent { key, workspace, kind }).await;
        });
    }

    /// What changed can't be told from it; without an edit nothing that we read has.
    fn partial(&self, update: &Partial) {
        if update.edited_timestamp.is_some()
            && let Some((workspace, thread)) = place(update.guild_id, update.channel_id)
        {
            tracing::debug!(message = %update.id, "an edit came without its text; its thread is read again");
            self.bot.lost(workspace, thread);
        }
    }

    fn deleted(&self, guild: Option<GuildId>, channel: ChannelId, messages: &[MessageId]) {
        let Some((workspace, thread)) = place(guild, channel) else { return };
        for id in messages {
            let Some(message) = message_ref(id.get()) else { continue };
            let kind = EventKind::Message {
                thread: thread.clone(),
                message,
                author: None,
                sighting: Sighting::Deleted,
            };
            let event = ChatEvent { key: format!("delete:{id}"), workspace: workspace.clone(), kind };
            self.tell(None, Some(thread.clone()), event);
        }
    }

    /// Hands an event on in the background, so that the gateway is read on.
    fn tell(&self, turn: Option<Turn<Lane>>, thread: Option<MessageRef>, event: ChatEvent) {
        let bot = Arc::clone(&self.bot);
        self.later(turn, event.workspace.clone(), thread, async move { bot.event(event).await });
    }

    fn later(
        &self,
        mut turn: Option<Turn<Lane>>,
        workspace: Workspace,
        thread: Option<MessageRef>,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        if self.discord.under_way().count() >= EVENTS_MAX {
            if let Some(thread) = thread {
                self.bot.lost(workspace, thread);
            }
            return;
        }
        let (at_once, under) = (Arc::clone(&self.at_once), self.discord.under_way().enter());
        tokio::spawn(async move {
            // First its turn: were it to hold a permit meanwhile, the one that it waits for might get none.
            if let Some(turn) = &mut turn {
                turn.come().await;
            }
            let permit = at_once.acquire().await;
            work.await;
            drop((permit, turn, under));
        });
    }
}

impl Listener for Events {
    fn entrance(&self) -> impl Future<Output = Result<Entrance, String>> + Send {
        self.discord.entrance().map(|entrance| entrance.map_err(|error| error.to_string()))
    }

    async fn connected(&self, shard: u32, ready: &RawValue) {
        #[derive(Deserialize)]
        struct Ready {
            guilds: Vec<serde::de::IgnoredAny>,
        }
        let servers = serde_json::from_str::<Ready>(ready.get()).map_or(0, |ready| ready.guilds.len());
        tracing::info!(shard, servers, "connected to Discord");
        // What happened before this session is in the threads alone.
        let shards = self.discord.shards();
        // Which servers a shard hears of: https://discord.com/developers/docs/events/gateway#sharding.
        let concerned = move |server: &WorkspaceRef| {
            snowflake(server.as_str()).is_none_or(|id| (id >> 22) % u64::from(shards) == u64::from(shard))
        };
        self.bot.missed(Platform::Discord, Arc::new(concerned)).await;
        self.discord.set_connected(shard);
    }

    fn event(&self, event: &Event<'_>) {
        let Err(error) = self.read(event) else { return };
        let Event { shard, sequence, name, .. } = *event;
        let ids: Ids = serde_json::from_str(event.data.get()).unwrap_or_default();
        // The error names a place in the event and never quotes what stands there at length.
        let (line, column) = (error.line(), error.column());
        tracing::warn!(shard, name, sequence, id = ?ids.id, line, column, "an event can't be read");
        if let (true, Some(channel)) = (name.starts_with("MESSAGE_"), ids.channel_id)
            && let Some((workspace, thread)) = place(ids.guild_id, channel)
        {
            self.bot.lost(workspace, thread);
        }
    }
}

/// The thread that a message may be in. A channel without a thread is one that the bot doesn't know.
fn place(guild: Option<GuildId>, channel: ChannelId) -> Option<(Workspace, MessageRef)> {
    Some((workspace(guild?)?, message_ref(channel.get())?))
}
