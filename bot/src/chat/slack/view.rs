//! A view: what Slack shows in a window of its own, a panel or a form.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::labels::shorten;
use super::blocks::plain_text;
use super::limits::TITLE_MAX;

/// Stands where no title of at most [`TITLE_MAX`] is at hand.
const NAME: &str = "studybot";

/// A modal view: <https://docs.slack.dev/reference/views/modal-views>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// At most 24 characters.
    pub(super) title: String,
    /// 1 to 100 blocks.
    pub(super) blocks: Vec<Value>,
    /// Comes back with the view: the form's id in text; empty for panels.
    pub(super) callback_id: String,
    /// Comes back with the view and is shown to nobody: at most 3,000 characters.
    pub(super) private_metadata: String,
    /// The label of the button that sends it. Without one, nothing can be sent.
    pub(super) submit: Option<String>,
    /// The label of the button that closes it.
    pub(super) close: String,
}

impl View {
    /// A view that can only be read and closed.
    pub(super) fn panel(title: &str, blocks: Vec<Value>) -> Self {
        Self {
            title: Self::title_of(title),
            blocks,
            callback_id: String::new(),
            private_metadata: String::new(),
            submit: None,
            close: "Close".to_owned(),
        }
    }

    /// A title that fits.
    pub(super) fn title_of(title: &str) -> String {
        let title = shorten(title, TITLE_MAX);
        if title.is_empty() { NAME.to_owned() } else { title }
    }
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut view = json!({
            "type": "modal",
            "title": plain_text(&self.title),
            "blocks": self.blocks,
            "close": plain_text(&self.close),
        });
        if !self.callback_id.is_empty() {
            view["callback_id"] = json!(self.callback_id);
        }
        if !self.private_metadata.is_empty() {
            view["private_metadata"] = json!(self.private_metadata);
        }
        if let Some(submit) = &self.submit {
            view["submit"] = plain_text(submit);
        }
        view.serialize(serializer)
    }
}
