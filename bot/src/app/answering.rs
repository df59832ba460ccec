//! *My answer*, private answers, late answers, hints, and today's question.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::SqliteConnection;

use super::App;
use super::interact::{Answered, Asking, Refusal, say, with_typed};
use crate::db::answers::AnswerRow;
use crate::db::rounds::RoundRow;
use crate::db::{DbResult, answers, learners, marks, rounds};
use crate::domain::answer::{Choice, Part, PrivateSubmit, Verdict, char_count, submit_private, verdicts};
use crate::domain::command::{ActionId, FormId, Person};
use crate::domain::ids::{MessageRef, RoundId, StudyChannelId, WorkspaceId};
use crate::domain::marking::{Basis, resolve};
use crate::domain::message::{Action, Block, Outgoing, Reply, Span};
use crate::domain::round::Phase;
use crate::render::my_answer::{self, MyAnswer, answer_form};
use crate::render::panel::{self, TodayRound, TodayStage};
use crate::render::round as render;

impl App {
    /// `/study today`.
    pub(super) async fn today(&self, asking: &Asking) -> Answered {
        let channel = self.channel_for(asking, "look at", ActionId::Today).await?;
        self.today_in(asking, channel.id).await
    }

    /// A study channel's question of the day.
    pub(super) async fn today_in(&self, asking: &Asking, id: StudyChannelId) -> Answered {
        let channel = self.own_channel(asking, id).await?;
        let mut reader = self.db.read().await?;
        let mut today = Vec::new();
        for row in rounds::unfinished(&mut reader, id).await? {
            let stage = match row.round.phase {
                Phase::Open => TodayStage::Open(row.round.deadline_at),
                Phase::Review => TodayStage::Review(row.round.review_deadline_at.unwrap_or(asking.now)),
                _ => TodayStage::Collecting,
            };
            today.push(TodayRound {
                round: row.round.id,
                title: rounds::face(&mut reader, row.round.id).await?.title,
                stage,
                answers: answers::taking_part(&mut reader, row.round.id).await?,
            });
        }
        let next = channel.upcoming(asking.now, 1).first().map(|next| next.at);
        Ok(Reply::Panel(panel::today(&channel.name, &today, next, channel.state)))
    }

    /// `/study my-answer`: the channel's open round, a choice between several, or the newest one that is over.
    pub(super) async fn my_answer_in(&self, asking: &Asking, channel: StudyChannelId) -> Answered {
        let channel = self.own_channel(asking, channel).await?;
        let (unfinished, newest) = {
            let mut reader = self.db.read().await?;
            (
                rounds::unfinished(&mut reader, channel.id).await?,
                rounds::newest(&mut reader, channel.id).await?,
            )
        };
        match (unfinished.as_slice(), newest) {
            ([], None) => {
                say("There was no question in this channel yet. /study today tells when the first one comes.")
            }
            ([], Some(row)) => self.my_answer(asking, row.round.id, 0).await,
            ([row], _) => self.my_answer(asking, row.round.id, 0).await,
            (several, _) => {
                self.choose_round(several, "Which question do you mean?", ActionId::MyAnswer).await
            }
        }
    }

    /// A choice between rounds, by their titles.
    pub(super) async fn choose_round(
        &self,
        several: &[RoundRow],
        question: &str,
        action: fn(RoundId) -> ActionId,
    ) -> Answered {
        let mut reader = self.db.read().await?;
        let mut options = Vec::new();
        for row in several {
            let title = rounds::face(&mut reader, row.round.id).await?.title;
            options.push((action(row.round.id), title));
        }
        Ok(Reply::Panel(panel::choice(question, options)))
    }

    /// What counts so far, or counted.
    pub(super) async fn my_answer(&self, asking: &Asking, round: RoundId, page: u32) -> Answered {
        let (row, _) = self.own_round(asking, round).await?;
        let mut reader = self.db.read().await?;
        let title = rounds::face(&mut reader, round).await?.title;
        let answer = own_answer(&mut reader, &row, asking.person()).await?;
        let parts = match &answer {
            Some(answer) => answers::parts_of(&mut reader, answer.id).await?,
            None => Vec::new(),
        };
        let score = match &answer {
            Some(answer) if row.round.phase.is_revealed() => self.standing(&mut reader, &row, answer).await?,
            _ => None,
        };
        let panel = my_answer::my_answer(&MyAnswer {
            round,
            title: &title,
            parts: stand(&parts, &row, answer.as_ref()),
            private_text: answer.as_ref().map_or("", |answer| &answer.private_text),
            late_text: answer.as_ref().map_or("", |answer| &answer.late_text),
            open_until: takes_answers(&row, asking).then_some(row.round.deadline_at),
            page,
            score,
        });
        Ok(Reply::Panel(panel))
    }

