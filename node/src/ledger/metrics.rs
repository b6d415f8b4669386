//! What the ledger counts and times.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use rustix::time::{ClockId, clock_gettime};

/// What became of a transaction in a block.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// Work that is done for every transaction.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Decoding a transaction and checking its signatures.
    Verify,
    /// Carrying a block's transactions out.
    Execute,
    /// The state's new root.
    Tree,
    /// Making proposed and decided blocks durable, as far as it is done by who waits for it.
    Store,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Work {
    part: &'static str,
}

/// Clones share what they count.
#[derive(Clone)]
pub struct LedgerMetrics {
    processor: Family<Work, Counter<f64, AtomicU64>>,
    transactions: Family<Outcome, Counter>,
    execution: Histogram,
    commit: Histogram,
}

impl Default for LedgerMetrics {
    fn default() -> Self {
        // 1 ms to some 8 s.
        let durations = || Histogram::new(exponential_buckets(0.001, 2.0, 14));
        Self {
            processor: Family::default(),
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
            "processor",
            "Processor time of the work on transactions",
            Unit::Seconds,
            self.processor.clone(),
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

    /// Does work that never changes threads, and counts the processor time that it takes.
    pub fn charge<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        let before = thread_time();
        let done = work();
        let took = thread_time().saturating_sub(before);
        let work = Work {
            part: match part {
                Part::Verify => "verify",
                Part::Execute => "execute",
                Part::Tree => "tree",
                Part::Store => "store",
            },
        };
        self.processor
            .get_or_create(&work)
            .inc_by(took.as_secs_f64());
        done
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

/// Processor time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}
