//! What becomes of a text that somebody types: Slack's escaped form of it, and its rich text.

use serde_json::{Value, json};

use super::world::World;

/// A piece of a typed text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Link(String),
    Person(String),
    Channel(String),
    Group(String),
    Everybody(&'static str),
}

/// `&`, `<` and `>` as Slack writes them.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl World {
    /// A typed text as `text` and `blocks` of a message.
    pub(crate) fn typed(&mut self, team: &str, text: &str) -> (String, Value) {
        let pieces = self.pieces(team, text);
        let slacks: String = pieces.iter().map(|piece| self.in_text(piece)).collect();
        let elements: Vec<Value> = pieces.iter().map(element).collect();
        let mut blocks =
            json!([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}]);
        self.number_blocks(&mut blocks);
        (slacks, blocks)
    }

    fn pieces(&self, team: &str, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let begins_word = plain.chars().last().is_none_or(|last| !last.is_alphanumeric());
            let found = if begins_word { self.piece(team, rest) } else { None };
            if let Some((piece, length)) = found {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(piece);
                rest = &rest[length..];
            } else {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        pieces
    }

    /// What is more than plain text at the beginning of this, and how long it is in bytes.
    fn piece(&self, team: &str, text: &str) -> Option<(Piece, usize)> {
        if text.starts_with("https://") || text.starts_with("http://") {
            let end = text
                .find(|letter: char| letter.is_whitespace() || "<>\"".contains(letter))
                .unwrap_or(text.len());
            let address = text[..end].trim_end_matches(['.', ',', ';', ')', '!', '?', ':']);
            let has_host = address.split_once("//").is_some_and(|(_, host)| !host.is_empty());
            return has_host.then(|| (Piece::Link(address.to_owned()), address.len()));
        }
        if let Some(after) = text.strip_prefix('@') {
            for word in ["here", "channel", "everyone"] {
                if is_whole(after, word) {
                    return Some((Piece::Everybody(word), word.len() + 1));
                }
            }
            let people = self.users.iter().map(|(id, user)| (&user.name, Piece::Person(id.clone())));
            let groups = self.groups.iter().filter(|(_, group)| group.team == team);
            let groups = groups.map(|(id, group)| (&group.handle, Piece::Group(id.clone())));
            return longest(after, people.chain(groups));
        }
        let after = text.strip_prefix('#')?;
        let channels =
            self.channels.iter().filter(|(_, channel)| channel.team == team && !channel.name.is_empty());
        longest(after, channels.map(|(id, channel)| (&channel.name, Piece::Channel(id.clone()))))
    }

    fn in_text(&self, piece: &Piece) -> String {
        match piece {
            Piece::Plain(text) => escaped(text),
            Piece::Link(address) => format!("<{}>", escaped(address)),
            Piece::Person(id) => format!("<@{id}>"),
            Piece::Channel(id) => format!("<#{id}|{}>", self.channels[id].name),
            Piece::Group(id) => format!("<!subteam^{id}|@{}>", self.groups[id].handle),
            Piece::Everybody(word) => format!("<!{word}>"),
        }
    }
}

fn is_whole(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| rest.chars().next().is_none_or(|next| !next.is_alphanumeric()))
}

fn longest<'a>(text: &str, names: impl Iterator<Item = (&'a String, Piece)>) -> Option<(Piece, usize)> {
    let fitting = names.filter(|(name, _)| is_whole(text, name));
    fitting.max_by_key(|(name, _)| name.len()).map(|(name, piece)| (piece, name.len() + 1))
}

fn element(piece: &Piece) -> Value {
    match piece {
        Piece::Plain(text) => json!({"type": "text", "text": text}),
        Piece::Link(address) => json!({"type": "link", "url": address}),
        Piece::Person(id) => json!({"type": "user", "user_id": id}),
        Piece::Channel(id) => json!({"type": "channel", "channel_id": id}),
        Piece::Group(id) => json!({"type": "usergroup", "usergroup_id": id}),
        Piece::Everybody(word) => json!({"type": "broadcast", "range": word}),
    }
}
