//! What the bot wants done on Discord: one call after the other, each at most once.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serenity::model::id::{ChannelId, MessageId, UserId};

use super::api::Route;
use super::controls::Carried;
use super::draw::{self, Part};
use super::model::{Message, first_id_at, message_ref, snowflake};
use super::rest::{Doing, RestError, code};
use super::{Discord, files};
use crate::chat::{
    Call, Chat, ChatError, Done, MessageRef, Outgoing, PersonRef, ThreadMessage, Timestamp, What,
};

/// Our clock and Discord's may differ: a message of ours is looked for from so long before its decision.
const SKEW_MS: i64 = 5 * 60 * 1_000;
/// Discord's longest, seven days; a message in a thread opens it again.
const ARCHIVE_AFTER_MINUTES: u16 = 10_080;

/// Something that was just made.
#[derive(Deserialize)]
struct Made {
    id: MessageId,
}

impl Chat for Discord {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        Box::pin(self.perform(call, earlier))
    }
}

impl Discord {
    async fn perform(&self, call: &Call<'_>, earlier: bool) -> Result<Done, ChatError> {
        let since = earlier.then(|| call.since.plus(-SKEW_MS));
        match &call.what {
            What::Post { channel, thread: None, message } => {
                let channel = channel_id(channel.as_str())?;
                let parts = draw::parts(message, kept(call));
                let posted = self.post(channel, &parts, call.key, since).await;
                explained(posted, Doing::Channel)
            }
            What::Post { channel, thread: Some(thread), message } => {
                let (channel, thread) = (channel_id(channel.as_str())?, channel_id(thread.as_str())?);
                let parts = draw::parts(message, kept(call));
                let posted = self.post(thread, &parts, call.key, since).await;
                self.explain_in_thread(posted, channel).await
            }
            What::Direct { person, message } => self.direct(call, person, message, since).await,
            What::OpenThread { channel, message, name, locked } => {
                let channel = channel_id(channel.as_str())?;
                let opened = self.open_thread(channel, message_id(message)?, name, *locked).await;
                explained(opened, Doing::OpenThread)
            }
            What::UnlockThread { thread, .. } => {
                self.set_locked(channel_id(thread.as_str())?, false).await;
                Ok(Done::Done)
            }
            What::Edit { channel, target, posted_as, message } => {
                let channel = channel_id(channel.as_str())?;
                let parts = draw::parts(message, Carried { key: Some(posted_as), guild: None });
                let edited = self.edit(channel, message_id(target)?, posted_as, &parts).await;
                explained(edited, Doing::Channel)
            }
            What::React { thread, target, emoji, .. } => {
                let thread = channel_id(thread.as_str())?;
                let reacted = self.react(thread, message_id(target)?, emoji).await;
                explained(reacted, Doing::Reaction)
            }
            What::ReadThread { channel, thread } => {
                let (channel, thread) = (channel_id(channel.as_str())?, channel_id(thread.as_str())?);
                let read = self.read_thread(call, thread).await;
                self.explain_in_thread(read, channel).await
            }
        }
    }

    /// The outcome of something in a thread, in the port's words. Where the thread is gone, its channel may be, too.
    async fn explain_in_thread(
        &self,
        outcome: Result<Done, Failed>,
        channel: ChannelId,
    ) -> Result<Done, ChatError> {
        match outcome {
            Err(Failed::Rest(error)) if error.code() == Some(code::UNKNOWN_CHANNEL) => {
                match self.rest().call::<IgnoredAny>(&Route::channel(channel)).await {
                    Ok(_) => Err(ChatError::ThreadGone {
                        mend: "Somebody deleted the thread of a question, so I can show nothing more in it; what was \
                               answered before is kept."
                            .to_owned(),
                    }),
                    Err(error) => Err(error.into_chat(Doing::Channel)),
                }
            }
            outcome => explained(outcome, Doing::Thread),
        }
    }

    /// Posts the parts of a message that aren't there yet, in order. The result is the first one.
    async fn post(
        &self,
        place: ChannelId,
        parts: &[Part],
        key: &str,
        since: Option<Timestamp>,
    ) -> Result<Done, Failed> {
        let there = match since {
            Some(since) => self.find(place, key, parts.len(), since).await?,
            None => BTreeMap::new(),
        };
        let mut first = there.get(&0).copied();
        for (number, part) in parts.iter().enumerate().filter(|(number, _)| !there.contains_key(number)) {
            let posted = self.post_part(place, part).await;
            match posted {
                Ok(id) => first = first.or(id),
                // Part of it stands: the next attempt has to look before it posts again.
                Err(error) if number > 0 && passes(&error) => {
                    return Err(Failed::Known(ChatError::Unclear(format!("part {}: {error}", number + 1))));
                }
                Err(error) => return Err(Failed::Rest(error)),
            }
        }
        Ok(first.and_then(|id| message_ref(id.get())).map_or(Done::Done, Done::Made))
    }

