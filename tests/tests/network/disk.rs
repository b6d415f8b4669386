//! A disk that fills up: the node stops by itself, says so, and goes on once there is room.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::Command;

use counterfoil_tests::network::{Network, Plan, Traffic, issue};

use super::{assert_present, command};

const NO_ROOM: Option<i32> = Some(5);
const MIB: u64 = 1024 * 1024;
/// In blocks of 512 or 1,024 bytes, as the shell has it: a few hundred blocks of the chain.
const FILE_BLOCKS: u32 = 1_024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_before_its_disk_is_full() {
    let mut network = Network::start(Plan::ONE).await;
    let bank = network.wallet("bank-a");
    let first = bank.sign(issue("buyer-a", 100, "first"));
    network.client(0).execute(&first).await;
    let free = network
        .client(0)
        .status()
        .await
        .expect("it answers")
        .disk_free_bytes;
    network.node_mut(0).terminate().await;
    // What others write and remove meanwhile must not reach these bounds.
    let reserve = (free - free / 16) / MIB;
    let settings = network.node(0).home().join("node.toml");
    let mut settings = OpenOptions::new()
        .append(true)
        .open(settings)
        .expect("it is there");
    let more = format!("[disk]\nreserve_mib = {reserve}\n[log]\nformat = \"json\"");
    writeln!(settings, "{more}").expect("the home can be written");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;

    let ballast = network.folder().join("ballast");
    let taken = Command::new("fallocate")
        .args(["-l", &(free / 8).to_string()])
        .arg(&ballast)
        .status();
    assert!(
        taken.expect("util-linux is there").success(),
        "room is taken"
    );
    let status = network.node_mut(0).ended().await;
    assert_eq!(status.code(), NO_ROOM, "{}", network.node(0).end_of_log());
    let log = network.node(0).end_of_log();
    assert!(
        log.contains("disk.reserve_mib") && log.contains("stopped"),
        "{log}"
    );
    // Nor does it start.
    network.node_mut(0).spawn();
    let status = network.node_mut(0).ended().await;
    assert_eq!(status.code(), NO_ROOM, "{}", network.node(0).end_of_log());

    fs::remove_file(ballast).expect("it is there");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;
    network.client(0).receipt(first.id).await.expect("it stays");
    let second = bank.sign(issue("buyer-a", 100, "second"));
    let height = network.client(0).execute(&second).await.height;
    network.node_mut(0).terminate().await;
    let blocks = log_in_json(&network, "block");
    let last = blocks.last().expect("blocks were logged");
    assert!(last["height"].as_u64() >= Some(height), "{last}");
    for field in ["transactions", "rejected", "round", "hash", "took_ms"] {
        assert!(!last[field].is_null(), "{field}: {last}");
    }
}

/// The log's lines of a message, from where it is in JSON to its end.
fn log_in_json(network: &Network, message: &str) -> Vec<serde_json::Value> {
    let log = fs::read_to_string(network.node(0).log()).expect("there is a log");
    let lines = log.lines().skip_while(|line| !line.starts_with('{'));
    let parsed =
        lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    let parsed = parsed.filter(|line: &serde_json::Value| line["message"] == message);
    parsed.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_finds_no_room_loses_nothing_that_was_answered() {
    let mut network = Network::start(Plan::ONE).await;
    network.node_mut(0).terminate().await;
    network.node_mut(0).spawn_within(FILE_BLOCKS);
    network.ready(&[0]).await;
    let traffics: Vec<Traffic> = (0..4)
        .map(|number| Traffic::start(&network, &[0], &format!("flow-{number}")))
        .collect();
    let status = network.node_mut(0).ended().await;
    let mut receipts = Vec::new();
    for traffic in traffics {
        receipts.extend(traffic.stop().await);
    }
    let log = network.node(0).end_of_log();
    assert_eq!(status.code(), NO_ROOM, "{log}");
    assert!(log.contains("no room on the disk"), "{log}");
    let halted = network.node(0).home().join("data/HALTED");
    assert!(
        !halted.exists(),
        "there is nothing for an operator to decide"
    );

    network.node_mut(0).spawn();
    network.ready(&[0]).await;
    assert_present(&network, &[0], &receipts).await;
    network.node_mut(0).terminate().await;
    let home = network.node(0).home().display().to_string();
    let verified = command(&["verify", "--home", &home]).await.json();
    assert_eq!(verified["ok"], true);
}
