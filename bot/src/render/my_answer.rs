//! *My answer*, and the forms for private and late answers.

use super::excerpt;
use crate::domain::answer::{ANSWER_MAX_CHARS, Choice, Part, Verdict};
use crate::domain::command::{ActionId, FormId};
use crate::domain::ids::{RoundId, Timestamp};
use crate::domain::marking::Basis;
use crate::domain::message::{Action, Block, Control, Field, Form, Outgoing, SelectOption, Span};

/// Parts of an answer on one page of *My answer*: a select takes 25 options.
pub const PARTS_PER_PAGE: usize = 25;

/// What *My answer* shows.
#[derive(Clone, Debug)]
pub struct MyAnswer<'a> {
    /// The round.
    pub round: RoundId,
    /// The question's title.
    pub title: &'a str,
    /// The messages in order of sending, with their verdicts.
    pub parts: Vec<(&'a Part, Verdict)>,
    /// The saved private text.
    pub private_text: &'a str,
    /// The late answer.
    pub late_text: &'a str,
    /// Until when it can change; `None` once answers have closed.
    pub open_until: Option<Timestamp>,
    /// The page of parts, from 0.
    pub page: u32,
    /// The score so far or for good, with its basis.
    pub score: Option<(u32, Basis, bool)>,
}

/// *My answer*: what counts so far, with controls to take parts out and put them back.
pub fn my_answer(mine: &MyAnswer<'_>) -> Outgoing {
    let mut blocks = vec![Block::heading(format!("Your answer to “{}”", mine.title))];
    let counted = mine.parts.iter().filter(|(_, verdict)| *verdict == Verdict::Counts).count();
    if counted == 0 && mine.private_text.is_empty() && mine.late_text.is_empty() {
        blocks.push(Block::line(if mine.open_until.is_some() {
            "Nothing counts so far. Write in the question's thread, or answer privately."
        } else {
            "You have no answer to this question."
        }));
    }
    let pages = mine.parts.len().div_ceil(PARTS_PER_PAGE).max(1);
    let page = usize::try_from(mine.page).unwrap_or(0).min(pages - 1);
    let shown: Vec<_> = mine.parts.iter().skip(page * PARTS_PER_PAGE).take(PARTS_PER_PAGE).collect();
    for (index, (part, verdict)) in shown.iter().enumerate() {
        blocks.extend(part_blocks(page * PARTS_PER_PAGE + index + 1, part, *verdict));
    }
    if pages > 1 {
        blocks.push(Block::note(format!("Page {} of {pages}.", page + 1)));
    }
    if !mine.private_text.is_empty() {
        blocks.push(Block::line("Private, shown to nobody before the rubric points are out:"));
        blocks.push(Block::Quote { text: mine.private_text.to_owned() });
    }
    if !mine.late_text.is_empty() {
        blocks.push(Block::line("Added late, so it earns no points:"));
        blocks.push(Block::Quote { text: mine.late_text.to_owned() });
    }
    blocks.extend(standing(mine));
    Outgoing::new(blocks).with(my_answer_actions(mine, &shown, page, pages))
}

fn part_blocks(number: usize, part: &Part, verdict: Verdict) -> Vec<Block> {
    let remark = match verdict {
        Verdict::Counts => "counts",
        Verdict::Discussion => "discussion, doesn't count",
        Verdict::TakenOut => "you took it out",
        Verdict::TooLong => "doesn't fit into 20,000 characters, doesn't count",
        Verdict::Sealed => "doesn't count: only private answers do here",
        Verdict::Deleted => "deleted",
    };
    let late = if part.edited_late { "; an edit after the close is ignored" } else { "" };
    let text = part.version.as_ref().map_or_else(String::new, |version| excerpt(&version.full_text(), 300));
    let mut blocks = vec![Block::Line {
        spans: vec![Span::bold(format!("{number}. ")), Span::plain(format!("{remark}{late}"))],
    }];
    if !text.is_empty() {
        blocks.push(Block::Quote { text });
    }
    blocks
}

