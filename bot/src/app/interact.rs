//! Commands, clicks and forms: who may do what, and where it goes.

use sqlx::SqliteConnection;

use super::App;
use crate::db::rounds::RoundRow;
use crate::db::{DbError, DbResult, rounds, study_channels, workspaces};
use crate::domain::channel::{ChannelState, Plan, StudyChannel};
use crate::domain::command::{ActionId, FormId, Interaction, Person, Request, StudyCommand, UnknownCommand};
use crate::domain::ids::{RoundId, StudyChannelId, Timestamp, WorkspaceId};
use crate::domain::message::{Block, Form, Outgoing, Reply, Span};
use crate::domain::round::Phase;
use crate::render::my_answer::answer_form;
use crate::render::panel;
use crate::render::setup::setup_form;

/// Why a request was not done, in words for the person who asked.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A word to them.
    Say(Outgoing),
    /// Their form again, with what they typed and what is wrong.
    Again(Form),
    /// The database failed.
    Database(DbError),
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// What a request comes to.
pub(super) type Answered = Result<Reply, Refusal>;

/// Says something to the person who asked.
pub(super) fn say<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Say(Outgoing::say(text)))
}

/// Who asks, and where.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// The request as it came.
    pub(super) interaction: Interaction,
    /// When it counts as asked: the platform's time, but never a time that lies ahead of ours.
    pub(super) at: Timestamp,
    /// Our time.
    pub(super) now: Timestamp,
}

impl Asking {
    pub(super) fn person(&self) -> &Person {
        &self.interaction.person
    }
}

impl App {
    /// Does what a person asks for. Always has an answer for them.
    pub async fn interact(&self, interaction: Interaction) -> Reply {
        let now = self.clock.now();
        let asking = Asking { at: interaction.at.min(now), now, interaction };
        let outcome = match &asking.interaction.request {
            Request::Command(text) => self.on_command(&asking, text).await,
            Request::Click { action, values } => self.on_click(&asking, action, values).await,
            Request::Submit { form, fields } => self.on_submit(&asking, form, fields).await,
        };
        self.wake.all();
        match outcome {
            Ok(reply) => reply,
            Err(Refusal::Say(message)) => Reply::Panel(message),
            Err(Refusal::Again(form)) => Reply::Form(form),
            Err(Refusal::Database(error)) => {
                tracing::error!(%error, workspace = %asking.interaction.workspace.id, "a request failed");
                not_saved(&asking.interaction.request, &error)
            }
        }
    }

    async fn on_command(&self, asking: &Asking, text: &str) -> Answered {
        self.within_limit(asking)?;
        let command = match text.parse::<StudyCommand>() {
            Ok(command) => command,
            Err(UnknownCommand::Window) => {
                return say(
                    "I know the leaderboard of a week, a month or all time: try /study leaderboard week.",
                );
            }
            Err(UnknownCommand::Name(near)) => return Ok(unknown_command(near)),
        };
        match command {
            StudyCommand::Help => self.help(asking).await,
            StudyCommand::Today => self.today(asking).await,
            StudyCommand::MyAnswer => {
                let channel = self.channel_for(asking, "look at", ActionId::MyAnswerIn).await?;
                self.my_answer_in(asking, channel.id).await
            }
            StudyCommand::Me => self.me(asking).await,
            StudyCommand::Leaderboard(window) => self.leaderboard_command(asking, window).await,
            StudyCommand::Setup => self.setup_command(asking).await,
            StudyCommand::Pause => {
                let channel = self.organised_channel(asking, "pause", ActionId::Pause).await?;
                self.pause(asking, channel.id).await
            }
            StudyCommand::Resume => {
                let channel = self.organised_channel(asking, "resume", ActionId::Resume).await?;
                self.resume(asking, channel.id).await
            }
            StudyCommand::PostNow => {
                let channel = self
                    .organised_channel(asking, "post in", |channel| ActionId::PostAnother(channel, 0))
                    .await?;
                self.post_now(asking, channel.id, None).await
            }
            StudyCommand::CloseNow => {
                let channel = self.organised_channel(asking, "close", ActionId::CloseNowIn).await?;
                self.close_now_in(asking, channel.id).await
            }
        }
    }

