//! Marking an answer against the rubric.

use std::collections::BTreeSet;

use crate::domain::command::ActionId;
use crate::domain::ids::{CriterionId, RoundId, Timestamp};
use crate::domain::message::{Action, Block, Control, Outgoing, SelectOption, Span};
use crate::domain::question::Criterion;

/// What the marking of one's own answer shows.
#[derive(Clone, Debug)]
pub struct Marking<'a> {
    /// The round.
    pub round: RoundId,
    /// The question's title.
    pub title: &'a str,
    /// The rubric.
    pub criteria: &'a [Criterion],
    /// The answer's text.
    pub answer: &'a str,
    /// What is saved; `None`: nothing yet.
    pub saved: Option<&'a BTreeSet<CriterionId>>,
    /// What that is worth.
    pub points: u32,
    /// Until when marks can change.
    pub until: Timestamp,
    /// The answer came late: it can be marked, and earns nothing.
    pub late: bool,
}

/// The marking of one's own answer: the full rubric, numbered, and the controls.
pub fn marking(marking: &Marking<'_>) -> Outgoing {
    const ANSWER_SHOWN: usize = 1_500;
    let rubric = marking
        .criteria
        .iter()
        .map(|criterion| {
            let mark = match marking.saved {
                Some(met) if met.contains(&criterion.id) => " ✓",
                _ => "",
            };
            vec![Span::plain(criterion.text.clone()), Span::bold(mark)]
        })
        .collect();
    let mut blocks = vec![
        Block::heading(format!("Mark your answer to “{}”", marking.title)),
        Block::Quote { text: shorten(marking.answer, ANSWER_SHOWN) },
        Block::line("Which of these points does it make? Choosing saves at once, and you can change it."),
        Block::List { numbered: true, items: rubric },
    ];
    blocks.push(Block::Line { spans: saved_line(marking) });
    blocks.push(Block::Note {
        spans: vec![Span::plain("Marks can change until "), Span::full(marking.until), Span::plain(".")],
    });
    Outgoing::new(blocks).with(vec![
        Action {
            id: ActionId::SaveMarks(marking.round).to_string(),
            label: "Points your answer makes".to_owned(),
            control: Control::Select {
                options: marking
                    .criteria
                    .iter()
                    .enumerate()
                    .map(|(index, criterion)| SelectOption {
                        value: criterion.id.to_string(),
                        label: format!("{} · {}", index + 1, criterion.short),
                    })
                    .collect(),
                selected: marking
                    .saved
                    .map(|met| met.iter().map(ToString::to_string).collect())
                    .unwrap_or_default(),
                min: 0,
                max: u8::try_from(marking.criteria.len()).unwrap_or(u8::MAX),
            },
        },
        Action::button(ActionId::NoneOfThese(marking.round), "None of these"),
    ])
}

fn saved_line(marking: &Marking<'_>) -> Vec<Span> {
    let Some(met) = marking.saved else { return vec![Span::plain("Nothing is saved yet.")] };
    let numbers: Vec<String> = marking
        .criteria
        .iter()
        .enumerate()
        .filter(|(_, criterion)| met.contains(&criterion.id))
        .map(|(index, _)| (index + 1).to_string())
        .collect();
    let worth = if marking.late {
        format!("{} of 100, but a late answer earns no points", marking.points)
    } else {
        format!("{} of 100", marking.points)
    };
    let which = match numbers.as_slice() {
        [] => "none of these".to_owned(),
        [one] => format!("point {one}"),
        several => format!("points {}", several.join(", ")),
    };
    vec![Span::plain(format!("Saved: {which}. That is ")), Span::bold(worth), Span::plain(".")]
}

/// Keeps line breaks, unlike [`excerpt`].
fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max - 1).collect();
    short.push('…');
    short
}

/// The rubric with what was met and what not.
pub fn marked_points(criteria: &[(Criterion, bool)]) -> Block {
    let line = |(criterion, met): &(Criterion, bool)| {
        vec![Span::plain(format!(
            "{} {} ({})",
            if *met { "✓" } else { "–" },
            criterion.text,
            criterion.weight
        ))]
    };
    Block::List { numbered: false, items: criteria.iter().map(line).collect() }
}
