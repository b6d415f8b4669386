//! The API's bounds: what is at one passes, what is beyond is refused by name.

use counterfoil_proto::v1::submit_stream_response::Outcome;
use counterfoil_proto::v1::{
    ListBalancesRequest, ListInvoicesRequest, ListOrganizationsRequest, RefusalCode,
    SignedTransaction, SubmitRequest, SubmitStreamRequest, WaitReceiptRequest,
};
use counterfoil_tests::network::{
    Action, Client, MEMBERS, Network, Plan, Signed, Wallet, issue, refused,
};
use counterfoil_types::limits::MAX_TRANSACTION_BYTES;
use counterfoil_types::transaction::contract;
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// More than any message may have.
const FAR_TOO_LONG: usize = 8 * 1024 * 1024;
/// Transactions sent at a stretch in one stream; more than the node admits at a time or queues answers for.
const MANY: usize = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bound_is_told() {
    let network = Network::start(Plan::ONE).await;
    let (client, bank) = (network.client(0), network.wallet("bank-a"));
    transactions_have_a_greatest_size(client, &bank).await;
    streams_take_much_and_stop_at_nonsense(client, &bank).await;
    pages_are_bounded_and_their_tokens_bound(client).await;
    waiting_ends(client, &bank).await;
    health_and_reflection_answer(client).await;
}

async fn transactions_have_a_greatest_size(client: &Client, bank: &Wallet) {
    // What no contract understands may still be as long as any transaction.
    let of_length = |bytes: usize| {
        let mut draft = bank.draft(Action {
            contract: contract::CASH,
            bytes: Vec::new(),
        });
        let signed = (0..bytes).rev().map(|length| {
            draft.action = vec![1; length];
            bank.seal(&draft)
        });
        // Lengths are written in fewer bytes the smaller they are.
        let mut signed = signed.skip_while(|signed| signed.transaction.encoded_len() > bytes);
        let signed = signed.next().expect("an empty action is shorter");
        assert_eq!(signed.transaction.encoded_len(), bytes);
        signed
    };
    let longest = of_length(MAX_TRANSACTION_BYTES);
    let receipt = client.try_execute(&longest).await.expect("it is committed");
    let rejection = receipt.rejection.expect("it is no action");
    assert_eq!(rejection.reason, "MALFORMED_ACTION");
    let beyond = client.submit(&of_length(MAX_TRANSACTION_BYTES + 1)).await;
    assert_eq!(refused(&beyond.expect_err("too long")).reason, "TOO_LONG");
    // Far beyond, the message is not even read to its end.
    let request = SubmitRequest {
        transaction: Some(SignedTransaction {
            transaction: vec![1; FAR_TOO_LONG],
            signatures: vec![],
        }),
    };
    let status = client
        .transactions()
        .submit(request)
        .await
        .expect_err("far too long");
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    let empty = client
        .transactions()
        .submit(SubmitRequest { transaction: None })
        .await;
    let empty = refused(&empty.expect_err("nothing to submit"));
    assert_eq!(
        (empty.status, &*empty.reason),
        (Code::InvalidArgument, "INVALID_FIELD")
    );
}

async fn streams_take_much_and_stop_at_nonsense(client: &Client, bank: &Wallet) {
    let request = |sequence: u64, signed: &Signed| SubmitStreamRequest {
        sequence,
        transaction: Some(signed.transaction.clone()),
        wait: true,
    };
    let sent: Vec<Signed> = (0..MANY)
        .map(|number| bank.sign(issue("buyer-b", 1, &format!("stream-{number}"))))
        .collect();
    let requests: Vec<_> = (0..)
        .zip(&sent)
        .map(|(n, signed)| request(n, signed))
        .collect();
    let answers = client
        .transactions()
        .submit_stream(tokio_stream::iter(requests))
        .await;
    let mut answers = answers.expect("the stream opens").into_inner();
    let mut seen = vec![false; MANY];
    while let Some(answer) = answers.next().await {
        let answer = answer.expect("the stream goes on");
        let sequence = usize::try_from(answer.sequence).expect("one that was sent");
        assert!(
            !std::mem::replace(&mut seen[sequence], true),
            "{sequence} is answered once"
        );
        assert_eq!(answer.tx_id, sent[sequence].id.to_vec());
        match answer.outcome {
            Some(Outcome::Receipt(receipt)) => assert_eq!(receipt.code, 0),
            other => panic!("{sequence}: {other:?}"),
        }
    }
    assert!(seen.iter().all(|seen| *seen), "each is answered");

    // Without a transaction: refused in its place. Of a size that no message has: the end.
    let empty = SubmitStreamRequest {
        sequence: 1,
        transaction: None,
        wait: false,
    };
    let mut endless = empty.clone();
    endless.transaction = Some(SignedTransaction {
        transaction: vec![1; FAR_TOO_LONG],
        signatures: vec![],
    });
    let requests = tokio_stream::iter([empty, request(2, &sent[0]), endless]);
    let answers = client.transactions().submit_stream(requests).await;
    let answers: Vec<_> = answers
        .expect("the stream opens")
        .into_inner()
        .collect()
        .await;
    match answers.as_slice() {
        [Ok(first), Ok(second), Err(status)] => {
            match &first.outcome {
                Some(Outcome::Refusal(refusal)) => {
                    assert_eq!(refusal.code(), RefusalCode::Malformed);
                }
                other => panic!("{other:?}"),
            }
            assert!(
                matches!(second.outcome, Some(Outcome::Receipt(_))),
                "{second:?}"
            );
            assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
        }
        other => panic!("{other:?}"),
    }
}

