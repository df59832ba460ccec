//! What goes out, against a server on a socket; what comes in, by Slack's own samples.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::json;

use super::super::web::Options;
use super::*;
use crate::chat::scripted::{Server, answer};

/// One of the answers that Slack recorded, or nothing where they aren't at hand. All say `ok: false`, and hold each
/// field that there is.
fn sample(method: &str) -> Option<Value> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs");
    let folder = std::env::var_os("STUDYBOT_SPECS").map_or_else(beside, PathBuf::from);
    let file = folder.join("slack-samples/api").join(format!("{method}.json"));
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped the check against Slack's samples: there is no {}", file.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn read<T: DeserializeOwned>(method: &str) -> Option<T> {
    sample(method).map(|sample| serde_json::from_value(sample).unwrap())
}

#[test]
fn slacks_samples_are_read() {
    if let Some(auth) = read::<AuthTest>("auth.test") {
        assert_eq!((auth.team_id.as_str(), auth.user_id.as_str()), ("T00000000", "U00000000"));
        assert_eq!((auth.bot_id.as_deref(), auth.app_id.as_deref()), (Some("B00000000"), Some("A00000000")));
        assert_eq!(auth.enterprise_id.as_deref(), Some("E00000000"));
    }
    if let Some(answer) = read::<Connection>("apps.connections.open") {
        assert_eq!(answer.url, "");
    }
    if let Some(answer) = read::<WithChannel>("conversations.info") {
        assert_eq!((answer.channel.id.as_str(), answer.channel.is_member), ("C00000000", Some(false)));
        assert_eq!(answer.channel.shared_team_ids, ["T00000000"]);
        assert_eq!(answer.channel.context_team_id.as_deref(), Some("T00000000"));
    }
    if let Some(answer) = read::<WithChannels>("conversations.list") {
        assert_eq!(answer.channels[0].id, "D00000000");
        assert!(answer.response_metadata.is_some());
    }
    if let Some(answer) = read::<WithMessages<Value>>("conversations.replies") {
        assert_eq!(answer.messages[0]["thread_ts"], "0000000000.000000");
        assert!(Page::new(answer.messages, answer.response_metadata).next_cursor.is_none());
    }
    if let Some(answer) = read::<WithUser>("users.info") {
        assert_eq!(
            (answer.user.id.as_str(), answer.user.team_id.as_deref()),
            ("U00000000", Some("T00000000"))
        );
        assert_eq!(answer.user.profile.display_name.as_deref(), Some(""));
    }
    if let Some(answer) = read::<WithView>("views.open") {
        assert_eq!(answer.view.id, "");
    }
}

#[tokio::test]
async fn each_method_says_what_it_wants_and_reads_what_it_gets() {
    let answers = [
        json!({"ok": true, "team_id": "T1", "user_id": "U1"}),
        json!({"ok": true, "channel": "C1", "ts": "1.2", "message": {}}),
        json!({"ok": true, "channel": "C1", "ts": "1.2"}),
        json!({"ok": true}),
        json!({"ok": true, "messages": [{"ts": "1.2"}], "has_more": true,
            "response_metadata": {"next_cursor": "abc"}}),
        json!({"ok": true, "messages": [], "response_metadata": {"next_cursor": ""}}),
        json!({"ok": true, "channel": {"id": "D1"}}),
        json!({"ok": true, "members": [{"id": "U1", "profile": {}}], "response_metadata": null}),
        json!({"ok": true, "usergroups": [{"id": "S1", "handle": "team", "name": "Team", "users": ["U1"]},
            {"id": "S2", "handle": "empty", "name": "Empty"}]}),
        json!({"ok": true, "view": {"id": "V1", "hash": "1.a"}}),
    ];
    let server = Server::start(move |number| {
        let headers: &[(&str, &str)] = &[("x-oauth-scopes", "chat:write,commands")];
        answer(200, headers, &answers[number].to_string())
    });
    let options = Options { unlimited: true, ..Options::default() };
    let web = Web::new(&server.base, &SecretString::from("xoxb-1"), None, options).unwrap();
    let turn = Turn::Patient;

    let (auth, scopes) = web.auth_test().await.unwrap();
    assert_eq!((auth.team_id.as_str(), scopes.len()), ("T1", 2));
    let blocks = [json!({"type": "divider"})];
    let metadata = json!({"event_type": "studybot_message", "event_payload": {"key": "round:1"}});
    let message = PostMessage {
        channel: "C1",
        thread_ts: None,
        text: "Hello",
        blocks: &blocks,
        metadata: Some(&metadata),
    };
    let posted = web.post_message(turn, &message).await.unwrap();
    assert_eq!(posted, Posted { channel: "C1".to_owned(), ts: "1.2".to_owned() });
    let update = UpdateMessage { channel: "C1", ts: "1.2", text: "Bye", blocks: &blocks, metadata: None };
    web.update_message(turn, &update).await.unwrap();
    web.reactions_add(turn, "C1", "1.2", "white_check_mark").await.unwrap();
    let reading = Reading { channel: "C1", oldest: Some("1.0"), inclusive: true, limit: 999, cursor: None };
    let page: Page<Value> = web.conversations_history(turn, &reading).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor.as_deref()), (1, Some("abc")));
    let next = Reading { cursor: Some("abc"), oldest: None, ..reading };
    let page: Page<Value> = web.conversations_replies(turn, "1.2", &next).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor), (0, None));
    assert_eq!(web.conversations_open(turn, "U1").await.unwrap(), "D1");
    assert_eq!(web.users_list("T1", None).await.unwrap().items[0].id, "U1");
    let groups = web.usergroups_list(turn, "T1").await.unwrap();
    assert_eq!((groups[0].users.len(), groups[1].users.len()), (1, 0));
    assert_eq!(web.views_open("1.2.x", &json!({"type": "modal"})).await.unwrap().id, "V1");

    let seen = server.seen();
    let json_of = |number: usize| serde_json::from_str::<Value>(&seen[number].body).unwrap();
    assert_eq!(
        json_of(1),
        json!({"channel": "C1", "text": "Hello", "blocks": blocks, "metadata": metadata,
            "unfurl_links": false, "unfurl_media": false})
    );
    assert_eq!(json_of(2), json!({"channel": "C1", "ts": "1.2", "text": "Bye", "blocks": blocks}));
    assert_eq!(json_of(3), json!({"channel": "C1", "timestamp": "1.2", "name": "white_check_mark"}));
    assert_eq!(seen[4].body, "channel=C1&inclusive=true&limit=200&include_all_metadata=true&oldest=1.0");
    assert_eq!(
        seen[5].body,
        "channel=C1&inclusive=true&limit=200&include_all_metadata=true&cursor=abc&ts=1.2"
    );
    assert_eq!(json_of(6), json!({"users": "U1"}));
    assert_eq!(seen[8].body, "include_users=true&team_id=T1");
    assert_eq!(json_of(9), json!({"trigger_id": "1.2.x", "view": {"type": "modal"}}));
}
