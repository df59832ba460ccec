//! A pack's Markdown as rich text, line by line: paragraphs, headlines, lists, quotes, code, bold, italic and links
//! that lead where they say.

use super::super::labels::settled;
use super::super::markdown::{
    address, code_length, heading, is_honest, link_parts, marker, run, strong_marks,
};
use super::rich::{Content, Inline, Place, Rich, Style};
use super::runs::shown;
use super::split::Cut;

/// The text as rich text.
pub(super) fn read(text: &str) -> Rich {
    let text = shown(&settled(text));
    let mut reading = Lines::default();
    for line in text.trim_matches('\n').split('\n') {
        reading.line(line);
    }
    reading.rich
}

#[derive(Default)]
struct Lines {
    rich: Rich,
    fence: Option<Fence>,
    after_blank: bool,
    /// The lists that are open, outermost first.
    lists: Vec<List>,
    /// The quote that is open.
    quote: Option<usize>,
}

struct List {
    indent: usize,
    numbered: bool,
    next: u32,
}

/// A code block that is being read.
struct Fence {
    mark: char,
    length: usize,
    indent: usize,
    number: usize,
}

impl Fence {
    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|c| c == self.mark)
    }
}

impl Lines {
    fn line(&mut self, line: &str) {
        if let Some(fence) = &self.fence {
            if fence.is_closed_by(line) {
                self.fence = None;
            } else {
                let indent = line.len() - line.trim_start_matches(' ').len();
                let code = line[indent.min(fence.indent)..].to_owned();
                let place = Place::Code(fence.number);
                self.rich.line(place, Inline::words(&code, Style::default()).collect(), false);
            }
            self.after_blank = false;
            return;
        }
        let blank = line.trim().is_empty();
        if !blank && !self.opens_fence(line) {
            self.text(line);
        }
        if blank {
            self.quote = None;
        }
        self.after_blank = blank;
    }

    fn opens_fence(&mut self, line: &str) -> bool {
        let rest = line.trim();
        let Some(mark) = rest.chars().next().filter(|c| matches!(c, '`' | '~')) else { return false };
        let length = rest.chars().take_while(|c| *c == mark).count();
        if length < 3 || rest[length..].contains('`') {
            return false;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        if indent == 0 {
            self.lists.clear();
        }
        self.quote = None;
        self.fence = Some(Fence { mark, length, indent, number: self.rich.number() });
        true
    }

    /// A line outside code blocks.
    fn text(&mut self, line: &str) {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let depth = indent.replace('\t', "    ").chars().count();
        if let Some((mark, text)) = marker(rest) {
            let place = self.item(&mark, depth);
            self.rich.line(place, inlines(text, Style::default()), false);
            self.quote = None;
            return;
        }
        // A line that is set in below an item goes on with it.
        if depth > 0
            && !self.lists.is_empty()
            && let Some(place @ Place::Item { .. }) = self.rich.last_place()
        {
            self.rich.line(place, inlines(rest, Style::default()), false);
            return;
        }
        self.lists.clear();
        if rest.starts_with('>') {
            let quote = *self.quote.get_or_insert_with(|| self.rich.number());
            let text = rest.trim_start_matches('>').trim_start();
            self.rich.line(Place::Quote(quote), inlines(text, Style::default()), false);
            return;
        }
        self.quote = None;
        match heading(rest) {
            Some((_, text)) => {
                let bold = Style { bold: true, ..Style::default() };
                self.rich.line(Place::Section, inlines(text, bold), self.after_blank);
                self.rich.hold();
            }
            None => self.rich.line(Place::Section, inlines(rest, Style::default()), self.after_blank),
        }
    }

    /// Where an item stands: in the list of its depth, a new one inside another, or the first.
    fn item(&mut self, mark: &str, depth: usize) -> Place {
        while self.lists.last().is_some_and(|list| list.indent > depth) {
            self.lists.pop();
        }
        let numbered = mark != "-";
        let goes_on = self.lists.last().is_some_and(|list| {
            // Two lists of one depth and kind are one, and so is what is hardly set in.
            depth < list.indent + 2 && list.numbered == numbered
        });
        if !goes_on {
            if self.lists.last().is_some_and(|list| depth < list.indent + 2) {
                self.lists.pop();
            }
            let first = mark.trim_end_matches('.').parse().unwrap_or(1);
            self.lists.push(List { indent: depth, numbered, next: first });
        }
        let indent = self.lists.len().saturating_sub(1);
        let item = self.rich.number();
        let number = self.lists.last_mut().map_or(1, |list| {
            let number = list.next;
            list.next = list.next.saturating_add(1);
            number
        });
        Place::Item { numbered, indent, number, item }
    }
}

/// The inside of a line.
fn inlines(line: &str, style: Style) -> Vec<Inline> {
    let line = line.trim_end().trim_end_matches('\\');
    let balanced = strong_marks(line).is_multiple_of(2);
    let mut reading =
        Reading { rest: line, inlines: Vec::new(), text: String::new(), before: None, style, italic: None };
    while let Some(c) = reading.rest.chars().next() {
        let taken = match c {
            '\\' => reading.escaped(),
            '`' => reading.code(),
            '[' => reading.link(),
            '!' if reading.rest.starts_with("![") => 1,
            '<' => reading.angle(),
            '*' if balanced && reading.rest.starts_with("**") => reading.strong(),
            '*' | '_' => reading.emphasis(c),
            c => reading.plain(c),
        };
        reading.rest = &reading.rest[taken..];
    }
    reading.end();
    reading.inlines
}

struct Reading<'a> {
    rest: &'a str,
    inlines: Vec<Inline>,
    text: String,
    /// The character shown last.
    before: Option<char>,
    style: Style,
    /// The mark of the italic that is open.
    italic: Option<char>,
}

