//! The main job, step by step: set up, post, answer, reveal, mark, close, leaderboard. Every step begins by looking at
//! what is there already, as people do who come back to a bot that was away.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::{Killed, Place, Scene};

/// Texts that people write: each is on no other surface before its time, and in no log ever.
pub(crate) const FIRST: &str = "canary-first: I find out who owns the bucket.";
pub(crate) const SECOND: &str = "canary-second: then I block public access.";
pub(crate) const DRAFT: &str = "canary-draft: I ask who could read it.";
pub(crate) const EDITED: &str = "canary-edited: I ask who could read it, and since when.";
pub(crate) const FILE: &str = "canary-file: {\"Effect\": \"Deny\"}";
pub(crate) const TALK: &str = "// canary-talk: is this about us?";
pub(crate) const PRIVATE: &str = "canary-private: I would call the data owner.";
/// One line of a private answer that takes several messages.
const LONG_LINE: &str = "canary-long: look at the access logs before anything is changed.";
/// What every text of people has in it.
pub(crate) const CANARY: &str = "canary-";
/// How many have answered in time.
pub(crate) const ANSWERS: usize = 4;

/// What is done, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    SetUp,
    Post,
    Answer,
    AnswerPrivately,
    Reveal,
    Mark,
    Close,
    Board,
    Settle,
}

impl Step {
    pub(crate) const ALL: [Self; 9] = [
        Self::SetUp,
        Self::Post,
        Self::Answer,
        Self::AnswerPrivately,
        Self::Reveal,
        Self::Mark,
        Self::Close,
        Self::Board,
        Self::Settle,
    ];
}

/// The job on one platform, and how far people have come with it.
pub(crate) trait Job: Sized {
    type Place: Place;

    /// A scene of this name in which nothing has been done yet, and nothing runs.
    async fn begun(name: &str) -> Self;

    fn scene(&self) -> &Scene<Self::Place>;

    fn scene_mut(&mut self) -> &mut Scene<Self::Place>;

    /// Does a step, or what is left of it.
    async fn try_step(&mut self, step: Step) -> Result<(), Killed>;

    /// Nothing is missing, nothing is there twice, no answer was lost, and nothing was said that should not be.
    async fn ends_well(self);

    /// Does it all. Whenever the program was killed it is started again, and people go on.
    async fn whole(&mut self) {
        self.all_from(Step::ALL[0]).await;
    }

    /// Does everything before this step.
    async fn all_before(&mut self, end: Step) {
        for step in Step::ALL.into_iter().take_while(|step| *step != end) {
            self.finish_step(step).await;
        }
    }

    /// Does this step and everything after it.
    async fn all_from(&mut self, begin: Step) {
        for step in Step::ALL.into_iter().skip_while(|step| *step != begin) {
            self.finish_step(step).await;
        }
    }

    /// Does one step, however often the program is killed in it.
    async fn finish_step(&mut self, step: Step) {
        while self.try_step(step).await.is_err() {
            println!("{}: killed in {step:?}", self.scene().name);
            self.scene_mut().restart().await;
        }
    }
}

/// A private answer, by the inputs that it is typed into.
pub(crate) fn long_answer(inputs: usize, lines_an_input: usize) -> Vec<String> {
    let input = || vec![LONG_LINE; lines_an_input].join("\n");
    (0..inputs).map(|_| input()).collect()
}

/// A schedule that is as far from now as a day allows, so that no question comes of itself.
pub(crate) fn far_schedule() -> String {
    let now = studybot::clock::Clock::system(0).now().to_jiff().to_zoned(TimeZone::UTC);
    format!("daily {:02}:00", (now.hour() + 12) % 24)
}

impl<P: Place> Scene<P> {
    /// How far the round has come.
    pub(crate) async fn phase(&self) -> String {
        self.texts("SELECT phase FROM rounds").await.pop().unwrap_or_default()
    }

    /// Waits until a message with this key stands somewhere.
    pub(crate) async fn stands(&mut self, key: &str) -> Result<(), Killed> {
        self.until_so(key, |place| place.standing().contains_key(key).then_some(())).await
    }

    /// Waits until the private answers stand: one of a single part, and one of so many.
    pub(crate) async fn private_answers_stand(&mut self, parts: usize) -> Result<(), Killed> {
        let name = self.name.clone();
        self.until_so("private answers", |place| {
            let standing = place.standing();
            let there = standing.keys().filter(|key| key.starts_with("round:1:private:")).count();
            assert!(there <= 2 * parts, "{name}: {standing:?}");
            let last = format!(".{parts}");
            (there > parts && standing.keys().any(|key| key.ends_with(&last))).then_some(())
        })
        .await
    }

    /// Waits until everybody has been told their points.
    pub(crate) async fn score_notices_stand(&mut self) -> Result<(), Killed> {
        self.until_so("score notices", |place| {
            let standing = place.standing();
            let notices = standing.keys().filter(|key| key.starts_with("round:1:score:")).count();
            (notices >= ANSWERS).then_some(())
        })
        .await
    }

    /// Each message that should be there is, and none is twice.
    pub(crate) async fn each_key_stands_once(&self) {
        let name = &self.name;
        let there = self.standing();
        let twice: Vec<_> = there.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{name}: posted more than once: {twice:?}");
        let mut expected: BTreeSet<String> =
            ["question", "thread:opening", "reveal", "summary"].map(|part| format!("round:1:{part}")).into();
        let private =
            "SELECT 'round:1:private:' || id FROM answers WHERE round_id = 1 AND private_text <> ''";
        let scores = "SELECT 'round:1:score:' || id FROM answers WHERE round_id = 1 AND on_time";
        for sql in [private, scores] {
            expected.extend(self.texts(sql).await);
        }
        let first_parts = there.keys().filter(|key| {
            let part = key.rsplit_once('.').and_then(|(_, part)| part.parse::<u32>().ok());
            part.is_none()
        });
        assert_eq!(first_parts.cloned().collect::<BTreeSet<_>>(), expected, "{name}");
        let unsent =
            "SELECT key || ' ' || state || ' ' || coalesce(error, '') FROM outbox WHERE state <> 'sent'";
        assert_eq!(self.texts(unsent).await, [""; 0], "{name}");
    }

    /// The bot keeps every answer as it was written, and has shown the private ones: `shown` is what stands in the
    /// thread, and `long` the long one by its inputs.
    pub(crate) async fn no_answer_is_lost(&self, long: &[String], shown: &str) {
        let name = &self.name;
        let parts = "SELECT text || coalesce('/' || json_extract(files, '$[0].text'), '') FROM answer_parts
            WHERE frozen AND NOT deleted ORDER BY sent_at, message_ref";
        let expected = [FIRST.to_owned(), SECOND.to_owned(), format!("{EDITED}/{FILE}")];
        assert_eq!(self.texts(parts).await, expected, "{name}");
        let private =
            "SELECT private_text FROM answers WHERE private_text <> '' ORDER BY length(private_text)";
        assert_eq!(self.texts(private).await, [PRIVATE.to_owned(), long.join("\n")], "{name}");
        assert_eq!(self.count("SELECT count(*) FROM scores WHERE basis = 'self'").await, 4, "{name}");
        let lines: usize = long.iter().map(|input| input.lines().count()).sum();
        assert_eq!(shown.matches("canary-long:").count(), lines, "{name}: every line is shown once");
        assert_eq!(shown.matches("canary-private:").count(), 1, "{name}: {shown}");
    }
}
