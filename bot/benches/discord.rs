//! The bot against the fake Discord with Discord's documented limits: `cargo bench --bench discord`.
//!
//! - 500 study channels in 100 servers are due in the same second, while 1,000 answers a second come in over the threads
//!   that are open by then, sent at their times whatever the bot does.
//! - The release binary's resident memory, with 2,500 servers connected.
//!
//! Machines differ and are shared, so each figure stands beside its goal and beside something measured in the same run.
//! Nothing fails on slowness.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to tell")]

#[path = "discord/alone.rs"]
mod alone;
#[path = "../../tests/it/breakable.rs"]
mod breakable;
#[path = "../../tests/it/fake_discord/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the benchmark uses a part of it; tests use the rest")]
mod fake_discord;
#[path = "discord/memory.rs"]
mod memory;
#[path = "discord/posting.rs"]
mod posting;
#[path = "../../tests/it/script.rs"]
#[allow(dead_code, reason = "the benchmark uses a part of it; tests use the rest")]
mod script;
#[path = "shared/mod.rs"]
mod shared;
#[path = "discord/world.rs"]
mod world;

use studybot::chat::Platform;

fn main() {
    studybot::config::start_log("error");
    println!("Alone:");
    let paced = alone::paced_requests();
    let committed = shared::commits::alone(Platform::Discord);
    println!("500 study channels in 100 servers due in the same second, 1,000 answers a second meanwhile:");
    posting::run(paced, &committed);
    println!("Resident memory of the release binary, {} servers:", memory::SERVERS);
    memory::run();
}
