//! What validators have taken so far, at one moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use counterfoil_tests::network::{Network, scrape};
use counterfoil_tests::usage;

/// What a node counts for itself: labels of `counterfoil_processor_seconds_total`.
const PARTS: [&str; 4] = ["verify", "execute", "tree", "store"];

/// The state of things at one moment.
pub struct Sample {
    pub height: u64,
    pub at: Instant,
    pub nodes: Vec<Node>,
    pub generator: Duration,
    /// Ticks that all processors were busy, and could have been.
    pub machine: (u64, u64),
}

/// What one validator has taken.
pub struct Node {
    pub processor: Duration,
    /// By the names of its threads.
    pub threads: BTreeMap<String, Duration>,
    /// By part of the work, in seconds.
    pub parts: BTreeMap<&'static str, f64>,
    pub peak_kib: u64,
}

impl Sample {
    /// As of now: receipts that were sent since may not have been read yet.
    pub async fn take(network: &Network, nodes: &[usize]) -> Self {
        let height = network.height(nodes).await;
        let mut taken = Vec::new();
        for node in nodes {
            let node = network.node(*node);
            taken.push(Node {
                processor: usage::processor_time(node.pid()),
                threads: usage::threads(node.pid()),
                parts: parts(&scrape(node.metrics()).await),
                peak_kib: usage::peak_kib(node.pid()),
            });
        }
        Self {
            height,
            at: Instant::now(),
            nodes: taken,
            generator: usage::processor_time(std::process::id()),
            machine: usage::machine_time(),
        }
    }
}

fn parts(metrics: &BTreeMap<String, f64>) -> BTreeMap<&'static str, f64> {
    PARTS
        .iter()
        .map(|part| {
            let name = format!("counterfoil_processor_seconds_total{{part=\"{part}\"}}");
            (*part, metrics.get(&name).copied().unwrap_or_default())
        })
        .collect()
}
