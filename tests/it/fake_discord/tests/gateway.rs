//! Sessions: intents, shards, resumes, and what goes wrong with connections and events.

use serde_json::json;
use serenity::model::event::{Event, GatewayEvent};

use super::client::{INTENTS, Scene, names};
use crate::fake_discord::{Attachment, Config, Extras, Unfurl};

/// Without the message content.
const NO_CONTENT: u64 = INTENTS & !(1 << 15);

#[tokio::test]
async fn a_session_begins_and_hears_what_happens() {
    let scene = Scene::begin().await;
    let mut socket = scene.session(INTENTS).await;
    let began = socket.events_until("GUILD_CREATE").await;
    assert_eq!(names(&began), ["READY", "GUILD_CREATE"]);
    let _: serenity::model::gateway::Ready = serde_json::from_value(began[0]["d"].clone()).unwrap();
    let _: serenity::model::guild::Guild = serde_json::from_value(began[1]["d"].clone()).unwrap();
    let jonas = scene.joins("Jonas");
    let said = scene.fake.say(jonas, scene.channel, "Block it.");
    let created = socket.event("MESSAGE_CREATE").await;
    assert_eq!(
        (&created["content"], &created["guild_id"]),
        (&json!("Block it."), &json!(scene.guild.to_string()))
    );
    scene.clock.pin(scene.clock.now().plus(1_000));
    scene.fake.edit(said, "Block it first.");
    assert_eq!(socket.event("MESSAGE_UPDATE").await["edited_timestamp"], json!(scene.fake.now_as_written()));
    scene.fake.unfurl(said, Unfurl::Partial);
    assert_eq!(socket.event("MESSAGE_UPDATE").await.as_object().unwrap().len(), 4);
    let thread = scene.fake.open_thread(jonas, scene.channel, Some(said), "T");
    let told = socket.events_until("MESSAGE_UPDATE").await;
    assert_eq!(names(&told), ["THREAD_CREATE", "MESSAGE_CREATE", "MESSAGE_UPDATE"]);
    scene.fake.set_thread(thread, true, true);
    assert_eq!(socket.event("THREAD_UPDATE").await["thread_metadata"]["locked"], true);
    let more: Vec<u64> = (0..2).map(|_| scene.fake.say(jonas, scene.channel, "x")).collect();
    scene.fake.delete_bulk(&more);
    assert_eq!(socket.event("MESSAGE_DELETE_BULK").await["ids"].as_array().unwrap().len(), 2);
    scene.fake.delete_channel(thread);
    assert_eq!(socket.event("THREAD_DELETE").await["parent_id"], json!(scene.channel.to_string()));
    scene.fake.leave(scene.guild, jonas);
    assert_eq!(socket.event("GUILD_MEMBER_REMOVE").await["user"]["id"], json!(jonas.to_string()));
    scene.fake.delete_channel(scene.channel);
    socket.event("CHANNEL_DELETE").await;
    scene.fake.kick_bot(scene.guild);
    assert_eq!(socket.event("GUILD_DELETE").await, json!({"id": scene.guild.to_string()}));
    scene.finish();
}

/// Whatever the fake tells is what the model that the bot reads it with takes.
#[tokio::test]
async fn all_that_is_told_can_be_parsed() {
    let scene = Scene::begin().await;
    let mut socket = scene.session(INTENTS).await;
    scene.fake.connected(1).await;
    let jonas = scene.joins("Jonas");
    let attachments = vec![Attachment::text("a.md", "x")];
    let said = scene.fake.say_with(jonas, scene.channel, "x", Extras { attachments, ..Extras::default() });
    let reply = Extras { reply_to: Some(said), ..Extras::default() };
    let reply = scene.fake.say_with(scene.owner, scene.channel, "y", reply);
    scene.fake.edit(said, "new");
    scene.fake.unfurl(said, Unfurl::Whole);
    let thread = scene.fake.open_thread(jonas, scene.channel, Some(said), "T");
    let alone = scene.fake.open_thread(jonas, scene.channel, None, "U");
    scene.fake.set_thread(thread, true, false);
    scene.fake.delete_channel(alone);
    scene.fake.delete(reply);
    scene.fake.say(jonas, scene.fake.direct(jonas), "z");
    let role = scene.fake.role(scene.guild, "r", 0, true);
    scene.fake.set_roles(scene.guild, jonas, &[role]);
    scene.fake.leave(scene.guild, jonas);
    scene.fake.outage(scene.guild, true);
    scene.fake.outage(scene.guild, false);
    scene.fake.delete_channel(scene.channel);
    scene.fake.kick_bot(scene.guild);
    scene.fake.invite_bot(scene.guild);
    scene.fake.send_event("THE_END", None, &json!({}));
    let mut told = socket.events_until("THE_END").await;
    told.pop();
    assert!(told.len() > 20, "{:?}", names(&told));
    for payload in told {
        let parsed: Result<GatewayEvent, _> = serde_json::from_value(payload.clone());
        let event = parsed.unwrap_or_else(|error| panic!("{error}: {payload:#}"));
        assert!(!matches!(event, GatewayEvent::Dispatch(_, Event::Unknown(_))), "{payload:#}");
    }
    scene.finish();
}

