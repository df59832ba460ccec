//! What a round posts: its question, the reveal, private answers, the summary.

use super::count;
use crate::domain::command::ActionId;
use crate::domain::ids::{PersonRef, RoundId, Timestamp};
use crate::domain::message::{Action, Bar, Block, Link, Outgoing, Span};
use crate::domain::question::{Question, QuestionFace};

/// How a posted question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Answers are taken until then.
    Open(Timestamp),
    /// Answers were taken until then.
    Ended(Timestamp),
    /// Its thread could not be opened, so it was cancelled.
    Withdrawn,
}

/// A channel's ways that the question's post explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// Only private answers count.
    pub sealed: bool,
    /// The occurrence was missed, and this is the late post.
    pub late: bool,
}

/// The question's post.
pub fn question(round: RoundId, face: &QuestionFace, stage: Stage, ways: Ways) -> Outgoing {
    let mut blocks = vec![
        Block::heading(&face.title),
        Block::note(facts(face)),
        Block::Markdown { text: face.prompt.clone() },
    ];
    match stage {
        Stage::Open(deadline) => {
            let how = if ways.sealed {
                "Press Answer privately: in this channel only private answers count. "
            } else {
                "Write in the thread, or press Answer privately. "
            };
            blocks.push(Block::Line {
                spans: vec![
                    Span::plain(how),
                    Span::plain("Answers close "),
                    Span::full(deadline),
                    Span::relative(deadline),
                    Span::plain("."),
                ],
            });
        }
        Stage::Withdrawn => {
            blocks.push(Block::line(
                "This question was withdrawn: I could not open its thread. It comes again later.",
            ));
        }
        Stage::Ended(deadline) => blocks.push(Block::Line {
            spans: vec![
                Span::plain("Answers closed "),
                Span::full(deadline),
                Span::plain(". The rubric points are in the thread."),
            ],
        }),
    }
    if ways.late && stage != Stage::Withdrawn {
        blocks.push(Block::note("This question comes later than planned; there is as much time as always."));
    }
    Outgoing::new(blocks).with(question_actions(round, face, stage))
}

fn question_actions(round: RoundId, face: &QuestionFace, stage: Stage) -> Vec<Action> {
    let my_answer = Action::button(ActionId::MyAnswer(round), "My answer");
    match stage {
        Stage::Open(_) => {
            let mut actions =
                vec![Action::button(ActionId::AnswerPrivately(round), "Answer privately"), my_answer];
            if !face.hints.is_empty() {
                actions.push(Action::button(ActionId::Hint(round), "Show a hint"));
            }
            actions
        }
        Stage::Ended(_) => vec![my_answer],
        Stage::Withdrawn => Vec::new(),
    }
}

/// Level, format, topic, providers and a fair time, on one line.
pub fn facts(face: &QuestionFace) -> String {
    let mut facts = vec![
        face.format.label().to_owned(),
        face.level.label().to_lowercase(),
        face.topic.as_str().replace('-', " "),
    ];
    if !face.providers.is_empty() {
        facts.push(face.providers.iter().map(|provider| provider.label()).collect::<Vec<_>>().join(", "));
    }
    facts.push(format!("about {}", count(u32::from(face.minutes), "minute", "minutes")));
    facts.join(" · ")
}

/// The first line of a thread.
pub fn thread_opening(sealed: bool) -> Outgoing {
    Outgoing::say(if sealed {
        "This channel is sealed: only private answers count, and nobody sees them before the rubric points are out. \
         Press Answer privately above. What is written here doesn't count."
    } else {
        "Write your answer here, in as many messages as you like. You can edit them until answers close. \
         Begin a line with // to say something that is not part of your answer."
    })
}

/// The model answer by itself.
pub fn model_answer(question: &Question) -> Outgoing {
    Outgoing::new(vec![
        Block::heading("Model answer"),
        Block::Markdown { text: question.model_answer.clone() },
    ])
}

