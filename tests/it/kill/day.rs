//! A day of the team's, step by step.

use jiff::ToSpan;

use super::moments::Kind;
use super::record::{Marks, Round};
use super::team::{CHANNEL, PEOPLE, Saying, Team, Text};
use super::{checks, pack};

/// What happens in a round, in order. A kill point can be set before each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The question comes.
    Open,
    /// People answer.
    Answer,
    /// Answers close and the rubric comes.
    Reveal,
    /// People mark their answers.
    Mark,
    /// Scores become final.
    Close,
}

impl Step {
    pub(super) const ALL: [Self; 5] = [Self::Open, Self::Answer, Self::Reveal, Self::Mark, Self::Close];
}

/// Does one step of a day; `day` counts from 0.
pub(super) async fn step(team: &mut Team, day: usize, step: Step) {
    match step {
        Step::Open => open(team, day).await,
        Step::Answer => answer(team, day).await,
        Step::Reveal => reveal(team, day).await,
        Step::Mark => mark(team, day).await,
        Step::Close => close(team).await,
    }
}

/// Does a whole day.
pub(super) async fn whole(team: &mut Team, day: usize) {
    for each in Step::ALL {
        step(team, day, each).await;
    }
}

async fn open(team: &mut Team, day: usize) {
    let date = team.first.checked_add(i64::try_from(day).unwrap().days()).unwrap();
    let opens = super::record::instant(date, 9, 0);
    team.advance(opens + 30.seconds(), Kind::Clock, Vec::new()).await;
    let messages = team.get(&format!("/api/messages?channel={CHANNEL}")).await;
    let posts = messages.as_array().unwrap().iter().rev();
    let is_open = |label: &str| label == "Answer privately";
    let post = posts.flat_map(|message| {
        let actions = message["actions"].as_array().unwrap().iter();
        let open = actions.filter(|action| is_open(action["label"].as_str().unwrap()));
        open.map(|action| (message["id"].as_str().unwrap(), action["id"].as_str().unwrap()))
            .collect::<Vec<_>>()
    });
    let posts: Vec<_> = post.collect();
    assert_eq!(posts.len(), 1, "{}: one question is open on day {day}: {posts:?}", team.name);
    let number = posts[0].1.rsplit(':').next().unwrap().parse().unwrap();
    let question = checks::question_of(team, number).await;
    team.rounds.push(Round::new(number, date, posts[0].0.to_owned(), question));
}

/// A text that nobody else writes, and that none other begins with.
fn text(team: &Team, who: usize, what: &str) -> String {
    format!(
        "[r{}-p{}-{what}] I would look first at who could have used it",
        team.rounds.last().unwrap().number,
        who
    )
}

/// Who takes part on a day: everybody but a few.
fn takes_part(day: usize, who: usize) -> bool {
    (who + day) % 7 != 6
}

async fn answer(team: &mut Team, day: usize) {
    let people: Vec<usize> = (0..PEOPLE).filter(|who| takes_part(day, *who)).collect();
    for group in people.chunks(4) {
        let sayings = group.iter().map(|who| {
            let file = who.is_multiple_of(5).then(|| ("policy.json".to_owned(), format!("{{\"by\":{who}}}")));
            Saying { file, ..Saying::new(*who, text(team, *who, "first")) }
        });
        team.say(sayings.collect()).await;
    }
    let of = |number: usize| people[(day + number) % people.len()];
    let discussing = (0..2).map(|n| Saying::new(of(n), format!("// {}", text(team, of(n), "talk"))));
    let more = (2..7).map(|n| Saying::new(of(n), text(team, of(n), "second")));
    team.say(discussing.chain(more).collect()).await;
    team.edit(of(2), text(team, of(2), "second, changed")).await;
    team.edit(of(8), text(team, of(8), "first, changed")).await;
    team.edit(of(8), text(team, of(8), "first, changed again")).await;
    // One takes back a part, one the whole answer.
    team.delete(of(3)).await;
    team.delete(of(9)).await;
    for number in [4, 10, 11] {
        let private = text(team, of(number), "private");
        team.fill_in(of(number), Text::Private, &private).await;
    }
    let changed = text(team, of(10), "private, changed");
    team.fill_in(of(10), Text::Private, &changed).await;
    team.fill_in(of(11), Text::Private, "").await;
    // Somebody who writes nothing in the thread.
    if let Some(quiet) = (0..PEOPLE).find(|who| !takes_part(day, *who)) {
        let private = text(team, quiet, "private alone");
        team.fill_in(quiet, Text::Private, &private).await;
    }
    // The crowd says one thing each.
    let crowd: Vec<usize> = (PEOPLE..PEOPLE + team.crowd).collect();
    for group in crowd.chunks(40) {
        let sayings = group.iter().map(|who| Saying::new(*who, text(team, *who, "first")));
        team.say(sayings.collect()).await;
    }
    let shortly_before = team.today().at(16, 50);
    team.advance(shortly_before, Kind::Spared, Vec::new()).await;
    checks::secrecy(team).await;
}

async fn reveal(team: &mut Team, day: usize) {
    let deadline = team.today().deadline();
    // Two write while answers close: the chat's own time decides whether that counts.
    let racing = [day % PEOPLE, (day + 9) % PEOPLE];
    let racing = racing.map(|who| Saying::new(who, text(team, who, "at the last moment"))).into();
    team.advance(deadline + 30.seconds(), Kind::Clock, racing).await;
    checks::revealed(team).await;
}

async fn mark(team: &mut Team, day: usize) {
    let people: Vec<usize> = team.today().on_time.iter().copied().filter(|who| *who < PEOPLE).collect();
    let of = |number: usize| people[(day + number) % people.len()];
    // Three leave their answer unmarked.
    let marking: Vec<usize> =
        people.iter().copied().filter(|who| ![of(0), of(5), of(9)].contains(who)).collect();
    for group in marking.chunks(5) {
        team.mark(group.iter().map(|who| (*who, marks(day, *who))).collect()).await;
    }
    team.mark(vec![(of(1), marks(day + 3, of(1)))]).await;
    team.mark(vec![(of(2), Marks::new())]).await;
    // Too late to count: a change is ignored, a deletion takes the text and leaves the score.
    team.edit(of(3), text(team, of(3), "changed too late")).await;
    team.say(vec![Saying::new(of(6), text(team, of(6), "talk after the reveal"))]).await;
    if day.is_multiple_of(2) {
        team.delete(of(4)).await;
    }
    if let Some(late) = (0..PEOPLE).find(|who| !team.today().on_time.contains(who)) {
        let too_late = text(team, late, "late");
        team.fill_in(late, Text::Late, &too_late).await;
    }
}

/// Some criteria, by day and person.
fn marks(day: usize, who: usize) -> Marks {
    (0..pack::CRITERIA).filter(|place| !(who + day + place * place).is_multiple_of(3)).collect()
}

async fn close(team: &mut Team) {
    let next_morning = team.today().deadline() + 15.hours() + 2.minutes();
    team.advance(next_morning, Kind::Clock, Vec::new()).await;
    checks::closed(team).await;
}
