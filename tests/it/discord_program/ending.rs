//! How `studybot run` ends: told to, or because Discord will have it no more.

use super::job::Job;
use super::scene::Scene;
use crate::fake_discord::{Trouble, Which};
use crate::scene::job::{Job as _, Step};

const NEW_TOKEN: &str = "MTIzNDU2.test.another-token-after-a-reset";

/// The token is reset while the bot works: over the gateway, or noticed at the next request.
#[tokio::test]
async fn a_revoked_token_ends_it_and_a_new_one_goes_on() {
    for over_gateway in [true, false] {
        let mut job = Job::new(Scene::new(&format!("revoked, over the gateway: {over_gateway}")).await);
        job.scene.start(None);
        job.all_before(Step::Reveal).await;
        let old = job.scene.fake.token();
        if over_gateway {
            job.scene.fake.reset_token(NEW_TOKEN);
        } else {
            job.scene.fake.reset_token_unnoticed(NEW_TOKEN);
            job.scene.fake.type_command(job.scene.mara, job.scene.channel, "study close-now", &[]);
        }
        job.scene.ends_badly().await;
        let said = job.scene.all_output();
        let last = said.trim_end().lines().last().unwrap();
        assert!(last.starts_with("Discord refuses the token") && last.contains("Reset Token"), "{said}");
        assert!(!said.contains(&old), "{said}");
        // Nothing asked for more trouble than one refusal or two.
        assert!(job.scene.fake.total().invalid <= 4, "{:?}", job.scene.fake.counts());
        job.scene.restart().await;
        job.all_from(Step::Reveal).await;
        job.ends_well().await;
    }
}

#[tokio::test]
async fn a_second_run_on_the_same_data_is_refused() {
    let mut scene = Scene::new("second").await;
    scene.start(None);
    scene.connected_since(0).await.unwrap();
    let identifies = scene.fake.gateway_counts().identifies;
    let second = scene.output(scene.command(&["run"])).await;
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("nother studybot is already running on") && said.contains("--data"), "{said}");
    assert_eq!(scene.fake.gateway_counts().identifies, identifies, "it never reaches Discord");
    scene.stop().await;
    scene.fake.stop();
}

/// SIGTERM while Discord doesn't answer: the end comes all the same, and the next start posts once.
#[tokio::test]
async fn a_signal_ends_it_while_discord_is_silent() {
    let mut job = Job::new(Scene::new("silent").await);
    job.scene.start(None);
    job.finish_step(Step::SetUp).await;
    job.scene.fake.next(1, Which::to("POST", "/channels/*/messages"), Trouble::Silence);
    job.scene.fake.type_command(job.scene.mara, job.scene.channel, "study post-now", &[]);
    let silent = |fake: &crate::fake_discord::FakeDiscord| {
        fake.requests_to("POST", "/channels/{channel_id}/messages").iter().any(|one| one.status == 0)
    };
    job.scene.until("silence", |fake| silent(fake).then_some(())).await.unwrap();
    job.scene.stop().await;
    assert!(job.scene.all_output().contains("the next start goes on with it"));
    job.scene.restart().await;
    job.whole().await;
    job.ends_well().await;
}
