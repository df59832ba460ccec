//! The inputs of a form: <https://docs.slack.dev/reference/block-kit/blocks/input-block>; and what was typed and chosen
//! in them, read back.
//!
//! An input's `block_id` is `<field>[.<number><mark>][=<carried>]#<serial>`: a long field has several, and `carried` is
//! what an input stands for that was left empty.

use serde_json::{Value, json};

use super::super::labels::{shorten, units};
use super::super::long_value::{self, continued, input_id, joined, pieces};
use super::blocks::plain_text;
use super::controls::{label_of, option};
use super::limits::{ID_MAX, INPUT_MAX, INPUTS_MAX, LABEL_MAX, OPTION_MAX, OPTIONS_MAX, TEXT_MAX, VALUE_MAX};
use super::mrkdwn::{self, defused};
use crate::domain::ids::GroupRef;
use crate::domain::message::Field;

/// Fields that are read from a view, and characters of a value.
const FIELDS_MAX: usize = 50;
const READ_MAX: usize = 100_000;
/// What the core reads as direct messages to whoever sends the form, and as no group.
const ME: &str = "me";
const NOBODY: &str = "nobody";

/// A field as blocks, with what it holds and what is wrong with that. None for a field that can hold nothing here.
pub(super) fn blocks_for(field: &Field, groups: &[(GroupRef, String)], serial: u64) -> Vec<Value> {
    let mut blocks = match field.id.as_str() {
        "admin_mentions" => vec![channel(field, serial)],
        "ping_mentions" => group(field, groups, serial).into_iter().collect(),
        id if Field::takes_mentions(id) => people(field, groups, serial),
        _ => texts(field, serial),
    };
    if let Some(error) = &field.error {
        let text = mrkdwn::object(&defused(&shorten(error, TEXT_MAX / 6)));
        let context = json!({"type": "context", "elements": [text]});
        blocks.insert(blocks.len().min(1), context);
    }
    blocks
}

fn block_id(input: &str, carried: Option<&str>, serial: u64) -> String {
    let carried = carried.map(|carried| format!("={carried}")).unwrap_or_default();
    let id = format!("{input}{carried}#{serial}");
    if units(&id) <= ID_MAX { id } else { format!("{input}#{serial}") }
}

fn input(block_id: &str, label: &str, hint: Option<&str>, optional: bool, element: Value) -> Value {
    let mut input = json!({
        "type": "input",
        "block_id": block_id,
        "label": plain_text(&label_of(label, LABEL_MAX)),
        "optional": optional,
        "element": element,
    });
    if let Some(hint) = hint {
        input["hint"] = plain_text(hint);
    }
    input
}

/// Text, over as many inputs as the field's bound needs.
fn texts(field: &Field, serial: u64) -> Vec<Value> {
    let count = long_value::count(field, INPUT_MAX, INPUTS_MAX);
    let pieces = pieces(&field.value, count, INPUT_MAX);
    let max = usize::try_from(field.max).unwrap_or(INPUT_MAX);
    (1..=count)
        .map(|number| {
            let piece = pieces.get(number - 1);
            let value = piece.map_or("", |piece| piece.text);
            let id = block_id(&input_id(&field.id, number, piece), None, serial);
            // Slack refuses a view whose value is longer than its bound.
            let bound = max.max(value.chars().count()).clamp(1, INPUT_MAX);
            let mut element = json!({
                "type": "plain_text_input",
                "action_id": field.id,
                "multiline": field.multiline,
                "max_length": bound,
            });
            if !value.is_empty() {
                element["initial_value"] = json!(value);
            }
            if number == 1 {
                input(&id, &field.label, None, !field.required, element)
            } else {
                let label = format!("Continued, part {number} of {count}");
                input(&id, &label, Some("Only where the box above is full."), true, element)
            }
        })
        .collect()
}

/// A label without its brackets, which say how to type what is chosen here.
fn bare(label: &str) -> &str {
    label.split(" (").next().unwrap_or(label).trim()
}

