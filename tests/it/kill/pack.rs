//! Twelve questions whose rubrics carry words that must not be readable before their reveal.

use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The pack's id, and its folder's name.
pub(super) const ID: &str = "drill";
/// Its questions.
pub(super) const QUESTIONS: usize = 12;
/// The weights of every question's criteria, in order. They add up to a number that divides 100 badly, so that
/// rounding shows.
const WEIGHTS: [u32; 4] = [3, 2, 1, 1];

/// What stands in every hidden part of a question.
pub(super) fn secret(question: &str) -> String {
    format!("Hidden-{question}-")
}

/// The id of a criterion, by its place.
pub(super) fn criterion(place: usize) -> String {
    format!("point-{place}")
}

/// What an answer is worth by the places of the criteria met: 100 × weight met ÷ all weight, rounded half up.
pub(super) fn points(met: &[usize]) -> i64 {
    let reached: u32 = met.iter().map(|place| WEIGHTS[*place]).sum();
    let all: u32 = WEIGHTS.iter().sum();
    (f64::from(reached) * 100.0 / f64::from(all)).round() as i64
}

/// How many criteria every question has.
pub(super) const CRITERIA: usize = WEIGHTS.len();

/// Writes the pack into a folder of its name inside `place`.
pub(super) fn write(place: &Path) -> std::path::PathBuf {
    let folder = place.join(ID);
    fs::create_dir_all(folder.join("drills")).unwrap();
    let about = format!("id = \"{ID}\"\nname = \"Drill\"\nlicence = \"CC-BY-4.0\"\nlanguage = \"en\"\n");
    fs::write(folder.join("pack.toml"), about).unwrap();
    let syllabus = "[[items]]\nid = \"D1\"\ntitle = \"What a drill is for\"\n";
    fs::write(folder.join("syllabus.toml"), syllabus).unwrap();
    for number in 1..=QUESTIONS {
        let id = format!("q{number:02}");
        fs::write(folder.join("drills").join(format!("{id}.toml")), question(&id)).unwrap();
    }
    folder
}

fn question(id: &str) -> String {
    let secret = secret(id);
    let mut text = format!(
        "id = \"{id}\"\ntitle = \"Drill {id}\"\nformat = \"scenario\"\ntopic = \"drills\"\n\
         level = \"practitioner\"\nproviders = []\ncovers = [\"D1\"]\nminutes = 5\n\
         prompt = \"What do you do in drill {id}?\"\nhints = [\"Think of the first five minutes.\"]\n\
         model_answer = \"{secret}model: do first what limits the harm.\"\n\
         follow_ups = [\"{secret}next: and what after that?\"]\n"
    );
    for (place, weight) in WEIGHTS.iter().enumerate() {
        let criterion = criterion(place);
        write!(
            text,
            "\n[[criteria]]\nid = \"{criterion}\"\nshort = \"{secret}short {place}\"\n\
             text = \"{secret}point: makes point number {place}\"\nweight = {weight}\n\
             examples = [\"{secret}example of {place}\"]\n"
        )
        .unwrap();
    }
    text.push_str(&format!("\n[[pitfalls]]\ntext = \"{secret}pitfall: begins with the paperwork.\"\n"));
    text
}
