//! What keeps the bot from working in a channel that is being set up, and how to mend it.

use super::Slack;
use super::asked::{Asked, Did};
use super::web::Turn;
use crate::chat::Request;
use crate::domain::command::{FormId, StudyCommand};

/// What matters of a channel when it is set up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Its name, where Slack tells it.
    pub(super) name: Option<String>,
    /// Why the bot can't work there, and how to mend it.
    pub(super) hindrance: Option<String>,
    /// Questions can never be posted there: why.
    pub(super) refusal: Option<&'static str>,
}

const NO_CHANNEL: &str = "Questions need a channel of their own. Use /study setup in one.";

impl Facts {
    fn hindered(why: &str) -> Self {
        Self { hindrance: Some(why.to_owned()), ..Self::default() }
    }

    fn refused() -> Self {
        Self { refusal: Some(NO_CHANNEL), ..Self::default() }
    }
}

/// Whether a request sets a channel up: only then the channel itself matters.
pub(super) fn is_setup(request: &Request) -> bool {
    match request {
        Request::Command(text) => text.parse() == Ok(StudyCommand::Setup),
        Request::Click { action, .. } => action == "setup",
        Request::Submit { form, .. } => form.parse() == Ok(FormId::Setup),
    }
}

impl Slack {
    /// Looks at the channel that a setup is about; when its form is sent, joins it where that is possible.
    pub(super) async fn setup_facts(&self, asked: &Asked) -> Facts {
        if asked.channel.starts_with('D') {
            return Facts::refused();
        }
        let channel = match self.web().conversations_info(Turn::Urgent, &asked.channel).await {
            Ok(channel) => channel,
            Err(error) => {
                return match error.code() {
                    Some("channel_not_found" | "missing_scope") => Facts::hindered(
                        "I can't see this channel. Invite me with /invite @studybot, then use /study setup again.",
                    ),
                    _ => {
                        tracing::warn!(channel = asked.channel, %error, "a channel can't be looked at");
                        Facts::default()
                    }
                };
            }
        };
        if channel.is_im || channel.is_mpim {
            return Facts::refused();
        }
        if channel.is_archived {
            return Facts::hindered(
                "This channel is archived. Use /study setup in one that people still write in.",
            );
        }
        let name = Some(channel.name).filter(|name| !name.is_empty());
        if channel.is_member == Some(true) || !matches!(asked.did, Did::Submit(_)) {
            return Facts { name, ..Facts::default() };
        }
        match self.web().conversations_join(Turn::Urgent, &asked.channel).await {
            Ok(()) => Facts { name, ..Facts::default() },
            Err(error) => {
                tracing::info!(channel = asked.channel, %error, "a channel can't be joined");
                let why = "I'm not in this channel yet. Invite me with /invite @studybot, then use /study setup again.";
                Facts { name, ..Facts::hindered(why) }
            }
        }
    }
}
