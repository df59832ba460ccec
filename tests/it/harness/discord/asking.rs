//! Commands, clicks and forms on Discord, and what they bring to the person who asked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::seen::{CUT, Panel, Shown};
use super::forms::{
    Labels, OpenForm, Page, form, form_behind, opens_form, setup_options, takes_mentions, unopened,
    with_mentions, wrong,
};
use super::seeing::{controls, list, neutral, raw_controls, text, text_of};
use super::{DiscordTestChat, snowflake};
use crate::fake_discord::{Id, Outcome};

/// What Discord's client says when nobody answers.
const NO_ANSWER: &str = "The application did not respond.";
/// The one form whose fields are options of its command too.
const SETUP: &str = "setup";

/// What people have before them because they asked for it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Panels by the id of the first message that they ever were.
    panels: BTreeMap<String, Vec<Value>>,
    /// Forms as they were opened, by an id of each opening: its own and a number.
    forms: BTreeMap<String, OpenForm>,
    /// What the setup form said to a person who opened it: what is left alone needs no option.
    saved: BTreeMap<String, Vec<(String, String)>>,
    /// The labels of the forms' fields.
    labels: BTreeMap<String, Labels>,
    /// The channel in which each person asked last.
    places: BTreeMap<String, Id>,
}

/// What somebody did whose outcome is shown.
#[derive(Clone, Copy, Debug)]
struct Doing<'a> {
    person: &'a str,
    /// The channel, where that is known.
    place: Option<Id>,
    /// The panel whose place the outcome takes.
    panel: Option<&'a str>,
    /// The form that was sent, and what was typed into it.
    form: Option<(&'a str, &'a [(String, String)])>,
}

