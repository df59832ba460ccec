//! Commands, clicks and forms on Slack, and what they bring to the person who asked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::seen::{Panel, Shown};
use super::blocks::{Opened, list, object, openers, raw_controls, text as blocks_text, text_of};
use super::forms::{Filled, filled, forged, form, form_of, is_form, unopened};
use super::mrkdwn::Names;
use super::seeing::{controls, joined, text};
use super::{SlackTestChat, place_and_time};
use crate::fake_slack::{At, Outcome};

/// What people read when nobody answers.
const NO_ANSWER: &str = "The application did not respond.";
/// What a modal is called whose message has no name of its own.
const NAMELESS: &str = "studybot";

/// What people have before them because they asked for it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What only one person sees: by the id that it had when it was shown first.
    panels: BTreeMap<String, Before>,
    /// Forms as they were opened, by an id of each opening: its own and a number.
    forms: BTreeMap<String, Value>,
    /// What hid behind buttons, once somebody has opened it: by message and button.
    opened: BTreeMap<(String, String), String>,
}

/// A panel that somebody has before them.
#[derive(Clone, Debug, Default)]
struct Before {
    /// A modal.
    modal: Option<Value>,
    /// Messages that only they see.
    messages: Vec<Value>,
}

impl SlackTestChat {
    pub(super) async fn commanded(&self, person: &str, channel: &str, command: &str) -> Shown {
        if !self.fake.is_connected() {
            return no_answer();
        }
        let outcome = self.fake.command(person, channel, command).await;
        self.shown(None, outcome).await
    }

