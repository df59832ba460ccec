//! Neutral blocks as lines of Discord's Markdown for an embed's description, which knows headings
//! (<https://github.com/discord/discord-api-docs/issues/7167>), subtext, lists, quotes, spoilers and code.
//!
//! What people typed, and every name, goes through `escape`; what packs say goes through `markdown`.

use super::super::bars::cells;
use super::super::markdown::{URL_MAX, address};
use super::escape::{Escaper, code, escape, normal_breaks, one_line, settled, units};
use super::markdown;
use super::split::{Atom, Cut, Row};
use crate::domain::message::{Bar, Block, Link, Span, TimeStyle};

/// Stands where Discord would otherwise take a space away; shows nothing.
const NOTHING: char = '\u{200b}';

/// Numbers code blocks and spoilers, so that neighbours are told apart.
#[derive(Default)]
pub(super) struct Drawing {
    numbered: usize,
    /// The spoiler that hides what is drawn now.
    pub(super) hidden: Option<usize>,
}

/// The blocks as lines.
pub(super) fn rows(blocks: &[Block]) -> Vec<Row> {
    Drawing::default().blocks(blocks)
}

impl Drawing {
    /// The next number.
    pub(super) fn number(&mut self) -> usize {
        self.numbered += 1;
        self.numbered
    }

    fn blocks(&mut self, blocks: &[Block]) -> Vec<Row> {
        let mut all: Vec<Row> = Vec::new();
        for block in blocks {
            let mut rows = self.block(block);
            if let Some(first) = rows.first_mut() {
                first.gap = Cut::Block;
                first.spaced = !all.last().is_some_and(|last| last.holds);
                first.hidden = first.hidden.or(self.hidden);
            }
            for row in &mut rows {
                row.hidden = row.hidden.or(self.hidden);
            }
            all.append(&mut rows);
        }
        all
    }

    fn block(&mut self, block: &Block) -> Vec<Row> {
        let hidden = self.hidden.is_some();
        match block {
            Block::Heading { text } => self.heading(text),
            Block::Line { spans } => {
                seen(lines(spans, hidden).into_iter().map(|line| Row::new("", "", line)))
            }
            Block::Note { spans } => {
                // Inside a spoiler Discord doesn't begin lines anew, so what marks them would be seen.
                let mark = if hidden { "" } else { "-# " };
                seen(lines(spans, hidden).into_iter().map(|line| Row::new(mark, mark, line)))
            }
            Block::List { numbered, items } => {
                let item = |(index, spans): (usize, &Vec<Span>)| {
                    let mark = match (numbered, hidden) {
                        (true, false) => format!("{}. ", index + 1),
                        (true, true) => format!("{}\\. ", index + 1),
                        (false, false) => "- ".to_owned(),
                        (false, true) => "• ".to_owned(),
                    };
                    Row::new(&mark, "  ", lines(&on_one_line(spans), hidden).concat())
                };
                seen(items.iter().enumerate().map(item))
            }
            Block::Markdown { text } => markdown::rows(text, self),
            Block::Quote { text } => quote(text, hidden),
            Block::Spoiler { label, blocks, .. } => self.spoiler(label, blocks),
            Block::Links { links } => links
                .iter()
                .map(|link| Row::new(if hidden { "• " } else { "- " }, "  ", self::link(link)))
                .collect(),
            Block::Bars { rows } => bars(rows, hidden),
        }
    }

    /// A headline, which stays with what it stands over.
    pub(super) fn heading(&self, text: &str) -> Vec<Row> {
        let hidden = self.hidden.is_some();
        let mark = if hidden { "" } else { "## " };
        let mut row = Row::new(mark, mark, Escaper::at_line_start().atoms(one_line(text).trim(), hidden));
        row.holds = true;
        seen([row].into_iter())
    }

    fn spoiler(&mut self, label: &str, blocks: &[Block]) -> Vec<Row> {
        let mut label = Row::new("", "", Escaper::at_line_start().atoms(one_line(label).trim(), true));
        label.holds = true;
        let outer = self.hidden;
        self.hidden = Some(outer.unwrap_or_else(|| self.number()));
        let mut inner = self.blocks(blocks);
        self.hidden = outer;
        if let Some(first) = inner.first_mut() {
            first.spaced = false;
        }
        // A spoiler around nothing would be shown as bars.
        if inner.iter().all(Row::is_blank) {
            inner.clear();
        }
        let mut rows = seen([label].into_iter());
        rows.append(&mut inner);
        rows
    }
}

/// Without lines that show nothing.
fn seen(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    rows.filter(|row| !row.is_blank()).collect()
}

fn on_one_line(spans: &[Span]) -> Vec<Span> {
    let mut spans = spans.to_vec();
    for span in &mut spans {
        if let Span::Plain { text } | Span::Bold { text } = span {
            *text = one_line(text);
        }
    }
    spans
}

