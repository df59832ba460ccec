//! What could stand in a field of the setup form, for platforms that complete while people type.

use super::App;
use crate::domain::question::{Format, Level};
use crate::domain::schedule::Zone;

/// Discord's bound on choices: <https://discord.com/developers/docs/interactions/application-commands#autocomplete>.
const SUGGESTIONS_MAX: usize = 25;

impl App {
    /// Values that a form's field could hold and that begin with, or else contain, what was typed. In a list with
    /// commas its last word is completed.
    pub fn suggest(&self, field: &str, typed: &str) -> Vec<String> {
        match field {
            "zone" => best(Zone::names().into_iter(), &typed.trim().replace(' ', "_")),
            "questions" => {
                let (before, word) = match typed.rsplit_once(',') {
                    Some((before, word)) => (Some(before.trim()), word),
                    None => (None, typed),
                };
                let known = self.question_words(before.is_none());
                let found = best(known.into_iter(), word.trim());
                found
                    .into_iter()
                    .map(|word| before.map_or_else(|| word.clone(), |before| format!("{before}, {word}")))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// All, tracks (which stand alone), topics, levels and formats.
    fn question_words(&self, first: bool) -> Vec<String> {
        let mut words = Vec::new();
        if first {
            words.push("all".to_owned());
            let tracks = self.library.packs().flat_map(|pack| &pack.tracks);
            words.extend(tracks.map(|track| format!("track {}", track.id)));
        }
        words.extend(self.library.topics().into_iter().map(ToString::to_string));
        words.extend(Level::ALL.iter().map(ToString::to_string));
        words.extend(Format::ALL.iter().map(ToString::to_string));
        words
    }
}

fn best(known: impl Iterator<Item = String>, typed: &str) -> Vec<String> {
    let wanted = typed.to_lowercase();
    let mut found: Vec<(usize, String)> = known
        .filter_map(|name| name.to_lowercase().find(&wanted).map(|at| (at, name)))
        .map(|(at, name)| (at.min(1), name))
        .collect();
    // Stable: what begins with it comes first, else in the order in which it is known.
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().take(SUGGESTIONS_MAX).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_found_by_any_part_of_their_name() {
        assert_eq!(best(Zone::names().into_iter(), "berl"), ["Europe/Berlin"]);
        assert_eq!(best(Zone::names().into_iter(), "europe/").len(), SUGGESTIONS_MAX);
        assert!(best(Zone::names().into_iter(), "mars").is_empty());
    }

    #[test]
    fn what_begins_with_the_words_comes_first() {
        let known = ["cloud identity", "identity", "detection"].map(str::to_owned);
        assert_eq!(best(known.into_iter(), "iden"), ["identity", "cloud identity"]);
    }
}
