//! People who click, choose, fill in forms and type commands, and what the bot shows them for it.

use serde_json::{Value, json};

use super::FakeDiscord;
use super::commands::{SUB_COMMAND, SUB_COMMAND_GROUP};
use super::ids::{Id, parse};
use super::interactions::{Kind, Modal, Outcome};
use super::objects::text;
use super::world::World;

impl FakeDiscord {
    /// Presses a button and waits for what it brings.
    pub(crate) async fn click(&self, person: Id, message: Id, custom_id: &str) -> Outcome {
        let pressed = self.press(person, message, custom_id, &[]);
        self.answered(pressed).await
    }

    /// Chooses in a select and waits for what it brings.
    pub(crate) async fn choose(&self, person: Id, message: Id, custom_id: &str, values: &[&str]) -> Outcome {
        let pressed = self.press(person, message, custom_id, values);
        self.answered(pressed).await
    }

    /// Presses a button, or chooses in a select, and doesn't wait.
    #[track_caller]
    pub(crate) fn press(&self, person: Id, message: Id, custom_id: &str, values: &[&str]) -> Id {
        self.world().press(person, message, custom_id, values)
    }

    /// Sends a form with these values (`custom_id` and text) and waits for what it brings. Inputs that are not named
    /// keep what stands in them.
    pub(crate) async fn submit(&self, person: Id, modal: &Modal, values: &[(&str, &str)]) -> Outcome {
        let sent = self.send_form(person, modal, values);
        self.answered(sent).await
    }

    /// Sends a form and doesn't wait.
    #[track_caller]
    pub(crate) fn send_form(&self, person: Id, modal: &Modal, values: &[(&str, &str)]) -> Id {
        self.world().send_form(person, modal, values)
    }

    /// Types a command such as `study setup`, with options by name, and waits for what it brings.
    pub(crate) async fn command(
        &self,
        person: Id,
        channel: Id,
        words: &str,
        options: &[(&str, &str)],
    ) -> Outcome {
        let typed = self.type_command(person, channel, words, options);
        self.answered(typed).await
    }

    /// Types a command and doesn't wait.
    #[track_caller]
    pub(crate) fn type_command(&self, person: Id, channel: Id, words: &str, options: &[(&str, &str)]) -> Id {
        let mut world = self.world();
        let data = world.command_data(channel, words, options, None);
        world.interact(Kind::Command, person, channel, None, &data)
    }

    /// Types into an option (the last of `options`) that suggests as one types, and waits for the suggestions.
    pub(crate) async fn autocomplete(
        &self,
        person: Id,
        channel: Id,
        words: &str,
        options: &[(&str, &str)],
    ) -> Vec<(String, Value)> {
        let typed = {
            let mut world = self.world();
            let focused = options.last().expect("an option that is typed into").0;
            let data = world.command_data(channel, words, options, Some(focused));
            world.interact(Kind::Autocomplete, person, channel, None, &data)
        };
        self.answered(typed).await.choices.unwrap_or_default()
    }

    /// Waits until the bot has answered an interaction: with something to see, or, after deferring, with an edit or
    /// a follow-up. Further follow-ups are in a later [`FakeDiscord::outcome`].
    pub(crate) async fn answered(&self, interaction: Id) -> Outcome {
        let what = format!("the bot's answer to interaction {interaction}");
        self.until(&what, |world| {
            world.interactions.all[&interaction].is_done().then(|| world.outcome(interaction))
        })
        .await
    }

    /// What an interaction has come to so far.
    pub(crate) fn outcome(&self, interaction: Id) -> Outcome {
        self.world().outcome(interaction)
    }

    /// What an interaction has come to, once the person sees something.
    pub(crate) fn outcome_if_done(&self, interaction: Id) -> Option<Outcome> {
        let world = self.world();
        world.interactions.all[&interaction].is_done().then(|| world.outcome(interaction))
    }

