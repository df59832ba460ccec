//! What stories stand on: a bot in this process, a chat over a real socket, and words that read like a transcript.
//!
//! A story talks to a [`TestChat`] alone, so that it runs unchanged on every platform. Nothing here sleeps: time is
//! moved, and work is settled before a story looks.
//!
//! [`TestChat`]: chat::TestChat

mod bot;
mod chat;
mod checks;
mod discord;
mod faults;
mod local;
mod nobody;
mod person;
mod seen;
mod story;

pub(crate) use chat::Says;
pub(crate) use discord::DiscordTestChat;
pub(crate) use faults::{Trouble, Which};
pub(crate) use local::LocalTestChat;
pub(crate) use nobody::Nobody;
pub(crate) use person::Person;
pub(crate) use seen::{Message, Shown};
pub(crate) use story::{Story, instant, lines, texts};

/// Makes tests of these stories, one on each platform: `local::name` and so on. A story that is not listed is dead
/// code, so none is forgotten.
macro_rules! on_every_platform {
    ($($story:ident),+ $(,)?) => {
        mod local {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(studybot::chat::Platform::Local).await;
                }
            )+
        }

        mod discord {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(studybot::chat::Platform::Discord).await;
                }
            )+
        }
    };
}
pub(crate) use on_every_platform;
