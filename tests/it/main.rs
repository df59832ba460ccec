//! The one test binary: linking many would take for ever on a small machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

mod cli;
mod harness;
mod kill;
mod local_http;
mod program;
mod properties;
mod stories;