    /// Makes an interaction so old that its initial response, then (`token_too`) its token comes too late.
    pub(crate) fn expire(&self, interaction: Id, token_too: bool) {
        let mut world = self.world();
        let by = if token_too { super::interactions::TOKEN_MS } else { super::interactions::FIRST_ANSWER_MS };
        let of = world.interactions.all.get_mut(&interaction).expect("the interaction to expire");
        of.made = of.made.plus(-by - 1);
    }
}

impl World {
    fn press(&mut self, person: Id, message: Id, custom_id: &str, values: &[&str]) -> Id {
        let there = self.any_message(message).unwrap_or_else(|| panic!("there is no message {message}"));
        let channel = there.channel;
        if let Some(ephemeral) = self.interactions.ephemerals.get(&message) {
            assert_eq!(ephemeral.person, person, "only one person sees message {message}");
        }
        let controls = there.components.iter().filter_map(|row| row["components"].as_array()).flatten();
        let control = controls.into_iter().find(|control| control["custom_id"] == custom_id);
        let control = control.unwrap_or_else(|| panic!("no {custom_id} on {:?}", there.components));
        assert!(control["disabled"] != true, "{custom_id} can't be used");
        let mut data = json!({
            "custom_id": custom_id, "component_type": control["type"], "id": control["id"],
        });
        if control["type"] != 2 {
            let options = control["options"].as_array().map_or(&[][..], Vec::as_slice);
            let known = |value: &&str| options.iter().any(|option| option["value"] == **value);
            assert!(values.iter().all(known), "{values:?} of {control}");
            let (least, most) = (control["min_values"].as_u64(), control["max_values"].as_u64());
            let count = values.len() as u64;
            assert!(least.unwrap_or(1) <= count && count <= most.unwrap_or(1), "{values:?} of {control}");
            data["values"] = json!(values);
        }
        self.interact(Kind::Component, person, channel, Some(message), &data)
    }

    fn send_form(&mut self, person: Id, modal: &Modal, values: &[(&str, &str)]) -> Id {
        let from = self.interactions.all[&modal.interaction].clone();
        assert_eq!(from.person, person, "the form is somebody else's");
        let known = |id: &str| modal.inputs.iter().any(|input| input["custom_id"] == id);
        assert!(values.iter().all(|(id, _)| known(id)), "{values:?} in {:?}", modal.inputs);
        let rows = modal.inputs.iter().enumerate().map(|(index, input)| {
            let id = input["custom_id"].as_str().unwrap_or_default();
            let typed = values.iter().rfind(|(field, _)| *field == id).map(|(_, value)| *value);
            let value = typed.unwrap_or(input["value"].as_str().unwrap_or_default());
            let length = value.chars().count() as u64;
            let required = input["required"] != false;
            assert!(!required || !value.is_empty(), "Discord's form wants something in {id}");
            let least = input["min_length"].as_u64().unwrap_or(0);
            assert!(value.is_empty() || length >= least, "Discord's form wants more in {id}");
            let most = input["max_length"].as_u64().unwrap_or(4_000);
            assert!(length <= most, "Discord's form takes no more than {most} characters in {id}");
            let number = 2 * index + 1;
            let input = json!({"type": 4, "id": number + 1, "custom_id": id, "value": value});
            json!({"type": 1, "id": number, "components": [input]})
        });
        let data = json!({"custom_id": modal.custom_id, "components": rows.collect::<Vec<_>>()});
        self.interact(Kind::Modal, person, from.channel, from.source, &data)
    }

