//! The calls against a server on a socket, which answers or breaks off as each test wants.

use std::net::TcpListener;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::*;
use crate::chat::scripted::{Answer, Log, Server, answer};

const BOT: &str = "xoxb-very-secret-bot";
const APP: &str = "xapp-very-secret-app";

fn ok() -> Answer {
    answer(200, &[], r#"{"ok":true,"channel":"C1","ts":"1.2","new_field":[1]}"#)
}

fn no(name: &str) -> Answer {
    answer(200, &[], &format!(r#"{{"ok":false,"error":"{name}"}}"#))
}

fn web_with(base: &str, options: Options) -> Web {
    let (bot, app) = (SecretString::from(BOT), SecretString::from(APP));
    Web::new(base, &bot, Some(&app), options).unwrap()
}

impl Server {
    fn web(&self) -> Web {
        web_with(&self.base, Options { unlimited: true, ..Options::default() })
    }
}

fn post(channel: &str) -> Request<'_> {
    let body = json!({"channel": channel, "text": "a private text"});
    Request::json(Method::PostMessage, Turn::Patient, &body).unwrap().to(channel)
}

fn ask() -> Request<'static> {
    Request::form(Method::UsersInfo, Turn::Patient, vec![("user", "U1 &é".to_owned())])
}

async fn say(web: &Web) -> Result<Value, WebError> {
    web.call(post("C1")).await
}

#[derive(Debug, Deserialize, PartialEq)]
struct Thing {
    ts: String,
}

#[tokio::test]
async fn a_call_carries_what_slack_wants() {
    let server = Server::start(|_| ok());
    let web = server.web();
    assert_eq!(web.call::<Thing>(post("C1")).await.unwrap().ts, "1.2", "unknown fields are let pass");
    let _: IgnoredAny = web.call(ask()).await.unwrap();
    let open = Request::form(Method::ConnectionsOpen, Turn::Patient, Vec::new());
    let _: IgnoredAny = web.call(open).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST /api/chat.postMessage HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), Some(format!("Bearer {BOT}").as_str()));
    assert_eq!(seen[0].header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(serde_json::from_str::<Value>(&seen[0].body).unwrap()["text"], "a private text");
    assert!(seen[0].header("user-agent").unwrap().starts_with("studybot/"));
    assert_eq!(seen[1].line, "POST /api/users.info HTTP/1.1");
    assert_eq!(seen[1].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen[1].body, "user=U1+%26%C3%A9");
    assert_eq!(seen[2].header("authorization"), Some(format!("Bearer {APP}").as_str()));
}

