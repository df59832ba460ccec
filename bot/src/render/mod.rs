//! Outgoing messages in neutral blocks. Pure: the same arguments give the same words.
//!
//! What is shown before a reveal is built from a [`crate::domain::question::QuestionFace`] alone.

pub mod board;
pub mod limits;
pub mod marking;
pub mod me;
pub mod my_answer;
pub mod notice;
pub mod panel;

pub mod round;
pub mod setup;

/// `1 answer`, `2 answers`.
pub fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A length of time in the largest unit that divides it: `8 hours`, `90 minutes`, `2 days`.
pub fn duration(minutes: u32) -> String {
    match minutes {
        minutes if minutes >= 2 * 1_440 && minutes.is_multiple_of(1_440) => {
            count(minutes / 1_440, "day", "days")
        }
        minutes if minutes >= 60 && minutes.is_multiple_of(60) => count(minutes / 60, "hour", "hours"),
        minutes => count(minutes, "minute", "minutes"),
    }
}

/// The first `max` characters, on one line, with an ellipsis where something was left out.
pub fn excerpt(text: &str, max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let mut short: String = line.chars().take(max.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let cases = [
            (5, "5 minutes"),
            (60, "1 hour"),
            (90, "90 minutes"),
            (480, "8 hours"),
            (1_440, "24 hours"),
            (2_880, "2 days"),
            (2_940, "49 hours"),
        ];
        for (minutes, expected) in cases {
            assert_eq!(duration(minutes), expected);
        }
    }

    #[test]
    fn excerpts_count_characters_not_bytes() {
        assert_eq!(excerpt("  a\n b ", 10), "a b");
        assert_eq!(excerpt("éééééé", 4), "ééé…");
    }
}
