//! What a token can do: the report behind `studybot discord check`.

use serde::Deserialize;
use serenity::model::Permissions;
use serenity::model::channel::ChannelType;
use serenity::model::id::{ApplicationId, ChannelId, GuildId};

use super::api::{GUILDS_MAX, Route};
use super::permissions::{self, Overwrite, Role};
use super::posting::Failed;
use super::rest::RestError;
use super::{Discord, Identity};
use crate::chat::ChatError;

/// Discord could not be asked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unreached(RestError);

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
    /// When it can't be asked, or the token is not valid.
    pub async fn check(&self) -> Result<Report, Unreached> {
        self.report().await.map_err(Unreached)
    }

    async fn report(&self) -> Result<Report, RestError> {
        let identity = self.ask_identity().await?;
        let mut report = Report {
            lines: vec![format!("The token is valid: application {}.", identity.application)],
            mends: Vec::new(),
            invitation: invitation(identity.application),
        };
        report.intents(&identity);
        let mut after = None;
        loop {
            let guilds: Vec<Guild> = self.rest().call(&Route::guilds(after)).await?;
            after = guilds.last().map(|guild| guild.id);
            for guild in &guilds {
                self.check_guild(&identity, guild, &mut report).await?;
            }
            if guilds.len() < usize::from(GUILDS_MAX) {
                break;
            }
        }
        if after.is_none() {
            report.lines.push("It is on no server yet.".to_owned());
            report.mends.push("Open the invitation below, and choose your server.".to_owned());
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
        let mut ready = 0;
        let mut lacking = Vec::new();
        for channel in &texts {
            let missing = permissions::missing(standing.in_channel(&channel.permission_overwrites));
            if missing.is_empty() {
                ready += 1;
            } else {
                let name = channel.name.as_deref().unwrap_or("?");
                lacking.push(format!("  #{name}: {} missing", missing.join(", ")));
            }
        }
        report.lines.push(format!(
            "Server “{}” ({}): I can work in {ready} of {} text channels.",
            guild.name,
            guild.id,
            texts.len()
        ));
        if ready == 0 {
            report.mends.push(format!(
                "On “{}” I can't work anywhere. Open the invitation below for it once more; or give my role what is \
                 missing, in the settings of the channel that you want me in, under Permissions.",
                guild.name
            ));
        }
        report.lines.append(&mut lacking);
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
    fn intents(&mut self, identity: &Identity) {
        let switch = |on: bool| if on { "on" } else { "off" };
        self.lines.push(format!("Message Content Intent: {}.", switch(identity.content)));
        self.lines.push(format!("Server Members Intent: {}.", switch(identity.members)));
        let portal = format!("https://discord.com/developers/applications/{}/bot", identity.application);
        if !identity.content {
            self.mends.push(format!(
                "Without Message Content Intent I can't read answers in threads; only private answers count. Switch it \
                 on at {portal}."
            ));
        }
        if !identity.members {
            self.mends.push(format!(
                "Without Server Members Intent I don't hear when somebody leaves. Switch it on at {portal}."
            ));
        }
    }
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
