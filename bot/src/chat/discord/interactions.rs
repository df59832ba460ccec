//! What people ask for: commands, clicks, forms, and completion while they type.
//!
//! Discord wants an answer within three seconds: where the bot needs longer, the answer is announced first and given
//! afterwards (<https://discord.com/developers/docs/interactions/receiving-and-responding>).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::value::RawValue;
use serenity::builder::{
    CreateInteractionResponse as Response, CreateInteractionResponseFollowup, CreateInteractionResponseMessage,
    EditInteractionResponse,
};
use serenity::model::Permissions;
use serenity::model::application::{CommandData, ComponentInteractionData, ModalInteractionData};
use serenity::model::application::ComponentInteractionDataKind;
use serenity::model::channel::{ChannelType, MessageFlags};
use serenity::model::id::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use tokio::time::timeout;

use super::model::{channel_ref, person_ref, time_of, workspace};
use super::{Discord, api, commands, draw, form};
use crate::chat::{Bot, Form, Interaction, Outgoing, Person, Reply, Request, Workspace};

/// Forms that came back with errors and can be opened again; the oldest make room.
const FORMS_MAX: usize = 1_000;

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
    guild: Option<GuildId>,
    way: Way,
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

/// Forms that came back with errors, with whom they belong to.
#[derive(Debug, Default)]
pub(super) struct Forms(Mutex<VecDeque<(u64, UserId, Form)>>);

impl Forms {
    fn keep(&self, token: u64, user: UserId, form: Form) {
        let mut forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.len() >= FORMS_MAX {
            forms.pop_front();
        }
        forms.push_back((token, user, form));
    }

