//! The methods of the Web API that there are here, what each takes, how often, and what it needs.
//!
//! Source: each method's page in Slack's documentation.

/// A method.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    /// It reads, so its arguments come in a form or a query, never as JSON.
    pub(crate) reads: bool,
    pub(crate) args: &'static [&'static str],
    /// How often it may be asked in a minute.
    pub(crate) per_minute: usize,
    /// What it needs whatever it is asked; where that depends on a channel, the method looks itself.
    pub(crate) scope: Option<&'static str>,
}

const TIER_2: usize = 20;
const TIER_3: usize = 50;
const TIER_4: usize = 100;
/// "Hundreds each minute", or limits of its own.
const SPECIAL: usize = 600;

const fn writes(
    name: &'static str,
    per_minute: usize,
    scope: Option<&'static str>,
    args: &'static [&'static str],
) -> Method {
    Method { name, reads: false, args, per_minute, scope }
}

const fn reads(
    name: &'static str,
    per_minute: usize,
    scope: Option<&'static str>,
    args: &'static [&'static str],
) -> Method {
    Method { name, reads: true, args, per_minute, scope }
}

/// Arguments that Slack has and a sound bot here never sends, such as `link_names`, are left out.
const METHODS: &[Method] = &[
    writes("auth.test", SPECIAL, None, &[]),
    // Tier 1, with room for the ten connections that an app may have.
    writes("apps.connections.open", 10, None, &[]),
    writes(
        "chat.postMessage",
        SPECIAL,
        Some("chat:write"),
        &[
            "channel",
            "text",
            "blocks",
            "thread_ts",
            "reply_broadcast",
            "metadata",
            "unfurl_links",
            "unfurl_media",
        ],
    ),
    writes("chat.update", TIER_3, Some("chat:write"), &["channel", "ts", "text", "blocks", "metadata"]),
    writes(
        "chat.postEphemeral",
        TIER_4,
        Some("chat:write"),
        &["channel", "user", "text", "blocks", "thread_ts"],
    ),
    writes("reactions.add", TIER_3, Some("reactions:write"), &["channel", "timestamp", "name"]),
    reads(
        "conversations.history",
        TIER_3,
        None,
        &["channel", "cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata"],
    ),
    reads(
        "conversations.replies",
        TIER_3,
        None,
        &["channel", "ts", "cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata"],
    ),
    reads("files.info", TIER_4, Some("files:read"), &["file"]),
    reads("conversations.info", TIER_3, None, &["channel", "include_locale", "include_num_members"]),
    writes("conversations.join", TIER_3, Some("channels:join"), &["channel"]),
    writes(
        "conversations.open",
        TIER_3,
        Some("im:write"),
        &["users", "channel", "return_im", "prevent_creation"],
    ),
    reads("conversations.list", TIER_2, None, &["cursor", "limit", "types", "exclude_archived", "team_id"]),
    reads("users.info", TIER_4, Some("users:read"), &["user", "include_locale"]),
    reads("users.list", TIER_2, Some("users:read"), &["cursor", "limit", "team_id", "include_locale"]),
    reads(
        "users.conversations",
        TIER_3,
        None,
        &["user", "cursor", "limit", "types", "exclude_archived", "team_id"],
    ),
    reads(
        "usergroups.list",
        TIER_2,
        Some("usergroups:read"),
        &["include_users", "include_count", "include_disabled", "team_id"],
    ),
    writes("views.open", TIER_4, None, &["trigger_id", "interactivity_pointer", "view"]),
    writes("views.update", TIER_4, None, &["view_id", "external_id", "view", "hash"]),
];

/// The method of this name.
pub(crate) fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}