    pub(super) async fn clicked(
        &self,
        person: &str,
        message: &str,
        action: &str,
        values: &[String],
    ) -> Shown {
        if !self.fake.is_connected() {
            return no_answer();
        }
        let panel = self.state().asked.panels.get(message).cloned();
        let takes_place = panel.is_some().then_some(message);
        let mut parts: Vec<(At<'_>, &Value)> = Vec::new();
        let posted;
        if let Some(before) = &panel {
            parts.extend(before.modal.iter().map(|view| (At::View(str_of(&view["id"])), &view["blocks"])));
            let messages = before.messages.iter();
            parts.extend(messages.map(|part| (At::Ephemeral(str_of(&part["ts"])), &part["blocks"])));
        } else {
            let (channel, _) = place_and_time(message);
            posted = self.posted_parts(message);
            parts.extend(
                posted.iter().map(|part| (At::Message { channel, ts: str_of(&part["ts"]) }, &part["blocks"])),
            );
        }
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let outcome = self.press(person, &parts, action, &values).await;
        self.shown(takes_place, outcome).await
    }

    /// Uses a control of a message in parts. What no control says only a script sends: it names the last part.
    async fn press(
        &self,
        person: &str,
        parts: &[(At<'_>, &Value)],
        action: &str,
        values: &[&str],
    ) -> Outcome {
        let found = parts.iter().find_map(|(at, blocks)| {
            let control = raw_controls(blocks).find(|control| control["action_id"] == action)?;
            Some((*at, can_choose(control, values)))
        });
        let (at, as_shown) = found.unwrap_or((parts[parts.len() - 1].0, false));
        if let At::View(view) = at {
            self.fake.turn_to(person, view);
        }
        if as_shown {
            self.fake.click(person, at, action, values).await
        } else {
            self.fake.forge_click(person, at, action, values).await
        }
    }

    pub(super) async fn submitted(&self, person: &str, opening: &str, fields: &[(String, String)]) -> Shown {
        if !self.fake.is_connected() {
            return no_answer();
        }
        let known = self.state().asked.forms.get(opening).cloned();
        let Some(view) = known else {
            let form = opening.split('#').next().unwrap_or_default();
            let kept = json!({ "channel": self.state().channels[0] }).to_string();
            self.fake.close_views(person);
            let outcome = self.fake.forge_submit(person, form, &kept, unopened(fields)).await;
            return self.shown(None, outcome).await;
        };
        self.fake.turn_to(person, str_of(&view["id"]));
        let now = self.fake.view(person).filter(is_form);
        let filled = filled(now.as_ref().unwrap_or(&view), fields, &self.state().names);
        let outcome = match &now {
            Some(now) => {
                let values: Vec<(&str, Vec<&str>)> = filled.iter().map(as_put).collect();
                let values: Vec<(&str, &[&str])> =
                    values.iter().map(|(block, values)| (*block, &**values)).collect();
                self.fake.submit(person, now, &values).await
            }
            // The form has gone from the screen: it comes in twice.
            None => {
                let values = forged(&view, &filled);
                self.fake.forge_values(person, &view, |view| view["state"]["values"] = values).await
            }
        };
        self.shown(None, outcome).await
    }

    /// What an outcome shows, which is remembered so that people can go on from there. `panel`: the one whose place it
    /// may take.
    async fn shown(&self, panel: Option<&str>, outcome: Outcome) -> Shown {
        // A long panel comes in several parts, of which only the first is there at once.
        self.told().await;
        let outcome = self.fake.outcome(outcome.interaction);
        if outcome.unanswered {
            return no_answer();
        }
        let mut state = self.state();
        if let Some(view) = outcome.view.as_ref().filter(|view| is_form(view)) {
            let opening = format!("{}#{}", form_of(view), state.asked.forms.len() + 1);
            let form = form(&opening, view, &outcome.errors, &state.names);
            state.asked.forms.insert(opening, view.clone());
            return Shown { panel: None, form: Some(form) };
        }
        let before = Before { modal: outcome.view, messages: outcome.ephemerals };
        let shown = before.shown(&state.names);
        let id = panel.filter(|panel| state.asked.panels[*panel].is_like(&before));
        let id = id.map_or_else(|| before.id(), ToOwned::to_owned);
        state.asked.panels.insert(id.clone(), before);
        Shown { panel: Some(Panel { id, ..shown }), form: None }
    }

    /// What hides behind the buttons of a message, once this person has opened it.
    pub(super) async fn opened(&self, person: &str, channel: &str, parts: &[&Value]) -> Opened {
        let mut opened = Opened::new();
        for part in parts.iter().filter(|part| part["bot_id"].is_string()) {
            for action in openers(&part["blocks"]) {
                let ts = str_of(&part["ts"]);
                let name = (format!("{channel}:{ts}"), action.to_owned());
                let known = self.state().asked.opened.get(&name).cloned();
                let inside = match known {
                    Some(inside) => inside,
                    None if !self.fake.is_connected() => continue,
                    None => {
                        let outcome = self.fake.click(person, At::Message { channel, ts }, action, &[]).await;
                        let view = outcome.view.expect("a button opens what hides behind it");
                        self.fake.close_views(person);
                        let inside = blocks_text(&view["blocks"], &self.state().names, &Opened::new());
                        self.state().asked.opened.insert(name, inside.clone());
                        inside
                    }
                };
                opened.insert(action.to_owned(), inside);
            }
        }
        opened
    }
}

impl Before {
    /// Whether another takes the place of this one.
    fn is_like(&self, other: &Self) -> bool {
        self.modal.is_some() == other.modal.is_some()
    }

    fn id(&self) -> String {
        let first = self.messages.first();
        let id = self.modal.as_ref().map(|view| &view["id"]).or(first.map(|message| &message["ts"]));
        text_of(id.expect("something is shown to whoever asked"))
    }

    fn shown(&self, names: &Names) -> Panel {
        let nothing = Opened::new();
        let modal = self.modal.iter().map(|view| view_text(view, names));
        let messages = self.messages.iter().map(|part| text(part, names, &nothing));
        let blocks = self.modal.iter().chain(&self.messages).map(|part| &part["blocks"]);
        let actions = blocks.flat_map(controls).collect();
        Panel { id: self.id(), text: joined(modal.chain(messages)), actions }
    }
}

/// What a modal says.
fn view_text(view: &Value, names: &Names) -> String {
    let title = object(&view["title"], names);
    let said = blocks_text(&view["blocks"], names, &Opened::new());
    if title == NAMELESS { said } else { format!("{title}\n\n{said}") }
}

fn str_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn as_put(filled: &Filled) -> (&str, Vec<&str>) {
    (&filled.block, filled.values.iter().map(String::as_str).collect())
}

/// Whether Slack's client would let somebody choose this.
fn can_choose(control: &Value, values: &[&str]) -> bool {
    let most = match control["type"].as_str() {
        Some("button") => 0,
        Some("multi_static_select") => control["max_selected_items"].as_u64().unwrap_or(u64::MAX),
        _ => 1,
    };
    let known = |value: &&str| list(&control["options"]).any(|option| option["value"] == **value);
    values.len() as u64 <= most && values.iter().all(known)
}

fn no_answer() -> Shown {
    let panel = Panel { id: String::new(), text: NO_ANSWER.to_owned(), actions: Vec::new() };
    Shown { panel: Some(panel), form: None }
}
