//! The files on a message: texts are read, others keep their name and address.

use super::Discord;
use super::model::Attachment;
use crate::chat::File;
use crate::chat::text_file::{TEXT_MAX_BYTES, as_text, is_text, kept_name};

/// Discord's bound on the files of a message.
const FILES_MAX: usize = 10;

/// Reads a message's files. `None`: one could not be read now, and may be later.
pub(super) async fn read(discord: &Discord, attachments: &[Attachment]) -> Option<Vec<File>> {
    let mut files = Vec::new();
    for attachment in attachments.iter().take(FILES_MAX) {
        let mut text = None;
        if is_text(&attachment.filename, attachment.content_type.as_deref(), attachment.size) {
            match discord.rest().download(&attachment.url, TEXT_MAX_BYTES).await {
                Ok(bytes) => text = bytes.and_then(as_text),
                Err(error) => {
                    tracing::warn!(%error, "a text file can't be read");
                    return None;
                }
            }
        }
        let name = kept_name(&attachment.filename);
        files.push(File { name, link: Some(attachment.url.clone()), text });
    }
    Some(files)
}
