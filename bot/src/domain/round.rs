//! One question's life in one study channel, as a pure state machine that returns effects.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{InvalidId, RoundId, Timestamp};

/// When the thread can't be read at the deadline, the round waits this long before it reveals all the same.
pub const READING_PATIENCE_MS: i64 = 10 * 60 * 1000;

/// A question that reached its channel later than this moves its deadlines by as much.
pub const POSTED_LATE_AFTER_MS: i64 = 60 * 1000;

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Answers are taken.
    Open,
    /// The deadline has passed; the thread is read once more.
    Collecting,
    /// The rubric is out; answers are marked.
    Review,
    /// Scores are final.
    Closed,
    /// It never counted.
    Cancelled,
}

impl Phase {
    /// The phase as the database writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Collecting => "collecting",
            Self::Review => "review",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the rubric may be shown.
    pub const fn is_revealed(self) -> bool {
        matches!(self, Self::Review | Self::Closed)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Phase {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        [Self::Open, Self::Collecting, Self::Review, Self::Closed, Self::Cancelled]
            .into_iter()
            .find(|phase| phase.as_str() == text)
            .ok_or(InvalidId)
    }
}

/// A round's header: all that its own decisions need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The row.
    pub id: RoundId,
    /// Where it stands.
    pub phase: Phase,
    /// When it was opened by the scheduler or an organiser.
    pub opened_at: Timestamp,
    /// The question stands in the channel.
    pub posted: bool,
    /// Answers count when they were sent before this.
    pub deadline_at: Timestamp,
    /// How long the review lasts, counted from the reveal, in milliseconds.
    pub review_ms: i64,
    /// When the review ends; known from the reveal on.
    pub review_deadline_at: Option<Timestamp>,
    /// Since when the thread is being read for the reveal.
    pub collecting_since: Option<Timestamp>,
    /// Scores are being settled.
    pub closing: bool,
}

/// What can happen to a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The question was posted at this time by our clock.
    Posted,
    /// The question or its thread can't be posted at all.
    PostingFailed,
    /// Time has passed: look whether something is due.
    TimePassed,
    /// An organiser ends the answering now.
    CloseAnswers,
    /// The whole thread was read and compared.
    ThreadRead,
    /// An organiser ends the review now.
    CloseReview,
    /// A batch of answers was settled; `more` are left.
    AnswersSettled {
        /// Whether answers are left to settle.
        more: bool,
    },
}

/// What the program must do because of a decision. Its texts are built from the round's stored snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The posted question shows other times now: edit it.
    UpdateQuestionPost,
    /// Read the whole thread and compare.
    ReadThread,
    /// Freeze the answers, post the rubric and the private answers.
    Reveal,
    /// Tell the organisers that the thread could not be read before the reveal.
    ReportUnreadThread,
    /// Settle the next batch of answers.
    SettleAnswers,
    /// Post the summary into the thread and tell learners their scores.
    PostSummary,
    /// Tell the organisers that the question could not be posted.
    ReportUnposted,
}

/// The next state, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The round as it is now to be stored.
    pub round: Round,
    /// In the order in which they are to be carried out.
    pub effects: Vec<Effect>,
}

impl Round {
    /// When time alone changes this round next. `None`: it waits for something else, or is over.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.phase {
            // While the question is still on its way, nobody can answer, so the deadline waits for it.
            Phase::Open => self.posted.then_some(self.deadline_at),
            Phase::Collecting => self.collecting_since.map(|since| since.plus(READING_PATIENCE_MS)),
            // Settling goes on at once, batch after batch.
            Phase::Review if self.closing => Some(Timestamp(i64::MIN)),
            Phase::Review => self.review_deadline_at,
            Phase::Closed | Phase::Cancelled => None,
        }
    }
}

