//! The one test binary: linking many would take for ever on a small machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

mod bank;
mod breakable;
mod cli;
mod database;
mod deploy;
mod discord;
mod discord_program;
mod fake_discord;
mod fake_slack;
mod harness;
mod kill;
mod layering;
mod local_http;
mod migrations;
mod program;
mod properties;
mod queues;
mod scene;
mod script;
mod slack;
mod slack_program;
mod stories;
