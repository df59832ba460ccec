//! `studybot leaderboard`.

use std::process::ExitCode;

use serde_json::json;
use studybot::app::App;
use studybot::config::DataFolder;
use studybot::db::{open, study_channels};
use studybot::domain::leaderboard::Window;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The study channel: its number or its name
    channel: String,
    /// The span of time: week, month or all
    #[arg(long, default_value = "all", value_parser = window)]
    window: Window,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataFolder,
}

fn window(text: &str) -> Result<Window, String> {
    text.parse().map_err(|_| "give week, month or all".to_owned())
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.data.folder;
    let mut connection = open::open_to_read(folder).await?;
    let now = super::clock_of(&mut connection).await?.now();
    let channels = study_channels::all(&mut connection).await?;
    let channel = super::find(&channels, &arguments.channel, folder)?;
    let standings = App::leaderboard(&mut connection, channel, arguments.window, now).await?;
    open::close(connection).await;
    if arguments.json {
        let rows: Vec<_> = standings
            .rows
            .iter()
            .map(|standing| {
                let row = &standing.row;
                json!({
                    "rank": row.rank, "learner": row.name, "points": row.points,
                    "provisional": row.provisional, "answers": row.answers,
                })
            })
            .collect();
        let board = json!({
            "channel": channel.name, "window": arguments.window.as_str(), "closing": standings.closing, "rows": rows,
        });
        say!("{board:#}");
        return Ok(ExitCode::SUCCESS);
    }
    say!("Leaderboard of #{}, {}", channel.name, arguments.window.label());
    if standings.rows.is_empty() {
        say!("Nobody has points here yet.");
    }
    for standing in &standings.rows {
        let row = &standing.row;
        let star = if row.provisional > 0 { "*" } else { "" };
        say!("{:>4}. {:<30} {:>6}{star} from {} answers", row.rank, row.name, row.points, row.answers);
    }
    if let Some(at) = standings.final_at {
        say!("* can change until {}", studybot::domain::plain::time(at));
    }
    if standings.closing {
        say!("Closing: scores are being settled right now.");
    }
    Ok(ExitCode::SUCCESS)
}
