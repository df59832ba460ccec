//! The leaderboard.

use super::count;
use crate::domain::command::ActionId;
use crate::domain::ids::Timestamp;
use crate::domain::leaderboard::Window;
use crate::domain::message::{Action, Bar, Block, Outgoing, Span};

/// One line of a leaderboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// Equal points share a rank.
    pub rank: u32,
    /// Who.
    pub name: String,
    /// Points, those not final included.
    pub points: u32,
    /// How many of the points are not final yet.
    pub provisional: u32,
    /// Answers, those still in review included.
    pub answers: u32,
}

/// A leaderboard.
#[derive(Clone, Debug)]
pub struct Board {
    /// `#cloud-security`, or `all study channels`.
    pub place: String,
    /// The study channel's number; 0 for the workspace.
    pub channel: i64,
    /// The span of time.
    pub window: Window,
    /// The best, at most 20.
    pub rows: Vec<BoardRow>,
    /// How many learners are on it in all.
    pub total: u32,
    /// The line of the person who asks, when they are further down.
    pub own: Option<BoardRow>,
    /// Scores are being settled right now.
    pub closing: bool,
    /// When the last review ends whose points are not final yet.
    pub final_at: Option<Timestamp>,
}

/// The leaderboard as a panel.
pub fn board(board: &Board) -> Outgoing {
    let mut blocks =
        vec![Block::heading(format!("Leaderboard of {}, {}", board.place, board.window.label()))];
    if board.rows.is_empty() {
        blocks.push(Block::line(
            "Nobody has points here yet. Points come from answers in time that were marked against the rubric points.",
        ));
    } else {
        let max = board.rows.iter().map(|row| row.points).max().unwrap_or(0).max(1);
        let rows = board.rows.iter().chain(&board.own).map(|row| bar(row, max)).collect();
        blocks.push(Block::Bars { rows });
        let shown = u32::try_from(board.rows.len()).unwrap_or(u32::MAX);
        if board.total > shown {
            blocks.push(Block::note(format!("The first {shown} of {} learners.", board.total)));
        }
    }
    if board.closing {
        blocks.push(Block::note("Closing: scores are being settled right now."));
    }
    if let Some(at) = board.final_at {
        blocks.push(Block::Note {
            spans: vec![
                Span::plain("* A review is still under way, and its points can change until "),
                Span::full(at),
                Span::plain("."),
            ],
        });
    }
    let others = Window::EVERY.into_iter().filter(|window| *window != board.window);
    let buttons = others.map(|window| {
        let label = match window {
            Window::Week => "This week",
            Window::Month => "This month",
            Window::All => "All time",
        };
        Action::button(ActionId::Leaderboard(board.channel, window), label)
    });
    Outgoing::new(blocks).with(buttons.collect())
}

fn bar(row: &BoardRow, max: u32) -> Bar {
    let star = if row.provisional > 0 { "*" } else { "" };
    Bar {
        lead: format!("{}.", row.rank),
        label: row.name.clone(),
        value: row.points,
        max,
        note: format!(
            "{}{star} from {}",
            count(row.points, "point", "points"),
            count(row.answers, "answer", "answers")
        ),
    }
}
