//! `studybot doctor`.

use std::path::Path;
use std::process::ExitCode;

use studybot::app::doctor;
use studybot::db::open;
use studybot::domain::channel::ChannelState;

pub(super) async fn run(folder: &Path) -> anyhow::Result<ExitCode> {
    let mut connection = open::open_to_read(folder).await?;
    let now = super::clock_of(&mut connection).await?.now();
    let report = doctor::examine(&mut connection, now).await?;
    open::close(connection).await;
    for (check, findings) in &report.checks {
        out!("{} {check}", if findings.is_empty() { "ok   " } else { "WRONG" });
        for finding in findings {
            out!("      {finding}");
        }
    }
    for (channel, upcoming) in &report.schedules {
        out!("#{} (study channel {}): {}", channel.name, channel.id, channel.plan.schedule.describe());
        if channel.state == ChannelState::Paused {
            out!("   paused");
        }
        super::channel::print_upcoming(channel, upcoming);
    }
    if report.is_clean() {
        out!("All is well.");
        return Ok(ExitCode::SUCCESS);
    }
    out!("Something is wrong; see above. Keep a copy of the folder before you change anything.");
    Ok(ExitCode::FAILURE)
}
