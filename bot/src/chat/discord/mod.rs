//! Discord: the only place that speaks to it.
//!
//! What comes in is heard by `gateway` and turned into neutral events by `events` and `interactions`; what goes out is
//! carried out by `posting`, drawn by `draw` and `form`, and sent by `rest`.

mod api;
mod asked;
mod blocks;
mod check;
mod commands;
mod controls;
mod draw;
mod escape;
mod events;
mod files;
mod form;
mod gateway;
mod inputs;
mod interactions;
mod markdown;
mod model;
mod permissions;
mod posting;
mod rest;
#[cfg(test)]
mod spec;
mod split;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serenity::model::gateway::GatewayIntents;
use serenity::model::id::{ApplicationId, ChannelId, GuildId, UserId};
use tokio::sync::{Mutex as Turn, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Bot;
use super::under_way::UnderWay;
use api::Route;
pub use check::{Report, Unreached};
use events::Events;
pub use gateway::{Closed, Pace};
use gateway::{Entrance, Gateway};
use interactions::Forms;
pub use rest::SetupError;
use rest::{Options, Rest, RestError};

/// Discord's own address.
pub const API_BASE: &str = rest::DISCORD;
/// Discord's global limit: <https://discord.com/developers/docs/topics/rate-limits#global-rate-limit>.
pub const REQUESTS_PER_SECOND: u32 = 50;
/// Direct channels that are remembered.
const DIRECT_MAX: usize = 10_000;
/// Pauses while Discord can't be reached at start double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How to work with Discord.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bot's token.
    pub token: SecretString,
    /// Scheme and host; `/api/v10` is added.
    pub api_base: String,
    /// How many requests a second Discord allows this bot.
    pub requests_per_second: u32,
    /// How long a person's request may take before its answer is announced; Discord gives three seconds.
    pub defer_after: Duration,
    /// How fast the gateway is worked with.
    pub pace: Pace,
}

impl Settings {
    /// What Discord itself asks for.
    pub fn new(token: SecretString) -> Self {
        Self {
            token,
            api_base: API_BASE.to_owned(),
            requests_per_second: REQUESTS_PER_SECOND,
            defer_after: Duration::from_secs(2),
            pace: Pace::default(),
        }
    }
}

/// Discord, as this bot works on it. Clones share it.
#[derive(Clone, Debug)]
pub struct Discord(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rest: Rest,
    settings: Settings,
    identity: Mutex<Option<Identity>>,
    under_way: UnderWay,
    forms: Forms,
    direct: Mutex<HashMap<UserId, ChannelId>>,
    number: AtomicU64,
    /// Shards whose session has begun.
    connected: watch::Sender<BTreeSet<u32>>,
    shards: AtomicU32,
}

/// Who the bot is.
#[derive(Clone, Copy, Debug)]
struct Identity {
    application: ApplicationId,
    user: UserId,
    /// What people write in threads can be read.
    content: bool,
    /// It is told who leaves.
    members: bool,
}

/// The bot's application, as Discord has it.
#[derive(Deserialize)]
struct Application {
    id: ApplicationId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    flags: u64,
    bot: Option<User>,
    /// Where Discord sends clicks and commands instead of here, when somebody has set that.
    interactions_endpoint_url: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: UserId,
}

impl Application {
    /// The switches in the developer portal, by their two flags each (the second for bots in fewer than 100 servers):
    /// <https://discord.com/developers/docs/resources/application#application-object-application-flags>.
    const CONTENT: u64 = 1 << 18 | 1 << 19;
    const MEMBERS: u64 = 1 << 14 | 1 << 15;
}

impl Identity {
    fn intents(&self) -> GatewayIntents {
        let mut intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES;
        intents.set(GatewayIntents::MESSAGE_CONTENT, self.content);
        intents.set(GatewayIntents::GUILD_MEMBERS, self.members);
        intents
    }
}

