//! The chat as stories use it: neutral operations, and what people see.

use futures_util::future::BoxFuture;
use serde::Deserialize;

/// A message that somebody sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Says<'a> {
    pub(crate) channel: &'a str,
    /// The message that the thread hangs from.
    pub(crate) thread: Option<&'a str>,
    pub(crate) text: &'a str,
    /// Names and texts.
    pub(crate) files: &'a [(&'a str, &'a str)],
}

/// A chat platform that a story runs on. Everything that the platform itself refuses panics: a story never does that.
pub(crate) trait TestChat: Send + Sync {
    /// Lets a person join. Returns their id.
    fn joins<'a>(&'a self, name: &'a str, admin: bool) -> BoxFuture<'a, String>;
    /// Makes a channel. Returns its id.
    fn channel<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String>;
    /// Lets a person leave the workspace.
    fn leaves<'a>(&'a self, person: &'a str) -> BoxFuture<'a, ()>;
    /// Sends a message. Returns its id.
    fn say<'a>(&'a self, person: &'a str, says: Says<'a>) -> BoxFuture<'a, String>;
    /// Puts messages (person and text) into a thread, of which the bot hears nothing.
    fn history<'a>(&'a self, thread: &'a str, messages: &'a [(String, String)]) -> BoxFuture<'a, ()>;
    /// Edits a message of one's own.
    fn edit<'a>(&'a self, person: &'a str, message: &'a str, text: &'a str) -> BoxFuture<'a, ()>;
    /// Deletes a message: one's own, or as an admin anybody's.
    fn delete<'a>(&'a self, person: &'a str, message: &'a str) -> BoxFuture<'a, ()>;
    /// Presses a button, or chooses in a select.
    fn click<'a>(
        &'a self,
        person: &'a str,
        message: &'a str,
        action: &'a str,
        values: &'a [String],
    ) -> BoxFuture<'a, Shown>;
    /// Sends a form.
    fn submit<'a>(
        &'a self,
        person: &'a str,
        form: &'a str,
        fields: &'a [(String, String)],
    ) -> BoxFuture<'a, Shown>;
    /// Types a command.
    fn command<'a>(&'a self, person: &'a str, channel: &'a str, text: &'a str) -> BoxFuture<'a, Shown>;
    /// A channel's messages without thread replies, or a thread's, as this person sees them; oldest first.
    fn messages<'a>(
        &'a self,
        person: &'a str,
        channel: &'a str,
        thread: Option<&'a str>,
    ) -> BoxFuture<'a, Vec<Message>>;
    /// The direct messages from the bot to a person, oldest first.
    fn notices<'a>(&'a self, person: &'a str) -> BoxFuture<'a, Vec<Message>>;
    /// All that the platform shows besides messages, as raw text.
    fn surroundings(&self) -> BoxFuture<'_, String>;
    /// Moves time forward, stopping at every due instant.
    fn advance(&self, seconds: i64) -> BoxFuture<'_, ()>;
    /// Returns once nothing is under way.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// A message as somebody sees it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) author: Author,
    pub(crate) text: String,
    pub(crate) actions: Vec<Control>,
    pub(crate) reactions: Vec<Reaction>,
    /// How many replies its thread has; `None`: there is no thread.
    pub(crate) replies: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Author {
    pub(crate) bot: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reaction {
    pub(crate) emoji: String,
}

/// A button or select.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Control {
    pub(crate) id: String,
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) options: Vec<Choice>,
    #[serde(default)]
    pub(crate) selected: Vec<String>,
}

/// An option of a select.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
}

/// What a click, a form or a command brought to the person who asked.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Shown {
    #[serde(rename = "ephemeral")]
    panel: Option<Panel>,
    form: Option<Form>,
}

/// Something that only one person sees.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Panel {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) actions: Vec<Control>,
}

/// A form to fill in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Form {
    pub(crate) id: String,
    pub(crate) fields: Vec<Field>,
}

/// One field of a form.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Field {
    pub(crate) id: String,
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

impl Shown {
    /// The panel; panics when a form was shown.
    #[track_caller]
    pub(crate) fn panel(&self) -> &Panel {
        self.panel.as_ref().unwrap_or_else(|| panic!("a panel was expected, not {self:?}"))
    }

    /// The form; panics when a panel was shown.
    #[track_caller]
    pub(crate) fn form(&self) -> &Form {
        self.form.as_ref().unwrap_or_else(|| panic!("a form was expected, not {self:?}"))
    }

    /// All the text on it, controls and their values included.
    pub(crate) fn everything(&self) -> String {
        let mut all = String::new();
        let mut line = |text: &str| all.extend([text, "\n"]);
        if let Some(panel) = &self.panel {
            line(&panel.text);
            for control in &panel.actions {
                line(&control.label);
                control.options.iter().for_each(|option| {
                    line(&option.label);
                    line(&format!("\"{}\"", option.value));
                });
            }
        }
        for field in self.form.iter().flat_map(|form| &form.fields) {
            line(&field.value);
            line(field.error.as_deref().unwrap_or_default());
        }
        all
    }

    /// Holds that the panel says this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        let panel = self.panel();
        assert!(panel.text.contains(text), "“{text}” was expected in:\n{}", panel.text);
        self
    }

    /// Holds that the panel doesn't say this.
    #[track_caller]
    pub(crate) fn says_nothing_of(&self, text: &str) -> &Self {
        let panel = self.panel();
        assert!(!panel.text.contains(text), "“{text}” should not be in:\n{}", panel.text);
        self
    }

    /// The control of this label on the panel.
    #[track_caller]
    pub(crate) fn control(&self, label: &str) -> &Control {
        let panel = self.panel();
        let found = panel.actions.iter().find(|control| control.label == label);
        found.unwrap_or_else(|| panic!("no “{label}” on {panel:?}"))
    }

    /// Holds that the panel has no control of this label.
    #[track_caller]
    pub(crate) fn has_no(&self, label: &str) -> &Self {
        let panel = self.panel();
        assert!(!panel.actions.iter().any(|control| control.label == label), "“{label}” on {panel:?}");
        self
    }
}

impl Form {
    /// A field by its id.
    #[track_caller]
    pub(crate) fn field(&self, id: &str) -> &Field {
        self.fields.iter().find(|field| field.id == id).unwrap_or_else(|| panic!("no field {id} in {self:?}"))
    }

    /// Holds that the form came back with this text in the field, and this said about it.
    #[track_caller]
    pub(crate) fn gives_back(&self, id: &str, text: &str, error: &str) -> &Self {
        let field = self.field(id);
        assert_eq!(field.value, text, "what was typed is given back");
        let said = field.error.as_deref().unwrap_or_default();
        assert!(said.contains(error), "“{error}” was expected at {id}, not “{said}”");
        self
    }
}

impl Message {
    /// The control of this label.
    pub(crate) fn control(&self, label: &str) -> Option<&Control> {
        self.actions.iter().find(|control| control.label == label)
    }

    /// Whether somebody reacted with this emoji.
    pub(crate) fn has_reaction(&self, emoji: &str) -> bool {
        self.reactions.iter().any(|reaction| reaction.emoji == emoji)
    }
}