impl DiscordTestChat {
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
        let is_panel = panel.is_some();
        let parts = panel.unwrap_or_else(|| self.posted_parts(message));
        let outcome = self.press(person, &parts, action, values).await;
        let doing = Doing { person, place: None, panel: is_panel.then_some(message), form: None };
        self.shown(doing, outcome).await
    }

    /// Uses a control of a message in parts. What no control says only a script sends: it names the last part.
    async fn press(&self, person: &str, parts: &[Value], action: &str, values: &[String]) -> Outcome {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let person = snowflake(person);
        match find_control(parts, action) {
            Some((part, control)) if can_choose(control, &values) => {
                self.fake.choose(person, part, id_of(control), &values).await
            }
            Some((part, control)) => self.fake.forge_click(person, part, id_of(control), &values).await,
            None => {
                let last = snowflake(&text_of(&parts[parts.len() - 1]["id"]));
                self.fake.forge_click(person, last, action, &values).await
            }
        }
    }

    pub(super) async fn submitted(&self, person: &str, opening: &str, fields: &[(String, String)]) -> Shown {
        if !self.fake.is_connected() {
            return no_answer();
        }
        let fields = self.as_typed(fields);
        let form = opening.split('#').next().unwrap_or_default();
        let asked_last = self.state().asked.places.get(person).copied();
        let place = asked_last.unwrap_or_else(|| self.any_channel());
        let doing = Doing { person, place: Some(place), panel: None, form: Some((form, &fields)) };
        if form == SETUP
            && let Some(options) = self.setup_as_options(person, &fields)
        {
            let options: Vec<(&str, &str)> =
                options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let outcome = self.fake.command(snowflake(person), place, "study setup", &options).await;
            return self.shown(doing, outcome).await;
        }
        let open = self.state().asked.forms.get(opening).cloned();
        let Some(open) = open else {
            let outcome = self.fake.forge_form(snowflake(person), place, form, &unopened(&fields)).await;
            return self.shown(doing, outcome).await;
        };
        let mut pages: Vec<&Page> = open.pages.iter().filter(|page| page.changes_with(&fields)).collect();
        if pages.is_empty() {
            pages.extend(open.pages.first());
        }
        let mut shown = Shown::default();
        for page in pages {
            let filled = page.filled(&fields);
            let filled: Vec<(&str, &str)> =
                filled.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect();
            let outcome = self.fake.submit(snowflake(person), &page.0, &filled).await;
            shown = self.shown(doing, outcome).await;
            if shown.form.is_some() {
                break;
            }
        }
        shown
    }

    pub(super) async fn commanded(&self, person: &str, channel: &str, command: &str) -> Shown {
        if !self.fake.is_connected() {
            return no_answer();
        }
        let words = command.strip_prefix("/study").expect("the only command is /study").trim();
        let (name, value) = words.split_once(' ').map_or((words, ""), |(name, value)| (name, value.trim()));
        let (person_id, place) = (snowflake(person), snowflake(channel));
        let option = self.option_of(name, value);
        let outcome = match &option {
            Some(None) => self.fake.command(person_id, place, &format!("study {name}"), &[]).await,
            Some(Some(option)) => {
                let given = [(option.as_str(), value)];
                self.fake.command(person_id, place, &format!("study {name}"), &given).await
            }
            // Discord offers what is registered alone; an old client or a script sends anything.
            None => self.fake.forge_command(person_id, place, "study", &forged_options(name, value)).await,
        };
        self.shown(Doing { person, place: Some(place), panel: None, form: None }, outcome).await
    }

    /// The option that says a value to a subcommand, as the bot has registered it: `None` within for no value, and
    /// `None` where Discord's client would not let it be typed.
    fn option_of(&self, subcommand: &str, value: &str) -> Option<Option<String>> {
        let commands = self.fake.commands();
        let study = commands.iter().find(|command| command["name"] == "study")?;
        let known = list(&study["options"]).find(|known| known["name"] == subcommand)?;
        if value.is_empty() {
            return Some(None);
        }
        let option = list(&known["options"]).next()?;
        let mut choices = list(&option["choices"]);
        let fits = choices.len() == 0 || choices.any(|choice| choice["value"] == value);
        fits.then(|| Some(text_of(&option["name"])))
    }

    /// Mentions as the client sends them.
    fn as_typed(&self, fields: &[(String, String)]) -> Vec<(String, String)> {
        let state = self.state();
        let typed = fields.iter().map(|(id, value)| {
            let value = if takes_mentions(id) { with_mentions(value, &state.names) } else { value.clone() };
            (id.clone(), value)
        });
        typed.collect()
    }

    /// The options that say what is to change; `None`: it takes the form itself.
    fn setup_as_options(&self, person: &str, fields: &[(String, String)]) -> Option<Vec<(String, String)>> {
        let state = self.state();
        let saved = state.asked.saved.get(person);
        let same = |field: &&(String, String)| saved.is_some_and(|saved| saved.contains(field));
        let changed: Vec<_> = fields.iter().filter(|field| !same(field)).cloned().collect();
        setup_options(&changed, &state.names).filter(|options| !options.is_empty())
    }

    /// What an outcome shows, which is remembered so that people can go on from there.
    async fn shown(&self, doing: Doing<'_>, outcome: Outcome) -> Shown {
        // A long panel comes in several parts, of which only the first is there at once.
        self.told().await;
        let outcome = self.fake.outcome(outcome.interaction);
        if let Some(place) = doing.place {
            self.state().asked.places.insert(doing.person.to_owned(), place);
        }
        if let Some(modal) = outcome.modal {
            let id = neutral(&modal.custom_id).to_owned();
            return self.shows_form(doing, &id, OpenForm { pages: vec![Page(modal)] }, &[]);
        }
        let panels: Vec<Value> = outcome.panels.iter().map(as_message).collect();
        assert!(!panels.is_empty(), "{doing:?} was answered with nothing");
        let opened = self.opened_from(doing, &panels).await;
        if let Some((id, typed)) = doing.form
            && let Some(shown) = self.shows_form_again(id, typed, opened.clone(), &panels)
        {
            return shown;
        }
        match opened {
            Some((id, open)) => self.shows_form(doing, &id, open, &panels),
            None => self.shows_panel(doing, panels),
        }
    }

    /// A form that came back: every field holds what was typed, and those that are wrong say so. `None`: nothing is
    /// said to be wrong, so it didn't.
    fn shows_form_again(
        &self,
        id: &str,
        typed: &[(String, String)],
        opened: Option<(String, OpenForm)>,
        panels: &[Value],
    ) -> Option<Shown> {
        let mut state = self.state();
        let (said, came_back) = (said_on(panels), opened.is_some());
        let open = opened.map(|(_, open)| open).unwrap_or_default();
        let form_name = id.split(':').next().unwrap_or_default();
        let mut labels = open.labels(&said);
        labels.extend(state.asked.labels.get(form_name).cloned().unwrap_or_default());
        let wrong = wrong(&labels, &said, &state.names);
        if wrong.is_empty() && !came_back {
            return None;
        }
        let shown = open.values(&said);
        let mut values = typed.to_vec();
        for (field, value) in &mut values {
            if let Some((_, held)) = shown.iter().find(|(known, _)| known == field) {
                value.clone_from(held);
            }
        }
        let opening = format!("{id}#{}", state.asked.forms.len() + 1);
        let form = form(&opening, values, &wrong, &state.names);
        state.asked.forms.insert(opening, open);
        Some(Shown { panel: None, form: Some(form) })
    }

    fn shows_panel(&self, doing: Doing<'_>, parts: Vec<Value>) -> Shown {
        let mut state = self.state();
        let texts: Vec<String> = parts.iter().map(|part| text(part, &state.names)).collect();
        let id = doing.panel.map_or_else(|| text_of(&parts[0]["id"]), ToOwned::to_owned);
        let actions = parts.iter().flat_map(controls).collect();
        let panel = Panel { id: id.clone(), text: texts.join(&CUT.to_string()), actions };
        state.asked.panels.insert(id, parts);
        Shown { panel: Some(panel), form: None }
    }

    fn shows_form(&self, doing: Doing<'_>, id: &str, open: OpenForm, panels: &[Value]) -> Shown {
        let mut state = self.state();
        let said = said_on(panels);
        let opening = format!("{id}#{}", state.asked.forms.len() + 1);
        let form = form(&opening, open.values(&said), &[], &state.names);
        if id == SETUP {
            state.asked.saved.insert(doing.person.to_owned(), open.values(&said));
        }
        let form_name = id.split(':').next().unwrap_or_default().to_owned();
        state.asked.labels.insert(form_name, open.labels(&said));
        state.asked.forms.insert(opening, open);
        Shown { panel: None, form: Some(form) }
    }

    /// Presses every button that opens a page of a form, or a form again; `None`: there is none.
    async fn opened_from(&self, doing: Doing<'_>, panels: &[Value]) -> Option<(String, OpenForm)> {
        let mut form = OpenForm::default();
        let mut id = doing.form.map(|(form, _)| form.to_owned());
        for (panel, button) in openers(panels) {
            let mut opened = self.fake.click(snowflake(doing.person), panel, &button).await;
            // A bot that takes long announces its answer, which then can't be a form: it has a button for it.
            let panels: Vec<Value> = opened.panels.iter().map(as_message).collect();
            if let (None, Some((panel, again))) = (&opened.modal, openers(&panels).pop()) {
                opened = self.fake.click(snowflake(doing.person), panel, &again).await;
            }
            let modal = opened.modal.unwrap_or_else(|| panic!("{button} opens no form"));
            let behind = form_behind(&button).unwrap_or(neutral(&modal.custom_id)).to_owned();
            id.get_or_insert(behind);
            form.pages.push(Page(modal));
        }
        id.filter(|_| !form.pages.is_empty()).map(|id| (id, form))
    }
}

