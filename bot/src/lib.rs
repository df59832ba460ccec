//! studybot: a daily cloud-security question for a team's channel.
//!
//! The map, from the inside out:
//!
//! - [`domain`] decides: pure functions of what was loaded, a request, and `now`.
//! - [`db`] holds all SQL; one writer, several readers.
//! - [`packs`] reads questions; [`render`] finds the words.
//! - [`app`] loads, lets the domain decide, and stores: state and outbox in one transaction.
//! - [`scheduler`] does what time brings about; [`delivery`] tells the platforms what the outbox holds; [`driver`]
//!   runs both.
//! - [`chat`] is the port to the platforms, and the local chat behind it.
//! - [`engine`] is the running bot; [`clock`] the only reader of clocks; [`config`] what comes from outside.
//!
//! `bot/ARCHITECTURE.md` tells how they play together, and why.

pub mod app;
pub mod chat;
pub mod clock;
pub mod config;
pub mod db;
pub mod delivery;
pub mod domain;
pub mod driver;
pub mod engine;
pub mod kill_point;
pub mod packs;
pub mod render;
pub mod scheduler;
