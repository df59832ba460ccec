//! Kills on Discord.

use studybot::kill_point;

use super::job::Job;
use super::scene::Scene;
use crate::fake_discord::{Trouble, Which};
use crate::scene::job::{Job as _, Step};
use crate::scene::kills::{self, Count};

/// When it is killed. Units of work that meet share a commit, so that late counts would not be sure to come.
fn counts(point: &str) -> &'static [Count] {
    match point {
        // The first ones of a later start are in the start itself.
        kill_point::AFTER_COMMIT => &[
            (Step::SetUp, 1),
            (Step::SetUp, 3),
            (Step::SetUp, 5),
            (Step::SetUp, 8),
            (Step::SetUp, 12),
            (Step::SetUp, 16),
            (Step::AnswerPrivately, 2),
            (Step::Reveal, 10),
            (Step::Reveal, 14),
            (Step::Mark, 9),
            (Step::Close, 6),
            (Step::Close, 10),
        ],
        // Question, thread, its first line, reactions; the last reading, the reveal and its parts; the notices.
        kill_point::TAKEN_NOT_SETTLED => &[
            (Step::SetUp, 1),
            (Step::SetUp, 2),
            (Step::SetUp, 3),
            (Step::SetUp, 4),
            (Step::SetUp, 6),
            (Step::SetUp, 7),
            (Step::SetUp, 8),
            (Step::SetUp, 9),
            (Step::SetUp, 11),
            (Step::SetUp, 13),
        ],
        kill_point::BETWEEN_POST_AND_THREAD => &[(Step::SetUp, 1)],
        kill_point::MID_REVEAL => &[(Step::SetUp, 1), (Step::SetUp, 2), (Step::SetUp, 3)],
        kill_point::MID_CLOSE => &[(Step::SetUp, 1)],
        other => panic!("{other} is a kill point without a test on Discord"),
    }
}

#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_kill_at_every_kill_point_loses_and_repeats_nothing() {
    kills::at_every_point::<Job>(counts).await;
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
