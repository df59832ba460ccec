//! The routes of Discord's HTTP API that the bot uses: method, path, and what the limits need to know of each.
//!
//! It sends nothing. A route's `Debug` and label never show the token that a webhook's or interaction's path carries.

use std::fmt;

use reqwest::Url;
use serenity::all::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, UserId};
use twilight_http_ratelimiting::{Endpoint, Method as LimiterMethod};

/// The version of the API that everything here speaks, as a path.
/// [Source](https://docs.discord.com/developers/reference#api-versioning).
pub(super) const VERSION: [&str; 2] = ["api", "v10"];

/// Messages a reading asks for at once, at most.
/// [Source](https://docs.discord.com/developers/resources/message#get-channel-messages).
pub(super) const MESSAGES_MAX: u8 = 100;

/// Servers a listing asks for at once, at most.
/// [Source](https://docs.discord.com/developers/resources/user#get-current-user-guilds).
pub(super) const GUILDS_MAX: u8 = 200;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Reads.
    Get,
    /// Makes something new.
    Post,
    /// Changes.
    Patch,
    /// Replaces.
    Put,
}

impl Method {
    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        self.limiter().name()
    }

    fn limiter(self) -> LimiterMethod {
        match self {
            Self::Get => LimiterMethod::Get,
            Self::Post => LimiterMethod::Post,
            Self::Patch => LimiterMethod::Patch,
            Self::Put => LimiterMethod::Put,
        }
    }

    pub(super) fn http(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Post => reqwest::Method::POST,
            Self::Patch => reqwest::Method::PATCH,
            Self::Put => reqwest::Method::PUT,
        }
    }
}

/// One call's method and path.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Route {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    label: String,
    ours: bool,
    repeatable: bool,
    urgent: bool,
}

/// A piece of a path.
enum Part<'a> {
    Word(&'static str),
    /// An id that buckets are counted by, or one that there is only one of.
    Kept(u64),
    /// What buckets aren't counted by, what people chose, or a secret: its name stands in for it.
    Hidden(&'static str, &'a str),
}

use Part::{Hidden, Kept, Word};

impl Route {
    /// `GET /gateway/bot`: where to connect, and how often that is allowed.
    pub(super) fn gateway() -> Self {
        Self::ours(Method::Get, &[Word("gateway"), Word("bot")])
    }

    /// `GET /applications/@me`: the application, with the flags that tell its intents.
    pub(super) fn application() -> Self {
        Self::ours(Method::Get, &[Word("applications"), Word("@me")])
    }

    /// `GET /users/@me`: the bot's own user.
    pub(super) fn me() -> Self {
        Self::ours(Method::Get, &[Word("users"), Word("@me")])
    }

    /// `GET /applications/{application}/commands`: the commands as Discord has them.
    pub(super) fn commands(application: ApplicationId) -> Self {
        Self::ours(Method::Get, &[Word("applications"), Kept(application.get()), Word("commands")])
    }

    /// `PUT /applications/{application}/commands`: replaces all commands.
    pub(super) fn set_commands(application: ApplicationId) -> Self {
        Self::ours(Method::Put, &[Word("applications"), Kept(application.get()), Word("commands")])
    }

    /// `GET /users/@me/guilds`: at most [`GUILDS_MAX`] of the servers that the bot is in, by ascending id.
    pub(super) fn guilds(after: Option<GuildId>) -> Self {
        let mut route = Self::ours(Method::Get, &[Word("users"), Word("@me"), Word("guilds")]);
        route.query.push(("limit", GUILDS_MAX.to_string()));
        route.query.extend(after.map(|guild| ("after", guild.to_string())));
        route
    }

    /// `GET /guilds/{guild}/channels`: a server's channels, without threads.
    pub(super) fn guild_channels(guild: GuildId) -> Self {
        Self::ours(Method::Get, &[Word("guilds"), Kept(guild.get()), Word("channels")])
    }

    /// `GET /guilds/{guild}/roles`: a server's roles.
    pub(super) fn guild_roles(guild: GuildId) -> Self {
        Self::ours(Method::Get, &[Word("guilds"), Kept(guild.get()), Word("roles")])
    }

    /// `GET /guilds/{guild}/members/{user}`: a person in a server.
    pub(super) fn guild_member(guild: GuildId, user: UserId) -> Self {
        let user = user.to_string();
        Self::ours(Method::Get, &[Word("guilds"), Kept(guild.get()), Word("members"), Hidden(":user", &user)])
    }

    /// `GET /channels/{channel}`: a channel or thread.
    pub(super) fn channel(channel: ChannelId) -> Self {
        Self::ours(Method::Get, &[Word("channels"), Kept(channel.get())])
    }

