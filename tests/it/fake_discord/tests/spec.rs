//! Discord's description really is what bodies are held against.

use serde_json::json;
use serenity::builder::{
    CreateActionRow, CreateAllowedMentions, CreateAutocompleteResponse, CreateButton, CreateCommand,
    CreateCommandOption, CreateEmbed, CreateInputText, CreateInteractionResponse,
    CreateInteractionResponseFollowup, CreateInteractionResponseMessage, CreateMessage, CreateModal,
    CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption, CreateThread, EditInteractionResponse,
    EditMessage, EditThread,
};
use serenity::model::Permissions;
use serenity::model::application::{ButtonStyle, CommandOptionType, InputTextStyle, InteractionContext};
use serenity::model::channel::{AutoArchiveDuration, ChannelType, Nonce};

use super::client::Scene;
use crate::fake_discord::commands::as_described;
use crate::fake_discord::spec::spec;

#[test]
fn what_is_missing_unknown_or_wrong_is_found() {
    let Some(spec) = spec() else { return };
    let messages = "/channels/{channel_id}/messages";
    let cases = [
        (spec.request("POST", messages, Some(&json!({"content": "x"}))), 0),
        (spec.request("POST", messages, None), 1),
        (spec.request("GET", messages, Some(&json!({}))), 1),
        (spec.request("POST", messages, Some(&json!({"content": 1, "extra": 1}))), 2),
        (spec.named("CreateTextThreadWithMessageRequest", &json!({"auto_archive_duration": 61})), 2),
        (spec.named("UpdateThreadRequestPartial", &json!({"archived": true, "topic": "x"})), 1),
        // Each kind of callback has keys of its own.
        (spec.named("ModalInteractionCallbackRequestData", &json!({"flags": 64})), 4),
        (spec.response("POST", messages, 200, &json!([])), 1),
    ];
    for (index, (wrong, expected)) in cases.into_iter().enumerate() {
        assert_eq!(wrong.len(), expected, "case {index}: {wrong:#?}");
    }
}

#[test]
fn alternatives_are_told_apart_by_their_type() {
    let Some(spec) = spec() else { return };
    let callback = "/interactions/{interaction_id}/{interaction_token}/callback";
    let good = json!({"type": 8, "data": {"choices": [{"name": "a", "value": "a"}]}});
    assert!(spec.request("POST", callback, Some(&good)).is_empty());
    let mixed = json!({"type": 4, "data": {"content": "x", "choices": []}});
    let wrong = spec.request("POST", callback, Some(&mixed));
    assert!(wrong.iter().any(|wrong| wrong.contains("unknown key /data/choices")), "{wrong:#?}");
}

/// A fake that says nonsense proves nothing: what it answers is checked too.
#[tokio::test]
async fn the_fake_checks_itself() {
    let scene = Scene::begin().await;
    let said = scene.fake.say(scene.owner, scene.channel, "x");
    scene.fake.world().message_mut(said).unwrap().embeds.push(json!({"type": 7}));
    scene.get(&format!("/channels/{}/messages", scene.channel)).await;
    if spec().is_some() {
        scene.finish_with(&["the fake's own answer to GET"]);
    }
}

