//! What the benchmarks of both platforms have in common.

pub(crate) mod commits;
pub(crate) mod load;
pub(crate) mod paced;
pub(crate) mod program;
pub(crate) mod time;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use studybot::app::plan as plans;
use studybot::chat::Workspace;
use studybot::engine::Engine;
use tokio::runtime::Builder;

/// One line of the report: a figure, its goal, and what it is to be compared with.
pub(crate) fn line(what: &str, figure: &str, beside: &str) {
    println!("  {what:<46} {figure:>14}   {beside}");
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

pub(crate) fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}

/// Stores the proposed plan for a channel: weekdays at nine.
pub(crate) async fn plan(engine: &Engine, workspace: Workspace, channel: &str) {
    let app = engine.app();
    let organiser = "1".parse().unwrap();
    let plan = plans::parse(&plans::proposal(), app.library(), &organiser).unwrap();
    let channel = channel.parse().unwrap();
    app.save_plan(workspace, channel, "study".to_owned(), plan, app.clock().now()).await.unwrap();
}

/// Starts something on a thread of its own, so that it takes no turns from the bot's runtime, and keeps it going.
pub(crate) fn apart<T: Send + 'static, F: Future<Output = T>>(
    start: impl FnOnce() -> F + Send + 'static,
) -> T {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            tell.send(start().await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv().unwrap()
}
