//! What people do: they say, change, take back and mark things, and repeat what was cut short.

use serde_json::{Value, json};

use super::super::moments::Kind;
use super::super::pack;
use super::super::record::{Marks, Said};
use super::{CHANNEL, Team, command, person};

/// Something to say.
pub(in crate::kill) struct Saying {
    pub(in crate::kill) who: usize,
    pub(in crate::kill) text: String,
    pub(in crate::kill) file: Option<(String, String)>,
}

impl Saying {
    pub(in crate::kill) fn new(who: usize, text: String) -> Self {
        Self { who, text, file: None }
    }
}

/// A form under a question or a rubric.
#[derive(Clone, Copy)]
pub(in crate::kill) enum Text {
    Private,
    Late,
}

impl Team {
    pub(super) fn say_body(&self, saying: &Saying) -> Value {
        let thread = &self.rounds.last().unwrap().post;
        let mut body =
            json!({ "as": person(saying.who), "channel": CHANNEL, "thread": thread, "text": saying.text });
        if let Some((name, text)) = &saying.file {
            body["files"] = json!([{ "name": name, "text": text }]);
        }
        body
    }

    /// The thread of today's round as it stands.
    pub(in crate::kill) async fn thread(&self) -> Vec<Value> {
        let post = &self.rounds.last().unwrap().post;
        let thread = self.get(&format!("/api/messages?channel={CHANNEL}&thread={post}")).await;
        thread.as_array().unwrap().clone()
    }

    async fn find(&self, who: usize, text: &str) -> Option<String> {
        let thread = self.thread().await;
        let found = thread.iter().find(|it| it["author"]["id"] == person(who) && it["text"] == text);
        found.map(|it| it["id"].as_str().unwrap().to_owned())
    }

    /// Puts a message into the record, when the chat has it. Returns whether it has.
    pub(super) async fn note_said(&mut self, saying: Saying, outcome: Option<Value>) -> Result<(), Saying> {
        let id = match outcome {
            Some(made) => Some(made["id"].as_str().unwrap().to_owned()),
            None => self.find(saying.who, &saying.text).await,
        };
        let Some(id) = id else { return Err(saying) };
        if self.today().revealed {
            // Talk is in nobody's answer.
            return Ok(());
        }
        let Saying { who, text, file } = saying;
        self.today().said.push(Said { id, who, text, edited_late: None, file, deleted: false, at: None });
        Ok(())
    }

    /// Several people say something at once, until the chat has it all.
    pub(in crate::kill) async fn say(&mut self, sayings: Vec<Saying>) {
        let (mut left, mut kind) = (sayings, Kind::People);
        while !left.is_empty() {
            let calls: Vec<(&str, Value)> =
                left.iter().map(|saying| ("/api/say", self.say_body(saying))).collect();
            let outcomes = self.call(kind, &calls).await;
            kind = Kind::Spared;
            let mut again = Vec::new();
            for (saying, outcome) in left.into_iter().zip(outcomes) {
                again.extend(self.note_said(saying, outcome).await.err());
            }
            left = again;
        }
    }

    /// The newest message of today that a person can still change.
    fn last_of(&self, who: usize) -> Option<usize> {
        let said = &self.rounds.last().unwrap().said;
        said.iter().rposition(|said| said.who == who && !said.deleted)
    }

    /// A person changes their newest message of today.
    pub(in crate::kill) async fn edit(&mut self, who: usize, text: String) {
        let Some(place) = self.last_of(who) else { return };
        let id = self.today().said[place].id.clone();
        let body = json!({ "as": person(who), "message": id, "text": text });
        let mut kind = Kind::People;
        while self.call(kind, &[("/api/edit", body.clone())]).await[0].is_none() {
            kind = Kind::Spared;
            if self.find(who, &text).await.is_some() {
                break;
            }
        }
        let revealed = self.today().revealed;
        let said = &mut self.today().said[place];
        if revealed { said.edited_late = Some(text) } else { said.text = text }
    }

    /// A person deletes their newest message of today.
    pub(in crate::kill) async fn delete(&mut self, who: usize) {
        let Some(place) = self.last_of(who) else { return };
        let id = self.today().said[place].id.clone();
        let body = json!({ "as": person(who), "message": id });
        let mut kind = Kind::People;
        while self.call(kind, &[("/api/delete", body.clone())]).await[0].is_none() {
            kind = Kind::Spared;
            if !self.thread().await.iter().any(|message| message["id"] == id.as_str()) {
                break;
            }
        }
        self.today().said[place].deleted = true;
    }