    /// The score of an on-time answer: final, or as its marks stand.
    async fn standing(
        &self,
        connection: &mut SqliteConnection,
        row: &RoundRow,
        answer: &AnswerRow,
    ) -> DbResult<Option<(u32, Basis, bool)>> {
        if answer.on_time != Some(true) {
            return Ok(None);
        }
        let own_marks = marks::own(connection, answer.id).await?;
        let criteria = rounds::question(connection, row.round.id).await?.criteria;
        let score = resolve(&criteria, own_marks.as_ref());
        Ok(Some((score.points, score.basis, row.round.phase == Phase::Closed || row.round.closing)))
    }

    /// Takes parts of the shown page out, and puts others back.
    pub(super) async fn choose_parts(
        &self,
        asking: &Asking,
        round: RoundId,
        page: u32,
        values: &[String],
    ) -> Answered {
        let (row, _) = self.own_round(asking, round).await?;
        if !takes_answers(&row, asking) {
            return say("Answers have closed, so what counts can't change any more.");
        }
        let wanted: Arc<BTreeSet<String>> = Arc::new(values.iter().cloned().collect());
        let person = Arc::new(asking.person().clone());
        self.db
            .write(move |connection| {
                let (wanted, person) = (Arc::clone(&wanted), Arc::clone(&person));
                Box::pin(async move { choose_parts(connection, round, &person, page, &wanted).await })
            })
            .await?;
        self.my_answer(asking, round, page).await
    }

    /// A hint to the question.
    pub(super) async fn hint(&self, asking: &Asking, round: RoundId) -> Answered {
        self.own_round(asking, round).await?;
        let face = rounds::face(&mut *self.db.read().await?, round).await?;
        Ok(Reply::Panel(panel::hint(&face.hints)))
    }

    /// The model answer, once it may be seen.
    pub(super) async fn model_answer(&self, asking: &Asking, round: RoundId) -> Answered {
        let (row, _) = self.own_round(asking, round).await?;
        if !matches!(row.round.phase, Phase::Review | Phase::Closed) {
            return say("The model answer is shown once answers have closed and the rubric points are out.");
        }
        let question = rounds::question(&mut *self.db.read().await?, round).await?;
        Ok(Reply::Panel(render::model_answer(&question)))
    }

    /// Opens the form for a private answer, with what is saved.
    pub(super) async fn private_form(&self, asking: &Asking, round: RoundId) -> Answered {
        let (row, _) = self.own_round(asking, round).await?;
        if !takes_answers(&row, asking) {
            return Err(Refusal::Say(closed(&row, round)));
        }
        let answer = own_answer(&mut *self.db.read().await?, &row, asking.person()).await?;
        let (text, version) =
            answer.map_or((String::new(), 0), |answer| (answer.private_text, answer.private_version));
        Ok(Reply::Form(answer_form(FormId::PrivateAnswer(round, version), &text, None)))
    }

    /// Saves a private answer.
    pub(super) async fn submit_private(
        &self,
        asking: &Asking,
        round: RoundId,
        opened_version: i64,
        text: &str,
    ) -> Answered {
        let form = FormId::PrivateAnswer(round, opened_version);
        let again = |error: String| Refusal::Again(answer_form(form, text, Some(error)));
        let (row, _) = self
            .own_round(asking, round)
            .await
            .map_err(|refusal| with_typed(refusal, std::iter::once(text)))?;
        if !takes_answers(&row, asking) {
            return Err(again(closed_error(&row)));
        }
        let (text, person, at) = (Arc::<str>::from(text), Arc::new(asking.person().clone()), asking.at);
        let saved = self
            .db
            .write(move |connection| {
                let (text, person) = (Arc::clone(&text), Arc::clone(&person));
                Box::pin(async move {
                    // The round may have moved on since it was looked at.
                    let row = rounds::by_id(connection, round).await?;
                    match row.filter(|row| accepts(row, at)) {
                        Some(row) => {
                            save_private(connection, &row, &person, opened_version, &text).await.map(Some)
                        }
                        None => Ok(None),
                    }
                })
            })
            .await?;
        let chars = |text: &str| crate::render::count(char_count(text), "character", "characters");
        match saved {
            None => Err(again(closed_error(&row))),
            Some(PrivateSubmit::TooLong(over)) => Err(again(format!(
                "Together with what you wrote in the thread this is {} too long: an answer takes 20,000. Shorten it, \
                 or take messages out with My answer.",
                crate::render::count(over, "character", "characters")
            ))),
            Some(PrivateSubmit::Unchanged) => {
                Ok(private_saved(round, "Your private answer is saved as it is."))
            }
            Some(PrivateSubmit::Replace(text)) if text.is_empty() => {
                Ok(private_saved(round, "Your private answer is withdrawn."))
            }
            Some(PrivateSubmit::Replace(text)) => Ok(private_saved(
                round,
                &format!(
                    "Your private answer is saved ({}). Nobody else sees it before answers close.",
                    chars(&text)
                ),
            )),
            Some(PrivateSubmit::KeepBoth(text)) => Ok(private_saved(
                round,
                &format!(
                    "Another form of yours was saved meanwhile, so I kept both texts, one after the other ({}). Press \
                     My answer to see them, and change them there.",
                    chars(&text)
                ),
            )),
        }
    }

