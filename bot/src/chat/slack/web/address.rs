//! Which addresses are Slack's: the bot's token and its answers go nowhere else.

use std::net::IpAddr;

use reqwest::Url;

/// Where answers to interactions go.
const RESPONSE_HOST: &str = "hooks.slack.com";

/// Scheme and host, and nothing else: `https`, or `http` on this machine.
pub(super) fn parse_base(base: &str) -> Option<Url> {
    let url = Url::parse(base.trim()).ok()?;
    let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let plain = is_plain(&url) && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (safe && plain && url.host_str().is_some()).then_some(url)
}

/// The address, where the bot's token may go to it for a file.
pub(super) fn file_address(base: &Url, url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let slacks = is_public(&url) && url.host_str().is_some_and(is_slacks);
    (is_plain(&url) && (slacks || url.origin() == base.origin())).then_some(url)
}

/// The address, where answers to interactions may go to it.
pub(super) fn response_address(base: &Url, url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let slacks = is_public(&url) && url.host_str() == Some(RESPONSE_HOST);
    (is_plain(&url) && (slacks || url.origin() == base.origin())).then_some(url)
}

fn is_plain(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

fn is_public(url: &Url) -> bool {
    url.scheme() == "https" && url.port().is_none()
}

fn is_slacks(host: &str) -> bool {
    host == "slack.com" || host.ends_with(".slack.com")
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_safe_and_nothing_but_a_host() {
        let table = [
            ("https://slack.com", true),
            (" https://slack.com/\n", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost:8080", true),
            ("http://slack.com", false),
            ("http://10.0.0.1", false),
            ("http://127.0.0.1.evil.example", false),
            ("https://a@slack.com", false),
            ("https://slack.com/api", false),
            ("https://slack.com?a", false),
            ("ftp://slack.com", false),
            ("slack.com", false),
            ("", false),
        ];
        for (base, expected) in table {
            assert_eq!(parse_base(base).is_some(), expected, "{base}");
        }
    }

    #[test]
    fn the_token_goes_to_slack_and_the_base_alone() {
        let table = [
            ("https://slack.com", "https://files.slack.com/files-pri/T1-F1/a.txt", true, false),
            ("https://slack.com", "https://acme.enterprise.slack.com/files-pri/T1-F1/a.txt", true, false),
            ("https://slack.com", "https://slack.com/files-pri/T1-F1/a.txt", true, true),
            ("https://slack.com", "https://hooks.slack.com/commands/1/2", true, true),
            ("https://slack.com", "http://files.slack.com/a.txt", false, false),
            ("https://slack.com", "https://files.slack.com:444/a.txt", false, false),
            ("https://slack.com", "https://files.slack.com@evil.example/a.txt", false, false),
            ("https://slack.com", "https://a@files.slack.com/a.txt", false, false),
            ("https://slack.com", "https://files.slack.com.evil.example/a.txt", false, false),
            ("https://slack.com", "https://evilslack.com/a.txt", false, false),
            ("https://slack.com", "https://docs.google.com/a", false, false),
            ("https://slack.com", "file:///etc/passwd", false, false),
            ("https://slack.com", "a.txt", false, false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/a.txt", true, true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8081/a.txt", false, false),
            ("http://127.0.0.1:8080", "https://127.0.0.1:8080/a.txt", false, false),
        ];
        for (base, url, file, response) in table {
            let base = Url::parse(base).unwrap();
            assert_eq!(file_address(&base, url).is_some(), file, "file: {base} {url}");
            assert_eq!(response_address(&base, url).is_some(), response, "answer: {base} {url}");
        }
    }
}
