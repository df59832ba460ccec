//! What the bot wants done on Slack: one call after the other, each at most once.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::api::{MESSAGES_MAX, Page, PostMessage, Reading, UpdateMessage};
use super::draw;
use super::model::{METADATA_TYPE, Message, message_ref, place_of, ts_at, user_of, workspace};
use super::web::{Doing, Turn, WebError};
use super::{Slack, files};
use crate::chat::{
    Call, Chat, ChatError, Done, MessageRef, Outgoing, PersonRef, ThreadMessage, Timestamp, What,
};

/// Our clock and Slack's may differ: a message of ours is looked for from so long before its decision.
const SKEW_MS: i64 = 5 * 60 * 1_000;
/// Names that a reading asks for one by one; all others are listed meanwhile, or come with the next message.
const NAMES_ASKED_MAX: usize = 20;
/// What the emojis are called that the bot reacts with.
const EMOJIS: [(&str, &str); 3] = [("✅", "white_check_mark"), ("⚠️", "warning"), ("🔒", "lock")];

/// A channel, or a thread in it.
#[derive(Clone, Copy)]
struct Place<'a> {
    channel: &'a str,
    thread: Option<&'a str>,
}

impl Chat for Slack {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        Box::pin(self.perform(call, earlier))
    }
}

impl Slack {
    async fn perform(&self, call: &Call<'_>, earlier: bool) -> Result<Done, ChatError> {
        let since = earlier.then(|| call.since.plus(-SKEW_MS));
        match &call.what {
            What::Post { channel, thread: None, message } => {
                let place = Place { channel: channel.as_str(), thread: None };
                let posted = self.post(place, message, call.key, since).await;
                explained(posted, Doing::Channel)
            }
            What::Post { thread: Some(thread), message, .. } => {
                let (channel, ts) = place_of(thread).ok_or_else(not_ours)?;
                let place = Place { channel, thread: Some(ts) };
                let posted = self.post(place, message, call.key, since).await;
                self.explain_in_thread(posted, channel, Doing::Thread).await
            }
            What::Direct { person, message } => {
                let sent = self.direct(call, person, message, since).await;
                explained(sent, Doing::Direct)
            }
            // On Slack every message can be replied to, and nobody can be kept from it.
            What::OpenThread { message, .. } => Ok(Done::Made((*message).clone())),
            What::UnlockThread { .. } => Ok(Done::Done),
            What::Edit { target, posted_as, message, .. } => {
                let (channel, ts) = place_of(target).ok_or_else(not_ours)?;
                let edited = self.edit(channel, ts, posted_as, message, call.key).await;
                explained(edited, Doing::Channel)
            }
            What::React { target, emoji, .. } => {
                let (channel, ts) = place_of(target).ok_or_else(not_ours)?;
                explained(self.react(channel, ts, emoji, call.key).await, Doing::Reaction)
            }
            What::ReadThread { thread, .. } => {
                let (channel, ts) = place_of(thread).ok_or_else(not_ours)?;
                let read = self.read_thread(call, thread, Place { channel, thread: Some(ts) }).await;
                self.explain_in_thread(read, channel, Doing::Reading).await
            }
        }
    }

    /// The outcome of something in a thread, in the port's words. Where the thread is gone, its channel may be, too.
    async fn explain_in_thread(
        &self,
        outcome: Result<Done, Failed>,
        channel: &str,
        doing: Doing,
    ) -> Result<Done, ChatError> {
        match outcome {
            Err(Failed::Web(error)) if is_gone(&error) => match self.web().conversations_info(Turn::Patient, channel).await {
                Ok(_) => Err(ChatError::ThreadGone {
                    mend: "Somebody deleted the message of a question, so I can show nothing more in its thread; what \
                           was answered before is kept."
                        .to_owned(),
                }),
                Err(error) => Err(error.into_chat(Doing::Channel)),
            },
            outcome => explained(outcome, doing),
        }
    }

