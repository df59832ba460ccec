//! Fetches files that people attached to messages, and sends answers to the addresses that interactions bring.
//!
//! An address in a message must not make the bot give its token to anybody but Slack.

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Serialize;

use super::address::{file_address, response_address};
use super::answer::{Verdict, retry_after};
use super::method::Method;
use super::{JSON, Web, WebError, bearer, lost, unusable};
use crate::chat::wire::{self, cause};

/// Of an answer that only says whether it went well, in bytes.
const SHORT_MAX_BYTES: usize = 64 * 1024;

impl Web {
    /// The first `max_bytes` of a file; the rest isn't read, and the cut may be inside a character. `None`: it is gone,
    /// or the bot may not see it.
    ///
    /// # Errors
    /// [`WebError::Foreign`] for an address that the token is not sent to; [`WebError::Refused`] with the name
    /// `missing_scope` where Slack shows its page to sign in; [`WebError::NotSent`], [`WebError::Limited`] and
    /// [`WebError::Server`] when it may be tried again.
    pub(in crate::chat::slack) async fn download(
        &self,
        url: &str,
        max_bytes: usize,
    ) -> Result<Option<Vec<u8>>, WebError> {
        let shared = &self.shared;
        let url = file_address(&shared.base, url).ok_or(WebError::Foreign)?;
        shared.bot.require()?;
        let wants_page = [".html", ".htm"].iter().any(|ending| url.path().to_lowercase().ends_with(ending));
        let broken = |error: reqwest::Error| {
            let error = error.without_url();
            let reason = cause(&error);
            if error.is_connect() { WebError::NotSent(reason) } else { WebError::Server(reason) }
        };
        let request = shared.client.get(url).header(AUTHORIZATION, bearer(&shared.bot)?);
        let response = request.send().await.map_err(broken)?;
        let status = response.status();
        tracing::debug!(status = status.as_u16(), "a file's address answered");
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_page = media_type.is_some_and(|media_type| media_type.starts_with("text/html"));
        match status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => Ok(None),
            StatusCode::TOO_MANY_REQUESTS => {
                Err(WebError::Limited { after: retry_after(response.headers()) })
            }
            // Without the permission Slack shows its page to sign in, or sends a browser there.
            _ if status.is_redirection() || (status.is_success() && is_page && !wants_page) => {
                Err(WebError::Refused {
                    method: Method::File,
                    name: "missing_scope".to_owned(),
                    needed: Some("files:read".to_owned()),
                })
            }
            _ if status.is_success() => {
                let (beginning, _) = wire::beginning(response, max_bytes).await.map_err(broken)?;
                Ok(Some(beginning))
            }
            _ => Err(WebError::Server(format!("HTTP {} for a file", status.as_u16()))),
        }
    }

    /// Answers an interaction or command at the address that it brought. Slack takes five answers within 30 minutes.
    ///
    /// # Errors
    /// [`WebError::Foreign`] for an address that nothing is sent to; see [`WebError`] for the others.
    pub(in crate::chat::slack) async fn respond(
        &self,
        response_url: &str,
        body: &impl Serialize,
    ) -> Result<(), WebError> {
        let shared = &self.shared;
        let url = response_address(&shared.base, response_url).ok_or(WebError::Foreign)?;
        let method = Method::Respond;
        let body = serde_json::to_vec(body)
            .map_err(|_| WebError::NotSent("the body can't be written as JSON".to_owned()))?;
        // The address is the key: no token goes along.
        let request = shared.client.post(url).header(CONTENT_TYPE, JSON).body(body);
        let response = request.send().await.map_err(|error| lost(method, error))?;
        let status = response.status();
        tracing::debug!(method = method.name(), status = status.as_u16(), "answered");
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(WebError::Limited { after: retry_after(response.headers()) });
        }
        if status.is_server_error() {
            return Err(unusable(method, format!("HTTP {}", status.as_u16())));
        }
        let answer = wire::body(response, SHORT_MAX_BYTES).await.unwrap_or_default();
        match Verdict::read(&answer) {
            Some(verdict) if !verdict.ok => {
                Err(WebError::Refused { method, name: verdict.name(), needed: None })
            }
            // What went well is answered with a plain "ok".
            _ if status.is_success() => Ok(()),
            _ => Err(WebError::Refused { method, name: format!("http_{}", status.as_u16()), needed: None }),
        }
    }
}
