//! What the posting is compared with: bare requests at Discord's pace.

use std::time::Duration;

use studybot::clock::Clock;

use super::shared::line;
use super::shared::paced::paced;
use super::world::{config, server, start};

/// Requests of the bare client.
const REQUESTS: usize = 400;
/// Between two of them: fifty a second.
const APART: Duration = Duration::from_millis(20);

/// Posts with a bare client at fifty a second. Returns how many a second were taken.
pub(crate) fn paced_requests() -> f64 {
    let fake = start(config(Clock::system(0)));
    let here = server(&fake, "bare", REQUESTS, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (taken, took) = runtime.block_on(async {
        let client = reqwest::Client::builder()
            .user_agent("DiscordBot (https://studybot.invalid, 0)")
            .build()
            .unwrap();
        let post = |channel| {
            client
                .post(format!("{}/api/v10/channels/{channel}/messages", fake.base()))
                .header("authorization", format!("Bot {}", fake.token()))
                .json(&serde_json::json!({ "content": "bare" }))
        };
        paced(APART, here.channels.iter().map(post).collect()).await
    });
    fake.stop();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let per_second = taken as f64 / took.as_secs_f64();
    line(
        "bare requests, one every 20 ms",
        &format!("{per_second:.1} a second"),
        &format!("{taken} of {REQUESTS} taken"),
    );
    per_second
}
