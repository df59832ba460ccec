//! The real binary is killed: at every kill point that the design names, and at random moments of a fortnight.
//! After each kill it is started again, and in the end every question was posted once, every answer was kept, every
//! reveal was made once and none early, and `doctor` is content.
//!
//! The record holds what the chat has accepted. What was under way when the program died may or may not have been
//! taken: people look, and do it again where it was not.

mod checks;
mod day;
mod moments;
mod pack;
mod points;
mod record;
mod team;

use moments::Moments;
use team::{Fate, Team};

/// Days of the fortnight, each with a round.
const DAYS: usize = 14;
/// Kills inside calls that open, reveal or close rounds; inside calls of people; inside starts.
const KILLS: [usize; 3] = [24, 18, 8];
const SEED: u64 = 20_261_121;

#[tokio::test]
async fn a_fortnight_survives_fifty_kills() {
    let seed = std::env::var("STUDYBOT_KILL_SEED").ok().map_or(SEED, |seed| seed.parse().unwrap());
    println!("STUDYBOT_KILL_SEED={seed}");
    let place = tempfile::tempdir().unwrap();
    let mut team = Team::gather("fortnight", place.path()).await;
    let [clock, people, starts] = KILLS;
    team.fate = Fate::Seeded(Moments::scatter(seed, DAYS, clock, people, starts));
    for day in 0..DAYS {
        if let Fate::Seeded(moments) = &mut team.fate {
            moments.day(day);
        }
        day::whole(&mut team, day).await;
    }
    assert_eq!(team.kills.len(), KILLS.iter().sum::<usize>(), "{:#?}", team.kills);
    checks::at_the_end(&mut team, DAYS).await;
}
