//! `studybot run`: the bot on every chat platform that has its variables.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use studybot::chat::{Bot, Chats, Platform};
use studybot::clock::Clock;
use studybot::config::{DataFolder, Packs};
use studybot::db::open;
use studybot::engine::{Data, Engine};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::stop;

/// How long platforms may take to hang up once the program stops.
const HANG_UP_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    data: DataFolder,
    #[command(flatten)]
    packs: Packs,
}

/// How a platform ended: its name, and why when it was not told to.
type Ended = (Platform, anyhow::Result<()>);

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let (discord, slack) = (super::discord::connection()?, super::slack::connection()?);
    if discord.is_none() && slack.is_none() {
        eprintln!(
            "No chat platform is configured, so there is nothing to run on. Set DISCORD_TOKEN for Discord, as \
             deploy/discord.md shows, or SLACK_BOT_TOKEN and SLACK_APP_TOKEN for Slack, as deploy/slack.md shows; or \
             try everything without an account: studybot demo."
        );
        return Ok(ExitCode::FAILURE);
    }
    let library = super::library(&arguments.packs)?;
    let folder = &arguments.data.folder;
    if !folder.join(open::FILE_NAME).exists() {
        // A first start that can't succeed leaves nothing behind.
        if let Some(discord) = &discord {
            discord.require_token().await?;
        }
        if let Some(slack) = &slack {
            slack.require_token().await?;
        }
    }
    let data = Data::open(folder).await?;
    let mut chats = Chats::new();
    if let Some(discord) = &discord {
        chats.insert(Platform::Discord, Arc::new(discord.clone()));
    }
    if let Some(slack) = &slack {
        chats.insert(Platform::Slack, Arc::new(slack.clone()));
    }
    let clock = Clock::system(data.clock_offset_ms);
    let engine = Engine::new(data.db, clock, library, Arc::new(chats)).await?;

    let stop = stop::on_signal()?;
    let (stop_all, stopping) = watch::channel(false);
    let running = engine.start(&stopping);
    let mut platforms = JoinSet::<Ended>::new();
    let bot: Arc<dyn Bot> = Arc::new(engine);
    if let Some(discord) = discord {
        let (bot, stopping) = (Arc::clone(&bot), stopping.clone());
        platforms
            .spawn(async move { (Platform::Discord, discord.run(bot, stopping).await.map_err(Into::into)) });
    }
    if let Some(slack) = slack {
        platforms.spawn(async move { (Platform::Slack, slack.run(bot, stopping).await.map_err(Into::into)) });
    }

    let outcome = until_stopped(&mut platforms, stop).await;
    stop_all.send(true).ok();
    let (settled, _) =
        tokio::join!(running.finish(), tokio::time::timeout(HANG_UP_MAX, platforms.join_all()));
    drop(data.lock);
    if !settled {
        eprintln!("Something was still under way after 10 seconds; the next start goes on with it.");
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Waits for a signal, or for the last platform to end by itself, which is an error: why it did. The others' ends are
/// logged as they come, and the program goes on without them.
async fn until_stopped(
    platforms: &mut JoinSet<Ended>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    loop {
        let ended = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
            ended = platforms.join_next() => ended,
        };
        let (platform, why) = match ended {
            None => anyhow::bail!("there was no platform to run on"),
            Some(Ok((platform, Err(closed)))) => (Some(platform), closed),
            Some(Ok((platform, Ok(())))) => (Some(platform), anyhow::anyhow!("{platform} ended by itself")),
            Some(Err(error)) => (None, anyhow::Error::new(error).context("a platform's task failed")),
        };
        if platforms.is_empty() {
            return Err(why);
        }
        tracing::error!(platform = platform.map(tracing::field::display), error = %why, "a platform has ended");
    }
}
