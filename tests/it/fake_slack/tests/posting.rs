//! Messages: what is refused, what is noticed, and what stands in the channel.

use serde_json::{Value, json};

use super::client::{Scene, message, plain, view};
use crate::fake_slack::blocks::{Place, check};
use crate::fake_slack::{Extras, File, Trouble, Which};

#[tokio::test]
async fn who_asks_must_be_known_and_may_do_it() {
    let scene = Scene::with(|config| {
        config.scopes.remove("reactions:write");
    })
    .await;
    let hello = message(&scene.channel);
    scene.ask_as("", "chat.postMessage", hello.clone()).await.is_refused("not_authed");
    scene.ask_as("xoxb-other", "chat.postMessage", hello.clone()).await.is_refused("invalid_auth");
    let app = scene.fake.app_token();
    scene.ask_as(&app, "chat.postMessage", hello.clone()).await.is_refused("not_allowed_token_type");
    scene.ask("apps.connections.open", json!({})).await.is_refused("not_allowed_token_type");
    let got = scene.ask("reactions.add", json!({"channel": "C1", "timestamp": "1.0", "name": "eyes"})).await;
    got.is_refused("missing_scope");
    assert_eq!(got.body["needed"], "reactions:write");
    let test = scene.ask("auth.test", json!({})).await;
    assert!(test.header("x-oauth-scopes").contains("chat:write"), "{:?}", test.headers);
    assert_eq!(test.good()["user_id"], scene.fake.bot_user());
    scene.ask("chat.unknown", json!({})).await.is_refused("unknown_method");
    scene.fake.revoke_tokens();
    scene.ask("auth.test", json!({})).await.is_refused("token_revoked");
    scene.finish_with(&["chat.unknown is no method"]);
}

#[tokio::test]
async fn channels_that_the_bot_cannot_write_in_refuse() {
    let scene = Scene::begin().await;
    let (fake, team) = (&scene.fake, scene.fake.team());
    let out = fake.channel_without_bot(&team, "elsewhere");
    let gone = fake.channel(&team, "gone");
    fake.archive(&gone);
    let secret = fake.private_channel(&team, "secret");
    fake.kick_bot(&secret);
    let cases = [
        ("C404", "channel_not_found"),
        (&out, "not_in_channel"),
        (&gone, "is_archived"),
        (&secret, "channel_not_found"),
    ];
    for (channel, error) in cases {
        scene.post(json!({"channel": channel})).await.is_refused(error);
    }
    scene.post(json!({"thread_ts": "1.000000"})).await.is_refused("thread_not_found");
    scene.post(json!({"text": ""})).await.is_refused("no_text");
    scene.ask("conversations.join", json!({"channel": out})).await.good();
    scene.post(json!({"channel": out})).await.good();
    fake.close_directs(&scene.mara, true);
    scene.ask("conversations.open", json!({"users": scene.mara})).await.is_refused("user_not_visible");
    scene.ask("conversations.open", json!({"users": fake.bot_user()})).await.is_refused("cannot_dm_bot");
    scene.finish_with(&[]);
}

#[tokio::test]
async fn what_a_sound_bot_never_sends_is_noticed() {
    let scene = Scene::begin().await;
    scene.ask("chat.postMessage", json!({"channel": scene.channel, "text": "x"})).await.good();
    scene.finish_with(&["without unfurl_links", "without unfurl_media", "without metadata"]);
    let cases = [
        (json!({"link_names": true}), "unknown argument link_names"),
        (json!({"text": "a < b"}), "a < that is not escaped"),
        (json!({"text": "a & b"}), "an & that is not escaped"),
        (json!({"text": "<!here> look"}), "a call to people"),
        (json!({"text": format!("<@{}>", scene.mara)}), "a call to people"),
        (json!({"text": "<!subteam^S404>"}), "a group that there isn't"),
        (json!({"text": "<!date^1700000000^now>"}), "a date of an unknown shape"),
    ];
    for (more, problem) in cases {
        scene.post(more).await.good();
        scene.finish_with(&[problem]);
    }
    let group = scene.fake.group("cloud", &[&scene.mara]);
    let text =
        format!("<!subteam^{group}> &lt;b&gt; <!date^1700000000^{{time}}|then> <https://example.com|here>");
    scene.post(json!({"text": text})).await.good();
    scene.finish_with(&[]);
}

