//! Text that must be shown to the letter, made so that Discord's Markdown finds nothing in it.
//!
//! A backslash before any character that is neither letter, digit nor space shows that character and nothing else:
//! <https://support.discord.com/hc/en-us/articles/210298617>. It also stands between the characters of a mention,
//! so that neither a client nor the server reads one.

use super::super::labels::joins;
pub(super) use super::super::labels::{normal_breaks, one_line, settled, shorten, units};
use super::split::{Atom, Cut};

/// The longest piece that is never cut, in characters.
const ATOM_MAX: usize = 64;
/// The longest run of joined characters (an emoji of a family, a letter with accents) that is kept whole.
const CLUSTER_MAX: usize = 128;
/// Shown for characters that steer a device and show nothing.
const REPLACEMENT: char = '\u{fffd}';

/// Where on its line the next character stands: some markup begins lines only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Digits,
    Inside,
}

/// Escapes one text after the other; knows where on its line it is.
pub(super) struct Escaper {
    place: Place,
}

impl Escaper {
    /// For text that begins a line.
    pub(super) const fn at_line_start() -> Self {
        Self { place: Place::Start }
    }

    /// For text behind other words.
    pub(super) const fn inside_line() -> Self {
        Self { place: Place::Inside }
    }

    /// One line of text as pieces that can be parted from each other. It holds no `\n`.
    pub(super) fn atoms(&mut self, line: &str, bold: bool) -> Vec<Atom> {
        let bold = bold && !line.trim().is_empty();
        let mut atoms = Atoms::new(bold);
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let shown = if c.is_control() && c != '\t' { REPLACEMENT } else { c };
            let escaped = self.needs_escape(shown, next);
            atoms.push(shown, escaped, next);
        }
        atoms.done()
    }

    fn needs_escape(&mut self, c: char, next: Option<char>) -> bool {
        let needed = match c {
            '\\' | '*' | '_' | '~' | '|' | '`' | '<' | '[' | ']' | '@' => true,
            // Breaks addresses, so that they stay text.
            ':' => next == Some('/'),
            _ => self.place != Place::Inside && c.is_ascii_punctuation(),
        };
        self.place = match (self.place, c) {
            // Some renderers begin a new line here.
            (_, '\u{2028}' | '\u{2029}') => Place::Start,
            (Place::Inside, _) => Place::Inside,
            (_, c) if c.is_ascii_digit() => Place::Digits,
            (Place::Start, c) if !c.is_alphanumeric() => Place::Start,
            _ => Place::Inside,
        };
        needed
    }
}

/// Gathers characters into words, and says how well the text can be cut after each.
struct Atoms {
    done: Vec<Atom>,
    text: String,
    chars: usize,
    bold: bool,
    sentence: bool,
}

impl Atoms {
    const fn new(bold: bool) -> Self {
        Self { done: Vec::new(), text: String::new(), chars: 0, bold, sentence: false }
    }

    fn push(&mut self, c: char, escaped: bool, next: Option<char>) {
        if escaped {
            self.text.push('\\');
        }
        self.text.push(c);
        self.chars += 1;
        if c.is_whitespace() {
            if !next.is_some_and(char::is_whitespace) {
                self.end(if self.sentence { Cut::Sentence } else { Cut::Word });
            }
        } else {
            self.sentence = matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
                || (self.sentence && matches!(c, ')' | '"' | '”' | '’' | '\''));
        }
        let joined = next.is_some_and(|next| joins(c, next)) && self.chars < CLUSTER_MAX;
        if self.chars >= ATOM_MAX && !joined {
            self.end(Cut::Any);
        }
    }

    fn end(&mut self, cut: Cut) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.done.push(Atom { text, bold: self.bold, cut });
        }
        self.chars = 0;
        if cut != Cut::Any {
            self.sentence = false;
        }
    }

    fn done(mut self) -> Vec<Atom> {
        self.end(Cut::Any);
        self.done
    }
}

/// One line in which nothing is markup.
pub(super) fn escape(line: &str) -> String {
    Escaper::at_line_start().atoms(line, false).into_iter().map(|atom| atom.text).collect()
}

/// A piece that stood inside a line, made so that it can begin one.
pub(super) fn begin_line(text: &str) -> String {
    let at = text.len() - text.trim_start().len();
    let (before, rest) = text.split_at(at);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, behind) = rest.split_at(digits);
    let marks: &[char] = if digits > 0 { &['.', ')'] } else { &['#', '-', '+', '>'] };
    let bullet = digits == 0 && behind.starts_with('*') && behind[1..].chars().all(char::is_whitespace);
    if behind.starts_with(marks) || bullet { format!("{before}{number}\\{behind}") } else { text.to_owned() }
}

/// The longest code that is drawn in one piece, in characters.
const CODE_MAX: usize = 500;

/// Code inside a line. `hidden`: it stands in a spoiler, which two bars would end.
pub(super) fn code(text: &str, hidden: bool) -> Vec<Atom> {
    let chars: Vec<char> = one_line(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    chars.chunks(CODE_MAX).flat_map(|piece| code_piece(&piece.iter().collect::<String>(), hidden)).collect()
}

fn code_piece(text: &str, hidden: bool) -> Vec<Atom> {
    let runs: Vec<usize> = text.split(|c| c != '`').map(str::len).filter(|length| *length > 0).collect();
    // Three backticks would open a code block, so more than two fence no line of code here.
    let Some(length) = [1, 2].into_iter().find(|length| !runs.contains(length)) else {
        return Escaper::at_line_start().atoms(text, false);
    };
    if text.trim().is_empty() {
        return Escaper::at_line_start().atoms(text, false);
    }
    let fence = "`".repeat(length);
    let pad = |touches: bool| if touches { " " } else { "" };
    let (before, after) = (pad(text.starts_with('`')), pad(text.ends_with('`')));
    let inner = if hidden { unbarred(text) } else { text.to_owned() };
    vec![Atom { text: format!("{fence}{before}{inner}{after}{fence}"), bold: false, cut: Cut::Any }]
}

/// Two bars end a spoiler even inside code; something that shows nothing is put between them.
pub(super) fn unbarred(text: &str) -> String {
    text.replace("||", "|\u{200b}|").replace("||", "|\u{200b}|")
}
