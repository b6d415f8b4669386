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

/// Figures by name; times and shares in the unit that the name says.
pub struct Figures {
    values: Vec<(&'static str, f64)>,
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
        let measured = |block: &&wire::BlockSummary| {
            (first.height + 1..=last.height).contains(&height(block))
        };
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
            each(pairs.iter().map(|(b, a)| of(&a.threads) - of(&b.threads)).sum())
        };
        let (verify, execute, tree, store) =
            (part("verify"), part("execute"), part("tree"), part("store"));
        let merges = threads("rocksdb");
        // Signatures are verified on the threads of whoever the transaction comes from, blocks are executed on those of consensus.
        let (api, gossip, consensus) = (threads("api"), threads("gossip"), threads("consensus"));
        let busy = (last.machine.0 - first.machine.0) as f64;
        let whole = (last.machine.1 - first.machine.1) as f64;
        let rounds: u32 = measured.iter().map(|block| block.round + 1).sum();
        let at = |percent: usize| {
            let index = (latencies.len() * percent / 100).min(latencies.len() - 1);
            latencies[index].as_secs_f64() * 1e3
        };
        let values = vec![
            ("eta", each(all)),
            ("transactions_per_second", transactions / took),
            ("transactions_per_block", transactions / measured.len() as f64),
            ("rounds_per_block", f64::from(rounds) / measured.len() as f64),
            ("verification_us", verification * 1e6),
            ("processors_busy_percent", 100.0 * busy / whole),
            ("generator_processors", (last.generator - first.generator).as_secs_f64() / took),
            ("part_verify", verify),
            ("part_execute", execute),
            ("part_tree", tree),
            ("part_store", store + merges),
            ("part_rest_of_threads", api + gossip + consensus - verify - execute - tree - store),
            ("threads_api", api),
            ("threads_gossip", gossip),
            ("threads_consensus", consensus),
            ("threads_explained_percent", 100.0 * (api + gossip + consensus + merges) / each(all)),
            ("latency_p50_ms", at(50)),
            ("latency_p99_ms", at(99)),
            ("peak_memory_mib", peak_memory(network)),
            ("disk_per_transaction_bytes", disk(network) / f64::from(committed)),
        ];
        Self { values, floor }
    }

    /// How far apart the two timings of a verification are.
    pub fn drift_percent(&self) -> f64 {
        let [before, after] = self.floor.map(|floor| floor.as_secs_f64());
        100.0 * (after - before).abs() / before.min(after)
    }
}

fn peak_memory(network: &Network) -> f64 {
    let peaks = (0..VALIDATORS).map(|node| usage::peak_memory(network.node(node).pid()));
    peaks.max().unwrap_or_default() as f64 / f64::from(1 << 20)
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

    pub fn print(&self, as_json: bool) {
        let mut json = Map::new();
        for (index, (name, _)) in self.runs[0].values.iter().enumerate() {
            let mut values: Vec<f64> = self.runs.iter().map(|run| run.values[index].1).collect();
            values.sort_unstable_by(f64::total_cmp);
            let (low, median, high) =
                (values[0], values[values.len() / 2], values[values.len() - 1]);
            if as_json {
                let figure = json!({"median": median, "lowest": low, "highest": high});
                json.insert((*name).to_owned(), figure);
            } else {
                println!("{name:<28} {median:>14.3}  {low:>14.3} to {high:>14.3}");
            }
        }
        if as_json {
            json.insert("runs".into(), json!(self.runs.len()));
            println!("{}", Value::Object(json));
        }
    }
}
