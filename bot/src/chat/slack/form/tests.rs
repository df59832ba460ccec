use proptest::prelude::*;

use super::*;
use crate::domain::message::Field;

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

fn form(fields: Vec<Field>) -> Form {
    Form { id: "setup".to_owned(), title: "Set this channel up".to_owned(), fields }
}

fn answer(value: &str) -> Form {
    let fields = vec![field("text", "Your answer; leave it empty to withdraw it", 20_000, value)];
    Form { id: "private-answer:42:3".to_owned(), title: "Answer privately".to_owned(), fields }
}

fn choices(groups: &[(&str, &str)]) -> Choices {
    let group = |(id, handle): &(&str, &str)| (id.parse().unwrap(), (*handle).to_owned());
    Choices { groups: groups.iter().map(group).collect() }
}

/// What Slack sends when somebody submits a view as it was opened.
fn submitted(view: &View) -> Value {
    let mut view = json!(view);
    let mut values = Map::new();
    for block in view["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "input") {
        let element = &block["element"];
        let state = json!({
            "type": element["type"],
            "value": element.get("initial_value"),
            "selected_conversation": element.get("initial_conversation"),
            "selected_users": element.get("initial_users").unwrap_or(&json!([])),
            "selected_option": element.get("initial_option"),
            "selected_options": element.get("initial_options").unwrap_or(&json!([])),
        });
        let action = element["action_id"].as_str().unwrap().to_owned();
        values.insert(block["block_id"].as_str().unwrap().to_owned(), json!({action: state}));
    }
    view["state"] = json!({"values": values});
    view
}

fn there_and_back(form: &Form, choices: &Choices) -> Vec<(String, String)> {
    read(&submitted(&view(form, choices, 7))).fields
}

fn pair(id: &str, value: &str) -> (String, String) {
    (id.to_owned(), value.to_owned())
}

