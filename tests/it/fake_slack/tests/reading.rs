//! Pages of messages and lists.

use serde_json::{Value, json};

use super::client::Scene;
use crate::fake_slack::Extras;

fn texts(body: &Value) -> Vec<&str> {
    body["messages"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_history_comes_newest_first_a_page_at_a_time() {
    let scene = Scene::begin().await;
    let channel = scene.channel.as_str();
    let said: Vec<String> = (0..5)
        .map(|number| scene.fake.insert(&scene.mara, channel, None, &number.to_string(), None))
        .collect();
    scene.fake.insert(&scene.mara, channel, Some(&said[4]), "a reply", None);
    let shown = Extras { broadcast: true, ..Extras::default() };
    scene.fake.say(&scene.mara, channel, Some(&said[4]), "shown", shown);
    let first = scene.read("conversations.history", &[("channel", channel), ("limit", "4")]).await.good();
    assert_eq!((texts(&first), &first["has_more"]), (vec!["shown", "4", "3", "2"], &json!(true)));
    assert_eq!(first["messages"][1]["reply_count"], 2);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let args = [("channel", channel), ("limit", "4"), ("cursor", cursor)];
    let second = scene.read("conversations.history", &args).await.good();
    assert_eq!((texts(&second), &second["has_more"]), (vec!["1", "0"], &json!(false)));
    let args = [("channel", channel), ("oldest", said[1].as_str()), ("latest", said[3].as_str())];
    assert_eq!(texts(&scene.read("conversations.history", &args).await.good()), ["2"]);
    let inclusive = [args.as_slice(), &[("inclusive", "true")]].concat();
    assert_eq!(texts(&scene.read("conversations.history", &inclusive).await.good()), ["3", "2", "1"]);
    let bad = [("channel", channel), ("cursor", "nonsense")];
    scene.read("conversations.history", &bad).await.is_refused("invalid_cursor");
    scene.ask("conversations.history", json!({"channel": channel})).await.is_refused("invalid_arguments");
    scene.finish_with(&["conversations.history takes no JSON"]);
}

#[tokio::test]
async fn a_thread_comes_oldest_first_behind_its_parent() {
    let scene = Scene::with(|config| config.largest_page = 2).await;
    let channel = scene.channel.as_str();
    let posted = scene.post(json!({})).await.good();
    let root = posted["ts"].as_str().unwrap();
    for number in 0..3 {
        scene.fake.insert(&scene.mara, channel, Some(root), &number.to_string(), None);
    }
    let args = [("channel", channel), ("ts", root), ("limit", "100")];
    let first = scene.read("conversations.replies", &args).await.good();
    assert_eq!(texts(&first), ["Hello", "0", "1"]);
    assert!(first["messages"][0]["metadata"].is_null(), "it comes only to who asks for it");
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let args = [args.as_slice(), &[("cursor", cursor), ("include_all_metadata", "true")]].concat();
    let second = scene.read("conversations.replies", &args).await.good();
    assert_eq!(texts(&second), ["Hello", "2"]);
    assert_eq!(second["messages"][0]["metadata"]["event_payload"]["key"], "k");
    let args = [("channel", channel), ("ts", "1.000000")];
    scene.read("conversations.replies", &args).await.is_refused("thread_not_found");
    scene.fake.set_scope("channels:history", false);
    scene.read("conversations.replies", &args).await.is_refused("missing_scope");
    scene.finish_with(&[]);
}

#[tokio::test]
async fn lists_are_complete_over_their_pages() {
    let scene = Scene::with(|config| config.largest_page = 2).await;
    let fake = &scene.fake;
    let others: Vec<String> = ["Noor", "Ola", "Pim"].iter().map(|name| fake.person(name)).collect();
    let (_, stranger) = fake.stranger(&scene.channel, "Quin");
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = scene.read("users.list", &[("limit", "200"), ("cursor", &cursor)]).await.good();
        seen.extend(
            page["members"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()),
        );
        page["response_metadata"]["next_cursor"].as_str().unwrap().clone_into(&mut cursor);
        if cursor.is_empty() {
            break;
        }
    }
    assert!(others.iter().chain([&scene.mara]).all(|person| seen.contains(person)), "{seen:?}");
    assert!(!seen.contains(&stranger), "{seen:?}");
    let info = scene.read("users.info", &[("user", &stranger)]).await.good();
    assert_eq!((&info["user"]["is_stranger"], &info["user"]["is_admin"]), (&json!(true), &Value::Null));
    scene.read("users.info", &[("user", "U404")]).await.is_refused("user_not_found");
    let group = fake.group("cloud", &[&scene.mara]);
    let groups = scene.read("usergroups.list", &[("include_users", "true")]).await.good();
    assert_eq!(groups["usergroups"][0]["id"], group);
    assert_eq!(groups["usergroups"][0]["users"], json!([scene.mara]));
    let mine = scene.read("users.conversations", &[("types", "public_channel,private_channel")]).await.good();
    assert_eq!(mine["channels"][0]["id"], scene.channel);
    let info = scene.read("conversations.info", &[("channel", &scene.channel)]).await.good();
    assert_eq!(info["channel"]["is_ext_shared"], true);
    scene.finish_with(&[]);
}
