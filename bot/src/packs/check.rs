//! What is legal in a pack but poor: for the person who writes it, never a reason to refuse it.
//!
//! The measures are plain word counts. They find the clear cases and miss the clever ones.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::question::Question;

use super::Pack;
use super::error::write_finding;

/// A model answer with more words than this is read by nobody in a chat.
const MAX_MODEL_ANSWER_WORDS: usize = 250;

/// A sentence that holds this share of a criterion's words gives the criterion away.
const GIVEAWAY_SHARE: f64 = 0.8;

/// A criterion with fewer words than this is not looked for: single words turn up anywhere.
const GIVEAWAY_WORDS: usize = 3;

/// Two criteria whose words overlap this much (Jaccard) say nearly the same.
const SAME_CRITERION: f64 = 0.7;

/// Two questions whose three-word runs overlap this much (Jaccard) ask nearly the same.
const SAME_QUESTION: f64 = 0.5;

/// How many missing syllabus items a warning names.
const MISSING_SHOWN: usize = 10;

/// One thing in a pack that could be better, and where. Displayed like a [`PackError`](super::PackError).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file, named as errors name it.
    pub file: String,
    /// The line, counted from 1; none for a file as a whole and for a pack made in memory.
    pub line: Option<usize>,
    /// The key, with the places in lists counted from 0; none where no single key is meant.
    pub field: Option<String>,
    /// What is poor and what would be better.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_finding(f, &self.file, self.line, self.field.as_deref(), &self.message)
    }
}

/// How much of a pack's syllabus its questions cover. Displayed as `12 of 93 covered`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Items that at least one question covers.
    pub covered: usize,
    /// Items of the syllabus.
    pub total: usize,
    /// The ids of the other items, in the syllabus's order.
    pub missing: Vec<String>,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} covered", self.covered, self.total)
    }
}

/// Counts which syllabus items the pack's questions cover.
pub fn coverage(pack: &Pack) -> Coverage {
    let covered: BTreeSet<&String> = pack.questions.values().flat_map(|question| &question.covers).collect();
    let missing = pack.syllabus.iter().filter(|item| !covered.contains(&item.id));
    let missing: Vec<String> = missing.map(|item| item.id.clone()).collect();
    let total = pack.syllabus.len();
    Coverage { covered: total.saturating_sub(missing.len()), total, missing }
}

/// Everything in the pack that could be better: by question, then what concerns the whole pack.
///
/// Compares every two questions, which takes seconds for a pack of 5,000.
pub fn warnings(pack: &Pack) -> Vec<Warning> {
    let mut found = Vec::new();
    for question in pack.questions.values() {
        let mut notes = Notes { pack, question, found: &mut found };
        giveaways(&mut notes);
        similar_criteria(&mut notes);
        omissions(&mut notes);
    }
    similar_questions(pack, &mut found);
    uncovered(pack, &mut found);
    found
}

/// The warnings about one question.
struct Notes<'a> {
    pack: &'a Pack,
    question: &'a Question,
    found: &'a mut Vec<Warning>,
}

impl Notes<'_> {
    /// Notes a warning about `field`, or about the part of it that `part` names.
    fn add(&mut self, field: &str, part: &str, message: String) {
        let file = self.pack.file_of(self.question);
        let line = self.pack.lines.of(&self.question.id, field);
        let field = if part.is_empty() { field.to_owned() } else { format!("{field}.{part}") };
        self.found.push(Warning { file, line, field: Some(field), message });
    }
}

/// Whatever is shown before the reveal must not say what the rubric asks for.
fn giveaways(notes: &mut Notes<'_>) {
    let question = notes.question;
    let hints = question.hints.iter().enumerate().map(|(index, hint)| (format!("hints[{index}]"), hint));
    let shown = [("title".to_owned(), &question.title), ("prompt".to_owned(), &question.prompt)];
    for (field, text) in shown.into_iter().chain(hints) {
        let sentences: Vec<BTreeSet<String>> = text.split(['.', '?', '!', '\n']).map(words).collect();
        for criterion in &question.criteria {
            let said = [&criterion.short, &criterion.text].into_iter().any(|point| {
                let point = words(point);
                point.len() >= GIVEAWAY_WORDS && sentences.iter().any(|s| share(&point, s) >= GIVEAWAY_SHARE)
            });
            if said {
                notes.add(&field, "", format!("gives the criterion `{}` away; say less", criterion.id));
            }
        }
    }
}

