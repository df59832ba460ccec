//! Who may ask, how often, and what is noticed about a request.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{AGENT, Scene};
use crate::fake_discord::{Limits, Trouble, Which};

#[tokio::test]
async fn the_bot_learns_who_and_where_it_is() {
    let scene = Scene::begin().await;
    assert_eq!(scene.get("/users/@me").await.body["id"], scene.fake.bot().to_string());
    let application = scene.get("/applications/@me").await.body;
    assert_eq!(application["id"], scene.fake.application().to_string());
    assert_eq!(application["flags"], 1 << 15 | 1 << 19);
    let guilds = scene.get("/users/@me/guilds?limit=200").await.body;
    assert_eq!(guilds[0]["id"], scene.guild.to_string());
    let guild = scene.guild;
    assert_eq!(
        scene.get(&format!("/guilds/{guild}/channels")).await.body[0]["id"],
        scene.channel.to_string()
    );
    assert_eq!(scene.get(&format!("/guilds/{guild}/roles")).await.body.as_array().unwrap().len(), 2);
    let member = scene.get(&format!("/guilds/{guild}/members/{}", scene.owner)).await;
    assert_eq!(member.body["user"]["global_name"], "Mara");
    scene
        .get(&format!("/guilds/{guild}/members/{}", scene.fake.person("Stranger")))
        .await
        .is_refused(404, 10_007);
    scene.get("/guilds/1234/roles").await.is_refused(404, 10_004);
    scene.get("/channels/1234").await.is_refused(404, 10_003);
    scene.finish();
}

#[tokio::test]
async fn strangers_and_sloppy_clients_are_noticed() {
    let scene = Scene::begin().await;
    let url = format!("{}/api/v10/users/@me", scene.fake.base());
    let unknown = scene.bare().get(&url).header("authorization", "Bot wrong").send().await.unwrap();
    assert_eq!(unknown.status(), 401);
    let answer: Value = unknown.json().await.unwrap();
    assert_eq!(answer, json!({"message": "401: Unauthorized", "code": 0}));
    let authorization = format!("Bot {}", scene.fake.token());
    let agent = scene.bare().get(&url).header("authorization", &authorization).header("user-agent", "curl/8");
    agent.send().await.unwrap();
    let leaking = format!("{AGENT} {}", scene.fake.token());
    scene
        .bare()
        .get(&url)
        .header("authorization", &authorization)
        .header("x-debug", leaking)
        .send()
        .await
        .unwrap();
    scene.ask("GET", "/guilds/1/audit-logs", Value::Null).await.is_refused(404, 0);
    scene.ask("DELETE", &format!("/channels/{}", scene.channel), Value::Null).await.is_refused(404, 0);
    scene.get(&format!("/channels/{}/messages?limit=5&sort=up", scene.channel)).await.is_refused(400, 50_035);
    assert_eq!(scene.fake.total().invalid, 1);
    scene.finish_with(&[
        "a User-Agent of \"curl/8\"",
        "the token stands where it doesn't belong",
        "unknown route: GET /api/v10/guilds/1/audit-logs",
        "unknown route: DELETE",
        "unknown key sort in the query",
    ]);
}

#[tokio::test]
async fn bodies_are_held_against_discords_description() {
    let scene = Scene::begin().await;
    if crate::fake_discord::spec::spec().is_none() {
        return;
    }
    let path = format!("/channels/{}/messages", scene.channel);
    let button = |id: &str| json!({"type": 2, "style": 1, "label": "Go", "custom_id": id});
    let row = |parts: Vec<Value>| json!({"type": 1, "components": parts});
    let six: Vec<Value> = (0..6).map(|number| button(&format!("b{number}"))).collect();
    let bad = [
        json!({"content": 7}),
        json!({"contents": "x"}),
        json!({"content": "x", "embeds": [{"description": "x", "colour": 3}]}),
        json!({"content": "x".repeat(2_001)}),
        json!({"embeds": [{"description": "x".repeat(4_000)}, {"description": "x".repeat(2_001)}]}),
        json!({"content": "x", "components": [row(six)]}),
        json!({"content": "x", "components": [row(vec![button("a"), button("a")])]}),
        json!({"content": "x", "components": [row(vec![button(&"a".repeat(101))])]}),
        json!({"content": "x", "components": [row(vec![json!({"type": 2, "style": 1, "label": "x", "extra": 1})])]}),
        json!({"content": "x", "allowed_mentions": {"parse": ["nobody"]}}),
        json!({"content": "x", "nonce": "n".repeat(26), "enforce_nonce": true}),
    ];
    for body in &bad {
        let got = scene.ask("POST", &path, body.clone()).await;
        assert_eq!((got.status, &got.body["code"]), (400, &json!(50_035)), "{body}");
        assert_ne!(scene.fake.take_problems(), Vec::<String>::new(), "{body}");
    }
    let good = json!({
        "content": "x", "nonce": "k1", "enforce_nonce": true, "allowed_mentions": {"parse": []},
        "embeds": [{"url": "https://discord.com/#round:1:question", "description": "## Hello"}],
        "components": [row(vec![button("a"), button("b")])],
    });
    let got = scene.ask("POST", &path, good).await;
    assert_eq!((got.status, &got.body["embeds"][0]["type"]), (200, &json!("rich")), "{}", got.body);
    scene.ask("POST", &path, json!({"content": "  "})).await.is_refused(400, 50_006);
    scene.finish();
}

