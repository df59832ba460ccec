//! What the bot writes: messages, changes of them, messages for one person, reactions.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::answers::{Answered, Refused, refuse};
use super::args::Args;
use super::blocks::{self, Place};
use super::world::{Channel, Ephemeral, Kind, World};

/// Characters of a message's text.
const TEXT: usize = 40_000;

impl World {
    pub(crate) fn post_message(&mut self, args: &Args) -> Answered {
        for flag in ["unfurl_links", "unfurl_media"] {
            if args.flag(flag) != Some(false) {
                self.problem(format!("chat.postMessage without {flag}: false"));
            }
        }
        let channel = self.writable(args.text("channel"))?;
        let thread = self.thread_of(&channel, args)?;
        let (text, blocks) = self.content("chat.postMessage", args)?;
        let metadata = args.json("metadata");
        if metadata.is_none() {
            self.problem("chat.postMessage without metadata");
        }
        self.check_metadata(metadata.as_ref())?;
        self.limiter.post(&channel, Instant::now()).map_err(Refused::too_many)?;
        let mut message = self.own_message(&text, blocks);
        if let Some(metadata) = metadata {
            message["metadata"] = metadata;
        }
        if let Some(thread) = thread {
            message["thread_ts"] = json!(thread);
            message["parent_user_id"] = self.channels[&channel].messages[&thread]["user"].clone();
            if args.flag("reply_broadcast") == Some(true) {
                message["subtype"] = json!("thread_broadcast");
            }
        }
        let ts = message["ts"].clone();
        self.store(&channel, message.clone());
        self.tell_message(&channel, &message);
        Ok(json!({"channel": channel, "ts": ts, "message": self.shown(&message, false)}))
    }

    pub(crate) fn update_message(&mut self, args: &Args) -> Answered {
        let channel = self.writable(args.text("channel"))?;
        let ts = args.text("ts").to_owned();
        let Some(before) = self.message(&channel, &ts).cloned() else { return refuse("message_not_found") };
        if before["bot_id"] != json!(self.bot_id) || before["subtype"] == "tombstone" {
            return refuse("cant_update_message");
        }
        if let Some(most) = self.config.edit_window_ms {
            let made = super::ids::micros(&ts).unwrap_or(0) / 1_000;
            if self.now().0 - made > most {
                return refuse("edit_window_closed");
            }
        }
        let mut after = before.clone();
        if args.has("text") || args.has("blocks") {
            let (text, blocks) = self.content("chat.update", args)?;
            after["text"] = json!(text);
            if let Some(blocks) = blocks {
                after["blocks"] = blocks;
            }
        } else {
            return refuse("no_text");
        }
        if let Some(metadata) = args.json("metadata") {
            self.check_metadata(Some(&metadata))?;
            after["metadata"] = metadata;
        }
        let edited = self.next_ts();
        after["edited"] = json!({"user": self.bot_user, "ts": edited});
        self.store(&channel, after.clone());
        self.tell_changed(&channel, &after, &before);
        let text = after["text"].clone();
        Ok(json!({"channel": channel, "ts": ts, "text": text, "message": self.shown(&after, false)}))
    }

    pub(crate) fn post_ephemeral(&mut self, args: &Args) -> Answered {
        let channel = self.writable(args.text("channel"))?;
        let thread = self.thread_of(&channel, args)?;
        let (text, blocks) = self.content("chat.postEphemeral", args)?;
        let person = args.text("user").to_owned();
        if !self.channels[&channel].members.contains(&person) {
            return refuse("user_not_in_channel");
        }
        let mut json = self.own_message(&text, blocks);
        if let Some(thread) = thread {
            json["thread_ts"] = json!(thread);
        }
        let ts = json["ts"].clone();
        self.show_ephemeral(&person, &channel, json, None);
        Ok(json!({"message_ts": ts}))
    }

    /// Shows a message to one person, as an answer to what they did if it is one.
    pub(crate) fn show_ephemeral(
        &mut self,
        person: &str,
        channel: &str,
        mut json: Value,
        interaction: Option<u64>,
    ) {
        json["channel"] = json!(channel);
        let ts = json["ts"].as_str().unwrap_or_default().to_owned();
        let (person, channel) = (person.to_owned(), channel.to_owned());
        let of = match interaction {
            Some(number) => self.interactions.all.get_mut(&number),
            // What is shown without a response_url answers what the person did last.
            None => self.interactions.all.values_mut().rev().find(|of| of.person == person),
        };
        if let Some(of) = of {
            of.ephemerals.push(ts.clone());
        }
        self.ephemerals.insert(ts, Ephemeral { person, channel, json });
    }

