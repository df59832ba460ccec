//! What no client sends, but anybody with a script can.

use serde_json::{Value, json};

use super::acting::At;
use super::interactions::{Deed, Interaction, Outcome, Source};
use super::world::World;
use super::{FakeSlack, ViewOpen};

impl FakeSlack {
    /// Sends an action that no control has, and waits for what it brings. Values make it a choice in a select.
    pub(crate) async fn forge_click(
        &self,
        person: &str,
        at: At<'_>,
        action: &str,
        values: &[&str],
    ) -> Outcome {
        let pressed = self.forge_press(person, at, action, values);
        self.answered(pressed).await
    }

    /// As [`FakeSlack::forge_click`], and doesn't wait.
    pub(crate) fn forge_press(&self, person: &str, at: At<'_>, action: &str, values: &[&str]) -> u64 {
        let mut world = self.world();
        let mut what = json!({"type": "button", "action_id": action, "block_id": "forged", "action_ts": world.next_ts()});
        if values.is_empty() {
            what["text"] = json!({"type": "plain_text", "text": "forged", "emoji": true});
        } else {
            let option =
                |value: &&str| json!({"text": {"type": "plain_text", "text": value}, "value": value});
            what["type"] = json!(if values.len() == 1 { "static_select" } else { "multi_static_select" });
            if let [one] = values {
                what["selected_option"] = option(one);
            } else {
                what["selected_options"] = values.iter().map(option).collect();
            }
        }
        world.act(person, at, &what)
    }

    /// Sends a form that was never opened, with this callback id, metadata and state, and waits for what it brings.
    pub(crate) async fn forge_submit(
        &self,
        person: &str,
        callback_id: &str,
        private_metadata: &str,
        values: Value,
    ) -> Outcome {
        let sent = self.world().forge_form(person, callback_id, private_metadata, values);
        self.answered(sent).await
    }

    /// Sends a form that is open with other things in it than can be: `change` changes what the bot is told of it.
    pub(crate) async fn forge_values(
        &self,
        person: &str,
        view: &ViewOpen,
        change: impl FnOnce(&mut Value),
    ) -> Outcome {
        let mut changed = view.clone();
        change(&mut changed);
        let id = view["id"].as_str().expect("the form's id");
        let sent = self.world().submit(person, id, &changed);
        self.answered(sent).await
    }

    /// Sends a command, or a click, with this payload, which lacks only what all have, and waits for what it brings.
    pub(crate) async fn forge_interaction(&self, person: &str, channel: &str, payload: Value) -> Outcome {
        let sent = {
            let mut world = self.world();
            let team = world.channel(channel).team.clone();
            let deed = if payload["command"].is_string() { Deed::Command } else { Deed::Click };
            world.interact(Interaction::new(deed, person, &team, Some(channel), Source::Nothing), payload)
        };
        self.answered(sent).await
    }

    /// Tells the bot of an event, whatever it is, in the envelope that events have.
    pub(crate) fn forge_event(&self, event: Value) {
        let mut world = self.world();
        let team = world.team.clone();
        world.tell(super::events::Event { team: &team, scope: "chat:write", shared: false, json: event });
    }
}

impl World {
    /// A form that the person never opened: it is on their screen as far as the bot can tell.
    fn forge_form(&mut self, person: &str, callback_id: &str, private_metadata: &str, values: Value) -> u64 {
        let body = json!({
            "type": "modal", "title": {"type": "plain_text", "text": "Forged", "emoji": true}, "blocks": inputs(&values),
            "callback_id": callback_id, "private_metadata": private_metadata,
            "submit": {"type": "plain_text", "text": "Send", "emoji": true},
        });
        let id = self.show_view(person, body, 0);
        let mut view = self.view_json(&self.views[&id]);
        view["state"] = json!({"values": values});
        self.submit(person, &id, &view)
    }
}

/// The inputs that hold these values.
fn inputs(values: &Value) -> Value {
    let of_block = |(block, actions): (&String, &Value)| {
        let (action, state) = actions.as_object()?.iter().next()?;
        let element = json!({
            "type": "plain_text_input", "action_id": action, "multiline": true, "initial_value": state["value"],
        });
        let label = json!({"type": "plain_text", "text": "forged", "emoji": true});
        Some(
            json!({"type": "input", "block_id": block, "label": label, "optional": true, "element": element}),
        )
    };
    values.as_object().into_iter().flatten().filter_map(of_block).collect()
}
