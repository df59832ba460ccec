//! The files on a message: texts are read, others keep their name and address.

use super::Slack;
use super::model::SlackFile;
use super::web::Turn;
use crate::chat::File;
use crate::chat::text_file::{TEXT_MAX_BYTES, as_text, is_text, kept_name};

/// Files of a message that count; a client takes ten at once.
const FILES_MAX: usize = 10;

/// Reads a message's files. `None`: one could not be read now, and may be later.
pub(super) async fn read(slack: &Slack, files: &[SlackFile]) -> Option<Vec<File>> {
    let mut read = Vec::new();
    for file in files.iter().filter(|file| !file.is_gone()).take(FILES_MAX) {
        let shared;
        let file = if file.file_access == "check_file_info" {
            match slack.web().files_info(Turn::Patient, &file.id).await {
                Ok(found) => {
                    shared = found;
                    &shared
                }
                Err(error) => {
                    tracing::warn!(file = file.id, %error, "a file of another team can't be asked for");
                    file
                }
            }
        } else {
            file
        };
        let mut text = None;
        if is_text(&file.name, Some(&file.mimetype), file.size) && !file.url_private.is_empty() {
            match slack.web().download(&file.url_private, TEXT_MAX_BYTES).await {
                Ok(bytes) => text = bytes.and_then(as_text),
                Err(error) => {
                    tracing::warn!(file = file.id, %error, "a text file can't be read");
                    if error.passes() {
                        return None;
                    }
                }
            }
        }
        let name = kept_name(&file.name);
        let name = if name.is_empty() { "file".to_owned() } else { name };
        let link = Some(file.permalink.clone()).filter(|link| !link.is_empty());
        read.push(File { name, link, text });
    }
    Some(read)
}
