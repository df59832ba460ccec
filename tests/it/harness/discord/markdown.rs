//! Discord's Markdown as a person with UTC reads it: the plain text that `studybot::domain::plain` gives elsewhere.
//!
//! This is the way back from what the adapter writes. What emphasis a piece of a pack's Markdown had is lost on it, so
//! stories compare such texts after [`plain`] too.

use std::collections::BTreeMap;

use studybot::chat::Timestamp;
use studybot::domain::plain::time;

/// What mentions read as.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// By id.
    pub(super) people: BTreeMap<String, String>,
    /// By id, without `#`.
    pub(super) channels: BTreeMap<String, String>,
}

/// What kind of line it is; lines of different kinds stand apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Heading,
    Note,
    Quote,
    Code,
    Text,
}

/// The text as it reads.
pub(super) fn plain(markdown: &str, names: &Names) -> String {
    let mut text = String::new();
    let mut before = Kind::Blank;
    for (kind, line) in lines(markdown) {
        if !text.is_empty() || before != Kind::Blank {
            text.push('\n');
            if before != kind && before != Kind::Blank && kind != Kind::Blank {
                text.push('\n');
            }
        }
        text += &if kind == Kind::Code { line.to_owned() } else { without_bar(&inline(line, names)) };
        before = kind;
    }
    text
}

/// Here a bar stands before what it is about, elsewhere behind it: it is left out.
fn without_bar(line: &str) -> String {
    let is_cell = |c: char| matches!(c, '█' | '░');
    match line.find(is_cell) {
        Some(at) => format!("{}{}", &line[..at], line[at..].trim_start_matches(is_cell).trim_start()),
        None => line.to_owned(),
    }
}

/// The lines that quote nobody, as they read.
pub(super) fn remarks(markdown: &str, names: &Names) -> Vec<String> {
    let own = lines(markdown).into_iter().filter(|(kind, _)| !matches!(kind, Kind::Quote | Kind::Blank));
    own.map(|(_, line)| inline(line, names)).collect()
}

/// The lines without what makes them headings, notes and quotes. Fences are left out: a fence that is cut into two
/// messages is closed and opened again.
fn lines(markdown: &str) -> Vec<(Kind, &str)> {
    let mut lines = Vec::new();
    let mut fenced = false;
    for line in markdown.split('\n') {
        if line.trim_matches('|').starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            lines.push((Kind::Code, line));
        } else if let Some(quoted) = line.strip_prefix("> ").or_else(|| line.strip_prefix('>')) {
            lines.push((Kind::Quote, quoted));
        } else if let Some(note) = line.strip_prefix("-# ") {
            lines.push((Kind::Note, note));
        } else if let Some(heading) = ["# ", "## ", "### "].iter().find_map(|mark| line.strip_prefix(mark)) {
            lines.push((Kind::Heading, heading));
        } else if line.is_empty() {
            lines.push((Kind::Blank, line));
        } else {
            lines.push((Kind::Text, line));
        }
    }
    lines
}

/// A line without its markup.
fn inline(line: &str, names: &Names) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (read, taken) = escape(rest)
            .or_else(|| code(rest))
            .or_else(|| tag(rest, names))
            .or_else(|| link(rest, names))
            .or_else(|| ["**", "||"].iter().any(|mark| rest.starts_with(mark)).then(|| (String::new(), 2)))
            .unwrap_or_else(|| (first.to_string(), first.len_utf8()));
        text += &read;
        rest = &rest[taken..];
    }
    text
}

/// `\*` is a star; before anything but punctuation a backslash is itself.
fn escape(text: &str) -> Option<(String, usize)> {
    let escaped = text.strip_prefix('\\')?.chars().next().filter(char::is_ascii_punctuation)?;
    Some((escaped.to_string(), 2))
}

/// Code ends at the next run of as many backticks.
fn code(text: &str) -> Option<(String, usize)> {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let (open, inside) = text.split_at(ticks);
    if ticks == 0 {
        return None;
    }
    let mut from = 0;
    loop {
        let at = from + inside[from..].find(open)?;
        let run = inside[at..].len() - inside[at..].trim_start_matches('`').len();
        if run == ticks {
            let padded = inside[..at].strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
            let code = padded.filter(|_| ticks > 1).unwrap_or(&inside[..at]);
            return Some((code.to_owned(), 2 * ticks + at));
        }
        from = at + run;
    }
}

