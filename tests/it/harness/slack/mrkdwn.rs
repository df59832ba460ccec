//! Slack's mrkdwn, and a pack's Markdown, as a person with UTC reads them: the plain text that
//! `studybot::domain::plain` gives elsewhere.
//!
//! This is the way back from what the adapter writes. What emphasis a piece of a pack's Markdown had is lost on it, so
//! stories compare such texts after [`markdown`].

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

/// What a section or a context line says.
pub(super) fn plain(mrkdwn: &str, names: &Names) -> String {
    let lines = mrkdwn.split('\n').map(|line| {
        let line = line.strip_prefix("• ").map_or_else(|| line.to_owned(), |item| format!("- {item}"));
        walk(&line, names, true).chars().filter(|c| !unseen(*c)).collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What somebody typed, as the text of their message gives it back.
pub(super) fn typed(text: &str, names: &Names) -> String {
    // No client draws a NUL.
    walk(text, names, false).replace('\0', "\u{fffd}")
}

/// Characters that nobody sees: one beside a mark keeps it from being read as one, or lets it be one beside letters.
fn unseen(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}')
}

fn walk(text: &str, names: &Names, marks: bool) -> String {
    let mut read = String::new();
    let (mut rest, mut before) = (text, None);
    while let Some(first) = rest.chars().next() {
        let marked = || marks.then(|| marked(rest, before)).flatten();
        let taken = if let Some((text, taken)) = entity(rest).or_else(|| tag(rest, names)) {
            read += &text;
            taken
        } else if let Some(inside) = marked() {
            read += &walk(inside, names, marks && first != '`');
            inside.len() + 2
        } else {
            read.push(first);
            first.len_utf8()
        };
        before = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    read
}

/// The three characters that Slack writes as entities.
fn entity(text: &str) -> Option<(String, usize)> {
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    known
        .iter()
        .find(|(entity, _)| text.starts_with(entity))
        .map(|(entity, c)| ((*c).to_owned(), entity.len()))
}

/// Times, people, channels, links.
fn tag(text: &str, names: &Names) -> Option<(String, usize)> {
    let inside = text.strip_prefix('<')?;
    let inside = &inside[..inside.find('>')?];
    let (target, label) =
        inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
    let label = label.map(|label| walk(label, names, false));
    let read = if let Some(date) = target.strip_prefix("!date^") {
        let seconds: i64 = date.split('^').next()?.parse().ok()?;
        time(Timestamp(seconds * 1_000))
    } else if target.starts_with("!subteam^") {
        "@group".to_owned()
    } else if let Some(person) = target.strip_prefix('@') {
        format!("@{}", names.people.get(person)?)
    } else if let Some(channel) = target.strip_prefix('#') {
        format!("#{}", names.channels.get(channel).cloned().or(label)?)
    } else {
        let address = walk(target, names, false);
        let is_address = ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
        match label {
            _ if !is_address => return None,
            Some(title) if !address.ends_with(&title) => format!("{title}: {address}"),
            Some(title) => title,
            None => address,
        }
    };
    Some((read, inside.len() + 2))
}

/// What stands between two marks: they take effect at the borders of words, and on one line.
fn marked(text: &str, before: Option<char>) -> Option<&str> {
    let mark = text.chars().next().filter(|c| matches!(c, '*' | '`'))?;
    let inside = &text[mark.len_utf8()..];
    let no_mark = |c: char| c.is_whitespace() || unseen(c) || c == mark;
    if before.is_some_and(char::is_alphanumeric) || inside.starts_with(no_mark) {
        return None;
    }
    let ends = inside.match_indices(mark).find(|(at, _)| {
        let behind = inside[at + mark.len_utf8()..].chars().next();
        !inside[..*at].ends_with(no_mark) && !behind.is_some_and(char::is_alphanumeric)
    });
    ends.map(|(at, _)| &inside[..at])
}

/// What kind of line it is; lines of different kinds stand apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Heading,
    Quote,
    Code,
    Item,
    Text,
}

/// A pack's Markdown as rich text reads.
pub(super) fn markdown(text: &str) -> String {
    let mut read = String::new();
    let (mut before, mut fenced) = (Kind::Blank, false);
    for line in text.trim().split('\n') {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let (kind, line) = kind_of(line, fenced);
        if !read.is_empty() {
            read +=
                if before == kind || before == Kind::Blank || kind == Kind::Blank { "\n" } else { "\n\n" };
        }
        read += &if kind == Kind::Code { line.to_owned() } else { without_marks(line) };
        before = kind;
    }
    read
}

fn kind_of(line: &str, fenced: bool) -> (Kind, &str) {
    let bare = line.trim_start();
    if fenced {
        (Kind::Code, line)
    } else if bare.is_empty() {
        (Kind::Blank, bare)
    } else if let Some(quoted) = bare.strip_prefix("> ") {
        (Kind::Quote, quoted)
    } else if let Some(heading) = ["# ", "## ", "### "].iter().find_map(|mark| bare.strip_prefix(mark)) {
        (Kind::Heading, heading)
    } else if bare.starts_with("- ") || bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains(". ")
    {
        (Kind::Item, bare)
    } else {
        (Kind::Text, bare)
    }
}

/// A line without what makes its words bold, slanted, code or links.
fn without_marks(line: &str) -> String {
    let mut read = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (text, taken) = code(rest)
            .or_else(|| link(rest))
            .or_else(|| rest.starts_with("**").then(|| (String::new(), 2)))
            .unwrap_or_else(|| (first.to_string(), first.len_utf8()));
        read += &text;
        rest = &rest[taken..];
    }
    read
}

fn code(text: &str) -> Option<(String, usize)> {
    let inside = text.strip_prefix('`')?;
    let inside = &inside[..inside.find('`')?];
    Some((inside.to_owned(), inside.len() + 2))
}

/// `[title](address)` reads as the title and the address.
fn link(text: &str) -> Option<(String, usize)> {
    let (title, behind) = text.strip_prefix('[')?.split_once("](")?;
    let (address, _) = behind.split_once(')')?;
    Some((format!("{title}: {address}"), title.len() + address.len() + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let of = |id: &str, name: &str| BTreeMap::from([(id.to_owned(), name.to_owned())]);
        Names { people: of("U77", "Priya"), channels: of("C88", "organisers") }
    }

    #[test]
    fn every_kind_of_mark_reads_as_plain_text() {
        let cases = [
            ("Closes <!date^1795453200^{date_long} {time}|then>.", "Closes 2026-11-23 17:00 UTC."),
            ("*Bold*, `code`, (*both*)", "Bold, code, (both)"),
            ("Press\u{200b}*here*\u{200b}now", "Pressherenow"),
            ("2 * 3 * 4, a*b*c, *\u{200b}no*, `*code*`", "2 * 3 * 4, a*b*c, *no*, *code*"),
            ("&lt;@U77&gt; &amp;lt; <@U77> in <#C88|old>", "<@U77> &lt; @Priya in #organisers"),
            ("<https://a.example?b&amp;c|A page>", "A page: https://a.example?b&c"),
            ("<javascript:x|y> <@U5>", "<javascript:x|y> <@U5>"),
            ("• One\n• Two", "- One\n- Two"),
        ];
        for (mrkdwn, expected) in cases {
            assert_eq!(plain(mrkdwn, &names()), expected, "{mrkdwn}");
        }
    }

    #[test]
    fn what_people_typed_reads_to_the_letter() {
        let text = "*so* &lt;b&gt; <https://example.com> <http://example.com|example.com> <@U77>\u{200b}\0";
        let read = "*so* <b> https://example.com example.com @Priya\u{200b}\u{fffd}";
        assert_eq!(typed(text, &names()), read);
    }

    #[test]
    fn markdown_reads_as_rich_text_does() {
        let text = "\nBefore **all**:\n- `a`\n- [b](https://b.example)\n```json\n{\"**\": 1}\n```\n> who\n";
        let read = "Before all:\n\n- a\n- b: https://b.example\n\n{\"**\": 1}\n\nwho";
        assert_eq!(markdown(text), read);
    }
}
