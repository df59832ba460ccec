//! Twenty people at a demo that is killed again and again: they say, change and take back things, and repeat what
//! was cut short. What the chat has accepted goes into the record.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::moments::{Kind, Moments};
use super::record::{Marks, Round, Said};
use super::{checks, pack};
use crate::program::{Demo, PATIENCE, Program, Started, post};

/// The study channel that a demo has from the start.
pub(super) const CHANNEL: &str = "c1";
/// The demo's own people; the first one is an organiser.
const FIRST: [&str; 3] = ["Mara", "Jonas", "Priya"];
const MORE: [&str; 17] = [
    "Aiko", "Bela", "Chidi", "Dora", "Emre", "Fatou", "Goran", "Hanna", "Ines", "Jamal", "Kofi", "Lena",
    "Milan", "Noor", "Oskar", "Paula", "Quentin",
];
/// How many people there are.
pub(super) const PEOPLE: usize = FIRST.len() + MORE.len();

/// When the program is killed.
pub(super) enum Fate {
    /// Not at all.
    Spared,
    /// As soon as it stands at its kill point.
    AtKillPoint,
    /// At moments chosen by a seed.
    Seeded(Moments),
}

/// The team, its demo, and its record.
pub(super) struct Team {
    /// Said in every failure's message.
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) place: PathBuf,
    demo: Demo,
    pub(super) fate: Fate,
    /// Kill points of the starts to come, `name:count`.
    pub(super) points: VecDeque<String>,
    /// What was killed when, for a failure's message.
    pub(super) kills: Vec<String>,
    /// Changes with every start of the program.
    starts: usize,
    pub(super) rounds: Vec<Round>,
    /// The first date of the schedule.
    pub(super) first: Date,
    /// More people than the twenty.
    pub(super) crowd: usize,
    /// How many scores of the newest round were settled when the program was killed last.
    pub(super) settled: i64,
}

/// Something to say.
pub(super) struct Saying {
    pub(super) who: usize,
    pub(super) text: String,
    pub(super) file: Option<(String, String)>,
}

impl Saying {
    pub(super) fn new(who: usize, text: String) -> Self {
        Self { who, text, file: None }
    }
}

/// A form under a question or a rubric.
#[derive(Clone, Copy)]
pub(super) enum Text {
    Private,
    Late,
}

impl Team {
    /// A demo with its team in a new folder inside `place`: the channel asks the drill's questions daily at 09:00 UTC,
    /// the demo's own first question is over, and it is 08:30 on the first date of the schedule.
    pub(super) async fn gather(name: &str, place: &Path) -> Self {
        pack::write(place);
        let mut team = Self::open(name, place, Date::default(), Vec::new()).await;
        for name in MORE {
            team.demo.post("/api/persona", &json!({ "name": name })).await;
        }
        team.set_up().await;
        // The first question ends now, so that it is over whatever the time of day.
        team.demo.post("/api/command", &command(0, "/study close-now")).await;
        team.demo.post("/api/settle", &json!({})).await;
        let choice = team.demo.post("/api/command", &command(0, "/study close-now")).await;
        let choice = &choice["ephemeral"];
        let review = &choice["actions"][0]["id"];
        let click = json!({ "as": person(0), "message": choice["id"], "action": review });
        team.demo.post("/api/click", &click).await;
        team.demo.post("/api/settle", &json!({})).await;
        let state = team.demo.get("/api/state").await;
        let due = state["due"].as_array().unwrap();
        assert_eq!(due.len(), 1, "only the next question is to come: {due:?}");
        let next = time(&due[0]["at"]).to_zoned(jiff::tz::TimeZone::UTC);
        assert_eq!(next.time(), jiff::civil::time(9, 0, 0, 0), "the plan is daily at 09:00");
        team.first = next.date();
        let early = super::record::instant(team.first, 8, 30);
        team.advance(early, Kind::Spared, Vec::new()).await;
        team
    }

    /// A demo on a folder that a team has left.
    pub(super) async fn open(name: &str, place: &Path, first: Date, rounds: Vec<Round>) -> Self {
        let folder = place.join("data");
        let demo = Demo::start(&folder, Some(&place.join(pack::ID)), &place.join("log")).await;
        Self {
            name: name.to_owned(),
            folder,
            place: place.to_owned(),
            demo,
            fate: Fate::Spared,
            points: VecDeque::new(),
            kills: Vec::new(),
            starts: 1,
            rounds,
            first,
            crowd: 0,
            settled: 0,
        }
    }

