//! One connection: bytes in both directions, of which the first must come soon.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tonic::transport::server::Connected;

use super::places::Place;
use crate::grpc::limits::OfConnection;

/// What an HTTP/2 client sends first (RFC 9113, section 3.4), in bytes.
pub const PREFACE: usize = 24;
/// How long it may take to send it; the server's own pings begin only after it.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);

/// A TCP stream, or the TLS stream over one.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub type Wire = Box<dyn Duplex>;

/// A connection that holds its place until it is dropped.
pub struct Connection {
    wire: Wire,
    /// What of the preface has not come yet, and until when it must.
    pub(super) preface: Option<(usize, Pin<Box<Sleep>>)>,
    limits: Arc<OfConnection>,
    _place: Place,
}

impl Connection {
    pub fn new(wire: Wire, place: Place, limits: Arc<OfConnection>) -> Self {
        Self {
            wire,
            preface: Some((PREFACE, Box::pin(tokio::time::sleep(PREFACE_TIMEOUT)))),
            limits,
            _place: place,
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Arc<OfConnection>;

    fn connect_info(&self) -> Arc<OfConnection> {
        self.limits.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.wire).poll_read(context, buffer);
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
        Pin::new(&mut self.wire).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(context)
    }
}
