//! Settings that come from outside: the data folder, secrets, and how the log is written.

use std::io::IsTerminal;
use std::path::PathBuf;

use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

/// Libraries that would write what passes through them into a log: texts, addresses with tokens in them. They are held
/// back whatever `STUDYBOT_LOG` says.
const HELD_BACK: [&str; 7] = [
    "serenity=off",
    "twilight_http_ratelimiting=warn",
    "tungstenite=info",
    "tokio_tungstenite=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
];

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
    let mut filter = EnvFilter::try_from_env("STUDYBOT_LOG").unwrap_or_else(|_| EnvFilter::new(quiet));
    for directive in HELD_BACK.iter().filter_map(|directive| directive.parse().ok()) {
        filter = filter.add_directive(directive);
    }
    let colours = std::io::stderr().is_terminal();
    // Fails only when a log was begun before, which is then used.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .try_init()
        .ok();
}

/// A secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Two places claim to hold it.
    #[error("both {0} and {0}_FILE are set; set one of them")]
    Twice(&'static str),
    /// The file can't be read.
    #[error("{0}_FILE names a file that can't be read ({1}); check its path and who may read it")]
    File(&'static str, std::io::Error),
    /// There is nothing that could be a secret.
    #[error("{0} is set, but not to a token; paste it again, in one piece and without quotes")]
    Unusable(&'static str),
}

/// A secret from the variable `name`, or from the file that `name_FILE` names; blanks around it don't count. `None`:
/// neither is set, or the variable is empty.
///
/// # Errors
/// When both are set, the file can't be read, or what is there can't be a token.
pub fn secret(name: &'static str) -> Result<Option<SecretString>, SecretError> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    let file = std::env::var_os(format!("{name}_FILE")).filter(|value| !value.is_empty());
    let text = match (value, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(SecretError::Twice(name)),
        (Some(value), None) => value.into_string().map_err(|_| SecretError::Unusable(name))?,
        (None, Some(file)) => {
            std::fs::read_to_string(file).map_err(|error| SecretError::File(name, error))?
        }
    };
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SecretError::Unusable(name));
    }
    Ok(Some(SecretString::from(text)))
}
