//! Who may import whom, read from the sources: the layers hold because this test reads them.

use std::fs;
use std::path::{Path, PathBuf};

/// A part of the program, by the beginning of its files' paths under `bot/src`, and the parts that it may name.
/// The longest beginning that fits decides.
const LAYERS: [(&str, &[&str]); 14] = [
    ("domain/", &["domain"]),
    ("db/", &["db", "domain", "kill_point"]),
    ("packs/", &["packs", "domain"]),
    ("render/", &["render", "domain"]),
    ("chat/", &["chat", "domain"]),
    ("app/", &["app", "domain", "db", "packs", "render", "clock", "kill_point"]),
    ("clock.rs", &["domain"]),
    ("kill_point.rs", &[]),
    ("config.rs", &["packs"]),
    ("driver.rs", &["clock", "db", "domain"]),
    ("scheduler.rs", &["app", "clock", "db", "domain", "driver"]),
    ("delivery.rs", &["app", "chat", "clock", "db", "domain", "driver", "kill_point"]),
    // These wire the parts together.
    ("engine.rs", &["app", "chat", "clock", "db", "delivery", "domain", "driver", "packs", "scheduler"]),
    ("cli/", &["app", "chat", "clock", "config", "db", "domain", "engine", "packs", "render"]),
];

/// What only some files may name: the words, the beginnings of those files' paths, and the rule.
const RESERVED: [(&[&str], &[&str], &str); 6] = [
    (
        &["serenity::", "twilight_http_ratelimiting::"],
        &["chat/discord"],
        "only chat/discord speaks to Discord",
    ),
    (&["hmac::", "slack.com/api", "hooks.slack.com"], &["chat/slack"], "only chat/slack speaks to Slack"),
    (&["sqlx::query", "sqlx::raw_sql"], &["db/", "chat/local/store.rs"], "SQL lives in db/"),
    (&["SystemTime::now", "Timestamp::now", "Zoned::now"], &["clock.rs"], "only clock.rs reads clocks"),
    (
        // A platform's limit is real time, which no test moves: it goes by the runtime's own timers.
        &["Instant::now"],
        &["clock.rs", "chat/discord", "chat/slack", "chat/scripted.rs"],
        "only clock.rs reads clocks, and what waits for a platform's limit",
    ),
    (
        // chat/discord and chat/slack wait for their platform's limits.
        &["tokio::time::sleep", "thread::sleep"],
        &["driver.rs", "scheduler.rs", "delivery.rs", "engine.rs", "chat/discord", "chat/slack"],
        "only loops sleep, and what waits for a platform's limit",
    ),
];

/// The domain is pure.
const NO_IO: [&str; 13] = [
    "sqlx",
    "tokio",
    "axum",
    "reqwest",
    "serenity",
    "tracing",
    "futures_util",
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
];

/// One line of code without its comments, and where it stands.
struct Line {
    file: String,
    number: usize,
    code: String,
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn lines() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("bot/src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    assert!(files.len() > 50, "the sources are where they are expected");
    files
        .iter()
        .flat_map(|path| {
            let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(path).unwrap();
            let lines: Vec<Line> = text
                .lines()
                .enumerate()
                .map(|(index, line)| Line {
                    file: file.clone(),
                    number: index + 1,
                    code: without_comment(line).to_owned(),
                })
                .collect();
            lines
        })
        .collect()
}

/// Comments may name anything. An address in a string is no comment.
fn without_comment(line: &str) -> &str {
    let end = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')).map(|(at, _)| at);
    &line[..end.unwrap_or(line.len())]
}

/// The parts of the program that a line names: as `crate::db`, as `studybot::db`, or by as many `super` as lead out of
/// its own part.
fn named(line: &Line) -> Vec<String> {
    let up = "super::".repeat(depth(&line.file));
    let mut found = Vec::new();
    for start in ["crate::", "studybot::", up.as_str()] {
        for (at, _) in line.code.match_indices(start).filter(|(at, _)| begins_path(&line.code[..*at])) {
            let rest = &line.code[at + start.len()..];
            match rest.strip_prefix('{') {
                Some(group) => {
                    let group = group.split('}').next().unwrap_or_default();
                    found.extend(group.split(',').map(first_name));
                }
                None => found.push(first_name(rest)),
            }
        }
    }
    // A `super` too many in a test module leads to a name that is no part of the program.
    found.retain(|name| is_part(name));
    found
}

/// How many `super` lead from a file to the root: `domain/round.rs` is two deep, `domain/mod.rs` one.
fn depth(file: &str) -> usize {
    file.split('/').filter(|part| *part != "mod.rs").count()
}

fn begins_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || ['_', '$', ':'].contains(&c))
}

