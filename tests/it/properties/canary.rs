//! Questions and private texts that can be told wherever they turn up.

use studybot::domain::question::{Criterion, Format, Level, Pitfall, Question, Reference};
use studybot::packs::{Library, Pack};

/// Questions in the library.
pub(super) const QUESTIONS: usize = 40;
/// Criteria of each question.
pub(super) const CRITERIA: usize = 4;

/// A library of questions whose every secret part carries the question's number.
pub(super) fn library() -> Library {
    let questions = (0..QUESTIONS).map(question).map(|question| (question.id.clone(), question)).collect();
    let pack = Pack {
        id: "canaries".parse().unwrap(),
        name: "Canaries".to_owned(),
        licence: "MIT".to_owned(),
        language: "en".to_owned(),
        description: None,
        syllabus: Vec::new(),
        tracks: Vec::new(),
        questions,
        root: "canaries".to_owned(),
        lines: Default::default(),
    };
    Library::from_packs(vec![pack]).unwrap()
}

/// The weight of a criterion, from 1 to 3.
pub(super) fn weight(question: usize, criterion: usize) -> u8 {
    u8::try_from((question / 3usize.pow(u32::try_from(criterion).unwrap())) % 3 + 1).unwrap()
}

pub(super) fn criterion_id(question: usize, criterion: usize) -> String {
    format!("{}-{criterion}", secret(question))
}

fn secret(question: usize) -> String {
    format!("rubric{question:05}end")
}

fn question(number: usize) -> Question {
    let secret = secret(number);
    let criterion = |index: usize| Criterion {
        id: criterion_id(number, index).parse().unwrap(),
        short: format!("{secret} {index}"),
        text: format!("{secret} point {index}"),
        weight: weight(number, index),
        examples: vec![format!("{secret} example")],
        before: Vec::new(),
    };
    Question {
        id: format!("question-{number}").parse().unwrap(),
        title: format!("Question {number}"),
        format: Format::Technical,
        topic: "iam".parse().unwrap(),
        level: Level::Senior,
        providers: Vec::new(),
        covers: Vec::new(),
        minutes: 10,
        prompt: "Why?".to_owned(),
        hints: vec!["Think.".to_owned()],
        model_answer: format!("{secret} model"),
        follow_ups: vec![format!("{secret} next")],
        criteria: (0..CRITERIA).map(criterion).collect(),
        pitfalls: vec![Pitfall { text: format!("{secret} pitfall") }],
        references: vec![Reference {
            title: format!("{secret} page"),
            url: format!("https://{secret}.example"),
        }],
    }
}

/// A private text that carries its number.
pub(super) fn private_text(number: usize) -> String {
    format!("private{number:05}end says the same as private{number:05}end")
}

/// The numbers of the rubrics in a text.
pub(super) fn rubrics(text: &str) -> Vec<usize> {
    numbers(text, "rubric")
}

/// The numbers of the private texts in a text.
pub(super) fn privates(text: &str) -> Vec<usize> {
    numbers(text, "private")
}

/// Whatever carries the beginning of a canary counts: a text may have been cut.
fn numbers(text: &str, kind: &str) -> Vec<usize> {
    text.match_indices(kind)
        .filter_map(|(at, _)| text.get(at + kind.len()..)?.get(..5)?.parse().ok())
        .collect()
}