/// A channel, or else somebody's direct messages.
fn channel(field: &Field, serial: u64) -> Value {
    let value = field.value.trim();
    let chosen = mentioned(value, "<#").filter(|id| is_id(id));
    let others = chosen.is_none() && !value.is_empty() && !value.eq_ignore_ascii_case(ME);
    let carried = if others { value } else { ME };
    let hint = if others {
        "While this is empty, it stays as it is. Choose a channel to change it."
    } else {
        "Leave this empty to get direct messages yourself."
    };
    let mut element = json!({
        "type": "conversations_select",
        "action_id": field.id,
        "placeholder": plain_text("Choose a channel"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": true},
    });
    if let Some(channel) = chosen {
        element["initial_conversation"] = json!(channel);
    }
    input(&block_id(&field.id, Some(carried), serial), bare(&field.label), Some(hint), true, element)
}

/// One group or nobody. `None`: there is no group to choose.
fn group(field: &Field, groups: &[(GroupRef, String)], serial: u64) -> Option<Value> {
    let value = field.value.trim();
    let nobody = value.is_empty() || value.eq_ignore_ascii_case(NOBODY);
    if groups.is_empty() && nobody {
        return None;
    }
    let words = if nobody { Vec::new() } else { vec![value] };
    let (offered, chosen) = options(groups, &words, OPTIONS_MAX - 1);
    let none = option(NOBODY, "Nobody");
    let all = [vec![none.clone()], offered].concat();
    let initial = chosen.into_iter().next().unwrap_or(none);
    let element = json!({
        "type": "static_select",
        "action_id": field.id,
        "placeholder": plain_text("Choose a group"),
        "options": all,
        "initial_option": initial,
    });
    Some(input(&block_id(&field.id, None, serial), bare(&field.label), None, !field.required, element))
}

/// People, and groups where there are any.
fn people(field: &Field, groups: &[(GroupRef, String)], serial: u64) -> Vec<Value> {
    let words: Vec<&str> = field
        .value
        .split([',', ' ', '\n'])
        .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case(NOBODY))
        .collect();
    let person = |word: &&str| mentioned(word, "<@").filter(|id| is_id(id)).is_some();
    let users: Vec<&str> =
        words.iter().filter(|word| person(word)).filter_map(|word| mentioned(word, "<@")).collect();
    let others: Vec<&str> = words.iter().copied().filter(|word| !person(word)).collect();
    let mut element = json!({
        "type": "multi_users_select",
        "action_id": field.id,
        "placeholder": plain_text("Choose people"),
    });
    if !users.is_empty() {
        element["initial_users"] = json!(users);
    }
    let label = bare(&field.label);
    let mut blocks = vec![input(&block_id(&field.id, None, serial), label, None, !field.required, element)];
    let (offered, chosen) = options(groups, &others, OPTIONS_MAX);
    if !offered.is_empty() {
        let mut element = json!({
            "type": "multi_static_select",
            "action_id": field.id,
            "placeholder": plain_text("Choose groups"),
            "options": offered,
        });
        if !chosen.is_empty() {
            element["initial_options"] = Value::Array(chosen);
        }
        let id = block_id(&format!("{}.2", field.id), None, serial);
        blocks.push(input(&id, &format!("{label}: groups"), None, true, element));
    }
    blocks
}

/// At most `max` options for groups, and those of them that are chosen. What is chosen and is no group of the
/// workspace is offered too: it stays until somebody takes it out.
fn options(groups: &[(GroupRef, String)], chosen: &[&str], max: usize) -> (Vec<Value>, Vec<Value>) {
    let mut known: Vec<(String, String)> =
        groups.iter().map(|(id, handle)| (format!("<@&{id}>"), format!("@{handle}"))).collect();
    known.sort_by_key(|(value, _)| !chosen.contains(&value.as_str()));
    let mut all: Vec<(String, String)> = Vec::new();
    for word in chosen {
        let listed = |(value, _): &(String, String)| value == word;
        if !known.iter().any(listed) && !all.iter().any(listed) {
            all.push(((*word).to_owned(), named(word)));
        }
    }
    all.extend(known);
    let mut all: Vec<_> = all.into_iter().filter(|(value, _)| units(value) <= VALUE_MAX).collect();
    all.truncate(max);
    let drawn = |(value, label): &(String, String)| option(value, label);
    let chosen = all.iter().filter(|(value, _)| chosen.contains(&value.as_str())).map(drawn).collect();
    (all.iter().map(drawn).collect(), chosen)
}

/// What was chosen once and can't be looked up here.
fn named(word: &str) -> String {
    let name = match (mentioned(word, "<@&"), mentioned(word, "<@")) {
        (Some(group), _) => format!("A group that is gone ({group})"),
        (None, Some(person)) => format!("Somebody of another workspace ({person})"),
        (None, None) => word.to_owned(),
    };
    shorten(&name, OPTION_MAX)
}

