//! What comes in: a platform's events, and what people ask for by command, click and form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::answer::Sighting;
use super::ids::{
    ChannelRef, GroupRef, InvalidId, MessageRef, PersonRef, Platform, RoundId, StudyChannelId, Timestamp,
    WorkspaceRef,
};
use super::leaderboard::Window;

/// A workspace as its platform names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Workspace {
    /// Which platform.
    pub platform: Platform,
    /// Its id there.
    pub id: WorkspaceRef,
}

/// A person as the platform showed them with what they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The platform's id.
    pub id: PersonRef,
    /// The name that others see: cut to 80 characters, control characters taken out; the id where it isn't known.
    pub name: String,
    /// The platform says that they run the workspace.
    pub admin: bool,
    /// The groups that they are in, where the platform says so with what they did.
    pub groups: Vec<GroupRef>,
}

impl Person {
    /// A person whose name the platform could not tell: whom we know keeps the name that we have.
    pub fn unnamed(id: PersonRef) -> Self {
        let name = id.to_string();
        Self { id, name, admin: false, groups: Vec::new() }
    }

    /// Bounds and cleans a name that came from outside: characters that turn the direction of text around would
    /// let a name rewrite what stands beside it.
    pub fn new(id: PersonRef, name: &str, admin: bool) -> Self {
        let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let name: String = name.chars().filter(|c| !c.is_control() && !turns(*c)).take(80).collect();
        let name = if name.trim().is_empty() { id.to_string() } else { name.trim().to_owned() };
        Self { id, name, admin, groups: Vec::new() }
    }
}

/// Something that happened on a platform without anybody waiting for a direct answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatEvent {
    /// The same for every delivery of the same happening; 1 to 200 characters.
    pub key: String,
    /// Where.
    pub workspace: Workspace,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A message in a thread was written, edited or deleted.
    Message {
        /// The message that the thread hangs from.
        thread: MessageRef,
        /// The message itself.
        message: MessageRef,
        /// Its author; platforms don't say who wrote a deleted message.
        author: Option<Person>,
        /// What was seen of it.
        sighting: Sighting,
    },
    /// A person left the workspace.
    Left {
        /// Who.
        person: PersonRef,
    },
}

/// Something that a person asks for and waits for.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// When, by the platform's time.
    pub at: Timestamp,
    /// Where.
    pub workspace: Workspace,
    /// The channel; in a thread, the channel that the thread is in.
    pub channel: ChannelRef,
    /// The channel's name as people see it.
    pub channel_name: String,
    /// Who.
    pub person: Person,
    /// Why the bot can't work in this channel and how to mend it, where the platform says so with the request: a
    /// sentence or two.
    pub hindrance: Option<String>,
    /// What.
    pub request: Request,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Request {
    /// `/study …`: the words behind `/study`.
    Command(String),
    /// A button was pressed or a select changed.
    Click {
        /// The control's id, as it came.
        action: String,
        /// The values now chosen in a select.
        values: Vec<String>,
    },
    /// A form was sent.
    Submit {
        /// The form's id, as it came.
        form: String,
        /// Field ids and what was typed.
        fields: Vec<(String, String)>,
    },
}

/// The subcommands of `/study`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudyCommand {
    /// What there is.
    Help,
    /// Today's question.
    Today,
    /// What counts so far.
    MyAnswer,
    /// My scores, my streak, my choices.
    Me,
    /// The leaderboard.
    Leaderboard(Window),
    /// Set this channel up, or change it.
    Setup,
    /// Post nothing until resumed.
    Pause,
    /// Go on.
    Resume,
    /// Post the next question now.
    PostNow,
    /// End the answering or the review now.
    CloseNow,
}

