//! `studybot questions`.

use std::process::ExitCode;

use anyhow::Context;
use studybot::config::Packs;
use studybot::domain::ids::{QuestionId, RoundId, Timestamp};
use studybot::domain::plain;
use studybot::packs::{coverage, warnings};
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
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(packs) => self::check(packs),
        Command::List(packs) => list(packs),
        Command::Show { id, packs } => show(id, packs),
    }
}

fn check(packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    let mut warned = 0;
    for pack in library.packs() {
        let found = warnings(pack);
        for warning in &found {
            out!("{warning}");
        }
        warned += found.len();
        out!("{}: {} questions, {}", pack.id, pack.questions.len(), coverage(pack));
    }
    out!("{}", if warned == 0 { "No warnings." } else { "No errors; the warnings are above." });
    Ok(ExitCode::SUCCESS)
}

fn list(packs: &Packs) -> anyhow::Result<ExitCode> {
    let library = super::library(packs)?;
    for pack in library.packs() {
        out!("{} ({}, {})", pack.name, pack.licence, pack.language);
        for item in pack.questions.values() {
            out!("  {:<48} {}", item.id, facts(&item.face()));
        }
        for track in &pack.tracks {
            out!("  track {:<42} {} questions: {}", track.id, track.questions.len(), track.title);
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
    out!("{}\n", plain::text(blocks));
    for hint in &item.hints {
        out!("Hint: {hint}\n");
    }
    out!("---- after the reveal ----\n");
    let revealed = reveal(shown, item, Timestamp(0), 0);
    let blocks = &revealed.blocks[..revealed.blocks.len().saturating_sub(1)];
    out!("{}", plain::text(blocks));
    Ok(ExitCode::SUCCESS)
}
