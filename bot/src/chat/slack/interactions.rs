//! What people ask for: commands, clicks and forms.
//!
//! Slack wants to hear within three seconds, and opens a modal within the same time alone
//! (<https://docs.slack.dev/interactivity/handling-user-interaction>): where the bot needs longer, "One moment" is shown,
//! and the answer takes its place.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::asked::{Asked, Did, Unreadable};
use super::controls::OPEN;
use super::draw::{self, Part, View};
use super::form::{self, Choices, Sent};
use super::listen::Envelope;
use super::{Slack, setup};
use crate::chat::under_way::Under;
use crate::chat::{Bot, Control, Form, Interaction, Outgoing, Reply, Request};

/// How long an acknowledgement may be on its way to Slack.
const ANNOUNCED_WITHIN: Duration = Duration::from_millis(500);
/// What is said when even a modal can't be opened any more.
const TOO_LATE: &str = "That took me too long, and Slack opens no form by now. Please try once more.";

/// A request on its way to an answer.
struct Asking {
    asked: Asked,
    request: Request,
    /// What was sent of a form.
    sent: Option<Sent>,
    /// The answer belongs into a modal, whatever it is.
    opens: bool,
}

impl Slack {
    /// Answers what an envelope asks. What is returned goes back to Slack with the acknowledgement, at the latest when an
    /// answer is announced; the answer itself may come after that.
    pub(super) async fn answer(self, bot: Arc<dyn Bot>, envelope: Envelope, under: Under) -> Option<Value> {
        let (acknowledge, acknowledged) = oneshot::channel();
        tokio::spawn(async move {
            match self.read_request(&envelope) {
                Ok(asking) => self.answer_request(&*bot, asking, acknowledge).await,
                Err(Unreadable) => tracing::warn!("an interaction can't be understood; refused"),
            }
            drop(under);
        });
        // Dropped without a word: there is nothing to say.
        acknowledged.await.ok().flatten()
    }

    fn read_request(&self, envelope: &Envelope) -> Result<Asking, Unreadable> {
        let ours = self.known_identity().ok_or(Unreadable)?;
        let asked = Asked::read(envelope, &ours)?;
        let (request, sent, opens) = match &asked.did {
            Did::Command(text) => (Request::Command(text.trim().to_owned()), None, false),
            Did::Click(used) => {
                let opened = used.action_id.strip_prefix(OPEN);
                let action = opened.unwrap_or(&used.action_id).to_owned();
                (Request::Click { action, values: used.values() }, None, opened.is_some())
            }
            Did::Submit(view) => {
                let view: Value = serde_json::from_str(view.get()).map_err(|_| Unreadable)?;
                let sent = form::read(&view);
                let request = Request::Submit { form: sent.form.clone(), fields: sent.fields.clone() };
                (request, Some(sent), true)
            }
        };
        Ok(Asking { asked, request, sent, opens })
    }

    async fn answer_request(
        &self,
        bot: &dyn Bot,
        asking: Asking,
        acknowledge: oneshot::Sender<Option<Value>>,
    ) {
        let answering = self.answer_to(bot, &asking);
        tokio::pin!(answering);
        match timeout(self.answer_within(), &mut answering).await {
            Ok(reply) if asking.sent.is_some() => {
                let (body, rest) = self.as_response(&asking, reply).await;
                // Slack hears of it even when nobody waits for what is said any more.
                acknowledge.send(Some(body)).ok();
                self.say_on(&asking, rest).await;
            }
            Ok(reply) => {
                acknowledge.send(None).ok();
                self.show(&asking, reply).await;
            }
            Err(_) if asking.sent.is_some() => {
                let body = json!({ "response_action": "update", "view": draw::one_moment() });
                acknowledge.send(Some(body)).ok();
                // What was announced must not come after what it announces.
                let (reply, ()) = tokio::join!(answering, sleep(ANNOUNCED_WITHIN));
                self.show(&asking, reply).await;
            }
            Err(_) => {
                let announced = self.announce(&asking).await;
                acknowledge.send(None).ok();
                let reply = answering.await;
                match announced {
                    Some(view) => self.show_in(&view, &asking, reply).await,
                    None => self.show(&asking, reply).await,
                }
            }
        }
    }

    /// Hands a request to the bot, in neutral words.
    async fn answer_to(&self, bot: &dyn Bot, asking: &Asking) -> Reply {
        let asked = &asking.asked;
        let at = self.now();
        let Some(workspace) = asked.workspace.clone() else {
            tracing::warn!("a request from a workspace that is not ours; refused");
            return Reply::Panel(Outgoing::say(
                "I'm not connected to this workspace, so I can't do that here. Whoever runs me can connect it.",
            ));
        };
        let sorry = || {
            Reply::Panel(Outgoing::say("I can't tell who you are or where this is. Please try once more."))
        };
        let person = self.asker(&workspace, asked.user_team.as_deref(), &asked.user).await;
        let (Some(person), Ok(channel)) = (person, asked.channel.parse()) else { return sorry() };
        let facts = if setup::is_setup(&asking.request) {
            self.setup_facts(asked).await
        } else {
            setup::Facts::default()
        };
        if let Some(refusal) = facts.refusal {
            return Reply::Panel(Outgoing::say(refusal));
        }
        bot.interact(Interaction {
            at,
            workspace,
            channel,
            channel_name: facts.name.unwrap_or_else(|| asked.channel_name.clone()),
            person,
            hindrance: facts.hindrance,
            request: asking.request.clone(),
        })
        .await
    }

