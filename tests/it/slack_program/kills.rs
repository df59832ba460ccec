//! Kills on Slack.

use super::job::Job;
use super::scene::Scene;
use crate::fake_slack::{Request, Trouble, Which};
use crate::scene::job::{Job as _, Step};
use crate::scene::kills;

#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_kill_at_every_kill_point_loses_and_repeats_nothing() {
    kills::at_every_point::<Job>(&[]).await;
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_and_repeats_nothing() {
    kills::at_any_moment::<Job>().await;
}

/// The end of a message in several parts never came: it is posted, and the beginning is not repeated.
#[tokio::test]
async fn a_kill_between_two_parts_of_a_message_repeats_neither() {
    let mut job = Job::new(Scene::new("before part 2").await);
    job.scene.start(None);
    job.all_before(Step::Reveal).await;
    // The private answer of several parts is the only message with so many.
    const PART: &str = "\"part\":2,";
    job.scene.fake.next(1, Which::to("chat.postMessage").holding(PART), Trouble::Silence);
    job.scene.fake.type_command(&job.scene.mara, &job.scene.channel, "/study close-now");
    let asked = |request: &Request| request.status == 0 && request.args.to_string().contains(PART);
    job.scene
        .until("silence", |fake| fake.requests().iter().any(asked).then_some(()))
        .await
        .expect("it is not killed yet");
    job.scene.kill();
    job.scene.restart().await;
    job.all_from(Step::Reveal).await;
    job.ends_well().await;
}
