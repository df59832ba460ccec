//! What people ask for: commands, clicks, forms, and completion while they type.
//!
//! Discord wants an answer within three seconds: where the bot needs longer, the answer is announced first and given
//! afterwards (<https://discord.com/developers/docs/interactions/receiving-and-responding>).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serenity::builder::{
    CreateInteractionResponse as Response, CreateInteractionResponseMessage, CreateModal,
};
use serenity::model::Permissions;
use serenity::model::application::ComponentInteractionDataKind;
use serenity::model::application::{CommandData, ComponentInteractionData, ModalInteractionData};
use serenity::model::channel::{ChannelType, MessageFlags};
use serenity::model::id::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use tokio::time::timeout;

use super::api::Route;
use super::controls::{Carried, read_id};
use super::draw::{self, Part};
use super::model::{channel_ref, person_ref, snowflake, time_of, workspace};
use super::{Discord, commands, form, inputs};
use crate::chat::{Action, Bot, Form, Interaction, Outgoing, Person, Reply, Request, WorkspaceRef};

/// Forms that came back with errors and can be opened again; the oldest make room.
const FORMS_MAX: usize = 1_000;
/// What the id of a form that was opened again carries before its number.
const TOKEN: &str = "again:";

/// An interaction, its data unread.
#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) id: InteractionId,
    pub(super) token: String,
    #[serde(rename = "type")]
    kind: u8,
    guild_id: Option<GuildId>,
    channel_id: Option<ChannelId>,
    channel: Option<Channel>,
    member: Option<Member>,
    user: Option<User>,
    message: Option<Shown>,
    data: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Channel {
    id: ChannelId,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: ChannelType,
    parent_id: Option<ChannelId>,
}

#[derive(Deserialize)]
struct Member {
    user: User,
    nick: Option<String>,
    #[serde(default)]
    roles: Vec<RoleId>,
    #[serde(default)]
    permissions: Permissions,
}

#[derive(Deserialize)]
struct User {
    id: UserId,
    username: String,
    global_name: Option<String>,
}

/// The message whose control was used.
#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    flags: Option<MessageFlags>,
}

/// The kinds of interactions, as Discord numbers them.
mod kind {
    pub(super) const COMMAND: u8 = 2;
    pub(super) const COMPONENT: u8 = 3;
    pub(super) const AUTOCOMPLETE: u8 = 4;
    pub(super) const MODAL: u8 = 5;
}

/// A request, and how its answer may be given.
struct Asking {
    interaction: Interaction,
    /// The server, where the control was shown outside of it.
    elsewhere: Option<WorkspaceRef>,
    way: Way,
    /// What was sent of a form.
    sent: Vec<(String, String)>,
}

/// How an answer may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A new private message, or a modal.
    New,
    /// In place of the private message whose control was used; or a modal.
    InPlace,
    /// A new private message: no modal can follow a modal, and typed options are as good as one.
    Sent,
    /// A modal that holds one page of a form.
    Page(usize),
}

/// Forms that came back with errors.
#[derive(Debug, Default)]
pub(super) struct Forms(Mutex<VecDeque<Kept>>);

/// One of them.
#[derive(Clone, Debug)]
struct Kept {
    token: u64,
    /// Whose it is.
    user: UserId,
    form: Form,
    /// All that was typed, fields that a modal can't hold included.
    typed: Vec<(String, String)>,
}

impl Forms {
    fn keep(&self, kept: Kept) {
        let mut forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.len() >= FORMS_MAX {
            forms.pop_front();
        }
        forms.push_back(kept);
    }

    fn find(&self, token: &str, user: UserId) -> Option<Kept> {
        let token: u64 = token.parse().ok()?;
        let forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forms.iter().find(|kept| (kept.token, kept.user) == (token, user)).cloned()
    }
}

/// What came can't be understood.
struct Unreadable;

impl Discord {
    /// Answers one interaction.
    pub(super) async fn answer(&self, bot: &dyn Bot, asked: Asked) {
        let outcome = match asked.kind {
            kind::AUTOCOMPLETE => self.complete(bot, &asked).await,
            kind::COMMAND | kind::COMPONENT | kind::MODAL => self.answer_request(bot, &asked).await,
            _ => Err(Unreadable),
        };
        if outcome.is_err() {
            tracing::warn!(interaction = %asked.id, kind = asked.kind, "an interaction can't be understood; refused");
            let sorry = Outgoing::say("I don't know that control. /study help shows what there is.");
            self.show(&asked, Way::New, draw::parts(&sorry, Carried::default())).await;
        }
    }