    /// Opens the form for a late answer, with what is saved.
    pub(super) async fn late_form(&self, asking: &Asking, round: RoundId) -> Answered {
        let (row, _) = self.own_round(asking, round).await?;
        let answer = own_answer(&mut *self.db.read().await?, &row, asking.person()).await?;
        refuse_late(&row, answer.as_ref(), asking).or_else(say)?;
        let (text, version) =
            answer.map_or((String::new(), 0), |answer| (answer.late_text, answer.late_version));
        Ok(Reply::Form(answer_form(FormId::LateAnswer(round, version), &text, None)))
    }

    /// Saves a late answer.
    pub(super) async fn submit_late(
        &self,
        asking: &Asking,
        round: RoundId,
        opened_version: i64,
        text: &str,
    ) -> Answered {
        let form = FormId::LateAnswer(round, opened_version);
        let again = |error: String| Refusal::Again(answer_form(form, text, Some(error)));
        let (row, _) = self
            .own_round(asking, round)
            .await
            .map_err(|refusal| with_typed(refusal, std::iter::once(text)))?;
        let answer = own_answer(&mut *self.db.read().await?, &row, asking.person()).await?;
        refuse_late(&row, answer.as_ref(), asking).map_err(again)?;
        let (text, person) = (Arc::<str>::from(text), Arc::new(asking.person().clone()));
        let saved = self
            .db
            .write(move |connection| {
                let (text, person) = (Arc::clone(&text), Arc::clone(&person));
                Box::pin(async move { save_late(connection, round, &person, opened_version, &text).await })
            })
            .await?;
        match saved {
            Some(PrivateSubmit::TooLong(over)) => Err(again(format!(
                "This is {} too long: an answer takes 20,000.",
                crate::render::count(over, "character", "characters")
            ))),
            Some(PrivateSubmit::Replace(text)) if text.is_empty() => {
                Ok(Reply::Panel(Outgoing::say("Your late answer is withdrawn.")))
            }
            Some(_) => Ok(Reply::Panel(
                Outgoing::say("Your late answer is saved. You can mark it; it earns no points.")
                    .with(vec![Action::button(ActionId::MarkMine(round), "Mark my answer")]),
            )),
            None => Err(again("The review has ended, so nothing can be added any more.".to_owned())),
        }
    }
}

/// The parts with their verdicts: the frozen ones once there are such.
fn stand<'a>(parts: &'a [Part], row: &RoundRow, answer: Option<&AnswerRow>) -> Vec<(&'a Part, Verdict)> {
    let private = answer.map_or("", |answer| &answer.private_text);
    let private_chars = char_count(private);
    let mut stand = verdicts(parts, private_chars, row.sealed);
    for (part, verdict) in &mut stand {
        match part.frozen {
            Some(true) if part.version.is_some() => *verdict = Verdict::Counts,
            Some(false) if *verdict == Verdict::Counts => *verdict = Verdict::TooLong,
            _ => {}
        }
    }
    stand
}

fn takes_answers(row: &RoundRow, asking: &Asking) -> bool {
    accepts(row, asking.at)
}

/// On time is decided by the platform's time. Until the freeze, what was sent in time is taken.
fn accepts(row: &RoundRow, at: crate::domain::ids::Timestamp) -> bool {
    matches!(row.round.phase, Phase::Open | Phase::Collecting) && at < row.round.deadline_at
}

fn closed_error(row: &RoundRow) -> String {
    if row.round.phase == Phase::Review && !row.round.closing {
        "Answers have closed, so this was not saved. Copy it, then press Add a late answer under the rubric points."
            .to_owned()
    } else {
        "Answers have closed, so this was not saved. Copy it if you want to keep it.".to_owned()
    }
}

fn closed(row: &RoundRow, round: RoundId) -> Outgoing {
    let message = Outgoing::new(vec![Block::Line {
        spans: vec![Span::plain("Answers closed "), Span::full(row.round.deadline_at), Span::plain(".")],
    }]);
    if row.round.phase == Phase::Review && !row.round.closing {
        message.with(vec![
            Action::button(ActionId::LateAnswer(round), "Add a late answer"),
            Action::button(ActionId::MyAnswer(round), "My answer"),
        ])
    } else {
        message.with(vec![Action::button(ActionId::MyAnswer(round), "My answer")])
    }
}

