//! Forms as Discord shows them: a modal, several modals behind the buttons of a panel, or, for what was wrong, a panel
//! that says so and opens the form again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::seen::{Field, Form};
use super::markdown::{Names, remarks};
use super::seeing::{neutral, text_of};
use crate::fake_discord::Modal;

/// The most characters that an input of a modal takes.
const INPUT_MAX: usize = 4_000;
/// The most inputs of a modal.
const INPUTS_MAX: usize = 5;
/// What the ids of buttons begin with that open a page of a form, or a form again.
const OPENS: [&str; 2] = ["form-page:", "form-again:"];

/// A form that somebody has before them.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenForm {
    /// Its modals, in order.
    pub(super) pages: Vec<Page>,
}

/// A modal of a form.
#[derive(Clone, Debug)]
pub(super) struct Page(pub(super) Modal);

/// Whether a control opens a form, or a page of one.
pub(super) fn opens_form(custom_id: &str) -> bool {
    OPENS.iter().any(|prefix| custom_id.starts_with(prefix))
}

/// The form that a button opens, as far as its id says.
pub(super) fn form_behind(custom_id: &str) -> Option<&str> {
    neutral(custom_id).strip_prefix("form-page:")?.split_once(':').map(|(_, form)| form)
}

/// Which field an input belongs to, and what joins it to the one before: a long field has several, `text`, `text.2`
/// and so on, with a mark behind the number where it was not parted at a line.
fn field_of(input: &Value) -> (&str, &str) {
    let id = input["custom_id"].as_str().unwrap_or_default();
    let Some((field, number)) = id.rsplit_once('.') else { return (id, "") };
    let glue = [("-", " "), ("+", ""), ("", "\n")].into_iter().find_map(|(mark, glue)| {
        number.strip_suffix(mark)?.parse::<usize>().ok()?;
        Some(glue)
    });
    glue.map_or((id, ""), |glue| (field, glue))
}

impl Page {
    /// The fields, as a story names them, with what they hold.
    pub(super) fn values(&self) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = Vec::new();
        for input in &self.0.inputs {
            let ((field, glue), value) = (field_of(input), text_of(&input["value"]));
            match values.last_mut().filter(|(last, _)| last == field) {
                Some((_, before)) if !value.is_empty() => before.extend([glue, &value]),
                Some(_) => {}
                None => values.push((field.to_owned(), value)),
            }
        }
        values
    }

    /// Whether one of its fields would hold something else.
    pub(super) fn changes_with(&self, fields: &[(String, String)]) -> bool {
        self.values().iter().any(|(id, value)| typed(fields, id).is_some_and(|typed| typed != value))
    }

    /// Every input's id and what stands in it once these fields are typed.
    pub(super) fn filled(&self, fields: &[(String, String)]) -> Vec<(String, String)> {
        let mut filled = Vec::new();
        for (id, shown) in self.values() {
            let mut pieces = pieces(typed(fields, &id).unwrap_or(&shown)).into_iter();
            for input in self.0.inputs.iter().filter(|input| field_of(input).0 == id) {
                filled.push((text_of(&input["custom_id"]), pieces.next().unwrap_or_default()));
            }
            assert_eq!(pieces.next(), None, "nobody can type that much into {id} on Discord");
        }
        filled
    }

    /// The labels that people read, by field, without what stands in brackets.
    fn labels(&self) -> Labels {
        let first = self.0.inputs.iter().filter(|input| field_of(input).1.is_empty());
        first.map(|input| (field_of(input).0.to_owned(), bare(&text_of(&input["label"])))).collect()
    }
}

/// Labels by field.
pub(super) type Labels = BTreeMap<String, String>;

fn bare(label: &str) -> String {
    label.split(" (").next().unwrap_or_default().trim().to_owned()
}

impl OpenForm {
    /// The labels of all fields, those that no modal shows included. `panel` is what stands above, as Markdown.
    pub(super) fn labels(&self, panel: &str) -> Labels {
        let mut labels: Labels = self.pages.iter().flat_map(Page::labels).collect();
        labels.extend(only_options(panel));
        labels
    }

    /// What every field holds. What no modal shows stands on the panel.
    pub(super) fn values(&self, panel: &str) -> Vec<(String, String)> {
        let mut values: Vec<_> = self.pages.iter().flat_map(Page::values).collect();
        let lines = remarks(panel, &Names::default());
        for (field, label) in only_options(panel) {
            let held = lines.iter().find_map(|line| line.strip_prefix(&format!("- {label}: ")));
            let held = held.filter(|held| *held != "nothing").unwrap_or_default();
            values.push((field, held.to_owned()));
        }
        values
    }
}

