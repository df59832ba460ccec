//! What people do in a case, and how its events reach the bot.

use proptest::prelude::*;
use studybot::domain::command::{ActionId, Request};
use studybot::domain::ids::StudyChannelId;
use studybot::domain::message::{Control, Outgoing, Reply};

use super::canary;
use super::history::{Body, Event, LEARNERS, Message, any_body};
use super::world::{ANSWER_MS, Case, ORGANISER, REVIEW_MS};

/// How an event reaches the bot.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrival {
    Now,
    Twice,
    Held,
    Never,
}

/// One thing that somebody does. Rounds are counted from the newest, messages from the first; numbers wrap around.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Post {
        channel: usize,
    },
    /// Says something, and perhaps a short word more in the same millisecond.
    Say {
        who: usize,
        round: usize,
        body: Body,
        more: bool,
        arrival: Arrival,
    },
    Edit {
        round: usize,
        message: usize,
        body: Body,
        arrival: Arrival,
    },
    Delete {
        round: usize,
        message: usize,
        arrival: Arrival,
    },
    /// Events that were held arrive, the given one first.
    Release {
        first: usize,
    },
    Lost {
        round: usize,
    },
    OpenForm {
        who: usize,
        round: usize,
    },
    /// Submits the form that was left open, or a new one.
    AnswerPrivately {
        who: usize,
        round: usize,
        withdraw: bool,
    },
    AnswerLate {
        who: usize,
        round: usize,
    },
    Choose {
        who: usize,
        round: usize,
        mask: u32,
    },
    Mark {
        who: usize,
        round: usize,
        mask: u32,
        bogus: bool,
    },
    CloseNow {
        round: usize,
    },
    Look {
        who: usize,
        round: usize,
        at: usize,
    },
    Nothing,
}

/// How long people wait before they act, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    For(i64),
    /// Until so long after the newest round's deadline, where the mistakes are.
    Deadline(i64),
}

/// An action, after a while.
pub(super) type Step = (Wait, Action);

fn any_wait() -> impl Strategy<Value = Wait> {
    let waits = prop_oneof![12 => 1..2_000i64, 3 => 60_000..900_000i64, 1 => 3_000_000..9_000_000i64];
    prop_oneof![16 => waits.prop_map(Wait::For), 1 => (-3..2_000i64).prop_map(Wait::Deadline)]
}

fn any_arrival() -> impl Strategy<Value = Arrival> {
    prop::sample::select(vec![Arrival::Now, Arrival::Now, Arrival::Twice, Arrival::Held, Arrival::Never])
}

fn any_action() -> impl Strategy<Value = Action> {
    let (who, message) = (0..LEARNERS, 0..6usize);
    let round = prop::sample::select(vec![0usize, 0, 0, 1, 2]);
    let place = (who.clone(), round.clone());
    prop_oneof![
        2 => (0..2usize).prop_map(|channel| Action::Post { channel }),
        9 => (place.clone(), any_body(6), prop::bool::weighted(0.1), any_arrival())
            .prop_map(|((who, round), body, more, arrival)| Action::Say { who, round, body, more, arrival }),
        5 => (round.clone(), message.clone(), any_body(6), any_arrival())
            .prop_map(|(round, message, body, arrival)| Action::Edit { round, message, body, arrival }),
        2 => (round.clone(), message, any_arrival())
            .prop_map(|(round, message, arrival)| Action::Delete { round, message, arrival }),
        2 => (0..9usize).prop_map(|first| Action::Release { first }),
        1 => round.clone().prop_map(|round| Action::Lost { round }),
        1 => place.clone().prop_map(|(who, round)| Action::OpenForm { who, round }),
        3 => (place.clone(), prop::bool::weighted(0.2))
            .prop_map(|((who, round), withdraw)| Action::AnswerPrivately { who, round, withdraw }),
        1 => place.clone().prop_map(|(who, round)| Action::AnswerLate { who, round }),
        4 => (place.clone(), any::<u32>())
            .prop_map(|((who, round), mask)| Action::Choose { who, round, mask }),
        5 => any_mark(),
        1 => round.prop_map(|round| Action::CloseNow { round }),
        4 => (place, 0..12usize).prop_map(|((who, round), at)| Action::Look { who, round, at }),
        2 => Just(Action::Nothing),
    ]
}

