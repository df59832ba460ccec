//! Tables of malformed files: each names its file, line and key, and says what would be right.

use super::{PACK, SYLLABUS, Sample, TRACKS, replaced};

/// What to replace by what, and the line, the field (empty: none) and a part of the message that must come of it.
type Case<'a> = (&'a str, &'a str, usize, &'a str, &'a str);

fn check(file: &str, valid: &str, cases: &[Case<'_>]) {
    for (old, new, line, field, message) in cases {
        let sample = Sample::new();
        sample.put(file, replaced(valid, old, new));
        let errors = sample.errors();
        let found = errors.iter().any(|error| {
            error.file == file
                && error.line == Some(*line)
                && error.field.as_deref().unwrap_or_default() == *field
                && error.message.contains(message)
        });
        let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(found, "{old:?} -> {new:?}\nwanted {file}:{line}: {field}: …{message}…\ngot {shown:#?}");
        assert_eq!(errors.len(), 1, "{old:?} -> {new:?}: one mistake, one error, got {shown:#?}");
    }
}

fn check_question(cases: &[Case<'_>]) {
    check("incidents/leaked-key.toml", super::QUESTION, cases);
}

#[test]
fn syntax() {
    check_question(&[
        ("\"A leaked key\"", "A leaked key", 2, "title", "text without quotes"),
        ("\"A leaked key\"", "", 2, "title", "the value is missing"),
        ("\"A leaked key\"", "\"A leaked key", 2, "title", "no closing quote"),
        ("\"A leaked key\"", "\"A \"leaked\" key\"", 2, "title", "write a quote as"),
        ("level = ", "title = \"Again\"\nlevel = ", 5, "title", "given twice"),
        ("= [\"aws\"]", "= [\"aws\"", 6, "providers", "or its closing bracket"),
        ("[\"aws\"]", "[\"aws\" \"gcp\"]", 6, "providers", "lacks a comma"),
        ("What do", "What\u{1} do", 11, "prompt", "holds a control character"),
        ("leaked key\"", "leaked\u{1} key\"", 2, "title", "holds a control character"),
        ("turned up", "turned \\up", 10, "prompt", "not valid TOML"),
        ("turned up", "turned \\qp", 10, "prompt", "write a backslash as"),
        ("minutes = 10", "minutes: 10", 8, "", "expected `key = value`"),
        ("[[pitfalls]]", "[[pitfalls]", 48, "", "write [[name]]"),
        ("weight = 2", "weight = high", 31, "criteria[1].weight", "text without quotes"),
        ("/keys\"\n", "/keys\"\nx = '''a\nb\n", 54, "references[0].x", "no closing '''"),
        ("/keys\"\n", "/keys\"\nx = \"\"\"a\nb\n", 54, "references[0].x", "no closing \"\"\""),
    ]);
}

#[test]
fn keys() {
    check_question(&[
        ("title = \"A leaked", "titel = \"x\"\ntitle = \"A leaked", 2, "titel", "did you mean `title`?"),
        ("minutes = 10", "minutes = 10\nauthor = \"me\"", 9, "author", "the keys known here are id, title"),
        ("weight = 1", "weight = 1\nwieght = 1", 46, "criteria[3].wieght", "did you mean `weight`?"),
        ("weight = 1", "weight = 1\nlevel = \"senior\"", 46, "criteria[3].level", "above the first [[…]]"),
        ("\nlevel = \"practitioner\"", "", 1, "level", "is missing"),
        ("weight = 3\n", "", 19, "criteria[0].weight", "is missing"),
        ("url = \"https://docs.aws.amazon.com/keys\"\n", "", 51, "references[0].url", "is missing"),
        ("text = \"Deletes the commit and calls it done.\"\n", "", 48, "pitfalls[0].text", "is missing"),
    ]);
}

#[test]
fn types() {
    check_question(&[
        ("\"A leaked key\"", "7", 2, "title", "is a whole number; it must be text in quotes"),
        ("minutes = 10", "minutes = \"10\"", 8, "minutes", "is text; it must be a whole number"),
        ("minutes = 10", "minutes = 1.5", 8, "minutes", "decimal point; it must be a whole number"),
        ("[\"A01\"]", "\"A01\"", 7, "covers", "is text; it must be a list"),
        ("[\"A01\"]", "[true]", 7, "covers[0]", "it must be text in quotes"),
        ("[[pitfalls]]", "[pitfalls]", 48, "pitfalls", "two brackets"),
    ]);
    let list = replaced(super::QUESTION, "follow_ups", "pitfalls = [\n  \"x\"]\nfollow_ups");
    let list = replaced(&list, "[[pitfalls]]\ntext = \"Deletes the commit and calls it done.\"\n", "");
    let message = "is text; it must be a table, written as [[pitfalls]]";
    check(
        "incidents/leaked-key.toml",
        super::QUESTION,
        &[(super::QUESTION, &list, 18, "pitfalls[0]", message)],
    );
}

#[test]
fn ranges_and_bounds() {
    let long = |count: usize| format!("\"{}\"", "é".repeat(count));
    let list = |count: usize| format!("[{}]", "\"x\", ".repeat(count));
    let pitfalls = format!("{}[[pitfalls]]", "[[pitfalls]]\ntext = \"x\"\n".repeat(8));
    let references =
        format!("{}[[references]]", "[[references]]\ntitle = \"x\"\nurl = \"https://a.b\"\n".repeat(5));
    let url = format!("https://a.b/{}", "x".repeat(290));
    check_question(&[
        ("weight = 3", "weight = 5", 23, "criteria[0].weight", "5 is out of range; give 1, 2 or 3"),
        ("weight = 3", "weight = -1", 23, "criteria[0].weight", "-1 is out of range"),
        ("minutes = 10", "minutes = 0", 8, "minutes", "0 is out of range; give 1 to 120"),
        ("minutes = 10", "minutes = 99999999999999999999999", 8, "minutes", "out of range"),
        ("\"A leaked key\"", &long(101), 2, "title", "has 101 characters; shorten it to at most 100"),
        ("\"A leaked key\"", "\"  \"", 2, "title", "is empty; give 1 to 100 characters"),
        ("\"Revokes first\"", &long(61), 21, "criteria[0].short", "at most 60"),
        (
            "\"Revokes or rotates the credential before anything else\"",
            &long(301),
            22,
            "criteria[0].text",
            "300",
        ),
        ("\"kill the key right away\"", &long(201), 24, "criteria[0].examples[0]", "at most 200"),
        ("\"What is still possible right now?\"", &long(501), 13, "hints[0]", "at most 500"),
        ("[\"What is still possible right now?\"]", &list(6), 13, "hints", "has 6 entries; give at most 5"),
        ("[\"How would you keep it from happening again?\"]", &list(6), 17, "follow_ups", "at most 5"),
        ("[\"kill the key right away\"]", &list(7), 24, "criteria[0].examples", "at most 6"),
        ("\"Deletes the commit and calls it done.\"", &long(301), 49, "pitfalls[0].text", "at most 300"),
        ("[[pitfalls]]", &pitfalls, 48, "pitfalls", "has 9 entries; give at most 8"),
        ("[[references]]", &references, 51, "references", "has 6 entries; give at most 5"),
        ("\"AWS: what to do about a leaked key\"", &long(121), 52, "references[0].title", "at most 120"),
        ("https://docs.aws.amazon.com/keys", &url, 53, "references[0].url", "at most 300"),
        ("What do you do?", &"x".repeat(3_001), 9, "prompt", "at most 3000"),
        ("Deactivate it", &"x".repeat(4_001), 14, "model_answer", "at most 4000"),
    ]);
}

#[test]
fn too_few_criteria() {
    check_question(&[(
        "[[criteria]]\nid = \"tell\"\nshort = \"Tells people\"\ntext = \"Informs the owner and the incident lead early on\"\nweight = 1\nexamples = [\"page the owner\"]\n",
        "",
        19,
        "criteria",
        "has 3 entries; give 4 to 10",
    )]);
}

#[test]
fn words_and_characters() {
    check_question(&[
        (
            "\"scenario\"",
            "\"incident\"",
            3,
            "format",
            "technical, system-design, scenario, coding or behavioural",
        ),
        ("\"practitioner\"", "\"expert\"", 5, "level", "give foundation, practitioner or senior"),
        ("[\"aws\"]", "[\"aws\", \"oracle\"]", 6, "providers[1]", "give aws, azure or gcp"),
        ("[\"aws\"]", "[\"aws\", \"aws\"]", 6, "providers[1]", "in this list twice"),
        ("turned up", "turned\\u001b[2Jup", 9, "prompt", "control character U+001B"),
        ("\"A leaked key\"", "\"A leaked\\tkey\"", 2, "title", "control character U+0009"),
        ("\"A leaked key\"", "\"A leaked\\nkey\"", 2, "title", "write it on one"),
        ("\"A leaked key\"", "\"A leaked\\u0085key\"", 2, "title", "control character U+0085"),
    ]);
}

#[test]
fn what_must_agree() {
    check_question(&[
        ("id = \"leaked-key\"", "id = \"leaky-key\"", 1, "id", "differs from the file's name, `leaked-key`"),
        ("\"incidents\"", "\"iam\"", 4, "topic", "differs from the folder's name, `incidents`"),
        ("[\"A01\"]", "[\"A01\", \"A99\"]", 7, "covers[1]", "`A99` is not in the pack's syllabus.toml"),
        ("id = \"scope\"", "id = \"revoke\"", 35, "criteria[2].id", "an earlier criterion too"),
        ("id = \"scope\"", "id = \"The Scope\"", 35, "criteria[2].id", "`The Scope` is not a valid id"),
        ("[\"logs\"]", "[\"log\"]", 25, "criteria[0].before[0]", "`log` is not a criterion"),
        ("[\"logs\"]", "[\"revoke\"]", 25, "criteria[0].before[0]", "the criterion itself"),
        (
            "[\"check CloudTrail\"]",
            "[]\nbefore = [\"revoke\"]",
            25,
            "criteria[0].before",
            "revoke before logs before revoke",
        ),
        ("https://", "http://", 53, "references[0].url", "begins with https://"),
        ("https://docs.aws.amazon.com/keys", "https://", 53, "references[0].url", "names no site"),
        ("https://docs", "https://me@docs", 53, "references[0].url", "names no site"),
        ("com/keys", "com/a b", 53, "references[0].url", "percent-encoded"),
        ("com/keys", "com/a|b", 53, "references[0].url", "percent-encoded"),
    ]);
}

#[test]
fn pack_file() {
    check(
        "pack.toml",
        PACK,
        &[
            ("\"sample\"", "\"simple\"", 1, "id", "differs from the folder's name, `sample`"),
            ("name = \"A sample\"\n", "", 1, "name", "is missing"),
            ("\"en\"", "\"English\"", 4, "language", "such as en, de or pt-BR"),
        ],
    );
}

#[test]
fn syllabus_file() {
    check(
        "syllabus.toml",
        SYLLABUS,
        &[
            ("id = \"A02\"", "id = \"A01\"", 6, "items[1].id", "an earlier item too"),
            ("id = \"A02\"", "id = \"A 2\"", 6, "items[1].id", "such as A09"),
            ("title = \"Keys and who holds them\"\n", "", 1, "items[0].title", "is missing"),
            (
                "id = \"A02\"",
                "id = \"A02\"\nname = \"x\"",
                7,
                "items[1].name",
                "the keys known here are id, title",
            ),
        ],
    );
}

#[test]
fn tracks_file() {
    let twice = format!("{TRACKS}{TRACKS}");
    check(
        "tracks.toml",
        TRACKS,
        &[
            (
                "[\"leaked-key\"]",
                "[\"leaked-key\", \"lost-key\"]",
                5,
                "tracks[0].questions[1]",
                "`lost-key` is not a question",
            ),
            ("[\"leaked-key\"]", "[\"leaked-key\", \"leaked-key\"]", 5, "tracks[0].questions[1]", "twice"),
            ("[\"leaked-key\"]", "[]", 5, "tracks[0].questions", "has 0 entries; give 1 to 500"),
            ("\"first-days\"", "\"First days\"", 2, "tracks[0].id", "is not a valid id"),
            (TRACKS, &twice, 7, "tracks[1].id", "an earlier track too"),
        ],
    );
}

#[test]
fn everything_is_said_in_one_go() {
    let sample = Sample::new();
    sample.put("pack.toml", replaced(PACK, "\"en\"", "3"));
    sample.put("tracks.toml", replaced(TRACKS, "leaked-key", "gone"));
    let question = replaced(super::QUESTION, "minutes = 10", "minutes = 0");
    let question = replaced(&question, "weight = 3", "weight = 9");
    sample.put("incidents/leaked-key.toml", replaced(&question, "https://", "ftp://"));
    let errors = sample.errors();
    let places: Vec<(&str, Option<usize>)> = errors.iter().map(|e| (e.file.as_str(), e.line)).collect();
    let question = "incidents/leaked-key.toml";
    let expected = [(question, 8), (question, 23), (question, 53), ("pack.toml", 4), ("tracks.toml", 5)];
    assert_eq!(places, expected.map(|(file, line)| (file, Some(line))));
}

#[test]
fn an_error_reads_like_a_compilers() {
    let sample = Sample::new();
    sample.put_question("weight = 3", "weight = 5");
    let shown = sample.read().unwrap_err().to_string();
    let file = sample.root().join("incidents/leaked-key.toml");
    assert_eq!(
        shown,
        format!("{}:23: criteria[0].weight: 5 is out of range; give 1, 2 or 3", file.display())
    );
}

#[test]
fn a_file_full_of_errors_is_cut_off() {
    let sample = Sample::new();
    let keys: String = (0..2_000).map(|n| format!("k{n} = 1\n")).collect();
    sample.put("incidents/leaked-key.toml", keys);
    assert_eq!(sample.errors().len(), 50);
}
