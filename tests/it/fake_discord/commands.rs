//! The commands that the bot has registered.

use serde_json::{Value, json};

use super::answers::{Answered, Refused};
use super::ids::Id;
use super::objects::text;
use super::world::World;

/// Types of options.
pub(crate) const SUB_COMMAND: u64 = 1;
pub(crate) const SUB_COMMAND_GROUP: u64 = 2;

/// What Discord refuses of commands, beyond its description.
pub(crate) fn problems(commands: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for command in commands.as_array().into_iter().flatten() {
        look(command, &mut wrong);
        let letters = letters(command);
        if letters > 8_000 {
            wrong.push(format!("the command {} has {letters} characters, more than 8000", command["name"]));
        }
    }
    wrong
}

/// Commands as Discord's description has them. It takes more than that describes: permissions as a string, as its
/// documentation writes them, and, in an option of any type, the other types' keys where they say nothing, as
/// serenity's builder writes them.
pub(crate) fn as_described(mut commands: Value) -> Value {
    for command in commands.as_array_mut().into_iter().flatten() {
        let permissions = &mut command["default_member_permissions"];
        if let Some(number) = permissions.as_str().and_then(|text| text.parse::<u64>().ok()) {
            *permissions = json!(number);
        }
        drop_what_says_nothing(command);
    }
    commands
}

fn drop_what_says_nothing(command: &mut Value) {
    let Some(fields) = command.as_object_mut() else { return };
    fields.retain(|_, value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    });
    let options = fields.get_mut("options").and_then(Value::as_array_mut);
    options.into_iter().flatten().for_each(drop_what_says_nothing);
}

fn look(command: &Value, wrong: &mut Vec<String>) {
    let name = command["name"].as_str().unwrap_or_default();
    let fine =
        |letter: char| letter == '-' || letter == '_' || letter.is_alphanumeric() && !letter.is_uppercase();
    if name.is_empty() || !name.chars().all(fine) {
        wrong.push(format!("a command or option called {name:?}"));
    }
    if command["description"].as_str().unwrap_or_default().is_empty() {
        wrong.push(format!("{name} has no description"));
    }
    let options = command["options"].as_array().map_or(&[][..], Vec::as_slice);
    if options.len() > 25 {
        wrong.push(format!("{name} has {} options, more than 25", options.len()));
    }
    let required: Vec<bool> = options.iter().map(|option| option["required"] == true).collect();
    if !required.is_sorted_by(|first, second| first >= second) {
        wrong.push(format!("{name} has a required option after one that is not"));
    }
    for (index, option) in options.iter().enumerate() {
        if options[..index].iter().any(|other| other["name"] == option["name"]) {
            wrong.push(format!("{name} has two options called {}", option["name"]));
        }
        if option["autocomplete"] == true && option["choices"].as_array().is_some_and(|all| !all.is_empty()) {
            wrong.push(format!("{} has choices and autocomplete", option["name"]));
        }
        look(option, wrong);
    }
}

fn letters(command: &Value) -> usize {
    let own = super::rules::length(&command["name"]) + super::rules::length(&command["description"]);
    let choice =
        |choice: &Value| super::rules::length(&choice["name"]) + super::rules::length(&choice["value"]);
    let choices: usize = command["choices"].as_array().into_iter().flatten().map(choice).sum();
    own + choices + command["options"].as_array().into_iter().flatten().map(letters).sum::<usize>()
}

impl World {
    pub(crate) fn commands(
        &mut self,
        method: &str,
        application: Id,
        body: &Value,
    ) -> Result<Answered, Refused> {
        if application != self.application {
            return Err(Refused::MISSING_ACCESS);
        }
        if method == "PUT" {
            let commands = as_described(body.clone());
            let commands = commands.as_array().cloned().unwrap_or_default();
            self.commands = commands.into_iter().map(|command| self.registered(command)).collect();
        }
        Ok(Answered::ok(self.commands.clone().into()))
    }

    /// A command as Discord lists it; one of the same name keeps its id.
    fn registered(&mut self, command: Value) -> Value {
        let known = self.commands.iter().find(|known| known["name"] == command["name"]);
        let id = known.map(|known| known["id"].clone());
        let id = id.unwrap_or_else(|| text(self.next_id()));
        let version = text(self.next_id());
        let or = |key: &str, default: Value| match &command[key] {
            Value::Null => default,
            value => value.clone(),
        };
        let mut listed = json!({
            "id": id, "application_id": text(self.application), "version": version,
            "default_member_permissions": null, "type": or("type", json!(1)), "name": command["name"],
            "description": or("description", json!("")), "dm_permission": or("dm_permission", json!(true)),
            "contexts": command["contexts"], "integration_types": or("integration_types", json!([0])),
            "nsfw": false,
        });
        match &command["default_member_permissions"] {
            Value::Null => {}
            Value::String(permissions) => listed["default_member_permissions"] = json!(permissions),
            number => listed["default_member_permissions"] = json!(number.to_string()),
        }
        if let Some(options) = command["options"].as_array().filter(|options| !options.is_empty()) {
            listed["options"] = json!(options);
        }
        listed
    }
}
