//! What must be true of the chat and of the study data, however often the program was killed. Reading alone: over
//! HTTP what people see, in the two files what HTTP doesn't show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::{Timestamp, ToSpan};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row, SqliteConnection};

use super::record::{Round, number_of};
use super::team::{Team, person, time};
use super::{pack, record};
use crate::program;

/// How long after its time a post may come, kills and restarts included.
const LATEST_S: i64 = 240;

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap()
}

async fn chat(team: &Team) -> SqliteConnection {
    open(&team.folder.join("local-chat.db")).await
}

async fn bot(team: &Team) -> SqliteConnection {
    open(&team.folder.join("studybot.db")).await
}

async fn rows(connection: &mut SqliteConnection, sql: &'static str) -> Vec<SqliteRow> {
    sqlx::query(sql).fetch_all(connection).await.unwrap()
}

async fn rows_of(connection: &mut SqliteConnection, sql: &'static str, round: &Round) -> Vec<SqliteRow> {
    sqlx::query(sql).bind(round.number).fetch_all(connection).await.unwrap()
}

fn millisecond(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap()
}

/// Every message of the bot's, by its key: the chat's number, when, and what it says. No key stands there twice.
async fn keys(team: &Team) -> BTreeMap<String, (i64, Timestamp, String)> {
    let mut chat = chat(team).await;
    let mut keys = BTreeMap::new();
    for row in rows(&mut chat, "SELECT key, number, at, text FROM messages WHERE key IS NOT NULL").await {
        let (key, at): (String, i64) = (row.get("key"), row.get("at"));
        let message = (row.get("number"), millisecond(at), row.get("text"));
        let before = keys.insert(key.clone(), message);
        assert!(before.is_none(), "{}: {key} was posted twice", team.name);
    }
    keys
}

/// The question of a round.
pub(super) async fn question_of(team: &Team, round: i64) -> String {
    let row = sqlx::query("SELECT question_id FROM rounds WHERE id = ?").bind(round);
    row.fetch_one(&mut bot(team).await).await.unwrap().get(0)
}

/// How many scores of the newest round are settled.
pub(super) async fn settled(team: &Team) -> i64 {
    let sql = "SELECT count(*) FROM scores WHERE round_id = (SELECT max(id) FROM rounds)";
    rows(&mut bot(team).await, sql).await[0].get(0)
}

/// Looked at after every restart.
pub(super) async fn after_restart(team: &Team) {
    once_and_not_early(team).await;
    caught_up(team).await;
    if let Some(round) = team.rounds.last().filter(|round| !round.revealed)
        && team.now().await < round.deadline()
    {
        nothing_hidden_shows(team, round).await;
    }
}

/// Of the newest round the bot knows what the chat shows: what it was not told of before it died, it has read.
async fn caught_up(team: &Team) {
    let Some(round) = team.rounds.last() else { return };
    let mut bot = bot(team).await;
    let row = &rows_of(&mut bot, "SELECT phase, deadline_at FROM rounds WHERE id = ?", round).await[0];
    let (phase, deadline): (String, i64) = (row.get("phase"), row.get("deadline_at"));
    if phase == "closed" {
        return;
    }
    let sql = "SELECT message_ref, text, deleted FROM answer_parts WHERE round_id = ?";
    let mut known = BTreeMap::new();
    for row in rows_of(&mut bot, sql, round).await {
        known.insert(row.get::<String, _>(0), (row.get::<String, _>(1), row.get::<bool, _>(2)));
    }
    let sql = "SELECT number, text, deleted, at FROM messages WHERE thread = ? AND author IS NOT NULL";
    let thread =
        sqlx::query(sql).bind(number_of(&round.post)).fetch_all(&mut chat(team).await).await.unwrap();
    for row in thread {
        let id = format!("m{}", row.get::<i64, _>("number"));
        let part = known.get(&id).cloned();
        if row.get("deleted") {
            let is_gone = part.is_none_or(|(text, deleted)| deleted && text.is_empty());
            assert!(is_gone, "{}: {id} was deleted, and is kept", team.name);
        } else if phase == "open" && row.get::<i64, _>("at") < deadline {
            assert_eq!(part, Some((row.get("text"), false)), "{}: {id} after a restart", team.name);
        }
    }
}

