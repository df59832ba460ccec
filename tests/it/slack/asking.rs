//! Modals and messages for one person's eyes: what opens where, what is saved at once, and what is given back.

use serde_json::Value;

use super::{begin, control, place, said, thread};
use crate::fake_slack::{At, RESPONSE};
use crate::harness::{Mode, SlackTestChat, Story, lines};

/// The message in the newest question's thread that has this control.
async fn with_control(chat: &Story, slack: &SlackTestChat, action: &str) -> String {
    let (here, thread) = (chat.here(), thread(chat).await);
    let has =
        |message: &Value| message["blocks"].to_string().contains(&format!("\"action_id\":\"{action}\""));
    let all = slack.fake().replies(&here, &thread);
    let found = all.iter().rev().find(|message| has(message));
    found.unwrap_or_else(|| panic!("no {action} in {all:#?}"))["ts"].as_str().unwrap().to_owned()
}

fn beginning(text: &str) -> String {
    text.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_model_answer_opens_in_a_modal_and_not_before_the_rubric_is_out() {
    let (chat, slack) = begin().await;
    let (fake, jonas) = (slack.fake(), chat.jonas().id.clone());
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    let model = beginning(&chat.question_called("whose-public-bucket").model_answer);
    for action in ["open|model-answer:1", "model-answer:1", "open|open|model-answer:1", "open|mark-mine:1"] {
        let outcome = fake.forge_click(&jonas, At::Message { channel, ts }, action, &[]).await;
        let text = said(&outcome);
        assert!(!text.trim().is_empty() && !text.contains(&model), "{action}: {text}");
        fake.close_views(&jonas);
    }
    chat.at("2026-11-23 17:00").await;
    let opener = with_control(&chat, &slack, "open|model-answer:1").await;
    let raw = Value::from(fake.replies(channel, ts)).to_string();
    assert!(!raw.contains(&model), "nobody reads it who doesn't want to");
    let at = At::Message { channel, ts: &opener };
    let outcome = fake.click(&jonas, at, "open|model-answer:1", &[]).await;
    assert!(outcome.view.is_some() && outcome.ephemerals.is_empty(), "{outcome:?}");
    assert!(said(&outcome).contains(&model), "{}", said(&outcome));
    assert!(outcome.view.unwrap()["submit"].is_null(), "there is nothing to send");
    chat.finish().await;
}

#[tokio::test]
async fn marking_in_a_modal_saves_at_once_and_shows_what_is_saved() {
    let (chat, slack) = begin().await;
    let (fake, jonas, here) = (slack.fake(), chat.jonas().id.clone(), chat.here());
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    let marker = with_control(&chat, &slack, "mark-mine:1").await;
    let at = At::Message { channel: &here, ts: &marker };
    let opened = fake.click(&jonas, at, "mark-mine:1", &[]).await.view.expect("a modal");
    let points = control(&opened["blocks"], "Points your answer makes");
    let id = opened["id"].as_str().unwrap();
    let options = |view: &Value| -> (Vec<String>, Vec<String>) {
        let rows = view["blocks"].as_array().into_iter().flatten();
        let elements = rows.filter_map(|block| block["elements"].as_array()).flatten();
        let select = elements.into_iter().find(|element| element["action_id"] == *points).unwrap();
        let values = |name: &str| {
            let list = select[name].as_array().into_iter().flatten();
            list.map(|option| option["value"].as_str().unwrap().to_owned()).collect()
        };
        (values("options"), values("initial_options"))
    };
    let (all, chosen) = options(&opened);
    assert!(all.len() > 2 && chosen.is_empty());
    for choice in [&all[..1], &all[..2], &all[1..2]] {
        let values: Vec<&str> = choice.iter().map(String::as_str).collect();
        let shown = fake.click(&jonas, At::View(id), &points, &values).await;
        chat.chat().settle().await;
        let view = fake.outcome(shown.interaction).view.expect("the same modal");
        assert_eq!(view["id"], id, "it is changed in its place");
        assert!(said(&fake.outcome(shown.interaction)).contains("Saved: point"), "{view:#}");
        assert_eq!(options(&view).1, choice);
        assert_eq!(chat.counts("SELECT count(*) FROM marks WHERE met = 1").await as usize, choice.len());
    }
    assert_eq!(
        fake.requests_to("views.open")
            .iter()
            .filter(|request| request.args.to_string().contains("Points"))
            .count(),
        1
    );
    assert!(fake.requests_to(RESPONSE).is_empty(), "a modal has no such address");
    // Opened again, it shows what is saved.
    fake.close_views(&jonas);
    let again = fake.click(&jonas, at, "mark-mine:1", &[]).await.view.expect("a modal");
    assert_eq!(options(&again).1, all[1..2]);
    chat.finish().await;
}

#[tokio::test]
async fn a_text_of_twenty_thousand_characters_comes_back_whole() {
    let (chat, slack) = begin().await;
    chat.at("2026-11-23 09:00").await;
    let whole = lines("é", 20_000);
    let form = chat.jonas().clicks("Answer privately").await;
    let view = slack.fake().view(&chat.jonas().id).expect("a modal");
    let inputs: Vec<&Value> =
        view["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "input").collect();
    assert_eq!(inputs.len(), 7);
    assert!(inputs.iter().all(|input| input["element"]["max_length"] == 3_000));
    assert!(inputs.iter().all(|input| input["element"]["multiline"] == true));
    chat.jonas().sends(form.form(), &[("text", &whole)]).await.says("is saved");
    assert_eq!(chat.stored_texts(&whole).await, 1, "to the letter");
    let again = chat.jonas().clicks("Answer privately").await;
    assert_eq!(again.form().field("text").value, whole);
    // Without a single line end, the inputs' ends are joined without one.
    let blocks: Vec<String> =
        inputs.iter().map(|input| input["block_id"].as_str().unwrap().to_owned()).collect();
    assert!(blocks.iter().all(|block| block.starts_with("text")), "{blocks:?}");
    chat.finish().await;
}

#[tokio::test]
async fn what_only_one_person_may_see_is_for_that_person_alone() {
    let (chat, slack) = begin().await;
    let (fake, here, jonas) = (slack.fake(), chat.here(), chat.jonas().id.clone());
    chat.at("2026-11-23 09:00").await;
    chat.jonas().answers_privately("The owner decides.").await;
    let posted = fake.all_messages(&here).len();
    for command in
        ["/study my-answer", "/study today", "/study me", "/study help", "/study", "/study nonsense"]
    {
        let outcome = fake.command(&jonas, &here, command).await;
        assert!(outcome.posted.is_empty() && !said(&outcome).trim().is_empty(), "{command}: {outcome:?}");
        fake.close_views(&jonas);
    }
    assert_eq!(fake.all_messages(&here).len(), posted);
    let hidden = |request: &crate::fake_slack::Request| request.args["response_type"] == "ephemeral";
    assert!(fake.requests_to(RESPONSE).iter().all(hidden));
    assert!(fake.ephemerals(&chat.priya().id).is_empty());
    chat.finish().await;
}

#[tokio::test]
async fn a_message_for_ones_own_eyes_is_changed_in_its_place() {
    let (chat, slack) = begin().await;
    let (fake, here, jonas) = (slack.fake(), chat.here(), chat.jonas().id.clone());
    chat.at("2026-11-23 09:00").await;
    let me = fake.command(&jonas, &here, "/study me").await;
    let message = &me.ephemerals[0];
    let off = control(&message["blocks"], "No more notices");
    let ts = message["ts"].as_str().unwrap();
    let before = fake.ephemerals(&jonas).len();
    let outcome = fake.click(&jonas, At::Ephemeral(ts), &off, &[]).await;
    assert_eq!(outcome.ephemerals[0]["ts"], ts);
    assert_eq!(fake.ephemerals(&jonas).len(), before);
    assert_eq!(chat.counts("SELECT count(*) FROM learners WHERE notices = 0").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn a_form_that_can_be_opened_no_more_is_apologised_for() {
    let (chat, slack) = begin().await;
    let (fake, here, jonas) = (slack.fake(), chat.here(), chat.jonas().id.clone());
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    fake.expire_triggers(true);
    let at = At::Message { channel, ts };
    let late = fake.click(&jonas, at, "answer-privately:1", &[]).await;
    assert!(late.view.is_none() && said(&late).contains("Slack opens no form by now"), "{late:?}");
    // What fits into a message is said there.
    chat.at("2026-11-23 17:00").await;
    let marker = with_control(&chat, &slack, "mark-mine:1").await;
    let shown = fake.click(&jonas, At::Message { channel: &here, ts: &marker }, "mark-mine:1", &[]).await;
    assert!(shown.view.is_none() && said(&shown).contains("The owner decides."), "{shown:?}");
    let points = control(&shown.ephemerals.last().unwrap()["blocks"], "Points your answer makes");
    let message = shown.ephemerals.last().unwrap()["ts"].as_str().unwrap().to_owned();
    let none = fake.click(&jonas, At::Ephemeral(&message), &points, &[]).await;
    assert!(!none.unanswered, "{none:?}");
    fake.expire_triggers(false);
    let opener = with_control(&chat, &slack, "open|model-answer:1").await;
    let opened =
        fake.click(&jonas, At::Message { channel: &here, ts: &opener }, "open|model-answer:1", &[]).await;
    assert!(opened.view.is_some());
    chat.finish().await;
}

#[tokio::test]
async fn buttons_of_a_direct_message_work() {
    for mode in [Mode::Socket, Mode::Http] {
        let (chat, slack) = super::begin_in(mode).await;
        let (fake, jonas) = (slack.fake(), chat.jonas().id.clone());
        chat.at("2026-11-23 09:00").await;
        chat.jonas().says("The owner decides.").await;
        chat.at("2026-11-23 17:00").await;
        chat.jonas().marks(&[1]).await;
        chat.at("2026-11-24 08:00").await;
        let (notice, direct) = (fake.directs(&jonas)[0].clone(), fake.direct(&jonas));
        let at = At::Message { channel: &direct, ts: notice["ts"].as_str().unwrap() };
        let mine = fake.click(&jonas, at, &control(&notice["blocks"], "My answer"), &[]).await;
        assert!(said(&mine).contains("The owner decides."), "{mine:?}");
        fake.close_views(&jonas);
        let off = fake.click(&jonas, at, &control(&notice["blocks"], "No more notices"), &[]).await;
        assert!(!said(&off).trim().is_empty(), "{off:?}");
        assert_eq!(chat.counts("SELECT count(*) FROM learners WHERE notices = 0").await, 1);
        // Who has left reaches nothing by it.
        chat.jonas().leaves().await;
        chat.finish().await;
    }
}
