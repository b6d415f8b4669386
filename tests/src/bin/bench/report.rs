//! The figures of a run, and the medians of several.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_tests::network::Network;
use serde_json::{Map, Value, json};

use super::{Sample, VALIDATORS, usage};

/// What a node counts for itself: the label of `counterfoil_processor_seconds_total` and where its threads' time goes
/// otherwise.
const PARTS: [&str; 4] = ["verify", "execute", "tree", "store"];

/// The parts of the work in a node's metrics, in seconds of processor time.
pub fn parts(metrics: &BTreeMap<String, f64>) -> BTreeMap<&'static str, f64> {
    PARTS
        .iter()
        .map(|part| {
            let name = format!("counterfoil_processor_seconds_total{{part=\"{part}\"}}");
            (*part, metrics.get(&name).copied().unwrap_or_default())
        })
        .collect()
}

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
    pub fn of(
        network: &Network,
        floor: [Duration; 2],
        first: &Sample,
        last: &Sample,
        blocks: &[wire::BlockSummary],
        latencies: &[Duration],
    ) -> Self {
        let height = |block: &wire::BlockSummary| block.header.as_ref().map_or(0, |h| h.height);
        let measured =
            |block: &&wire::BlockSummary| (first.height + 1..=last.height).contains(&height(block));
        let measured: Vec<_> = blocks.iter().filter(measured).collect();
        let count = |blocks: &[&wire::BlockSummary]| -> u32 {
            blocks.iter().filter_map(|block| block.transactions).sum()
        };
        let transactions = f64::from(count(&measured));
        let committed = count(&blocks.iter().collect::<Vec<_>>());
        let verification = (floor[0] + floor[1]).as_secs_f64() / 2.0;
        let took = (last.at - first.at).as_secs_f64();
        let pairs: Vec<_> = first.nodes.iter().zip(&last.nodes).collect();
        // In verifications for each signature and validator; each transaction of the workload has one.
        let each = |seconds: f64| seconds / (transactions * VALIDATORS as f64 * verification);
        let processor = |(before, after): &(&super::Node, &super::Node)| {
            (after.processor - before.processor).as_secs_f64()
        };
        let all: f64 = pairs.iter().map(processor).sum();
        let part = |name: &str| -> f64 {
            let grown = pairs.iter().map(|(b, a)| a.parts[name] - b.parts[name]);
            each(grown.sum())
        };
        let threads = |prefix: &str| -> f64 {
            let of = |threads: &BTreeMap<String, Duration>| -> f64 {
                let named = threads.iter().filter(|(name, _)| name.starts_with(prefix));
                named.map(|(_, time)| time.as_secs_f64()).sum()
            };
            each(
                pairs
                    .iter()
                    .map(|(b, a)| of(&a.threads) - of(&b.threads))
                    .sum(),
            )
        };
        let (verify, execute, tree, store) =
            (part("verify"), part("execute"), part("tree"), part("store"));
        let merges = threads("rocksdb");
        // Signatures are verified on the threads of whoever the transaction comes from, blocks are executed on those of consensus.
        let (api, gossip, consensus) = (threads("api"), threads("gossip"), threads("consensus"));
        let (threads_of_ours, counted) =
            (api + gossip + consensus, verify + execute + tree + store);
        let busy = (last.machine.0 - first.machine.0) as f64;
        let whole = (last.machine.1 - first.machine.1) as f64;
        let rounds: u32 = measured.iter().map(|block| block.round + 1).sum();
        let at = |percent: usize| {
            let index = (latencies.len() * percent / 100).min(latencies.len() - 1);
            latencies[index].as_secs_f64() * 1e3
        };
        // The audit after it reads whole blocks.
        let peak = last
            .nodes
            .iter()
            .map(|node| node.peak_memory)
            .max()
            .unwrap_or_default();
        let figure = |name, what, value| Figure { name, what, value };
        let figures = vec![
            figure(
                "eta",
                "verifications for each signature and validator",
                each(all),
            ),
            figure("eta_verify", "  decoding, checking, verifying", verify),
            figure("eta_execute", "  executing blocks", execute),
            figure("eta_tree", "  the state's root", tree),
            figure(
                "eta_store",
                "  storing, and merging what is stored",
                store + merges,
            ),
            figure(
                "eta_other",
                "  the rest of these threads: API, gossip, consensus",
                threads_of_ours - counted,
            ),
            figure(
                "eta_unexplained",
                "  of no thread that is known",
                each(all) - threads_of_ours - merges,
            ),
            figure("eta_api_threads", "of it on the API's threads", api),
            figure(
                "eta_gossip_threads",
                "on those of the gossip of transactions",
                gossip,
            ),
            figure("eta_consensus_threads", "on those of consensus", consensus),
            figure(
                "transactions_per_second",
                "transactions a second",
                transactions / took,
            ),
            figure(
                "transactions_per_block",
                "transactions a block",
                transactions / measured.len() as f64,
            ),
            figure(
                "rounds_per_block",
                "rounds a block",
                f64::from(rounds) / measured.len() as f64,
            ),
            figure("latency_p50_ms", "ms from due to receipt, median", at(50)),
            figure(
                "latency_p99_ms",
                "ms from due to receipt, 99 of 100",
                at(99),
            ),
            figure(
                "peak_memory_mib",
                "MiB of memory of the largest validator",
                peak as f64 / f64::from(1 << 20),
            ),
            figure(
                "disk_bytes_per_transaction",
                "bytes on a validator's disk a transaction",
                disk(network) / f64::from(committed),
            ),
            figure(
                "verification_us",
                "us of one verification",
                verification * 1e6,
            ),
            figure(
                "processors_busy_percent",
                "per cent that the processors were busy",
                100.0 * busy / whole,
            ),
            figure(
                "generator_processors",
                "processors that the generator took",
                (last.generator - first.generator).as_secs_f64() / took,
            ),
        ];
        Self { figures, floor }
    }

    /// How far apart the two timings of a verification are.
    pub fn drift_percent(&self) -> f64 {
        let [before, after] = self.floor.map(|floor| floor.as_secs_f64());
        100.0 * (after - before).abs() / before.min(after)
    }
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
            let mut values: Vec<f64> = self
                .runs
                .iter()
                .map(|run| run.figures[index].value)
                .collect();
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