/// Spans as the lines that they make.
pub(super) fn lines(spans: &[Span], hidden: bool) -> Vec<Vec<Atom>> {
    let mut lines = vec![Vec::new()];
    let mut escaper = Escaper::at_line_start();
    for span in spans {
        let mut atoms = match span {
            Span::Plain { text } | Span::Bold { text } => {
                let bold = matches!(span, Span::Bold { .. });
                let text = settled(text);
                for (index, piece) in text.split('\n').enumerate() {
                    if index > 0 {
                        lines.push(Vec::new());
                        escaper = Escaper::at_line_start();
                    }
                    if let Some(line) = lines.last_mut() {
                        line.extend(escaper.atoms(piece, bold));
                    }
                }
                continue;
            }
            Span::Code { text } => code(text, hidden),
            Span::Time { at, style } => {
                let seconds = at.0.div_euclid(1_000);
                let text = match style {
                    TimeStyle::Full => format!("<t:{seconds}:F>"),
                    TimeStyle::Relative => format!(" (<t:{seconds}:R>)"),
                };
                vec![Atom { text, bold: false, cut: Cut::Any }]
            }
            Span::Person { person, name } => match snowflake(person.as_str()) {
                Some(id) => vec![Atom { text: format!("<@{id}>"), bold: false, cut: Cut::Any }],
                None => escaper.atoms(&one_line(name), false),
            },
        };
        if !atoms.is_empty() {
            escaper = Escaper::inside_line();
        }
        if let Some(line) = lines.last_mut() {
            line.append(&mut atoms);
        }
    }
    lines
}

/// An id of Discord's. `None`: it comes from elsewhere.
pub(super) fn snowflake(id: &str) -> Option<u64> {
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    id.parse().ok().filter(|id| digits && *id > 0)
}

/// What a person typed, to the letter. Characters that turn text around reach no further than their own line, and no
/// word of ours stands on it.
pub(super) fn quote(text: &str, hidden: bool) -> Vec<Row> {
    let mark = if hidden { "▎ " } else { "> " };
    let text = normal_breaks(text);
    let mut rows: Vec<Row> = Vec::new();
    for line in text.split('\n') {
        let mut row = Row::new(mark, mark, Escaper::at_line_start().atoms(line, false));
        if row.is_blank() {
            // Not the end of a part: Discord takes spaces off there, and the mark of the quote would be seen.
            row.holds = true;
            row.gap = Cut::Paragraph;
        }
        rows.push(row);
    }
    if let Some(last) = rows.last_mut() {
        last.holds = false;
        let nothing = |c: char| c.is_whitespace() || c == NOTHING;
        if last.atoms.iter().all(|atom| atom.text.chars().all(nothing)) {
            last.atoms.push(Atom { text: NOTHING.to_string(), bold: false, cut: Cut::Any });
        }
    }
    rows
}

fn link(link: &Link) -> Vec<Atom> {
    let title = one_line(&link.title).replace('[', "(").replace(']', ")");
    let title = if title.trim().is_empty() { link.url.clone() } else { title };
    match address(&link.url) {
        Some(url) => {
            let shown = escape(title.trim());
            // Too long to be one piece: the title, then the link under a word.
            if units(&shown) > URL_MAX {
                let mut atoms = Escaper::at_line_start().atoms(&title, false);
                atoms.push(Atom { text: format!(" [(open)]({url})"), bold: false, cut: Cut::Any });
                return atoms;
            }
            vec![Atom { text: format!("[{shown}]({url})"), bold: false, cut: Cut::Any }]
        }
        None => Escaper::at_line_start().atoms(&format!("{}: {}", title.trim(), one_line(&link.url)), false),
    }
}

/// Bars first, as code: they and the ranks before them are then equally wide, so they stand below each other on every
/// device, and names of any length and script follow.
fn bars(rows: &[Bar], hidden: bool) -> Vec<Row> {
    let width = rows.iter().map(|row| one_line(&row.lead).chars().count()).max().unwrap_or(0).min(12);
    rows.iter().map(|row| Row::new("", "", bar(row, width, hidden))).collect()
}

fn bar(row: &Bar, width: usize, hidden: bool) -> Vec<Atom> {
    let lead = one_line(&row.lead);
    let space = if width > 0 { " " } else { "" };
    let mut atoms = code(&format!("{lead:>width$}{space}{}", cells(row.value, row.max)), hidden);
    let mut escaper = Escaper::inside_line();
    let label = one_line(&row.label);
    if !label.trim().is_empty() {
        atoms.extend(escaper.atoms(&format!(" {}", label.trim()), true));
    }
    atoms.extend(escaper.atoms(&format!(" {}", one_line(&row.note).trim()), false));
    atoms
}
