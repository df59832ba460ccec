//! Commands, clicks and forms, and the rules of answering them.

use serde_json::{Value, json};
use serenity::model::application::Interaction;
use serenity::model::channel::Message;

use super::client::{INTENTS, Scene, Socket};
use crate::fake_discord::Id;

fn commands() -> Value {
    let option = |kind: u8, name: &str| json!({"type": kind, "name": name, "description": "x"});
    let mut zone = option(3, "zone");
    zone["autocomplete"] = json!(true);
    let options =
        [option(3, "schedule"), zone, option(7, "admin-channel"), option(8, "ping"), option(6, "who")];
    let setup = json!({"type": 1, "name": "setup", "description": "x", "options": options});
    let help = json!({"type": 1, "name": "help", "description": "x"});
    json!([{"name": "study", "description": "x", "type": 1, "options": [help, setup]}])
}

async fn ready(scene: &Scene) -> Socket {
    let put =
        scene.ask("PUT", &format!("/applications/{}/commands", scene.fake.application()), commands()).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let mut socket = scene.session(INTENTS).await;
    socket.event("GUILD_CREATE").await;
    socket
}

/// The next interaction, which serenity's model takes.
async fn next(socket: &mut Socket) -> Value {
    let told = socket.event("INTERACTION_CREATE").await;
    let parsed: Result<Interaction, _> = serde_json::from_value(told.clone());
    parsed.unwrap_or_else(|error| panic!("{error}: {told:#}"));
    told
}

/// The path of an interaction's callback, and that of its webhook.
fn paths(scene: &Scene, told: &Value) -> (String, String) {
    let (id, token) = (told["id"].as_str().unwrap(), told["token"].as_str().unwrap());
    let webhook = format!("/webhooks/{}/{token}", scene.fake.application());
    (format!("/interactions/{id}/{token}/callback"), webhook)
}

fn panel(text: &str) -> Value {
    let buttons = [
        json!({"type": 2, "style": 1, "label": "Go", "custom_id": "go"}),
        json!({"type": 2, "style": 2, "label": "Form", "custom_id": "form"}),
    ];
    let options = [json!({"label": "A", "value": "a"}), json!({"label": "B", "value": "b"})];
    let select =
        json!({"type": 3, "custom_id": "pick", "options": options, "min_values": 1, "max_values": 2});
    let rows = [json!({"type": 1, "components": buttons}), json!({"type": 1, "components": [select]})];
    json!({"embeds": [{"description": text}], "components": rows, "flags": 64})
}

/// A panel that a command brought, and the socket.
async fn with_panel(scene: &Scene) -> (Socket, Id) {
    let mut socket = ready(scene).await;
    let typed = scene.fake.type_command(scene.owner, scene.channel, "study help", &[]);
    let told = next(&mut socket).await;
    let (callback, _) = paths(scene, &told);
    let got = scene.ask("POST", &callback, json!({"type": 4, "data": panel("help")})).await;
    assert_eq!(got.status, 204, "{}", got.body);
    let outcome = scene.fake.answered(typed).await;
    assert_eq!(outcome.panels[0].text(), "help");
    (socket, outcome.panels[0].id)
}

#[tokio::test]
async fn a_command_carries_typed_options_and_what_they_name() {
    let scene = Scene::begin().await;
    let mut socket = ready(&scene).await;
    let role = scene.fake.role(scene.guild, "learners", 0, true);
    let (channel, role, who) = (scene.channel.to_string(), role.to_string(), scene.owner.to_string());
    let options =
        [("schedule", "weekdays 09:00"), ("admin-channel", &*channel), ("ping", &*role), ("who", &*who)];
    scene.fake.type_command(scene.owner, scene.channel, "study setup", &options);
    let told = next(&mut socket).await;
    let given = &told["data"]["options"][0];
    assert_eq!((&given["name"], &given["options"][1]["value"]), (&json!("setup"), &json!(channel)));
    assert_eq!(told["data"]["resolved"]["roles"][&role]["name"], "learners");
    assert!(told["member"]["permissions"].is_string() && told["app_permissions"].is_string());
    let post = scene.posts(scene.channel, "q").await.id();
    let thread = scene.fake.open_thread(scene.owner, scene.channel, Some(post), "T");
    scene.fake.type_command(scene.owner, thread, "study help", &[]);
    assert_eq!(next(&mut socket).await["channel"]["parent_id"], json!(channel));
    scene.fake.type_command(scene.owner, scene.fake.direct(scene.owner), "study help", &[]);
    let told = next(&mut socket).await;
    assert!(told["member"].is_null() && told["guild_id"].is_null() && told["user"]["id"] == json!(who));
    scene.finish();
}

#[tokio::test]
async fn suggestions_come_back() {
    let scene = Scene::begin().await;
    let mut socket = ready(&scene).await;
    let fake = scene.fake.clone();
    let (owner, channel) = (scene.owner, scene.channel);
    let typing =
        tokio::spawn(
            async move { fake.autocomplete(owner, channel, "study setup", &[("zone", "Eur")]).await },
        );
    let told = next(&mut socket).await;
    assert_eq!(told["data"]["options"][0]["options"][0]["focused"], true);
    let (callback, _) = paths(&scene, &told);
    let choice = json!({"name": "Berlin", "value": "Europe/Berlin"});
    let got = scene.ask("POST", &callback, json!({"type": 8, "data": {"choices": [choice]}})).await;
    assert_eq!(got.status, 204, "{}", got.body);
    assert_eq!(typing.await.unwrap(), [("Berlin".to_owned(), json!("Europe/Berlin"))]);
    scene.finish();
}

