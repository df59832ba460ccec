//! What people ask the bot for: commands, clicks and forms; and what it showed to whom.

use std::collections::VecDeque;
use std::sync::PoisonError;

use axum::extract::State as Shared;
use axum::http::StatusCode;

use super::json::{Click, Command, ReplyOut, Submit, ephemeral, form};
use super::refused::{Answer, Body, Refused, TEXT_MAX, bounded, refuse};
use super::server::Server;
use super::store::{Channel, Message, Persona};
use super::{channel_id, person, persona_id, workspace};
use crate::chat::{Field, Form, Interaction, Reply, Request as Asked};

/// Private replies and opened forms that can still be clicked or sent.
const REMEMBERED_MAX: usize = 5_000;

/// Where a private reply or a form was shown, and to whom.
#[derive(Clone, Debug)]
struct Shown {
    id: String,
    persona: i64,
    channel: Place,
}

#[derive(Debug, Default)]
pub(super) struct Remembered {
    next: u64,
    shown: VecDeque<Shown>,
}

/// A channel with its workspace, as requests name it to the bot.
#[derive(Clone, Debug)]
struct Place {
    id: String,
    name: String,
    workspace: String,
}

pub(super) async fn click(Shared(server): Shared<Server>, Body(body): Body<Click>) -> Answer<ReplyOut> {
    let persona = server.persona(&body.persona).await?;
    bounded(&body.action, 200)?;
    if body.values.len() > 25 {
        return refuse(StatusCode::BAD_REQUEST, "A select takes 25 values at most.");
    }
    let (place, replaces) = match server.remembered_for(&body.message, persona.number) {
        Some(shown) => (shown.channel, Some(shown.id)),
        None => {
            let message = server.message(&body.message, Some(persona.number)).await?;
            (server.place(&message).await?, None)
        }
    };
    let request = Asked::Click { action: body.action, values: body.values };
    server.ask(&persona, place, replaces, request).await
}

pub(super) async fn submit(Shared(server): Shared<Server>, Body(body): Body<Submit>) -> Answer<ReplyOut> {
    let persona = server.persona(&body.persona).await?;
    bounded(&body.form, 200)?;
    // The form that this persona opened last under this id says in which channel.
    let shown = server.remembered_for(&body.form, persona.number);
    let place = match (shown, &body.channel) {
        (Some(shown), _) => shown.channel,
        (None, Some(channel)) => server.channel(channel).await?.into(),
        (None, None) => server.any_place().await?,
    };
    let (personas, channels) = (server.chat.store.personas().await?, server.chat.store.channels().await?);
    let mut fields = Vec::new();
    for (id, value) in body.fields {
        let value = value.replace('\0', "\u{fffd}");
        bounded(&value, TEXT_MAX)?;
        let value =
            if Field::takes_mentions(&id) { to_mentions(&value, &personas, &channels) } else { value };
        fields.push((id, value));
    }
    server.ask(&persona, place, None, Asked::Submit { form: body.form, fields }).await
}

pub(super) async fn command(Shared(server): Shared<Server>, Body(body): Body<Command>) -> Answer<ReplyOut> {
    let persona = server.persona(&body.persona).await?;
    let channel = server.channel(&body.channel).await?;
    bounded(&body.text, TEXT_MAX)?;
    let text = body.text.trim();
    let words = match text.strip_prefix("/study") {
        Some(words) if words.is_empty() || words.starts_with(char::is_whitespace) => words.trim().to_owned(),
        _ => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "The only command here is /study; /study help tells more.",
            );
        }
    };
    server.ask(&persona, channel.into(), None, Asked::Command(words)).await
}

impl Server {
    async fn place(&self, message: &Message) -> Result<Place, Refused> {
        if message.recipient.is_some() {
            return Ok(Place {
                id: message.channel.clone(),
                name: "direct message".to_owned(),
                workspace: message.workspace.clone(),
            });
        }
        Ok(self.channel(&message.channel).await?.into())
    }

