//! The built-in questions, as a whole: what the pack's reader can't hold because it concerns no single file.

use std::collections::{BTreeMap, BTreeSet};

use studybot::domain::question::{Format, Level};
use studybot::packs::{Library, Pack, coverage, warnings};
use studybot::render::limits;

fn with_pack(check: impl FnOnce(&Pack)) {
    let library = Library::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    check(library.pack(&"cloud-security".parse().unwrap()).unwrap());
}

#[test]
fn the_whole_syllabus_is_asked_and_nothing_is_poor() {
    with_pack(|pack| {
        let coverage = coverage(pack);
        assert_eq!((coverage.covered, coverage.total), (93, 93), "missing: {:?}", coverage.missing);
        let warnings: Vec<String> = warnings(pack).iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{}", warnings.join("\n"));
    });
}

#[test]
fn there_are_questions_for_five_months_of_every_kind() {
    with_pack(|pack| {
        assert!(pack.questions.len() >= 110);
        let of_format = |format| pack.questions.values().filter(|question| question.format == format).count();
        let of_level = |level| pack.questions.values().filter(|question| question.level == level).count();
        assert!(Format::ALL.iter().all(|format| of_format(*format) >= 10));
        assert!(Level::ALL.iter().all(|level| of_level(*level) >= 10));
        for topic in ["ai-systems", "workloads", "infrastructure-as-code"] {
            let count = pack.questions.values().filter(|question| question.topic.as_str() == topic).count();
            assert!(count >= 8, "{topic}: {count}");
        }
    });
}

#[test]
fn every_question_has_what_learners_and_markers_need() {
    with_pack(|pack| {
        for question in pack.questions.values() {
            let id = &question.id;
            assert!((5..=8).contains(&question.criteria.len()), "{id}: criteria");
            assert!(
                question.criteria.iter().all(|criterion| criterion.examples.len() == 2),
                "{id}: examples"
            );
            assert!((2..=4).contains(&question.pitfalls.len()), "{id}: pitfalls");
            assert!((1..=3).contains(&question.references.len()), "{id}: references");
            assert!(!question.hints.is_empty() && !question.follow_ups.is_empty(), "{id}: hints, follow-ups");
            assert!(question.model_answer.split_whitespace().count() < 250, "{id}: model answer");
            assert!(!question.covers.is_empty(), "{id}: covers");
            assert_eq!(limits::findings(question), Vec::<String>::new(), "{id}");
            let code = question.model_answer.contains("```");
            assert!(question.format != Format::Coding || code, "{id}: a coding answer holds code");
        }
    });
}

#[test]
fn tracks_hold_each_question_once() {
    with_pack(|pack| {
        let lengths: BTreeMap<&str, usize> =
            pack.tracks.iter().map(|track| (track.id.as_str(), track.questions.len())).collect();
        let expected =
            [("company-loop", 20), ("getting-started", 12), ("one-week-recall", 7), ("three-weeks", 15)];
        assert_eq!(lengths, BTreeMap::from(expected));
        for track in &pack.tracks {
            let unique: BTreeSet<_> = track.questions.iter().collect();
            assert_eq!(unique.len(), track.questions.len(), "{}", track.id);
        }
    });
}

#[test]
fn a_label_that_no_platform_can_show_is_found() {
    with_pack(|pack| {
        let mut question = pack.questions.values().next().unwrap().clone();
        question.criteria[0].short = "x".repeat(72);
        assert_eq!(limits::findings(&question).len(), 1);
    });
}
