//! Commits of answers with no platform around them: what the answers' times are compared with.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use studybot::chat::{
    Bot, Call, Chat, ChatError, ChatEvent, Chats, Done, EventKind, Person, Platform, Sighting, Version, What,
    Workspace,
};
use studybot::engine::Engine;
use studybot::packs::Library;

use super::load::{Latencies, WatchedBot, at_rate};
use super::time::{DUE, clock_before_due, words};
use super::{line, milliseconds, plan};

const CHANNELS: usize = 500;
const SERVERS: usize = 100;
const ANSWERS_PER_SECOND: u32 = 1_000;
const ANSWERS: usize = 6_000;

/// A platform that takes everything at once.
#[derive(Default)]
struct Void {
    made: AtomicU64,
    threads: Mutex<HashMap<String, Workspace>>,
}

impl Chat for Void {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, _earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        Box::pin(async move {
            if let What::OpenThread { message, .. } = call.what {
                let mut threads = self.threads.lock().unwrap();
                threads.insert(message.as_str().to_owned(), call.workspace.clone());
                return Ok(Done::Made(message.clone()));
            }
            let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
            Ok(Done::Made(number.to_string().parse().unwrap()))
        })
    }
}

/// Commits answers at the pace of the real run, with no platform around it: no reactions, no posting.
pub(crate) fn alone(platform: Platform) -> Latencies {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let latencies = runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let clock = clock_before_due(1_000);
        let void = Arc::new(Void::default());
        let db = studybot::db::open::open(folder.path(), true).await.unwrap();
        let chats = Chats::from([(platform, Arc::clone(&void) as _)]);
        let library = Arc::new(Library::embedded().unwrap());
        let engine = Engine::new(db, clock, library, Arc::new(chats)).await.unwrap();
        for number in 0..CHANNELS {
            let workspace = Workspace { platform, id: (1 + number % SERVERS).to_string().parse().unwrap() };
            plan(&engine, workspace, &(1_000 + number).to_string()).await;
        }
        engine.advance_ms(2_000).await.unwrap();
        let threads: Vec<(String, Workspace)> = void.threads.lock().unwrap().clone().into_iter().collect();
        let bot = Arc::new(WatchedBot::new(engine));
        let (for_load, runtime) = (Arc::clone(&bot), tokio::runtime::Handle::current());
        let load = tokio::task::spawn_blocking(move || {
            let mut sent = Vec::with_capacity(ANSWERS);
            at_rate(ANSWERS_PER_SECOND, |number| {
                let (thread, workspace) = &threads[number % threads.len()];
                let event = answer(number, thread, workspace);
                sent.push(((1_000_000 + number).to_string(), Instant::now()));
                let bot = Arc::clone(&for_load);
                runtime.spawn(async move { bot.event(event).await });
                sent.len() < ANSWERS
            });
            sent
        });
        let sent = load.await.unwrap();
        while bot.committed().len() < sent.len() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Latencies::between(&sent, &bot.committed())
    });
    line(
        "commits alone, 1,000 answers a second, p99",
        &milliseconds(latencies.percentile(99)),
        &latencies.shown(),
    );
    latencies
}

fn answer(number: usize, thread: &str, workspace: &Workspace) -> ChatEvent {
    let person = (2_000_000 + number / 2).to_string().parse().unwrap();
    let version = Version {
        sent_at: DUE.plus(5_000),
        edited_at: None,
        text: words(number),
        files: Vec::new(),
        replies_to_other: false,
    };
    let kind = EventKind::Message {
        thread: thread.parse().unwrap(),
        message: (1_000_000 + number).to_string().parse().unwrap(),
        author: Some(Person::new(person, "Somebody", false)),
        sighting: Sighting::Present(version),
    };
    ChatEvent { key: format!("create:{number}:0"), workspace: workspace.clone(), kind }
}
