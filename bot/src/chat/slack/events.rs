//! From Slack's events to neutral ones.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::api::User;
use super::listen::{Envelope, Kind, Listener};
use super::model::{Changed, Deleted, EventEnvelope, EventKind as Named, Message, message_ref, person_ref};
use super::{Identity, Slack, files};
use crate::chat::turns::Turns;
use crate::chat::{Bot, ChatEvent, EventKind, MessageRef, Platform, Sighting, Workspace};

/// Events that the bot works on at once.
const EVENTS_AT_ONCE: usize = 64;

/// What Slack tells, on its way to the bot. Clones share it.
#[derive(Clone)]
pub(super) struct Events {
    pub(super) slack: Slack,
    pub(super) bot: Arc<dyn Bot>,
    at_once: Arc<Semaphore>,
    turns: Turns<Lane>,
}

/// What one person writes in one channel reaches the bot in its order, so that the first message is the one that is
/// acknowledged. Other people's need not wait for it.
type Lane = (String, String);

/// Where an event comes from.
struct Origin {
    workspace: Workspace,
    event_id: String,
}

/// A message of a person in a thread.
struct Reply {
    origin: Origin,
    key: String,
    channel: String,
    thread: MessageRef,
    message: Message,
}

impl Events {
    pub(super) fn new(slack: Slack, bot: Arc<dyn Bot>) -> Self {
        Self { slack, bot, at_once: Arc::new(Semaphore::new(EVENTS_AT_ONCE)), turns: Turns::default() }
    }

    /// Reads an event, in the order of arrival; what is returned stores it.
    fn event(&self, envelope: &Envelope) -> Result<BoxFuture<'static, ()>, serde_json::Error> {
        let nothing = async {}.boxed();
        let told: EventEnvelope = serde_json::from_str(envelope.payload.get())?;
        let Some(workspace) = self.slack.known_identity().and_then(|ours| origin(&ours, &told)) else {
            tracing::warn!(event = told.event_id, "an event of a workspace that is not ours; left out");
            return Ok(nothing);
        };
        let origin = Origin { workspace, event_id: told.event_id };
        let event = told.event.get();
        let named: Named = serde_json::from_str(event)?;
        match (named.name.as_str(), named.subtype.as_str()) {
            ("message", "" | "file_share" | "thread_broadcast" | "me_message") => {
                let message: Message = serde_json::from_str(event)?;
                let channel = message.channel.clone();
                Ok(self.message(origin, channel, message, "create"))
            }
            ("message", "message_changed") => {
                let changed: Changed = serde_json::from_str(event)?;
                // Slack changes messages by itself too: previews, the number of replies.
                if changed.message.edited.ts.is_empty() {
                    return Ok(nothing);
                }
                Ok(self.message(origin, changed.channel, changed.message, "edit"))
            }
            ("message", "message_deleted") => Ok(self.deleted(origin, &serde_json::from_str(event)?)),
            ("user_change" | "team_join", _) => Ok(self.person(origin, serde_json::from_str(event)?)),
            ("subteam_created" | "subteam_updated" | "subteam_members_changed", _) => {
                self.slack.people().forget_groups();
                Ok(nothing)
            }
            ("app_uninstalled" | "tokens_revoked", _) => {
                tracing::warn!(workspace = %origin.workspace.id, "Slack says that the app or a token was removed");
                // Where it was ours, this is refused, which ends us with a word on what to do.
                let slack = self.slack.clone();
                Ok(async move { drop(slack.require_token().await) }.boxed())
            }
            _ => Ok(nothing),
        }
    }

    fn message(
        &self,
        origin: Origin,
        channel: String,
        message: Message,
        what: &str,
    ) -> BoxFuture<'static, ()> {
        let ours = self.slack.known_identity();
        let is_ours = ours.is_some_and(|ours| ours.user == message.user);
        let thread = message.thread_ts().and_then(|ts| message_ref(&channel, ts));
        let (Some(thread), false, true) = (thread, is_ours, message.is_by_a_person()) else {
            return async {}.boxed();
        };
        if message.says_nothing() {
            return async {}.boxed();
        }
        // Slack may tell of one message many times, each time with another event id.
        let key = match what {
            "edit" => format!("edit:{channel}:{}:{}", message.ts, message.edited.ts),
            _ => format!("{what}:{channel}:{}", message.ts),
        };
        let mut turn = self.turns.take((channel.clone(), message.user.clone()));
        let events = self.clone();
        async move {
            turn.come().await;
            events.reply(Reply { origin, key, channel, thread, message }).await;
            drop(turn);
        }
        .boxed()
    }

    /// Hands a person's message in a thread over.
    async fn reply(&self, reply: Reply) {
        let Reply { origin, key, channel, thread, message } = reply;
        let needs_more = !message.files.is_empty() || !self.slack.knows(&message.user);
        // Other threads' people and files are nobody's business.
        if needs_more && !self.bot.follows(&origin.workspace, &thread).await {
            return;
        }
        let Some(files) = files::read(&self.slack, &message.files).await else {
            self.bot.lost(origin.workspace, thread);
            return;
        };
        let author = self.slack.author(&origin.workspace, message.author_team(), &message.user).await;
        let (Some(reference), Some(author), Some(version)) =
            (message_ref(&channel, &message.ts), author, message.version(files))
        else {
            tracing::warn!(
                event = origin.event_id,
                "a message without a sound time or author; its thread is read again"
            );
            self.bot.lost(origin.workspace, thread);
            return;
        };
        let kind = EventKind::Message {
            thread,
            message: reference,
            author: Some(author),
            sighting: Sighting::Present(version),
        };
        // Only now: what waits for a name or for word of a file holds nobody else up.
        let permit = self.at_once.acquire().await;
        self.bot.event(ChatEvent { key, workspace: origin.workspace, kind }).await;
        drop(permit);
    }

    fn deleted(&self, origin: Origin, deleted: &Deleted) -> BoxFuture<'static, ()> {
        let Deleted { channel, deleted_ts, previous_message } = deleted;
        let thread_ts =
            Some(previous_message.thread_ts.as_str()).filter(|ts| !ts.is_empty() && ts != deleted_ts);
        let thread = thread_ts.and_then(|ts| message_ref(channel, ts));
        let (Some(thread), Some(message)) = (thread, message_ref(channel, deleted_ts)) else {
            return async {}.boxed();
        };
        let kind = EventKind::Message { thread, message, author: None, sighting: Sighting::Deleted };
        let key = format!("delete:{channel}:{deleted_ts}");
        self.tell(ChatEvent { key, workspace: origin.workspace, kind })
    }

    /// Somebody's name or rights have changed, or they have come, or gone.
    fn person(&self, origin: Origin, changed: PersonChanged) -> BoxFuture<'static, ()> {
        let user = changed.user;
        self.slack.people().note(&user);
        let person = person_ref(&origin.workspace.id, None, &user.id);
        let (true, Some(person)) = (user.deleted, person) else { return async {}.boxed() };
        // A person may leave, come back, and leave again.
        let key = format!("left:{person}:{}", user.updated);
        self.tell(ChatEvent { key, workspace: origin.workspace, kind: EventKind::Left { person } })
    }

    fn tell(&self, event: ChatEvent) -> BoxFuture<'static, ()> {
        let (bot, at_once) = (Arc::clone(&self.bot), Arc::clone(&self.at_once));
        async move {
            let permit = at_once.acquire().await;
            bot.event(event).await;
            drop(permit);
        }
        .boxed()
    }

    /// What can't be read: the thread that it may be about is read again, where that much can be told.
    fn unreadable(&self, envelope: &Envelope, error: &serde_json::Error) {
        let (line, column) = (error.line(), error.column());
        let told: Option<EventEnvelope> = serde_json::from_str(envelope.payload.get()).ok();
        let event = told.as_ref().map(|told| told.event_id.as_str());
        tracing::warn!(event, line, column, "an event can't be read");
        let Some(told) = told else { return };
        let workspace = self.slack.known_identity().and_then(|ours| origin(&ours, &told));
        let message: Option<Message> = serde_json::from_str(told.event.get()).ok();
        if let (Some(workspace), Some(message)) = (workspace, message)
            && let Some(thread) = message.thread_ts().and_then(|ts| message_ref(&message.channel, ts))
        {
            self.bot.lost(workspace, thread);
        }
    }
}

