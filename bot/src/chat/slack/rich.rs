//! Slack's rich text: <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>. Its texts are never read as
//! markup, so nothing in them calls anybody, turns into an emoji or leads anywhere.

use serde_json::{Map, Value, json};

use super::super::labels::units;
use super::limits::TEXT_MAX;
use super::runs::{Run, TIME_FORMAT, in_utc, seconds};
use super::split::{Cut, grouped, words};
use crate::domain::ids::Timestamp;

/// Stands where there is nothing to see.
const NOTHING: &str = "\u{200b}";
/// How deep lists are set in, at most.
const INDENT_MAX: usize = 8;

/// A third of what JSON writes around a text of a style, and around a list with one item.
const ELEMENT_SIZE: usize = 25;
const PLACE_SIZE: usize = 45;

/// Where a piece stands. Neighbours of the same place are drawn as one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Paragraphs.
    Section,
    /// An item of a list: its number in the list from 1, and its own number in the text.
    Item { numbered: bool, indent: usize, number: u32, item: usize },
    /// A quote.
    Quote(usize),
    /// A block of code.
    Code(usize),
}

/// How a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) code: bool,
}

/// What a piece shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Link { text: String, url: String },
    Time(Timestamp),
}

/// A piece of a line, with how well the line can be parted after it.
#[derive(Clone, Debug)]
pub(super) struct Inline {
    pub(super) content: Content,
    pub(super) style: Style,
    pub(super) cut: Cut,
}

impl Inline {
    /// A text as its words.
    pub(super) fn words(text: &str, style: Style) -> impl Iterator<Item = Self> {
        words(text).into_iter().map(move |(word, cut)| Self { content: Content::Text(word), style, cut })
    }

    fn is_break(&self) -> bool {
        matches!(&self.content, Content::Text(text) if text.starts_with('\n'))
    }

    fn is_blank(&self) -> bool {
        matches!(&self.content, Content::Text(text) if text.trim().is_empty())
    }
}

/// A line of ours as pieces.
pub(super) fn inlines(line: &[Run]) -> Vec<Inline> {
    let mut all = Vec::new();
    for run in line {
        match run {
            Run::Text { text, bold } => {
                all.extend(Inline::words(text, Style { bold: *bold, ..Style::default() }))
            }
            Run::Code(text) => all.extend(Inline::words(text, Style { code: true, ..Style::default() })),
            Run::Time(at) => {
                all.push(Inline { content: Content::Time(*at), style: Style::default(), cut: Cut::Any });
            }
        }
    }
    all
}

#[derive(Clone, Debug)]
struct Piece {
    place: Place,
    inline: Inline,
}

impl super::split::Piece for Piece {
    fn size(&self, before: Option<&Self>) -> usize {
        // What is written around a text counts a third: a full block is then at most 9,000 characters of JSON, with
        // every character of the text escaped.
        let goes_on = before.is_some_and(|before| {
            before.place == self.place
                && before.inline.style == self.inline.style
                && matches!(
                    (&before.inline.content, &self.inline.content),
                    (Content::Text(_), Content::Text(_))
                )
        });
        let element = if goes_on { 0 } else { ELEMENT_SIZE };
        let place = if before.is_some_and(|before| before.place == self.place) { 0 } else { PLACE_SIZE };
        let content = match &self.inline.content {
            Content::Text(text) => units(text),
            Content::Link { text, url } => units(text) + units(url) / 3,
            // With the words that stand in for it.
            Content::Time(_) => 50,
        };
        content + element + place
    }

    fn cut(&self) -> Cut {
        self.inline.cut
    }
}

/// Gathers lines, and draws them as blocks.
#[derive(Debug, Default)]
pub(super) struct Rich {
    pieces: Vec<Piece>,
    numbered: usize,
    /// The last line stays with what follows.
    holds: bool,
}

impl Rich {
    /// A number for a quote, a block of code or an item, by which neighbours are told apart.
    pub(super) fn number(&mut self) -> usize {
        self.numbered += 1;
        self.numbered
    }

    /// Where the last line stands.
    pub(super) fn last_place(&self) -> Option<Place> {
        self.pieces.last().map(|piece| piece.place)
    }

    /// Adds a line. `spaced`: an empty one comes before it.
    pub(super) fn line(&mut self, place: Place, inlines: Vec<Inline>, spaced: bool) {
        let cut = match (self.holds, spaced) {
            (true, _) => Cut::Any,
            (false, true) => Cut::Paragraph,
            (false, false) => Cut::Line,
        };
        if let Some(last) = self.pieces.last_mut() {
            last.inline.cut = cut;
            let same = last.place == place;
            let below_list = matches!((last.place, place), (Place::Item { .. }, Place::Section));
            if same || (below_list && spaced) {
                let breaks = if same && spaced { "\n\n" } else { "\n" };
                let content = Content::Text(breaks.to_owned());
                let inline = Inline { content, style: Style::default(), cut };
                self.pieces.push(Piece { place, inline });
            }
        }
        self.holds = false;
        if inlines.is_empty() {
            let nothing =
                Inline { content: Content::Text(String::new()), style: Style::default(), cut: Cut::Any };
            self.pieces.push(Piece { place, inline: nothing });
        }
        self.pieces.extend(inlines.into_iter().map(|inline| Piece { place, inline }));
    }

