//! Setting a channel up as only Slack has it: selects for channels, people and groups, and channels that the bot joins.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{begin, place, said};
use crate::fake_slack::{FakeSlack, Outcome, ViewOpen};
use crate::harness::{Mode, Story};

/// Mara opens the form in a channel.
async fn opens(chat: &Story, fake: &FakeSlack, channel: &str) -> ViewOpen {
    chat.clock().pass(std::time::Duration::from_secs(10));
    let outcome = fake.command(&chat.mara().id, channel, "/study setup").await;
    outcome.view.unwrap_or_else(|| panic!("a modal was expected: {:?}", outcome.ephemerals))
}

/// Mara sends it, with the track and these values, by the first words of the blocks' ids.
async fn sends(chat: &Story, fake: &FakeSlack, view: &ViewOpen, values: &[(&str, &[&str])]) -> Outcome {
    let mut all: BTreeMap<&str, &[&str]> = BTreeMap::from([("questions", &["track getting-started"][..])]);
    all.extend(values.iter().copied());
    let put: Vec<(String, &[&str])> =
        all.iter().map(|(field, values)| (block(view, field), *values)).collect();
    let put: Vec<(&str, &[&str])> = put.iter().map(|(block, values)| (block.as_str(), *values)).collect();
    fake.submit(&chat.mara().id, view, &put).await
}

/// The id of the block whose input is this field's.
#[track_caller]
fn block(view: &Value, field: &str) -> String {
    let blocks = view["blocks"].as_array().into_iter().flatten();
    let mut ids = blocks.filter_map(|block| block["block_id"].as_str());
    let is_it = |id: &&str| id.split(['#', '=']).next() == Some(field);
    ids.find(is_it).unwrap_or_else(|| panic!("no {field} in {view:#}")).to_owned()
}

/// What stands in a field.
fn held(view: &Value, field: &str) -> Value {
    let (_, state) = view["state"]["values"][block(view, field)].as_object().unwrap().iter().next().unwrap();
    state.clone()
}

