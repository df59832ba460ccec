//! A request as Slack sends it: who asks, where, by what. Commands and interactions have much in common.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Identity;
use super::listen::{Envelope, Kind};
use super::model::or_default;
use crate::chat::Workspace;

/// A slash command: <https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling>.
#[derive(Deserialize)]
struct Typed {
    #[serde(default, deserialize_with = "or_default")]
    team_id: String,
    #[serde(default, deserialize_with = "or_default")]
    enterprise_id: String,
    #[serde(default, deserialize_with = "or_default")]
    is_enterprise_install: Flag,
    #[serde(default, deserialize_with = "or_default")]
    channel_id: String,
    #[serde(default, deserialize_with = "or_default")]
    channel_name: String,
    #[serde(default, deserialize_with = "or_default")]
    user_id: String,
    #[serde(default, deserialize_with = "or_default")]
    text: String,
    #[serde(default, deserialize_with = "or_default")]
    response_url: String,
    #[serde(default, deserialize_with = "or_default")]
    trigger_id: String,
}

/// A yes or no, which form-encoded payloads spell out.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(from = "serde_json::Value")]
struct Flag(bool);

impl From<serde_json::Value> for Flag {
    fn from(value: serde_json::Value) -> Self {
        Self(value == true || value == "true")
    }
}

/// A click or a form: <https://docs.slack.dev/reference/interaction-payloads/>.
#[derive(Deserialize)]
struct Interacted {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    team: Named,
    #[serde(default, deserialize_with = "or_default")]
    enterprise: Named,
    #[serde(default, deserialize_with = "or_default")]
    is_enterprise_install: Flag,
    #[serde(default, deserialize_with = "or_default")]
    user: User,
    #[serde(default, deserialize_with = "or_default")]
    channel: Named,
    #[serde(default, deserialize_with = "or_default")]
    container: Container,
    #[serde(default, deserialize_with = "or_default")]
    message: Shown,
    #[serde(default, deserialize_with = "or_default")]
    actions: Vec<Used>,
    #[serde(default, deserialize_with = "or_default")]
    response_url: String,
    #[serde(default, deserialize_with = "or_default")]
    trigger_id: String,
    view: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    team_id: String,
}

/// What the control was on.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Container {
    #[serde(deserialize_with = "or_default")]
    is_ephemeral: bool,
    #[serde(deserialize_with = "or_default")]
    channel_id: String,
    #[serde(deserialize_with = "or_default")]
    thread_ts: String,
}

/// The message that the control was on.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    #[serde(deserialize_with = "or_default")]
    user: String,
    #[serde(deserialize_with = "or_default")]
    bot_id: String,
    #[serde(deserialize_with = "or_default")]
    thread_ts: String,
}

/// The view that the control was on, or that was sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct View {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    private_metadata: String,
    #[serde(deserialize_with = "or_default")]
    app_installed_team_id: String,
    #[serde(deserialize_with = "or_default")]
    bot_id: String,
}

/// The control that was used.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Used {
    #[serde(deserialize_with = "or_default")]
    pub(super) action_id: String,
    #[serde(deserialize_with = "or_default")]
    selected_option: Chosen,
    #[serde(deserialize_with = "or_default")]
    selected_options: Vec<Chosen>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    #[serde(deserialize_with = "or_default")]
    value: String,
}

impl Used {
    /// The values that are chosen now, in a select.
    pub(super) fn values(&self) -> Vec<String> {
        let one = Some(&self.selected_option).filter(|chosen| !chosen.value.is_empty());
        one.into_iter().chain(&self.selected_options).map(|chosen| chosen.value.clone()).collect()
    }
}

/// What was done.
pub(super) enum Did {
    /// Typed a command; the words behind `/study`.
    Command(String),
    /// Pressed a button or changed a select.
    Click(Used),
    /// Sent a form: its view.
    Submit(Box<RawValue>),
}

