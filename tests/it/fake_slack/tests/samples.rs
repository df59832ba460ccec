//! What the fake sends is made of what Slack sends: every key of its payloads is in a recorded one.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::client::{Scene, plain, view};
use crate::fake_slack::{At, Extras, File};

/// What Slack sends and these recordings lack.
const UNRECORDED: [&str; 1] = ["response_urls"];

/// Every key of every recorded payload; `None` where the machine has none.
fn recorded() -> Option<BTreeSet<String>> {
    let beside =
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/specs"));
    let folder = std::env::var_os("STUDYBOT_SPECS").map(PathBuf::from).or_else(beside)?;
    let mut all = BTreeSet::new();
    for kind in ["api", "app-backend", "events"] {
        let folder = folder.join("slack-samples").join(kind);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                eprintln!("what the fake sends is not held against {}: {error}", folder.display());
                return None;
            }
        };
        for entry in entries {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            keys(&serde_json::from_str(&text).unwrap(), &mut all);
        }
    }
    Some(all)
}

fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                into.insert(key.clone());
                // Below it stand ids that the bot made up.
                if key != "values" {
                    keys(value, into);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
        _ => {}
    }
}

#[track_caller]
fn agrees(sent: &Value, what: &str) {
    let Some(recorded) = recorded() else { return };
    let mut used = BTreeSet::new();
    keys(sent, &mut used);
    let unknown: Vec<&String> =
        used.iter().filter(|key| !recorded.contains(*key) && !UNRECORDED.contains(&key.as_str())).collect();
    assert!(unknown.is_empty(), "nothing that was recorded has {unknown:?}, which stand in {what}");
}

#[tokio::test]
async fn events_have_the_shape_of_recorded_ones() {
    let scene = Scene::begin().await;
    let (fake, channel, mara) = (&scene.fake, &scene.channel, &scene.mara);
    let mut socket = scene.connect().await;
    let root = fake.say(mara, channel, None, "Hello", Extras::default());
    agrees(&socket.take(Value::Null).await, "Message");
    fake.say(mara, channel, Some(&root), "shown", Extras { broadcast: true, ..Extras::default() });
    agrees(&socket.take(Value::Null).await, "MessageThreadBroadcast");
    agrees(&socket.take(Value::Null).await, "MessageReplied");
    let files = vec![File::text("a.txt", "x")];
    let shared = fake.say(mara, channel, None, "Here", Extras { files, broadcast: false });
    agrees(&socket.take(Value::Null).await, "MessageFileShare");
    fake.edit(channel, &shared, "There");
    agrees(&socket.take(Value::Null).await, "MessageChanged");
    fake.delete(channel, &shared);
    agrees(&socket.take(Value::Null).await, "MessageDeleted");
    fake.say_me(mara, channel, "waves");
    agrees(&socket.take(Value::Null).await, "MessageMe");
    fake.bot_says(channel, None, "beep");
    agrees(&socket.take(Value::Null).await, "MessageBot");
    scene.post(json!({})).await.good();
    agrees(&socket.take(Value::Null).await, "Message");
    let other = fake.channel_without_bot(&fake.team(), "other");
    fake.invite_bot(&other);
    agrees(&socket.take(Value::Null).await, "MessageChannelJoin");
    scene.finish_with(&[]);
}

#[tokio::test]
async fn payloads_have_the_shape_of_recorded_ones() {
    let scene = Scene::begin().await;
    let (fake, channel, mara) = (&scene.fake, &scene.channel, &scene.mara);
    let button =
        json!({"type": "button", "text": plain("Go"), "action_id": "go", "style": "primary", "value": "v"});
    let posted = scene.post(json!({"blocks": [{"type": "actions", "elements": [button]}]})).await.good();
    let mut socket = scene.connect().await;
    fake.type_command(mara, channel, "/study setup");
    let command = socket.take(Value::Null).await;
    agrees(&command, "SlashCommand");
    let trigger = &command["trigger_id"];
    let opened = scene.ask("views.open", json!({"trigger_id": trigger, "view": view("x", "b")})).await.good();
    fake.send_form(mara, &opened["view"], &[]);
    agrees(&socket.take(Value::Null).await, "ViewSubmission");
    let at = At::Message { channel, ts: posted["ts"].as_str().unwrap() };
    fake.press(mara, at, "go", &[]);
    agrees(&socket.take(Value::Null).await, "BlockAction");
    scene.finish_with(&[]);
}

#[tokio::test]
async fn answers_have_the_shape_of_recorded_ones() {
    let scene = Scene::begin().await;
    let channel = scene.channel.as_str();
    let said = scene.fake.insert(&scene.mara, channel, None, "root", None);
    scene.fake.insert(&scene.mara, channel, Some(&said), "reply", None);
    let read = |method: &'static str, args: Vec<(&'static str, String)>| {
        let scene = &scene;
        async move {
            let args: Vec<(&str, &str)> = args.iter().map(|(key, value)| (*key, value.as_str())).collect();
            agrees(&scene.read(method, &args).await.good(), method);
        }
    };
    read("auth.test", vec![]).await;
    read("conversations.info", vec![("channel", scene.channel.clone())]).await;
    read("conversations.list", vec![]).await;
    read("users.info", vec![("user", scene.mara.clone())]).await;
    read("conversations.replies", vec![("channel", scene.channel.clone()), ("ts", said)]).await;
    scene.finish_with(&[]);
}
