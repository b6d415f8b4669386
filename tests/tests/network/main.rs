//! End-to-end tests: real node processes on loopback, what their clients see of
//! them, and what they survive. They start the binaries that `make test` builds first.

mod commits;
mod crashes;
mod demo;
mod keys;
mod limits;
mod operations;
mod outsiders;
mod partitions;
mod refusals;
mod rejections;
mod tour;

use std::process::Command;

use counterfoil_tests::network::Network;

const ALL: [usize; 4] = [0, 1, 2, 3];

/// `counterfoild replay` of a node that is stopped.
fn replay(network: &Network, node: usize) -> Command {
    let mut command = Command::new(counterfoil_tests::network::counterfoild());
    command.args(["replay", "-o", "json", "--home"]);
    command.arg(network.node(node).home());
    command
}
