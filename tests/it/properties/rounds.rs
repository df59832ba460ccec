//! Whole rounds on the engine: nothing leaks before the reveal, the frozen answers are the oracle's, and totals equal
//! the history.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sqlx::Row;
use studybot::app::{App, doctor};
use studybot::db::answers::AnswerRow;
use studybot::db::{answers, rounds, scores};
use studybot::domain::answer::{Part, answer_text};
use studybot::domain::effect::Job;
use studybot::domain::leaderboard::{Window, streak};
use studybot::domain::round::Phase;

use super::canary;
use super::config;
use super::fake::person;
use super::history::{Body, LEARNERS, Message, Thread};
use super::oracle;
use super::steps::{Step, any_steps};
use super::world::{ANSWER_MS, Case, REVIEW_MS, World};

const CASES: u32 = 120;
/// A case takes a fraction of a second, so that shrinking a failure must have an end.
const SHRINK_ITERATIONS_MAX: u32 = 150;

type Checked = Result<(), TestCaseError>;

#[test]
fn whole_rounds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let number = std::cell::Cell::new(0);
    let any_case =
        (any_steps(), any::<bool>(), any::<bool>(), 1..u64::MAX, prop::sample::select(vec![0u64, 10, 50]));
    let outcome = TestRunner::new(Config { max_shrink_iters: SHRINK_ITERATIONS_MAX, ..config(CASES) }).run(
        &any_case,
        |(steps, sealed, anonymous, seed, fails)| {
            number.set(number.get() + 1);
            world.chat.begin(seed, fails);
            runtime.block_on(async {
                let mut case = Case::new(&world, number.get(), sealed, anonymous).await;
                run(&mut case, &steps).await
            })
        },
    );
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    runtime.block_on(async {
        let report = doctor::examine(&mut world.db.read().await.unwrap(), world.clock.now()).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.checks);
    });
}

async fn run(case: &mut Case<'_>, steps: &[Step]) -> Checked {
    for (wait, action) in steps {
        // What an action brings about is settled and looked at before the next one.
        case.pass(case.wait_ms(*wait)).await?;
        case.act(action).await;
    }
    // Everything runs out.
    for _ in 0..3 {
        case.pass(ANSWER_MS + REVIEW_MS).await?;
    }
    case.check_ends().await
}

