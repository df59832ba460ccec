use proptest::prelude::*;
use serde_json::{Value, json};
use serenity::all::ModalInteractionData;

use super::super::draw::parts;
use super::super::escape::units;
use super::super::inputs::read;
use super::super::spec::Spec;
use super::*;

fn field(id: &str, label: &str, max: u32, value: &str) -> Field {
    Field {
        id: id.to_owned(),
        label: label.to_owned(),
        multiline: max > 4_000,
        max,
        required: false,
        value: value.to_owned(),
        error: None,
    }
}

fn answer(value: &str) -> Form {
    Form {
        id: "private-answer:42:3".to_owned(),
        title: "Answer privately".to_owned(),
        fields: vec![field("text", "Your answer; leave it empty to withdraw it", 20_000, value)],
    }
}

fn setup(errors: &[(&str, String)]) -> Form {
    let mut fields = vec![
        field("schedule", "When to post (weekdays 09:00, or cron)", 200, "weekdays 09:00"),
        field("zone", "Time zone (such as Europe/Berlin)", 60, "Europe/Berlin"),
        field("answers", "Answers are taken for (such as 8 hours)", 40, "8 hours"),
        field("review", "The review lasts (such as 16 hours)", 40, "16 hours"),
        field("questions", "Questions (all, topics, levels or a track)", 300, "all"),
        field("mode", "Answers are (open or sealed)", 20, "open"),
        field("names", "Private answers show (names or no names)", 20, "names"),
        field("dates_off", "Dates off (such as 2026-12-25)", 1_200, ""),
        field(
            "admin_mentions",
            "Where organisers hear of problems (#channel or me)",
            100,
            "<#81384788765712384>",
        ),
        field(
            "organiser_mentions",
            "Who else may organise (such as @Jonas)",
            400,
            "<@80351110224678912>, <@&165511591545143296>",
        ),
        field("ping_mentions", "Who is called with each question (a group or nobody)", 100, "nobody"),
    ];
    for (id, error) in errors {
        fields.iter_mut().find(|field| field.id == *id).unwrap().error = Some(error.clone());
    }
    Form { id: "setup".to_owned(), title: "Set this channel up".to_owned(), fields }
}

fn checked(modal: CreateModal) -> Value {
    Spec::of("ModalInteractionCallbackRequestData").check(&modal)
}

/// What Discord sends back when somebody submits a modal as it was opened.
fn submitted(modal: &Value) -> ModalInteractionData {
    let rows: Vec<Value> = modal["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let input = &row["components"][0];
            let value = input.get("value").cloned().unwrap_or_else(|| json!(""));
            json!({"type": 1, "components": [{"type": 4, "custom_id": input["custom_id"], "value": value}]})
        })
        .collect();
    serde_json::from_value(json!({"custom_id": modal["custom_id"], "components": rows})).unwrap()
}

