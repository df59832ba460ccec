//! What people write, change and delete.

use serde_json::{Value, json};
use studybot::domain::ids::Timestamp;

use super::FakeSlack;
use super::files::File;
use super::ids;
use super::world::{Kind, World};

/// What somebody writes, beyond the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    pub(crate) files: Vec<File>,
    /// A reply that is shown in the channel, too.
    pub(crate) broadcast: bool,
}

impl FakeSlack {
    /// Writes in a channel, in a thread or (with the bot) a direct conversation. Panics where Slack would refuse.
    #[track_caller]
    pub(crate) fn say(
        &self,
        person: &str,
        channel: &str,
        thread: Option<&str>,
        text: &str,
        extras: Extras,
    ) -> String {
        let mut world = self.world();
        let there = world.channel(channel);
        assert!(there.members.contains(person), "{person} is not in {channel}");
        assert!(!there.archived, "{channel} is archived");
        assert!(!world.user(person).deleted, "{person} is gone");
        let ts = world.next_ts();
        let message = world.persons_message(person, channel, thread, text, &ts, extras);
        world.store(channel, message.clone());
        world.tell_message(channel, &message);
        ts
    }

    /// As `/me` does.
    pub(crate) fn say_me(&self, person: &str, channel: &str, text: &str) -> String {
        let mut world = self.world();
        let ts = world.next_ts();
        let text = super::typed::escaped(text);
        let message =
            json!({"type": "message", "subtype": "me_message", "user": person, "text": text, "ts": ts});
        world.store(channel, message.clone());
        world.tell_message(channel, &message);
        ts
    }

    /// Another bot writes, in the old way.
    pub(crate) fn bot_says(&self, channel: &str, thread: Option<&str>, text: &str) -> String {
        let mut world = self.world();
        let (ts, bot) = (world.next_ts(), world.ids.next('B'));
        let mut message = json!({
            "type": "message", "subtype": "bot_message", "bot_id": bot, "username": "another bot",
            "text": super::typed::escaped(text), "ts": ts,
        });
        if let Some(thread) = thread {
            message["thread_ts"] = json!(thread);
        }
        world.store(channel, message.clone());
        world.tell_message(channel, &message);
        ts
    }

    /// Puts a message there of which the bot hears nothing; `at` is when it was sent.
    pub(crate) fn insert(
        &self,
        person: &str,
        channel: &str,
        thread: Option<&str>,
        text: &str,
        at: Option<Timestamp>,
    ) -> String {
        let mut world = self.world();
        let mut ts = at.map_or_else(|| world.next_ts(), ids::at);
        while world.message(channel, &ts).is_some() {
            ts = ids::written(ids::micros(&ts).expect("a message's time") + 1);
        }
        let message = world.persons_message(person, channel, thread, text, &ts, Extras::default());
        world.store(channel, message);
        ts
    }

    /// Changes a message. The bot hears of it.
    pub(crate) fn edit(&self, channel: &str, ts: &str, text: &str) {
        let mut world = self.world();
        let (after, before) = world.edited(channel, ts, text);
        world.tell_changed(channel, &after, &before);
    }

    /// Slack shows a preview under a message: it is changed, and nobody edited it.
    pub(crate) fn unfurl(&self, channel: &str, ts: &str) {
        let mut world = self.world();
        let before = world.message(channel, ts).expect("the message").clone();
        let mut after = before.clone();
        after["attachments"] = json!([{
            "id": 1, "from_url": "https://example.com/", "original_url": "https://example.com/",
            "fallback": "Example", "title": "Example", "title_link": "https://example.com/", "service_name": "Example",
        }]);
        world.store(channel, after.clone());
        world.tell_changed(channel, &after, &before);
    }

    /// Deletes a message. One with replies leaves a tombstone.
    pub(crate) fn delete(&self, channel: &str, ts: &str) {
        self.world().remove(channel, ts);
    }

    /// A channel's messages, oldest first, replies left out.
    pub(crate) fn messages(&self, channel: &str) -> Vec<Value> {
        let world = self.world();
        let all = world.channel(channel).messages.values();
        let of_channel = |message: &&Value| {
            let thread = message["thread_ts"].as_str();
            thread.is_none_or(|thread| message["ts"] == *thread) || message["subtype"] == "thread_broadcast"
        };
        all.filter(of_channel).map(|message| world.shown_in(channel, message, true)).collect()
    }