/// Each question at its time and once, each part of a reveal once and not before its round's deadline.
pub(super) async fn once_and_not_early(team: &Team) {
    let keys = keys(team).await;
    let occurrences = rows(&mut bot(team).await, "SELECT id, civil FROM rounds ORDER BY id").await;
    // The first one is the demo's own, which the schedule did not ask for.
    for (place, row) in occurrences.iter().skip(1).enumerate() {
        let (number, civil): (i64, String) = (row.get("id"), row.get("civil"));
        let date = team.first.checked_add(i64::try_from(place).unwrap().days()).unwrap();
        assert_eq!(civil, format!("{date}T09:00"), "{}: occurrence {number}", team.name);
        let (opens, reveals) = (record::instant(date, 9, 0), record::instant(date, 17, 0));
        for (key, (_, at, _)) in &keys {
            let Some(part) = key.strip_prefix(&format!("round:{number}:")) else { continue };
            let due = match part {
                "question" | "thread:opening" => opens,
                _ if part == "reveal" || part.starts_with("private:") => reveals,
                _ => continue,
            };
            let late_s = at.duration_since(due).as_secs_f64();
            assert!(late_s >= 0.0, "{}: {key} came {late_s} s early", team.name);
            assert!(late_s < LATEST_S as f64, "{}: {key} came {late_s} s late", team.name);
        }
    }
}

/// Before the reveal: no word of the rubric since the question was posted, and no private answer.
async fn nothing_hidden_shows(team: &Team, round: &Round) {
    let secret = pack::secret(&round.question);
    let since = number_of(&round.post);
    let sql = "SELECT number, text || coalesce(outgoing, '') || files AS shown FROM messages";
    for row in rows(&mut chat(team).await, sql).await {
        let (number, shown): (i64, String) = (row.get("number"), row.get("shown"));
        hides(team, round, &shown, &format!("message m{number}"), number >= since, &secret);
    }
}

fn hides(team: &Team, round: &Round, shown: &str, what: &str, is_new: bool, secret: &str) {
    assert!(!is_new || !shown.contains(secret), "{}: {what} shows the rubric early", team.name);
    for text in round.private.values() {
        assert!(!shown.contains(text), "{}: {what} shows a private answer early", team.name);
    }
}

/// As people see it shortly before the deadline, on every surface that they have.
pub(super) async fn secrecy(team: &mut Team) {
    let round = team.today().clone();
    assert!(team.now().await < round.deadline());
    nothing_hidden_shows(team, &round).await;
    let curious = (0..super::team::PEOPLE).find(|who| !round.private.contains_key(who)).unwrap();
    // What an earlier round of the same question has shown stays readable.
    let is_new = team.rounds.iter().filter(|earlier| earlier.question == round.question).count() == 1;
    for command in ["/study today", "/study my-answer", "/study me", "/study leaderboard"] {
        let shown = team.ask(curious, command).await;
        hides(team, &round, &shown, command, is_new, &pack::secret(&round.question));
    }
}

/// After the reveal: the chat has kept what it accepted, and the frozen answers are what was accepted in time.
pub(super) async fn revealed(team: &mut Team) {
    let mut round = team.today().clone();
    let thread = team.thread().await;
    for said in &mut round.said {
        let found = thread.iter().find(|message| message["id"] == said.id.as_str());
        assert_eq!(found.is_some(), !said.deleted, "{}: the chat lost {}", team.name, said.id);
        if let Some(found) = found {
            said.at = Some(time(&found["at"]));
            assert_eq!(found["text"], said.text.as_str(), "{}: the chat's {}", team.name, said.id);
        }
    }
    let mut bot = bot(team).await;
    let row = &rows_of(&mut bot, "SELECT phase, deadline_at FROM rounds WHERE id = ?", &round).await[0];
    assert_eq!(row.get::<String, _>("phase"), "review", "{}: round {}", team.name, round.number);
    let deadline = millisecond(row.get("deadline_at"));
    assert!(deadline >= round.deadline(), "{}: the deadline moved to {deadline}", team.name);
    frozen_as_accepted(team, &mut bot, &mut round, deadline).await;
    private_answers_posted(team, &mut bot, &round).await;
    *team.today() = Round { revealed: true, ..round.clone() };
    own_answers_shown(team, &round, deadline).await;
}

