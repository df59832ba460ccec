//! Kills on Discord.

use studybot::kill_point;

use super::job::Job;
use super::scene::Scene;
use crate::fake_discord::{Trouble, Which};
use crate::scene::job::{Job as _, Step};
use crate::scene::kills::{self, Case};

/// Later counts, which Discord's many requests are sure to reach.
const MORE: [Case; 4] = [
    (kill_point::AFTER_COMMIT, Step::SetUp, 16),
    (kill_point::AFTER_COMMIT, Step::Reveal, 14),
    (kill_point::AFTER_COMMIT, Step::Close, 10),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 13),
];

#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_kill_at_every_kill_point_loses_and_repeats_nothing() {
    kills::at_every_point::<Job>(&MORE).await;
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_and_repeats_nothing() {
    kills::at_any_moment::<Job>().await;
}

/// The end of a message in several parts never came: it is posted, and the beginning is not repeated.
#[tokio::test]
async fn a_kill_between_two_parts_of_a_message_repeats_neither() {
    for part in [2, 3] {
        let mut job = Job::new(Scene::new(&format!("before part {part}")).await);
        job.scene.start(None);
        job.all_before(Step::Reveal).await;
        let message = Which::to("POST", "/channels/*/messages");
        // The private answer of several parts is the only message with so many.
        let silent = message.holding(&format!(".{part}\""));
        job.scene.fake.next(1, silent, Trouble::Silence);
        job.scene.fake.type_command(job.scene.mara, job.scene.channel, "study close-now", &[]);
        let asked = |request: &crate::fake_discord::Request| {
            request.status == 0 && request.body.to_string().contains(&format!(".{part}\""))
        };
        job.scene
            .until("silence", |fake| fake.requests().iter().any(asked).then_some(()))
            .await
            .expect("it is not killed yet");
        job.scene.kill();
        job.scene.restart().await;
        job.all_from(Step::Reveal).await;
        job.ends_well().await;
    }
}
