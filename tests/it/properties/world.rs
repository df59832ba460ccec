//! An engine on a database of its own with a fake chat, and one case's model of what people did to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::Row;
use studybot::chat::{Bot, Chats};
use studybot::clock::Clock;
use studybot::db::{Db, open};
use studybot::domain::channel::{
    AdminChannel, ChannelState, DEFAULT_GRACE_MINUTES, Plan, Selection, StudyChannel,
};
use studybot::domain::command::{ActionId, ChatEvent, EventKind, Interaction, Person, Request, Workspace};
use studybot::domain::filter::Filter;
use studybot::domain::ids::{MessageRef, Platform, RoundId, Timestamp};
use studybot::domain::message::Reply;
use studybot::engine::Engine;

use super::canary;
use super::fake::{FakeChat, person};
use super::history::{Event, LEARNERS};

pub(super) const ANSWER_MS: i64 = 2 * 3_600_000;
pub(super) const REVIEW_MS: i64 = 3 * 3_600_000;
/// 2026-11-23T09:00:00Z
const BEGINNING: Timestamp = Timestamp(1_795_424_400_000);

/// One engine for all cases; each case has a workspace of its own in it.
pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) chat: Arc<FakeChat>,
    pub(super) clock: Clock,
    pub(super) db: Db,
    _folder: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        // Every commit waits for the disk; memory does as well here.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let clock = Clock::manual(BEGINNING);
        let db = open::open(folder.path(), true).await.unwrap();
        let chat = Arc::new(FakeChat::new(clock.clone()));
        let mut chats = Chats::new();
        chats.insert(Platform::Local, Arc::clone(&chat) as _);
        let library = Arc::new(canary::library());
        let engine = Engine::new(db.clone(), clock.clone(), library, Arc::new(chats)).await.unwrap();
        Self { engine, chat, clock, db, _folder: folder }
    }
}

/// What a round is known to be, from what people did.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) id: RoundId,
    pub(super) channel: usize,
    pub(super) question: usize,
    pub(super) thread: Option<MessageRef>,
    pub(super) deadline: i64,
    pub(super) revealed: Option<i64>,
    pub(super) review_ends: i64,
    /// The saved private texts, and how often each was saved.
    pub(super) private: [(String, i64); LEARNERS],
    /// A form for a private answer that somebody left open.
    pub(super) form: [Option<String>; LEARNERS],
    pub(super) chosen: BTreeMap<usize, bool>,
    /// Every version that reached the bot before the reveal.
    pub(super) seen: BTreeSet<(usize, usize)>,
    /// Who has an answer on time; known from the reveal on.
    pub(super) took_part: [bool; LEARNERS],
    /// The criteria that each learner marked as met.
    pub(super) marks: [Option<BTreeSet<usize>>; LEARNERS],
}

/// One case: a workspace and all that happened in it.
pub(super) struct Case<'w> {
    pub(super) world: &'w World,
    pub(super) workspace: Workspace,
    pub(super) channels: Vec<StudyChannel>,
    pub(super) rounds: Vec<Round>,
    /// Events that are still on their way: the round, the event, and the key of its delivery.
    pub(super) held: Vec<(usize, Event, String)>,
    /// Whose each private text is: the round and the learner.
    pub(super) secrets: BTreeMap<usize, (usize, usize)>,
    /// When the bot replied what to whom, as far as it has not been looked at.
    pub(super) replies: Vec<(i64, usize, String)>,
    pub(super) outbox_seen: i64,
    events: u64,
}

/// The person who organises; no learner.
pub(super) const ORGANISER: usize = LEARNERS;

fn plan(sealed: bool, anonymous: bool) -> Plan {
    Plan {
        schedule: "weekdays 09:00".parse().unwrap(),
        zone: "Europe/Berlin".parse().unwrap(),
        answer_minutes: u32::try_from(ANSWER_MS / 60_000).unwrap(),
        review_minutes: u32::try_from(REVIEW_MS / 60_000).unwrap(),
        grace_minutes: DEFAULT_GRACE_MINUTES,
        selection: Selection::Filter(Filter::default()),
        sealed,
        anonymous,
        dates_off: BTreeSet::new(),
        admin_channel: AdminChannel::Person(person(ORGANISER).id),
        organisers: Vec::new(),
        organiser_groups: Vec::new(),
        ping: None,
    }
}

