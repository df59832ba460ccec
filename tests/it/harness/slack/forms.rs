//! Forms as Slack shows them: modals with inputs, of which a long field has several.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::seen::{Field, Form};
use super::blocks::{list, object, text_of};
use super::mrkdwn::Names;

/// The most characters that an input of a modal takes.
const INPUT_MAX: usize = 3_000;
/// The most inputs of a field.
const INPUTS_MAX: usize = 7;
/// What an empty choice of a channel stands for.
const ME: &str = "me";

/// What to put into one input.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) block: String,
    pub(super) action: String,
    pub(super) values: Vec<String>,
}

/// The inputs of a view.
fn inputs(view: &Value) -> impl Iterator<Item = &Value> {
    list(&view["blocks"]).filter(|block| block["type"] == "input")
}

/// Whether a view is a form.
pub(super) fn is_form(view: &Value) -> bool {
    inputs(view).next().is_some()
}

/// The form that a view shows.
pub(super) fn form_of(view: &Value) -> String {
    text_of(&view["callback_id"])
}

/// The field that an input belongs to.
fn field_of(input: &Value) -> &str {
    input["element"]["action_id"].as_str().unwrap_or_default()
}

/// What joins an input's text to that of the one before: a long field has several, whose blocks are called `text`,
/// `text.2` and so on, with a mark behind the number where the text was not parted at a line. Behind `#` stands what
/// makes the names new.
fn glue(input: &Value) -> &'static str {
    match name_of(input).chars().next_back() {
        Some('-') => " ",
        Some('+') => "",
        _ => "\n",
    }
}

/// An input's name, without what makes it new.
fn name_of(input: &Value) -> &str {
    let block = input["block_id"].as_str().unwrap_or_default();
    block.rsplit_once('#').map_or(block, |(name, _)| name)
}

/// What an input says that was left empty, which stands behind its name.
fn carried(input: &Value, names: &Names) -> String {
    let carried = name_of(input).split_once('=').map_or(ME, |(_, carried)| carried);
    let person = carried.strip_prefix("<@").and_then(|id| id.strip_suffix('>'));
    person.map_or_else(|| carried.to_owned(), |id| named(&names.people, &json!(id), '@'))
}

/// What an input holds, as people read it; several choices are parted by commas.
fn held(view: &Value, input: &Value, names: &Names) -> String {
    let element = &input["element"];
    let state = &view["state"]["values"][text_of(&input["block_id"])][field_of(input)];
    let person = |id: &Value| named(&names.people, id, '@');
    let chosen = |option: &Value| object(&option["text"], names);
    match element["type"].as_str().unwrap_or_default() {
        "plain_text_input" => text_of(&state["value"]),
        "conversations_select" => match &state["selected_conversation"] {
            Value::Null => carried(input, names),
            channel => named(&names.channels, channel, '#'),
        },
        "multi_users_select" => joined(list(&state["selected_users"]).map(person)),
        "multi_static_select" => joined(list(&state["selected_options"]).map(chosen)),
        "static_select" => chosen(&state["selected_option"]).to_lowercase(),
        kind => panic!("nobody knows what an input of type {kind} holds"),
    }
}

fn named(names: &BTreeMap<String, String>, id: &Value, mark: char) -> String {
    let id = id.as_str().unwrap_or_default();
    format!("{mark}{}", names.get(id).map_or(id, String::as_str))
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// The fields, as a story names them, with what they hold.
fn values(view: &Value, names: &Names) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    for input in inputs(view) {
        let (field, value) = (field_of(input), held(view, input, names));
        let glue = if input["element"]["type"] == "plain_text_input" { glue(input) } else { ", " };
        match values.last_mut().filter(|(last, _)| last == field) {
            Some((_, before)) if !value.is_empty() => {
                let glue = if before.is_empty() { "" } else { glue };
                before.extend([glue, value.as_str()]);
            }
            Some(_) => {}
            None => values.push((field.to_owned(), value)),
        }
    }
    values
}

/// The form as a story sees it. `errors` is what Slack says of some blocks; others say it themselves, in a quiet line
/// beside the input.
pub(super) fn form(id: &str, view: &Value, errors: &BTreeMap<String, String>, names: &Names) -> Form {
    let told = |field: &str| {
        let of_field = inputs(view).filter(|input| field_of(input) == field);
        let by_slack = of_field.filter_map(|input| errors.get(input["block_id"].as_str()?)).next().cloned();
        by_slack.or_else(|| said_beside(view, field, names))
    };
    let fields = values(view, names).into_iter().map(|(id, value)| Field { error: told(&id), value, id });
    Form { id: id.to_owned(), fields: fields.collect() }
}

