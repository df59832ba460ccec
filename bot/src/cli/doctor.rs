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
        say!("{} {check}", if findings.is_empty() { "ok   " } else { "WRONG" });
        for finding in findings {
            say!("      {finding}");
        }
    }
    for (channel, upcoming) in &report.schedules {
        say!("#{} (study channel {}): {}", channel.name, channel.id, channel.plan.schedule.describe());
        if channel.state == ChannelState::Paused {
            say!("   paused");
        }
        super::channel::print_upcoming(channel, upcoming);
    }
    if report.is_clean() {
        say!("All is well.");
        return Ok(ExitCode::SUCCESS);
    }
    say!("Something is wrong; see above. Keep a copy of the folder before you change anything.");
    Ok(ExitCode::FAILURE)
}