impl<'w> Case<'w> {
    /// A workspace with two channels that post nothing by themselves.
    pub(super) async fn new(world: &'w World, number: u64, sealed: bool, anonymous: bool) -> Self {
        let workspace = Workspace { platform: Platform::Local, id: format!("w{number}").parse().unwrap() };
        let mut channels = Vec::new();
        for (name, plan) in [("c1", plan(false, false)), ("c2", plan(sealed, anonymous))] {
            let (app, now) = (world.engine.app(), world.clock.now());
            let channel = name.parse().unwrap();
            let saved = app.save_plan(workspace.clone(), channel, name.to_owned(), plan, now).await.unwrap();
            channels.extend(app.set_state(saved.id, ChannelState::Paused, now).await.unwrap());
        }
        Self {
            world,
            workspace,
            channels,
            rounds: Vec::new(),
            held: Vec::new(),
            secrets: BTreeMap::new(),
            replies: Vec::new(),
            outbox_seen: 0,
            events: 0,
        }
    }

    pub(super) fn now(&self) -> i64 {
        self.world.clock.now().0
    }

    pub(super) fn sealed(&self, round: usize) -> bool {
        self.channels[self.rounds[round].channel].plan.sealed
    }

    /// Asks the bot for something, and keeps what it replied.
    pub(super) async fn ask(&mut self, who: usize, channel: usize, request: Request) -> Reply {
        // Twenty requests a minute are the limit.
        self.world.clock.pass(Duration::from_secs(60));
        let person = Person { admin: who == ORGANISER, ..person(who) };
        let reply = self
            .world
            .engine
            .interact(Interaction {
                at: self.world.clock.now(),
                workspace: self.workspace.clone(),
                channel: self.channels[channel].channel.clone(),
                channel_name: self.channels[channel].name.clone(),
                person,
                hindrance: None,
                request,
            })
            .await;
        self.replies.push((self.now(), who, format!("{reply:?}")));
        reply
    }

    pub(super) async fn click(
        &mut self,
        who: usize,
        round: usize,
        action: ActionId,
        values: Vec<String>,
    ) -> Reply {
        let channel = self.rounds[round].channel;
        self.ask(who, channel, Request::Click { action: action.to_string(), values }).await
    }

    pub(super) async fn submit(&mut self, who: usize, round: usize, form: String, text: String) -> Reply {
        let channel = self.rounds[round].channel;
        self.ask(who, channel, Request::Submit { form, fields: vec![("text".to_owned(), text)] }).await
    }

    /// A key of its own for each happening; a redelivery has the same.
    pub(super) fn event_key(&mut self) -> String {
        self.events += 1;
        format!("event-{}", self.events)
    }

    /// Hands an event to the bot, and notes what it has seen by that.
    pub(super) async fn deliver(&mut self, round: usize, event: Event, key: String) {
        let Some(id) = self.rounds[round].thread.clone() else { return };
        let (message, sighting, author, told) = {
            let state = self.world.chat.state();
            let (thread, told) = &state.threads[&id];
            let (message, sighting) = thread.sighting(event);
            (message, sighting, thread.messages[message].author, *told)
        };
        if let Event::Written(message, version) = event
            && told
            && self.rounds[round].revealed.is_none()
        {
            self.rounds[round].seen.insert((message, version));
        }
        // Platforms don't say who wrote a deleted message.
        let author = matches!(event, Event::Written(..)).then(|| person(author));
        let kind =
            EventKind::Message { thread: id, message: super::history::Thread::id(message), author, sighting };
        self.world.engine.event(ChatEvent { key, workspace: self.workspace.clone(), kind }).await;
    }

    /// Notes rounds that were opened and threads that were made.
    pub(super) async fn look_for_rounds(&mut self) {
        let mut reader = self.world.db.read().await.unwrap();
        let rows = sqlx::query(
            "SELECT r.id, r.study_channel_id, r.question_id, r.opened_at FROM rounds r
             JOIN workspaces w ON w.id = r.workspace_id WHERE w.workspace_ref = ? ORDER BY r.id",
        )
        .bind(self.workspace.id.as_str())
        .fetch_all(&mut *reader)
        .await
        .unwrap();
        for row in rows.iter().skip(self.rounds.len()) {
            let (id, channel, question, opened): (i64, i64, String, i64) =
                (row.get(0), row.get(1), row.get(2), row.get(3));
            self.rounds.push(Round {
                id: RoundId(id),
                channel: self.channels.iter().position(|known| known.id.0 == channel).unwrap(),
                question: question.trim_start_matches("question-").parse().unwrap(),
                thread: None,
                deadline: opened + ANSWER_MS,
                revealed: None,
                review_ends: i64::MAX,
                private: Default::default(),
                form: Default::default(),
                chosen: BTreeMap::new(),
                seen: BTreeSet::new(),
                took_part: [false; LEARNERS],
                marks: Default::default(),
            });
        }
        for round in self.rounds.iter_mut().filter(|round| round.thread.is_none()) {
            // The thread stands on the platform before the bot may know.
            let key = format!("round:{}:question", round.id);
            let posted = self.world.chat.state().posted(&key);
            round.thread = posted.filter(|id| self.world.chat.state().threads.contains_key(id));
        }
    }
}
