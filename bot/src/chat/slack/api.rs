//! The methods of Slack's Web API that the bot uses, with what goes in and what comes out.
//!
//! Of the answers only what the bot needs is read; what Slack adds is let pass.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::web::{Method, Request, Scopes, Turn, Web, WebError};

/// Messages a reading asks for at once. Slack recommends no more than 200.
/// [Source](https://docs.slack.dev/reference/methods/conversations.history).
pub(super) const MESSAGES_MAX: u32 = 200;
/// People or channels a listing asks for at once.
/// [Source](https://docs.slack.dev/apis/web-api/pagination).
const LISTED_MAX: u32 = 200;

/// Whose token it is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct AuthTest {
    /// The address of the workspace.
    pub(super) url: String,
    /// What the bot is called.
    pub(super) user: String,
    /// The workspace's name.
    pub(super) team: String,
    /// The workspace.
    pub(super) team_id: String,
    /// The bot's user.
    pub(super) user_id: String,
    /// The bot.
    pub(super) bot_id: Option<String>,
    /// The app, where Slack tells it.
    pub(super) app_id: Option<String>,
    /// The organisation, where the workspace is part of one.
    pub(super) enterprise_id: Option<String>,
    /// Whether the token is for an organisation as a whole.
    pub(super) is_enterprise_install: bool,
}

/// Where to connect for Socket Mode.
pub(super) struct Address {
    /// A secret, good for one connection.
    pub(super) url: String,
    /// Slack gives an address even where Socket Mode is switched off, and only notes that beside it. It has been seen to
    /// note that where all was well, too.
    pub(super) said_to_be_off: bool,
}

/// A message to post.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PostMessage<'a> {
    /// Where.
    pub(super) channel: &'a str,
    /// The message that the thread hangs from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_ts: Option<&'a str>,
    /// What notifications show, escaped.
    pub(super) text: &'a str,
    /// What the message shows.
    pub(super) blocks: &'a [Value],
    /// What it is found again by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<&'a Value>,
}

/// What a message of ours says from now on.
#[derive(Clone, Debug, Serialize)]
pub(super) struct UpdateMessage<'a> {
    /// Where it is.
    pub(super) channel: &'a str,
    /// Which it is.
    pub(super) ts: &'a str,
    /// What notifications show, escaped.
    pub(super) text: &'a str,
    /// What the message shows.
    pub(super) blocks: &'a [Value],
    /// What it is found again by. `None`: as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<&'a Value>,
}

/// A message with nothing fetched for the addresses in it.
#[derive(Serialize)]
struct Plain<'a> {
    #[serde(flatten)]
    message: &'a PostMessage<'a>,
    unfurl_links: bool,
    unfurl_media: bool,
}

/// Where a message stands.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Posted {
    /// The channel; for a direct message, the channel that it is.
    pub(super) channel: String,
    /// The message.
    pub(super) ts: String,
}

/// Which messages to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// Where.
    pub(super) channel: &'a str,
    /// Nothing older.
    pub(super) oldest: Option<&'a str>,
    /// Whether also the one at `oldest`.
    pub(super) inclusive: bool,
    /// How many at once, at most [`MESSAGES_MAX`].
    pub(super) limit: u32,
    /// The page; `None` is the first.
    pub(super) cursor: Option<&'a str>,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    /// What is on it.
    pub(super) items: Vec<T>,
    /// Where the next one is. `None`: this is the last.
    pub(super) next_cursor: Option<String>,
}

/// A channel.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Channel {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Whether it is archived.
    pub(super) is_archived: bool,
    /// Whether it is a direct conversation.
    pub(super) is_im: bool,
    /// Whether it is a direct conversation of several people.
    pub(super) is_mpim: bool,
    /// Whether only members see it.
    pub(super) is_private: bool,
    /// Whether the bot is in it. `None`: Slack doesn't say.
    pub(super) is_member: Option<bool>,
    /// Whether other organisations are in it.
    pub(super) is_ext_shared: bool,
    /// Whether posting is for some only.
    pub(super) is_read_only: bool,
    /// Whether there are no threads in it.
    pub(super) is_non_threadable: bool,
    /// Whether there are only threads in it.
    pub(super) is_thread_only: bool,
    /// The workspace that it is seen from.
    pub(super) context_team_id: Option<String>,
    /// The workspaces that it is shared by.
    pub(super) shared_team_ids: Vec<String>,
}

