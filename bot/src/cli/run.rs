//! `studybot run`: the bot on every chat platform that has its variables.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use studybot::chat::discord::{self, Discord};
use studybot::chat::{Bot, Chats, Platform};
use studybot::clock::Clock;
use studybot::config::{DataFolder, Packs};
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
type Ended = (Platform, Result<(), discord::Closed>);

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Some(settings) = super::discord::settings()? else {
        eprintln!(
            "No chat platform is configured, so there is nothing to run on. Set DISCORD_TOKEN for Discord, as \
             deploy/discord.md shows, or try everything without an account: studybot demo."
        );
        return Ok(ExitCode::FAILURE);
    };
    let library = super::library(&arguments.packs)?;
    let discord = Discord::new(settings)?;
    let data = Data::open(&arguments.data.folder).await?;
    let chats = Chats::from([(Platform::Discord, Arc::new(discord.clone()) as _)]);
    let clock = Clock::system(data.clock_offset_ms);
    let engine = Engine::new(data.db, clock, library, Arc::new(chats)).await?;

    let stop = stop::on_signal()?;
    let (stop_all, stopping) = watch::channel(false);
    let running = engine.start(&stopping);
    let mut platforms = JoinSet::<Ended>::new();
    let (bot, for_discord): (Arc<dyn Bot>, _) = (Arc::new(engine), stopping);
    platforms.spawn(async move { (Platform::Discord, discord.run(bot, for_discord).await) });

    let failed = until_stopped(&mut platforms, stop).await;
    stop_all.send(true).ok();
    let (settled, _) =
        tokio::join!(running.finish(), tokio::time::timeout(HANG_UP_MAX, platforms.join_all()));
    drop(data.lock);
    if !settled {
        eprintln!("Something was still under way after 10 seconds; the next start goes on with it.");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Waits for a signal, or for the last platform to end by itself; says whether it was the latter.
async fn until_stopped(platforms: &mut JoinSet<Ended>, mut stop: watch::Receiver<bool>) -> bool {
    loop {
        let ended = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return false,
            ended = platforms.join_next() => ended,
        };
        match ended {
            Some(Ok((platform, Err(error)))) => tracing::error!(%platform, "{error}"),
            Some(Ok((platform, Ok(())))) => tracing::error!(%platform, "it ended without being told to"),
            Some(Err(error)) => tracing::error!(%error, "a platform's task failed"),
            None => return true,
        }
    }
}
