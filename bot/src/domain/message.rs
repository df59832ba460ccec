//! What the bot shows, in neutral parts that every platform can draw: messages, private panels and forms.
//!
//! Text typed by people goes into [`Block::Quote`] and [`Span::Plain`] only, and adapters escape both.

use serde::{Deserialize, Serialize};

use super::ids::{GroupRef, PersonRef, Timestamp};

/// A message of ours, as it is posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// What it says, top to bottom.
    pub blocks: Vec<Block>,
    /// Its buttons and selects, at most 5 rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// The one group that the message calls. Nothing else in a message calls anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping: Option<GroupRef>,
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A short headline without markup.
    Heading {
        /// Plain text.
        text: String,
    },
    /// A paragraph.
    Line {
        /// Its pieces, joined without spaces.
        spans: Vec<Span>,
    },
    /// A small remark in a quieter voice.
    Note {
        /// Its pieces, joined without spaces.
        spans: Vec<Span>,
    },
    /// A list, with numbers from 1 or with bullets.
    List {
        /// Numbered from 1 instead of bulleted.
        numbered: bool,
        /// The items, each a line.
        items: Vec<Vec<Span>>,
    },
    /// Text from a question pack, in Markdown.
    Markdown {
        /// Paragraphs, lists, emphasis, code and code fences.
        text: String,
    },
    /// What a person typed, shown to the letter.
    Quote {
        /// The text; never read as markup.
        text: String,
    },
    /// Something to open when wanted.
    Spoiler {
        /// What is inside.
        label: String,
        /// The hidden part.
        blocks: Vec<Block>,
        /// What a click asks for to see the hidden part, an [`super::command::ActionId`] in text, for platforms that can
        /// fold nothing away. Without it they show the part at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        open: Option<String>,
    },
    /// A list of links.
    Links {
        /// Where to read on.
        links: Vec<Link>,
    },
    /// Values drawn as bars beside each other.
    Bars {
        /// One bar a row.
        rows: Vec<Bar>,
    },
}

/// A link to a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What the page is called.
    pub title: String,
    /// An `https://` address.
    pub url: String,
}

/// One bar of [`Block::Bars`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// What stands before the bar, such as a rank: may be empty.
    pub lead: String,
    /// What the bar is about.
    pub label: String,
    /// Its length, 0 to `max`.
    pub value: u32,
    /// The length of a full bar, at least 1.
    pub max: u32,
    /// What stands behind the bar.
    pub note: String,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Span {
    /// Text without markup.
    Plain {
        /// The text.
        text: String,
    },
    /// Text that stands out.
    Bold {
        /// The text.
        text: String,
    },
    /// A command, an id or a value to type.
    Code {
        /// The text.
        text: String,
    },
    /// A point in time, shown in every reader's own zone.
    Time {
        /// The instant.
        at: Timestamp,
        /// How it is written.
        style: TimeStyle,
    },
    /// A person, named without calling them.
    Person {
        /// The platform's id.
        person: PersonRef,
        /// The name we know, for platforms that can't look it up.
        name: String,
    },
}

/// How a [`Span::Time`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeStyle {
    /// Weekday, date and time of day.
    Full,
    /// " (in 3 hours)", brackets and the space before them included. It follows a time in full and is left out where
    /// text can't change with time.
    Relative,
}

/// A button or a select.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Comes back with a click: 1 to 100 characters, an [`super::command::ActionId`] in text.
    pub id: String,
    /// What people read: at most 75 characters.
    pub label: String,
    /// Button or select.
    #[serde(flatten)]
    pub control: Control,
}

/// What kind of control an [`Action`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Control {
    /// A button.
    Button,
    /// A list to choose from; choosing sends it at once.
    Select {
        /// 1 to 25 options.
        options: Vec<SelectOption>,
        /// The values chosen at present.
        selected: Vec<String>,
        /// The least number of values to choose.
        min: u8,
        /// The largest number of values to choose.
        max: u8,
    },
}

/// One line of a select.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectOption {
    /// Comes back with the choice: 1 to 100 characters.
    pub value: String,
    /// What people read: at most 75 characters.
    pub label: String,
}

/// A form to fill in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Comes back with the form: 1 to 100 characters, a [`super::command::FormId`] in text.
    pub id: String,
    /// At most 45 characters.
    pub title: String,
    /// 1 to 11 fields.
    pub fields: Vec<Field>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Unique within the form.
    pub id: String,
    /// What people read above it.
    pub label: String,
    /// Several lines instead of one.
    pub multiline: bool,
    /// The largest number of characters.
    pub max: u32,
    /// Must not be left empty.
    pub required: bool,
    /// What it holds now.
    pub value: String,
    /// What is wrong with the value, and what would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The direct answer to a command, a click or a form. It is not kept: when it is lost, people ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Something only this person sees. From a click on such a panel, it takes that panel's place.
    Panel(Outgoing),
    /// A form to fill in; after a submit: the same form with what was typed and what is wrong.
    Form(Form),
}

impl Outgoing {
    /// A message of these blocks, without controls.
    pub fn new(blocks: Vec<Block>) -> Self {
        Self { blocks, actions: Vec::new(), ping: None }
    }

    /// A message of one plain sentence or two.
    pub fn say(text: impl Into<String>) -> Self {
        Self::new(vec![Block::line(text)])
    }

    /// The same message with these controls.
    #[must_use]
    pub fn with(mut self, actions: Vec<Action>) -> Self {
        self.actions = actions;
        self
    }
}

impl Block {
    /// A headline.
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading { text: text.into() }
    }

    /// A paragraph of plain text.
    pub fn line(text: impl Into<String>) -> Self {
        Self::Line { spans: vec![Span::plain(text)] }
    }

    /// A quiet remark in plain text.
    pub fn note(text: impl Into<String>) -> Self {
        Self::Note { spans: vec![Span::plain(text)] }
    }
}

impl Span {
    /// Text without markup.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Plain { text: text.into() }
    }

    /// Text that stands out.
    pub fn bold(text: impl Into<String>) -> Self {
        Self::Bold { text: text.into() }
    }

    /// A command or a value to type.
    pub fn code(text: impl Into<String>) -> Self {
        Self::Code { text: text.into() }
    }

    /// Weekday, date and time of day.
    pub const fn full(at: Timestamp) -> Self {
        Self::Time { at, style: TimeStyle::Full }
    }

    /// " (in 3 hours)", to stand behind a time in full.
    pub const fn relative(at: Timestamp) -> Self {
        Self::Time { at, style: TimeStyle::Relative }
    }
}

impl Field {
    /// Whether a field of this id holds mentions. Adapters then turn what their platform writes for a person, a
    /// group or a channel into `<@person>`, `<@&group>` and `<#channel>`, and back when they show the form.
    pub fn takes_mentions(id: &str) -> bool {
        id.ends_with("_mentions")
    }
}

impl Action {
    /// A button.
    pub fn button(id: impl ToString, label: impl Into<String>) -> Self {
        Self { id: id.to_string(), label: label.into(), control: Control::Button }
    }
}
