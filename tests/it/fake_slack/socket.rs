//! Socket Mode's sockets: one task a connection.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Packet;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::FakeSlack;
use super::delivery::Frame;

/// Between two pings of the server's.
const PING: Duration = Duration::from_secs(5);

/// Serves until the task is ended.
pub(crate) async fn serve(fake: FakeSlack, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let mut world = fake.world();
        if world.dark {
            world.delivery.counts.turned_away += 1;
            world.touch();
        } else {
            drop(world);
            tokio::spawn(connection(fake.clone(), stream));
        }
    }
}

async fn connection(fake: FakeSlack, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let look = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        let ticket = query.split('&').find_map(|pair| pair.strip_prefix("ticket=")).unwrap_or_default();
        let mut world = fake.world();
        if world.delivery.tickets.remove(ticket) {
            return Ok(response);
        }
        world.problem("a connection without a ticket of apps.connections.open, or with a used one");
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = status_code(401);
        Err(refused)
    };
    let Ok(mut socket) = accept_hdr_async(stream, look).await else { return };
    let (out, mut frames) = mpsc::unbounded_channel();
    let id = {
        let mut world = fake.world();
        let id = world.ids.number();
        world.connection_stands(id, out);
        world.touch();
        id
    };
    let mut pings = tokio::time::interval(PING);
    loop {
        tokio::select! {
            frame = frames.recv() => {
                if !send(&mut socket, frame).await {
                    break;
                }
            }
            _ = pings.tick() => {
                if !send(&mut socket, Some(Frame::Ping)).await {
                    break;
                }
            }
            packet = socket.next() => match packet {
                Some(Ok(Packet::Text(text))) => {
                    let mut world = fake.world();
                    world.packet(id, &text);
                    world.touch();
                }
                Some(Ok(Packet::Ping(_) | Packet::Pong(_))) => {}
                Some(Ok(Packet::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => fake.world().problem("a packet that is no text"),
            },
        }
    }
    let mut world = fake.world();
    world.connection_ended(id);
    world.touch();
}

fn status_code(status: u16) -> tokio_tungstenite::tungstenite::http::StatusCode {
    tokio_tungstenite::tungstenite::http::StatusCode::from_u16(status).unwrap()
}

/// Sends a frame. Returns whether the connection goes on.
async fn send(socket: &mut WebSocketStream<TcpStream>, frame: Option<Frame>) -> bool {
    match frame {
        Some(Frame::Text(text)) => socket.send(Packet::Text(text)).await.is_ok(),
        Some(Frame::Ping) => socket.send(Packet::Ping(b"Ping from the fake".to_vec())).await.is_ok(),
        Some(Frame::Close) => {
            let _ = socket.close(None).await;
            false
        }
        Some(Frame::Cut) | None => false,
    }
}
