//! The main job on Slack.

use std::collections::BTreeMap;

use serde_json::Value;

use super::acting::{control, said};
use super::scene::{Scene, Workspace};
use crate::fake_slack::{At, Extras, FakeSlack, File};
use crate::scene::job::{self, CANARY, DRAFT, EDITED, FILE, FIRST, PRIVATE, SECOND, Step, TALK, long_answer};
use crate::scene::{Killed, Place};

/// Inputs of the form that the long answer fills, each just under its 3,000 characters.
const INPUTS_FILLED: usize = 6;
const LINES_AN_INPUT: usize = 46;
/// Messages that the long answer takes.
const LONG_PARTS: usize = 2;
const TICK: &str = "white_check_mark";

/// The job, and how far people have come with it. Mara organises and answers privately, Lena at length; the others
/// answer in the thread.
pub(super) struct Job {
    pub(super) scene: Scene,
    /// What people have said in the thread.
    said: BTreeMap<&'static str, String>,
}

impl job::Job for Job {
    type Place = Workspace;

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
        for messages in [&[FIRST, SECOND][..], &[DRAFT]] {
            let ticks: u64 = messages.iter().map(|message| self.ticks(message)).sum();
            assert_eq!(ticks, 1, "{name}: {messages:?}");
        }
        let standing = self.scene.fake.replies(&self.scene.channel, &self.question());
        let ours = standing.iter().filter(|message| message["bot_id"].is_string());
        let shown: String = ours.map(|message| message["blocks"].to_string()).collect();
        self.scene.no_answer_is_lost(&long_answer(INPUTS_FILLED, LINES_AN_INPUT), &shown).await;
        self.scene.stop().await;
        self.scene.doctor_is_content();
        assert_eq!(self.scene.problems(), [""; 0], "{}", self.scene.name);
        self.scene.nothing_is_in_the_log(&[CANARY]);
        self.scene.fake.stop();
    }
}

impl Job {
    pub(super) fn new(scene: Scene) -> Self {
        Self { scene, said: BTreeMap::new() }
    }

    async fn set_up(&mut self) -> Result<(), Killed> {
        self.scene.until("connection", |fake| fake.is_connected().then_some(())).await?;
        self.scene.sets_up().await
    }

    async fn post(&mut self) -> Result<(), Killed> {
        if self.scene.count("SELECT count(*) FROM rounds").await == 0 {
            let mara = self.scene.mara.clone();
            self.scene.types(&mara, "/study post-now").await?;
        }
        self.scene.stands("round:1:question").await?;
        self.scene.stands("round:1:thread:opening").await
    }

    /// The time of the question, from which the thread hangs.
    pub(super) fn question(&self) -> String {
        self.scene.keyed()["round:1:question"][0].clone()
    }

    async fn answer(&mut self) -> Result<(), Killed> {
        let (thread, fake, channel) = (self.question(), self.scene.fake.clone(), self.scene.channel.clone());
        let mut say = |person: &str, words, extras| {
            let say = || fake.say(person, &channel, Some(&thread), words, extras);
            self.said.entry(words).or_insert_with(say);
        };
        let (jonas, priya) = (self.scene.jonas.clone(), self.scene.priya.clone());
        say(&jonas, FIRST, Extras::default());
        say(&jonas, SECOND, Extras::default());
        say(&jonas, TALK, Extras::default());
        let files = vec![File::text("policy.json", FILE)];
        say(&priya, DRAFT, Extras { files, ..Extras::default() });
        let (first, second) = (self.said[FIRST].clone(), self.said[SECOND].clone());
        let of_priya = self.said[DRAFT].clone();
        // What Slack tells again comes in any order, so either of two may be the first that counts.
        self.ticked(&[&first, &second]).await?;
        self.ticked(&[&of_priya]).await?;
        if !self.said.contains_key(EDITED) {
            self.scene.fake.edit(&channel, &of_priya, EDITED);
            self.said.insert(EDITED, of_priya);
        }
        Ok(())
    }

    /// Waits until one of these messages is ticked.
    async fn ticked(&mut self, messages: &[&str]) -> Result<(), Killed> {
        let channel = self.scene.channel.clone();
        self.scene
            .until("tick", |fake| messages.iter().any(|ts| ticks(fake, &channel, ts) > 0).then_some(()))
            .await
    }

    /// How many ticks a message has that somebody has said.
    fn ticks(&self, message: &str) -> u64 {
        ticks(&self.scene.fake, &self.scene.channel, &self.said[message])
    }

    async fn answer_privately(&mut self) -> Result<(), Killed> {
        let (mara, lena) = (self.scene.mara.clone(), self.scene.lena.clone());
        self.write_privately(&mara, &[PRIVATE.to_owned()]).await?;
        self.write_privately(&lena, &long_answer(INPUTS_FILLED, LINES_AN_INPUT)).await
    }