/// A person or bot.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct User {
    /// Its id.
    pub(super) id: String,
    /// The workspace that it belongs to.
    pub(super) team_id: Option<String>,
    /// The name to sign in with.
    pub(super) name: String,
    /// The full name.
    pub(super) real_name: Option<String>,
    /// When any of this changed last, in seconds since 1970.
    pub(super) updated: i64,
    /// Whether the account was deactivated.
    pub(super) deleted: bool,
    /// Whether it administers the workspace.
    pub(super) is_admin: bool,
    /// Whether it owns the workspace.
    pub(super) is_owner: bool,
    /// Whether it is the first of the owners.
    pub(super) is_primary_owner: bool,
    /// Whether it is a bot.
    pub(super) is_bot: bool,
    /// Whether it is a guest.
    pub(super) is_restricted: bool,
    /// The names that are shown.
    pub(super) profile: Profile,
}

/// The names of a person as they are shown.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Profile {
    /// The name that the person chose; may be empty.
    pub(super) display_name: Option<String>,
    /// The full name.
    pub(super) real_name: Option<String>,
}

/// A user group.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Group {
    /// Its id.
    pub(super) id: String,
    /// What it is mentioned by, without `@`.
    pub(super) handle: String,
    /// Its name.
    pub(super) name: String,
    /// Who is in it.
    pub(super) users: Vec<String>,
}

/// A modal that is open.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct OpenView {
    /// Its id.
    pub(super) id: String,
    /// What changes with each update.
    #[serde(default)]
    pub(super) hash: Option<String>,
}

/// Where the next page is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Next {
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    fn new(items: Vec<T>, next: Option<Next>) -> Self {
        // The last page's cursor is empty.
        let next_cursor = next.and_then(|next| next.next_cursor).filter(|cursor| !cursor.is_empty());
        Self { items, next_cursor }
    }
}

/// Answers that hold one thing beside their verdict.
macro_rules! answer {
    ($name:ident, $field:ident: $kind:ty) => {
        #[derive(Deserialize)]
        struct $name {
            $field: $kind,
        }
    };
}

answer!(WithChannel, channel: Channel);
answer!(WithUser, user: User);
answer!(WithView, view: OpenView);
answer!(WithGroups, usergroups: Vec<Group>);

#[derive(Deserialize)]
struct Connection {
    url: String,
    #[serde(default)]
    response_metadata: Value,
}

#[derive(Deserialize)]
struct WithMessages<T> {
    messages: Vec<T>,
    response_metadata: Option<Next>,
}

#[derive(Deserialize)]
struct WithFile<T> {
    file: T,
}

#[derive(Deserialize)]
struct WithMembers {
    members: Vec<User>,
    response_metadata: Option<Next>,
}

#[derive(Deserialize)]
struct WithChannels {
    channels: Vec<Channel>,
    response_metadata: Option<Next>,
}

impl Reading<'_> {
    fn arguments(&self) -> Vec<(&'static str, String)> {
        let mut arguments = vec![
            ("channel", self.channel.to_owned()),
            ("inclusive", self.inclusive.to_string()),
            ("limit", self.limit.min(MESSAGES_MAX).to_string()),
            ("include_all_metadata", true.to_string()),
        ];
        arguments.extend(self.oldest.map(|oldest| ("oldest", oldest.to_owned())));
        arguments.extend(self.cursor.map(|cursor| ("cursor", cursor.to_owned())));
        arguments
    }
}

/// The errors of all of these are in [`WebError`].
impl Web {
    /// `auth.test`: whose the bot's token is, and what it may do.
    pub(super) async fn auth_test(&self) -> Result<(AuthTest, Scopes), WebError> {
        let request = Request::form(Method::AuthTest, Turn::Patient, Vec::new());
        let (answer, headers) = self.exchange(request).await?;
        Ok((answer, super::web::scopes(&headers)))
    }