/// What serenity's builders add to the bot's bodies by themselves is no problem.
#[test]
fn what_the_builders_write_is_taken() {
    let Some(spec) = spec() else { return };
    let callback = "/interactions/{interaction_id}/{interaction_token}/callback";
    let webhook = "/webhooks/{webhook_id}/{webhook_token}";
    let original = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
    let threads = "/channels/{channel_id}/messages/{message_id}/threads";
    let mut bodies = vec![
        ("PATCH", original, json!(EditInteractionResponse::new().embed(embed()).components(rows()))),
        ("POST", webhook, json!(CreateInteractionResponseFollowup::new().embed(embed()).components(rows()))),
        ("POST", threads, json!(CreateThread::new("Q").auto_archive_duration(AutoArchiveDuration::OneWeek))),
        ("PATCH", "/channels/{channel_id}", json!(EditThread::new().archived(true).locked(true))),
    ];
    let mentions = CreateAllowedMentions::new();
    let message = CreateMessage::new().embed(embed()).components(rows()).allowed_mentions(mentions.clone());
    let message = message.nonce(Nonce::String("k1".into())).enforce_nonce(true);
    bodies.push(("POST", "/channels/{channel_id}/messages", json!(message)));
    let edit = EditMessage::new().embed(embed()).components(rows()).allowed_mentions(mentions);
    bodies.push(("PATCH", "/channels/{channel_id}/messages/{message_id}", json!(edit)));
    let panel = CreateInteractionResponseMessage::new().embed(embed()).components(rows()).ephemeral(true);
    let input = CreateInputText::new(InputTextStyle::Paragraph, "Text", "text").value("old").required(false);
    let modal = CreateModal::new("answer", "Answer").components(vec![CreateActionRow::InputText(input)]);
    let choices = CreateAutocompleteResponse::new().add_string_choice("Berlin", "Europe/Berlin");
    let responses = [
        CreateInteractionResponse::Message(panel.clone()),
        CreateInteractionResponse::UpdateMessage(panel.clone()),
        CreateInteractionResponse::Defer(panel),
        CreateInteractionResponse::Acknowledge,
        CreateInteractionResponse::Modal(modal),
        CreateInteractionResponse::Autocomplete(choices),
    ];
    bodies.extend(responses.iter().map(|response| ("POST", callback, json!(response))));
    let commands = as_described(json!([command()]));
    bodies.push(("PUT", "/applications/{application_id}/commands", commands));
    for (method, path, body) in &bodies {
        assert_eq!(spec.request(method, path, Some(body)), Vec::<String>::new(), "{method} {path}: {body:#}");
    }
}

#[tokio::test]
async fn commands_are_listed_as_they_were_put() {
    let scene = Scene::begin().await;
    let path = format!("/applications/{}/commands", scene.fake.application());
    let put = scene.ask("PUT", &path, json!([command()])).await;
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(put.body[0]["default_member_permissions"], "32");
    let id = put.body[0]["id"].clone();
    assert_eq!(scene.ask("PUT", &path, json!([command()])).await.body[0]["id"], id, "a name keeps its id");
    assert_eq!(scene.get(&path).await.body[0]["options"][0]["options"][0]["name"], "zone");
    let loud = json!([{"name": "Study", "description": "x"}]);
    scene.ask("PUT", &path, loud).await.is_refused(400, 50_035);
    scene.finish_with(&["a command or option called \"Study\""]);
}

fn embed() -> CreateEmbed {
    CreateEmbed::new().url("https://discord.com/#round:1:question").description("## Hello")
}

fn rows() -> Vec<CreateActionRow> {
    let button = CreateButton::new("go|round:1").label("Go").style(ButtonStyle::Primary);
    let options = vec![CreateSelectMenuOption::new("1 · a", "a").default_selection(true)];
    let select = CreateSelectMenu::new("pick", CreateSelectMenuKind::String { options });
    vec![CreateActionRow::Buttons(vec![button]), CreateActionRow::SelectMenu(select.max_values(1))]
}

fn command() -> CreateCommand {
    let option = |kind, name| CreateCommandOption::new(kind, name, "x");
    let zone = option(CommandOptionType::String, "zone").set_autocomplete(true);
    let mode = option(CommandOptionType::String, "mode").add_string_choice("open", "open");
    let others = [
        option(CommandOptionType::Channel, "admin-channel").channel_types(vec![ChannelType::Text]),
        option(CommandOptionType::Role, "ping"),
        option(CommandOptionType::Integer, "number").min_int_value(1),
        option(CommandOptionType::Boolean, "yes").required(false),
    ];
    let setup = option(CommandOptionType::SubCommand, "setup").set_sub_options([zone, mode]);
    let setup = others.into_iter().fold(setup, CreateCommandOption::add_sub_option);
    let command = CreateCommand::new("study").description("x").add_option(setup);
    command.default_member_permissions(Permissions::MANAGE_GUILD).contexts(vec![InteractionContext::Guild])
}