fn is_part(name: &str) -> bool {
    LAYERS.iter().any(|(start, _)| start.trim_end_matches(['/']).trim_end_matches(".rs") == name)
}

fn first_name(path: &str) -> String {
    path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn layer(file: &str) -> Option<&'static [&'static str]> {
    let fitting = LAYERS.iter().filter(|(start, _)| file.starts_with(start));
    fitting.max_by_key(|(start, _)| start.len()).map(|(_, may)| *may)
}

fn violations(lines: &[Line]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines {
        let mut broken = |rule: String| {
            found.push(format!("bot/src/{}:{}: {rule}: {}", line.file, line.number, line.code.trim()));
        };
        match layer(&line.file) {
            Some(may) => {
                for name in named(line).into_iter().filter(|name| !may.contains(&name.as_str())) {
                    broken(format!("this layer may name {may:?} alone, not {name}"));
                }
            }
            None if line.number == 1 && !["lib.rs", "main.rs"].contains(&line.file.as_str()) => {
                broken("a file that no layer covers: add it to LAYERS".to_owned());
            }
            None => {}
        }
        if ["crate::{", "studybot::{"].iter().any(|group| line.code.contains(group))
            && !line.code.contains('}')
        {
            broken("a group over several lines hides what it names: write a use for each".to_owned());
        }
        for (words, files, rule) in RESERVED {
            let allowed = files.iter().any(|start| line.file.starts_with(start));
            if !allowed && words.iter().any(|word| line.code.contains(word)) {
                broken(rule.to_owned());
            }
        }
        if line.file.starts_with("domain/")
            && !line.file.contains("tests")
            && let Some(word) = NO_IO.iter().find(|word| names_crate(&line.code, word))
        {
            broken(format!("the domain does no I/O, and names no {word}"));
        }
    }
    found
}

/// Whether `word` stands in a path, and not inside a longer name.
fn names_crate(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let after = &code[at + word.len()..];
        !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && (after.starts_with("::")
                || (code.trim_start().starts_with("use ") && after.starts_with([';', ','])))
    })
}

#[test]
fn every_file_keeps_to_its_layer() {
    let violations = violations(&lines());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn a_violation_is_seen_with_its_place() {
    let line = |file: &str, code: &str| Line { file: file.to_owned(), number: 7, code: code.to_owned() };
    let wrong = [
        line("domain/round.rs", "use crate::db::rounds;"),
        line("domain/round.rs", "use std::fs::File;"),
        line("domain/round.rs", "let row = sqlx::Row;"),
        line("db/rounds.rs", "pub use crate::{app, domain};"),
        line("chat/local/mod.rs", "    crate::app::App::new()"),
        line("app/tick.rs", "sqlx::query(\"SELECT 1\")"),
        line("app/tick.rs", "let now = SystemTime::now();"),
        line("render/board.rs", "use crate::db::scores;"),
        line("chat/slack/mod.rs", "use serenity::all::Http;"),
        line("db/scores.rs", "use super::super::app::App;"),
        line("db/mod.rs", "use crate::{"),
    ];
    let unknown = Line { number: 1, ..line("utils/mod.rs", "//! Odds and ends.") };
    assert!(!violations(&[unknown]).is_empty(), "every file has its layer");
    for line in wrong {
        let code = line.code.clone();
        let found = violations(&[line]);
        assert!(!found.is_empty() && found[0].contains(":7: "), "{code} is a violation: {found:?}");
    }
    let right = [
        line("domain/round.rs", "use super::ids::Timestamp; "),
        line("db/rounds.rs", "use crate::domain::round::Round;"),
        line("domain/schedule/occur.rs", "use super::super::ids::Timestamp;"),
        line("cli/demo.rs", "use studybot::engine::{Data, Engine};"),
    ];
    assert_eq!(violations(&right), Vec::<String>::new());
    assert_eq!(without_comment("let a = \"https://x\"; // crate::db"), "let a = \"https://x\"; ");
}