/// Every subcommand: its name, its values, what it does, and whether only organisers may use it.
pub const COMMANDS: &[(&str, &str, &str, bool)] = &[
    ("help", "", "What the bot does, and these commands", false),
    ("today", "", "Today's question and when answers close", false),
    ("my-answer", "", "What counts as your answer so far; only you see it", false),
    ("me", "", "Your scores and how they came about, your streak, your choices", false),
    ("leaderboard", "[week|month|all]", "Who has how many points", false),
    ("setup", "", "Set this channel up, or change its plan", true),
    ("pause", "", "Post nothing until resumed; open questions run out", true),
    ("resume", "", "Go on with the next planned question", true),
    ("post-now", "", "Post a question now, in place of today's", true),
    ("close-now", "", "End the answering, or the review, now", true),
];

/// The words behind `/study` are none of its commands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCommand {
    /// The first word is unknown; perhaps this one was meant.
    #[error("unknown command")]
    Name(Option<&'static str>),
    /// `leaderboard` was given a span it doesn't know.
    #[error("unknown span of time")]
    Window,
}

impl FromStr for StudyCommand {
    type Err = UnknownCommand;

    fn from_str(text: &str) -> Result<Self, UnknownCommand> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or("help").to_lowercase();
        let command = match name.as_str() {
            "help" => Self::Help,
            "today" => Self::Today,
            "my-answer" => Self::MyAnswer,
            "me" => Self::Me,
            "leaderboard" => {
                let window = words.next().unwrap_or("all").to_lowercase();
                Self::Leaderboard(window.parse().map_err(|_| UnknownCommand::Window)?)
            }
            "setup" => Self::Setup,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "post-now" => Self::PostNow,
            "close-now" => Self::CloseNow,
            _ => return Err(UnknownCommand::Name(closest(&name))),
        };
        Ok(command)
    }
}

/// The command that shares the beginning, or all but one or two letters, with what was typed.
fn closest(name: &str) -> Option<&'static str> {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).take(20).collect::<String>();
    let typed = plain(name);
    if typed.is_empty() {
        return None;
    }
    let distance = |known: &str| edit_distance(&typed, &plain(known));
    COMMANDS
        .iter()
        .map(|(known, ..)| *known)
        .map(|known| (if plain(known).starts_with(&typed) { 0 } else { distance(known) }, known))
        .min()
        .and_then(|(distance, known)| (distance <= 2).then_some(known))
}

/// Levenshtein's distance, for two short words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// What a button or select does. Its text is the control's id: the name, then its numbers, joined by `:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionId {
    /// Opens the form for a private answer.
    AnswerPrivately(RoundId),
    /// Shows what counts so far.
    MyAnswer(RoundId),
    /// Shows what counts so far in a study channel's question.
    MyAnswerIn(StudyChannelId),
    /// Shows another page of the parts of an answer.
    PartsPage(RoundId, u32),
    /// Chooses which parts of a page count.
    ChooseParts(RoundId, u32),
    /// Shows a hint.
    Hint(RoundId),
    /// Shows the model answer, where a platform can't fold it away.
    ModelAnswer(RoundId),
    /// Opens the marking of one's own answer.
    MarkMine(RoundId),
    /// Saves the criteria that are met.
    SaveMarks(RoundId),
    /// Saves that no criterion is met.
    NoneOfThese(RoundId),
    /// Opens the form for a late answer.
    LateAnswer(RoundId),
    /// Shows a study channel's question of the day.
    Today(StudyChannelId),
    /// Shows a leaderboard; 0 for the whole workspace.
    Leaderboard(i64, Window),
    /// Takes part in leaderboards, or not.
    Listed(bool),
    /// Gets notices as direct messages, or not.
    Notices(bool),
    /// Opens the form that sets this channel up.
    Setup,
    /// Pauses a study channel.
    Pause(StudyChannelId),
    /// Resumes a study channel.
    Resume(StudyChannelId),
    /// Posts one more question, unless a newer round than the one named exists by now; 0 for none.
    PostAnother(StudyChannelId, i64),
    /// Ends a round's answering or review, whichever it is in.
    CloseNow(RoundId),
    /// Ends the answering or the review in a study channel.
    CloseNowIn(StudyChannelId),
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerPrivately(round) => write!(f, "answer-privately:{round}"),
            Self::MyAnswer(round) => write!(f, "my-answer:{round}"),
            Self::MyAnswerIn(channel) => write!(f, "my-answer-in:{channel}"),
            Self::PartsPage(round, page) => write!(f, "parts-page:{round}:{page}"),
            Self::ChooseParts(round, page) => write!(f, "choose-parts:{round}:{page}"),
            Self::Hint(round) => write!(f, "hint:{round}"),
            Self::ModelAnswer(round) => write!(f, "model-answer:{round}"),
            Self::MarkMine(round) => write!(f, "mark-mine:{round}"),
            Self::SaveMarks(round) => write!(f, "save-marks:{round}"),
            Self::NoneOfThese(round) => write!(f, "none-of-these:{round}"),
            Self::LateAnswer(round) => write!(f, "late-answer:{round}"),
            Self::Today(channel) => write!(f, "today:{channel}"),
            Self::Leaderboard(channel, window) => write!(f, "leaderboard:{channel}:{window}"),
            Self::Listed(on) => write!(f, "listed:{}", u8::from(*on)),
            Self::Notices(on) => write!(f, "notices:{}", u8::from(*on)),
            Self::Setup => f.write_str("setup"),
            Self::Pause(channel) => write!(f, "pause:{channel}"),
            Self::Resume(channel) => write!(f, "resume:{channel}"),
            Self::PostAnother(channel, round) => write!(f, "post-another:{channel}:{round}"),
            Self::CloseNow(round) => write!(f, "close-now:{round}"),
            Self::CloseNowIn(channel) => write!(f, "close-now-in:{channel}"),
        }
    }
}