fn similar_criteria(notes: &mut Notes<'_>) {
    for (index, one) in notes.question.criteria.iter().enumerate() {
        for earlier in notes.question.criteria.iter().take(index) {
            let field = format!("criteria[{index}]");
            if one.short.to_lowercase() == earlier.short.to_lowercase() {
                let message = format!("reads like that of `{}`; people can't tell them apart", earlier.id);
                notes.add(&field, "short", message);
            } else if jaccard(&words(&one.text), &words(&earlier.text)) >= SAME_CRITERION {
                let message = format!("says nearly what `{}` says; merge them or set them apart", earlier.id);
                notes.add(&field, "text", message);
            }
        }
    }
}

fn omissions(notes: &mut Notes<'_>) {
    for (index, criterion) in notes.question.criteria.iter().enumerate() {
        if criterion.examples.is_empty() {
            let message = "is missing; two or three ways people put it help whoever marks".to_owned();
            notes.add(&format!("criteria[{index}]"), "examples", message);
        }
    }
    let count = notes.question.model_answer.split_whitespace().count();
    if count > MAX_MODEL_ANSWER_WORDS {
        let message = format!("has {count} words; people read at most {MAX_MODEL_ANSWER_WORDS} in a chat");
        notes.add("model_answer", "", message);
    }
    if notes.question.references.is_empty() {
        notes.add("references", "", "is missing; name a primary source to read on".to_owned());
    }
}

fn similar_questions(pack: &Pack, found: &mut Vec<Warning>) {
    let all: Vec<(&Question, BTreeSet<u64>)> =
        pack.questions.values().map(|question| (question, shingles(question))).collect();
    for (index, (question, runs)) in all.iter().enumerate() {
        for (earlier, earlier_runs) in all.iter().take(index) {
            if jaccard(runs, earlier_runs) >= SAME_QUESTION {
                let mut notes = Notes { pack, question, found };
                notes.add(
                    "prompt",
                    "",
                    format!("asks nearly what `{}` asks; drop one or set them apart", earlier.id),
                );
            }
        }
    }
}

fn uncovered(pack: &Pack, found: &mut Vec<Warning>) {
    let coverage = coverage(pack);
    if coverage.missing.is_empty() {
        return;
    }
    let names: Vec<&str> = coverage.missing.iter().take(MISSING_SHOWN).map(String::as_str).collect();
    let more = match coverage.missing.len().saturating_sub(MISSING_SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("{coverage}; no question covers {}{more}", names.join(", "));
    let file = format!("{}/syllabus.toml", pack.root);
    found.push(Warning { file, line: None, field: Some("items".to_owned()), message });
}

/// The words that carry a text's meaning: at least three letters, in lower case, a plural `s` cut off.
fn words(text: &str) -> BTreeSet<String> {
    const EMPTY: [&str; 16] = [
        "the", "and", "for", "with", "that", "this", "from", "are", "was", "has", "have", "its", "not",
        "before", "than", "you",
    ];
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let kept = words.filter(|word| word.chars().count() >= 3 && !EMPTY.contains(&word.as_str()));
    kept.map(|word| word.strip_suffix('s').map(str::to_owned).unwrap_or(word)).collect()
}

/// Every run of three words of the title and the prompt, hashed: a set of numbers compares quickly.
fn shingles(question: &Question) -> BTreeSet<u64> {
    let text = format!("{} {}", question.title, question.prompt).to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let hash = |run: &[&str]| {
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        hasher.finish()
    };
    words.windows(3).map(hash).collect()
}

/// The share of `part`'s members that `whole` has too, 0 to 1.
fn share<T: Ord>(part: &BTreeSet<T>, whole: &BTreeSet<T>) -> f64 {
    ratio(part.intersection(whole).count(), part.len())
}

/// What two sets have in common as a share of what either has, 0 to 1.
fn jaccard<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> f64 {
    let common = one.intersection(other).count();
    ratio(common, (one.len() + other.len()).saturating_sub(common))
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
