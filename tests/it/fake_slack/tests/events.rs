//! What the bot is told of, and in which words.

use serde_json::{Value, json};

use super::client::Scene;
use crate::fake_slack::Extras;

#[tokio::test]
async fn typed_texts_come_in_slacks_own_form() {
    let scene = Scene::begin().await;
    let group = scene.fake.group("ops", &[&scene.mara]);
    let mut socket = scene.connect().await;
    let text = "a < b & c, @Mara see https://example.com/a?b=1&c=2. In #cloud-security, @ops and a@Mara";
    scene.fake.say(&scene.mara, &scene.channel, None, text, Extras::default());
    let event = socket.take(Value::Null).await["event"].clone();
    let expected = format!(
        "a &lt; b &amp; c, <@{}> see <https://example.com/a?b=1&amp;c=2>. In <#{}|cloud-security>, <!subteam^{group}|@ops> and a@Mara",
        scene.mara, scene.channel
    );
    assert_eq!(event["text"], expected);
    let elements = event["blocks"][0]["elements"][0]["elements"].as_array().unwrap();
    assert_eq!(elements[0], json!({"type": "text", "text": "a < b & c, "}));
    assert_eq!(elements[1], json!({"type": "user", "user_id": scene.mara}));
    scene.finish_with(&[]);
}

#[tokio::test]
async fn edits_deletions_and_previews_are_told_apart() {
    let scene = Scene::begin().await;
    let (fake, channel) = (&scene.fake, &scene.channel);
    let root = fake.insert(&scene.mara, channel, None, "root", None);
    let reply = fake.insert(&scene.mara, channel, Some(&root), "reply", None);
    let mut socket = scene.connect().await;
    fake.edit(channel, &reply, "edited");
    let event = socket.take(Value::Null).await["event"].clone();
    assert_eq!((&event["subtype"], &event["message"]["text"]), (&json!("message_changed"), &json!("edited")));
    assert_eq!(event["previous_message"]["text"], "reply");
    assert!(event["message"]["edited"]["ts"].is_string());
    fake.unfurl(channel, &root);
    let event = socket.take(Value::Null).await["event"].clone();
    assert!(event["message"]["edited"].is_null() && event["message"]["attachments"].is_array());
    fake.delete(channel, &root);
    let event = socket.take(Value::Null).await["event"].clone();
    assert_eq!(event["message"]["subtype"], "tombstone", "replies still hang from it");
    fake.delete(channel, &reply);
    let event = socket.take(Value::Null).await["event"].clone();
    assert_eq!((&event["subtype"], &event["deleted_ts"]), (&json!("message_deleted"), &json!(reply)));
    assert_eq!(event["previous_message"]["thread_ts"], root);
    scene.finish_with(&[]);
}

#[tokio::test]
async fn scopes_and_membership_decide_what_is_heard() {
    let scene = Scene::begin().await;
    let fake = &scene.fake;
    let out = fake.channel_without_bot(&fake.team(), "elsewhere");
    let secret = fake.private_channel(&fake.team(), "secret");
    fake.set_scope("groups:history", false);
    let mut socket = scene.connect().await;
    for channel in [&out, &secret, &scene.channel] {
        fake.say(&scene.mara, channel, None, "Hello", Extras::default());
    }
    let payload = socket.take(Value::Null).await;
    assert_eq!(
        (&payload["event"]["channel"], &payload["event"]["channel_type"]),
        (&json!(scene.channel), &json!("channel"))
    );
    fake.admin(&scene.mara, true);
    let event = socket.take(Value::Null).await["event"].clone();
    assert_eq!((&event["type"], &event["user"]["is_admin"]), (&json!("user_change"), &json!(true)));
    scene.finish_with(&[]);
}

#[tokio::test]
async fn strangers_and_other_workspaces_are_named() {
    let scene = Scene::begin().await;
    let fake = &scene.fake;
    let (team, stranger) = fake.stranger(&scene.channel, "Quin");
    let second = fake.other_team("Other team");
    let elsewhere = fake.channel(&second, "elsewhere");
    let mut socket = scene.connect().await;
    fake.say(&stranger, &scene.channel, None, "Hello", Extras::default());
    let payload = socket.take(Value::Null).await;
    assert_eq!((&payload["team_id"], &payload["is_ext_shared_channel"]), (&json!(fake.team()), &json!(true)));
    assert_eq!(
        (&payload["event"]["user_team"], &payload["event"]["source_team"]),
        (&json!(team), &json!(team))
    );
    fake.say(&scene.mara, &elsewhere, None, "Hello", Extras::default());
    let payload = socket.take(Value::Null).await;
    assert_eq!(payload["team_id"], second);
    assert_eq!(payload["authorizations"][0]["is_enterprise_install"], true);
    scene.finish_with(&[]);
}
