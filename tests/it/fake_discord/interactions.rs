//! Interactions: what the bot is told of a click, a choice, a form or a command, and what came of it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use studybot::domain::ids::Timestamp;

use super::events::Event;
use super::ids::Id;
use super::objects::text;
use super::world::{EPHEMERAL, Message, World};

/// An initial response comes within this time, in civil time.
pub(crate) const FIRST_ANSWER_MS: i64 = 3_000;
/// The token of an interaction is good for this long.
pub(crate) const TOKEN_MS: i64 = 15 * 60_000;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Command = 2,
    Component = 3,
    Autocomplete = 4,
    Modal = 5,
}

/// What only one person sees.
#[derive(Clone, Debug)]
pub(crate) struct Ephemeral {
    pub(crate) message: Message,
    pub(crate) person: Id,
}

/// One interaction, and how far it has come.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) id: Id,
    pub(crate) token: String,
    pub(crate) kind: Kind,
    pub(crate) person: Id,
    pub(crate) guild: Option<Id>,
    pub(crate) channel: Id,
    /// The message whose control was used, for a modal the one that it was opened from.
    pub(crate) source: Option<Id>,
    pub(crate) made: Timestamp,
    /// The type of the initial response.
    pub(crate) answered: Option<u64>,
    /// The message that `@original` is, once there is one.
    pub(crate) original: Option<Id>,
    /// Waits for an edit or a follow-up.
    pub(crate) deferred: bool,
    /// Whether the deferred answer is for one person.
    pub(crate) private: bool,
    /// Private messages that came of it, or that it changed.
    pub(crate) panels: Vec<Id>,
    /// Public messages that came of it, or that it changed.
    pub(crate) posted: Vec<Id>,
    pub(crate) modal: Option<Value>,
    pub(crate) choices: Option<Vec<(String, Value)>>,
}

impl Interaction {
    /// Whether the person sees something.
    pub(crate) fn is_done(&self) -> bool {
        self.answered.is_some() && !self.deferred
    }
}

#[derive(Debug, Default)]
pub(crate) struct Interactions {
    pub(crate) all: HashMap<Id, Interaction>,
    pub(crate) by_token: HashMap<String, Id>,
    pub(crate) ephemerals: BTreeMap<Id, Ephemeral>,
}

/// What the person who acted has before them.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) interaction: Id,
    /// Messages that only they see, new or changed.
    pub(crate) panels: Vec<Panel>,
    pub(crate) modal: Option<Modal>,
    /// Suggestions: name and value.
    pub(crate) choices: Option<Vec<(String, Value)>>,
    /// Messages that everybody sees, new or changed.
    pub(crate) posted: Vec<Id>,
}

/// A message with its controls, as somebody sees it.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) id: Id,
    pub(crate) content: String,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
}

/// A form, as somebody sees it.
#[derive(Clone, Debug)]
pub(crate) struct Modal {
    /// The interaction that it answers; it can be submitted once.
    pub(crate) interaction: Id,
    pub(crate) custom_id: String,
    /// Text inputs: `custom_id`, `label`, `style`, `value`, `placeholder`, `min_length`, `max_length`, `required`.
    pub(crate) inputs: Vec<Value>,
}

impl Panel {
    fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            content: message.content.clone(),
            embeds: message.embeds.clone(),
            components: message.components.clone(),
        }
    }

    /// All its text: content and what the embeds say.
    pub(crate) fn text(&self) -> String {
        let embeds = self.embeds.iter().filter_map(|embed| embed["description"].as_str());
        let all: Vec<&str> =
            std::iter::once(self.content.as_str()).filter(|text| !text.is_empty()).chain(embeds).collect();
        all.join("\n")
    }

    /// Its buttons and selects.
    pub(crate) fn controls(&self) -> Vec<&Value> {
        self.components.iter().filter_map(|row| row["components"].as_array()).flatten().collect()
    }
}

impl Modal {
    /// The inputs' ids and what stands in them.
    pub(crate) fn values(&self) -> Vec<(&str, &str)> {
        let pair = |input| (str_of(input, "custom_id"), str_of(input, "value"));
        self.inputs.iter().map(pair).collect()
    }
}

fn str_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

impl World {
    /// A message wherever it stands, or only for one person.
    pub(crate) fn any_message(&self, id: Id) -> Option<&Message> {
        let ephemeral = self.interactions.ephemerals.get(&id).map(|ephemeral| &ephemeral.message);
        ephemeral.or_else(|| self.message(id))
    }

    /// Lets the bot know of an interaction.
    pub(crate) fn interact(
        &mut self,
        kind: Kind,
        person: Id,
        channel: Id,
        source: Option<Id>,
        data: &Value,
    ) -> Id {
        assert!(self.permissions(person, channel) != 0, "{person} doesn't see channel {channel}");
        let id = self.next_id();
        let guild = self.channel(channel).guild;
        // As long as Discord's, and no two alike.
        let token = format!("aW50ZXJhY3Rpb246{id:0>180}");
        let interaction = Interaction {
            id,
            token: token.clone(),
            kind,
            person,
            guild,
            channel,
            source,
            made: self.now(),
            answered: None,
            original: None,
            deferred: false,
            private: false,
            panels: Vec::new(),
            posted: Vec::new(),
            modal: None,
            choices: None,
        };
        let payload = self.interaction_json(&interaction, data);
        self.interactions.by_token.insert(token, id);
        self.interactions.all.insert(id, interaction);
        self.tell(Event::plain("INTERACTION_CREATE", guild, 0, &payload));
        id
    }

