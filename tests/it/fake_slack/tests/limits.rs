//! Limits as Slack documents them.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::client::Scene;
use crate::fake_slack::Limits;
use crate::fake_slack::limits::Limiter;

#[tokio::test]
async fn a_channel_takes_one_message_at_a_time() {
    // So long that no busy machine lets it pass.
    let gap = Duration::from_secs(3_600);
    let scene = Scene::with(|config| {
        config.limits = Limits { channel_gap: gap, ..Limits::as_documented() };
    })
    .await;
    scene.post(json!({})).await.good();
    let too_many = scene.post(json!({})).await;
    too_many.is_refused("ratelimited");
    let wait: u64 = too_many.header("retry-after").parse().unwrap();
    assert!(too_many.status == 429 && (3_000..=3_600).contains(&wait), "{wait}");
    let other = scene.fake.channel(&scene.fake.team(), "other");
    scene.post(json!({"channel": other})).await.good();
    scene.finish_with(&[]);
}

#[test]
fn a_second_lies_between_two_messages_in_a_channel() {
    let mut limiter = Limiter::new(&Limits::as_documented());
    let start = Instant::now();
    assert!(limiter.post("C1", start).is_ok());
    let wait = limiter.post("C1", start + Duration::from_millis(400)).unwrap_err();
    assert_eq!(wait, Duration::from_millis(600));
    assert!(limiter.post("C2", start).is_ok());
    assert!(limiter.post("C1", start + Duration::from_secs(1)).is_ok());
}

#[test]
fn windows_slide() {
    let mut limiter = Limiter::new(&Limits::as_documented());
    let start = Instant::now();
    for second in 0..20 {
        assert!(limiter.ask("users.list", 20, start + Duration::from_secs(second)).is_ok(), "{second}");
    }
    let wait = limiter.ask("users.list", 20, start + Duration::from_secs(20)).unwrap_err();
    assert_eq!(wait, Duration::from_secs(40));
    assert!(limiter.ask("users.info", 100, start + Duration::from_secs(20)).is_ok());
    assert!(limiter.ask("users.list", 20, start + Duration::from_secs(60)).is_ok());
    assert!(limiter.ask("users.list", 20, start + Duration::from_secs(60)).is_err());
}

#[test]
fn a_workspace_takes_three_hundred_messages_a_minute() {
    let mut limiter = Limiter::new(&Limits::as_documented());
    let start = Instant::now();
    let taken = (0..400).filter(|number| limiter.post(&format!("C{number}"), start).is_ok()).count();
    assert_eq!(taken, 300);
}