    async fn complete(&self, bot: &dyn Bot, asked: &Asked) -> Result<(), Unreadable> {
        let data: CommandData = asked.data()?;
        let typing = commands::typing(&data);
        let values = typing.map(|(field, typed)| bot.suggest(field, typed)).unwrap_or_default();
        self.respond(asked, &Response::Autocomplete(commands::suggestions(values))).await;
        Ok(())
    }

    async fn answer_request(&self, bot: &dyn Bot, asked: &Asked) -> Result<(), Unreadable> {
        if let Some(token) = asked.again()? {
            self.open_again(asked, &token).await;
            return Ok(());
        }
        let Some(asking) = self.asking(asked).await? else {
            let text = Outgoing::say("I don't know you on that server. Join it, and try again there.");
            self.show(asked, Way::New, draw::parts(&text, Carried::default())).await;
            return Ok(());
        };
        let Asking { interaction, elsewhere, way, sent } = asking;
        let carried = Carried { key: None, guild: elsewhere.as_ref() };
        let answering = bot.interact(interaction);
        tokio::pin!(answering);
        match timeout(self.defer_after(), &mut answering).await {
            Ok(reply) => self.reply(asked, way, reply, sent, carried).await,
            Err(_) => {
                let announced = self.defer(asked, way).await;
                let reply = answering.await;
                if announced {
                    self.reply_late(asked, reply, sent, carried).await;
                }
            }
        }
        Ok(())
    }

    /// Opens a form that came back with errors, filled with what was typed.
    async fn open_again(&self, asked: &Asked, token: &str) {
        let kept = asked.user().and_then(|user| self.forms().find(token, user.id));
        let key = format!("{TOKEN}{token}");
        let carried = Carried { key: Some(&key), guild: None };
        match kept.and_then(|kept| form::modal_again(&kept.form, &kept.typed, carried)) {
            Some(modal) => {
                self.respond(asked, &Response::Modal(modal)).await;
            }
            None => {
                let gone = Outgoing::say(
                    "I was started anew since, so this button no longer works. What you typed is above: open the form \
                     anew and paste it.",
                );
                self.show(asked, Way::New, draw::parts(&gone, Carried::default())).await;
            }
        }
    }

    /// The request in neutral words. `None`: it is about a server that the person isn't on.
    async fn asking(&self, asked: &Asked) -> Result<Option<Asking>, Unreadable> {
        let (request, named, way) = self.request(asked)?;
        let guild = asked.guild_id.or(named).ok_or(Unreadable)?;
        let person = match &asked.member {
            Some(member) => member.person(),
            None => {
                let user = asked.user().ok_or(Unreadable)?;
                // A control in a direct message says itself which server it is about, so that is looked up.
                if !self.is_member(guild, user.id).await {
                    return Ok(None);
                }
                user.person(None)
            }
        };
        let sent = match &request {
            Request::Submit { fields, .. } => fields.clone(),
            _ => Vec::new(),
        };
        let (channel, channel_name) = self.channel_of(asked, &request).await?;
        let workspace = workspace(guild).ok_or(Unreadable)?;
        let elsewhere = asked.guild_id.is_none().then(|| workspace.id.clone());
        let interaction = Interaction {
            at: time_of(asked.id.get()),
            workspace,
            channel: channel_ref(channel).ok_or(Unreadable)?,
            channel_name,
            person: person.ok_or(Unreadable)?,
            request,
        };
        Ok(Some(Asking { interaction, elsewhere, way, sent }))
    }

