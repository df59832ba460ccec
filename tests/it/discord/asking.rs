//! Commands and forms as only Discord has them: typed options, completion, roles, modals, and controls in direct
//! messages.

use serde_json::Value;

use super::{begin, begin_with, id, thread, user};
use crate::fake_discord::{Id, Outcome};
use crate::harness::{DiscordTestChat, Story};

const COMMANDS: &str = "/applications/{application_id}/commands";

/// Mara sets one thing of the channel that she is in.
async fn mara_sets(chat: &Story, discord: &DiscordTestChat, place: Id, options: &[(&str, &str)]) -> String {
    chat.clock().pass(std::time::Duration::from_secs(10));
    let outcome = discord.fake().command(user(&chat.mara()), place, "study setup", options).await;
    said(&outcome)
}

fn said(outcome: &Outcome) -> String {
    outcome.panels.iter().map(crate::fake_discord::Panel::text).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn commands_are_registered_once_and_again_only_when_they_changed() {
    let (chat, discord) = begin().await;
    let fake = discord.fake();
    assert_eq!(fake.requests_to("PUT", COMMANDS).len(), 1);
    chat.bot_restarts().await;
    chat.bot_restarts().await;
    assert_eq!(fake.requests_to("PUT", COMMANDS).len(), 1, "they are the same");
    fake.change_command("study", "description", "What an older version said");
    chat.bot_restarts().await;
    assert_eq!(fake.requests_to("PUT", COMMANDS).len(), 2);
    assert_eq!(fake.commands().len(), 1);
    assert_ne!(fake.commands()[0]["description"], "What an older version said");
    chat.finish().await;
}

#[tokio::test]
async fn setup_takes_its_options_one_by_one_and_keeps_the_rest() {
    let (chat, discord) = begin().await;
    let here = id(&chat.here());
    let role = discord.fake().role(discord.guild(), "learners", 0, true).to_string();
    let everybody = discord.guild().to_string();
    let organisers = chat.channel_id("organisers");
    let one_by_one = [
        ("schedule", "weekdays 10:30"),
        ("zone", "Europe/Berlin"),
        ("answers", "2 hours"),
        ("review", "1 day"),
        ("questions", "track getting-started"),
        ("mode", "sealed"),
        ("names", "no names"),
        ("dates-off", "2026-12-25"),
        ("admin-channel", &organisers),
        ("ping", &role),
    ];
    for option in one_by_one {
        let text = mara_sets(&chat, &discord, here, &[option]).await;
        assert!(text.contains("is set up"), "{option:?}: {text}");
    }
    let form = chat.mara().commands("/study setup").await;
    let shown = form.form();
    for (field, value) in [
        ("schedule", "weekdays 10:30"),
        ("zone", "Europe/Berlin"),
        ("answers", "2 hours"),
        ("review", "24 hours"),
        ("questions", "track getting-started"),
        ("mode", "sealed"),
        ("names", "no names"),
        ("dates_off", "2026-12-25"),
    ] {
        assert_eq!(shown.field(field).value, value, "{field}");
    }
    let wrong = mara_sets(&chat, &discord, here, &[("zone", "Mars/Olympus"), ("answers", "3 hours")]).await;
    assert!(wrong.contains("Time zone") && wrong.contains("nothing was saved"), "{wrong}");
    assert_eq!(chat.mara().commands("/study setup").await.form().field("answers").value, "2 hours");
    let nobody = mara_sets(&chat, &discord, here, &[("ping", &everybody)]).await;
    assert!(nobody.contains("is set up"), "{nobody}");
    chat.at("2026-11-24 09:30").await;
    let post = discord.fake().message(thread(&chat).await).unwrap();
    assert_eq!(
        (post["content"].as_str(), post["mention_roles"].as_array().map(Vec::len)),
        (Some(""), Some(0))
    );
    chat.finish().await;
}

#[tokio::test]
async fn setup_in_a_thread_sets_up_the_channel_that_it_is_in() {
    let (chat, discord) = Story::bare_discord(|_| {}, None).await;
    let mara = user(&chat.mara());
    let talk = discord.fake().open_thread(mara, id(&chat.here()), None, "Let us set it up here");
    let text =
        mara_sets(&chat, &discord, talk, &[("questions", "track getting-started"), ("admin-direct", "true")])
            .await;
    assert!(
        text.contains("#cloud\\-security is set up") || text.contains("#cloud-security is set up"),
        "{text}"
    );
    chat.at("2026-11-23 09:00").await;
    assert_eq!(chat.questions().await.len(), 1, "the question stands in the channel");
    assert!(discord.fake().messages(talk).iter().all(|message| message["author"]["bot"] != true));
    let shown = discord.fake().command(user(&chat.jonas()), talk, "study today", &[]).await;
    assert!(said(&shown).contains("Whose public bucket is it?"), "{shown:?}");
    chat.finish().await;
}

#[tokio::test]
async fn options_are_completed_while_they_are_typed() {
    let (chat, discord) = begin().await;
    let (fake, mara, here) = (discord.fake(), user(&chat.mara()), id(&chat.here()));
    let values = |choices: Vec<(String, Value)>| -> Vec<String> {
        choices.into_iter().map(|(_, value)| value.as_str().unwrap().to_owned()).collect()
    };
    let zones = values(fake.autocomplete(mara, here, "study setup", &[("zone", "berl")]).await);
    assert_eq!(zones.first().map(String::as_str), Some("Europe/Berlin"), "{zones:?}");
    let many = values(fake.autocomplete(mara, here, "study setup", &[("zone", "")]).await);
    assert!((1..=25).contains(&many.len()), "{many:?}");
    let tracks = values(fake.autocomplete(mara, here, "study setup", &[("questions", "track g")]).await);
    assert!(tracks.contains(&"track getting-started".to_owned()), "{tracks:?}");
    let none = fake.autocomplete(mara, here, "study setup", &[("zone", "💥 no such place")]).await;
    assert!(none.is_empty());
    chat.finish().await;
}

#[tokio::test]
async fn a_role_can_organise() {
    let (chat, discord) = begin().await;
    let (fake, guild) = (discord.fake(), discord.guild());
    let leads = fake.role(guild, "leads", 0, false);
    let text = mara_sets(&chat, &discord, id(&chat.here()), &[("organisers", &format!("<@&{leads}>"))]).await;
    assert!(text.contains("is set up"), "{text}");
    chat.jonas().commands("/study pause").await.says("Only organisers can");
    fake.set_roles(guild, user(&chat.jonas()), &[leads]);
    chat.jonas().commands("/study pause").await.says("is paused");
    fake.set_roles(guild, user(&chat.jonas()), &[]);
    chat.jonas().commands("/study resume").await.says("Only organisers can");
    chat.mara().commands("/study resume").await.says("goes on");
    chat.finish().await;
}

#[tokio::test]
async fn a_text_of_twenty_thousand_characters_fits_into_one_modal() {
    let (chat, discord) = begin().await;
    let (fake, jonas) = (discord.fake(), user(&chat.jonas()));
    chat.at("2026-11-23 09:00").await;
    let question = thread(&chat).await;
    let custom_id = button(&fake.message(question).unwrap(), "Answer privately");
    let opened = fake.click(jonas, question, &custom_id).await.modal.expect("a modal");
    assert_eq!(opened.inputs.len(), 5);
    assert!(opened.inputs.iter().all(|input| input["max_length"] == 4_000 && input["style"] == 2));
    // With the ends of the lines between them, 20,000 in all.
    let pieces: Vec<String> = [4_000, 4_000, 4_000, 4_000, 3_996].map(|length| "é".repeat(length)).into();
    let whole = pieces.join("\n");
    let ids: Vec<String> = opened.values().iter().map(|(id, _)| (*id).to_owned()).collect();
    let typed: Vec<(&str, &str)> =
        ids.iter().map(String::as_str).zip(pieces.iter().map(String::as_str)).collect();
    let shown = fake.submit(jonas, &opened, &typed).await;
    assert!(said(&shown).contains("is saved"), "{shown:?}");
    assert_eq!(chat.stored_texts(&whole).await, 1, "to the letter");
    // Opened again, it holds what was saved, piece by piece.
    let again = fake.click(jonas, question, &custom_id).await.modal.expect("a modal");
    let held: Vec<&str> = again.values().into_iter().map(|(_, value)| value).collect();
    assert_eq!(held.join("\n"), whole);
    chat.finish().await;
}

#[tokio::test]
async fn buttons_of_a_direct_message_work() {
    let (chat, discord) = begin().await;
    let (fake, jonas) = (discord.fake(), user(&chat.jonas()));
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    chat.at("2026-11-23 17:00").await;
    chat.jonas().marks(&[1]).await;
    chat.at("2026-11-24 08:00").await;
    let notice = fake.directs(jonas)[0].clone();
    let message = id(notice["id"].as_str().unwrap());
    let mine = fake.click(jonas, message, &button(&notice, "My answer")).await;
    assert!(said(&mine).contains("The owner decides."), "{mine:?}");
    // What came of it can be gone on with.
    let panel = &mine.panels[0];
    for control in panel.controls() {
        let custom_id = control["custom_id"].as_str().unwrap();
        assert!(custom_id.ends_with(&format!("|@{}", discord.guild())), "{custom_id} names its server");
    }
    let off = fake.click(jonas, message, &button(&notice, "No more notices")).await;
    assert!(!said(&off).is_empty(), "{off:?}");
    assert_eq!(chat.counts("SELECT count(*) FROM learners WHERE notices = 0").await, 1);
    chat.finish().await;
}

#[tokio::test]
async fn the_chosen_role_is_called_by_the_question_and_by_nothing_else() {
    let (chat, discord) = Story::bare_discord(|_| {}, None).await;
    let fake = discord.fake();
    let learners = fake.role(discord.guild(), "learners", 0, true);
    let options =
        [("questions", "track getting-started"), ("ping", &learners.to_string()), ("admin-direct", "true")];
    mara_sets(&chat, &discord, id(&chat.here()), &options).await;
    chat.at("2026-11-23 09:00").await;
    let place = thread(&chat).await;
    let post = fake.message(place).unwrap();
    assert_eq!(post["content"], format!("<@&{learners}>"));
    assert_eq!(post["mention_roles"], serde_json::json!([learners.to_string()]));
    chat.jonas().answers_privately(&format!("<@&{learners}> @everyone <@{}>", user(&chat.mara()))).await;
    chat.at("2026-11-24 08:00").await;
    let after = fake.messages(place);
    assert!(after.len() > 3);
    for message in after.iter().filter(|message| message["author"]["bot"] == true) {
        let called = ["mentions", "mention_roles"].map(|list| message[list].as_array().map_or(0, Vec::len));
        assert_eq!((called, &message["mention_everyone"]), ([0, 0], &Value::Bool(false)), "{message}");
    }
    chat.finish().await;
}

#[tokio::test]
async fn whoever_may_not_setup_is_told_so_by_each_way_of_it() {
    let (chat, discord) = begin_with(&[]).await;
    let (fake, jonas, here) = (discord.fake(), user(&chat.jonas()), id(&chat.here()));
    for options in [&[][..], &[("zone", "Europe/Berlin")][..]] {
        let shown = fake.command(jonas, here, "study setup", options).await;
        assert!(said(&shown).contains("Only organisers can"), "{shown:?}");
    }
    assert_eq!(chat.mara().commands("/study setup").await.form().field("zone").value, "UTC");
    chat.finish().await;
}

/// The id of the button of this label.
#[track_caller]
fn button(message: &Value, label: &str) -> String {
    let rows = message["components"].as_array().expect("controls");
    let mut all = rows.iter().filter_map(|row| row["components"].as_array()).flatten();
    let found = all.find(|control| control["label"] == label);
    found.unwrap_or_else(|| panic!("no “{label}” in {message}"))["custom_id"].as_str().unwrap().to_owned()
}
