//! What monitoring reads: the engine's own metrics and the node's, in one text. They tell how the
//! node is, and nothing of what any organization has on the ledger.

mod server;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::consensus;
use crate::grpc::ApiMetrics;
use crate::vitals::{COMMIT, Vitals};

pub use server::{MetricsError, MetricsServer};

/// What the OpenMetrics format ends with.
const END: &str = "# EOF\n";

/// The node's metrics.
pub struct Metrics {
    registry: Registry,
    gauges: Gauges,
    vitals: Vitals,
}

/// What is looked at when it is asked for.
#[derive(Default)]
struct Gauges {
    height: Gauge,
    block_timestamp: Gauge<f64, AtomicU64>,
    peers_connected: Gauge,
    peers_listed: Gauge,
    peers_height: Gauge,
    pool_transactions: Gauge,
    pool: Gauge,
    votes: Gauge,
    data: Gauge,
    disk_free: Gauge,
}

impl Metrics {
    pub fn new(vitals: Vitals, api: &ApiMetrics) -> Self {
        let mut registry = Registry::with_prefix("counterfoil");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("commit", COMMIT)]);
        registry.register("build", "The software that runs", build);
        let gauges = Gauges::default();
        gauges.register(&mut registry);
        vitals.ledger.metrics().register(&mut registry);
        api.register(&mut registry);
        Self {
            registry,
            gauges,
            vitals,
        }
    }

    /// All of it. Looks at the disk.
    pub fn text(&self) -> String {
        self.gauges.look(&self.vitals);
        let engine = consensus::engine_metrics();
        let mut text = engine.strip_suffix(END).unwrap_or(&engine).to_owned();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }
}

impl Gauges {
    fn register(&self, registry: &mut Registry) {
        registry.register("height", "The last committed block", self.height.clone());
        registry.register_with_unit(
            "block_timestamp",
            "The time of the last committed block, since the Unix epoch",
            Unit::Seconds,
            self.block_timestamp.clone(),
        );
        registry.register(
            "peers_connected",
            "Peers connected on the transaction network",
            self.peers_connected.clone(),
        );
        registry.register(
            "peers_listed",
            "Peers that node.toml lists",
            self.peers_listed.clone(),
        );
        registry.register(
            "peers_height",
            "The greatest height that a connected peer says it has committed",
            self.peers_height.clone(),
        );
        registry.register(
            "pool_transactions",
            "Transactions that wait for a block",
            self.pool_transactions.clone(),
        );
        registry.register_with_unit(
            "pool",
            "What these transactions take",
            Unit::Bytes,
            self.pool.clone(),
        );
        registry.register(
            "votes",
            "1 where this node votes, 0 where it follows",
            self.votes.clone(),
        );
        registry.register_with_unit(
            "data",
            "What the node's data takes on its disk",
            Unit::Bytes,
            self.data.clone(),
        );
        registry.register_with_unit(
            "disk_free",
            "What is free on the disk of the node's data",
            Unit::Bytes,
            self.disk_free.clone(),
        );
    }

    fn look(&self, vitals: &Vitals) {
        let tip = vitals.ledger.tip();
        self.height.set(signed(tip.height));
        self.block_timestamp.set(tip.time_ms as f64 / 1000.0);
        let network = &vitals.network;
        self.peers_connected
            .set(signed(network.connected_peers() as u64));
        self.peers_listed.set(signed(network.listed_peers() as u64));
        self.peers_height
            .set(signed(vitals.peer_heights.greatest()));
        self.pool_transactions.set(signed(vitals.pool.len() as u64));
        self.pool.set(signed(vitals.pool.bytes()));
        // What cannot be seen keeps its last value.
        if let Ok(votes) = vitals.votes() {
            self.votes.set(i64::from(votes));
        }
        if let Ok(bytes) = vitals.disk.data_bytes() {
            self.data.set(signed(bytes));
        }
        if let Ok(bytes) = vitals.disk.free_bytes() {
            self.disk_free.set(signed(bytes));
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
