//! What the posting is compared with: bare posts at the pace that Slack allows.

use std::time::Duration;

use serde_json::json;
use studybot::clock::Clock;

use super::shared::line;
use super::shared::paced::paced;
use super::world::{config, place, start};

/// Posts of the bare client, each into a channel of its own.
const POSTS: usize = 60;
/// Between two of them: 300 a minute.
const APART: Duration = Duration::from_millis(200);

/// Posts with a bare client at 300 a minute. Returns how many a minute were taken.
pub(crate) fn paced_posts() -> f64 {
    let here = place(start(config(Clock::system(0))), 0, POSTS);
    let fake = &here.fake;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (taken, took) = runtime.block_on(async {
        let client = reqwest::Client::new();
        let post = |channel| {
            let metadata = json!({"event_type": "bare", "event_payload": {}});
            let body = json!({
                "channel": channel, "text": "bare", "unfurl_links": false, "unfurl_media": false, "metadata": metadata,
            });
            client.post(format!("{}/api/chat.postMessage", fake.base())).bearer_auth(fake.bot_token()).json(&body)
        };
        paced(APART, here.channels.iter().map(post).collect()).await
    });
    fake.stop();
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let per_minute = taken as f64 / took.as_secs_f64() * 60.0;
    line(
        "bare posts, one every 200 ms",
        &format!("{per_minute:.0} a minute"),
        &format!("{taken} of {POSTS} taken"),
    );
    per_minute
}
