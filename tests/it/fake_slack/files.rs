//! Files that people share: served only to who shows the bot's token.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};

use super::answers::{Answered, refuse};
use super::args::Args;
use super::world::World;

/// A file that somebody shares with a message.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) mimetype: String,
    pub(crate) content: Content,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// So many bytes that nobody wants to hold: they are made while they are sent.
    Zeros(u64),
}

impl File {
    /// A plain text.
    pub(crate) fn text(name: &str, text: &str) -> Self {
        let content = Content::Bytes(text.as_bytes().to_vec());
        Self { name: name.to_owned(), mimetype: "text/plain".to_owned(), content }
    }

    pub(crate) fn size(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Zeros(count) => *count,
        }
    }
}

impl World {
    /// Keeps a file to be fetched. Returns what a message says of it.
    pub(crate) fn share(&mut self, person: &str, file: File) -> Value {
        let id = self.ids.next('F');
        let team = self.users[person].team.clone();
        let path = format!("/files-pri/{team}-{id}/{}", file.name.replace(' ', "_").to_lowercase());
        let url = format!("{}{path}", self.base);
        let filetype = file.name.rsplit_once('.').map_or("text", |(_, ending)| match ending {
            "txt" => "text",
            "md" => "markdown",
            other => other,
        });
        let now = self.now().0 / 1_000;
        let json = json!({
            "id": id, "created": now, "timestamp": now, "name": file.name, "title": file.name,
            "mimetype": file.mimetype, "filetype": filetype, "pretty_type": filetype, "user": person,
            "user_team": team, "editable": false, "size": file.size(), "mode": "hosted", "is_external": false,
            "external_type": "", "is_public": true, "public_url_shared": false, "display_as_bot": false,
            "username": "", "url_private": url, "url_private_download": format!("{}/download{path}", self.base),
            "media_display_type": "unknown", "permalink": format!("{}/files/{person}/{id}", self.base),
            "permalink_public": format!("{}/pub/{id}", self.base), "has_rich_preview": false, "file_access": "visible",
        });
        self.files.insert(path, file);
        self.file_infos.insert(id.clone(), json.clone());
        if self.teams[&team].foreign {
            // Of another organisation's file a message says nothing but that it has to be asked for.
            return json!({
                "id": id, "created": now, "timestamp": now, "user": person, "user_team": team,
                "mode": "file_access", "file_access": "check_file_info",
            });
        }
        json
    }

    pub(crate) fn file_info(&self, args: &Args) -> Answered {
        match self.file_infos.get(args.text("file")) {
            Some(info) => Ok(json!({"file": info, "comments": []})),
            None => refuse("file_not_found"),
        }
    }

    /// A download. Who has no right to it gets the sign-in page, and 200 with it, as from Slack.
    pub(crate) fn serve_file(&mut self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let expected = format!("Bearer {}", self.config.bot_token);
        let allowed = headers.get("authorization").is_some_and(|there| *there == *expected)
            && self.config.scopes.contains("files:read")
            && !self.revoked;
        if !allowed {
            self.problem(format!("{path} was fetched without a token that may"));
            return answer(
                "text/html; charset=utf-8",
                Body::from("<!DOCTYPE html><title>Sign in | Slack</title>"),
            );
        }
        let path = path.strip_prefix("/download").unwrap_or(path);
        let Some(file) = self.files.get(path) else {
            return Response::builder().status(404).body(Body::empty()).unwrap();
        };
        let body = match &file.content {
            Content::Bytes(bytes) => Body::from(bytes.clone()),
            Content::Zeros(count) => zeros(*count),
        };
        answer(&file.mimetype, body)
    }
}

fn answer(kind: &str, body: Body) -> Response<Body> {
    Response::builder().status(200).header("content-type", kind).body(body).unwrap()
}

fn zeros(count: u64) -> Body {
    const CHUNK: u64 = 64 * 1024;
    let chunks = (0..count.div_ceil(CHUNK)).map(move |index| {
        let length = usize::try_from(CHUNK.min(count - index * CHUNK)).unwrap_or(0);
        Ok::<_, std::io::Error>(Bytes::from(vec![0; length]))
    });
    Body::from_stream(futures_util::stream::iter(chunks))
}