/// A request, with what both kinds of it have.
pub(super) struct Asked {
    pub(super) did: Did,
    /// `None`: it is none of ours.
    pub(super) workspace: Option<Workspace>,
    pub(super) user: String,
    /// The person's own team, where that is said.
    pub(super) user_team: Option<String>,
    pub(super) channel: String,
    pub(super) channel_name: String,
    /// The thread whose control was used.
    pub(super) thread_ts: Option<String>,
    pub(super) trigger: String,
    /// Where an answer for their eyes can be sent; none inside a modal.
    pub(super) response_url: Option<String>,
    /// The modal that it was done in.
    pub(super) view: Option<String>,
    /// The control is on a message that only they see.
    pub(super) is_ephemeral: bool,
}

/// What came can't be understood, or is nothing that we answer.
pub(super) struct Unreadable;

impl Asked {
    /// Reads a request.
    pub(super) fn read(envelope: &Envelope, ours: &Identity) -> Result<Self, Unreadable> {
        match envelope.kind {
            Kind::Command => serde_json::from_str(envelope.payload.get())
                .map(|typed| Self::typed(typed, ours))
                .map_err(|_| Unreadable),
            _ => {
                let payload: Interacted =
                    serde_json::from_str(envelope.payload.get()).map_err(|_| Unreadable)?;
                Self::interacted(payload, ours)
            }
        }
    }

    fn typed(typed: Typed, ours: &Identity) -> Self {
        let for_all = typed.is_enterprise_install.0;
        Self {
            workspace: ours.workspace(&[&typed.team_id], for_all, &typed.enterprise_id),
            did: Did::Command(typed.text),
            user: typed.user_id,
            user_team: None,
            channel: typed.channel_id,
            channel_name: typed.channel_name,
            thread_ts: None,
            trigger: typed.trigger_id,
            response_url: Some(typed.response_url).filter(|url| !url.is_empty()),
            view: None,
            is_ephemeral: false,
        }
    }

    fn interacted(payload: Interacted, ours: &Identity) -> Result<Self, Unreadable> {
        let view: View = match &payload.view {
            Some(view) => serde_json::from_str(view.get()).map_err(|_| Unreadable)?,
            None => View::default(),
        };
        // Somebody from another team may use the controls of our own messages and modals in a channel shared with them.
        let is_on_ours = [&payload.message.user, &payload.message.bot_id, &view.bot_id]
            .into_iter()
            .any(|by| *by == ours.user || (!by.is_empty() && *by == ours.bot));
        let installed = if is_on_ours { ours.team.as_str() } else { view.app_installed_team_id.as_str() };
        let for_all = payload.is_enterprise_install.0;
        let workspace = ours.workspace(&[&payload.team.id, installed], for_all, &payload.enterprise.id);
        let kept = Kept::read(&view.private_metadata);
        let in_view = payload.view.is_some();
        let did = match (payload.kind.as_str(), payload.view) {
            ("block_actions", _) => Did::Click(payload.actions.into_iter().next().ok_or(Unreadable)?),
            ("view_submission", Some(view)) => Did::Submit(view),
            _ => return Err(Unreadable),
        };
        let channel = [payload.channel.id, payload.container.channel_id, kept.channel]
            .into_iter()
            .find(|channel| !channel.is_empty())
            .unwrap_or_default();
        let thread = [payload.container.thread_ts, payload.message.thread_ts];
        Ok(Self {
            did,
            workspace,
            user: payload.user.id,
            user_team: Some(payload.user.team_id).filter(|team| team.starts_with('T')),
            channel,
            channel_name: if in_view { kept.name } else { payload.channel.name },
            thread_ts: thread.into_iter().find(|ts| !ts.is_empty()),
            trigger: payload.trigger_id,
            response_url: Some(payload.response_url).filter(|url| !url.is_empty()),
            view: Some(view.id).filter(|id| in_view && !id.is_empty()),
            is_ephemeral: payload.container.is_ephemeral,
        })
    }

    /// What a modal keeps of this request, so that what is done in it is done in the same channel.
    pub(super) fn kept(&self) -> String {
        let kept = Kept { channel: self.channel.clone(), name: self.channel_name.clone() };
        serde_json::to_string(&kept).unwrap_or_default()
    }
}

/// What a modal keeps.
#[derive(Default, Deserialize, serde::Serialize)]
#[serde(default)]
struct Kept {
    channel: String,
    name: String,
}

impl Kept {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
