//! What is logged, whatever is asked for: ids, and never a token or a text.

use serde_json::json;

use super::job::Job;
use super::scene::Scene;
use crate::fake_slack::{RESPONSE, Trouble, Which};
use crate::scene::job::{Job as _, Step};

/// Everything, and by name the libraries through which everything passes.
const ALL: &str = "trace,tungstenite::protocol=trace,tokio_tungstenite=trace,reqwest=trace,hyper::proto=trace,\
    hyper_util::client::legacy=trace,axum=trace,tower=trace,sqlx::query=trace";

#[tokio::test]
async fn no_token_and_no_text_is_logged_over_the_whole_job() {
    let mut job = Job::new(Scene::new("trace").await);
    job.scene.log_level = ALL;
    job.scene.start(None);
    job.all_before(Step::Answer).await;
    let messages = || Which::to("chat.postMessage");
    let refusal = json!({"ok": false, "error": "service_unavailable", "detail": "canary-detail"});
    // Errors are worded with care, too.
    for (which, trouble) in [
        (messages().holding("canary-private"), Trouble::failure(502)),
        (messages().holding("canary-private"), Trouble::LostAnswer),
        (messages().holding("canary-long"), Trouble::Answer { status: 200, body: refusal }),
        (messages().holding("canary-long"), Trouble::LostRequest),
        (Which::to(RESPONSE), Trouble::LostAnswer),
    ] {
        job.scene.fake.next(1, which, trouble);
    }
    job.scene.fake.send_raw("{ \"canary-raw\": ");
    job.scene.fake.send_raw("{\"type\": \"canary-type\", \"payload\": 7}");
    let odd = json!({
        "type": "message", "channel": job.scene.channel, "ts": "canary-ts", "thread_ts": job.question(),
        "text": "canary-odd: nobody can read this", "user": 7,
    });
    job.scene.fake.forge_event(odd);
    job.all_from(Step::Answer).await;
    assert_eq!(job.scene.fake.no_more_trouble(), 0, "all of it has happened");
    let log = job.scene.all_output();
    assert!(log.contains("TRACE") && log.contains("sqlx"), "something is logged at all");
    job.ends_well().await;
}

/// The signing secret, signatures and bodies of Slack's calls are in no log either.
#[tokio::test]
async fn nothing_of_slacks_calls_is_logged() {
    let mut job = Job::new(Scene::called("trace, called").await);
    job.scene.log_level = ALL;
    job.scene.start(None);
    job.scene.tell_address().await;
    job.whole().await;
    let log = job.scene.all_output();
    assert!(log.contains("TRACE"), "something is logged at all");
    assert!(!log.contains("v0="), "a signature is logged");
    job.ends_well().await;
}
