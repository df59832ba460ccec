//! What the bot may do in a channel, reckoned as Discord does:
//! <https://discord.com/developers/docs/topics/permissions#permission-overwrites>.

use serde::Deserialize;
use serenity::model::Permissions;

/// What the bot can't do its work without, with the names that Discord's settings show.
pub(super) const NEEDED: [(Permissions, &str); 7] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::EMBED_LINKS, "Embed Links"),
    (Permissions::READ_MESSAGE_HISTORY, "Read Message History"),
    (Permissions::ADD_REACTIONS, "Add Reactions"),
    (Permissions::CREATE_PUBLIC_THREADS, "Create Public Threads"),
    (Permissions::SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
];

/// All of [`NEEDED`].
pub(super) fn needed() -> Permissions {
    NEEDED.iter().fold(Permissions::empty(), |all, (permission, _)| all | *permission)
}

/// The names of what is missing.
pub(super) fn missing(has: Permissions) -> Vec<&'static str> {
    NEEDED.iter().filter(|(permission, _)| !has.contains(*permission)).map(|(_, name)| *name).collect()
}

/// A role, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) permissions: Permissions,
}

/// A channel's exception for a role or a member.
#[derive(Debug, Deserialize)]
pub(super) struct Overwrite {
    pub(super) id: String,
    pub(super) allow: Permissions,
    pub(super) deny: Permissions,
}

/// What a member may do in a channel. `server` is also the id of the role that everybody has.
pub(super) fn in_channel(
    server: &str,
    member: &str,
    member_roles: &[String],
    roles: &[Role],
    overwrites: &[Overwrite],
) -> Permissions {
    let has = |role: &str| role == server || member_roles.iter().any(|own| own == role);
    let base = roles
        .iter()
        .filter(|role| has(&role.id))
        .fold(Permissions::empty(), |all, role| all | role.permissions);
    if base.contains(Permissions::ADMINISTRATOR) {
        return Permissions::all();
    }
    let apply = |permissions: Permissions, which: &dyn Fn(&str) -> bool| {
        let (mut allow, mut deny) = (Permissions::empty(), Permissions::empty());
        for overwrite in overwrites.iter().filter(|overwrite| which(&overwrite.id)) {
            allow |= overwrite.allow;
            deny |= overwrite.deny;
        }
        (permissions & !deny) | allow
    };
    let permissions = apply(base, &|id| id == server);
    let permissions = apply(permissions, &|id| id != server && has(id));
    let permissions = apply(permissions, &|id| id == member);
    // Nothing can be done in a channel that can't be seen.
    if permissions.contains(Permissions::VIEW_CHANNEL) { permissions } else { Permissions::empty() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: &str, permissions: Permissions) -> Role {
        Role { id: id.to_owned(), permissions }
    }

    fn overwrite(id: &str, allow: Permissions, deny: Permissions) -> Overwrite {
        Overwrite { id: id.to_owned(), allow, deny }
    }

    const VIEW: Permissions = Permissions::VIEW_CHANNEL;
    const SEND: Permissions = Permissions::SEND_MESSAGES;

    fn bot(roles: &[Role], overwrites: &[Overwrite]) -> Permissions {
        in_channel("1", "9", &["2".to_owned()], roles, overwrites)
    }

    #[test]
    fn roles_add_up_and_nearer_exceptions_win() {
        let none = Permissions::empty();
        let roles = [role("1", VIEW), role("2", SEND), role("3", Permissions::all())];
        assert_eq!(bot(&roles, &[]), VIEW | SEND, "role 3 is somebody else's");
        assert_eq!(bot(&roles, &[overwrite("1", none, SEND)]), VIEW);
        let role_allows = [overwrite("1", none, SEND), overwrite("2", SEND, none)];
        assert_eq!(bot(&roles, &role_allows), VIEW | SEND);
        let member_denied = [overwrite("2", SEND, none), overwrite("9", none, SEND)];
        assert_eq!(bot(&roles, &member_denied), VIEW);
        assert_eq!(
            bot(&roles, &[overwrite("9", none, VIEW)]),
            none,
            "what can't be seen can't be written in"
        );
        let admin = [role("1", none), role("2", Permissions::ADMINISTRATOR)];
        assert!(missing(bot(&admin, &[overwrite("1", none, VIEW)])).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing(needed() & !Permissions::ADD_REACTIONS), ["Add Reactions"]);
        assert!(missing(needed()).is_empty());
    }
}
