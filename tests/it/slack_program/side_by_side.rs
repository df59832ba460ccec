//! Discord and Slack in one process, on one database.

use std::collections::BTreeMap;

use studybot::clock::Clock;
use tokio::sync::watch;

use super::acting::said;
use super::scene::{Workspace, config, ts_of};
use crate::discord_program::scene::{Server, control, id_of};
use crate::fake_discord;
use crate::fake_slack::{At, Extras};
use crate::scene::job::{CANARY, FIRST, SECOND, far_schedule};
use crate::scene::{Place, Scene};

const ON_DISCORD: &str = FIRST;
const ON_SLACK: &str = SECOND;
/// Jonas on Slack goes by this name.
const SOFIA: &str = "Sofia";

struct Both {
    discord: Server,
    slack: Workspace,
}

impl AsRef<Workspace> for Both {
    fn as_ref(&self) -> &Workspace {
        &self.slack
    }
}

impl Place for Both {
    type Fake = Self;

    fn fake(&self) -> &Self {
        self
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        [self.discord.variables(), self.slack.variables()].concat()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        let (mut one, mut other) = (self.discord.changes(), self.slack.changes());
        let (either, changes) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let changed = tokio::select! {
                    changed = one.changed() => changed,
                    changed = other.changed() => changed,
                    () = either.closed() => return,
                };
                if changed.is_err() {
                    return;
                }
                either.send_modify(|count| *count += 1);
            }
        });
        changes
    }

    fn requests(&self) -> u64 {
        self.discord.requests() + self.slack.requests()
    }

    fn sessions(&self) -> u64 {
        self.discord.sessions().min(self.slack.sessions())
    }

    fn is_connected(&self) -> bool {
        self.discord.is_connected() && self.slack.is_connected()
    }

    fn problems(&self) -> Vec<String> {
        [self.discord.problems(), self.slack.problems()].concat()
    }

    fn secrets(&self) -> Vec<String> {
        [self.discord.secrets(), self.slack.secrets()].concat()
    }

    fn standing(&self) -> BTreeMap<String, usize> {
        let mut all = self.discord.standing();
        for (key, times) in self.slack.standing() {
            *all.entry(key).or_default() += times;
        }
        all
    }
}

/// The round whose question stands there.
fn round(standing: &BTreeMap<String, usize>) -> Option<&str> {
    let mut rounds = standing.keys().filter_map(|key| key.strip_suffix(":question"));
    let round = rounds.next();
    assert_eq!(rounds.next(), None, "one question is there: {standing:?}");
    round
}

impl Both {
    async fn new() -> Self {
        let slack = Workspace::with(config()).await;
        slack.fake.rename(&slack.jonas, SOFIA);
        let discord = Server::with(fake_discord::Config::new(Clock::system(0))).await;
        Self { discord, slack }
    }

    /// The rounds on Discord and on Slack, where both questions stand with what opens their threads.
    fn rounds(&self) -> Option<(String, String)> {
        let (discord, slack) = (self.discord.standing(), self.slack.standing());
        let rounds = (round(&discord)?.to_owned(), round(&slack)?.to_owned());
        let open = |standing: &BTreeMap<String, usize>, round: &str| {
            standing.contains_key(&format!("{round}:thread:opening"))
        };
        (open(&discord, &rounds.0) && open(&slack, &rounds.1)).then_some(rounds)
    }

    /// Whether a message stands on both, each in its own round.
    fn both_have(&self, rounds: &(String, String), name: &str) -> Option<()> {
        let has = |place: &dyn Fn() -> BTreeMap<String, usize>, round: &str| {
            place().keys().any(|key| key.starts_with(&format!("{round}:{name}")))
        };
        (has(&|| self.discord.standing(), &rounds.0) && has(&|| self.slack.standing(), &rounds.1))
            .then_some(())
    }

    /// All that the bot has posted on either.
    fn posted(&self) -> (String, String) {
        let server = &self.discord;
        let mut on_discord = server.fake.messages(server.channel);
        let threads: Vec<_> = on_discord.iter().map(id_of).collect();
        on_discord.extend(threads.into_iter().flat_map(|thread| server.fake.messages(thread)));
        let on_slack = self.slack.fake.all_messages(&self.slack.channel);
        (serde_json::json!(on_discord).to_string(), serde_json::json!(on_slack).to_string())
    }
}

