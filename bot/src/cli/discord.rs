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

/// How to work with Discord, from `DISCORD_TOKEN` and `DISCORD_API_BASE`. `None`: there is no token.
pub(super) fn settings() -> anyhow::Result<Option<Settings>> {
    let Some(token) = config::secret("DISCORD_TOKEN")? else { return Ok(None) };
    let mut settings = Settings::new(token);
    if let Some(base) = std::env::var("DISCORD_API_BASE").ok().filter(|base| !base.is_empty()) {
        settings.api_base = base;
    }
    Ok(Some(settings))
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => check().await,
    }
}

async fn check() -> anyhow::Result<ExitCode> {
    let settings =
        settings()?.context("Set DISCORD_TOKEN to your bot's token, as deploy/discord.md shows")?;
    let report = Discord::new(settings)?.check().await.context("Discord could not be asked")?;
    for line in &report.lines {
        say!("{line}");
    }
    if !report.mends.is_empty() {
        say!("\nTo mend:");
        for mend in &report.mends {
            say!("- {mend}");
        }
    }
    say!("\nThe link that invites the bot, with the permissions it needs:\n{}", report.invitation);
    Ok(if report.mends.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
