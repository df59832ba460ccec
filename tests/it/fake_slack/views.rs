//! Modals: opening and changing them, and what a person has typed into them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::{Answered, Refused, refuse};
use super::args::Args;
use super::blocks::Place;
use super::state;
use super::world::World;

/// Keys that a view may have, beside `type`.
const KEYS: [&str; 9] = [
    "title",
    "blocks",
    "close",
    "submit",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
];
/// Views over one another.
const DEEPEST: usize = 3;

/// A modal on somebody's screen, or one that was.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) id: String,
    pub(crate) person: String,
    /// The workspace that it was opened in.
    pub(crate) team: String,
    pub(crate) hash: String,
    pub(crate) root: String,
    pub(crate) previous: Option<String>,
    /// As the bot sent it.
    pub(crate) body: Value,
    /// What the person put into inputs, by block and action.
    pub(crate) typed: BTreeMap<(String, String), Value>,
}

impl View {
    /// What stands in each input: what was typed, else what it began with.
    pub(crate) fn values(&self) -> Value {
        state::values(&self.body["blocks"], &self.typed)
    }

    /// Puts another content in. What was typed stays in inputs whose block and action are still there.
    pub(crate) fn replace(&mut self, body: Value, hash: String) {
        self.body = body;
        self.hash = hash;
        let left = state::values(&self.body["blocks"], &BTreeMap::new());
        self.typed.retain(|(block, action), _| !left[block][action].is_null());
    }
}

impl World {
    pub(crate) fn open_view(&mut self, args: &Args) -> Answered {
        let interaction = self.use_trigger(args.text("trigger_id"))?;
        let body = self.view_of("views.open", args.json("view"))?;
        let of = &self.interactions.all[&interaction];
        let person = of.person.clone();
        if self.screens.get(&person).is_some_and(|screen| !screen.is_empty()) {
            self.problem("views.open over a view that is open: views.update changes that one");
        }
        self.screens.remove(&person);
        let id = self.show_view(&person, body, interaction);
        Ok(json!({"view": self.view_json(&self.views[&id])}))
    }

    pub(crate) fn update_view(&mut self, args: &Args) -> Answered {
        let body = self.view_of("views.update", args.json("view"))?;
        let id = if args.has("view_id") {
            args.text("view_id").to_owned()
        } else {
            let external = args.text("external_id");
            let found = self.views.values().find(|view| view.body["external_id"] == external);
            found.map(|view| view.id.clone()).unwrap_or_default()
        };
        let open = |view: &&View| self.screens.get(&view.person).is_some_and(|screen| screen.contains(&id));
        let Some(view) = self.views.get(&id).filter(open) else { return refuse("not_found") };
        if args.has("hash") && args.text("hash") != view.hash {
            return refuse("hash_conflict");
        }
        self.change_view(&id, body);
        Ok(json!({"view": self.view_json(&self.views[&id])}))
    }

    /// Puts a view on top of what is on somebody's screen.
    pub(crate) fn show_view(&mut self, person: &str, body: Value, interaction: u64) -> String {
        let id = self.ids.next('V');
        let hash = self.view_hash();
        let screen = self.screens.entry(person.to_owned()).or_default();
        let (root, previous) = (screen.first().unwrap_or(&id).clone(), screen.last().cloned());
        screen.push(id.clone());
        let deep = screen.len();
        let opened_in = self.interactions.all.get(&interaction).map(|of| of.team.clone());
        let view = View {
            id: id.clone(),
            person: person.to_owned(),
            team: opened_in.unwrap_or_else(|| self.user(person).team.clone()),
            hash,
            root,
            previous,
            body,
            typed: BTreeMap::new(),
        };
        self.views.insert(id.clone(), view);
        if let Some(of) = self.interactions.all.get_mut(&interaction) {
            of.showed_view = true;
        }
        if deep > DEEPEST {
            self.problem(format!("more than {DEEPEST} views over one another"));
        }
        id
    }

