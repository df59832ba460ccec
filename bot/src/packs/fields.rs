//! Reading a TOML file value by value, so that each error names its line and its key.
//!
//! A reader asks a [`Table`] for its keys. What is wrong goes into the file's [`Report`], the reader gets
//! `None` and carries on: one pass finds everything. Nothing here knows what a question is.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::de::{DeInteger, DeTable, DeValue};

use super::error::{PackError, choices, excerpt};
use super::suggest;
use super::syntax;

/// How many errors are kept of one file.
const MAX_ERRORS_A_FILE: usize = 50;

/// What `id` values must look like, for messages.
const ID_RULE: &str = "use 1 to 64 characters of a-z and 0-9, with single hyphens between them";

/// The errors found so far in one file, and where its lines begin.
pub(super) struct Report<'a> {
    file: &'a str,
    /// Byte offsets at which lines 2, 3, … begin.
    line_starts: Vec<usize>,
    errors: RefCell<Vec<PackError>>,
}

impl<'a> Report<'a> {
    fn new(file: &'a str, text: &str) -> Self {
        let line_starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { file, line_starts: line_starts.collect(), errors: RefCell::default() }
    }

    /// The line, counted from 1, that holds the byte at `at`.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at) + 1
    }

    /// Notes an error at the byte `at`; past the bound of a file it is dropped.
    pub(super) fn add(&self, at: usize, field: Option<String>, message: impl Into<String>) {
        let mut errors = self.errors.borrow_mut();
        if errors.len() < MAX_ERRORS_A_FILE {
            let (file, line) = (self.file.to_owned(), Some(self.line(at)));
            errors.push(PackError { file, line, field, message: message.into() });
        }
    }
}

/// Parses `text` and has `read` take what it needs from it. Errors name `file`.
///
/// With a syntax error the values are not looked at: what it hides would be reported as missing.
pub(super) fn read_document<T>(
    file: &str,
    text: &str,
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Result<T, Vec<PackError>> {
    let report = Report::new(file, text);
    let (document, problems) = DeTable::parse_recoverable(text);
    let value = if problems.is_empty() {
        let root = Table { report: &report, entries: document.get_ref(), path: String::new(), at: 0 };
        read(&root)
    } else {
        syntax::report(&report, text, document.get_ref(), problems);
        None
    };
    let mut errors = report.errors.into_inner();
    match value {
        Some(value) if errors.is_empty() => Ok(value),
        _ => {
            if errors.is_empty() {
                errors.push(PackError::whole(file, "could not be read"));
            }
            Err(errors)
        }
    }
}

/// What a text may be like.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) max: usize,
    lines: bool,
}

impl Text {
    /// A text on one line of 1 to `max` characters.
    pub(super) const fn line(max: usize) -> Self {
        Self { max, lines: false }
    }

    /// A text of 1 to `max` characters that may run over several lines.
    pub(super) const fn block(max: usize) -> Self {
        Self { max, lines: true }
    }
}

/// A table of the file: the file itself, or one `[[…]]`.
pub(super) struct Table<'t> {
    report: &'t Report<'t>,
    entries: &'t DeTable<'t>,
    /// Its key, such as `criteria[2]`; empty for the file itself.
    path: String,
    at: usize,
}

impl<'t> Table<'t> {
    /// The line the table begins on.
    pub(super) fn line(&self) -> usize {
        self.report.line(self.at)
    }

