//! The routes that the bot uses, and no others.

use super::ids::{Id, parse};

/// A place of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    GatewayBot,
    Application,
    Me,
    Commands(Id),
    MyGuilds,
    GuildChannels(Id),
    GuildRoles(Id),
    GuildMember(Id, Id),
    Channel(Id),
    Messages(Id),
    Message(Id, Id),
    Threads { channel: Id, message: Id },
    Reaction { channel: Id, message: Id, emoji: String },
    OpenDm,
    Callback { interaction: Id, token: String },
    Original { application: Id, token: String },
    FollowUp { application: Id, token: String },
}

impl Route {
    /// The route of this method and path (after `/api/v10`), if the bot has business there.
    pub(crate) fn of(method: &str, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let route = match parts.as_slice() {
            ["gateway", "bot"] => Self::GatewayBot,
            ["applications", "@me"] => Self::Application,
            ["applications", id, "commands"] => Self::Commands(parse(id)?),
            ["users", "@me"] => Self::Me,
            ["users", "@me", "guilds"] => Self::MyGuilds,
            ["users", "@me", "channels"] => Self::OpenDm,
            ["guilds", id, "channels"] => Self::GuildChannels(parse(id)?),
            ["guilds", id, "roles"] => Self::GuildRoles(parse(id)?),
            ["guilds", id, "members", user] => Self::GuildMember(parse(id)?, parse(user)?),
            ["channels", id] => Self::Channel(parse(id)?),
            ["channels", id, "messages"] => Self::Messages(parse(id)?),
            ["channels", id, "messages", message] => Self::Message(parse(id)?, parse(message)?),
            ["channels", id, "messages", message, "threads"] => {
                Self::Threads { channel: parse(id)?, message: parse(message)? }
            }
            ["channels", id, "messages", message, "reactions", emoji, "@me"] => {
                Self::Reaction { channel: parse(id)?, message: parse(message)?, emoji: decoded(emoji)? }
            }
            ["interactions", id, token, "callback"] => {
                Self::Callback { interaction: parse(id)?, token: (*token).to_owned() }
            }
            ["webhooks", id, token, "messages", "@original"] => {
                Self::Original { application: parse(id)?, token: (*token).to_owned() }
            }
            ["webhooks", id, token] => Self::FollowUp { application: parse(id)?, token: (*token).to_owned() },
            _ => return None,
        };
        route.methods().contains(&method).then_some(route)
    }

    fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Commands(_) => &["GET", "PUT"],
            Self::Channel(_) => &["GET", "PATCH"],
            Self::Messages(_) => &["GET", "POST"],
            Self::Message(..) | Self::Original { .. } => &["PATCH"],
            Self::Threads { .. } | Self::OpenDm | Self::Callback { .. } | Self::FollowUp { .. } => &["POST"],
            Self::Reaction { .. } => &["PUT"],
            _ => &["GET"],
        }
    }

    /// The path as Discord's description names it.
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::GatewayBot => "/gateway/bot",
            Self::Application => "/applications/@me",
            Self::Me => "/users/@me",
            Self::Commands(_) => "/applications/{application_id}/commands",
            Self::MyGuilds => "/users/@me/guilds",
            Self::GuildChannels(_) => "/guilds/{guild_id}/channels",
            Self::GuildRoles(_) => "/guilds/{guild_id}/roles",
            Self::GuildMember(..) => "/guilds/{guild_id}/members/{user_id}",
            Self::Channel(_) => "/channels/{channel_id}",
            Self::Messages(_) => "/channels/{channel_id}/messages",
            Self::Message(..) => "/channels/{channel_id}/messages/{message_id}",
            Self::Threads { .. } => "/channels/{channel_id}/messages/{message_id}/threads",
            Self::Reaction { .. } => {
                "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"
            }
            Self::OpenDm => "/users/@me/channels",
            Self::Callback { .. } => "/interactions/{interaction_id}/{interaction_token}/callback",
            Self::Original { .. } => "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
            Self::FollowUp { .. } => "/webhooks/{webhook_id}/{webhook_token}",
        }
    }

    /// What buckets are counted apart by.
    pub(crate) fn major(&self) -> Id {
        match self {
            Self::GuildChannels(id) | Self::GuildRoles(id) | Self::GuildMember(id, _) => *id,
            Self::Channel(id) | Self::Messages(id) | Self::Message(id, _) => *id,
            Self::Threads { channel, .. } | Self::Reaction { channel, .. } => *channel,
            Self::Original { token, .. } | Self::FollowUp { token, .. } => {
                token.bytes().fold(7, |hash: Id, byte| hash.wrapping_mul(31) ^ Id::from(byte))
            }
            _ => 0,
        }
    }

    /// These need no token of the bot and are not under the global limit.
    pub(crate) const fn is_of_interaction(&self) -> bool {
        matches!(self, Self::Callback { .. } | Self::Original { .. } | Self::FollowUp { .. })
    }

    /// The keys that a query may have.
    pub(crate) fn query_keys(&self, method: &str) -> &'static [&'static str] {
        match self {
            Self::MyGuilds => &["before", "after", "limit", "with_counts"],
            Self::Messages(_) if method == "GET" => &["before", "after", "limit"],
            Self::Callback { .. } => &["with_response"],
            Self::FollowUp { .. } => &["wait", "thread_id", "with_components"],
            Self::Original { .. } => &["thread_id", "with_components"],
            Self::Commands(_) if method == "GET" => &["with_localizations"],
            _ => &[],
        }
    }
}

/// Text without its percent signs.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(more.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).ok()
}