/// The buttons on panels that open a form or a page of one, and what they are on.
fn openers(panels: &[Value]) -> Vec<(Id, String)> {
    let mut openers = Vec::new();
    for panel in panels {
        let buttons = raw_controls(panel).map(id_of).filter(|button| opens_form(button));
        openers.extend(buttons.map(|button| (snowflake(&text_of(&panel["id"])), button.to_owned())));
    }
    openers
}

/// The control of this neutral id, and which part of the message it is on.
fn find_control<'a>(parts: &'a [Value], action: &str) -> Option<(Id, &'a Value)> {
    parts.iter().find_map(|part| {
        let control = raw_controls(part).find(|control| neutral(id_of(control)) == action)?;
        Some((snowflake(&text_of(&part["id"])), control))
    })
}

fn id_of(control: &Value) -> &str {
    control["custom_id"].as_str().unwrap_or_default()
}

/// Whether Discord's client would let somebody choose this.
fn can_choose(control: &Value, values: &[&str]) -> bool {
    if control["type"] == 2 {
        return values.is_empty();
    }
    let count = values.len() as u64;
    let bounds = control["min_values"].as_u64().unwrap_or(1)..=control["max_values"].as_u64().unwrap_or(1);
    let known = |value: &&str| list(&control["options"]).any(|option| option["value"] == **value);
    bounds.contains(&count) && values.iter().all(known)
}

/// What panels say, as Markdown.
fn said_on(panels: &[Value]) -> String {
    let said = panels.iter().filter_map(|panel| panel["embeds"][0]["description"].as_str());
    said.collect::<Vec<_>>().join("\n")
}

fn forged_options(name: &str, value: &str) -> Vec<Value> {
    let given = (!value.is_empty()).then(|| json!({ "name": "value", "type": 3, "value": value }));
    let given: Vec<Value> = given.into_iter().collect();
    (!name.is_empty()).then(|| json!({ "name": name, "type": 1, "options": given })).into_iter().collect()
}

/// A panel as the API shows a message.
fn as_message(panel: &crate::fake_discord::Panel) -> Value {
    json!({
        "id": panel.id.to_string(), "content": panel.content, "embeds": panel.embeds,
        "components": panel.components,
    })
}

fn no_answer() -> Shown {
    let panel = Panel { id: String::new(), text: NO_ANSWER.to_owned(), actions: Vec::new() };
    Shown { panel: Some(panel), form: None }
}