/// Types a command on Discord; what is answered.
async fn on_discord(scene: &mut Scene<Both>, words: &str, options: &[(&str, &str)]) -> String {
    let server = &scene.discord;
    let typed = server.fake.type_command(server.mara, server.channel, words, options);
    let answer =
        scene.until_so("answer on Discord", |both| both.discord.fake.outcome_if_done(typed)).await.unwrap();
    answer.panels[0].text()
}

async fn on_slack(scene: &mut Scene<Both>, words: &str) -> String {
    let mara = scene.slack.mara.clone();
    said(&scene.types(&mara, words).await.unwrap())
}

/// Both are set up, and a question stands on each.
async fn asked(name: &str) -> (Scene<Both>, (String, String)) {
    let mut scene = Scene::at(Both::new().await, name);
    scene.start(None);
    scene.connected_since(0).await.unwrap();
    let commands = |both: &Both| (!both.discord.fake.commands().is_empty()).then_some(());
    scene.until_so("commands", commands).await.unwrap();
    let schedule = far_schedule();
    let options = [("schedule", &*schedule), ("zone", "Etc/UTC"), ("questions", "track getting-started")];
    let saved = on_discord(&mut scene, "study setup", &options).await;
    assert!(saved.contains("Etc/UTC"), "{saved}");
    scene.sets_up().await.unwrap();
    // Both at the same moment.
    let (discord, slack) = (&scene.discord, &scene.slack);
    discord.fake.type_command(discord.mara, discord.channel, "study post-now", &[]);
    slack.fake.type_command(&slack.mara, &slack.channel, "/study post-now");
    let rounds = scene.until_so("questions", Both::rounds).await.unwrap();
    assert_ne!(rounds.0, rounds.1, "each is asked in a round of its own");
    (scene, rounds)
}

