//! Text that must be shown to the letter, made so that Discord's Markdown finds nothing in it.
//!
//! A backslash before any character that is neither letter, digit nor space shows that character and nothing else:
//! <https://support.discord.com/hc/en-us/articles/210298617>. It also stands between the characters of a mention,
//! so that neither a client nor the server reads one.

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

/// Whether two characters are drawn as one. Not the whole of Unicode's rule, but what people write: accents,
/// emoji with skin tones, families, flags, keycaps.
fn joins(c: char, next: char) -> bool {
    let flag = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let extends = matches!(next,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}' | '\u{1160}'..='\u{11ff}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}');
    extends || c == '\u{200d}' || (flag(c) && flag(next))
}

/// One line in which nothing is markup.
pub(super) fn escape(line: &str) -> String {
    Escaper::at_line_start().atoms(line, false).into_iter().map(|atom| atom.text).collect()
}

/// Line breaks of every system as `\n`.
pub(super) fn normal_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Text of ours or of a pack beside which other words stand: characters that turn the direction of text around are
/// taken out, so that no name or title rewrites its neighbours.
pub(super) fn settled(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    normal_breaks(text).chars().filter(|c| !turns(*c)).collect()
}

/// The same on one line.
pub(super) fn one_line(text: &str) -> String {
    settled(text).replace('\n', " ")
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

/// A label of at most `max` UTF-16 units, which are at least as many as characters: cut at a word where one ends
/// late enough, with an ellipsis.
pub(super) fn shorten(text: &str, max: usize) -> String {
    let text = one_line(text);
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    if units(&text) <= max {
        return text;
    }
    let mut short = String::new();
    for c in text.chars() {
        if units(&short) + c.len_utf16() + 1 > max {
            break;
        }
        short.push(c);
    }
    if let Some(at) = short.rfind(char::is_whitespace).filter(|at| *at * 2 >= short.len()) {
        short.truncate(at);
    }
    short.truncate(short.trim_end_matches(|c: char| c.is_whitespace() || ",;:(–".contains(c)).len());
    short.push('…');
    short
}

/// A text's length in UTF-16 units. Discord's server counts code points
/// (<https://github.com/discord/discord-api-docs/issues/1315>), its clients count these, which are never fewer.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