impl FromStr for ActionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut words = Words::new(text);
        let action = match words.next()? {
            "answer-privately" => Self::AnswerPrivately(words.parse()?),
            "my-answer" => Self::MyAnswer(words.parse()?),
            "my-answer-in" => Self::MyAnswerIn(words.parse()?),
            "parts-page" => Self::PartsPage(words.parse()?, words.number()?),
            "choose-parts" => Self::ChooseParts(words.parse()?, words.number()?),
            "hint" => Self::Hint(words.parse()?),
            "model-answer" => Self::ModelAnswer(words.parse()?),
            "mark-mine" => Self::MarkMine(words.parse()?),
            "save-marks" => Self::SaveMarks(words.parse()?),
            "none-of-these" => Self::NoneOfThese(words.parse()?),
            "late-answer" => Self::LateAnswer(words.parse()?),
            "today" => Self::Today(words.parse()?),
            "leaderboard" => Self::Leaderboard(words.number()?, words.parse()?),
            "listed" => Self::Listed(words.flag()?),
            "notices" => Self::Notices(words.flag()?),
            "setup" => Self::Setup,
            "pause" => Self::Pause(words.parse()?),
            "resume" => Self::Resume(words.parse()?),
            "post-another" => Self::PostAnother(words.parse()?, words.number()?),
            "close-now" => Self::CloseNow(words.parse()?),
            "close-now-in" => Self::CloseNowIn(words.parse()?),
            _ => return Err(InvalidId),
        };
        words.end()?;
        Ok(action)
    }
}

/// What a form is for. Its text is the form's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormId {
    /// A private answer; the version of the saved text that the form was opened with.
    PrivateAnswer(RoundId, i64),
    /// A late answer, likewise.
    LateAnswer(RoundId, i64),
    /// Setting a channel up.
    Setup,
}

impl fmt::Display for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrivateAnswer(round, version) => write!(f, "private-answer:{round}:{version}"),
            Self::LateAnswer(round, version) => write!(f, "late-answer:{round}:{version}"),
            Self::Setup => f.write_str("setup"),
        }
    }
}

impl FromStr for FormId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut words = Words::new(text);
        let form = match words.next()? {
            "private-answer" => Self::PrivateAnswer(words.parse()?, words.number()?),
            "late-answer" => Self::LateAnswer(words.parse()?, words.number()?),
            "setup" => Self::Setup,
            _ => return Err(InvalidId),
        };
        words.end()?;
        Ok(form)
    }
}