    /// The `data` of a command, checked against what the bot has registered.
    fn command_data(
        &mut self,
        channel: Id,
        words: &str,
        given: &[(&str, &str)],
        focused: Option<&str>,
    ) -> Value {
        let mut words = words.split_whitespace();
        let name = words.next().expect("a command's name");
        let command = self.commands.iter().find(|command| command["name"] == name);
        let command = command.unwrap_or_else(|| panic!("no command {name} is registered")).clone();
        let mut path = vec![command.clone()];
        for word in words {
            let below = path.last().and_then(|last| last["options"].as_array()).into_iter().flatten();
            let found = below.into_iter().find(|option| option["name"] == word).cloned();
            path.push(found.unwrap_or_else(|| panic!("/{name} has no {word}")));
        }
        let last = path.last().cloned().unwrap_or_default();
        let options = last["options"].as_array().cloned().unwrap_or_default();
        let is_below = |option: &Value| option["type"] == SUB_COMMAND || option["type"] == SUB_COMMAND_GROUP;
        assert!(!options.iter().any(is_below), "/{name} wants a subcommand");
        for option in &options {
            let there = given.iter().any(|(name, _)| option["name"] == *name);
            assert!(there || focused.is_some() || option["required"] != true, "{option} is missing");
        }
        let mut resolved = json!({});
        let mut values: Vec<Value> = Vec::new();
        for (name, value) in given {
            let option = options.iter().find(|option| option["name"] == *name);
            let option = option.unwrap_or_else(|| panic!("no option {name} in {options:?}"));
            let typing = focused == Some(name);
            let mut data = json!({"name": name, "type": option["type"]});
            data["value"] =
                if typing { json!(value) } else { self.option_value(channel, option, value, &mut resolved) };
            if typing {
                assert!(option["autocomplete"] == true, "{name} suggests nothing");
                data["focused"] = json!(true);
            }
            values.push(data);
        }
        // From the innermost subcommand outwards.
        for level in path.iter().skip(1).rev() {
            values = vec![json!({"name": level["name"], "type": level["type"], "options": values})];
        }
        let mut data = json!({"id": command["id"], "name": name, "type": 1, "options": values});
        if resolved.as_object().is_some_and(|resolved| !resolved.is_empty()) {
            data["resolved"] = resolved;
        }
        data
    }

    fn option_value(&self, channel: Id, option: &Value, value: &str, resolved: &mut Value) -> Value {
        let choices = option["choices"].as_array().filter(|choices| !choices.is_empty());
        let fits = |choices: &Vec<Value>| choices.iter().any(|choice| choice["value"] == value);
        assert!(choices.is_none_or(fits), "{value} is none of the choices of {option}");
        let guild = self.channel(channel).guild.and_then(|guild| self.guilds.get(&guild));
        let id = || parse(value).unwrap_or_else(|| panic!("{value} is no id, for {option}"));
        let mut resolve = |kind: &str, id: Id, json: Value| resolved[kind][id.to_string()] = json;
        match option["type"].as_u64().unwrap_or(0) {
            3 => json!(value),
            4 => json!(value.parse::<i64>().unwrap()),
            5 => json!(value.parse::<bool>().unwrap()),
            10 => json!(value.parse::<f64>().unwrap()),
            6 => {
                resolve("users", id(), self.user_json(id()));
                if let Some(member) = guild.and_then(|guild| guild.members.get(&id())) {
                    let mut json = self.partial_member_json(member);
                    json["permissions"] = json!(self.permissions(id(), channel).to_string());
                    resolve("members", id(), json);
                }
                text(id())
            }
            7 => {
                let there = self.channel(id());
                let permissions = self.permissions(id(), there.id).to_string();
                let json = json!({
                    "id": text(there.id), "name": there.name, "type": there.kind, "permissions": permissions,
                    "parent_id": there.parent.map(text),
                });
                resolve("channels", id(), json);
                text(id())
            }
            8 => {
                let role = guild.and_then(|guild| guild.roles.get(&id()));
                let role = role.unwrap_or_else(|| panic!("there is no role {value}"));
                resolve("roles", id(), super::objects::role(role, 1));
                text(id())
            }
            other => panic!("the fake knows no options of type {other}"),
        }
    }
}
