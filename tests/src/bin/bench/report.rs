//! The figures of a run, and the medians of several.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_tests::network::Network;
use counterfoil_tests::usage;
use serde_json::{Map, Value, json};

use super::VALIDATORS;
use super::phases::{Measured, Run, transactions};
use super::sample::Node;

/// What the names of a node's threads begin with; the first one bears the program's.
const THREADS: [&str; 6] = [
    "api",
    "consensus",
    "counterfoild",
    "gossip",
    "node",
    "rocksdb",
];

/// One figure of a run.
struct Figure {
    /// In JSON, with its unit.
    name: &'static str,
    what: &'static str,
    value: f64,
}

pub struct Figures {
    figures: Vec<Figure>,
    floor: [Duration; 2],
}

impl Figures {
    pub fn of(network: &Network, run: &Run, blocks: &[wire::BlockSummary]) -> Self {
        let mut figures = Work::of(run, &run.full, blocks).figures();
        figures.extend(load(run, blocks));
        figures.extend(idle(run));
        figures.extend(half(run, blocks));
        let (first, last) = (&run.full.first, &run.full.last);
        let peak = last.nodes.iter().map(|node| node.peak_kib).max();
        let committed = transactions(blocks);
        let generator = (last.generator - first.generator).as_secs_f64() / run.full.seconds();
        let mut add = |name, what, value| figures.push(Figure { name, what, value });
        // The audit that follows reads whole blocks, so that a later look would tell of that.
        add(
            "peak_memory_mib",
            "MiB of memory of the largest validator",
            peak.unwrap_or_default() as f64 / 1024.0,
        );
        add(
            "disk_of_encoded",
            "bytes on a validator's disk, of those that were sent",
            disk(network) / (committed * run.bytes_each),
        );
        // A run that cannot tell has none, which is null in JSON.
        add(
            "syncs_per_block",
            "synced writes of a validator for each block, with strace",
            run.syncs.unwrap_or(f64::NAN),
        );
        add(
            "verification_us",
            "us of one verification",
            verification(run) * 1e6,
        );
        add(
            "processors_busy_percent",
            "per cent that the processors were busy",
            run.full.busy_percent(),
        );
        add(
            "generator_processors",
            "processors that the generator took",
            generator,
        );
        Self {
            figures,
            floor: run.floor,
        }
    }

    /// How far apart the two timings of a verification are.
    pub fn drift_percent(&self) -> f64 {
        let [before, after] = self.floor.map(|floor| floor.as_secs_f64());
        100.0 * (after - before).abs() / before.min(after)
    }
}

/// Processor time of validators under load, in verifications for each signature and validator.
struct Work {
    all: f64,
    parts: BTreeMap<&'static str, f64>,
    threads: BTreeMap<&'static str, f64>,
}