    async fn set_up(&mut self) {
        let reply = self.demo.post("/api/command", &command(0, "/study setup")).await;
        let form = &reply["form"];
        let fields = form["fields"].as_array().unwrap_or_else(|| panic!("no setup form: {reply}"));
        let mut values: serde_json::Map<String, Value> = fields
            .iter()
            .map(|field| (field["id"].as_str().unwrap().to_owned(), field["value"].clone()))
            .collect();
        values.insert("schedule".to_owned(), json!("daily 09:00"));
        values.insert("questions".to_owned(), json!(format!("pack {}", pack::ID)));
        let body = json!({ "as": person(0), "channel": CHANNEL, "form": form["id"], "fields": values });
        let saved = self.demo.post("/api/submit", &body).await;
        assert!(saved["form"].is_null(), "the plan was refused: {saved}");
    }

    /// Lets more people in.
    pub(super) async fn let_in(&mut self, crowd: usize) {
        for number in 0..crowd {
            self.demo.post("/api/persona", &json!({ "name": format!("Guest {number}") })).await;
        }
        self.crowd = crowd;
    }

    /// Stops the program well, and starts it with a kill point.
    pub(super) async fn arm(&mut self, points: &[&str]) {
        self.demo.program.signal("TERM");
        let status = self.demo.program.ended(PATIENCE).await;
        assert!(status.success(), "{}: stopped with {status}", self.name);
        self.points = points.iter().map(|point| (*point).to_owned()).collect();
        self.restart().await;
    }

    /// Starts the program until it stays: starts may be killed too.
    async fn restart(&mut self) {
        let (pack, log) = (self.place.join(pack::ID), self.place.join("log"));
        loop {
            self.starts += 1;
            if let Fate::Seeded(moments) = &mut self.fate
                && let Some(after) = moments.of_start()
            {
                let mut program = Program::start(Demo::arguments(&self.folder, Some(&pack)), None, &log);
                // The experiment: a kill some time after the beginning.
                tokio::time::sleep(after).await;
                program.kill();
                self.killed(format!("{after:?} into a start"));
                continue;
            }
            let point = self.points.pop_front();
            match Demo::try_start(&self.folder, Some(&pack), point.as_deref(), &log).await {
                Started::Ready(demo) => {
                    self.demo = demo;
                    if !matches!(self.fate, Fate::Seeded(_)) {
                        self.fate = if point.is_some() { Fate::AtKillPoint } else { Fate::Spared };
                    }
                    return;
                }
                Started::AtKillPoint(mut program) => {
                    program.kill();
                    self.killed(format!("{} while starting", point.unwrap_or_default()));
                }
            }
        }
    }

    fn killed(&mut self, when: String) {
        println!("{}: killed {when}", self.name);
        self.kills.push(when);
    }

