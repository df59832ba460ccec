use serde_json::json;

use super::super::spec::Spec;
use super::*;
use crate::domain::command::StudyCommand;

fn data(options: &Value) -> CommandData {
    serde_json::from_value(json!({"id": "1", "name": "study", "type": 1, "options": options})).unwrap()
}

fn asked(options: &Value) -> String {
    match request(&data(options)) {
        Request::Command(words) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definition_is_as_discord_describes_it() {
    let value = Spec::of("ApplicationCommandUpdateRequest").check(&definition());
    let options = value["options"].as_array().unwrap();
    let names: Vec<&str> = options.iter().map(|option| option["name"].as_str().unwrap()).collect();
    assert_eq!(names, COMMANDS.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    assert_eq!(value["contexts"], json!([0]));
    assert_eq!(value["integration_types"], json!([0]));
    assert!(value.get("default_member_permissions").is_none());
    for option in options {
        let what = option["description"].as_str().unwrap();
        assert!(units(what) <= 100 && !what.ends_with('…'), "{what}");
    }
    assert!(serde_json::to_string(&value).unwrap().len() < 8_000, "Discord's bound on one command");
}

#[test]
fn every_field_of_the_setup_form_has_an_option() {
    // The form's words live with what draws it, which this part may not name; so its source is read.
    let source = include_str!("../../../render/setup.rs");
    let fields: Vec<(&str, &str)> = source
        .split("field(")
        .filter_map(|call| call.trim_start().strip_prefix('"')?.split_once('"'))
        .collect();
    let ids: Vec<&str> = fields.iter().map(|(id, _)| *id).collect();
    let ours = std::collections::BTreeSet::from(SETUP.map(|option| option.field));
    assert_eq!(ids.iter().copied().collect::<std::collections::BTreeSet<_>>(), ours);
    assert_eq!(option_name("dates_off"), "dates-off");
    assert_eq!(option_name("organiser_mentions"), "organisers");
}

#[test]
fn commands_are_read_as_words() {
    assert_eq!(asked(&json!([{"type": 1, "name": "today", "options": []}])), "today");
    assert_eq!(asked(&json!([{"type": 1, "name": "setup", "options": []}])), "setup");
    let month = json!([{"type": 1, "name": "leaderboard",
        "options": [{"type": 3, "name": "time", "value": "month"}]}]);
    assert_eq!(asked(&month), "leaderboard month");
    assert!(asked(&month).parse::<StudyCommand>().is_ok());
    assert_eq!(asked(&json!([])), "");
}

#[test]
fn options_of_setup_are_fields_of_its_form() {
    let given = json!([{"type": 1, "name": "setup", "options": [
        {"type": 3, "name": "dates-off", "value": "2026-12-25"},
        {"type": 7, "name": "admin-channel", "value": "81384788765712384"},
        {"type": 3, "name": "organisers", "value": "<@!80351110224678912> <@&1>"},
        {"type": 8, "name": "ping", "value": "165511591545143296"},
    ]}]);
    let Request::Submit { form, fields } = request(&data(&given)) else { panic!("a form") };
    assert_eq!(form, "setup");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("dates_off", "2026-12-25"),
            ("admin_mentions", "<#81384788765712384>"),
            ("organiser_mentions", "<@80351110224678912> <@&1>"),
            ("ping_mentions", "<@&165511591545143296>"),
        ]
    );
}

#[test]
fn typing_names_the_field() {
    let typed = json!([{"type": 1, "name": "setup", "options": [
        {"type": 3, "name": "schedule", "value": "weekdays 09:00"},
        {"type": 3, "name": "zone", "value": "Eur", "focused": true},
    ]}]);
    assert_eq!(typing(&data(&typed)), Some(("zone", "Eur")));
    let values = vec!["a".to_owned(), "x".repeat(101), String::new()];
    let value = serde_json::to_value(suggestions(values)).unwrap();
    assert_eq!(value["choices"].as_array().unwrap().len(), 1);
}

#[test]
fn what_discord_adds_is_no_difference() {
    let ours = serde_json::to_value([definition()]).unwrap();
    let mut theirs = ours.clone();
    theirs[0]["id"] = json!("1");
    theirs[0]["version"] = json!("2");
    theirs[0]["dm_permission"] = json!(false);
    theirs[0]["default_member_permissions"] = Value::Null;
    theirs[0]["nsfw"] = json!(false);
    theirs[0]["name_localizations"] = Value::Null;
    for option in theirs[0]["options"].as_array_mut().unwrap() {
        for option in option["options"].as_array_mut().into_iter().flatten() {
            option.as_object_mut().unwrap().remove("required");
        }
    }
    assert!(same_as_registered(&ours, &theirs));
    let changes: [fn(&mut Value); 5] = [
        |theirs| theirs["description"] = json!("Else"),
        |theirs| theirs["default_member_permissions"] = json!("32"),
        |theirs| theirs["contexts"] = json!([0, 1]),
        |theirs| drop(theirs["options"].as_array_mut().unwrap().pop()),
        |theirs| theirs["options"][5]["options"][1]["autocomplete"] = json!(false),
    ];
    for change in changes {
        let mut other = theirs.clone();
        change(&mut other[0]);
        assert!(!same_as_registered(&ours, &other), "{other:#}");
    }
    assert!(!same_as_registered(&ours, &json!([])));
}
