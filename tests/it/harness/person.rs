//! What people do in a story.

use super::chat::Says;
use super::seen::{Control, Form, Message, Panel, Shown};
use super::story::Story;

/// Somebody in a story.
#[derive(Clone)]
pub(crate) struct Person<'s> {
    pub(crate) story: &'s Story,
    pub(crate) id: String,
}

impl Person<'_> {
    /// Writes in the newest question's thread, and waits until the bot has seen it. Returns the message's id.
    pub(crate) async fn says(&self, text: &str) -> String {
        self.says_with(text, &[]).await
    }

    /// As [`Person::says`], with files: names and texts.
    pub(crate) async fn says_with(&self, text: &str, files: &[(&str, &str)]) -> String {
        let question = self.story.question().await;
        self.says_under(&question.id, text, files).await
    }

    /// Writes in the thread of this question.
    pub(crate) async fn says_under(&self, question: &str, text: &str, files: &[(&str, &str)]) -> String {
        let channel = self.story.here();
        let says = Says { channel: &channel, thread: Some(question), text, files };
        let id = self.story.chat().say(&self.id, says).await;
        self.story.chat().settle().await;
        id
    }

    /// Writes in the channel itself.
    pub(crate) async fn says_in_channel(&self, text: &str) -> String {
        let channel = self.story.here();
        let says = Says { channel: &channel, text, ..Says::default() };
        let id = self.story.chat().say(&self.id, says).await;
        self.story.chat().settle().await;
        id
    }

    /// Edits a message of their own.
    pub(crate) async fn edits(&self, message: &str, text: &str) {
        self.story.chat().edit(&self.id, message, text).await;
        self.story.chat().settle().await;
    }

    /// Deletes a message.
    pub(crate) async fn deletes(&self, message: &str) {
        self.story.chat().delete(&self.id, message).await;
        self.story.chat().settle().await;
    }

    /// Leaves the workspace.
    pub(crate) async fn leaves(&self) {
        self.story.chat().leaves(&self.id).await;
        self.story.chat().settle().await;
    }

    /// Types a command in the channel that the story plays in.
    pub(crate) async fn commands(&self, text: &str) -> Shown {
        let channel = self.story.here();
        let shown = self.story.chat().command(&self.id, &channel, text).await;
        self.story.chat().settle().await;
        shown
    }

    /// Presses the newest button of this label that they can see: in the newest question's thread, in the channel, in
    /// a direct message.
    pub(crate) async fn clicks(&self, label: &str) -> Shown {
        let (message, control) = self.find(label).await;
        self.clicks_action(&message.id, &control.id, &[]).await
    }

    /// Presses the button of this label on a question, or in its thread.
    pub(crate) async fn clicks_under(&self, question: &Message, label: &str) -> Shown {
        let channel = self.story.here();
        let mut places = self.story.chat().messages(&self.id, &channel, Some(&question.id)).await;
        places.insert(0, question.clone());
        let (message, control) = newest_with(&places, label).unwrap_or_else(|| panic!("no “{label}”"));
        self.clicks_action(&message.id, &control.id, &[]).await
    }

    /// Presses the button of this label on a panel.
    pub(crate) async fn clicks_on(&self, shown: &Shown, label: &str) -> Shown {
        let control = shown.control(label).clone();
        self.clicks_action(&shown.panel().id, &control.id, &[]).await
    }

    /// Chooses, in the select of this label on a panel, the options whose labels begin so.
    pub(crate) async fn chooses(&self, shown: &Shown, label: &str, options: &[&str]) -> Shown {
        let control = shown.control(label);
        let values: Vec<String> = options.iter().map(|option| value_of(control, option)).collect();
        self.clicks_action(&shown.panel().id, &control.id, &values).await
    }

    /// Sends any action with any values, as a script can.
    pub(crate) async fn clicks_action(&self, message: &str, action: &str, values: &[String]) -> Shown {
        let shown = self.story.chat().click(&self.id, message, action, values).await;
        self.story.chat().settle().await;
        shown
    }

    /// Sends a form as it was shown, with other values in some fields.
    pub(crate) async fn sends(&self, form: &Form, fields: &[(&str, &str)]) -> Shown {
        let shown = self.story.chat().submit(&self.id, &form.id, &filled(form, fields)).await;
        self.story.chat().settle().await;
        shown
    }

    /// Sends any form with any fields, as a script can.
    pub(crate) async fn submits(&self, form: &str, fields: &[(&str, &str)]) -> Shown {
        let fields: Vec<_> =
            fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
        let shown = self.story.chat().submit(&self.id, form, &fields).await;
        self.story.chat().settle().await;
        shown
    }

    /// Answers the newest question privately.
    pub(crate) async fn answers_privately(&self, text: &str) -> Shown {
        let shown = self.clicks("Answer privately").await;
        self.sends(shown.form(), &[("text", text)]).await
    }

    /// Marks their answer to the newest question: the numbers of the points that it makes.
    pub(crate) async fn marks(&self, points: &[usize]) -> Shown {
        let shown = self.clicks("Mark my answer").await;
        let labels: Vec<String> = points.iter().map(|point| format!("{point} · ")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        self.chooses(&shown, "Points your answer makes", &labels).await
    }

    /// The direct messages that the bot has sent them.
    pub(crate) async fn notices(&self) -> Vec<Message> {
        self.story.chat().settle().await;
        self.story.chat().notices(&self.id).await.into_iter().filter(|message| message.author.bot).collect()
    }

    /// A message in the newest question's thread, as they see it.
    pub(crate) async fn sees(&self, message: &str) -> Message {
        let thread = self.story.thread().await;
        let found = thread.into_iter().find(|there| there.id == message);
        found.unwrap_or_else(|| panic!("message {message} is not there"))
    }

    async fn find(&self, label: &str) -> (Message, Control) {
        self.story.chat().settle().await;
        let channel = self.story.here();
        let chat = self.story.chat();
        if let Some(question) = self.story.questions().await.pop()
            && let Some(found) =
                newest_with(&chat.messages(&self.id, &channel, Some(&question.id)).await, label)
        {
            return found;
        }
        let messages = chat.messages(&self.id, &channel, None).await;
        newest_with(&messages, label).unwrap_or_else(|| panic!("there is no “{label}” in {messages:?}"))
    }
}

fn newest_with(messages: &[Message], label: &str) -> Option<(Message, Control)> {
    let found = messages.iter().rev().find_map(|message| Some((message, message.control(label)?)))?;
    Some((found.0.clone(), found.1.clone()))
}

fn value_of(control: &Control, label: &str) -> String {
    let found = control.options.iter().find(|option| option.label.starts_with(label));
    found.unwrap_or_else(|| panic!("no “{label}” in {control:?}")).value.clone()
}

fn filled(form: &Form, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let typed =
        |id: &str| fields.iter().rfind(|(field, _)| *field == id).map(|(_, value)| (*value).to_owned());
    form.fields
        .iter()
        .map(|field| (field.id.clone(), typed(&field.id).unwrap_or_else(|| field.value.clone())))
        .collect()
}

impl Panel {
    /// The labels of its controls.
    pub(crate) fn labels(&self) -> Vec<&str> {
        self.actions.iter().map(|control| control.label.as_str()).collect()
    }
}
