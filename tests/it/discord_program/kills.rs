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

/// Before which step the program is started with a kill point, and which time it is to be killed there, counted from that
/// start. Units of work that meet share a commit, so that late counts would not be sure to come.
fn counts(point: &str) -> &'static [(Step, u32)] {
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
    let all = kill_point::ALL.into_iter();
    let cases = all.flat_map(|point| counts(point).iter().map(move |(step, count)| (point, *step, *count)));
    stream::iter(cases)
        .for_each_concurrent(AT_ONCE, |(point, step, count)| async move {
            let name = format!("{point}:{count} from {step:?}");
            let mut job = Job::new(Scene::new(&name).await);
            armed_before(&mut job, step, &format!("{point}:{count}")).await;
            job.all_from(step).await;
            assert_eq!(job.scene.kills, 1, "{name}: the kill point was not reached");
            job.ends_well().await;
        })
        .await;
}

/// Does everything before a step, and starts the program with a kill point for the rest.
async fn armed_before(job: &mut Job, step: Step, point: &str) {
    if step != Step::ALL[0] {
        job.scene.start(None);
        job.all_before(step).await;
        job.scene.stop().await;
    }
    let identifies = job.scene.fake.gateway_counts().identifies;
    job.scene.start(Some(point));
    if job.scene.connected_since(identifies).await.is_err() {
        job.scene.restart().await;
    }
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