/// Each returns how many bytes it has read.
impl Reading<'_> {
    fn end(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.inlines.extend(Inline::words(&text, self.style));
    }

    fn plain(&mut self, c: char) -> usize {
        self.text.push(c);
        self.before = Some(c);
        c.len_utf8()
    }

    fn escaped(&mut self) -> usize {
        match self.rest[1..].chars().next() {
            Some(next) if next.is_ascii_punctuation() => 1 + self.plain(next),
            _ => self.plain('\\'),
        }
    }

    fn code(&mut self) -> usize {
        let length = run(self.rest);
        let Some(all) = code_length(self.rest) else {
            self.text.push_str(&self.rest[..length]);
            self.before = Some('`');
            return length;
        };
        let inner = &self.rest[length..all - length];
        let spaced = inner.starts_with(' ') && inner.ends_with(' ') && !inner.trim().is_empty();
        let inner = if spaced { &inner[1..inner.len() - 1] } else { inner };
        self.end();
        self.inlines.extend(Inline::words(inner, Style { code: true, ..self.style }));
        self.before = Some('`');
        all
    }

    /// Bold opens before a word and closes behind one; elsewhere two stars are two stars.
    fn strong(&mut self) -> usize {
        let outside = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let after = self.rest[2..].chars().next();
        let stars = if self.style.bold {
            outside(self.before)
        } else {
            outside(after) || self.rest.starts_with("****")
        };
        if stars {
            self.text.push_str("**");
            self.before = Some('*');
            return 2;
        }
        self.end();
        self.style.bold = !self.style.bold;
        2
    }

    /// Italic opens before a word where something ends it, and closes behind one.
    fn emphasis(&mut self, mark: char) -> usize {
        let after = self.rest[1..].chars().next();
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let closes = self.italic == Some(mark) && ends_italic(self.before, after);
        let begins = self.italic.is_none()
            && !word(self.before)
            && (word(after) || after.is_some_and(|c| "`[(\"“‘".contains(c)))
            && has_end(&self.rest[1..], mark);
        if !closes && !begins {
            return self.plain(mark);
        }
        self.end();
        self.italic = if begins { Some(mark) } else { None };
        self.style.italic = begins;
        1
    }

    /// `<https://…>` is a link; all else is text.
    fn angle(&mut self) -> usize {
        let end = self.rest.find('>').filter(|end| !self.rest[..*end].contains(char::is_whitespace));
        match end.and_then(|end| Some((end, address(&self.rest[1..end])?))) {
            Some((end, url)) => {
                self.push_link(self.rest[1..end].to_owned(), url);
                end + 1
            }
            None => self.plain('<'),
        }
    }

    /// A link whose words don't pose as another address. Any other is shown as it is written, so that people see
    /// where it leads.
    fn link(&mut self) -> usize {
        let Some((words, url, length)) = link_parts(self.rest) else { return self.plain('[') };
        let words = words.replace(['`', '*'], "");
        match address(url).filter(|_| is_honest(&words, url)) {
            Some(url) if !words.trim().is_empty() && words.len() <= 500 => {
                self.push_link(words.trim().to_owned(), url);
                length
            }
            _ => self.plain('['),
        }
    }

    fn push_link(&mut self, text: String, url: String) {
        self.end();
        self.before = text.chars().next_back();
        let content = Content::Link { text, url };
        self.inlines.push(Inline { content, style: self.style, cut: Cut::Any });
    }
}

fn ends_italic(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(char::is_alphanumeric)
}

/// Whether a mark that ends an italic stands in a text, outside code.
fn has_end(text: &str, mark: char) -> bool {
    let (mut rest, mut before) = (text, None);
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => code_length(rest).unwrap_or_else(|| run(rest)),
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            c if c == mark => {
                let length = rest.len() - rest.trim_start_matches(mark).len();
                let single = length % 2 == 1;
                if single && ends_italic(before, rest[length..].chars().next()) {
                    return true;
                }
                length
            }
            c => c.len_utf8(),
        };
        before = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    false
}
