//! Interactions: what the bot is told of a click, a form or a command, and what came of it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};

use super::answers::{Refused, refuse};
use super::delivery::What;
use super::responses::Hook;
use super::world::World;

/// How long something can be opened with a trigger.
const TRIGGER: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Command,
    Click,
    Submit,
}

/// What somebody acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Nothing,
    Message { channel: String, ts: String },
    Ephemeral(String),
    View(String),
}

/// One interaction, and how far it has come.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) deed: Deed,
    pub(crate) person: String,
    /// The workspace that they acted in.
    pub(crate) team: String,
    pub(crate) channel: Option<String>,
    pub(crate) thread: Option<String>,
    pub(crate) source: Source,
    pub(crate) acknowledged: bool,
    /// Nobody took it.
    pub(crate) lost: bool,
    /// Came to something that nothing else here tells of.
    pub(crate) answered: bool,
    pub(crate) showed_view: bool,
    /// A form was taken and is closed.
    pub(crate) closed: bool,
    pub(crate) errors: BTreeMap<String, String>,
    /// Private messages that came of it, or that it changed.
    pub(crate) ephemerals: Vec<String>,
    /// Public ones.
    pub(crate) posted: Vec<String>,
}

impl Interaction {
    pub(crate) fn new(deed: Deed, person: &str, team: &str, channel: Option<&str>, source: Source) -> Self {
        Self {
            deed,
            person: person.to_owned(),
            team: team.to_owned(),
            channel: channel.map(str::to_owned),
            thread: None,
            source,
            acknowledged: false,
            lost: false,
            answered: false,
            showed_view: false,
            closed: false,
            errors: BTreeMap::new(),
            ephemerals: Vec::new(),
            posted: Vec::new(),
        }
    }

    /// Whether the person sees something that came of it.
    pub(crate) fn is_done(&self) -> bool {
        let shows = self.answered
            || self.showed_view
            || self.closed
            || !self.errors.is_empty()
            || !self.ephemerals.is_empty()
            || !self.posted.is_empty();
        self.lost || (self.acknowledged && shows)
    }

    pub(crate) fn is_about_view(&self, view: &str) -> bool {
        matches!(&self.source, Source::View(id) if id == view)
    }
}

/// What opens a modal.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    interaction: u64,
    made: Duration,
    used: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Interactions {
    pub(crate) all: BTreeMap<u64, Interaction>,
    pub(crate) hooks: HashMap<String, Hook>,
    triggers: HashMap<String, Trigger>,
    /// Triggers made before this one are too old, whatever the clock says.
    expired: bool,
}

/// What the person who acted has before them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) interaction: u64,
    /// Messages that only they see, new or changed: with `channel`, `ts`, `text`, `blocks`.
    pub(crate) ephemerals: Vec<Value>,
    /// Times of messages that everybody sees, new or changed by this.
    pub(crate) posted: Vec<String>,
    /// The modal that it was done in, else the one that is on the person's screen now: as the bot is told of it, with what stands in its inputs.
    pub(crate) view: Option<Value>,
    /// What is wrong, by block.
    pub(crate) errors: BTreeMap<String, String>,
    /// The form was taken, and its modal is gone.
    pub(crate) closed: bool,
    /// Slack says that the app didn't respond.
    pub(crate) unanswered: bool,
}

impl World {
    /// Lets the bot know of an interaction. `payload` lacks only what all have.
    pub(crate) fn interact(&mut self, of: Interaction, mut payload: Value) -> u64 {
        let number = self.ids.number();
        let trigger = format!("{number}.{}.{}", self.ids.number(), self.ids.long().replace('-', ""));
        let made = self.config.clock.monotonic();
        self.interactions
            .triggers
            .insert(trigger.clone(), Trigger { interaction: number, made, used: false });
        payload["trigger_id"] = json!(trigger);
        payload["token"] = json!(super::events::VERIFICATION);
        payload["api_app_id"] = json!(self.app);
        let is_click_in_view = of.deed == Deed::Click && matches!(of.source, Source::View(_));
        if of.deed != Deed::Submit && !is_click_in_view {
            let folder = if of.deed == Deed::Command { "commands" } else { "actions" };
            let path = self.make_hook(number, folder);
            payload["response_url"] = json!(format!("{}{path}", self.base));
        }
        let what = if of.deed == Deed::Command { What::Command } else { What::Interactive };
        if of.deed != Deed::Command {
            payload["is_enterprise_install"] = json!(self.enterprise.is_some());
            payload["enterprise"] = match &self.enterprise {
                Some(id) => json!({"id": id, "name": "The organisation"}),
                None => Value::Null,
            };
        }
        self.interactions.all.insert(number, of);
        self.deliver_interaction(number, what, payload);
        number
    }

