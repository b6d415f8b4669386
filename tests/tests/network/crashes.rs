//! Nodes that end as by a power failure, while transactions flow.

use counterfoil_tests::network::{Network, Plan, Traffic, issue};
use counterfoil_types::ids::TxId;

use super::ALL;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_killed_catches_up_while_the_others_go_on() {
    let mut network = Network::start(Plan::FOUR).await;
    let others = [0, 1, 2];
    let traffic = Traffic::start(&network, &ALL, "flow");
    traffic.more(5).await;
    network.node_mut(3).kill();
    let killed_at = network.height(&others).await;
    // Several rounds of proposers, the dead one among them.
    traffic.more(8).await;
    network.reach(&others, killed_at + 5).await;
    network.node_mut(3).spawn();
    network.ready(&ALL).await;
    traffic.more(5).await;
    let receipts = traffic.stop().await;
    network.agree(&ALL).await;
    assert_present(&network, &receipts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_are_killed_at_once_go_on_where_they_were() {
    let mut network = Network::start(Plan::FOUR).await;
    let mut receipts = Vec::new();
    for round in 0..3 {
        let traffic = Traffic::start(&network, &ALL, &format!("flow-{round}"));
        traffic.more(6).await;
        let before = network.height(&ALL).await;
        for node in ALL {
            network.node_mut(node).kill();
        }
        for node in ALL {
            network.node_mut(node).spawn();
        }
        network.ready(&ALL).await;
        network.reach(&ALL, before + 1).await;
        traffic.more(3).await;
        receipts.extend(traffic.stop().await);
    }
    let bank = network.wallet("bank-b");
    network
        .client(2)
        .execute(&bank.sign(issue("buyer-b", 7, "after")))
        .await;
    network.agree(&ALL).await;
    assert_present(&network, &receipts).await;
}

/// Every node has every receipt that a client was ever given.
async fn assert_present(network: &Network, receipts: &[counterfoil_proto::v1::Receipt]) {
    assert!(!receipts.is_empty());
    for receipt in receipts {
        let id = TxId::try_from(receipt.tx_id.as_slice()).expect("an id");
        for node in ALL {
            let theirs = network.client(node).receipt(id).await;
            assert_eq!(
                theirs.as_ref().ok(),
                Some(receipt),
                "node {node}: {theirs:?}"
            );
        }
    }
}
