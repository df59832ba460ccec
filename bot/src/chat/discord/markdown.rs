//! A pack's Markdown as Discord's, line by line: the same meaning, and nothing in it calls anybody or leads elsewhere
//! than it says.

use super::super::markdown::{
    address, code_length, heading, is_honest, link_parts, marker, run, strong_marks,
};
use super::blocks::Drawing;
use super::escape::{begin_line, code, escape, one_line, settled, unbarred};
use super::split::{Atom, Cut, Row};

/// Characters of a code line that stay together where nothing better is found.
const CODE_PIECE: usize = 200;

/// The text as lines.
pub(super) fn rows(text: &str, drawing: &mut Drawing) -> Vec<Row> {
    let text = settled(text);
    let mut rows = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut after_blank = false;
    for line in text.trim_matches('\n').split('\n') {
        if let Some(open) = &mut fence {
            if open.is_closed_by(line) {
                rows.extend(open.empty_row());
                fence = None;
            } else {
                rows.push(open.row(line, drawing.hidden.is_some()));
            }
            continue;
        }
        if let Some(open) = Fence::opened_by(line, drawing, after_blank) {
            fence = Some(open);
        } else if !line.trim().is_empty() {
            let mut row = self::line(line, drawing);
            row.spaced = after_blank;
            row.gap = if after_blank { Cut::Paragraph } else { Cut::Line };
            rows.push(row);
        }
        after_blank = line.trim().is_empty();
    }
    // Never closed: it ends with the text.
    rows.extend(fence.and_then(|open| open.empty_row()));
    rows
}

/// A code block that is being read.
struct Fence {
    mark: char,
    length: usize,
    number: usize,
    language: String,
    spaced: bool,
    lines: usize,
}

impl Fence {
    fn opened_by(line: &str, drawing: &mut Drawing, spaced: bool) -> Option<Self> {
        let line = line.trim();
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = line.chars().take_while(|c| *c == mark).count();
        let info = &line[length..];
        if length < 3 || info.contains('`') {
            return None;
        }
        // Discord's own notion of a language's name; anything else would become the first line of the code.
        let named = |c: char| c.is_ascii_alphanumeric() || "+-_#.".contains(c);
        let language: String = info.trim().chars().take_while(|c| named(*c)).take(20).collect();
        Some(Self { mark, length, number: drawing.number(), language, spaced, lines: 0 })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|c| c == self.mark)
    }

    /// Three backticks would end the block: something that shows nothing is put among them.
    fn row(&mut self, line: &str, hidden: bool) -> Row {
        let line = line.replace("```", "``\u{200b}`");
        let line = if hidden { unbarred(&line) } else { line };
        let chars: Vec<char> = line.chars().collect();
        let piece = |chars: &[char]| Atom { text: chars.iter().collect(), bold: false, cut: Cut::Any };
        let mut row = Row::new("", "", chars.chunks(CODE_PIECE).map(piece).collect());
        row.fence = Some((self.number, self.language.clone()));
        row.spaced = self.lines == 0 && self.spaced;
        row.gap = match self.lines {
            0 => Cut::Paragraph,
            _ if line.trim().is_empty() => Cut::Paragraph,
            _ => Cut::Line,
        };
        self.lines += 1;
        row
    }

    /// Discord shows the marks of a block without lines.
    fn empty_row(&self) -> Option<Row> {
        (self.lines == 0).then(|| {
            let nothing = Atom { text: "\u{200b}".to_owned(), bold: false, cut: Cut::Any };
            let mut row = Row::new("", "", vec![nothing]);
            row.fence = Some((self.number, self.language.clone()));
            row.spaced = self.spaced;
            row
        })
    }
}

/// One line outside code blocks: what it begins with, and the rest.
fn line(line: &str, drawing: &Drawing) -> Row {
    let hidden = drawing.hidden.is_some();
    let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
    let depth = indent.replace('\t', "    ").len().min(8);
    if let Some((level, text)) = heading(rest) {
        let mark = if hidden { String::new() } else { format!("{} ", "#".repeat(level.min(3))) };
        let mut row = Row::new(&mark, &mark, atoms(text, hidden));
        row.atoms.iter_mut().for_each(|atom| atom.bold = hidden);
        row.holds = true;
        return row;
    }
    if rest.starts_with('>') {
        let text = rest.trim_start_matches('>').trim_start();
        let mark = if hidden { "▎ " } else { "> " };
        let mut atoms = atoms(text, hidden);
        if atoms.is_empty() {
            atoms.push(Atom { text: "\u{200b}".to_owned(), bold: false, cut: Cut::Any });
        }
        return Row::new(mark, mark, atoms);
    }
    match marker(rest) {
        Some((mark, text)) => {
            let shown = match (mark.as_str(), hidden) {
                (mark, false) => mark.to_owned(),
                ("-", true) => "•".to_owned(),
                (number, true) => number.replace('.', "\\."),
            };
            let space = " ".repeat(depth);
            Row::new(&format!("{space}{shown} "), &format!("{space}  "), atoms(text, hidden))
        }
        None => Row::new("", "", atoms(rest, hidden)),
    }
}

