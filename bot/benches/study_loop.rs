//! How fast answers are committed and a round is revealed: `cargo bench`.
//!
//! Machines differ and are shared, so each figure stands beside one measured in the same run: the ratio is what to
//! look at.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to tell")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use studybot::app::{App, plan};
use studybot::chat::{
    Bot, Call, Chat, ChatError, ChatEvent, Chats, Done, EventKind, Interaction, Person, Platform, Request,
    Sighting, Version, What, Workspace,
};
use studybot::clock::Clock;
use studybot::db::{open, rounds};
use studybot::domain::ids::{MessageRef, RoundId, Timestamp};
use studybot::domain::round::Phase;
use studybot::engine::Engine;
use studybot::packs::Library;

const ONE_BY_ONE: usize = 2_000;
const TOGETHER: usize = 20_000;
/// Events that a platform's adapter has under way at once.
const AT_ONCE: usize = 256;
const START: Timestamp = Timestamp(1_795_424_400_000);

/// A platform that takes everything at once and keeps nothing but a count.
#[derive(Default)]
struct Void {
    posted: AtomicU64,
}

impl Chat for Void {
    fn carry_out<'a>(
        &'a self,
        call: &'a Call<'a>,
        _earlier: bool,
    ) -> futures_util::future::BoxFuture<'a, Result<Done, ChatError>> {
        let done = match call.what {
            What::ReadThread { .. } => {
                Err(ChatError::Later { reason: "nothing kept".into(), after_ms: None })
            }
            What::OpenThread { message, .. } => Ok(Done::Made(message.clone())),
            _ => {
                let number = self.posted.fetch_add(1, Ordering::Relaxed) + 1;
                Ok(Done::Made(format!("b{number}").parse().unwrap()))
            }
        };
        Box::pin(async move { done })
    }
}

fn workspace() -> Workspace {
    Workspace { platform: Platform::Local, id: "bench".parse().unwrap() }
}

fn answer(number: usize) -> ChatEvent {
    let person = format!("p{number}").parse().unwrap();
    ChatEvent {
        key: format!("message:{number}"),
        workspace: workspace(),
        kind: EventKind::Message {
            // The first thing that was posted is the question.
            thread: "b1".parse::<MessageRef>().unwrap(),
            message: format!("m{number}").parse().unwrap(),
            author: Some(Person::new(person, "Somebody", false)),
            sighting: Sighting::Present(Version {
                sent_at: START.plus(i64::try_from(number).unwrap()),
                edited_at: None,
                text: "Deactivate the key first, then read the logs since the push.".to_owned(),
                files: Vec::new(),
                replies_to_other: false,
            }),
        },
    }
}

async fn open_round(engine: &Engine) {
    let app = engine.app();
    let organiser = Person::new("p0".parse().unwrap(), "Organiser", true);
    let plan = plan::parse(&plan::proposal(), app.library(), &organiser.id).unwrap();
    app.save_plan(workspace(), "channel".parse().unwrap(), "bench".to_owned(), plan, START).await.unwrap();
    engine
        .interact(Interaction {
            at: START,
            workspace: workspace(),
            channel: "channel".parse().unwrap(),
            channel_name: "bench".to_owned(),
            person: organiser,
            hindrance: None,
            request: Request::Command("post-now".to_owned()),
        })
        .await;
    engine.settle_all().await.unwrap();
}

fn per_second(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / time.as_secs_f64()
}

async fn commit_answers(app: &App) {
    let begun = Instant::now();
    for number in 0..ONE_BY_ONE {
        app.handle(answer(number)).await.unwrap();
    }
    let alone = per_second(ONE_BY_ONE, begun.elapsed());
    let begun = Instant::now();
    let mut slowest: Vec<Duration> = futures_util::stream::iter(ONE_BY_ONE..ONE_BY_ONE + TOGETHER)
        .map(|number| {
            let app = app.clone();
            async move {
                let begun = Instant::now();
                tokio::spawn(async move { app.handle(answer(number)).await.unwrap() }).await.unwrap();
                begun.elapsed()
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let together = per_second(TOGETHER, begun.elapsed());
    slowest.sort();
    let p99 = slowest[slowest.len() * 99 / 100];
    println!("answers committed one by one       {alone:>8.0} a second");
    println!("answers committed {AT_ONCE} at once     {together:>8.0} a second, p99 {p99:?}");
    println!("group commit gains                 {:>8.1} times", together / alone);
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let db = open::open(folder.path(), true).await.unwrap();
        let library = Arc::new(Library::embedded().unwrap());
        let chats: Chats = Chats::from([(Platform::Local, Arc::new(Void::default()) as _)]);
        let engine = Engine::new(db, Clock::manual(START), library, Arc::new(chats)).await.unwrap();
        open_round(&engine).await;
        commit_answers(engine.app()).await;

        let begun = Instant::now();
        // The thread can't be read here, so the round reveals ten minutes after its deadline.
        engine.advance_ms(9 * 60 * 60 * 1000).await.unwrap();
        let revealed = begun.elapsed();
        let begun = Instant::now();
        engine.advance_ms(24 * 60 * 60 * 1000).await.unwrap();
        let closed = begun.elapsed();
        let all = ONE_BY_ONE + TOGETHER;
        println!("a round of {all} answers revealed   {revealed:>10.2?}");
        println!("its scores settled, notices sent   {closed:>10.2?}");
        let mut reader = engine.app().db().read().await.unwrap();
        let first = rounds::by_id(&mut reader, RoundId(1)).await.unwrap().unwrap();
        assert_eq!(first.round.phase, Phase::Closed);
        println!("resident memory                    {:>8} KiB", resident_kib());
    });
}

fn resident_kib() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).unwrap_or("unknown").to_owned()
}
