//! Settings that come from outside: the data folder, and how the log is written.

use std::io::IsTerminal;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

/// Where a subcommand finds the study data.
#[derive(Clone, Debug, clap::Args)]
pub struct DataFolder {
    /// The folder with the study data
    #[arg(long = "data", value_name = "DIR", env = "STUDYBOT_DATA", default_value = "./data")]
    pub folder: PathBuf,
}

/// Question packs beside the built-in one.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Packs {
    /// A folder with one more question pack; can be given several times
    #[arg(long = "pack", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
}

/// Begins to log to standard error. `STUDYBOT_LOG` chooses how much, such as `debug` or `studybot=debug,sqlx=info`;
/// `quiet` is what is logged without it. Logs carry ids, never texts.
pub fn start_log(quiet: &str) {
    let filter = EnvFilter::try_from_env("STUDYBOT_LOG").unwrap_or_else(|_| EnvFilter::new(quiet));
    let colours = std::io::stderr().is_terminal();
    // Fails only when a log was begun before, which is then used.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .try_init()
        .ok();
}
