//! Kills on Discord: at every named kill point, and after so many requests. Whatever the moment, the job is finished
//! after one more start, every message stands once, and every answer is there.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use studybot::kill_point;

use super::job::{Job, Step};
use super::scene::{Fate, Scene};
use crate::fake_discord::{Trouble, Which};

/// Programs that run side by side: there are two cores.
const AT_ONCE: usize = 4;
/// Requests that the whole job is sure to make.
const REQUESTS: u64 = 40;
/// Kills at moments chosen by the seed.
const MOMENTS: u64 = 10;
const SEED: u64 = 20_261_121;
/// The latest moment after a request: a little longer than most take.
const LATEST_US: u64 = 15_000;

/// Which time the program is to be killed at a point, counted over the whole job.
fn counts(point: &str) -> &'static [u32] {
    match point {
        // From the start itself to the scores.
        kill_point::AFTER_COMMIT => &[1, 3, 5, 8, 12, 16, 21, 27, 34, 42],
        // Question, thread, its first line, reactions, the last reading, the reveal and its parts, the notices.
        kill_point::TAKEN_NOT_SETTLED => &[1, 2, 3, 4, 6, 7, 8, 9, 11, 13],
        kill_point::BETWEEN_POST_AND_THREAD => &[1],
        kill_point::MID_REVEAL => &[1, 2, 3],
        kill_point::MID_CLOSE => &[1],
        other => panic!("{other} is a kill point without a test on Discord"),
    }
}

#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_kill_at_every_kill_point_loses_and_repeats_nothing() {
    let all = kill_point::ALL.into_iter();
    let cases = all.flat_map(|point| counts(point).iter().map(move |count| format!("{point}:{count}")));
    stream::iter(cases)
        .for_each_concurrent(AT_ONCE, |point| async move {
            let mut job = Job::new(Scene::new(&point).await);
            job.scene.start(Some(&point));
            job.whole().await;
            assert_eq!(job.scene.kills, 1, "{point}: the kill point was not reached");
            job.ends_well().await;
        })
        .await;
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_and_repeats_nothing() {
    let seed = std::env::var("STUDYBOT_KILL_SEED").ok().map_or(SEED, |seed| seed.parse().unwrap());
    println!("STUDYBOT_KILL_SEED={seed}");
    stream::iter(0..MOMENTS)
        .for_each_concurrent(AT_ONCE, |number| async move {
            let chance = scattered(seed.wrapping_add(number));
            // One in each part of the job.
            let part = REQUESTS / MOMENTS;
            let requests = number * part + chance % part;
            let pause = Duration::from_micros(scattered(chance) % LATEST_US);
            let name = format!("{pause:?} after request {requests}");
            let mut job = Job::new(Scene::new(&name).await);
            job.scene.fate = Fate::AfterRequests(requests, pause);
            job.scene.start(None);
            job.whole().await;
            assert_eq!(job.scene.kills, 1, "{name}: the job makes fewer requests");
            job.ends_well().await;
        })
        .await;
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

/// SplitMix64's output: <https://prng.di.unimi.it/splitmix64.c>.
fn scattered(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