/// Decides. A command that doesn't fit the phase changes nothing and has no effects: it came twice or too late.
pub fn decide(round: &Round, command: Command, now: Timestamp) -> Decision {
    let mut next = round.clone();
    let effects = match (round.phase, command) {
        (Phase::Open, Command::Posted) => posted(&mut next, now),
        (Phase::Open, Command::PostingFailed) => {
            next.phase = Phase::Cancelled;
            vec![Effect::ReportUnposted]
        }
        (Phase::Open, Command::CloseAnswers) if round.posted => {
            next.deadline_at = round.deadline_at.min(now);
            collect(&mut next, now)
        }
        (Phase::Open, Command::TimePassed) if is_due(round, now) => collect(&mut next, now),
        (Phase::Collecting, Command::ThreadRead) => reveal(&mut next, now),
        (Phase::Collecting, Command::TimePassed) if is_due(round, now) => {
            let mut effects = reveal(&mut next, now);
            effects.push(Effect::ReportUnreadThread);
            effects
        }
        // Closing begins with a decision of its own and goes on batch by batch, so that it can be resumed anywhere.
        (Phase::Review, Command::TimePassed) if round.closing => vec![Effect::SettleAnswers],
        (Phase::Review, Command::TimePassed) if is_due(round, now) => {
            next.closing = true;
            Vec::new()
        }
        (Phase::Review, Command::CloseReview) if !round.closing => {
            next.review_deadline_at = Some(round.review_deadline_at.map_or(now, |at| at.min(now)));
            next.closing = true;
            Vec::new()
        }
        (Phase::Review, Command::AnswersSettled { more }) if round.closing && !more => {
            next.phase = Phase::Closed;
            next.closing = false;
            vec![Effect::PostSummary]
        }
        _ => Vec::new(),
    };
    Decision { round: next, effects }
}

fn is_due(round: &Round, now: Timestamp) -> bool {
    round.due_at().is_some_and(|at| at <= now)
}

/// A window that opened late keeps its length.
fn posted(next: &mut Round, now: Timestamp) -> Vec<Effect> {
    if next.posted {
        return Vec::new();
    }
    next.posted = true;
    let late_ms = now.since(next.opened_at);
    if late_ms <= POSTED_LATE_AFTER_MS {
        return Vec::new();
    }
    next.deadline_at = next.deadline_at.plus(late_ms);
    vec![Effect::UpdateQuestionPost]
}

fn collect(next: &mut Round, now: Timestamp) -> Vec<Effect> {
    next.phase = Phase::Collecting;
    next.collecting_since = Some(now);
    vec![Effect::UpdateQuestionPost, Effect::ReadThread]
}

