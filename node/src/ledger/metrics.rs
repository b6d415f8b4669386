//! What the ledger counts and times.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// What became of a transaction in a block.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// Clones share what they count.
#[derive(Clone)]
pub struct LedgerMetrics {
    transactions: Family<Outcome, Counter>,
    execution: Histogram,
    commit: Histogram,
}

impl Default for LedgerMetrics {
    fn default() -> Self {
        // 1 ms to some 8 s.
        let durations = || Histogram::new(exponential_buckets(0.001, 2.0, 14));
        Self {
            transactions: Family::default(),
            execution: durations(),
            commit: durations(),
        }
    }
}

impl LedgerMetrics {
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "transactions",
            "Transactions in the blocks committed since the node started",
            self.transactions.clone(),
        );
        registry.register_with_unit(
            "block_execution",
            "Time to execute a block, its own or another validator's, decided or not",
            Unit::Seconds,
            self.execution.clone(),
        );
        registry.register_with_unit(
            "block_commit",
            "Time to make a decided block durable",
            Unit::Seconds,
            self.commit.clone(),
        );
    }

    pub(super) fn executed(&self, took: Duration) {
        self.execution.observe(took.as_secs_f64());
    }

    pub(super) fn committed(&self, took: Duration, transactions: usize, rejected: u32) {
        self.commit.observe(took.as_secs_f64());
        let rejected = u64::from(rejected);
        let count = |outcome, count| {
            let counter = self.transactions.get_or_create(&Outcome { outcome });
            counter.inc_by(count);
        };
        count("executed", transactions as u64 - rejected);
        count("rejected", rejected);
    }
}
