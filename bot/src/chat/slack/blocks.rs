//! Neutral blocks as Slack's: our own words as mrkdwn, what packs and people wrote as rich text.

use serde_json::{Value, json};

use super::super::bars::cells;
use super::super::labels::{normal_breaks, one_line, units};
use super::super::markdown::address;
use super::controls;
use super::limits::{HEADER_MAX, TEXT_MAX};
use super::markdown;
use super::mrkdwn::{self, atoms, drawn};
use super::rich::{Content, Inline, Place, Rich, Style, inlines};
use super::runs::{Run, is_blank, is_exact, lines, on_one_line, shown};
use super::split::{Cut, grouped};
use crate::domain::message::{Bar, Block, Link, Span};

/// The widest note that stands in a column.
const NOTE_MAX: usize = 32;

/// A Slack block.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    /// As Slack takes it.
    pub(super) value: Value,
    /// Stays with the block that follows.
    pub(super) holds: bool,
    /// What it takes of a message's room.
    pub(super) size: usize,
}

impl Drawn {
    /// A block that can be the last of a message.
    pub(super) fn new(value: Value) -> Self {
        let size = units(&value.to_string());
        Self { value, holds: false, size }
    }
}

/// The blocks as Slack's.
pub(super) fn drawn_blocks(blocks: &[Block]) -> Vec<Drawn> {
    blocks.iter().flat_map(block).collect()
}

fn block(block: &Block) -> Vec<Drawn> {
    match block {
        Block::Heading { text } => heading(text),
        Block::Line { spans } => plain(line(spans)),
        Block::Note { spans } => plain(note(spans)),
        Block::List { numbered, items } => plain(list(*numbered, items)),
        Block::Markdown { text } => plain(markdown::read(text).blocks()),
        Block::Quote { text } => plain(quote(text)),
        Block::Spoiler { label, blocks, open } => spoiler(label, blocks, open.as_deref()),
        Block::Links { links } => plain(self::links(links)),
        Block::Bars { rows } => plain(bars(rows)),
    }
}

fn plain(values: Vec<Value>) -> Vec<Drawn> {
    values.into_iter().map(Drawn::new).collect()
}

/// A headline, which stays with what it stands over. One that is too long for a header is a line that stands out.
fn heading(text: &str) -> Vec<Drawn> {
    let text = shown(&one_line(text));
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let mut drawn = if units(text) <= HEADER_MAX {
        plain(vec![json!({"type": "header", "text": plain_text(text)})])
    } else {
        plain(line(&[Span::bold(text)]))
    };
    if let Some(last) = drawn.last_mut() {
        last.holds = true;
    }
    drawn
}

/// Text that is shown to the letter: no mark in it is read, and no name of an emoji.
pub(super) fn plain_text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// A paragraph of ours. What mrkdwn can't show to the letter is rich text.
fn line(spans: &[Span]) -> Vec<Value> {
    let lines = seen(spans);
    if lines.iter().all(|line| is_exact(line)) {
        let section = |text: String| json!({"type": "section", "text": mrkdwn::object(&text)});
        return texts(&lines).map(section).collect();
    }
    let mut rich = Rich::default();
    for line in &lines {
        rich.line(Place::Section, inlines(line), false);
    }
    rich.blocks()
}

/// A remark in a quieter voice. A context knows no rich text, so that plain text stands in where it says the same.
fn note(spans: &[Span]) -> Vec<Value> {
    let lines = seen(spans);
    let plain_only = lines.iter().flatten().all(|run| matches!(run, Run::Text { bold: false, .. }));
    let exact = lines.iter().all(|line| is_exact(line));
    let context = |element: Value| json!({"type": "context", "elements": [element]});
    if plain_only && !exact {
        let text = lines.iter().map(|line| said(line)).collect::<Vec<_>>().join("\n");
        let atoms = atoms_of_plain(&text);
        let groups = grouped(atoms, TEXT_MAX).into_iter();
        let texts = groups.map(|group| group.concat().trim().to_owned()).filter(|text| !text.is_empty());
        return texts.map(|text| context(plain_text(&text))).collect();
    }
    texts(&lines).map(|text| context(mrkdwn::object(&text))).collect()
}

/// The lines in which there is something to see.
fn seen(spans: &[Span]) -> Vec<Vec<Run>> {
    lines(spans).into_iter().filter(|line| !is_blank(line)).collect()
}

/// The lines as texts of mrkdwn that fit into a block each.
fn texts(lines: &[Vec<Run>]) -> impl Iterator<Item = String> {
    let groups = grouped(atoms(lines), TEXT_MAX).into_iter();
    groups.map(|group| drawn(&group).trim().to_owned()).filter(|text| !text.is_empty())
}

