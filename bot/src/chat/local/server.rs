//! The local chat's HTTP side: the JSON interface, live updates, and who may call.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Query, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{Stream, StreamExt, stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::json::{
    Advance, ChannelOut, Click, Command, Delete, DueOut, Edit, Leave, Made, MessageOut, MessagesQuery,
    NewChannel, NewFile, NewPersona, PersonaOut, ReplyOut, Say, State, Submit, ephemeral, form, time,
};
use super::store::{Channel, Draft, Message, Persona};
use super::{
    DEFAULT_WORKSPACE, Host, LocalChat, channel_id, message_event, message_id, page, parse_number, person,
    persona_id, version, workspace,
};
use crate::chat::{ChatEvent, EventKind, Field, File, Form, Interaction, Reply, Request as Asked, Sighting};

/// The largest request body, in bytes.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// The largest message, in characters, as on the platforms that allow most.
const TEXT_MAX: usize = 40_000;
const FILES_MAX: usize = 10;
const FILE_MAX: usize = 100_000;
const NAME_MAX: usize = 80;
/// Private replies and opened forms that can still be clicked or sent.
const REMEMBERED_MAX: usize = 5_000;
/// The furthest the clock moves in one call: a leap year.
const ADVANCE_MAX_S: i64 = 366 * 24 * 60 * 60;

#[derive(Clone)]
struct Server {
    chat: LocalChat,
    host: Arc<dyn Host>,
    remembered: Arc<Mutex<Remembered>>,
    stop: watch::Receiver<bool>,
    address: SocketAddr,
}

/// Where a private reply or a form was shown, and to whom.
#[derive(Clone, Debug)]
struct Shown {
    id: String,
    persona: i64,
    channel: Place,
}

#[derive(Debug, Default)]
struct Remembered {
    next: u64,
    shown: VecDeque<Shown>,
}

/// A channel with its workspace, as requests name it to the bot.
#[derive(Clone, Debug)]
struct Place {
    id: String,
    name: String,
    workspace: String,
}

/// A refused call.
#[derive(Debug)]
struct Refused(StatusCode, String);

type Answer<T> = Result<axum::Json<T>, Refused>;

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, axum::Json(serde_json::json!({ "error": self.1 }))).into_response()
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the local chat's data can't be used");
        Self(
            StatusCode::INSUFFICIENT_STORAGE,
            "The demo could not save this; its disk may be full. Nothing was changed.".to_owned(),
        )
    }
}

fn refuse<T>(status: StatusCode, why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(status, why.into()))
}

/// A JSON body, refused in words that a caller can use.
struct Body<T>(T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let axum::Json(body) = axum::Json::from_request(request, state)
            .await
            .map_err(|rejection| Refused(rejection.status(), rejection.body_text()))?;
        Ok(Self(body))
    }
}

pub(super) async fn serve(
    chat: LocalChat,
    listener: TcpListener,
    host: Arc<dyn Host>,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let server = Server {
        chat,
        host,
        remembered: Arc::default(),
        stop: stop.clone(),
        address: listener.local_addr()?,
    };
    let router = Router::new()
        .route("/api/state", get(state))
        .route("/api/messages", get(messages))
        .route("/api/persona", post(add_persona))
        .route("/api/channel", post(add_channel))
        .route("/api/leave", post(leave))
        .route("/api/say", post(say))
        .route("/api/edit", post(edit))
        .route("/api/delete", post(delete))
        .route("/api/click", post(click))
        .route("/api/submit", post(submit))
        .route("/api/command", post(command))
        .route("/api/clock", post(clock))
        .route("/api/settle", post(settle))
        .route("/api/events", get(events))
        .fallback(get(page::file))
        .layer(middleware::from_fn_with_state(server.clone(), guard))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(server);
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            // An error means that the program is gone, which is a stop too.
            stop.wait_for(|stop| *stop).await.ok();
        })
        .await
}