    /// The line `key` is on, or the table's own when it has no such key.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.optional(key).map_or(self.line(), |value| self.report.line(value.at))
    }

    /// The lines that the entries of the list under `key` begin on; none when there is no such list.
    pub(super) fn item_lines(&self, key: &str) -> Vec<usize> {
        let items = self.entries.get(key).and_then(|value| value.get_ref().as_array());
        items.into_iter().flatten().map(|item| self.report.line(item.span().start)).collect()
    }

    /// Notes an error about `key`, on the line it is on.
    pub(super) fn fail(&self, key: &str, message: impl Into<String>) {
        let at = self.optional(key).map_or(self.at, |value| value.at);
        self.report.add(at, Some(self.field(key)), message);
    }

    /// Reports every key that is not in `keys`. Those in `above` belong to the file itself, and are easily
    /// written too far down, where TOML takes them for a part of the last `[[…]]`.
    pub(super) fn only(&self, keys: &[&str], above: &[&str]) {
        for (key, _) in self.entries.iter() {
            let name = key.get_ref().as_ref();
            if keys.contains(&name) {
                continue;
            }
            let advice = match suggest::closest(name, keys) {
                _ if above.contains(&name) => {
                    "; it belongs at the top of the file, above the first [[…]]".to_owned()
                }
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => format!("; the keys known here are {}", keys.join(", ")),
            };
            let field = Some(self.field(&excerpt(name)));
            self.report.add(key.span().start, field, format!("is not a known key{advice}"));
        }
    }

    /// The text under `key`, without the empty lines around it. It must be there.
    pub(super) fn text(&self, key: &str, rule: Text) -> Option<String> {
        self.required(key)?.text(rule)
    }

    /// The id under `key`. It must be there.
    pub(super) fn id<T: FromStr>(&self, key: &str) -> Option<T> {
        self.required(key)?.id()
    }

    /// The one of `words` that stands under `key`. It must be there.
    pub(super) fn word<T: Copy + Display>(&self, key: &str, words: &[T]) -> Option<T> {
        self.required(key)?.word(words)
    }

    /// The whole number under `key`. It must be there.
    pub(super) fn number(&self, key: &str, range: RangeInclusive<u16>) -> Option<u16> {
        self.required(key)?.number(range)
    }

    /// The list under `key`, read one by one; a key that is not there is an empty list.
    pub(super) fn list<T>(
        &self,
        key: &str,
        count: RangeInclusive<usize>,
        read: impl Fn(&Value<'t>) -> Option<T>,
    ) -> Option<Vec<T>> {
        if *count.start() > 0 {
            self.required(key)?;
        }
        let Some(value) = self.optional(key) else { return Some(Vec::new()) };
        let items = value.items(count)?;
        // Every item is read before any failure counts, so that each is reported.
        items.iter().map(read).collect::<Vec<_>>().into_iter().collect()
    }

    /// The list under `key`, in which nothing may stand twice.
    pub(super) fn distinct<T: Ord + Display>(
        &self,
        key: &str,
        count: RangeInclusive<usize>,
        read: impl Fn(&Value<'t>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let seen = RefCell::new(BTreeSet::new());
        self.list(key, count, |value| {
            let item = read(value)?;
            if !seen.borrow_mut().insert(item.to_string()) {
                value.fail(format!("`{item}` is in this list twice; leave one out"));
            }
            Some(item)
        })
    }

    /// The tables written as `[[key]]`.
    pub(super) fn tables(&self, key: &str, count: RangeInclusive<usize>) -> Option<Vec<Table<'t>>> {
        self.list(key, count, |value| match value.value {
            DeValue::Table(entries) => {
                let path = value.field.clone();
                Some(Table { report: value.report, entries, path, at: value.at })
            }
            other => value.wrong_type(&format!("a table, written as [[{key}]]"), other),
        })
    }

    /// The value under `key`, if there is one.
    pub(super) fn optional(&self, key: &str) -> Option<Value<'t>> {
        let (name, value) = self.entries.get_key_value(key)?;
        let at = name.span().start;
        Some(Value { report: self.report, value: value.get_ref(), field: self.field(key), at })
    }

    fn field(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn required(&self, key: &str) -> Option<Value<'t>> {
        let value = self.optional(key);
        if value.is_none() {
            self.report.add(self.at, Some(self.field(key)), "is missing; add it");
        }
        value
    }
}

