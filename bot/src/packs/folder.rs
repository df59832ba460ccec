//! The files of one pack, from the binary or from disk: listed in order, bounded, and never through a link.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use include_dir::Dir;

use super::error::PackError;

/// The most bytes of one file.
const MAX_FILE_BYTES: usize = 64 * 1024;

/// The most question files of one pack.
const MAX_QUESTIONS: usize = 5_000;

/// The most names read of one folder, ignored ones included: `--pack` may name any folder by mistake.
const MAX_ENTRIES: usize = 20_000;

/// The files at the top of a pack; all others are questions.
const TOP_FILES: [&str; 3] = ["pack.toml", "syllabus.toml", "tracks.toml"];

/// One pack's folder.
pub(super) enum Folder<'a> {
    /// Inside the binary.
    Embedded(&'a Dir<'a>),
    /// On disk, as the person gave it.
    Disk(PathBuf),
}

/// A question's file, as its path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QuestionFile {
    /// The folder's name.
    pub(super) topic: String,
    /// The file's name without `.toml`.
    pub(super) stem: String,
}

impl QuestionFile {
    /// The path inside the pack.
    pub(super) fn path(&self) -> String {
        format!("{}/{}.toml", self.topic, self.stem)
    }
}

/// What lies in a folder under a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
    Other,
}

impl Folder<'_> {
    /// The folder as people are shown it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Embedded(dir) => format!("questions/{}", dir.path().display()),
            Self::Disk(path) => path.display().to_string(),
        }
    }

    /// A file of the folder as people are shown it.
    pub(super) fn shown_file(&self, path: &str) -> String {
        match self {
            Self::Embedded(_) => format!("{}/{path}", self.shown()),
            Self::Disk(folder) => folder.join(path).display().to_string(),
        }
    }

    /// The folder's name, which the pack's id must equal.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Embedded(dir) => dir.path().file_name().map(|name| name.to_string_lossy().into_owned()),
            // `.` and `..` have no name of their own until they are resolved.
            Self::Disk(path) => match path.file_name() {
                Some(name) => Some(name.to_string_lossy().into_owned()),
                None => Some(path.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned()),
            },
        }
    }

    /// Whether there is anything of this name in the folder.
    pub(super) fn has(&self, path: &str) -> bool {
        match self {
            Self::Embedded(dir) => dir.contains(dir.path().join(path)),
            Self::Disk(folder) => fs::symlink_metadata(folder.join(path)).is_ok(),
        }
    }

    /// Every question's file, by path. What can't be a part of a pack is reported and left out.
    pub(super) fn questions(&self, errors: &mut Vec<PackError>) -> Vec<QuestionFile> {
        let mut found = Vec::new();
        for (name, kind) in self.entries("", errors) {
            match kind {
                // These are read whatever they are, and what is wrong with them is said then.
                _ if TOP_FILES.contains(&name.as_str()) => {}
                Kind::Folder => self.topic(&name, &mut found, errors),
                Kind::File if !name.ends_with(".toml") => {}
                Kind::File => {
                    let message =
                        format!("doesn't belong here; put it in a topic's folder, as <topic>/{name}");
                    errors.push(PackError::whole(self.shown_file(&name), message));
                }
                Kind::Link | Kind::Other => self.refuse(&name, kind, errors),
            }
        }
        if found.len() > MAX_QUESTIONS {
            let message =
                format!("holds {} questions; split it into packs of at most {MAX_QUESTIONS}", found.len());
            errors.push(PackError::whole(self.shown(), message));
            found.truncate(MAX_QUESTIONS);
        }
        found
    }

    fn topic(&self, topic: &str, found: &mut Vec<QuestionFile>, errors: &mut Vec<PackError>) {
        for (name, kind) in self.entries(topic, errors) {
            let path = format!("{topic}/{name}");
            match (kind, name.strip_suffix(".toml")) {
                (Kind::File, Some(stem)) => {
                    found.push(QuestionFile { topic: topic.to_owned(), stem: stem.to_owned() });
                }
                (Kind::File, None) => {}
                (Kind::Folder, _) => {
                    let message =
                        "is a folder inside a topic's folder; put its questions into the topic's own folder";
                    errors.push(PackError::whole(self.shown_file(&path), message));
                }
                (Kind::Link | Kind::Other, _) => self.refuse(&path, kind, errors),
            }
        }
    }

    fn refuse(&self, path: &str, kind: Kind, errors: &mut Vec<PackError>) {
        let message = match kind {
            Kind::Link => "is a symbolic link; put the file itself here",
            _ => "is no ordinary file; remove it",
        };
        errors.push(PackError::whole(self.shown_file(path), message));
    }

    /// The names in a folder of the pack (empty path: the pack's own), in order, hidden ones left out.
    fn entries(&self, path: &str, errors: &mut Vec<PackError>) -> Vec<(String, Kind)> {
        let listed = match self {
            Self::Embedded(dir) => Ok(embedded_entries(dir, path)),
            Self::Disk(folder) => disk_entries(&folder.join(path)),
        };
        let mut entries = listed.unwrap_or_else(|error| {
            let message = format!("can't be listed: {error}");
            errors.push(PackError::whole(self.shown_file(path), message));
            Vec::new()
        });
        entries.retain(|(name, _)| !name.starts_with('.'));
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        entries
    }

    /// A file's text: UTF-8, at most 64 KiB, with `\n` as its only line end.
    pub(super) fn read(&self, path: &str) -> Result<String, PackError> {
        let shown = self.shown_file(path);
        let bytes = match self {
            Self::Embedded(dir) => match dir.get_file(dir.path().join(path)) {
                Some(file) => Ok(file.contents().to_vec()),
                None => Err(io::ErrorKind::NotFound.into()),
            },
            Self::Disk(folder) => read_bounded(&folder.join(path)),
        };
        match bytes {
            Ok(bytes) => decode(&shown, bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(PackError::whole(shown, "is missing; a pack needs this file"))
            }
            Err(error) => Err(PackError::whole(shown, format!("can't be read: {error}"))),
        }
    }
}

