//! `studybot discord check`: what a person reads who has just made a bot.

use studybot::clock::Clock;

use super::scene::Scene;
use crate::fake_discord::permissions::{
    ADD_REACTIONS, CREATE_PUBLIC_THREADS, EMBED_LINKS, READ_MESSAGE_HISTORY, SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL,
};
use crate::fake_discord::{Config, Overwrite};

/// The permissions without which something of the main job fails.
const NEEDED: [(u64, &str); 7] = [
    (VIEW_CHANNEL, "View Channel"),
    (SEND_MESSAGES, "Send Messages"),
    (EMBED_LINKS, "Embed Links"),
    (READ_MESSAGE_HISTORY, "Read Message History"),
    (ADD_REACTIONS, "Add Reactions"),
    (CREATE_PUBLIC_THREADS, "Create Public Threads"),
    (SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
];

/// What `check` says, and its code.
async fn check(scene: &Scene) -> (String, Option<i32>) {
    let output = scene.output(scene.command(&["discord", "check"])).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{said}");
    assert!(!said.contains(&scene.fake.token()));
    assert!(!scene.path("data").exists(), "a look leaves nothing behind");
    (said, output.status.code())
}

fn nobody_may(deny: u64, scene: &Scene) -> Overwrite {
    Overwrite { of: scene.fake.bot_role(scene.guild), person: false, allow: 0, deny }
}

#[tokio::test]
async fn a_bot_with_all_it_needs_is_told_so() {
    let scene = Scene::new("all well").await;
    let application = scene.fake.application();
    let permissions: u64 = NEEDED.iter().map(|(bit, _)| bit).sum();
    let expected = format!(
        "The token is good: it is studybot's.\n\
         Message Content Intent is on.\n\
         Server Members Intent is on.\n\
         On “team” I can work in 1 of 1 text channel.\n\
         \n\
         All is well. Start me with studybot run, and use /study setup in the channel for the questions.\n\
         \n\
         This link adds me to a server, with what I need there and no more:\n\
         https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands\
         &permissions={permissions}\n"
    );
    assert_eq!(check(&scene).await, (expected, Some(0)));
    assert_eq!(scene.fake.problems(), [""; 0]);
    scene.fake.stop();
}

#[tokio::test]
async fn switches_that_are_off_are_named_with_where_they_are() {
    let config = Config { content_switch: false, members_switch: false, ..Config::new(Clock::system(0)) };
    let scene = Scene::with("switches", config).await;
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(1), "{said}");
    let portal = format!("https://discord.com/developers/applications/{}/bot", scene.fake.application());
    for words in [
        "Message Content Intent is off.",
        "Server Members Intent is off.",
        &format!("- Switch Message Content Intent on: {portal}."),
        &format!("- Switch Server Members Intent on: {portal}."),
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    assert!(!said.contains("All is well"), "{said}");
    scene.fake.stop();
}

#[tokio::test]
async fn a_bot_on_no_server_is_told_to_be_invited() {
    let scene = Scene::new("no server").await;
    scene.fake.kick_bot(scene.guild);
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("It is on no server yet.") && said.contains("- Open the link below"), "{said}");
    scene.fake.stop();
}

/// Each permission that the link asks for is one that `check` misses where it is not there, and there are no others.
#[tokio::test]
async fn the_link_asks_for_exactly_what_is_missed() {
    let scene = Scene::new("each permission").await;
    for (bit, name) in NEEDED {
        let overwrites =
            [nobody_may(bit, &scene), Overwrite { of: scene.guild, person: false, allow: 0, deny: bit }];
        scene.fake.set_overwrites(scene.channel, &overwrites);
        let (said, code) = check(&scene).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("On “team” I can work in 0 of 1 text channel.") && said.contains(name),
            "{said}"
        );
        assert!(said.contains("- On “team” I can work nowhere."), "{said}");
    }
    // Only these, and the bot works: nothing else is missed.
    let permissions = NEEDED.iter().map(|(bit, _)| bit).sum();
    scene.fake.permit(scene.guild, scene.guild, 0);
    scene.fake.permit(scene.guild, scene.fake.bot_role(scene.guild), permissions);
    scene.fake.set_overwrites(scene.channel, &[]);
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("&permissions={permissions}\n")), "{said}");
    scene.fake.stop();
}

/// Channels that are not for the bot are no failure, and long lists stay short.
#[tokio::test]
async fn a_server_with_closed_channels_is_well() {
    let scene = Scene::new("closed channels").await;
    scene.fake.channel(scene.guild, "rules\u{1b}[2J", &[nobody_may(SEND_MESSAGES, &scene)]);
    for number in 0..12 {
        scene.fake.channel(scene.guild, &format!("news-{number}"), &[nobody_may(EMBED_LINKS, &scene)]);
        scene.fake.channel(scene.guild, "private", &[nobody_may(VIEW_CHANNEL, &scene)]);
    }
    let (said, code) = check(&scene).await;
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "On “team” I can work in 1 of 26 text channels.\n  Want me in one of the others?",
        "  #rules[2J: I lack Send Messages.\n",
        "  #news-8: I lack Embed Links.\n  And 3 more, in which I lack something.\n",
        "  12 channels that I can't see: I lack View Channel there.\n",
        "All is well.",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    scene.fake.stop();
}

#[tokio::test]
async fn a_look_that_can_not_be_had_is_refused_in_a_sentence() {
    let scene = Scene::new("no look").await;
    let refuses = async |name: &str, value: &str, words: &[&str]| {
        let mut command = scene.command(&["discord", "check"]);
        command.env(name, value);
        let output = scene.output(command).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        for word in words {
            assert!(said.contains(word), "{word:?} is not in:\n{said}");
        }
        assert_eq!(said.lines().count(), 1, "{said}");
    };
    refuses("DISCORD_TOKEN", "", &["Set DISCORD_TOKEN", "deploy/discord.md"]).await;
    refuses("DISCORD_TOKEN", "MTIz.wrong.token", &["Discord refuses the token", "Reset Token"]).await;
    refuses("DISCORD_API_BASE", "nowhere", &["DISCORD_API_BASE must be"]).await;
    // Nobody listens there.
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let base = format!("http://{closed}");
    refuses(
        "DISCORD_API_BASE",
        &base,
        &["Discord was not reached", "Check the network, and DISCORD_API_BASE"],
    )
    .await;
    scene.fake.stop();
}
