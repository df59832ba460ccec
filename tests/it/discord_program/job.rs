//! The main job on Discord.

use std::collections::BTreeMap;

use super::scene::{Scene, Server, control, id_of};
use crate::fake_discord::{Attachment, Extras, Id, Panel};
use crate::scene::Killed;
use crate::scene::job::{
    self, CANARY, DRAFT, EDITED, FILE, FIRST, PRIVATE, SECOND, Step, TALK, far_schedule, long_answer,
};

/// Inputs of the form that the long answer fills, each just under its 4,000 characters.
const INPUTS_FILLED: usize = 3;
const LINES_AN_INPUT: usize = 60;

/// The job, and how far people have come with it. Mara organises and answers privately, Lena at length; the others
/// answer in the thread.
pub(super) struct Job {
    pub(super) scene: Scene,
    /// What people have said in the thread.
    said: BTreeMap<&'static str, Id>,
}

impl job::Job for Job {
    type Place = Server;

    async fn begun(name: &str) -> Self {
        Self::new(Scene::new(name).await)
    }

    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn scene_mut(&mut self) -> &mut Scene {
        &mut self.scene
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

    async fn ends_well(mut self) {
        let name = &self.scene.name;
        self.scene.each_key_stands_once().await;
        for message in [FIRST, DRAFT] {
            let shown = self.scene.fake.message(self.said[message]).unwrap();
            assert_eq!(shown["reactions"][0]["count"], 1, "{name}: {shown}");
        }
        let standing = self.scene.fake.messages(self.question());
        let shown: String =
            standing.iter().filter_map(|message| message["embeds"][0]["description"].as_str()).collect();
        self.scene.no_answer_is_lost(&long_answer(INPUTS_FILLED, LINES_AN_INPUT), &shown).await;
        self.scene.stop().await;
        self.scene.doctor_is_content();
        assert_eq!(self.scene.fake.problems(), [""; 0], "{}", self.scene.name);
        self.scene.nothing_is_in_the_log(&[CANARY]);
        self.scene.fake.stop();
    }
}

impl Job {
    pub(super) fn new(scene: Scene) -> Self {
        Self { scene, said: BTreeMap::new() }
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
        let schedule = far_schedule();
        let options =
            [("schedule", schedule.as_str()), ("zone", "Etc/UTC"), ("questions", "track getting-started")];
        let saved = self.command(self.scene.mara, "study setup", &options).await?;
        assert!(saved.text().contains("Etc/UTC"), "{}: {}", self.scene.name, saved.text());
        Ok(())
    }

    async fn post(&mut self) -> Result<(), Killed> {
        if self.scene.count("SELECT count(*) FROM rounds").await == 0 {
            self.command(self.scene.mara, "study post-now", &[]).await?;
        }
        self.scene.stands("round:1:question").await?;
        self.scene.stands("round:1:thread:opening").await
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
        say(self.scene.jonas, FIRST, Extras::default());
        say(self.scene.jonas, SECOND, Extras::default());
        say(self.scene.jonas, TALK, Extras::default());
        let attachments = vec![Attachment::text("policy.json", FILE)];
        say(self.scene.priya, DRAFT, Extras { attachments, ..Extras::default() });
        let (first, of_priya) = (self.said[FIRST], self.said[DRAFT]);
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
        self.write_privately(self.scene.mara, &[PRIVATE.to_owned()]).await?;
        self.write_privately(self.scene.lena, &long_answer(INPUTS_FILLED, LINES_AN_INPUT)).await
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

    async fn reveal(&mut self) -> Result<(), Killed> {
        if self.scene.phase().await == "open" {
            let said = self.command(self.scene.mara, "study close-now", &[]).await?.text();
            assert!(said.contains("Answers are closed"), "{}: {said}", self.scene.name);
        }
        self.scene.stands("round:1:reveal").await?;
        self.scene.private_answers_stand(INPUTS_FILLED).await
    }

    async fn mark(&mut self) -> Result<(), Killed> {
        for person in self.scene.people() {
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
            let panel = self.command(self.scene.mara, "study close-now", &[]).await?;
            // What it would close is asked first, since the answers are closed already.
            if let Some(button) = panel.controls().first() {
                let custom_id = button["custom_id"].as_str().unwrap();
                let pressed = self.scene.fake.press(self.scene.mara, panel.id, custom_id, &[]);
                self.scene.answer_to(pressed).await?;
            }
        }
        self.scene.stands("round:1:summary").await?;
        self.scene.score_notices_stand().await
    }

    async fn board(&mut self) -> Result<(), Killed> {
        let board = self.command(self.scene.jonas, "study leaderboard", &[]).await?.text();
        for person in ["Mara", "Jonas", "Priya", "Lena"] {
            assert!(board.contains(&format!("**{person}** ")), "{}: {board}", self.scene.name);
        }
        Ok(())
    }
}
