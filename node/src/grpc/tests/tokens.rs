//! How calls without a good token are answered, whatever they call.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_types::access;
use counterfoil_types::hash::Hash;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

use super::super::methods::methods;
use super::node::{Client, identity, token};
use super::world::{World, key_of};
use crate::fixture::{self, CHAIN};

type Ledger = LedgerServiceClient<Client>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_token_is_answered_with_why_and_with_what_a_good_one_must_name() {
    let world = World::build().await;
    let organization = "bank-b".parse().unwrap();
    let now = fixture::now_ms();
    let issue = |chain: &str, node: Hash, until: u64| {
        access::issue(&key_of("bank-b"), &organization, chain, &node, until)
    };
    let good = issue(CHAIN, identity(), now + 60_000);
    let mut forged = good.clone();
    let last = if forged.ends_with('0') { "1" } else { "0" };
    forged.replace_range(good.len() - 1.., last);
    let others_key = access::issue(
        &key_of("bank-c"),
        &organization,
        CHAIN,
        &identity(),
        now + 60_000,
    );
    let nobody = access::issue(
        &key_of("bank-b"),
        &"nobody".parse().unwrap(),
        CHAIN,
        &identity(),
        now + 60_000,
    );
    for (token, reason) in [
        ("zz".to_owned(), "TOKEN_MALFORMED"),
        (
            issue("other-1", identity(), now + 60_000),
            "TOKEN_WRONG_CHAIN",
        ),
        (
            issue(CHAIN, Hash::from_bytes([7; 32]), now + 60_000),
            "TOKEN_WRONG_NODE",
        ),
        (issue(CHAIN, identity(), now - 1), "TOKEN_EXPIRED"),
        (
            issue(CHAIN, identity(), now + 3_700_000),
            "TOKEN_EXPIRES_TOO_LATE",
        ),
        (forged, "TOKEN_WRONG_SIGNATURE"),
        (others_key, "UNKNOWN_ACCOUNT"),
        (nobody, "UNKNOWN_ACCOUNT"),
    ] {
        let mut ledger = Ledger::new(world.node.bearing(&token));
        let asked = ledger
            .list_organizations(wire::ListOrganizationsRequest::default())
            .await;
        let status = asked.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{reason}");
        let info = status.get_details_error_info().unwrap();
        assert_eq!(
            (info.domain.as_str(), info.reason.as_str()),
            ("counterfoil.access", reason)
        );
        assert_eq!(info.metadata["chain_id"], CHAIN);
        assert_eq!(info.metadata["node"], identity().to_string());
    }
    let mut ledger = Ledger::new(world.node.bearing(&good));
    assert!(
        ledger
            .list_organizations(wire::ListOrganizationsRequest::default())
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_callers_share_a_connection_and_each_is_itself() {
    let world = World::build().await;
    let ids = ["supplier-a", "supplier-c", "supplier-a"];
    let tokens = ids.map(|id| token(id, &key_of(id)));
    let mut found = Vec::new();
    for token in &tokens {
        let mut ledger = Ledger::new(world.node.bearing(token));
        let list = ledger
            .list_invoices(wire::ListInvoicesRequest::default())
            .await;
        found.push(list.unwrap().into_inner().invoices.len());
    }
    assert_eq!(found, [3, 0, 3]);
}

/// The status of an empty call.
async fn call(channel: &Channel, path: &str, authorization: Option<&str>) -> Status {
    let mut request = http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = channel.clone().oneshot(request).await.unwrap();
    Status::from_header_map(response.headers()).expect("an error, which has no body")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_method_answers_without_a_good_token() {
    let world = World::build().await;
    let mut methods = methods();
    methods.push((
        "grpc.reflection.v1.ServerReflection".into(),
        "ServerReflectionInfo".into(),
    ));
    methods.push((
        "grpc.reflection.v1alpha.ServerReflection".into(),
        "ServerReflectionInfo".into(),
    ));
    methods.push(("no.such.Service".into(), "Method".into()));
    for (service, method) in methods {
        let path = format!("/{service}/{method}");
        for authorization in [None, Some("Bearer 00"), Some("Basic YTpi")] {
            let status = call(&world.node.channel, &path, authorization).await;
            assert_eq!(status.code(), Code::Unauthenticated, "{path}: {status:?}");
        }
    }
    let health = "/grpc.health.v1.Health/NoSuchMethod";
    let status = call(&world.node.channel, health, None).await;
    assert_eq!(status.code(), Code::Unimplemented);
}
