//! Kills: at every named kill point, and after so many requests. Whatever the moment, the job is finished after one
//! more start, every message stands once, and every answer is there.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use studybot::kill_point;

use super::Fate;
use super::Place;
use super::job::{Job, Step};

/// Programs that run side by side: there are two cores.
const AT_ONCE: usize = 4;
/// Requests that the whole job is sure to make.
const REQUESTS: u64 = 40;
/// Kills at moments chosen by the seed.
const MOMENTS: u64 = 10;
const SEED: u64 = 20_261_121;
/// The latest moment after a request: a little longer than most take.
const LATEST_US: u64 = 15_000;

/// A kill point, before which step the program is started with it, and which time it is to be killed there, counted
/// from that start.
pub(crate) type Case = (&'static str, Step, u32);

/// When it is killed, on any platform. Units of work that meet share a commit, so that late counts would not be sure to
/// come.
const CASES: [Case; 23] = [
    // The first ones of a later start are in the start itself.
    (kill_point::AFTER_COMMIT, Step::SetUp, 1),
    (kill_point::AFTER_COMMIT, Step::SetUp, 3),
    (kill_point::AFTER_COMMIT, Step::SetUp, 5),
    (kill_point::AFTER_COMMIT, Step::SetUp, 8),
    (kill_point::AFTER_COMMIT, Step::SetUp, 12),
    (kill_point::AFTER_COMMIT, Step::AnswerPrivately, 2),
    (kill_point::AFTER_COMMIT, Step::Reveal, 10),
    (kill_point::AFTER_COMMIT, Step::Mark, 9),
    (kill_point::AFTER_COMMIT, Step::Close, 6),
    // Question, thread, its first line, reactions; the last reading, the reveal and its parts; the notices.
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 1),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 2),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 3),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 4),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 6),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 7),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 8),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 9),
    (kill_point::TAKEN_NOT_SETTLED, Step::SetUp, 11),
    (kill_point::BETWEEN_POST_AND_THREAD, Step::SetUp, 1),
    (kill_point::MID_REVEAL, Step::SetUp, 1),
    (kill_point::MID_REVEAL, Step::SetUp, 2),
    (kill_point::MID_REVEAL, Step::SetUp, 3),
    (kill_point::MID_CLOSE, Step::SetUp, 1),
];

/// Does the job with a kill at every kill point, and at these of the platform's own.
pub(crate) async fn at_every_point<J: Job>(more: &[Case]) {
    for point in kill_point::ALL {
        assert!(CASES.iter().any(|(named, ..)| *named == point), "{point} is a kill point without a test");
    }
    stream::iter(CASES.iter().chain(more))
        .for_each_concurrent(AT_ONCE, |(point, step, count)| async move {
            let name = format!("{point}:{count} from {step:?}");
            let mut job = J::begun(&name).await;
            armed_before(&mut job, *step, &format!("{point}:{count}")).await;
            job.all_from(*step).await;
            assert_eq!(job.scene().kills, 1, "{name}: the kill point was not reached");
            job.ends_well().await;
        })
        .await;
}

/// Does everything before a step, and starts the program with a kill point for the rest.
async fn armed_before(job: &mut impl Job, step: Step, point: &str) {
    if step != Step::ALL[0] {
        job.scene_mut().start(None);
        job.all_before(step).await;
        job.scene_mut().stop().await;
    }
    let scene = job.scene_mut();
    let sessions = scene.sessions();
    scene.start(Some(point));
    if scene.connected_since(sessions).await.is_err() {
        scene.restart().await;
    }
}

/// Does the job again and again, with a kill in each part of it, at a moment that a seed chooses.
pub(crate) async fn at_any_moment<J: Job>() {
    let seed = std::env::var("STUDYBOT_KILL_SEED").ok().map_or(SEED, |seed| seed.parse().unwrap());
    println!("STUDYBOT_KILL_SEED={seed}");
    stream::iter(0..MOMENTS)
        .for_each_concurrent(AT_ONCE, |number| async move {
            let chance = scattered(seed.wrapping_add(number));
            let part = REQUESTS / MOMENTS;
            let requests = number * part + chance % part;
            let pause = Duration::from_micros(scattered(chance) % LATEST_US);
            let name = format!("{pause:?} after request {requests}");
            let mut job = J::begun(&name).await;
            job.scene_mut().fate = Fate::AfterRequests(requests, pause);
            job.scene_mut().start(None);
            job.whole().await;
            assert_eq!(job.scene().kills, 1, "{name}: the job makes fewer requests");
            job.ends_well().await;
        })
        .await;
}

/// SplitMix64's output: <https://prng.di.unimi.it/splitmix64.c>.
fn scattered(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