/// The form as a story sees it, with what a panel says of some fields.
pub(super) fn form(
    id: &str,
    values: Vec<(String, String)>,
    wrong: &[(String, String)],
    names: &Names,
) -> Form {
    let fields = values.into_iter().map(|(field, value)| Field {
        error: wrong.iter().find(|(known, _)| *known == field).map(|(_, error)| error.clone()),
        value: if takes_mentions(&field) { with_names(&value, names) } else { value },
        id: field,
    });
    Form { id: id.to_owned(), fields: fields.collect() }
}

/// What a panel says is wrong: a line of a field's label and its error. What was typed stands in quotes.
pub(super) fn wrong(labels: &Labels, panel: &str, names: &Names) -> Vec<(String, String)> {
    let said = remarks(panel, names);
    let error = |label: &String| {
        let told = said.iter().find_map(|line| line.strip_prefix(&format!("{label}: ")))?;
        Some(told.trim().to_owned()).filter(|error| !error.is_empty())
    };
    labels.iter().filter_map(|(field, label)| Some((field.clone(), error(label)?))).collect()
}

/// The fields that only options of the command set, and their labels: the panel says "`option` (label)" of each.
fn only_options(panel: &str) -> Labels {
    let notes = panel.lines().filter_map(|line| line.strip_prefix("-# "));
    let named =
        notes.flat_map(|note| note.split('`').skip(1).step_by(2).zip(note.split('`').skip(2).step_by(2)));
    let labelled = named.filter_map(|(option, behind)| {
        let label = behind.strip_prefix(" (")?.split_once(')')?.0;
        Some((field_of_option(option), label.to_owned()))
    });
    labelled.collect()
}

/// The field that an option of `/study setup` sets.
fn field_of_option(option: &str) -> String {
    match option {
        "admin-channel" => "admin_mentions".to_owned(),
        "organisers" => "organiser_mentions".to_owned(),
        "ping" => "ping_mentions".to_owned(),
        other => other.replace('-', "_"),
    }
}

/// The ids and texts of the inputs of a form that a script sends without having opened it.
pub(super) fn unopened(fields: &[(String, String)]) -> Vec<(String, String)> {
    let mut filled = Vec::new();
    for (id, value) in fields {
        for (index, piece) in pieces(value).into_iter().enumerate() {
            let input = if index == 0 { id.clone() } else { format!("{id}.{}", index + 1) };
            filled.push((input, piece));
        }
    }
    filled
}

/// A text in pieces that inputs take, cut at line ends: they come back joined by these.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > INPUT_MAX {
        let end = rest[..=INPUT_MAX].iter().rposition(|c| *c == '\n');
        let end = end.expect("nobody can type such a long line into a form on Discord");
        pieces.push(rest[..end].iter().collect());
        rest.drain(..=end);
    }
    pieces.push(rest.iter().collect());
    assert!(pieces.len() <= INPUTS_MAX, "nobody can type that much into a form on Discord");
    pieces
}

/// Whether fields of this id hold mentions.
pub(super) fn takes_mentions(field: &str) -> bool {
    studybot::chat::Field::takes_mentions(field)
}

/// Mentions as people read them.
fn with_names(value: &str, names: &Names) -> String {
    let people = names.people.iter().map(|(id, name)| (format!("<@{id}>"), format!("@{name}")));
    let channels = names.channels.iter().map(|(id, name)| (format!("<#{id}>"), format!("#{name}")));
    people.chain(channels).fold(value.to_owned(), |value, (mention, name)| value.replace(&mention, &name))
}

/// Names as Discord's client sends them once people have chosen them from its list; longer names first, so that one
/// may begin with another.
pub(super) fn with_mentions(value: &str, names: &Names) -> String {
    let people = names.people.iter().map(|(id, name)| (format!("@{name}"), format!("<@{id}>")));
    let channels = names.channels.iter().map(|(id, name)| (format!("#{name}"), format!("<#{id}>")));
    let mut all: Vec<_> = people.chain(channels).collect();
    all.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    all.iter().fold(value.to_owned(), |value, (name, mention)| value.replace(name, mention))
}

fn typed<'a>(fields: &'a [(String, String)], id: &str) -> Option<&'a str> {
    fields.iter().rfind(|(field, _)| field == id).map(|(_, value)| value.as_str())
}

