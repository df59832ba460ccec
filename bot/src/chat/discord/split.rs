//! Lines packed into as many texts as they need: parted between blocks, else between paragraphs, lines, sentences or
//! words, and only then anywhere. Nothing is left out, and whatever is open where a text ends is opened again.

use super::escape::{begin_line, units};

/// How good a place is for parting a text; the better, the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cut {
    Any,
    Word,
    Sentence,
    Line,
    Paragraph,
    Block,
}

/// A piece of a line that is never parted.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    /// Markdown.
    pub(super) text: String,
    /// Stands out.
    pub(super) bold: bool,
    /// How well the line can be parted after it.
    pub(super) cut: Cut,
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// What it begins with, such as `> ` or `1. `.
    pub(super) first: String,
    /// What its second half begins with where it is parted.
    pub(super) again: String,
    /// What it says.
    pub(super) atoms: Vec<Atom>,
    /// The code block that it is a line of: its number and its language.
    pub(super) fence: Option<(usize, String)>,
    /// The number of the spoiler that hides it.
    pub(super) hidden: Option<usize>,
    /// How well the text can be parted before it.
    pub(super) gap: Cut,
    /// An empty line comes before it.
    pub(super) spaced: bool,
    /// Stays with the line that follows.
    pub(super) holds: bool,
}

impl Row {
    /// A line of text, below the one before it.
    pub(super) fn new(first: &str, again: &str, atoms: Vec<Atom>) -> Self {
        Self {
            first: first.to_owned(),
            again: again.to_owned(),
            atoms,
            fence: None,
            hidden: None,
            gap: Cut::Line,
            spaced: false,
            holds: false,
        }
    }

    /// Nothing that could be seen.
    pub(super) fn is_blank(&self) -> bool {
        self.atoms.iter().all(|atom| atom.text.trim().is_empty())
    }

    fn upto(&self, atoms: usize) -> Self {
        Self { atoms: self.atoms[..atoms].to_vec(), ..self.clone() }
    }

    /// What is left from an atom on, as a line of its own.
    fn from(&self, atom: usize) -> Self {
        let mut rest =
            Self { atoms: self.atoms[atom..].to_vec(), gap: Cut::Any, spaced: false, ..self.clone() };
        rest.first.clone_from(&self.again);
        if self.fence.is_none()
            && let Some(begin) = rest.atoms.iter_mut().find(|atom| !atom.text.trim().is_empty())
        {
            begin.text = begin_line(&begin.text);
        }
        rest
    }
}

/// Texts of at most `max` UTF-16 units that together say what the lines say.
pub(super) fn pack(mut rows: Vec<Row>, max: usize) -> Vec<String> {
    let mut parts = Vec::new();
    while !rows.is_empty() {
        let fitting = fitting(&rows, max);
        if fitting == rows.len() {
            parts.push(draw(&rows));
            break;
        }
        if let Some(at) = good_break(&rows, fitting, max) {
            parts.push(draw(&rows[..at]));
            rows.drain(..at);
        } else if let Some(atom) = cut(&rows, fitting, max) {
            let rest = rows[fitting].from(atom);
            rows[fitting] = rows[fitting].upto(atom);
            parts.push(draw(&rows[..=fitting]));
            rows.drain(..=fitting);
            rows.insert(0, rest);
        } else {
            // A piece that fills a text by itself is not made; should it be, it is sent rather than left out.
            let at = fitting.max(1);
            parts.push(draw(&rows[..at]));
            rows.drain(..at);
        }
    }
    parts
}

/// How many lines from the first on fit.
fn fitting(rows: &[Row], max: usize) -> usize {
    let (mut fits, mut over) = (0, rows.len() + 1);
    while over - fits > 1 {
        let middle = fits.midpoint(over);
        if units(&draw(&rows[..middle])) <= max { fits = middle } else { over = middle }
    }
    fits
}

/// The place between two lines to part at, unless that would leave the text rather empty.
fn good_break(rows: &[Row], fitting: usize, max: usize) -> Option<usize> {
    [(Cut::Block, max / 4), (Cut::Paragraph, max / 2), (Cut::Line, max / 2)].into_iter().find_map(
        |(cut, least)| {
            let at = (1..=fitting).rev().find(|at| rows[*at].gap >= cut && !rows[*at - 1].holds)?;
            (units(&draw(&rows[..at])) >= least).then_some(at)
        },
    )
}

/// How many atoms of the first line that doesn't fit go to the text before. `None`: not one.
fn cut(rows: &[Row], line: usize, max: usize) -> Option<usize> {
    let row = &rows[line];
    let fits = |atoms: usize| {
        let mut drawn = rows[..line].to_vec();
        drawn.push(row.upto(atoms));
        units(&draw(&drawn)) <= max
    };
    let (mut most, mut over) = (0, row.atoms.len());
    while over - most > 1 {
        let middle = most.midpoint(over);
        if fits(middle) { most = middle } else { over = middle }
    }
    let length = |atoms: usize| row.atoms[..atoms].iter().map(|atom| units(&atom.text)).sum::<usize>();
    let enough = length(most) / 2;
    let places = || (1..=most).rev();
    [Cut::Sentence, Cut::Word]
        .into_iter()
        .find_map(|cut| places().find(|at| row.atoms[*at - 1].cut >= cut).filter(|at| length(*at) >= enough))
        .or_else(|| places().next())
}

/// The lines as one text, with everything closed that they open.
pub(super) fn draw(rows: &[Row]) -> String {
    let mut text = String::new();
    let (mut fence, mut hidden) = (None, None);
    for (index, row) in rows.iter().enumerate() {
        let (now_fence, now_hidden) = (row.fence.as_ref(), row.hidden);
        let turns = index > 0 && now_hidden != hidden;
        if fence.is_some() && (now_fence != fence || turns) {
            text.push_str("\n```");
            fence = None;
        }
        if turns {
            close_spoiler(&mut text, hidden);
        }
        if index > 0 {
            text.push_str(if row.spaced { "\n\n" } else { "\n" });
        }
        if now_hidden.is_some() && now_hidden != hidden {
            text.push_str("||");
        }
        if let Some((_, language)) = now_fence.filter(|_| fence.is_none()) {
            text.push_str("```");
            text.push_str(language);
            text.push('\n');
        }
        (fence, hidden) = (now_fence, now_hidden);
        text.push_str(&row.first);
        inline(&mut text, &row.atoms);
    }
    if fence.is_some() {
        text.push_str("\n```");
    }
    close_spoiler(&mut text, hidden);
    text
}

fn close_spoiler(text: &mut String, hidden: Option<usize>) {
    if hidden.is_some() {
        // A bar of the text beside the bars of the spoiler would be taken for one of them.
        text.push_str(if text.ends_with('|') { "\u{200b}||" } else { "||" });
    }
}

/// Bold begins and ends beside a word, never beside a space.
fn inline(text: &mut String, atoms: &[Atom]) {
    let mut bold = false;
    for atom in atoms {
        if bold && !atom.bold {
            end_bold(text);
            bold = false;
        }
        if atom.bold && !bold && !atom.text.trim().is_empty() {
            let words = atom.text.trim_start();
            text.push_str(&atom.text[..atom.text.len() - words.len()]);
            text.push_str("**");
            text.push_str(words);
            bold = true;
        } else {
            text.push_str(&atom.text);
        }
    }
    if bold {
        end_bold(text);
    }
}

fn end_bold(text: &mut String) {
    text.insert_str(text.trim_end().len(), "**");
}
