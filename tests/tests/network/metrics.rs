//! What monitoring reads of a node that works.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use counterfoil_tests::network::{MEMBERS, Network, Plan, eventually, issue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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

/// Every sample by its name and labels. The text must be well-formed, and tell of no organization.
async fn scrape(address: SocketAddr) -> BTreeMap<String, f64> {
    let mut stream = TcpStream::connect(address).await.expect("it is served");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is read");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it is text");
    let (head, text) = answer.split_once("\r\n\r\n").expect("HTTP");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert_eq!(text.matches("# EOF").count(), 1);
    assert!(text.ends_with("# EOF\n"));
    for (organization, _) in MEMBERS {
        // As a label; the engine's descriptions have the word "operator" too.
        let label = format!("\"{organization}\"");
        assert!(!text.contains(&label), "{organization}");
    }
    let mut types = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, _) = family.split_once(' ').expect("a name and a type");
            assert_eq!(
                types.insert(name.to_owned(), ()),
                None,
                "{name} comes twice"
            );
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            let value = value.parse().expect("a number");
            assert_eq!(
                samples.insert(name.to_owned(), value),
                None,
                "{name} comes twice"
            );
        }
    }
    samples
}
