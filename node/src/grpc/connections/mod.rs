//! Accepting connections: only so many at a time, each after its TLS handshake.

mod connection;
mod places;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use self::connection::{Connection, Wire};
use self::places::{Place, Places};
use super::limits::OfConnection;
use super::tls::Tls;
use crate::config::Limits;

/// After a failed accept, most likely for want of file descriptors.
const RETRY: Duration = Duration::from_millis(100);
/// How long a TLS handshake may take. It holds a place meanwhile, but nobody else up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that wait for the server to take them.
const QUEUE: usize = 16;

/// Accepts connections; while there are as many as there may be, further ones wait in the listener's queue.
/// Without TLS they are in plain text. `open` tells how many there are.
pub fn incoming(
    listener: TcpListener,
    tls: Option<Tls>,
    limits: Limits,
    open: Gauge,
) -> impl Stream<Item = io::Result<Connection>> {
    let (ready, connections) = mpsc::channel(QUEUE);
    tokio::spawn(accept_all(listener, tls, limits, open, ready));
    ReceiverStream::new(connections).map(Ok)
}

/// Accepts until the server takes no more.
async fn accept_all(
    listener: TcpListener,
    tls: Option<Tls>,
    limits: Limits,
    open: Gauge,
    ready: mpsc::Sender<Connection>,
) {
    let places = Places::new(limits.connections, open);
    loop {
        let next = async {
            let free = places.free().await;
            let (stream, from) = accept(&listener).await;
            (free, stream, from)
        };
        let (free, stream, from) = tokio::select! {
            next = next => next,
            () = ready.closed() => return,
        };
        match places.give(free, from.ip()) {
            Some(place) => {
                let limits = OfConnection::new(&limits);
                tokio::spawn(welcome(
                    stream,
                    from,
                    place,
                    limits,
                    tls.clone(),
                    ready.clone(),
                ));
            }
            None => tracing::debug!(%from, "too many connections from one address"),
        }
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                // Small answers should not wait for more; a connection that cannot do so still works.
                let _ = stream.set_nodelay(true);
                return (stream, from);
            }
            Err(error) => {
                tracing::warn!(%error, "the API could not accept a connection");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Shakes hands and hands the connection to the server. A caller with whom that fails is nobody
/// yet, so that it is worth no line in an operator's log.
async fn welcome(
    stream: TcpStream,
    from: SocketAddr,
    place: Place,
    limits: Arc<OfConnection>,
    tls: Option<Tls>,
    ready: mpsc::Sender<Connection>,
) {
    let wire: Wire = match tls {
        None => Box::new(stream),
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => Box::new(stream),
            Ok(Err(error)) => {
                tracing::debug!(%from, %error, "a TLS handshake failed");
                return;
            }
            Err(_) => {
                tracing::debug!(%from, "a TLS handshake took too long");
                return;
            }
        },
    };
    // An error means that the server has stopped.
    let _ = ready.send(Connection::new(wire, place, limits)).await;
}
