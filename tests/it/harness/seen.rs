//! What people see in a story: messages, private panels and forms, in the same plain text on every platform.

use serde::Deserialize;
use serde_json::Value;

/// Stands in a text where a platform had to cut it into several messages. Platforms trim the ends of a message, so
/// nobody can tell which white space stood there.
pub(crate) const CUT: char = '✂';

/// Whether a text says this, however its lines end, and whatever stands for control characters, which nobody sees;
/// where it was cut, white space doesn't count.
pub(crate) fn shows(text: &str, wanted: &str) -> bool {
    let visible = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c };
    let drawn = |text: &str| text.replace("\r\n", "\n").chars().map(visible).collect::<String>();
    let (text, wanted) = (&drawn(text), &drawn(wanted));
    if !text.contains(CUT) {
        return text.contains(wanted.as_str());
    }
    let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != CUT).collect::<String>();
    dense(text).contains(&dense(wanted))
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
    pub(crate) panel: Option<Panel>,
    pub(crate) form: Option<Form>,
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
        assert!(shows(&panel.text, text), "“{text}” was expected in:\n{}", panel.text);
        self
    }

    /// Holds that the panel doesn't say this.
    #[track_caller]
    pub(crate) fn says_nothing_of(&self, text: &str) -> &Self {
        let panel = self.panel();
        assert!(!shows(&panel.text, text), "“{text}” should not be in:\n{}", panel.text);
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

/// Every string in a JSON text, one a line.
pub(crate) fn strings(json: &str) -> String {
    fn walk(value: &Value, into: &mut String) {
        match value {
            Value::String(text) => into.extend([text.as_str(), "\n"]),
            Value::Array(items) => items.iter().for_each(|item| walk(item, into)),
            Value::Object(fields) => fields.values().for_each(|field| walk(field, into)),
            _ => {}
        }
    }
    let mut into = String::new();
    walk(&serde_json::from_str(json).unwrap(), &mut into);
    into
}
