//! The `/study` command: its definition, and what people ask with it.

use serde_json::Value;
use serenity::all::{
    AutocompleteChoice, ChannelType, CommandData, CommandDataOption, CommandDataOptionValue,
    CommandOptionType, CommandType, CreateAutocompleteResponse, CreateCommand, CreateCommandOption,
    InstallationContext, InteractionContext,
};

use super::escape::{shorten, units};
use crate::domain::command::{COMMANDS, FormId, Request};

/// Characters of a description, and of a suggestion's value.
const DESCRIPTION_MAX: usize = 100;
const SUGGESTION_MAX: usize = 100;
/// Suggestions at once.
const SUGGESTIONS_MAX: usize = 25;

/// An option of `/study setup`: its name, the form's field, what it is, and how it is given.
struct SetupOption {
    name: &'static str,
    field: &'static str,
    what: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Text of at most so many characters.
    Text(u16),
    /// The same, completed while it is typed.
    Completed(u16),
    Choice(&'static [&'static str]),
    Channel,
    Role,
    /// Yes: the person who types it.
    Direct,
}

/// In the order in which people are offered them.
const SETUP: [SetupOption; 12] = [
    option("schedule", "schedule", "When to post, such as: weekdays 09:00", Kind::Text(200)),
    option("zone", "zone", "The time zone, such as Europe/Berlin", Kind::Completed(60)),
    option("answers", "answers", "How long answers are taken, such as: 8 hours", Kind::Text(40)),
    option("review", "review", "How long the review lasts, such as: 16 hours", Kind::Text(40)),
    option("questions", "questions", "Which questions: all, topics, levels or a track", Kind::Completed(300)),
    option(
        "mode",
        "mode",
        "Open, or sealed: then only private answers count",
        Kind::Choice(&["open", "sealed"]),
    ),
    option(
        "names",
        "names",
        "Whether private answers are shown with names",
        Kind::Choice(&["names", "no names"]),
    ),
    option(
        "dates-off",
        "dates_off",
        "Dates without a question, such as: 2026-12-25, 2026-12-31",
        Kind::Text(1_200),
    ),
    option("admin-channel", "admin_mentions", "The channel where organisers hear of problems", Kind::Channel),
    option("admin-direct", "admin_mentions", "Or: tell you of problems, by direct messages", Kind::Direct),
    option(
        "organisers",
        "organiser_mentions",
        "Who else may organise: mention people or roles",
        Kind::Text(400),
    ),
    option(
        "ping",
        "ping_mentions",
        "The role that is called with each question; @everyone for nobody",
        Kind::Role,
    ),
];

const fn option(name: &'static str, field: &'static str, what: &'static str, kind: Kind) -> SetupOption {
    SetupOption { name, field, what, kind }
}

/// The option of `/study setup` that sets a field of the form.
pub(super) fn option_name(field: &str) -> String {
    let known = SETUP.iter().find(|option| option.field == field);
    known.map_or_else(|| field.replace('_', "-"), |option| option.name.to_owned())
}

/// All commands as they are registered, without what the builder says of parts that an option doesn't have.
pub(super) fn definitions() -> Value {
    settled(&serde_json::json!([definition()]))
}

/// `/study`, for servers only and visible to all: who may do what is checked when it is asked.
fn definition() -> CreateCommand {
    let command = CreateCommand::new("study")
        .kind(CommandType::ChatInput)
        .description("A question a day, your answer, and the points a good answer makes")
        .contexts(vec![InteractionContext::Guild])
        .integration_types(vec![InstallationContext::Guild]);
    COMMANDS.iter().fold(command, |command, (name, _, what, organisers)| {
        let what = if *organisers { format!("For organisers: {what}") } else { (*what).to_owned() };
        let option =
            CreateCommandOption::new(CommandOptionType::SubCommand, *name, shorten(&what, DESCRIPTION_MAX));
        let option = match *name {
            "setup" => SETUP.iter().map(setup_option).fold(option, CreateCommandOption::add_sub_option),
            "leaderboard" => option.add_sub_option(window_option()),
            _ => option,
        };
        command.add_option(option)
    })
}

