//! `studybot discord`: what the token can do.

use std::process::ExitCode;

use anyhow::Context;
use studybot::chat::discord::{Discord, Settings};
use studybot::config;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Ask Discord what the token can do, and what is missing; prints the invitation link
    Check,
}

/// Discord, by `DISCORD_TOKEN` and `DISCORD_API_BASE`; nothing is sent yet. `None`: there is no token.
pub(super) fn connection() -> anyhow::Result<Option<Discord>> {
    let Some(token) = config::secret("DISCORD_TOKEN")? else { return Ok(None) };
    let mut settings = Settings::new(token);
    if let Some(base) = std::env::var_os("DISCORD_API_BASE").filter(|base| !base.is_empty()) {
        // What is no text is no address either, and is refused as such.
        settings.api_base = base.to_string_lossy().into_owned();
    }
    Ok(Some(Discord::new(settings)?))
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => check().await,
    }
}

async fn check() -> anyhow::Result<ExitCode> {
    let discord = connection()?
        .context("Set DISCORD_TOKEN to your bot's token; deploy/discord.md shows how to get one")?;
    let report = discord.check().await?;
    for line in &report.lines {
        say!("{line}");
    }
    let is_well = report.mends.is_empty();
    if is_well {
        say!(
            "\nAll is well. Start me with studybot run, and use /study setup in the channel for the questions."
        );
    } else {
        say!("\nTo mend:");
        for mend in &report.mends {
            say!("- {mend}");
        }
    }
    say!("\nThis link adds me to a server, with what I need there and no more:\n{}", report.invitation);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
