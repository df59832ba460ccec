//! What people ask for: commands, clicks, forms, and completion while they type.
//!
//! Discord wants an answer within three seconds: where the bot needs longer, the answer is announced first and given
//! afterwards (<https://discord.com/developers/docs/interactions/receiving-and-responding>).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::de::IgnoredAny;
use serenity::builder::{CreateInteractionResponse as Response, CreateInteractionResponseMessage};
use serenity::model::application::{
    CommandData, ComponentInteractionData, ComponentInteractionDataKind, ModalInteractionData,
};
use serenity::model::id::{ChannelId, GuildId, UserId};
use tokio::time::timeout;

use super::api::Route;
use super::asked::{Asked, Unreadable, kind};
use super::controls::{Carried, read_id};
use super::draw::{self, Part};
use super::model::{channel_ref, snowflake, time_of, workspace};
use super::{Discord, commands, form, inputs};
use crate::chat::{Action, Bot, Form, Interaction, Outgoing, Reply, Request, WorkspaceRef};

/// Forms that came back with errors and can be opened again; the oldest make room.
const FORMS_MAX: usize = 1_000;
/// What the id of a form that was opened again carries before its number.
const TOKEN: &str = "again:";

/// What is asked for.
struct Wanted {
    request: Request,
    /// The server that a control outside of it names.
    named: Option<GuildId>,
    way: Way,
}

/// What the bot says to it.
struct Answer {
    reply: Reply,
    /// The server, where it was asked outside of it.
    elsewhere: Option<WorkspaceRef>,
    /// What was sent of a form.
    sent: Vec<(String, String)>,
}

impl Answer {
    fn say(text: &str) -> Self {
        Self { reply: Reply::Panel(Outgoing::say(text)), elsewhere: None, sent: Vec::new() }
    }

    fn carried(&self) -> Carried<'_> {
        Carried { key: None, guild: self.elsewhere.as_ref() }
    }
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
        let request = self.request(asked)?;
        let way = request.way;
        let answering = self.answer_to(bot, asked, request);
        tokio::pin!(answering);
        // All that may take long is inside: Discord is told in time that an answer will come.
        match timeout(self.defer_after(), &mut answering).await {
            Ok(answer) => self.reply(asked, way, answer?).await,
            Err(_) => {
                let announced = self.defer(asked, way).await;
                let answer = answering.await;
                if announced {
                    let lost = Answer::say("I don't know that control. /study help shows what there is.");
                    self.reply_late(asked, way, answer.unwrap_or(lost)).await;
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

    /// Hands a request to the bot, in neutral words.
    async fn answer_to(&self, bot: &dyn Bot, asked: &Asked, wanted: Wanted) -> Result<Answer, Unreadable> {
        let Wanted { request, named, .. } = wanted;
        let guild = asked.guild_id.or(named).ok_or(Unreadable)?;
        let person = match &asked.member {
            Some(member) => member.person(),
            None => {
                let user = asked.user().ok_or(Unreadable)?;
                // A control in a direct message says itself which server it is about, so that is looked up.
                if !self.is_member(guild, user.id).await {
                    return Ok(Answer::say("I don't know you on that server. Join it, and try again there."));
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
            hindrance: asked.hindrance(),
            request,
        };
        Ok(Answer { reply: bot.interact(interaction).await, elsewhere, sent })
    }

    /// What is asked for, the server that a control names, and how to answer.
    fn request(&self, asked: &Asked) -> Result<Wanted, Unreadable> {
        match asked.kind {
            kind::COMMAND => {
                let data: CommandData = asked.data()?;
                let request = nobody_for_everybody(commands::request(&data), asked.guild_id);
                let way = if matches!(request, Request::Submit { .. }) { Way::Sent } else { Way::New };
                Ok(Wanted { request, named: None, way })
            }
            kind::COMPONENT => {
                let data: ComponentInteractionData = asked.data()?;
                let id = read_id(&data.custom_id);
                if let Some((page, form)) = form::page_of(id.action) {
                    let click = Request::Click { action: form.to_owned(), values: Vec::new() };
                    return Ok(Wanted { request: click, named: guild(id.guild), way: Way::Page(page) });
                }
                let way = if asked.is_private() { Way::InPlace } else { Way::New };
                let values = match &data.kind {
                    ComponentInteractionDataKind::StringSelect { values } => values.clone(),
                    _ => Vec::new(),
                };
                let request = Request::Click { action: id.action.to_owned(), values };
                Ok(Wanted { request, named: guild(id.guild), way })
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
                let request = Request::Submit { form: id.action.to_owned(), fields };
                Ok(Wanted { request, named: guild(id.guild), way: Way::Sent })
            }
        }
    }

    /// The channel that was asked in; for a thread, the one that it is in.
    async fn channel_of(&self, asked: &Asked, request: &Request) -> Result<(ChannelId, String), Unreadable> {
        let Some(channel) = &asked.channel else {
            return Ok((asked.channel_id.ok_or(Unreadable)?, String::new()));
        };
        let name = channel.name.clone().unwrap_or_default();
        let Some(parent) = channel.parent() else { return Ok((channel.id, name)) };
        // The name of the channel itself is needed where it is set up from one of its threads, and nowhere else.
        let name = match request {
            Request::Submit { .. } => self.channel_name(parent).await.unwrap_or(name),
            _ => name,
        };
        Ok((parent, name))
    }

    async fn reply(&self, asked: &Asked, way: Way, answer: Answer) {
        let modal = match (&answer.reply, way) {
            (Reply::Panel(_), _) | (Reply::Form(_), Way::Sent) => None,
            (Reply::Form(form), Way::Page(page)) => form::modal_page(form, page, answer.carried()),
            (Reply::Form(form), Way::New | Way::InPlace) => form::modal(form, answer.carried()),
        };
        match modal {
            Some(modal) => {
                self.respond(asked, &Response::Modal(modal)).await;
            }
            None => {
                let parts = self.as_parts(asked, answer, false);
                self.show(asked, way, parts).await;
            }
        }
    }

    /// An answer that was announced can't be a form any more: a button opens it.
    async fn reply_late(&self, asked: &Asked, way: Way, mut answer: Answer) {
        // The page that was asked for, and not all pages anew: their buttons would bring us here again.
        if let (Reply::Form(form), Way::Page(page)) = (&mut answer.reply, way) {
            form::keep_page(form, page);
        }
        let mut parts = self.as_parts(asked, answer, true).into_iter();
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
    fn as_parts(&self, asked: &Asked, answer: Answer, late: bool) -> Vec<Part> {
        let Answer { reply, elsewhere, sent } = answer;
        let carried = Carried { key: None, guild: elsewhere.as_ref() };
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