/// The inside of a line.
fn atoms(line: &str, hidden: bool) -> Vec<Atom> {
    let line = line.trim_end().trim_end_matches('\\');
    let mut reading = Reading { rest: line, atoms: Vec::new(), word: String::new(), bold: false };
    let balanced = strong_marks(line).is_multiple_of(2);
    while let Some(c) = reading.rest.chars().next() {
        let taken = match c {
            '\\' => reading.escaped(),
            '`' => reading.code(hidden),
            '[' => reading.link(),
            '!' if reading.rest.starts_with("![") => 1,
            '<' => reading.angle(),
            '*' if balanced && reading.rest.starts_with("**") => reading.strong(),
            '@' | '|' => reading.literally(c),
            c => reading.plain(c),
        };
        reading.rest = &reading.rest[taken..];
    }
    reading.end(Cut::Any);
    let mut atoms = reading.atoms;
    if let Some(first) = atoms.first_mut().filter(|atom| !atom.bold) {
        first.text = begin_line(&first.text);
    }
    atoms
}

struct Reading<'a> {
    rest: &'a str,
    atoms: Vec<Atom>,
    word: String,
    bold: bool,
}

/// Each returns how many bytes it has read.
impl Reading<'_> {
    fn end(&mut self, cut: Cut) {
        if !self.word.is_empty() {
            self.atoms.push(Atom { text: std::mem::take(&mut self.word), bold: self.bold, cut });
        }
    }

    fn plain(&mut self, c: char) -> usize {
        // The piece stays short, and a space is where it ends.
        let sentence = c.is_whitespace() && self.word.ends_with(['.', '!', '?']);
        self.word.push(if c.is_control() { ' ' } else { c });
        if c.is_whitespace() {
            self.end(if sentence { Cut::Sentence } else { Cut::Word });
        } else if self.word.len() > 1_000 {
            self.end(Cut::Any);
        }
        c.len_utf8()
    }

    fn literally(&mut self, c: char) -> usize {
        self.word.push('\\');
        self.word.push(c);
        c.len_utf8()
    }

    fn escaped(&mut self) -> usize {
        match self.rest[1..].chars().next() {
            Some(next) if next.is_ascii_punctuation() => 1 + self.literally(next),
            _ => self.literally('\\'),
        }
    }

    fn code(&mut self, hidden: bool) -> usize {
        let length = run(self.rest);
        let Some(all) = code_length(self.rest) else {
            self.word.push_str(&"\\`".repeat(length));
            return length;
        };
        let inner = &self.rest[length..all - length];
        let spaced = inner.starts_with(' ') && inner.ends_with(' ') && !inner.trim().is_empty();
        let inner = if spaced { &inner[1..inner.len() - 1] } else { inner };
        self.end(Cut::Any);
        self.atoms.extend(code(inner, hidden));
        all
    }

    /// Bold opens before a word and closes behind one; elsewhere two stars are two stars.
    fn strong(&mut self) -> usize {
        let before = self.word.chars().next_back().or_else(|| self.atoms.last()?.text.chars().next_back());
        let after = self.rest[2..].chars().next();
        let outside = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let stars = if self.bold { outside(before) } else { outside(after) || self.rest.starts_with("****") };
        if stars {
            self.word.push_str("\\*\\*");
            return 2;
        }
        self.end(Cut::Any);
        self.bold = !self.bold;
        2
    }

    /// `<https://…>` stays; a mention, an emoji, a time becomes text.
    fn angle(&mut self) -> usize {
        let end = self.rest.find('>').filter(|end| !self.rest[..*end].contains(char::is_whitespace));
        match end.and_then(|end| Some((end, address(&self.rest[1..end])?))) {
            Some((end, url)) => {
                self.end(Cut::Any);
                self.atoms.push(Atom { text: format!("<{url}>"), bold: self.bold, cut: Cut::Any });
                end + 1
            }
            None => self.literally('<'),
        }
    }

    /// A link whose words don't pose as another address. Any other is shown as it is written, so that people see
    /// where it leads.
    fn link(&mut self) -> usize {
        let Some((words, url, length)) = link_parts(self.rest) else { return self.literally('[') };
        let shown = one_line(words).replace(['`', '*'], "");
        match address(url).filter(|_| is_honest(&shown, url)) {
            Some(url) if !shown.trim().is_empty() && shown.len() <= 500 => {
                self.end(Cut::Any);
                let text = format!("[{}]({url})", escape(shown.trim()));
                self.atoms.push(Atom { text, bold: self.bold, cut: Cut::Any });
                length
            }
            _ => self.literally('['),
        }
    }
}
