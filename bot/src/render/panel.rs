//! Short private replies: help, today, a hint, choices.

use super::{count, excerpt};
use crate::domain::channel::ChannelState;
use crate::domain::command::{ActionId, COMMANDS};
use crate::domain::ids::{RoundId, StudyChannelId, Timestamp};
use crate::domain::message::{Action, Block, Outgoing, Span};

/// `/study help`.
pub fn help(organiser: bool) -> Outgoing {
    let line = |(name, values, what, _): &(&str, &str, &str, bool)| {
        let command = format!("/study {name} {values}");
        vec![Span::code(command.trim_end()), Span::plain(format!(": {what}"))]
    };
    let part = |organisers: bool| Block::List {
        numbered: false,
        items: COMMANDS.iter().filter(|command| command.3 == organisers).map(line).collect(),
    };
    let mut blocks = vec![
        Block::heading("A question a day"),
        Block::line(
            "I post a cloud-security question, you answer in its thread or privately, and when answers close I show \
             the points a good answer makes. Then you mark your own answer, and the leaderboard keeps count.",
        ),
        part(false),
    ];
    if organiser {
        blocks.push(Block::heading("For organisers"));
        blocks.push(part(true));
    } else {
        blocks.push(Block::note("Organisers have a few commands more."));
    }
    Outgoing::new(blocks)
}

/// One round in `/study today`.
#[derive(Clone, Debug)]
pub struct TodayRound {
    /// The round.
    pub round: RoundId,
    /// The question's title.
    pub title: String,
    /// Where it stands, and until when.
    pub stage: TodayStage,
    /// How many have answered.
    pub answers: u32,
}

/// Where a round of `/study today` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TodayStage {
    /// Answers are taken until then.
    Open(Timestamp),
    /// The reveal is being prepared.
    Collecting,
    /// Answers can be marked until then.
    Review(Timestamp),
}

/// `/study today`.
pub fn today(channel: &str, rounds: &[TodayRound], next: Option<Timestamp>, state: ChannelState) -> Outgoing {
    let mut blocks = vec![Block::heading(format!("Today in #{channel}"))];
    let mut actions = Vec::new();
    for round in rounds {
        blocks.push(Block::Line { spans: today_line(round) });
        if rounds.len() == 1 {
            actions = today_actions(round);
        }
    }
    if rounds.is_empty() {
        blocks.push(Block::line("No question is open right now."));
    }
    match (state, next) {
        (ChannelState::Active, Some(at)) => blocks.push(Block::Note {
            spans: vec![Span::plain("The next question comes "), Span::full(at), Span::plain(".")],
        }),
        (ChannelState::Active, None) => blocks.push(Block::note("No further question is planned.")),
        (ChannelState::Paused, _) => blocks.push(Block::note("This study channel is paused.")),
        (ChannelState::Removed, _) => {}
    }
    Outgoing::new(blocks).with(actions)
}

fn today_line(round: &TodayRound) -> Vec<Span> {
    let so_far = count(round.answers, "person has answered", "people have answered");
    let ends = round.title.ends_with(['.', '?', '!']);
    let mut spans = vec![Span::bold(&round.title), Span::plain(if ends { " " } else { ". " })];
    match round.stage {
        TodayStage::Open(at) => spans.extend([
            Span::plain("Answers close "),
            Span::full(at),
            Span::relative(at),
            Span::plain(format!(". {so_far} so far.")),
        ]),
        TodayStage::Collecting => {
            spans.push(Span::plain("Answers have closed; the rubric points come in a moment."))
        }
        TodayStage::Review(at) => spans.extend([
            Span::plain("The rubric points are in its thread; mark your answer until "),
            Span::full(at),
            Span::plain(format!(". {so_far}.")),
        ]),
    }
    spans
}

fn today_actions(round: &TodayRound) -> Vec<Action> {
    let my_answer = Action::button(ActionId::MyAnswer(round.round), "My answer");
    match round.stage {
        TodayStage::Open(_) => {
            vec![Action::button(ActionId::AnswerPrivately(round.round), "Answer privately"), my_answer]
        }
        TodayStage::Collecting => vec![my_answer],
        TodayStage::Review(_) => {
            vec![Action::button(ActionId::MarkMine(round.round), "Mark my answer"), my_answer]
        }
    }
}

/// A choice between several rounds or channels: one button each.
pub fn choice(question: &str, options: Vec<(ActionId, String)>) -> Outgoing {
    let buttons =
        options.into_iter().take(25).map(|(action, label)| Action::button(action, excerpt(&label, 75)));
    Outgoing::say(question).with(buttons.collect())
}

/// A hint. It gives no rubric point away.
pub fn hint(hints: &[String]) -> Outgoing {
    if hints.is_empty() {
        return Outgoing::say("There is no hint for this question.");
    }
    let mut blocks = vec![Block::heading(if hints.len() == 1 { "A hint" } else { "Hints" })];
    blocks.extend(hints.iter().map(|hint| Block::Markdown { text: hint.clone() }));
    Outgoing::new(blocks)
}

/// A post while another question is open: asks first.
pub fn post_another(channel: StudyChannelId, newest: RoundId, title: &str, until: Timestamp) -> Outgoing {
    Outgoing::new(vec![Block::Line {
        spans: vec![
            Span::bold(title),
            Span::plain(" is still open, until "),
            Span::full(until),
            Span::plain(". Post one more question beside it?"),
        ],
    }])
    .with(vec![Action::button(ActionId::PostAnother(channel, newest.0), "Post one more question")])
}