/// Only pages that this program served, and programs on this machine, may call: a page of another site can reach
/// loopback addresses too.
async fn guard(Shared(server): Shared<Server>, request: Request, next: Next) -> Response {
    if let Err(refused) = check_caller(request.headers(), server.address, request.method()) {
        return refused.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn check_caller(headers: &HeaderMap, address: SocketAddr, method: &Method) -> Result<(), Refused> {
    let port = address.port();
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !hosts.iter().any(|known| known == host) {
        return refuse(StatusCode::FORBIDDEN, format!("Open the demo at http://{address} to use it."));
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.to_str().ok() != Some(&format!("http://{host}"))
    {
        return refuse(StatusCode::FORBIDDEN, "Only the demo's own page may do this.");
    }
    let json = text(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    if *method == Method::POST && !json {
        return refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send JSON, with the header content-type: application/json.",
        );
    }
    Ok(())
}

async fn state(Shared(server): Shared<Server>) -> Answer<State> {
    let personas = server.chat.store.personas().await?;
    let channels = server.chat.store.channels().await?;
    let coming = server.host.coming().await.map_err(failed)?;
    Ok(axum::Json(State {
        now: time(server.host.now()),
        personas: personas
            .into_iter()
            .map(|persona| PersonaOut {
                id: persona_id(persona.number),
                name: persona.name,
                admin: persona.admin,
            })
            .collect(),
        channels: channels
            .into_iter()
            .map(|channel| ChannelOut {
                id: channel_id(channel.number),
                name: channel.name,
                workspace: channel.workspace,
            })
            .collect(),
        due: coming.into_iter().map(|(at, channel, what)| DueOut { at: time(at), channel, what }).collect(),
    }))
}

async fn messages(
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
            let root = server.message(thread, viewer).await?;
            if root.channel != query.channel {
                return refuse(StatusCode::NOT_FOUND, "That thread is in another channel.");
            }
            server.chat.store.in_thread(root.number).await?
        }
        None => server.chat.store.in_channel(&query.channel, viewer).await?,
    };
    Ok(axum::Json(found.into_iter().map(MessageOut::from).collect()))
}

async fn add_persona(Shared(server): Shared<Server>, Body(body): Body<NewPersona>) -> Answer<Made> {
    let name = clean_name(&body.name)?;
    let Some(number) = server.chat.store.add_persona(&name, body.admin).await? else {
        return refuse(StatusCode::CONFLICT, format!("There is a {name} already; choose another name."));
    };
    server.chat.update("state", serde_json::json!({}));
    Ok(axum::Json(Made { id: persona_id(number) }))
}

async fn add_channel(Shared(server): Shared<Server>, Body(body): Body<NewChannel>) -> Answer<Made> {
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

async fn leave(Shared(server): Shared<Server>, Body(body): Body<Leave>) -> Answer<serde_json::Value> {
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

async fn say(Shared(server): Shared<Server>, Body(body): Body<Say>) -> Answer<Made> {
    let persona = server.persona(&body.persona).await?;
    let channel = server.channel(&body.channel).await?;
    let text = clean_text(&body.text)?;
    let files = clean_files(body.files)?;
    if text.trim().is_empty() && files.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "There is nothing to send yet.");
    }
    let thread = match &body.thread {
        Some(thread) => {
            let root = server.message(thread, Some(persona.number)).await?;
            if !root.has_thread || root.channel != body.channel {
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

async fn edit(Shared(server): Shared<Server>, Body(body): Body<Edit>) -> Answer<serde_json::Value> {
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

async fn delete(Shared(server): Shared<Server>, Body(body): Body<Delete>) -> Answer<serde_json::Value> {
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

async fn click(Shared(server): Shared<Server>, Body(body): Body<Click>) -> Answer<ReplyOut> {
    let persona = server.persona(&body.persona).await?;
    bounded(&body.action, 200)?;
    if body.values.len() > 25 {
        return refuse(StatusCode::BAD_REQUEST, "A select takes 25 values at most.");
    }
    let (place, replaces) = match server.remembered_for(&body.message, persona.number) {
        Some(shown) => (shown.channel, Some(shown.id)),
        None => {
            let message = server.message(&body.message, Some(persona.number)).await?;
            (server.place(&message).await?, None)
        }
    };
    let request = Asked::Click { action: body.action, values: body.values };
    server.ask(&persona, place, replaces, request).await
}

async fn submit(Shared(server): Shared<Server>, Body(body): Body<Submit>) -> Answer<ReplyOut> {
    let persona = server.persona(&body.persona).await?;
    bounded(&body.form, 200)?;
    // The form that this persona opened last under this id says in which channel.
    let shown = server.remembered_for(&body.form, persona.number);
    let place = match (shown, &body.channel) {
        (Some(shown), _) => shown.channel,
        (None, Some(channel)) => server.channel(channel).await?.into(),
        (None, None) => server.any_place().await?,
    };
    let (personas, channels) = (server.chat.store.personas().await?, server.chat.store.channels().await?);
    let mut fields = Vec::new();
    for (id, value) in body.fields {
        let value = value.replace('\0', "\u{fffd}");
        bounded(&value, TEXT_MAX)?;
        let value =
            if Field::takes_mentions(&id) { to_mentions(&value, &personas, &channels) } else { value };
        fields.push((id, value));
    }
    server.ask(&persona, place, None, Asked::Submit { form: body.form, fields }).await
}

async fn command(Shared(server): Shared<Server>, Body(body): Body<Command>) -> Answer<ReplyOut> {
    let persona = server.persona(&body.persona).await?;
    let channel = server.channel(&body.channel).await?;
    bounded(&body.text, TEXT_MAX)?;
    let text = body.text.trim();
    let words = match text.strip_prefix("/study") {
        Some(words) if words.is_empty() || words.starts_with(char::is_whitespace) => words.trim().to_owned(),
        _ => {
            return refuse(
                StatusCode::BAD_REQUEST,
                "The only command here is /study; /study help tells more.",
            );
        }
    };
    server.ask(&persona, channel.into(), None, Asked::Command(words)).await
}

async fn clock(Shared(server): Shared<Server>, Body(body): Body<Advance>) -> Answer<serde_json::Value> {
    if !(0..=ADVANCE_MAX_S).contains(&body.advance_s) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "The clock moves forward only, by up to 31622400 seconds (366 days) at once.",
        );
    }
    server.chat.told().await;
    server.host.advance(body.advance_s).await.map_err(|error| server.cut_short(error))?;
    server.chat.told().await;
    let now = time(server.host.now());
    server.chat.update("clock", serde_json::json!({ "now": now }));
    Ok(axum::Json(serde_json::json!({ "now": now })))
}

async fn settle(
    Shared(server): Shared<Server>,
    Body(_): Body<serde_json::Value>,
) -> Answer<serde_json::Value> {
    server.chat.told().await;
    server.host.settle().await.map_err(|error| server.cut_short(error))?;
    Ok(axum::Json(serde_json::json!({ "now": time(server.host.now()) })))
}

async fn events(
    Shared(server): Shared<Server>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let updates = server.chat.updates.subscribe();
    let updates = stream::unfold(updates, |mut updates| async move {
        let event = match updates.recv().await {
            Ok(update) => Event::default().event(update.event).data(update.data.to_string()),
            // A page that lagged behind looks at everything again.
            Err(RecvError::Lagged(_)) => Event::default().event("state").data("{}"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), updates))
    });
    let mut stop = server.stop.clone();
    let stopped = async move {
        stop.wait_for(|stop| *stop).await.ok();
    };
    Sse::new(updates.take_until(Box::pin(stopped))).keep_alive(KeepAlive::default())
}

impl Server {
    async fn persona(&self, id: &str) -> Result<Persona, Refused> {
        let number = parse_number('p', id);
        let personas = self.chat.store.personas().await?;
        match personas.into_iter().find(|persona| Some(persona.number) == number) {
            Some(persona) => Ok(persona),
            None => refuse(StatusCode::NOT_FOUND, "There is nobody of that id here (any more)."),
        }
    }

    /// Why something that takes long did not come to its end.
    fn cut_short(&self, error: String) -> Refused {
        if *self.stop.borrow() {
            let why = "The demo is stopping; its next start goes on from here.".to_owned();
            return Refused(StatusCode::SERVICE_UNAVAILABLE, why);
        }
        failed(error)
    }

    async fn channel(&self, id: &str) -> Result<Channel, Refused> {
        let number = parse_number('c', id);
        let channels = self.chat.store.channels().await?;
        match channels.into_iter().find(|channel| Some(channel.number) == number) {
            Some(channel) => Ok(channel),
            None => refuse(StatusCode::NOT_FOUND, "There is no channel of that id."),
        }
    }

    /// A message that this viewer may see.
    async fn message(&self, id: &str, viewer: Option<i64>) -> Result<Message, Refused> {
        let found = match parse_number('m', id) {
            Some(number) => self.chat.store.message(number).await?,
            None => None,
        };
        match found.filter(|message| message.recipient.is_none() || message.recipient == viewer) {
            Some(message) => Ok(message),
            None => refuse(StatusCode::NOT_FOUND, "That message is not there (any more)."),
        }
    }

    async fn place(&self, message: &Message) -> Result<Place, Refused> {
        if message.recipient.is_some() {
            return Ok(Place {
                id: message.channel.clone(),
                name: "direct message".to_owned(),
                workspace: message.workspace.clone(),
            });
        }
        Ok(self.channel(&message.channel).await?.into())
    }

    async fn any_place(&self) -> Result<Place, Refused> {
        match self.chat.store.channels().await?.into_iter().next() {
            Some(channel) => Ok(channel.into()),
            None => refuse(StatusCode::NOT_FOUND, "There is no channel yet."),
        }
    }

    fn remembered_for(&self, id: &str, persona: i64) -> Option<Shown> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.shown.iter().rev().find(|shown| shown.id == id && shown.persona == persona).cloned()
    }

    fn remember(&self, id: Option<String>, persona: i64, channel: Place) -> String {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let id = id.unwrap_or_else(|| {
            remembered.next += 1;
            format!("e{}", remembered.next)
        });
        remembered.shown.retain(|shown| !(shown.id == id && shown.persona == persona));
        if remembered.shown.len() >= REMEMBERED_MAX {
            remembered.shown.pop_front();
        }
        remembered.shown.push_back(Shown { id: id.clone(), persona, channel });
        id
    }

    /// Asks the bot, and remembers what it shows.
    async fn ask(
        &self,
        persona: &Persona,
        place: Place,
        replaces: Option<String>,
        request: Asked,
    ) -> Answer<ReplyOut> {
        let (Some(person), Some(workspace), Ok(channel)) =
            (person(persona), workspace(&place.workspace), place.id.parse())
        else {
            return refuse(StatusCode::BAD_REQUEST, "An id in this request is not valid.");
        };
        let interaction = Interaction {
            at: self.host.now(),
            workspace,
            channel,
            channel_name: place.name.clone(),
            person,
            request,
        };
        let reply = match self.host.interact(interaction).await {
            Reply::Panel(message) => {
                let id = self.remember(replaces, persona.number, place);
                ReplyOut { ephemeral: Some(ephemeral(id, message)), form: None }
            }
            Reply::Form(shown) => {
                self.remember(Some(shown.id.clone()), persona.number, place);
                let shown = self.with_names(shown).await?;
                ReplyOut { ephemeral: None, form: Some(form(shown)) }
            }
        };
        Ok(axum::Json(reply))
    }

    /// Writes the names that people know in place of mentions.
    async fn with_names(&self, mut form: Form) -> Result<Form, Refused> {
        let (personas, channels) = (self.chat.store.personas().await?, self.chat.store.channels().await?);
        for field in form.fields.iter_mut().filter(|field| Field::takes_mentions(&field.id)) {
            for persona in &personas {
                let mention = format!("<@{}>", persona_id(persona.number));
                field.value = field.value.replace(&mention, &format!("@{}", persona.name));
            }
            for channel in &channels {
                let mention = format!("<#{}>", channel_id(channel.number));
                field.value = field.value.replace(&mention, &format!("#{}", channel.name));
            }
        }
        Ok(form)
    }
}

impl From<Channel> for Place {
    fn from(channel: Channel) -> Self {
        Self { id: channel_id(channel.number), name: channel.name, workspace: channel.workspace }
    }
}

/// Turns `@Name` and `#name` into mentions; longer names first, so that one name may begin with another.
fn to_mentions(text: &str, personas: &[Persona], channels: &[Channel]) -> String {
    let people = personas.iter().map(|it| (format!("@{}", it.name), format!("<@{}>", persona_id(it.number))));
    let places = channels.iter().map(|it| (format!("#{}", it.name), format!("<#{}>", channel_id(it.number))));
    let mut names: Vec<(String, String)> = people.chain(places).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names.iter().fold(text.to_owned(), |text, (name, mention)| text.replace(name, mention))
}

fn clean_name(name: &str) -> Result<String, Refused> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return refuse(StatusCode::BAD_REQUEST, format!("A name has 1 to {NAME_MAX} characters."));
    }
    Ok(name)
}

fn clean_text(text: &str) -> Result<String, Refused> {
    bounded(text, TEXT_MAX)?;
    Ok(text.replace('\0', "\u{fffd}"))
}

fn clean_files(files: Vec<NewFile>) -> Result<Vec<File>, Refused> {
    if files.len() > FILES_MAX {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("A message takes {FILES_MAX} files at most."));
    }
    files
        .into_iter()
        .map(|file| {
            let name = clean_name(&file.name)?;
            bounded(&file.text, FILE_MAX)?;
            Ok(File { name, link: None, text: Some(file.text.replace('\0', "\u{fffd}")) })
        })
        .collect()
}