impl Discord {
    /// Discord with these settings; nothing is sent yet. Inside a runtime.
    ///
    /// # Errors
    /// When the address or the token can't be right.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let options = Options { requests_per_second: settings.requests_per_second, ..Options::default() };
        let rest = Rest::new(&settings.api_base, &settings.token, options)?;
        Ok(Self(Arc::new(Inner {
            rest,
            settings,
            identity: Mutex::default(),
            under_way: UnderWay::default(),
            forms: Forms::default(),
            direct: Mutex::default(),
            number: AtomicU64::new(1),
            connected: watch::channel(BTreeSet::new()).0,
            shards: AtomicU32::new(1),
        })))
    }

    /// Asks Discord once whether it takes the token. That it can't be asked now is no refusal.
    ///
    /// # Errors
    /// When Discord refuses the token.
    pub async fn require_token(&self) -> Result<(), Closed> {
        match self.ask_identity().await {
            Err(RestError::Unauthorized) => Err(Closed::Token),
            _ => Ok(()),
        }
    }

    /// Connects, registers the commands, and hands everything that happens to the bot, until told to stop.
    ///
    /// # Errors
    /// When Discord closes itself to us for good.
    pub async fn run(&self, bot: Arc<dyn Bot>, stop: watch::Receiver<bool>) -> Result<(), Closed> {
        let mut revoked = self.0.rest.token_refused();
        let running = self.run_sessions(bot, stop);
        tokio::select! {
            ended = running => ended,
            _ = revoked.wait_for(|revoked| *revoked) => Err(Closed::Token),
        }
    }

    async fn run_sessions(&self, bot: Arc<dyn Bot>, mut stop: watch::Receiver<bool>) -> Result<(), Closed> {
        let mut refused = None;
        while !*stop.borrow() {
            let Some((identity, entrance)) = self.until_reached(&mut stop).await? else { break };
            // An intent that was switched off is left out from now on; refused again, it is for good.
            if refused == Some(identity.intents()) {
                return Err(Closed::Intents);
            }
            explain_intents(&identity);
            self.register_commands(&identity).await;
            match self.run_shards(&identity, entrance, Arc::clone(&bot), &stop).await {
                Err(Closed::Intents) => refused = Some(identity.intents()),
                ended => return ended,
            }
        }
        Ok(())
    }

    /// Asks who we are and where to connect, until there is an answer. `None`: told to stop.
    async fn until_reached(
        &self,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<(Identity, Entrance)>, Closed> {
        let mut pause = self.0.settings.pace.pause;
        loop {
            let reached = async { Ok((self.ask_identity().await?, self.entrance().await?)) };
            match reached.await {
                Ok(reached) => return Ok(Some(reached)),
                Err(RestError::Unauthorized) => return Err(Closed::Token),
                Err(error) => {
                    tracing::warn!(%error, pause_ms = pause.as_millis(), "Discord can't be reached; trying again");
                }
            }
            tokio::select! {
                () = sleep_until(Instant::now() + pause) => {}
                () = gateway::told(stop) => return Ok(None),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn run_shards(
        &self,
        identity: &Identity,
        entrance: Entrance,
        bot: Arc<dyn Bot>,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), Closed> {
        let gateway = Arc::new(Gateway {
            listener: Arc::new(Events::new(self.clone(), bot)),
            token: self.0.settings.token.clone(),
            intents: identity.intents(),
            pace: self.0.settings.pace,
            gates: Turn::default(),
        });
        self.0.shards.store(entrance.shards.max(1), Ordering::Relaxed);
        let mut shards = JoinSet::new();
        for shard in 0..entrance.shards.max(1) {
            let (gateway, entrance, stop) = (Arc::clone(&gateway), entrance.clone(), stop.clone());
            shards.spawn(async move { gateway.run_shard(shard, entrance, stop).await });
        }
        while let Some(ended) = shards.join_next().await {
            match ended {
                // The others end with the set.
                Ok(Err(closed)) => return Err(closed),
                Ok(Ok(())) => {}
                Err(error) => tracing::error!(%error, "a shard's task failed"),
            }
        }
        Ok(())
    }

    /// Returns once everything that the gateway has brought so far is with the bot, and answered.
    pub async fn settled(&self) {
        self.0.under_way.none().await;
    }

    /// Returns once every shard's session has begun, and its readings are asked for.
    pub async fn connected(&self) {
        let all = |connected: &BTreeSet<u32>| {
            u32::try_from(connected.len()).is_ok_and(|count| count >= self.shards())
        };
        // The sender lives as long as this does, so waiting can't fail.
        self.0.connected.subscribe().wait_for(all).await.ok();
    }

    /// How many shards there are, at least one.
    fn shards(&self) -> u32 {
        self.0.shards.load(Ordering::Relaxed)
    }

    fn set_connected(&self, shard: u32) {
        self.0.connected.send_if_modified(|connected| connected.insert(shard));
    }

    async fn entrance(&self) -> Result<Entrance, RestError> {
        self.rest().call(&Route::gateway()).await
    }

    async fn ask_identity(&self) -> Result<Identity, RestError> {
        Ok(self.ask_application().await?.1)
    }

    async fn ask_application(&self) -> Result<(Application, Identity), RestError> {
        let application: Application = self.rest().call(&Route::application()).await?;
        let user = match &application.bot {
            Some(user) => user.id,
            None => self.rest().call::<User>(&Route::me()).await?.id,
        };
        let identity = Identity {
            application: application.id,
            user,
            content: application.flags & Application::CONTENT != 0,
            members: application.flags & Application::MEMBERS != 0,
        };
        *self.0.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
        Ok((application, identity))
    }

    /// Who we are, asked where it isn't known yet.
    async fn identity(&self) -> Result<Identity, RestError> {
        match self.known_identity() {
            Some(identity) => Ok(identity),
            None => self.ask_identity().await,
        }
    }

    /// The application's id; interactions come only once it is known.
    fn application(&self) -> ApplicationId {
        self.known_identity().map_or(ApplicationId::new(1), |identity| identity.application)
    }

    /// The bot's own user; events come only once it is known.
    fn user(&self) -> UserId {
        self.known_identity().map_or(UserId::new(1), |identity| identity.user)
    }

    fn known_identity(&self) -> Option<Identity> {
        *self.0.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commands are sent only where they differ, since Discord takes only so many new ones a day.
    async fn register_commands(&self, identity: &Identity) {
        let registering = async {
            let ours = commands::definitions();
            let theirs: serde_json::Value = self.rest().call(&Route::commands(identity.application)).await?;
            if commands::same_as_registered(&ours, &theirs) {
                return Ok(false);
            }
            let route = Route::set_commands(identity.application);
            self.rest().send::<IgnoredAny>(&route, &ours).await.map(|_| true)
        };
        match registering.await {
            Ok(true) => tracing::info!("the commands are registered"),
            Ok(false) => {}
            Err::<_, RestError>(error) => {
                tracing::error!(%error, "the commands can't be registered; those registered before work on");
            }
        }
    }

    fn rest(&self) -> &Rest {
        &self.0.rest
    }

    fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    fn forms(&self) -> &Forms {
        &self.0.forms
    }

    fn defer_after(&self) -> Duration {
        self.0.settings.defer_after
    }

    /// A number that this start of the program has not used yet.
    fn next_number(&self) -> u64 {
        self.0.number.fetch_add(1, Ordering::Relaxed)
    }

    fn known_direct(&self, user: UserId) -> Option<ChannelId> {
        self.0.direct.lock().unwrap_or_else(PoisonError::into_inner).get(&user).copied()
    }

    fn remember_direct(&self, user: UserId, channel: ChannelId) {
        let mut direct = self.0.direct.lock().unwrap_or_else(PoisonError::into_inner);
        if direct.len() >= DIRECT_MAX {
            direct.clear();
        }
        direct.insert(user, channel);
    }

    /// Whether somebody is on a server. When that can't be told, they aren't.
    async fn is_member(&self, guild: GuildId, user: UserId) -> bool {
        let route = Route::guild_member(guild, user).urgent();
        self.rest().call::<IgnoredAny>(&route).await.is_ok()
    }

    /// A channel's name, where it can be asked for.
    async fn channel_name(&self, channel: ChannelId) -> Option<String> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        let named: Named = self.rest().call(&Route::channel(channel).urgent()).await.ok()?;
        Some(named.name)
    }
}

fn explain_intents(identity: &Identity) {
    let portal = format!("https://discord.com/developers/applications/{}/bot", identity.application);
    if !identity.content {
        tracing::warn!(
            "Message Content Intent is off, so I can't read what people write in threads; only private answers count. \
             Switch it on at {portal}, and start me again"
        );
    }
    if !identity.members {
        tracing::info!(
            "Server Members Intent is off, so I don't hear when somebody leaves; it is at {portal}"
        );
    }
}
