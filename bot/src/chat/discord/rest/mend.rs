//! What each of Discord's refusals means, and how organisers mend it.

use super::error::{Doing, code};
use crate::chat::ChatError;

/// Discord counts edits of old messages by the hour.
const OLD_EDITS_WAIT_MS: i64 = 60 * 60 * 1_000;

/// Our words for a code; Discord's own text may quote what people wrote.
pub(super) fn words(code: u32) -> &'static str {
    match code {
        code::UNKNOWN_CHANNEL => "unknown channel",
        code::UNKNOWN_GUILD => "unknown server",
        code::UNKNOWN_MEMBER => "unknown member",
        code::UNKNOWN_MESSAGE => "unknown message",
        code::UNKNOWN_USER => "unknown user",
        code::UNKNOWN_EMOJI => "unknown emoji",
        code::UNKNOWN_WEBHOOK => "unknown webhook",
        code::UNKNOWN_INTERACTION => "unknown interaction",
        code::SLOW_MODE => "slow mode",
        code::ANNOUNCEMENT_LIMIT => "announcement limit",
        code::CHANNEL_WRITE_LIMIT => "the channel's write limit",
        code::GUILD_WRITE_LIMIT => "the server's write limit",
        code::WEBHOOKS_MAX => "too many webhooks",
        code::REACTIONS_MAX => "too many reactions",
        code::OLD_EDITS_LIMIT => "too many edits of old messages",
        code::DIRECT_LIMIT => "direct messages opened too fast",
        code::SENDING_OFF => "sending is switched off for now",
        code::FEATURE_OFF => "switched off for now",
        code::ALREADY_ANSWERED => "interaction answered already",
        code::SERVICE_LIMIT => "a service is limited",
        code::BLOCKED => "blocked by the network in front of Discord",
        code::MISSING_ACCESS => "missing access",
        code::NOT_OURS => "somebody else's message",
        code::CANNOT_DIRECT => "cannot send to this user",
        code::NOT_TEXT => "not a text channel",
        code::MISSING_PERMISSIONS => "missing permissions",
        code::WRONG_CHANNEL_TYPE => "wrong type of channel",
        code::INVALID_WEBHOOK_TOKEN => "invalid webhook token",
        code::INVALID_FORM => "invalid form body",
        code::ARCHIVED => "archived thread",
        code::TWO_FACTORS => "two factors wanted",
        code::REACTION_BLOCKED => "reaction blocked",
        code::NOT_YET => "not available yet",
        code::OVERLOADED => "overloaded",
        code::THREAD_EXISTS => "thread already created",
        code::LOCKED => "locked thread",
        code::THREADS_MAX => "too many active threads",
        code::MODERATED | code::TITLE_MODERATED => "blocked by automatic moderation",
        0 => "general refusal",
        _ => "refused",
    }
}

/// What a refusal with `code` means when the bot was `doing` something.
pub(super) fn refused(code: u32, doing: Doing, reason: String) -> ChatError {
    if let Some(after_ms) = passing(code) {
        return ChatError::Later { reason, after_ms };
    }
    match mend(code, doing) {
        Some(mend) => ChatError::ShutOut { reason, mend: mend.to_owned() },
        None => ChatError::Refused(reason),
    }
}

/// For what passes by itself: how long it takes, where that is known.
fn passing(code: u32) -> Option<Option<i64>> {
    match code {
        code::OLD_EDITS_LIMIT => Some(Some(OLD_EDITS_WAIT_MS)),
        code::SLOW_MODE
        | code::ANNOUNCEMENT_LIMIT
        | code::CHANNEL_WRITE_LIMIT
        | code::GUILD_WRITE_LIMIT
        | code::DIRECT_LIMIT
        | code::SENDING_OFF
        | code::FEATURE_OFF
        | code::SERVICE_LIMIT
        | code::BLOCKED
        | code::NOT_YET
        | code::OVERLOADED
        // Somebody archived it between our looking and our writing.
        | code::ARCHIVED => Some(None),
        _ => None,
    }
}