impl Case<'_> {
    async fn pass(&mut self, milliseconds: i64) -> Checked {
        self.world.engine.advance_ms(milliseconds).await.unwrap();
        self.look_around().await
    }

    /// Checks what has happened since the last look.
    async fn look_around(&mut self) -> Checked {
        self.look_for_rounds().await;
        self.look_for_reveals().await?;
        self.check_secrets().await?;
        let faults = std::mem::take(&mut self.world.chat.state().faults);
        prop_assert!(faults.is_empty(), "{:?}", faults);
        Ok(())
    }

    async fn look_for_reveals(&mut self) -> Checked {
        for index in 0..self.rounds.len() {
            let round = &self.rounds[index];
            if round.revealed.is_some() {
                continue;
            }
            let mut reader = self.world.db.read().await.unwrap();
            let row = rounds::by_id(&mut reader, round.id).await.unwrap().unwrap();
            let reveal = sqlx::query("SELECT created_at FROM outbox WHERE key = ?")
                .bind(format!("round:{}:reveal", round.id))
                .fetch_optional(&mut *reader)
                .await
                .unwrap();
            let revealed: Option<i64> = reveal.map(|row| row.get(0));
            prop_assert_eq!(row.round.phase.is_revealed(), revealed.is_some());
            let Some(at) = revealed else { continue };
            prop_assert_eq!(row.round.deadline_at.0, round.deadline, "the deadline of {:?}", round);
            prop_assert!(at >= round.deadline, "revealed {} ms early", round.deadline - at);
            self.rounds[index].review_ends = self.review_end(index, at);
            self.rounds[index].revealed = Some(at);
            drop(reader);
            self.check_frozen(index).await?;
        }
        Ok(())
    }

    /// No message, no reply and no row of the outbox carries a secret before its reveal, but to its author.
    async fn check_secrets(&mut self) -> Checked {
        let shown = std::mem::take(&mut self.world.chat.state().shown);
        for shown in shown.iter().filter(|shown| shown.workspace == self.workspace) {
            self.check_text(&shown.text, shown.at, shown.to.as_deref())?;
        }
        for (at, who, text) in std::mem::take(&mut self.replies) {
            self.check_text(&text, at, Some(&format!("p{who}")))?;
        }
        let mut reader = self.world.db.read().await.unwrap();
        let rows = sqlx::query(
            "SELECT o.id, o.payload, o.created_at FROM outbox o JOIN workspaces w ON w.id = o.workspace_id
             WHERE o.id > ? AND w.workspace_ref = ? AND o.payload IS NOT NULL ORDER BY o.id",
        )
        .bind(self.outbox_seen)
        .bind(self.workspace.id.as_str())
        .fetch_all(&mut *reader)
        .await
        .unwrap();
        for row in &rows {
            self.outbox_seen = row.get(0);
            let payload: String = row.get(1);
            let to = match serde_json::from_str(&payload).unwrap() {
                Job::Direct { person, .. } => Some(person.to_string()),
                _ => None,
            };
            self.check_text(&payload, row.get(2), to.as_deref())?;
        }
        Ok(())
    }

    fn check_text(&self, text: &str, at: i64, reader: Option<&str>) -> Checked {
        let is_out = |revealed: Option<i64>| revealed.is_some_and(|revealed| revealed <= at);
        for question in canary::rubrics(text) {
            let asked = self.rounds.iter().filter(|round| round.question == question);
            prop_assert!(asked.into_iter().any(|round| is_out(round.revealed)), "a rubric leaks: {}", text);
        }
        for secret in canary::privates(text) {
            let (round, author) = self.secrets[&secret];
            let own = reader == Some(&format!("p{author}"));
            prop_assert!(own || is_out(self.rounds[round].revealed), "a private text leaks: {}", text);
        }
        Ok(())
    }

    /// The frozen answers of a round that was just revealed are the oracle's.
    async fn check_frozen(&mut self, index: usize) -> Checked {
        let round = &self.rounds[index];
        let (thread, standing) = self.last_reading(index);
        let mut seen = round.seen.clone();
        seen.extend(self.readings(index));
        let mut took_part = [false; LEARNERS];
        for (learner, took_part) in took_part.iter_mut().enumerate() {
            let (answer, parts) = self.stored(index, learner).await;
            let (mut candidates, mut ids) = (Vec::new(), Vec::new());
            for (message, version) in &standing {
                let whole = &thread.messages[*message];
                if whole.author == learner && whole.sent < round.deadline {
                    let known: BTreeSet<usize> = seen
                        .iter()
                        .filter(|(seen, _)| seen == message)
                        .map(|(_, version)| *version)
                        .collect();
                    let expected = marked(whole, &known, round.deadline, *version);
                    candidates.push((expected, whole.reply, round.chosen.get(message).copied()));
                    ids.push(Thread::id(*message));
                }
            }
            let private = &round.private[learner].0;
            let counted = oracle::counted(&candidates, private, self.sealed(index));
            let counted: Vec<usize> = (0..ids.len()).filter(|index| counted[*index]).collect();
            let frozen: Vec<&Part> = parts.iter().filter(|part| part.frozen == Some(true)).collect();
            let frozen_ids: Vec<_> = frozen.iter().map(|part| part.message.clone()).collect();
            let expected_ids: Vec<_> = counted.iter().map(|index| ids[*index].clone()).collect();
            prop_assert_eq!(frozen_ids, expected_ids, "learner {} in {:?} of {:?}", learner, round, thread);
            let mut texts: Vec<String> =
                counted.iter().map(|index| oracle::text(candidates[*index].0)).collect();
            texts.extend((!private.is_empty()).then(|| private.clone()));
            let saved = answer.as_ref().map_or("", |answer| &answer.private_text);
            prop_assert_eq!(saved, private);
            prop_assert!(
                answer_text(frozen, saved) == texts.join("\n\n"),
                "learner {learner} in {round:?} of {thread:?}"
            );
            *took_part = !texts.is_empty();
            let on_time = answer.is_some_and(|answer| answer.on_time == Some(true));
            prop_assert_eq!(on_time, *took_part, "learner {} in {:?}", learner, round);
        }
        self.rounds[index].took_part = took_part;
        Ok(())
    }

    /// The thread, and what stood in it when the round was read for its reveal.
    fn last_reading(&self, index: usize) -> (Thread, Vec<(usize, usize)>) {
        let state = self.world.chat.state();
        let round = &self.rounds[index];
        let (thread, _) = &state.threads[round.thread.as_ref().unwrap()];
        let key = format!("round:{}:reading:final", round.id);
        let reading = state.readings.iter().rfind(|reading| reading.key == key).unwrap();
        (thread.clone(), reading.standing.clone())
    }

    /// What the bot has seen of a round's messages by reading its thread, up to the reveal: a reading that was asked
    /// for when the thread was opened may come as late as the last one.
    fn readings(&self, index: usize) -> Vec<(usize, usize)> {
        let state = self.world.chat.state();
        let of_round = format!("round:{}:reading:", self.rounds[index].id);
        let last =
            state.readings.iter().rposition(|reading| reading.key == format!("{of_round}final")).unwrap();
        let readings = state.readings[..=last].iter().filter(|reading| reading.key.starts_with(&of_round));
        readings.flat_map(|reading| reading.standing.iter().copied()).collect()
    }

    async fn stored(&self, index: usize, learner: usize) -> (Option<AnswerRow>, Vec<Part>) {
        let mut reader = self.world.db.read().await.unwrap();
        let answers = answers::in_round(&mut reader, self.rounds[index].id).await.unwrap();
        let Some(answer) = answers.into_iter().find(|answer| answer.person == person(learner).id) else {
            return (None, Vec::new());
        };
        let parts = answers::parts_of(&mut reader, answer.id).await.unwrap();
        (Some(answer), parts)
    }

    /// Once every round is closed: scores from the marks, totals from the scores, ranks and streaks from both.
    async fn check_ends(&self) -> Checked {
        let mut totals = vec![BTreeMap::<usize, (i64, i64)>::new(); self.channels.len()];
        for (index, round) in self.rounds.iter().enumerate() {
            self.check_scores(index).await?;
            for learner in (0..LEARNERS).filter(|learner| round.took_part[*learner]) {
                let total = totals[round.channel].entry(learner).or_default();
                total.0 += self.points(index, learner);
                total.1 += 1;
            }
        }
        for (channel, totals) in totals.iter().enumerate() {
            self.check_board(channel, totals).await?;
            self.check_streaks(channel, totals).await?;
        }
        Ok(())
    }

    fn points(&self, index: usize, learner: usize) -> i64 {
        let round = &self.rounds[index];
        let Some(marks) = &round.marks[learner] else { return 0 };
        let weights = (0..canary::CRITERIA)
            .map(|index| (canary::weight(round.question, index), marks.contains(&index)));
        oracle::points(&weights.collect::<Vec<_>>())
    }

    async fn check_scores(&self, index: usize) -> Checked {
        let round = &self.rounds[index];
        let mut reader = self.world.db.read().await.unwrap();
        let row = rounds::by_id(&mut reader, round.id).await.unwrap().unwrap();
        prop_assert_eq!(row.round.phase, Phase::Closed, "{:?}", round);
        let settled = scores::in_round(&mut reader, round.id).await.unwrap();
        let found: BTreeMap<String, (i64, bool)> = settled
            .iter()
            .map(|score| (score.name.clone(), (i64::from(score.points), score.basis.as_str() == "self")))
            .collect();
        let expected: BTreeMap<String, (i64, bool)> = (0..LEARNERS)
            .filter(|learner| round.took_part[*learner])
            .map(|learner| {
                (person(learner).name, (self.points(index, learner), round.marks[learner].is_some()))
            })
            .collect();
        prop_assert_eq!(settled.len(), found.len(), "nobody has two scores");
        prop_assert_eq!(found, expected, "{:?}", round);
        Ok(())
    }

    async fn check_board(&self, channel: usize, totals: &BTreeMap<usize, (i64, i64)>) -> Checked {
        let mut reader = self.world.db.read().await.unwrap();
        let (channel, now) = (&self.channels[channel], self.world.clock.now());
        let board = App::leaderboard(&mut reader, channel, Window::All, now).await.unwrap();
        let mut expected: Vec<(usize, String, i64, i64)> = totals
            .iter()
            .map(|(learner, (points, answers))| {
                let better = totals.values().filter(|(other, _)| other > points).count();
                (better + 1, person(*learner).name, *points, *answers)
            })
            .collect();
        expected.sort();
        let rows = board.rows.iter().map(|standing| &standing.row);
        let found: Vec<_> = rows
            .map(|row| {
                let rank = usize::try_from(row.rank).unwrap();
                (rank, row.name.clone(), i64::from(row.points), i64::from(row.answers))
            })
            .collect();
        prop_assert_eq!(found, expected);
        Ok(())
    }

    async fn check_streaks(&self, channel: usize, totals: &BTreeMap<usize, (i64, i64)>) -> Checked {
        let mut reader = self.world.db.read().await.unwrap();
        let workspace = self.channels[channel].workspace_id;
        for learner in totals.keys() {
            let known =
                studybot::db::learners::find(&mut reader, workspace, &person(*learner).id).await.unwrap();
            let took_part = rounds::participation(&mut reader, self.channels[channel].id, known.unwrap().id)
                .await
                .unwrap();
            let found = streak(took_part);
            let own: Vec<bool> = self
                .rounds
                .iter()
                .filter(|round| round.channel == channel)
                .map(|round| round.took_part[*learner])
                .collect();
            let found = (usize::try_from(found.current).unwrap(), usize::try_from(found.longest).unwrap());
            prop_assert_eq!(found, oracle::streak(&own));
        }
        Ok(())
    }
}

/// What a message counts with: the text at the deadline. Where the bot never saw that, the newest text it saw from
/// before the deadline, or else the first from after it.
fn marked<'a>(message: &'a Message, known: &BTreeSet<usize>, deadline: i64, last: usize) -> &'a Body {
    let truth = oracle::marked_version(message, deadline).unwrap();
    let newest = known.iter().rfind(|version| **version <= truth);
    let version = newest.or_else(|| known.first()).copied().unwrap_or(last);
    &message.bodies[version].1
}