    /// The interaction that a trigger stands for, which it does once and not for long.
    pub(crate) fn use_trigger(&mut self, id: &str) -> Result<u64, Refused> {
        let now = self.config.clock.monotonic();
        let Some(trigger) = self.interactions.triggers.get_mut(id) else {
            self.problem("a trigger_id that there never was");
            return refuse("invalid_trigger_id");
        };
        if trigger.used {
            self.problem("a trigger_id was used a second time");
            return refuse("exchanged_trigger_id");
        }
        if self.interactions.expired || now.saturating_sub(trigger.made) >= TRIGGER {
            return refuse("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.interaction)
    }

    /// From here on no trigger opens anything; `false`: they do again.
    pub(crate) fn set_triggers_expired(&mut self, expired: bool) {
        self.interactions.expired = expired;
    }

    /// The bot has acknowledged an interaction, with this in the same breath.
    pub(crate) fn interaction_acknowledged(&mut self, number: u64, body: &Value) {
        let Some(of) = self.interactions.all.get_mut(&number) else { return };
        of.acknowledged = true;
        let (deed, source, person) = (of.deed, of.source.clone(), of.person.clone());
        match deed {
            Deed::Submit => {
                let Source::View(view) = source else { return };
                self.submission_answered(number, &person, &view, body);
            }
            Deed::Command if has_content(body) => {
                self.answer_interaction(number, body);
            }
            Deed::Command | Deed::Click => {
                if has_content(body) {
                    self.problem(format!("a click was acknowledged with a body: {body}"));
                }
            }
        }
    }

    fn submission_answered(&mut self, number: u64, person: &str, view: &str, body: &Value) {
        match body["response_action"].as_str() {
            None => {
                if has_content(body) {
                    self.problem(format!("a submission was answered with {body}"));
                }
                self.close_top(person, view);
                self.interaction(number).closed = true;
            }
            Some("clear") => {
                self.screens.remove(person);
                self.interaction(number).closed = true;
            }
            Some("errors") => {
                let inputs = self.views[view].values();
                let errors = body["errors"].as_object().cloned().unwrap_or_default();
                for (block, error) in errors {
                    if inputs[&block].is_null() {
                        self.problem(format!("an error for {block}, which is no input of the view"));
                    }
                    let error = error.as_str().unwrap_or_default().to_owned();
                    self.interaction(number).errors.insert(block, error);
                }
                if self.interaction(number).errors.is_empty() {
                    self.problem("a submission was answered with no errors, as errors");
                }
            }
            Some(action @ ("update" | "push")) => match self.view_of(action, Some(body["view"].clone())) {
                // Slack shows that something went wrong, and leaves the form as it was.
                Err(_) => self.interaction(number).lost = true,
                Ok(body) if action == "update" => {
                    self.change_view(view, body);
                    self.interaction(number).showed_view = true;
                }
                Ok(body) => {
                    self.show_view(person, body, number);
                }
            },
            Some(other) => self.problem(format!("a response_action {other}")),
        }
    }

    fn close_top(&mut self, person: &str, view: &str) {
        if let Some(screen) = self.screens.get_mut(person) {
            screen.retain(|there| there != view);
        }
    }

    fn interaction(&mut self, number: u64) -> &mut Interaction {
        self.interactions.all.get_mut(&number).expect("a known interaction")
    }

    /// What an interaction has come to so far.
    pub(crate) fn outcome(&self, number: u64) -> Outcome {
        let of = &self.interactions.all[&number];
        let shown = |ts: &String| self.ephemerals.get(ts).map(|there| there.json.clone());
        // What was done in a modal is answered there, whatever lies over it.
        let own = match &of.source {
            Source::View(id) if !of.closed => self.views.get(id),
            _ => None,
        };
        Outcome {
            interaction: number,
            ephemerals: of.ephemerals.iter().filter_map(shown).collect(),
            posted: of.posted.clone(),
            view: own.or_else(|| self.on_screen(&of.person)).map(|view| self.view_json(view)),
            errors: of.errors.clone(),
            closed: of.closed,
            unanswered: of.lost || !of.acknowledged,
        }
    }
}

fn has_content(body: &Value) -> bool {
    match body {
        Value::Null => false,
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}