fn any_mark() -> impl Strategy<Value = Action> {
    (0..LEARNERS, 0..3usize, any::<u32>(), prop::bool::weighted(0.1))
        .prop_map(|(who, round, mask, bogus)| Action::Mark { who, round, mask, bogus })
}

/// A case begins with a question, and ends with a review.
pub(super) fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let reviews = prop::collection::vec(((1..5_000i64).prop_map(Wait::For), any_mark()), 0..6);
    (prop::collection::vec((any_wait(), any_action()), 15..60), reviews).prop_map(|(mut steps, reviews)| {
        steps.insert(0, (Wait::For(5_000), Action::Post { channel: 0 }));
        steps.push((Wait::For(5_000), Action::Nothing));
        steps.push((Wait::For(ANSWER_MS), Action::Nothing));
        steps.extend(reviews);
        steps
    })
}

impl Case<'_> {
    /// How long a wait is by now: at least a millisecond, so that no two messages are sent at once.
    pub(super) fn wait_ms(&self, wait: Wait) -> i64 {
        match (wait, self.rounds.last()) {
            (Wait::For(milliseconds), _) => milliseconds,
            (Wait::Deadline(offset), Some(round)) => (round.deadline + offset - self.now()).max(1),
            (Wait::Deadline(_), None) => 1,
        }
    }

    pub(super) async fn act(&mut self, action: &Action) {
        match action {
            Action::Post { channel } => self.post(*channel).await,
            Action::Say { who, round, body, more, arrival } => {
                self.say(*who, *round, body, *arrival).await;
                if *more {
                    let body = Body { text: "p.s.".to_owned(), files: Vec::new() };
                    self.say(*who, *round, &body, *arrival).await;
                }
            }
            Action::Edit { round, message, body, arrival } => {
                self.edit(*round, *message, body, *arrival).await
            }
            Action::Delete { round, message, arrival } => self.delete(*round, *message, *arrival).await,
            Action::Release { first } => self.release(*first).await,
            Action::Lost { round } => self.lose(*round),
            Action::OpenForm { who, round } => self.open_form(*who, *round).await,
            Action::AnswerPrivately { who, round, withdraw } => {
                self.answer_privately(*who, *round, *withdraw).await;
            }
            Action::AnswerLate { who, round } => self.answer_late(*who, *round).await,
            Action::Choose { who, round, mask } => self.choose(*who, *round, *mask).await,
            Action::Mark { who, round, mask, bogus } => self.mark(*who, *round, *mask, *bogus).await,
            Action::CloseNow { round } => self.close_now(*round).await,
            Action::Look { who, round, at } => self.look(*who, *round, *at).await,
            Action::Nothing => {}
        }
    }

    fn round(&self, back: usize) -> Option<usize> {
        let count = self.rounds.len();
        (count > 0).then(|| count - 1 - back % count)
    }

    async fn post(&mut self, channel: usize) {
        let reply = self.ask(ORGANISER, channel, Request::Command("post-now".to_owned())).await;
        // While another question is open the bot asks first.
        let again = actions(&reply).iter().find(|action| action.id.starts_with("post-another:")).cloned();
        if let Some(action) = again {
            self.ask(ORGANISER, channel, Request::Click { action: action.id, values: Vec::new() }).await;
        }
    }

    /// Changes a round's thread on the platform, which makes an event.
    async fn change(
        &mut self,
        round: usize,
        arrival: Arrival,
        change: impl FnOnce(&mut Vec<Message>) -> Option<Event>,
    ) {
        let Some(id) = self.rounds[round].thread.clone() else { return };
        let event = {
            let mut state = self.world.chat.state();
            state.threads.get_mut(&id).and_then(|(thread, _)| change(&mut thread.messages))
        };
        let Some(event) = event else { return };
        let key = self.event_key();
        match arrival {
            Arrival::Now => self.deliver(round, event, key).await,
            Arrival::Twice => {
                self.deliver(round, event, key.clone()).await;
                self.held.push((round, event, key));
            }
            Arrival::Held => self.held.push((round, event, key)),
            Arrival::Never => {}
        }
    }

    async fn say(&mut self, who: usize, round: usize, body: &Body, arrival: Arrival) {
        let Some(round) = self.round(round) else { return };
        let (sent, bodies) = (self.now(), vec![(self.now(), body.clone())]);
        self.change(round, arrival, |messages| {
            messages.push(Message { author: who, sent, reply: false, bodies, deleted: None });
            Some(Event::Written(messages.len() - 1, 0))
        })
        .await;
    }

    async fn edit(&mut self, round: usize, message: usize, body: &Body, arrival: Arrival) {
        let Some(round) = self.round(round) else { return };
        let (now, body) = (self.now(), body.clone());
        self.change(round, arrival, |messages| {
            let index = message % messages.len().max(1);
            let message = messages.get_mut(index).filter(|message| message.deleted.is_none())?;
            message.bodies.push((now, body));
            Some(Event::Written(index, message.bodies.len() - 1))
        })
        .await;
    }

    async fn delete(&mut self, round: usize, message: usize, arrival: Arrival) {
        let Some(round) = self.round(round) else { return };
        let now = self.now();
        self.change(round, arrival, |messages| {
            let index = message % messages.len().max(1);
            let message = messages.get_mut(index).filter(|message| message.deleted.is_none())?;
            message.deleted = Some(now);
            Some(Event::Deleted(index))
        })
        .await;
    }

    async fn release(&mut self, first: usize) {
        let mut held = std::mem::take(&mut self.held);
        let count = held.len().max(1);
        held.rotate_left(first % count);
        held.reverse();
        for (round, event, key) in held {
            self.deliver(round, event, key).await;
        }
    }

    /// An adapter's queue overflows: what was held is gone, and the thread is read again.
    fn lose(&mut self, round: usize) {
        let Some(round) = self.round(round) else { return };
        let Some(thread) = self.rounds[round].thread.clone() else { return };
        self.held.retain(|(held, ..)| *held != round);
        studybot::chat::Bot::lost(&self.world.engine, self.workspace.clone(), thread);
    }

    async fn open_form(&mut self, who: usize, round: usize) {
        let Some(round) = self.round(round) else { return };
        let action = ActionId::AnswerPrivately(self.rounds[round].id);
        if let Reply::Form(form) = self.click(who, round, action, Vec::new()).await {
            self.rounds[round].form[who] = Some(form.id);
        }
    }

    async fn answer_privately(&mut self, who: usize, round: usize, withdraw: bool) {
        if self.round(round).is_some_and(|round| self.rounds[round].form[who].is_none()) {
            self.open_form(who, round).await;
        }
        let Some(round) = self.round(round) else { return };
        let Some(form) = self.rounds[round].form[who].take() else { return };
        let secret = self.secrets.len();
        let text = if withdraw { String::new() } else { canary::private_text(secret) };
        self.secrets.insert(secret, (round, who));
        let opened: i64 = form.rsplit(':').next().and_then(|version| version.parse().ok()).unwrap();
        // A form that comes back says why the text was not taken.
        if let Reply::Panel(_) = self.submit(who, round, form, text.clone()).await {
            let (saved, version) = &mut self.rounds[round].private[who];
            let raced = *version != opened && !saved.is_empty() && !text.is_empty();
            if *saved != text {
                *saved = if raced { format!("{saved}\n\n{text}") } else { text };
                *version += 1;
            }
        }
    }

    async fn answer_late(&mut self, who: usize, round: usize) {
        let Some(round) = self.round(round) else { return };
        let action = ActionId::LateAnswer(self.rounds[round].id);
        if let Reply::Form(form) = self.click(who, round, action, Vec::new()).await {
            self.submit(who, round, form.id, "too late".to_owned()).await;
        }
    }

    async fn choose(&mut self, who: usize, round: usize, mask: u32) {
        let Some(round) = self.round(round) else { return };
        let id = self.rounds[round].id;
        let reply = self.click(who, round, ActionId::MyAnswer(id), Vec::new()).await;
        let select = actions(&reply).iter().find_map(|action| match &action.control {
            Control::Select { options, .. } => Some(options.clone()),
            Control::Button => None,
        });
        let Some(options) = select else { return };
        let is_in = |index: usize| mask >> (index % 32) & 1 == 1;
        let values = options.iter().enumerate().filter(|(index, _)| is_in(*index));
        let values = values.map(|(_, option)| option.value.clone()).collect();
        self.click(who, round, ActionId::ChooseParts(id, 0), values).await;
        for (index, option) in options.iter().enumerate() {
            let message: usize = option.value.trim_start_matches('m').parse().unwrap();
            self.rounds[round].chosen.insert(message - 100, is_in(index));
        }
    }

    async fn mark(&mut self, who: usize, round: usize, mask: u32, bogus: bool) {
        let Some(round) = self.round(round) else { return };
        let (id, question) = (self.rounds[round].id, self.rounds[round].question);
        let met: Vec<usize> = (0..canary::CRITERIA).filter(|index| mask >> index & 1 == 1).collect();
        let mut values: Vec<String> =
            met.iter().map(|index| canary::criterion_id(question, *index)).collect();
        values.extend(bogus.then(|| "made-up".to_owned()));
        self.click(who, round, ActionId::MarkMine(id), Vec::new()).await;
        self.click(who, round, ActionId::SaveMarks(id), values).await;
        let open = self.rounds[round].revealed.is_some() && self.now() < self.rounds[round].review_ends;
        if open && !bogus {
            self.rounds[round].marks[who] = Some(met.into_iter().collect());
        }
    }

    async fn close_now(&mut self, round: usize) {
        let Some(round) = self.round(round) else { return };
        let now = self.now();
        let id = self.rounds[round].id;
        let reply = self.click(ORGANISER, round, ActionId::CloseNow(id), Vec::new()).await;
        let on_its_way = format!("{reply:?}").contains("still on its way");
        let round = &mut self.rounds[round];
        match round.revealed {
            None if !on_its_way => round.deadline = round.deadline.min(now),
            None => {}
            Some(_) => round.review_ends = round.review_ends.min(now),
        }
    }

    /// Looks at all that can be looked at.
    async fn look(&mut self, who: usize, round: usize, at: usize) {
        let Some(round) = self.round(round) else { return };
        let (id, channel) = (self.rounds[round].id, self.rounds[round].channel);
        let commands = ["today", "my-answer", "me", "leaderboard", "leaderboard week", "help"];
        if let Some(command) = commands.get(at) {
            self.ask(who, channel, Request::Command((*command).to_owned())).await;
            return;
        }
        let action = match at {
            6 => ActionId::MyAnswer(id),
            7 => ActionId::PartsPage(id, 1),
            8 => ActionId::Hint(id),
            9 => ActionId::MarkMine(id),
            10 => ActionId::ModelAnswer(id),
            _ => ActionId::Today(StudyChannelId(self.channels[channel].id.0)),
        };
        self.click(who, round, action, Vec::new()).await;
    }

    /// When the review of a round that was just revealed ends.
    pub(super) fn review_end(&self, round: usize, revealed: i64) -> i64 {
        revealed.max(self.rounds[round].deadline) + REVIEW_MS
    }
}

fn actions(reply: &Reply) -> &[studybot::domain::message::Action] {
    match reply {
        Reply::Panel(Outgoing { actions, .. }) => actions,
        Reply::Form(_) => &[],
    }
}
