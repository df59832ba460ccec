//! Nothing that people wrote, and no token, is ever in a log, however much of it is wanted.

use std::process::Command;

use serde_json::json;

use super::{begin, id, thread, user};
use crate::fake_discord::{Attachment, Content, Extras, Trouble, Which};

/// Stands in everything that people of the story write.
const CANARY: &str = "kanarienvogel";
/// What the tokens of the fake's interactions begin with.
const INTERACTION_TOKEN: &str = "aW50ZXJhY3Rpb246";
/// The middle of the fake's token.
const TOKEN: &str = "token-that-stays-where-it-belongs";

/// Runs the story below in a process of its own, with the program's own log at its widest, and reads that log.
#[test]
fn the_log_at_its_widest_holds_no_text_and_no_token() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "discord::log::a_story_full_of_canaries", "--ignored", "--nocapture"])
        .env("STUDYBOT_LOG", "trace")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "the story itself failed; run it alone:\n{told}");

    // It is the log, of all that happens and of libraries too.
    for there in
        ["DEBUG", "sqlx", "studybot::chat::discord", "callback", "delivered", "an event can't be read"]
    {
        assert!(log.contains(there), "“{there}” is missing, so this is not the whole log");
    }
    assert!(log.lines().count() > 500, "{} lines", log.lines().count());
    let lower = log.to_lowercase();
    for secret in [CANARY, &TOKEN.to_lowercase(), &INTERACTION_TOKEN.to_lowercase()] {
        let found = lower.lines().position(|line| line.contains(secret));
        let line = found.and_then(|number| log.lines().nth(number));
        assert_eq!(line, None, "“{secret}” is in the log");
    }
}

/// Everything in here that a person writes, and much that goes wrong, has the canary in it.
#[tokio::test]
#[ignore = "the test above runs it with its log caught"]
async fn a_story_full_of_canaries() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    let says = |text: &str| format!("{CANARY} {text}");
    let mara = user(&chat.mara());
    fake.command(mara, id(&chat.here()), "study setup", &[("zone", CANARY)]).await;
    fake.autocomplete(mara, id(&chat.here()), "study setup", &[("questions", CANARY)]).await;
    chat.at("2026-11-23 09:00").await;
    let place = thread(&chat).await;

    let edited = chat.jonas().says(&says("one")).await;
    let deleted = chat.jonas().says(&says("two")).await;
    chat.jonas().edits(&edited, &says("three")).await;
    chat.jonas().deletes(&deleted).await;
    chat.jonas().says_with("", &[(&format!("{CANARY}.txt"), CANARY)]).await;
    let gone = Attachment {
        name: format!("{CANARY}.md"),
        content_type: None,
        declared_size: None,
        content: Content::Gone,
    };
    fake.say_with(
        user(&chat.jonas()),
        place,
        CANARY,
        Extras { attachments: vec![gone], ..Extras::default() },
    );
    chat.priya().answers_privately(&says("four")).await.says("is saved");
    let wei = chat.joins(&format!("Wei {CANARY}"), false).await;
    wei.answers_privately(&format!("{CANARY} ").repeat(250)).await;
    for custom_id in [CANARY, &format!("answer-privately:{CANARY}|@1"), &format!("form-again:{CANARY}")] {
        fake.forge_click(user(&wei), place, custom_id, &[CANARY]).await;
        fake.forge_form(user(&wei), place, custom_id, &[(CANARY.to_owned(), says("five"))]).await;
    }
    fake.forge_command(
        user(&wei),
        id(&chat.here()),
        CANARY,
        &[json!({"name": CANARY, "type": 3, "value": CANARY})],
    )
    .await;

    // What can't be read.
    fake.send_raw(&format!("{{\"op\":0,\"t\":\"{CANARY}\",\"d\":\"{CANARY}"));
    fake.send_event("MESSAGE_CREATE", Some(discord.guild()), &json!({"id": CANARY, "content": CANARY}));
    fake.send_event("MESSAGE_UPDATE", Some(discord.guild()), &json!({"id": "5", "channel_id": CANARY}));
    fake.send_event(
        "INTERACTION_CREATE",
        Some(discord.guild()),
        &json!({"id": "5", "type": CANARY, "token": CANARY}),
    );

    // What goes wrong: Discord's own words may quote what people wrote.
    let invalid = json!({"code": 50_035, "message": CANARY, "errors": {"embeds": {"_errors": [
        {"code": "X", "message": CANARY}]}}});
    fake.next(
        2,
        Which::to("POST", "/interactions/*/*/callback"),
        Trouble::Answer { status: 400, body: invalid },
    );
    fake.type_command(user(&wei), id(&chat.here()), "study my-answer", &[]);
    chat.chat().settle().await;
    fake.type_command(user(&chat.jonas()), id(&chat.here()), "study my-answer", &[]);
    chat.chat().settle().await;
    fake.next(1, Which::to("POST", "/interactions/*/*/callback"), Trouble::LostRequest);
    fake.type_command(user(&chat.priya()), id(&chat.here()), "study my-answer", &[]);
    chat.chat().settle().await;
    let posting = || Which::to("POST", "/channels/*/messages").holding(CANARY);
    fake.next(1, posting(), Trouble::failure(502));
    fake.next(1, posting(), Trouble::LostAnswer);
    fake.next(1, posting(), Trouble::Answer { status: 500, body: json!(CANARY) });
    fake.drop_connections();
    fake.connected(1).await;
    fake.invalidate_sessions(false);
    fake.until_gateway("a new session", |counts| counts.identifies == 2).await;
    fake.connected(1).await;
    chat.at("2026-11-23 17:30").await;
    chat.thread_shows(&says("four")).await;
    chat.jonas().marks(&[1]).await;
    chat.priya().clicks("Mark my answer").await.says(CANARY);
    chat.at("2026-11-24 08:00").await;
    chat.bot_restarts().await;
    fake.revoke_token();
    discord.ended().await.unwrap_err();
    fake.accept_token();
    chat.bot_restarts().await;
    chat.finish().await;
}