    /// Posts one part. `None`: it was posted before, and then removed by somebody.
    async fn post_part(&self, place: ChannelId, part: &Part) -> Result<Option<MessageId>, RestError> {
        let route = Route::post_message(place);
        let message = part.create();
        let posted = self.in_open_thread(place, || self.rest().send::<Made>(&route, &message)).await;
        match posted {
            Ok(made) => Ok(Some(made.id)),
            // Discord knows the nonce, and the message is gone.
            Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Our messages with this key, by part.
    async fn find(
        &self,
        place: ChannelId,
        key: &str,
        parts: usize,
        since: Timestamp,
    ) -> Result<BTreeMap<usize, MessageId>, Failed> {
        let ours = self.identity().await?.user;
        let mut found = BTreeMap::new();
        let mut any = false;
        self.each_message(place, MessageId::new(first_id_at(since).max(1)), |message| {
            any = true;
            if let Some(part) = message.part_of(ours, key, parts) {
                found.entry(part).or_insert(message.id);
            }
        })
        .await?;
        if !any {
            self.require_history(place).await?;
        }
        Ok(found)
    }

    /// Goes through a history, oldest first.
    async fn each_message(
        &self,
        place: ChannelId,
        mut after: MessageId,
        mut see: impl FnMut(Message),
    ) -> Result<(), RestError> {
        loop {
            let mut page: Vec<Message> = self.rest().call(&Route::messages(place, after)).await?;
            let full = page.len() >= usize::from(super::api::MESSAGES_MAX);
            page.sort_by_key(|message| message.id);
            let Some(last) = page.last().map(|message| message.id) else { return Ok(()) };
            page.into_iter().for_each(&mut see);
            if !full || last <= after {
                return Ok(());
            }
            after = last;
        }
    }

    async fn direct(
        &self,
        call: &Call<'_>,
        person: &PersonRef,
        message: &Outgoing,
        since: Option<Timestamp>,
    ) -> Result<Done, ChatError> {
        let user = snowflake(person.as_str()).map(UserId::new).ok_or_else(not_ours)?;
        let carried = Carried { key: Some(call.key), guild: Some(&call.workspace.id) };
        let sent = async {
            let channel = self.direct_channel(user).await?;
            let parts = draw::parts(message, carried);
            self.post(channel, &parts, call.key, since).await
        };
        explained(sent.await, Doing::Direct)
    }

    async fn direct_channel(&self, user: UserId) -> Result<ChannelId, RestError> {
        #[derive(Deserialize)]
        struct Channel {
            id: ChannelId,
        }
        if let Some(known) = self.known_direct(user) {
            return Ok(known);
        }
        let body = serde_json::json!({ "recipient_id": user });
        let channel: Channel = self.rest().send(&Route::open_direct(), &body).await?;
        self.remember_direct(user, channel.id);
        Ok(channel.id)
    }

    /// A thread has the id of the message that it hangs from.
    async fn open_thread(
        &self,
        channel: ChannelId,
        message: MessageId,
        name: &str,
        locked: bool,
    ) -> Result<Done, Failed> {
        let body = serde_json::json!({ "name": name, "auto_archive_duration": ARCHIVE_AFTER_MINUTES });
        let opened = self.rest().send::<IgnoredAny>(&Route::open_thread(channel, message), &body).await;
        match opened {
            Ok(_) => {}
            Err(error) if error.code() == Some(code::THREAD_EXISTS) => {}
            Err(error) => return Err(error.into()),
        }
        if locked {
            self.set_locked(ChannelId::new(message.get()), true).await;
        }
        Ok(message_ref(message.get()).map_or(Done::Done, Done::Made))
    }

    /// Locks a thread, or takes the lock away, where the bot may: without the right to, people who write in it are told
    /// that it doesn't count.
    async fn set_locked(&self, thread: ChannelId, locked: bool) {
        let body = serde_json::json!({ "locked": locked });
        let route = Route::change_thread(thread);
        let changed = self.rest().send::<IgnoredAny>(&route, &body).await;
        if let Err(error) = changed {
            tracing::debug!(%thread, locked, %error, "a thread's lock stays as it is");
        }
    }

    /// Does something in a place; where that is a thread that was archived meanwhile, opens it again first.
    async fn in_open_thread<T, F, W>(&self, place: ChannelId, work: W) -> Result<T, RestError>
    where
        W: Fn() -> F,
        F: Future<Output = Result<T, RestError>>,
    {
        match work().await {
            Err(error) if error.code() == Some(code::ARCHIVED) => {
                let body = serde_json::json!({ "archived": false });
                self.rest().send::<IgnoredAny>(&Route::change_thread(place), &body).await?;
                work().await
            }
            outcome => outcome,
        }
    }

    /// Replaces the parts of a message. One that somebody removed stays removed.
    async fn edit(
        &self,
        channel: ChannelId,
        target: MessageId,
        posted_as: &str,
        parts: &[Part],
    ) -> Result<Done, Failed> {
        let mut ids = BTreeMap::from([(0, target)]);
        if parts.len() > 1 {
            // The others came right after it.
            let ours = self.identity().await?.user;
            self.each_message(channel, target, |message| {
                if let Some(part) = message.part_of(ours, posted_as, parts.len()) {
                    ids.entry(part).or_insert(message.id);
                }
            })
            .await?;
        }
        for (number, part) in parts.iter().enumerate() {
            let Some(id) = ids.get(&number) else { continue };
            let route = Route::edit_message(channel, *id);
            let message = part.edit();
            let edited =
                self.in_open_thread(channel, || self.rest().send::<IgnoredAny>(&route, &message)).await;
            match edited {
                Ok(_) => {}
                Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Done::Done)
    }

    async fn react(&self, thread: ChannelId, message: MessageId, emoji: &str) -> Result<Done, Failed> {
        let route = Route::react(thread, message, emoji);
        match self.in_open_thread(thread, || self.rest().call::<IgnoredAny>(&route)).await {
            Ok(_) => Ok(Done::Done),
            Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => Ok(Done::Done),
            Err(error) => Err(error.into()),
        }
    }

    /// Every message of people in a thread, with the texts of their files.
    async fn read_thread(&self, call: &Call<'_>, thread: ChannelId) -> Result<Done, Failed> {
        let ours = self.identity().await?.user;
        let (mut any, mut messages) = (false, Vec::new());
        self.each_message(thread, MessageId::new(1), |message| {
            any = true;
            if message.is_by_a_person() {
                messages.push(message);
            }
        })
        .await?;
        if !any {
            // Without the right to read it, a history is empty, which is no reason to take all answers for deleted.
            self.require_history(thread).await?;
        }
        let mut read = Vec::with_capacity(messages.len());
        for message in messages {
            let (Some(reference), Some(author)) = (message_ref(message.id.get()), message.person()) else {
                continue;
            };
            // Also what says nothing stands: it was not deleted.
            let version = if message.says_nothing() {
                None
            } else {
                let Some(files) = files::read(self, &message.attachments).await else {
                    let reason = format!("a file in {} can't be read now", call.key);
                    return Err(Failed::Known(ChatError::Later { reason, after_ms: None }));
                };
                Some(message.version(ours, files))
            };
            read.push(ThreadMessage { message: reference, author, version });
        }
        Ok(Done::Thread(read))
    }
}

/// Why a call failed.
pub(super) enum Failed {
    /// As Discord, or the way there, has it.
    Rest(RestError),
    /// Explained already.
    Known(ChatError),
}

impl From<RestError> for Failed {
    fn from(error: RestError) -> Self {
        Self::Rest(error)
    }
}

fn not_ours() -> ChatError {
    ChatError::Refused("an id that is none of Discord's".to_owned())
}

fn channel_id(text: &str) -> Result<ChannelId, ChatError> {
    snowflake(text).map(ChannelId::new).ok_or_else(not_ours)
}

fn message_id(message: &MessageRef) -> Result<MessageId, ChatError> {
    snowflake(message.as_str()).map(MessageId::new).ok_or_else(not_ours)
}

/// Whether it is tried again. What the call was for changes nothing about that.
fn passes(error: &RestError) -> bool {
    matches!(error.clone().into_chat(Doing::Channel), ChatError::Later { .. } | ChatError::Unclear(_))
}

/// What a message that is kept carries.
fn kept<'a>(call: &Call<'a>) -> Carried<'a> {
    Carried { key: Some(call.key), guild: None }
}

/// An outcome in the port's words.
fn explained(outcome: Result<Done, Failed>, doing: Doing) -> Result<Done, ChatError> {
    outcome.map_err(|failed| match failed {
        Failed::Known(error) => error,
        Failed::Rest(error) => error.into_chat(doing),
    })
}
