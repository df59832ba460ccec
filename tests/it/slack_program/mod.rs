//! The real binary on the fake Slack: real sockets, the machine's own clock, nothing but environment variables.

mod acting;
mod checking;
mod ending;
mod job;
mod kills;
mod quiet;
mod scene;
mod side_by_side;
mod starting;

use job::Job;
use scene::Scene;

use crate::scene::job::Job as _;

#[tokio::test]
async fn the_main_job_runs_with_four_variables_alone() {
    let mut job = Job::new(Scene::new("main job").await);
    job.scene.start(None);
    job.whole().await;
    job.ends_well().await;
}

#[tokio::test]
async fn the_main_job_runs_where_slack_calls_the_bot() {
    let mut job = Job::new(Scene::called("main job, called").await);
    job.scene.start(None);
    job.scene.tell_address().await;
    job.whole().await;
    job.ends_well().await;
}
