//! HTTP mode: signed posts to the bot.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use studybot::domain::ids::Timestamp;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::FakeSlack;
use super::args::form;
use super::delivery::{Telling, What};

/// Slack gives up after three seconds; a busy machine gets longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A post to make.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) what: What,
    /// The text that the bot must answer with.
    pub(crate) challenge: Option<String>,
}

/// The signature of a body at a time: `v0=` and hexadecimal digits.
pub(crate) fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{seconds}:{body}").as_bytes());
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={digits}")
}

/// The post that tells something.
pub(crate) fn job(id: String, address: &str, telling: &Telling, secret: &str, now: Timestamp) -> Job {
    let (path, kind, body) = match telling.what {
        What::Event => ("events", "application/json", telling.payload.to_string()),
        What::Interactive => {
            let pairs = [("payload".to_owned(), telling.payload.to_string())];
            ("interactivity", "application/x-www-form-urlencoded", form(&pairs))
        }
        What::Command => {
            let fields = telling.payload.as_object().into_iter().flatten();
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let pairs: Vec<(String, String)> =
                fields.map(|(key, value)| (key.clone(), text(value))).collect();
            ("commands", "application/x-www-form-urlencoded", form(&pairs))
        }
    };
    let mut headers = signed(secret, now, &body);
    headers.push(("content-type", kind.to_owned()));
    if telling.retry > 0 {
        headers.push(("x-slack-retry-num", telling.retry.to_string()));
        headers.push((
            "x-slack-retry-reason",
            if telling.reason.is_empty() { "http_error" } else { telling.reason }.to_owned(),
        ));
    }
    Job { id, url: format!("{address}/slack/{path}"), body, headers, what: telling.what, challenge: None }
}

/// The post that asks whether the bot is there.
pub(crate) fn verification(id: String, address: &str, secret: &str, now: Timestamp, challenge: &str) -> Job {
    let body =
        json!({"token": super::events::VERIFICATION, "challenge": challenge, "type": "url_verification"})
            .to_string();
    let mut headers = signed(secret, now, &body);
    headers.push(("content-type", "application/json".to_owned()));
    Job {
        id,
        url: format!("{address}/slack/events"),
        body,
        headers,
        what: What::Event,
        challenge: Some(challenge.to_owned()),
    }
}

fn signed(secret: &str, now: Timestamp, body: &str) -> Vec<(&'static str, String)> {
    let seconds = now.0.div_euclid(1_000);
    vec![
        ("x-slack-request-timestamp", seconds.to_string()),
        ("x-slack-signature", signature(secret, seconds, body)),
        ("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
    ]
}

/// Posts until the task is ended: events so many at once, in their order, and what people wait for at once.
pub(crate) async fn serve(fake: FakeSlack, mut jobs: UnboundedReceiver<Job>, at_once: usize) {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let (in_order, mut events) = unbounded_channel();
    let room = Arc::new(Semaphore::new(at_once));
    let as_there_is_room = async {
        while let (Some(job), Ok(permit)) = (events.recv().await, Arc::clone(&room).acquire_owned().await) {
            let (fake, client) = (fake.clone(), client.clone());
            tokio::spawn(async move {
                carry_out(&fake, &client, job).await;
                drop(permit);
            });
        }
    };
    let sort = async {
        while let Some(job) = jobs.recv().await {
            if job.what == What::Event {
                let _ = in_order.send(job);
            } else {
                let (fake, client) = (fake.clone(), client.clone());
                tokio::spawn(async move { carry_out(&fake, &client, job).await });
            }
        }
    };
    tokio::join!(as_there_is_room, sort);
}

async fn carry_out(fake: &FakeSlack, client: &reqwest::Client, job: Job) {
    let mut request = client.post(&job.url).body(job.body);
    for (name, value) in &job.headers {
        request = request.header(*name, value);
    }
    let answer = match request.send().await {
        Err(error) if error.is_timeout() => Err("http_timeout"),
        Err(_) => Err("connection_failed"),
        Ok(response) => {
            let status = response.status();
            let no_retry = response.headers().get("x-slack-no-retry").is_some();
            let text = response.text().await.unwrap_or_default();
            Ok((status.is_success(), no_retry, text))
        }
    };
    let mut world = fake.world();
    match answer {
        Err(reason) => world.refused(&job.id, reason, true),
        Ok((false, no_retry, _)) => world.refused(&job.id, "http_error", !no_retry),
        Ok((true, _, text)) => {
            let body = if text.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            };
            match &job.challenge {
                Some(challenge) => {
                    let right = body["challenge"] == **challenge || body == **challenge;
                    world.delivery.in_flight.remove(&job.id);
                    if !right {
                        world.problem("url_verification was not answered with the challenge");
                    }
                }
                None => world.acknowledged(&job.id, &body),
            }
        }
    }
    world.touch();
}
