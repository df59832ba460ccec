//! Messages, threads, direct messages and permissions.

use serde_json::{Value, json};
use studybot::domain::ids::Timestamp;

use super::client::Scene;
use crate::fake_discord::permissions::{
    ADD_REACTIONS, EMBED_LINKS, MANAGE_THREADS, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL,
};
use crate::fake_discord::{Attachment, Content, Extras, Overwrite, made_at};

#[tokio::test]
async fn a_nonce_posts_once() {
    let scene = Scene::begin().await;
    let path = format!("/channels/{}/messages", scene.channel);
    let body = json!({"content": "once", "nonce": "k1", "enforce_nonce": true});
    let first = scene.ask("POST", &path, body.clone()).await.id();
    assert_eq!(scene.ask("POST", &path, body.clone()).await.id(), first);
    assert_eq!(scene.fake.messages(scene.channel).len(), 1);
    scene.fake.delete(first);
    scene.ask("POST", &path, body.clone()).await.is_refused(404, 10_008);
    scene.clock.pin(scene.clock.now().plus(10 * 60_000));
    assert_ne!(scene.ask("POST", &path, body).await.id(), first, "a nonce is forgotten");
    scene.finish();
}

#[tokio::test]
async fn history_is_paged_both_ways() {
    let scene = Scene::begin().await;
    let jonas = scene.joins("Jonas");
    let said: Vec<u64> =
        (0..7).map(|number| scene.fake.say(jonas, scene.channel, &format!("{number}"))).collect();
    assert!(said.is_sorted(), "ids are ordered though the clock stands still");
    assert_eq!(made_at(said[0]), scene.clock.now());
    let page = async |query: &str| {
        let got = scene.get(&format!("/channels/{}/messages?{query}", scene.channel)).await;
        let messages = got.body.as_array().unwrap().clone();
        messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(page("limit=3").await, "654");
    assert_eq!(page(&format!("limit=3&before={}", said[4])).await, "321");
    assert_eq!(page(&format!("limit=3&after={}", said[1])).await, "432");
    assert_eq!(page("limit=100&after=0").await, "6543210");
    let early = scene.fake.insert(jonas, scene.channel, "e", Some(Timestamp(1_700_000_000_000)));
    assert_eq!(page("limit=100&after=0").await, "6543210e");
    assert_eq!(made_at(early), Timestamp(1_700_000_000_000));
    let path = format!("/channels/{}/messages?limit=101", scene.channel);
    scene.get(&path).await.is_refused(400, 50_035);
    scene.finish();
}

#[tokio::test]
async fn a_thread_hangs_from_a_message_and_outlives_it() {
    let scene = Scene::begin().await;
    let post = scene.posts(scene.channel, "question").await.id();
    let path = format!("/channels/{}/messages/{post}/threads", scene.channel);
    let made = scene.ask("POST", &path, json!({"name": "Q", "auto_archive_duration": 10_080})).await;
    assert_eq!((made.status, made.id()), (201, post));
    scene.ask("POST", &path, json!({"name": "Q"})).await.is_refused(400, 160_004);
    let first = scene.get(&format!("/channels/{post}/messages")).await.body;
    assert_eq!(
        (&first[0]["type"], &first[0]["referenced_message"]["content"]),
        (&json!(21), &json!("question"))
    );
    assert_eq!(scene.fake.message(post).unwrap()["thread"]["name"], "Q");
    scene.fake.delete(post);
    assert_eq!(scene.posts(post, "still here").await.status, 200);
    scene.fake.delete_channel(scene.channel);
    scene.posts(post, "gone").await.is_refused(404, 10_003);
    scene.finish();
}

#[tokio::test]
async fn archived_and_locked_threads_refuse() {
    let scene = Scene::begin().await;
    let jonas = scene.joins("Jonas");
    let post = scene.posts(scene.channel, "question").await.id();
    let path = format!("/channels/{}/messages/{post}/threads", scene.channel);
    scene.ask("POST", &path, json!({"name": "Q", "auto_archive_duration": 60})).await;
    let mine = scene.posts(post, "mine").await.id();
    scene.clock.pin(scene.clock.now().plus(61 * 60_000));
    let edit = format!("/channels/{post}/messages/{mine}");
    scene.ask("PATCH", &edit, json!({"content": "new"})).await.is_refused(400, 50_083);
    let reaction = format!("{edit}/reactions/%E2%9C%85/@me");
    scene.ask("PUT", &reaction, Value::Null).await.is_refused(400, 50_083);
    scene.fake.say(jonas, post, "I wake it");
    assert_eq!(scene.ask("PUT", &reaction, Value::Null).await.status, 204);
    assert_eq!(scene.ask("PATCH", &edit, json!({"content": "new"})).await.status, 200);
    let patch = |archived, locked| json!({"archived": archived, "locked": locked});
    let thread = format!("/channels/{post}");
    scene.ask("PATCH", &thread, patch(false, true)).await.is_refused(403, 50_013);
    assert_eq!(scene.ask("PATCH", &thread, json!({"archived": true})).await.status, 200);
    assert_eq!(scene.ask("PATCH", &thread, json!({"archived": false})).await.status, 200);
    scene.fake.set_thread(post, false, true);
    assert!(scene.fake.try_say(jonas, post, "locked out", Extras::default()).is_err());
    scene.posts(post, "locked out").await.is_refused(403, 160_005);
    scene.fake.permit(scene.guild, scene.guild, crate::fake_discord::permissions::MEMBER | MANAGE_THREADS);
    assert_eq!(scene.posts(post, "let in").await.status, 200);
    assert_eq!(scene.ask("PATCH", &thread, patch(true, true)).await.status, 200);
    scene.finish();
}

#[tokio::test]
async fn every_missing_permission_is_met() {
    let scene = Scene::begin().await;
    let post = scene.posts(scene.channel, "question").await.id();
    let deny = |deny| Overwrite { of: scene.fake.bot(), person: true, allow: 0, deny };
    let embed = json!({"embeds": [{"description": "x"}]});
    let messages = format!("/channels/{}/messages", scene.channel);
    scene.fake.set_overwrites(scene.channel, &[deny(EMBED_LINKS | ADD_REACTIONS)]);
    scene.ask("POST", &messages, embed).await.is_refused(403, 50_013);
    let reaction = format!("{messages}/{post}/reactions/%E2%9C%85/@me");
    scene.ask("PUT", &reaction, Value::Null).await.is_refused(403, 50_013);
    scene.ask("POST", &format!("{messages}/{post}/threads"), json!({"name": "Q"})).await;
    scene.fake.set_overwrites(scene.channel, &[deny(SEND_MESSAGES)]);
    scene.posts(scene.channel, "x").await.is_refused(403, 50_013);
    assert_eq!(scene.posts(post, "threads are another matter").await.status, 200);
    scene.fake.set_overwrites(scene.channel, &[deny(SEND_MESSAGES_IN_THREADS)]);
    scene.posts(post, "x").await.is_refused(403, 50_013);
    scene.fake.set_overwrites(scene.channel, &[deny(VIEW_CHANNEL)]);
    scene.get(&messages).await.is_refused(403, 50_001);
    let role = scene.fake.bot_role(scene.guild);
    let let_in = Overwrite { of: role, person: false, allow: VIEW_CHANNEL, deny: 0 };
    let keep_out = Overwrite { of: scene.guild, person: false, allow: 0, deny: VIEW_CHANNEL };
    scene.fake.set_overwrites(scene.channel, &[let_in, keep_out]);
    assert_eq!(scene.get(&messages).await.status, 200, "a role's overwrite comes after @everyone's");
    scene.fake.kick_bot(scene.guild);
    scene.get(&messages).await.is_refused(403, 50_001);
    scene.finish();
}

#[tokio::test]
async fn direct_messages_can_be_closed() {
    let scene = Scene::begin().await;
    let open = json!({"recipient_id": scene.owner.to_string()});
    let channel = scene.ask("POST", "/users/@me/channels", open.clone()).await.id();
    assert_eq!(scene.ask("POST", "/users/@me/channels", open).await.id(), channel);
    assert_eq!(scene.posts(channel, "hello").await.status, 200);
    scene.fake.close_directs(scene.owner, true);
    scene.posts(channel, "hello").await.is_refused(403, 50_007);
    assert_eq!(scene.fake.directs(scene.owner).len(), 1);
    scene.finish();
}

#[tokio::test]
async fn attachments_are_served_and_may_lie() {
    let scene = Scene::begin().await;
    let honest = Attachment::text("answer.md", "Block it.");
    let liar = Attachment { declared_size: Some(3), ..Attachment::text("small.txt", "not so small") };
    let gone = Attachment { content: Content::Gone, ..Attachment::text("gone.txt", "") };
    let endless = Attachment { content: Content::Endless, ..Attachment::text("endless.txt", "") };
    let extras = Extras { attachments: vec![honest, liar, gone, endless], ..Extras::default() };
    let message = scene.fake.say_with(scene.owner, scene.channel, "see", extras);
    let message = scene.fake.message(message).unwrap();
    let fetch = async |index: usize| {
        let url = message["attachments"][index]["url"].as_str().unwrap().to_owned();
        scene.bare().get(url).send().await.unwrap()
    };
    assert_eq!(fetch(0).await.text().await.unwrap(), "Block it.");
    assert_eq!(message["attachments"][1]["size"], 3);
    assert_eq!(fetch(1).await.text().await.unwrap(), "not so small");
    assert_eq!(fetch(2).await.status(), 404);
    let history = scene.get(&format!("/channels/{}/messages", scene.channel)).await;
    let _: Vec<serenity::model::channel::Message> = serde_json::from_value(history.body).unwrap();
    let mut endless = fetch(3).await;
    let mut read = 0;
    while read < 1 << 20 {
        read += endless.chunk().await.unwrap().unwrap().len();
    }
    scene.finish();
}
