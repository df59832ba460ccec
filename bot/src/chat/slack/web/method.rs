//! The methods of Slack's Web API that the bot uses: their names, their limits, and what a second call does.

use std::time::Duration;

/// A method of the Web API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::chat::slack) enum Method {
    /// `auth.test`
    AuthTest,
    /// `apps.connections.open`
    ConnectionsOpen,
    /// `chat.postMessage`
    PostMessage,
    /// `chat.update`
    UpdateMessage,
    /// `reactions.add`
    ReactionsAdd,
    /// `conversations.history`
    History,
    /// `conversations.replies`
    Replies,
    /// `conversations.info`
    ConversationsInfo,
    /// `conversations.join`
    ConversationsJoin,
    /// `conversations.open`
    ConversationsOpen,
    /// `chat.postEphemeral`
    PostEphemeral,
    /// `files.info`
    FilesInfo,
    /// `users.info`
    UsersInfo,
    /// `users.list`
    UsersList,
    /// `users.conversations`
    UsersConversations,
    /// `usergroups.list`
    UsergroupsList,
    /// `views.open`
    ViewsOpen,
    /// `views.update`
    ViewsUpdate,
    /// Not a method: the address that an interaction brings for its answers.
    Respond,
    /// Not a method: a file's own address.
    File,
}

/// How often something may be done: `burst` turns at once, and one more each `spacing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) burst: u32,
    pub(super) spacing: Duration,
}

/// What a minute's turns are spread over. The part beyond the minute is what calls may be delayed unevenly on their way
/// without more than a minute's worth meeting in one of Slack's.
const SPREAD: Duration = Duration::from_secs(61);

impl Rate {
    /// Not limited.
    pub(super) const FREE: Self = Self { burst: 1, spacing: Duration::ZERO };
    /// [Source](https://docs.slack.dev/apis/web-api/rate-limits): one message a second in a channel.
    pub(super) const CHANNEL: Self = Self { burst: 1, spacing: Duration::from_millis(1_050) };

    /// At most `turns` in any minute, with a tenth of them at once.
    pub(super) fn per_minute(turns: u32) -> Self {
        let turns = turns.max(1);
        let burst = turns.div_ceil(10).min(10).min(turns);
        let evenly = turns - burst;
        // Where all is burst there is nothing to space but the one that comes a minute later.
        Self { burst, spacing: SPREAD / evenly.max(1) }
    }
}

impl Method {
    /// Its name on the wire.
    pub(in crate::chat::slack) fn name(self) -> &'static str {
        match self {
            Self::AuthTest => "auth.test",
            Self::ConnectionsOpen => "apps.connections.open",
            Self::PostMessage => "chat.postMessage",
            Self::UpdateMessage => "chat.update",
            Self::ReactionsAdd => "reactions.add",
            Self::History => "conversations.history",
            Self::Replies => "conversations.replies",
            Self::ConversationsInfo => "conversations.info",
            Self::ConversationsJoin => "conversations.join",
            Self::ConversationsOpen => "conversations.open",
            Self::PostEphemeral => "chat.postEphemeral",
            Self::FilesInfo => "files.info",
            Self::UsersInfo => "users.info",
            Self::UsersList => "users.list",
            Self::UsersConversations => "users.conversations",
            Self::UsergroupsList => "usergroups.list",
            Self::ViewsOpen => "views.open",
            Self::ViewsUpdate => "views.update",
            Self::Respond => "response_url",
            Self::File => "a file",
        }
    }

    /// How often a minute it may be called: its tier. `None`: Slack counts it generously, or its caller has a pace of
    /// its own; it waits only when Slack says so.
    /// [Source](https://docs.slack.dev/apis/web-api/rate-limits), and each method's own page.
    pub(super) fn per_minute(self, messages_per_minute: u32) -> Option<u32> {
        match self {
            Self::AuthTest
            | Self::ConnectionsOpen
            | Self::Respond
            | Self::File
            // A modal opens within three seconds or never: waiting for a turn would be refusing it ourselves.
            | Self::ViewsOpen
            | Self::ViewsUpdate => None,
            Self::PostMessage => Some(messages_per_minute),
            Self::UsersList | Self::UsergroupsList => Some(20),
            Self::UpdateMessage
            | Self::ReactionsAdd
            | Self::History
            | Self::Replies
            | Self::ConversationsInfo
            | Self::ConversationsJoin
            | Self::ConversationsOpen
            | Self::UsersConversations => Some(50),
            Self::PostEphemeral | Self::FilesInfo | Self::UsersInfo => {
                Some(100)
            }
        }
    }

    /// Whether it is called both for people who wait and for work that can: the first then have a quarter of its turns
    /// to themselves, and are never behind the others.
    pub(super) fn has_express(self) -> bool {
        matches!(self, Self::UsersInfo | Self::ConversationsInfo | Self::UsergroupsList)
    }

    /// Whether doing it twice comes to the same as doing it once.
    pub(super) fn is_repeatable(self) -> bool {
        !matches!(self, Self::PostMessage | Self::ViewsOpen | Self::Respond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_holds_more_than_a_tier_allows() {
        for turns in [1, 2, 12, 13, 15, 20, 25, 50, 75, 100, 300] {
            let rate = Rate::per_minute(turns);
            let in_a_minute = u128::from(rate.burst) + 60_000_000_000 / rate.spacing.as_nanos();
            assert!(in_a_minute <= u128::from(turns.max(2)), "{turns}: {in_a_minute}");
            assert!(in_a_minute + 3 + u128::from(turns / 60) >= u128::from(turns), "{turns}: {in_a_minute}");
        }
    }

    #[test]
    fn only_what_makes_something_new_each_time_is_not_repeatable() {
        assert!(!Method::PostMessage.is_repeatable() && !Method::Respond.is_repeatable());
        assert!(Method::UpdateMessage.is_repeatable() && Method::ReactionsAdd.is_repeatable());
    }
}
