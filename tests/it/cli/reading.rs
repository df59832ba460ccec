//! What the command line reads out: questions and packs, the leaderboard, what `doctor` finds.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Place, errors, out, refuses, says};
use crate::program::{Demo, run};

#[test]
fn questions_are_checked_listed_and_shown() {
    says(&run(["questions", "check"]), &["cloud-security: ", " questions, "]);
    let list = run(["questions", "list"]);
    says(&list, &["Cloud security (CC-BY-4.0, en)", "whose-public-bucket", "track getting-started"]);
    let shown = run(["questions", "show", "whose-public-bucket"]);
    says(&shown, &["Whose public bucket is it?", "Hint: ", "---- after the reveal ----", "Rubric points"]);
    let text = out(&shown);
    let (before, after) = text.split_once("---- after the reveal ----").unwrap();
    assert!(!before.contains("Rubric points") && after.contains("In brackets"), "{text}");
    refuses(&run(["questions", "show", "nowhere"]), &["no question nowhere", "questions list"]);
    refuses(&run(["questions", "show", "No Such Id"]), &["No Such Id"]);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let binary = env!("CARGO_BIN_EXE_studybot");
    let ended = std::process::Command::new("sh")
        .args(["-c", &format!("{{ '{binary}' questions show whose-public-bucket; echo $? >&2; }} | true")])
        .output()
        .unwrap();
    assert_eq!(errors(&ended).trim(), "0");
}

/// A pack of one's own with one question, in which `from` is replaced by `to`.
fn own_pack(place: &Place, from: &str, to: &str) -> PathBuf {
    let folder = place.path("drill");
    let write = |file: &str, text: &str| fs::write(folder.join(file), text).unwrap();
    fs::create_dir_all(folder.join("drills")).unwrap();
    write("pack.toml", "id = \"drill\"\nname = \"Drill\"\nlicence = \"CC-BY-4.0\"\nlanguage = \"en\"\n");
    write("syllabus.toml", "[[items]]\nid = \"D1\"\ntitle = \"A drill\"\n");
    let mut question = "id = \"first\"\ntitle = \"A first drill\"\nformat = \"scenario\"\ntopic = \"drills\"\n\
        level = \"practitioner\"\nproviders = []\ncovers = [\"D1\"]\nminutes = 5\nprompt = \"What do you do?\"\n\
        hints = []\nmodel_answer = \"What limits the harm.\"\nfollow_ups = []\n"
        .to_owned();
    for number in 1..=4 {
        question.push_str(&format!(
            "\n[[criteria]]\nid = \"c{number}\"\nshort = \"Point {number}\"\ntext = \"Makes point {number}\"\n\
             weight = 1\nexamples = []\n"
        ));
    }
    assert!(question.contains(from));
    write("drills/first.toml", &question.replacen(from, to, 1));
    folder
}

#[test]
fn a_pack_of_ones_own_and_its_errors() {
    let place = Place::new();
    let good = own_pack(&place, "", "");
    let with = |words: &[&str], pack: &Path| {
        let mut arguments: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
        arguments.extend(["--pack".into(), pack.into()]);
        run(arguments)
    };
    says(&with(&["questions", "check"], &good), &["drill: 1 questions", "cloud-security: "]);
    says(&with(&["questions", "show", "first"], &good), &["A first drill", "Makes point 4"]);

    // Each with its file, its line and its field, all in one go.
    let bad = own_pack(&place, "minutes = 5\nprompt = \"What", "minutes = 500\nprompts = \"What");
    let file = bad.join("drills/first.toml");
    let expected = |line: u32, field: &str| format!("{}:{line}: {field}", file.display());
    for words in [&["questions", "check"][..], &["questions", "list"], &["demo", "--port", "0"]] {
        refuses(&with(words, &bad), &[&expected(8, "minutes"), &expected(9, "prompts")]);
    }
    let broken = own_pack(&place, "minutes = 5", "minutes = ");
    refuses(&with(&["questions", "check"], &broken), &[&format!("{}:8", file.display())]);
    refuses(&with(&["questions", "check"], &place.path("nowhere")), &["nowhere"]);
}