/// One message of an answer: the chat's id, its text and its file.
type Counted = (String, String, Option<(String, String)>);

async fn frozen_parts(bot: &mut SqliteConnection, round: &Round) -> BTreeMap<String, Vec<Counted>> {
    let sql = "SELECT l.person_ref, p.message_ref, p.text, p.files, p.frozen, p.deleted FROM answer_parts p
        JOIN answers a ON a.id = p.answer_id JOIN learners l ON l.id = a.learner_id
        WHERE p.round_id = ? ORDER BY p.sent_at, length(p.message_ref), p.message_ref";
    let mut frozen = BTreeMap::<String, Vec<Counted>>::new();
    for row in rows_of(bot, sql, round).await {
        if row.get::<Option<bool>, _>("frozen") != Some(true) || row.get("deleted") {
            continue;
        }
        let files: serde_json::Value = serde_json::from_str(row.get("files")).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let file = files.get(0).map(|file| (text(&file["name"]), text(&file["text"])));
        let part = (row.get("message_ref"), row.get("text"), file);
        frozen.entry(row.get("person_ref")).or_default().push(part);
    }
    frozen
}

async fn frozen_as_accepted(team: &Team, bot: &mut SqliteConnection, round: &mut Round, deadline: Timestamp) {
    let frozen = frozen_parts(bot, round).await;
    let sql = "SELECT l.person_ref, a.private_text, a.on_time FROM answers a
        JOIN learners l ON l.id = a.learner_id WHERE a.round_id = ?";
    let mut answers = BTreeMap::new();
    for row in rows_of(bot, sql, round).await {
        let (who, private): (String, String) = (row.get("person_ref"), row.get("private_text"));
        answers.insert(who, (private, row.get::<Option<bool>, _>("on_time")));
    }
    for who in 0..super::team::PEOPLE + team.crowd {
        let counted: Vec<Counted> = round
            .counted(who, deadline)
            .into_iter()
            .map(|said| (said.id.clone(), said.text.clone(), said.file.clone()))
            .collect();
        let private = round.private.get(&who).cloned().unwrap_or_default();
        let id = person(who);
        let kept = frozen.get(&id).cloned().unwrap_or_default();
        assert_eq!(kept, counted, "{}: {id}'s messages in round {}", team.name, round.number);
        let (kept_private, on_time) = answers.get(&id).cloned().unwrap_or_default();
        assert_eq!(kept_private, private, "{}: {id}'s private answer in round {}", team.name, round.number);
        let there = !counted.is_empty() || !private.is_empty();
        assert_eq!(on_time.unwrap_or(false), there, "{}: {id} in round {}", team.name, round.number);
        if there {
            round.on_time.insert(who);
        }
    }
}

async fn private_answers_posted(team: &Team, bot: &mut SqliteConnection, round: &Round) {
    let keys = keys(team).await;
    let sql = "SELECT a.id, l.person_ref FROM answers a JOIN learners l ON l.id = a.learner_id WHERE a.round_id = ?";
    let mut posted = BTreeSet::new();
    for row in rows_of(bot, sql, round).await {
        let key = format!("round:{}:private:{}", round.number, row.get::<i64, _>("id"));
        let who = number_of(row.get("person_ref")) - 1;
        let private = round.private.get(&usize::try_from(who).unwrap());
        let shown = keys.get(&key).map(|(_, _, text)| text);
        assert_eq!(shown.is_some(), private.is_some(), "{}: {key}", team.name);
        if let (Some(shown), Some(private)) = (shown, private) {
            assert!(shown.contains(private), "{}: {key} says {shown}", team.name);
            posted.insert(key);
        }
    }
    let prefix = format!("round:{}:private:", round.number);
    let all: BTreeSet<String> = keys.into_keys().filter(|key| key.starts_with(&prefix)).collect();
    assert_eq!(all, posted, "{}: private answers of round {}", team.name, round.number);
}

