//! `studybot questions`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use studybot::config::Packs;
use studybot::domain::ids::{PackId, QuestionId, RoundId, Timestamp, Topic};
use studybot::domain::plain;
use studybot::domain::question::{Format, Level};
use studybot::packs::{Pack, coverage, export, import, schema, template, warnings};
use studybot::render::limits;
use studybot::render::round::{Stage, Ways, facts, question, reveal};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check the packs; errors name file, line and field
    Check(Packs),
    /// List the questions
    List(Packs),
    /// Show a question as learners see it, before and after the reveal
    Show {
        /// The question's id
        id: QuestionId,
        #[command(flatten)]
        packs: Packs,
    },
    /// Count the questions by topic, format and level, and what of the syllabus they cover
    Stats(Packs),
    /// Begin a question: a file with every key explained
    New {
        /// The question's id, such as leaked-key-first-thirty-minutes
        id: QuestionId,
        /// The topic, such as incident-response
        #[arg(long)]
        topic: Topic,
        /// The pack's folder; without it, the file is printed
        #[arg(long, value_name = "DIR")]
        pack: Option<PathBuf>,
    },
    /// Print the question format as JSON Schema, for editors
    Schema,
    /// Turn a Markdown list (a heading or bold line a question, bullets its points) into drafts
    Import {
        /// The list
        list: PathBuf,
        /// The topic of the drafts
        #[arg(long)]
        topic: Topic,
        /// The folder to write them to, as TOPIC/ID.toml; what is there already is left alone
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Print a pack for other programs
    Export {
        /// What to print
        #[arg(value_enum)]
        kind: ExportKind,
        /// Which pack, where there are several
        #[arg(long = "of", value_name = "PACK")]
        pack: Option<PackId>,
        #[command(flatten)]
        packs: Packs,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum ExportKind {
    /// One document to read or print
    Markdown,
    /// A text file for Anki's import; its notes keep their ids
    Anki,
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(packs) => self::check(packs),
        Command::List(packs) => list(packs),
        Command::Show { id, packs } => show(id, packs),
        Command::Stats(packs) => stats(packs),
        Command::New { id, topic, pack } => new(id, topic, pack.as_deref()),
        Command::Schema => {
            say!("{:#}", schema());
            Ok(ExitCode::SUCCESS)
        }
        Command::Import { list, topic, out } => import_list(list, topic, out),
        Command::Export { kind, pack, packs } => export_pack(*kind, pack.as_ref(), packs),
    }
}

fn check(packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    let mut warned = 0;
    for pack in library.packs() {
        let found = warnings(pack);
        for warning in &found {
            say!("{warning}");
        }
        warned += found.len();
        for question in pack.questions.values() {
            for finding in limits::findings(question) {
                warned += 1;
                say!("{}: {finding}", pack.file_of(question));
            }
        }
        say!("{}: {} questions, {}", pack.id, pack.questions.len(), coverage(pack));
    }
    say!("{}", if warned == 0 { "No warnings." } else { "No errors; the warnings are above." });
    Ok(ExitCode::SUCCESS)
}

fn list(packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    for pack in library.packs() {
        say!("{} ({}, {})", pack.name, pack.licence, pack.language);
        for item in pack.questions.values() {
            say!("  {:<48} {}", item.id, facts(&item.face()));
        }
        for track in &pack.tracks {
            say!("  track {:<42} {} questions: {}", track.id, track.questions.len(), track.title);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(id: &QuestionId, packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    let item = library.question(id).with_context(|| {
        format!("There is no question {id}; `studybot questions list` shows those there are.")
    })?;
    let shown = RoundId(1);
    let ways = Ways { sealed: false, late: false };
    let posted = question(shown, &item.face(), Stage::Open(Timestamp(0)), ways);
    // The last block says when answers close, which nobody knows here.
    let blocks = &posted.blocks[..posted.blocks.len().saturating_sub(1)];
    say!("{}\n", plain::text(blocks));
    for hint in &item.hints {
        say!("Hint: {hint}\n");
    }
    say!("---- after the reveal ----\n");
    let revealed = reveal(shown, item, Timestamp(0), 0);
    let blocks = &revealed.blocks[..revealed.blocks.len().saturating_sub(1)];
    say!("{}", plain::text(blocks));
    Ok(ExitCode::SUCCESS)
}

fn stats(packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    for pack in library.packs() {
        say!("{}: {} questions, {} of the syllabus\n", pack.name, pack.questions.len(), coverage(pack));
        print_table(pack);
    }
    Ok(ExitCode::SUCCESS)
}

/// Topics down, formats and levels across.
fn print_table(pack: &Pack) {
    let columns: Vec<&str> =
        Format::ALL.iter().map(|it| it.as_str()).chain(Level::ALL.iter().map(|it| it.as_str())).collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for question in pack.questions.values() {
        for row in [question.topic.as_str(), "\u{10ffff}all"] {
            let counts = rows.entry(row).or_default();
            for column in [question.format.as_str(), question.level.as_str(), ""] {
                *counts.entry(column).or_default() += 1;
            }
        }
    }
    let width = |column: &str| column.len().max(5);
    let heads: String = columns.iter().map(|column| format!("  {column:>0$}", width(column))).collect();
    say!("{:<24}{heads}  {:>5}", "", "all");
    for (row, counts) in &rows {
        let count = |column: &str| counts.get(column).copied().unwrap_or(0);
        let cells: String =
            columns.iter().map(|column| format!("  {:>1$}", count(column), width(column))).collect();
        say!("{:<24}{cells}  {:>5}", row.trim_start_matches('\u{10ffff}'), count(""));
    }
}

fn new(id: &QuestionId, topic: &Topic, pack: Option<&Path>) -> anyhow::Result<ExitCode> {
    let text = template(id, topic);
    match pack {
        Some(pack) => {
            let path = write_new(pack, topic, id, &text)?;
            say!(
                "Begun: {}. `studybot questions check --pack {}` tells what is left.",
                path.display(),
                pack.display()
            );
        }
        None => say!("{}", text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Never writes over a file: somebody's work may be in it.
fn write_new(folder: &Path, topic: &Topic, id: &QuestionId, text: &str) -> anyhow::Result<PathBuf> {
    let folder = folder.join(topic.as_str());
    let path = folder.join(format!("{id}.toml"));
    std::fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("{} can't be written", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("{} can't be written", path.display()))?;
    Ok(path)
}

fn import_list(list: &Path, topic: &Topic, out: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(list).with_context(|| format!("{} can't be read", list.display()))?;
    let found = import::read_list(&text)?;
    let mut unwritten = 0;
    for draft in &found.drafts {
        match write_new(out, topic, &draft.id, &import::file(draft, topic)) {
            Ok(path) => say!("{}  (line {}, {} points)", path.display(), draft.line, draft.points.len()),
            Err(error) => {
                unwritten += 1;
                eprintln!("line {}: {error:#}", draft.line);
            }
        }
    }
    for (line, text) in &found.unread {
        say!("line {line} was not read: {text}");
    }
    say!(
        "{} drafts written, {} lines not read. Drafts need a prompt, a model answer and points that can be marked.",
        found.drafts.len() - unwritten,
        found.unread.len()
    );
    Ok(if unwritten == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn export_pack(kind: ExportKind, wanted: Option<&PackId>, packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    let mut of = library.packs().filter(|pack| wanted.is_none_or(|wanted| *wanted == pack.id));
    let pack = match (of.next(), of.next()) {
        (Some(pack), None) => pack,
        (None, _) => bail!("There is no such pack; `studybot questions list` shows those there are."),
        (Some(_), Some(_)) => bail!("There are several packs; say which with --of."),
    };
    let text = match kind {
        ExportKind::Markdown => export::markdown(pack),
        ExportKind::Anki => export::anki(pack),
    };
    say!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}