/// The options of `/study setup`, names and values, that say these fields; `None`: something can't be said with options, such as that a
/// field shall be empty.
pub(super) fn setup_options(changed: &[(String, String)], names: &Names) -> Option<Vec<(String, String)>> {
    let option = |(field, value): &(String, String)| {
        let (name, value) = match (field.as_str(), value.as_str()) {
            ("organiser_mentions", "") => ("organisers".to_owned(), "nobody".to_owned()),
            (_, "") => return None,
            ("mode", value) if !["open", "sealed"].contains(&value) => return None,
            ("names", value) if !["names", "no names"].contains(&value) => return None,
            ("admin_mentions", value) => {
                let channel = with_mentions(value, names);
                let id = channel.strip_prefix("<#")?.strip_suffix('>')?;
                ("admin-channel".to_owned(), id.to_owned())
            }
            ("organiser_mentions", value) => ("organisers".to_owned(), with_mentions(value, names)),
            (field, value) => (field.replace('_', "-"), value.to_owned()),
        };
        Some((name, value))
    };
    changed.iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::story::lines;
    use super::*;

    fn input(id: &str, label: &str, value: &str) -> Value {
        json!({ "type": 4, "custom_id": id, "label": label, "value": value })
    }

    fn page(rows: &[Value]) -> Page {
        Page(Modal { interaction: 1, custom_id: "x".to_owned(), inputs: rows.to_vec() })
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_long_field_is_typed_into_several_inputs_and_read_as_one() {
        let rows: Vec<_> =
            ["text", "text.2", "text.3", "text.4", "text.5"].map(|id| input(id, "", "")).into();
        let (page, long) = (page(&rows), lines("é", 20_001));
        let filled = page.filled(&owned(&[("text", &long)]));
        assert!(filled.iter().all(|(_, text)| text.chars().count() <= INPUT_MAX));
        let rows: Vec<_> = filled.iter().map(|(id, text)| input(id, "", text)).collect();
        assert_eq!(super::tests::page(&rows).values(), owned(&[("text", &long)]));
        assert_eq!(unopened(&owned(&[("text", &long)])), filled);
        assert!(page.changes_with(&owned(&[("text", "x")])) && !page.changes_with(&owned(&[("text", "")])));
    }

    #[test]
    fn what_is_wrong_stands_beside_its_label() {
        let rows = [
            input("schedule", "When to post (weekdays 09:00, or cron)", "never"),
            input("zone", "Time zone", ""),
        ];
        let labels = OpenForm { pages: vec![page(&rows)] }.labels("");
        let panel = "## Set this channel up\nOne thing is not right.\n\n**When to post: **Name *an* hour.\n\n\
                     > never\n> Time zone: mine";
        let wrong = wrong(&labels, panel, &Names::default());
        assert_eq!(wrong, owned(&[("schedule", "Name *an* hour.")]));
    }

    #[test]
    fn fields_that_only_options_set_stand_on_the_panel() {
        let panel = "- **When to post:** daily 09:00\n- **Who else may organise:** <@7>, <@8>\n- **Who is called:** nothing\n\n\
                     -# These are set with the options of `/study setup`: `organisers` (Who else may organise), `ping` (Who is called).";
        let form = OpenForm { pages: Vec::new() };
        assert_eq!(form.values(panel), owned(&[("organiser_mentions", "<@7>, <@8>"), ("ping_mentions", "")]));
        assert_eq!(form.labels(panel)["ping_mentions"], "Who is called");
        let names = Names { people: BTreeMap::from([("7".into(), "Jonas".into())]), ..Names::default() };
        let read = super::form("setup", form.values(panel), &[], &names);
        assert_eq!(read.field("organiser_mentions").value, "@Jonas, <@8>");
    }

    #[test]
    fn what_was_parted_at_a_space_is_joined_by_one() {
        let rows = [
            input("text", "", "a"),
            input("text.2-", "", "b"),
            input("text.3+", "", "c"),
            input("text.4", "", ""),
        ];
        assert_eq!(page(&rows).values(), owned(&[("text", "a bc")]));
    }

    #[test]
    fn a_setup_is_said_with_options_where_that_is_possible() {
        let names =
            Names { people: BTreeMap::new(), channels: BTreeMap::from([("8".into(), "here".into())]) };
        let said = setup_options(&owned(&[("dates_off", "2026-12-25"), ("admin_mentions", "#here")]), &names);
        assert_eq!(said, Some(owned(&[("dates-off", "2026-12-25"), ("admin-channel", "8")])));
        for unsayable in [("schedule", ""), ("mode", "ajar"), ("admin_mentions", "#nowhere"), ("names", "💥")]
        {
            assert_eq!(setup_options(&owned(&[unsayable]), &names), None, "{unsayable:?}");
        }
    }
}
