//! Twenty people at a demo that is killed again and again. What the chat has accepted goes into the record.

mod people;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::moments::{Kind, Moments};
use super::record::Round;
use super::{checks, pack};
use crate::program::{Demo, PATIENCE, Program, Started, post};
pub(super) use people::{Saying, Text};

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

/// A time as the chat writes it.
pub(super) fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}
