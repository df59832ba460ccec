//! The main job, step by step: set up, post, answer, reveal, mark, close, leaderboard. Every step begins by looking at
//! what is there already, as people do who come back to a bot that was away.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::scene::{Killed, Scene, control, id_of, keyed};
use crate::fake_discord::{Attachment, Extras, Id, Panel};

/// Texts that people write: each is on no other surface before its time, and in no log ever.
pub(super) const FIRST: &str = "canary-first: I find out who owns the bucket.";
pub(super) const SECOND: &str = "canary-second: then I block public access.";
pub(super) const EDITED: &str = "canary-edited: I ask who could read it, and since when.";
pub(super) const FILE: &str = "canary-file: {\"Effect\": \"Deny\"}";
pub(super) const TALK: &str = "// canary-talk: is this about us?";
pub(super) const PRIVATE: &str = "canary-private: I would call the data owner.";
/// One line of a private answer that takes several messages.
pub(super) const LONG_LINE: &str = "canary-long: look at the access logs before anything is changed. ";
/// What every text of people has in it.
pub(super) const CANARY: &str = "canary-";
/// Lines of the long answer in each input of the form: just under its 4,000 characters.
const LINES_AN_INPUT: usize = 60;
/// Inputs of the form that the long answer fills.
const INPUTS_FILLED: usize = 3;
/// How many have answered in time.
const ANSWERS: usize = 4;

