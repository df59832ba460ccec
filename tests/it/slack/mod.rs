//! What stories need Slack itself for: connections that break, events that come many times or backwards, trouble that
//! only its API makes, modals, strangers in shared channels, and calls that anybody can make.
//!
//! They read as the stories of all platforms do; where those have no word, the fake Slack underneath is asked.

mod asking;
mod bad_input;
mod connection;
mod deferring;
mod events;
mod http;
mod log;
mod setup;
mod shut_out;
mod strangers;
mod trouble;

use std::sync::Arc;

use serde_json::Value;

use crate::fake_slack::{Config, Outcome};
use crate::harness::{Mode, SlackTestChat, Story};

/// Makes tests of these stories, one in each mode: `socket::name` and `http::name`.
macro_rules! in_both_modes {
    ($($story:ident),+ $(,)?) => {
        mod socket_mode {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::harness::Mode::Socket).await;
                }
            )+
        }

        mod http_mode {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::harness::Mode::Http).await;
                }
            )+
        }
    };
}
use in_both_modes;

/// The same chat as [`Story::begin`], over a socket and with Slack at hand.
async fn begin() -> (Story, Arc<SlackTestChat>) {
    begin_in(Mode::Socket).await
}

/// As [`begin`], in either mode.
async fn begin_in(mode: Mode) -> (Story, Arc<SlackTestChat>) {
    let (chat, slack) = Story::bare_slack(mode, |_| {}, None).await;
    chat.is_set_up(&[]).await;
    (chat, slack)
}

/// As [`begin`], on a Slack that is as `set` makes it.
async fn begin_on(set: impl FnOnce(&mut Config)) -> (Story, Arc<SlackTestChat>) {
    let (chat, slack) = Story::bare_slack(Mode::Socket, set, None).await;
    chat.is_set_up(&[]).await;
    (chat, slack)
}

/// The channel and the time behind a message's id.
#[track_caller]
fn place(message: &str) -> (&str, &str) {
    message.split_once(':').unwrap_or_else(|| panic!("“{message}” is no id of a message"))
}

/// The time of a message.
#[track_caller]
fn ts(message: &str) -> &str {
    place(message).1
}

/// The time of the newest question, from which its thread hangs.
async fn thread(chat: &Story) -> String {
    ts(&chat.question().await.id).to_owned()
}

/// How often the bot has read a thread, a page at a time.
fn readings(slack: &SlackTestChat) -> usize {
    slack.fake().requests_to("conversations.replies").len()
}

/// The bot is connected again after a gap, and knows what it has to read.
async fn is_back(chat: &Story, slack: &SlackTestChat, lists_before: usize) {
    slack.fake().connected().await;
    // Names are learned right before what was missed is noted.
    slack.fake().asked("users.list", lists_before as u64 + 1).await;
    chat.chat().settle().await;
}

/// How often the bot has asked who is there, which it does after every gap.
fn lists(slack: &SlackTestChat) -> usize {
    slack.fake().requests_to("users.list").len()
}

/// All the text that an outcome shows: messages for the person's eyes, and the modal on their screen.
fn said(outcome: &Outcome) -> String {
    let view = outcome.view.iter().flat_map(|view| [&view["title"], &view["blocks"]]);
    let messages = outcome.ephemerals.iter().map(|message| &message["blocks"]);
    view.chain(messages).map(texts_in).collect::<Vec<_>>().join("\n")
}

/// Every text in a JSON value, one a line.
fn texts_in(value: &Value) -> String {
    let mut into = String::new();
    collect(value, &mut into);
    into
}

fn collect(value: &Value, into: &mut String) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().filter(|_| name == "text" || name == "value" || name == "initial_value")
                {
                    Some(text) => into.extend([text, "\n"]),
                    None => collect(field, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

/// The action id of the button, or the select, of this label.
#[track_caller]
fn control(blocks: &Value, label: &str) -> String {
    let rows = blocks.as_array().into_iter().flatten();
    let mut all = rows.filter_map(|block| block["elements"].as_array()).flatten();
    let found =
        all.find(|element| element["text"]["text"] == label || element["placeholder"]["text"] == label);
    let found = found.unwrap_or_else(|| panic!("no “{label}” in {blocks:#}"));
    found["action_id"].as_str().expect("an action id").to_owned()
}
