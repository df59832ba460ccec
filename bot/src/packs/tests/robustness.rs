//! Whatever is in a file, reading it ends with a pack or with errors.

use proptest::prelude::*;

use crate::packs::error::PackError;
use crate::packs::fields::read_document;
use crate::packs::folder::QuestionFile;
use crate::packs::question;

use super::QUESTION;

fn read(text: &str) -> Result<(), Vec<PackError>> {
    let place = QuestionFile { topic: "incidents".to_owned(), stem: "leaked-key".to_owned() };
    read_document("x.toml", text, |file| question::read(file, &place, None)).map(|_| ())
}

/// Every error says where, inside the file, and why.
fn assert_errors_are_whole(text: &str) {
    let Err(errors) = read(text) else { return };
    assert!(!errors.is_empty());
    for error in errors {
        let line = error.line.unwrap_or(0);
        assert!((1..=text.split('\n').count()).contains(&line), "{error}");
        assert!(!error.message.is_empty());
        assert!(error.to_string().chars().all(|character| !character.is_control()), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert_errors_are_whole(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_toml_characters(text in "[a-c\\[\\]{}=\"'.,#\\\\ \n0-9é\u{1}-]{0,200}") {
        assert_errors_are_whole(&text);
    }

    #[test]
    fn a_valid_file_with_a_part_replaced(
        from in 0..QUESTION.len(),
        length in 0..60usize,
        new in "[a-z\\[\\]{}=\"'.,#\\\\ \n0-9\u{7f}-]{0,12}",
    ) {
        let end = (from + length).min(QUESTION.len());
        let text = format!("{}{new}{}", &QUESTION[..from], &QUESTION[end..]);
        assert_errors_are_whole(&text);
    }

    #[test]
    fn a_valid_file_with_its_lines_in_another_order(seed in any::<u64>()) {
        let mut lines: Vec<(u64, &str)> = QUESTION
            .lines()
            .enumerate()
            .map(|(index, line)| (seed.wrapping_mul(index as u64 * 2 + 1).rotate_left(17), line))
            .collect();
        lines.sort_unstable();
        let lines: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
        assert_errors_are_whole(&lines.join("\n"));
    }
}

#[test]
fn deep_nesting_and_long_keys_end_in_errors() {
    for text in [
        format!("a = {}", "[".repeat(60_000)),
        format!("a = {}", "{a=".repeat(20_000)),
        format!("{} = 1", "a.".repeat(30_000)),
        format!("{} = 1", "a".repeat(60_000)),
        "[[criteria]]\n".repeat(5_000),
        format!("[{}]", "a.".repeat(79)),
    ] {
        assert_errors_are_whole(&text);
        assert!(read(&text).is_err());
    }
}
