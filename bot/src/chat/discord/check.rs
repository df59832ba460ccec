//! What a token can do: the report behind `studybot discord check`.

use serde::Deserialize;
use serenity::model::Permissions;
use serenity::model::channel::ChannelType;
use serenity::model::id::{ApplicationId, ChannelId, GuildId};

use super::api::{GUILDS_MAX, Route};
use super::permissions::{self, Overwrite, Role};
use super::posting::Failed;
use super::rest::RestError;
use super::{Application, Closed, Discord, Identity};
use crate::chat::ChatError;

/// Channels of a server whose lack is said one by one; the others are counted.
const LACKING_SHOWN: usize = 10;

/// Discord could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// It refuses the token.
    #[error(transparent)]
    Token(Closed),
    /// Anything else.
    #[error("{0}. Check the network, and DISCORD_API_BASE where that is set")]
    Other(String),
}

impl From<RestError> for Unreached {
    fn from(error: RestError) -> Self {
        match error {
            RestError::Unauthorized => Self::Token(Closed::Token),
            other => Self::Other(other.to_string()),
        }
    }
}

/// What a token can do.
#[derive(Debug)]
pub struct Report {
    /// What it is, whether its switches are on, and where it may work: a line each.
    pub lines: Vec<String>,
    /// What has to be mended before everything works, a sentence or two each.
    pub mends: Vec<String>,
    /// The link that invites the bot with exactly the permissions that it needs.
    pub invitation: String,
}

#[derive(Deserialize)]
struct Guild {
    id: GuildId,
    name: String,
}

#[derive(Deserialize)]
struct Channel {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: ChannelType,
    guild_id: Option<GuildId>,
    parent_id: Option<ChannelId>,
    #[serde(default)]
    permission_overwrites: Vec<Overwrite>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    roles: Vec<String>,
}

/// The bot's standing in one server.
struct Standing {
    guild: GuildId,
    user: String,
    member: Member,
    roles: Vec<Role>,
}

impl Standing {
    fn in_channel(&self, overwrites: &[Overwrite]) -> Permissions {
        let guild = self.guild.to_string();
        permissions::in_channel(&guild, &self.user, &self.member.roles, &self.roles, overwrites)
    }
}

impl Discord {
    /// Asks Discord what the token can do.
    ///
    /// # Errors
    /// When it can't be asked, or refuses the token.
    pub async fn check(&self) -> Result<Report, Unreached> {
        let (application, identity) = self.ask_application().await?;
        let mut report = Report {
            lines: vec![format!("The token is good: it is {}'s.", readable(&application.name))],
            mends: Vec::new(),
            invitation: invitation(identity.application),
        };
        report.switches(&application, &identity);
        let mut after = None;
        loop {
            let guilds: Vec<Guild> = self.rest().call(&Route::guilds(after)).await?;
            after = guilds.last().map(|guild| guild.id).or(after);
            for guild in &guilds {
                self.check_guild(&identity, guild, &mut report).await?;
            }
            if guilds.len() < usize::from(GUILDS_MAX) {
                break;
            }
        }
        if after.is_none() {
            report.lines.push("It is on no server yet.".to_owned());
            report.mends.push("Open the link below, and choose your server.".to_owned());
        }
        Ok(report)
    }

