//! How `studybot run` begins: what it refuses, and what it waits for.

use std::fs;

use super::job::Job;
use super::scene::Scene;
use crate::fake_discord::{Trouble, Which};
use crate::scene::job::{Job as _, Step};

#[tokio::test]
async fn a_start_that_can_not_succeed_is_refused_in_a_sentence() {
    let scene = Scene::new("refusals").await;
    let run = || scene.command(&["run"]);
    let with = |name: &str, value: &str| {
        let mut command = run();
        command.env(name, value);
        command
    };
    let mut nothing = run();
    nothing.env_remove("DISCORD_TOKEN").env_remove("DISCORD_API_BASE");
    scene.refuses(nothing, &["No chat platform", "DISCORD_TOKEN", "studybot demo"], &[]).await;
    scene.refuses(with("DISCORD_TOKEN", ""), &["No chat platform"], &[]).await;
    for broken in ["half-a token", "half-a\ntoken", "\"half-a.token\"", "half-a.tökén"] {
        let command = with("DISCORD_TOKEN", broken);
        scene.refuses(command, &["DISCORD_TOKEN is set, but not to a token", "paste it"], &["half-a"]).await;
    }

    let file = scene.path("token");
    fs::write(&file, " \n").unwrap();
    let both = with("DISCORD_TOKEN_FILE", file.to_str().unwrap());
    scene.refuses(both, &["Both DISCORD_TOKEN and DISCORD_TOKEN_FILE are set"], &[&scene.fake.token()]).await;
    let from = |path: &str| {
        let mut command = with("DISCORD_TOKEN_FILE", path);
        command.env_remove("DISCORD_TOKEN");
        command
    };
    let (absent, folder) = (scene.path("absent"), scene.path(""));
    for unreadable in [absent.to_str().unwrap(), folder.to_str().unwrap()] {
        scene.refuses(from(unreadable), &["DISCORD_TOKEN_FILE names a file that can't be read"], &[]).await;
    }
    scene.refuses(from(file.to_str().unwrap()), &["DISCORD_TOKEN_FILE", "holds no token"], &[]).await;

    for base in ["discord", "ftp://127.0.0.1", "http://127.0.0.1/api/v10", "http://me:secret@127.0.0.1"] {
        let command = with("DISCORD_API_BASE", base);
        scene
            .refuses(command, &["DISCORD_API_BASE must be a scheme and a host", "https://"], &["secret"])
            .await;
    }
    let wrong = "MTIz.wrong.token";
    let words = ["Discord refuses the token", "Reset Token", "DISCORD_TOKEN"];
    scene.refuses(with("DISCORD_TOKEN", wrong), &words, &[wrong]).await;
    assert_eq!(scene.fake.problems(), [""; 0]);
    scene.fake.stop();
}

/// A wrong token on data that is there: the same message, and the data stays.
#[tokio::test]
async fn a_wrong_token_ends_a_later_start_too() {
    let mut job = Job::new(Scene::new("wrong token").await);
    job.scene.start(None);
    job.all_before(Step::Answer).await;
    job.scene.stop().await;
    let mut wrong = job.scene.command(&["run"]);
    wrong.env("DISCORD_TOKEN", "MTIz.wrong.token");
    job.scene.start_as(wrong);
    job.scene.ends_badly().await;
    let said = job.scene.all_output();
    assert!(said.contains("Discord refuses the token"), "{said}");
    assert!(!said.contains("MTIz.wrong.token"), "{said}");
    job.scene.restart().await;
    job.whole().await;
    job.ends_well().await;
}

#[tokio::test]
async fn the_token_may_stand_in_a_file() {
    let mut scene = Scene::new("token file").await;
    fs::write(scene.path("token"), format!("{}\r\n", scene.fake.token())).unwrap();
    let mut command = scene.command(&["run"]);
    command.env_remove("DISCORD_TOKEN").env("DISCORD_TOKEN_FILE", scene.path("token"));
    // A variable that is empty is not set.
    command.env("DISCORD_TOKEN", "");
    scene.start_as(command);
    scene.connected_since(0).await.unwrap();
    scene.stop().await;
    let said = scene.all_output();
    assert!(said.contains("connected to Discord") && said.contains("servers=1"), "{said}");
    assert!(!said.contains(&scene.fake.token()));
    scene.fake.stop();
}

/// Discord can't be reached when the program starts: it tries again, and then posts what was due meanwhile.
#[tokio::test]
async fn a_start_without_discord_waits_for_it() {
    let mut job = Job::new(Scene::new("dark").await);
    job.scene.start(None);
    job.finish_step(Step::SetUp).await;
    job.scene.fake.next(100, Which::to("POST", "/channels/*/messages"), Trouble::failure(503));
    job.scene.fake.type_command(job.scene.mara, job.scene.channel, "study post-now", &[]);
    let refused = |fake: &crate::fake_discord::FakeDiscord| {
        fake.requests().iter().any(|request| request.status == 503).then_some(())
    };
    job.scene.until("refused question", refused).await.unwrap();
    job.scene.stop().await;
    assert_eq!(job.scene.keyed().len(), 0, "nothing could be posted");
    job.scene.fake.no_more_trouble();

    job.scene.fake.go_dark(true);
    let (changes, identifies) = (job.scene.fake.changes(), job.scene.fake.gateway_counts().identifies);
    let before = *changes.borrow();
    job.scene.start(None);
    // Whoever knocks in the dark changes nothing but this.
    job.scene.until("knock", |_| (*changes.borrow() >= before + 3).then_some(())).await.unwrap();
    job.scene.fake.go_dark(false);
    job.scene.connected_since(identifies).await.unwrap();
    job.whole().await;
    let said = job.scene.all_output();
    assert!(said.contains("Discord can't be reached; trying again"), "{said}");
    job.ends_well().await;
}
