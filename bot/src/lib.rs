//! studybot.

pub mod app;
pub mod chat;
pub mod clock;
pub mod config;
pub mod db;
pub mod delivery;
pub mod domain;
pub mod engine;
pub mod kill_point;
pub mod packs;
pub mod render;
pub mod scheduler;
