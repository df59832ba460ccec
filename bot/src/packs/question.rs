//! One question's file: its keys, their bounds, and what must agree with what.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::CriterionId;
use crate::domain::question::{Criterion, Format, Level, Pitfall, Provider, Question, Reference};

use super::error::excerpt;
use super::fields::{Table, Text, Value};
use super::folder::QuestionFile;

const KEYS: [&str; 15] = [
    "id",
    "title",
    "format",
    "topic",
    "level",
    "providers",
    "covers",
    "minutes",
    "prompt",
    "hints",
    "model_answer",
    "follow_ups",
    "criteria",
    "pitfalls",
    "references",
];
const CRITERION_KEYS: [&str; 6] = ["id", "short", "text", "weight", "examples", "before"];

pub(super) const TITLE: Text = Text::line(100);
pub(super) const PROMPT: Text = Text::block(3_000);
pub(super) const MODEL_ANSWER: Text = Text::block(4_000);
/// A hint or a follow-up question.
pub(super) const ASIDE: Text = Text::block(500);
pub(super) const SHORT: Text = Text::line(60);
pub(super) const POINT: Text = Text::line(300);
pub(super) const EXAMPLE: Text = Text::block(200);
pub(super) const REFERENCE_TITLE: Text = Text::line(120);
pub(super) const URL: Text = Text::line(300);
/// A syllabus item's id.
pub(super) const ITEM_ID: Text = Text::line(16);

/// The lines, counted from 1, that a question's keys are on: `prompt`, `hints[0]`, `criteria[2]`, …
pub(super) type FieldLines = BTreeMap<String, usize>;

/// Reads a question. `syllabus` holds the ids that `covers` may name; with none, they aren't looked up.
pub(super) fn read(
    file: &Table<'_>,
    place: &QuestionFile,
    syllabus: Option<&BTreeSet<String>>,
) -> Option<(Question, FieldLines)> {
    file.only(&KEYS, &[]);
    check_place(file, place);
    let id = file.id("id");
    let title = file.text("title", TITLE);
    let format = file.word("format", Format::ALL);
    let topic = file.id("topic");
    let level = file.word("level", Level::ALL);
    let providers = file.distinct("providers", 0..=Provider::ALL.len(), |value| value.word(Provider::ALL));
    let covers = file.distinct("covers", 0..=20, |value| covered(value, syllabus));
    let minutes = file.number("minutes", 1..=120);
    let prompt = file.text("prompt", PROMPT);
    let hints = file.list("hints", 0..=5, |value| value.text(ASIDE));
    let model_answer = file.text("model_answer", MODEL_ANSWER);
    let follow_ups = file.list("follow_ups", 0..=5, |value| value.text(ASIDE));
    let criteria = read_criteria(file);
    let pitfalls = read_tables(file, "pitfalls", 8, read_pitfall);
    let references = read_tables(file, "references", 5, read_reference);
    let question = Question {
        id: id?,
        title: title?,
        format: format?,
        topic: topic?,
        level: level?,
        providers: providers?,
        covers: covers?,
        minutes: minutes?,
        prompt: prompt?,
        hints: hints?,
        model_answer: model_answer?,
        follow_ups: follow_ups?,
        criteria: criteria?,
        pitfalls: pitfalls?,
        references: references?,
    };
    Some((question, field_lines(file)))
}

/// The id and the topic are in the path too: whoever looks for a question finds it by either.
fn check_place(file: &Table<'_>, place: &QuestionFile) {
    for (key, name, what) in [("id", &place.stem, "file"), ("topic", &place.topic, "folder")] {
        if let Some(text) = file.optional(key).and_then(|value| value.plain()).filter(|text| text != name) {
            let message = format!(
                "`{}` differs from the {what}'s name, `{}`; make them the same",
                excerpt(text),
                excerpt(name)
            );
            file.fail(key, message);
        }
    }
}

fn covered(value: &Value<'_>, syllabus: Option<&BTreeSet<String>>) -> Option<String> {
    let id = value.text(ITEM_ID)?;
    if syllabus.is_some_and(|known| !known.contains(&id)) {
        value.fail(format!("`{id}` is not in the pack's syllabus.toml; give the id of one of its items"));
    }
    Some(id)
}

