//! Nothing that people wrote, and no token, is ever in a log, however much of it is wanted.

use std::process::Command;

use serde_json::json;

use super::{begin_in, place, thread};
use crate::fake_slack::{At, Extras, File, RESPONSE, Trouble, Which};
use crate::harness::Mode;

/// Stands in everything that people of the story write.
const CANARY: &str = "kanarienvogel";
/// The middle of the fake's tokens.
const TOKEN: &str = "token-that-stays-where-it-belongs";
/// The fake's signing secret.
const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// What addresses to answer at, and to connect to, have in them.
const ADDRESSES: [&str; 4] = ["/actions/t0study", "/commands/t0study", "ticket=", "/files-pri/"];

/// Runs the story of this name in a process of its own, with the program's own log at its widest, and reads that log.
fn holds_no_secret(story: &str, there: &[&str]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("slack::log::{story}"), "--ignored", "--nocapture"])
        .env("STUDYBOT_LOG", "trace")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "the story itself failed; run it alone:\n{told}");

    // It is the log, of all that happens and of libraries too.
    for there in ["DEBUG", "sqlx", "studybot::chat::slack", "delivered"].iter().chain(there) {
        assert!(log.contains(there), "“{there}” is missing, so this is not the whole log");
    }
    assert!(log.lines().count() > 500, "{} lines", log.lines().count());
    let lower = log.to_lowercase();
    for secret in [CANARY, TOKEN, SIGNING_SECRET, "v0="].into_iter().chain(ADDRESSES) {
        let found = lower.lines().position(|line| line.contains(secret));
        let line = found.and_then(|number| log.lines().nth(number));
        assert_eq!(line, None, "“{secret}” is in the log");
    }
}

#[test]
fn the_log_at_its_widest_holds_no_text_and_no_token() {
    holds_no_secret("over_a_socket", &["an event can't be read", "a modal could not be opened"]);
}

#[test]
fn the_log_of_calls_holds_no_text_and_no_signature() {
    holds_no_secret("by_calls", &["a call that Slack didn't sign"]);
}

#[tokio::test]
#[ignore = "a test above runs it with its log caught"]
async fn over_a_socket() {
    a_story_full_of_canaries(Mode::Socket).await;
}

#[tokio::test]
#[ignore = "a test above runs it with its log caught"]
async fn by_calls() {
    a_story_full_of_canaries(Mode::Http).await;
}

/// Everything in here that a person writes, and much that goes wrong, has the canary in it.
async fn a_story_full_of_canaries(mode: Mode) {
    let (chat, slack) = begin_in(mode).await;
    let fake = slack.fake();
    let says = |text: &str| format!("{CANARY} {text}");
    chat.mara().commands(&format!("/study {CANARY}")).await;
    let form = chat.mara().commands("/study setup").await;
    chat.mara().sends(form.form(), &[("zone", CANARY), ("questions", CANARY)]).await;
    fake.close_views(&chat.mara().id);
    chat.at("2026-11-23 09:00").await;
    let (here, thread) = (chat.here(), thread(&chat).await);

    let edited = chat.jonas().says(&says("one")).await;
    let deleted = chat.jonas().says(&says("two")).await;
    chat.jonas().edits(&edited, &says("three")).await;
    chat.jonas().deletes(&deleted).await;
    chat.jonas().says_with("", &[(&format!("{CANARY}.txt"), CANARY)]).await;
    let (_, stranger) = slack.stranger(&here, &format!("Stranger {CANARY}"));
    let files = vec![File::text(&format!("{CANARY}.md"), CANARY)];
    fake.next(1, Which::to("files.info"), Trouble::refusal(&says("x")));
    fake.say(&stranger, &here, Some(&thread), CANARY, Extras { files, ..Extras::default() });
    chat.chat().settle().await;
    chat.priya().answers_privately(&says("four")).await.says("is saved");
    let wei = chat.joins(&format!("Wei {CANARY}"), false).await;
    wei.answers_privately(&format!("{CANARY}\n").repeat(250)).await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    for id in [CANARY.to_owned(), format!("answer-privately:{CANARY}"), format!("open|{CANARY}")] {
        fake.forge_click(&wei.id, At::Message { channel, ts }, &id, &[CANARY]).await;
        fake.close_views(&wei.id);
        let values =
            json!({format!("{CANARY}#1"): {CANARY: {"type": "plain_text_input", "value": says("five")}}});
        fake.forge_submit(&wei.id, &id, &json!({"channel": here, "name": CANARY}).to_string(), values).await;
        fake.close_views(&wei.id);
    }

    // What can't be read.
    fake.forge_event(json!({"type": CANARY, "text": CANARY}));
    fake.forge_event(
        json!({"type": "message", "subtype": "message_changed", "channel": CANARY, "message": CANARY}),
    );
    fake.forge_event(json!({"type": "message", "channel": here, "user": "U1", "thread_ts": thread, "ts": CANARY, "text": CANARY}));
    fake.forge_event(json!(CANARY));
    fake.send_raw(&format!("{{\"type\":\"{CANARY}\",\"payload\":\"{CANARY}"));
    fake.send_raw(&json!({"type": says("x"), "payload": {CANARY: CANARY}}).to_string());
    if let Some(address) = fake.address() {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let call = client.post(format!("{address}/slack/events")).header("x-slack-signature", CANARY);
        assert_eq!(call.body(CANARY).send().await.unwrap().status(), 401);
    }
    chat.chat().settle().await;

    // What goes wrong: Slack's own words may quote what people wrote.
    let quoted = || Trouble::Answer {
        status: 200,
        body: json!({"ok": false, "error": says("x"), "response_metadata": {"messages": [CANARY]}}),
    };
    let before = fake.requests_to(RESPONSE).len() as u64;
    fake.next(1, Which::to(RESPONSE), quoted());
    fake.type_command(&wei.id, &here, "/study today");
    fake.asked(RESPONSE, before + 1).await;
    fake.next(1, Which::to("views.open"), quoted());
    let refused = fake.click(&wei.id, At::Message { channel, ts }, "answer-privately:1", &[]).await;
    assert!(refused.view.is_none(), "{refused:?}");
    let posting = || Which::to("chat.postMessage").holding(CANARY);
    fake.next(1, posting(), Trouble::failure(502));
    fake.next(1, posting(), Trouble::LostAnswer);
    fake.next(1, posting(), Trouble::Answer { status: 500, body: json!(CANARY) });
    fake.next(
        1,
        posting(),
        Trouble::Answer { status: 200, body: json!({"ok": true, CANARY: [CANARY], "ts": [CANARY]}) },
    );
    if mode == Mode::Socket {
        fake.refresh_connections();
        fake.connected().await;
        fake.drop_connections();
        fake.connected().await;
    }
    chat.at("2026-11-23 17:30").await;
    chat.thread_shows(&says("four")).await;
    chat.jonas().marks(&[1]).await;
    chat.priya().clicks("Mark my answer").await.says(CANARY);
    chat.at("2026-11-24 08:00").await;
    chat.bot_restarts().await;
    fake.revoke_tokens();
    slack.ended().await.unwrap_err();
    fake.accept_tokens();
    chat.bot_restarts().await;
    fake.no_more_trouble();
    chat.finish().await;
}