    /// Fills the form's inputs and sends it, unless they hold that already.
    async fn write_privately(&mut self, person: &str, texts: &[String]) -> Result<(), Killed> {
        let (channel, ts) = (self.scene.channel.clone(), self.question());
        let question = self.scene.fake.message(&channel, &ts).unwrap();
        let at = At::Message { channel: &channel, ts: &ts };
        let opened = self.scene.uses(person, at, &question["blocks"], "Answer privately").await?;
        let form = opened.view.expect("a form");
        let inputs: Vec<&Value> =
            form["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "input").collect();
        let blocks: Vec<&str> = inputs.iter().map(|input| input["block_id"].as_str().unwrap()).collect();
        let held = inputs.iter().zip(&blocks).filter_map(|(input, block)| {
            form["state"]["values"][block][input["element"]["action_id"].as_str()?]["value"].as_str()
        });
        if held.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n") == texts.join("\n") {
            self.scene.fake.close_views(person);
            return Ok(());
        }
        let values: Vec<(&str, &str)> = blocks.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let said = said(&self.scene.sends(person, &form, &values).await?);
        assert!(said.contains("saved"), "{}: {said}", self.scene.name);
        Ok(())
    }

    async fn reveal(&mut self) -> Result<(), Killed> {
        if self.scene.phase().await == "open" {
            let mara = self.scene.mara.clone();
            let said = said(&self.scene.types(&mara, "/study close-now").await?);
            assert!(said.contains("Answers are closed"), "{}: {said}", self.scene.name);
        }
        self.scene.stands("round:1:reveal").await?;
        self.scene.private_answers_stand(LONG_PARTS).await
    }

    async fn mark(&mut self) -> Result<(), Killed> {
        let channel = self.scene.channel.clone();
        for person in self.scene.people() {
            let standing = self.scene.fake.replies(&channel, &self.question());
            let rubric =
                standing.iter().find(|message| control(&message["blocks"], "Mark my answer").is_some());
            let rubric = rubric.expect("a rubric to mark with");
            let at = At::Message { channel: &channel, ts: rubric["ts"].as_str().unwrap() };
            let opened = self.scene.uses(&person, at, &rubric["blocks"], "Mark my answer").await?;
            let panel = opened.view.expect("a panel to mark with");
            let at = At::View(panel["id"].as_str().unwrap());
            let chosen = self.scene.uses(&person, at, &panel["blocks"], "Points your answer makes").await?;
            let said = said(&chosen);
            assert!(said.contains("Saved: point 1."), "{}: {said}", self.scene.name);
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), Killed> {
        let mara = self.scene.mara.clone();
        let closing = self.scene.count("SELECT count(*) FROM rounds WHERE phase = 'closed' OR closing").await;
        if closing == 0 {
            let asked = self.scene.types(&mara, "/study close-now").await?;
            // What it would close is asked first, since the answers are closed already.
            let in_message = asked
                .ephemerals
                .iter()
                .map(|message| (At::Ephemeral(message["ts"].as_str().unwrap()), &message["blocks"]));
            let in_view =
                asked.view.iter().map(|view| (At::View(view["id"].as_str().unwrap()), &view["blocks"]));
            let mut all = in_message.chain(in_view);
            if let Some((at, blocks, label)) =
                all.find_map(|(at, blocks)| Some((at, blocks, button(blocks)?)))
            {
                self.scene.uses(&mara, at, blocks, &label).await?;
            }
        }
        self.scene.stands("round:1:summary").await?;
        self.scene.score_notices_stand().await
    }

    async fn board(&mut self) -> Result<(), Killed> {
        let jonas = self.scene.jonas.clone();
        let board = said(&self.scene.types(&jonas, "/study leaderboard").await?);
        for person in ["Mara", "Jonas", "Priya", "Lena"] {
            assert!(board.contains(person), "{}: {board}", self.scene.name);
        }
        Ok(())
    }
}

/// The label of the first button.
fn button(blocks: &Value) -> Option<String> {
    let rows = blocks.as_array()?.iter().filter_map(|block| block["elements"].as_array()).flatten();
    let mut buttons = rows.filter(|element| element["type"] == "button");
    Some(buttons.next()?["text"]["text"].as_str()?.to_owned())
}

fn ticks(fake: &FakeSlack, channel: &str, ts: &str) -> u64 {
    let message = fake.message(channel, ts).expect("nobody deletes it");
    let reactions = message["reactions"].as_array().into_iter().flatten();
    reactions.filter(|there| there["name"] == TICK).filter_map(|there| there["count"].as_u64()).sum()
}
