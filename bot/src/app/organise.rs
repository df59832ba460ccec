//! What organisers do: set up, pause, resume, post now, close now.

use std::sync::Arc;

use jiff::civil::{DateTime, time};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::App;
use super::interact::{Answered, Asking, Refusal, may_organise, require_organiser, say, with_typed};
use super::plan;
use super::rounds::{self as app_rounds, Opened};
use crate::db::{DbError, DbResult, rounds, study_channels, workspaces};
use crate::domain::channel::{ChannelState, Plan, Selection, StudyChannel};
use crate::domain::command::{ActionId, Workspace};
use crate::domain::ids::{ChannelRef, RoundId, StudyChannelId, Timestamp};
use crate::domain::message::{Block, Outgoing, Reply, Span};
use crate::domain::round::{Command, Phase};
use crate::domain::schedule::CivilTime;
use crate::packs::Library;
use crate::render::panel;
use crate::render::setup::{SetupValues, plan_saved, setup_form};

/// How many posting times are read back.
const UPCOMING_SHOWN: usize = 3;

impl App {
    /// `/study setup`: the form, with the plan as it is.
    pub(super) async fn setup_command(&self, asking: &Asking) -> Answered {
        let here = self.channel_here(asking).await?;
        require_setup(asking, here.as_ref())?;
        let values = here.map_or_else(plan::proposal, |channel| SetupValues::of(&channel.plan));
        Ok(Reply::Form(setup_form(&values, &[], asking.interaction.workspace.platform)))
    }

    /// The submitted form: every error at its field, or the plan as it was understood.
    pub(super) async fn submit_setup(&self, asking: &Asking, fields: &[(String, String)]) -> Answered {
        let here = self.channel_here(asking).await?;
        // The right may have been lost since the form was opened; what was typed is not.
        let typed = || fields.iter().map(|(_, value)| value.as_str());
        require_setup(asking, here.as_ref()).map_err(|refusal| with_typed(refusal, typed()))?;
        let platform = asking.interaction.workspace.platform;
        let known = here.as_ref().map_or_else(plan::proposal, |channel| SetupValues::of(&channel.plan));
        let values = plan::values(fields, known);
        let plan = plan::parse(&values, &self.library, &asking.person().id)
            .map_err(|errors| Refusal::Again(setup_form(&values, &errors, platform)))?;
        // The form has no field for it, so it stays as the command line may have set it.
        let grace_minutes = here.as_ref().map_or(plan.grace_minutes, |channel| channel.plan.grace_minutes);
        let plan = Plan { grace_minutes, ..plan };
        let channel = self
            .save_plan(
                asking.interaction.workspace.clone(),
                asking.interaction.channel.clone(),
                asking.interaction.channel_name.clone(),
                plan,
                asking.now,
            )
            .await?;
        tracing::info!(study_channel = %channel.id, "study channel set up");
        let upcoming = channel.upcoming(asking.now, UPCOMING_SHOWN);
        let matching = matching(&self.library, &channel.plan.selection);
        let mut read_back = plan_saved(&channel.name, &channel.plan, matching, &upcoming, channel.state);
        read_back.blocks.extend(asking.interaction.hindrance.clone().map(Block::line));
        Ok(Reply::Panel(read_back))
    }

    /// Stores a study channel's plan, for a new channel or an old one. It takes effect from the next occurrence, and
    /// never adds a second post on one date.
    ///
    /// # Errors
    /// When it could not be stored.
    pub async fn save_plan(
        &self,
        workspace: Workspace,
        channel: ChannelRef,
        name: String,
        plan: Plan,
        now: Timestamp,
    ) -> DbResult<StudyChannel> {
        let saving = Arc::new((workspace, channel, name, plan));
        let saved = self
            .db
            .write(move |connection| {
                let saving = Arc::clone(&saving);
                Box::pin(async move {
                    let (workspace, channel, name, plan) = &*saving;
                    save_plan(connection, workspace, channel, name, plan, now).await
                })
            })
            .await?;
        self.wake.all();
        Ok(saved)
    }

    /// Posts nothing until resumed; open rounds run out.
    pub(super) async fn pause(&self, asking: &Asking, id: StudyChannelId) -> Answered {
        let channel = self.own_channel(asking, id).await?;
        require_organiser(asking, &channel)?;
        if channel.state == ChannelState::Paused {
            return say(format!("#{} is paused already. /study resume goes on.", channel.name));
        }
        self.set_state(id, ChannelState::Paused, asking.now).await?;
        say(format!(
            "#{} is paused: I post no further question there. An open question runs out as planned. /study resume \
             goes on.",
            channel.name
        ))
    }