/// For the organisers, where a study channel can't go on: why, and how to mend it. A missing tick, a person who takes
/// no direct messages, or one thread that is locked or gone stops no channel.
fn mend(code: u32, doing: Doing) -> Option<&'static str> {
    if matches!(doing, Doing::Direct | Doing::Reaction) {
        return None;
    }
    match (code, doing) {
        (code::UNKNOWN_CHANNEL, Doing::Channel | Doing::OpenThread) => {
            Some("The channel is not there any more. Run /study setup in the channel that takes its place.")
        }
        (code::UNKNOWN_GUILD, _) => {
            Some("I am not a member of this server any more. Invite me again, then use /study setup.")
        }
        (code::MISSING_ACCESS, _) => Some(
            "I can't see the channel. In the channel's settings, under Permissions, give me View Channel and Read \
             Message History.",
        ),
        (code::MISSING_PERMISSIONS, Doing::Channel) => Some(
            "I may not post in the channel. In the channel's settings, under Permissions, give me View Channel, Send \
             Messages, Embed Links and Read Message History.",
        ),
        (code::MISSING_PERMISSIONS, Doing::OpenThread) => Some(
            "I may not open threads in the channel. In the channel's settings, under Permissions, give me Create \
             Public Threads and Read Message History.",
        ),
        (code::MISSING_PERMISSIONS, Doing::Thread) => Some(
            "I may not write in the channel's threads. In the channel's settings, under Permissions, give me Send \
             Messages in Threads, Embed Links and Read Message History.",
        ),
        (code::NOT_TEXT | code::WRONG_CHANNEL_TYPE, Doing::Channel | Doing::OpenThread) => Some(
            "Questions with threads need a text channel, and this channel is of another type. Run /study setup in a \
             text channel.",
        ),
        (code::THREADS_MAX, Doing::OpenThread) => Some(
            "This server has as many open threads as Discord allows. Close some of them: right-click a thread, then \
             Close Thread.",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::error::RestError;
    use super::*;

    const PLACES: [Doing; 5] =
        [Doing::Channel, Doing::OpenThread, Doing::Thread, Doing::Direct, Doing::Reaction];

    /// What each place makes of a code, in the order of [`PLACES`]: S(hut out), R(efused), L(ater).
    const TABLE: [(u32, &str); 35] = [
        (0, "RRRRR"),
        (code::UNKNOWN_CHANNEL, "SSRRR"),
        (code::UNKNOWN_GUILD, "SSSRR"),
        (code::UNKNOWN_MEMBER, "RRRRR"),
        (code::UNKNOWN_MESSAGE, "RRRRR"),
        (code::UNKNOWN_USER, "RRRRR"),
        (code::UNKNOWN_EMOJI, "RRRRR"),
        (code::UNKNOWN_WEBHOOK, "RRRRR"),
        (code::UNKNOWN_INTERACTION, "RRRRR"),
        (code::SLOW_MODE, "LLLLL"),
        (code::CHANNEL_WRITE_LIMIT, "LLLLL"),
        (code::WEBHOOKS_MAX, "RRRRR"),
        (code::REACTIONS_MAX, "RRRRR"),
        (code::OLD_EDITS_LIMIT, "LLLLL"),
        (code::DIRECT_LIMIT, "LLLLL"),
        (code::FEATURE_OFF, "LLLLL"),
        (code::ALREADY_ANSWERED, "RRRRR"),
        (code::BLOCKED, "LLLLL"),
        (code::MISSING_ACCESS, "SSSRR"),
        (code::NOT_OURS, "RRRRR"),
        (code::CANNOT_DIRECT, "RRRRR"),
        (code::NOT_TEXT, "SSRRR"),
        (code::MISSING_PERMISSIONS, "SSSRR"),
        (code::WRONG_CHANNEL_TYPE, "SSRRR"),
        (code::INVALID_WEBHOOK_TOKEN, "RRRRR"),
        (code::INVALID_FORM, "RRRRR"),
        (code::ARCHIVED, "LLLLL"),
        (code::TWO_FACTORS, "RRRRR"),
        (code::REACTION_BLOCKED, "RRRRR"),
        (code::OVERLOADED, "LLLLL"),
        (code::THREAD_EXISTS, "RRRRR"),
        (code::LOCKED, "RRRRR"),
        (code::THREADS_MAX, "RSRRR"),
        (code::MODERATED, "RRRRR"),
        (999_999, "RRRRR"),
    ];

    #[test]
    fn each_refusal_means_what_the_table_says() {
        for (code, expected) in TABLE {
            for (doing, expected) in PLACES.into_iter().zip(expected.chars()) {
                let error = RestError::refused(403, code, &[]);
                let meaning = match error.into_chat(doing) {
                    ChatError::ShutOut { reason, mend } => {
                        assert!(
                            reason.contains(&code.to_string()) && mend.ends_with('.'),
                            "{reason}: {mend}"
                        );
                        'S'
                    }
                    ChatError::Refused(_) => 'R',
                    ChatError::Later { .. } => 'L',
                    ChatError::Unclear(_) => 'U',
                    ChatError::ThreadGone { .. } => 'T',
                    ChatError::NotYet { .. } => 'N',
                };
                assert_eq!(meaning, expected, "{code} while {doing:?}");
            }
        }
    }

    #[test]
    fn what_is_no_refusal_is_later_or_unclear() {
        let later = |error: RestError| match error.into_chat(Doing::Channel) {
            ChatError::Later { after_ms, .. } => after_ms,
            other => panic!("{other}"),
        };
        assert_eq!(later(RestError::Unauthorized), None);
        assert_eq!(later(RestError::NotSent("x".to_owned())), None);
        assert_eq!(later(RestError::Server("x".to_owned())), None);
        assert_eq!(later(RestError::Limited { after: Duration::from_micros(1_500_001) }), Some(1_501));
        assert_eq!(later(RestError::refused(403, code::OLD_EDITS_LIMIT, &[])), Some(OLD_EDITS_WAIT_MS));
        let unclear = RestError::Unclear("x".to_owned()).into_chat(Doing::Channel);
        assert!(matches!(unclear, ChatError::Unclear(_)));
        assert!(matches!(RestError::Foreign.into_chat(Doing::Thread), ChatError::Refused(_)));
    }

    #[test]
    fn a_refusal_says_status_code_and_fields() {
        let error = RestError::refused(400, code::INVALID_FORM, &["embeds.0 (BAD)".to_owned()]);
        assert_eq!(error.to_string(), "HTTP 400, code 50035 (invalid form body: embeds.0 (BAD))");
    }
}
