//! The JSON that the local chat speaks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::store::{Message, Reaction};
use super::{BOT_ID, message_id, persona_id};
use crate::chat::{Action, Block, Field, File, Form, Outgoing, Timestamp};
use crate::domain::plain;

#[derive(Debug, Deserialize)]
pub(super) struct NewPersona {
    pub(super) name: String,
    #[serde(default)]
    pub(super) admin: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewChannel {
    pub(super) name: String,
    pub(super) workspace: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Leave {
    #[serde(rename = "as")]
    pub(super) persona: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Say {
    #[serde(rename = "as")]
    pub(super) persona: String,
    pub(super) channel: String,
    pub(super) thread: Option<String>,
    pub(super) text: String,
    #[serde(default)]
    pub(super) files: Vec<NewFile>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewFile {
    pub(super) name: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Edit {
    #[serde(rename = "as")]
    pub(super) persona: String,
    pub(super) message: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Delete {
    #[serde(rename = "as")]
    pub(super) persona: String,
    pub(super) message: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Click {
    #[serde(rename = "as")]
    pub(super) persona: String,
    pub(super) message: String,
    pub(super) action: String,
    #[serde(default)]
    pub(super) values: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Submit {
    #[serde(rename = "as")]
    pub(super) persona: String,
    pub(super) form: String,
    pub(super) fields: BTreeMap<String, String>,
    /// Where the form was opened; forms that concern a channel need it.
    pub(super) channel: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Command {
    #[serde(rename = "as")]
    pub(super) persona: String,
    pub(super) channel: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Advance {
    /// Seconds; a part of one counts too.
    pub(super) advance_s: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct MessagesQuery {
    pub(super) channel: String,
    pub(super) thread: Option<String>,
    #[serde(rename = "as")]
    pub(super) viewer: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Made {
    pub(super) id: String,
}

#[derive(Debug, Serialize)]
pub(super) struct State {
    pub(super) now: String,
    pub(super) personas: Vec<PersonaOut>,
    pub(super) channels: Vec<ChannelOut>,
    pub(super) due: Vec<DueOut>,
}

#[derive(Debug, Serialize)]
pub(super) struct PersonaOut {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) admin: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ChannelOut {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) workspace: String,
}

#[derive(Debug, Serialize)]
pub(super) struct DueOut {
    pub(super) at: String,
    pub(super) channel: String,
    pub(super) what: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct MessageOut {
    id: String,
    channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    author: AuthorOut,
    at: String,
    text: String,
    files: Vec<File>,
    actions: Vec<Action>,
    reactions: Vec<Reaction>,
    edited: bool,
    /// How many replies the thread has; absent: there is no thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<i64>,
    /// The parts of a message of the bot's, for pages that draw them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
}

#[derive(Debug, Serialize)]
struct AuthorOut {
    id: String,
    name: String,
    bot: bool,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct ReplyOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ephemeral: Option<EphemeralOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) form: Option<FormOut>,
}

#[derive(Debug, Serialize)]
pub(super) struct EphemeralOut {
    id: String,
    text: String,
    actions: Vec<Action>,
    blocks: Vec<Block>,
}

/// A form, with the key under which its channel is remembered in its id.
#[derive(Debug, Serialize)]
pub(super) struct FormOut {
    id: String,
    title: String,
    fields: Vec<Field>,
}

pub(super) fn time(at: Timestamp) -> String {
    at.to_string()
}

impl From<Message> for MessageOut {
    fn from(message: Message) -> Self {
        let author = match &message.author {
            Some(persona) => {
                AuthorOut { id: persona_id(persona.number), name: persona.name.clone(), bot: false }
            }
            None => AuthorOut { id: BOT_ID.to_owned(), name: "studybot".to_owned(), bot: true },
        };
        let outgoing = message.outgoing.unwrap_or_default();
        Self {
            id: message_id(message.number),
            channel: message.channel,
            thread: message.thread.map(message_id),
            author,
            at: time(message.at),
            text: message.text,
            files: message.files,
            actions: outgoing.actions,
            reactions: message.reactions,
            edited: message.edited_at.is_some(),
            replies: message.has_thread.then_some(message.replies),
            blocks: outgoing.blocks,
        }
    }
}

pub(super) fn ephemeral(id: String, message: Outgoing) -> EphemeralOut {
    EphemeralOut { id, text: plain::text(&message.blocks), actions: message.actions, blocks: message.blocks }
}

pub(super) fn form(form: Form) -> FormOut {
    FormOut { id: form.id, title: form.title, fields: form.fields }
}