fn embedded_entries(dir: &Dir<'_>, path: &str) -> Vec<(String, Kind)> {
    let folder = if path.is_empty() { Some(dir) } else { dir.get_dir(dir.path().join(path)) };
    let entries = folder.map(Dir::entries).unwrap_or_default();
    let named = entries.iter().filter_map(|entry| {
        let kind = if entry.as_dir().is_some() { Kind::Folder } else { Kind::File };
        Some((entry.path().file_name()?.to_string_lossy().into_owned(), kind))
    });
    named.collect()
}

fn disk_entries(folder: &Path) -> io::Result<Vec<(String, Kind)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        if entries.len() == MAX_ENTRIES {
            return Err(io::Error::other(format!("it holds more than {MAX_ENTRIES} files")));
        }
        let entry = entry?;
        // Not `metadata`: it would look through a link.
        let kind = match entry.file_type()? {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        };
        entries.push((entry.file_name().to_string_lossy().into_owned(), kind));
    }
    Ok(entries)
}

/// Reads one byte more than allowed at most, whatever the file's size is said to be.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_symlink() {
        return Err(io::Error::other("it is a symbolic link; put the file itself here"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(shown: &str, bytes: Vec<u8>) -> Result<String, PackError> {
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("is larger than {} KiB; shorten it", MAX_FILE_BYTES / 1024);
        return Err(PackError::whole(shown, message));
    }
    match String::from_utf8(bytes) {
        // Editors on Windows leave a mark at the start and `\r` at each line's end; neither is content.
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n")),
        Err(error) => {
            let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = good.filter(|byte| **byte == b'\n').count().saturating_add(1);
            let message = "is not UTF-8 text from here on; save the file as UTF-8".to_owned();
            Err(PackError { file: shown.to_owned(), line: Some(line), field: None, message })
        }
    }
}
