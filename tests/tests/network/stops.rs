//! Nodes that are told to stop while transactions flow: what was answered stays.

use std::fs;

use counterfoil_tests::network::{Network, Plan, Traffic, eventually, issue};

use super::{ALL, assert_present};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stopping_node_answered_is_there_when_it_is_back() {
    let mut network = Network::start(Plan::ONE).await;
    let mut receipts = Vec::new();
    for round in 0..3 {
        let traffics: Vec<Traffic> = (0..6)
            .map(|number| Traffic::start(&network, &[0], &format!("flow-{round}-{number}")))
            .collect();
        for traffic in &traffics {
            traffic.more(3).await;
        }
        let status = network.node_mut(0).terminate().await;
        assert_eq!(status.code(), Some(0), "{}", network.node(0).end_of_log());
        for traffic in traffics {
            receipts.extend(traffic.stop().await);
        }
        network.node_mut(0).spawn();
        network.ready(&[0]).await;
    }
    assert_present(&network, &[0], &receipts).await;
    let log = fs::read_to_string(network.node(0).log()).expect("there is a log");
    for misleading in ["Actor terminated", "Error dialing", "Resetting bootstrap"] {
        assert!(!log.contains(misleading), "{misleading}");
    }
    let blocks: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(" block height="))
        .collect();
    let height = network.height(&[0]).await as usize;
    assert!(
        (height - 1..=height + 1).contains(&blocks.len()),
        "one line a block"
    );
    for field in ["transactions=", "rejected=", "round=", "hash=", "took_ms="] {
        assert!(blocks.iter().all(|line| line.contains(field)), "{field}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_four_stops_in_order_and_the_others_answer() {
    let mut network = Network::start(Plan::FOUR).await;
    let traffic = Traffic::start(&network, &ALL, "flow");
    traffic.more(6).await;
    let status = network.node_mut(2).terminate().await;
    assert_eq!(status.code(), Some(0), "{}", network.node(2).end_of_log());
    traffic.more(6).await;
    network.node_mut(2).spawn();
    network.ready(&ALL).await;
    traffic.more(3).await;
    let receipts = traffic.stop().await;
    network.agree(&ALL).await;
    assert_present(&network, &ALL, &receipts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_does_not_wait_for_anybody() {
    let mut network = Network::start(Plan::ONE).await;
    let bank = network.wallet("bank-a");
    let first = bank.sign(issue("buyer-a", 100, "first"));
    network.client(0).execute(&first).await;
    let never = bank.sign(issue("buyer-a", 100, "never sent"));
    let client = network.client(0).clone();
    let waiting = tokio::spawn(async move { client.wait_receipt(never.id, 60_000).await });
    let calls = async || network.client(0).height().await.map_err(|e| e.to_string());
    eventually("an answer after the wait has begun", calls).await;
    network.node(0).signal("TERM");
    let log = network.node(0).log();
    eventually("the node stops", async || {
        let log = fs::read_to_string(&log).map_err(|e| e.to_string())?;
        log.contains("stopping").then_some(()).ok_or(log)
    })
    .await;
    network.node(0).signal("INT");
    let status = network.node_mut(0).ended().await;
    assert_eq!(status.code(), Some(1), "{}", network.node(0).end_of_log());
    assert!(network.node(0).end_of_log().contains("told twice"));
    waiting
        .await
        .expect("no panic")
        .expect_err("its node is gone");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;
    network.client(0).receipt(first.id).await.expect("it stays");
}
