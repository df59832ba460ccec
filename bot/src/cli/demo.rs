//! `studybot demo`: the whole bot on the local chat, with a study channel that is set up and a question that is open.

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use studybot::app::plan;
use studybot::chat::local::{DEFAULT_WORKSPACE, LocalChat, LocalChatPort};
use studybot::chat::{Bot, Chats, Interaction, Person, Platform, Request, Workspace};
use studybot::clock::Clock;
use studybot::config::Packs;
use studybot::db::{study_channels, workspaces};
use studybot::domain::channel::{AdminChannel, Plan};
use studybot::engine::{Data, Engine};
use studybot::packs::Library;
use tokio::net::TcpListener;

use super::stop;

const STUDY_CHANNEL: &str = "cloud-security";
const ADMIN_CHANNEL: &str = "organisers";
/// How long callers may take to their end once the program stops: one who dawdles must not keep it.
const CALLERS_MAX: Duration = Duration::from_secs(3);
/// The people of the demo; the first one is an organiser.
const PEOPLE: [(&str, bool); 3] = [("Mara", true), ("Jonas", false), ("Priya", false)];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = 8080, value_parser = port)]
    port: u16,
    /// The folder for the demo's data
    #[arg(long, value_name = "DIR", env = "STUDYBOT_DATA", default_value = "./demo-data")]
    data: PathBuf,
    #[command(flatten)]
    packs: Packs,
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "give a number from 0 to 65535, such as 8080".to_owned())
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let library = super::library(&arguments.packs)?;
    // The port first: a demo that can't be reached must not touch its data.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await.with_context(|| {
        format!(
            "Port {} can't be used, perhaps because another program has it. Choose another with --port",
            arguments.port
        )
    })?;
    let address = listener.local_addr()?;
    let data = Data::open(&arguments.data).await?;
    let chat = LocalChat::open(&arguments.data).await?;
    let clock = Clock::system(data.clock_offset_ms);
    let for_chat = clock.clone();
    let port = LocalChatPort { chat: chat.clone(), now: Box::new(move || for_chat.now()) };
    let chats: Chats = Chats::from([(Platform::Local, Arc::new(port) as _)]);
    let engine = Engine::new(data.db, clock, Arc::clone(&library), Arc::new(chats)).await?;
    furnish(&engine, &chat, &library).await?;

    let stop = stop::on_signal()?;
    let running = engine.start(&stop);
    let mut out = std::io::stdout();
    writeln!(out, "The demo is ready: open http://{address} in your browser. Ctrl-C stops it.")?;
    writeln!(out, "Its data is in {}; delete that folder to begin anew.", arguments.data.display())?;
    out.flush()?;
    let mut serving = tokio::spawn(chat.clone().serve(listener, Arc::new(engine), stop.clone()));
    let mut stopped = stop;
    tokio::select! {
        biased;
        // First, since a stop ends the serving too.
        _ = stopped.wait_for(|stop| *stop) => {}
        // Serving ends by itself only when it fails.
        served = &mut serving => return served?.map(|()| ExitCode::SUCCESS).map_err(Into::into),
    }
    let (_, settled) = tokio::join!(tokio::time::timeout(CALLERS_MAX, serving), running.finish());
    chat.close().await;
    drop(data.lock);
    if !settled {
        eprintln!("Something was still under way after 10 seconds; the next start goes on with it.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets up what is missing: people, channels, the study channel, its first question. A start that was cut short is
/// completed by the next one.
async fn furnish(engine: &Engine, chat: &LocalChat, library: &Library) -> anyhow::Result<()> {
    chat.furnish(&PEOPLE, &[STUDY_CHANNEL, ADMIN_CHANNEL]).await?;
    let (Some(channel), Some(admin)) =
        (chat.channel_named(STUDY_CHANNEL).await?, chat.channel_named(ADMIN_CHANNEL).await?)
    else {
        return Ok(());
    };
    let Some(organiser) = chat.first_admin().await? else { return Ok(()) };
    let workspace = Workspace { platform: Platform::Local, id: DEFAULT_WORKSPACE.parse()? };
    let (known, posted) = {
        let mut reader = engine.app().db().read().await?;
        let known = match workspaces::find(&mut reader, &workspace).await? {
            Some(id) => study_channels::by_channel(&mut reader, id, &channel).await?,
            None => None,
        };
        let posted = match &known {
            Some(known) => studybot::db::rounds::newest(&mut reader, known.id).await?.is_some(),
            None => false,
        };
        (known, posted)
    };
    if known.is_none() {
        let values = plan::SetupValues { questions: "track getting-started".to_owned(), ..plan::proposal() };
        let plan = plan::parse(&values, library, &organiser.id)
            .map_err(|errors| anyhow::anyhow!("The demo's own plan is wrong: {errors:?}"))?;
        let plan = Plan { admin_channel: AdminChannel::Channel(admin), ..plan };
        let now = engine.app().clock().now();
        engine
            .app()
            .save_plan(workspace.clone(), channel.clone(), STUDY_CHANNEL.to_owned(), plan, now)
            .await?;
    }
    if !posted {
        post_first(engine, workspace, channel, organiser).await;
    }
    engine.settle_all().await?;
    Ok(())
}

async fn post_first(
    engine: &Engine,
    workspace: Workspace,
    channel: studybot::chat::ChannelRef,
    organiser: Person,
) {
    let request = Request::Command("post-now".to_owned());
    let at = engine.app().clock().now();
    let channel_name = STUDY_CHANNEL.to_owned();
    engine
        .interact(Interaction {
            at,
            workspace,
            channel,
            channel_name,
            person: organiser,
            hindrance: None,
            request,
        })
        .await;
}
