//! What every platform reads alike in a pack's Markdown: the marks that lines begin with, code, and links that lead
//! where they say.

use super::labels::units;

/// Longer addresses are shown as text: Discord's own bound for an embed's address is 2,048, Slack's for a button's
/// 3,000.
pub(super) const URL_MAX: usize = 1_000;

/// A headline's level, 1 to 6, and its text.
pub(super) fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.len() - line.trim_start_matches('#').len();
    let text = line[level..].strip_prefix(' ')?;
    ((1..=6).contains(&level) && !text.trim().is_empty())
        .then(|| (level, text.trim().trim_end_matches('#').trim()))
}

/// A list's mark, `-` or a number with its dot, and what follows.
pub(super) fn marker(line: &str) -> Option<(String, &str)> {
    let (mark, text) = line.split_once(' ')?;
    let text = text.trim_start();
    if matches!(mark, "-" | "*" | "+") && !text.is_empty() {
        return Some(("-".to_owned(), text));
    }
    let number = mark.strip_suffix(['.', ')'])?;
    let counts = (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (counts && !text.is_empty()).then(|| (format!("{number}."), text))
}

/// How often `**` stands in a line, outside code.
pub(super) fn strong_marks(line: &str) -> usize {
    let (mut count, mut rest) = (0, line);
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => code_length(rest).unwrap_or_else(|| run(rest)),
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '*' if rest.starts_with("**") => {
                count += 1;
                2
            }
            c => c.len_utf8(),
        };
        rest = &rest[taken..];
    }
    count
}

/// How many backticks a text begins with.
pub(super) fn run(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// The length of the code that a text begins with, its backticks included.
pub(super) fn code_length(text: &str) -> Option<usize> {
    let length = run(text);
    let mut at = length;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let closing = run(&text[at..]);
        if closing == length {
            return Some(at + length);
        }
        at += closing;
    }
    None
}

/// `[words](address "title")` at the beginning of a text: words, address, and the length of all.
pub(super) fn link_parts(text: &str) -> Option<(&str, &str, usize)> {
    let words_end = text.find("](")?;
    let words = &text[1..words_end];
    if words.contains(['[', ']']) {
        return None;
    }
    let target = &text[words_end + 2..];
    let end = target.find(')')?;
    let url = target[..end].split_whitespace().next()?;
    Some((words, url.trim_matches(['<', '>']), words_end + 2 + end + 1))
}

/// Whether a link's words don't pose as another address.
pub(super) fn is_honest(words: &str, url: &str) -> bool {
    let host = url.trim_start_matches("https://").split(['/', '?', '#']).next().unwrap_or_default();
    let poses = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let dotted = word.split_once('.').is_some_and(|(before, after)| {
            !before.is_empty() && after.chars().next().is_some_and(char::is_alphabetic)
        });
        dotted && word.split('/').next() != Some(host)
    };
    !words.contains("://") && !words.split_whitespace().any(poses)
}

/// An address as it can stand behind a link's title. `None`: no `https://` address, or a very long one.
pub(super) fn address(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A name before an `@` would pose as the host.
    let odd = |c: char| c.is_whitespace() || c == '@' || c == '\\';
    if !host.contains(|c: char| c.is_alphanumeric()) || host.contains(odd) || units(url) > URL_MAX {
        return None;
    }
    let mut written = String::from("https://");
    for c in rest.chars() {
        match c {
            c if c.is_whitespace() || c.is_control() || "()<>\"\\`|[]*".contains(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    written.push_str(&format!("%{byte:02X}"));
                }
            }
            c => written.push(c),
        }
    }
    Some(written)
}
