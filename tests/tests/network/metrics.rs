//! What monitoring reads of a node that works.

use counterfoil_tests::network::{Network, Plan, eventually, issue, scrape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_tells_monitoring_how_it_is() {
    let network = Network::start(Plan::FOUR).await;
    let address = network.node(0).metrics();
    let bank = network.wallet("bank-a");
    let first = bank.sign(issue("buyer-a", 100, "first"));
    network.client(0).execute(&first).await;
    let before = scrape(address).await;
    for (name, value) in [
        ("counterfoil_peers_connected", 3.0),
        ("counterfoil_peers_listed", 3.0),
        ("counterfoil_votes", 1.0),
        ("counterfoil_pool_transactions", 0.0),
        ("counterfoil_transactions_total{outcome=\"executed\"}", 1.0),
        ("counterfoil_transactions_total{outcome=\"rejected\"}", 0.0),
        ("counterfoil_event_subscribers", 0.0),
    ] {
        assert_eq!(before.get(name), Some(&value), "{name}");
    }
    for name in [
        "counterfoil_block_timestamp_seconds",
        "counterfoil_data_bytes",
        "counterfoil_disk_free_bytes",
        "counterfoil_connections",
        "counterfoil_block_execution_seconds_count",
        "counterfoil_block_commit_seconds_count",
        "counterfoil_processor_seconds_total{part=\"verify\"}",
        "counterfoil_processor_seconds_total{part=\"execute\"}",
        "counterfoil_processor_seconds_total{part=\"tree\"}",
        "counterfoil_processor_seconds_total{part=\"store\"}",
    ] {
        assert!(before.get(name).is_some_and(|value| *value > 0.0), "{name}");
    }
    assert!(
        before
            .keys()
            .any(|name| name.starts_with("counterfoil_build_info{"))
    );
    let engine = |name: &String| name.starts_with("malachitebft_core_consensus_height{");
    assert!(before.keys().any(engine), "the engine's metrics are there");

    // The same again is rejected, and an unknown receipt is a call that fails.
    let again = bank.sign(issue("buyer-a", 100, "first"));
    let rejected = network.client(0).try_execute(&again).await;
    assert_ne!(rejected.expect("it is in a block").code, 0);
    let unknown = bank.sign(issue("buyer-a", 100, "never sent"));
    let missing = network.client(0).receipt(unknown.id).await;
    missing.expect_err("nobody sent it");
    let after = eventually("the peers' heights", async || {
        let after = scrape(address).await;
        let height = after["counterfoil_height"];
        match after["counterfoil_peers_height"] >= height && height > before["counterfoil_height"] {
            true => Ok(after),
            false => Err(format!("{height}")),
        }
    })
    .await;
    let grown = |name: &str| {
        let then = before.get(name).copied().unwrap_or(0.0);
        after[name] - then
    };
    assert_eq!(
        grown("counterfoil_transactions_total{outcome=\"rejected\"}"),
        1.0
    );
    let call = "service=\"counterfoil.v1.TransactionService\",method=\"GetReceipt\"";
    let failed = format!("counterfoil_calls_total{{{call},status=\"NotFound\"}}");
    assert_eq!(grown(&failed), 1.0);
    let timed = format!("counterfoil_call_duration_seconds_count{{{call}}}");
    assert_eq!(grown(&timed), 1.0);
    assert!(grown("counterfoil_block_commit_seconds_count") >= 1.0);
}
