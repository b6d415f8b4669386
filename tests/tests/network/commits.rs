//! Four validators: whatever comes in through one is committed by all.

use counterfoil_proto::invoice::v1::{InvoiceState, action::Action as Invoices};
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::settlement::v1::{SettleReceivable, action::Action as Settlements};
use counterfoil_tests::network::{
    FIRST_DATE, Network, Plan, Records, confirmation, finish, invoice, issue, money,
};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, ReceivableId};

use super::{ALL, replay};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_through_any_node_is_committed_by_all() {
    let mut network = Network::start(Plan::FOUR).await;
    let [seller, buyer] = ["seller-a", "buyer-a"].map(|name| network.wallet(name));
    let bank = network.wallet("bank-a");

    // One invoice's whole life, each step through another node.
    let register = seller.sign(Invoices::Register(invoice("2024-001", 250_000)));
    let first_receipt = network.client(0).execute(&register).await;
    let id = InvoiceId::of(register.id);
    let confirm = buyer.sign(Invoices::Confirm(confirmation(id, 250_000)));
    network.client(1).execute(&confirm).await;
    let deposit = bank.sign(issue("buyer-a", 300_000, "deposit-1"));
    network.client(2).execute(&deposit).await;
    let settle = buyer.sign(Settlements::Settle(SettleReceivable {
        receivable: ReceivableId::of(id).to_vec(),
        issuer: "bank-a".to_owned(),
        amount: money(250_000, "USD"),
        end_to_end_id: "payment-1".to_owned(),
        fees: Vec::new(),
    }));
    network.client(3).execute(&settle).await;

    let height = network.agree(&ALL).await;
    let records = Records::of(network.client(0)).await;
    assert_eq!(records.invoices[0].state(), InvoiceState::Confirmed);
    assert_eq!(records.receivables[0].state(), ReceivableState::Settled);
    let settled_on = records.receivables[0].settled_on.expect("it is settled");
    let settled_on = Date::try_from(&settled_on).expect("a date");
    assert_eq!(settled_on.to_string(), FIRST_DATE);
    let held: Vec<_> = records
        .balances
        .iter()
        .map(|b| (&*b.holder, b.available_minor))
        .collect();
    assert_eq!(held, [("buyer-a", 50_000), ("seller-a", 250_000)]);
    for node in ALL {
        network.reach(&[node], height).await;
        assert_eq!(
            Records::of(network.client(node)).await,
            records,
            "records of node {node}"
        );
    }

    // The same bytes again: the first receipt, from every node, and no second effect.
    for node in ALL {
        let answer = network.client(node).submit(&register).await;
        let answer = answer.expect("committed bytes are answered");
        assert_eq!(answer.tx_id, register.id.to_vec());
        assert_eq!(answer.receipt.as_ref(), Some(&first_receipt), "node {node}");
        let stored = network.client(node).receipt(register.id).await;
        assert_eq!(stored.expect("it is stored"), first_receipt);
    }
    network.reach(&ALL, height + 2).await;
    assert_eq!(Records::of(network.client(0)).await, records);

    // Each node's own blocks replay to the root it last had.
    let height = network.agree(&ALL).await;
    for node in ALL {
        network.node_mut(node).terminate().await;
    }
    let mut roots = Vec::new();
    for node in ALL {
        let mut command = replay(&network, node);
        command.arg("--to").arg(height.to_string());
        let report = finish(command, counterfoil_tests::network::PATIENCE)
            .await
            .json();
        assert_eq!(report["ok"], true);
        assert_eq!(report["transactions"], 4);
        roots.push(report["state_root"].as_str().expect("a root").to_owned());
    }
    assert!(roots.iter().all(|root| *root == roots[0]), "{roots:?}");
}