/// The learners see the same: “My answer” holds every text of theirs that counted.
async fn own_answers_shown(team: &mut Team, round: &Round, deadline: Timestamp) {
    let people: Vec<usize> = round.on_time.iter().copied().filter(|who| *who < super::team::PEOPLE).collect();
    let shown = team.my_answers(&people).await;
    for (who, shown) in people.into_iter().zip(shown) {
        let texts = round.counted(who, deadline).into_iter().map(|said| &said.text);
        for text in texts.chain(round.private.get(&who)) {
            assert!(shown.contains(text.as_str()), "{}: {} misses “{text}”: {shown}", team.name, person(who));
        }
    }
}

/// After the close: every answer on time has the score that its marks say, and the thread has everything once.
pub(super) async fn closed(team: &mut Team) {
    team.today().closed = true;
    let round = team.today().clone();
    let mut bot = bot(team).await;
    let row = &rows_of(&mut bot, "SELECT phase FROM rounds WHERE id = ?", &round).await[0];
    assert_eq!(row.get::<String, _>("phase"), "closed", "{}: round {}", team.name, round.number);
    let sql = "SELECT l.person_ref, s.points, s.basis FROM scores s JOIN learners l ON l.id = s.learner_id
        WHERE s.round_id = ?";
    let mut scores = BTreeMap::new();
    for row in rows_of(&mut bot, sql, &round).await {
        let score = (row.get::<i64, _>("points"), row.get::<String, _>("basis"));
        scores.insert(row.get::<String, _>("person_ref"), score);
    }
    let expected: BTreeMap<String, (i64, String)> = round
        .on_time
        .iter()
        .map(|who| (person(*who), round.score(*who)))
        .map(|(id, (points, basis))| (id, (points, basis.to_owned())))
        .collect();
    assert_eq!(scores, expected, "{}: scores of round {}", team.name, round.number);
    late_changes(team, &mut bot, &round).await;
    all_posted(team, &mut bot, &round).await;
}

/// What came after the reveal changed no answer, but a deletion took its text.
async fn late_changes(team: &Team, bot: &mut SqliteConnection, round: &Round) {
    let sql = "SELECT message_ref, text, files, deleted FROM answer_parts WHERE round_id = ?";
    for row in rows_of(bot, sql, round).await {
        let id: String = row.get("message_ref");
        let Some(said) = round.said.iter().find(|said| said.id == id) else {
            panic!("{}: {id} is kept, and was not said before the reveal", team.name);
        };
        let text: String = row.get("text");
        assert_eq!(row.get::<bool, _>("deleted"), said.deleted, "{}: {id}", team.name);
        assert_eq!(text, if said.deleted { "" } else { &said.text }, "{}: {id}", team.name);
        assert!(!said.deleted || row.get::<String, _>("files") == "[]", "{}: the file of {id}", team.name);
    }
    let sql = "SELECT l.person_ref, a.late_text FROM answers a JOIN learners l ON l.id = a.learner_id
        WHERE a.round_id = ? AND a.late_text <> ''";
    let mut late = BTreeMap::new();
    for row in rows_of(bot, sql, round).await {
        late.insert(row.get::<String, _>("person_ref"), row.get::<String, _>("late_text"));
    }
    let expected = round.late.iter().map(|(who, text)| (person(*who), text.clone())).collect();
    assert_eq!(late, expected, "{}: late answers of round {}", team.name, round.number);
}