async fn pages_are_bounded_and_their_tokens_bound(client: &Client) {
    let page = |page_size, page_token: &str, holder: &str| ListBalancesRequest {
        page_size,
        page_token: page_token.to_owned(),
        holder: holder.to_owned(),
        issuer: String::new(),
    };
    let organizations = |page_size, page_token: &str| ListOrganizationsRequest {
        page_size,
        page_token: page_token.to_owned(),
        role: 0,
    };
    let first = client
        .ledger()
        .list_organizations(organizations(3, ""))
        .await;
    let first = first.expect("a page").into_inner();
    assert_eq!(first.organizations.len(), 3);
    let token = first.next_page_token;
    let rest = client
        .ledger()
        .list_organizations(organizations(1_000, &token))
        .await;
    let rest = rest.expect("the next page").into_inner();
    assert_eq!(rest.organizations.len(), MEMBERS.len() - 3);
    assert_eq!(rest.next_page_token, "");

    let too_many = client
        .ledger()
        .list_organizations(organizations(1_001, ""))
        .await;
    let mut other_filter = organizations(3, &token);
    other_filter.role = 1;
    let other_filter = client.ledger().list_organizations(other_filter).await;
    let other_list = client.ledger().list_balances(page(3, &token, "")).await;
    let garbage = client.ledger().list_balances(page(3, "garbage", "")).await;
    let unknown_state = ListInvoicesRequest {
        state: 77,
        ..Default::default()
    };
    let unknown_state = client.ledger().list_invoices(unknown_state).await;
    for (field, status) in [
        ("page_size", too_many.expect_err("beyond the greatest page")),
        (
            "page_token",
            other_filter.expect_err("a token of other filters"),
        ),
        (
            "page_token",
            other_list.expect_err("a token of another list"),
        ),
        ("page_token", garbage.expect_err("no token at all")),
        ("state", unknown_state.expect_err("no state of invoices")),
    ] {
        let found = refused(&status);
        assert_eq!(
            (found.status, &*found.reason),
            (Code::InvalidArgument, "INVALID_FIELD")
        );
        assert!(status.message().starts_with(field), "{field}: {status:?}");
    }
}

async fn waiting_ends(client: &Client, bank: &Wallet) {
    let never = bank.sign(issue("buyer-a", 1, "never-sent"));
    let status = client
        .wait_receipt(never.id, 300)
        .await
        .expect_err("nobody sent it");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(refused(&status).tx_id, never.id.to_string());
    for (tx_id, timeout_ms) in [
        (never.id.to_vec(), 0),
        (never.id.to_vec(), 60_001),
        (vec![1], 5),
    ] {
        let request = WaitReceiptRequest { tx_id, timeout_ms };
        let status = client.transactions().wait_receipt(request).await;
        let status = status.expect_err("beyond the bounds");
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    }
}

async fn health_and_reflection_answer(client: &Client) {
    let services = ["Transaction", "Ledger", "Block", "Event", "Node"]
        .map(|s| format!("counterfoil.v1.{s}Service"));
    let mut health = HealthClient::new(client.service());
    for service in services.iter().cloned().chain([String::new()]) {
        let answer = health.check(HealthCheckRequest { service }).await;
        let answer = answer.expect("health answers").into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(client.service());
    let answers = reflection
        .server_reflection_info(tokio_stream::iter([request]))
        .await;
    let mut answers = answers.expect("reflection answers").into_inner();
    let answer = answers.next().await.expect("an answer").expect("no error");
    match answer.message_response {
        Some(MessageResponse::ListServicesResponse(list)) => {
            let names: Vec<String> = list.service.into_iter().map(|s| s.name).collect();
            for service in &services {
                assert!(names.contains(service), "{service} in {names:?}");
            }
        }
        other => panic!("{other:?}"),
    }
}
