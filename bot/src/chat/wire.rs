//! What the platforms' HTTP clients share: bodies read within a bound, and the cause of an error in a few words.

use reqwest::Response;

/// Of an error's cause, in a reason.
const CAUSE_CHARS_MAX: usize = 160;

/// Why a body could not be read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is longer than it may be.
    TooLong,
    /// The connection broke off.
    Broken(reqwest::Error),
}

/// Reads a body of at most `max_bytes`.
pub(super) async fn body(response: Response, max_bytes: usize) -> Result<Vec<u8>, BodyError> {
    let (body, whole) = beginning(response, max_bytes).await.map_err(BodyError::Broken)?;
    if whole { Ok(body) } else { Err(BodyError::TooLong) }
}

/// Reads the first `max_bytes` of a body, and tells whether that was all. The rest isn't read.
pub(super) async fn beginning(
    mut response: Response,
    max_bytes: usize,
) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = max_bytes - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, true))
}

/// The innermost cause: the outer ones say that something failed, and may name the address.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string().chars().take(CAUSE_CHARS_MAX).collect()
}