fn standing(mine: &MyAnswer<'_>) -> Option<Block> {
    let spans = match (mine.open_until, mine.score) {
        (Some(at), _) => vec![
            Span::plain("You can change it until "),
            Span::full(at),
            Span::relative(at),
            Span::plain("."),
        ],
        (None, Some((points, Basis::OwnMarks, is_final))) => vec![
            Span::bold(format!("{points} of 100")),
            Span::plain(if is_final { ", by your own marks." } else { " so far, by your own marks." }),
        ],
        (None, Some((_, Basis::Unmarked, true))) => {
            vec![Span::plain("It was not marked: it counts as taking part.")]
        }
        (None, Some((_, Basis::Unmarked, false))) => vec![Span::plain("You haven't marked it yet.")],
        (None, None) => return None,
    };
    Some(Block::Note { spans })
}

fn my_answer_actions(
    mine: &MyAnswer<'_>,
    shown: &[&(&Part, Verdict)],
    page: usize,
    pages: usize,
) -> Vec<Action> {
    let mut actions = Vec::new();
    let page_number = |page: usize| u32::try_from(page).unwrap_or(0);
    let choosable: Vec<_> = shown
        .iter()
        .enumerate()
        .filter(|(_, (_, verdict))| !matches!(verdict, Verdict::Deleted | Verdict::Sealed))
        .collect();
    if mine.open_until.is_some() && !choosable.is_empty() {
        let options = choosable
            .iter()
            .map(|(index, (part, _))| SelectOption {
                value: part.message.to_string(),
                label: part_label(page * PARTS_PER_PAGE + index + 1, part),
            })
            .collect::<Vec<_>>();
        let selected = choosable
            .iter()
            .filter(|(_, (part, verdict))| is_in(part, *verdict))
            .map(|(_, (part, _))| part.message.to_string())
            .collect();
        actions.push(Action {
            id: ActionId::ChooseParts(mine.round, page_number(page)).to_string(),
            label: "What counts".to_owned(),
            control: Control::Select {
                max: u8::try_from(options.len()).unwrap_or(u8::MAX),
                options,
                selected,
                min: 0,
            },
        });
    }
    if mine.open_until.is_some() {
        let label =
            if mine.private_text.is_empty() { "Answer privately" } else { "Change my private answer" };
        actions.push(Action::button(ActionId::AnswerPrivately(mine.round), label));
    } else if mine.score.is_some_and(|(_, _, is_final)| !is_final) {
        actions.push(Action::button(ActionId::MarkMine(mine.round), "Mark my answer"));
    }
    if page > 0 {
        actions.push(Action::button(ActionId::PartsPage(mine.round, page_number(page - 1)), "Earlier parts"));
    }
    if page + 1 < pages {
        actions.push(Action::button(ActionId::PartsPage(mine.round, page_number(page + 1)), "Later parts"));
    }
    actions
}

/// Whether the learner wants a part in, even where it doesn't fit.
fn is_in(part: &Part, verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Counts) || (verdict == Verdict::TooLong && part.choice != Some(Choice::Out))
}

fn part_label(number: usize, part: &Part) -> String {
    let text = part.version.as_ref().map_or_else(String::new, |version| excerpt(&version.full_text(), 50));
    excerpt(&format!("{number} · {text}"), 75)
}

/// The form for a private or late answer.
pub fn answer_form(id: FormId, value: &str, error: Option<String>) -> Form {
    let (title, label) = match id {
        FormId::LateAnswer(..) => ("Add a late answer", "Your late answer; it earns no points"),
        _ => ("Answer privately", "Your answer; leave it empty to withdraw it"),
    };
    Form {
        id: id.to_string(),
        title: title.to_owned(),
        fields: vec![Field {
            id: "text".to_owned(),
            label: label.to_owned(),
            multiline: true,
            max: ANSWER_MAX_CHARS,
            required: false,
            value: value.to_owned(),
            error,
        }],
    }
}
