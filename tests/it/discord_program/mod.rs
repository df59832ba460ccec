//! The real binary on the fake Discord: real sockets, the machine's own clock, nothing but environment variables.
//!
//! The record of what stands on Discord is the fake's own; what the bot keeps is read from its database.

mod checking;
mod ending;
mod job;
mod kills;
mod quiet;
pub(crate) mod scene;
mod starting;

use job::Job;
use scene::Scene;

use crate::scene::job::Job as _;

#[tokio::test]
async fn the_main_job_runs_with_three_variables_alone() {
    let mut job = Job::new(Scene::new("main job").await);
    job.scene.start(None);
    job.whole().await;
    job.ends_well().await;
}
