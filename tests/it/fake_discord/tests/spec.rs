//! Discord's description really is what bodies are held against.

use serde_json::json;

use super::client::Scene;
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