    fn find(&self, token: u64, user: UserId) -> Option<Form> {
        let forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forms.iter().find(|(known, owner, _)| (*known, *owner) == (token, user)).map(|(_, _, form)| form.clone())
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
            self.show(&asked, Way::Sent, &sorry, None).await;
        }
    }

    async fn complete(&self, bot: &dyn Bot, asked: &Asked) -> Result<(), Unreadable> {
        let data: CommandData = asked.data()?;
        let found = commands::completed(&data);
        let values = found.map(|(field, typed)| bot.suggest(field, typed)).unwrap_or_default();
        self.respond(asked, &commands::completions(&values)).await;
        Ok(())
    }

    async fn answer_request(&self, bot: &dyn Bot, asked: &Asked) -> Result<(), Unreadable> {
        if let Some(form) = self.form_again(asked)? {
            let reply = match form {
                Ok(form) => Reply::Form(form),
                Err(message) => Reply::Panel(message),
            };
            self.reply(asked, Way::New, asked.guild_id, reply).await;
            return Ok(());
        }
        let Some(asking) = self.asking(asked).await? else {
            let text = "I don't know you on that server. Join it, and try again there.";
            self.show(asked, Way::Sent, &Outgoing::say(text), None).await;
            return Ok(());
        };
        let way = asking.way;
        let sent = sent_fields(&asking.interaction.request);
        let answering = bot.interact(asking.interaction);
        tokio::pin!(answering);
        match timeout(self.defer_after(), &mut answering).await {
            Ok(reply) => self.reply(asked, way, asking.guild, only(reply, &sent)).await,
            Err(_) => {
                let deferred = self.defer(asked, way).await;
                let reply = answering.await;
                if deferred {
                    self.reply_deferred(asked, asking.guild, only(reply, &sent)).await;
                }
            }
        }
        Ok(())
    }

    /// The form that a `form-again` button opens, or why it can't.
    fn form_again(&self, asked: &Asked) -> Result<Option<Result<Form, Outgoing>>, Unreadable> {
        if asked.kind != kind::COMPONENT {
            return Ok(None);
        }
        let data: ComponentInteractionData = asked.data()?;
        let Some(token) = data.custom_id.strip_prefix(form::AGAIN) else { return Ok(None) };
        let token: u64 = token.parse().map_err(|_| Unreadable)?;
        let user = asked.user().ok_or(Unreadable)?.id;
        Ok(Some(self.forms().find(token, user).ok_or_else(|| {
            Outgoing::say(
                "I was started anew since, so this button no longer works. What you typed is above: open the form \
                 anew and paste it.",
            )
        })))
    }

    /// The request in neutral words. `None`: it is about a server that the person isn't on.
    async fn asking(&self, asked: &Asked) -> Result<Option<Asking>, Unreadable> {
        let (request, named, way) = request(asked)?;
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
        let (channel, channel_name) = self.channel_of(asked, &request).await?;
        let interaction = Interaction {
            at: time_of(asked.id.get()),
            workspace: workspace(guild).ok_or(Unreadable)?,
            channel: channel_ref(channel).ok_or(Unreadable)?,
            channel_name,
            person: person.ok_or(Unreadable)?,
            request,
        };
        Ok(Some(Asking { interaction, guild: asked.guild_id.is_none().then_some(guild), way }))
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

    async fn reply(&self, asked: &Asked, way: Way, guild: Option<GuildId>, reply: Reply) {
        match (reply, way) {
            (Reply::Panel(message), _) => self.show(asked, way, &message, guild).await,
            (Reply::Form(form), Way::Sent) => {
                let message = self.error_panel(asked, form);
                self.show(asked, way, &message, guild).await;
            }
            (Reply::Form(form), Way::Page(page)) => {
                self.respond(asked, &Response::Modal(form::modal(&form::page(&form, page), guild))).await;
            }
            (Reply::Form(form), _) if form::has_pages(&form) => {
                self.show(asked, way, &form::page_panel(&form), guild).await;
            }
            (Reply::Form(form), _) => self.respond(asked, &Response::Modal(form::modal(&form, guild))).await,
        }
    }

    /// An answer that was announced can't be a form any more: a button opens it.
    async fn reply_deferred(&self, asked: &Asked, guild: Option<GuildId>, reply: Reply) {
        let message = match reply {
            Reply::Panel(message) => message,
            Reply::Form(form) if form::has_pages(&form) => form::page_panel(&form),
            Reply::Form(form) => {
                let failed = form.fields.iter().any(|field| field.error.is_some());
                if failed { self.error_panel(asked, form) } else { self.open_panel(asked, form) }
            }
        };
        let parts = draw::panel(&message, guild);
        let mut parts = parts.into_iter();
        if let Some(first) = parts.next() {
            let edit = EditInteractionResponse::new().embed(first.embed).components(first.rows);
            if let Err(error) = self.rest().send(&api::edit_original(self.application(), &asked.token), &edit).await
            {
                tracing::warn!(interaction = %asked.id, %error, "an answer could not be shown");
            }
        }
        self.follow_up(asked, parts).await;
    }

    /// Shows a private message, in parts where it is long.
    async fn show(&self, asked: &Asked, way: Way, message: &Outgoing, guild: Option<GuildId>) {
        let mut parts = draw::panel(message, guild).into_iter();
        let Some(first) = parts.next() else { return };
        let data = CreateInteractionResponseMessage::new()
            .embed(first.embed)
            .components(first.rows)
            .flags(MessageFlags::EPHEMERAL);
        let response =
            if way == Way::InPlace { Response::UpdateMessage(data) } else { Response::Message(data) };
        self.respond(asked, &response).await;
        self.follow_up(asked, parts).await;
    }

    async fn follow_up(&self, asked: &Asked, parts: impl Iterator<Item = draw::Part>) {
        for part in parts {
            let message = CreateInteractionResponseFollowup::new()
                .embed(part.embed)
                .components(part.rows)
                .flags(MessageFlags::EPHEMERAL);
            let route = api::follow_up(self.application(), &asked.token);
            if let Err(error) = self.rest().send(&route, &message).await {
                tracing::warn!(interaction = %asked.id, %error, "a part of an answer could not be shown");
                return;
            }
        }
    }

    /// Announces an answer. Returns whether one can follow.
    async fn defer(&self, asked: &Asked, way: Way) -> bool {
        let response = match way {
            Way::InPlace => Response::Acknowledge,
            _ => Response::Defer(CreateInteractionResponseMessage::new().flags(MessageFlags::EPHEMERAL)),
        };
        self.respond(asked, &response).await
    }

    /// Sends the first answer. Returns whether Discord has it.
    async fn respond(&self, asked: &Asked, response: &Response) -> bool {
        let route = api::callback(asked.id, &asked.token);
        let sent = self.rest().send(&route, response).await;
        if let Err(error) = &sent {
            // The person asks again; what they asked for is done.
            tracing::warn!(interaction = %asked.id, %error, "an answer could not be shown");
        }
        sent.is_ok()
    }

    fn error_panel(&self, asked: &Asked, form: Form) -> Outgoing {
        let token = self.keep(asked, &form);
        form::error_panel(&form, token)
    }

    fn open_panel(&self, asked: &Asked, form: Form) -> Outgoing {
        let token = self.keep(asked, &form);
        form::open_panel(&form, token)
    }

    fn keep(&self, asked: &Asked, form: &Form) -> u64 {
        let token = self.next_number();
        if let Some(user) = asked.user() {
            self.forms().keep(token, user.id, form.clone());
        }
        token
    }
}

