//! Properties of generated histories: whatever people and the platform do, in whatever order it reaches the bot.
//!
//! What is right is said by small oracles that know the platform's whole truth and share no code with the product.
//! `PROPTEST_CASES` raises the number of cases.

mod canary;
mod fake;
mod freezing;
mod history;
mod merging;
mod oracle;
mod ranks;
mod rounds;
mod steps;
mod world;

use proptest::test_runner::Config;

/// `cases`, or more where the environment asks for more. A failure prints its shrunk history; nothing is kept on disk.
fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    Config { cases: cases.max(asked), failure_persistence: None, ..Config::default() }
}