#[tokio::test]
async fn rounds_at_the_same_time_do_not_meet() {
    let (mut scene, rounds) = asked("side by side").await;
    let (server, workspace) = (&scene.discord, &scene.slack);
    let thread = server.keyed()[&format!("{}:question", rounds.0)][0];
    let question = workspace.keyed()[&format!("{}:question", rounds.1)][0].clone();
    let (channel, sofia, jonas) = (workspace.channel.clone(), workspace.jonas.clone(), server.jonas);
    let on_one = server.fake.say(jonas, thread, ON_DISCORD);
    let on_other = workspace.fake.say(&sofia, &channel, Some(&question), ON_SLACK, Extras::default());
    scene
        .until_so("ticks", |both| {
            let one = both.discord.fake.message(on_one)?["reactions"][0]["count"] == 1;
            let other = both.slack.fake.message(&channel, &on_other)?["reactions"][0]["count"] == 1;
            (one && other).then_some(())
        })
        .await
        .unwrap();

    assert!(on_discord(&mut scene, "study close-now", &[]).await.contains("Answers are closed"));
    assert!(on_slack(&mut scene, "/study close-now").await.contains("Answers are closed"));
    scene.until_so("reveals", |both| both.both_have(&rounds, "reveal")).await.unwrap();

    let mark = "Mark my answer";
    let standing = scene.discord.fake.messages(thread);
    let rubric = |message: &&serde_json::Value| {
        control(message["components"].as_array().map_or(&[][..], Vec::as_slice), mark).is_some()
    };
    let rubric = standing.iter().find(rubric).expect("a rubric on Discord");
    let button = control(rubric["components"].as_array().unwrap(), mark).unwrap();
    let fake = scene.discord.fake.clone();
    let pressed = fake.press(jonas, id_of(rubric), button["custom_id"].as_str().unwrap(), &[]);
    let done = scene.until_so("panel", |_| fake.outcome_if_done(pressed)).await.unwrap();
    let panel = done.panels.last().unwrap();
    let select = control(&panel.components, "Points your answer makes").unwrap();
    let (id, value) =
        (select["custom_id"].as_str().unwrap(), select["options"][0]["value"].as_str().unwrap());
    let chosen = fake.press(jonas, panel.id, id, &[value]);
    scene.until_so("marks", |_| fake.outcome_if_done(chosen)).await.unwrap();

    let standing = scene.slack.fake.replies(&channel, &question);
    let rubric = standing.iter().find(|message| super::acting::control(&message["blocks"], mark).is_some());
    let rubric = rubric.expect("a rubric on Slack");
    let ts = ts_of(rubric);
    let at = At::Message { channel: &channel, ts: &ts };
    let panel = scene.uses(&sofia, at, &rubric["blocks"], mark).await.unwrap().view.unwrap();
    let at = At::View(panel["id"].as_str().unwrap());
    scene.uses(&sofia, at, &panel["blocks"], "Points your answer makes").await.unwrap();
    scene.fake().slack.fake.close_views(&sofia);

    // What each shows is its own.
    let boards = [
        on_discord(&mut scene, "study leaderboard", &[]).await,
        on_slack(&mut scene, "/study leaderboard").await,
    ];
    assert!(boards[0].contains("Jonas") && !boards[0].contains(SOFIA), "{}", boards[0]);
    assert!(boards[1].contains(SOFIA) && !boards[1].contains("Jonas"), "{}", boards[1]);
    let kept = scene
        .texts("SELECT (SELECT count(*) FROM answer_parts) || ' ' || (SELECT count(*) FROM answers)")
        .await;
    assert_eq!(kept, ["2 2"], "one answer on each");
    scene.settled().await.unwrap();
    let (posted_on_discord, posted_on_slack) = scene.posted();
    assert!(posted_on_discord.contains(ON_DISCORD) && posted_on_slack.contains(ON_SLACK));
    for (posted, others) in [(posted_on_discord, [ON_SLACK, SOFIA]), (posted_on_slack, [ON_DISCORD, "Jonas"])]
    {
        for other in others {
            assert!(!posted.contains(other), "{other:?} is in {posted}");
        }
    }
    let (on_one, on_other) = (scene.discord.standing(), scene.slack.standing());
    assert!(on_one.keys().all(|key| !key.starts_with(&rounds.1)), "{on_one:?}");
    assert!(on_other.keys().all(|key| !key.starts_with(&rounds.0)), "{on_other:?}");
    assert!(scene.standing().values().all(|times| *times == 1), "{:?}", scene.standing());
    scene.stop().await;
    scene.doctor_is_content();
    scene.nothing_is_in_the_log(&[CANARY]);
    assert_eq!(scene.problems(), [""; 0]);
    scene.discord.fake.stop();
    scene.slack.fake.stop();
}

/// One platform refuses its token: that is logged, and the other goes on. The last one to end ends the program.
#[tokio::test]
async fn a_platform_that_ends_leaves_the_other_running() {
    for slack_first in [true, false] {
        let (mut scene, rounds) = asked(&format!("one ends, Slack first: {slack_first}")).await;
        let ends = |scene: &Scene<Both>, slack: bool| {
            if slack {
                scene.slack.fake.revoke_tokens();
            } else {
                scene.discord.fake.reset_token("MTIzNDU2.test.another-token-after-a-reset");
            }
        };
        ends(&scene, slack_first);
        scene.logged("a platform has ended").await;
        let said = scene.all_output();
        let (refused, other) = if slack_first {
            ("Slack refuses", "Discord refuses")
        } else {
            ("Discord refuses", "Slack refuses")
        };
        assert!(said.contains(refused) && !said.contains(other), "{said}");
        let there = if slack_first {
            assert!(on_discord(&mut scene, "study close-now", &[]).await.contains("Answers are closed"));
            format!("{}:reveal", rounds.0)
        } else {
            assert!(on_slack(&mut scene, "/study close-now").await.contains("Answers are closed"));
            format!("{}:reveal", rounds.1)
        };
        scene.stands(&there).await.unwrap();
        ends(&scene, !slack_first);
        scene.ends_badly().await;
        assert!(scene.last_words().starts_with(other), "{}", scene.last_words());
        scene.nothing_is_in_the_log(&[]);
        scene.discord.fake.stop();
        scene.slack.fake.stop();
    }
}