struct Words<'a>(std::str::Split<'a, char>);

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.split(':'))
    }

    fn next(&mut self) -> Result<&'a str, InvalidId> {
        self.0.next().ok_or(InvalidId)
    }

    fn parse<T: FromStr<Err = InvalidId>>(&mut self) -> Result<T, InvalidId> {
        self.next()?.parse()
    }

    /// A whole number from 0 up.
    fn number<T: TryFrom<i64>>(&mut self) -> Result<T, InvalidId> {
        let number: i64 = self.next()?.parse().map_err(|_| InvalidId)?;
        if number < 0 {
            return Err(InvalidId);
        }
        T::try_from(number).map_err(|_| InvalidId)
    }

    fn flag(&mut self) -> Result<bool, InvalidId> {
        match self.next()? {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err(InvalidId),
        }
    }

    fn end(&mut self) -> Result<(), InvalidId> {
        if self.0.next().is_none() { Ok(()) } else { Err(InvalidId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let cases = [
            ("", Ok(StudyCommand::Help)),
            ("  Today ", Ok(StudyCommand::Today)),
            ("leaderboard", Ok(StudyCommand::Leaderboard(Window::All))),
            ("leaderboard WEEK", Ok(StudyCommand::Leaderboard(Window::Week))),
            ("leaderboard year", Err(UnknownCommand::Window)),
            ("leaderbord", Err(UnknownCommand::Name(Some("leaderboard")))),
            ("post", Err(UnknownCommand::Name(Some("post-now")))),
            ("myanswer", Err(UnknownCommand::Name(Some("my-answer")))),
            ("💥", Err(UnknownCommand::Name(None))),
            ("drop table rounds", Err(UnknownCommand::Name(None))),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<StudyCommand>(), expected, "{text}");
        }
        for (name, ..) in COMMANDS {
            assert!(name.parse::<StudyCommand>().is_ok(), "{name}");
        }
    }

    #[test]
    fn action_and_form_ids_are_read_back_as_written() {
        let (round, channel) = (RoundId(42), StudyChannelId(7));
        let actions = [
            ActionId::AnswerPrivately(round),
            ActionId::MyAnswer(round),
            ActionId::PartsPage(round, 2),
            ActionId::ChooseParts(round, 0),
            ActionId::Hint(round),
            ActionId::ModelAnswer(round),
            ActionId::MarkMine(round),
            ActionId::SaveMarks(round),
            ActionId::NoneOfThese(round),
            ActionId::LateAnswer(round),
            ActionId::Today(channel),
            ActionId::Leaderboard(0, Window::Month),
            ActionId::Listed(true),
            ActionId::Notices(false),
            ActionId::Setup,
            ActionId::Pause(channel),
            ActionId::Resume(channel),
            ActionId::PostAnother(channel, 0),
            ActionId::CloseNow(round),
            ActionId::MyAnswerIn(channel),
            ActionId::CloseNowIn(channel),
        ];
        for action in actions {
            assert_eq!(action.to_string().parse(), Ok(action));
        }
        for form in [FormId::PrivateAnswer(round, 0), FormId::LateAnswer(round, 9), FormId::Setup] {
            assert_eq!(form.to_string().parse(), Ok(form));
        }
    }

    #[test]
    fn made_up_ids_are_refused() {
        let bad = [
            "",
            ":",
            "my-answer",
            "my-answer:",
            "my-answer:0",
            "my-answer:-1",
            "my-answer:1:2",
            "my-answer:1 ",
            "my-answer:99999999999999999999",
            "listed:2",
            "leaderboard:1:year",
            "parts-page:1:-1",
            "🦀:1",
        ];
        for text in bad {
            assert!(text.parse::<ActionId>().is_err(), "{text}");
            assert!(text.parse::<FormId>().is_err(), "{text}");
        }
    }
}