    async fn check_guild(
        &self,
        identity: &Identity,
        guild: &Guild,
        report: &mut Report,
    ) -> Result<(), RestError> {
        let standing = self.standing(identity, guild.id).await?;
        let channels: Vec<Channel> = self.rest().call(&Route::guild_channels(guild.id)).await?;
        let texts: Vec<&Channel> = channels.iter().filter(|channel| takes_threads(channel)).collect();
        let (mut hidden, mut lacking) = (0, Vec::new());
        for channel in &texts {
            let has = standing.in_channel(&channel.permission_overwrites);
            let missing = permissions::missing(has);
            if !has.contains(Permissions::VIEW_CHANNEL) {
                hidden += 1;
            } else if !missing.is_empty() {
                let name = readable(channel.name.as_deref().unwrap_or("?"));
                lacking.push(format!("  #{name}: I lack {}.", missing.join(", ")));
            }
        }
        let (all, name) = (texts.len(), readable(&guild.name));
        let ready = all - hidden - lacking.len();
        let noun = if all == 1 { "text channel" } else { "text channels" };
        report.lines.push(format!("On “{name}” I can work in {ready} of {all} {noun}."));
        if ready == 0 {
            report.mends.push(format!(
                "On “{name}” I can work nowhere. Open the link below for it once more, which gives me what I need; and \
                 where a channel has settings of its own, see to it there: the cogwheel beside its name, then \
                 Permissions, then studybot's role."
            ));
        } else if hidden + lacking.len() > 0 {
            report.lines.push(
                "  Want me in one of the others? The cogwheel beside its name, then Permissions, then my role:"
                    .to_owned(),
            );
        }
        let more = lacking.len().saturating_sub(LACKING_SHOWN);
        report.lines.extend(lacking.into_iter().take(LACKING_SHOWN));
        if more > 0 {
            report.lines.push(format!("  And {more} more, in which I lack something."));
        }
        match hidden {
            0 => {}
            1 => report.lines.push("  1 channel that I can't see: I lack View Channel there.".to_owned()),
            _ => {
                report
                    .lines
                    .push(format!("  {hidden} channels that I can't see: I lack View Channel there."));
            }
        }
        Ok(())
    }

    async fn standing(&self, identity: &Identity, guild: GuildId) -> Result<Standing, RestError> {
        Ok(Standing {
            guild,
            user: identity.user.to_string(),
            member: self.rest().call(&Route::guild_member(guild, identity.user)).await?,
            roles: self.rest().call(&Route::guild_roles(guild)).await?,
        })
    }

    /// Makes sure that an empty history is one: without the right to read it, Discord shows none, and says nothing.
    pub(super) async fn require_history(&self, place: ChannelId) -> Result<(), Failed> {
        let channel: Channel = self.rest().call(&Route::channel(place)).await?;
        let Some(guild) = channel.guild_id else { return Ok(()) };
        let in_thread = matches!(channel.kind, ChannelType::PublicThread | ChannelType::PrivateThread);
        let channel: Channel = match channel.parent_id.filter(|_| in_thread) {
            Some(parent) => self.rest().call(&Route::channel(parent)).await?,
            None => channel,
        };
        let standing = self.standing(&self.identity().await?, guild).await?;
        if standing.in_channel(&channel.permission_overwrites).contains(Permissions::READ_MESSAGE_HISTORY) {
            return Ok(());
        }
        Err(Failed::Known(ChatError::ShutOut {
            reason: "no Read Message History".to_owned(),
            mend: "I may not read what was written there before, so I can't tell what stands there. Give my role \
                   Read Message History in that channel's settings, under Permissions."
                .to_owned(),
        }))
    }
}

impl Report {
    fn switches(&mut self, application: &Application, identity: &Identity) {
        let switch = |on: bool| if on { "on" } else { "off" };
        self.lines.push(format!("Message Content Intent is {}.", switch(identity.content)));
        self.lines.push(format!("Server Members Intent is {}.", switch(identity.members)));
        let portal = format!("https://discord.com/developers/applications/{}", identity.application);
        if !identity.content {
            self.mends.push(format!(
                "Switch Message Content Intent on: {portal}/bot. Without it I can't read answers in threads, and only \
                 private ones count."
            ));
        }
        if !identity.members {
            self.mends.push(format!(
                "Switch Server Members Intent on: {portal}/bot. Without it I don't hear when somebody leaves."
            ));
        }
        if application.interactions_endpoint_url.as_ref().is_some_and(|url| !url.is_empty()) {
            self.mends.push(format!(
                "Empty the field Interactions Endpoint URL: {portal}/information. While an address stands there, \
                 commands and clicks go to it and never reach me."
            ));
        }
    }
}

/// A name of Discord's on one line of a terminal, and nothing that moves its cursor.
fn readable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

/// Where a question can be posted with a thread: text and announcement channels.
fn takes_threads(channel: &Channel) -> bool {
    matches!(channel.kind, ChannelType::Text | ChannelType::News)
}

fn invitation(application: ApplicationId) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={}",
        permissions::needed().bits()
    )
}
