//! Fetches files that people attached to messages.
//!
//! It never sends the bot's token, and fetches from Discord's own hosts for files alone: an address in a message must
//! not make the bot ask anybody else.

use reqwest::{StatusCode, Url};

use super::{Rest, RestError};
use crate::chat::wire::{self, cause};

/// Where Discord keeps files.
/// [Source](https://docs.discord.com/developers/reference#cdn-endpoints).
const FILE_HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];
/// Discord's own hosts: where one of these is the base, files come from [`FILE_HOSTS`] alone.
const DISCORD_HOSTS: [&str; 2] = ["discord.com", "discordapp.com"];

impl Rest {
    /// The first `max_bytes` of an attachment; the rest isn't read, and the cut may be inside a character. `None`: it
    /// is gone, or its address has expired (403, 404, 410).
    ///
    /// # Errors
    /// [`RestError::Foreign`] for an address that nothing is fetched from; [`RestError::NotSent`] and
    /// [`RestError::Server`] when it may be tried again.
    pub(in crate::chat::discord) async fn download(
        &self,
        url: &str,
        max_bytes: usize,
    ) -> Result<Option<Vec<u8>>, RestError> {
        let url = file_address(&self.shared.base, url).ok_or(RestError::Foreign)?;
        let broken = |error: reqwest::Error| {
            let error = error.without_url();
            let reason = cause(&error);
            if error.is_connect() { RestError::NotSent(reason) } else { RestError::Server(reason) }
        };
        let response = self.shared.client.get(url).send().await.map_err(broken)?;
        let status = response.status();
        tracing::debug!(status = status.as_u16(), "a file's address answered");
        match status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => Ok(None),
            _ if status.is_success() => {
                let (beginning, _) = wire::beginning(response, max_bytes).await.map_err(broken)?;
                Ok(Some(beginning))
            }
            _ => Err(RestError::Server(format!("HTTP {} for a file", status.as_u16()))),
        }
    }
}

/// The address, where files may be fetched from it.
fn file_address(base: &Url, url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let discords = url.scheme() == "https"
        && url.port().is_none()
        && url.host_str().is_some_and(|host| FILE_HOSTS.contains(&host));
    let bases = !is_discords(base) && url.origin() == base.origin();
    (plain && (discords || bases)).then_some(url)
}

fn is_discords(base: &Url) -> bool {
    let Some(host) = base.host_str() else { return true };
    DISCORD_HOSTS.iter().any(|known| {
        host.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_from_discords_hosts_or_from_a_base_that_is_not_discords() {
        let table = [
            ("https://discord.com", "https://cdn.discordapp.com/attachments/1/2/a.txt?ex=1", true),
            ("https://discord.com", "https://media.discordapp.net/attachments/1/2/a.txt", true),
            ("https://discord.com", "http://cdn.discordapp.com/a.txt", false),
            ("https://discord.com", "https://cdn.discordapp.com:444/a.txt", false),
            ("https://discord.com", "https://a@cdn.discordapp.com/a.txt", false),
            ("https://discord.com", "https://cdn.discordapp.com@evil.example/a.txt", false),
            ("https://discord.com", "https://cdn.discordapp.com.evil.example/a.txt", false),
            ("https://discord.com", "https://discord.com/api/v10/users/@me", false),
            ("https://ptb.discord.com", "https://ptb.discord.com/api/v10/users/@me", false),
            ("https://discord.com", "http://127.0.0.1:8080/attachments/a.txt", false),
            ("https://discord.com", "file:///etc/passwd", false),
            ("https://discord.com", "a.txt", false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/attachments/a.txt", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8081/attachments/a.txt", false),
            ("http://127.0.0.1:8080", "https://127.0.0.1:8080/attachments/a.txt", false),
            ("http://127.0.0.1:8080", "https://cdn.discordapp.com/a.txt", true),
            ("https://notdiscord.com", "https://notdiscord.com/a.txt", true),
        ];
        for (base, url, expected) in table {
            assert_eq!(file_address(&Url::parse(base).unwrap(), url).is_some(), expected, "{base} {url}");
        }
    }
}
