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
        let lacking = needed.map_or("a permission".to_owned(), |scope| format!("the permission {scope}"));
        return Some(format!(
            "I lack {lacking}. At api.slack.com/apps, open my app, then OAuth & Permissions, add it \
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::error::WebError;
    use super::super::method::Method;
    use super::*;

    const PLACES: [Doing; 5] =
        [Doing::Channel, Doing::Thread, Doing::Direct, Doing::Reaction, Doing::Reading];

    /// What each place makes of a name, in the order of [`PLACES`]: S(hut out), R(efused), L(ater).
    const TABLE: [(&str, &str); 34] = [
        ("ratelimited", "LLLLL"),
        ("rate_limited", "LLLLL"),
        ("message_limit_exceeded", "LLLLL"),
        ("internal_error", "LLLLL"),
        ("fatal_error", "LLLLL"),
        ("service_unavailable", "LLLLL"),
        ("request_timeout", "LLLLL"),
        ("team_added_to_org", "LLLLL"),
        ("org_login_required", "LLLLL"),
        ("channel_not_found", "SSRRS"),
        ("not_in_channel", "SSRRS"),
        ("no_permission", "SSRRS"),
        ("is_archived", "SSRRS"),
        ("restricted_action", "SSRRS"),
        ("restricted_action_read_only_channel", "SSRRS"),
        ("restricted_action_thread_only_channel", "SSRRS"),
        ("restricted_action_non_threadable_channel", "SSRRS"),
        ("ekm_access_denied", "SSRRS"),
        ("missing_scope", "SSRRS"),
        ("access_denied", "SSRRS"),
        ("accesslimited", "SSRRS"),
        ("team_access_not_granted", "SSRRS"),
        ("not_allowed_token_type", "SSRRS"),
        ("method_not_supported_for_channel_type", "SRRRR"),
        ("already_reacted", "RRRRR"),
        ("message_not_found", "RRRRR"),
        ("thread_not_found", "RRRRR"),
        ("too_many_reactions", "RRRRR"),
        ("invalid_blocks", "RRRRR"),
        ("msg_too_long", "RRRRR"),
        ("user_not_found", "RRRRR"),
        ("cannot_dm_bot", "RRRRR"),
        ("cant_update_message", "RRRRR"),
        ("something_new", "RRRRR"),
    ];

    fn refused(name: &str, needed: Option<&str>) -> WebError {
        WebError::Refused {
            method: Method::PostMessage,
            name: name.to_owned(),
            needed: needed.map(str::to_owned),
        }
    }

    #[test]
    fn each_refusal_means_what_the_table_says() {
        for (name, expected) in TABLE {
            for (doing, expected) in PLACES.into_iter().zip(expected.chars()) {
                let meaning = match refused(name, None).into_chat(doing) {
                    ChatError::ShutOut { reason, mend } => {
                        assert!(reason.contains(name) && mend.ends_with('.'), "{reason}: {mend}");
                        'S'
                    }
                    ChatError::Refused(_) => 'R',
                    ChatError::Later { .. } => 'L',
                    other => panic!("{other}"),
                };
                assert_eq!(meaning, expected, "{name} while {doing:?}");
            }
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let error = refused("missing_scope", Some("reactions:write"));
        assert_eq!(error.to_string(), "chat.postMessage: missing_scope (reactions:write)");
        let ChatError::ShutOut { mend, .. } = error.into_chat(Doing::Channel) else { panic!() };
        assert!(mend.starts_with("I lack the permission reactions:write. At api.slack.com/apps,"), "{mend}");
    }

    #[test]
    fn what_is_no_refusal_is_later_or_unclear() {
        let later = |error: WebError| match error.into_chat(Doing::Channel) {
            ChatError::Later { after_ms, .. } => after_ms,
            other => panic!("{other}"),
        };
        assert_eq!(later(WebError::Unauthorized), None);
        assert_eq!(later(WebError::NotSent("x".to_owned())), None);
        assert_eq!(later(WebError::Server("x".to_owned())), None);
        assert_eq!(later(WebError::Limited { after: Duration::from_micros(1_500_001) }), Some(1_501));
        let unclear = WebError::Unclear("x".to_owned()).into_chat(Doing::Channel);
        assert!(matches!(unclear, ChatError::Unclear(_)));
        let not_yet = WebError::NotYet(Duration::from_micros(2_000_001)).into_chat(Doing::Channel);
        assert!(matches!(not_yet, ChatError::NotYet { after_ms: 2_001 }));
        assert!(matches!(WebError::Foreign.into_chat(Doing::Thread), ChatError::Refused(_)));
    }
}