    /// Makes calls at once, and kills the program where fate says so. `None`: nobody knows whether it was taken.
    async fn call(&mut self, kind: Kind, calls: &[(&str, Value)]) -> Vec<Option<Value>> {
        let moment = match &mut self.fate {
            Fate::Seeded(moments) => moments.of_call(kind),
            _ => None,
        };
        let at_kill_point = matches!(self.fate, Fate::AtKillPoint);
        let (http, url) = (self.demo.http.clone(), self.demo.url.clone());
        let under_way = join_all(calls.iter().map(|(path, body)| post(&http, &url, path, body)));
        tokio::pin!(under_way);
        let mut killed = None;
        let outcomes = if let Some(after) = moment {
            killed = Some(format!("{after:?} into {}", calls[0].0));
            // The experiment: a kill some time after the beginning, whether the calls have ended by then or not.
            let ended = tokio::select! {
                outcomes = &mut under_way => Some(outcomes),
                () = tokio::time::sleep(after) => None,
            };
            self.demo.program.kill();
            match ended {
                Some(outcomes) => outcomes,
                None => under_way.await,
            }
        } else if at_kill_point {
            tokio::select! {
                biased;
                line = self.demo.program.next_line() => {
                    let line = line.unwrap_or_else(|| panic!("{}: the program ended by itself", self.name));
                    killed = Some(format!("at {line} in {}", calls[0].0));
                    self.demo.program.kill();
                    under_way.await
                }
                outcomes = &mut under_way => outcomes,
            }
        } else {
            under_way.await
        };
        let outcomes: Vec<Option<Value>> = outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Ok(value) => Some(value),
                Err(_) if killed.is_some() => None,
                Err(error) => panic!("{}: {error}; {}", self.name, self.demo.program.log_tail()),
            })
            .collect();
        if let Some(when) = killed {
            self.killed(when);
            self.settled = checks::settled(self).await;
            self.restart().await;
            checks::after_restart(self).await;
        }
        outcomes
    }

    /// Whether the kill point that the program was started with is still to come.
    pub(super) fn is_armed(&self) -> bool {
        matches!(self.fate, Fate::AtKillPoint)
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.demo.get(path).await
    }

    /// The demo's time.
    pub(super) async fn now(&self) -> Timestamp {
        time(&self.get("/api/state").await["now"])
    }

    /// The newest round: the one that people are busy with.
    pub(super) fn today(&mut self) -> &mut Round {
        self.rounds.last_mut().unwrap()
    }

    /// Moves the clock to `target`, while some people still say things.
    pub(super) async fn advance(&mut self, target: Timestamp, kind: Kind, meanwhile: Vec<Saying>) {
        let mut calls: Vec<(&str, Value)> =
            meanwhile.iter().map(|saying| ("/api/say", self.say_body(saying))).collect();
        let mut kind = kind;
        let mut made = Vec::new();
        loop {
            let left_ms = target.as_millisecond() - self.now().await.as_millisecond();
            if left_ms <= 0 {
                break;
            }
            let seconds = left_ms.div_euclid(1_000) + 1;
            calls.insert(0, ("/api/clock", json!({ "advance_s": seconds })));
            let outcomes = self.call(kind, &calls).await;
            if made.is_empty() {
                made = outcomes.into_iter().skip(1).collect();
            }
            // What was cut short goes on, and is spared from now on.
            (kind, calls) = (Kind::Spared, Vec::new());
        }
        for (saying, outcome) in meanwhile.into_iter().zip(made) {
            // What came to nothing was cut short, and it is too late to say it again.
            self.note_said(saying, outcome).await.ok();
        }
    }

    fn say_body(&self, saying: &Saying) -> Value {
        let thread = &self.rounds.last().unwrap().post;
        let mut body =
            json!({ "as": person(saying.who), "channel": CHANNEL, "thread": thread, "text": saying.text });
        if let Some((name, text)) = &saying.file {
            body["files"] = json!([{ "name": name, "text": text }]);
        }
        body
    }

    /// The thread of today's round as it stands.
    pub(super) async fn thread(&self) -> Vec<Value> {
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
    async fn note_said(&mut self, saying: Saying, outcome: Option<Value>) -> Result<(), Saying> {
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
    pub(super) async fn say(&mut self, sayings: Vec<Saying>) {
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
    pub(super) async fn edit(&mut self, who: usize, text: String) {
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
    pub(super) async fn delete(&mut self, who: usize) {
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
    pub(super) async fn fill_in(&mut self, who: usize, which: Text, text: &str) {
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
    pub(super) async fn mark(&mut self, marks: Vec<(usize, Marks)>) {
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
    pub(super) async fn ask(&mut self, who: usize, text: &str) -> String {
        let calls = [("/api/command", command(who, text))];
        loop {
            if let Some(reply) = self.call(Kind::Spared, &calls).await.remove(0) {
                return reply.to_string();
            }
        }
    }

    /// What “My answer” shows people, whole.
    pub(super) async fn my_answers(&mut self, people: &[usize]) -> Vec<String> {
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

    /// Ends the program well.
    pub(super) async fn stop(&mut self) {
        self.demo.program.signal("TERM");
        let status = self.demo.program.ended(PATIENCE).await;
        assert!(status.success(), "{}: stopped with {status}", self.name);
    }
}

/// The chat's id of a person.
pub(super) fn person(who: usize) -> String {
    format!("p{}", who + 1)
}

fn command(who: usize, text: &str) -> Value {
    json!({ "as": person(who), "channel": CHANNEL, "text": text })
}

fn action_of(message: &Value, label: &str) -> Option<String> {
    let action = message["actions"].as_array()?.iter().find(|action| action["label"] == label)?;
    Some(action["id"].as_str()?.to_owned())
}

/// A time as the chat writes it.
pub(super) fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}
