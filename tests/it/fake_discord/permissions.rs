//! Who may do what where, computed as Discord documents it.

use super::ids::Id;
use super::world::{Channel, Guild, World};

pub(crate) const MANAGE_GUILD: u64 = 1 << 5;
pub(crate) const ADD_REACTIONS: u64 = 1 << 6;
pub(crate) const VIEW_CHANNEL: u64 = 1 << 10;
pub(crate) const SEND_MESSAGES: u64 = 1 << 11;
pub(crate) const MANAGE_MESSAGES: u64 = 1 << 13;
pub(crate) const EMBED_LINKS: u64 = 1 << 14;
pub(crate) const ATTACH_FILES: u64 = 1 << 15;
pub(crate) const READ_MESSAGE_HISTORY: u64 = 1 << 16;
pub(crate) const MENTION_EVERYONE: u64 = 1 << 17;
pub(crate) const ADMINISTRATOR: u64 = 1 << 3;
pub(crate) const USE_COMMANDS: u64 = 1 << 31;
pub(crate) const MANAGE_THREADS: u64 = 1 << 34;
pub(crate) const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub(crate) const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;

/// Every bit that the fake knows: what an owner or an administrator has.
pub(crate) const ALL: u64 =
    MEMBER | MANAGE_GUILD | MANAGE_MESSAGES | MENTION_EVERYONE | ADMINISTRATOR | MANAGE_THREADS;
/// What `@everyone` has in a new guild.
pub(crate) const MEMBER: u64 = ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_COMMANDS
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS;
/// What the bot's own role gives it: all that it needs, and not Manage Threads.
pub(crate) const BOT: u64 = ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS;

/// What a channel changes for a role or a person.
#[derive(Clone, Debug)]
pub(crate) struct Overwrite {
    /// The role's or the person's id.
    pub(crate) of: Id,
    pub(crate) person: bool,
    pub(crate) allow: u64,
    pub(crate) deny: u64,
}

impl World {
    /// What somebody may do in a guild, channels apart. Nothing for a stranger.
    pub(crate) fn guild_permissions(&self, guild: &Guild, user: Id) -> u64 {
        let Some(member) = guild.members.get(&user) else { return 0 };
        if guild.owner == user {
            return ALL;
        }
        let of = |role: &Id| guild.roles.get(role).map_or(0, |role| role.permissions);
        let all = member.roles.iter().map(of).fold(of(&guild.id), |all, more| all | more);
        if all & ADMINISTRATOR == 0 { all } else { ALL }
    }

    /// What somebody may do in a channel. A thread has its parent's overwrites.
    pub(crate) fn permissions(&self, user: Id, channel: Id) -> u64 {
        let Some(channel) = self.channels.get(&channel) else { return 0 };
        let Some(guild) = channel.guild else {
            let mine = user == self.bot || channel.recipient == Some(user);
            return if mine { MEMBER } else { 0 };
        };
        let Some(guild) = self.guilds.get(&guild) else { return 0 };
        let base = self.guild_permissions(guild, user);
        if base & ADMINISTRATOR != 0 || base == 0 {
            return base;
        }
        let overwrites = self.overwrites(channel);
        let roles = &guild.members[&user].roles;
        let mut allowed = base;
        // The order matters: @everyone, then all roles together, then the person.
        for stage in 0..3 {
            let counts = |overwrite: &&Overwrite| match stage {
                0 => overwrite.of == guild.id,
                1 => !overwrite.person && roles.contains(&overwrite.of),
                _ => overwrite.person && overwrite.of == user,
            };
            let (deny, allow) = overwrites
                .iter()
                .filter(counts)
                .fold((0, 0), |(deny, allow), overwrite| (deny | overwrite.deny, allow | overwrite.allow));
            allowed = allowed & !deny | allow;
        }
        if allowed & VIEW_CHANNEL == 0 { 0 } else { allowed }
    }

    /// Whether somebody may do this there.
    pub(crate) fn may(&self, user: Id, channel: Id, needed: u64) -> bool {
        self.permissions(user, channel) & needed == needed
    }

    fn overwrites<'a>(&'a self, channel: &'a Channel) -> &'a [Overwrite] {
        let parent =
            channel.thread.as_ref().and(channel.parent).and_then(|parent| self.channels.get(&parent));
        &parent.unwrap_or(channel).overwrites
    }

    /// What it takes to write in a channel.
    pub(crate) fn to_write(&self, channel: Id) -> u64 {
        let in_thread = self.channels.get(&channel).is_some_and(|channel| channel.thread.is_some());
        VIEW_CHANNEL | if in_thread { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES }
    }
}