/// The reveal: rubric points, pitfalls, model answer, a follow-up, references.
pub fn reveal(round: RoundId, question: &Question, review_deadline: Timestamp, answers: u32) -> Outgoing {
    let all = question.total_weight();
    let points = question
        .criteria
        .iter()
        .map(|criterion| {
            vec![Span::plain(format!("{} ", criterion.text)), Span::bold(format!("({})", criterion.weight))]
        })
        .collect();
    let mut blocks = vec![
        Block::heading("Rubric points"),
        Block::line(format!(
            "{} in time. A good answer makes these points. In brackets: what each weighs, of {all} in all.",
            count(answers, "answer came", "answers came")
        )),
        Block::List { numbered: true, items: points },
    ];
    if !question.pitfalls.is_empty() {
        blocks.push(Block::heading("Where weak answers go wrong"));
        blocks.push(bullets(question.pitfalls.iter().map(|pitfall| pitfall.text.as_str())));
    }
    blocks.push(Block::Spoiler {
        label: "Model answer".to_owned(),
        blocks: vec![Block::Markdown { text: question.model_answer.clone() }],
        open: Some(ActionId::ModelAnswer(round).to_string()),
    });
    if let Some(follow_up) = question.follow_ups.first() {
        blocks.push(Block::heading("To think on"));
        blocks.push(Block::Markdown { text: follow_up.clone() });
    }
    if !question.references.is_empty() {
        blocks.push(Block::heading("To read on"));
        let links = question.references.iter();
        blocks.push(Block::Links {
            links: links.map(|page| Link { title: page.title.clone(), url: page.url.clone() }).collect(),
        });
    }
    blocks.push(Block::Line {
        spans: vec![
            Span::plain("Mark your own answer against these points until "),
            Span::full(review_deadline),
            Span::relative(review_deadline),
            Span::plain(". A late answer can be marked too, and earns no points."),
        ],
    });
    Outgoing::new(blocks).with(vec![
        Action::button(ActionId::MarkMine(round), "Mark my answer"),
        Action::button(ActionId::LateAnswer(round), "Add a late answer"),
        Action::button(ActionId::MyAnswer(round), "My answer"),
    ])
}

fn bullets<'a>(items: impl Iterator<Item = &'a str>) -> Block {
    Block::List { numbered: false, items: items.map(|item| vec![Span::plain(item)]).collect() }
}

/// A private answer at the reveal; `author` is left out where the channel shows them without names.
pub fn private_answer(author: Option<(&PersonRef, &str)>, text: &str) -> Outgoing {
    let who = match author {
        Some((person, name)) => vec![
            Span::Person { person: person.clone(), name: name.to_owned() },
            Span::plain(" answered privately:"),
        ],
        None => vec![Span::plain("A private answer:")],
    };
    Outgoing::new(vec![Block::Line { spans: who }, Block::Quote { text: text.to_owned() }])
}

/// What a round's summary says.
#[derive(Clone, Debug)]
pub struct Summary {
    /// On-time answers.
    pub answers: u32,
    /// How many of them were marked.
    pub marked: u32,
    /// For each criterion: its short text, and how many marked answers met it.
    pub criteria: Vec<(String, u32)>,
    /// The best: names and points, best first.
    pub best: Vec<(String, u32)>,
}

/// The summary in the thread once scores are final.
pub fn summary(summary: &Summary) -> Outgoing {
    let mut blocks = vec![Block::heading("This question is closed")];
    if summary.answers == 0 {
        blocks.push(Block::line("No answers came in time. The next question is a new chance."));
        return Outgoing::new(blocks);
    }
    let answers = count(summary.answers, "answer", "answers");
    blocks.push(Block::line(if summary.marked == summary.answers {
        format!("{answers}, all marked. Scores are final and on the leaderboard.")
    } else {
        format!("{answers}, {} marked. Scores are final and on the leaderboard.", summary.marked)
    }));
    if !summary.best.is_empty() {
        let rows = summary.best.iter().map(|(name, points)| Bar {
            lead: String::new(),
            label: name.clone(),
            value: *points,
            max: 100,
            note: points.to_string(),
        });
        blocks.push(Block::Bars { rows: rows.collect() });
    }
    if summary.marked > 0 {
        blocks.push(Block::heading("How often each point was made"));
        let rows = summary.criteria.iter().map(|(short, met)| Bar {
            lead: String::new(),
            label: short.clone(),
            value: *met,
            max: summary.marked,
            note: format!("{met} of {}", summary.marked),
        });
        blocks.push(Block::Bars { rows: rows.collect() });
    }
    Outgoing::new(blocks)
}

/// The one public word on a refused message. It quotes nothing.
pub fn refusal(sealed: bool) -> Outgoing {
    Outgoing::say(if sealed {
        "Messages don't count in this channel. Press Answer privately on the question instead."
    } else {
        "That message doesn't fit: an answer takes 20,000 characters in all. Shorten or delete something, \
         and it counts again; My answer shows what counts."
    })
}