fn said(line: &[Run]) -> String {
    let text = |run: &Run| match run {
        Run::Text { text, .. } | Run::Code(text) => text.clone(),
        Run::Time(at) => super::runs::in_utc(*at),
    };
    line.iter().map(text).collect()
}

impl super::split::Piece for String {
    fn size(&self, _before: Option<&Self>) -> usize {
        units(self)
    }

    fn cut(&self) -> Cut {
        if self.ends_with(char::is_whitespace) { Cut::Word } else { Cut::Any }
    }
}

fn atoms_of_plain(text: &str) -> Vec<String> {
    super::split::words(text).into_iter().map(|(word, _)| word).collect()
}

fn list(numbered: bool, items: &[Vec<Span>]) -> Vec<Value> {
    let mut rich = Rich::default();
    let lines = items.iter().map(|item| on_one_line(item)).zip(1..);
    for (line, number) in lines.filter(|(line, _)| !is_blank(line)) {
        let place = Place::Item { numbered, indent: 0, number, item: rich.number() };
        rich.line(place, inlines(&line), false);
    }
    rich.blocks()
}

/// What a person typed, to the letter. Characters that turn text around reach no further than their own line, and no
/// word of ours stands on it.
fn quote(text: &str) -> Vec<Value> {
    let text = shown(&normal_breaks(text));
    let mut rich = Rich::default();
    let place = Place::Quote(rich.number());
    for line in text.split('\n') {
        rich.line(place, Inline::words(line, Style::default()).collect(), false);
    }
    rich.blocks()
}

/// A button that opens the hidden part; without one, the part at once under its label.
fn spoiler(label: &str, blocks: &[Block], open: Option<&str>) -> Vec<Drawn> {
    let label = shown(&one_line(label));
    if let Some(button) = open.and_then(|id| controls::open_button(id, label.trim())) {
        return vec![Drawn::new(button)];
    }
    let mut drawn = plain(line(&[Span::bold(label.trim())]));
    if let Some(last) = drawn.last_mut() {
        last.holds = true;
    }
    drawn.extend(drawn_blocks(blocks));
    drawn
}

fn links(links: &[Link]) -> Vec<Value> {
    let mut rich = Rich::default();
    for link in links {
        let place = Place::Item { numbered: false, indent: 0, number: 1, item: rich.number() };
        rich.line(place, self::link(link), false);
    }
    rich.blocks()
}

fn link(link: &Link) -> Vec<Inline> {
    let written = shown(&one_line(&link.url));
    let title = shown(&one_line(&link.title));
    let title = if title.trim().is_empty() { written.as_str() } else { title.trim() };
    match address(&link.url) {
        Some(url) if units(title) <= HEADER_MAX => {
            let content = Content::Link { text: title.to_owned(), url };
            vec![Inline { content, style: Style::default(), cut: Cut::Any }]
        }
        // Too long to be one piece: the title, then the link under a word.
        Some(url) => {
            let mut inlines: Vec<Inline> = Inline::words(&format!("{title} "), Style::default()).collect();
            let content = Content::Link { text: "(open)".to_owned(), url };
            inlines.push(Inline { content, style: Style::default(), cut: Cut::Any });
            inlines
        }
        None => Inline::words(&format!("{title}: {written}"), Style::default()).collect(),
    }
}

/// Ranks, bars and notes in columns of one width each; names follow, since those of some scripts are wider.
fn bars(rows: &[Bar]) -> Vec<Value> {
    let tidy = |text: &str| shown(&one_line(text)).trim().to_owned();
    let width = |text: &dyn Fn(&Bar) -> &str, max: usize| {
        rows.iter()
            .map(|row| tidy(text(row)).chars().count())
            .filter(|width| *width <= max)
            .max()
            .unwrap_or(0)
    };
    let lead_width = width(&|row| &row.lead, 12);
    let note_width = width(&|row| &row.note, NOTE_MAX);
    let mut rich = Rich::default();
    let place = Place::Code(rich.number());
    for row in rows {
        let (lead, note, label) = (tidy(&row.lead), tidy(&row.note), tidy(&row.label));
        let space = if lead_width > 0 { " " } else { "" };
        let bar = cells(row.value, row.max);
        let text = format!("{lead:>lead_width$}{space}{bar}  {note:>note_width$}  {label}");
        rich.line(place, Inline::words(text.trim_end(), Style::default()).collect(), false);
    }
    rich.blocks()
}
