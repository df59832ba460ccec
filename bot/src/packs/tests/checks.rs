//! What is legal but poor.

use crate::packs::{Pack, coverage, warnings};

use super::{QUESTION, Sample, replaced};

fn pack(sample: &Sample) -> Pack {
    let library = sample.read().unwrap_or_else(|errors| panic!("{errors}"));
    library.pack(&"sample".parse().unwrap()).unwrap().clone()
}

/// The warnings of a pack, each as `line: field: message`, the syllabus's left out.
fn found(sample: &Sample) -> Vec<String> {
    let warnings = warnings(&pack(sample));
    let about_questions = warnings.into_iter().filter(|warning| !warning.file.ends_with("syllabus.toml"));
    about_questions
        .map(|w| format!("{}: {}: {}", w.line.unwrap_or(0), w.field.unwrap_or_default(), w.message))
        .collect()
}

#[test]
fn a_good_question_has_no_warnings() {
    assert_eq!(found(&Sample::new()), Vec::<String>::new());
}

#[test]
fn each_poor_thing_is_named() {
    let long_answer = "word ".repeat(251);
    let cases: [(&str, &str, &str); 8] = [
        (
            "What is still possible right now?",
            "First somebody reads the audit trail.",
            "13: hints[0]: gives the criterion `logs` away",
        ),
        (
            "What do you do?",
            "Do you look in the audit trail for what was done with it?",
            "9: prompt: gives the criterion `logs` away",
        ),
        ("Finds the reach", "reads the Audit trail", "34: criteria[2].short: reads like that of `logs`"),
        (
            "Works out which systems and data were within its reach",
            "Looks in the audit trail for what it had done",
            "34: criteria[2].text: says nearly what `logs` says",
        ),
        ("examples = [\"check CloudTrail\"]", "", "27: criteria[1].examples: is missing"),
        ("examples = [\"check CloudTrail\"]", "examples = []", "27: criteria[1].examples: is missing"),
        ("Deactivate it", &long_answer, "14: model_answer: has 258 words"),
        (
            "[[references]]\ntitle = \"AWS: what to do about a leaked key\"\nurl = \"https://docs.aws.amazon.com/keys\"\n",
            "",
            "1: references: is missing",
        ),
    ];
    for (old, new, expected) in cases {
        let sample = Sample::new();
        sample.put_question(old, new);
        let found = found(&sample);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{new:?}: wanted {expected}, got {found:#?}"
        );
    }
}

#[test]
fn near_duplicate_questions() {
    let sample = Sample::new();
    let copy = replaced(QUESTION, "id = \"leaked-key\"", "id = \"lost-key\"");
    sample.put("incidents/lost-key.toml", replaced(&copy, "turned up", "was found"));
    let found = found(&sample);
    assert_eq!(found, ["9: prompt: asks nearly what `leaked-key` asks; drop one or set them apart"]);
}

#[test]
fn coverage_counts_syllabus_items() {
    let sample = Sample::new();
    let coverage = coverage(&pack(&sample));
    assert_eq!(coverage.to_string(), "1 of 2 covered");
    assert_eq!(coverage.missing, ["A02"]);
    let warnings = warnings(&pack(&sample));
    let last = warnings.last().unwrap().to_string();
    assert!(last.ends_with("syllabus.toml: items: 1 of 2 covered; no question covers A02"), "{last}");
}