/// A value of the file, with its key and its place.
pub(super) struct Value<'t> {
    report: &'t Report<'t>,
    value: &'t DeValue<'t>,
    field: String,
    at: usize,
}

impl<'t> Value<'t> {
    /// Notes an error about this value.
    pub(super) fn fail(&self, message: impl Into<String>) {
        self.report.add(self.at, Some(self.field.clone()), message);
    }

    /// The value as it stands, if it is a text.
    pub(super) fn plain(&self) -> Option<&'t str> {
        self.value.as_str()
    }

    /// The value as a text, without the empty lines around it.
    pub(super) fn text(&self, rule: Text) -> Option<String> {
        let text = self.raw_text()?.trim_start_matches('\n').trim_end();
        let length = text.chars().count();
        let max = rule.max;
        if text.trim().is_empty() {
            self.fail(format!("is empty; give 1 to {max} characters"));
        } else if let Some(bad) =
            text.chars().find(|c| c.is_control() && !(rule.lines && matches!(c, '\n' | '\t')))
        {
            self.fail(match bad {
                '\n' => "runs over several lines; write it on one".to_owned(),
                _ => format!("holds the control character U+{:04X}; take it out", u32::from(bad)),
            });
        } else if length > max {
            self.fail(format!("has {length} characters; shorten it to at most {max}"));
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// The value as an id.
    pub(super) fn id<T: FromStr>(&self) -> Option<T> {
        let text = self.raw_text()?;
        let id = text.parse().ok();
        if id.is_none() {
            self.fail(format!("`{}` is not a valid id; {ID_RULE}", excerpt(text)));
        }
        id
    }

    /// The value as one of `words`.
    pub(super) fn word<T: Copy + Display>(&self, words: &[T]) -> Option<T> {
        let text = self.raw_text()?;
        let found = words.iter().copied().find(|word| word.to_string() == text);
        if found.is_none() {
            let names: Vec<String> = words.iter().map(ToString::to_string).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.fail(format!("`{}` is not known here; give {}", excerpt(text), choices(&names)));
        }
        found
    }

    fn number(&self, range: RangeInclusive<u16>) -> Option<u16> {
        let DeValue::Integer(integer) = self.value else {
            return self.wrong_type("a whole number", self.value);
        };
        let number =
            whole(integer).and_then(|number| u16::try_from(number).ok()).filter(|n| range.contains(n));
        if number.is_none() {
            let (low, high) = range.into_inner();
            let right = match high.saturating_sub(low) {
                2 => format!("{low}, {} or {high}", low.saturating_add(1)),
                _ => format!("{low} to {high}"),
            };
            self.fail(format!("{} is out of range; give {right}", excerpt(&integer.to_string())));
        }
        number
    }

    /// The value as a list, cut off at the greatest count.
    fn items(&self, count: RangeInclusive<usize>) -> Option<Vec<Value<'t>>> {
        let DeValue::Array(array) = self.value else {
            let right = match self.value {
                DeValue::Table(_) => "a list: write its header with two brackets, [[…]]",
                _ => "a list, in square brackets",
            };
            return self.wrong_type(right, self.value);
        };
        let (min, max) = count.into_inner();
        if array.len() < min || array.len() > max {
            let right = if min == 0 { format!("at most {max}") } else { format!("{min} to {max}") };
            self.fail(format!("has {} entries; give {right}", array.len()));
        }
        let item = |(index, item): (usize, &'t toml::Spanned<DeValue<'t>>)| Value {
            report: self.report,
            value: item.get_ref(),
            field: format!("{}[{index}]", self.field),
            at: item.span().start,
        };
        Some(array.iter().enumerate().take(max).map(item).collect())
    }

    fn raw_text(&self) -> Option<&'t str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            other => self.wrong_type("text in quotes", other),
        }
    }

    fn wrong_type<T>(&self, right: &str, found: &DeValue<'_>) -> Option<T> {
        let found = match found {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a decimal point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.fail(format!("is {found}; it must be {right}"));
        None
    }
}

fn whole(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
