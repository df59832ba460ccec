//! Stopping: the first SIGINT or SIGTERM stops gracefully, a second one at once.

use tokio::signal;
use tokio::sync::watch;

/// Becomes true at the first signal. A second signal ends the process.
pub(super) fn on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, stop) = watch::channel(false);
    let mut terminate = Signals::new()?;
    tokio::spawn(async move {
        terminate.next().await;
        eprintln!("\nStopping; what is under way is finished first.");
        sender.send(true).ok();
        terminate.next().await;
        std::process::exit(130);
    });
    Ok(stop)
}

#[cfg(unix)]
struct Signals(signal::unix::Signal, signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        signal::ctrl_c().await.ok();
    }
}
