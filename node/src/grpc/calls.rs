//! Counting calls and timing them. The layer is the outermost, so that what is refused before a
//! service sees it counts too.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures::future::BoxFuture;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes, Service, http};
use tonic::{Code, Status};

use super::methods::methods;

/// Beside the methods of this repository's protos.
const OTHERS: [&str; 4] = [
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/Watch",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The paths that are counted by their names.
static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let own = methods().into_iter();
    own.map(|(service, method)| format!("{service}/{method}"))
        .chain(OTHERS.map(str::to_owned))
        .collect()
});

/// What the API counts. Clones share it.
#[derive(Clone)]
pub struct ApiMetrics {
    calls: Family<Answered, Counter>,
    durations: Family<Method, Histogram, fn() -> Histogram>,
    pub connections: Gauge,
    pub event_subscribers: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Method {
    service: String,
    method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    service: String,
    method: String,
    status: String,
}

impl Default for ApiMetrics {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            // 1 ms to some 65 s, the longest call that is no stream.
            durations: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 17))
            }),
            connections: Gauge::default(),
            event_subscribers: Gauge::default(),
        }
    }
}

impl ApiMetrics {
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "calls",
            "gRPC calls that have ended, by their status",
            self.calls.clone(),
        );
        registry.register_with_unit(
            "call_duration",
            "Time from a gRPC call's first byte to the end of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "connections",
            "gRPC connections that are open",
            self.connections.clone(),
        );
        registry.register(
            "event_subscribers",
            "Streams of events that are open",
            self.event_subscribers.clone(),
        );
    }

    fn count(&self, call: &Call) {
        // Names that callers make up would fill the memory, and need no token.
        let (service, method) = KNOWN
            .get(call.path.trim_start_matches('/'))
            .and_then(|path| path.split_once('/'))
            .unwrap_or(("unknown", "unknown"));
        let (service, method) = (service.to_owned(), method.to_owned());
        let took = call.began.elapsed().as_secs_f64();
        self.calls
            .get_or_create(&Answered {
                service: service.clone(),
                method: method.clone(),
                status: format!("{:?}", call.status),
            })
            .inc();
        self.durations
            .get_or_create(&Method { service, method })
            .observe(took);
    }
}

/// One call; counted when it ends, however it ends.
struct Call {
    metrics: ApiMetrics,
    path: String,
    began: Instant,
    /// Cancelled, unless an answer says something else.
    status: Code,
}

impl Call {
    fn note(&mut self, headers: &http::HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.status = status.code();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.metrics.count(self);
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    metrics: ApiMetrics,
}

impl<S> Counted<S> {
    pub fn new(inner: S, metrics: ApiMetrics) -> Self {
        Self { inner, metrics }
    }
}

impl<S> Service<http::Request<Body>> for Counted<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<CountedBody>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let mut call = Call {
            metrics: self.metrics.clone(),
            path: request.uri().path().to_owned(),
            began: Instant::now(),
            status: Code::Cancelled,
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            // An answer without a body has its status here.
            call.note(answer.headers());
            Ok(answer.map(|inner| CountedBody { inner, call }))
        })
    }
}

/// An answer whose end is watched for.
pub struct CountedBody {
    inner: Body,
    call: Call,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(trailers) = frame.trailers_ref()
        {
            self.call.note(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_methods_that_there_are_have_a_name() {
        let metrics = ApiMetrics::default();
        let call = |path: &str, status| Call {
            metrics: metrics.clone(),
            path: path.to_owned(),
            began: Instant::now(),
            status,
        };
        drop(call("/counterfoil.v1.NodeService/GetStatus", Code::Ok));
        for path in ["/a\"b/c", "/counterfoil.v1.NodeService/Made", "/", ""] {
            drop(call(path, Code::Unauthenticated));
        }
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(
            text.contains("method=\"GetStatus\",status=\"Ok\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("method=\"unknown\",status=\"Unauthenticated\"} 4"),
            "{text}"
        );
        assert!(!text.contains("Made") && !text.contains("a\"b"), "{text}");
    }
}