    async fn on_click(&self, asking: &Asking, action: &str, values: &[String]) -> Answered {
        let Ok(action) = action.parse::<ActionId>() else {
            tracing::warn!(workspace = %asking.interaction.workspace.id, "a click with an unknown action");
            return say(
                "I don't know that button. It may come from an older message; /study help shows what there is.",
            );
        };
        match action {
            ActionId::AnswerPrivately(round) => self.private_form(asking, round).await,
            ActionId::MyAnswer(round) => self.my_answer(asking, round, 0).await,
            ActionId::MyAnswerIn(channel) => self.my_answer_in(asking, channel).await,
            ActionId::PartsPage(round, page) => self.my_answer(asking, round, page).await,
            ActionId::ChooseParts(round, page) => self.choose_parts(asking, round, page, values).await,
            ActionId::Hint(round) => self.hint(asking, round).await,
            ActionId::ModelAnswer(round) => self.model_answer(asking, round).await,
            ActionId::MarkMine(round) => self.mark_mine(asking, round).await,
            ActionId::SaveMarks(round) => self.save_marks(asking, round, values).await,
            ActionId::NoneOfThese(round) => self.save_marks(asking, round, &[]).await,
            ActionId::LateAnswer(round) => self.late_form(asking, round).await,
            ActionId::Today(channel) => self.today_in(asking, channel).await,
            ActionId::Leaderboard(channel, window) => self.leaderboard_of(asking, channel, window).await,
            ActionId::Listed(listed) => self.set_listed(asking, listed).await,
            ActionId::Notices(notices) => self.set_notices(asking, notices).await,
            ActionId::Setup => self.setup_command(asking).await,
            ActionId::Pause(channel) => self.pause(asking, channel).await,
            ActionId::Resume(channel) => self.resume(asking, channel).await,
            ActionId::PostAnother(channel, newest) => {
                let newest = (newest > 0).then_some(RoundId(newest));
                self.post_now(asking, channel, newest).await
            }
            ActionId::CloseNow(round) => self.close_now(asking, round).await,
            ActionId::CloseNowIn(channel) => self.close_now_in(asking, channel).await,
        }
    }

    async fn on_submit(&self, asking: &Asking, form: &str, fields: &[(String, String)]) -> Answered {
        let field =
            |id: &str| fields.iter().find(|(field, _)| field == id).map_or("", |(_, value)| value.as_str());
        let Ok(form) = form.parse::<FormId>() else {
            tracing::warn!(workspace = %asking.interaction.workspace.id, "a form with an unknown id");
            return Err(Refusal::Say(returned(
                "I don't know that form, so nothing was saved. This is what you typed:",
                fields.iter().map(|(_, value)| value.as_str()),
            )));
        };
        if let Err(seconds) = self.limit.count(&asking.interaction.workspace, &asking.person().id) {
            let error = format!(
                "That is a lot at once, so it was not saved yet. Send it again in {seconds} seconds."
            );
            return Err(Refusal::Again(self.form_again(asking, form, fields, error)));
        }
        match form {
            FormId::PrivateAnswer(round, version) => {
                self.submit_private(asking, round, version, field("text")).await
            }
            FormId::LateAnswer(round, version) => {
                self.submit_late(asking, round, version, field("text")).await
            }
            FormId::Setup => self.submit_setup(asking, fields).await,
        }
    }

    fn form_again(&self, asking: &Asking, form: FormId, fields: &[(String, String)], error: String) -> Form {
        let platform = asking.interaction.workspace.platform;
        let text = fields.iter().find(|(field, _)| field == "text").map_or("", |(_, value)| value.as_str());
        if form != FormId::Setup {
            return answer_form(form, text, Some(error));
        }
        let values = super::plan::values(fields, super::plan::proposal());
        let mut again = setup_form(&values, &[], platform);
        // Some of the form may have been sent alone: the error stands at a field that was.
        let sent = |id: &str| fields.iter().any(|(field, _)| field == id);
        if let Some(field) = again.fields.iter_mut().find(|field| sent(&field.id)) {
            field.error = Some(error);
        }
        again
    }

    fn within_limit(&self, asking: &Asking) -> Result<(), Refusal> {
        self.limit.count(&asking.interaction.workspace, &asking.person().id).or_else(|seconds| {
            say(format!("That is a lot of commands at once. Try again in {seconds} seconds."))
        })
    }

    /// The study channel that a command is about: the one it was typed in, else the workspace's only one, else a
    /// choice by `action`.
    pub(super) async fn channel_for(
        &self,
        asking: &Asking,
        what: &str,
        action: impl Fn(StudyChannelId) -> ActionId,
    ) -> Result<StudyChannel, Refusal> {
        let mut reader = self.db.read().await?;
        let Some(workspace) = workspaces::find(&mut reader, &asking.interaction.workspace).await? else {
            return no_study_channel();
        };
        let mut channels = study_channels::in_workspace(&mut reader, workspace).await?;
        if let Some(here) = channels.iter().position(|channel| channel.channel == asking.interaction.channel)
        {
            return Ok(channels.swap_remove(here));
        }
        match channels.len() {
            0 => no_study_channel(),
            1 => Ok(channels.swap_remove(0)),
            _ => {
                let options =
                    channels.iter().map(|channel| (action(channel.id), format!("#{}", channel.name)));
                Err(Refusal::Say(panel::choice(
                    &format!("Which study channel do you want to {what}?"),
                    options.collect(),
                )))
            }
        }
    }

    /// As [`Self::channel_for`], for people who may organise it.
    async fn organised_channel(
        &self,
        asking: &Asking,
        what: &str,
        action: impl Fn(StudyChannelId) -> ActionId,
    ) -> Result<StudyChannel, Refusal> {
        let channel = self.channel_for(asking, what, action).await?;
        require_organiser(asking, &channel)?;
        Ok(channel)
    }