#[tokio::test]
async fn channels_people_and_groups_are_chosen_and_come_back_as_chosen() {
    let (chat, slack) = Story::bare_slack(Mode::Socket, |_| {}, None).await;
    let (fake, here, jonas) = (slack.fake(), chat.here(), chat.jonas().id.clone());
    let leads = fake.group("leads", &[&chat.priya().id]);
    let organisers = chat.channel_id("organisers");
    let view = opens(&chat, fake, &here).await;
    let mention = format!("<@&{leads}>");
    let values: [(&str, &[&str]); 4] = [
        ("admin_mentions", &[&organisers]),
        ("organiser_mentions", &[&jonas]),
        ("organiser_mentions.2", &[&mention]),
        ("ping_mentions", &[&mention]),
    ];
    let done = sends(&chat, fake, &view, &values).await;
    assert!(said(&done).contains("is set up"), "{done:?}");
    let again = opens(&chat, fake, &here).await;
    assert_eq!(held(&again, "admin_mentions")["selected_conversation"], organisers);
    assert_eq!(held(&again, "organiser_mentions")["selected_users"][0], jonas);
    assert_eq!(held(&again, "organiser_mentions.2")["selected_options"][0]["value"], mention);
    assert_eq!(held(&again, "ping_mentions")["selected_option"]["value"], mention);

    // Who doesn't send a field keeps what it held.
    let mara = chat.mara().id.clone();
    let kept = fake.forge_values(&mara, &again, |view| {
        let zone = block(view, "zone");
        let values = view["state"]["values"].as_object_mut().unwrap();
        values.retain(|id, _| *id == zone);
        values[&zone]["zone"]["value"] = "Europe/Berlin".into();
    });
    assert!(said(&kept.await).contains("is set up"));
    let again = opens(&chat, fake, &here).await;
    assert_eq!(held(&again, "zone")["value"], "Europe/Berlin");
    assert_eq!(held(&again, "questions")["value"], "track getting-started");
    assert_eq!(held(&again, "organiser_mentions")["selected_users"][0], jonas);
    assert_eq!(held(&again, "organiser_mentions.2")["selected_options"][0]["value"], mention);
    fake.close_views(&chat.mara().id);

    // 09:00 in Berlin: the group is called by the question and by nothing else.
    chat.at("2026-11-24 08:00").await;
    let calls = |message: &Value| {
        let blocks = message["blocks"].as_array().into_iter().flatten();
        let is_call =
            |block: &&Value| block["text"]["type"] == "mrkdwn" && block.to_string().contains("<!subteam");
        blocks.filter(is_call).count()
    };
    let question = chat.questions().await.pop().unwrap();
    let (channel, ts) = place(&question.id);
    let asked = fake.message(channel, ts).unwrap();
    assert_eq!(calls(&asked), 1, "{asked:#}");
    let call = format!("<!subteam^{leads}>");
    chat.jonas().answers_privately(&format!("{call} <!channel> <@{}>", chat.mara().id)).await;
    chat.at("2026-11-24 18:00").await;
    let replies = fake.replies(channel, ts);
    assert!(replies.len() > 2 && replies.iter().all(|reply| calls(reply) == 0));
    chat.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_the_form_stays() {
    for mode in [Mode::Socket, Mode::Http] {
        let (chat, slack) = Story::bare_slack(mode, |_| {}, None).await;
        let (fake, here) = (slack.fake(), chat.here());
        let view = opens(&chat, fake, &here).await;
        let wrong: [(&str, &[&str]); 2] = [("zone", &["Mars/Olympus"]), ("answers", &["no time"])];
        let outcome = sends(&chat, fake, &view, &wrong).await;
        let fields: Vec<&str> =
            outcome.errors.keys().map(|id| id.split(['#', '=']).next().unwrap()).collect();
        assert_eq!(fields, ["answers", "zone"], "{outcome:?}");
        let shown = outcome.view.expect("the form is still there");
        assert_eq!(shown["id"], view["id"]);
        assert_eq!(held(&shown, "zone")["value"], "Mars/Olympus", "what was typed stays");
        assert_eq!(chat.counts("SELECT count(*) FROM study_channels").await, 0);
        let right: [(&str, &[&str]); 2] = [("zone", &["Europe/Berlin"]), ("answers", &["2 hours"])];
        let done = sends(&chat, fake, &shown, &right).await;
        assert!(said(&done).contains("is set up"), "{done:?}");
        chat.finish().await;
    }
}

#[tokio::test]
async fn a_public_channel_is_joined_and_for_a_private_one_an_invitation_is_asked_for() {
    let (chat, slack) = Story::bare_slack(Mode::Socket, |_| {}, None).await;
    let fake = slack.fake();
    let public = fake.channel_without_bot(&fake.team(), "new-team");
    slack.takes_note_of(&public, "new-team");
    let view = opens(&chat, fake, &public).await;
    assert!(fake.requests_to("conversations.join").is_empty(), "a look joins nothing");
    let done = sends(&chat, fake, &view, &[]).await;
    assert!(said(&done).contains("#new-team is set up"), "{done:?}");
    assert_eq!(fake.requests_to("conversations.join").len(), 1);

    let private = fake.private_channel(&fake.team(), "secret-team");
    slack.takes_note_of(&private, "secret-team");
    fake.kick_bot(&private);
    let outcome = fake.command(&chat.mara().id, &private, "/study setup").await;
    let outcome = match outcome.view {
        Some(view) => sends(&chat, fake, &view, &[]).await,
        None => outcome,
    };
    assert!(said(&outcome).contains("/invite @studybot"), "{outcome:?}");
    fake.invite_bot(&private);
    let view = opens(&chat, fake, &private).await;
    let done = sends(&chat, fake, &view, &[]).await;
    assert!(said(&done).contains("#secret-team is set up"), "{done:?}");
    fake.close_views(&chat.mara().id);
    chat.at("2026-11-23 09:00").await;
    for channel in [public, private] {
        let all = fake.messages(&channel);
        let question = all.iter().any(|message| message["metadata"]["event_payload"]["key"].is_string());
        assert!(question, "{all:#?}");
    }
    chat.finish().await;
}

#[tokio::test]
async fn a_direct_message_is_no_study_channel() {
    let (chat, slack) = Story::bare_slack(Mode::Socket, |_| {}, None).await;
    let (fake, mara) = (slack.fake(), chat.mara().id.clone());
    let direct = fake.direct(&mara);
    let outcome = fake.command(&mara, &direct, "/study setup").await;
    let outcome = match outcome.view {
        Some(view) => sends(&chat, fake, &view, &[]).await,
        None => outcome,
    };
    assert!(said(&outcome).contains("Questions need a channel of their own."), "{outcome:?}");
    assert_eq!(chat.counts("SELECT count(*) FROM study_channels").await, 0);
    chat.finish().await;
}

#[tokio::test]
async fn commands_find_the_study_channel_from_elsewhere_or_ask_which_one() {
    let (chat, slack) = begin().await;
    let (fake, jonas) = (slack.fake(), chat.jonas().id.clone());
    chat.at("2026-11-23 09:00").await;
    let (elsewhere, direct) = (chat.channel_id("organisers"), fake.direct(&jonas));
    for place in [&elsewhere, &direct] {
        let today = fake.command(&jonas, place, "/study today").await;
        assert!(said(&today).contains("Whose public bucket is it?"), "{today:?}");
    }
    chat.channel("platform-team").await;
    chat.go_to("platform-team");
    chat.is_set_up(&[]).await;
    for place in [&elsewhere, &direct] {
        let which = fake.command(&jonas, place, "/study today").await;
        let text = said(&which);
        assert!(text.contains("cloud-security") && text.contains("platform-team"), "{text}");
        let message = &which.ephemerals[0];
        let choice = super::control(&message["blocks"], "#cloud-security");
        let at = crate::fake_slack::At::Ephemeral(message["ts"].as_str().unwrap());
        let today = fake.click(&jonas, at, &choice, &[]).await;
        assert!(said(&today).contains("Whose public bucket is it?"), "{today:?}");
    }
    chat.finish().await;
}

#[tokio::test]
async fn a_user_group_can_organise_as_long_as_one_is_in_it() {
    let (chat, slack) = Story::bare_slack(Mode::Socket, |_| {}, None).await;
    let (fake, jonas) = (slack.fake(), chat.jonas().id.clone());
    let leads = fake.group("leads", &[]);
    chat.is_set_up(&[("organiser_mentions", "@leads")]).await;
    chat.jonas().commands("/study pause").await.says("Only organisers can");
    fake.set_group(&leads, &[&jonas]);
    chat.jonas().commands("/study pause").await.says("is paused");
    fake.set_group(&leads, &[]);
    chat.jonas().commands("/study resume").await.says("Only organisers can");
    fake.set_group(&leads, &[&jonas]);
    chat.jonas().commands("/study resume").await.says("goes on");
    chat.finish().await;
}

#[tokio::test]
async fn admins_are_those_of_the_workspace_for_as_long_as_they_are() {
    let (chat, slack) = begin().await;
    let (fake, jonas) = (slack.fake(), chat.jonas().id.clone());
    chat.jonas().commands("/study setup").await.says("Only organisers can");
    fake.admin(&jonas, true);
    chat.jonas().commands("/study setup").await.form();
    fake.close_views(&jonas);
    chat.jonas().commands("/study pause").await.says("is paused");
    fake.admin(&jonas, false);
    chat.jonas().commands("/study resume").await.says("Only organisers can");
    // A start knows nobody's rights: they are asked for.
    fake.admin(&jonas, true);
    chat.bot_restarts().await;
    chat.jonas().commands("/study resume").await.says("goes on");
    chat.finish().await;
}