#[test]
fn a_long_answer_has_seven_boxes_and_comes_back_whole() {
    let text = format!("{}\nlast line", "A line of an answer.\n".repeat(900));
    let view = view(&answer(&text), &Choices::default(), 3);
    assert_eq!((view.title.as_str(), view.submit.as_deref()), ("Answer privately", Some("Send")));
    assert_eq!((view.callback_id.as_str(), view.close.as_str()), ("private-answer:42:3", "Cancel"));
    let ids: Vec<&str> = view.blocks.iter().map(|block| block["block_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["text#3", "text.2#3", "text.3#3", "text.4#3", "text.5#3", "text.6#3", "text.7#3"]);
    assert_eq!(view.blocks[0]["element"]["max_length"], 3_000);
    assert_eq!(view.blocks[1]["label"]["text"], "Continued, part 2 of 7");
    let sent = read(&submitted(&view));
    assert_eq!(sent.form, "private-answer:42:3");
    assert_eq!(sent.blocks, [pair("text", "text#3")]);
    assert_eq!(sent.fields, [pair("text", &text)]);
}

#[test]
fn setup_comes_back_as_it_was_shown() {
    let form = form(vec![
        field("schedule", "When to post (weekdays 09:00, or cron)", 200, "weekdays 09:00"),
        field("dates_off", "Dates off (such as 2026-12-25)", 1_200, ""),
        field("admin_mentions", "Where organisers hear of problems (#channel or me)", 100, "<#C1>"),
        field("organiser_mentions", "Who else may organise (such as @Jonas)", 400, "<@U1>, <@W2>, <@&S1>"),
        field("ping_mentions", "Who is called with each question (a group or nobody)", 100, "<@&S2>"),
    ]);
    let choices = choices(&[("S1", "ops"), ("S2", "readers")]);
    let view = view(&form, &choices, 7);
    assert_eq!(view.submit.as_deref(), Some("Save"));
    let labels: Vec<&str> =
        view.blocks.iter().map(|block| block["label"]["text"].as_str().unwrap()).collect();
    assert_eq!(
        labels,
        [
            "When to post (weekdays 09:00, or cron)",
            "Dates off (such as 2026-12-25)",
            "Where organisers hear of problems",
            "Who else may organise",
            "Who else may organise: groups",
            "Who is called with each question",
        ]
    );
    assert_eq!(view.blocks[3]["element"]["initial_users"], json!(["U1", "W2"]));
    assert_eq!(view.blocks[4]["element"]["initial_options"][0]["text"]["text"], "@ops");
    assert_eq!(view.blocks[5]["element"]["options"][0]["text"]["text"], "Nobody");
    let expected: Vec<_> = form.fields.iter().map(|field| pair(&field.id, &field.value)).collect();
    assert_eq!(there_and_back(&form, &choices), expected);
}

#[test]
fn what_can_t_be_shown_as_chosen_is_kept() {
    let groups = choices(&[("S1", "ops")]);
    let cases = [
        ("admin_mentions", "me", "me"),
        ("admin_mentions", "", "me"),
        ("admin_mentions", "<@U2>", "<@U2>"),
        ("admin_mentions", "#nowhere", "#nowhere"),
        ("organiser_mentions", "", ""),
        ("organiser_mentions", "<@U1>, <@T2:U3>, <@&S9>", "<@U1>, <@T2:U3>, <@&S9>"),
        ("organiser_mentions", "Jonas", "Jonas"),
        ("ping_mentions", "nobody", "nobody"),
        ("ping_mentions", "<@&S9>", "<@&S9>"),
    ];
    for (id, value, expected) in cases {
        let form = form(vec![field(id, "Label (such as this)", 400, value)]);
        assert_eq!(there_and_back(&form, &groups), [pair(id, expected)], "{value}");
    }
}

#[test]
fn an_emptied_channel_means_direct_messages() {
    let form = form(vec![field("admin_mentions", "Where", 100, "<#C1>")]);
    let mut view = submitted(&view(&form, &Choices::default(), 1));
    let block = view["blocks"][0]["block_id"].as_str().unwrap().to_owned();
    assert_eq!(view["blocks"][0]["element"]["initial_conversation"], "C1");
    view["state"]["values"][&block]["admin_mentions"]["selected_conversation"] = Value::Null;
    assert_eq!(read(&view).fields, [pair("admin_mentions", "me")]);
}

#[test]
fn without_groups_none_are_asked_for() {
    let fields = vec![
        field("organiser_mentions", "Who else", 400, "<@U1>"),
        field("ping_mentions", "Who is called", 100, "nobody"),
    ];
    let form = form(fields);
    assert_eq!(view(&form, &Choices::default(), 1).blocks.len(), 1);
    assert_eq!(there_and_back(&form, &Choices::default()), [pair("organiser_mentions", "<@U1>")]);
}

#[test]
fn a_title_that_is_cut_is_said_whole_above() {
    let mut form = answer("");
    form.title = "Answer privately, without your name".to_owned();
    let view = view(&form, &Choices::default(), 1);
    assert_eq!(view.title, "Answer privately…");
    assert_eq!(view.blocks[0]["text"]["text"], "Answer privately, without your name");
}

fn wrong(id: &str, value: &str) -> Form {
    let mut form = form(vec![field("zone", "Zone", 60, "Europe/Berlin"), field("mode", "Mode", 20, "open")]);
    let field = form.fields.iter_mut().find(|field| field.id == id).unwrap();
    field.value = value.to_owned();
    field.error = Some("That is not one. *This* is.".to_owned());
    form
}

#[test]
fn errors_name_the_blocks_that_were_sent() {
    let typed = wrong("zone", "Berlin ");
    let sent = read(&submitted(&view(&typed, &Choices::default(), 9)));
    assert_eq!(
        errors(&wrong("zone", "Berlin"), &sent),
        Some(json!({"zone#9": "That is not one. *This* is."}))
    );
    assert_eq!(errors(&wrong("zone", "Paris"), &sent), None, "a value has changed");
    assert_eq!(errors(&Form { id: "other".to_owned(), ..typed.clone() }, &sent), None, "another form");
    let mut fewer = typed.clone();
    fewer.fields.remove(1);
    assert_eq!(errors(&fewer, &sent), None, "a field is gone");
    let mut fine = typed.clone();
    fine.fields[0].error = None;
    assert_eq!(errors(&fine, &sent), None, "nothing is wrong");
    let mut unseen = typed;
    let error = Some("No such group.".to_owned());
    unseen.fields.push(Field { error, ..field("ping_mentions", "Who", 100, "<@&S1>") });
    assert_eq!(errors(&unseen, &sent), None, "what is wrong was not in the view");
}

#[test]
fn what_is_wrong_is_said_under_its_input() {
    let blocks = view(&wrong("zone", "Berlin"), &Choices::default(), 1).blocks;
    let kinds: Vec<&str> = blocks.iter().map(|block| block["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["input", "context", "input"]);
    assert_eq!(blocks[1]["elements"][0]["text"], "That is not one. *\u{200b}This* is.");
}

#[test]
fn whatever_comes_is_read() {
    let state = |values: Value| json!({"callback_id": "setup", "state": {"values": values}});
    let cases = [
        (json!(null), vec![]),
        (json!({"callback_id": 5, "state": []}), vec![]),
        (state(json!({"zone#1": {}, "a": {"a": {"value": "x"}}, "b#1": 5})), vec![]),
        (state(json!({"zone#1": {"zone": {"value": {"deep": 1}}}})), vec![pair("zone", "")]),
        (
            state(json!({"x.9999999999999999999#1": {"x": {"value": "y"}}})),
            vec![pair("x.9999999999999999999", "y")],
        ),
        (
            state(json!({"text.3#1": {"text": {"value": "c"}}, "text.2-#1": {"text": {"value": "b"}},
            "text#1": {"text": {"value": "a"}}})),
            vec![pair("text", "a b\nc")],
        ),
        (
            state(
                json!({"o_mentions#1": {"o": {"type": "multi_users_select", "selected_users": ["U1", 5, "U>2"]}}}),
            ),
            vec![pair("o_mentions", "<@U1>")],
        ),
        (state(json!({"=#": {"": {"value": "v"}}})), vec![pair("", "v")]),
    ];
    for (view, expected) in cases {
        assert_eq!(read(&view).fields, expected, "{view}");
    }
    let many: Map<String, Value> =
        (0..200).map(|number| (format!("f{number}#1"), json!({"f": {"value": "v"}}))).collect();
    assert_eq!(read(&state(json!(many))).fields.len(), 50);
    let long = "é".repeat(100_001);
    assert_eq!(read(&state(json!({"a#1": {"a": {"value": long}}}))).fields[0].1.chars().count(), 100_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn values_survive_a_view(pieces in proptest::collection::vec("[a-z é👩\n ]{0,30}", 0..30), times in 1_usize..40) {
        let text: String = pieces.concat().repeat(times).chars().take(20_000).collect();
        let view = view(&answer(&text), &Choices::default(), 1);
        for block in &view.blocks {
            let value = block["element"]["initial_value"].as_str().unwrap_or_default();
            prop_assert!(value.chars().count() <= 3_000);
        }
        prop_assert_eq!(&read(&submitted(&view)).fields[0].1, &text);
    }
}