    /// A study channel of the asker's own workspace, by row.
    pub(super) async fn own_channel(
        &self,
        asking: &Asking,
        id: StudyChannelId,
    ) -> Result<StudyChannel, Refusal> {
        let mut reader = self.db.read().await?;
        let workspace = own_workspace(&mut reader, asking).await?;
        match study_channels::by_id(&mut reader, id).await? {
            Some(channel)
                if workspace == Some(channel.workspace_id) && channel.state != ChannelState::Removed =>
            {
                Ok(channel)
            }
            _ => say("That study channel is not there any more."),
        }
    }

    /// A round of the asker's own workspace, with its study channel.
    pub(super) async fn own_round(
        &self,
        asking: &Asking,
        id: RoundId,
    ) -> Result<(RoundRow, StudyChannel), Refusal> {
        let mut reader = self.db.read().await?;
        let workspace = own_workspace(&mut reader, asking).await?;
        let Some(row) =
            rounds::by_id(&mut reader, id).await?.filter(|row| workspace == Some(row.workspace_id))
        else {
            return say("I don't know that question. It may come from an older message; try /study today.");
        };
        if row.round.phase == Phase::Cancelled {
            return say(
                "This question was cancelled, so nothing can be added to it. /study today shows what is open.",
            );
        }
        let channel = study_channels::by_id(&mut reader, row.study_channel_id).await?;
        let channel = channel.ok_or(DbError::Corrupt { column: "study_channel_id" })?;
        Ok((row, channel))
    }

    async fn help(&self, asking: &Asking) -> Answered {
        let mut reader = self.db.read().await?;
        let here = match own_workspace(&mut reader, asking).await? {
            Some(workspace) => {
                study_channels::by_channel(&mut reader, workspace, &asking.interaction.channel).await?
            }
            None => None,
        };
        let organiser = may_organise(asking.person(), here.as_ref());
        Ok(Reply::Panel(panel::help(organiser)))
    }
}

async fn own_workspace(connection: &mut SqliteConnection, asking: &Asking) -> DbResult<Option<WorkspaceId>> {
    workspaces::find(connection, &asking.interaction.workspace).await
}

/// Admins of the workspace, and those whom the channel's plan names.
pub(super) fn may_organise(person: &Person, channel: Option<&StudyChannel>) -> bool {
    let named = |plan: &Plan| {
        plan.organisers.contains(&person.id)
            || person.groups.iter().any(|group| plan.organiser_groups.contains(group))
    };
    person.admin || channel.is_some_and(|channel| named(&channel.plan))
}

pub(super) fn require_organiser(asking: &Asking, channel: &StudyChannel) -> Result<(), Refusal> {
    if may_organise(asking.person(), Some(channel)) {
        return Ok(());
    }
    say("Only organisers can do that. Ask one of them, or an admin to name you in /study setup.")
}

fn no_study_channel<T>() -> Result<T, Refusal> {
    say(
        "There is no study channel here yet. An organiser can set one up: /study setup in the channel it shall be in.",
    )
}

fn unknown_command(near: Option<&'static str>) -> Reply {
    let mut spans = vec![Span::plain("I don't know that command. ")];
    match near {
        Some(near) => spans.extend([
            Span::plain("Did you mean "),
            Span::code(format!("/study {near}")),
            Span::plain("? "),
            Span::code("/study help"),
            Span::plain(" lists them all."),
        ]),
        None => spans.extend([Span::code("/study help"), Span::plain(" lists those there are.")]),
    }
    Reply::Panel(Outgoing::new(vec![Block::Line { spans }]))
}

/// What a person typed goes back to them with the refusal.
pub(super) fn with_typed<'a>(refusal: Refusal, typed: impl Iterator<Item = &'a str>) -> Refusal {
    match refusal {
        Refusal::Say(mut message) => {
            let back = returned("This is what you typed:", typed).blocks;
            if back.len() > 1 {
                message.blocks.extend(back);
            }
            Refusal::Say(message)
        }
        other => other,
    }
}

/// Gives back what a person typed.
fn returned<'a>(why: &str, texts: impl Iterator<Item = &'a str>) -> Outgoing {
    let mut blocks = vec![Block::line(why)];
    blocks.extend(
        texts.filter(|text| !text.trim().is_empty()).map(|text| Block::Quote { text: text.to_owned() }),
    );
    Outgoing::new(blocks)
}

/// The database failed: nothing has changed, and what was typed is given back.
fn not_saved(request: &Request, error: &DbError) -> Reply {
    let why = match error {
        DbError::Full => {
            "My disk is full, so nothing was saved. Please tell whoever runs me, and try again later."
        }
        DbError::ReadOnly => {
            "I can't write to my database, so nothing was saved. Please tell whoever runs me, and try again later."
        }
        _ => "Something went wrong on my side, so nothing was saved. Please try again in a moment.",
    };
    let typed = match request {
        Request::Submit { fields, .. } => fields.as_slice(),
        Request::Command(_) | Request::Click { .. } => &[],
    };
    Reply::Panel(returned(why, typed.iter().map(|(_, value)| value.as_str())))
}
