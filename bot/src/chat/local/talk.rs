//! What people do by themselves: come and leave, write, edit and delete.

use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;

use super::json::{Delete, Edit, Leave, Made, MessageOut, MessagesQuery, NewChannel, NewPersona, Say};
use super::refused::{Answer, Body, clean_files, clean_name, clean_text, refuse};
use super::server::Server;
use super::store::Draft;
use super::{
    DEFAULT_WORKSPACE, channel_id, message_event, message_id, person, persona_id, version, workspace,
};
use crate::chat::{ChatEvent, EventKind, Sighting};

pub(super) async fn messages(
    Shared(server): Shared<Server>,
    Query(query): Query<MessagesQuery>,
) -> Answer<Vec<MessageOut>> {
    let viewer = match &query.viewer {
        Some(viewer) => Some(server.persona(viewer).await?.number),
        None => None,
    };
    let own_notices = viewer.is_some_and(|viewer| query.channel == format!("dm:{}", persona_id(viewer)));
    if !own_notices {
        server.channel(&query.channel).await?;
    }
    let found = match &query.thread {
        Some(thread) => {
            let root = server.thread_root(thread, &query.channel).await?;
            server.chat.store.in_thread(root.number).await?
        }
        None => server.chat.store.in_channel(&query.channel, viewer).await?,
    };
    Ok(axum::Json(found.into_iter().map(MessageOut::from).collect()))
}

pub(super) async fn add_persona(
    Shared(server): Shared<Server>,
    Body(body): Body<NewPersona>,
) -> Answer<Made> {
    let name = clean_name(&body.name)?;
    let Some(number) = server.chat.store.add_persona(&name, body.admin).await? else {
        return refuse(StatusCode::CONFLICT, format!("There is a {name} already; choose another name."));
    };
    server.chat.update("state", serde_json::json!({}));
    Ok(axum::Json(Made { id: persona_id(number) }))
}

pub(super) async fn add_channel(
    Shared(server): Shared<Server>,
    Body(body): Body<NewChannel>,
) -> Answer<Made> {
    let name = clean_name(body.name.trim().trim_start_matches('#'))?;
    let workspace = body.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE);
    if super::workspace(workspace).is_none() {
        return refuse(
            StatusCode::BAD_REQUEST,
            "A workspace's name is up to 100 letters and digits without spaces.",
        );
    }
    let Some(number) = server.chat.store.add_channel(&name, workspace).await? else {
        return refuse(
            StatusCode::CONFLICT,
            format!("There is a channel #{name} already; choose another name."),
        );
    };
    server.chat.update("state", serde_json::json!({}));
    Ok(axum::Json(Made { id: channel_id(number) }))
}

pub(super) async fn leave(
    Shared(server): Shared<Server>,
    Body(body): Body<Leave>,
) -> Answer<serde_json::Value> {
    let persona = server.persona(&body.persona).await?;
    server.chat.store.leave(persona.number).await?;
    server.chat.update("state", serde_json::json!({}));
    let mut workspaces: Vec<String> =
        server.chat.store.channels().await?.into_iter().map(|channel| channel.workspace).collect();
    workspaces.sort();
    workspaces.dedup();
    for id in workspaces {
        if let (Some(workspace), Some(person)) = (workspace(&id), person(&persona)) {
            let key = format!("left:{}", person.id);
            let kind = EventKind::Left { person: person.id };
            server.chat.tell(&server.host, ChatEvent { key, workspace, kind });
        }
    }
    Ok(axum::Json(serde_json::json!({})))
}

pub(super) async fn say(Shared(server): Shared<Server>, Body(body): Body<Say>) -> Answer<Made> {
    let persona = server.persona(&body.persona).await?;
    let channel = server.channel(&body.channel).await?;
    let text = clean_text(&body.text)?;
    let files = clean_files(body.files)?;
    if text.trim().is_empty() && files.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "There is nothing to send yet.");
    }
    let thread = match &body.thread {
        Some(thread) => {
            let root = server.thread_root(thread, &body.channel).await?;
            if !root.has_thread {
                return refuse(StatusCode::BAD_REQUEST, "That message has no thread.");
            }
            Some(root.number)
        }
        None => None,
    };
    let stamping = server.chat.stamping.read().await;
    let number = server
        .chat
        .store
        .add_message(&Draft {
            workspace: &channel.workspace,
            channel: &body.channel,
            thread,
            author: Some(persona.number),
            recipient: None,
            at: server.host.now(),
            text: &text,
            files: &files,
            outgoing: None,
            key: None,
        })
        .await?;
    drop(stamping);
    let message = server.message(&message_id(number), Some(persona.number)).await?;
    server.chat.message_update(&message);
    let sighting = Sighting::Present(version(&message));
    if let Some(event) = message_event(&message, format!("message:{}:sent", message_id(number)), sighting) {
        server.chat.tell(&server.host, event);
    }
    Ok(axum::Json(Made { id: message_id(number) }))
}

pub(super) async fn edit(
    Shared(server): Shared<Server>,
    Body(body): Body<Edit>,
) -> Answer<serde_json::Value> {
    let persona = server.persona(&body.persona).await?;
    let message = server.message(&body.message, Some(persona.number)).await?;
    if message.author.as_ref().map(|author| author.number) != Some(persona.number) {
        return refuse(StatusCode::FORBIDDEN, "You can only edit your own messages.");
    }
    let text = clean_text(&body.text)?;
    if text.trim().is_empty() && message.files.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "An empty message can't be saved; delete it instead.");
    }
    let stamping = server.chat.stamping.read().await;
    let edited_at = server.chat.store.edit_text(message.number, &text, server.host.now()).await?;
    drop(stamping);
    let message = server.message(&body.message, Some(persona.number)).await?;
    server.chat.message_update(&message);
    let key = format!("message:{}:edited:{}", body.message, edited_at.0);
    if let Some(event) = message_event(&message, key, Sighting::Present(version(&message))) {
        server.chat.tell(&server.host, event);
    }
    Ok(axum::Json(serde_json::json!({})))
}

pub(super) async fn delete(
    Shared(server): Shared<Server>,
    Body(body): Body<Delete>,
) -> Answer<serde_json::Value> {
    let persona = server.persona(&body.persona).await?;
    let message = server.message(&body.message, Some(persona.number)).await?;
    let own = message.author.as_ref().map(|author| author.number) == Some(persona.number);
    if !own && !persona.admin {
        return refuse(StatusCode::FORBIDDEN, "You can only delete your own messages.");
    }
    server.chat.store.delete(message.number).await?;
    server.chat.message_update(&message);
    let key = format!("message:{}:deleted", body.message);
    if let Some(event) = message_event(&message, key, Sighting::Deleted) {
        server.chat.tell(&server.host, event);
    }
    Ok(axum::Json(serde_json::json!({})))
}
