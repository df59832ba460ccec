//! What stands in `deploy/` fits the program: people paste it, and learn of a mistake only when something doesn't happen.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use studybot::chat::slack::SCOPES;

/// What Slack tells the bot of.
const EVENTS: [&str; 9] = [
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "subteam_created",
    "subteam_members_changed",
    "subteam_updated",
    "team_join",
    "tokens_revoked",
    "user_change",
];
/// Where Slack calls the bot in HTTP mode.
const PATHS: [&str; 3] = ["/slack/events", "/slack/interactivity", "/slack/commands"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// All sources under a folder, one after the other.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    text
}

fn program() -> String {
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("bot/src"))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines of the manifest below a path of keys, without blanks around them and without comments.
fn below(keys: &[&str]) -> Vec<String> {
    let manifest = read("deploy/slack-manifest.yaml");
    let mut lines: Vec<&str> = manifest
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim_end())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    for key in keys {
        let header = format!("{key}:");
        let at = lines.iter().position(|line| line.trim() == header);
        let at = at.unwrap_or_else(|| panic!("the manifest has no {keys:?}"));
        let depth = indent(lines[at]);
        lines = lines[at + 1..].iter().copied().take_while(|line| indent(line) > depth).collect();
    }
    lines.into_iter().map(|line| line.trim().to_owned()).collect()
}

/// The items of a list in the manifest, sorted.
fn items(keys: &[&str]) -> Vec<String> {
    let mut items: Vec<String> = below(keys)
        .iter()
        .map(|line| line.strip_prefix("- ").unwrap_or_else(|| panic!("{line} is no item")).to_owned())
        .collect();
    items.sort();
    items
}

#[test]
fn the_slack_manifest_asks_for_the_scopes_that_the_bot_needs_and_no_others() {
    let mut needed: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
    needed.sort_unstable();
    assert_eq!(items(&["oauth_config", "scopes", "bot"]), needed);
}

#[test]
fn the_slack_manifest_asks_for_the_events_that_the_bot_reads() {
    assert_eq!(items(&["settings", "event_subscriptions", "bot_events"]), EVENTS);
    let events = read("bot/src/chat/slack/events.rs");
    for event in EVENTS {
        // Messages carry where they are in another field.
        let name = event.split('.').next().unwrap();
        assert!(events.contains(&format!("\"{name}\"")), "nothing reads {event}");
    }
}

#[test]
fn the_slack_manifest_has_the_command_and_works_without_an_address() {
    let commands = below(&["features", "slash_commands"]);
    assert!(commands.contains(&"- command: /study".to_owned()), "{commands:?}");
    assert_eq!(commands.iter().filter(|line| line.starts_with("- ")).count(), 1);
    assert!(commands.contains(&"should_escape: false".to_owned()), "{commands:?}");
    let settings = below(&["settings"]);
    for line in ["is_enabled: true", "socket_mode_enabled: true", "token_rotation_enabled: false"] {
        assert!(settings.contains(&line.to_owned()), "{line} is not in {settings:?}");
    }
    let addresses = commands.iter().chain(&settings).filter(|line| line.contains("url:"));
    assert_eq!(addresses.count(), 0);
}

#[test]
fn the_addresses_for_slacks_calls_are_those_that_are_served() {
    let (manifest, guide) = (read("deploy/slack-manifest.yaml"), read("deploy/slack.md"));
    let served = read("bot/src/chat/slack/http.rs");
    for path in PATHS {
        let address = format!("https://HOST{path}");
        assert!(manifest.contains(&address), "the manifest doesn't name {address}");
        assert!(guide.contains(&address), "deploy/slack.md doesn't name {address}");
        assert!(served.contains(&format!("\"{path}\"")), "{path} is not served");
    }
}

#[test]
fn every_variable_that_a_guide_names_is_read_by_the_program() {
    let program = program();
    for (guide, first) in [("deploy/discord.md", "DISCORD_TOKEN"), ("deploy/slack.md", "SLACK_BOT_TOKEN")] {
        let text = read(guide);
        let named: BTreeSet<&str> = text
            .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
            .filter(|word| ["DISCORD_", "SLACK_", "STUDYBOT_"].iter().any(|prefix| word.starts_with(prefix)))
            // Each secret can stand in a file; see `config::secret`.
            .map(|word| word.strip_suffix("_FILE").unwrap_or(word))
            .collect();
        assert!(named.contains(first), "{guide}: {named:?}");
        for name in named {
            assert!(program.contains(&format!("\"{name}\"")), "{guide} names {name}, which nothing reads");
        }
    }
}
