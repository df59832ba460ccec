//! `studybot slack check`: what a person reads who has just made an app.

use std::process::Command;

use serde_json::json;
use studybot::chat::slack::SCOPES;

use super::scene::{Scene, Workspace, config};
use crate::fake_slack::{Config, Trouble, Which};
use crate::scene::Place;

/// What `check` says, and its code.
async fn check(scene: &Scene) -> (String, Option<i32>) {
    let output = scene.output(scene.command(&["slack", "check"])).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{said}");
    for secret in scene.secrets() {
        assert!(!said.contains(&secret), "{said}");
    }
    assert!(!scene.path("data").exists(), "a look leaves nothing behind");
    assert_eq!(scene.problems(), [""; 0]);
    (said, output.status.code())
}

/// A workspace in whose channel the bot is.
async fn joined(name: &str) -> Scene {
    let scene = Scene::new(name).await;
    scene.fake.invite_bot(&scene.channel);
    scene
}

#[tokio::test]
async fn an_app_with_all_it_needs_is_told_so() {
    let scene = joined("all well").await;
    let expected = "The bot token is good: it is studybot's, in the workspace Cloud team.\n\
         It has every scope that I need.\n\
         The app token is good: Socket Mode works.\n\
         I'm in #cloud-security.\n\
         \n\
         All is well. Start me with studybot run, and use /study setup in the channel for the questions.\n";
    assert_eq!(check(&scene).await, (expected.to_owned(), Some(0)));
    scene.fake.stop();
}

#[tokio::test]
async fn where_slack_calls_the_bot_its_address_is_said() {
    let scene = Scene::called("called").await;
    scene.fake.invite_bot(&scene.channel);
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(0), "{said}");
    let listens = format!("Slack's calls are taken on {}, at /slack/events", scene.public.unwrap());
    assert!(said.contains(&listens) && !said.contains("app token"), "{said}");
    scene.fake.stop();
}

/// Each scope is missed where it is not there, with what it is for and where to add it.
#[tokio::test]
async fn a_scope_that_is_missing_is_named_with_where_to_add_it() {
    let scene = joined("scopes").await;
    for (scope, what) in SCOPES {
        scene.fake.set_scope(scope, false);
        let (said, code) = check(&scene).await;
        assert_eq!(code, Some(1), "{said}");
        for words in [
            &format!("It lacks the scope {scope}, so I can't {what}.\n"),
            &format!(
                "\nTo mend:\n- At https://api.slack.com/apps choose the app, then OAuth & Permissions. Under Bot Token Scopes add {scope}; then press Reinstall"
            ),
        ] {
            assert!(said.contains(words), "{words:?} is not in:\n{said}");
        }
        assert!(!said.contains("All is well") && !said.contains("every scope"), "{said}");
        assert!(!said.contains("in no channel"), "nobody knows that: {said}");
        scene.fake.set_scope(scope, true);
    }
    for scope in ["chat:write", "users:read"] {
        scene.fake.set_scope(scope, false);
    }
    let (said, _) = check(&scene).await;
    assert!(said.contains("add chat:write, users:read; then"), "{said}");
    assert_eq!(said.matches("\n- ").count(), 1, "one thing is to be done: {said}");
    scene.fake.stop();
}

#[tokio::test]
async fn a_bot_in_no_channel_is_told_how_to_come_into_one() {
    let scene = Scene::new("no channel").await;
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(1), "{said}");
    for words in ["I'm in no channel yet.\n", "\n- Use /study setup in the channel", "/invite @studybot"] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    scene.fake.stop();
}

/// Long lists stay short, and names steer no terminal.
#[tokio::test]
async fn many_channels_are_counted() {
    let scene = joined("many").await;
    for number in 0..24 {
        scene.fake.channel(&scene.fake.team(), &format!("a-{number:02}\u{1b}[2J"));
    }
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("I'm in #a-00[2J, #a-01[2J, ") && said.contains("#a-19[2J, and 5 more.\n"),
        "{said}"
    );
    scene.fake.stop();
}

#[tokio::test]
async fn an_app_token_that_does_not_work_is_named_with_how_to_make_one() {
    let scene = joined("wrong app token").await;
    let mut command = scene.command(&["slack", "check"]);
    command.env("SLACK_APP_TOKEN", "xapp-wrong-token");
    let output = scene.output(command).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for words in [
        "The bot token is good",
        "The app token doesn't work.\n",
        "\n- Slack refuses the app token. At https://api.slack.com/apps choose the app, then Basic Information",
        "connections:write, and set SLACK_APP_TOKEN to it.\n",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    assert!(!said.contains("xapp-wrong-token"), "{said}");
    scene.fake.stop();

    let workspace = Workspace::with(Config { socket_mode: false, ..config() }).await;
    let scene = Scene::at(workspace, "switched off");
    scene.fake.invite_bot(&scene.channel);
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(1), "{said}");
    let mend = "\n- At https://api.slack.com/apps choose the app, then Socket Mode, and switch Enable Socket Mode on.\n";
    assert!(said.contains("Socket Mode is off.\n") && said.contains(mend), "{said}");
    assert!(!said.contains("doesn't work"), "the token is a good one: {said}");
    scene.fake.stop();
}

/// Slack gives an address where Socket Mode is off as well, and says so beside it; sometimes also where it is on.
#[tokio::test]
async fn what_slack_adds_of_socket_mode_is_passed_on() {
    let scene = joined("a note").await;
    let notes = json!({"messages": ["[WARN] Socket Mode is not turned on."]});
    let body = json!({"ok": true, "url": "wss://127.0.0.1/link/?ticket=1", "response_metadata": notes});
    let open = Which::to("apps.connections.open");
    scene.fake.next(1, open, Trouble::Answer { status: 200, body });
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("Slack adds that Socket Mode is not turned on") && !said.contains("Mode works"),
        "{said}"
    );
    scene.fake.stop();
}

#[tokio::test]
async fn a_look_that_can_not_be_had_is_refused_in_a_sentence() {
    let scene = joined("no look").await;
    let with = |variables: &[(&str, &str)]| -> Command {
        let mut command = scene.command(&["slack", "check"]);
        command.envs(variables.iter().copied());
        command
    };
    let nothing = with(&[("SLACK_BOT_TOKEN", ""), ("SLACK_APP_TOKEN", "")]);
    scene.refuses(nothing, &["Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN", "deploy/slack.md"], &[]).await;
    let wrong = "xoxb-wrong-token";
    let words = ["Slack refuses the bot's token", "OAuth & Permissions", "SLACK_BOT_TOKEN"];
    scene.refuses(with(&[("SLACK_BOT_TOKEN", wrong)]), &words, &[wrong]).await;
    scene.refuses(with(&[("SLACK_API_BASE", "nowhere")]), &["SLACK_API_BASE must be"], &[]).await;
    // Nobody listens there.
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let base = format!("http://{closed}");
    let words = ["Slack was not reached", "Check the network, and SLACK_API_BASE"];
    scene.refuses(with(&[("SLACK_API_BASE", &base)]), &words, &[]).await;
    scene.fake.stop();
}
