//! What the bot reads: a channel's history and a thread's replies, a page at a time.

use serde_json::{Value, json};

use super::answers::{Answered, Refused, refuse};
use super::args::Args;
use super::ids::micros;
use super::world::World;

/// Messages on a page, where none were asked for, and the most that may be.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 999;

/// The part of a channel that was asked for.
struct Range {
    oldest: Option<i64>,
    latest: Option<i64>,
    inclusive: bool,
    limit: usize,
    /// What the last page ended with.
    after: Option<String>,
}

impl World {
    pub(crate) fn history(&mut self, args: &Args) -> Answered {
        let channel = self.readable(args.text("channel"))?;
        let range = self.range(args)?;
        let stands_in_channel = |message: &&Value| {
            let thread = message["thread_ts"].as_str();
            thread.is_none_or(|thread| message["ts"] == *thread) || message["subtype"] == "thread_broadcast"
        };
        let all = self.channels[&channel].messages.values().rev();
        let fitting: Vec<&Value> = all
            .filter(stands_in_channel)
            .filter(|message| range.holds(ts(message)))
            .filter(|message| range.after.as_deref().is_none_or(|after| ts(message) < after))
            .collect();
        self.page(&channel, &fitting, &range, args, None)
    }

    pub(crate) fn thread(&mut self, args: &Args) -> Answered {
        let channel = self.readable(args.text("channel"))?;
        let range = self.range(args)?;
        let Some(named) = self.message(&channel, args.text("ts")) else { return refuse("thread_not_found") };
        let root = ts(named).to_owned();
        let all = self.channels[&channel].messages.values();
        let fitting: Vec<&Value> = all
            .filter(|message| message["thread_ts"] == *root && message["ts"] != *root)
            .filter(|message| range.holds(ts(message)))
            .filter(|message| range.after.as_deref().is_none_or(|after| ts(message) > after))
            .collect();
        self.page(&channel, &fitting, &range, args, Some(named))
    }

    /// A page of these messages, behind the one that their thread hangs from.
    fn page(
        &self,
        channel: &str,
        fitting: &[&Value],
        range: &Range,
        args: &Args,
        parent: Option<&Value>,
    ) -> Answered {
        let metadata = args.flag("include_all_metadata") == Some(true);
        let page = &fitting[..fitting.len().min(range.limit)];
        let more = fitting.len() > page.len();
        let messages: Vec<Value> = parent
            .into_iter()
            .chain(page.iter().copied())
            .map(|message| self.shown_in(channel, message, metadata))
            .collect();
        let mut answer = json!({"messages": messages, "has_more": more});
        if more && let Some(last) = page.last() {
            answer["response_metadata"] = json!({"next_cursor": cursor(ts(last))});
        }
        Ok(answer)
    }

    /// A channel whose messages the bot may read.
    fn readable(&self, channel: &str) -> Result<String, Refused> {
        let Some(there) = self.channels.get(channel) else { return refuse("channel_not_found") };
        let scope = there.kind.history();
        if !self.has_scope(scope) {
            return Err(self.missing(scope));
        }
        if self.bot_is_in(channel) {
            return Ok(channel.to_owned());
        }
        refuse(if there.kind == super::world::Kind::Public { "not_in_channel" } else { "channel_not_found" })
    }

    fn range(&self, args: &Args) -> Result<Range, Refused> {
        let time = |key: &str, error| match args.has(key) {
            false => Ok(None),
            true => micros(args.text(key)).map(Some).ok_or(Refused::because(error)),
        };
        let asked = args.number("limit").unwrap_or(PAGE);
        if asked == 0 || asked > LARGEST_PAGE {
            return refuse("invalid_limit");
        }
        Ok(Range {
            oldest: time("oldest", "invalid_ts_oldest")?,
            latest: time("latest", "invalid_ts_latest")?,
            inclusive: args.flag("inclusive") == Some(true),
            // Slack may give fewer than were asked for.
            limit: asked.min(self.config.largest_page),
            after: place(args)?,
        })
    }
}

impl Range {
    fn holds(&self, ts: &str) -> bool {
        let at = micros(ts).unwrap_or(0);
        let inside = |bound: Option<i64>, before: fn(i64, i64) -> bool| {
            bound.is_none_or(|bound| before(bound, at) || (self.inclusive && bound == at))
        };
        inside(self.oldest, |bound, at| bound < at) && inside(self.latest, |bound, at| at < bound)
    }
}

fn ts(message: &Value) -> &str {
    message["ts"].as_str().unwrap_or_default()
}

/// A text that says where a page ended; what it is made of is nobody's business but the fake's.
pub(crate) fn cursor(place: &str) -> String {
    let bytes: String = place.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("next:{bytes}==")
}

/// The place that the request's cursor stands for.
pub(crate) fn place(args: &Args) -> Result<Option<String>, Refused> {
    if args.text("cursor").is_empty() {
        return Ok(None);
    }
    let hex = args.text("cursor").strip_prefix("next:").and_then(|rest| rest.strip_suffix("=="));
    let byte = |at: usize, hex: &str| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes =
        hex.and_then(|hex| (0..hex.len()).step_by(2).map(|at| byte(at, hex)).collect::<Option<Vec<u8>>>());
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(place) => Ok(Some(place)),
        None => refuse("invalid_cursor"),
    }
}
