//! Commands, clicks and forms.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Scene, Socket, plain, view};
use crate::fake_slack::{At, Outcome};

/// Types a command that the bot answers with a modal.
async fn opened(scene: &Scene, socket: &mut Socket, modal: Value) -> Outcome {
    let typed = scene.fake.type_command(&scene.mara, &scene.channel, "/study setup");
    let payload = socket.take(Value::Null).await;
    scene.ask("views.open", json!({"trigger_id": payload["trigger_id"], "view": modal})).await.good();
    scene.fake.answered(typed).await
}

#[tokio::test]
async fn a_command_is_answered_at_its_response_url() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let typed = scene.fake.type_command(&scene.mara, &scene.channel, "/study today & more");
    let payload = socket.take(Value::Null).await;
    assert_eq!((&payload["command"], &payload["text"]), (&json!("/study"), &json!("today &amp; more")));
    assert_eq!(payload["is_enterprise_install"], "false");
    let url = &payload["response_url"];
    for _ in 0..5 {
        assert_eq!(scene.respond(url, json!({"text": "Only you see this"})).await.status, 200);
    }
    scene.respond(url, json!({"text": "once more"})).await.is_refused("used_url");
    let outcome = scene.fake.answered(typed).await;
    assert_eq!((outcome.ephemerals.len(), outcome.unanswered), (5, false));
    assert_eq!(outcome.ephemerals[0]["text"], "Only you see this");
    scene.finish_with(&["more than five times"]);
}

#[tokio::test]
async fn a_response_url_dies_after_half_an_hour() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    scene.fake.type_command(&scene.mara, &scene.channel, "/study");
    let payload = socket.take(Value::Null).await;
    scene.clock.pin(scene.clock.now().plus(30 * 60_000 + 1));
    scene.respond(&payload["response_url"], json!({"text": "late"})).await.is_refused("expired_url");
    scene.finish_with(&[]);
}

#[tokio::test]
async fn nobody_there_means_unanswered() {
    let scene = Scene::begin().await;
    let outcome = scene.fake.command(&scene.mara, &scene.channel, "/study").await;
    assert!(outcome.unanswered && outcome.ephemerals.is_empty());
    scene.finish_with(&[]);
}

#[tokio::test]
async fn a_click_on_a_panel_changes_that_panel() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let typed = scene.fake.type_command(&scene.mara, &scene.channel, "/study");
    let payload = socket.take(Value::Null).await;
    let button =
        json!({"type": "actions", "elements": [{"type": "button", "text": plain("Go"), "action_id": "go"}]});
    scene.respond(&payload["response_url"], json!({"text": "Panel", "blocks": [button]})).await;
    let panel = scene.fake.answered(typed).await.ephemerals[0].clone();
    let at = At::Ephemeral(panel["ts"].as_str().unwrap());
    let pressed = scene.fake.press(&scene.mara, at, "go", &[]);
    let click = socket.take(Value::Null).await;
    assert_eq!((&click["type"], &click["actions"][0]["action_id"]), (&json!("block_actions"), &json!("go")));
    assert_eq!(click["container"]["is_ephemeral"], true);
    scene.respond(&click["response_url"], json!({"text": "Done", "replace_original": true})).await;
    let outcome = scene.fake.answered(pressed).await;
    assert_eq!(outcome.ephemerals[0]["ts"], panel["ts"]);
    assert_eq!(
        (&outcome.ephemerals[0]["text"], &outcome.ephemerals[0]["blocks"]),
        (&json!("Done"), &Value::Null)
    );
    scene.finish_with(&[]);
}

#[tokio::test]
async fn a_trigger_opens_one_modal_and_soon() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let open =
        |trigger: &Value| scene.ask("views.open", json!({"trigger_id": trigger, "view": view("", "b")}));
    open(&json!("1.2.3")).await.is_refused("invalid_trigger_id");
    scene.fake.type_command(&scene.mara, &scene.channel, "/study");
    let payload = socket.take(Value::Null).await;
    open(&payload["trigger_id"]).await.good();
    open(&payload["trigger_id"]).await.is_refused("exchanged_trigger_id");
    scene.fake.type_command(&scene.mara, &scene.channel, "/study");
    let payload = socket.take(Value::Null).await;
    scene.clock.pass(Duration::from_secs(3));
    open(&payload["trigger_id"]).await.is_refused("expired_trigger_id");
    scene.finish_with(&["never was", "a second time"]);
}

#[tokio::test]
async fn an_updated_view_keeps_what_was_typed_where_its_block_is_the_same() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let first = opened(&scene, &mut socket, view("before", "b#1")).await.view.unwrap();
    let value = |view: &Value, block: &str| view["state"]["values"][block]["text"]["value"].clone();
    assert_eq!(value(&first, "b#1"), "before");
    scene.fake.fill_in(&scene.mara, &first, &[("text", &["typed"])]);
    let update = |body: Value| json!({"view_id": first["id"], "hash": first["hash"], "view": body});
    scene.ask("views.update", update(view("other", "b#1"))).await.good();
    let second = scene.fake.view(&scene.mara).unwrap();
    assert_eq!(value(&second, "b#1"), "typed", "Slack keeps it, whatever the view begins with");
    scene.ask("views.update", update(view("other", "b#2"))).await.is_refused("hash_conflict");
    let mut args = update(view("other", "b#2"));
    args.as_object_mut().unwrap().remove("hash");
    scene.ask("views.update", args).await.good();
    assert_eq!(value(&scene.fake.view(&scene.mara).unwrap(), "b#2"), "other");
    scene.fake.close_views(&scene.mara);
    scene
        .ask("views.update", json!({"view_id": first["id"], "view": view("", "b")}))
        .await
        .is_refused("not_found");
    scene.finish_with(&[]);
}

#[tokio::test]
async fn a_submission_brings_errors_another_view_or_the_end() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let form = opened(&scene, &mut socket, view("", "b")).await.view.unwrap();
    let sent = scene.fake.send_form(&scene.mara, &form, &[("b", &["typed"])]);
    let errors = json!({"response_action": "errors", "errors": {"b": "Say more."}});
    let payload = socket.take(errors).await;
    assert_eq!(payload["view"]["state"]["values"]["b"]["text"]["value"], "typed");
    assert!(payload["response_url"].is_null());
    let outcome = scene.fake.answered(sent).await;
    assert_eq!(outcome.errors["b"], "Say more.");
    assert!(outcome.view.is_some() && !outcome.closed);
    let sent = scene.fake.send_form(&scene.mara, &form, &[]);
    socket.take(json!({"response_action": "update", "view": view("next", "c")})).await;
    let next = scene.fake.answered(sent).await.view.unwrap();
    assert_eq!(next["state"]["values"]["c"]["text"]["value"], "next");
    let sent = scene.fake.send_form(&scene.mara, &next, &[]);
    socket.take(Value::Null).await;
    let outcome = scene.fake.answered(sent).await;
    assert!(outcome.closed && outcome.view.is_none());
    scene.finish_with(&[]);
}

#[tokio::test]
async fn views_against_the_rules_are_refused() {
    let scene = Scene::begin().await;
    let mut socket = scene.connect().await;
    let mut bad = view("", "b");
    bad["title"] = plain("A title that is longer than that");
    bad.as_object_mut().unwrap().remove("submit");
    scene.fake.type_command(&scene.mara, &scene.channel, "/study");
    let payload = socket.take(Value::Null).await;
    let got = scene.ask("views.open", json!({"trigger_id": payload["trigger_id"], "view": bad})).await;
    got.is_refused("invalid_arguments");
    scene.finish_with(&["1 to 24 characters", "inputs need a submit"]);
}