/// The quiet line below the first input of a field.
fn said_beside(view: &Value, field: &str, names: &Names) -> Option<String> {
    let blocks: Vec<&Value> = list(&view["blocks"]).collect();
    let at = blocks.iter().position(|block| block["type"] == "input" && field_of(block) == field)?;
    let below = blocks.get(at + 1).filter(|block| block["type"] == "context")?;
    Some(list(&below["elements"]).map(|element| object(element, names)).collect())
}

/// What to put into every input so that the fields hold these values.
pub(super) fn filled(view: &Value, fields: &[(String, String)], names: &Names) -> Vec<Filled> {
    let mut filled = Vec::new();
    for (field, held) in values(view, names) {
        let value = typed(fields, &field).unwrap_or(&held);
        let of_field: Vec<&Value> = inputs(view).filter(|input| field_of(input) == field).collect();
        let mut pieces = pieces(value).into_iter();
        for input in of_field {
            let element = &input["element"];
            let is_text = element["type"] == "plain_text_input";
            let values =
                if is_text { vec![pieces.next().unwrap_or_default()] } else { chosen(element, value, names) };
            filled.push(Filled { block: text_of(&input["block_id"]), action: field.clone(), values });
        }
    }
    filled
}

/// What people choose in a select so that it says this.
fn chosen(element: &Value, value: &str, names: &Names) -> Vec<String> {
    let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
    let id = |names: &BTreeMap<String, String>, word: &str, mark: char| {
        let name = word.strip_prefix(mark)?;
        names.iter().find(|(_, known)| *known == name).map(|(id, _)| id.clone())
    };
    let option = |word: &str| {
        let same = |option: &&Value| object(&option["text"], names).eq_ignore_ascii_case(word);
        list(&element["options"]).find(same).map(|option| text_of(&option["value"]))
    };
    match element["type"].as_str().unwrap_or_default() {
        "conversations_select" => words.filter_map(|word| id(&names.channels, word, '#')).collect(),
        "multi_users_select" => words.filter_map(|word| id(&names.people, word, '@')).collect(),
        _ => words.filter_map(option).collect(),
    }
}

/// Whether people can say this in a field of the setup form: people and channels are chosen from lists.
pub(super) fn takes(field: &str, value: &str, names: &Names) -> bool {
    let is_known = |name: &str| match (name.strip_prefix('#'), name.strip_prefix('@')) {
        (Some(channel), _) => names.channels.values().any(|known| known == channel),
        (_, Some(person)) => names.people.values().any(|known| known == person),
        _ => false,
    };
    let words = || value.split(',').map(str::trim).filter(|word| !word.is_empty());
    match field {
        "admin_mentions" => value == ME || is_known(value),
        "organiser_mentions" => words().all(is_known),
        _ => true,
    }
}

/// The state of a form that a script sends with these texts in it, whatever stands on the screen.
pub(super) fn forged(view: &Value, filled: &[Filled]) -> Value {
    let mut values = view["state"]["values"].clone();
    for input in filled {
        let state = &mut values[&input.block][&input.action];
        if state["type"] == "plain_text_input" {
            state["value"] = json!(input.values.first());
        }
    }
    values
}

/// The state of a form that a script sends without having opened it.
pub(super) fn unopened(fields: &[(String, String)]) -> Value {
    let mut values = json!({});
    for (field, value) in fields {
        for (number, piece) in (1..).zip(pieces(value)) {
            let block = if number == 1 { format!("{field}#0") } else { format!("{field}.{number}#0") };
            values[block][field] = json!({ "type": "plain_text_input", "value": piece });
        }
    }
    values
}

/// A text in pieces that inputs take, cut at line ends: they come back joined by these.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > INPUT_MAX {
        let end = rest[..=INPUT_MAX].iter().rposition(|c| *c == '\n');
        let end = end.expect("nobody can type such a long line into a form on Slack");
        pieces.push(rest[..end].iter().collect());
        rest.drain(..=end);
    }
    pieces.push(rest.iter().collect());
    assert!(pieces.len() <= INPUTS_MAX, "nobody can type that much into a form on Slack");
    pieces
}