impl Work {
    fn of(run: &Run, measured: &Measured, blocks: &[wire::BlockSummary]) -> Self {
        // Each transaction of the workload has one signature.
        let signatures = transactions(measured.blocks(blocks)) * VALIDATORS as f64;
        let each = |seconds: f64| seconds / (signatures * verification(run));
        let nodes = measured.first.nodes.iter().zip(&measured.last.nodes);
        let nodes: Vec<(&Node, &Node)> = nodes.collect();
        let grown = |of: &dyn Fn(&Node) -> f64| -> f64 {
            each(
                nodes
                    .iter()
                    .map(|(before, after)| of(after) - of(before))
                    .sum(),
            )
        };
        let named = |name: &'static str| {
            let of = |node: &Node| -> f64 {
                let threads = node.threads.iter();
                let named = threads.filter(|(thread, _)| thread.starts_with(name));
                named.map(|(_, time)| time.as_secs_f64()).sum()
            };
            (name, grown(&of))
        };
        let parts = measured.last.nodes[0].parts.keys();
        Self {
            all: grown(&|node| node.processor.as_secs_f64()),
            parts: parts
                .map(|part| (*part, grown(&|node| node.parts[part])))
                .collect(),
            threads: THREADS.map(named).into(),
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let merges = self.threads["rocksdb"];
        let counted: f64 = self.parts.values().sum();
        let known: f64 = self.threads.values().sum();
        let figure = |name, what, value| Figure { name, what, value };
        vec![
            figure(
                "eta",
                "verifications for each signature and validator",
                self.all,
            ),
            figure(
                "eta_verify",
                "  decoding, checking, verifying",
                self.parts["verify"],
            ),
            figure("eta_execute", "  executing blocks", self.parts["execute"]),
            figure("eta_tree", "  the state's root", self.parts["tree"]),
            figure("eta_store", "  storing", self.parts["store"]),
            figure("eta_merge", "  flushing and merging what is stored", merges),
            figure(
                "eta_other",
                "  the rest: engine, swarms, TLS, gRPC, receipts",
                known - merges - counted,
            ),
            figure(
                "eta_unexplained",
                "  of threads that ended or have other names",
                self.all - known,
            ),
            figure(
                "eta_api_threads",
                "of it on the API's threads",
                self.threads["api"],
            ),
            figure(
                "eta_gossip_threads",
                "on those of the gossip of transactions",
                self.threads["gossip"],
            ),
            figure(
                "eta_consensus_threads",
                "on those of consensus",
                self.threads["consensus"],
            ),
        ]
    }
}

fn load(run: &Run, blocks: &[wire::BlockSummary]) -> Vec<Figure> {
    let measured = run.full.blocks(blocks);
    let count = measured.len() as f64;
    let healthy = run.full.transactions_per_second(blocks);
    let down = run.down.transactions_per_second(blocks);
    let live = run.down.blocks(blocks).len() as f64 / run.down.seconds();
    let caught_up = run.caught_up.blocks as f64 / run.caught_up.took.as_secs_f64();
    let figure = |name, what, value| Figure { name, what, value };
    vec![
        figure("transactions_per_second", "transactions a second", healthy),
        figure(
            "transactions_per_block",
            "transactions a block",
            transactions(measured) / count,
        ),
        figure(
            "rounds_per_block",
            "rounds a block",
            run.full.rounds_per_block(blocks),
        ),
        figure(
            "latency_p50_ms",
            "ms from sending to receipt, median",
            ms(&run.full.latencies, 50),
        ),
        figure(
            "latency_p99_ms",
            "ms from sending to receipt, 99 of 100",
            ms(&run.full.latencies, 99),
        ),
        figure(
            "one_down_of_healthy",
            "transactions a second with one of four down, of all",
            down / healthy,
        ),
        figure(
            "catch_up_of_live",
            "blocks a second of who catches up, of those made",
            caught_up / live,
        ),
    ]
}

fn idle(run: &Run) -> Vec<Figure> {
    let empty = run.idle.empty_block * 1e3;
    let single = ms(&run.idle.latencies, 50);
    let figure = |name, what, value| Figure { name, what, value };
    vec![
        figure(
            "empty_block_ms",
            "ms of an empty block, by the engine's count",
            empty,
        ),
        figure(
            "idle_p50_ms",
            "ms to the receipt of a single transaction, median",
            single,
        ),
        figure(
            "idle_p50_of_empty_block",
            "  the same in empty blocks",
            single / empty,
        ),
        figure(
            "half_load_p50_of_idle_p50",
            "median at half load, in medians of single ones",
            ms(&run.half.latencies, 50) / single,
        ),
        figure(
            "half_load_p99_of_idle_p50",
            "99 of 100 at half load, in medians of single ones",
            ms(&run.half.latencies, 99) / single,
        ),
    ]
}

