//! Each limit, at it and one past it, and that who is past it slows nobody else.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::node_service_client::NodeServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use futures::FutureExt as _;
use http_body::Body as _;
use tokio_stream::StreamExt as _;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::*;
use crate::fixture::{self, BANK, BUYER};
use crate::grpc::tests::node::{Client, Node, connect, token};

const ONE: NonZeroU32 = NonZeroU32::MIN;
/// What may come at once at one a second.
const AT_ONCE: usize = 2;

async fn with(limits: Limits) -> Node {
    Node::with(fixture::genesis(), limits).await
}

/// A client of an organization, over a connection of its own.
async fn apart(node: &Node, organization: &str) -> Client {
    let key = match organization {
        BANK => fixture::bank_key(),
        _ => fixture::buyer_key(),
    };
    node.apart(&token(organization, &key)).await
}

async fn ask(client: &Client) -> Result<(), Status> {
    let answer = NodeServiceClient::new(client.clone())
        .get_status(wire::GetStatusRequest {})
        .await;
    answer.map(|_| ())
}

async fn follow(client: &Client) -> Result<tonic::Streaming<wire::SubscribeResponse>, Status> {
    let mut client = EventServiceClient::new(client.clone());
    let request = wire::SubscribeRequest { from_height: 0 };
    client
        .subscribe(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn submit(client: &Client, nonce: u64) -> Result<(), Status> {
    let mut client = TransactionServiceClient::new(client.clone());
    let request = wire::SubmitRequest {
        transaction: Some(fixture::good(nonce).1),
    };
    client.submit(request).await.map(|_| ())
}

/// Checks that a status names a limit, and how long to wait.
fn names(status: &Status, reason: &str) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(
        (info.domain.as_str(), info.reason.as_str()),
        ("counterfoil.limits", reason)
    );
    let retry = status.get_details_retry_info().unwrap();
    let wait = retry.retry_delay.unwrap();
    assert!(
        wait > Duration::ZERO && wait <= Duration::from_secs(1),
        "{wait:?}"
    );
}

/// Calls until a limit refuses it, which must be so soon: as time passes, one more a second may pass.
async fn until_refused(
    reason: &str,
    passed: RangeInclusive<usize>,
    mut call: impl AsyncFnMut() -> Result<(), Status>,
) {
    let begun = Instant::now();
    let mut count = 0;
    let status = loop {
        match call().await {
            Ok(()) => count += 1,
            Err(status) => break status,
        }
        assert!(count < 1_000, "nothing refuses it");
    };
    names(&status, reason);
    let more = usize::try_from(begun.elapsed().as_secs()).unwrap();
    let within = *passed.start()..=passed.end() + more;
    assert!(within.contains(&count), "{count} passed before {reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_begins_so_many_calls_and_another_is_not_slowed() {
    let node = with(Limits {
        requests_per_second: ONE,
        ..Limits::default()
    })
    .await;
    let (bank, buyer) = (apart(&node, BANK).await, apart(&node, BUYER).await);
    let reason = "REQUESTS_PER_ACCOUNT";
    until_refused(reason, AT_ONCE..=AT_ONCE, async || ask(&bank).await).await;
    // Another connection of the account is no other account.
    let again = apart(&node, BANK).await;
    until_refused(reason, 0..=1, async || ask(&again).await).await;
    until_refused(reason, AT_ONCE..=AT_ONCE, async || ask(&buyer).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_has_so_many_signatures_checked() {
    let node = with(Limits {
        verifications_per_second: ONE,
        ..Limits::default()
    })
    .await;
    let (bank, buyer) = (apart(&node, BANK).await, apart(&node, BUYER).await);
    let reason = "VERIFICATIONS_PER_ORGANIZATION";
    let mut nonce = 0;
    let mut next = async |client: &Client| {
        nonce += 1;
        submit(client, nonce).await
    };
    until_refused(reason, AT_ONCE..=AT_ONCE, async || next(&bank).await).await;
    // Whoever sends it is charged, whoever signed it.
    until_refused(reason, AT_ONCE..=AT_ONCE, async || next(&buyer).await).await;
    // A stream is not refused: it goes as fast as it may.
    let begun = Instant::now();
    let requests: Vec<_> = (1_000..1_004)
        .map(|nonce| wire::SubmitStreamRequest {
            sequence: nonce,
            transaction: Some(fixture::good(nonce).1),
            wait: false,
        })
        .collect();
    let mut client = TransactionServiceClient::new(bank.clone());
    let answers = client.submit_stream(tokio_stream::iter(requests)).await;
    let answers: Vec<_> = answers.unwrap().into_inner().collect().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    assert!(
        begun.elapsed() >= Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_at_once_are_counted_by_connection_account_and_organization() {
    for (reason, connections) in [
        ("STREAMS_PER_CONNECTION", 1),
        ("STREAMS_PER_ACCOUNT", 3),
        ("STREAMS_PER_ORGANIZATION", 3),
    ] {
        let many = NonZeroU32::new(100).unwrap();
        let two = NonZeroU32::new(2).unwrap();
        let of = |name: &str| if reason.ends_with(name) { two } else { many };
        let node = with(Limits {
            streams_per_connection: of("CONNECTION"),
            streams_per_account: of("ACCOUNT"),
            streams_per_organization: of("ORGANIZATION"),
            ..Limits::default()
        })
        .await;
        let mut channels = Vec::new();
        for _ in 0..connections {
            channels.push(apart(&node, BANK).await);
        }
        let on = |number: usize| &channels[number % connections];
        let first = follow(on(0)).await.unwrap();
        let _second = follow(on(1)).await.unwrap();
        names(&follow(on(2)).await.unwrap_err(), reason);
        // Others are not counted with it, and neither are questions.
        let _other = follow(&apart(&node, BUYER).await).await.unwrap();
        ask(on(2)).await.unwrap();
        drop(first);
        let mut refused = 0;
        while let Err(status) = follow(on(2)).await {
            names(&status, reason);
            refused += 1;
            assert!(refused < 1_000, "the place never comes free");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_has_so_many_unknown_tokens_checked() {
    let node = with(Limits {
        tokens_per_second: ONE,
        ..Limits::default()
    })
    .await;
    let known = apart(&node, BANK).await;
    ask(&known).await.unwrap();
    let channel = connect(&node.api).await;
    let mut nameless = NodeServiceClient::new(channel.clone());
    let mut unknown = 0;
    let status = loop {
        let status = nameless.get_status(wire::GetStatusRequest {}).await;
        let status = status.unwrap_err();
        if status.code() != Code::Unauthenticated {
            break status;
        }
        unknown += 1;
        assert!(unknown < 1_000, "nothing refuses it");
    };
    assert!(unknown >= AT_ONCE);
    names(&status, "TOKENS_PER_CONNECTION");
    // A token that is known needs no check, and another connection has its own.
    ask(&known).await.unwrap();
    ask(&apart(&node, BUYER).await).await.unwrap();
}

#[tokio::test]
async fn an_account_has_so_many_calls_under_way() {
    let limiter = Limiter::new(&Limits {
        calls_per_account: NonZeroU32::new(2).unwrap(),
        ..Limits::default()
    });
    let call = |organization| {
        let caller = fixture::caller(organization, &[]);
        limiter.admit(&caller, "", &Extensions::new())
    };
    let (first, _second) = (call(BANK).unwrap(), call(BANK).unwrap());
    names(&call(BANK).err().unwrap(), "CALLS_PER_ACCOUNT");
    // It is the account that is counted, which this fixture's callers have in common.
    names(&call(BUYER).err().unwrap(), "CALLS_PER_ACCOUNT");
    drop(first);
    assert!(call(BANK).is_ok());
}

#[tokio::test]
async fn bytes_beyond_the_rate_are_held_back_and_new_calls_refused() {
    let limits = Limits {
        bytes_per_second: ONE,
        ..Limits::default()
    };
    let limiter = Limiter::new(&limits);
    let of = |seed: u8| fixture::key(seed).public_key();
    let caller = |seed: u8| Caller {
        organization: BANK.parse().unwrap(),
        account: of(seed),
        roles: Vec::new(),
        views: true,
        expires_at_ms: u64::MAX,
    };
    let body = |seed: u8, bytes: usize| {
        let frame = Body::new(Whole(Some(Bytes::from(vec![7; bytes]))));
        Metered::body(frame, of(seed), limiter.bytes.clone(), None)
    };
    let mut at_it = body(1, AT_ONCE);
    let frame = std::future::poll_fn(|cx| Pin::new(&mut at_it).poll_frame(cx));
    let frame = frame
        .now_or_never()
        .expect("two seconds' worth passes at once");
    assert_eq!(frame.unwrap().unwrap().into_data().unwrap().len(), AT_ONCE);
    let status = limiter
        .admit(&caller(1), "", &Extensions::new())
        .err()
        .unwrap();
    names(&status, "BYTES_PER_ACCOUNT");
    // Another account passes.
    assert!(limiter.admit(&caller(2), "", &Extensions::new()).is_ok());
    // More than ever may come at once comes in the end, after as long as the rest of it takes.
    let begun = Instant::now();
    let mut past_it = body(3, AT_ONCE + 1);
    let frame = std::future::poll_fn(|cx| Pin::new(&mut past_it).poll_frame(cx)).await;
    assert_eq!(
        frame.unwrap().unwrap().into_data().unwrap().len(),
        AT_ONCE + 1
    );
    assert!(
        begun.elapsed() >= Duration::from_millis(990),
        "{:?}",
        begun.elapsed()
    );
    assert!(past_it.is_end_stream());
}

/// A body of one frame.
struct Whole(Option<Bytes>);

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}