impl Asked {
    fn data<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unreadable> {
        let data = self.data.as_ref().ok_or(Unreadable)?;
        serde_json::from_str(data.get()).map_err(|_| Unreadable)
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

/// What is asked for, the server that a control names, and how to answer.
fn request(asked: &Asked) -> Result<(Request, Option<GuildId>, Way), Unreadable> {
    let in_place = if asked.is_private() { Way::InPlace } else { Way::New };
    match asked.kind {
        kind::COMMAND => {
            let data: CommandData = asked.data()?;
            let request = commands::request(&data).ok_or(Unreadable)?;
            let way = if matches!(request, Request::Submit { .. }) { Way::Sent } else { Way::New };
            Ok((request, None, way))
        }
        kind::COMPONENT => {
            let data: ComponentInteractionData = asked.data()?;
            if let Some((page, form)) = form::page_button(&data.custom_id) {
                let click = Request::Click { action: form.to_owned(), values: Vec::new() };
                return Ok((click, None, Way::Page(page)));
            }
            let (action, guild) = draw::read_custom_id(&data.custom_id);
            let values = match data.kind {
                ComponentInteractionDataKind::StringSelect { values } => values,
                _ => Vec::new(),
            };
            Ok((Request::Click { action: action.to_owned(), values }, guild, in_place))
        }
        _ => {
            let data: ModalInteractionData = asked.data()?;
            let (form, guild) = draw::read_custom_id(&data.custom_id);
            let fields = form::fields(&data.components);
            Ok((Request::Submit { form: form.to_owned(), fields }, guild, Way::Sent))
        }
    }
}

/// The ids of the fields that were sent.
fn sent_fields(request: &Request) -> Vec<String> {
    match request {
        Request::Submit { fields, .. } => fields.iter().map(|(id, _)| id.clone()).collect(),
        _ => Vec::new(),
    }
}

/// A form that comes back holds what was sent of it: the rest was not asked for, and is not to be changed.
fn only(reply: Reply, sent: &[String]) -> Reply {
    match reply {
        Reply::Form(mut form) if !sent.is_empty() => {
            form.fields.retain(|field| field.error.is_some() || sent.contains(&field.id));
            Reply::Form(form)
        }
        reply => reply,
    }
}

/// Where something of ours belongs, for a control outside of its server.
pub(super) fn guild_of(workspace: &Workspace) -> Option<GuildId> {
    super::model::snowflake(workspace.id.as_str()).map(GuildId::new)
}
