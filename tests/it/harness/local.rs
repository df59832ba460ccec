//! The local chat, served on a real socket and spoken to in its JSON.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use studybot::chat::local::{Host, LocalChat, LocalChatPort};
use studybot::chat::{Chat, Platform};
use studybot::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::chat::{Says, TestChat};
use super::seen::{Message, Shown, strings};

/// The local chat as a client sees it.
pub(crate) struct LocalTestChat {
    client: reqwest::Client,
    address: SocketAddr,
    folder: PathBuf,
    clock: Clock,
    chat: LocalChat,
    /// Taken once the bot is there.
    listener: Mutex<Option<TcpListener>>,
    stop: watch::Sender<bool>,
    served: Mutex<Option<JoinHandle<()>>>,
}

impl LocalTestChat {
    /// A chat that keeps its data in this folder, to be served on a free port.
    pub(crate) async fn open(folder: &Path, clock: Clock) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            address: listener.local_addr().unwrap(),
            folder: folder.to_owned(),
            clock,
            chat: LocalChat::open(folder).await.unwrap(),
            listener: Mutex::new(Some(listener)),
            stop: watch::Sender::new(false),
            served: Mutex::default(),
        }
    }

    /// Where it is served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its database, for what no person and no script could do or see.
    async fn database(&self) -> SqliteConnection {
        let file = self.folder.join("local-chat.db");
        SqliteConnectOptions::new().filename(file).connect().await.unwrap()
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
    fn platform(&self) -> Platform {
        Platform::Local
    }

    fn port(&self) -> BoxFuture<'_, Arc<dyn Chat>> {
        let clock = self.clock.clone();
        let port = LocalChatPort { chat: self.chat.clone(), now: Box::new(move || clock.now()) };
        Box::pin(async { Arc::new(port) as _ })
    }

    fn connect(&self, bot: Arc<dyn Host>) -> BoxFuture<'_, ()> {
        // It is served for the whole story: the bot that it was given first tells whether a process runs.
        if let Some(listener) = self.listener.lock().unwrap().take() {
            let (chat, stopped) = (self.chat.clone(), self.stop.subscribe());
            let served = tokio::spawn(async move { chat.serve(listener, bot, stopped).await.unwrap() });
            *self.served.lock().unwrap() = Some(served);
        }
        Box::pin(async {})
    }

    fn disconnect(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.stop.send_replace(true);
            let served = self.served.lock().unwrap().take();
            if let Some(served) = served {
                served.await.unwrap();
            }
        })
    }

    fn posted(&self) -> BoxFuture<'_, BTreeMap<String, usize>> {
        Box::pin(async {
            let rows = sqlx::query("SELECT key FROM messages WHERE key IS NOT NULL")
                .fetch_all(&mut self.database().await)
                .await
                .unwrap();
            let mut posted = BTreeMap::new();
            rows.iter().for_each(|row| *posted.entry(row.get("key")).or_default() += 1);
            posted
        })
    }

    fn joins<'a>(&'a self, name: &'a str, admin: bool) -> BoxFuture<'a, String> {
        Box::pin(async move { self.made("persona", json!({ "name": name, "admin": admin })).await })
    }

    fn channel<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move { self.made("channel", json!({ "name": name })).await })
    }

    fn channel_elsewhere<'a>(&'a self, name: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move { self.made("channel", json!({ "name": name, "workspace": "other" })).await })
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
            let mut chat = self.database().await;
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

    fn all_seen_by<'a>(&'a self, person: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move {
            let (_, state) = self.try_get("state").await;
            let channels: Value = serde_json::from_str(&state).unwrap();
            let channels = channels["channels"].as_array().unwrap().iter();
            let mut seen = strings(&state);
            let channels = channels.map(|channel| channel["id"].as_str().unwrap().to_owned());
            for channel in channels.chain([format!("dm:{person}")]) {
                let path = format!("messages?channel={channel}&as={person}");
                seen += &strings(&self.try_get(&path).await.1);
                for message in self.list(&path).await.iter().filter(|message| message.replies.is_some()) {
                    seen += &strings(&self.try_get(&format!("{path}&thread={}", message.id)).await.1);
                }
            }
            seen
        })
    }

    fn markdown(&self, text: &str) -> String {
        text.to_owned()
    }

    fn advance(&self, seconds: i64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.post::<Value>("clock", json!({ "advance_s": seconds })).await;
        })
    }

    fn try_settle(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            match self.try_post("settle", json!({})).await {
                (200, _) => Ok(()),
                // What the bot says when its own disk is full.
                (507, answer) => Err(answer.to_string()),
                (status, answer) => panic!("settling was refused with {status}: {answer}"),
            }
        })
    }
}
