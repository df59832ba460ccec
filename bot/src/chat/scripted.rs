//! For tests of the HTTP clients: a server on a socket that answers or breaks off as each test wants, and what was
//! logged meanwhile.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Its first line.
    pub(super) line: String,
    headers: Vec<(String, String)>,
    /// Its body.
    pub(super) body: String,
    /// When it was read.
    pub(super) at: Instant,
}

impl Seen {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
pub(super) enum Answer {
    /// Writes these bytes.
    Text(String),
    /// Writes these bytes, and closes.
    Cut(String),
    /// Closes without a word.
    Drop,
    /// Says nothing more, and closes once the program ends.
    Hang,
}

/// An answer with its length.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    Answer::Text(format!("{text}\r\n{body}"))
}

/// Answers as it is told, and notes what it was asked.
pub(super) struct Server {
    /// Its address: scheme and host.
    pub(super) base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers the n-th request, counted from 0, with what `answers` says.
    pub(super) fn start(answers: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (seen, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answers));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (noted, answers) = (Arc::clone(&noted), Arc::clone(&answers));
                std::thread::spawn(move || serve(stream, &noted, &*answers));
            }
        });
        Self { base, seen }
    }

    /// What it was asked.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Forgets what it was asked so far, and counts anew.
    pub(super) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }
}

fn serve(stream: TcpStream, noted: &Mutex<Vec<Seen>>, answers: &dyn Fn(usize) -> Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(seen) = read(&mut reader) {
        let number = {
            let mut noted = noted.lock().unwrap();
            noted.push(seen);
            noted.len() - 1
        };
        match answers(number) {
            Answer::Text(text) => {
                if stream.write_all(text.as_bytes()).is_err() {
                    return;
                }
            }
            Answer::Cut(text) => {
                stream.write_all(text.as_bytes()).ok();
                return;
            }
            Answer::Drop => return,
            Answer::Hang => {
                // Until the other side gives up.
                reader.read_to_end(&mut Vec::new()).ok();
                return;
            }
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut seen = Seen { line: lines[0].clone(), headers, body: String::new(), at: Instant::now() };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).unwrap();
    Some(seen)
}

/// Where a test's log goes.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Notes everything that is logged on this thread until the guard is dropped.
    pub(super) fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// What was logged.
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