#[test]
fn block_kit_is_held_to_its_rules() {
    let section = |text: &str| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}});
    let actions = |elements: Value| json!({"type": "actions", "elements": elements});
    let button = |id: &str| json!({"type": "button", "text": plain("Go"), "action_id": id});
    let select = |initial: Value| {
        json!({
            "type": "static_select", "action_id": "s", "options": [{"text": plain("A"), "value": "a"}],
            "initial_option": initial,
        })
    };
    let rich = |elements: Value| json!({"type": "rich_text", "elements": elements});
    let input = view("", "b")["blocks"][0].clone();
    let list =
        json!({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text", "text": "a"}]});
    let cases = [
        (json!([section("x")]), Place::Message, 0),
        (json!([section("")]), Place::Message, 1),
        (json!([section(&"x".repeat(3_001))]), Place::Message, 1),
        (json!(vec![section("x"); 51]), Place::Message, 1),
        (json!(vec![section("x"); 51]), Place::Modal, 0),
        (json!([{"type": "header", "text": plain(&"x".repeat(151))}]), Place::Message, 1),
        (json!([actions(json!([button("a"), button("b")]))]), Place::Message, 0),
        (json!([actions(json!([button("a"), button("a")]))]), Place::Message, 1),
        (json!([actions(json!([]))]), Place::Message, 1),
        (json!([actions(json!([select(json!({"text": plain("A"), "value": "a"}))]))]), Place::Message, 0),
        (json!([actions(json!([select(json!({"text": plain("B"), "value": "a"}))]))]), Place::Message, 1),
        (json!([input.clone()]), Place::Message, 1),
        (json!([input.clone()]), Place::Modal, 0),
        (json!([input.clone(), input]), Place::Modal, 1),
        (json!([{"type": "table"}]), Place::Message, 1),
        (
            json!([rich(
                json!([{"type": "rich_text_section", "elements": [{"type": "text", "text": "<x>"}]}])
            )]),
            Place::Message,
            0,
        ),
        (
            json!([rich(json!([{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]))]),
            Place::Message,
            1,
        ),
        (json!([rich(json!([list]))]), Place::Message, 1),
    ];
    for (index, (blocks, place, expected)) in cases.into_iter().enumerate() {
        let found = check(&blocks, place);
        assert_eq!(found.wrong.len(), expected, "case {index}: {:#?}", found.wrong);
    }
    assert!(check(&json!(vec![section(&"x".repeat(2_700)); 5]), Place::Message).too_long);
}

#[tokio::test]
async fn blocks_against_the_rules_are_refused_by_name() {
    let scene = Scene::begin().await;
    let got =
        scene.post(json!({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]})).await;
    got.is_refused("invalid_blocks");
    assert!(
        got.body["response_metadata"]["messages"][0].as_str().unwrap().contains("/blocks/0/text"),
        "{got:?}"
    );
    let long = json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(2_700)}});
    scene.post(json!({"blocks": vec![long; 5]})).await.is_refused("msg_blocks_too_long");
    scene.post(json!({"text": "x".repeat(40_001)})).await.is_refused("msg_too_long");
    scene.finish_with(&["must be plain_text", "40000 characters"]);
}

#[tokio::test]
async fn messages_are_changed_by_who_wrote_them() {
    let scene = Scene::with(|config| config.edit_window_ms = Some(60_000)).await;
    let (fake, channel) = (&scene.fake, &scene.channel);
    let posted = scene.post(json!({"blocks": [{"type": "divider"}]})).await.good();
    let update = |ts: &Value| json!({"channel": channel, "ts": ts, "text": "Changed"});
    scene.ask("chat.update", update(&posted["ts"])).await.good();
    let message = fake.message(channel, posted["ts"].as_str().unwrap()).unwrap();
    assert_eq!((&message["text"], &message["blocks"][0]["type"]), (&json!("Changed"), &json!("divider")));
    assert_eq!(message["metadata"]["event_payload"]["key"], "k");
    assert_eq!(message["edited"]["user"], fake.bot_user());
    let hers = fake.say(&scene.mara, channel, None, "Hello", Extras::default());
    scene.ask("chat.update", update(&json!(hers))).await.is_refused("cant_update_message");
    scene.ask("chat.update", update(&json!("1.000000"))).await.is_refused("message_not_found");
    scene.clock.pin(scene.clock.now().plus(61_000));
    scene.ask("chat.update", update(&posted["ts"])).await.is_refused("edit_window_closed");
    let eyes = json!({"channel": channel, "timestamp": hers, "name": "eyes"});
    scene.ask("reactions.add", eyes.clone()).await.good();
    scene.ask("reactions.add", eyes).await.is_refused("already_reacted");
    scene
        .ask("reactions.add", json!({"channel": channel, "timestamp": hers, "name": ":x:"}))
        .await
        .is_refused("invalid_name");
    scene.finish_with(&["a reaction named"]);
}

#[tokio::test]
async fn trouble_comes_to_the_requests_that_it_is_for() {
    let scene = Scene::begin().await;
    let fake = &scene.fake;
    let args = || message(&scene.channel).to_string();
    let json_body = "application/json; charset=utf-8";
    fake.next(1, Which::to("chat.postMessage").holding("\"k\""), Trouble::failure(502));
    fake.next(1, Which::to("chat.postMessage"), Trouble::LostAnswer);
    fake.next(1, Which::to("chat.postMessage"), Trouble::LostRequest);
    fake.next(1, Which::to("chat.postMessage"), Trouble::TooMany { retry_after: 7 });
    fake.next(1, Which::to("chat.postMessage"), Trouble::refusal("internal_error"));
    let token = fake.bot_token();
    let send = || scene.send(&token, "chat.postMessage", json_body, args());
    assert_eq!(send().await.unwrap().status, 502);
    assert!(send().await.is_err());
    assert_eq!(fake.messages(&scene.channel).len(), 1, "a lost answer is no lost request");
    assert!(send().await.is_err());
    assert_eq!(fake.messages(&scene.channel).len(), 1);
    let too_many = send().await.unwrap();
    assert_eq!((too_many.status, too_many.header("retry-after")), (429, "7"));
    send().await.unwrap().is_refused("internal_error");
    send().await.unwrap().good();
    let count = fake.counts()["chat.postMessage"];
    assert_eq!((count.requests, count.too_many), (6, 1));
    scene.finish_with(&[]);
}

#[tokio::test]
async fn files_are_only_for_who_has_the_token() {
    let scene = Scene::begin().await;
    let files = vec![File::text("notes.txt", "What I know.")];
    let ts = scene.fake.say(&scene.mara, &scene.channel, None, "Here", Extras { files, broadcast: false });
    let message = scene.fake.message(&scene.channel, &ts).unwrap();
    assert_eq!((&message["subtype"], &message["files"][0]["size"]), (&json!("file_share"), &json!(12)));
    let url = message["files"][0]["url_private"].as_str().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let with = client.get(url).bearer_auth(scene.fake.bot_token()).send().await.unwrap();
    assert_eq!(with.text().await.unwrap(), "What I know.");
    let without = client.get(url).send().await.unwrap();
    assert!(without.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    scene.finish_with(&["without a token"]);
}
