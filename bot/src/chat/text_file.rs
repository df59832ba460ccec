//! Text files on messages: which ones are worth fetching, and what they say. It fetches nothing.

use crate::domain::answer::ANSWER_MAX_CHARS;

/// Of a file, in bytes. A character has at most four in UTF-8, and what is longer than an answer may be is read so far
/// that this is seen.
pub(super) const TEXT_MAX_BYTES: usize = 4 * (ANSWER_MAX_CHARS as usize + 1);
const NAME_MAX_CHARS: usize = 100;
/// What texts are called whose type says nothing.
const TEXT_ENDINGS: [&str; 36] = [
    "bash", "bicep", "c", "cfg", "conf", "cpp", "cs", "css", "csv", "go", "h", "hcl", "html", "ini", "java",
    "js", "json", "kql", "kt", "log", "md", "ps1", "py", "rb", "rego", "rs", "sh", "sql", "tf", "tfvars",
    "toml", "ts", "txt", "xml", "yaml", "yml",
];

/// Whether a file says that it is a text, by its name, its media type and its size in bytes. What it holds decides in
/// the end.
pub(super) fn is_text(name: &str, media_type: Option<&str>, size: u64) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let named_so = ending.is_some_and(|ending| TEXT_ENDINGS.contains(&ending.as_str()));
    size > 0 && (media_type.unwrap_or_default().starts_with("text/") || named_so)
}

/// The text, if it is one. What was cut off in the middle of a character ends before it.
pub(super) fn as_text(bytes: Vec<u8>) -> Option<String> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.utf8_error().error_len().is_none() => {
            let end = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(end);
            String::from_utf8(bytes).ok()?
        }
        Err(_) => return None,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
    (!text.contains('\0')).then_some(text)
}

/// A file's name as it is kept: on one line, and not endless.
pub(super) fn kept_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_a_text() {
        let texts = [("a.txt", None), ("policy.JSON", Some("application/json")), ("x", Some("text/plain"))];
        for (name, media_type) in texts {
            assert!(is_text(name, media_type, 1), "{name}");
        }
        for (name, media_type) in [("a.png", Some("image/png")), ("archive", None), ("a.txt.exe", None)] {
            assert!(!is_text(name, media_type, 1), "{name}");
        }
        assert!(!is_text("a.txt", None, 0), "an empty file");
    }

    #[test]
    fn what_a_file_holds_decides() {
        assert_eq!(as_text("\u{feff}a\r\nb".into()), Some("a\nb".to_owned()));
        assert_eq!(as_text(b"\x89PNG\r\n\x1a\n".to_vec()), None, "a picture that is called a text");
        assert_eq!(as_text(b"a\0b".to_vec()), None);
        let cut = "aé".as_bytes()[..2].to_vec();
        assert_eq!(as_text(cut), Some("a".to_owned()), "cut off in the middle of a character");
    }

    #[test]
    fn a_name_stays_on_one_line() {
        assert_eq!(kept_name("a\nb.txt"), "ab.txt");
        assert_eq!(kept_name(&"x".repeat(300)).len(), NAME_MAX_CHARS);
    }
}
