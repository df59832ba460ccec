//! `studybot channel`: study channels from the command line, beside a running bot or without one.

use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use studybot::app::App;
use studybot::app::plan::{self, SetupValues};
use studybot::clock::Clock;
use studybot::config::{DataFolder, Packs};
use studybot::db::open;
use studybot::db::{settings, study_channels, workspaces};
use studybot::domain::channel::{ChannelState, Plan, StudyChannel};
use studybot::domain::command::Workspace;
use studybot::domain::ids::{ChannelRef, GroupRef, PersonRef};
use studybot::domain::plain;
use studybot::domain::schedule::Occurrence;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the study channels with their plans and next posting times
    List(DataFolder),
    /// Make a channel of a chat platform a study channel
    Add(Add),
    /// Change a study channel's plan; what isn't given stays
    Set(Set),
    /// Post nothing until resumed; open questions run out
    Pause(Named),
    /// Go on with the next planned question
    Resume(Named),
    /// Take a study channel away; its history stays
    Remove(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The study channel: its number or its name
    channel: String,
    #[command(flatten)]
    data: DataFolder,
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Where: PLATFORM:WORKSPACE/CHANNEL, with the platform's own ids, such as discord:1234/5678 or local:local/c1
    place: String,
    /// The channel's name as people see it
    #[arg(long)]
    name: String,
    #[command(flatten)]
    plan: PlanArguments,
    #[command(flatten)]
    data: DataFolder,
    #[command(flatten)]
    packs: Packs,
}

#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// The study channel: its number or its name
    channel: String,
    #[command(flatten)]
    plan: PlanArguments,
    #[command(flatten)]
    data: DataFolder,
    #[command(flatten)]
    packs: Packs,
}

#[derive(Debug, clap::Args)]
struct PlanArguments {
    /// When to post: "weekdays 09:00", or a cron expression with five fields
    #[arg(long, value_name = "WHEN")]
    schedule: Option<String>,
    /// Whose time that is, such as Europe/Berlin
    #[arg(long)]
    zone: Option<String>,
    /// How long answers are taken, such as "8 hours"
    #[arg(long, value_name = "TIME")]
    answers: Option<String>,
    /// How long the review lasts, such as "16 hours"
    #[arg(long, value_name = "TIME")]
    review: Option<String>,
    /// How late a missed question may still be posted, in hours, 0 to 168
    #[arg(long, value_name = "HOURS", value_parser = grace)]
    grace: Option<u32>,
    /// Which questions: all, topics, levels and formats with commas, or "track NAME"
    #[arg(long, value_name = "WHICH")]
    questions: Option<String>,
    /// Whether everybody sees answers in the thread: open or sealed
    #[arg(long)]
    mode: Option<String>,
    /// How private answers are shown: "names" or "no names"
    #[arg(long)]
    names: Option<String>,
    /// Dates on which nothing is posted, with commas; "none" clears them
    #[arg(long, value_name = "DATES")]
    dates_off: Option<String>,
    /// The id of the channel where the organisers hear of problems
    #[arg(long, value_name = "CHANNEL_ID")]
    admin_channel: Option<String>,
    /// The ids of people who may organise besides admins, with commas, a role's or group's with & before it; "none" clears them
    #[arg(long, value_name = "PERSON_IDS")]
    organisers: Option<String>,
    /// The id of the role or group that each question calls; "none" for nobody
    #[arg(long, value_name = "GROUP_ID")]
    ping: Option<String>,
}

