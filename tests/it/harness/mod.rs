//! What stories stand on: a bot in this process, a chat over a real socket, and words that read like a transcript.
//!
//! A story talks to a [`TestChat`] alone, so that another platform's fake can stand behind the same story. Nothing
//! here sleeps: time is moved, and work is settled before a story looks.

mod bot;
mod chat;
mod checks;
mod faults;
mod local;
mod person;
mod story;

pub(crate) use chat::{Message, Says, Shown};
pub(crate) use faults::{Trouble, Which};
pub(crate) use person::Person;
pub(crate) use story::{Story, instant, texts};