    pub(crate) fn add_reaction(&mut self, args: &Args) -> Answered {
        let channel = self.writable(args.text("channel"))?;
        let (name, bot) = (args.text("name").to_owned(), self.bot_user.clone());
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-+'".contains(&byte);
        if name.is_empty() || !name.bytes().all(known) {
            self.problem(format!("a reaction named {name:?}"));
            return refuse("invalid_name");
        }
        let ts = args.text("timestamp");
        let Some(message) = self.channel_mut(&channel).messages.get_mut(ts) else {
            return refuse("message_not_found");
        };
        if message["reactions"].is_null() {
            message["reactions"] = json!([]);
        }
        let reactions = message["reactions"].as_array_mut().expect("reactions");
        match reactions.iter_mut().find(|reaction| reaction["name"] == *name) {
            Some(there) => {
                let users = there["users"].as_array_mut().expect("users");
                if users.contains(&json!(bot)) {
                    return refuse("already_reacted");
                }
                users.push(json!(bot));
                there["count"] = json!(users.len());
            }
            None => reactions.push(json!({"name": name, "users": [bot], "count": 1})),
        }
        Ok(json!({}))
    }

    /// A channel that the bot may write in; a person's id stands for the conversation with them.
    fn writable(&mut self, channel: &str) -> Result<String, Refused> {
        let id = if self.users.contains_key(channel) { self.direct_to(channel)? } else { channel.to_owned() };
        let Some(there) = self.channels.get(&id) else { return refuse("channel_not_found") };
        let Channel { kind, archived, .. } = *there;
        match (kind, self.bot_is_in(&id)) {
            (Kind::Private, false) => refuse("channel_not_found"),
            _ if archived => refuse("is_archived"),
            (_, false) => refuse("not_in_channel"),
            _ => Ok(id),
        }
    }

    fn thread_of(&mut self, channel: &str, args: &Args) -> Result<Option<String>, Refused> {
        if !args.has("thread_ts") {
            return Ok(None);
        }
        let ts = args.text("thread_ts");
        match self.message(channel, ts) {
            None => refuse("thread_not_found"),
            Some(parent) if parent["thread_ts"].as_str().is_some_and(|thread| thread != ts) => {
                self.problem(format!("a thread on {ts}, which is a reply itself"));
                refuse("thread_not_found")
            }
            Some(_) => Ok(Some(ts.to_owned())),
        }
    }

    /// A message of the bot with this content.
    pub(crate) fn own_message(&mut self, text: &str, blocks: Option<Value>) -> Value {
        let ts = self.next_ts();
        let mut json = json!({
            "type": "message", "user": self.bot_user, "ts": ts, "bot_id": self.bot_id, "app_id": self.app,
            "text": text, "team": self.team, "bot_profile": self.bot_profile(),
        });
        if let Some(blocks) = blocks {
            json["blocks"] = blocks;
        }
        json
    }

    /// Text and blocks of a message, checked. Blocks without an id get one, as on Slack.
    pub(crate) fn content(&mut self, what: &str, args: &Args) -> Result<(String, Option<Value>), Refused> {
        let text = args.text("text").to_owned();
        let blocks = args.json("blocks");
        let has_blocks = blocks.as_ref().and_then(Value::as_array).is_some_and(|blocks| !blocks.is_empty());
        if text.is_empty() && !has_blocks {
            return refuse("no_text");
        }
        if text.is_empty() {
            self.problem(format!("{what}: blocks without a text for notifications"));
        }
        if text.chars().count() > TEXT {
            self.problem(format!("{what}: a text of more than {TEXT} characters"));
            return refuse("msg_too_long");
        }
        self.look_at_mrkdwn(what, &text);
        let Some(mut blocks) = blocks else { return Ok((text, None)) };
        self.check_blocks(what, &blocks, Place::Message)?;
        self.number_blocks(&mut blocks);
        Ok((text, Some(blocks)))
    }

    /// Refuses blocks that are against Block Kit's rules, and notes what else is wrong with them.
    pub(crate) fn check_blocks(&mut self, what: &str, blocks: &Value, place: Place) -> Result<(), Refused> {
        let found = blocks::check(blocks, place);
        for text in &found.texts {
            self.look_at_mrkdwn(what, text);
        }
        for oddity in &found.odd {
            self.problem(format!("{what}: {oddity}"));
        }
        for wrong in &found.wrong {
            self.problem(format!("{what}: {wrong}"));
        }
        if found.too_long {
            return refuse("msg_blocks_too_long");
        }
        if found.wrong.is_empty() {
            return Ok(());
        }
        Err(Refused::with_messages("invalid_blocks", &found.wrong))
    }

    /// Gives ids to blocks that have none.
    pub(crate) fn number_blocks(&mut self, blocks: &mut Value) {
        for block in blocks.as_array_mut().into_iter().flatten() {
            if block["block_id"].is_null() {
                block["block_id"] = json!(format!("b{:04}", self.ids.number()));
            }
        }
    }

    fn check_metadata(&mut self, metadata: Option<&Value>) -> Result<(), Refused> {
        let Some(metadata) = metadata else { return Ok(()) };
        let good = metadata["event_type"].as_str().is_some_and(|kind| !kind.is_empty())
            && metadata["event_payload"].is_object();
        let emptied = metadata.as_object().is_some_and(serde_json::Map::is_empty);
        if !good && !emptied {
            self.problem(format!("metadata of an unknown shape: {metadata}"));
            return refuse("invalid_metadata_format");
        }
        Ok(())
    }
}