/// Jonas answers the demo's question and marks it, Priya answers it and doesn't; it is closed.
async fn play(demo: &Demo) {
    for (who, text) in [("p2", "The customer's"), ("p3", "Ours")] {
        demo.post("/api/say", &json!({ "as": who, "channel": "c1", "thread": "m1", "text": text })).await;
    }
    demo.post("/api/clock", &json!({ "advance_s": 8 * 3_600 })).await;
    let thread = demo.get("/api/messages?channel=c1&thread=m1").await;
    let rubric = thread.as_array().unwrap().iter().find(|it| it["actions"][0]["label"] == "Mark my answer");
    let rubric = rubric.unwrap();
    let click = |message: &Value, action: &Value, values: Value| json!({ "as": "p2", "message": message, "action": action, "values": values });
    let panel = demo.post("/api/click", &click(&rubric["id"], &rubric["actions"][0]["id"], json!([]))).await;
    let select = &panel["ephemeral"]["actions"][0];
    let all: Vec<&Value> = select["options"].as_array().unwrap().iter().map(|it| &it["value"]).collect();
    demo.post("/api/click", &click(&panel["ephemeral"]["id"], &select["id"], json!(all))).await;
    demo.post("/api/clock", &json!({ "advance_s": 15 * 3_600 })).await;
}

#[tokio::test]
async fn the_leaderboard_as_text_and_as_json() {
    let place = Place::new();
    let demo = place.demo().await;
    says(&place.run(&["leaderboard", "cloud-security"]), &["Nobody has points here yet."]);
    play(&demo).await;
    // Beside the running demo, and after it.
    for _ in 0..2 {
        let text = place.run(&["leaderboard", "#cloud-security"]);
        says(&text, &["Leaderboard of #cloud-security", "1. Jonas", "100 from 1 answers", "2. Priya"]);
        let json = place.run(&["leaderboard", "1", "--json"]);
        let board: Value = serde_json::from_str(&out(&json)).unwrap();
        assert_eq!(board["channel"], "cloud-security");
        assert_eq!(board["window"], "all");
        assert_eq!(board["closing"], false);
        let row = |rank: u32, name: &str, points: u32| json!({ "rank": rank, "learner": name, "points": points, "provisional": 0, "answers": 1 });
        assert_eq!(board["rows"], json!([row(1, "Jonas", 100), row(2, "Priya", 0)]));
    }
    refuses(&place.run(&["leaderboard", "nowhere"]), &["no study channel nowhere", "channel list"]);
    demo.stop().await;
}

#[tokio::test]
async fn doctor_finds_what_was_tampered_with() {
    let place = Place::new();
    refuses(&place.run(&["doctor"]), &["no study data"]);
    let demo = place.demo().await;
    play(&demo).await;
    says(&place.run(&["doctor"]), &["ok    totals agree with the history", "All is well."]);
    demo.stop().await;
    says(&place.run(&["doctor"]), &["All is well."]);

    let finds = |words: &[&str]| {
        let doctor = place.run(&["doctor"]);
        assert!(!doctor.status.success(), "content: {}", out(&doctor));
        assert!(!out(&doctor).contains("All is well."));
        for word in words {
            assert!(out(&doctor).contains(word), "{word:?} is not in:\n{}", out(&doctor));
        }
    };
    place.tamper("UPDATE totals SET points = points + 1 WHERE span = 'all' AND points > 0").await;
    finds(&["WRONG totals agree with the history", "the total says 101 points, the history 100"]);
    place.tamper("UPDATE totals SET points = points - 1 WHERE span = 'all' AND points > 0").await;
    says(&place.run(&["doctor"]), &["All is well."]);
    place.tamper("DELETE FROM totals WHERE span = 'week'").await;
    finds(&["week"]);
    place
        .tamper(
            "INSERT INTO totals SELECT s.study_channel_id, 'week', s.week, s.learner_id, s.points, 1 FROM scores s",
        )
        .await;
    says(&place.run(&["doctor"]), &["All is well."]);

    place.tamper("UPDATE outbox SET state = 'dead', error = 'planted' WHERE key = 'round:1:reveal'").await;
    finds(&["round:1:reveal was given up", "planted"]);
    place.tamper("UPDATE outbox SET state = 'sent', error = NULL WHERE key = 'round:1:reveal'").await;
    // There is nothing to react to once a message is deleted.
    place.tamper("UPDATE outbox SET state = 'dead' WHERE purpose = 'reaction'").await;
    says(&place.run(&["doctor"]), &["All is well."]);
    place
        .tamper("UPDATE outbox SET state = 'pending', created_at = created_at - 7200000 WHERE key = 'round:1:summary'")
        .await;
    finds(&["round:1:summary is stuck"]);
    place.tamper("UPDATE outbox SET state = 'sent' WHERE key = 'round:1:summary'").await;
    place.tamper("DELETE FROM totals").await;
    place.tamper("DELETE FROM scores").await;
    finds(&["has no score"]);
}