#[tokio::test]
async fn a_panel_is_clicked_updated_and_opens_a_form() {
    let scene = Scene::begin().await;
    let (mut socket, shown) = with_panel(&scene).await;
    let click = scene.fake.press(scene.owner, shown, "go", &[]);
    let told = next(&mut socket).await;
    assert_eq!((&told["message"]["flags"], &told["data"]["component_type"]), (&json!(64), &json!(2)));
    let _: Message = serde_json::from_value(told["message"].clone()).unwrap();
    let (callback, webhook) = paths(&scene, &told);
    scene.ask("POST", &callback, json!({"type": 7, "data": panel("updated")})).await;
    scene.ask("POST", &webhook, panel("part 2")).await;
    let texts: Vec<String> = scene.fake.outcome(click).panels.iter().map(|panel| panel.text()).collect();
    assert_eq!(texts, ["updated", "part 2"]);
    scene.ask("POST", &callback, json!({"type": 6})).await.is_refused(400, 40_060);

    let choice = scene.fake.press(scene.owner, shown, "pick", &["a", "b"]);
    let told = next(&mut socket).await;
    assert_eq!(told["data"]["values"], json!(["a", "b"]));
    let (callback, webhook) = paths(&scene, &told);
    assert_eq!(scene.ask("POST", &callback, json!({"type": 6})).await.status, 204);
    scene.ask("PATCH", &format!("{webhook}/messages/@original"), panel("chosen")).await;
    assert_eq!(scene.fake.answered(choice).await.panels[0].text(), "chosen");

    let opened = scene.fake.press(scene.owner, shown, "form", &[]);
    let (callback, _) = paths(&scene, &next(&mut socket).await);
    let input = |id: &str| json!({"type": 4, "custom_id": id, "label": "Text", "style": 2, "required": false, "value": "old"});
    let rows = ["text", "more"].map(|id| json!({"type": 1, "components": [input(id)]}));
    let modal = json!({"custom_id": "answer", "title": "Answer", "components": rows});
    let got = scene.ask("POST", &callback, json!({"type": 9, "data": modal})).await;
    assert_eq!(got.status, 204, "{}", got.body);
    let modal = scene.fake.answered(opened).await.modal.unwrap();
    assert_eq!(modal.values(), [("text", "old"), ("more", "old")]);
    let sent = scene.fake.send_form(scene.owner, &modal, &[("text", "new")]);
    let told = next(&mut socket).await;
    assert_eq!(told["data"]["components"][0]["components"][0]["value"], "new");
    assert_eq!(told["message"]["id"], json!(shown.to_string()));
    let (callback, _) = paths(&scene, &told);
    scene
        .ask("POST", &callback, json!({"type": 9, "data": {"custom_id": "x"}}))
        .await
        .is_refused(400, 50_035);
    scene.ask("POST", &callback, json!({"type": 4, "data": panel("saved")})).await;
    assert_eq!(scene.fake.answered(sent).await.panels[0].text(), "saved");
    assert_ne!(scene.fake.take_problems(), Vec::<String>::new());
    scene.finish();
}

#[tokio::test]
async fn a_deferred_answer_comes_later() {
    let scene = Scene::begin().await;
    let mut socket = ready(&scene).await;
    let typed = scene.fake.type_command(scene.owner, scene.channel, "study help", &[]);
    let (callback, webhook) = paths(&scene, &next(&mut socket).await);
    let original = format!("{webhook}/messages/@original");
    scene.ask("PATCH", &original, json!({"content": "too early"})).await.is_refused(404, 10_015);
    let deferred = scene.ask("POST", &callback, json!({"type": 5, "data": {"flags": 64}})).await;
    assert_eq!(deferred.status, 204, "{}", deferred.body);
    assert!(scene.fake.outcome(typed).panels.is_empty());
    assert_eq!(scene.ask("PATCH", &original, json!({"content": "there"})).await.status, 200);
    assert_eq!(scene.fake.answered(typed).await.panels[0].content, "there");
    assert!(scene.fake.messages(scene.channel).is_empty(), "only one person sees it");
    scene.finish();
}

#[tokio::test]
async fn late_answers_are_refused() {
    let scene = Scene::begin().await;
    let mut socket = ready(&scene).await;
    let typed = scene.fake.type_command(scene.owner, scene.channel, "study help", &[]);
    let (callback, _) = paths(&scene, &next(&mut socket).await);
    scene.fake.expire(typed, false);
    scene.ask("POST", &callback, json!({"type": 4, "data": panel("late")})).await.is_refused(404, 10_062);
    let typed = scene.fake.type_command(scene.owner, scene.channel, "study help", &[]);
    let (callback, webhook) = paths(&scene, &next(&mut socket).await);
    scene.ask("POST", &callback, json!({"type": 4, "data": panel("in time")})).await;
    scene.fake.expire(typed, true);
    scene.ask("POST", &webhook, panel("late")).await.is_refused(401, 50_027);
    scene.finish();
}
