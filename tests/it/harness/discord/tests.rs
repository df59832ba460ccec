//! Whether people see on the fake what a bot shows them there. The bot here knows a few answers by heart.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use studybot::chat::Timestamp;
use studybot::clock::Clock;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Packet;

use super::super::chat::{Says, TestChat};
use super::super::story::lines;
use super::{DiscordTestChat, FakeDiscord, text_of};

const AGENT: &str = "DiscordBot (https://example.com/, 0.1)";
/// Guilds, members, messages and what they say.
const INTENTS: u64 = 1 | 1 << 1 | 1 << 9 | 1 << 15;

/// A bot that can ask Discord for anything.
#[derive(Clone)]
struct Parrot {
    fake: FakeDiscord,
    client: reqwest::Client,
}

impl Parrot {
    fn new(chat: &DiscordTestChat) -> Self {
        let client = reqwest::Client::builder().no_proxy().user_agent(AGENT).build().unwrap();
        Self { fake: chat.fake.clone(), client }
    }

    async fn asks(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/api/v10{path}", self.fake.base());
        let request = self.client.request(method.parse().unwrap(), url);
        let request = request.header("authorization", format!("Bot {}", self.fake.token()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn posts(&self, channel: &str, url: &str, said: &str, components: Value) -> String {
        let embed = json!({ "url": url, "description": said });
        let body = json!({ "embeds": [embed], "components": components });
        text_of(&self.asks("POST", &format!("/channels/{channel}/messages"), body).await["id"])
    }

    /// Registers `/study` and answers every interaction with what `answer` says: a callback, and a follow-up.
    async fn listens(&self, answer: fn(&Value) -> (Value, Option<Value>)) {
        let option = |name: &str| json!({ "type": 3, "name": name, "description": "x" });
        let mut names = option("names");
        names["choices"] =
            json!([{ "name": "names", "value": "names" }, { "name": "no names", "value": "no names" }]);
        let channel = json!({ "type": 7, "name": "admin-channel", "description": "x" });
        let setup = [option("schedule"), names, channel];
        let setup = json!({ "type": 1, "name": "setup", "description": "x", "options": setup });
        let today = json!({ "type": 1, "name": "today", "description": "x" });
        let study = json!([{ "name": "study", "description": "x", "type": 1, "options": [setup, today] }]);
        self.asks("PUT", &format!("/applications/{}/commands", self.fake.application()), study).await;
        let gateway = self.client.get(format!("{}/api/v10/gateway/bot", self.fake.base()));
        let gateway = gateway.header("authorization", format!("Bot {}", self.fake.token()));
        let gateway: Value = gateway.send().await.unwrap().json().await.unwrap();
        let url = format!("{}/?v=10&encoding=json", gateway["url"].as_str().unwrap());
        let (mut socket, _) = connect_async(url).await.unwrap();
        let parrot = self.clone();
        tokio::spawn(async move {
            let mut last = Value::Null;
            while let Some(Ok(Packet::Text(text))) = socket.next().await {
                let payload: Value = serde_json::from_str(&text).unwrap();
                if !payload["s"].is_null() {
                    last = payload["s"].clone();
                }
                let reply = match payload["op"].as_u64() {
                    Some(10) => json!({ "op": 2, "d": {
                        "token": parrot.fake.token(), "intents": INTENTS, "shard": [0, 1],
                        "properties": { "os": "linux", "browser": "test", "device": "test" },
                    } }),
                    Some(1) => json!({ "op": 1, "d": last }),
                    _ => {
                        if payload["t"] == "INTERACTION_CREATE" {
                            parrot.answers(&payload["d"], answer(&payload["d"])).await;
                        }
                        continue;
                    }
                };
                socket.send(Packet::Text(reply.to_string())).await.unwrap();
            }
        });
        self.fake.connected(1).await;
    }

    async fn answers(&self, told: &Value, (callback, follow_up): (Value, Option<Value>)) {
        let (id, token) = (text_of(&told["id"]), text_of(&told["token"]));
        self.asks("POST", &format!("/interactions/{id}/{token}/callback"), callback).await;
        if let Some(more) = follow_up {
            self.asks("POST", &format!("/webhooks/{}/{token}", self.fake.application()), more).await;
        }
    }
}

fn panel(said: &str, buttons: &[(&str, &str)]) -> Value {
    let button =
        |(id, label): &(&str, &str)| json!({ "type": 2, "style": 2, "label": label, "custom_id": id });
    let rows: Vec<_> =
        buttons.iter().map(|button_of| json!({ "type": 1, "components": [button(button_of)] })).collect();
    json!({ "embeds": [{ "description": said }], "flags": 64, "components": rows })
}

fn modal(id: &str, inputs: &[(&str, &str, &str)]) -> Value {
    let row = |(id, label, value): &(&str, &str, &str)| {
        let mut input = json!({ "type": 4, "custom_id": id, "label": label, "style": 2, "required": false });
        if !value.is_empty() {
            input["value"] = json!(value);
        }
        json!({ "type": 1, "components": [input] })
    };
    let rows: Vec<_> = inputs.iter().map(row).collect();
    json!({ "type": 9, "data": { "custom_id": id, "title": "A form", "components": rows } })
}

async fn begin() -> (DiscordTestChat, Parrot, String, String) {
    let chat = DiscordTestChat::start(Clock::manual(Timestamp(1_795_424_400_000))).await;
    let parrot = Parrot::new(&chat);
    let channel = chat.channel("cloud-security").await;
    let jonas = chat.joins("Jonas", false).await;
    (chat, parrot, channel, jonas)
}

#[tokio::test]
async fn what_stands_in_channels_and_threads_is_read_as_people_read_it() {
    let (chat, parrot, channel, jonas) = begin().await;
    let url = "https://discord.com/#round:1:question";
    let first = parrot.posts(&channel, url, "## Whose *bucket*?\n> half", json!([])).await;
    let button =
        json!({ "type": 2, "style": 2, "label": "My answer", "custom_id": "my-answer:1|round:1:question" });
    let row = json!([{ "type": 1, "components": [button] }]);
    parrot.posts(&channel, &format!("{url}.2"), &format!("> and <@{jonas}>"), row).await;
    let thread = json!({ "name": "Whose bucket?", "auto_archive_duration": 10_080 });
    parrot.asks("POST", &format!("/channels/{channel}/messages/{first}/threads"), thread).await;
    let says = Says { channel: &channel, thread: Some(&first), text: "Mine.", files: &[] };
    let said = chat.say(&jonas, says.clone()).await;
    let long = chat.say(&jonas, Says { text: &"x".repeat(2_001), ..says }).await;
    chat.history(&first, &[(jonas.clone(), "Unheard.".to_owned())]).await;
    chat.edit(&jonas, &said, "Ours.").await;
    parrot
        .asks("PUT", &format!("/channels/{first}/messages/{said}/reactions/%E2%9C%85/@me"), Value::Null)
        .await;

    let posts = chat.messages(&jonas, &channel, None).await;
    assert_eq!((posts.len(), posts[0].author.bot, posts[0].replies), (1, true, Some(3)));
    assert_eq!(posts[0].text, "Whose *bucket*?\n\nhalf✂and Jonas");
    assert_eq!(posts[0].control("My answer").unwrap().id, "my-answer:1");
    let replies = chat.messages(&jonas, &channel, Some(&first)).await;
    let texts: Vec<&str> = replies.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Ours.", "", "Unheard."], "a long text is a file");
    assert!(replies[0].has_reaction("✅") && replies[1].id == long && !replies[0].author.bot);
    let seen = chat.all_seen_by(&jonas).await;
    assert!(seen.contains("half") && seen.contains("Ours.") && seen.contains("Unheard."));

    chat.delete(&jonas, &first).await;
    assert!(chat.messages(&jonas, &channel, None).await.is_empty());
    assert_eq!(chat.messages(&jonas, &channel, Some(&first)).await.len(), 3, "a thread outlives its message");
    let posted: Vec<_> = chat.posted().await.into_iter().collect();
    let expected = ["round:1:question", "round:1:question.2"].map(|key| (key.to_owned(), 1));
    assert_eq!(posted, expected, "what was deleted stood there");
    chat.close().await;
}

#[tokio::test]
async fn panels_and_forms_are_shown_as_stories_know_them() {
    let (chat, parrot, channel, jonas) = begin().await;
    let unanswered = chat.command(&jonas, &channel, "/study today").await;
    unanswered.says("The application did not respond.");
    parrot
        .listens(|told| match told["data"]["custom_id"].as_str() {
            None if told["data"]["options"][0]["name"] == "today" => {
                let more = panel("> second", &[("private|@1", "Answer privately"), ("next:1", "Next")]);
                (json!({ "type": 4, "data": panel("**Today**", &[]) }), Some(more))
            }
            Some("next:1") => (json!({ "type": 7, "data": panel("Next page", &[("next:1", "Next")]) }), None),
            Some("private|@1") => {
                let inputs = ["text", "text.2", "text.3", "text.4", "text.5"].map(|id| (id, "Answer", ""));
                (modal("private-answer:1:0|@1", &inputs), None)
            }
            Some("private-answer:1:0|@1") => {
                let button = [("form-again:7", "Open it again")];
                (
                    json!({ "type": 4, "data": panel("**Answer: **Answers have closed.\n> typed", &button) }),
                    None,
                )
            }
            Some("form-again:7") => (modal("private-answer:1:0|@1", &[("text", "Answer", "typed")]), None),
            other => (json!({ "type": 4, "data": panel(&format!("Heard: {other:?}."), &[]) }), None),
        })
        .await;
    let today = chat.command(&jonas, &channel, "/study today").await;
    assert_eq!(today.panel().text, "Today✂second");
    let next = chat.click(&jonas, &today.panel().id, "next:1", &[]).await;
    next.says("Next page");
    assert_eq!(next.panel().id, today.panel().id, "it takes the old one's place");
    chat.click(&jonas, &next.panel().id, "made-up:9", &["x".to_owned()])
        .await
        .says("Heard: Some(\"made-up:9\")");
    chat.command(&jonas, &channel, "/study leaderbord").await.says("Heard: None");

    let today = chat.command(&jonas, &channel, "/study today").await;
    let form = chat.click(&jonas, &today.panel().id, "private", &[]).await.form().clone();
    assert_eq!(form.field("text").value, "");
    let typed = [("text".to_owned(), lines("é", 20_001))];
    let back = chat.submit(&jonas, &form.id, &typed).await;
    back.form().gives_back("text", "typed", "Answers have closed.");
    chat.submit(&jonas, "late-answer:1:0", &typed).await.says("Heard: Some(\"late-answer:1:0\")");
    chat.close().await;
}

#[tokio::test]
async fn the_setup_form_is_said_with_options_where_it_can_be() {
    let (chat, parrot, channel, jonas) = begin().await;
    parrot
        .listens(|told| {
            let (id, given) = (told["data"]["custom_id"].as_str(), &told["data"]["options"][0]["options"]);
            match id {
                None if given.as_array().is_none_or(Vec::is_empty) => {
                    let pages = [("form-page:1:setup", "When"), ("form-page:2:setup", "Who")];
                    (json!({ "type": 4, "data": panel("Set this channel up", &pages) }), None)
                }
                Some("form-page:1:setup") => (
                    modal("setup", &[("schedule", "When", "daily 09:00"), ("names", "Names", "names")]),
                    None,
                ),
                Some("form-page:2:setup") => (modal("setup", &[("admin_mentions", "Admins", "me")]), None),
                Some(_) => {
                    let rows = told["data"]["components"].to_string();
                    (json!({ "type": 4, "data": panel(&format!("Typed: `{rows}`"), &[]) }), None)
                }
                None => (json!({ "type": 4, "data": panel(&format!("Given: `{given}`"), &[]) }), None),
            }
        })
        .await;
    let form = chat.command(&jonas, &channel, "/study setup").await.form().clone();
    let fields = |changed: &[(&str, &str)]| -> Vec<(String, String)> {
        let value = |id: &str| changed.iter().find(|(field, _)| *field == id).map(|(_, value)| *value);
        let all = form.fields.iter();
        all.map(|field| (field.id.clone(), value(&field.id).unwrap_or(&field.value).to_owned())).collect()
    };
    assert_eq!(fields(&[("schedule", "x")]).len(), 3);
    let said = chat.submit(&jonas, &form.id, &fields(&[("admin_mentions", "#cloud-security")])).await;
    said.says("Given: ").says(&channel).says_nothing_of("schedule");
    let said = chat.submit(&jonas, &form.id, &fields(&[("names", "no names")])).await;
    said.says("no names").says_nothing_of("admin-channel");
    for unsayable in [("names", "💥"), ("schedule", "")] {
        let said = chat.submit(&jonas, &form.id, &fields(&[unsayable])).await;
        said.says("Typed: ").says_nothing_of("admin_mentions");
    }
    chat.submit(&jonas, &form.id, &fields(&[("admin_mentions", "#nowhere")])).await.says("#nowhere");
    chat.close().await;
}