    fn interaction_json(&self, of: &Interaction, data: &Value) -> Value {
        let channel = self.channel(of.channel);
        let mut partial = json!({"id": text(channel.id), "type": channel.kind, "flags": 0});
        let mut json = json!({
            "id": text(of.id), "application_id": text(self.application), "type": of.kind as u8, "data": data,
            "channel_id": text(of.channel), "token": of.token, "version": 1, "locale": "en-US",
            "app_permissions": self.permissions(self.bot, of.channel).to_string(), "entitlements": [],
            "attachment_size_limit": 10_485_760, "context": if of.guild.is_some() { 0 } else { 1 },
            "authorizing_integration_owners": {"0": of.guild.map_or_else(|| json!("0"), text)},
        });
        if let Some(guild) = of.guild.and_then(|guild| self.guilds.get(&guild)) {
            json["guild_id"] = text(guild.id);
            json["guild_locale"] = json!("en-US");
            json["guild"] = json!({"id": text(guild.id), "locale": "en-US", "features": []});
            let mut member = self.member_json(of.person, &guild.members[&of.person]);
            member["permissions"] = json!(self.permissions(of.person, of.channel).to_string());
            json["member"] = member;
            partial["name"] = json!(channel.name);
            partial["guild_id"] = text(guild.id);
            partial["permissions"] = json!(self.permissions(of.person, of.channel).to_string());
        } else {
            json["user"] = self.user_json(of.person);
            partial["recipients"] = json!([self.user_json(self.bot)]);
        }
        if channel.thread.is_some() {
            let thread = self.channel_json(channel);
            partial["parent_id"] = thread["parent_id"].clone();
            partial["thread_metadata"] = thread["thread_metadata"].clone();
        }
        json["channel"] = partial;
        if let Some(message) = of.source.and_then(|source| self.any_message(source)) {
            let mut message_json = self.message_json(message);
            message_json["flags"] = json!(message.flags);
            json["message"] = message_json;
        }
        json
    }

    /// What an interaction has come to so far.
    pub(crate) fn outcome(&self, id: Id) -> Outcome {
        let of = &self.interactions.all[&id];
        let panel = |id: &Id| self.interactions.ephemerals.get(id).map(|there| Panel::of(&there.message));
        let modal = of.modal.as_ref().map(|modal| {
            let inputs = modal["components"].as_array().into_iter().flatten();
            Modal {
                interaction: id,
                custom_id: str_of(modal, "custom_id").to_owned(),
                inputs: inputs.map(|row| row["components"][0].clone()).collect(),
            }
        });
        Outcome {
            interaction: id,
            panels: of.panels.iter().filter_map(panel).collect(),
            modal,
            choices: of.choices.clone(),
            posted: of.posted.clone(),
        }
    }

    /// Makes a message that answers an interaction: for one person, or for all.
    pub(crate) fn answer_with(&mut self, interaction: Id, body: &Value, private: bool) -> Id {
        let of = self.interactions.all[&interaction].clone();
        let mut message = Message::empty(self.next_id(), of.channel, self.bot);
        message.by_interaction = true;
        message.kind = if of.kind == Kind::Command { super::world::COMMAND_REPLY } else { message.kind };
        self.fill(&mut message, body);
        message.flags = message.flags & !EPHEMERAL | if private { EPHEMERAL } else { 0 };
        let id = message.id;
        let there = self.interactions.all.get_mut(&interaction).expect("an interaction that was just read");
        if private {
            there.panels.push(id);
            self.interactions.ephemerals.insert(id, Ephemeral { message, person: of.person });
        } else {
            there.posted.push(id);
            self.reopen(of.channel);
            self.store(message.clone());
            self.tell_message("MESSAGE_CREATE", &message);
        }
        id
    }

    /// Changes a message for an interaction: one that only the person sees, or a public one.
    pub(crate) fn update_with(&mut self, interaction: Id, message: Id, body: &Value) {
        let now = self.now();
        let Some(mut changed) = self.any_message(message).cloned() else { return };
        let keeps = changed.flags;
        self.fill(&mut changed, body);
        changed.flags = keeps;
        changed.edited = Some(now);
        let of = self.interactions.all.get_mut(&interaction).expect("an interaction that was just read");
        if let Some(there) = self.interactions.ephemerals.get_mut(&message) {
            there.message = changed;
            if !of.panels.contains(&message) {
                of.panels.push(message);
            }
        } else {
            if !of.posted.contains(&message) {
                of.posted.push(message);
            }
            self.channel_mut(changed.channel).messages.insert(message, changed.clone());
            self.tell_message("MESSAGE_UPDATE", &changed);
        }
    }
}
