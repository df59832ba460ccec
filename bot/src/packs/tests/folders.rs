//! What may lie in a pack's folder, and how files are read.

use super::{QUESTION, Sample, replaced};

/// The one error of a pack: its file, line and message.
fn only_error(sample: &Sample) -> (String, Option<usize>, String) {
    let errors = sample.errors();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let error = errors.into_iter().next().unwrap();
    (error.file, error.line, error.message)
}

#[test]
fn a_valid_pack_keeps_all_it_was_given() {
    let sample = Sample::new();
    let library = sample.read().unwrap();
    let pack = library.pack(&"sample".parse().unwrap()).unwrap();
    assert_eq!((pack.name.as_str(), pack.language.as_str()), ("A sample", "en"));
    assert_eq!((pack.syllabus.len(), pack.tracks.len(), pack.questions.len()), (2, 1, 1));
    let question = library.question(&"leaked-key".parse().unwrap()).unwrap();
    assert_eq!(question.prompt, "A long-lived credential turned up in a public repository.\nWhat do you do?");
    assert_eq!(question.criteria.len(), 4);
    assert_eq!(question.criteria[0].before, ["logs".parse().unwrap()]);
    assert_eq!(question.total_weight(), 8);
    assert_eq!(question.references[0].url, "https://docs.aws.amazon.com/keys");
}

#[test]
fn tracks_and_description_may_be_left_out() {
    let sample = Sample::new();
    sample.remove("tracks.toml");
    assert!(sample.read().is_ok());
}

#[test]
fn what_is_no_question_is_ignored() {
    let sample = Sample::new();
    for path in
        ["README.md", "CONTRIBUTING.md", ".git/config.toml", "incidents/.draft.toml", "incidents/notes.txt"]
    {
        sample.put(path, "not a question");
    }
    assert_eq!(sample.errors(), []);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_no_content() {
    let sample = Sample::new();
    sample.put("incidents/leaked-key.toml", format!("\u{feff}{}", QUESTION.replace('\n', "\r\n")));
    let library = sample.read().unwrap();
    let question = library.question(&"leaked-key".parse().unwrap()).unwrap();
    assert!(!question.prompt.contains('\r'));
}

#[test]
fn files_that_cannot_be_read() {
    let with = |path: &str, content: &[u8]| {
        let sample = Sample::new();
        sample.put(path, content);
        only_error(&sample)
    };
    let question = "incidents/leaked-key.toml";
    let (file, line, message) = with(question, b"id = \"leaked-key\"\ntitle = \"\xff\"\n");
    assert_eq!((file.as_str(), line), (question, Some(2)));
    assert!(message.contains("save the file as UTF-8"), "{message}");
    let (file, _, message) = with(question, &[b'#'; 64 * 1024 + 1]);
    assert_eq!((file.as_str(), message.as_str()), (question, "is larger than 64 KiB; shorten it"));
}

#[test]
fn files_that_are_missing() {
    let sample = Sample::new();
    sample.remove("syllabus.toml");
    assert_eq!(only_error(&sample).0, "syllabus.toml");
    sample.remove("pack.toml");
    let (file, _, message) = only_error(&sample);
    assert_eq!(file, "pack.toml");
    assert!(message.contains("the keys id, name, licence and language"), "{message}");
}

#[test]
fn a_pack_without_questions() {
    let sample = Sample::new();
    sample.remove("incidents/leaked-key.toml");
    sample.remove("tracks.toml");
    assert!(only_error(&sample).2.contains("add one as <topic>/<id>.toml"));
}

#[test]
fn misplaced_files() {
    for (path, message) in [
        ("stray.toml", "put it in a topic's folder, as <topic>/stray.toml"),
        ("incidents/deep/x.toml", "is a folder inside a topic's folder"),
    ] {
        let sample = Sample::new();
        sample.put(path, QUESTION);
        let found = only_error(&sample);
        assert!(found.2.contains(message), "{found:?}");
    }
}

#[test]
fn a_question_in_two_topics() {
    let sample = Sample::new();
    sample.put("network/leaked-key.toml", replaced(QUESTION, "\"incidents\"", "\"network\""));
    let (file, line, message) = only_error(&sample);
    assert_eq!((file.as_str(), line), ("network/leaked-key.toml", Some(1)));
    assert!(message.contains("incidents/leaked-key.toml too; give each question its own"), "{message}");
}

#[cfg(unix)]
#[test]
fn links_are_refused() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x.toml"), QUESTION).unwrap();
    for path in ["linked", "incidents/linked.toml", "syllabus.toml", "tracks.toml", "pack.toml"] {
        let sample = Sample::new();
        let target = sample.root().join(path);
        let _ = std::fs::remove_file(&target);
        let source = if path == "linked" { outside.path().to_owned() } else { outside.path().join("x.toml") };
        symlink(source, target).unwrap();
        let (file, _, message) = only_error(&sample);
        assert_eq!(file, path);
        assert!(message.contains("symbolic link; put the file itself here"), "{message}");
    }
}

#[test]
fn a_folder_that_is_not_there() {
    let errors = super::Library::read(&["/nowhere/at/all".into()]).unwrap_err();
    let shown = errors.to_string();
    assert!(shown.starts_with("/nowhere/at/all/pack.toml: is missing"), "{shown}");
}