/// Whether a late answer can be added now. `Err`: why not.
fn refuse_late(row: &RoundRow, answer: Option<&AnswerRow>, asking: &Asking) -> Result<(), String> {
    match row.round.phase {
        Phase::Open | Phase::Collecting => {
            Err("Answers are still taken: write in the thread, or press Answer privately.".to_owned())
        }
        Phase::Review
            if !row.round.closing && row.round.review_deadline_at.is_some_and(|at| asking.at < at) =>
        {
            match answer {
                Some(answer) if answer.on_time == Some(true) => {
                    Err("Your answer came in time, and that is the one that is marked.".to_owned())
                }
                _ => Ok(()),
            }
        }
        _ => Err("The review has ended, so nothing can be added any more.".to_owned()),
    }
}

fn private_saved(round: RoundId, text: &str) -> Reply {
    Reply::Panel(Outgoing::say(text).with(vec![Action::button(ActionId::MyAnswer(round), "My answer")]))
}

/// The asker's answer in a round.
pub(super) async fn own_answer(
    connection: &mut SqliteConnection,
    row: &RoundRow,
    person: &Person,
) -> DbResult<Option<AnswerRow>> {
    match learners::find(connection, row.workspace_id, &person.id).await? {
        Some(learner) => answers::of_learner(connection, row.round.id, learner.id).await,
        None => Ok(None),
    }
}

async fn ensure_answer(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    round: RoundId,
    person: &Person,
) -> DbResult<Option<AnswerRow>> {
    let learner = learners::ensure(connection, workspace, person).await?;
    answers::ensure(connection, round, learner, false).await?;
    answers::of_learner(connection, round, learner).await
}

async fn save_private(
    connection: &mut SqliteConnection,
    row: &RoundRow,
    person: &Person,
    opened_version: i64,
    text: &str,
) -> DbResult<PrivateSubmit> {
    let round = row.round.id;
    let Some(answer) = ensure_answer(connection, row.workspace_id, round, person).await? else {
        return Ok(PrivateSubmit::Unchanged);
    };
    let parts = answers::parts_of(connection, answer.id).await?;
    let public_chars = verdicts(&parts, 0, row.sealed)
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::Counts)
        .filter_map(|(part, _)| part.version.as_ref().map(|version| version.chars()))
        .sum();
    let decided =
        submit_private(&answer.private_text, answer.private_version, opened_version, text, public_chars);
    if let PrivateSubmit::Replace(text) | PrivateSubmit::KeepBoth(text) = &decided {
        answers::set_private(connection, answer.id, text).await?;
    }
    Ok(decided)
}

async fn save_late(
    connection: &mut SqliteConnection,
    round: RoundId,
    person: &Person,
    opened_version: i64,
    text: &str,
) -> DbResult<Option<PrivateSubmit>> {
    let Some(row) = rounds::by_id(connection, round).await? else { return Ok(None) };
    if row.round.phase != Phase::Review || row.round.closing {
        return Ok(None);
    }
    let Some(answer) = ensure_answer(connection, row.workspace_id, round, person).await? else {
        return Ok(None);
    };
    let decided = submit_private(&answer.late_text, answer.late_version, opened_version, text, 0);
    if let PrivateSubmit::Replace(text) | PrivateSubmit::KeepBoth(text) = &decided {
        answers::set_late(connection, answer.id, text).await?;
    }
    Ok(Some(decided))
}

/// Stores the choices on one page of parts. Values that name no part of this learner are passed over.
async fn choose_parts(
    connection: &mut SqliteConnection,
    round: RoundId,
    person: &Person,
    page: u32,
    wanted: &BTreeSet<String>,
) -> DbResult<()> {
    let Some(row) = rounds::by_id(connection, round).await? else { return Ok(()) };
    let Some(answer) = own_answer(connection, &row, person).await? else { return Ok(()) };
    let parts = answers::parts_of(connection, answer.id).await?;
    let private_chars = char_count(&answer.private_text);
    let skip = usize::try_from(page).unwrap_or(0).saturating_mul(my_answer::PARTS_PER_PAGE);
    let shown: Vec<MessageRef> = verdicts(&parts, private_chars, row.sealed)
        .into_iter()
        .skip(skip)
        .take(my_answer::PARTS_PER_PAGE)
        .map(|(part, _)| part.message.clone())
        .collect();
    let mut chosen = parts.clone();
    for part in chosen.iter_mut().filter(|part| part.version.is_some() && shown.contains(&part.message)) {
        part.choice = Some(if wanted.contains(part.message.as_str()) { Choice::In } else { Choice::Out });
    }
    for (part, verdict) in verdicts(&chosen, private_chars, row.sealed) {
        answers::save_part(connection, round, Some(answer.id), part, verdict == Verdict::Counts).await?;
    }
    Ok(())
}