    /// `apps.connections.open`: where to connect for Socket Mode, once. The address is a secret.
    pub(super) async fn connections_open(&self) -> Result<Address, WebError> {
        let request = Request::form(Method::ConnectionsOpen, Turn::Patient, Vec::new());
        let answer: Connection = self.call(request).await?;
        let notes = answer.response_metadata["messages"].as_array().into_iter().flatten();
        let said_to_be_off = notes.filter_map(Value::as_str).any(|note| note.contains("Socket Mode is not"));
        Ok(Address { url: answer.url, said_to_be_off })
    }

    /// `chat.postMessage`: posts, and has nothing unfurled.
    pub(super) async fn post_message(
        &self,
        turn: Turn<'_>,
        message: &PostMessage<'_>,
    ) -> Result<Posted, WebError> {
        let body = Plain { message, unfurl_links: false, unfurl_media: false };
        let request = Request::json(Method::PostMessage, turn, &body)?;
        self.call(request.to(message.channel)).await
    }

    /// `chat.update`: replaces a message of ours.
    pub(super) async fn update_message(
        &self,
        turn: Turn<'_>,
        message: &UpdateMessage<'_>,
    ) -> Result<Posted, WebError> {
        self.call(Request::json(Method::UpdateMessage, turn, message)?).await
    }

    /// `reactions.add`: reacts with the emoji of that name, such as `white_check_mark`.
    pub(super) async fn reactions_add(
        &self,
        turn: Turn<'_>,
        channel: &str,
        ts: &str,
        name: &str,
    ) -> Result<(), WebError> {
        let body = serde_json::json!({"channel": channel, "timestamp": ts, "name": name});
        let _: IgnoredAny = self.call(Request::json(Method::ReactionsAdd, turn, &body)?).await?;
        Ok(())
    }

    /// `conversations.history`: a page of a channel's messages, newest first, without the replies in threads.
    pub(super) async fn conversations_history<T: DeserializeOwned>(
        &self,
        turn: Turn<'_>,
        reading: &Reading<'_>,
    ) -> Result<Page<T>, WebError> {
        let request = Request::form(Method::History, turn, reading.arguments());
        let answer: WithMessages<T> = self.call(request).await?;
        Ok(Page::new(answer.messages, answer.response_metadata))
    }

    /// `conversations.replies`: a page of a thread's messages, oldest first; the one that it hangs from comes with
    /// the first page.
    pub(super) async fn conversations_replies<T: DeserializeOwned>(
        &self,
        turn: Turn<'_>,
        thread_ts: &str,
        reading: &Reading<'_>,
    ) -> Result<Page<T>, WebError> {
        let mut arguments = reading.arguments();
        arguments.push(("ts", thread_ts.to_owned()));
        let answer: WithMessages<T> = self.call(Request::form(Method::Replies, turn, arguments)).await?;
        Ok(Page::new(answer.messages, answer.response_metadata))
    }

    /// `conversations.info`: a channel.
    pub(super) async fn conversations_info(
        &self,
        turn: Turn<'_>,
        channel: &str,
    ) -> Result<Channel, WebError> {
        let arguments = vec![("channel", channel.to_owned())];
        let answer: WithChannel =
            self.call(Request::form(Method::ConversationsInfo, turn, arguments)).await?;
        Ok(answer.channel)
    }

    /// `conversations.join`: makes the bot a member of a public channel. Where it is one: done.
    pub(super) async fn conversations_join(&self, turn: Turn<'_>, channel: &str) -> Result<(), WebError> {
        let body = serde_json::json!({ "channel": channel });
        let _: IgnoredAny = self.call(Request::json(Method::ConversationsJoin, turn, &body)?).await?;
        Ok(())
    }

    /// `conversations.open`: the one direct channel with a person, by its id.
    pub(super) async fn conversations_open(&self, turn: Turn<'_>, user: &str) -> Result<String, WebError> {
        let body = serde_json::json!({ "users": user });
        let request = Request::json(Method::ConversationsOpen, turn, &body)?;
        let answer: WithChannel = self.call(request).await?;
        Ok(answer.channel.id)
    }

