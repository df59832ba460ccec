//! Several packs together, and the packs that come with the program.

use crate::domain::filter::Filter;
use crate::domain::question::{Format, Level};
use crate::packs::{EMBEDDED, Library, Pack, coverage};

use super::Sample;

fn sample_pack() -> Pack {
    let library = Sample::new().read().unwrap();
    library.pack(&"sample".parse().unwrap()).unwrap().clone()
}

/// The sample under another name, its question and track ids ending in `-2`.
fn second_pack() -> Pack {
    let mut pack = sample_pack();
    pack.id = "second".parse().unwrap();
    pack.root = "second".to_owned();
    for track in &mut pack.tracks {
        track.id = format!("{}-2", track.id).parse().unwrap();
    }
    let mut question = pack.questions.pop_first().unwrap().1;
    question.id = "lost-key".parse().unwrap();
    question.topic = "network".parse().unwrap();
    question.level = Level::Senior;
    pack.questions.insert(question.id.clone(), question);
    pack
}

#[test]
fn the_embedded_packs_are_without_fault() {
    let library = Library::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(library.packs().count(), EMBEDDED.dirs().count());
    for pack in library.packs() {
        assert!(coverage(pack).covered > 0, "{}", pack.id);
    }
}

#[test]
fn lookups() {
    let library = Library::from_packs(vec![second_pack(), sample_pack()]).unwrap();
    let packs: Vec<&str> = library.packs().map(|pack| pack.id.as_str()).collect();
    assert_eq!(packs, ["sample", "second"]);
    let topics: Vec<&str> = library.topics().into_iter().map(|topic| topic.as_str()).collect();
    assert_eq!(topics, ["incidents", "network"]);
    assert_eq!(library.pack_of(&"lost-key".parse().unwrap()).unwrap().id.as_str(), "second");
    assert_eq!(library.track(&"first-days".parse().unwrap()).unwrap().questions.len(), 1);
    assert!(library.question(&"nothing".parse().unwrap()).is_none());
    assert!(library.track(&"nothing".parse().unwrap()).is_none());
}

#[test]
fn matching_is_sorted_by_id() {
    let library = Library::from_packs(vec![second_pack(), sample_pack()]).unwrap();
    let matching = |filter: Filter| -> Vec<String> {
        library.matching(&filter).iter().map(ToString::to_string).collect()
    };
    assert_eq!(matching(Filter::default()), ["leaked-key", "lost-key"]);
    assert_eq!(matching(Filter { levels: vec![Level::Senior], ..Filter::default() }), ["lost-key"]);
    assert_eq!(
        matching(Filter { pack: Some("sample".parse().unwrap()), ..Filter::default() }),
        ["leaked-key"]
    );
    assert!(matching(Filter { formats: vec![Format::Coding], ..Filter::default() }).is_empty());
}

#[test]
fn ids_are_unique_over_all_packs() {
    let mut other = sample_pack();
    other.id = "other".parse().unwrap();
    other.root = "other".to_owned();
    let errors = Library::from_packs(vec![sample_pack(), other]).unwrap_err();
    let shown: Vec<(String, Option<usize>, Option<String>)> =
        errors.0.iter().map(|e| (e.file.clone(), e.line, e.field.clone())).collect();
    let expected = [("other/incidents/leaked-key.toml", "id"), ("other/tracks.toml", "tracks[0].id")];
    assert_eq!(shown, expected.map(|(file, field)| (file.to_owned(), Some(1), Some(field.to_owned()))));
    assert!(errors.0[0].message.contains("is used by the pack in"), "{errors}");
}

#[test]
fn one_pack_given_twice_is_said_once() {
    let (one, other) = (Sample::new(), Sample::new());
    let errors = Library::read(&[one.root(), other.root()]).unwrap_err();
    assert_eq!(errors.0.len(), 1, "{errors}");
    assert_eq!((errors.0[0].line, errors.0[0].field.as_deref()), (Some(1), Some("id")));
}

#[test]
fn an_extra_pack_replaces_the_embedded_one_whole() {
    let Some(embedded) = EMBEDDED.dirs().next() else { return };
    let name = embedded.path().display().to_string();
    let sample = Sample::new();
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join(&name);
    std::fs::rename(sample.root(), &root).unwrap();
    std::fs::write(root.join("pack.toml"), super::PACK.replace("sample", &name)).unwrap();
    let library = Library::read(&[root]).unwrap();
    assert_eq!(library.packs().count(), EMBEDDED.dirs().count());
    assert_eq!(library.pack(&name.parse().unwrap()).unwrap().questions.len(), 1);
}
