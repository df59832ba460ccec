//! The local chat, served on a real socket and spoken to in its JSON.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use studybot::chat::local::{Host, LocalChat};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::chat::{Message, Says, Shown, TestChat};

/// The local chat as a client sees it.
pub(crate) struct LocalTestChat {
    client: reqwest::Client,
    address: SocketAddr,
    folder: PathBuf,
    stop: watch::Sender<bool>,
    served: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl LocalTestChat {
    /// Serves the chat, whose data is in this folder, on a free port.
    pub(crate) async fn serve(folder: &Path, chat: LocalChat, host: Arc<dyn Host>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(async move { chat.serve(listener, host, stopped).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client, address, folder: folder.to_owned(), stop, served: std::sync::Mutex::new(Some(served)) }
    }

    /// Where it is served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops serving, and waits until it has ended.
    pub(crate) async fn stop(&self) {
        self.stop.send(true).unwrap();
        let served = self.served.lock().unwrap().take();
        if let Some(served) = served {
            served.await.unwrap();
        }
    }

    /// Calls with a JSON body. Returns the status and what came back.
    pub(crate) async fn try_post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("http://{}/api/{path}", self.address);
        let response = self.client.post(url).json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path} answered {status}: {text}"));
        (status, body)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> T {
        let (status, answer) = self.try_post(path, body).await;
        assert_eq!(status, 200, "{path} was refused: {answer}");
        serde_json::from_value(answer).unwrap()
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let answer: Value = self.post(path, body).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Reads. Returns the status and the raw text.
    pub(crate) async fn try_get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("http://{}/api/{path}", self.address)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn list(&self, path: &str) -> Vec<Message> {
        let (status, text) = self.try_get(path).await;
        assert_eq!(status, 200, "{path} was refused: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

impl TestChat for LocalTestChat {
    fn joins<'a>(&'a self, name: &'a str, admin: bool) -> BoxFuture<'a, String> {
        Box::pin(async move { self.made("persona", json!({ "name": name, "admin": admin })).await })
    }

    fn channel<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move { self.made("channel", json!({ "name": name })).await })
    }

    fn leaves<'a>(&'a self, person: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.post::<Value>("leave", json!({ "as": person })).await;
        })
    }

    fn say<'a>(&'a self, person: &'a str, says: Says<'a>) -> BoxFuture<'a, String> {
        Box::pin(async move {
            let files: Vec<_> =
                says.files.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect();
            let body = json!({
                "as": person, "channel": says.channel, "thread": says.thread, "text": says.text, "files": files,
            });
            self.made("say", body).await
        })
    }

    fn history<'a>(&'a self, thread: &'a str, messages: &'a [(String, String)]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let file = self.folder.join("local-chat.db");
            let mut chat = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
            let number = |id: &str| id[1..].parse::<i64>().unwrap();
            let mut transaction = chat.begin().await.unwrap();
            for (person, text) in messages {
                sqlx::query(
                    "INSERT INTO messages (workspace, channel, thread, author, at, text, files)
                     SELECT workspace, channel, number, ?, at + 1, ?, '[]' FROM messages WHERE number = ?",
                )
                .bind(number(person))
                .bind(text)
                .bind(number(thread))
                .execute(&mut *transaction)
                .await
                .unwrap();
            }
            transaction.commit().await.unwrap();
        })
    }

    fn edit<'a>(&'a self, person: &'a str, message: &'a str, text: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.post::<Value>("edit", json!({ "as": person, "message": message, "text": text })).await;
        })
    }

    fn delete<'a>(&'a self, person: &'a str, message: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.post::<Value>("delete", json!({ "as": person, "message": message })).await;
        })
    }

    fn click<'a>(
        &'a self,
        person: &'a str,
        message: &'a str,
        action: &'a str,
        values: &'a [String],
    ) -> BoxFuture<'a, Shown> {
        Box::pin(async move {
            let body = json!({ "as": person, "message": message, "action": action, "values": values });
            self.post("click", body).await
        })
    }

    fn submit<'a>(
        &'a self,
        person: &'a str,
        form: &'a str,
        fields: &'a [(String, String)],
    ) -> BoxFuture<'a, Shown> {
        Box::pin(async move {
            let fields: serde_json::Map<_, _> =
                fields.iter().map(|(id, value)| (id.clone(), Value::from(value.as_str()))).collect();
            self.post("submit", json!({ "as": person, "form": form, "fields": fields })).await
        })
    }

    fn command<'a>(&'a self, person: &'a str, channel: &'a str, text: &'a str) -> BoxFuture<'a, Shown> {
        Box::pin(async move {
            self.post("command", json!({ "as": person, "channel": channel, "text": text })).await
        })
    }

    fn messages<'a>(
        &'a self,
        person: &'a str,
        channel: &'a str,
        thread: Option<&'a str>,
    ) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move {
            match thread {
                Some(thread) => {
                    self.list(&format!("messages?channel={channel}&thread={thread}&as={person}")).await
                }
                None => self.list(&format!("messages?channel={channel}&as={person}")).await,
            }
        })
    }

    fn notices<'a>(&'a self, person: &'a str) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move { self.list(&format!("messages?channel=dm:{person}&as={person}")).await })
    }

    fn surroundings(&self) -> BoxFuture<'_, String> {
        Box::pin(async { self.try_get("state").await.1 })
    }

    fn advance(&self, seconds: i64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.post::<Value>("clock", json!({ "advance_s": seconds })).await;
        })
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.post::<Value>("settle", json!({})).await;
        })
    }
}
