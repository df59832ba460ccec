//! Slack's own markup in texts that the bot sends: what stands between `<` and `>`.

use super::world::World;

impl World {
    /// Notes what is wrong with a text, and whom it would call.
    pub(crate) fn look_at_mrkdwn(&mut self, what: &str, text: &str) {
        let mut wrong = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['<', '>', '&']) {
            let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
            rest = after;
            match sign {
                b'&' if ["amp;", "lt;", "gt;"].iter().any(|entity| after.starts_with(entity)) => {}
                b'&' => wrong.push("an & that is not escaped".to_owned()),
                b'>' => wrong.push("a > that is not escaped".to_owned()),
                _ => match after.find(['<', '>', '\n']) {
                    Some(end) if after.as_bytes()[end] == b'>' => {
                        wrong.extend(self.sequence(&after[..end]));
                        rest = &after[end + 1..];
                    }
                    _ => wrong.push("a < that is not escaped".to_owned()),
                },
            }
        }
        for wrong in wrong {
            self.problem(format!("{what}: {wrong}"));
        }
    }

    /// What is wrong with a sequence such as `!date^1700000000^{time}|then`.
    fn sequence(&self, inside: &str) -> Option<String> {
        let (target, label) =
            inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
        if let Some(date) = target.strip_prefix("!date^") {
            let parts: Vec<&str> = date.split('^').collect();
            let good = (2..=3).contains(&parts.len())
                && parts[0].parse::<i64>().is_ok()
                && parts[1].contains('{')
                && label.is_some_and(|label| !label.is_empty());
            return (!good).then(|| format!("a date of an unknown shape: <{inside}>"));
        }
        if let Some(group) = target.strip_prefix("!subteam^") {
            return (!self.groups.contains_key(group))
                .then(|| format!("a call to a group that there isn't: <{inside}>"));
        }
        if let Some(channel) = target.strip_prefix('#') {
            return (!self.channels.contains_key(channel))
                .then(|| format!("a link to no channel: <{inside}>"));
        }
        if target.starts_with(['@', '!']) {
            return Some(format!("a call to people: <{inside}>"));
        }
        let is_link = ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
        (!is_link || target.contains(' ')).then(|| format!("a < that is not escaped: <{inside}>"))
    }
}