fn grace(text: &str) -> Result<u32, String> {
    let hours = text.parse().ok().filter(|hours| *hours <= 168);
    hours.ok_or_else(|| "give whole hours from 0 to 168, such as 6".to_owned())
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(data) => list(&data).await?,
        Command::Add(add) => self::add(add).await?,
        Command::Set(set) => self::set(set).await?,
        Command::Pause(named) => change_state(&named, ChannelState::Paused, "is paused").await?,
        Command::Resume(named) => change_state(&named, ChannelState::Active, "goes on").await?,
        Command::Remove(named) => {
            change_state(&named, ChannelState::Removed, "is no study channel any more; its history stays")
                .await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(data: &DataFolder) -> anyhow::Result<()> {
    let mut connection = open::open_to_read(&data.folder).await?;
    let now = super::clock_of(&mut connection).await?.now();
    let channels = study_channels::all(&mut connection).await?;
    let mut any = false;
    for channel in channels.iter().filter(|channel| channel.state != ChannelState::Removed) {
        any = true;
        let workspace = workspaces::get(&mut connection, channel.workspace_id).await?;
        say!(
            "{}  #{}  ({}:{}/{}){}",
            channel.id,
            channel.name,
            workspace.platform,
            workspace.id,
            channel.channel,
            if channel.state == ChannelState::Paused { "  paused" } else { "" }
        );
        print_plan(channel);
        print_upcoming(channel, &channel.upcoming(now, 3));
    }
    if !any {
        say!(
            "There are no study channels yet. Set one up with /study setup, or with `studybot channel add`."
        );
    }
    open::close(connection).await;
    Ok(())
}

fn print_plan(channel: &StudyChannel) {
    let values = SetupValues::of(&channel.plan);
    say!("   posts {}, {} time", channel.plan.schedule.describe(), channel.plan.zone);
    say!("   answers for {}, review for {}, {} answers", values.answers, values.review, values.mode);
    say!("   questions: {}", values.questions);
}

pub(super) fn print_upcoming(channel: &StudyChannel, upcoming: &[Occurrence]) {
    for next in upcoming {
        say!("   next: {} {} ({})", next.civil, channel.plan.zone, plain::time(next.at));
    }
}

async fn add(add: Add) -> anyhow::Result<()> {
    let (workspace, channel) = place(&add.place)?;
    if add.plan.admin_channel.is_none() {
        anyhow::bail!("Say where the organisers hear of problems: --admin-channel with a channel's id.");
    }
    let app = open_app(&add.data, &add.packs, true).await?;
    refuse_known(&app, &workspace, &channel).await?;
    let plan = read_plan(&app, plan::proposal(), plan_default_grace(), &add.plan)?;
    save(&app, workspace, channel, add.name, plan).await
}

/// Adding a channel again would replace its plan by defaults, which nobody means.
async fn refuse_known(app: &App, workspace: &Workspace, channel: &ChannelRef) -> anyhow::Result<()> {
    let mut reader = app.db().read().await?;
    let Some(id) = workspaces::find(&mut reader, workspace).await? else { return Ok(()) };
    match study_channels::by_channel(&mut reader, id, channel).await? {
        Some(known) if known.state != ChannelState::Removed => anyhow::bail!(
            "#{} is study channel {} already. Change its plan with `studybot channel set {}`.",
            known.name,
            known.id,
            known.id
        ),
        _ => Ok(()),
    }
}

async fn set(set: Set) -> anyhow::Result<()> {
    let app = open_app(&set.data, &set.packs, false).await?;
    let (channel, workspace) = {
        let mut reader = app.db().read().await?;
        let channels = study_channels::all(&mut reader).await?;
        let channel = super::find(&channels, &set.channel, &set.data.folder)?.clone();
        let workspace = workspaces::get(&mut reader, channel.workspace_id).await?;
        (channel, workspace)
    };
    let plan = read_plan(&app, SetupValues::of(&channel.plan), channel.plan.grace_minutes, &set.plan)?;
    save(&app, workspace, channel.channel, channel.name, plan).await
}

async fn save(
    app: &App,
    workspace: Workspace,
    channel: ChannelRef,
    name: String,
    plan: Plan,
) -> anyhow::Result<()> {
    let now = app.clock().now();
    let saved = app.save_plan(workspace, channel, name, plan, now).await?;
    say!("Study channel {} (#{}) is saved.", saved.id, saved.name);
    print_plan(&saved);
    print_upcoming(&saved, &saved.upcoming(now, 3));
    app.db().close().await;
    Ok(())
}

async fn change_state(named: &Named, state: ChannelState, done: &str) -> anyhow::Result<()> {
    let app = open_app(&named.data, &Packs::default(), false).await?;
    let channels = study_channels::all(&mut *app.db().read().await?).await?;
    let channel = super::find(&channels, &named.channel, &named.data.folder)?;
    let now = app.clock().now();
    if let Some(saved) = app.set_state(channel.id, state, now).await? {
        say!("#{} {done}.", saved.name);
        print_upcoming(&saved, &saved.upcoming(now, 3));
    }
    app.db().close().await;
    Ok(())
}

/// The command line works through the same code as the chat. It takes no lock: a running bot notices within a second.
async fn open_app(data: &DataFolder, packs: &Packs, create: bool) -> anyhow::Result<App> {
    let library = super::library(packs)?;
    let db = open::open(&data.folder, create).await?;
    let offset = settings::number(&mut *db.read().await?, settings::CLOCK_OFFSET_MS).await?;
    Ok(App::new(db, Clock::system(offset.unwrap_or(0)), Arc::clone(&library)))
}

fn plan_default_grace() -> u32 {
    studybot::domain::channel::DEFAULT_GRACE_MINUTES
}

fn read_plan(
    app: &App,
    mut values: SetupValues,
    grace_minutes: u32,
    given: &PlanArguments,
) -> anyhow::Result<Plan> {
    let list = |text: &String| if text == "none" { String::new() } else { text.clone() };
    let take = |value: &mut String, given: &Option<String>| {
        if let Some(given) = given {
            value.clone_from(given);
        }
    };
    take(&mut values.schedule, &given.schedule);
    take(&mut values.zone, &given.zone);
    take(&mut values.answers, &given.answers);
    take(&mut values.review, &given.review);
    take(&mut values.questions, &given.questions);
    take(&mut values.mode, &given.mode);
    take(&mut values.names, &given.names);
    take(&mut values.dates_off, &given.dates_off.as_ref().map(list));
    take(&mut values.admin_channel, &given.admin_channel.as_ref().map(|id| format!("<#{id}>")));
    let people = |ids: &String| {
        let ids = list(ids);
        let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
        ids.map(|id| format!("<@{id}>")).collect::<Vec<_>>().join(", ")
    };
    take(&mut values.organisers, &given.organisers.as_ref().map(people));
    let group = |id: &String| if id == "none" { "nobody".to_owned() } else { format!("<@&{id}>") };
    take(&mut values.ping, &given.ping.as_ref().map(group));
    // Whoever types here is nobody on the platform, so "me" is nobody; the plan names a channel or a person by id.
    let nobody: PersonRef = "nobody".parse()?;
    let plan = plan::parse(&values, app.library(), &nobody).map_err(|errors| {
        let line = |(field, error)| {
            // The form's words are about mentions, and here are ids.
            let error = match field {
                "admin_mentions" => wrong_id::<ChannelRef>(given.admin_channel.as_ref(), "channel", "c2"),
                "organiser_mentions" => wrong_id::<PersonRef>(given.organisers.as_ref(), "person", "p2"),
                "ping_mentions" => wrong_id::<GroupRef>(given.ping.as_ref(), "group", "1234567890"),
                _ => None,
            }
            .unwrap_or(error);
            format!("--{}: {error}", option(field))
        };
        anyhow::anyhow!(errors.into_iter().map(line).collect::<Vec<_>>().join("\n"))
    })?;
    Ok(Plan { grace_minutes: given.grace.map_or(grace_minutes, |hours| hours * 60), ..plan })
}

/// What is wrong with ids that were given with commas between them.
fn wrong_id<T: FromStr>(ids: Option<&String>, whose: &str, example: &str) -> Option<String> {
    let wrong = ids?.split(',').map(str::trim).find(|id| id.parse::<T>().is_err())?;
    Some(format!("“{wrong}” is not the id of a {whose}. Write it as the platform does, such as {example}."))
}

/// The option that fills a field of the form.
fn option(field: &str) -> &str {
    match field {
        "dates_off" => "dates-off",
        "admin_mentions" => "admin-channel",
        "organiser_mentions" => "organisers",
        "ping_mentions" => "ping",
        field => field,
    }
}

fn place(text: &str) -> anyhow::Result<(Workspace, ChannelRef)> {
    let parts = || {
        let (platform, rest) = text.split_once(':')?;
        let (workspace, channel) = rest.split_once('/')?;
        Some((
            Workspace { platform: platform.parse().ok()?, id: workspace.parse().ok()? },
            channel.parse().ok()?,
        ))
    };
    parts().with_context(|| {
        format!("“{text}” names no channel. Write PLATFORM:WORKSPACE/CHANNEL, such as local:local/c1.")
    })
}
