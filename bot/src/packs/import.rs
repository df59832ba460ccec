//! Question lists in Markdown, turned into drafts of question files.
//!
//! A heading, or a line that is bold as a whole, is a question; the bullets below it are its points. What is neither is
//! listed with its line, so that nothing goes missing silently.

use std::collections::BTreeSet;

use crate::domain::ids::{QuestionId, Topic};

/// Bullets of one question that become criteria at most.
const CRITERIA_MAX: usize = 10;
/// The largest list, in bytes.
const LIST_MAX: usize = 1024 * 1024;

/// A question read from a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Made from the title, unique within the list.
    pub id: QuestionId,
    /// The question as it stood there.
    pub title: String,
    /// The line it stood on, from 1.
    pub line: usize,
    /// Its bullets.
    pub points: Vec<String>,
}

/// What a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The questions.
    pub drafts: Vec<Draft>,
    /// What could not be read: the line, and the text as it stands there.
    pub unread: Vec<(usize, String)>,
}

/// The list is too large to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list has more than 1 MiB; split it")]
pub struct TooLarge;

/// Reads a list.
///
/// # Errors
/// When it is larger than 1 MiB.
pub fn read_list(text: &str) -> Result<Imported, TooLarge> {
    if text.len() > LIST_MAX {
        return Err(TooLarge);
    }
    let mut found = Imported::default();
    let mut ids = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        if line.is_empty() {
            continue;
        }
        if let Some(title) = title(line) {
            match unique_id(title, &mut ids) {
                Some(id) => {
                    let title = title.to_owned();
                    found.drafts.push(Draft { id, title, line: number, points: Vec::new() });
                }
                None => found.unread.push((number, line.to_owned())),
            }
            continue;
        }
        match (bullet(line), found.drafts.last_mut()) {
            (Some(point), Some(draft)) if draft.points.len() < CRITERIA_MAX => {
                draft.points.push(point.to_owned())
            }
            _ => found.unread.push((number, line.to_owned())),
        }
    }
    Ok(found)
}

/// A heading's text, or that of a line that is bold as a whole.
fn title(line: &str) -> Option<&str> {
    let heading = line.trim_start_matches('#');
    let level = line.len() - heading.len();
    if (1..=6).contains(&level) && heading.starts_with(' ') {
        return non_empty(heading.trim().trim_matches('*'));
    }
    let bold = line.strip_prefix("**")?.strip_suffix("**")?;
    non_empty(bold).filter(|text| !text.contains("**"))
}

fn bullet(line: &str) -> Option<&str> {
    ["- ", "* ", "+ ", "• "].iter().find_map(|mark| line.strip_prefix(mark)).and_then(non_empty)
}

fn non_empty(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

/// `a-question-like-this`, with a number behind it where there are several.
fn unique_id(title: &str, taken: &mut BTreeSet<QuestionId>) -> Option<QuestionId> {
    let words = title
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let mut slug = String::new();
    for word in words {
        if slug.len() + word.len() + 1 > 56 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word);
    }
    let numbered = (2..10_000).map(|number| format!("{slug}-{number}"));
    let id = std::iter::once(slug.clone())
        .chain(numbered)
        .filter_map(|id| id.parse::<QuestionId>().ok())
        .find(|id| !taken.contains(id))?;
    taken.insert(id.clone());
    Some(id)
}

/// The draft as a question file: what the list doesn't say is marked to be filled in, and `questions check` names what
/// is still missing.
pub fn file(draft: &Draft, topic: &Topic) -> String {
    let mut out = format!(
        "# A draft, from line {} of a list. Write a prompt, a hint and a model answer, and make each point one that can be\n\
         # marked: questions/CONTRIBUTING.md\n\
         id = {}\ntitle = {}\nformat = \"technical\"\ntopic = {}\nlevel = \"practitioner\"\nproviders = []\ncovers = []\n\
         minutes = 10\nprompt = {}\nhints = []\nmodel_answer = \"\"   # to be written\nfollow_ups = []\n",
        draft.line,
        quoted(draft.id.as_str()),
        quoted(&cut(&draft.title, 100)),
        quoted(topic.as_str()),
        quoted(&cut(&draft.title, 3_000)),
    );
    for (index, point) in draft.points.iter().enumerate() {
        out.push_str(&format!(
            "\n[[criteria]]\nid = \"point-{}\"\nshort = {}\ntext = {}\nweight = 1\nexamples = []\n",
            index + 1,
            quoted(&cut(point, 60)),
            quoted(&cut(point, 300)),
        ));
    }
    out
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// A TOML basic string, which is written as JSON writes strings; control characters are left out.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.chars().filter(|c| !c.is_control()).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_bold_lines_and_bullets_are_read_and_the_rest_is_listed() {
        let list = "Intro text\n\n## What is IAM?\n- Identity and access\n* Least privilege\n\nA stray paragraph.\n\
                    **What is IAM?**\n1. numbered\n# \n####### seven\n**bold** start\n- \"quoted\" \\ point\n";
        let found = read_list(list).unwrap();
        let drafts: Vec<_> =
            found.drafts.iter().map(|draft| (draft.id.as_str(), draft.line, draft.points.len())).collect();
        assert_eq!(drafts, [("what-is-iam", 3, 2), ("what-is-iam-2", 8, 1)]);
        let unread: Vec<usize> = found.unread.iter().map(|(line, _)| *line).collect();
        assert_eq!(unread, [1, 7, 9, 10, 11, 12]);
    }

    #[test]
    fn a_draft_is_toml_whatever_it_holds() {
        let list =
            format!("# 💥 \"quotes\" and \\ {}\n- a \u{7f} point {}\n", "long ".repeat(60), "x".repeat(400));
        let found = read_list(&list).unwrap();
        let topic = "identity".parse().unwrap();
        let text = file(&found.drafts[0], &topic);
        assert!(text.parse::<toml::Table>().is_ok(), "{text}");
        assert!(read_list(&"x".repeat(LIST_MAX + 1)).is_err());
        assert_eq!(read_list("# ¿?\n").unwrap().unread.len(), 1);
    }
}
