//! Accounts and organizations that come and go while the node serves.

use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{Permission, Role, action::Action};
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::transaction::enrolment_bytes;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::node::{Client, Node, token};
use super::{request, stream};
use crate::fixture::{self, BANK, BUYER, CHAIN};

const ALL: [Permission; 4] = [
    Permission::View,
    Permission::Make,
    Permission::Approve,
    Permission::Admin,
];

fn account(key: &SigningKey, permissions: &[Permission], from_height: u64) -> membership::Account {
    membership::Account {
        public_key: key.public_key().to_vec(),
        permissions: permissions.iter().map(|p| (*p).into()).collect(),
        from_height,
        until_height: 0,
    }
}

fn enrolment(
    key: &SigningKey,
    permissions: &[Permission],
    from_height: u64,
) -> membership::Enrolment {
    membership::Enrolment {
        account: Some(account(key, permissions, from_height)),
        signature: key.sign(&enrolment_bytes(CHAIN, BANK)).to_vec(),
    }
}

fn commit(node: &Node, transactions: &[&wire::SignedTransaction]) {
    let block = fixture::commit(&node.ledger, transactions);
    for receipt in block.receipts() {
        assert_eq!(receipt.code, 0, "{:?}", receipt.rejection);
    }
}

async fn read(client: &Client) -> Result<(), Status> {
    let request = wire::ListInvoicesRequest::default();
    let mut ledger = LedgerServiceClient::new(client.clone());
    ledger.list_invoices(request).await.map(drop)
}

fn assert_refused(status: &Status, code: Code, reason: &str) {
    assert_eq!(status.code(), code, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.domain, "counterfoil.access");
    assert_eq!(info.reason, reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_key_is_let_in_and_sent_away_at_its_height() {
    let node = Node::start().await;
    let successor = fixture::key(30);
    let (old, new) = (node.bank(), node.bearing(&token(BANK, &successor)));
    read(&old).await.unwrap();
    let refused = read(&new).await.unwrap_err();
    assert_refused(&refused, Code::Unauthenticated, "UNKNOWN_ACCOUNT");

    let change = membership::ChangeAccounts {
        enrol: vec![enrolment(&successor, &ALL, 3)],
        revoke: vec![membership::Revocation {
            public_key: fixture::bank_key().public_key().to_vec(),
            until_height: 3,
        }],
    };
    commit(
        &node,
        &[&fixture::administer(1, Action::ChangeAccounts(change))],
    );
    read(&old).await.unwrap();
    let refused = read(&new).await.unwrap_err();
    assert_refused(&refused, Code::Unauthenticated, "ACCOUNT_DOES_NOT_ACT");

    // Calls of the old key that last, two of them with an answer under way.
    let subscribe = wire::SubscribeRequest { from_height: 1 };
    let mut events = EventServiceClient::new(old.clone());
    let told = events.subscribe(subscribe);
    let mut told = told.await.unwrap().into_inner();
    assert_eq!(told.next().await.unwrap().unwrap().height, 1);
    let (send, mut answers) = stream(&node).await;
    send.send(request(7, &fixture::good(1).1, true))
        .await
        .unwrap();
    fixture::eventually("it is in the pool", || node.mempool.pool().len() == 1).await;
    let wait = wire::WaitReceiptRequest {
        tx_id: vec![1; 32],
        timeout_ms: 60_000,
    };
    let mut waiter = TransactionServiceClient::new(old.clone());
    let mut waiting = Box::pin(waiter.wait_receipt(wait));
    assert!(futures::poll!(&mut waiting).is_pending());
    // The server has the wait before this one, which is answered.
    read(&old).await.unwrap();

    // The next block is the last in which the old key acts, and so the key acts no more from now on.
    commit(&node, &[]);
    let ends = [
        waiting.await.unwrap_err(),
        told.next().await.unwrap().unwrap_err(),
        answers.next().await.unwrap().unwrap_err(),
        read(&old).await.unwrap_err(),
    ];
    for end in ends {
        assert_refused(&end, Code::Unauthenticated, "ACCOUNT_DOES_NOT_ACT");
    }
    assert!(told.next().await.is_none());
    fixture::eventually("nobody reads the stream any more", || send.is_closed()).await;
    read(&new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_may_not_view_sends_and_reads_nothing() {
    let node = Node::start().await;
    let (machine, second) = (fixture::key(31), fixture::key(33));
    let change = membership::ChangeAccounts {
        enrol: vec![
            enrolment(&machine, &[Permission::Make], 2),
            enrolment(&second, &ALL, 2),
        ],
        revoke: Vec::new(),
    };
    let (_, issue) = fixture::good(1);
    commit(
        &node,
        &[
            &issue,
            &fixture::administer(1, Action::ChangeAccounts(change)),
        ],
    );
    let machine = node.bearing(&token(BANK, &machine));
    let refused = read(&machine).await.unwrap_err();
    assert_refused(&refused, Code::PermissionDenied, "MAY_NOT_VIEW");
    for (client, sees) in [(machine, false), (node.bank(), true)] {
        let sent = wire::SubmitRequest {
            transaction: Some(issue.clone()),
        };
        let answer = TransactionServiceClient::new(client).submit(sent).await;
        assert_eq!(answer.unwrap().into_inner().receipt.is_some(), sees);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_is_let_in_once_it_is_admitted_and_still_reads_when_suspended() {
    let node = Node::start().await;
    let key = fixture::key(32);
    let newcomer = node.bearing(&token("supplier-a", &key));
    let refused = read(&newcomer).await.unwrap_err();
    assert_refused(&refused, Code::Unauthenticated, "UNKNOWN_ACCOUNT");
    let admitted = membership::Organization {
        id: "supplier-a".into(),
        legal_name: "Supplier A".into(),
        national_id: "test:supplier-a".into(),
        roles: vec![Role::Supplier.into()],
        accounts: vec![account(&key, &ALL, 0)],
        status: membership::OrganizationStatus::Active.into(),
        ..Default::default()
    };
    let suspension = membership::Suspension {
        organization: BUYER.into(),
        reason: "an example".into(),
    };
    let buyer = node.bearing(&token(BUYER, &fixture::buyer_key()));
    read(&buyer).await.unwrap();
    commit(
        &node,
        &[
            &fixture::decide(&node.ledger, 1, Decision::Admit(admitted)),
            &fixture::decide(&node.ledger, 2, Decision::Suspend(suspension)),
        ],
    );
    read(&newcomer).await.unwrap();
    read(&buyer).await.unwrap();
}
