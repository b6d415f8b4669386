//! Nodes that end as by a power failure, while transactions flow.

use counterfoil_tests::network::{Network, Plan, Traffic, issue};

use super::{ALL, assert_present};

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
    assert_present(&network, &ALL, &receipts).await;
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
    assert_present(&network, &ALL, &receipts).await;
}
