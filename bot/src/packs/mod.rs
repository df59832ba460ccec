//! Question packs: reading them from the binary and from disk, checking them, and finding questions.
//!
//! A pack is a folder with `pack.toml`, `syllabus.toml`, perhaps `tracks.toml`, and one file a question,
//! `<topic>/<id>.toml`. Reading reports everything that is wrong in one go, each with its file, line and
//! key ([`PackErrors`]); what comes out of it keeps every bound that [`Question`]'s docs give. What is
//! legal but poor is said by [`warnings`].
//!
//! Nothing here writes, opens a network connection, or reads outside the folders it is given.

mod check;
mod error;
pub mod export;
mod fields;
mod folder;
pub mod import;
mod question;
mod read;
mod schema;
mod suggest;
mod syntax;
mod template;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use include_dir::{Dir, include_dir};

use crate::domain::filter::Filter;
use crate::domain::ids::{PackId, QuestionId, Topic, TrackId};
use crate::domain::question::Question;

pub use check::{Coverage, Warning, coverage, warnings};
pub use error::{PackError, PackErrors};
pub use schema::schema;
pub use template::template;

use folder::Folder;

/// The packs that come with the program.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/questions");

/// One thing that a pack sets out to teach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyllabusItem {
    /// What questions' `covers` names it by, such as `A09`: 1 to 16 letters, digits, hyphens and dots.
    pub id: String,
    /// What it is about: 1 to 200 characters.
    pub title: String,
}

/// An ordered list of questions, such as a three-week plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Unique over all packs in use.
    pub id: TrackId,
    /// 1 to 100 characters.
    pub title: String,
    /// What it is for, in Markdown: 1 to 1,000 characters.
    pub description: String,
    /// 1 to 500 questions of the track's own pack, none twice, in the order they are asked.
    pub questions: Vec<QuestionId>,
}

/// A folder of questions, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Equal to the folder's name.
    pub id: PackId,
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Under what terms it may be used: 1 to 100 characters.
    pub licence: String,
    /// The language it is written in, as a tag such as `en`.
    pub language: String,
    /// What it is for, in Markdown: 1 to 1,000 characters.
    pub description: Option<String>,
    /// What it sets out to teach: 1 to 1,000 items.
    pub syllabus: Vec<SyllabusItem>,
    /// At most 100.
    pub tracks: Vec<Track>,
    /// 1 to 5,000.
    pub questions: BTreeMap<QuestionId, Question>,
    /// The folder as errors and warnings name it.
    pub root: String,
    /// Where things stand in the pack's files; empty for a pack that was made in memory.
    pub lines: Lines,
}

impl Pack {
    /// The file of `question`, as errors and warnings name it.
    pub fn file_of(&self, question: &Question) -> String {
        format!("{}/{}/{}.toml", self.root, question.topic, question.id)
    }

    /// The track called `id`.
    pub fn track(&self, id: &TrackId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == *id)
    }
}

/// Where things stand in a pack's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    id: Option<usize>,
    questions: BTreeMap<QuestionId, question::FieldLines>,
    tracks: BTreeMap<TrackId, usize>,
}

impl Lines {
    /// The line, counted from 1, of a key such as `prompt` or `criteria[2]` in a question's file.
    fn of(&self, question: &QuestionId, field: &str) -> Option<usize> {
        self.questions.get(question)?.get(field).copied()
    }
}

/// All packs in use. Question ids and track ids are unique over all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    packs: BTreeMap<PackId, Pack>,
}

impl Library {
    /// The packs that come with the program.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them: a mistake in the build, which a test finds first.
    pub fn embedded() -> Result<Self, PackErrors> {
        Self::read(&[])
    }

