//! Connections from everywhere: so many at once, and none that only stays open.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

/// How many connections are open at once; more wait until one is free.
const LINES_MAX: usize = 2_000;
/// A connection on which nothing comes for this long is closed. Slack keeps connections for its next call, but opens
/// another as readily.
const QUIET_MAX: Duration = Duration::from_secs(60);

/// Where connections come in.
pub(super) struct Lines {
    tcp: TcpListener,
    room: Arc<Semaphore>,
    quiet_max: Duration,
}

impl Lines {
    pub(super) fn new(tcp: TcpListener) -> Self {
        Self { tcp, room: Arc::new(Semaphore::new(LINES_MAX)), quiet_max: QUIET_MAX }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        // Never closed, so there is always a place in the end.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        let (tcp, address) = Listener::accept(&mut self.tcp).await;
        let quiet_until = Box::pin(sleep_until(Instant::now() + self.quiet_max));
        (Line { tcp, quiet_max: self.quiet_max, quiet_until, _room: room }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// One connection.
pub(super) struct Line {
    tcp: TcpStream,
    quiet_max: Duration,
    quiet_until: Pin<Box<Sleep>>,
    _room: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let line = &mut *self;
        if let Poll::Ready(read) = Pin::new(&mut line.tcp).poll_read(context, buffer) {
            line.quiet_until.as_mut().reset(Instant::now() + line.quiet_max);
            return Poll::Ready(read);
        }
        ready!(line.quiet_until.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn lines(room: usize, quiet_ms: u64) -> Lines {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let quiet_max = Duration::from_millis(quiet_ms);
        Lines { tcp, room: Arc::new(Semaphore::new(room)), quiet_max }
    }

    #[tokio::test]
    async fn a_quiet_connection_is_closed() {
        let mut lines = lines(1, 500).await;
        let mut caller = TcpStream::connect(lines.local_addr().unwrap()).await.unwrap();
        let (mut line, _) = lines.accept().await;
        caller.write_all(b"one").await.unwrap();
        let mut read = [0; 3];
        line.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"one");
        let begun = Instant::now();
        assert_eq!(line.read(&mut read).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // The time began anew with what came.
        assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn one_more_waits_for_another_to_end() {
        let mut lines = lines(1, 60_000).await;
        let address = lines.local_addr().unwrap();
        let _callers =
            [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        let (first, _) = lines.accept().await;
        let room = Arc::clone(&lines.room);
        assert_eq!(room.available_permits(), 0);
        let second = tokio::spawn(async move { lines.accept().await });
        // It is its turn now, and it waits.
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        let (second, _) = second.await.unwrap();
        assert_eq!(room.available_permits(), 0);
        drop(second);
        assert_eq!(room.available_permits(), 1);
    }
}