    /// Keeps the last line together with the next.
    pub(super) fn hold(&mut self) {
        self.holds = true;
    }

    /// The lines as blocks, each of at most [`TEXT_MAX`]. None where there is nothing to see.
    pub(super) fn blocks(self) -> Vec<Value> {
        let mut blocks = Vec::new();
        let mut before: Option<Place> = None;
        for mut group in grouped(self.pieces, TEXT_MAX) {
            let last = group.last().map(|piece| piece.place);
            // The rest of an item that was parted has no number of its own.
            if let Some(first @ Place::Item { .. }) = group.first().map(|piece| piece.place)
                && before == Some(first)
            {
                for piece in group.iter_mut().take_while(|piece| piece.place == first) {
                    piece.place = Place::Section;
                }
            }
            // The line break at which the text was parted.
            if before.is_some() && group.first().is_some_and(|piece| piece.inline.is_break()) {
                group.remove(0);
            }
            before = last;
            let elements = elements(&group);
            if !elements.is_empty() {
                blocks.push(json!({"type": "rich_text", "elements": elements}));
            }
        }
        blocks
    }
}

fn elements(pieces: &[Piece]) -> Vec<Value> {
    let mut elements = Vec::new();
    let mut list: Option<List> = None;
    for run in pieces.chunk_by(|one, next| one.place == next.place) {
        let Some(place) = run.first().map(|piece| piece.place) else { continue };
        let inlines: Vec<&Inline> = run.iter().map(|piece| &piece.inline).collect();
        if let Place::Item { numbered, indent, number, .. } = place {
            let item = json!({"type": "rich_text_section", "elements": shown(&inlines, true)});
            match list.as_mut().filter(|list| list.goes_on(numbered, indent, number)) {
                Some(list) => list.items.push(item),
                None => {
                    elements.extend(list.take().map(List::drawn));
                    list = Some(List { numbered, indent, first: number, items: vec![item] });
                }
            }
            continue;
        }
        elements.extend(list.take().map(List::drawn));
        let (kind, blank) = match place {
            Place::Quote(_) => ("rich_text_quote", true),
            Place::Code(_) => ("rich_text_preformatted", false),
            Place::Section | Place::Item { .. } => ("rich_text_section", false),
        };
        let shown = shown(&inlines, blank);
        if !shown.is_empty() {
            elements.push(json!({"type": kind, "elements": shown}));
        }
    }
    elements.extend(list.map(List::drawn));
    elements
}

struct List {
    numbered: bool,
    indent: usize,
    first: u32,
    items: Vec<Value>,
}

impl List {
    fn goes_on(&self, numbered: bool, indent: usize, number: u32) -> bool {
        let next = u32::try_from(self.items.len()).ok().and_then(|length| self.first.checked_add(length));
        self.numbered == numbered && self.indent == indent && (!numbered || next == Some(number))
    }

    fn drawn(self) -> Value {
        let style = if self.numbered { "ordered" } else { "bullet" };
        let mut list = json!({
            "type": "rich_text_list", "style": style, "indent": self.indent.min(INDENT_MAX), "elements": self.items
        });
        if self.numbered && self.first != 1 {
            // How many numbers come before the first.
            list["offset"] = json!(self.first.saturating_sub(1));
        }
        list
    }
}

/// The pieces as Slack's elements, without line breaks at the end. `blank`: where nothing is to be seen,
/// something stands that shows nothing.
fn shown(inlines: &[&Inline], blank: bool) -> Vec<Value> {
    let mut drawn: Vec<(Content, Style)> = Vec::new();
    for inline in inlines {
        match (drawn.last_mut(), &inline.content) {
            (Some((Content::Text(text), style)), Content::Text(more)) if *style == inline.style => {
                text.push_str(more);
            }
            _ => drawn.push((inline.content.clone(), inline.style)),
        }
    }
    if inlines.iter().all(|inline| inline.is_blank()) {
        drawn.clear();
    }
    if let Some((Content::Text(text), _)) = drawn.last_mut() {
        text.truncate(text.trim_end_matches('\n').len());
    }
    drawn.retain(|(content, _)| !matches!(content, Content::Text(text) if text.is_empty()));
    if drawn.is_empty() && blank {
        drawn.push((Content::Text(NOTHING.to_owned()), Style::default()));
    }
    drawn.into_iter().map(|(content, style)| element(content, style)).collect()
}

fn element(content: Content, style: Style) -> Value {
    let mut element = match content {
        Content::Text(text) => json!({"type": "text", "text": text}),
        Content::Link { text, url } => json!({"type": "link", "url": url, "text": text}),
        Content::Time(at) => json!({
            "type": "date", "timestamp": seconds(at), "format": TIME_FORMAT, "fallback": in_utc(at)
        }),
    };
    let styles: Map<String, Value> = [("bold", style.bold), ("italic", style.italic), ("code", style.code)]
        .into_iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| (name.to_owned(), Value::Bool(true)))
        .collect();
    if !styles.is_empty() {
        element["style"] = Value::Object(styles);
    }
    element
}
