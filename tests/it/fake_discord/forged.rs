//! Interactions as only a script sends them: of controls that no message has, forms that nobody has opened, commands
//! that are not registered, values that nobody can choose. The bot must have an answer to these too.

use serde_json::{Value, json};

use super::FakeDiscord;
use super::ids::Id;
use super::interactions::{Kind, Outcome};

impl FakeDiscord {
    /// Sends a click on any control of a message, and waits for what it brings.
    pub(crate) async fn forge_click(
        &self,
        person: Id,
        message: Id,
        custom_id: &str,
        values: &[&str],
    ) -> Outcome {
        let channel = self.place(message).unwrap_or_else(|| panic!("there is no message {message}"));
        let mut data = json!({"custom_id": custom_id, "component_type": 2, "id": 2});
        if !values.is_empty() {
            (data["component_type"], data["values"]) = (json!(3), json!(values));
        }
        self.forge(Kind::Component, person, channel, Some(message), &data).await
    }

    /// Sends any form with any inputs (`custom_id` and text), and waits for what it brings.
    pub(crate) async fn forge_form(
        &self,
        person: Id,
        channel: Id,
        custom_id: &str,
        inputs: &[(String, String)],
    ) -> Outcome {
        let rows = inputs.iter().enumerate().map(|(index, (id, value))| {
            let number = 2 * index + 1;
            let input = json!({"type": 4, "id": number + 1, "custom_id": id, "value": value});
            json!({"type": 1, "id": number, "components": [input]})
        });
        let data = json!({"custom_id": custom_id, "components": rows.collect::<Vec<_>>()});
        self.forge(Kind::Modal, person, channel, None, &data).await
    }

    /// Sends a command with any options, as the API has them, and waits for what it brings.
    pub(crate) async fn forge_command(
        &self,
        person: Id,
        channel: Id,
        name: &str,
        options: &[Value],
    ) -> Outcome {
        let known = self.commands().into_iter().find(|command| command["name"] == name);
        let id = known.map_or_else(|| json!("1"), |command| command["id"].clone());
        let data = json!({"id": id, "name": name, "type": 1, "options": options});
        self.forge(Kind::Command, person, channel, None, &data).await
    }

    async fn forge(&self, kind: Kind, person: Id, channel: Id, source: Option<Id>, data: &Value) -> Outcome {
        let sent = self.world().interact(kind, person, channel, source, data);
        self.answered(sent).await
    }
}
