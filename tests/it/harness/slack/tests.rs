//! Whether people see on the fake what a bot shows them there. The bot here knows a few answers by heart.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use studybot::chat::Timestamp;
use studybot::clock::Clock;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Packet;

use super::super::chat::{Says, TestChat};
use super::super::story::lines;
use super::blocks::text_of;
use super::{FakeSlack, Mode, SlackTestChat};

/// What a bot does about an envelope: what goes back with the acknowledgement, and the calls that follow. A call of no
/// method answers at the `response_url`.
type Answer = (Value, Vec<(&'static str, Value)>);

/// A bot that can ask Slack for anything.
#[derive(Clone)]
struct Parrot {
    fake: FakeSlack,
    client: reqwest::Client,
}

impl Parrot {
    fn new(chat: &SlackTestChat) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { fake: chat.fake.clone(), client }
    }

    async fn sends(&self, url: &str, token: &str, body: &Value) -> String {
        let request = self.client.post(url).header("content-type", "application/json; charset=utf-8");
        let response = request.bearer_auth(token).body(body.to_string()).send().await.unwrap();
        response.text().await.unwrap()
    }

    async fn calls(&self, method: &str, body: &Value) -> Value {
        let url = format!("{}/api/{method}", self.fake.base());
        let app = method == "apps.connections.open";
        let token = if app { self.fake.app_token() } else { self.fake.bot_token() };
        let answer: Value = serde_json::from_str(&self.sends(&url, &token, body).await).unwrap();
        assert_eq!(answer["ok"], true, "{method} {body:#}: {answer:#}");
        answer
    }

    /// Posts a part of two with this key. Returns its time.
    async fn posts(&self, channel: &str, key: &str, part: u8, blocks: Value) -> String {
        let payload = json!({ "key": key, "part": part, "parts": 2 });
        let metadata = json!({ "event_type": "studybot_message", "event_payload": payload });
        let body = json!({
            "channel": channel, "text": "short", "blocks": blocks, "metadata": metadata,
            "unfurl_links": false, "unfurl_media": false,
        });
        text_of(&self.calls("chat.postMessage", &body).await["ts"])
    }

    /// Answers every command, click and form with what `answer` says.
    async fn listens(&self, answer: fn(&Value) -> Answer) {
        let opened = self.calls("apps.connections.open", &json!({})).await;
        let (mut socket, _) = connect_async(opened["url"].as_str().unwrap()).await.unwrap();
        let parrot = self.clone();
        tokio::spawn(async move {
            while let Some(Ok(packet)) = socket.next().await {
                let Packet::Text(text) = packet else { continue };
                let told: Value = serde_json::from_str(&text).unwrap();
                let Some(id) = told["envelope_id"].as_str() else { continue };
                let is_event = told["type"] == "events_api";
                let (back, calls) =
                    if is_event { (Value::Null, Vec::new()) } else { answer(&told["payload"]) };
                for (method, mut body) in calls {
                    if method.is_empty() {
                        let url = told["payload"]["response_url"].as_str().unwrap();
                        parrot.sends(url, "", &body).await;
                    } else {
                        if method == "views.open" {
                            body["trigger_id"] = told["payload"]["trigger_id"].clone();
                        }
                        parrot.calls(method, &body).await;
                    }
                }
                let ack = json!({ "envelope_id": id, "payload": back });
                socket.send(Packet::Text(ack.to_string())).await.unwrap();
            }
        });
        self.fake.connected().await;
    }
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn section(said: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": said, "verbatim": true } })
}

fn button(id: &str, label: &str) -> Value {
    let button = json!({ "type": "button", "action_id": id, "text": plain(label) });
    json!({ "type": "actions", "elements": [button] })
}

/// What is said to one person, in the place of what they clicked on or beside it.
fn private(blocks: &[Value], in_place: bool) -> (&'static str, Value) {
    let body = json!({
        "response_type": "ephemeral", "replace_original": in_place, "text": "short", "blocks": blocks,
    });
    ("", body)
}

fn modal(id: &str, blocks: &[Value]) -> Value {
    let mut view = json!({
        "type": "modal", "title": plain("studybot"), "blocks": blocks, "close": plain("Close"), "callback_id": id,
    });
    if blocks.iter().any(|block| block["type"] == "input") {
        view["submit"] = plain("Send");
    }
    view
}

fn input(block: &str, field: &str, mut element: Value) -> Value {
    element["action_id"] = json!(field);
    json!({ "type": "input", "block_id": block, "label": plain(field), "optional": true, "element": element })
}

fn text_input(block: &str, field: &str) -> Value {
    input(block, field, json!({ "type": "plain_text_input", "multiline": true, "max_length": 3_000 }))
}

fn opens(view: Value) -> Answer {
    (Value::Null, vec![("views.open", json!({ "view": view }))])
}

fn updates(view: Value) -> Answer {
    (json!({ "response_action": "update", "view": view }), Vec::new())
}

async fn begin() -> (SlackTestChat, Parrot, String, String) {
    let chat = SlackTestChat::start(Clock::manual(Timestamp(1_795_424_400_000)), Mode::Socket).await;
    let parrot = Parrot::new(&chat);
    let channel = chat.channel("cloud-security").await;
    let jonas = chat.joins("Jonas", false).await;
    (chat, parrot, channel, jonas)
}

#[tokio::test]
async fn what_stands_in_channels_and_threads_is_read_as_people_read_it() {
    let (chat, parrot, channel, jonas) = begin().await;
    let heading = json!({ "type": "header", "text": plain("Whose *bucket*?") });
    let key = "round:1:question";
    let first = parrot.posts(&channel, key, 1, json!([heading, section("*half* &lt;3")])).await;
    let blocks = json!([section("and Jonas"), button("my-answer:1", "My answer")]);
    parrot.posts(&channel, key, 2, blocks).await;
    let question = format!("{channel}:{first}");
    let says = Says { channel: &channel, thread: Some(&question), text: "Mine.", files: &[] };
    let said = chat.say(&jonas, says.clone()).await;
    chat.say(&jonas, Says { text: "<b> & @Jonas", ..says }).await;
    chat.history(&question, &[(jonas.clone(), "Unheard.".to_owned())]).await;
    chat.edit(&jonas, &said, "Ours.").await;
    let ts = said.split(':').nth(1).unwrap();
    let body = json!({ "channel": channel, "timestamp": ts, "name": "white_check_mark" });
    parrot.calls("reactions.add", &body).await;

    let posts = chat.messages(&jonas, &channel, None).await;
    assert_eq!((posts.len(), posts[0].author.bot, posts[0].replies), (1, true, Some(3)));
    assert_eq!(posts[0].text, "Whose *bucket*?\n\nhalf <3✂and Jonas");
    assert_eq!(
        (posts[0].id.as_str(), posts[0].control("My answer").unwrap().id.as_str()),
        (&*question, "my-answer:1")
    );
    let replies = chat.messages(&jonas, &channel, Some(&question)).await;
    let texts: Vec<&str> = replies.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Ours.", "<b> & @Jonas", "Unheard."]);
    assert!(replies[0].has_reaction("✅") && replies[0].id == said && !replies[0].author.bot);
    let seen = chat.all_seen_by(&jonas).await;
    assert!(seen.contains("half <3") && seen.contains("Ours.") && seen.contains("Unheard."));

    chat.delete(&jonas, &question).await;
    assert!(chat.messages(&jonas, &channel, None).await.is_empty(), "what stands in its place says nothing");
    assert_eq!(
        chat.messages(&jonas, &channel, Some(&question)).await.len(),
        3,
        "a thread outlives its message"
    );
    let posted: Vec<_> = chat.posted().await.into_iter().collect();
    let expected = ["round:1:question", "round:1:question.2"].map(|key| (key.to_owned(), 1));
    assert_eq!(posted, expected, "what was deleted stood there");
    chat.close().await;
}

#[tokio::test]
async fn what_hides_behind_a_button_is_read_by_whoever_opens_it() {
    let (chat, parrot, channel, jonas) = begin().await;
    let blocks = json!([button("open|model-answer:1", "Model answer"), button("my-answer:1", "My answer")]);
    parrot.posts(&channel, "round:1:reveal", 1, blocks).await;
    assert_eq!(chat.messages(&jonas, &channel, None).await[0].text, "Model answer", "nobody answers");
    parrot
        .listens(|told| {
            assert_eq!(told["actions"][0]["action_id"], "open|model-answer:1");
            opens(modal("", &[section("Not *quite*.")]))
        })
        .await;
    let message = chat.messages(&jonas, &channel, None).await.remove(0);
    assert_eq!(message.text, "Model answer\n\nNot quite.");
    assert_eq!(message.actions.len(), 1, "what opens something asks for nothing");
    assert!(!chat.all_seen_by(&jonas).await.contains("Not quite."), "nobody opened that");
    chat.close().await;
}

#[tokio::test]
async fn panels_and_forms_are_shown_as_stories_know_them() {
    let (chat, parrot, channel, jonas) = begin().await;
    let unanswered = chat.command(&jonas, &channel, "/study today").await;
    unanswered.says("The application did not respond.");
    parrot
        .listens(|told| {
            let action = told["actions"][0]["action_id"].as_str();
            match (action.or(told["text"].as_str()), told["view"]["callback_id"].as_str()) {
                (Some("today"), _) => {
                    let more = [section("second"), button("private", "Answer privately"), button("next:1", "Next")];
                    (Value::Null, vec![private(&[section("*Today*")], false), private(&more, false)])
                }
                (Some("next:1"), _) => {
                    (Value::Null, vec![private(&[section("Next page"), button("next:1", "Next")], true)])
                }
                (Some("private"), _) => {
                    let block = |number| if number == 1 { "text#1".to_owned() } else { format!("text.{number}#1") };
                    let inputs: Vec<_> = (1..=7).map(|number| text_input(&block(number), "text")).collect();
                    opens(modal("private-answer:1:0", &inputs))
                }
                (None, Some("private-answer:1:0")) => {
                    let typed = &told["view"]["state"]["values"]["text#1"]["text"]["value"];
                    if typed == "short" {
                        return updates(modal("", &[section("It is saved."), button("mark:1", "Mark")]));
                    }
                    let errors = json!({ "text#1": "Answers have closed." });
                    (json!({ "response_action": "errors", "errors": errors }), Vec::new())
                }
                (Some("mark:1"), _) => {
                    (Value::Null, vec![("views.update", json!({
                        "view_id": told["view"]["id"], "view": modal("", &[section("Marked."), button("mark:1", "Mark")]),
                    }))])
                }
                (action, form) => {
                    let said = section(&format!("Heard: {action:?} {form:?}."));
                    if action.is_some() { (Value::Null, vec![private(&[said], false)]) } else { updates(modal("", &[said])) }
                }
            }
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
    chat.command(&jonas, &channel, "/study leaderbord").await.says("Heard: Some(\"leaderbord\")");

    let today = chat.command(&jonas, &channel, "/study today").await;
    let form = chat.click(&jonas, &today.panel().id, "private", &[]).await.form().clone();
    assert_eq!(form.field("text").value, "");
    let typed = [("text".to_owned(), lines("é", 20_001))];
    let back = chat.submit(&jonas, &form.id, &typed).await;
    back.form().gives_back("text", &typed[0].1, "Answers have closed.");
    let short = [("text".to_owned(), "short".to_owned())];
    let saved = chat.submit(&jonas, &back.form().id, &short).await;
    saved.says("It is saved.");
    let marked = chat.click(&jonas, &saved.panel().id, "mark:1", &[]).await;
    marked.says("Marked.");
    assert_eq!(marked.panel().id, saved.panel().id, "it stays in the same modal");
    chat.submit(&jonas, &form.id, &short).await.says("It is saved.");
    chat.submit(&jonas, "late-answer:1:0", &typed).await.says("late-answer:1:0");
    chat.close().await;
}

#[tokio::test]
async fn the_setup_form_shows_names_and_lets_people_choose_them() {
    let (chat, parrot, channel, jonas) = begin().await;
    chat.channel("organisers").await;
    parrot
        .listens(|told| {
            if told["view"].is_null() {
                let channels = json!({ "type": "conversations_select", "filter": { "include": ["public"] } });
                let people = json!({ "type": "multi_users_select" });
                let inputs = [
                    text_input("schedule#1", "schedule"),
                    input("admin_mentions=me#1", "admin_mentions", channels),
                    input("organiser_mentions#1", "organiser_mentions", people),
                ];
                return opens(modal("setup", &inputs));
            }
            updates(modal("", &[section(&format!("Typed: `{}`", told["view"]["state"]["values"]))]))
        })
        .await;
    let form = chat.command(&jonas, &channel, "/study setup").await.form().clone();
    let values: Vec<&str> = form.fields.iter().map(|field| field.value.as_str()).collect();
    assert_eq!(values, ["", "me", ""]);
    assert!(chat.takes("admin_mentions", "#organisers") && !chat.takes("admin_mentions", "#nowhere"));
    let fields = [("admin_mentions", "#organisers"), ("organiser_mentions", "@Jonas")];
    let fields: Vec<_> = fields.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
    let said = chat.submit(&jonas, &form.id, &fields).await;
    said.says("\"selected_conversation\":\"C").says(&format!("\"selected_users\":[\"{jonas}\"]"));
    chat.close().await;
}
