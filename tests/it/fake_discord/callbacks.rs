//! What the bot answers to interactions: the initial response, then edits and follow-ups.

use serde_json::{Value, json};

use super::answers::{Answered, Refused};
use super::ids::Id;
use super::interactions::{FIRST_ANSWER_MS, Interaction, Kind, TOKEN_MS};
use super::objects::text;
use super::permissions::MANAGE_THREADS;
use super::world::{EPHEMERAL, World};

/// Types of initial responses.
const MESSAGE: u64 = 4;
const DEFERRED_MESSAGE: u64 = 5;
const DEFERRED_UPDATE: u64 = 6;
const UPDATE: u64 = 7;
const CHOICES: u64 = 8;
const MODAL: u64 = 9;

fn is_private(data: &Value) -> bool {
    data["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0
}

/// Whether this response may answer this interaction.
fn fits(of: &Interaction, response: u64) -> bool {
    match response {
        MESSAGE | DEFERRED_MESSAGE => of.kind != Kind::Autocomplete,
        DEFERRED_UPDATE | UPDATE => {
            of.kind == Kind::Component || of.kind == Kind::Modal && of.source.is_some()
        }
        CHOICES => of.kind == Kind::Autocomplete,
        MODAL => matches!(of.kind, Kind::Command | Kind::Component),
        _ => false,
    }
}

impl World {
    pub(crate) fn callback(
        &mut self,
        interaction: Id,
        token: &str,
        body: &Value,
        shown: bool,
    ) -> Result<Answered, Refused> {
        let of = self.interactions.all.get(&interaction).filter(|of| of.token == token);
        let of = of.ok_or(Refused::UNKNOWN_INTERACTION)?.clone();
        if of.answered.is_some() {
            return Err(Refused::ALREADY_ACKNOWLEDGED);
        }
        if self.now().since(of.made) > FIRST_ANSWER_MS {
            return Err(Refused::UNKNOWN_INTERACTION);
        }
        let (response, data) = (body["type"].as_u64().unwrap_or(0), &body["data"]);
        if !fits(&of, response) {
            self.problem(format!("a response of type {response} to a {:?}", of.kind));
            return Err(Refused::invalid("type: this response doesn't fit the interaction"));
        }
        if matches!(response, MESSAGE | DEFERRED_MESSAGE) && self.is_shut(of.channel) {
            return Err(Refused::SHUT);
        }
        if response == MESSAGE && super::rules::is_empty(data) {
            return Err(Refused::EMPTY);
        }
        let there = self.interactions.all.get_mut(&interaction).expect("it was just read");
        there.answered = Some(response);
        match response {
            DEFERRED_MESSAGE => (there.deferred, there.private) = (true, is_private(data)),
            DEFERRED_UPDATE => (there.deferred, there.original) = (true, of.source),
            CHOICES => there.choices = Some(choices(data)),
            MODAL => there.modal = Some(data.clone()),
            _ => {}
        }
        if response == MESSAGE {
            let made = self.answer_with(interaction, data, is_private(data));
            self.set_original(interaction, made);
        }
        if let (UPDATE, Some(source)) = (response, of.source) {
            self.update_with(interaction, source, data);
            self.set_original(interaction, source);
        }
        if !shown {
            return Ok(Answered::nothing());
        }
        let original = self.interactions.all[&interaction].original.filter(|_| response != DEFERRED_UPDATE);
        let mut answer = json!({"interaction": {
            "id": text(interaction), "type": of.kind as u8, "response_message_loading": response == DEFERRED_MESSAGE,
            "response_message_ephemeral": is_private(data),
        }});
        if let Some(message) = original.and_then(|original| self.any_message(original)) {
            answer["interaction"]["response_message_id"] = text(message.id);
            answer["resource"] = json!({"type": response, "message": self.message_json(message)});
        }
        Ok(Answered::ok(answer))
    }

    /// A thread that is archived and locked takes no answers at all, private ones included (discord-api-docs, issue
    /// 5517).
    fn is_shut(&self, channel: Id) -> bool {
        let thread = self.channels.get(&channel).and_then(|channel| channel.thread.as_ref());
        let shut = thread.is_some_and(|thread| thread.archived && thread.locked);
        shut && !self.may(self.bot, channel, MANAGE_THREADS)
    }

    fn set_original(&mut self, interaction: Id, message: Id) {
        let there =
            self.interactions.all.get_mut(&interaction).expect("an interaction that is being answered");
        there.original = Some(message);
        there.deferred = false;
    }

    /// The interaction of a token that is still good.
    fn of_token(&self, application: Id, token: &str) -> Result<Interaction, Refused> {
        let id = self.interactions.by_token.get(token).filter(|_| application == self.application);
        let of = &self.interactions.all[id.ok_or(Refused::UNKNOWN_WEBHOOK)?];
        if self.now().since(of.made) > TOKEN_MS {
            return Err(Refused::TOKEN_EXPIRED);
        }
        // Before the initial response there is nothing to follow up.
        of.answered.map(|_| of.clone()).ok_or(Refused::UNKNOWN_WEBHOOK)
    }

    pub(crate) fn change_original(
        &mut self,
        application: Id,
        token: &str,
        body: &Value,
    ) -> Result<Answered, Refused> {
        let of = self.of_token(application, token)?;
        let message = match of.original {
            Some(message) => {
                if self.any_message(message).is_none() {
                    return Err(Refused::UNKNOWN_MESSAGE);
                }
                self.update_with(of.id, message, body);
                message
            }
            None if of.deferred => {
                if super::rules::is_empty(body) {
                    return Err(Refused::EMPTY);
                }
                self.answer_with(of.id, body, of.private)
            }
            None => return Err(Refused::UNKNOWN_MESSAGE),
        };
        self.set_original(of.id, message);
        let message = self.any_message(message).expect("it was just made or changed");
        Ok(Answered::ok(self.message_json(message)))
    }

    pub(crate) fn follow_up(
        &mut self,
        application: Id,
        token: &str,
        body: &Value,
        shown: bool,
    ) -> Result<Answered, Refused> {
        let of = self.of_token(application, token)?;
        if super::rules::is_empty(body) {
            return Err(Refused::EMPTY);
        }
        // The first follow-up takes the place of a message that was deferred.
        let takes_place = of.deferred && of.original.is_none();
        let private = if takes_place { of.private } else { is_private(body) };
        let made = self.answer_with(of.id, body, private);
        if takes_place {
            self.set_original(of.id, made);
        } else if of.deferred {
            self.interactions.all.get_mut(&of.id).expect("it was just read").deferred = false;
        }
        let message = self.any_message(made).expect("it was just made");
        let json = self.message_json(message);
        Ok(if shown { Answered::ok(json) } else { Answered::nothing() })
    }
}

fn choices(data: &Value) -> Vec<(String, Value)> {
    let all = data["choices"].as_array().into_iter().flatten();
    all.map(|choice| (choice["name"].as_str().unwrap_or_default().to_owned(), choice["value"].clone()))
        .collect()
}