    /// Changes a view that is on somebody's screen.
    pub(crate) fn change_view(&mut self, id: &str, body: Value) {
        let hash = self.view_hash();
        let view = self.views.get_mut(id).expect("the view to change");
        view.replace(body, hash);
        let person = view.person.clone();
        // What the person did last in this view is what it answers.
        let in_it = |of: &&mut super::interactions::Interaction| of.person == person && of.is_about_view(id);
        if let Some(of) = self.interactions.all.values_mut().rev().find(in_it) {
            of.showed_view = true;
        }
    }

    fn view_hash(&mut self) -> String {
        format!("{}.{}", self.now().0 / 1_000, self.ids.number())
    }

    /// A view as the bot sent it, checked, with ids for its blocks.
    pub(crate) fn view_of(&mut self, what: &str, view: Option<Value>) -> Result<Value, Refused> {
        let Some(mut view) = view.filter(Value::is_object) else {
            self.problem(format!("{what} without a view"));
            return refuse("invalid_arguments");
        };
        let wrong = wrong_with(&view);
        for wrong in &wrong {
            self.problem(format!("{what}: {wrong}"));
        }
        if !wrong.is_empty() {
            return Err(Refused::with_messages("invalid_arguments", &wrong));
        }
        self.check_blocks(what, &view["blocks"], Place::Modal)?;
        self.number_blocks(&mut view["blocks"]);
        Ok(view)
    }

    /// A view as the bot is told of it.
    pub(crate) fn view_json(&self, view: &View) -> Value {
        let or = |key: &str, otherwise: Value| match &view.body[key] {
            Value::Null => otherwise,
            there => there.clone(),
        };
        json!({
            "id": view.id, "team_id": view.team, "type": "modal", "blocks": view.body["blocks"],
            "private_metadata": or("private_metadata", json!("")), "callback_id": or("callback_id", json!("")),
            "state": {"values": view.values()}, "hash": view.hash, "title": view.body["title"],
            "clear_on_close": or("clear_on_close", json!(false)),
            "notify_on_close": or("notify_on_close", json!(false)), "close": view.body["close"],
            "submit": view.body["submit"], "previous_view_id": view.previous, "root_view_id": view.root,
            "app_id": self.app, "external_id": or("external_id", json!("")), "app_installed_team_id": self.team,
            "bot_id": self.bot_id,
        })
    }

    /// The topmost view on somebody's screen.
    pub(crate) fn on_screen(&self, person: &str) -> Option<&View> {
        self.views.get(self.screens.get(person)?.last()?)
    }
}

/// What is wrong with a view, its blocks apart.
fn wrong_with(view: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if view["type"] != "modal" {
        wrong.push(format!("a view of type {} [json-pointer:/view/type]", view["type"]));
    }
    for key in view.as_object().into_iter().flat_map(|fields| fields.keys()) {
        if key != "type" && !KEYS.contains(&key.as_str()) {
            wrong.push(format!("unknown key [json-pointer:/view/{key}]"));
        }
    }
    for key in ["title", "submit", "close"] {
        let text = &view[key];
        if text.is_null() && key != "title" {
            continue;
        }
        let length = text["text"].as_str().map_or(0, |text| text.chars().count());
        if text["type"] != "plain_text" || length == 0 || length > 24 {
            wrong.push(format!("must be a plain_text of 1 to 24 characters [json-pointer:/view/{key}]"));
        }
    }
    for (key, most) in [("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)] {
        match &view[key] {
            Value::Null => {}
            Value::String(text) if text.chars().count() <= most => {}
            _ => {
                wrong.push(format!("must be a text of at most {most} characters [json-pointer:/view/{key}]"))
            }
        }
    }
    let blocks = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    if blocks.iter().any(|block| block["type"] == "input") && view["submit"].is_null() {
        wrong.push("inputs need a submit [json-pointer:/view/submit]".to_owned());
    }
    wrong
}
