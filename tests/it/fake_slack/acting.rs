//! People who click, choose, fill in forms and type commands, and what the bot shows them for it.

use serde_json::{Value, json};

use super::interactions::{Deed, Interaction, Outcome, Source};
use super::state;
use super::typed::escaped;
use super::world::World;
use super::{FakeSlack, ViewOpen};

/// Where a control is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At<'a> {
    /// On a message that everybody sees.
    Message { channel: &'a str, ts: &'a str },
    /// On a message that only the person sees, by its time.
    Ephemeral(&'a str),
    /// In the modal that is on the person's screen, by its id.
    View(&'a str),
}

impl FakeSlack {
    /// Types a command such as `/study today` and waits for what it brings.
    pub(crate) async fn command(&self, person: &str, channel: &str, text: &str) -> Outcome {
        let typed = self.type_command(person, channel, text);
        self.answered(typed).await
    }

    /// Types a command and doesn't wait.
    #[track_caller]
    pub(crate) fn type_command(&self, person: &str, channel: &str, text: &str) -> u64 {
        self.world().type_command(person, channel, text)
    }

    /// Presses a button, or chooses these values in a select, and waits for what it brings.
    pub(crate) async fn click(&self, person: &str, at: At<'_>, action: &str, values: &[&str]) -> Outcome {
        let pressed = self.press(person, at, action, values);
        self.answered(pressed).await
    }

    /// Presses a button, or chooses in a select, and doesn't wait.
    #[track_caller]
    pub(crate) fn press(&self, person: &str, at: At<'_>, action: &str, values: &[&str]) -> u64 {
        self.world().press(person, at, action, values)
    }

    /// Sends the form that is on the person's screen and waits for what it brings. Each value goes into the input of
    /// this action (or block); inputs that are not named keep what stands in them.
    pub(crate) async fn submit(&self, person: &str, view: &ViewOpen, values: &[(&str, &[&str])]) -> Outcome {
        let sent = self.send_form(person, view, values);
        self.answered(sent).await
    }

    /// Sends the form and doesn't wait.
    #[track_caller]
    pub(crate) fn send_form(&self, person: &str, view: &ViewOpen, values: &[(&str, &[&str])]) -> u64 {
        let mut world = self.world();
        world.fill_in(person, view, values);
        world.send_form(person, view["id"].as_str().expect("the form's id"))
    }

    /// Puts values into the form on the person's screen, and doesn't send it.
    #[track_caller]
    pub(crate) fn fill_in(&self, person: &str, view: &ViewOpen, values: &[(&str, &[&str])]) {
        self.world().fill_in(person, view, values);
    }

    /// Closes whatever modals are on the person's screen.
    pub(crate) fn close_views(&self, person: &str) {
        self.world().screens.remove(person);
    }

    /// The person turns to another of their devices, on whose screen this modal still is.
    pub(crate) fn turn_to(&self, person: &str, view: &str) {
        self.world().screens.insert(person.to_owned(), vec![view.to_owned()]);
    }

    /// The modal on the person's screen now.
    pub(crate) fn view(&self, person: &str) -> Option<ViewOpen> {
        let world = self.world();
        world.on_screen(person).map(|view| world.view_json(view))
    }

    /// Waits until the person sees what came of an interaction. What comes later still is in a later
    /// [`FakeSlack::outcome`].
    pub(crate) async fn answered(&self, interaction: u64) -> Outcome {
        self.wait(|world| world.interactions.all[&interaction].is_done().then_some(())).await;
        let mut world = self.world();
        let of = &world.interactions.all[&interaction];
        if of.acknowledged && !of.is_done() {
            world.problem(format!("interaction {interaction} was acknowledged, and nothing came of it"));
        }
        world.outcome(interaction)
    }

    /// How many interactions the bot has acknowledged.
    pub(crate) fn acknowledged_interactions(&self) -> usize {
        self.world().interactions.all.values().filter(|of| of.acknowledged).count()
    }

    /// Waits until the bot has acknowledged so many interactions.
    pub(crate) async fn interactions_acknowledged(&self, count: usize) {
        let enough = |world: &mut World| {
            let all = world.interactions.all.values();
            (all.filter(|of| of.acknowledged).count() >= count).then_some(())
        };
        self.until("an interaction's acknowledgement", enough).await;
    }

    /// What an interaction has come to so far.
    pub(crate) fn outcome(&self, interaction: u64) -> Outcome {
        self.world().outcome(interaction)
    }

    /// What an interaction has come to, once the person sees something.
    pub(crate) fn outcome_if_done(&self, interaction: u64) -> Option<Outcome> {
        let world = self.world();
        world.interactions.all[&interaction].is_done().then(|| world.outcome(interaction))
    }

    /// From here on every trigger comes too late; `false`: in time again.
    pub(crate) fn expire_triggers(&self, expired: bool) {
        self.world().set_triggers_expired(expired);
    }
}

impl World {
    /// Somebody as they act in a workspace; an organisation's people belong to all of its workspaces.
    fn person_json(&self, person: &str, team: &str) -> Value {
        let user = self.user(person);
        let of = if self.teams[&user.team].foreign { &user.team } else { team };
        let name = user.name.to_lowercase().replace(' ', ".");
        json!({"id": person, "username": name, "name": name, "team_id": of})
    }

    fn team_json(&self, team: &str) -> Value {
        let mut json = json!({"id": team, "domain": "cloud-team"});
        if let Some(enterprise) = &self.enterprise {
            json["enterprise_id"] = json!(enterprise);
            json["enterprise_name"] = json!("The organisation");
        }
        json
    }

    fn channel_name(&self, channel: &str) -> String {
        let there = self.channel(channel);
        if there.with.is_some() { "directmessage".to_owned() } else { there.name.clone() }
    }

    pub(crate) fn type_command(&mut self, person: &str, channel: &str, text: &str) -> u64 {
        let (command, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        assert!(command.starts_with('/'), "a command begins with a slash: {text}");
        // A modal lies over the channel: who types there has closed it.
        self.screens.remove(person);
        let team = self.channel(channel).team.clone();
        let name = self.user(person).name.to_lowercase().replace(' ', ".");
        let mut payload = json!({
            "team_id": team, "team_domain": "cloud-team", "channel_id": channel,
            "channel_name": self.channel_name(channel), "user_id": person, "user_name": name, "command": command,
            "text": escaped(rest.trim()), "is_enterprise_install": self.enterprise.is_some().to_string(),
        });
        if let Some(enterprise) = &self.enterprise {
            payload["enterprise_id"] = json!(enterprise);
            payload["enterprise_name"] = json!("The organisation");
        }
        self.interact(Interaction::new(Deed::Command, person, &team, Some(channel), Source::Nothing), payload)
    }

    fn press(&mut self, person: &str, at: At<'_>, action: &str, values: &[&str]) -> u64 {
        let blocks = self.blocks_at(person, at);
        let found = blocks.as_array().into_iter().flatten().find_map(|block| {
            let mut elements = state::elements(block).into_iter();
            elements
                .find(|element| element["action_id"] == action)
                .map(|element| (block.clone(), element.clone()))
        });
        let (block, element) = found.unwrap_or_else(|| panic!("no {action} on {blocks:#}"));
        let mut what = json!({
            "type": element["type"], "action_id": action, "block_id": block["block_id"], "action_ts": self.next_ts(),
        });
        match element["type"].as_str() {
            Some("button") => {
                assert!(values.is_empty(), "a button takes no values");
                what["text"] = element["text"].clone();
                for key in ["value", "style"] {
                    if !element[key].is_null() {
                        what[key] = element[key].clone();
                    }
                }
            }
            Some("overflow") => {
                what["selected_option"] = state::option(&element, values.first().expect("a value"));
            }
            _ => {
                let chosen = state::put(&element, values);
                for (key, value) in chosen.as_object().into_iter().flatten().filter(|(key, _)| *key != "type")
                {
                    what[key] = value.clone();
                }
                if !element["placeholder"].is_null() {
                    what["placeholder"] = element["placeholder"].clone();
                }
                if let At::View(id) = at {
                    let block = block["block_id"].as_str().unwrap_or_default().to_owned();
                    let view = self.views.get_mut(id).expect("the view");
                    view.typed.insert((block, action.to_owned()), chosen);
                }
            }
        }
        self.act(person, at, &what)
    }

    /// What a click brings to the bot: `what` is the action.
    pub(crate) fn act(&mut self, person: &str, at: At<'_>, what: &Value) -> u64 {
        let mut payload = json!({"type": "block_actions", "actions": [what]});
        let (source, channel, thread) = match at {
            At::Message { channel, ts } => {
                self.screens.remove(person);
                let message = self.message(channel, ts).expect("the message that is clicked on").clone();
                let thread = message["thread_ts"].as_str().map(str::to_owned);
                payload["container"] = json!({
                    "type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false,
                });
                payload["message"] = self.shown_in(channel, &message, false);
                payload["state"] = self.message_state(&message["blocks"], what);
                (
                    Source::Message { channel: channel.to_owned(), ts: ts.to_owned() },
                    Some(channel.to_owned()),
                    thread,
                )
            }
            At::Ephemeral(ts) => {
                self.screens.remove(person);
                let there = self.ephemerals.get(ts).unwrap_or_else(|| panic!("nobody sees {ts}")).clone();
                assert_eq!(there.person, person, "only one person sees {ts}");
                let thread = there.json["thread_ts"].as_str().map(str::to_owned);
                payload["container"] = json!({
                    "type": "message", "message_ts": ts, "channel_id": there.channel, "is_ephemeral": true,
                });
                payload["state"] = self.message_state(&there.json["blocks"], what);
                (Source::Ephemeral(ts.to_owned()), Some(there.channel), thread)
            }
            At::View(id) => {
                let top = self.on_screen(person).map(|view| view.id.clone());
                assert_eq!(top.as_deref(), Some(id), "the view is not on {person}'s screen");
                payload["container"] = json!({"type": "view", "view_id": id});
                payload["view"] = self.view_json(&self.views[id]);
                (Source::View(id.to_owned()), None, None)
            }
        };
        if let (Some(thread), true) = (&thread, payload["container"]["type"] == "message") {
            payload["container"]["thread_ts"] = json!(thread);
        }
        let team = match &channel {
            Some(channel) => {
                payload["channel"] = json!({"id": channel, "name": self.channel_name(channel)});
                self.channel(channel).team.clone()
            }
            None => match at {
                At::View(id) => self.views[id].team.clone(),
                _ => self.user(person).team.clone(),
            },
        };
        payload["user"] = self.person_json(person, &team);
        payload["team"] = self.team_json(&team);
        let mut of = Interaction::new(Deed::Click, person, &team, channel.as_deref(), source);
        of.thread = thread;
        self.interact(of, payload)
    }

    fn message_state(&self, blocks: &Value, what: &Value) -> Value {
        let mut values = state::values(blocks, &std::collections::BTreeMap::new());
        let (block, action) = (what["block_id"].as_str().unwrap_or_default(), what["action_id"].as_str());
        if let Some(there) = action.and_then(|action| values.get_mut(block)?.get_mut(action)) {
            for (key, value) in what.as_object().into_iter().flatten() {
                if key.starts_with("selected_") {
                    there[key] = value.clone();
                }
            }
        }
        json!({"values": values})
    }

    fn blocks_at(&self, person: &str, at: At<'_>) -> Value {
        match at {
            At::Message { channel, ts } => {
                let there = self.channel(channel);
                assert!(there.members.contains(person), "{person} doesn't see channel {channel}");
                let message = there.messages.get(ts).unwrap_or_else(|| panic!("there is no message {ts}"));
                message["blocks"].clone()
            }
            At::Ephemeral(ts) => {
                let there = self.ephemerals.get(ts).unwrap_or_else(|| panic!("nobody sees {ts}"));
                there.json["blocks"].clone()
            }
            At::View(id) => {
                self.views.get(id).unwrap_or_else(|| panic!("there is no view {id}")).body["blocks"].clone()
            }
        }
    }

    fn fill_in(&mut self, person: &str, view: &ViewOpen, values: &[(&str, &[&str])]) {
        let id = view["id"].as_str().expect("the form's id");
        let there = self.views.get_mut(id).unwrap_or_else(|| panic!("there is no view {id}"));
        assert_eq!(there.person, person, "the form is somebody else's");
        let blocks = there.body["blocks"].clone();
        for (name, values) in values {
            let found = blocks.as_array().into_iter().flatten().find_map(|block| {
                let mut elements = state::elements(block).into_iter();
                let named = |element: &&Value| element["action_id"] == **name || block["block_id"] == **name;
                elements.find(named).map(|element| (block["block_id"].clone(), element))
            });
            let (block, element) = found.unwrap_or_else(|| panic!("no input {name} in {blocks:#}"));
            let key = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            there.typed.insert((key(&block), key(&element["action_id"])), state::put(element, values));
        }
    }

    fn send_form(&mut self, person: &str, id: &str) -> u64 {
        let top = self.on_screen(person).map(|view| view.id.clone());
        assert_eq!(top.as_deref(), Some(id), "the form is not on {person}'s screen");
        let view = self.views[id].clone();
        assert!(!view.body["submit"].is_null(), "the form can't be sent: {}", view.body);
        let values = view.values();
        for block in
            view.body["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input")
        {
            let (name, action) = (&block["block_id"], &block["element"]["action_id"]);
            let there = &values[name.as_str().unwrap_or_default()][action.as_str().unwrap_or_default()];
            let optional = block["optional"] == true;
            assert!(optional || !state::is_empty(there), "Slack's form wants something in {name}");
        }
        let view = self.view_json(&view);
        self.submit(person, id, &view)
    }

    /// What a submission brings to the bot, with the view as it says it was.
    pub(crate) fn submit(&mut self, person: &str, id: &str, view: &Value) -> u64 {
        let team = self.views[id].team.clone();
        let payload = json!({
            "type": "view_submission", "team": self.team_json(&team), "user": self.person_json(person, &team), "view": view,
            "response_urls": [],
        });
        self.interact(
            Interaction::new(Deed::Submit, person, &team, None, Source::View(id.to_owned())),
            payload,
        )
    }
}