fn setup_option(option: &SetupOption) -> CreateCommandOption {
    let make = |kind| CreateCommandOption::new(kind, option.name, option.what).required(false);
    match option.kind {
        Kind::Text(max) => make(CommandOptionType::String).max_length(max),
        Kind::Completed(max) => make(CommandOptionType::String).max_length(max).set_autocomplete(true),
        Kind::Choice(choices) => choices
            .iter()
            .fold(make(CommandOptionType::String), |made, choice| made.add_string_choice(*choice, *choice)),
        Kind::Channel => {
            make(CommandOptionType::Channel).channel_types(vec![ChannelType::Text, ChannelType::News])
        }
        Kind::Role => make(CommandOptionType::Role),
        Kind::Direct => make(CommandOptionType::Boolean),
    }
}

fn window_option() -> CreateCommandOption {
    CreateCommandOption::new(CommandOptionType::String, "time", "Points of which time; all time if left out")
        .required(false)
        .add_string_choice("This week", "week")
        .add_string_choice("This month", "month")
        .add_string_choice("All time", "all")
}

/// What is asked with the command.
pub(super) fn request(data: &CommandData) -> Request {
    let Some(CommandDataOption { name, value, .. }) = data.options.first() else {
        return Request::Command(String::new());
    };
    let given: &[CommandDataOption] = match value {
        CommandDataOptionValue::SubCommand(options) => options,
        _ => &[],
    };
    if name == "setup" {
        let fields: Vec<(String, String)> = given.iter().filter_map(field).collect();
        if !fields.is_empty() {
            return Request::Submit { form: FormId::Setup.to_string(), fields };
        }
    }
    let words = given.iter().filter_map(|option| option.value.as_str());
    Request::Command(std::iter::once(name.as_str()).chain(words).collect::<Vec<_>>().join(" "))
}

/// An option of setup as the form's field, with mentions as the form has them.
fn field(given: &CommandDataOption) -> Option<(String, String)> {
    let option = SETUP.iter().find(|option| option.name == given.name)?;
    let value = match &given.value {
        CommandDataOptionValue::String(text) => text.replace("<@!", "<@"),
        CommandDataOptionValue::Channel(id) => format!("<#{id}>"),
        CommandDataOptionValue::Role(id) => format!("<@&{id}>"),
        CommandDataOptionValue::User(id) => format!("<@{id}>"),
        CommandDataOptionValue::Boolean(true) => "me".to_owned(),
        _ => return None,
    };
    Some((option.field.to_owned(), value))
}

/// The form's field that is being typed, and what stands in it so far.
pub(super) fn typing(data: &CommandData) -> Option<(&'static str, &str)> {
    let typed = data.autocomplete()?;
    let option = SETUP.iter().find(|option| option.name == typed.name)?;
    Some((option.field, typed.value))
}

/// Suggestions as Discord takes them. One that is too long to be taken back whole is left out.
pub(super) fn suggestions(values: Vec<String>) -> CreateAutocompleteResponse {
    let fits = |value: &String| (1..=SUGGESTION_MAX).contains(&units(value));
    let choices = values.into_iter().filter(fits).take(SUGGESTIONS_MAX);
    CreateAutocompleteResponse::new()
        .set_choices(choices.map(|value| AutocompleteChoice::new(value.clone(), value)).collect())
}

/// What a definition says that matters to us. Discord adds ids, versions and defaults of its own.
const COMPARED: [&str; 14] = [
    "name",
    "type",
    "description",
    "options",
    "required",
    "choices",
    "value",
    "autocomplete",
    "min_length",
    "max_length",
    "channel_types",
    "contexts",
    "integration_types",
    "default_member_permissions",
];

/// Whether the commands that Discord has are ours already: one definition, or lists of them.
pub(super) fn same_as_registered(ours: &Value, theirs: &Value) -> bool {
    settled(ours) == settled(theirs)
}

/// Without what Discord adds; nothing, no and none are left out, as Discord does now and then. Options and choices keep
/// their order, which people see; plain lists are sets.
fn settled(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = COMPARED.iter().filter_map(|key| Some(((*key).to_owned(), settled(map.get(*key)?))));
            Value::Object(kept.filter(|(_, value)| !is_default(value)).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(settled).collect();
            if items.iter().all(Value::is_number) {
                items.sort_by_key(Value::as_i64);
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
