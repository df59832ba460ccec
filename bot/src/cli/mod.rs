//! The subcommands: what they take, and which code they run. Only these files print.

/// Prints a line. Whoever reads it may have seen enough, as `head` does: then the program ends quietly.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::print_line(format_args!($($text)*))
    };
}

mod channel;
mod demo;
mod discord;
mod doctor;
mod leaderboard;
mod questions;
mod run;
mod slack;
mod stop;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use studybot::clock::Clock;
use studybot::config::{DataFolder, Packs, start_log};
use studybot::db::settings;
use studybot::domain::channel::{ChannelState, StudyChannel};
use studybot::packs::Library;

/// A daily cloud-security question for your team's channel
#[derive(Debug, Parser)]
#[command(name = "studybot", version, max_term_width = 100, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try everything in the browser: a local chat, no account, no network
    Demo(demo::Arguments),
    /// Run on the chat platforms that are configured
    Run(run::Arguments),
    /// See what your Discord token can do
    #[command(subcommand)]
    Discord(discord::Command),
    /// See what your Slack tokens can do
    #[command(subcommand)]
    Slack(slack::Command),
    /// See and change study channels
    #[command(subcommand)]
    Channel(Box<channel::Command>),
    /// See and check question packs
    #[command(subcommand)]
    Questions(questions::Command),
    /// Show who has how many points in a study channel
    Leaderboard(leaderboard::Arguments),
    /// Check that the study data is as it should be
    Doctor(DataFolder),
}

/// Runs the program. Every error ends in one message and a code that is not zero.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // The demo's log would hide the address to open; only what needs attention is shown.
    start_log(if matches!(arguments.command, Command::Run(_)) { "info" } else { "warn" });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("studybot could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(dispatch(arguments.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", capitalised(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// Errors are written to follow others; the first one begins a sentence.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn print_line(line: std::fmt::Arguments<'_>) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Run(arguments) => run::run(arguments).await,
        Command::Discord(command) => discord::run(command).await,
        Command::Slack(command) => slack::run(command).await,
        Command::Channel(command) => channel::run(*command).await,
        Command::Questions(command) => questions::run(&command),
        Command::Leaderboard(arguments) => leaderboard::run(arguments).await,
        Command::Doctor(data) => doctor::run(&data.folder).await,
    }
}

/// The questions, or every error in them.
fn library(packs: &Packs) -> anyhow::Result<Arc<Library>> {
    let library = Library::read(&packs.folders).context("The question packs can't be used")?;
    Ok(Arc::new(library))
}

/// The clock of the bot that owns this data: a demo's may have been moved.
async fn clock_of(connection: &mut sqlx::SqliteConnection) -> anyhow::Result<Clock> {
    let offset = settings::number(connection, settings::CLOCK_OFFSET_MS).await?;
    Ok(Clock::system(offset.unwrap_or(0)))
}

/// The study channel that a person names by its number or its name.
fn find<'a>(channels: &'a [StudyChannel], named: &str, folder: &Path) -> anyhow::Result<&'a StudyChannel> {
    let name = named.trim_start_matches('#');
    let here = || channels.iter().filter(|channel| channel.state != ChannelState::Removed);
    let by_number = here().find(|channel| channel.id.to_string() == named);
    let mut by_name = here().filter(|channel| channel.name == name);
    match (by_number, by_name.next(), by_name.next()) {
        (Some(channel), ..) | (None, Some(channel), None) => Ok(channel),
        (None, Some(_), Some(_)) => {
            anyhow::bail!(
                "Several study channels are called {named}; use the number that `studybot channel list` shows."
            )
        }
        (None, None, _) => anyhow::bail!(
            "There is no study channel {named} in {}; `studybot channel list` shows those there are.",
            folder.display()
        ),
    }
}