    /// What is asked for, the server that a control names, and how to answer.
    fn request(&self, asked: &Asked) -> Result<(Request, Option<GuildId>, Way), Unreadable> {
        match asked.kind {
            kind::COMMAND => {
                let data: CommandData = asked.data()?;
                let request = nobody_for_everybody(commands::request(&data), asked.guild_id);
                let way = if matches!(request, Request::Submit { .. }) { Way::Sent } else { Way::New };
                Ok((request, None, way))
            }
            kind::COMPONENT => {
                let data: ComponentInteractionData = asked.data()?;
                let id = read_id(&data.custom_id);
                if let Some((page, form)) = form::page_of(id.action) {
                    let click = Request::Click { action: form.to_owned(), values: Vec::new() };
                    return Ok((click, guild(id.guild), Way::Page(page)));
                }
                let way = if asked.is_private() { Way::InPlace } else { Way::New };
                let values = match &data.kind {
                    ComponentInteractionDataKind::StringSelect { values } => values.clone(),
                    _ => Vec::new(),
                };
                Ok((Request::Click { action: id.action.to_owned(), values }, guild(id.guild), way))
            }
            _ => {
                let data: ModalInteractionData = asked.data()?;
                let id = read_id(&data.custom_id);
                let mut fields = inputs::read(&data);
                let token = id.key.and_then(|key| key.strip_prefix(TOKEN));
                if let (Some(token), Some(user)) = (token, asked.user())
                    && let Some(kept) = self.forms().find(token, user.id)
                {
                    fields = form::with_earlier(fields, &kept.typed);
                }
                Ok((Request::Submit { form: id.action.to_owned(), fields }, guild(id.guild), Way::Sent))
            }
        }
    }

    /// The channel that was asked in; for a thread, the one that it is in.
    async fn channel_of(&self, asked: &Asked, request: &Request) -> Result<(ChannelId, String), Unreadable> {
        let Some(channel) = &asked.channel else {
            return Ok((asked.channel_id.ok_or(Unreadable)?, String::new()));
        };
        let name = channel.name.clone().unwrap_or_default();
        let in_thread = matches!(channel.kind, ChannelType::PublicThread | ChannelType::PrivateThread);
        let Some(parent) = channel.parent_id.filter(|_| in_thread) else { return Ok((channel.id, name)) };
        // The name of the channel itself is needed where it is set up from one of its threads, and nowhere else.
        let name = match request {
            Request::Submit { .. } => self.channel_name(parent).await.unwrap_or(name),
            _ => name,
        };
        Ok((parent, name))
    }

    async fn reply(
        &self,
        asked: &Asked,
        way: Way,
        reply: Reply,
        sent: Vec<(String, String)>,
        carried: Carried<'_>,
    ) {
        let modal = match (&reply, way) {
            (Reply::Panel(_), _) | (Reply::Form(_), Way::Sent) => None,
            (Reply::Form(form), Way::Page(page)) => form::modal_page(form, page, carried),
            (Reply::Form(form), Way::New | Way::InPlace) => form::modal(form, carried),
        };
        match modal {
            Some(modal) => self.open(asked, modal).await,
            None => {
                let parts = self.as_parts(asked, reply, sent, carried, false);
                self.show(asked, way, parts).await;
            }
        }
    }

    async fn open(&self, asked: &Asked, modal: CreateModal) {
        self.respond(asked, &Response::Modal(modal)).await;
    }

    /// An answer that was announced can't be a form any more: a button opens it.
    async fn reply_late(
        &self,
        asked: &Asked,
        reply: Reply,
        sent: Vec<(String, String)>,
        carried: Carried<'_>,
    ) {
        let mut parts = self.as_parts(asked, reply, sent, carried, true).into_iter();
        if let Some(first) = parts.next() {
            let route = Route::edit_answer(self.application(), &asked.token);
            let edited = self.rest().send::<IgnoredAny>(&route, &first.edit_response()).await;
            if let Err(error) = edited {
                tracing::warn!(interaction = %asked.id, %error, "an answer could not be shown");
            }
        }
        self.follow_up(asked, parts).await;
    }

    /// A reply as private messages. A form is one where it doesn't fit into a modal, came back with errors, or is `late`.
    fn as_parts(
        &self,
        asked: &Asked,
        reply: Reply,
        sent: Vec<(String, String)>,
        carried: Carried<'_>,
        late: bool,
    ) -> Vec<Part> {
        let mut form = match reply {
            Reply::Panel(message) => return draw::parts(&message, carried),
            Reply::Form(form) => form,
        };
        if sent.is_empty() && (!late || form::modal(&form, carried).is_none()) {
            return form::pages(&form, carried);
        }
        // What was not sent was not asked for, and is not to be changed.
        form.fields.retain(|field| {
            sent.is_empty() || field.error.is_some() || sent.iter().any(|(id, _)| *id == field.id)
        });
        let token = self.next_number();
        let (message, typed) = if sent.is_empty() {
            let held = form.fields.iter().map(|field| (field.id.clone(), field.value.clone()));
            let open = Action::button(form::again(&token.to_string()), "Open the form");
            (Outgoing::say("That took me a moment. Your form is ready now.").with(vec![open]), held.collect())
        } else {
            (form::errors(&form, &token.to_string(), &sent), sent)
        };
        if let Some(user) = asked.user() {
            self.forms().keep(Kept { token, user: user.id, form, typed });
        }
        draw::parts(&message, carried)
    }

