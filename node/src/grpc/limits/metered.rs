//! Bodies whose bytes count towards their account's rate: beyond it they go slower.

use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use counterfoil_types::keys::PublicKey;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;
use tonic::Status;
use tonic::body::Body;

use super::Place;
use super::rates::Rates;

/// A request's or an answer's body.
pub struct Metered {
    body: Body,
    account: PublicKey,
    rates: Arc<Rates<PublicKey>>,
    /// What is not passed on yet, and how many of its bytes do not count yet.
    held: Option<(Frame<Bytes>, u32)>,
    until: Option<Pin<Box<Sleep>>>,
    /// Open for as long as this body is there.
    _place: Option<Place>,
}

impl Metered {
    pub fn body(
        body: Body,
        account: PublicKey,
        rates: Arc<Rates<PublicKey>>,
        place: Option<Place>,
    ) -> Body {
        Body::new(Self {
            body,
            account,
            rates,
            held: None,
            until: None,
            _place: place,
        })
    }
}

impl http_body::Body for Metered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if let Some(until) = &mut self.until {
                ready!(until.as_mut().poll(context));
                self.until = None;
            }
            let (frame, uncounted) = match self.held.take() {
                Some(held) => held,
                None => match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                    Some(Ok(frame)) => {
                        let bytes = frame.data_ref().map_or(0, Bytes::len);
                        // No message is so long that this is not its length.
                        (frame, u32::try_from(bytes).unwrap_or(u32::MAX))
                    }
                    end => return Poll::Ready(end),
                },
            };
            // More than may come at once counts bit by bit.
            let Some(part) = NonZeroU32::new(uncounted).map(|n| n.min(self.rates.burst())) else {
                return Poll::Ready(Some(Ok(frame)));
            };
            match self.rates.take(&self.account, part) {
                Ok(()) => self.held = Some((frame, uncounted - part.get())),
                Err(wait) => {
                    self.held = Some((frame, uncounted));
                    self.until = Some(Box::pin(tokio::time::sleep(wait)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