    /// A person saves a text in a form, until it is saved. An empty text withdraws what was saved.
    pub(in crate::kill) async fn fill_in(&mut self, who: usize, which: Text, text: &str) {
        let mut kind = Kind::People;
        loop {
            let (message, label) = match which {
                Text::Private => (self.today().post.clone(), "Answer privately"),
                Text::Late => (self.rubric().await, "Add a late answer"),
            };
            let action = self.action(&message, label).await;
            let click = json!({ "as": person(who), "message": message, "action": action });
            let Some(opened) = self.call(kind, &[("/api/click", click)]).await.remove(0) else {
                kind = Kind::Spared;
                continue;
            };
            let form = &opened["form"];
            assert!(form.is_object(), "{}: {} got no form: {opened}", self.name, person(who));
            if kind == Kind::Spared && form["fields"][0]["value"] == text {
                break;
            }
            let submit = json!({
                "as": person(who), "channel": CHANNEL, "form": form["id"], "fields": { "text": text },
            });
            let Some(reply) = self.call(kind, &[("/api/submit", submit)]).await.remove(0) else {
                kind = Kind::Spared;
                continue;
            };
            let shown = reply["ephemeral"]["text"].as_str().unwrap_or_default();
            let wanted = if text.is_empty() { "is withdrawn" } else { "is saved" };
            assert!(shown.contains(wanted), "{}: not saved: {reply}", self.name);
            break;
        }
        let round = self.today();
        let texts = match which {
            Text::Private => &mut round.private,
            Text::Late => &mut round.late,
        };
        if text.is_empty() {
            texts.remove(&who)
        } else {
            texts.insert(who, text.to_owned())
        };
    }

    /// The chat's id of today's rubric.
    async fn rubric(&self) -> String {
        let thread = self.thread().await;
        let rubric = thread.iter().find(|message| action_of(message, "Mark my answer").is_some());
        rubric.unwrap_or_else(|| panic!("{}: there is no rubric", self.name))["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn action(&self, message: &str, label: &str) -> String {
        let mut messages = self.thread().await;
        messages
            .extend(self.get(&format!("/api/messages?channel={CHANNEL}")).await.as_array().unwrap().clone());
        let found = messages.iter().find(|it| it["id"] == message).and_then(|it| action_of(it, label));
        found.unwrap_or_else(|| panic!("{}: {message} has no “{label}”", self.name))
    }

    /// People mark their own answers at once, until all is saved.
    pub(in crate::kill) async fn mark(&mut self, marks: Vec<(usize, Marks)>) {
        let rubric = self.rubric().await;
        let action = self.action(&rubric, "Mark my answer").await;
        let (mut left, mut kind) = (marks, Kind::People);
        while !left.is_empty() {
            let open = |who: &usize| json!({ "as": person(*who), "message": rubric, "action": action });
            let calls: Vec<_> = left.iter().map(|(who, _)| ("/api/click", open(who))).collect();
            let start = self.starts;
            let panels = self.call(kind, &calls).await;
            if self.starts != start {
                // What was shown before a restart can't be clicked after it.
                kind = Kind::Spared;
                continue;
            }
            let calls: Vec<_> = left
                .iter()
                .zip(&panels)
                .map(|((who, met), panel)| {
                    let panel = &panel.as_ref().unwrap()["ephemeral"];
                    let select = action_of(panel, "Points your answer makes");
                    let select = select.unwrap_or_else(|| panic!("nothing to mark with: {panel}"));
                    let values: Vec<String> = met.iter().map(|place| pack::criterion(*place)).collect();
                    let body =
                        json!({ "as": person(*who), "message": panel["id"], "action": select, "values": values });
                    ("/api/click", body)
                })
                .collect();
            let saved = self.call(kind, &calls).await;
            kind = Kind::Spared;
            let mut again = Vec::new();
            for ((who, met), reply) in left.into_iter().zip(saved) {
                match reply {
                    Some(reply) => {
                        let shown = reply["ephemeral"]["text"].as_str().unwrap_or_default();
                        let worth = format!("That is {} of 100", pack::points(&met));
                        assert!(shown.contains(&worth), "{}: {met:?} gave {shown}", self.name);
                        self.today().marks.insert(who, met);
                    }
                    // The same marks again change nothing.
                    None => again.push((who, met)),
                }
            }
            left = again;
        }
    }

    /// What a person is shown by a command, whole.
    pub(in crate::kill) async fn ask(&mut self, who: usize, text: &str) -> String {
        let calls = [("/api/command", command(who, text))];
        loop {
            if let Some(reply) = self.call(Kind::Spared, &calls).await.remove(0) {
                return reply.to_string();
            }
        }
    }

    /// What “My answer” shows people, whole.
    pub(in crate::kill) async fn my_answers(&mut self, people: &[usize]) -> Vec<String> {
        let post = self.today().post.clone();
        let action = self.action(&post, "My answer").await;
        let click = |who: &usize| json!({ "as": person(*who), "message": post, "action": action });
        let calls: Vec<_> = people.iter().map(|who| ("/api/click", click(who))).collect();
        loop {
            let replies = self.call(Kind::Spared, &calls).await;
            if replies.iter().all(Option::is_some) {
                let text = |reply: Value| reply["ephemeral"]["text"].as_str().unwrap_or_default().to_owned();
                return replies.into_iter().flatten().map(text).collect();
            }
        }
    }
}

fn action_of(message: &Value, label: &str) -> Option<String> {
    let action = message["actions"].as_array()?.iter().find(|action| action["label"] == label)?;
    Some(action["id"].as_str()?.to_owned())
}