    /// Posts the parts of a message that aren't there yet, in order. The result is the first one.
    async fn post(
        &self,
        place: Place<'_>,
        message: &Outgoing,
        key: &str,
        since: Option<Timestamp>,
    ) -> Result<Done, Failed> {
        let parts = draw::parts(message);
        let there = match since {
            Some(since) => self.find(place, key, since).await?,
            None => BTreeMap::new(),
        };
        let mut first = there.get(&0).cloned();
        // Whoever has had to look has waited for a turn already.
        let mut turn = if since.is_some() { Turn::Patient } else { Turn::Delivery(key) };
        for (number, part) in parts.iter().enumerate().filter(|(number, _)| !there.contains_key(number)) {
            let metadata = metadata(key, number, parts.len());
            let posting = PostMessage {
                channel: place.channel,
                thread_ts: place.thread,
                text: &part.text,
                blocks: &part.blocks,
                metadata: Some(&metadata),
            };
            match self.web().post_message(std::mem::replace(&mut turn, Turn::Patient), &posting).await {
                Ok(posted) => {
                    if number == 0 {
                        first = Some(posted.ts);
                    }
                }
                // Part of it stands: the next attempt has to look before it posts again.
                Err(error) if number > 0 && error.passes() => {
                    return Err(Failed::Known(ChatError::Unclear(format!("part {}: {error}", number + 1))));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let made = first.and_then(|ts| message_ref(place.channel, &ts));
        Ok(made.map_or(Done::Done, Done::Made))
    }

    /// Our messages with this key, by part.
    async fn find(
        &self,
        place: Place<'_>,
        key: &str,
        since: Timestamp,
    ) -> Result<BTreeMap<usize, String>, Failed> {
        let ours = self.identity().await?;
        let mut found = BTreeMap::new();
        self.each_message(place, &ts_at(since), key, |message| {
            let is_ours = message.user == ours.user || (!ours.bot.is_empty() && message.bot_id == ours.bot);
            if let Some(part) = message.part_of(key).filter(|_| is_ours) {
                found.entry(part).or_insert(message.ts);
            }
        })
        .await?;
        Ok(found)
    }

    /// Goes through what stands in a place since a moment, page by page.
    async fn each_message(
        &self,
        place: Place<'_>,
        oldest: &str,
        key: &str,
        mut see: impl FnMut(Message),
    ) -> Result<(), WebError> {
        let mut cursor: Option<String> = None;
        let mut turn = Turn::Delivery(key);
        loop {
            let reading = Reading {
                channel: place.channel,
                oldest: Some(oldest),
                inclusive: true,
                limit: MESSAGES_MAX,
                cursor: cursor.as_deref(),
            };
            let now = std::mem::replace(&mut turn, Turn::Patient);
            let page: Page<Message> = match place.thread {
                Some(ts) => self.web().conversations_replies(now, ts, &reading).await?,
                None => self.web().conversations_history(now, &reading).await?,
            };
            page.items.into_iter().for_each(&mut see);
            match page.next_cursor {
                Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
                _ => return Ok(()),
            }
        }
    }

    async fn direct(
        &self,
        call: &Call<'_>,
        person: &PersonRef,
        message: &Outgoing,
        since: Option<Timestamp>,
    ) -> Result<Done, Failed> {
        let user = user_of(person);
        let channel = match self.known_direct(user) {
            Some(channel) => channel,
            None => {
                let channel = self.web().conversations_open(Turn::Delivery(call.key), user).await?;
                self.remember_direct(user, &channel);
                channel
            }
        };
        self.post(Place { channel: &channel, thread: None }, message, call.key, since).await
    }

    /// Replaces the parts of a message. One that somebody removed stays removed.
    async fn edit(
        &self,
        channel: &str,
        target: &str,
        posted_as: &str,
        message: &Outgoing,
        key: &str,
    ) -> Result<Done, Failed> {
        let parts = draw::parts(message);
        let mut standing = BTreeMap::from([(0, target.to_owned())]);
        if parts.len() > 1 {
            // The others came right after it.
            let place = Place { channel, thread: None };
            self.each_message(place, target, key, |message| {
                if let Some(part) = message.part_of(posted_as) {
                    standing.entry(part).or_insert(message.ts);
                }
            })
            .await?;
        }
        let mut turn = if parts.len() > 1 { Turn::Patient } else { Turn::Delivery(key) };
        for (number, part) in parts.iter().enumerate() {
            let Some(ts) = standing.get(&number) else { continue };
            let metadata = metadata(posted_as, number, parts.len());
            let update = UpdateMessage {
                channel,
                ts,
                text: &part.text,
                blocks: &part.blocks,
                metadata: Some(&metadata),
            };
            match self.web().update_message(std::mem::replace(&mut turn, Turn::Patient), &update).await {
                Ok(_) => {}
                // What was deleted with replies below it leaves a stone, which is nobody's to change.
                Err(error) if matches!(error.code(), Some("message_not_found" | "cant_update_message")) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Done::Done)
    }

    async fn react(&self, channel: &str, ts: &str, emoji: &str, key: &str) -> Result<Done, Failed> {
        let name = EMOJIS.iter().find(|(sign, _)| *sign == emoji).map(|(_, name)| *name);
        let Some(name) = name else {
            return Err(Failed::Known(ChatError::Refused("an emoji without a name on Slack".to_owned())));
        };
        match self.web().reactions_add(Turn::Delivery(key), channel, ts, name).await {
            Ok(()) => Ok(Done::Done),
            Err(error) if matches!(error.code(), Some("already_reacted" | "message_not_found")) => {
                Ok(Done::Done)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Every message of people in a thread, with the texts of their files.
    async fn read_thread(
        &self,
        call: &Call<'_>,
        thread: &MessageRef,
        place: Place<'_>,
    ) -> Result<Done, Failed> {
        let ours = self.identity().await?;
        let home = workspace(call.workspace.id.as_str()).ok_or_else(|| Failed::Known(not_ours()))?;
        let mut messages = Vec::new();
        self.each_message(place, "0", call.key, |message| {
            if message.is_by_a_person() && message.user != ours.user && message.thread_ts().is_some() {
                messages.push(message);
            }
        })
        .await?;
        let mut read = Vec::with_capacity(messages.len());
        let mut unknown = 0;
        for message in messages {
            unknown += usize::from(!self.knows(&message.user));
            let author = match unknown {
                0..=NAMES_ASKED_MAX => self.author(&home, message.author_team(), &message.user).await,
                _ => self.known_author(&home, message.author_team(), &message.user),
            };
            let (Some(reference), Some(author)) = (message_ref(place.channel, &message.ts), author) else {
                continue;
            };
            if reference == *thread {
                continue;
            }
            // Also what says nothing stands: it was not deleted.
            let version = if message.says_nothing() {
                None
            } else {
                let Some(files) = files::read(self, &message.files).await else {
                    let reason = format!("a file in {} can't be read now", call.key);
                    return Err(Failed::Known(ChatError::Later { reason, after_ms: None }));
                };
                message.version(files)
            };
            read.push(ThreadMessage { message: reference, author, version });
        }
        Ok(Done::Thread(read))
    }
}

/// Why a call failed.
enum Failed {
    /// As Slack, or the way there, has it.
    Web(WebError),
    /// Explained already.
    Known(ChatError),
}

impl From<WebError> for Failed {
    fn from(error: WebError) -> Self {
        Self::Web(error)
    }
}

fn not_ours() -> ChatError {
    ChatError::Refused("an id that is none of Slack's".to_owned())
}

/// What hangs unseen on part `number` (counted from 0) of a message, so that it can be found again.
fn metadata(key: &str, number: usize, parts: usize) -> serde_json::Value {
    serde_json::json!({
        "event_type": METADATA_TYPE,
        "event_payload": { "key": key, "part": number + 1, "parts": parts },
    })
}

/// Whether the message that a thread hangs from is gone.
fn is_gone(error: &WebError) -> bool {
    matches!(error.code(), Some("thread_not_found" | "cannot_reply_to_message" | "message_not_found"))
}

/// An outcome in the port's words.
fn explained(outcome: Result<Done, Failed>, doing: Doing) -> Result<Done, ChatError> {
    outcome.map_err(|failed| match failed {
        Failed::Known(error) => error,
        Failed::Web(error) => error.into_chat(doing),
    })
}