#[tokio::test]
async fn what_was_taken_and_not_answered_is_unclear_unless_it_can_be_repeated() {
    let endings: [fn(usize) -> Answer; 8] = [
        |_| Answer::Drop,
        |_| Answer::Hang,
        |_| answer(502, &[], "<html>"),
        |_| answer(200, &[], "<html>"),
        |_| answer(200, &[], &"x".repeat(300)),
        |_| answer(200, &[], r#"{"ok":true,"ts":["a private text"]}"#),
        |_| Answer::Cut("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned()),
        |_| no("fatal_error"),
    ];
    // Each ending meets a call that can't be repeated, and then one that can.
    let server = Server::start(move |number| endings[number / 2](number));
    let request_timeout = Duration::from_millis(150);
    let options = Options { request_timeout, body_max_bytes: 200, unlimited: true, ..Options::default() };
    let web = web_with(&server.base, options);
    for number in 0..endings.len() {
        let posted = web.call::<Thing>(post("C1")).await.unwrap_err();
        assert!(matches!(posted, WebError::Unclear(_)), "{number}: {posted}");
        let read = web.call::<Thing>(ask()).await.unwrap_err();
        assert!(matches!(read, WebError::Server(_)), "{number}: {read}");
    }
    assert_eq!(server.seen().len(), 2 * endings.len(), "nothing is tried again");
}

#[tokio::test]
async fn what_could_not_be_sent_was_not_sent() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let web = web_with(&closed, Options::default());
    assert!(matches!(say(&web).await.unwrap_err(), WebError::NotSent(_)));
    assert!(matches!(web.download(&format!("{closed}/a"), 10).await, Err(WebError::NotSent(_))));
    assert!(matches!(web.respond(&format!("{closed}/a"), &json!({})).await, Err(WebError::NotSent(_))));
    let only_bot = Web::new(&closed, &SecretString::from(BOT), None, Options::default()).unwrap();
    let open = Request::form(Method::ConnectionsOpen, Turn::Patient, Vec::new());
    assert!(matches!(only_bot.call::<Value>(open).await, Err(WebError::NotSent(_))));
}

#[tokio::test]
async fn a_refusal_has_its_name_and_the_permission_that_is_missing() {
    let server = Server::start(|number| match number {
        0 => no("channel_not_found"),
        1 => answer(200, &[], r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"a"}"#),
        2 => answer(404, &[], r#"{"ok":false,"error":"unknown_method"}"#),
        3 => answer(403, &[], "<html>a page of the network in front</html>"),
        _ => answer(302, &[("location", "http://127.0.0.1:1/")], ""),
    });
    let web = server.web();
    let refused = say(&web).await.unwrap_err();
    assert_eq!(refused.code(), Some("channel_not_found"));
    assert_eq!(say(&web).await.unwrap_err().to_string(), "chat.postMessage: missing_scope (chat:write)");
    assert_eq!(say(&web).await.unwrap_err().code(), Some("unknown_method"));
    for _ in 0..2 {
        let elsewhere = say(&web).await.unwrap_err();
        assert!(matches!(elsewhere, WebError::Server(_)), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_limit_is_told_and_holds_what_comes_next() {
    let server = Server::start(|number| match number {
        0 => answer(429, &[("retry-after", "30")], r#"{"ok":false,"error":"ratelimited"}"#),
        1 => no("rate_limited"),
        _ => ok(),
    });
    let web = server.web();
    let limited = |error| matches!(error, WebError::Limited { .. });
    assert_eq!(say(&web).await.unwrap_err(), WebError::Limited { after: Duration::from_secs(30) });
    assert!(limited(web.call::<Value>(ask()).await.unwrap_err()));
    let again = Request { turn: Turn::Delivery("round:1"), ..post("C1") };
    let held = web.call::<Value>(again).await.unwrap_err();
    assert!(matches!(held, WebError::NotYet(after) if after > Duration::from_secs(25)), "{held}");
    assert_eq!(server.seen().len(), 2);
    let elsewhere = Request { turn: Turn::Delivery("round:2"), ..post("C2") };
    web.call::<Value>(elsewhere).await.unwrap();
}

#[tokio::test]
async fn a_refused_token_is_remembered_and_the_other_goes_on() {
    let names = ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"];
    for name in names {
        let server = Server::start(move |number| if number == 0 { no(name) } else { ok() });
        let web = server.web();
        let refused = web.token_refused();
        assert_eq!(*refused.borrow(), None);
        for _ in 0..3 {
            assert_eq!(say(&web).await.unwrap_err(), WebError::Unauthorized, "{name}");
        }
        assert_eq!(*refused.borrow(), Some(listen::Token::Bot));
        assert_eq!(server.seen().len(), 1, "asked once");
        let open = Request::form(Method::ConnectionsOpen, Turn::Patient, Vec::new());
        web.call::<Value>(open).await.unwrap();
    }
}

#[tokio::test]
async fn the_apps_token_is_not_the_bots() {
    let server = Server::start(move |number| if number == 0 { no("invalid_auth") } else { ok() });
    let web = server.web();
    let refused = web.token_refused();
    for _ in 0..3 {
        let open = Request::form(Method::ConnectionsOpen, Turn::Patient, Vec::new());
        assert_eq!(web.call::<Value>(open).await.unwrap_err(), WebError::Unauthorized);
    }
    assert_eq!(*refused.borrow(), Some(listen::Token::App));
    assert_eq!(server.seen().len(), 1, "asked once");
    say(&web).await.unwrap();
}

#[tokio::test]
async fn a_download_is_bounded_and_asks_slack_alone() {
    let page = [("content-type", "text/html; charset=utf-8")];
    let server = Server::start(move |number| match number {
        0 => answer(200, &[("content-type", "text/plain")], "0123456789"),
        1 => answer(404, &[], ""),
        2 => answer(403, &[], ""),
        3 => answer(200, &page, "<html>Sign in"),
        4 => answer(302, &[("location", "http://127.0.0.1:1/")], ""),
        5 => answer(200, &page, "<p>"),
        6 => answer(429, &[("retry-after", "7")], ""),
        7 => answer(500, &[], ""),
        _ => Answer::Drop,
    });
    let web = server.web();
    let url = format!("{}/files-pri/T1-F1/a.txt", server.base);
    assert_eq!(web.download(&url, 5).await, Ok(Some(b"01234".to_vec())));
    for _ in 0..2 {
        assert_eq!(web.download(&url, 5).await, Ok(None));
    }
    for _ in 0..2 {
        let lacking = web.download(&url, 5).await.unwrap_err();
        assert_eq!(lacking.to_string(), "a file: missing_scope (files:read)");
    }
    let html = format!("{}/files-pri/T1-F1/a.HTML", server.base);
    assert_eq!(web.download(&html, 5).await, Ok(Some(b"<p>".to_vec())), "that is what the file is");
    assert_eq!(web.download(&url, 5).await, Err(WebError::Limited { after: Duration::from_secs(7) }));
    for _ in 0..2 {
        assert!(matches!(web.download(&url, 5).await, Err(WebError::Server(_))));
    }
    assert_eq!(web.download("https://example.com/a.txt", 5).await, Err(WebError::Foreign));
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].header("authorization")), (9, Some(format!("Bearer {BOT}").as_str())));
}

#[tokio::test]
async fn an_answer_goes_to_its_address_without_a_token() {
    let server = Server::start(|number| match number {
        0 => answer(200, &[], "ok"),
        1 => ok(),
        2 => answer(404, &[], r#"{"ok":false,"error":"used_url"}"#),
        3 => answer(410, &[], "gone"),
        4 => answer(500, &[], ""),
        _ => Answer::Drop,
    });
    let web = server.web();
    let url = format!("{}/actions/T1/2/secret", server.base);
    let body = json!({"text": "a private text"});
    for _ in 0..2 {
        assert_eq!(web.respond(&url, &body).await, Ok(()));
    }
    assert_eq!(web.respond(&url, &body).await.unwrap_err().code(), Some("used_url"));
    assert_eq!(web.respond(&url, &body).await.unwrap_err().code(), Some("http_410"));
    for _ in 0..2 {
        assert!(matches!(web.respond(&url, &body).await, Err(WebError::Unclear(_))));
    }
    assert_eq!(web.respond("https://example.com/", &body).await, Err(WebError::Foreign));
    assert_eq!(server.seen().len(), 6);
    assert!(server.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn a_base_or_token_of_a_wrong_form_is_told() {
    let new = |base: &str, bot: &str, app: &str| {
        Web::new(base, &SecretString::from(bot), Some(&SecretString::from(app)), Options::default())
    };
    assert!(matches!(new("http://slack.com", BOT, APP), Err(SetupError::Base)));
    for token in ["", " ", "a b", "a\nb", "a\u{7}b"] {
        assert!(matches!(new(SLACK, token, APP), Err(SetupError::BotToken)), "{token:?}");
        assert!(matches!(new(SLACK, BOT, token), Err(SetupError::AppToken)), "{token:?}");
    }
    assert!(new(SLACK, "xoxb-1\n", " xapp-1").is_ok());
}

#[tokio::test]
async fn no_log_no_error_and_no_debug_text_holds_a_secret() {
    let (log, _guard) = Log::begin();
    let private = r#"{"ok":false,"error":"a private text","needed":"a private text"}"#;
    let server = Server::start(move |number| match number {
        0 | 1 => answer(200, &[], private),
        2 => answer(429, &[("retry-after", "1")], private),
        3 => answer(200, &[], r#"{"ok":true,"ts":["a private text"]}"#),
        4 | 5 => answer(404, &[], private),
        6 => no("invalid_auth"),
        _ => Answer::Drop,
    });
    let web = server.web();
    let mut texts = vec![format!("{web:?}")];
    let mut note = |error: WebError| {
        texts.push(format!("{error} {error:?} {}", error.clone().into_chat(Doing::Channel)));
    };
    for channel in ["C1", "C2", "C3", "C4"] {
        note(web.call::<Thing>(post(channel)).await.unwrap_err());
    }
    note(web.respond(&format!("{}/actions/secret-path", server.base), &json!({})).await.unwrap_err());
    texts.push(format!("{:?}", web.download(&format!("{}/secret-path", server.base), 5).await));
    for _ in 0..2 {
        texts.push(say(&web).await.unwrap_err().to_string());
    }
    texts.push(log.text());
    let all = texts.join("\n");
    assert!(all.contains("chat.postMessage") && all.contains("unnamed"), "{all}");
    for secret in ["very-secret", "secret-path", "a private text"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}