    /// `PATCH /channels/{thread}`: archives, locks, or the reverse.
    pub(super) fn change_thread(thread: ChannelId) -> Self {
        Self::ours(Method::Patch, &[Word("channels"), Kept(thread.get())])
    }

    /// `POST /channels/{channel}/messages`: posts into a channel or thread.
    pub(super) fn post_message(channel: ChannelId) -> Self {
        Self::ours(Method::Post, &[Word("channels"), Kept(channel.get()), Word("messages")])
    }

    /// `PATCH /channels/{channel}/messages/{message}`: replaces a message of ours.
    pub(super) fn edit_message(channel: ChannelId, message: MessageId) -> Self {
        let message = message.to_string();
        let path = [Word("channels"), Kept(channel.get()), Word("messages"), Hidden(":message", &message)];
        Self::ours(Method::Patch, &path)
    }

    /// `GET /channels/{channel}/messages`: at most [`MESSAGES_MAX`] messages, the first ones after one, newest first.
    pub(super) fn messages(channel: ChannelId, after: MessageId) -> Self {
        let mut route = Self::ours(Method::Get, &[Word("channels"), Kept(channel.get()), Word("messages")]);
        route.query.extend([("limit", MESSAGES_MAX.to_string()), ("after", after.to_string())]);
        route
    }

    /// `POST /channels/{channel}/messages/{message}/threads`: opens the one thread that hangs from a message. Doing it
    /// again is refused with [`THREAD_EXISTS`](super::rest::code::THREAD_EXISTS), and does no harm.
    pub(super) fn open_thread(channel: ChannelId, message: MessageId) -> Self {
        let message = message.to_string();
        let path = [
            Word("channels"),
            Kept(channel.get()),
            Word("messages"),
            Hidden(":message", &message),
            Word("threads"),
        ];
        Self::ours(Method::Post, &path).repeatable()
    }

    /// `PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me`: reacts. `emoji` is one character's worth, or
    /// `name:id`.
    pub(super) fn react(channel: ChannelId, message: MessageId, emoji: &str) -> Self {
        let message = message.to_string();
        let path = [
            Word("channels"),
            Kept(channel.get()),
            Word("messages"),
            Hidden(":message", &message),
            Word("reactions"),
            Hidden(":emoji", emoji),
            Word("@me"),
        ];
        Self::ours(Method::Put, &path)
    }

    /// `POST /users/@me/channels`: opens the one direct channel with a person, or gives it.
    pub(super) fn open_direct() -> Self {
        Self::ours(Method::Post, &[Word("users"), Word("@me"), Word("channels")]).repeatable()
    }

    /// `POST /interactions/{interaction}/{token}/callback`: the first answer to an interaction.
    pub(super) fn answer(interaction: InteractionId, token: &str) -> Self {
        let interaction = interaction.to_string();
        let path = [
            Word("interactions"),
            Hidden(":interaction", &interaction),
            Hidden(":token", token),
            Word("callback"),
        ];
        Self::by_token(Method::Post, &path)
    }

    /// `PATCH /webhooks/{application}/{token}/messages/@original`: replaces the first answer to an interaction.
    pub(super) fn edit_answer(application: ApplicationId, token: &str) -> Self {
        let path = [
            Word("webhooks"),
            Kept(application.get()),
            Hidden(":token", token),
            Word("messages"),
            Word("@original"),
        ];
        Self::by_token(Method::Patch, &path)
    }

    /// `POST /webhooks/{application}/{token}`: a further answer to an interaction.
    pub(super) fn follow_up(application: ApplicationId, token: &str) -> Self {
        let path = [Word("webhooks"), Kept(application.get()), Hidden(":token", token)];
        Self::by_token(Method::Post, &path)
    }

    /// The same, to be served before what nobody waits for.
    #[must_use]
    pub(super) fn urgent(self) -> Self {
        Self { urgent: true, ..self }
    }

    fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    fn ours(method: Method, parts: &[Part<'_>]) -> Self {
        let real = |part: &Part<'_>| match part {
            Word(word) => (*word).to_owned(),
            Kept(id) => id.to_string(),
            Hidden(_, real) => (*real).to_owned(),
        };
        let shown = |part: &Part<'_>| match part {
            Hidden(name, _) => (*name).to_owned(),
            other => real(other),
        };
        Self {
            method,
            path: parts.iter().map(real).collect(),
            query: Vec::new(),
            label: parts.iter().map(shown).collect::<Vec<_>>().join("/"),
            ours: true,
            repeatable: method != Method::Post,
            urgent: false,
        }
    }

    fn by_token(method: Method, parts: &[Part<'_>]) -> Self {
        Self { ours: false, urgent: true, ..Self::ours(method, parts) }
    }

    /// Its method.
    pub(super) fn method(&self) -> Method {
        self.method
    }

    /// Its path for logs and limits: without query, secrets, and what people chose.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Whether it goes by the bot's own token, and counts against the bot's global limit. The others, answers to
    /// interactions, carry a token in their path.
    pub(super) fn is_ours(&self) -> bool {
        self.ours
    }

    /// Whether doing it twice comes to the same as doing it once.
    pub(super) fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// Whether somebody waits for it.
    pub(super) fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// What the limiter finds its bucket by: buckets aren't counted by message, emoji or user, so a path with those in
    /// it would belong to a bucket unknown each time. The limiter logs it, so a path with a token has none.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        self.ours.then(|| Endpoint { method: self.method.limiter(), path: self.label.clone() })
    }

    /// Its address on a host, each piece percent-encoded.
    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(VERSION).extend(&self.path);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Route({} {})", self.method.name(), self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_a_real_path_and_one_for_the_limits() {
        let (channel, message, guild) = (ChannelId::new(7), MessageId::new(8), GuildId::new(9));
        let (application, user) = (ApplicationId::new(5), UserId::new(6));
        let table = [
            (Route::gateway(), "GET gateway/bot", "gateway/bot"),
            (Route::application(), "GET applications/@me", "applications/@me"),
            (Route::me(), "GET users/@me", "users/@me"),
            (Route::commands(application), "GET applications/5/commands", "applications/5/commands"),
            (Route::set_commands(application), "PUT applications/5/commands", "applications/5/commands"),
            (Route::guilds(None), "GET users/@me/guilds", "users/@me/guilds?limit=200"),
            (Route::guilds(Some(guild)), "GET users/@me/guilds", "users/@me/guilds?limit=200&after=9"),
            (Route::guild_channels(guild), "GET guilds/9/channels", "guilds/9/channels"),
            (Route::guild_roles(guild), "GET guilds/9/roles", "guilds/9/roles"),
            (Route::guild_member(guild, user), "GET guilds/9/members/:user", "guilds/9/members/6"),
            (Route::channel(channel), "GET channels/7", "channels/7"),
            (Route::change_thread(channel), "PATCH channels/7", "channels/7"),
            (Route::post_message(channel), "POST channels/7/messages", "channels/7/messages"),
            (
                Route::edit_message(channel, message),
                "PATCH channels/7/messages/:message",
                "channels/7/messages/8",
            ),
            (
                Route::messages(channel, message),
                "GET channels/7/messages",
                "channels/7/messages?limit=100&after=8",
            ),
            (
                Route::open_thread(channel, message),
                "POST channels/7/messages/:message/threads",
                "channels/7/messages/8/threads",
            ),
            (
                Route::react(channel, message, "✅"),
                "PUT channels/7/messages/:message/reactions/:emoji/@me",
                "channels/7/messages/8/reactions/%E2%9C%85/@me",
            ),
            (
                Route::react(channel, message, "a:12"),
                "PUT channels/7/messages/:message/reactions/:emoji/@me",
                "channels/7/messages/8/reactions/a:12/@me",
            ),
            (Route::open_direct(), "POST users/@me/channels", "users/@me/channels"),
            (
                Route::answer(InteractionId::new(4), "a/b?c"),
                "POST interactions/:interaction/:token/callback",
                "interactions/4/a%2Fb%3Fc/callback",
            ),
            (
                Route::edit_answer(application, "tok"),
                "PATCH webhooks/5/:token/messages/@original",
                "webhooks/5/tok/messages/@original",
            ),
            (Route::follow_up(application, "tok"), "POST webhooks/5/:token", "webhooks/5/tok"),
        ];
        let base = Url::parse("https://discord.com").unwrap();
        for (route, shown, path) in table {
            assert_eq!(format!("{route:?}"), format!("Route({shown})"));
            assert_eq!(route.url(&base).as_str(), format!("https://discord.com/api/v10/{path}"));
            let endpoint = route.endpoint().map(|endpoint| endpoint.path);
            assert_eq!(endpoint, route.is_ours().then(|| route.label().to_owned()));
            let with_token = ["interactions", "webhooks"].iter().any(|word| path.starts_with(word));
            assert_eq!(route.is_ours(), !with_token, "{shown}");
        }
    }

    #[test]
    fn only_what_makes_something_new_each_time_is_not_repeatable() {
        let (channel, message) = (ChannelId::new(7), MessageId::new(8));
        assert!(Route::react(channel, message, "✅").is_repeatable());
        assert!(Route::open_direct().is_repeatable());
        assert!(Route::open_thread(channel, message).is_repeatable());
        assert!(!Route::post_message(channel).is_repeatable());
        assert!(!Route::follow_up(ApplicationId::new(5), "tok").is_repeatable());
    }
}
