//! What people do in the workspace, and what they are shown for it.

use serde_json::Value;

use super::scene::Workspace;
use crate::fake_slack::{At, Outcome};
use crate::scene::job::far_schedule;
use crate::scene::{Killed, Place, Scene};

/// What is shown where an answer takes longer than Slack waits.
const ONE_MOMENT: &str = "One moment…";

impl<P: Place + AsRef<Workspace>> Scene<P> {
    fn workspace(&self) -> &Workspace {
        (**self).as_ref()
    }

    /// Waits for the answer to what somebody did.
    pub(super) async fn answered(&mut self, interaction: u64) -> Result<Outcome, Killed> {
        let outcome = self
            .until_so("answer to an interaction", |place| {
                let outcome = place.as_ref().fake.outcome_if_done(interaction)?;
                (!said(&outcome).contains(ONE_MOMENT)).then_some(outcome)
            })
            .await?;
        assert!(!outcome.unanswered, "{}: nobody answered; {}", self.name, self.log_tail());
        Ok(outcome)
    }

    /// Types a command; what it brings.
    pub(super) async fn types(&mut self, person: &str, text: &str) -> Result<Outcome, Killed> {
        let there = self.workspace();
        let typed = there.fake.type_command(person, &there.channel, text);
        self.answered(typed).await
    }

    /// Uses the control with this label, and chooses the first of its options if it has any.
    pub(super) async fn uses(
        &mut self,
        person: &str,
        at: At<'_>,
        blocks: &Value,
        label: &str,
    ) -> Result<Outcome, Killed> {
        let found = control(blocks, label);
        let control = found.unwrap_or_else(|| panic!("{}: there is no “{label}” in {blocks:#}", self.name));
        let action = control["action_id"].as_str().unwrap();
        let values: Vec<&str> = control["options"][0]["value"].as_str().into_iter().collect();
        let pressed = self.workspace().fake.press(person, at, action, &values);
        self.answered(pressed).await
    }

    /// Sends the form on somebody's screen with these values, by the ids of their blocks or fields.
    pub(super) async fn sends(
        &mut self,
        person: &str,
        view: &Value,
        values: &[(&str, &str)],
    ) -> Result<Outcome, Killed> {
        let each: Vec<[&str; 1]> = values.iter().map(|(_, value)| [*value]).collect();
        let values: Vec<(&str, &[&str])> =
            values.iter().zip(&each).map(|((id, _), value)| (*id, &value[..])).collect();
        let sent = self.workspace().fake.send_form(person, view, &values);
        self.answered(sent).await
    }

    /// Sets the channel up in its form, so that no question comes of itself.
    pub(super) async fn sets_up(&mut self) -> Result<(), Killed> {
        let mara = self.workspace().mara.clone();
        let form = self.types(&mara, "/study setup").await?.view.expect("a form");
        let schedule = far_schedule();
        let values =
            [("schedule", schedule.as_str()), ("zone", "Etc/UTC"), ("questions", "track getting-started")];
        let said = said(&self.sends(&mara, &form, &values).await?);
        assert!(said.contains("is set up") && said.contains("Etc/UTC"), "{}: {said}", self.name);
        Ok(())
    }
}

/// All that an outcome shows, as Slack has it.
pub(super) fn said(outcome: &Outcome) -> String {
    let view = outcome.view.iter().map(|view| &view["blocks"]);
    let blocks = view.chain(outcome.ephemerals.iter().map(|message| &message["blocks"]));
    blocks.map(Value::to_string).collect()
}

/// The control that carries this label.
pub(super) fn control<'a>(blocks: &'a Value, label: &str) -> Option<&'a Value> {
    let rows = blocks.as_array()?.iter().filter_map(|block| block["elements"].as_array()).flatten();
    let mut rows = rows.filter(|element| element["action_id"].is_string());
    rows.find(|element| element["text"]["text"] == label || element["placeholder"]["text"] == label)
}