    /// Goes on with the next occurrence; what was missed is not caught up.
    pub(super) async fn resume(&self, asking: &Asking, id: StudyChannelId) -> Answered {
        let channel = self.own_channel(asking, id).await?;
        require_organiser(asking, &channel)?;
        if channel.state == ChannelState::Active {
            return say(format!("#{} is not paused.", channel.name));
        }
        let resumed = self.set_state(id, ChannelState::Active, asking.now).await?;
        let next = resumed.and_then(|channel| channel.upcoming(asking.now, 1).first().map(|next| next.at));
        let mut spans = vec![Span::plain(format!("#{} goes on.", channel.name))];
        if let Some(at) = next {
            spans.extend([Span::plain(" The next question comes "), Span::full(at), Span::plain(".")]);
        }
        Ok(Reply::Panel(Outgoing::new(vec![Block::Line { spans }])))
    }

    /// Sets a study channel's state. `None`: there is no such channel.
    ///
    /// # Errors
    /// When it could not be stored.
    pub async fn set_state(
        &self,
        id: StudyChannelId,
        state: ChannelState,
        now: Timestamp,
    ) -> DbResult<Option<StudyChannel>> {
        let saved = self
            .db
            .write(move |connection| {
                Box::pin(async move {
                    let Some(mut channel) = study_channels::by_id(connection, id).await? else {
                        return Ok(None);
                    };
                    if state == ChannelState::Active && channel.state != ChannelState::Active {
                        channel.not_before = now;
                        // What is due in this very minute counts as missed too, as the reply says.
                        channel.handled_civil = channel.handled_civil.max(channel.plan.zone.civil(now));
                    }
                    channel.state = state;
                    study_channels::save(connection, &channel, due_at(&channel, now)).await?;
                    Ok(Some(channel))
                })
            })
            .await?;
        self.wake.all();
        Ok(saved)
    }

    /// Posts a question now, in place of today's next one. While another is open it asks first: `confirmed` names the
    /// newest round that was known when the button was shown, so that two clicks post one question.
    pub(super) async fn post_now(
        &self,
        asking: &Asking,
        id: StudyChannelId,
        confirmed: Option<RoundId>,
    ) -> Answered {
        let channel = self.own_channel(asking, id).await?;
        require_organiser(asking, &channel)?;
        let (library, now) = (Arc::clone(&self.library), asking.now);
        let outcome = self
            .db
            .write(move |connection| {
                let library = Arc::clone(&library);
                Box::pin(async move { post_now(connection, &library, id, confirmed, now).await })
            })
            .await?;
        match outcome {
            Posted::Opened => say(format!("The question is on its way to #{}.", channel.name)),
            Posted::NoQuestion => say(
                "There is no question to ask: nothing matches this channel's choice of questions, or all that do \
                     are open elsewhere. Choose more with /study setup.",
            ),
            Posted::AMomentAgo => say(format!("A question was posted in #{} a moment ago.", channel.name)),
            Posted::StillOpen { newest, deadline } => {
                let title = rounds::face(&mut *self.db.read().await?, newest).await?.title;
                Ok(Reply::Panel(panel::post_another(id, newest, &title, deadline)))
            }
        }
    }

    /// `/study close-now`: the one that is open, a choice between several, or the review that is under way.
    pub(super) async fn close_now_in(&self, asking: &Asking, channel: StudyChannelId) -> Answered {
        let channel = self.own_channel(asking, channel).await?;
        require_organiser(asking, &channel)?;
        let unfinished = rounds::unfinished(&mut *self.db.read().await?, channel.id).await?;
        let (open, review): (Vec<_>, Vec<_>) =
            unfinished.into_iter().partition(|row| row.round.phase != Phase::Review);
        match (open.as_slice(), review.as_slice()) {
            ([], []) => say("No question is open, and no review is under way."),
            ([row], _) => self.close_now(asking, row.round.id).await,
            ([], several) => {
                self.choose_round(several, "No question is open. End the review of one?", ActionId::CloseNow)
                    .await
            }
            (several, _) => {
                self.choose_round(several, "Which question shall close now?", ActionId::CloseNow).await
            }
        }
    }

    /// Ends a round's answering, or its review, now.
    pub(super) async fn close_now(&self, asking: &Asking, round: RoundId) -> Answered {
        let (row, channel) = self.own_round(asking, round).await?;
        require_organiser(asking, &channel)?;
        let (command, done) = match row.round.phase {
            Phase::Open if !row.round.posted => {
                return say("The question is still on its way. Try again in a moment.");
            }
            Phase::Open => (Command::CloseAnswers, "Answers are closed; the rubric points come in a moment."),
            Phase::Review if !row.round.closing => {
                (Command::CloseReview, "The review is closed; scores are being settled.")
            }
            Phase::Collecting => {
                return say("Answers are closed already; the rubric points come in a moment.");
            }
            _ => return say("This question is closed already."),
        };
        let now = asking.now;
        self.db.write(move |connection| Box::pin(app_rounds::apply(connection, round, command, now))).await?;
        say(done)
    }

