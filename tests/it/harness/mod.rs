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
mod slack;
mod story;

pub(crate) use chat::Says;
pub(crate) use discord::DiscordTestChat;
pub(crate) use faults::{Trouble, Which};
pub(crate) use local::LocalTestChat;
pub(crate) use nobody::Nobody;
pub(crate) use person::Person;
pub(crate) use seen::{Message, Shown};
pub(crate) use slack::{Mode, SlackTestChat};
pub(crate) use story::{Story, instant, lines, texts};

/// What a story runs on: a platform, and on Slack also the way in which events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// The chat that the program itself serves.
    Local,
    /// The fake Discord.
    Discord,
    /// The fake Slack, which sends events over a socket that the bot opens.
    SlackSocket,
    /// The fake Slack, which sends events to the bot's own address.
    SlackHttp,
}

/// Makes tests of these stories, one on each platform: `local::name` and so on. A story that is not listed is dead
/// code, so none is forgotten.
macro_rules! on_every_platform {
    ($($story:ident),+ $(,)?) => {
        mod local {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::harness::On::Local).await;
                }
            )+
        }

        mod discord {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::harness::On::Discord).await;
                }
            )+
        }

        mod slack {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::harness::On::SlackSocket).await;
                }
            )+
        }

        mod slack_http {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::harness::On::SlackHttp).await;
                }
            )+
        }
    };
}
pub(crate) use on_every_platform;
