//! How `studybot run` ends: told to, or because Slack will have it no more.

use super::job::Job;
use super::scene::Scene;
use crate::fake_slack::{FakeSlack, Trouble, Which};
use crate::scene::job::{Job as _, Step};

/// The app is removed while the bot works, of which Slack tells or which is noticed at the next call: it says which token
/// is worth nothing, and goes on once it is again.
#[tokio::test]
async fn a_revoked_token_ends_it_and_a_good_one_goes_on() {
    for scene in [Scene::new("revoked").await, Scene::called("revoked, called").await] {
        let mut job = Job::new(scene);
        job.scene.start(None);
        if job.scene.public.is_some() {
            job.scene.tell_address().await;
        }
        job.all_before(Step::Reveal).await;
        if job.scene.public.is_some() {
            job.scene.fake.deactivate();
            job.scene.fake.type_command(&job.scene.mara, &job.scene.channel, "/study close-now");
        } else {
            job.scene.fake.revoke_tokens();
        }
        job.scene.ends_badly().await;
        let last = job.scene.last_words();
        assert!(
            last.starts_with("Slack refuses the bot's token") && last.contains("SLACK_BOT_TOKEN"),
            "{last}"
        );
        job.scene.fake.accept_tokens();
        job.scene.fake.deliver_to(None);
        if job.scene.public.is_some() {
            job.scene.start(None);
            job.scene.tell_address().await;
        } else {
            job.scene.restart().await;
        }
        job.all_from(Step::Reveal).await;
        job.ends_well().await;
    }
}

/// Somebody switches Socket Mode off while the bot works.
#[tokio::test]
async fn socket_mode_that_is_switched_off_ends_it() {
    let mut job = Job::new(Scene::new("switched off").await);
    job.scene.start(None);
    job.all_before(Step::Reveal).await;
    job.scene.fake.disable_socket_mode();
    job.scene.ends_badly().await;
    let last = job.scene.last_words();
    assert!(last.starts_with("Socket Mode is switched off") && last.contains("Switch it on at"), "{last}");
    job.scene.fake.enable_socket_mode();
    job.scene.restart().await;
    job.all_from(Step::Reveal).await;
    job.ends_well().await;
}

/// SIGTERM while Slack doesn't answer: the end comes all the same, and the next start posts once.
#[tokio::test]
async fn a_signal_ends_it_while_slack_is_silent() {
    let mut job = Job::new(Scene::new("silent").await);
    job.scene.start(None);
    job.finish_step(Step::SetUp).await;
    job.scene.fake.next(1, Which::to("chat.postMessage"), Trouble::Silence);
    job.scene.fake.type_command(&job.scene.mara, &job.scene.channel, "/study post-now");
    let is_silent = |fake: &FakeSlack| {
        fake.requests_to("chat.postMessage").iter().any(|one| one.status == 0).then_some(())
    };
    job.scene.until("silence", is_silent).await.unwrap();
    job.scene.stop().await;
    assert!(job.scene.all_output().contains("the next start goes on with it"));
    job.scene.restart().await;
    job.whole().await;
    job.ends_well().await;
}