    /// Opens a modal that says that an answer will come. `None`: there is one already, or it can't be.
    async fn announce(&self, asking: &Asking) -> Option<String> {
        if asking.asked.view.is_some() {
            return None;
        }
        self.open(asking, draw::one_moment()).await
    }

    /// Shows an answer where it belongs.
    async fn show(&self, asking: &Asking, reply: Reply) {
        if let Some(view) = &asking.asked.view {
            self.show_in(view, asking, reply).await;
            return;
        }
        match reply {
            Reply::Panel(message) => {
                let view = (asking.opens || has_select(&message)).then(|| draw::view(&message)).flatten();
                if let Some(view) = view
                    && self.open(asking, view).await.is_some()
                {
                    return;
                }
                self.say(asking, draw::parts(&message)).await;
            }
            Reply::Form(form) => {
                let view = self.form_view(asking, &form).await;
                if self.open(asking, view).await.is_none() {
                    self.say(asking, draw::parts(&Outgoing::say(TOO_LATE))).await;
                }
            }
        }
    }

    /// Shows an answer in an open modal.
    async fn show_in(&self, view: &str, asking: &Asking, reply: Reply) {
        let (drawn, rest) = self.drawn(asking, reply).await;
        if let Err(error) = self.web().views_update(view, &kept(drawn, asking)).await {
            // What was asked for is done; the person who sees no answer asks again.
            tracing::warn!(view, %error, "an answer could not be shown");
        }
        self.say_on(asking, rest).await;
    }

    /// What goes back with the acknowledgement of a form, and what else is to be said.
    async fn as_response(&self, asking: &Asking, reply: Reply) -> (Value, Vec<Part>) {
        if let (Reply::Form(form), Some(sent)) = (&reply, &asking.sent)
            && let Some(errors) = form::errors(form, sent)
        {
            return (json!({ "response_action": "errors", "errors": errors }), Vec::new());
        }
        let (view, rest) = self.drawn(asking, reply).await;
        (json!({ "response_action": "update", "view": kept(view, asking) }), rest)
    }

    /// A reply as a modal; what doesn't fit into one is said beside it.
    async fn drawn(&self, asking: &Asking, reply: Reply) -> (View, Vec<Part>) {
        match reply {
            Reply::Form(form) => (self.form_view(asking, &form).await, Vec::new()),
            Reply::Panel(message) => match draw::view(&message) {
                Some(view) => (view, Vec::new()),
                None => (draw::too_long(), draw::parts(&message)),
            },
        }
    }

    async fn form_view(&self, asking: &Asking, form: &Form) -> View {
        let takes_groups = form.fields.iter().any(|field| crate::chat::Field::takes_mentions(&field.id));
        let groups = match &asking.asked.workspace {
            Some(workspace) if takes_groups => self.group_choices(workspace).await,
            _ => Vec::new(),
        };
        form::view(form, &Choices { groups }, self.next_number())
    }

    /// Opens a modal. The result is its id.
    async fn open(&self, asking: &Asking, view: View) -> Option<String> {
        match self.web().views_open(&asking.asked.trigger, &kept(view, asking)).await {
            Ok(view) => Some(view.id),
            Err(error) => {
                tracing::warn!(%error, "a modal could not be opened");
                None
            }
        }
    }

    /// Says something to the person alone: the first part in place of the message that they used, if only they see it.
    async fn say(&self, asking: &Asking, parts: Vec<Part>) {
        for (number, part) in parts.into_iter().enumerate() {
            let in_place = number == 0 && asking.asked.is_ephemeral;
            if !self.respond(asking, &part, in_place).await {
                return;
            }
        }
    }

    /// Says what is left to say.
    async fn say_on(&self, asking: &Asking, parts: Vec<Part>) {
        for part in parts {
            if !self.respond(asking, &part, false).await {
                return;
            }
        }
    }

    async fn respond(&self, asking: &Asking, part: &Part, in_place: bool) -> bool {
        let asked = &asking.asked;
        let thread = asked.thread_ts.as_deref();
        let sent = match &asked.response_url {
            Some(url) => {
                let mut body = json!({
                    "response_type": "ephemeral",
                    "replace_original": in_place,
                    "text": part.text,
                    "blocks": part.blocks,
                });
                if let Some(thread) = thread.filter(|_| !in_place) {
                    body["thread_ts"] = json!(thread);
                }
                self.web().respond(url, &body).await
            }
            // Inside a modal there is no such address.
            None => {
                self.web().post_ephemeral(&asked.channel, &asked.user, thread, &part.text, &part.blocks).await
            }
        };
        if let Err(error) = &sent {
            // What was asked for is done; the person who sees no answer asks again.
            tracing::warn!(%error, "an answer could not be shown");
        }
        sent.is_ok()
    }
}

/// A modal that keeps where it was opened.
fn kept(mut view: View, asking: &Asking) -> View {
    view.private_metadata = asking.asked.kept();
    view
}

/// Whether there is something to choose from, for which a message is too small.
fn has_select(message: &Outgoing) -> bool {
    message.actions.iter().any(|action| matches!(action.control, Control::Select { .. }))
}