    /// The packs that come with the program and the one in each of `dirs`. A pack of the same id as one
    /// that comes with the program replaces it whole.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any pack in use, at most 1,000 errors; also an id that two packs use.
    pub fn read(dirs: &[PathBuf]) -> Result<Self, PackErrors> {
        let extra: Vec<Folder<'_>> = dirs.iter().cloned().map(Folder::Disk).collect();
        let replaced: BTreeSet<String> = extra.iter().filter_map(Folder::name).collect();
        let embedded = EMBEDDED.dirs().map(Folder::Embedded).filter(|folder| {
            folder.name().is_some_and(|name| !name.starts_with('.') && !replaced.contains(&name))
        });
        let mut packs = Vec::new();
        let mut errors = Vec::new();
        for folder in embedded.chain(extra) {
            match read::read_pack(&folder) {
                Ok(pack) => packs.push(pack),
                Err(found) => errors.extend(found),
            }
        }
        match Self::from_packs(packs) {
            Ok(library) if errors.is_empty() => Ok(library),
            Ok(_) => Err(PackErrors::new(errors)),
            Err(clashes) => {
                errors.extend(clashes.0);
                Err(PackErrors::new(errors))
            }
        }
    }

    /// A library of these packs.
    ///
    /// # Errors
    ///
    /// Every id of a pack, a question or a track that two packs use.
    pub fn from_packs(packs: Vec<Pack>) -> Result<Self, PackErrors> {
        let mut library = Self { packs: BTreeMap::new() };
        let mut errors = Vec::new();
        for pack in packs {
            library.clashes(&pack, &mut errors);
            library.packs.entry(pack.id.clone()).or_insert(pack);
        }
        if errors.is_empty() { Ok(library) } else { Err(PackErrors::new(errors)) }
    }

    /// Notes what `pack` can't have because a pack of the library has it.
    fn clashes(&self, pack: &Pack, errors: &mut Vec<PackError>) {
        let mut clash = |file: String, line: Option<usize>, field: &str, other: &Pack| {
            let message = format!("is used by the pack in {} too; rename one of them", other.root);
            errors.push(PackError { file, line, field: Some(field.to_owned()), message });
        };
        if let Some(other) = self.packs.get(&pack.id) {
            // Its questions and tracks clash too, most likely; saying so for each would bury the reason.
            return clash(format!("{}/pack.toml", pack.root), pack.lines.id, "id", other);
        }
        for question in pack.questions.values() {
            if let Some(other) = self.pack_of(&question.id) {
                clash(pack.file_of(question), pack.lines.of(&question.id, "id"), "id", other);
            }
        }
        for (index, track) in pack.tracks.iter().enumerate() {
            if let Some(other) = self.packs().find(|other| other.track(&track.id).is_some()) {
                let line = pack.lines.tracks.get(&track.id).copied();
                clash(format!("{}/tracks.toml", pack.root), line, &format!("tracks[{index}].id"), other);
            }
        }
    }

    /// Every pack, by id.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.packs.values()
    }

    /// The pack called `id`.
    pub fn pack(&self, id: &PackId) -> Option<&Pack> {
        self.packs.get(id)
    }

    /// The pack that `question` belongs to.
    pub fn pack_of(&self, question: &QuestionId) -> Option<&Pack> {
        self.packs().find(|pack| pack.questions.contains_key(question))
    }

    /// The question called `id`.
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.packs().find_map(|pack| pack.questions.get(id))
    }

    /// The track called `id`.
    pub fn track(&self, id: &TrackId) -> Option<&Track> {
        self.packs().find_map(|pack| pack.track(id))
    }

    /// Every topic that a question has, by id.
    pub fn topics(&self) -> BTreeSet<&Topic> {
        self.packs().flat_map(|pack| pack.questions.values()).map(|question| &question.topic).collect()
    }

    /// The questions that `filter` lets through, by id.
    pub fn matching(&self, filter: &Filter) -> Vec<QuestionId> {
        let chosen = self
            .packs()
            .flat_map(|pack| pack.questions.values().filter(|question| filter.matches(&pack.id, question)));
        let ids: BTreeSet<&QuestionId> = chosen.map(|question| &question.id).collect();
        ids.into_iter().cloned().collect()
    }
}