#[tokio::test]
async fn a_bucket_empties_and_says_so() {
    let scene = Scene::with(|config| config.limits = Limits::as_documented()).await;
    for left in (0..5).rev() {
        let got = scene.posts(scene.channel, "x").await;
        assert_eq!((got.status, got.header("x-ratelimit-remaining")), (200, left.to_string().as_str()));
    }
    let got = scene.posts(scene.channel, "x").await;
    assert_eq!((got.status, got.header("x-ratelimit-scope")), (429, "user"));
    assert!(got.body["retry_after"].as_f64().unwrap() <= 5.0 && got.body["global"] == false);
    assert!(!got.header("retry-after").is_empty() && !got.header("x-ratelimit-bucket").is_empty());
    let elsewhere = scene.fake.channel(scene.guild, "elsewhere", &[]);
    assert_eq!(scene.posts(elsewhere, "x").await.status, 200, "each channel has a bucket");
    let count = scene.fake.counts()["POST /channels/{channel_id}/messages"];
    assert_eq!((count.requests, count.too_many, count.invalid), (7, 1, 1));
    scene.finish();
}

#[tokio::test]
async fn there_is_one_limit_over_all() {
    let scene = Scene::with(|config| config.limits.global_per_second = 3).await;
    for _ in 0..3 {
        assert_eq!(scene.get("/users/@me").await.status, 200);
    }
    let got = scene.get("/users/@me").await;
    assert_eq!((got.status, got.header("x-ratelimit-global")), (429, "true"));
    assert_eq!((got.header("x-ratelimit-scope"), &got.body["global"]), ("global", &json!(true)));
    let callback = scene.ask("POST", "/interactions/1/token/callback", json!({"type": 6})).await;
    callback.is_refused(404, 10_062);
    scene.finish();
}

#[tokio::test]
async fn trouble_comes_as_scripted() {
    let scene = Scene::begin().await;
    let messages = Which::to("POST", "/channels/*/messages");
    scene.fake.next(1, messages.clone().holding("first"), Trouble::failure(502));
    scene.fake.next(1, messages.clone().holding("second"), Trouble::LostAnswer);
    scene.fake.next(1, messages.clone().holding("third"), Trouble::LostRequest);
    let wait = Duration::from_millis(1_500);
    scene.fake.next(1, messages, Trouble::TooMany { retry_after: wait, scope: "shared" });
    let path = format!("/channels/{}/messages", scene.channel);
    assert_eq!(scene.posts(scene.channel, "the first").await.status, 502);
    assert!(scene.try_ask("POST", &path, json!({"content": "the second"})).await.is_err());
    assert!(scene.try_ask("POST", &path, json!({"content": "the third"})).await.is_err());
    let got = scene.posts(scene.channel, "the fourth").await;
    assert_eq!(
        (got.status, got.header("retry-after"), got.header("x-ratelimit-scope")),
        (429, "2", "shared")
    );
    assert_eq!(scene.posts(scene.channel, "the fifth").await.status, 200);
    let there: Vec<Value> = scene.fake.messages(scene.channel);
    let texts: Vec<&str> = there.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(texts, ["the second", "the fifth"]);
    let statuses: Vec<u16> = scene.fake.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [502, 0, 0, 429, 200]);
    scene.fake.go_dark(true);
    assert!(scene.try_ask("GET", "/users/@me", Value::Null).await.is_err());
    scene.fake.go_dark(false);
    assert_eq!(scene.get("/users/@me").await.status, 200);
    scene.finish();
}
