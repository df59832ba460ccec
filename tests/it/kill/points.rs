//! Kills at the named points.

use std::fs;
use std::path::Path;

use futures_util::{StreamExt, stream};
use studybot::kill_point;

use super::checks;
use super::day::{self, Step};
use super::team::Team;

/// Programs that run side by side: there are two cores.
const AT_ONCE: usize = 3;
/// Beside the twenty; 500 are settled at once.
const CROWD: usize = 505;

/// Before which step the program is started with the kill point, and which time it is to be killed there. The counts
/// of a step begin with the program's start.
fn counts(point: &str) -> &'static [(Step, u32)] {
    match point {
        // The first ones are in the start itself.
        kill_point::AFTER_COMMIT => &[
            (Step::Open, 1),
            (Step::Open, 2),
            (Step::Open, 6),
            (Step::Open, 9),
            (Step::Answer, 5),
            (Step::Answer, 25),
            (Step::Reveal, 6),
            (Step::Reveal, 8),
            (Step::Reveal, 10),
            (Step::Mark, 7),
            (Step::Close, 5),
            (Step::Close, 8),
        ],
        // Question, thread, its first line; reactions; the last reading, the parts of the reveal; the notices.
        kill_point::TAKEN_NOT_SETTLED => &[
            (Step::Open, 1),
            (Step::Open, 2),
            (Step::Open, 3),
            (Step::Answer, 2),
            (Step::Answer, 9),
            (Step::Reveal, 2),
            (Step::Reveal, 3),
            (Step::Reveal, 4),
            (Step::Reveal, 5),
            (Step::Close, 2),
            (Step::Close, 11),
        ],
        kill_point::BETWEEN_POST_AND_THREAD => &[(Step::Open, 1), (Step::Open, 2)],
        kill_point::MID_REVEAL => &[(Step::Reveal, 1), (Step::Reveal, 2), (Step::Reveal, 3)],
        kill_point::MID_CLOSE => &[(Step::Close, 1), (Step::Close, 2)],
        other => panic!("{other} is a kill point without a test"),
    }
}

#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_kill_at_every_kill_point_loses_and_repeats_nothing() {
    let place = tempfile::tempdir().unwrap();
    let begun = place.path().join("begun");
    fs::create_dir(&begun).unwrap();
    let mut team = Team::gather("begun", &begun).await;
    team.stop().await;
    let first = team.first;
    drop(team);
    let all = kill_point::ALL.into_iter();
    let cases: Vec<_> =
        all.flat_map(|point| counts(point).iter().map(move |(step, count)| (point, *step, *count))).collect();
    stream::iter(cases)
        .for_each_concurrent(AT_ONCE, |(point, step, count)| {
            let (begun, place) = (begun.clone(), place.path().to_owned());
            async move {
                let name = format!("{point}:{count} from {step:?}");
                let own = place.join(name.replace([':', ' '], "-"));
                copy(&begun, &own);
                let mut team = Team::open(&name, &own, first, Vec::new()).await;
                kill_once(&mut team, step, &[&format!("{point}:{count}")]).await;
                fs::remove_dir_all(own).unwrap();
            }
        })
        .await;
}

/// The scores of more people than one unit of work settles: the kill falls between two batches.
#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_kill_between_two_batches_of_scores_settles_each_once() {
    let place = tempfile::tempdir().unwrap();
    let mut team = Team::gather("crowd", place.path()).await;
    team.let_in(CROWD).await;
    let point = format!("{}:2", kill_point::MID_CLOSE);
    kill_once(&mut team, Step::Close, &[&point]).await;
    assert_eq!(team.settled, 500, "one batch was settled at the kill, and another was left");
}

/// A kill, and one more while the program makes up for the first.
#[tokio::test]
#[cfg_attr(not(debug_assertions), ignore = "release builds have no kill points")]
async fn a_second_kill_while_starting_again_changes_nothing() {
    let chains = [
        (Step::Open, [kill_point::TAKEN_NOT_SETTLED, kill_point::AFTER_COMMIT], [1, 1]),
        (Step::Open, [kill_point::BETWEEN_POST_AND_THREAD, kill_point::TAKEN_NOT_SETTLED], [1, 1]),
        (Step::Reveal, [kill_point::TAKEN_NOT_SETTLED, kill_point::TAKEN_NOT_SETTLED], [4, 2]),
        (Step::Reveal, [kill_point::MID_REVEAL, kill_point::MID_REVEAL], [1, 1]),
        (Step::Close, [kill_point::MID_CLOSE, kill_point::AFTER_COMMIT], [1, 2]),
    ];
    for (step, points, counts) in chains {
        let place = tempfile::tempdir().unwrap();
        let mut team = Team::gather(&format!("{points:?} from {step:?}"), place.path()).await;
        let points = [0, 1].map(|at| format!("{}:{}", points[at], counts[at]));
        kill_once(&mut team, step, &[&points[0], &points[1]]).await;
    }
}

/// Lives through a day with a kill, or through two when the count is not reached on the first.
async fn kill_once(team: &mut Team, armed_before: Step, points: &[&str]) {
    let mut days = 0;
    while days == 0 || (team.is_armed() && days < 2) {
        for step in Step::ALL {
            if days == 0 && step == armed_before {
                team.arm(points).await;
            }
            day::step(team, days, step).await;
        }
        days += 1;
    }
    assert_eq!(team.kills.len(), points.len(), "{}: the kill point was not reached", team.name);
    checks::at_the_end(team, days).await;
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
