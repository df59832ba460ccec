//! `studybot slack`: what the tokens can do.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use studybot::chat::slack::{Settings, Slack, Transport};
use studybot::clock::Clock;
use studybot::config;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Ask Slack what the tokens can do, and what is missing
    Check,
}

/// Slack, by its variables; nothing is sent yet. `None`: none of them is set.
///
/// # Errors
/// When only some of what belongs together is set, or what is set can't be right.
pub(super) fn connection() -> anyhow::Result<Option<Slack>> {
    let bot_token = config::secret("SLACK_BOT_TOKEN")?;
    let app_token = config::secret("SLACK_APP_TOKEN")?;
    let signing_secret = config::secret("SLACK_SIGNING_SECRET")?;
    let Some(bot_token) = bot_token else {
        if app_token.is_none() && signing_secret.is_none() {
            return Ok(None);
        }
        anyhow::bail!(
            "SLACK_BOT_TOKEN is not set, and Slack takes nothing from me without it. deploy/slack.md shows where to \
             find it; it begins with xoxb-."
        );
    };
    let transport = match (app_token, signing_secret) {
        (Some(app_token), None) => Transport::Socket { app_token },
        (None, Some(signing_secret)) => Transport::Http { signing_secret, listen: public_listen()? },
        (None, None) => anyhow::bail!(
            "SLACK_BOT_TOKEN is set, and one more is needed so that I hear from Slack: SLACK_APP_TOKEN, or \
             SLACK_SIGNING_SECRET where Slack is to call me. deploy/slack.md shows where to find them."
        ),
        (Some(_), Some(_)) => anyhow::bail!(
            "Both SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are set, and I can hear from Slack in one way only. Keep \
             SLACK_APP_TOKEN unless Slack is to call an address of yours."
        ),
    };
    if ["xapp-", "xoxp-"].iter().any(|other| begins(&bot_token, other)) {
        anyhow::bail!(
            "SLACK_BOT_TOKEN holds another kind of token. The bot token begins with xoxb-; see deploy/slack.md."
        );
    }
    if let Transport::Socket { app_token } = &transport
        && begins(app_token, "xox")
    {
        anyhow::bail!(
            "SLACK_APP_TOKEN holds another kind of token. The app token begins with xapp-; see deploy/slack.md."
        );
    }
    // Slack dates what happens by the time of the real world, so that is what its payloads are held against.
    let clock = Clock::system(0);
    let mut settings = Settings::new(bot_token, transport, Arc::new(move || clock.now()));
    if let Some(base) = std::env::var_os("SLACK_API_BASE").filter(|base| !base.is_empty()) {
        // What is no text is no address either, and is refused as such.
        settings.api_base = base.to_string_lossy().into_owned();
    }
    Ok(Some(Slack::new(settings)?))
}

fn begins(token: &SecretString, with: &str) -> bool {
    token.expose_secret().starts_with(with)
}

/// Where Slack's calls are taken, by `STUDYBOT_PUBLIC_LISTEN`.
fn public_listen() -> anyhow::Result<SocketAddr> {
    let value = std::env::var_os("STUDYBOT_PUBLIC_LISTEN").filter(|value| !value.is_empty());
    let value = value.context(
        "SLACK_SIGNING_SECRET is set, so Slack is to call me: set STUDYBOT_PUBLIC_LISTEN to where I am to listen, such \
         as 127.0.0.1:8081 behind your web server",
    )?;
    value.to_string_lossy().parse().ok().context(
        "STUDYBOT_PUBLIC_LISTEN is no address to listen on; write one such as 127.0.0.1:8081 or 0.0.0.0:8081",
    )
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check => check().await,
    }
}

async fn check() -> anyhow::Result<ExitCode> {
    let slack = connection()?
        .context("Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN; deploy/slack.md shows how to get them")?;
    let report = slack.check().await?;
    for line in &report.lines {
        say!("{line}");
    }
    if report.mends.is_empty() {
        say!(
            "\nAll is well. Start me with studybot run, and use /study setup in the channel for the questions."
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!("\nTo mend:");
    for mend in &report.mends {
        say!("- {mend}");
    }
    Ok(ExitCode::FAILURE)
}