#[tokio::test]
async fn without_the_intent_content_is_withheld_everywhere() {
    let scene = Scene::with(|config| config.content_switch = false).await;
    let mut refused = scene.session(INTENTS).await;
    assert_eq!(refused.closed().await, 4_014);
    let mut socket = scene.session(NO_CONTENT).await;
    socket.event("GUILD_CREATE").await;
    let jonas = scene.joins("Jonas");
    let secret = scene.fake.say(jonas, scene.channel, "secret");
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "");
    scene.fake.say(jonas, scene.channel, &format!("hey <@{}>", scene.fake.bot()));
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], format!("hey <@{}>", scene.fake.bot()));
    scene.fake.say(jonas, scene.fake.direct(jonas), "between us");
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "between us");
    scene.posts(scene.channel, "my own").await;
    assert_eq!(socket.event("MESSAGE_CREATE").await["content"], "my own");
    let reply = Extras { reply_to: Some(secret), ..Extras::default() };
    scene.fake.say_with(jonas, scene.channel, &format!("<@{}>", scene.fake.bot()), reply);
    assert_eq!(socket.event("MESSAGE_CREATE").await["referenced_message"]["content"], "");
    let history = scene.get(&format!("/channels/{}/messages?limit=100", scene.channel)).await;
    assert!(!history.body.to_string().contains("secret") && history.body.to_string().contains("my own"));
    scene.finish();
}

#[tokio::test]
async fn a_resume_brings_what_was_missed() {
    let scene = Scene::begin().await;
    let mut socket = scene.session(INTENTS).await;
    socket.event("GUILD_CREATE").await;
    scene.fake.drop_connections();
    assert_eq!(socket.closed().await, 1_006);
    scene.fake.say(scene.owner, scene.channel, "missed");
    let mut again = scene.connect().await;
    again.resume(&scene.fake.token(), &socket.session, socket.seq).await;
    let told = again.events_until("RESUMED").await;
    assert_eq!(names(&told), ["MESSAGE_CREATE", "RESUMED"]);
    scene.fake.refuse_resumes(true);
    let mut refused = scene.connect().await;
    refused.resume(&scene.fake.token(), &socket.session, again.seq).await;
    assert_eq!(refused.payload().await, json!({"op": 9, "d": false, "s": null, "t": null}));
    refused.identify(&scene.fake.token(), INTENTS, (0, 1)).await;
    assert_eq!(refused.payload().await["t"], "READY");
    let counts = scene.fake.gateway_counts();
    assert_eq!((counts.identifies, counts.resumes, counts.refused_resumes), (2, 1, 1));
    assert_eq!(counts.crowded_identifies, 1, "two identifies within five seconds");
    scene.finish();
}

#[tokio::test]
async fn connections_end_in_every_way() {
    let scene = Scene::begin().await;
    let mut socket = scene.session(INTENTS).await;
    socket.event("GUILD_CREATE").await;
    scene.fake.ask_to_reconnect();
    assert_eq!(socket.payload().await["op"], 7);
    scene.fake.invalidate_sessions(true);
    assert_eq!(socket.payload().await["d"], true);
    scene.fake.send_raw("{garbage");
    assert_eq!(socket.payload().await, json!("{garbage"));
    scene.fake.close_connections(4_000);
    assert_eq!(socket.closed().await, 4_000);
    let mut wrong = scene.connect().await;
    wrong.identify("wrong", INTENTS, (0, 1)).await;
    assert_eq!(wrong.closed().await, 4_004);
    let mut unknown = scene.connect().await;
    unknown.identify(&scene.fake.token(), 1 << 40, (0, 1)).await;
    assert_eq!(unknown.closed().await, 4_013);
    let mut early = scene.connect().await;
    early.send(json!({"op": 3, "d": {}})).await;
    assert_eq!(early.closed().await, 4_003);
    let mut last = scene.session(INTENTS).await;
    last.event("GUILD_CREATE").await;
    scene.fake.revoke_token();
    assert_eq!(last.closed().await, 4_004);
    scene.get("/users/@me").await.is_refused(401, 0);
    scene.finish();
}