/// Of the half load.
fn half(run: &Run, blocks: &[wire::BlockSummary]) -> Vec<Figure> {
    let measured = run.half.blocks(blocks);
    let count = measured.len() as f64;
    let work = Work::of(run, &run.half, blocks);
    let figure = |name, what, value| Figure { name, what, value };
    let [alone, asked] = run.proofs;
    vec![
        figure(
            "block_p99_ms_of_single_transactions",
            "ms between blocks of a transaction each, 99 of 100",
            alone,
        ),
        figure(
            "block_p99_with_proofs_of_without",
            "  the same while a hundred passports a second are asked for, of that",
            asked / alone,
        ),
        figure(
            "half_load_eta",
            "verifications for each signature and validator at half load",
            work.all,
        ),
        figure(
            "half_load_eta_verify",
            "  decoding, checking, verifying",
            work.parts["verify"],
        ),
        figure(
            "half_load_eta_execute",
            "  executing blocks",
            work.parts["execute"],
        ),
        figure(
            "half_load_eta_tree",
            "  the state's root",
            work.parts["tree"],
        ),
        figure("half_load_eta_store", "  storing", work.parts["store"]),
        figure(
            "half_load_eta_merge",
            "  flushing and merging what is stored",
            work.threads["rocksdb"],
        ),
        figure(
            "half_load_eta_api",
            "  of all: threads of the API",
            work.threads["api"],
        ),
        figure(
            "half_load_eta_gossip",
            "  of all: threads of gossip",
            work.threads["gossip"],
        ),
        figure(
            "half_load_eta_consensus",
            "  of all: threads of consensus",
            work.threads["consensus"],
        ),
        figure(
            "half_load_block_ms",
            "ms a block at half load",
            run.half.seconds() * 1e3 / count,
        ),
        figure(
            "half_load_rounds_per_block",
            "rounds a block at half load",
            run.half.rounds_per_block(blocks),
        ),
        figure(
            "half_load_processors_busy_percent",
            "per cent that the processors were busy at half load",
            run.half.busy_percent(),
        ),
    ]
}

/// Seconds of one.
fn verification(run: &Run) -> f64 {
    (run.floor[0] + run.floor[1]).as_secs_f64() / 2.0
}

/// What so many in a hundred latencies, ascending, do not exceed.
pub fn percentile(latencies: &[Duration], percent: usize) -> Duration {
    let index = latencies.len() * percent / 100;
    let at = latencies.get(index.min(latencies.len().saturating_sub(1)));
    *at.expect("some were measured")
}

fn ms(latencies: &[Duration], percent: usize) -> f64 {
    percentile(latencies, percent).as_secs_f64() * 1e3
}

/// Bytes of a node's data on disk.
fn disk(network: &Network) -> f64 {
    let sizes = (0..VALIDATORS).map(|node| usage::size_of(&network.node(node).home().join("data")));
    sizes.sum::<u64>() as f64 / VALIDATORS as f64
}

#[derive(Default)]
pub struct Report {
    runs: Vec<Figures>,
}

impl Report {
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    pub fn add(&mut self, run: Figures) {
        self.runs.push(run);
    }

    /// The median of each figure, and the lowest and highest of any run.
    pub fn print(&self, as_json: bool) {
        let mut json = Map::new();
        let mut table = format!("{:>12} {:>12} {:>12}\n", "median", "lowest", "highest");
        for (index, Figure { name, what, .. }) in self.runs[0].figures.iter().enumerate() {
            let values = self.runs.iter().map(|run| run.figures[index].value);
            let mut values: Vec<f64> = values.collect();
            values.sort_unstable_by(f64::total_cmp);
            let (lowest, highest) = (values[0], values[values.len() - 1]);
            let median = values[values.len() / 2];
            let figure = json!({"median": median, "lowest": lowest, "highest": highest});
            json.insert((*name).to_owned(), figure);
            table += &format!("{median:>12.2} {lowest:>12.2} {highest:>12.2}  {what}\n");
        }
        json.insert("runs".into(), json!(self.runs.len()));
        match as_json {
            true => println!("{}", Value::Object(json)),
            false => print!("{table}"),
        }
    }
}
