//! Calls that are refused, in words that a caller can use, and the bounds on what people send.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::json::NewFile;
use crate::chat::File;

/// The largest message, in characters, as on the platforms that allow most.
pub(super) const TEXT_MAX: usize = 40_000;
pub(super) const FILES_MAX: usize = 10;
pub(super) const FILE_MAX: usize = 100_000;
pub(super) const NAME_MAX: usize = 80;

/// A refused call.
#[derive(Debug)]
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

pub(super) type Answer<T> = Result<axum::Json<T>, Refused>;

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, axum::Json(serde_json::json!({ "error": self.1 }))).into_response()
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the local chat's data can't be used");
        Self(
            StatusCode::INSUFFICIENT_STORAGE,
            "The demo could not save this; its disk may be full. Nothing was changed.".to_owned(),
        )
    }
}

pub(super) fn refuse<T>(status: StatusCode, why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(status, why.into()))
}

/// A JSON body, refused in words that a caller can use.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let axum::Json(body) = axum::Json::from_request(request, state)
            .await
            .map_err(|rejection| Refused(rejection.status(), rejection.body_text()))?;
        Ok(Self(body))
    }
}

pub(super) fn clean_name(name: &str) -> Result<String, Refused> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return refuse(StatusCode::BAD_REQUEST, format!("A name has 1 to {NAME_MAX} characters."));
    }
    Ok(name)
}

pub(super) fn clean_text(text: &str) -> Result<String, Refused> {
    bounded(text, TEXT_MAX)?;
    Ok(text.replace('\0', "\u{fffd}"))
}

pub(super) fn clean_files(files: Vec<NewFile>) -> Result<Vec<File>, Refused> {
    if files.len() > FILES_MAX {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("A message takes {FILES_MAX} files at most."));
    }
    files
        .into_iter()
        .map(|file| {
            let name = clean_name(&file.name)?;
            bounded(&file.text, FILE_MAX)?;
            Ok(File { name, link: None, text: Some(file.text.replace('\0', "\u{fffd}")) })
        })
        .collect()
}

pub(super) fn bounded(text: &str, max: usize) -> Result<(), Refused> {
    let chars = text.chars().count();
    if chars > max {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("That has {chars} characters; {max} fit. Shorten it, or send it in parts."),
        );
    }
    Ok(())
}

pub(super) fn failed(error: String) -> Refused {
    tracing::error!(error, "the demo could not do what was asked");
    Refused(
        StatusCode::INSUFFICIENT_STORAGE,
        "The demo could not do this; its disk may be full. Look at its log, then try again.".to_owned(),
    )
}