fn typed<'a>(fields: &'a [(String, String)], id: &str) -> Option<&'a str> {
    fields.iter().rfind(|(field, _)| field == id).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::super::story::lines;
    use super::*;

    fn input(block: &str, field: &str, kind: &str) -> Value {
        let element = json!({ "type": kind, "action_id": field });
        json!({ "type": "input", "block_id": block, "element": element })
    }

    fn names() -> Names {
        let of = |id: &str, name: &str| BTreeMap::from([(id.to_owned(), name.to_owned())]);
        Names { people: of("U7", "Jonas"), channels: of("C8", "organisers") }
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_long_field_is_typed_into_several_inputs_and_read_as_one() {
        let block =
            |number: usize| if number == 1 { "text#4".to_owned() } else { format!("text.{number}#4") };
        let blocks: Vec<_> =
            (1..=7).map(|number| input(&block(number), "text", "plain_text_input")).collect();
        let mut view = json!({ "blocks": blocks });
        let fields = owned(&[("text", &lines("é", 20_001))]);
        for filled in filled(&view, &fields, &names()) {
            assert!(filled.values[0].chars().count() <= INPUT_MAX);
            view["state"]["values"][filled.block][filled.action]["value"] = json!(filled.values[0]);
        }
        assert_eq!(values(&view, &names()), fields);
        assert_eq!(
            unopened(&fields)["text.7#0"]["text"]["value"],
            view["state"]["values"]["text.7#4"]["text"]["value"]
        );
    }

    #[test]
    fn what_was_parted_at_a_space_is_joined_by_one() {
        let mut view = json!({ "blocks": [] });
        for (block, value) in [("text#1", "a"), ("text.2-#1", "b"), ("text.3+#1", "c"), ("text.4#1", "")] {
            view["blocks"].as_array_mut().unwrap().push(input(block, "text", "plain_text_input"));
            view["state"]["values"][block]["text"]["value"] = json!(value);
        }
        assert_eq!(values(&view, &names()), owned(&[("text", "a bc")]));
    }

    #[test]
    fn people_and_channels_are_chosen_and_shown_by_name() {
        let option = |label: &str| json!({ "value": label.to_uppercase(), "text": { "type": "plain_text", "text": label } });
        let mut groups = input("organiser_mentions.2#1", "organiser_mentions", "multi_static_select");
        groups["element"]["options"] = json!([option("@ops")]);
        let mut ping = input("ping_mentions#1", "ping_mentions", "static_select");
        ping["element"]["options"] = json!([option("Nobody"), option("@ops")]);
        let channel = input("admin_mentions=<@U7>#1", "admin_mentions", "conversations_select");
        let people = input("organiser_mentions#1", "organiser_mentions", "multi_users_select");
        let mut view = json!({ "blocks": [channel, people, groups, ping] });
        view["state"]["values"]["ping_mentions#1"]["ping_mentions"]["selected_option"] = option("Nobody");
        let shown = [("admin_mentions", "@Jonas"), ("organiser_mentions", ""), ("ping_mentions", "nobody")];
        assert_eq!(values(&view, &names()), owned(&shown));
        let wanted = [
            ("admin_mentions", "#organisers"),
            ("organiser_mentions", "@Jonas, @ops"),
            ("ping_mentions", "@ops"),
        ];
        let filled = filled(&view, &owned(&wanted), &names());
        let chosen: Vec<&[String]> = filled.iter().map(|input| &*input.values).collect();
        assert_eq!(chosen, [["C8"], ["U7"], ["@OPS"], ["@OPS"]]);
        let takes = |field: &str, value: &str| takes(field, value, &names());
        assert!(
            takes("admin_mentions", "me") && takes("admin_mentions", "#organisers") && takes("mode", "ajar")
        );
        assert!(!takes("admin_mentions", "#nowhere") && !takes("organiser_mentions", "@Nobody"));
    }

    #[test]
    fn what_is_wrong_is_said_by_slack_or_below_the_input() {
        let said =
            json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": "Name *an* hour." }] });
        let zone = input("zone#1", "zone", "plain_text_input");
        let view = json!({ "blocks": [input("schedule#1", "schedule", "plain_text_input"), said, zone] });
        let errors = BTreeMap::from([("zone#1".to_owned(), "Not a zone.".to_owned())]);
        let form = form("setup#1", &view, &errors, &names());
        assert_eq!(form.field("schedule").error.as_deref(), Some("Name an hour."));
        assert_eq!(form.field("zone").error.as_deref(), Some("Not a zone."));
    }
}
