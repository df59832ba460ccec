//! The calls against a server on a socket, which answers or breaks off as each test wants.

use std::net::TcpListener;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use serenity::all::{ApplicationId, ChannelId, MessageId};

use super::*;
use crate::chat::scripted::{Answer, Log, Server, answer};

const TOKEN: &str = "MTk4.very.secret-token";
const PATH_TOKEN: &str = "interaction-token-nobody-may-see";

fn ok() -> Answer {
    answer(200, &[], r#"{"id":"1","new_field":[1]}"#)
}

impl Server {
    fn rest(&self) -> Rest {
        self.rest_with(Options { requests_per_second: 1_000, ..Options::default() })
    }

    fn rest_with(&self, options: Options) -> Rest {
        Rest::new(&self.base, &SecretString::from(TOKEN), options).unwrap()
    }
}

fn post() -> Route {
    Route::post_message(ChannelId::new(7))
}

fn follow_up() -> Route {
    Route::follow_up(ApplicationId::new(5), PATH_TOKEN)
}

async fn say(rest: &Rest, route: &Route) -> Result<Value, RestError> {
    rest.send(route, &json!({"content": "a private text"})).await
}

#[derive(Debug, Deserialize, PartialEq)]
struct Thing {
    id: String,
}

#[tokio::test]
async fn a_call_carries_what_discord_wants() {
    let server = Server::start(|number| if number == 2 { answer(204, &[], "") } else { ok() });
    let rest = server.rest();
    let thing: Thing = rest.call(&Route::me()).await.unwrap();
    assert_eq!(thing, Thing { id: "1".to_owned() }, "unknown fields are let pass");
    say(&rest, &post()).await.unwrap();
    let react = Route::react(ChannelId::new(7), MessageId::new(8), "✅");
    let _: IgnoredAny = rest.call(&react).await.unwrap();
    say(&rest, &follow_up()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].line, "GET /api/v10/users/@me HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), Some(format!("Bot {TOKEN}").as_str()));
    assert!(seen[0].header("user-agent").unwrap().starts_with("DiscordBot (https://"));
    assert_eq!(seen[1].header("content-type"), Some("application/json"));
    assert_eq!(seen[1].body, r#"{"content":"a private text"}"#);
    assert_eq!(seen[2].line, "PUT /api/v10/channels/7/messages/8/reactions/%E2%9C%85/@me HTTP/1.1");
    assert_eq!(seen[2].header("content-length"), Some("0"));
    assert_eq!(seen[3].header("authorization"), None, "a path with a token needs none of ours");
}

#[tokio::test]
async fn a_429_is_obeyed_and_tried_again() {
    let body = r#"{"message":"x","retry_after":0.06,"global":false}"#;
    let limit = ("x-ratelimit-scope", "user");
    let server = Server::start(move |number| if number < 2 { answer(429, &[limit], body) } else { ok() });
    let rest = server.rest();
    for route in [post(), follow_up()] {
        server.forget();
        say(&rest, &route).await.unwrap();
        let seen = server.seen();
        assert_eq!(seen.len(), 3, "{route:?}");
        for pair in seen.windows(2) {
            assert!(pair[1].at - pair[0].at >= Duration::from_millis(60));
        }
    }
}

#[tokio::test]
async fn a_429_that_lasts_is_told() {
    let server = Server::start(|number| match number {
        0 => answer(429, &[("x-ratelimit-scope", "shared")], r#"{"retry_after":1336.57}"#),
        _ => answer(429, &[("x-ratelimit-scope", "user")], r#"{"retry_after":0.001}"#),
    });
    let rest = server.rest();
    let told = say(&rest, &post()).await.unwrap_err();
    assert_eq!(told, RestError::Limited { after: Duration::from_millis(1_336_570) });
    // The bucket is known to be empty now: nothing is asked.
    assert!(matches!(say(&rest, &post()).await.unwrap_err(), RestError::Limited { .. }));
    assert_eq!(server.seen().len(), 1);
    let other = Route::post_message(ChannelId::new(8));
    assert!(matches!(say(&rest, &other).await.unwrap_err(), RestError::Limited { .. }));
    assert_eq!(server.seen().len(), 1 + 4, "three times again, and no more");
}

#[tokio::test]
async fn a_global_429_stops_everything_but_answers_to_interactions() {
    let server = Server::start(|number| match number {
        0 => answer(429, &[("x-ratelimit-scope", "global")], r#"{"retry_after":30.0,"global":true}"#),
        _ => ok(),
    });
    let rest = server.rest();
    assert!(say(&rest, &post()).await.is_err());
    let stopped = rest.call::<IgnoredAny>(&Route::me()).await.unwrap_err();
    assert!(matches!(stopped, RestError::Limited { after } if after > Duration::from_secs(25)), "{stopped}");
    assert_eq!(server.seen().len(), 1);
    say(&rest, &follow_up()).await.unwrap();
}

#[tokio::test]
async fn an_empty_bucket_is_waited_for_also_for_another_message() {
    let headers = [
        ("x-ratelimit-bucket", "abc"),
        ("x-ratelimit-limit", "1"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset-after", "0.1"),
    ];
    let server = Server::start(move |_| answer(200, &headers, "{}"));
    let rest = server.rest();
    for message in 1..=3 {
        let react = Route::react(ChannelId::new(7), MessageId::new(message), "✅");
        let _: IgnoredAny = rest.call(&react).await.unwrap();
    }
    for pair in server.seen().windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(80), "{:?}", pair[1].at - pair[0].at);
    }
}

#[tokio::test]
async fn requests_keep_to_the_rate() {
    let server = Server::start(|_| ok());
    let rest = server.rest_with(Options { requests_per_second: 100, ..Options::default() });
    let start = Instant::now();
    let calls = (1..=20).map(|channel| {
        let rest = rest.clone();
        tokio::spawn(async move { say(&rest, &Route::post_message(ChannelId::new(channel))).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert!(start.elapsed() >= Duration::from_micros(10_500) * 19);
}

#[tokio::test]
async fn what_was_taken_and_not_answered_is_unclear_unless_it_can_be_repeated() {
    let endings: [fn(usize) -> Answer; 6] = [
        |_| Answer::Drop,
        |_| Answer::Hang,
        |_| answer(502, &[], "<html>"),
        |_| answer(200, &[], "<html>"),
        |_| answer(200, &[], &"x".repeat(300)),
        |_| Answer::Cut("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned()),
    ];
    // Each ending meets a call that can't be repeated, and then one that can.
    let server = Server::start(move |number| endings[number / 2](number));
    let request_timeout = Duration::from_millis(150);
    let rest = server.rest_with(Options { request_timeout, body_max_bytes: 200, ..Options::default() });
    for number in 0..endings.len() {
        let posted = say(&rest, &post()).await.unwrap_err();
        assert!(matches!(posted, RestError::Unclear(_)), "{number}: {posted}");
        let read = rest.call::<Thing>(&Route::me()).await.unwrap_err();
        assert!(matches!(read, RestError::Server(_)), "{number}: {read}");
    }
    assert_eq!(server.seen().len(), 2 * endings.len(), "nothing is tried again");
}

#[tokio::test]
async fn what_could_not_be_sent_was_not_sent() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let rest = Rest::new(&closed, &SecretString::from(TOKEN), Options::default()).unwrap();
    assert!(matches!(say(&rest, &post()).await.unwrap_err(), RestError::NotSent(_)));
    assert!(matches!(rest.download(&format!("{closed}/a"), 10).await, Err(RestError::NotSent(_))));
}

#[tokio::test]
async fn a_refusal_has_status_code_and_fields() {
    let body =
        r#"{"code":50035,"message":"a private text","errors":{"content":{"_errors":[{"code":"BAD"}]}}}"#;
    let server = Server::start(move |number| match number {
        0 => answer(400, &[], body),
        1 => answer(403, &[], "<html>a page of the network in front</html>"),
        _ => answer(302, &[("location", "http://127.0.0.1:1/")], ""),
    });
    let rest = server.rest();
    let refused = say(&rest, &post()).await.unwrap_err();
    assert_eq!(refused.to_string(), "HTTP 400, code 50035 (invalid form body: content (BAD))");
    for _ in 0..2 {
        let elsewhere = say(&rest, &post()).await.unwrap_err();
        assert!(matches!(elsewhere, RestError::Server(_)), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_refused_token_is_remembered() {
    let body = r#"{"message":"401: Unauthorized","code":0}"#;
    let server = Server::start(move |_| answer(401, &[], body));
    let rest = server.rest();
    let refused = rest.token_refused();
    // An interaction's own token says nothing of ours.
    assert!(matches!(say(&rest, &follow_up()).await.unwrap_err(), RestError::Refused { status: 401, .. }));
    assert!(!*refused.borrow());
    for _ in 0..3 {
        assert_eq!(say(&rest, &post()).await.unwrap_err(), RestError::Unauthorized);
    }
    assert!(*refused.borrow());
    assert_eq!(server.seen().len(), 2, "asked once");
}

#[tokio::test]
async fn a_download_is_bounded_and_carries_no_token() {
    let server = Server::start(|number| match number {
        0 => answer(200, &[], "0123456789"),
        1 => answer(200, &[], "01234"),
        2 => answer(404, &[], ""),
        3 => answer(403, &[], ""),
        4 => answer(410, &[], ""),
        5 => answer(500, &[], ""),
        6 => answer(302, &[("location", "http://127.0.0.1:1/")], ""),
        _ => Answer::Drop,
    });
    let rest = server.rest();
    let url = format!("{}/attachments/1/2/a.txt?ex=1", server.base);
    assert_eq!(rest.download(&url, 5).await, Ok(Some(b"01234".to_vec())));
    assert_eq!(rest.download(&url, 5).await, Ok(Some(b"01234".to_vec())));
    for _ in 0..3 {
        assert_eq!(rest.download(&url, 5).await, Ok(None));
    }
    for _ in 0..3 {
        assert!(matches!(rest.download(&url, 5).await, Err(RestError::Server(_))));
    }
    assert_eq!(rest.download("https://example.com/a.txt", 5).await, Err(RestError::Foreign));
    assert!(server.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

#[tokio::test]
async fn a_base_or_token_of_a_wrong_form_is_told() {
    let new = |base: &str, token: &str| Rest::new(base, &SecretString::from(token), Options::default());
    for base in
        ["", "discord.com", "ftp://discord.com", "https://a@discord.com", "https://discord.com/api", DISCORD]
    {
        assert_eq!(new(base, TOKEN).is_ok(), base == DISCORD, "{base}");
    }
    for token in ["", " ", "a b", "a\nb", "a\u{7}b"] {
        assert!(matches!(new(DISCORD, token), Err(SetupError::Token)), "{token:?}");
    }
    assert!(new("http://127.0.0.1:1/", "token\n").is_ok());
}

#[tokio::test]
async fn no_log_no_error_and_no_debug_text_holds_a_secret() {
    let (log, _guard) = Log::begin();
    let private = r#"{"code":50013,"message":"a private text"}"#;
    let server = Server::start(move |number| match number {
        0 | 1 => answer(403, &[], private),
        2 | 3 => {
            answer(429, &[("x-ratelimit-scope", "user")], r#"{"retry_after":60,"message":"a private text"}"#)
        }
        4 | 5 => answer(200, &[], r#"{"id":["a private text"]}"#),
        6 => answer(401, &[], private),
        _ => Answer::Drop,
    });
    let rest = server.rest();
    let mut texts = vec![format!("{rest:?} {:?} {:?}", post(), follow_up())];
    let mut note = |error: RestError| {
        texts.push(format!("{error} {error:?} {}", error.clone().into_chat(Doing::Channel)));
    };
    for channel in 7..10 {
        let (here, there) = (Route::post_message(ChannelId::new(channel)), follow_up());
        note(rest.send::<Thing>(&here, &json!({"content": "a private text"})).await.unwrap_err());
        note(rest.send::<Thing>(&there, &json!({"content": "a private text"})).await.unwrap_err());
    }
    let url = format!("{}/attachments/{PATH_TOKEN}", server.base);
    note(say(&rest, &Route::me()).await.unwrap_err());
    note(rest.download(&url, 5).await.unwrap_err());
    note(say(&rest, &follow_up()).await.unwrap_err());
    texts.push(log.text());
    let all = texts.join("\n");
    assert!(all.contains("channels/7/messages") && all.contains("webhooks/5/:token"), "{all}");
    for secret in [TOKEN, PATH_TOKEN, "a private text", "very.secret"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}