#[test]
fn a_long_answer_has_five_boxes_and_comes_back_whole() {
    let text = format!("{}\nlast line", "A line of an answer.\n".repeat(900));
    let modal = checked(modal(&answer(&text), Carried::default()).unwrap());
    assert_eq!(modal["custom_id"], "private-answer:42:3");
    assert_eq!(modal["title"], "Answer privately");
    let inputs = modal["components"].as_array().unwrap();
    let ids: Vec<&str> =
        inputs.iter().map(|row| row["components"][0]["custom_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["text", "text.2", "text.3", "text.4", "text.5"]);
    assert_eq!(inputs[0]["components"][0]["label"], "Your answer; leave it empty to withdraw it");
    assert_eq!(inputs[1]["components"][0]["label"], "Continued, part 2 of 5");
    assert_eq!(read(&submitted(&modal)), [("text".to_owned(), text)]);
}

#[test]
fn new_text_in_several_boxes_is_joined_by_lines() {
    let data = |values: [&str; 3]| -> ModalInteractionData {
        let ids = ["text", "text.2", "text.3"];
        let rows: Vec<Value> = ids
            .iter()
            .zip(values)
            .map(|(id, value)| {
                json!({"type": 1, "components": [{"type": 4, "custom_id": id, "value": value}]})
            })
            .collect();
        serde_json::from_value(json!({"custom_id": "late-answer:1:0", "components": rows})).unwrap()
    };
    assert_eq!(read(&data(["a", "", "c"])), [("text".to_owned(), "a\nc".to_owned())]);
    assert_eq!(read(&data(["", "b\r\nb", ""])), [("text".to_owned(), "b\nb".to_owned())]);
    assert_eq!(read(&data(["", "", ""])), [("text".to_owned(), String::new())]);
}

#[test]
fn a_large_form_is_a_panel_with_a_button_a_page() {
    let form = setup(&[]);
    assert!(modal(&form, Carried::default()).is_none());
    let parts = pages(&form, Carried::default());
    assert_eq!(parts.len(), 1);
    let text = &parts[0].description;
    assert!(text.starts_with("## Set this channel up\nThis is how it stands."), "{text}");
    assert!(text.contains("- **Where organisers hear of problems:** <#81384788765712384>\n"), "{text}");
    assert!(text.contains("<@80351110224678912>, <@&165511591545143296>"), "{text}");
    assert!(text.contains("`/study setup`: `admin-channel`"), "{text}");
    let rows = serde_json::to_value(&parts[0].components).unwrap();
    assert_eq!(rows[0]["components"][0]["custom_id"], "form-page:0:setup");
    assert_eq!(rows[0]["components"][0]["label"], "1. Change “When to post” and 4 more");
    assert_eq!(rows[0]["components"][1]["label"], "2. Change “Answers are” and 2 more");
    let ids = |page| -> Vec<String> {
        let modal = checked(modal_page(&form, page, Carried::default()).unwrap());
        read(&submitted(&modal)).into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids(0), ["schedule", "zone", "answers", "review", "questions"]);
    assert_eq!(ids(1), ["mode", "names", "dates_off"]);
    assert!(modal_page(&form, 2, Carried::default()).is_none());
    assert_eq!(page_of("form-page:1:private-answer:42:3"), Some((1, "private-answer:42:3")));
    assert_eq!(page_of("form-page:x:setup"), None);
    assert_eq!(token_of("form-again:t1"), Some("t1"));
}

#[test]
fn errors_stand_beside_what_was_typed_and_the_form_opens_again() {
    let typed = [("zone".to_owned(), "Berlin <@1>".to_owned()), ("answers".to_owned(), "8 hours".to_owned())];
    let wrong = [("zone", "There is no such zone. Europe/Berlin is one.".to_owned())];
    let form = with_values(setup(&wrong), &typed);
    let drawn = parts(&errors(&form, "t1", &typed), Carried::default());
    assert_eq!(
        drawn[0].description,
        "## Set this channel up\nOne thing is not right yet, so nothing was saved.\n\n\
         **Time zone:** There is no such zone. Europe/Berlin is one.\n\n> Berlin \\<\\@1>"
    );
    let rows = serde_json::to_value(&drawn[0].components).unwrap();
    assert_eq!(rows[0]["components"][0]["custom_id"], "form-again:t1");
    assert_eq!(rows[0]["components"][0]["style"], 1);
    let modal = checked(modal_again(&form, &typed, Carried { key: Some("again:t1"), guild: None }).unwrap());
    assert_eq!(modal["custom_id"], "setup|again:t1");
    assert_eq!(read(&submitted(&modal)), typed);
}

#[test]
fn what_no_modal_can_hold_is_mended_by_the_command() {
    let typed = [("organiser_mentions".to_owned(), "Jonas".to_owned())];
    let form = with_values(setup(&[("organiser_mentions", "Mention people.".to_owned())]), &typed);
    assert!(modal_again(&form, &typed, Carried::default()).is_none());
    let panel = errors(&form, "t1", &typed);
    assert!(panel.actions.is_empty());
    let text = &parts(&panel, Carried::default())[0].description;
    assert!(text.ends_with("-# Give `/study setup` again with `organisers`."), "{text}");
}

#[test]
fn fields_that_were_not_shown_again_keep_what_was_typed() {
    let pair = |id: &str, value: &str| (id.to_owned(), value.to_owned());
    let earlier = [pair("zone", "x"), pair("ping_mentions", "<@&1>")];
    assert_eq!(
        with_earlier(vec![pair("zone", "Europe/Berlin")], &earlier),
        [pair("zone", "Europe/Berlin"), pair("ping_mentions", "<@&1>")]
    );
}

#[test]
fn labels_lose_their_brackets_before_their_words() {
    let label = "Where organisers hear of problems (#channel or me)";
    assert_eq!(short_label(label, 45), "Where organisers hear of problems");
    assert_eq!(short_label("Time zone (such as Europe/Berlin)", 45), "Time zone (such as Europe/Berlin)");
    assert!(units(&short_label(&"word ".repeat(30), 45)) <= 45);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_survive_a_modal(pieces in proptest::collection::vec("[a-z é👩\n ]{0,30}", 0..30), times in 1_usize..40) {
        let text: String = pieces.concat().repeat(times).chars().take(20_000).collect();
        let modal = serde_json::to_value(modal(&answer(&text), Carried::default()).unwrap()).unwrap();
        for row in modal["components"].as_array().unwrap() {
            let value = row["components"][0]["value"].as_str().unwrap_or_default();
            prop_assert!(value.chars().count() <= 4_000);
        }
        let back = read(&submitted(&modal));
        prop_assert_eq!(&back[0].1, &text);
    }
}

/// The form with what was typed in place of what it held.
fn with_values(mut form: Form, typed: &[(String, String)]) -> Form {
    for field in &mut form.fields {
        if let Some((_, value)) = typed.iter().find(|(id, _)| *id == field.id) {
            field.value.clone_from(value);
        }
    }
    form
}