fn reveal(next: &mut Round, now: Timestamp) -> Vec<Effect> {
    next.phase = Phase::Review;
    next.review_deadline_at = Some(now.max(next.deadline_at).plus(next.review_ms));
    vec![Effect::Reveal]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open() -> Round {
        Round {
            id: RoundId(1),
            phase: Phase::Open,
            opened_at: Timestamp(0),
            posted: true,
            deadline_at: Timestamp(1_000),
            review_ms: 500,
            review_deadline_at: None,
            collecting_since: None,
            closing: false,
        }
    }

    fn step(round: &Round, command: Command, now: i64) -> (Round, Vec<Effect>) {
        let decision = decide(round, command, Timestamp(now));
        (decision.round, decision.effects)
    }

    #[test]
    fn a_round_runs_through_its_phases() {
        let (round, effects) = step(&open(), Command::TimePassed, 999);
        assert_eq!((round.phase, effects), (Phase::Open, vec![]));
        let (round, effects) = step(&round, Command::TimePassed, 1_000);
        assert_eq!(round.phase, Phase::Collecting);
        assert_eq!(effects, [Effect::UpdateQuestionPost, Effect::ReadThread]);
        let (round, effects) = step(&round, Command::ThreadRead, 1_100);
        assert_eq!((round.phase, effects), (Phase::Review, vec![Effect::Reveal]));
        assert_eq!(round.review_deadline_at, Some(Timestamp(1_600)));
        let (round, effects) = step(&round, Command::TimePassed, 1_600);
        assert_eq!((round.phase, round.closing, effects), (Phase::Review, true, vec![]));
        let (round, effects) = step(&round, Command::TimePassed, 1_600);
        assert_eq!((round.phase, effects), (Phase::Review, vec![Effect::SettleAnswers]));
        let (round, effects) = step(&round, Command::AnswersSettled { more: true }, 1_600);
        assert_eq!((round.phase, effects), (Phase::Review, vec![]));
        let (round, effects) = step(&round, Command::TimePassed, 1_600);
        assert_eq!((round.phase, effects), (Phase::Review, vec![Effect::SettleAnswers]));
        let (round, effects) = step(&round, Command::AnswersSettled { more: false }, 1_600);
        assert_eq!((round.phase, effects), (Phase::Closed, vec![Effect::PostSummary]));
        assert_eq!(round.due_at(), None);
    }

    #[test]
    fn when_reading_keeps_failing_it_reveals_after_ten_minutes_and_says_so() {
        let (round, _) = step(&open(), Command::TimePassed, 1_000);
        let (waiting, effects) = step(&round, Command::TimePassed, 1_000 + READING_PATIENCE_MS - 1);
        assert_eq!((waiting.phase, effects), (Phase::Collecting, vec![]));
        let (round, effects) = step(&round, Command::TimePassed, 1_000 + READING_PATIENCE_MS);
        assert_eq!(round.phase, Phase::Review);
        assert_eq!(effects, [Effect::Reveal, Effect::ReportUnreadThread]);
    }

    #[test]
    fn a_question_posted_late_keeps_the_length_of_its_window() {
        let round = Round { posted: false, ..open() };
        assert_eq!(round.due_at(), None);
        let (round, effects) = step(&round, Command::Posted, 120_000);
        assert_eq!((round.deadline_at, effects), (Timestamp(121_000), vec![Effect::UpdateQuestionPost]));
        let (again, effects) = step(&round, Command::Posted, 240_000);
        assert_eq!((again, effects), (round, vec![]));
    }

    #[test]
    fn closing_early_moves_the_deadline_to_now() {
        let (round, _) = step(&open(), Command::CloseAnswers, 400);
        assert_eq!((round.phase, round.deadline_at), (Phase::Collecting, Timestamp(400)));
        let (round, _) = step(&round, Command::ThreadRead, 450);
        let (round, effects) = step(&round, Command::CloseReview, 500);
        assert_eq!((round.review_deadline_at, effects), (Some(Timestamp(500)), vec![]));
        assert!(round.closing);
    }

    fn any_command() -> impl Strategy<Value = Command> {
        prop_oneof![
            1 => Just(Command::Posted),
            1 => Just(Command::PostingFailed),
            4 => Just(Command::TimePassed),
            1 => Just(Command::CloseAnswers),
            2 => Just(Command::ThreadRead),
            1 => Just(Command::CloseReview),
            1 => any::<bool>().prop_map(|more| Command::AnswersSettled { more }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// Whatever happens in whatever order: one reveal, never before the deadline, and one summary after it.
        #[test]
        fn reveals_once_and_never_early(
            commands in prop::collection::vec((any_command(), 0i64..400_000), 1..40),
            posted in any::<bool>(),
        ) {
            let mut round = Round { posted, ..open() };
            let mut now = 0;
            let (mut reveals, mut summaries) = (0, 0);
            for (command, step) in commands {
                now += step;
                let before = round.phase;
                let decision = decide(&round, command, Timestamp(now));
                for effect in &decision.effects {
                    match effect {
                        Effect::Reveal => {
                            reveals += 1;
                            prop_assert!(now >= decision.round.deadline_at.0);
                            prop_assert!(decision.round.posted);
                        }
                        Effect::PostSummary => {
                            summaries += 1;
                            prop_assert_eq!(reveals, 1);
                        }
                        _ => {}
                    }
                }
                prop_assert!(order(decision.round.phase) >= order(before));
                round = decision.round;
            }
            prop_assert!(reveals <= 1 && summaries <= 1);
            prop_assert_eq!(round.phase.is_revealed(), reveals == 1);
        }
    }

    fn order(phase: Phase) -> u8 {
        match phase {
            Phase::Open => 0,
            Phase::Collecting => 1,
            Phase::Review => 2,
            Phase::Closed | Phase::Cancelled => 3,
        }
    }
}