#[tokio::test]
async fn patience_with_clients_ends() {
    let scene = Scene::with(|config| config.session_starts = 1).await;
    let mut socket = scene.session(INTENTS).await;
    socket.event("GUILD_CREATE").await;
    assert_eq!(scene.get("/gateway/bot").await.body["session_start_limit"]["remaining"], 0);
    for _ in 0..120 {
        socket.send(json!({"op": 1, "d": socket.seq})).await;
    }
    assert_eq!(socket.closed().await, 4_008);
    let mut second = scene.session(INTENTS).await;
    second.event("GUILD_CREATE").await;
    scene.fake.close_connections(4_009);
    assert_eq!(second.closed().await, 4_009);
    let mut third = scene.connect().await;
    third.resume(&scene.fake.token(), &second.session, second.seq).await;
    assert_eq!(third.payload().await["op"], 9, "a session that timed out is gone");
    scene.finish_with(&["more than 120 gateway payloads", "more sessions were started"]);
}

#[tokio::test]
async fn events_are_held_back_shuffled_and_repeated() {
    let scene = Scene::begin().await;
    let mut socket = scene.session(INTENTS).await;
    socket.event("GUILD_CREATE").await;
    scene.fake.hold_events();
    for text in ["one", "two", "three"] {
        scene.fake.say(scene.owner, scene.channel, text);
    }
    assert_eq!(scene.fake.held_events().len(), 3);
    scene.fake.release_events(&[2, 0]);
    scene.fake.repeat_event("MESSAGE_CREATE");
    for text in ["three", "one", "one"] {
        assert_eq!(socket.event("MESSAGE_CREATE").await["content"], text);
    }
    scene.finish();
}

#[tokio::test]
async fn each_shard_hears_of_its_guilds() {
    let scene = Scene::with(|config: &mut Config| config.shards = 2).await;
    let other = scene.fake.guild("Other", scene.owner);
    assert_ne!((scene.guild >> 22) % 2, (other >> 22) % 2, "neighbours are on different shards");
    let mut shards = Vec::new();
    for shard in 0..2 {
        let mut socket = scene.connect().await;
        socket.identify(&scene.fake.token(), INTENTS, (shard, 2)).await;
        assert_eq!(socket.events_until("GUILD_CREATE").await.len(), 2);
        shards.push(socket);
    }
    scene.fake.connected(2).await;
    let elsewhere = scene.fake.channel(other, "elsewhere", &[]);
    scene.fake.say(scene.owner, elsewhere, "to the other");
    scene.fake.say(scene.owner, scene.channel, "to the first");
    scene.fake.say(scene.owner, scene.fake.direct(scene.owner), "to shard 0");
    let first = usize::try_from((scene.guild >> 22) % 2).unwrap();
    assert_eq!(shards[first].event("MESSAGE_CREATE").await["content"], "to the first");
    assert_eq!(shards[1 - first].event("MESSAGE_CREATE").await["content"], "to the other");
    assert_eq!(shards[0].event("MESSAGE_CREATE").await["content"], "to shard 0");
    scene.finish();
}

#[tokio::test]
async fn sync_waits_until_everything_is_received() {
    let scene = Scene::begin().await;
    let mut socket = scene.session(INTENTS).await;
    scene.fake.connected(1).await;
    for number in 0..100 {
        scene.fake.say(scene.owner, scene.channel, &number.to_string());
    }
    let reader = tokio::spawn(async move {
        while socket.payload().await["d"]["content"] != "end" {}
        socket.seq
    });
    // As often as a long story does: what the fake asks for is no chatter.
    for _ in 0..200 {
        scene.fake.say(scene.owner, scene.channel, "more");
        scene.fake.sync().await;
    }
    scene.fake.say(scene.owner, scene.channel, "end");
    assert!(reader.await.unwrap() > 100);
    assert_eq!(scene.fake.gateway_counts().heartbeats, 200);
    scene.finish();
}
