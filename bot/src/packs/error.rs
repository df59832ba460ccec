//! What is wrong with a pack, said to the person who writes it.

use std::fmt::{self, Write};

/// How many errors are kept of one reading, so that a broken pack can't fill the memory or the screen.
const MAX_ERRORS: usize = 1_000;

/// One thing that is wrong in a pack, and where.
///
/// Displayed as `questions/cloud-security/iam/x.toml:12: criteria[2].weight: 5 is out of range; give 1, 2 or 3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackError {
    /// The file or folder: as the person gave its pack, or from `questions/` for an embedded one.
    pub file: String,
    /// The line, counted from 1; none for a file or folder as a whole.
    pub line: Option<usize>,
    /// The key, with the places in lists counted from 0; none where no single key is to blame.
    pub field: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl PackError {
    /// An error about a file or folder as a whole.
    pub(super) fn whole(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, field: None, message: message.into() }
    }
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_finding(f, &self.file, self.line, self.field.as_deref(), &self.message)
    }
}

/// Everything that was found wrong in one reading of the packs: by file, then by line, at most 1,000.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackErrors(pub Vec<PackError>);

impl PackErrors {
    /// Puts the errors in reading order and cuts them off at the bound.
    pub(super) fn new(mut errors: Vec<PackError>) -> Self {
        errors.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        errors.truncate(MAX_ERRORS);
        Self(errors)
    }
}

/// One error a line.
impl fmt::Display for PackErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PackErrors {}

/// Writes a place and what is to say about it, as compilers do, so that editors can jump there.
pub(super) fn write_finding(
    f: &mut fmt::Formatter<'_>,
    file: &str,
    line: Option<usize>,
    field: Option<&str>,
    message: &str,
) -> fmt::Result {
    write_visible(f, file)?;
    if let Some(line) = line {
        write!(f, ":{line}")?;
    }
    if let Some(field) = field {
        f.write_str(": ")?;
        write_visible(f, field)?;
    }
    f.write_str(": ")?;
    write_visible(f, message)
}

/// Names of files come from the disk, and could steer the terminal.
fn write_visible(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|character| match character.is_control() {
        true => write!(f, "{}", character.escape_default()),
        false => f.write_char(character),
    })
}

/// The start of `text` for quoting in a message: one line, at most 40 characters, nothing invisible.
pub(super) fn excerpt(text: &str) -> String {
    const MAX: usize = 40;
    let mut shown: String = text.chars().take(MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX).is_some() {
        shown.push('…');
    }
    shown.replace("\\\"", "\"").replace("\\'", "'")
}

/// The words as people list them: `a, b or c`.
pub(super) fn choices(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
