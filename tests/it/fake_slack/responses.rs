//! The addresses that a click or a command can be answered at: five times within half an hour.

use serde_json::{Value, json};
use studybot::domain::ids::Timestamp;

use super::args::Args;
use super::http::Served;
use super::interactions::Source;
use super::world::World;

const USES: u32 = 5;
const LIFE_MS: i64 = 30 * 60_000;
/// What an answer may hold.
const KEYS: [&str; 6] =
    ["text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts"];

/// An address to answer at.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) interaction: u64,
    pub(crate) made: Timestamp,
    pub(crate) used: u32,
}

impl World {
    /// Makes an address for an interaction. Returns its path.
    pub(crate) fn make_hook(&mut self, interaction: u64, folder: &str) -> String {
        let path =
            format!("/{folder}/{}/{}/{}", self.team, self.ids.number(), self.ids.long().replace('-', ""));
        let hook = Hook { interaction, made: self.now(), used: 0 };
        self.interactions.hooks.insert(path.clone(), hook);
        path
    }

    /// An answer that the bot sends to such an address.
    pub(crate) fn respond(&mut self, path: &str, body: &Value) -> Served {
        let now = self.now();
        let Some(hook) = self.interactions.hooks.get_mut(path) else {
            self.problem("an answer to a response_url that there never was");
            return Served::answer(404, json!("no_hook"));
        };
        if now.since(hook.made) > LIFE_MS {
            return Served::answer(404, json!({"ok": false, "error": "expired_url"}));
        }
        if hook.used >= USES {
            self.problem("a response_url was used more than five times");
            return Served::answer(404, json!({"ok": false, "error": "used_url"}));
        }
        hook.used += 1;
        let interaction = hook.interaction;
        self.answer_interaction(interaction, body)
    }

    /// A message as an answer to what somebody did: new, or in the place of the one that they clicked on.
    pub(crate) fn answer_interaction(&mut self, interaction: u64, body: &Value) -> Served {
        let unknown: Vec<String> = body
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .filter(|key| !KEYS.contains(&key.as_str()))
            .collect();
        for key in unknown {
            self.problem(format!("an answer with an unknown key {key}"));
        }
        let of = self.interactions.all[&interaction].clone();
        if body["delete_original"] == true {
            self.delete_original(interaction);
            return Served::answer(200, json!("ok"));
        }
        let (text, blocks) = match self.content("an answer", &Args::from_json(body)) {
            Ok(content) => content,
            Err(refused) => return Served::answer(200, refused.body()),
        };
        if body["replace_original"] == true {
            self.replace_original(interaction, &text, blocks);
            return Served::answer(200, json!("ok"));
        }
        let Some(channel) = of.channel.clone() else {
            return Served::answer(200, json!({"ok": false, "error": "channel_not_found"}));
        };
        let mut json = self.own_message(&text, blocks);
        let thread = body["thread_ts"].as_str().map(str::to_owned).or(of.thread.clone());
        if let Some(thread) = thread {
            json["thread_ts"] = json!(thread);
        }
        if body["response_type"] == "in_channel" {
            self.store(&channel, json.clone());
            self.tell_message(&channel, &json);
            self.mark_public(interaction, &json);
        } else {
            self.show_ephemeral(&of.person, &channel, json, Some(interaction));
        }
        Served::answer(200, json!("ok"))
    }

    fn delete_original(&mut self, interaction: u64) {
        match self.interactions.all[&interaction].source.clone() {
            Source::Ephemeral(ts) => {
                self.ephemerals.remove(&ts);
            }
            Source::Message { channel, ts } => self.remove(&channel, &ts),
            Source::Nothing | Source::View(_) => self.problem("delete_original where there is no original"),
        }
        self.interactions.all.get_mut(&interaction).expect("a known interaction").answered = true;
    }

    fn replace_original(&mut self, interaction: u64, text: &str, blocks: Option<Value>) {
        let change = |message: &mut Value| {
            message["text"] = json!(text);
            match blocks {
                Some(blocks) => message["blocks"] = blocks,
                None => {
                    message.as_object_mut().expect("a message").remove("blocks");
                }
            }
        };
        match self.interactions.all[&interaction].source.clone() {
            Source::Ephemeral(ts) => {
                let Some(there) = self.ephemerals.get_mut(&ts) else { return };
                change(&mut there.json);
                let of = self.interactions.all.get_mut(&interaction).expect("a known interaction");
                of.ephemerals.push(ts);
            }
            Source::Message { channel, ts } => {
                let Some(before) = self.message(&channel, &ts).cloned() else { return };
                let mut after = before.clone();
                change(&mut after);
                after["edited"] = json!({"user": self.bot_user, "ts": self.next_ts()});
                self.store(&channel, after.clone());
                self.tell_changed(&channel, &after, &before);
                self.mark_public(interaction, &after);
            }
            Source::Nothing | Source::View(_) => self.problem("replace_original where there is no original"),
        }
    }

    fn mark_public(&mut self, interaction: u64, message: &Value) {
        let of = self.interactions.all.get_mut(&interaction).expect("a known interaction");
        of.posted.push(message["ts"].as_str().unwrap_or_default().to_owned());
    }
}
