//! Answers that end when their caller's account does.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::HeaderMap;

/// An answer under way. Nothing more of it is sent once its end resolves, but why.
pub struct Watched {
    /// Gone once it is over, so that whoever fills it learns that nobody listens any more.
    answer: Option<Body>,
    end: BoxFuture<'static, Status>,
}

impl Watched {
    pub fn body(answer: Body, end: BoxFuture<'static, Status>) -> Body {
        Body::new(Self {
            answer: Some(answer),
            end,
        })
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(mut answer) = self.answer.take() else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(status) = self.end.as_mut().poll(context) {
            let mut trailers = HeaderMap::new();
            let added = status.add_header(&mut trailers);
            return Poll::Ready(Some(added.map(|()| Frame::trailers(trailers))));
        }
        let frame = Pin::new(&mut answer).poll_frame(context);
        self.answer = Some(answer);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.answer.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
