//! Slack's text of a message, back to what the person typed.
//!
//! Slack escapes three characters and puts addresses, mentions and times between `<` and `>`:
//! <https://docs.slack.dev/messaging/formatting-message-text>. Nothing is looked up here, so the same text always
//! reads the same.

/// What the person typed, as far as Slack's text tells.
pub(super) fn plain(text: &str) -> String {
    let mut typed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        typed.push_str(&decoded(&rest[..at]));
        let inside = &rest[at + 1..];
        // Slack's own `<` has its `>`; a `<` that somebody typed is written `&lt;`.
        match inside.find(['<', '>', '\n']).filter(|end| inside[*end..].starts_with('>')) {
            Some(end) => {
                typed.push_str(&token(&inside[..end]));
                rest = &inside[end + 1..];
            }
            None => {
                typed.push('<');
                rest = inside;
            }
        }
    }
    typed.push_str(&decoded(rest));
    typed
}

/// The three characters that Slack escapes, each once: what comes out is not read again.
fn decoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];
        match known.into_iter().find(|(escaped, _)| rest.starts_with(escaped)) {
            Some((escaped, c)) => {
                plain.push(c);
                rest = &rest[escaped.len()..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// What stands between `<` and `>`, as people see it.
fn token(inside: &str) -> String {
    let (what, label) = match inside.split_once('|') {
        Some((what, label)) => (what, Some(decoded(label)).filter(|label| !label.is_empty())),
        None => (inside, None),
    };
    let named = |mark: char, id: &str| {
        let name = label.clone().unwrap_or_else(|| decoded(id));
        if name.starts_with(mark) { name } else { format!("{mark}{name}") }
    };
    if let Some(special) = what.strip_prefix('!') {
        if special.starts_with("date^") {
            return label.unwrap_or_else(|| decoded(special));
        }
        return named('@', special.strip_prefix("subteam^").unwrap_or(special));
    }
    if let Some(person) = what.strip_prefix('@') {
        return named('@', person);
    }
    if let Some(channel) = what.strip_prefix('#') {
        return named('#', channel);
    }
    let address = decoded(what);
    match label {
        Some(label) if says_address(&label, &address) => label,
        Some(label) => format!("{label} ({address})"),
        None => address,
    }
}

/// Whether a label is its address, as when Slack made a link of what somebody typed.
fn says_address(label: &str, address: &str) -> bool {
    let bare = |text: &str| {
        let text = ["https://", "http://", "mailto:", "tel:"]
            .into_iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text);
        text.trim_end_matches('/').to_lowercase()
    };
    bare(label) == bare(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slack_s_text_reads_as_it_was_typed() {
        let cases = [
            ("a &lt;b&gt; &amp; c", "a <b> & c"),
            ("&amp;lt;", "&lt;"),
            ("&amp;amp;", "&amp;"),
            ("& &copy; &lt", "& &copy; &lt"),
            ("see <https://x.org/a?b=1&amp;c=2>", "see https://x.org/a?b=1&c=2"),
            ("<https://x.org|the docs>", "the docs (https://x.org)"),
            ("<http://x.org|x.org> <https://x.org/|https://x.org>", "x.org https://x.org"),
            ("<mailto:a@x.org|a@x.org> <tel:+49123|+49123>", "a@x.org +49123"),
            ("<@U1> <@U1|mara> <@W2|>", "@U1 @mara @W2"),
            ("<#C1|general> <#C1> <#C1|>", "#general #C1 #C1"),
            ("<!here> <!channel|channel> <!everyone|@everyone>", "@here @channel @everyone"),
            ("<!subteam^S1|@ops> <!subteam^S1>", "@ops @S1"),
            ("<!date^1700000000^{date}|14 Nov> <!date^1^{date}>", "14 Nov date^1^{date}"),
            ("<https://x.org|a &lt;b&gt;>", "a <b> (https://x.org)"),
            ("*bold* `code` :tada:", "*bold* `code` :tada:"),
            ("a < b <@U1", "a < b <@U1"),
            ("<<@U1>>", "<@U1>"),
            ("<>", ""),
            ("", ""),
        ];
        for (slack, typed) in cases {
            assert_eq!(plain(slack), typed, "{slack}");
        }
    }

    proptest! {
        #[test]
        fn what_slack_escapes_comes_back(typed in "[^\u{0}]{0,80}") {
            let escaped = typed.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            prop_assert_eq!(plain(&escaped), typed);
        }

        #[test]
        fn any_text_can_be_read(text in "(<|>|\\||!|@|#|\\^|&amp;|&|date|subteam|https://x|\u{fc}|\n|.){0,40}") {
            let read = plain(&text);
            prop_assert!(read.len() <= text.len() + 3 * text.matches('|').count() + text.matches('<').count());
        }
    }
}