/// Times, people, channels, commands. How long it is until a time changes while one reads, so plain text leaves it out
/// with the brackets around it.
fn tag(text: &str, names: &Names) -> Option<(String, usize)> {
    if let Some((seconds, _)) = text.strip_prefix(" (<t:").and_then(|text| text.split_once(":R>)"))
        && seconds.parse::<i64>().is_ok()
    {
        return Some((String::new(), " (<t:".len() + seconds.len() + ":R>)".len()));
    }
    let inside = text.strip_prefix('<')?;
    let inside = &inside[..inside.find('>')?];
    let taken = inside.len() + 2;
    let read = if let Some(instant) = inside.strip_prefix("t:") {
        let (seconds, style) = instant.split_once(':').unwrap_or((instant, "f"));
        let seconds: i64 = seconds.parse().ok()?;
        if style == "R" { String::new() } else { time(Timestamp(seconds * 1_000)) }
    } else if let Some(person) = inside.strip_prefix('@') {
        names.people.get(person.trim_start_matches('!'))?.clone()
    } else if let Some(channel) = inside.strip_prefix('#') {
        format!("#{}", names.channels.get(channel)?)
    } else if inside.starts_with('/') {
        inside.split_once(':')?.0.to_owned()
    } else {
        // A link that is not to be unfurled.
        inside.starts_with("https://").then(|| inside.to_owned())?
    };
    Some((read, taken))
}

/// `[title](address)` reads as the title and the address.
fn link(text: &str, names: &Names) -> Option<(String, usize)> {
    let inside = text.strip_prefix('[')?;
    let (title, behind) = inside.split_once("](")?;
    let (address, _) = behind.split_once(')')?;
    if title.contains(['[', ']']) && !title.contains('\\') {
        return None;
    }
    let taken = 1 + title.len() + 2 + address.len() + 1;
    let address = address.trim_start_matches('<').trim_end_matches('>');
    Some((format!("{}: {address}", inline(title, names)), taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let of = |id: &str, name: &str| BTreeMap::from([(id.to_owned(), name.to_owned())]);
        Names { people: of("77", "Priya"), channels: of("88", "organisers") }
    }

    #[test]
    fn every_kind_of_markup_reads_as_plain_text() {
        let cases = [
            ("## Rubric points\n2 answers came in time.", "Rubric points\n\n2 answers came in time."),
            ("-# Technical · foundation\n\nText", "Technical · foundation\n\nText"),
            ("Answers close <t:1795453200:F> (<t:1795453200:R>).", "Answers close 2026-11-23 17:00 UTC."),
            (
                "<@77> answered privately:\n> First\\.\n> \n> Then `this`.",
                "Priya answered privately:\n\nFirst.\n\nThen this.",
            ),
            ("<@!77> in <#88>, not <@5>", "Priya in #organisers, not <@5>"),
            ("1. One **(3)**\n2. Two **(1)**", "1. One (3)\n2. Two (1)"),
            ("Model answer\n||Not quite.\n\nOurs.||", "Model answer\nNot quite.\n\nOurs."),
            ("- [AWS: a page](https://a.example/b_c)", "- AWS: a page: https://a.example/b_c"),
            ("[\\[draft\\] page](<https://a.example>)", "[draft] page: https://a.example"),
            ("Try `/study help`, ``a`b``, `` ` ``.", "Try /study help, a`b, `."),
            ("</study help:123> helps", "/study help helps"),
            ("Before\n```json\n{\"a\": \"**\"}\n```\nAfter", "Before\n\n{\"a\": \"**\"}\n\nAfter"),
            ("> quoted\nsaid", "quoted\n\nsaid"),
            ("1. `███░░░░░░░` Priya 31 points", "1. Priya 31 points"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(plain(markdown, &names()), expected, "{markdown}");
        }
    }

    #[test]
    fn what_is_escaped_reads_to_the_letter() {
        let texts = [
            "**bold** _it_ `code` ||spoiler|| ```",
            "<@77> <#88> <t:1795453200:F> <script> @everyone",
            "[link](https://example.com) \\back\\",
            "-# no note, > no quote, ## no heading",
            "1. 2) * + ~~ __ \u{200b}¯\\_(ツ)_/¯",
        ];
        for text in texts {
            let escape = |c: char| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() };
            let escaped: String = text.chars().map(escape).collect();
            assert_eq!(plain(&escaped, &names()), text);
            assert_eq!(plain(&format!("> {escaped}"), &names()), text);
        }
    }

    #[test]
    fn remarks_are_what_nobody_typed() {
        let text = "**When**: never.\n> When: I say\n\n-# Try again.";
        assert_eq!(remarks(text, &names()), ["When: never.", "Try again."]);
    }
}