    async fn channel_here(&self, asking: &Asking) -> Result<Option<StudyChannel>, Refusal> {
        let mut reader = self.db.read().await?;
        let Some(workspace) = workspaces::find(&mut reader, &asking.interaction.workspace).await? else {
            return Ok(None);
        };
        Ok(study_channels::by_channel(&mut reader, workspace, &asking.interaction.channel).await?)
    }
}

/// How many questions a selection gives.
pub fn matching(library: &Library, selection: &Selection) -> usize {
    match selection {
        Selection::Track(track) => library.track(track).map_or(0, |track| track.questions.len()),
        Selection::Filter(filter) => library.matching(filter).len(),
    }
}

fn require_setup(asking: &Asking, here: Option<&StudyChannel>) -> Result<(), Refusal> {
    if may_organise(asking.person(), here) {
        return Ok(());
    }
    say("Only organisers can set a study channel up. Ask an admin of this workspace.")
}

/// When the scheduler next looks at a study channel.
pub(super) fn due_at(channel: &StudyChannel, now: Timestamp) -> Option<Timestamp> {
    if channel.state != ChannelState::Active {
        return None;
    }
    let due = channel.due(now);
    if due.post.is_some() || due.skipped_total > 0 { Some(now) } else { due.next.map(|next| next.at) }
}

async fn save_plan(
    connection: &mut SqliteConnection,
    workspace: &Workspace,
    channel: &ChannelRef,
    name: &str,
    plan: &Plan,
    now: Timestamp,
) -> DbResult<StudyChannel> {
    let workspace_id = workspaces::ensure(connection, workspace).await?;
    let known = study_channels::by_channel(connection, workspace_id, channel).await?;
    let today = plan.zone.civil(now);
    let mut handled_civil = today;
    if let Some(known) = &known {
        let newest = rounds::newest(connection, known.id).await?;
        if newest.is_some_and(|row| row.civil.date() == today.date()) {
            // Today's question is there already: the new plan begins tomorrow.
            handled_civil = end_of_day(today);
        }
    }
    let mut saved = StudyChannel {
        id: known.as_ref().map_or(StudyChannelId(0), |known| known.id),
        workspace_id,
        channel: channel.clone(),
        name: name.chars().filter(|c| !c.is_control()).take(100).collect(),
        state: match &known {
            Some(known) if known.state == ChannelState::Paused => ChannelState::Paused,
            _ => ChannelState::Active,
        },
        plan: plan.clone(),
        seed: known.as_ref().map_or_else(|| seed(workspace, channel, now), |known| known.seed),
        handled_civil,
        not_before: now,
    };
    saved.id = study_channels::save(connection, &saved, due_at(&saved, now)).await?;
    Ok(saved)
}

fn end_of_day(civil: CivilTime) -> CivilTime {
    CivilTime::new(DateTime::from_parts(civil.date(), time(23, 59, 0, 0)))
}

/// A channel's shuffle differs from every other's, and stays the same for ever.
fn seed(workspace: &Workspace, channel: &ChannelRef, now: Timestamp) -> i64 {
    let hash = Sha256::new()
        .chain_update(workspace.id.as_str())
        .chain_update(channel.as_str())
        .chain_update(now.0.to_be_bytes())
        .finalize();
    hash.iter().take(8).fold(0i64, |seed, byte| (seed << 8) | i64::from(*byte))
}

enum Posted {
    Opened,
    NoQuestion,
    AMomentAgo,
    StillOpen { newest: RoundId, deadline: Timestamp },
}

async fn post_now(
    connection: &mut SqliteConnection,
    library: &Library,
    id: StudyChannelId,
    confirmed: Option<RoundId>,
    now: Timestamp,
) -> DbResult<Posted> {
    let mut channel =
        study_channels::by_id(connection, id).await?.ok_or(DbError::Corrupt { column: "id" })?;
    let newest = rounds::newest(connection, id).await?;
    let open = rounds::unfinished(connection, id)
        .await?
        .into_iter()
        .rfind(|row| matches!(row.round.phase, Phase::Open | Phase::Collecting));
    if let (Some(open), Some(newest)) = (open, &newest) {
        match confirmed {
            Some(confirmed) if confirmed == newest.round.id => {}
            Some(_) => return Ok(Posted::AMomentAgo),
            None => {
                return Ok(Posted::StillOpen { newest: newest.round.id, deadline: open.round.deadline_at });
            }
        }
    }
    let here = channel.plan.zone.civil(now);
    let replaced = channel.upcoming(now, 1).first().copied().filter(|next| next.civil.date() == here.date());
    let civil = replaced.map_or(here, |next| next.civil);
    match app_rounds::open(connection, library, &channel, civil, false, now).await? {
        Opened::NoQuestion => Ok(Posted::NoQuestion),
        Opened::AlreadyThere => Ok(Posted::AMomentAgo),
        Opened::Round(_) => {
            if let Some(replaced) = replaced {
                channel.handled_civil = channel.handled_civil.max(replaced.civil);
                study_channels::save(connection, &channel, due_at(&channel, now)).await?;
            }
            Ok(Posted::Opened)
        }
    }
}
