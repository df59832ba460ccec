//! The bot against the fake Slack with Slack's documented limits: `cargo bench --bench slack`.
//!
//! - 1,000 answers a second, sent at their times whatever the bot does: when each is acknowledged, which is after it was
//!   stored; over Socket Mode and over HTTP.
//! - 200 study channels are due in the same second, while as many answers come in over the threads that are open by then.
//! - The release binary's resident memory, in a workspace of 5,000 people.
//!
//! Machines differ and are shared, so each figure stands beside its goal and beside something measured in the same run.
//! Nothing fails on slowness. `cargo bench --bench slack -- memory` measures the memory alone.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to tell")]

#[path = "slack/alone.rs"]
mod alone;
#[path = "slack/answers.rs"]
mod answers;
#[path = "../../tests/it/breakable.rs"]
mod breakable;
#[path = "../../tests/it/fake_slack/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the benchmark uses a part of it; tests use the rest")]
mod fake_slack;
#[path = "slack/memory.rs"]
mod memory;
#[path = "slack/posting.rs"]
mod posting;
#[path = "../../tests/it/script.rs"]
#[allow(dead_code, reason = "the benchmark uses a part of it; tests use the rest")]
mod script;
#[path = "shared/mod.rs"]
mod shared;
#[path = "slack/world.rs"]
mod world;

use studybot::chat::Platform;

use world::Mode;

fn main() {
    studybot::config::start_log("error");
    if std::env::args().any(|argument| argument == "memory") {
        return memory::run();
    }
    println!("Alone:");
    let paced = alone::paced_posts();
    let committed = shared::commits::alone(Platform::Slack);
    println!("1,000 answers a second over Socket Mode:");
    answers::run(Mode::Socket, &committed);
    println!("1,000 answers a second over HTTP:");
    answers::run(Mode::Http, &committed);
    println!("200 study channels due in the same second, 1,000 answers a second meanwhile:");
    posting::run(paced, &committed);
    memory::run();
}