    /// Every message of a channel, replies among the others, oldest first.
    pub(crate) fn all_messages(&self, channel: &str) -> Vec<Value> {
        let world = self.world();
        let all = world.channel(channel).messages.values();
        all.map(|message| world.shown_in(channel, message, true)).collect()
    }

    /// The replies to a message, oldest first.
    pub(crate) fn replies(&self, channel: &str, ts: &str) -> Vec<Value> {
        self.world().replies_of(channel, ts).into_iter().cloned().collect()
    }

    /// A message, with its metadata and what hangs from it.
    pub(crate) fn message(&self, channel: &str, ts: &str) -> Option<Value> {
        let world = self.world();
        world.message(channel, ts).map(|message| world.shown_in(channel, message, true))
    }

    /// The messages of somebody's conversation with the bot.
    pub(crate) fn directs(&self, person: &str) -> Vec<Value> {
        let channel = self.world().directs.get(person).cloned();
        channel.map(|channel| self.all_messages(&channel)).unwrap_or_default()
    }

    /// What only this person sees, oldest first.
    pub(crate) fn ephemerals(&self, person: &str) -> Vec<Value> {
        let world = self.world();
        let theirs = world.ephemerals.values().filter(|there| there.person == person);
        theirs.map(|there| there.json.clone()).collect()
    }
}

impl World {
    fn persons_message(
        &mut self,
        person: &str,
        channel: &str,
        thread: Option<&str>,
        text: &str,
        ts: &str,
        extras: Extras,
    ) -> Value {
        let there = self.channel(channel);
        let (team, kind) = (there.team.clone(), there.kind);
        let of = self.user(person).team.clone();
        let (slacks, blocks) = self.typed(&team, text);
        let mut message = json!({"type": "message", "user": person, "ts": ts, "text": slacks});
        if !text.is_empty() {
            message["blocks"] = blocks;
        }
        message["client_msg_id"] = json!(self.ids.long());
        message["team"] = json!(if kind == Kind::Direct { &of } else { &team });
        if self.teams[&of].foreign {
            message["user_team"] = json!(of);
            message["source_team"] = json!(of);
        }
        if let Some(thread) = thread {
            let parent =
                self.message(channel, thread).unwrap_or_else(|| panic!("there is no message {thread}"));
            message["parent_user_id"] = parent["user"].clone();
            message["thread_ts"] = json!(thread);
        }
        if extras.broadcast {
            assert!(thread.is_some(), "only a reply can be shown in the channel, too");
            message["subtype"] = json!("thread_broadcast");
        }
        if !extras.files.is_empty() {
            let files: Vec<Value> = extras.files.into_iter().map(|file| self.share(person, file)).collect();
            message["files"] = json!(files);
            message["upload"] = json!(false);
            message["display_as_bot"] = json!(false);
            message["subtype"] = json!("file_share");
        }
        message
    }

    /// Puts another text into a message. Returns it after and before.
    fn edited(&mut self, channel: &str, ts: &str, text: &str) -> (Value, Value) {
        let before = self.message(channel, ts).expect("the message to edit").clone();
        let team = self.channel(channel).team.clone();
        let (slacks, blocks) = self.typed(&team, text);
        let mut after = before.clone();
        after["text"] = json!(slacks);
        after["blocks"] = blocks;
        after["edited"] = json!({"user": before["user"], "ts": self.next_ts()});
        self.store(channel, after.clone());
        (after, before)
    }

    /// Deletes a message and tells of it.
    pub(crate) fn remove(&mut self, channel: &str, ts: &str) {
        let (before, tombstone) = self.take_out(channel, ts);
        match tombstone {
            Some(tombstone) => self.tell_changed(channel, &tombstone, &before),
            None => self.tell_deleted(channel, &before),
        }
    }

    /// Takes a message out, or lets a tombstone stand for it where replies hang from it. Returns it, and that.
    fn take_out(&mut self, channel: &str, ts: &str) -> (Value, Option<Value>) {
        let before = self.channel_mut(channel).messages.remove(ts).expect("the message to delete");
        if self.replies_of(channel, ts).is_empty() {
            return (before, None);
        }
        let tombstone = json!({
            "type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT",
            "hidden": true, "ts": ts, "thread_ts": ts,
        });
        self.store(channel, tombstone.clone());
        (before, Some(tombstone))
    }
}
