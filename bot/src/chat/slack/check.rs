//! What the tokens can do: the report behind `studybot slack check`.

use super::api::AuthTest;
use super::web::{Scopes, WebError};
use super::{Closed, Slack, Token, Transport, is_socket_mode_off};

/// What the app asks for in its manifest, each with what it is for. All of them are needed.
pub const SCOPES: [(&str, &str); 13] = [
    ("channels:history", "read answers in the threads of public channels"),
    ("channels:join", "join a public channel when it is set up"),
    ("channels:read", "see what a channel is called"),
    ("chat:write", "post questions"),
    ("commands", "answer to /study"),
    ("files:read", "read text files in answers"),
    ("groups:history", "read answers in the threads of private channels"),
    ("groups:read", "see what a private channel is called"),
    ("im:history", "make sure that no direct message comes twice"),
    ("im:write", "send direct messages"),
    ("reactions:write", "tick answers that count"),
    ("usergroups:read", "know who is in a user group"),
    ("users:read", "know people's names, and who runs the workspace"),
];
/// Channels that are named; the others are counted.
const CHANNELS_SHOWN: usize = 20;

/// Slack could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// It refuses a token.
    #[error(transparent)]
    Token(Closed),
    /// Anything else.
    #[error("{0}. Check the network, and SLACK_API_BASE where that is set")]
    Other(String),
}

impl From<WebError> for Unreached {
    fn from(error: WebError) -> Self {
        if error.is_token_refused() {
            Self::Token(Closed::Token(Token::Bot))
        } else {
            Self::Other(error.to_string())
        }
    }
}

/// What the tokens can do.
#[derive(Debug)]
pub struct Report {
    /// What they are, and where the bot may work: a line each.
    pub lines: Vec<String>,
    /// What has to be mended before everything works, a sentence or two each.
    pub mends: Vec<String>,
}

impl Slack {
    /// Asks Slack what the tokens can do.
    ///
    /// # Errors
    /// When it can't be asked, or refuses a token.
    pub async fn check(&self) -> Result<Report, Unreached> {
        let (auth, granted) = self.web().auth_test().await?;
        let mut report = Report { lines: Vec::new(), mends: Vec::new() };
        report.lines.push(format!(
            "The bot token is good: it is {}'s, in the workspace {}.",
            readable(&auth.user),
            readable(&auth.team)
        ));
        report.scopes(&granted);
        match &self.0.settings.transport {
            Transport::Socket { .. } => match self.web().connections_open().await {
                Ok(address) if address.said_to_be_off => report.lines.push(
                    "The app token is good. Slack adds that Socket Mode is not turned on: should I hear nothing, \
                     choose the app at https://api.slack.com/apps, then Socket Mode, and switch Enable Socket Mode on."
                        .to_owned(),
                ),
                Ok(_) => report.lines.push("The app token is good: Socket Mode works.".to_owned()),
                Err(error) => report.app_token(&error)?,
            },
            Transport::Http { listen, .. } => report.lines.push(format!(
                "Slack's calls are taken on {listen}, at /slack/events, /slack/interactivity and /slack/commands. \
                 Whether the signing secret is the right one shows with the first of them."
            )),
        }
        self.check_channels(&auth, &mut report).await?;
        Ok(report)
    }

    async fn check_channels(&self, auth: &AuthTest, report: &mut Report) -> Result<(), Unreached> {
        let mut names = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = match self.web().users_conversations(&auth.team_id, cursor.as_deref()).await {
                Ok(page) => page,
                // Which scopes are missing is said above.
                Err(error) if error.code() == Some("missing_scope") => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            names.extend(page.items.into_iter().map(|channel| format!("#{}", readable(&channel.name))));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        names.sort();
        if names.is_empty() {
            report.lines.push("I'm in no channel yet.".to_owned());
            report.mends.push(
                "Use /study setup in the channel for the questions: I join a public one by myself. Into a private one, \
                 invite me first: /invite @studybot."
                    .to_owned(),
            );
            return Ok(());
        }
        let more = names.len().saturating_sub(CHANNELS_SHOWN);
        names.truncate(CHANNELS_SHOWN);
        let and_more = if more > 0 { format!(", and {more} more") } else { String::new() };
        report.lines.push(format!("I'm in {}{and_more}.", names.join(", ")));
        Ok(())
    }
}

impl Report {
    fn scopes(&mut self, granted: &Scopes) {
        let missing: Vec<&(&str, &str)> =
            SCOPES.iter().filter(|(scope, _)| !granted.contains(*scope)).collect();
        if missing.is_empty() {
            self.lines.push("It has every scope that I need.".to_owned());
            return;
        }
        for (scope, what) in &missing {
            self.lines.push(format!("It lacks the scope {scope}, so I can't {what}."));
        }
        let names: Vec<&str> = missing.iter().map(|(scope, _)| *scope).collect();
        self.mends.push(format!(
            "At https://api.slack.com/apps choose the app, then OAuth & Permissions. Under Bot Token Scopes add {}; \
             then press Reinstall to Workspace above.",
            names.join(", ")
        ));
    }

    fn app_token(&mut self, error: &WebError) -> Result<(), Unreached> {
        if is_socket_mode_off(error) {
            self.lines.push("Socket Mode is off.".to_owned());
            self.mends.push(
                "At https://api.slack.com/apps choose the app, then Socket Mode, and switch Enable Socket Mode on."
                    .to_owned(),
            );
            return Ok(());
        }
        let mend = match error.code() {
            Some("missing_scope" | "not_allowed_token_type") => {
                "The app token can't open connections. At https://api.slack.com/apps choose the app, then Basic \
                 Information; under App-Level Tokens make one with the scope connections:write, and set \
                 SLACK_APP_TOKEN to it."
            }
            _ if error.is_token_refused() => {
                "Slack refuses the app token. At https://api.slack.com/apps choose the app, then Basic Information; \
                 under App-Level Tokens make a new one with the scope connections:write, and set SLACK_APP_TOKEN to it."
            }
            _ => return Err(Unreached::Other(error.to_string())),
        };
        self.lines.push("The app token doesn't work.".to_owned());
        self.mends.push(mend.to_owned());
        Ok(())
    }
}

/// A name of Slack's on one line of a terminal, and nothing that moves its cursor.
fn readable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}
