//! End-to-end tests: real node processes on loopback, what their clients see of
//! them, and what they survive. They start the binaries that `make test` builds first.

mod backups;
mod bench;
mod commits;
mod crashes;
mod demo;
mod disk;
mod events;
mod keys;
mod limits;
mod members;
mod metrics;
mod operations;
mod outsiders;
mod partitions;
mod programs;
mod refusals;
mod rejections;
mod stops;
mod tour;
mod transport;
mod upgrades;

use std::process::Command;

use counterfoil_proto::v1::Receipt;
use counterfoil_tests::network::{Finished, Network, PATIENCE, counterfoild, finish};
use counterfoil_types::ids::TxId;

const ALL: [usize; 4] = [0, 1, 2, 3];

/// Nodes have every receipt that a client was ever given.
async fn assert_present(network: &Network, nodes: &[usize], receipts: &[Receipt]) {
    assert!(!receipts.is_empty());
    for receipt in receipts {
        let id = TxId::try_from(receipt.tx_id.as_slice()).expect("an id");
        for &node in nodes {
            let theirs = network.client(node).receipt(id).await;
            assert_eq!(
                theirs.as_ref().ok(),
                Some(receipt),
                "node {node}: {theirs:?}"
            );
        }
    }
}

/// One of the node's commands, to its end, with its result as JSON.
async fn command(words: &[&str]) -> Finished {
    let mut command = Command::new(counterfoild());
    command.args(words).args(["-o", "json"]);
    finish(command, PATIENCE).await
}

/// `counterfoild replay` of a node that is stopped.
fn replay(network: &Network, node: usize) -> Command {
    let mut command = Command::new(counterfoild());
    command.args(["replay", "-o", "json", "--home"]);
    command.arg(network.node(node).home());
    command
}

/// Runs the node in the foreground, where it must end by itself.
async fn run(network: &Network, environment: &[(&str, &str)]) -> Finished {
    let mut command = Command::new(counterfoild());
    command.arg("run").arg("--home").arg(network.node(0).home());
    command.envs(environment.iter().copied());
    finish(command, PATIENCE).await
}

/// A command with more words, to its end.
async fn with(mut command: Command, words: &[&str]) -> Finished {
    command.args(words);
    finish(command, PATIENCE).await
}

fn assert_fails(finished: &Finished, code: i32, words: &str) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert!(
        finished.stderr.contains(words),
        "{words:?} in {}",
        finished.stderr
    );
}