    /// `users.info`: a person or bot.
    pub(super) async fn users_info(&self, turn: Turn<'_>, user: &str) -> Result<User, WebError> {
        let arguments = vec![("user", user.to_owned())];
        let answer: WithUser = self.call(Request::form(Method::UsersInfo, turn, arguments)).await?;
        Ok(answer.user)
    }

    /// `files.info`: a file that another workspace shares.
    pub(super) async fn files_info<T: DeserializeOwned>(
        &self,
        turn: Turn<'_>,
        file: &str,
    ) -> Result<T, WebError> {
        let arguments = vec![("file", file.to_owned())];
        let answer: WithFile<T> = self.call(Request::form(Method::FilesInfo, turn, arguments)).await?;
        Ok(answer.file)
    }

    /// `chat.postEphemeral`: says something in a channel, or in a thread there, that one person alone sees.
    pub(super) async fn post_ephemeral(
        &self,
        channel: &str,
        user: &str,
        thread_ts: Option<&str>,
        text: &str,
        blocks: &[Value],
    ) -> Result<(), WebError> {
        let mut body =
            serde_json::json!({ "channel": channel, "user": user, "text": text, "blocks": blocks });
        if let Some(thread_ts) = thread_ts {
            body["thread_ts"] = Value::from(thread_ts);
        }
        let _: IgnoredAny = self.call(Request::json(Method::PostEphemeral, Turn::Urgent, &body)?).await?;
        Ok(())
    }

    /// `users.list`: a page of the workspace's people and bots.
    pub(super) async fn users_list(&self, team: &str, cursor: Option<&str>) -> Result<Page<User>, WebError> {
        let mut arguments = vec![("limit", LISTED_MAX.to_string()), ("team_id", team.to_owned())];
        arguments.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        let request = Request::form(Method::UsersList, Turn::Patient, arguments);
        let answer: WithMembers = self.call(request).await?;
        Ok(Page::new(answer.members, answer.response_metadata))
    }

    /// `users.conversations`: a page of the channels that the bot is in, without archived ones.
    pub(super) async fn users_conversations(
        &self,
        team: &str,
        cursor: Option<&str>,
    ) -> Result<Page<Channel>, WebError> {
        let mut arguments = vec![
            ("types", "public_channel,private_channel".to_owned()),
            ("exclude_archived", true.to_string()),
            ("limit", LISTED_MAX.to_string()),
            ("team_id", team.to_owned()),
        ];
        arguments.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        let request = Request::form(Method::UsersConversations, Turn::Patient, arguments);
        let answer: WithChannels = self.call(request).await?;
        Ok(Page::new(answer.channels, answer.response_metadata))
    }

    /// `usergroups.list`: the workspace's user groups, each with its people.
    pub(super) async fn usergroups_list(&self, turn: Turn<'_>, team: &str) -> Result<Vec<Group>, WebError> {
        let arguments = vec![("include_users", true.to_string()), ("team_id", team.to_owned())];
        let answer: WithGroups = self.call(Request::form(Method::UsergroupsList, turn, arguments)).await?;
        Ok(answer.usergroups)
    }

    /// `views.open`: shows a modal to the person whose command or click brought the trigger, within 3 seconds of it.
    pub(super) async fn views_open(
        &self,
        trigger_id: &str,
        view: &impl Serialize,
    ) -> Result<OpenView, WebError> {
        #[derive(Serialize)]
        struct Body<'a, V> {
            trigger_id: &'a str,
            view: &'a V,
        }
        let request = Request::json(Method::ViewsOpen, Turn::Urgent, &Body { trigger_id, view })?;
        let answer: WithView = self.call(request).await?;
        Ok(answer.view)
    }

    /// `views.update`: replaces what a modal shows.
    pub(super) async fn views_update(
        &self,
        view_id: &str,
        view: &impl Serialize,
    ) -> Result<OpenView, WebError> {
        #[derive(Serialize)]
        struct Body<'a, V> {
            view_id: &'a str,
            view: &'a V,
        }
        let request = Request::json(Method::ViewsUpdate, Turn::Urgent, &Body { view_id, view })?;
        let answer: WithView = self.call(request).await?;
        Ok(answer.view)
    }
}

#[cfg(test)]
mod tests;
