//! How `studybot run` begins: what it refuses, and what it waits for.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use super::job::Job;
use super::scene::Scene;
use crate::scene::Place;
use crate::scene::job::{Job as _, Step};

const WRONG_BOT: &str = "xoxb-wrong-token";
const WRONG_APP: &str = "xapp-wrong-token";

/// `run` with nothing but these variables and the fake's address.
fn with(scene: &Scene, variables: &[(&str, &str)]) -> Command {
    let mut command = scene.command(&["run"]);
    for (name, _) in scene.variables() {
        command.env_remove(name);
    }
    command.env("SLACK_API_BASE", scene.fake.base()).envs(variables.iter().copied());
    command
}

#[tokio::test]
async fn variables_that_do_not_belong_together_are_refused_in_a_sentence() {
    let scene = Scene::new("combinations").await;
    let (bot, app) = (scene.fake.bot_token(), scene.fake.app_token());
    let signing = scene.fake.signing_secret();
    let (bot, app, signing) =
        (("SLACK_BOT_TOKEN", &*bot), ("SLACK_APP_TOKEN", &*app), ("SLACK_SIGNING_SECRET", &*signing));
    let secrets = [bot.1, app.1, signing.1];
    let refuses = async |variables: &[(&str, &str)], words: &[&str]| {
        scene.refuses(with(&scene, variables), words, &secrets).await;
    };
    let nothing =
        ["No chat platform", "SLACK_BOT_TOKEN and SLACK_APP_TOKEN", "deploy/slack.md", "studybot demo"];
    refuses(&[], &nothing).await;
    refuses(&[("SLACK_BOT_TOKEN", ""), ("SLACK_APP_TOKEN", "")], &nothing).await;

    let no_bot = ["SLACK_BOT_TOKEN is not set", "deploy/slack.md", "xoxb-"];
    refuses(&[app], &no_bot).await;
    refuses(&[signing], &no_bot).await;
    refuses(&[app, signing, ("SLACK_BOT_TOKEN", "")], &no_bot).await;
    let alone = ["SLACK_BOT_TOKEN is set, and one more is needed", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"];
    refuses(&[bot], &alone).await;
    refuses(&[bot, app, signing], &["Both SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are set", "Keep"]).await;

    // Tokens in each other's place, and a token of a person.
    let swapped = [("SLACK_BOT_TOKEN", app.1), ("SLACK_APP_TOKEN", bot.1)];
    refuses(&swapped, &["SLACK_BOT_TOKEN holds another kind of token", "begins with xoxb-"]).await;
    refuses(&[("SLACK_BOT_TOKEN", app.1), app], &["SLACK_BOT_TOKEN holds another kind of token"]).await;
    refuses(&[("SLACK_BOT_TOKEN", "xoxp-1-2"), app], &["SLACK_BOT_TOKEN holds another kind of token"]).await;
    refuses(&[bot, ("SLACK_APP_TOKEN", bot.1)], &["SLACK_APP_TOKEN holds another kind", "with xapp-"]).await;

    let listen = |address| ("STUDYBOT_PUBLIC_LISTEN", address);
    refuses(&[bot, signing], &["set STUDYBOT_PUBLIC_LISTEN", "such as 127.0.0.1:8081"]).await;
    refuses(&[bot, signing, listen("")], &["set STUDYBOT_PUBLIC_LISTEN"]).await;
    for address in ["8081", "localhost:8081", "127.0.0.1", "http://127.0.0.1:8081", "127.0.0.1:99999"] {
        let words = ["STUDYBOT_PUBLIC_LISTEN is no address to listen on", "0.0.0.0:8081"];
        refuses(&[bot, signing, listen(address)], &words).await;
    }
    for base in ["slack", "ftp://127.0.0.1", "http://127.0.0.1/api/", "http://me:canary@127.0.0.1"] {
        let command = with(&scene, &[bot, app, ("SLACK_API_BASE", base)]);
        scene.refuses(command, &["SLACK_API_BASE must be", "https://"], &["canary"]).await;
    }
    assert_eq!(scene.problems(), [""; 0]);
    assert_eq!(scene.requests(), 0, "nobody is asked");
    scene.fake.stop();
}

#[tokio::test]
async fn what_can_be_no_token_is_refused_in_a_sentence() {
    let scene = Scene::new("no tokens").await;
    let file = scene.path("token");
    fs::write(&file, " \n").unwrap();
    let (absent, folder) = (scene.path("absent"), scene.path(""));
    let all = [
        ("SLACK_BOT_TOKEN", scene.fake.bot_token()),
        ("SLACK_APP_TOKEN", scene.fake.app_token()),
        ("SLACK_SIGNING_SECRET", scene.fake.signing_secret()),
    ];
    for (name, good) in &all {
        let others = all.iter().filter(|(other, _)| match *name {
            "SLACK_BOT_TOKEN" => *other == "SLACK_APP_TOKEN",
            _ => *other == "SLACK_BOT_TOKEN",
        });
        let mut variables: Vec<(&str, &str)> = others.map(|(name, value)| (*name, &**value)).collect();
        variables.push(("STUDYBOT_PUBLIC_LISTEN", "127.0.0.1:8081"));
        for broken in ["half-a token", "half-a\ntoken", "\"half-a.token\"", "half-a.tökén"] {
            let mut command = with(&scene, &variables);
            command.env(name, broken);
            let words = format!("{name} is set, but not to a token; paste it again");
            scene.refuses(command, &[&words], &["half-a"]).await;
        }
        let in_file = format!("{name}_FILE");
        let mut both = with(&scene, &variables);
        both.env(name, good).env(&in_file, &file);
        scene.refuses(both, &[&format!("Both {name} and {in_file} are set")], &[good]).await;
        for unreadable in [&absent, &folder] {
            let mut command = with(&scene, &variables);
            command.env(&in_file, unreadable);
            scene.refuses(command, &[&format!("{in_file} names a file that can't be read")], &[]).await;
        }
        let mut command = with(&scene, &variables);
        command.env(&in_file, &file);
        scene.refuses(command, &[&format!("the file that {in_file} names holds no token")[4..]], &[]).await;
    }
    assert_eq!(scene.requests(), 0, "nobody is asked");
    scene.fake.stop();
}

#[tokio::test]
async fn a_refused_bot_token_leaves_nothing_behind() {
    for scene in [Scene::new("wrong bot token").await, Scene::called("wrong bot token, called").await] {
        let mut command = scene.command(&["run"]);
        command.env("SLACK_BOT_TOKEN", WRONG_BOT);
        let words = ["Slack refuses the bot's token", "https://api.slack.com/apps", "set SLACK_BOT_TOKEN"];
        scene.refuses(command, &words, &[WRONG_BOT]).await;
        assert_eq!(scene.problems(), [""; 0]);
        scene.fake.stop();
    }
}

/// A wrong token on data that is there, the first or the second: each is named, and the data stays.
#[tokio::test]
async fn a_wrong_token_ends_a_later_start_too() {
    let mut job = Job::new(Scene::new("wrong tokens").await);
    job.scene.start(None);
    job.all_before(Step::Answer).await;
    job.scene.stop().await;
    for (name, wrong, words) in [
        ("SLACK_BOT_TOKEN", WRONG_BOT, "Slack refuses the bot's token"),
        ("SLACK_APP_TOKEN", WRONG_APP, "Slack refuses the app-level token"),
    ] {
        let mut command = job.scene.command(&["run"]);
        command.env(name, wrong);
        job.scene.start_as(command);
        job.scene.ends_badly().await;
        let said = job.scene.last_words();
        assert!(said.starts_with(words) && said.contains(&format!("set {name}")), "{said}");
        assert!(!job.scene.all_output().contains(wrong));
    }
    job.scene.restart().await;
    job.whole().await;
    job.ends_well().await;
}

/// The app token is refused at the very first start: the message names it, and the right one goes on from there.
#[tokio::test]
async fn a_first_start_with_a_wrong_app_token_names_it() {
    let mut job = Job::new(Scene::new("wrong app token").await);
    let mut command = job.scene.command(&["run"]);
    command.env("SLACK_APP_TOKEN", WRONG_APP);
    job.scene.start_as(command);
    job.scene.ends_badly().await;
    let said = job.scene.last_words();
    assert!(said.starts_with("Slack refuses the app-level token"), "{said}");
    job.scene.restart().await;
    job.whole().await;
    job.ends_well().await;
}

#[tokio::test]
async fn the_tokens_may_stand_in_files() {
    for mut scene in [Scene::new("token files").await, Scene::called("secret files").await] {
        let mut command = scene.command(&["run"]);
        for (name, value) in
            scene.variables().into_iter().filter(|(_, value)| scene.secrets().contains(value))
        {
            let file = scene.path(name);
            fs::write(&file, format!("{value}\r\n")).unwrap();
            // A variable that is empty is not set.
            command.env(name, "").env(format!("{name}_FILE"), file);
        }
        scene.start_as(command);
        if scene.public.is_some() {
            scene.tell_address().await;
        }
        scene.until("connection", |fake| fake.is_connected().then_some(())).await.unwrap();
        scene.sets_up().await.unwrap();
        scene.stop().await;
        scene.nothing_is_in_the_log(&[]);
        assert_eq!(scene.problems(), [""; 0]);
        scene.fake.stop();
    }
}

#[tokio::test]
async fn a_port_that_is_taken_ends_it() {
    let mut scene = Scene::called("taken").await;
    let taken = TcpListener::bind(scene.public.unwrap()).unwrap();
    scene.start(None);
    scene.ends_badly().await;
    let said = scene.last_words();
    assert!(said.starts_with("Slack's calls can't be listened for") && said.contains("in use"), "{said}");
    assert!(said.contains("STUDYBOT_PUBLIC_LISTEN"), "{said}");
    drop(taken);
    scene.start(None);
    scene.tell_address().await;
    scene.sets_up().await.unwrap();
    scene.stop().await;
    scene.fake.stop();
}

/// Slack can't be reached when the program starts: it tries again, and goes on as if nothing had been.
#[tokio::test]
async fn a_start_without_slack_waits_for_it() {
    let mut job = Job::new(Scene::new("dark").await);
    job.scene.fake.go_dark(true);
    job.scene.start(None);
    job.scene.logged("Slack can't be reached; trying again").await;
    job.scene.fake.go_dark(false);
    job.whole().await;
    job.ends_well().await;
}