    /// Shows private messages: the first as the answer itself, the others after it.
    async fn show(&self, asked: &Asked, way: Way, parts: Vec<Part>) {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { return };
        let message = first.respond();
        let response =
            if way == Way::InPlace { Response::UpdateMessage(message) } else { Response::Message(message) };
        if self.respond(asked, &response).await {
            self.follow_up(asked, parts).await;
        }
    }

    async fn follow_up(&self, asked: &Asked, parts: impl Iterator<Item = Part>) {
        for part in parts {
            let route = Route::follow_up(self.application(), &asked.token);
            if let Err(error) = self.rest().send::<IgnoredAny>(&route, &part.follow_up()).await {
                tracing::warn!(interaction = %asked.id, %error, "a part of an answer could not be shown");
                return;
            }
        }
    }

    /// Announces an answer. Returns whether one can follow.
    async fn defer(&self, asked: &Asked, way: Way) -> bool {
        let response = match way {
            Way::InPlace => Response::Acknowledge,
            _ => Response::Defer(CreateInteractionResponseMessage::new().ephemeral(true)),
        };
        self.respond(asked, &response).await
    }

    /// Sends the first answer. Returns whether Discord has it.
    async fn respond(&self, asked: &Asked, response: &Response) -> bool {
        let sent = self.rest().send::<IgnoredAny>(&Route::answer(asked.id, &asked.token), response).await;
        if let Err(error) = &sent {
            // What was asked for is done; the person who sees no answer asks again.
            tracing::warn!(interaction = %asked.id, %error, "an answer could not be shown");
        }
        sent.is_ok()
    }
}

impl Asked {
    fn data<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        let data = self.data.as_ref().ok_or(Unreadable)?;
        serde_json::from_str(data.get()).map_err(|_| Unreadable)
    }

    /// The number of the form that a button opens again.
    fn again(&self) -> Result<Option<String>, Unreadable> {
        if self.kind != kind::COMPONENT {
            return Ok(None);
        }
        let data: ComponentInteractionData = self.data()?;
        Ok(form::token_of(read_id(&data.custom_id).action).map(str::to_owned))
    }

    fn user(&self) -> Option<&User> {
        self.member.as_ref().map(|member| &member.user).or(self.user.as_ref())
    }

    fn is_private(&self) -> bool {
        let flags = self.message.as_ref().and_then(|message| message.flags);
        flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL))
    }
}

impl User {
    fn person(&self, nick: Option<&str>) -> Option<Person> {
        let name = nick.or(self.global_name.as_deref()).unwrap_or(&self.username);
        Some(Person::new(person_ref(self.id)?, name, false))
    }
}

impl Member {
    fn person(&self) -> Option<Person> {
        let runs_it = Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR;
        let person = self.user.person(self.nick.as_deref())?;
        Some(Person {
            admin: self.permissions.intersects(runs_it),
            groups: self.roles.iter().filter_map(|role| role.to_string().parse().ok()).collect(),
            ..person
        })
    }
}

/// A role option can't be emptied: the role that everybody has, which the server's own id names, stands for nobody.
fn nobody_for_everybody(mut request: Request, guild: Option<GuildId>) -> Request {
    if let (Request::Submit { fields, .. }, Some(guild)) = (&mut request, guild) {
        let everybody = format!("<@&{guild}>");
        let ping = fields.iter_mut().find(|(id, value)| id == "ping_mentions" && *value == everybody);
        if let Some((_, value)) = ping {
            "nobody".clone_into(value);
        }
    }
    request
}

/// The server that a control names.
fn guild(named: Option<&str>) -> Option<GuildId> {
    named.and_then(snowflake).map(GuildId::new)
}
