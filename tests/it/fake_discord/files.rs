//! Attachments, as their addresses serve them.

use axum::body::{Body, Bytes};
use axum::http::Response;
use futures_util::stream;

/// An attachment that somebody sends. What its message says of it may differ from what is served.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) content_type: Option<String>,
    /// The size that the message states; the true one, where nothing is said.
    pub(crate) declared_size: Option<u64>,
    pub(crate) content: Content,
}

/// What an attachment's address serves.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// A body that goes on for as long as somebody reads, without a length.
    Endless,
    /// 404: somebody has deleted it.
    Gone,
}

impl Attachment {
    /// A text file that is what it says.
    pub(crate) fn text(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            declared_size: None,
            content: Content::Bytes(text.as_bytes().to_vec()),
        }
    }

    /// The size that its message states.
    pub(crate) fn size(&self) -> u64 {
        let served = if let Content::Bytes(bytes) = &self.content { bytes.len() as u64 } else { 1_000 };
        self.declared_size.unwrap_or(served)
    }
}

/// A file on its address.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) content_type: Option<String>,
    pub(crate) content: Content,
}

pub(crate) fn answer(file: Option<&File>) -> Response<Body> {
    let gone = || Response::builder().status(404).body(Body::from("This content is no longer available."));
    let Some(file) = file else { return gone().unwrap() };
    let kind = file.content_type.as_deref().unwrap_or("application/octet-stream");
    let response = Response::builder().header("content-type", kind);
    match &file.content {
        Content::Bytes(bytes) => response.body(Body::from(bytes.clone())),
        Content::Endless => {
            let more = || Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 16_384]));
            response.body(Body::from_stream(stream::repeat_with(more)))
        }
        Content::Gone => gone(),
    }
    .unwrap()
}
