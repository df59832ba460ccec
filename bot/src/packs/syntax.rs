//! Syntax errors in the words of somebody who doesn't know TOML's grammar.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use super::error::excerpt;
use super::fields::Report;

/// How many syntax errors of a file are worth showing: one mistake often makes the parser stumble again.
const MAX_SHOWN: usize = 3;

/// Notes the first syntax errors of a file, one a line. `table` is what could be read of it all the same.
pub(super) fn report(report: &Report<'_>, text: &str, table: &DeTable<'_>, mut problems: Vec<Error>) {
    let start = |problem: &Error| problem.span().map_or(0, |span| span.start);
    problems.sort_by_key(start);
    problems.dedup_by_key(|problem| report.line(start(problem)));
    let first = problems.first().map(Error::message).unwrap_or_default().to_owned();
    problems.retain(|problem| !is_no_key(problem.message()) || problem.message() == first);
    for problem in problems.iter().take(MAX_SHOWN) {
        let at = match is_in_list(problem.message()) {
            // Noticed at the next thing in the file, perhaps lines further on.
            true => text.get(..start(problem)).map_or(0, |read| read.trim_end().len().saturating_sub(1)),
            false => start(problem),
        };
        let key = key_at(report, table, at).or_else(|| repeated_key(text, table, problem));
        let message = in_plain_words(problem.message());
        match key {
            // A text or list that is never closed is noticed at its end; the person wants its beginning.
            Some((field, key)) if is_unclosed(problem.message()) => report.add(key, Some(field), message),
            Some((field, _)) => report.add(at, Some(field), message),
            None => report.add(at, None, message),
        }
        // What follows an open list is read as a part of it, and each line as one more mistake.
        if is_in_list(problem.message()) {
            break;
        }
    }
}

/// A key that is given twice is in the table once, at its first place: its name comes from the text, and
/// the table it is in from the key before it.
fn repeated_key(text: &str, table: &DeTable<'_>, problem: &Error) -> Option<KeyPlace> {
    let span = problem.span().filter(|_| problem.message().starts_with("duplicate key"))?;
    let name = excerpt(text.get(span.clone())?);
    let is_header = text.get(..span.start)?.ends_with('[');
    let neighbour = key_before(table, span.start).filter(|_| !is_header);
    let path = match neighbour.as_ref().and_then(|(path, _)| path.rsplit_once('.')) {
        Some((parent, _)) => format!("{parent}.{name}"),
        None => name,
    };
    Some((path, span.start))
}

/// The lines of a text that lost its quotes look like this one by one: worth saying only when it is all.
fn is_no_key(message: &str) -> bool {
    message.starts_with("key with no value") || message.starts_with("invalid unquoted key")
}

fn is_in_list(message: &str) -> bool {
    message.contains("array") && !message.contains("table")
}

fn is_unclosed(message: &str) -> bool {
    let no_quotes = message.ends_with("expected `\"`") || message.ends_with("expected `'`");
    message.starts_with("unclosed") || (message.starts_with("invalid multi-line") && no_quotes)
}

fn in_plain_words(message: &str) -> String {
    let plain = match message {
        _ if is_in_list(message) => "the list lacks a comma between two entries, or its closing bracket",
        _ if message.starts_with("string values must be quoted") => {
            "the value is missing, or is text without quotes; write text as \"…\""
        }
        _ if message.starts_with("invalid boolean") => {
            "the value is text without quotes; write text as \"…\""
        }
        _ if message.starts_with("duplicate key") => "is given twice; leave one out",
        _ if message.starts_with("invalid multi-line basic string, expected `\"`") => "has no closing \"\"\"",
        _ if message.starts_with("invalid multi-line literal string, expected `'`") => "has no closing '''",
        _ if message.starts_with("invalid basic string, expected `\"`") => {
            "has no closing quote on its line; put text of several lines between \"\"\" and \"\"\""
        }
        _ if message.starts_with("unexpected key or value") => {
            "there is more after the value; inside \"…\" write a quote as \\\", and begin each key on a line of its own"
        }
        _ if is_no_key(message) => "expected `key = value`, with a key of letters, digits, - and _",
        _ if message.starts_with("unclosed array table") => "lacks a closing bracket; write [[name]]",
        _ if message.starts_with("unclosed table") => "lacks a closing bracket; write [name]",
        _ if message.contains("string, expected") && message.contains("characters") => {
            "holds a control character; take it out"
        }
        _ if message.starts_with("missing escaped value") => {
            "the backslash starts no known escape; write a backslash as \\\\"
        }
        _ => return format!("is not valid TOML: {message}"),
    };
    plain.to_owned()
}

/// A key of the file: its path and the place of its first byte.
type KeyPlace = (String, usize);

/// The key whose value lies around the byte `at`, or that stands before it on the same line.
fn key_at(report: &Report<'_>, table: &DeTable<'_>, at: usize) -> Option<KeyPlace> {
    last_key(table, |key, value| value.contains(&at) || (key <= at && report.line(key) == report.line(at)))
}

/// The last key that begins before the byte `at`.
fn key_before(table: &DeTable<'_>, at: usize) -> Option<KeyPlace> {
    last_key(table, |key, _| key < at)
}

/// The last key for which `fits` holds, given its place and its value's.
fn last_key(table: &DeTable<'_>, fits: impl Fn(usize, Range<usize>) -> bool) -> Option<KeyPlace> {
    let mut best: Option<KeyPlace> = None;
    visit_table(table, "", &mut |path, key, value| {
        if best.as_ref().is_none_or(|(_, found)| *found <= key) && fits(key, value) {
            best = Some((path.to_owned(), key));
        }
    });
    best
}

/// Visits every key with its path, its place and its value's place. Depth is bounded by the parser, at 80.
fn visit_table(table: &DeTable<'_>, path: &str, visit: &mut dyn FnMut(&str, usize, Range<usize>)) {
    for (key, value) in table.iter() {
        let name = excerpt(key.get_ref());
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        let span = value.span();
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            visit(&path, key.span().start, key.span().start..span.end.saturating_add(1));
        }
        visit_value(value.get_ref(), &path, visit);
    }
}

fn visit_value(value: &DeValue<'_>, path: &str, visit: &mut dyn FnMut(&str, usize, Range<usize>)) {
    match value {
        DeValue::Table(table) => visit_table(table, path, visit),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit_value(item.get_ref(), &format!("{path}[{index}]"), visit);
            }
        }
        _ => {}
    }
}
