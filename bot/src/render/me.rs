//! What a learner sees of themselves.

use super::count;
use super::marking::marked_points;
use crate::domain::command::ActionId;
use crate::domain::leaderboard::Streak;
use crate::domain::marking::Basis;
use crate::domain::message::{Action, Bar, Block, Outgoing};
use crate::domain::question::Criterion;

/// One study channel in `/study me`.
#[derive(Clone, Debug)]
pub struct MeChannel {
    /// Its name.
    pub name: String,
    /// Points of all time.
    pub points: u32,
    /// Answers that were settled.
    pub answers: u32,
    /// The streak there.
    pub streak: Streak,
}

/// One score in `/study me`, with why.
#[derive(Clone, Debug)]
pub struct MeScore {
    /// The question's title.
    pub title: String,
    /// 0 to 100.
    pub points: u32,
    /// What it rests on.
    pub basis: Basis,
    /// The rubric with what was met and what not.
    pub criteria: Vec<(Criterion, bool)>,
}

/// `/study me`.
pub fn me(
    channels: &[MeChannel],
    scores: &[MeScore],
    kept: &[Outgoing],
    listed: bool,
    notices: bool,
) -> Outgoing {
    let mut blocks = vec![Block::heading("You")];
    if channels.is_empty() && scores.is_empty() {
        blocks.push(Block::line("You haven't answered a question yet. /study today shows what is open."));
    }
    for channel in channels {
        blocks.push(Block::line(format!(
            "#{}: {} from {}. Streak: {} in a row, {} at best.",
            channel.name,
            count(channel.points, "point", "points"),
            count(channel.answers, "answer", "answers"),
            channel.streak.current,
            channel.streak.longest,
        )));
    }
    if !scores.is_empty() {
        blocks.push(Block::heading("Your latest scores"));
        let bars = scores.iter().map(|score| Bar {
            lead: String::new(),
            label: score.title.clone(),
            value: score.points,
            max: 100,
            note: format!("{} ({})", score.points, score.basis.label()),
        });
        blocks.push(Block::Bars { rows: bars.collect() });
        for score in scores.iter().filter(|score| score.basis != Basis::Unmarked) {
            blocks.push(Block::Spoiler {
                label: format!("How “{}” came to {}", score.title, score.points),
                blocks: vec![
                    marked_points(&score.criteria),
                    Block::note("In brackets: the weight. Score = 100 × weight of the points met ÷ all weight, rounded."),
                ],
                open: None,
            });
        }
    }
    if !kept.is_empty() {
        blocks.push(Block::heading("Messages that could not reach you directly"));
        blocks.extend(kept.iter().flat_map(|message| message.blocks.clone()));
    }
    blocks.push(Block::note(format!(
        "Leaderboards {} you. Direct messages about your scores are {}.",
        if listed { "name" } else { "don't name" },
        if notices { "on" } else { "off" }
    )));
    let listing = if listed { "Leave the leaderboards" } else { "Be on the leaderboards" };
    let noticing = if notices { "No more notices" } else { "Send me notices" };
    Outgoing::new(blocks).with(vec![
        Action::button(ActionId::Listed(!listed), listing),
        Action::button(ActionId::Notices(!notices), noticing),
    ])
}
