//! A message of ours as Discord shows it: one or several parts, each a Discord message with exactly one embed.
//!
//! In embeds nothing pings, and addresses grow no previews. Pure: it knows builders, and never sends.

use serenity::all::{
    Colour, CreateActionRow, CreateAllowedMentions, CreateEmbed, CreateInteractionResponseFollowup,
    CreateInteractionResponseMessage, CreateMessage, EditInteractionResponse, EditMessage, Nonce, RoleId,
};
use sha2::{Digest, Sha256};

use super::blocks::{self, snowflake};
use super::controls::{Carried, ROWS_MAX, hidden_labels, rows as control_rows};
use super::escape::Escaper;
use super::split::{Cut, Row, pack};
use crate::domain::message::{Action, Outgoing};

/// Of an embed's description, in UTF-16 units here, which are at least as many as Discord's characters:
/// <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>. With one embed a message, the
/// 6,000 of all embeds together are never reached.
const DESCRIPTION_MAX: usize = 4_096;
/// Calm teal, no colour of success or failure and none of Discord's own; at least 3:1 against its light and dark
/// backgrounds.
const ACCENT: Colour = Colour::new(0x1f_9e_8f);
/// Stands where there is no text; shows nothing.
const NOTHING: &str = "\u{200b}";

/// One Discord message of a message of ours.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The text of its embed.
    pub(super) description: String,
    /// The embed's address, by which the part is found again; on messages that are kept.
    pub(super) url: Option<String>,
    /// The one role that is called.
    pub(super) role: Option<RoleId>,
    /// The rows of controls; none on all but the last parts.
    pub(super) components: Vec<CreateActionRow>,
    /// At most 25 characters, the same for the same key and part.
    pub(super) nonce: Option<String>,
}

impl Part {
    /// The part's embed.
    pub(super) fn embed(&self) -> CreateEmbed {
        let embed = CreateEmbed::new().description(self.description.clone()).colour(ACCENT);
        match &self.url {
            Some(url) => embed.url(url.clone()),
            None => embed,
        }
    }

    /// Text outside the embed: only there a role can be called.
    pub(super) fn content(&self) -> String {
        self.role.map(|role| format!("<@&{role}>")).unwrap_or_default()
    }

    fn mentions(&self) -> CreateAllowedMentions {
        CreateAllowedMentions::new().roles(self.role)
    }

    /// To be posted, into a channel, a thread or a direct message.
    pub(super) fn create(&self) -> CreateMessage {
        let mut message = CreateMessage::new()
            .embed(self.embed())
            .allowed_mentions(self.mentions())
            .components(self.components.clone());
        if self.role.is_some() {
            message = message.content(self.content());
        }
        match &self.nonce {
            Some(nonce) => message.nonce(Nonce::String(nonce.clone())).enforce_nonce(true),
            None => message,
        }
    }

    /// To take the place of what a message of ours says.
    pub(super) fn edit(&self) -> EditMessage {
        EditMessage::new()
            .content(self.content())
            .embed(self.embed())
            .allowed_mentions(self.mentions())
            .components(self.components.clone())
    }

    /// To answer an interaction with, for one person's eyes, or to take the place of such an answer.
    pub(super) fn respond(&self) -> CreateInteractionResponseMessage {
        CreateInteractionResponseMessage::new()
            .embed(self.embed())
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.components.clone())
            .ephemeral(true)
    }

    /// To fill in an answer that was deferred.
    pub(super) fn edit_response(&self) -> EditInteractionResponse {
        EditInteractionResponse::new()
            .embed(self.embed())
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.components.clone())
    }

    /// To follow an answer to an interaction, for one person's eyes.
    pub(super) fn follow_up(&self) -> CreateInteractionResponseFollowup {
        CreateInteractionResponseFollowup::new()
            .embed(self.embed())
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.components.clone())
            .ephemeral(true)
    }
}

/// A message as its parts: at least one.
pub(super) fn parts(message: &Outgoing, carried: Carried<'_>) -> Vec<Part> {
    let mut parts = panel(blocks::rows(&message.blocks), &message.actions, carried);
    if let Some(first) = parts.first_mut() {
        first.role = message.ping.as_ref().and_then(|group| snowflake(group.as_str())).map(RoleId::new);
    }
    parts
}

/// Lines and controls as parts: at least one.
pub(super) fn panel(mut rows: Vec<Row>, actions: &[Action], carried: Carried<'_>) -> Vec<Part> {
    rows.extend(labels(actions));
    let mut texts = pack(rows, DESCRIPTION_MAX);
    if texts.is_empty() {
        texts.push(NOTHING.to_owned());
    }
    let controls = control_rows(actions, carried);
    let mut groups = controls.chunks(ROWS_MAX).map(<[CreateActionRow]>::to_vec);
    let plain = texts.len().saturating_sub(1);
    let mut drawn: Vec<(String, Vec<CreateActionRow>)> = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let controls = if index == plain { groups.next().unwrap_or_default() } else { Vec::new() };
        drawn.push((text, controls));
    }
    drawn.extend(groups.map(|controls| ("-# More to choose from".to_owned(), controls)));
    drawn
        .into_iter()
        .zip(1..)
        .map(|((description, components), number)| Part {
            description,
            url: carried.key.map(|key| url(key, number)),
            role: None,
            components,
            nonce: carried.key.map(|key| nonce(key, number)),
        })
        .collect()
}

/// What the selects below are for, where their own placeholder is hidden by a choice.
fn labels(actions: &[Action]) -> Vec<Row> {
    hidden_labels(actions)
        .into_iter()
        .enumerate()
        .map(|(index, label)| {
            let mut row =
                Row::new("-# ", "-# ", Escaper::inside_line().atoms(&format!("Below: {label}"), false));
            row.gap = Cut::Block;
            row.spaced = index == 0;
            row
        })
        .collect()
}

/// The address of a part's embed, by which it is found again. Numbers begin with 1.
pub(super) fn url(key: &str, number: usize) -> String {
    if number < 2 {
        format!("https://discord.com/#{key}")
    } else {
        format!("https://discord.com/#{key}.{number}")
    }
}

/// What Discord compares to post nothing twice: 24 characters, where 25 are the most.
pub(super) fn nonce(key: &str, number: usize) -> String {
    let hash = Sha256::new().chain_update(number.to_le_bytes()).chain_update(key).finalize();
    hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
