//! Accepting connections, only so many at a time.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tonic::transport::server::Connected;

/// After a failed accept, most likely for want of file descriptors.
const RETRY: Duration = Duration::from_millis(100);

/// What an HTTP/2 client sends first (RFC 9113, section 3.4), in bytes.
const PREFACE: usize = 24;
/// How long it may take to send it; the server's own pings begin only after it.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that counts among the most there may be until it is dropped.
pub struct Connection {
    stream: TcpStream,
    /// What of the preface has not come yet, and until when it must.
    preface: Option<(usize, Pin<Box<Sleep>>)>,
    _permit: OwnedSemaphorePermit,
    _counted: Open,
}

/// Counts as an open connection until it is dropped.
struct Open(Gauge);

impl Open {
    fn count(connections: &Gauge) -> Self {
        connections.inc();
        Self(connections.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Accepts connections; while there are `most`, further ones wait in the listener's queue.
pub fn incoming(
    listener: TcpListener,
    most: usize,
    connections: Gauge,
) -> impl Stream<Item = io::Result<Connection>> {
    let permits = Arc::new(Semaphore::new(most));
    let state = (listener, permits, connections);
    futures::stream::unfold(state, |(listener, permits, connections)| async move {
        // Never closed, so never an error.
        let permit = permits.clone().acquire_owned().await.ok()?;
        let stream = accept(&listener).await;
        let connection = Connection {
            stream,
            preface: Some((PREFACE, Box::pin(tokio::time::sleep(PREFACE_TIMEOUT)))),
            _permit: permit,
            _counted: Open::count(&connections),
        };
        Some((Ok(connection), (listener, permits, connections)))
    })
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers should not wait for more; a connection that cannot do so still works.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "the API could not accept a connection");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let came = buffer.filled().len() - before;
        if let Some((missing, until)) = &mut self.preface {
            if came >= *missing {
                self.preface = None;
            } else if until.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            } else {
                *missing -= came;
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn beyond_the_most_connections_wait_for_one_to_close() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open = Gauge::default();
        let mut incoming = Box::pin(incoming(listener, 1, open.clone()));
        let _clients = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        let first = incoming.next().await;
        assert!(futures::poll!(incoming.next()).is_pending());
        assert_eq!(open.get(), 1);
        drop(first);
        assert_eq!(open.get(), 0);
        assert!(incoming.next().await.is_some());
    }

    #[tokio::test]
    async fn a_connection_without_a_preface_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut incoming = Box::pin(incoming(listener, 2, Gauge::default()));
        let mut clients = Vec::new();
        for sent in [PREFACE - 1, PREFACE] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(&[b'P'; PREFACE][..sent]).await.unwrap();
            clients.push(client);
            let mut connection = incoming.next().await.unwrap().unwrap();
            // As if the time had passed already.
            let now = Box::pin(tokio::time::sleep(Duration::ZERO));
            connection.preface = Some((PREFACE, now));
            tokio::time::sleep(Duration::from_millis(5)).await;
            let mut buffer = [0; PREFACE];
            let read = connection.read_exact(&mut buffer).await;
            assert_eq!(read.is_ok(), sent == PREFACE);
        }
    }
}
