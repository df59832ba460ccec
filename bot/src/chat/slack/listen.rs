//! What both ways of hearing from Slack have in common: what arrives, who is told, and why the ear is closed.

#[cfg(test)]
pub(super) mod ear;

use std::io;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use tokio::sync::watch;

/// What an envelope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that happened: <https://docs.slack.dev/apis/events-api>.
    Event,
    /// A click, a choice or a modal that was sent: <https://docs.slack.dev/interactivity>.
    Interactive,
    /// A slash command.
    Command,
}

/// Something that Slack hands over, unread.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) kind: Kind,
    /// JSON, whichever way it came.
    pub(super) payload: Box<RawValue>,
    /// How many times Slack has tried before.
    pub(super) retry: u32,
}

/// Who is told what arrives.
pub(super) trait Listener: Send + Sync + 'static {
    /// Stores what an envelope brings; the returned body goes back with the acknowledgement. It is called in the order of
    /// arrival, and may be polled in any.
    fn take(&self, envelope: Envelope) -> BoxFuture<'static, Option<serde_json::Value>>;

    /// A connection stands after a gap in which events may have been lost (also the first one).
    fn connected(&self) -> BoxFuture<'static, ()>;
}

/// One of the two tokens that Slack gives an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `SLACK_BOT_TOKEN`, for the Web API.
    Bot,
    /// `SLACK_APP_TOKEN`, for Socket Mode.
    App,
}

/// Why nothing arrives from Slack any more, for good.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// A token is not valid (any more).
    #[error("{}", refused(*.0))]
    Token(Token),
    /// Socket Mode is switched off in the app's settings.
    #[error(
        "Socket Mode is switched off for this app. Switch it on at https://api.slack.com/apps (under Socket Mode) and start again, or let Slack call the bot over HTTP: set SLACK_SIGNING_SECRET and STUDYBOT_PUBLIC_LISTEN, without SLACK_APP_TOKEN. Nothing is lost"
    )]
    SocketModeOff,
    /// The public address for Slack's calls can't be listened on.
    #[error(
        "Slack's calls can't be listened for ({0}). Look at STUDYBOT_PUBLIC_LISTEN: it takes an address of this machine with a port that is free, such as 0.0.0.0:8081"
    )]
    Listen(io::Error),
}

fn refused(token: Token) -> &'static str {
    match token {
        Token::Bot => {
            "Slack refuses the bot's token: it is wrong, was revoked, or the app was removed from the workspace. Install the app again at https://api.slack.com/apps (under OAuth & Permissions), set SLACK_BOT_TOKEN to the token shown there (it begins with xoxb-), and start again. Nothing is lost"
        }
        Token::App => {
            "Slack refuses the app-level token: it is wrong, was revoked, or may not open connections. Make one at https://api.slack.com/apps (under Basic Information, App-Level Tokens) with the scope connections:write, set SLACK_APP_TOKEN to it (it begins with xapp-), and start again. Nothing is lost"
        }
    }
}

/// Waits until we are told to stop.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    // Without a sender nobody tells us any more.
    if stop.wait_for(|stop| *stop).await.map(drop).is_err() {
        std::future::pending::<()>().await;
    }
}
