//! One connection of Socket Mode, from its address to its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WireError, Message as Wire};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::frame::{self, Frame, Reason};
use super::taking::{Out, Taking, Writer};
use super::{OpenError, Opener, Pace, Patience};

/// How long a goodbye may take: Slack needn't answer it.
pub(super) const GOODBYE_MAX: Duration = Duration::from_secs(1);
/// The largest frame, in bytes. A modal that was sent comes with all its text, and stays below one MiB.
const FRAME_MAX: usize = 4 << 20;
/// Nothing heard for this many pings: the connection is dead.
const PINGS_UNANSWERED: u32 = 3;
/// Frames that are written with one flush.
const BATCH: usize = 256;

/// How long a connection is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Yes,
    /// Another has taken its place: what still comes is taken, and it ends once all of it is acknowledged.
    Replaced,
    /// The bot stops: nothing more is taken.
    No,
}

/// What a connection tells while it lives.
#[derive(Debug)]
pub(super) enum News {
    /// It stands, for about so long.
    Stands(Option<Duration>),
    /// Slack wants another in its place.
    Replace,
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// It was not wanted any more.
    Left,
    /// There is none; after a pause another may be made.
    Lost(String),
    /// There are too many already.
    TooMany,
    /// Slack says when to come again.
    Later { after: Duration, reason: String },
    /// The token is refused.
    TokenRefused,
    /// Socket Mode is switched off.
    SocketModeOff,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a connection needs.
pub(super) struct Making {
    pub(super) number: u64,
    pub(super) opener: Arc<dyn Opener>,
    pub(super) taking: Arc<Taking>,
    pub(super) pace: Pace,
    pub(super) patience: Patience,
    pub(super) wanted: watch::Receiver<Wanted>,
    pub(super) news: mpsc::Sender<(u64, News)>,
}

/// Makes a connection, and keeps it until it ends.
pub(super) async fn run(mut making: Making) -> End {
    let socket = tokio::select! {
        made = timeout(making.patience.connect, make(&*making.opener)) => match made {
            Ok(Ok(socket)) => socket,
            Ok(Err(end)) => return end,
            Err(_) => return End::Lost("no answer in time".to_owned()),
        },
        // A connection that isn't wanted before it stands has nothing to bring to its end.
        _ = differs(&mut making.wanted, Wanted::Yes) => return End::Left,
    };
    let (sink, stream) = socket.split();
    // As many as there are acknowledgements owed, and those have a bound of their own.
    let (writer, outgoing) = mpsc::unbounded_channel();
    let writing = tokio::spawn(write(sink, outgoing));
    let mut connection = Connection {
        making,
        stream,
        wanted: Wanted::Yes,
        weak: writer.downgrade(),
        writer: Some(writer),
        writing: Writing(writing),
        stands: false,
        heard_at: Instant::now(),
        ends_by: None,
    };
    connection.listen().await
}

async fn make(opener: &dyn Opener) -> Result<Socket, End> {
    let url = opener.open().await.map_err(|error| match error {
        OpenError::TokenRefused => End::TokenRefused,
        OpenError::SocketModeOff => End::SocketModeOff,
        OpenError::Failed { after: Some(after), reason } => End::Later { after, reason },
        OpenError::Failed { after: None, reason } => End::Lost(reason),
    })?;
    let config = WebSocketConfig {
        max_message_size: Some(FRAME_MAX),
        max_frame_size: Some(FRAME_MAX),
        ..WebSocketConfig::default()
    };
    // The address opens the connection by itself, so it is as secret as a token.
    let made = connect_async_with_config(url, Some(config), true).await;
    made.map(|(socket, _)| socket).map_err(|error| End::Lost(shown(&error)))
}

/// An error without what was in the address or in an answer.
fn shown(error: &WireError) -> String {
    match error {
        WireError::Url(_) => "Slack gave no usable address".to_owned(),
        WireError::Http(response) => format!("refused with status {}", response.status().as_u16()),
        error => error.to_string(),
    }
}

/// Writes what is to go out, as much at once as there is. Ends with a goodbye once nobody can write any more.
async fn write(mut sink: SplitSink<Socket, Wire>, mut outgoing: mpsc::UnboundedReceiver<Out>) {
    let mut batch = Vec::with_capacity(BATCH);
    'open: while outgoing.recv_many(&mut batch, BATCH).await > 0 {
        for out in batch.drain(..) {
            let wire = match out {
                Out::Acknowledgement(text) => Wire::Text(text),
                Out::Ping => Wire::Ping(Vec::new()),
                Out::Close => break 'open,
            };
            if sink.feed(wire).await.is_err() {
                // Whoever reads hears of it too.
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
    let goodbye = CloseFrame { code: CloseCode::Normal, reason: Cow::Borrowed("") };
    // Whether it arrives changes nothing.
    sink.send(Wire::Close(Some(goodbye))).await.ok();
}

/// The writer's task, which doesn't outlive the connection.
struct Writing(JoinHandle<()>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Connection {
    making: Making,
    stream: SplitStream<Socket>,
    /// What has been heard of it so far.
    wanted: Wanted,
    /// Held while the connection is wanted. All that is under way holds it too, and once nobody does, the writer says
    /// goodbye.
    writer: Option<Writer>,
    weak: mpsc::WeakUnboundedSender<Out>,
    writing: Writing,
    /// Slack has said hello.
    stands: bool,
    heard_at: Instant,
    /// Once it is to end: when it ends at the latest, and whether it has been hurried yet.
    ends_by: Option<(Instant, bool)>,
}

impl Connection {
    async fn listen(&mut self) -> End {
        let greeted_by = self.heard_at + self.making.patience.connect;
        let mut ping_at = self.heard_at + self.making.pace.ping;
        let mut written = false;
        loop {
            let closing = self.ends_by;
            tokio::select! {
                received = self.stream.next() => {
                    self.heard_at = Instant::now();
                    if let Some(end) = self.received(received).await {
                        return end;
                    }
                }
                wanted = differs(&mut self.making.wanted, self.wanted), if self.wanted != Wanted::No => {
                    self.wanted = wanted;
                    self.writer = None;
                    self.ends_by.get_or_insert((Instant::now() + self.making.patience.drain, false));
                }
                ended = &mut self.writing.0, if !written => {
                    written = true;
                    if closing.is_none() || ended.is_err() {
                        return End::Lost("nothing can be written any more".to_owned());
                    }
                    // The goodbye is on its way; Slack may answer, or may not.
                    self.ends_by = Some((Instant::now() + GOODBYE_MAX, true));
                }
                () = at(closing.map(|(ends_by, _)| ends_by)), if closing.is_some() => {
                    if closing.is_some_and(|(_, hurried)| hurried) {
                        return End::Left;
                    }
                    tracing::warn!(connection = self.making.number, "what is under way takes too long to wait for");
                    self.send(Out::Close);
                    self.ends_by = Some((Instant::now() + GOODBYE_MAX, true));
                }
                () = sleep_until(greeted_by), if !self.stands && closing.is_none() => {
                    return End::Lost("no hello in time".to_owned());
                }
                () = sleep_until(ping_at), if closing.is_none() => {
                    let silent = self.heard_at.elapsed();
                    if silent >= self.making.pace.ping * PINGS_UNANSWERED {
                        return End::Lost(format!("nothing was heard for {} ms", silent.as_millis()));
                    }
                    self.send(Out::Ping);
                    ping_at = Instant::now() + self.making.pace.ping;
                }
            }
        }
    }

    /// Takes in what came; says whether, and how, the connection ends by it.
    async fn received(&mut self, received: Option<Result<Wire, WireError>>) -> Option<End> {
        let lost = match received {
            Some(Ok(Wire::Text(text))) => return self.frame(&text).await,
            Some(Ok(Wire::Close(frame))) => {
                format!("closed with code {}", frame.map_or(0, |frame| u16::from(frame.code)))
            }
            // Pings are answered by the library; Slack sends nothing binary.
            Some(Ok(_)) => return None,
            Some(Err(error)) => shown(&error),
            None => "it ended without a word".to_owned(),
        };
        Some(if self.ends_by.is_some() { End::Left } else { End::Lost(lost) })
    }

    async fn frame(&mut self, text: &str) -> Option<End> {
        let number = self.making.number;
        let Some(frame) = frame::read(text) else {
            tracing::warn!(connection = number, bytes = text.len(), "a frame that is none; passed over");
            return None;
        };
        match frame {
            Frame::Hello(lasts) => {
                if !std::mem::replace(&mut self.stands, true) {
                    self.tell(News::Stands(lasts)).await;
                }
            }
            Frame::Disconnect(Reason::Refresh) => self.tell(News::Replace).await,
            Frame::Disconnect(Reason::LinkDisabled) => return Some(End::SocketModeOff),
            Frame::Disconnect(Reason::TooMany) => return Some(End::TooMany),
            Frame::Envelope { id, answerable, envelope } => {
                // A connection that was replaced still takes what comes, as long as anything is under way on it.
                if let Some(writer) = self.weak.upgrade().filter(|_| self.wanted != Wanted::No) {
                    let taking = Arc::clone(&self.making.taking);
                    tokio::select! {
                        () = taking.take(id, answerable, envelope, writer) => {}
                        // There is no room, and nothing more is wanted: Slack delivers it again.
                        () = no_more(&mut self.making.wanted) => {}
                    }
                    // While there was no room, nothing could be heard.
                    self.heard_at = Instant::now();
                }
            }
            Frame::Unknown { name, id } => {
                tracing::info!(connection = number, kind = name, "a frame of a kind that we don't know");
                if let Some(id) = id {
                    self.send(Out::Acknowledgement(frame::acknowledgement(&id, None)));
                }
            }
        }
        None
    }

    fn send(&self, out: Out) {
        if let Some(writer) = self.weak.upgrade() {
            // A writer that has ended ends the connection.
            writer.send(out).ok();
        }
    }

    async fn tell(&self, news: News) {
        // Whoever listens ends only after its connections.
        self.making.news.send((self.making.number, news)).await.ok();
    }
}

/// Waits until the connection is wanted in another way; without anybody to say so it isn't wanted at all.
async fn differs(wanted: &mut watch::Receiver<Wanted>, known: Wanted) -> Wanted {
    wanted.wait_for(|wanted| *wanted != known).await.map_or(Wanted::No, |wanted| *wanted)
}

async fn no_more(wanted: &mut watch::Receiver<Wanted>) {
    wanted.wait_for(|wanted| *wanted == Wanted::No).await.map(drop).ok();
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}