/// The round's messages are the expected ones, each there once: none is missing, none is more.
async fn all_posted(team: &Team, bot: &mut SqliteConnection, round: &Round) {
    let number = round.number;
    let sql = "SELECT id, private_text <> '' AS is_private, on_time FROM answers WHERE round_id = ?";
    let mut expected: BTreeSet<String> = ["question", "thread:opening", "reveal", "summary"]
        .map(|part| format!("round:{number}:{part}"))
        .into();
    for row in rows_of(bot, sql, round).await {
        let answer: i64 = row.get("id");
        if row.get("is_private") {
            expected.insert(format!("round:{number}:private:{answer}"));
        }
        if row.get::<Option<bool>, _>("on_time") == Some(true) {
            expected.insert(format!("round:{number}:score:{answer}"));
        }
    }
    if round.on_time.iter().any(|who| !round.marks.contains_key(who)) {
        expected.insert(format!("round:{number}:unmarked"));
    }
    let prefix = format!("round:{number}:");
    let posted: BTreeSet<String> =
        keys(team).await.into_keys().filter(|key| key.starts_with(&prefix)).collect();
    assert_eq!(posted, expected, "{}: messages of round {number}", team.name);
    // Whoever had a message that counted, and deleted none, was told so.
    let thread = team.thread().await;
    for who in round.on_time.iter().filter(|who| **who < super::team::PEOPLE) {
        let mine = || round.said.iter().filter(|said| said.who == *who);
        if mine().any(|said| said.deleted) || mine().all(|said| said.is_discussion()) {
            continue;
        }
        let thanked = thread.iter().filter(|message| message["author"]["id"] == person(*who));
        let thanked = thanked.filter(|message| message["reactions"][0]["emoji"] == "✅").count();
        let only_at_the_last_moment = mine().all(|said| said.at.is_some_and(|at| at >= round.at(16, 59)));
        assert!(thanked == 1 || only_at_the_last_moment, "{}: {} got {thanked} ✅", team.name, person(*who));
    }
}

/// The end: nothing is left to do, the totals are the sum of the scores, no question came again too soon, nothing
/// private is in the log, and `doctor` is content.
pub(super) async fn at_the_end(team: &mut Team, rounds: usize) {
    once_and_not_early(team).await;
    let mut bot = bot(team).await;
    let sql =
        "SELECT key || ' is ' || state || ': ' || coalesce(error, '') FROM outbox WHERE state <> 'sent'";
    let mut left: Vec<String> = rows(&mut bot, sql).await.iter().map(|row| row.get(0)).collect();
    let gone = team.rounds.iter().flat_map(|round| {
        let deleted = round.said.iter().filter(|said| said.deleted);
        deleted.map(|said| format!("round:{}:reaction:{} is dead:", round.number, said.id))
    });
    // Nobody can react to a message that is not there any more.
    let gone: Vec<String> = gone.collect();
    left.retain(|row| !gone.iter().any(|gone| row.starts_with(gone)));
    assert!(left.is_empty(), "{}: not sent: {left:?}", team.name);
    let asked = rows(&mut bot, "SELECT question_id FROM rounds ORDER BY id").await;
    let asked: Vec<String> = asked.iter().skip(1).map(|row| row.get(0)).collect();
    assert_eq!(asked.len(), rounds, "{}: rounds", team.name);
    for lap in asked.chunks(pack::QUESTIONS) {
        let different: BTreeSet<&String> = lap.iter().collect();
        assert_eq!(different.len(), lap.len(), "{}: a question came again in {asked:?}", team.name);
    }
    let mut expected = BTreeMap::<String, (i64, i64)>::new();
    for round in &team.rounds {
        for who in &round.on_time {
            let total = expected.entry(person(*who)).or_default();
            *total = (total.0 + round.score(*who).0, total.1 + 1);
        }
    }
    let sql = "SELECT l.person_ref, t.points, t.answers FROM totals t JOIN learners l ON l.id = t.learner_id
        WHERE t.span = 'all'";
    let mut totals = BTreeMap::new();
    for row in rows(&mut bot, sql).await {
        totals.insert(row.get::<String, _>(0), (row.get::<i64, _>(1), row.get::<i64, _>(2)));
    }
    assert_eq!(totals, expected, "{}: totals", team.name);
    team.stop().await;
    doctor_is_content(team);
    let log = fs::read_to_string(team.place.join("log")).unwrap();
    for round in &team.rounds {
        for word in [round.tag(), pack::secret(&round.question)] {
            assert!(!log.contains(&word), "{}: the log holds a text: {word}", team.name);
        }
    }
}

fn doctor_is_content(team: &Team) {
    let doctor = program::run(["doctor".as_ref(), "--data".as_ref(), team.folder.as_os_str()]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(doctor.status.success() && said.contains("All is well."), "{}: doctor: {said}", team.name);
}