impl Listener for Events {
    fn take(&self, envelope: Envelope) -> BoxFuture<'static, Option<serde_json::Value>> {
        let under = self.slack.under_way().enter();
        if envelope.retry > 0 {
            tracing::debug!(retry = envelope.retry, kind = ?envelope.kind, "Slack delivers something again");
        }
        match envelope.kind {
            Kind::Event => {
                let stored = self.event(&envelope).unwrap_or_else(|error| {
                    self.unreadable(&envelope, &error);
                    async {}.boxed()
                });
                stored
                    .map(|()| {
                        drop(under);
                        None
                    })
                    .boxed()
            }
            Kind::Interactive | Kind::Command => {
                let (slack, bot) = (self.slack.clone(), Arc::clone(&self.bot));
                slack.answer(bot, envelope, under).boxed()
            }
        }
    }

    fn connected(&self) -> BoxFuture<'static, ()> {
        let events = self.clone();
        let under = self.slack.under_way().enter();
        async move {
            let team = events.slack.known_identity().map(|ours| ours.team);
            tracing::info!(workspace = team, "connected to Slack");
            events.slack.learn_names().await;
            // What happened while nothing was connected is in the threads alone.
            events.bot.missed(Platform::Slack, Arc::new(|_| true)).await;
            events.slack.set_connected();
            drop(under);
        }
        .boxed()
    }
}

#[derive(Deserialize)]
struct PersonChanged {
    user: User,
}

/// The workspace that an event is of. `None`: none of ours.
fn origin(ours: &Identity, told: &EventEnvelope) -> Option<Workspace> {
    let authorized = told.authorizations.first();
    let named = [
        authorized.map_or("", |authorized| authorized.team_id.as_str()),
        told.context_team_id.as_str(),
        told.team_id.as_str(),
    ];
    let for_all = authorized.is_some_and(|authorized| authorized.is_enterprise_install);
    ours.workspace(&named, for_all, &told.enterprise_id)
}
