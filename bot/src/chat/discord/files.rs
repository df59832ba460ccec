//! The files on a message: texts are read, others keep their name and address.

use super::Discord;
use super::model::Attachment;
use crate::chat::File;
use crate::domain::answer::ANSWER_MAX_CHARS;

/// A character has at most four bytes in UTF-8. What is longer than an answer may be is read so far that this is seen.
const TEXT_MAX_BYTES: usize = 4 * (ANSWER_MAX_CHARS as usize + 1);
/// Discord's bound on the files of a message.
const FILES_MAX: usize = 10;
const NAME_MAX_CHARS: usize = 100;
/// What texts are called whose type says nothing.
const TEXT_ENDINGS: [&str; 36] = [
    "bash", "bicep", "c", "cfg", "conf", "cpp", "cs", "css", "csv", "go", "h", "hcl", "html", "ini", "java",
    "js", "json", "kql", "kt", "log", "md", "ps1", "py", "rb", "rego", "rs", "sh", "sql", "tf", "tfvars",
    "toml", "ts", "txt", "xml", "yaml", "yml",
];

/// Reads a message's files. `None`: one could not be read now, and may be later.
pub(super) async fn read(discord: &Discord, attachments: &[Attachment]) -> Option<Vec<File>> {
    let mut files = Vec::new();
    for attachment in attachments.iter().take(FILES_MAX) {
        let mut text = None;
        if is_text(attachment) {
            match discord.rest().download(&attachment.url, TEXT_MAX_BYTES).await {
                Ok(bytes) => text = bytes.and_then(as_text),
                Err(error) => {
                    tracing::warn!(%error, "a text file can't be read");
                    return None;
                }
            }
        }
        let name = attachment.filename.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS).collect();
        files.push(File { name, link: Some(attachment.url.clone()), text });
    }
    Some(files)
}

/// Whether a file says that it is a text. What it holds decides in the end.
fn is_text(attachment: &Attachment) -> bool {
    let kind = attachment.content_type.as_deref().unwrap_or_default();
    let ending = attachment.filename.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let named_so = ending.is_some_and(|ending| TEXT_ENDINGS.contains(&ending.as_str()));
    attachment.size > 0 && (kind.starts_with("text/") || named_so)
}

/// The text, if it is one. What was cut off in the middle of a character ends before it.
fn as_text(bytes: Vec<u8>) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(filename: &str, content_type: Option<&str>, size: u64) -> Attachment {
        Attachment {
            filename: filename.to_owned(),
            content_type: content_type.map(str::to_owned),
            size,
            url: String::new(),
        }
    }

    #[test]
    fn what_counts_as_a_text() {
        let texts = [("a.txt", None), ("policy.JSON", Some("application/json")), ("x", Some("text/plain"))];
        for (name, kind) in texts {
            assert!(is_text(&attachment(name, kind, 1)), "{name}");
        }
        for (name, kind) in [("a.png", Some("image/png")), ("archive", None), ("a.txt.exe", None)] {
            assert!(!is_text(&attachment(name, kind, 1)), "{name}");
        }
        assert!(!is_text(&attachment("a.txt", None, 0)), "an empty file");
    }

    #[test]
    fn what_a_file_holds_decides() {
        assert_eq!(as_text("\u{feff}a\r\nb".into()), Some("a\nb".to_owned()));
        assert_eq!(as_text(b"\x89PNG\r\n\x1a\n".to_vec()), None, "a picture that is called a text");
        assert_eq!(as_text(b"a\0b".to_vec()), None);
        let cut = "aé".as_bytes()[..2].to_vec();
        assert_eq!(as_text(cut), Some("a".to_owned()), "cut off in the middle of a character");
    }
}
