//! The one test binary: linking many would take for ever on a small machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

mod database;
mod harness;
mod layering;
mod local_http;
mod migrations;
mod queues;
mod stories;