fn bounded(text: &str, max: usize) -> Result<(), Refused> {
    let chars = text.chars().count();
    if chars > max {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("That has {chars} characters; {max} fit. Shorten it, or send it in parts."),
        );
    }
    Ok(())
}

fn failed(error: String) -> Refused {
    tracing::error!(error, "the demo could not do what was asked");
    Refused(
        StatusCode::INSUFFICIENT_STORAGE,
        "The demo could not do this; its disk may be full. Look at its log, then try again.".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_this_machine_and_our_own_page_may_call() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let check = |pairs: &[(&'static str, &str)], method: Method| {
            check_caller(&headers(pairs), address, &method).map_err(|refused| refused.0.as_u16())
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(check(&[("host", "127.0.0.1:8080"), json], Method::POST), Ok(()));
        assert_eq!(check(&[("host", "localhost:8080")], Method::GET), Ok(()));
        assert_eq!(check(&[("host", "evil.example:8080")], Method::GET), Err(403));
        assert_eq!(check(&[], Method::GET), Err(403));
        assert_eq!(
            check(&[("host", "127.0.0.1:8080"), ("content-type", "text/plain")], Method::POST),
            Err(415)
        );
        let origin = |origin| check(&[("host", "127.0.0.1:8080"), ("origin", origin), json], Method::POST);
        assert_eq!(origin("http://127.0.0.1:8080"), Ok(()));
        for bad in ["http://localhost:8080", "https://127.0.0.1:8080", "http://evil.example", "null"] {
            assert_eq!(origin(bad), Err(403), "{bad}");
        }
    }

    #[test]
    fn names_become_mentions() {
        let persona = |number, name: &str| Persona { number, name: name.to_owned(), admin: false };
        let channel = Channel { number: 2, name: "organisers".to_owned(), workspace: "local".to_owned() };
        let text =
            to_mentions("@Jo, @Jonas #organisers", &[persona(1, "Jo"), persona(2, "Jonas")], &[channel]);
        assert_eq!(text, "<@p1>, <@p2> <#c2>");
    }
}
