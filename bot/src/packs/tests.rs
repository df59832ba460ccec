//! Tests of reading and checking, and the valid pack they start from.

mod checks;
mod folders;
mod library;
mod malformed;
mod robustness;

use std::fs;
use std::path::{Path, PathBuf};

use super::{Library, PackError, PackErrors};

pub(super) const PACK: &str = r#"id = "sample"
name = "A sample"
licence = "CC-BY-4.0"
language = "en"
"#;

pub(super) const SYLLABUS: &str = r#"[[items]]
id = "A01"
title = "Keys and who holds them"

[[items]]
id = "A02"
title = "What an incident's first hour is for"
"#;

pub(super) const TRACKS: &str = r#"[[tracks]]
id = "first-days"
title = "The first days"
description = "A start for somebody new."
questions = ["leaked-key"]
"#;

/// A question without a fault. The tables of malformed files name its lines.
pub(super) const QUESTION: &str = r#"id = "leaked-key"
title = "A leaked key"
format = "scenario"
topic = "incidents"
level = "practitioner"
providers = ["aws"]
covers = ["A01"]
minutes = 10
prompt = """
A long-lived credential turned up in a public repository.
What do you do?
"""
hints = ["What is still possible right now?"]
model_answer = """
Deactivate it, then look at what it did.
"""
follow_ups = ["How would you keep it from happening again?"]

[[criteria]]
id = "revoke"
short = "Revokes first"
text = "Revokes or rotates the credential before anything else"
weight = 3
examples = ["kill the key right away"]
before = ["logs"]

[[criteria]]
id = "logs"
short = "Reads the audit trail"
text = "Looks in the audit trail for what was done with it"
weight = 2
examples = ["check CloudTrail"]

[[criteria]]
id = "scope"
short = "Finds the reach"
text = "Works out which systems and data were within its reach"
weight = 2
examples = ["what could that role do"]

[[criteria]]
id = "tell"
short = "Tells people"
text = "Informs the owner and the incident lead early on"
weight = 1
examples = ["page the owner"]

[[pitfalls]]
text = "Deletes the commit and calls it done."

[[references]]
title = "AWS: what to do about a leaked key"
url = "https://docs.aws.amazon.com/keys"
"#;

/// A folder `sample` in a temporary place, with files by path.
pub(super) struct Sample {
    place: tempfile::TempDir,
}

impl Sample {
    /// The valid pack.
    pub(super) fn new() -> Self {
        let sample = Self { place: tempfile::tempdir().unwrap() };
        sample.put("pack.toml", PACK);
        sample.put("syllabus.toml", SYLLABUS);
        sample.put("tracks.toml", TRACKS);
        sample.put("incidents/leaked-key.toml", QUESTION);
        sample
    }

    pub(super) fn root(&self) -> PathBuf {
        self.place.path().join("sample")
    }

    pub(super) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    /// Puts the valid question with `old` replaced by `new`.
    pub(super) fn put_question(&self, old: &str, new: &str) {
        self.put("incidents/leaked-key.toml", replaced(QUESTION, old, new));
    }

    pub(super) fn read(&self) -> Result<Library, PackErrors> {
        Library::read(&[self.root()])
    }

    /// What is wrong with the pack, with `file` shown from inside it.
    pub(super) fn errors(&self) -> Vec<PackError> {
        let mut errors = self.read().err().map(|errors| errors.0).unwrap_or_default();
        for error in &mut errors {
            if let Ok(inside) = Path::new(&error.file).strip_prefix(self.root()) {
                error.file = inside.display().to_string();
            }
        }
        errors
    }
}

pub(super) fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "the sample has no {old:?}");
    text.replacen(old, new, 1)
}
