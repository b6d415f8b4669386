//! The API over real connections, on a ledger whose blocks the test decides.

mod access;
mod accounts;
pub mod node;
mod proofs;
mod tokens;
mod walk;
pub mod world;

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::submit_stream_response::Outcome;
use prost::Message as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use super::{Api, ApiError, ApiMetrics, ApiSettings, MAX_REQUEST_BYTES};
use crate::config::Limits;
use crate::fixture::{self, BANK, BUYER, CHAIN};
use crate::mempool::{Mempool, PoolLimits};
use node::Node;

/// A receipt as the bank sees it: nobody else among those whom an event concerns.
fn to_bank(mut receipt: wire::Receipt) -> wire::Receipt {
    for event in &mut receipt.events {
        event.organizations.retain(|id| id == BANK);
    }
    receipt
}

/// The reason, the code and the transaction that an error names.
fn named(status: &Status) -> (String, String, Option<String>, Option<String>) {
    let info = status.get_details_error_info().unwrap();
    let metadata = |key: &str| info.metadata.get(key).cloned();
    let (code, id) = (metadata("code"), metadata("tx_id"));
    (info.domain, info.reason, code, id)
}

fn field(status: &Status) -> String {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().unwrap();
    details.field_violations[0].field.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_taken_waited_for_and_answered_again() {
    let node = Node::start().await;
    let (id, signed) = fixture::good(1);
    let taken = node.submit(&signed).await.unwrap();
    assert_eq!((taken.tx_id, taken.receipt), (id.to_vec(), None));
    let absent = wire::GetReceiptRequest { tx_id: id.to_vec() };
    let status = node.transactions().get_receipt(absent.clone()).await;
    assert_eq!(status.unwrap_err().code(), Code::NotFound);

    let wait = wire::WaitReceiptRequest {
        tx_id: id.to_vec(),
        timeout_ms: 60_000,
    };
    let mut client = node.transactions();
    let waiting = tokio::spawn(async move { client.wait_receipt(wait).await });
    let candidate = fixture::commit(&node.ledger, &[&signed]);
    let receipt = waiting.await.unwrap().unwrap().into_inner().receipt;
    assert_eq!(receipt, Some(to_bank(candidate.receipts()[0].clone())));
    assert_eq!(receipt.as_ref().unwrap().code, 0);

    let again = node.submit(&signed).await.unwrap();
    assert_eq!(again.receipt, receipt);
    let found = node.transactions().get_receipt(absent).await.unwrap();
    assert_eq!(found.into_inner().receipt, receipt);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_say_why_and_of_what() {
    let node = Node::start().await;
    let mut forged = fixture::good(1).1;
    forged.signatures[0][5] ^= 1;
    let expired = fixture::issue(2, BANK, &fixture::bank_key(), 1_000).1;
    let soon = fixture::now_ms() + 60_000;
    let stranger = fixture::issue(3, BUYER, &fixture::bank_key(), soon).1;
    let garbage = wire::SignedTransaction {
        transaction: vec![0xff; 9],
        signatures: vec![],
    };
    for (signed, status_code, reason, code) in [
        (forged, Code::PermissionDenied, "WRONG_SIGNATURE", "8"),
        (expired, Code::FailedPrecondition, "EXPIRED", "5"),
        (stranger, Code::PermissionDenied, "UNKNOWN_SIGNER", "10"),
        (garbage, Code::InvalidArgument, "MALFORMED", "1"),
    ] {
        let status = node.submit(&signed).await.unwrap_err();
        let id = counterfoil_types::transaction::id(CHAIN, &signed.transaction);
        assert_eq!(status.code(), status_code);
        let expected = (
            "counterfoil.transaction".to_owned(),
            reason.to_owned(),
            Some(code.to_owned()),
            Some(id.to_string()),
        );
        assert_eq!(named(&status), expected);
    }
    assert!(node.mempool.pool().is_empty());
    let nothing = wire::SubmitRequest { transaction: None };
    let status = node.transactions().submit(nothing).await.unwrap_err();
    assert_eq!(field(&status), "transaction");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_ends_in_time() {
    let node = Node::start().await;
    let wait = |tx_id: Vec<u8>, timeout_ms| wire::WaitReceiptRequest { tx_id, timeout_ms };
    let mut client = node.transactions();
    let late = client
        .wait_receipt(wait(vec![1; 32], 50))
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    for (request, wrong) in [
        (wait(vec![1; 31], 50), "tx_id"),
        (wait(vec![1; 32], 0), "timeout_ms"),
        (wait(vec![1; 32], 60_001), "timeout_ms"),
    ] {
        let status = client.wait_receipt(request).await.unwrap_err();
        assert_eq!(field(&status), wrong);
    }
}

/// Sends requests over one stream, and gives the stream of answers with the end to send more.
async fn stream(
    node: &Node,
) -> (
    mpsc::Sender<wire::SubmitStreamRequest>,
    tonic::Streaming<wire::SubmitStreamResponse>,
) {
    let (sender, requests) = mpsc::channel(16);
    let mut client = node.transactions();
    let answers = client.submit_stream(Request::new(ReceiverStream::new(requests)));
    (sender, answers.await.unwrap().into_inner())
}

fn request(
    sequence: u64,
    signed: &wire::SignedTransaction,
    wait: bool,
) -> wire::SubmitStreamRequest {
    wire::SubmitStreamRequest {
        sequence,
        transaction: Some(signed.clone()),
        wait,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_answers_each_request_and_survives_refusals() {
    let node = Node::start().await;
    let (send, mut answers) = stream(&node).await;
    let (id, waited) = fixture::good(1);
    let mut forged = fixture::good(2).1;
    forged.signatures[0][5] ^= 1;
    send.send(request(7, &waited, true)).await.unwrap();
    send.send(request(8, &forged, true)).await.unwrap();
    send.send(request(9, &fixture::good(3).1, false))
        .await
        .unwrap();
    let mut next = async || answers.next().await.unwrap().unwrap();
    let refused = next().await;
    assert_eq!(refused.sequence, 8);
    match refused.outcome {
        Some(Outcome::Refusal(refusal)) => {
            assert_eq!(refusal.code(), wire::RefusalCode::WrongSignature);
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
    let accepted = next().await;
    assert_eq!(accepted.sequence, 9);
    assert!(matches!(accepted.outcome, Some(Outcome::Accepted(_))));

    let candidate = fixture::commit(&node.ledger, &[&waited]);
    let receipt = to_bank(candidate.receipts()[0].clone());
    let committed = next().await;
    assert_eq!((committed.sequence, committed.tx_id), (7, id.to_vec()));
    assert_eq!(committed.outcome, Some(Outcome::Receipt(receipt.clone())));
    // The same bytes once more are answered from the store.
    send.send(request(10, &waited, true)).await.unwrap();
    assert_eq!(next().await.outcome, Some(Outcome::Receipt(receipt)));
    drop(send);
    assert!(answers.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_takes_thousands_without_waiting_for_each() {
    const COUNT: u64 = 3_000;
    let node = Node::start().await;
    let (send, mut answers) = stream(&node).await;
    let sending = tokio::spawn(async move {
        for nonce in 0..COUNT {
            let signed = fixture::good(nonce).1;
            send.send(request(nonce, &signed, false)).await.unwrap();
        }
    });
    let mut seen = std::collections::BTreeSet::new();
    while let Some(answer) = answers.next().await {
        let answer = answer.unwrap();
        assert!(matches!(answer.outcome, Some(Outcome::Accepted(_))));
        seen.insert(answer.sequence);
    }
    sending.await.unwrap();
    assert_eq!(seen.len() as u64, COUNT);
    assert_eq!(node.mempool.pool().len() as u64, COUNT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_beyond_the_bound_is_refused_and_the_next_one_answered() {
    let node = Node::start().await;
    let huge = wire::SignedTransaction {
        transaction: vec![1; MAX_REQUEST_BYTES],
        signatures: vec![],
    };
    assert!(node.submit(&huge).await.is_err());
    assert!(node.submit(&fixture::good(1).1).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_read_and_listed() {
    let node = Node::start().await;
    fixture::commit(&node.ledger, &[&fixture::good(1).1]);
    let mut records = node.records();
    let get = |id: &str| wire::GetOrganizationRequest { id: id.into() };
    let found = records.get_organization(get(BANK)).await.unwrap();
    assert_eq!(found.into_inner().organization.unwrap().id, BANK);
    let status = records.get_organization(get("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(named(&status).0, "counterfoil.membership");
    let status = records.get_organization(get("")).await.unwrap_err();
    assert_eq!(field(&status), "id");
    let short = wire::GetInvoiceRequest { id: vec![1; 5] };
    let status = records.get_invoice(short).await.unwrap_err();
    assert_eq!(field(&status), "id");

    let balance = |holder: &str| wire::GetBalanceRequest {
        holder: holder.into(),
        issuer: BANK.into(),
        currency: "USD".into(),
    };
    let held = records.get_balance(balance(BUYER)).await.unwrap();
    assert_eq!(held.into_inner().balance.unwrap().available_minor, 100);
    let none = records.get_balance(balance("nobody")).await.unwrap();
    assert_eq!(none.into_inner().balance.unwrap().available_minor, 0);
    let all = records
        .list_issuances(wire::ListIssuancesRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(all.issuances[0].issued_minor, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other_by_their_own_tokens_only() {
    let node = Node::start().await;
    let mut records = node.records();
    let list = |page_token: &str, role: i32| wire::ListOrganizationsRequest {
        page_size: 1,
        page_token: page_token.into(),
        role,
    };
    let first = records.list_organizations(list("", 0)).await.unwrap();
    let first = first.into_inner();
    assert_eq!(first.organizations[0].id, BANK);
    let token = first.next_page_token;
    let second = records.list_organizations(list(&token, 0)).await.unwrap();
    let second = second.into_inner();
    assert_eq!(second.organizations[0].id, BUYER);
    assert_eq!(second.next_page_token, "");
    let banks = list(&token, Role::Bank.into());
    let status = records.list_organizations(banks).await.unwrap_err();
    assert_eq!(field(&status), "page_token");
    let status = records.list_organizations(list("", 99)).await.unwrap_err();
    assert_eq!(field(&status), "role");
    let banks = list("", Role::Bank.into());
    let banks = records
        .list_organizations(banks)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(banks.organizations.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_come_with_certificate_and_receipts() {
    let node = Node::start().await;
    let mut blocks = node.blocks();
    let early = blocks.get_block(wire::GetBlockRequest { height: 0 }).await;
    assert_eq!(early.unwrap_err().code(), Code::NotFound);
    for nonce in 0..3 {
        fixture::commit(&node.ledger, &[]);
        fixture::commit(&node.ledger, &[&fixture::good(nonce).1]);
    }
    let last = blocks.get_block(wire::GetBlockRequest { height: 0 }).await;
    let last = last.unwrap().into_inner();
    let header = last.header.as_ref().unwrap();
    assert_eq!(header.height, 6);
    assert_eq!(last.entries.len(), 1);
    assert_eq!(last.certificate.as_ref().unwrap().block_hash, last.hash);

    let list = |page_token: &str| wire::ListBlocksRequest {
        page_size: 2,
        page_token: page_token.into(),
        from_height: 2,
        with_transactions: true,
    };
    let heights = |page: &wire::ListBlocksResponse| -> Vec<u64> {
        let headers = page.blocks.iter().map(|b| b.header.as_ref().unwrap());
        headers.map(|header| header.height).collect()
    };
    let first = blocks.list_blocks(list("")).await.unwrap().into_inner();
    assert_eq!(heights(&first), [2, 4]);
    let rest = blocks.list_blocks(list(&first.next_page_token)).await;
    let rest = rest.unwrap().into_inner();
    assert_eq!(
        (heights(&rest), rest.next_page_token),
        (vec![6], String::new())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_tells_of_itself_and_of_its_own_tree() {
    let node = Node::start().await;
    let candidate = fixture::commit(&node.ledger, &[]);
    let mut client = node.node();
    let status = client.get_status(wire::GetStatusRequest {}).await.unwrap();
    let status = status.into_inner();
    assert_eq!((status.moniker.as_str(), status.height), ("v0", 1));
    assert!(status.validator);
    assert_eq!(status.organization, BANK);
    assert_eq!(status.block_hash, candidate.block_hash().to_vec());
    assert!(status.ledger_date.is_some());
    let root = |height| wire::GetStateRootRequest { height };
    let last = client.get_state_root(root(0)).await.unwrap().into_inner();
    assert_eq!(
        (last.height, &last.state_root),
        (1, &candidate.header().state_root)
    );
    let beyond = client.get_state_root(root(2)).await.unwrap_err();
    assert_eq!(beyond.code(), Code::OutOfRange);
    let genesis = client
        .get_genesis(wire::GetGenesisRequest {})
        .await
        .unwrap();
    let genesis = genesis.into_inner();
    assert_eq!(genesis.hash, fixture::genesis().hash().to_vec());
    let bytes = genesis.genesis.unwrap().encode_to_vec();
    assert_eq!(bytes, fixture::genesis().to_proto().encode_to_vec());

    let mut health = HealthClient::new(node.channel.clone());
    for service in ["", "counterfoil.v1.LedgerService"] {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status, 1, "{service}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_node_sends_those_who_wait_away() {
    let node = Node::start().await;
    let wait = wire::WaitReceiptRequest {
        tx_id: vec![1; 32],
        timeout_ms: 60_000,
    };
    let mut client = node.transactions();
    let mut waiting = Box::pin(client.wait_receipt(wait));
    assert!(futures::poll!(&mut waiting).is_pending());
    // The server has both calls before this one, which is answered.
    let (_send, mut answers) = stream(&node).await;
    node.submit(&fixture::good(1).1).await.unwrap();
    let stopping = tokio::spawn(node.api.stop());
    assert_eq!(waiting.await.unwrap_err().code(), Code::Unavailable);
    let end = answers.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_node_gives_the_receipts_that_still_come() {
    let node = Node::start().await;
    let (id, signed) = fixture::good(1);
    let (send, mut answers) = stream(&node).await;
    send.send(wire::SubmitStreamRequest {
        sequence: 7,
        transaction: Some(fixture::good(2).1),
        wait: true,
    })
    .await
    .unwrap();
    node.submit(&signed).await.unwrap();
    let wait = wire::WaitReceiptRequest {
        tx_id: id.to_vec(),
        timeout_ms: 60_000,
    };
    let mut client = node.transactions();
    let mut waiting = Box::pin(client.wait_receipt(wait));
    assert!(futures::poll!(&mut waiting).is_pending());
    fixture::eventually("both are in the pool", || node.mempool.pool().len() == 2).await;
    // The server has the wait before this one, which is answered.
    node.submit(&signed).await.unwrap();
    let (ledger, mut other) = (node.ledger.clone(), node.node());
    let stopping = tokio::spawn(node.api.stop());
    let mut refused = false;
    for _ in 0..3_000 {
        let answer = other.get_status(wire::GetStatusRequest {}).await;
        refused = answer.is_err();
        if refused {
            break;
        }
    }
    assert!(refused, "it takes no more calls");
    fixture::commit(&ledger, &[&signed, &fixture::good(2).1]);
    let receipt = waiting.await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(receipt.height, 1);
    let answer = answers.next().await.unwrap().unwrap();
    assert!(matches!(answer.outcome, Some(Outcome::Receipt(_))));
    // And then the stream says why it ends.
    let end = answers.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    stopping.await.unwrap();
}

#[tokio::test]
async fn addresses_beyond_this_machine_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = fixture::ledger(folder.path());
    let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
    let (network, _task) = node::network(&ledger, &mempool).await;
    let settings = ApiSettings {
        listen: "0.0.0.0:0".parse().unwrap(),
        moniker: "v0".into(),
        node: node::identity(),
        tls: None,
        limits: Limits::default(),
        metrics: ApiMetrics::default(),
        proofs: Handle::current(),
    };
    let vitals = node::vitals(&ledger, &mempool, network, folder.path());
    let refused = Api::start(settings, mempool, vitals).await;
    assert!(matches!(refused.err(), Some(ApiError::NotLoopback(_))));
}
