//! What each of Slack's refusals means, and how organisers mend it.

use super::error::Doing;
use crate::chat::ChatError;

/// Names that mean that the token is of no use any more.
/// [Source](https://docs.slack.dev/reference/methods/auth.test#errors).
const TOKEN_REFUSED: [&str; 5] =
    ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"];

/// Names of what passes by itself, and was not done.
const PASSING: [&str; 8] = [
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    "org_login_required",
    "external_channel_migrating",
];

/// Names of what failed inside Slack, and may have been done nonetheless.
const BROKEN: [&str; 2] = ["internal_error", "fatal_error"];

/// Whether Slack has no use for the token.
pub(super) fn is_token_refused(name: &str) -> bool {
    TOKEN_REFUSED.contains(&name)
}

/// Whether Slack says that it wants to be left alone.
pub(super) fn is_limit(name: &str) -> bool {
    matches!(name, "ratelimited" | "rate_limited")
}

/// Whether something failed inside Slack.
pub(super) fn is_broken(name: &str) -> bool {
    BROKEN.contains(&name)
}

/// What a refusal by `name` means when the bot was `doing` something. `needed` is the permission that is missing.
pub(super) fn refused(name: &str, needed: Option<&str>, doing: Doing, reason: String) -> ChatError {
    if PASSING.contains(&name) || is_broken(name) {
        return ChatError::Later { reason, after_ms: None };
    }
    match mend(name, needed, doing) {
        Some(mend) => ChatError::ShutOut { reason, mend },
        None => ChatError::Refused(reason),
    }
}

/// For the organisers, where a study channel can't go on: why, and how to mend it. A missing tick, or a person who can't
/// be written to, stops no channel.
fn mend(name: &str, needed: Option<&str>, doing: Doing) -> Option<String> {
    if matches!(doing, Doing::Direct | Doing::Reaction) {
        return None;
    }
    if name == "missing_scope" {
        let scope = needed.unwrap_or("a permission that /study needs");
        return Some(format!(
            "I lack the permission {scope}. At api.slack.com/apps, open my app, then OAuth & Permissions, add it \
             under Bot Token Scopes, and click Reinstall to Workspace at the top of that page."
        ));
    }
    let sentence = match name {
        "channel_not_found" => {
            "I can't find the channel: it was deleted, or it is private and I am not in it. If it is still there, \
             invite me with /invite @studybot in the channel. If not, run /study setup in the one that takes its place."
        }
        "not_in_channel" | "no_permission" => {
            "I am not in the channel any more. Invite me with /invite @studybot in the channel."
        }
        "is_archived" | "is_inactive" => {
            "The channel is archived. Click its name, then Settings, then Unarchive for everyone, and invite me with \
             /invite @studybot in the channel. Or run /study setup in another channel."
        }
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel" => {
            "I may not post in the channel. Click its name, then Settings, then Posting permissions, and let me post \
             there. Where you don't see that, ask an owner of the workspace."
        }
        "restricted_action_non_threadable_channel" | "restricted_action_thread_locked" => {
            "I may not write in the channel's threads. Click its name, then Settings, then Posting permissions, and \
             allow replies in threads. Where you don't see that, ask an owner of the workspace."
        }
        "ekm_access_denied" => {
            "The administrators of your organisation have suspended messages in the channel, under Enterprise Key \
             Management. Ask them to allow them again."
        }
        "access_denied" | "team_access_not_granted" | "enterprise_is_restricted" => {
            "My app is not allowed in this workspace any more. Ask an administrator to approve it: click the \
             workspace's name, then Tools & settings, then Manage apps."
        }
        "accesslimited" => {
            "Your workspace takes calls from some networks only, and not from the one that I run on. Ask an \
             administrator to allow its address: at api.slack.com/apps, open my app, then OAuth & Permissions, then \
             Restrict API Token Usage."
        }
        "not_allowed_token_type" => {
            "SLACK_BOT_TOKEN is a token of another kind. At api.slack.com/apps, open my app, then OAuth & \
             Permissions, and copy the Bot User OAuth Token, which begins with xoxb-."
        }
        "method_not_supported_for_channel_type" | "channel_type_not_supported" if doing == Doing::Channel => {
            "Questions with threads need a channel, and this place is of another kind. Run /study setup in a channel."
        }
        _ => return None,
    };
    Some(sentence.to_owned())
}
