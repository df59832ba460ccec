//! The release binary, and what it holds in memory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{line, verdict};

const GOAL_KIB: u64 = 40 * 1_024;

/// The running binary. It ends with the benchmark, however that ends.
pub(crate) struct Program {
    child: Child,
    _data: tempfile::TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Program {
    /// Runs it with these variables, on data of its own. `None`, with a word about it, where its memory can't be told.
    pub(crate) fn start(variables: &[(&str, String)]) -> Option<Self> {
        if !Path::new("/proc/self/status").exists() {
            println!("  skipped: this machine has no /proc, which tells a process's resident memory");
            return None;
        }
        let data = tempfile::tempdir().unwrap();
        let child = Command::new(binary())
            .args(["run", "--data"])
            .arg(data.path())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env("STUDYBOT_LOG", "error")
            .stdin(Stdio::null())
            .spawn();
        Some(Self { child: child.unwrap(), _data: data })
    }

    /// What it holds now, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        self.kib("VmRSS:")
    }

    /// The most that it ever held, in KiB.
    pub(crate) fn most(&self) -> u64 {
        self.kib("VmHWM:")
    }

    fn kib(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// The binary to measure: `STUDYBOT_BENCH_BINARY`, or the one that was built with the benchmark.
fn binary() -> PathBuf {
    std::env::var_os("STUDYBOT_BENCH_BINARY")
        .map_or_else(|| env!("CARGO_BIN_EXE_studybot").into(), PathBuf::from)
}

pub(crate) fn goal(found: u64) -> String {
    format!("goal {} MiB ({})", GOAL_KIB / 1_024, verdict(found <= GOAL_KIB))
}

pub(crate) fn report(what: &str, found: u64, beside: &str) {
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let mib = found as f64 / 1_024.0;
    line(what, &format!("{mib:.1} MiB"), beside);
}

/// Waits for what takes longer than tests wait for anything.
pub(crate) async fn wait(mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
