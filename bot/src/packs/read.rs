//! One pack's folder, read and checked as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::{PackId, QuestionId, TrackId};
use crate::domain::question::Question;

use super::error::{PackError, excerpt};
use super::fields::{Table, Text, Value, read_document};
use super::folder::{Folder, QuestionFile};
use super::question::{self, FieldLines, ITEM_ID};
use super::{Lines, Pack, SyllabusItem, Track};

const NAME: Text = Text::line(100);
const ITEM_TITLE: Text = Text::line(200);
const DESCRIPTION: Text = Text::block(1_000);

/// What `pack.toml` says.
struct Head {
    id: PackId,
    id_line: usize,
    name: String,
    licence: String,
    language: String,
    description: Option<String>,
}

/// Reads the pack in `folder`, or says everything that is wrong with it.
pub(super) fn read_pack(folder: &Folder<'_>) -> Result<Pack, Vec<PackError>> {
    // Without it this is probably no pack at all, and a list of all that is odd about it helps nobody.
    if !folder.has("pack.toml") {
        let message =
            "is missing; a pack's folder has a pack.toml with the keys id, name, licence and language";
        return Err(vec![PackError::whole(folder.shown_file("pack.toml"), message)]);
    }
    let mut reading = Reading { folder, errors: Vec::new() };
    let files = folder.questions(&mut reading.errors);
    if files.is_empty() && reading.errors.is_empty() {
        let message = "holds no questions; add one as <topic>/<id>.toml";
        reading.errors.push(PackError::whole(folder.shown(), message));
    }
    let folder_name = folder.name();
    let head = reading.file("pack.toml", |file| read_head(file, folder_name.as_deref()));
    let syllabus = reading.file("syllabus.toml", read_syllabus);
    let questions = reading.questions(&files, syllabus.as_deref());
    let tracks = match folder.has("tracks.toml") {
        true => reading.file("tracks.toml", |file| read_tracks(file, &files)),
        false => Some(Vec::new()),
    };
    match (head, syllabus, tracks) {
        (Some(head), Some(syllabus), Some(tracks)) if reading.errors.is_empty() => {
            Ok(assemble(folder.shown(), head, syllabus, tracks, questions))
        }
        _ => Err(reading.errors),
    }
}

fn assemble(
    root: String,
    head: Head,
    syllabus: Vec<SyllabusItem>,
    tracks: Vec<(Track, usize)>,
    questions: Vec<(Question, FieldLines)>,
) -> Pack {
    let Head { id, id_line, name, licence, language, description } = head;
    let mut lines = Lines { id: Some(id_line), ..Lines::default() };
    let mut pack_tracks = Vec::with_capacity(tracks.len());
    for (track, line) in tracks {
        lines.tracks.insert(track.id.clone(), line);
        pack_tracks.push(track);
    }
    let mut pack_questions = BTreeMap::new();
    for (question, fields) in questions {
        lines.questions.insert(question.id.clone(), fields);
        pack_questions.insert(question.id.clone(), question);
    }
    let (tracks, questions) = (pack_tracks, pack_questions);
    Pack { id, name, licence, language, description, syllabus, tracks, questions, root, lines }
}

/// One pass over a pack's files, with the errors so far.
struct Reading<'f> {
    folder: &'f Folder<'f>,
    errors: Vec<PackError>,
}

impl Reading<'_> {
    /// Reads one file, or notes what is wrong with it.
    fn file<T>(&mut self, path: &str, read: impl FnOnce(&Table<'_>) -> Option<T>) -> Option<T> {
        let shown = self.folder.shown_file(path);
        let result = match self.folder.read(path) {
            Ok(text) => read_document(&shown, &text, read),
            Err(error) => Err(vec![error]),
        };
        result.map_err(|errors| self.errors.extend(errors)).ok()
    }

    fn questions(
        &mut self,
        files: &[QuestionFile],
        syllabus: Option<&[SyllabusItem]>,
    ) -> Vec<(Question, FieldLines)> {
        let known: Option<BTreeSet<String>> =
            syllabus.map(|items| items.iter().map(|item| item.id.clone()).collect());
        let mut first: BTreeMap<&str, &QuestionFile> = BTreeMap::new();
        let mut questions = Vec::new();
        for file in files {
            let earlier = *first.entry(file.stem.as_str()).or_insert(file);
            let read = self.file(&file.path(), |table| {
                if earlier != file {
                    let other = self.folder.shown_file(&earlier.path());
                    table.fail("id", format!("is the id of {other} too; give each question its own"));
                }
                question::read(table, file, known.as_ref())
            });
            questions.extend(read);
        }
        questions
    }
}

