//! What is logged, whatever is asked for: ids, and never a token or a text.

use serde_json::json;

use super::job::Job;
use super::scene::Scene;
use crate::fake_discord::{Trouble, Which};
use crate::scene::job::{Job as _, Step};

/// Everything, and by name the libraries through which everything passes.
const ALL: &str = "trace,tungstenite::protocol=trace,tokio_tungstenite=trace,reqwest=trace,hyper::proto=trace,\
    hyper_util::client::legacy=trace,serenity=trace,twilight_http_ratelimiting=trace,sqlx::query=trace";

#[tokio::test]
async fn no_token_and_no_text_is_logged_over_the_whole_job() {
    let mut job = Job::new(Scene::new("trace").await);
    job.scene.log_level = ALL;
    job.scene.start(None);
    job.all_before(Step::Answer).await;
    let messages = || Which::to("POST", "/channels/*/messages");
    // Errors are worded with care, too.
    for (text, trouble) in [
        ("canary-private", Trouble::failure(502)),
        ("canary-private", Trouble::LostAnswer),
        ("canary-long", Trouble::refusal(403, 20_028, "canary-refusal")),
        ("canary-long", Trouble::LostRequest),
    ] {
        job.scene.fake.next(1, messages().holding(text), trouble);
    }
    let thread = job.scene.keyed()["round:1:question"][0];
    job.scene.fake.send_raw("{ \"canary-raw\": ");
    let odd = json!({
        "id": "canary-id", "channel_id": thread.to_string(), "guild_id": job.scene.guild.to_string(),
        "content": "canary-odd: nobody can read this", "author": 7,
    });
    job.scene.fake.send_event("MESSAGE_CREATE", Some(job.scene.guild), &odd);
    job.all_from(Step::Answer).await;
    assert_eq!(job.scene.fake.no_more_trouble(), 0, "all of it has happened");
    let log = job.scene.all_output();
    assert!(log.contains("TRACE") && log.contains("sqlx"), "something is logged at all");
    job.ends_well().await;
}
