//! What the bot decides, and nothing else.
//!
//! Everything here is a pure function of its arguments: no I/O, no async, no clock, and no randomness
//! but a seed. It imports nothing else of the project.

pub mod answer;
pub mod channel;
pub mod choice;
pub mod command;
pub mod effect;
pub mod filter;
pub mod ids;
pub mod leaderboard;
pub mod marking;
pub mod message;
pub mod plain;
pub mod question;
pub mod round;
pub mod schedule;