fn read_head(file: &Table<'_>, folder_name: Option<&str>) -> Option<Head> {
    file.only(&["id", "name", "licence", "language", "description"], &[]);
    let id: Option<PackId> = file.id("id");
    if let (Some(id), Some(name)) = (&id, folder_name)
        && id.as_str() != name
    {
        let message =
            format!("`{id}` differs from the folder's name, `{}`; make them the same", excerpt(name));
        file.fail("id", message);
    }
    let name = file.text("name", NAME);
    let licence = file.text("licence", NAME);
    let language = file.text("language", NAME);
    if language.as_deref().is_some_and(|language| !is_language(language)) {
        file.fail("language", "is not a language tag; give one such as en, de or pt-BR");
    }
    let description = match file.optional("description") {
        Some(value) => value.text(DESCRIPTION).map(Some),
        None => Some(None),
    };
    let id_line = file.line_of("id");
    Some(Head {
        id: id?,
        id_line,
        name: name?,
        licence: licence?,
        language: language?,
        description: description?,
    })
}

/// The shape of a language tag (BCP 47): a language of 2 or 3 letters, then at most 3 parts of 2 to 8.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && rest.len() <= 3
        && rest
            .iter()
            .all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn read_syllabus(file: &Table<'_>) -> Option<Vec<SyllabusItem>> {
    file.only(&["items"], &[]);
    let mut seen = BTreeSet::new();
    let read = |item: &Table<'_>| {
        item.only(&["id", "title"], &["items"]);
        let id = item.text("id", ITEM_ID);
        if let Some(id) = &id {
            if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
                item.fail("id", "is not a valid id here; use letters, digits, hyphens and dots, such as A09");
            }
            if !seen.insert(id.clone()) {
                item.fail("id", format!("`{id}` is the id of an earlier item too; give each its own"));
            }
        }
        let title = item.text("title", ITEM_TITLE);
        Some(SyllabusItem { id: id?, title: title? })
    };
    file.tables("items", 1..=1_000)?.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

/// Reads the tracks, each with the line it begins on.
fn read_tracks(file: &Table<'_>, files: &[QuestionFile]) -> Option<Vec<(Track, usize)>> {
    file.only(&["tracks"], &[]);
    // By file, not by question read: a question with errors of its own is no error of the track's.
    let known: BTreeSet<&str> = files.iter().map(|file| file.stem.as_str()).collect();
    let mut seen = BTreeSet::new();
    let read = |table: &Table<'_>| {
        table.only(&["id", "title", "description", "questions"], &["tracks"]);
        let id: Option<TrackId> = table.id("id");
        if let Some(id) = &id
            && !seen.insert(id.clone())
        {
            table.fail("id", format!("`{id}` is the id of an earlier track too; give each its own"));
        }
        let title = table.text("title", NAME);
        let description = table.text("description", DESCRIPTION);
        let questions = table.distinct("questions", 1..=500, |value| known_question(value, &known));
        let track = Track { id: id?, title: title?, description: description?, questions: questions? };
        Some((track, table.line()))
    };
    file.tables("tracks", 0..=100)?.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn known_question(value: &Value<'_>, known: &BTreeSet<&str>) -> Option<QuestionId> {
    let id: QuestionId = value.id()?;
    if !known.contains(id.as_str()) {
        value.fail(format!(
            "`{id}` is not a question of this pack; give the name of one of its files without .toml"
        ));
    }
    Some(id)
}