    async fn any_place(&self) -> Result<Place, Refused> {
        match self.chat.store.channels().await?.into_iter().next() {
            Some(channel) => Ok(channel.into()),
            None => refuse(StatusCode::NOT_FOUND, "There is no channel yet."),
        }
    }

    fn remembered_for(&self, id: &str, persona: i64) -> Option<Shown> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.shown.iter().rev().find(|shown| shown.id == id && shown.persona == persona).cloned()
    }

    fn remember(&self, id: Option<String>, persona: i64, channel: Place) -> String {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let id = id.unwrap_or_else(|| {
            remembered.next += 1;
            format!("e{}", remembered.next)
        });
        remembered.shown.retain(|shown| !(shown.id == id && shown.persona == persona));
        if remembered.shown.len() >= REMEMBERED_MAX {
            remembered.shown.pop_front();
        }
        remembered.shown.push_back(Shown { id: id.clone(), persona, channel });
        id
    }

    /// Asks the bot, and remembers what it shows.
    async fn ask(
        &self,
        persona: &Persona,
        place: Place,
        replaces: Option<String>,
        request: Asked,
    ) -> Answer<ReplyOut> {
        let (Some(person), Some(workspace), Ok(channel)) =
            (person(persona), workspace(&place.workspace), place.id.parse())
        else {
            return refuse(StatusCode::BAD_REQUEST, "An id in this request is not valid.");
        };
        let interaction = Interaction {
            at: self.host.now(),
            workspace,
            channel,
            channel_name: place.name.clone(),
            person,
            hindrance: None,
            request,
        };
        let reply = match self.host.interact(interaction).await {
            Reply::Panel(message) => {
                let id = self.remember(replaces, persona.number, place);
                ReplyOut { ephemeral: Some(ephemeral(id, message)), form: None }
            }
            Reply::Form(shown) => {
                self.remember(Some(shown.id.clone()), persona.number, place);
                let shown = self.with_names(shown).await?;
                ReplyOut { ephemeral: None, form: Some(form(shown)) }
            }
        };
        Ok(axum::Json(reply))
    }

    /// Writes the names that people know in place of mentions.
    async fn with_names(&self, mut form: Form) -> Result<Form, Refused> {
        let (personas, channels) = (self.chat.store.personas().await?, self.chat.store.channels().await?);
        for field in form.fields.iter_mut().filter(|field| Field::takes_mentions(&field.id)) {
            for persona in &personas {
                let mention = format!("<@{}>", persona_id(persona.number));
                field.value = field.value.replace(&mention, &format!("@{}", persona.name));
            }
            for channel in &channels {
                let mention = format!("<#{}>", channel_id(channel.number));
                field.value = field.value.replace(&mention, &format!("#{}", channel.name));
            }
        }
        Ok(form)
    }
}

impl From<Channel> for Place {
    fn from(channel: Channel) -> Self {
        Self { id: channel_id(channel.number), name: channel.name, workspace: channel.workspace }
    }
}

/// Turns `@Name` and `#name` into mentions; longer names first, so that one name may begin with another.
fn to_mentions(text: &str, personas: &[Persona], channels: &[Channel]) -> String {
    let people = personas.iter().map(|it| (format!("@{}", it.name), format!("<@{}>", persona_id(it.number))));
    let places = channels.iter().map(|it| (format!("#{}", it.name), format!("<#{}>", channel_id(it.number))));
    let mut names: Vec<(String, String)> = people.chain(places).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names.iter().fold(text.to_owned(), |text, (name, mention)| text.replace(name, mention))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_mentions() {
        let persona = |number, name: &str| Persona { number, name: name.to_owned(), admin: false };
        let channel = Channel { number: 2, name: "organisers".to_owned(), workspace: "local".to_owned() };
        let text =
            to_mentions("@Jo, @Jonas #organisers", &[persona(1, "Jo"), persona(2, "Jonas")], &[channel]);
        assert_eq!(text, "<@p1>, <@p2> <#c2>");
    }
}