/// The id in a mention that opens like this.
fn mentioned<'a>(word: &'a str, open: &str) -> Option<&'a str> {
    word.strip_prefix(open)?.strip_suffix('>').filter(|id| !id.is_empty() && !id.starts_with('&'))
}

/// An id of Slack's own, of this workspace.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Field ids, each with a text.
type Pairs = Vec<(String, String)>;

/// One input that came back.
struct Input<'a> {
    /// Where it stood in the view.
    position: usize,
    block: &'a str,
    /// The block's id without what it carries and its serial.
    id: &'a str,
    field: &'a str,
    number: usize,
    carried: Option<&'a str>,
    state: &'a Value,
}

impl<'a> Input<'a> {
    fn read(block: &'a str, actions: &'a Value, positions: &[&str]) -> Option<Self> {
        let state = actions.as_object()?.values().next()?;
        let (rest, _) = block.rsplit_once('#')?;
        let (id, carried) = match rest.split_once('=') {
            Some((id, carried)) => (id, Some(carried)),
            None => (rest, None),
        };
        let (field, number) = continued(id, INPUTS_MAX).map_or((id, 1), |(field, number, _)| (field, number));
        let position = positions.iter().position(|known| *known == block).unwrap_or(usize::MAX);
        Some(Self { position, block, id, field, number, carried, state })
    }

    fn text(&self) -> &'a str {
        self.state["value"].as_str().unwrap_or_default()
    }

    /// What was chosen, as mentions.
    fn mentions(&self) -> String {
        let state = self.state;
        let id = |value: &Value| value.as_str().filter(|id| is_id(id)).map(ToOwned::to_owned);
        match state["type"].as_str() {
            Some("conversations_select") => id(&state["selected_conversation"])
                .map(|channel| format!("<#{channel}>"))
                .unwrap_or_else(|| self.carried.unwrap_or(ME).to_owned()),
            Some("multi_users_select") => {
                let users = state["selected_users"].as_array().into_iter().flatten();
                users.filter_map(id).map(|user| format!("<@{user}>")).collect::<Vec<_>>().join(", ")
            }
            Some("static_select") => state["selected_option"]["value"].as_str().unwrap_or(NOBODY).to_owned(),
            Some("multi_static_select") => {
                let options = state["selected_options"].as_array().into_iter().flatten();
                options.filter_map(|option| option["value"].as_str()).collect::<Vec<_>>().join(", ")
            }
            _ => self.text().to_owned(),
        }
    }
}

/// Field ids with what was typed or chosen, in the view's order; and each with the id of its first block.
pub(super) fn typed(view: &Value) -> (Pairs, Pairs) {
    let blocks = view["blocks"].as_array().into_iter().flatten();
    let positions: Vec<&str> =
        blocks.take(2 * FIELDS_MAX).filter_map(|block| block["block_id"].as_str()).collect();
    let values = view["state"]["values"].as_object().into_iter().flatten();
    let mut inputs: Vec<Input<'_>> = values
        .take(FIELDS_MAX * INPUTS_MAX)
        .filter_map(|(block, actions)| Input::read(block, actions, &positions))
        .collect();
    inputs.sort_by_key(|input| (input.position, input.number));
    let mut firsts: Vec<(String, String)> = Vec::new();
    for input in &inputs {
        if firsts.len() < FIELDS_MAX && !firsts.iter().any(|(field, _)| field == input.field) {
            firsts.push((input.field.to_owned(), input.block.to_owned()));
        }
    }
    let is_text = |input: &&Input<'_>| !Field::takes_mentions(input.field);
    let texts = joined(inputs.iter().filter(is_text).map(|input| (input.id, input.text())), INPUTS_MAX);
    let fields = firsts.iter().map(|(field, _)| {
        let value = match texts.iter().find(|(id, _)| id == field) {
            Some((_, value)) => value.clone(),
            None => {
                let chosen = inputs.iter().filter(|input| input.field == field).map(Input::mentions);
                chosen.filter(|value| !value.is_empty()).collect::<Vec<_>>().join(", ")
            }
        };
        (field.clone(), value.chars().take(READ_MAX).collect())
    });
    (fields.collect(), firsts)
}