fn read_tables<T>(
    file: &Table<'_>,
    key: &str,
    max: usize,
    read: impl Fn(&Table<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let tables = file.tables(key, 0..=max)?;
    tables.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn read_pitfall(table: &Table<'_>) -> Option<Pitfall> {
    table.only(&["text"], &KEYS);
    Some(Pitfall { text: table.text("text", POINT)? })
}

fn read_reference(table: &Table<'_>) -> Option<Reference> {
    table.only(&["title", "url"], &KEYS);
    let title = table.text("title", REFERENCE_TITLE);
    let url = table.text("url", URL).filter(|url| {
        let problem = url_problem(url);
        if let Some(problem) = problem {
            table.fail("url", problem);
        }
        problem.is_none()
    });
    Some(Reference { title: title?, url: url? })
}

/// What keeps `url` from being put into a message as a link.
fn url_problem(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://") else {
        return Some("is not an https address; give one that begins with https://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !host.contains('.') || host.starts_with('.') || host.ends_with('.') || host.contains('@') {
        return Some("names no site; give a whole address, such as https://example.org/page");
    }
    // The platforms' own link notations end at these.
    if url.chars().any(|c| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"' | '|' | '\\' | '`')) {
        return Some(
            "holds a space or a character that links can't carry; write it percent-encoded, such as %20",
        );
    }
    None
}

fn read_criteria(file: &Table<'_>) -> Option<Vec<Criterion>> {
    let tables = file.tables("criteria", 4..=10)?;
    let ids: Vec<Option<CriterionId>> = tables.iter().map(|table| table.id("id")).collect();
    for (index, (table, id)) in tables.iter().zip(&ids).enumerate() {
        if id.is_some() && ids.iter().take(index).any(|earlier| earlier == id) {
            table.fail("id", "is the id of an earlier criterion too; give each its own");
        }
    }
    let criteria: Vec<Option<Criterion>> =
        tables.iter().zip(&ids).map(|(table, id)| read_criterion(table, id.clone(), &ids)).collect();
    let criteria: Vec<Criterion> = criteria.into_iter().collect::<Option<_>>()?;
    if let Some(cycle) = find_cycle(&criteria) {
        let names: Vec<&str> = cycle.iter().filter_map(|i| Some(criteria.get(*i)?.id.as_str())).collect();
        let message = format!("goes round in a circle ({}); take one step out", names.join(" before "));
        if let Some(table) = cycle.first().and_then(|first| tables.get(*first)) {
            table.fail("before", message);
        }
    }
    Some(criteria)
}

fn read_criterion(
    table: &Table<'_>,
    id: Option<CriterionId>,
    all: &[Option<CriterionId>],
) -> Option<Criterion> {
    table.only(&CRITERION_KEYS, &KEYS);
    let short = table.text("short", SHORT);
    let text = table.text("text", POINT);
    let weight = table.number("weight", 1..=3).and_then(|weight| u8::try_from(weight).ok());
    let examples = table.list("examples", 0..=6, |value| value.text(EXAMPLE));
    let before = table.distinct("before", 0..=9, |value| {
        let other: CriterionId = value.id()?;
        if id.as_ref() == Some(&other) {
            value.fail("names the criterion itself; name the ones that come after it");
        } else if !all.iter().flatten().any(|known| *known == other) {
            value.fail(format!("`{other}` is not a criterion of this question; give the id of one"));
        }
        Some(other)
    });
    Some(Criterion {
        id: id?,
        short: short?,
        text: text?,
        weight: weight?,
        examples: examples?,
        before: before?,
    })
}

/// A way from a criterion back to itself along `before`, by position, its first step repeated at the end.
/// A criterion that names itself is reported where it stands, and passed over here.
fn find_cycle(criteria: &[Criterion]) -> Option<Vec<usize>> {
    (0..criteria.len()).find_map(|start| {
        let mut ways = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            let here = *way.last()?;
            for (next, criterion) in criteria.iter().enumerate() {
                let follows = criteria.get(here).is_some_and(|from| from.before.contains(&criterion.id));
                if !follows || next == here {
                    continue;
                }
                let mut longer = way.clone();
                longer.push(next);
                if next == start {
                    return Some(longer);
                }
                if seen.insert(next) {
                    ways.push(longer);
                }
            }
        }
        None
    })
}

fn field_lines(file: &Table<'_>) -> FieldLines {
    let mut lines: FieldLines = KEYS.iter().map(|key| ((*key).to_owned(), file.line_of(key))).collect();
    for key in ["hints", "criteria"] {
        for (index, line) in file.item_lines(key).into_iter().enumerate() {
            lines.insert(format!("{key}[{index}]"), line);
        }
    }
    lines
}