/// What is done, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
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
    pub(super) const ALL: [Self; 9] = [
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

/// The job, and how far people have come with it.
pub(super) struct Job {
    pub(super) scene: Scene,
    /// Organises and answers privately; answer in the thread; answers privately at length.
    mara: Id,
    jonas: Id,
    priya: Id,
    lena: Id,
    /// What people have said in the thread.
    said: BTreeMap<&'static str, Id>,
}

impl Job {
    pub(super) fn new(scene: Scene) -> Self {
        let member = |name| scene.fake.member(scene.guild, name, &[]);
        let (jonas, priya, lena) = (member("Jonas"), member("Priya"), member("Lena"));
        let mara = scene.mara;
        Self { scene, mara, jonas, priya, lena, said: BTreeMap::new() }
    }

    /// Does it all. Whenever the program was killed it is started again, and people go on.
    pub(super) async fn whole(&mut self) {
        for step in Step::ALL {
            self.finish_step(step).await;
        }
    }

    /// Does everything before this step.
    pub(super) async fn all_before(&mut self, end: Step) {
        for step in Step::ALL.into_iter().take_while(|step| *step != end) {
            self.finish_step(step).await;
        }
    }

    /// Does this step and everything after it.
    pub(super) async fn all_from(&mut self, begin: Step) {
        for step in Step::ALL.into_iter().skip_while(|step| *step != begin) {
            self.finish_step(step).await;
        }
    }

    /// Does one step, however often the program is killed in it.
    pub(super) async fn finish_step(&mut self, step: Step) {
        while self.try_step(step).await.is_err() {
            println!("{}: killed in {step:?}", self.scene.name);
            self.scene.restart().await;
        }
    }

    async fn try_step(&mut self, step: Step) -> Result<(), Killed> {
        match step {
            Step::SetUp => self.set_up().await,
            Step::Post => self.post().await,
            Step::Answer => self.answer().await,
            Step::AnswerPrivately => self.answer_privately().await,
            Step::Reveal => self.reveal().await,
            Step::Mark => self.mark().await,
            Step::Close => self.close().await,
            Step::Board => self.board().await,
            Step::Settle => self.scene.settled().await,
        }
    }

    fn people(&self) -> [Id; 4] {
        [self.mara, self.jonas, self.priya, self.lena]
    }

    /// Types a command; the answer's text, and the panel itself.
    async fn command(&mut self, person: Id, words: &str, options: &[(&str, &str)]) -> Result<Panel, Killed> {
        let typed = self.scene.fake.type_command(person, self.scene.channel, words, options);
        let outcome = self.scene.answer_to(typed).await?;
        let name = &self.scene.name;
        let mut panels = outcome.panels.into_iter();
        Ok(panels.next().unwrap_or_else(|| panic!("{name}: {words} was answered with no panel")))
    }

    async fn set_up(&mut self) -> Result<(), Killed> {
        self.scene.until("command", |fake| (!fake.commands().is_empty()).then_some(())).await?;
        self.scene.connected_since(0).await?;
        // As far from now as a day allows, so that no question comes of itself.
        let now = studybot::clock::Clock::system(0).now().to_jiff().to_zoned(TimeZone::UTC);
        let schedule = format!("daily {:02}:00", (now.hour() + 12) % 24);
        let options =
            [("schedule", schedule.as_str()), ("zone", "Etc/UTC"), ("questions", "track getting-started")];
        let saved = self.command(self.mara, "study setup", &options).await?;
        assert!(saved.text().contains("Etc/UTC"), "{}: {}", self.scene.name, saved.text());
        Ok(())
    }

    async fn post(&mut self) -> Result<(), Killed> {
        if self.scene.count("SELECT count(*) FROM rounds").await == 0 {
            self.command(self.mara, "study post-now", &[]).await?;
        }
        self.stands("round:1:question").await?;
        self.stands("round:1:thread:opening").await
    }

    /// Waits until a message with this key stands somewhere.
    async fn stands(&mut self, key: &str) -> Result<(), Killed> {
        let (channel, people) = (self.scene.channel, self.people());
        self.scene.until(key, |fake| keyed(fake, channel, &people).contains_key(key).then_some(())).await
    }

    /// The question, from which the thread hangs.
    fn question(&self) -> Id {
        self.scene.keyed()["round:1:question"][0]
    }

    async fn answer(&mut self) -> Result<(), Killed> {
        let (thread, fake) = (self.question(), self.scene.fake.clone());
        let mut say = |person, words, extras| {
            self.said.entry(words).or_insert_with(|| fake.say_with(person, thread, words, extras));
        };
        say(self.jonas, FIRST, Extras::default());
        say(self.jonas, SECOND, Extras::default());
        say(self.jonas, TALK, Extras::default());
        let attachments = vec![Attachment::text("policy.json", FILE)];
        say(
            self.priya,
            "canary-draft: I ask who could read it.",
            Extras { attachments, ..Extras::default() },
        );
        let (first, of_priya) = (self.said[FIRST], self.said["canary-draft: I ask who could read it."]);
        self.acknowledged(first).await?;
        self.acknowledged(of_priya).await?;
        if !self.said.contains_key(EDITED) {
            self.scene.fake.edit(of_priya, EDITED);
            self.said.insert(EDITED, of_priya);
        }
        Ok(())
    }

    async fn acknowledged(&mut self, message: Id) -> Result<(), Killed> {
        self.scene
            .until("✅", |fake| {
                let reactions = fake.message(message).expect("nobody deletes it")["reactions"].clone();
                reactions.as_array()?.iter().any(|there| there["emoji"]["name"] == "✅").then_some(())
            })
            .await
    }

    async fn answer_privately(&mut self) -> Result<(), Killed> {
        self.write_privately(self.mara, &[PRIVATE.to_owned()]).await?;
        self.write_privately(self.lena, &long_answer()).await
    }

    /// Fills the form's inputs and sends it, unless they hold that already.
    async fn write_privately(&mut self, person: Id, texts: &[String]) -> Result<(), Killed> {
        let question = self.scene.fake.message(self.question()).unwrap();
        let button = control(question["components"].as_array().unwrap(), "Answer privately").unwrap();
        let custom_id = button["custom_id"].as_str().unwrap();
        let pressed = self.scene.fake.press(person, id_of(&question), custom_id, &[]);
        let modal = self.scene.answer_to(pressed).await?.modal.expect("a form");
        let holds: Vec<&str> =
            modal.values().into_iter().map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
        if holds == texts {
            return Ok(());
        }
        let ids: Vec<String> = modal.values().into_iter().map(|(id, _)| id.to_owned()).collect();
        let values: Vec<(&str, &str)> =
            ids.iter().zip(texts).map(|(id, text)| (id.as_str(), text.as_str())).collect();
        let sent = self.scene.fake.send_form(person, &modal, &values);
        let said = self.scene.answer_to(sent).await?.panels[0].text();
        assert!(said.contains("saved"), "{}: {said}", self.scene.name);
        Ok(())
    }

    async fn phase(&self) -> String {
        self.scene.texts("SELECT phase FROM rounds").await.pop().unwrap_or_default()
    }

    async fn reveal(&mut self) -> Result<(), Killed> {
        if self.phase().await == "open" {
            let said = self.command(self.mara, "study close-now", &[]).await?.text();
            assert!(said.contains("Answers are closed"), "{}: {said}", self.scene.name);
        }
        self.stands("round:1:reveal").await?;
        let (channel, name) = (self.scene.channel, self.scene.name.clone());
        // One of a single part, and one of several.
        self.scene
            .until("private answers", |fake| {
                let keyed = keyed(fake, channel, &[]);
                let parts = keyed.keys().filter(|key| key.starts_with("round:1:private:")).count();
                assert!(parts <= 6, "{name}: {keyed:?}");
                (parts >= 3 && keyed.keys().any(|key| key.ends_with(".3"))).then_some(())
            })
            .await
    }

    async fn mark(&mut self) -> Result<(), Killed> {
        for person in self.people() {
            let (message, custom_id) = self.rubric_control("Mark my answer");
            let pressed = self.scene.fake.press(person, message, &custom_id, &[]);
            let panels = self.scene.answer_to(pressed).await?.panels;
            let last = panels.last().expect("a panel to mark with");
            let select = control(&last.components, "Points your answer makes").expect("a select");
            let value = select["options"][0]["value"].as_str().unwrap();
            let custom_id = select["custom_id"].as_str().unwrap();
            let chosen = self.scene.fake.press(person, last.id, custom_id, &[value]);
            let shown = self.scene.answer_to(chosen).await?;
            let said: Vec<String> = shown.panels.iter().map(Panel::text).collect();
            assert!(said.concat().contains("Saved: point 1."), "{}: {said:?}", self.scene.name);
        }
        Ok(())
    }

    /// A control below the rubric, on the last part of it, and its message.
    fn rubric_control(&self, label: &str) -> (Id, String) {
        let standing = self.scene.fake.messages(self.question());
        let found = standing.iter().find_map(|message| {
            let control = control(message["components"].as_array()?, label)?;
            Some((id_of(message), control["custom_id"].as_str()?.to_owned()))
        });
        found.unwrap_or_else(|| panic!("{}: there is no “{label}”", self.scene.name))
    }

    async fn close(&mut self) -> Result<(), Killed> {
        let closing = self.scene.count("SELECT count(*) FROM rounds WHERE phase = 'closed' OR closing").await;
        if closing == 0 {
            let panel = self.command(self.mara, "study close-now", &[]).await?;
            // What it would close is asked first, since the answers are closed already.
            if let Some(button) = panel.controls().first() {
                let custom_id = button["custom_id"].as_str().unwrap();
                let pressed = self.scene.fake.press(self.mara, panel.id, custom_id, &[]);
                self.scene.answer_to(pressed).await?;
            }
        }
        self.stands("round:1:summary").await?;
        let (channel, people) = (self.scene.channel, self.people());
        self.scene
            .until("score notices", |fake| {
                let keyed = keyed(fake, channel, &people);
                let notices = keyed.keys().filter(|key| key.starts_with("round:1:score:")).count();
                (notices >= ANSWERS).then_some(())
            })
            .await
    }

    async fn board(&mut self) -> Result<(), Killed> {
        let board = self.command(self.jonas, "study leaderboard", &[]).await?.text();
        for person in ["Mara", "Jonas", "Priya", "Lena"] {
            assert!(board.contains(&format!("**{person}** ")), "{}: {board}", self.scene.name);
        }
        Ok(())
    }

    /// Nothing is missing, nothing is there twice, no answer was lost, and nothing was said that should not be.
    pub(super) async fn ends_well(mut self) {
        self.each_key_stands_once().await;
        self.no_answer_is_lost().await;
        self.scene.stop().await;
        self.scene.doctor_is_content();
        assert_eq!(self.scene.fake.problems(), [""; 0], "{}", self.scene.name);
        self.nothing_is_in_the_log();
        self.scene.fake.stop();
    }

    async fn each_key_stands_once(&self) {
        let name = &self.scene.name;
        let there = keyed(&self.scene.fake, self.scene.channel, &self.people());
        let twice: Vec<_> = there.iter().filter(|(_, ids)| ids.len() > 1).collect();
        assert!(twice.is_empty(), "{name}: posted more than once: {twice:?}");
        let mut expected: BTreeSet<String> =
            ["question", "thread:opening", "reveal", "summary"].map(|part| format!("round:1:{part}")).into();
        let private =
            "SELECT 'round:1:private:' || id FROM answers WHERE round_id = 1 AND private_text <> ''";
        let scores = "SELECT 'round:1:score:' || id FROM answers WHERE round_id = 1 AND on_time";
        for sql in [private, scores] {
            expected.extend(self.scene.texts(sql).await);
        }
        let first_parts = there.keys().filter(|key| {
            let part = key.rsplit_once('.').and_then(|(_, part)| part.parse::<u32>().ok());
            part.is_none()
        });
        assert_eq!(first_parts.cloned().collect::<BTreeSet<_>>(), expected, "{name}");
        let unsent =
            "SELECT key || ' ' || state || ' ' || coalesce(error, '') FROM outbox WHERE state <> 'sent'";
        assert_eq!(self.scene.texts(unsent).await, [""; 0], "{name}");
        for message in [FIRST, "canary-draft: I ask who could read it."] {
            let shown = self.scene.fake.message(self.said[message]).unwrap();
            assert_eq!(shown["reactions"][0]["count"], 1, "{name}: {shown}");
        }
    }

    async fn no_answer_is_lost(&self) {
        let name = &self.scene.name;
        let parts = "SELECT text || coalesce('/' || json_extract(files, '$[0].text'), '') FROM answer_parts
            WHERE frozen AND NOT deleted ORDER BY sent_at, message_ref";
        let expected = [FIRST.to_owned(), SECOND.to_owned(), format!("{EDITED}/{FILE}")];
        assert_eq!(self.scene.texts(parts).await, expected, "{name}");
        let private =
            "SELECT private_text FROM answers WHERE private_text <> '' ORDER BY length(private_text)";
        assert_eq!(self.scene.texts(private).await, [PRIVATE.to_owned(), long_answer().join("\n")], "{name}");
        assert_eq!(self.scene.count("SELECT count(*) FROM scores WHERE basis = 'self'").await, 4, "{name}");
        let shown: String = self
            .scene
            .fake
            .messages(self.question())
            .iter()
            .filter_map(|message| message["embeds"][0]["description"].as_str())
            .collect();
        let lines = INPUTS_FILLED * LINES_AN_INPUT;
        assert_eq!(shown.matches("canary-long:").count(), lines, "{name}: every line is shown once");
        assert_eq!(shown.matches("canary-private:").count(), 1, "{name}: {shown}");
    }

    /// Neither the token nor a text of anybody's.
    pub(super) fn nothing_is_in_the_log(&self) {
        let output = self.scene.all_output();
        for secret in [CANARY, &self.scene.fake.token()] {
            let line = output.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{}: {secret:?} is logged: {line:?}", self.scene.name);
        }
    }
}

/// A private answer, by the inputs that it is typed into.
fn long_answer() -> Vec<String> {
    let input = || vec![LONG_LINE.trim_end(); LINES_AN_INPUT].join("\n");
    (0..INPUTS_FILLED).map(|_| input()).collect()
}
