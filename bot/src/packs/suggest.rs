//! The key that a person probably meant.

/// The one of `known` that is closest to `name`; none when nothing is close.
pub(super) fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // A longer name is no slip of the finger, and the distance costs time by its length.
    const MAX: usize = 40;
    if name.len() > MAX {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('-', "_");
    let within = |key: &str| name.len() >= 4 && key.contains(&name) || key.len() >= 4 && name.contains(key);
    known
        .iter()
        .map(|key| (distance(&name, key), *key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 4 || within(key))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// How many characters must be put in, taken out or changed to get from one word to the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&other) {
            let here = (diagonal + usize::from(a != *b)).min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strange_words_are_not() {
        let known = ["id", "title", "model_answer", "hints", "weight", "references"];
        for (name, meant) in [
            ("titel", Some("title")),
            ("hint", Some("hints")),
            ("model-answer", Some("model_answer")),
            ("answer", Some("model_answer")),
            ("Weight", Some("weight")),
            ("refrences", Some("references")),
            ("author", None),
            ("", None),
        ] {
            assert_eq!(closest(name, &known), meant, "{name}");
        }
    }

    #[test]
    fn distances() {
        for (one, other, expected) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }
}
