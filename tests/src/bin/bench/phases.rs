//! What is done to the network in a run, one after the other.

use std::time::{Duration, Instant};

use counterfoil_proto::v1 as wire;
use counterfoil_tests::network::{Network, eventually, issue, scrape};
use indicatif::ProgressBar;

use super::VALIDATORS;
use super::load::Load;
use super::sample::Sample;
use super::trade::Trade;

/// Transactions that an idle network is sent one after the other.
const SINGLE: usize = 40;
/// The engine's own measure of a height, from its beginning to its decision.
const CONSENSUS_TIME: &str = "malachitebft_core_consensus_consensus_time";

pub struct Run {
    /// One verification, before and after the full load.
    pub floor: [Duration; 2],
    /// Bytes of an encoded transaction, on average.
    pub bytes_each: f64,
    pub idle: Idle,
    pub full: Measured,
    /// Under half of the load, ascending.
    pub half: Vec<Duration>,
    pub down: Measured,
    pub caught_up: CaughtUp,
}

pub struct Idle {
    /// What an empty block takes the engine, in seconds.
    pub empty_block: f64,
    /// From sending to the receipt, ascending.
    pub latencies: Vec<Duration>,
}

/// A while without load, in which the chain makes empty blocks by its heartbeat; then single transactions.
pub async fn idle(network: &Network, load: &mut Load, quiet: Duration) -> Idle {
    let before = consensus_time(network).await;
    tokio::time::sleep(quiet).await;
    let after = eventually("a block that the engine counts", async || {
        let after = consensus_time(network).await;
        (after.1 > before.1)
            .then_some(after)
            .ok_or_else(|| "there is none".to_owned())
    });
    let after = after.await;
    let bank = network.wallet("bank-a");
    let mut latencies = Vec::new();
    for number in 0..SINGLE {
        let signed = bank.sign(issue("buyer-1", 1, &format!("single-{number}")));
        load.send(signed, Instant::now()).await;
        latencies.push(load.answer().await.latency);
    }
    latencies.sort_unstable();
    Idle {
        empty_block: (after.0 - before.0) / (after.1 - before.1),
        latencies,
    }
}

/// Seconds and blocks so far, of all nodes.
async fn consensus_time(network: &Network) -> (f64, f64) {
    let (mut seconds, mut blocks) = (0.0, 0.0);
    for node in 0..VALIDATORS {
        let metrics = scrape(network.node(node).metrics()).await;
        let of = |end: &str| -> f64 {
            let name = format!("{CONSENSUS_TIME}{end}");
            let samples = metrics.iter();
            let found = samples.filter(|(sample, _)| sample.starts_with(&name));
            found.map(|(_, value)| value).sum()
        };
        seconds += of("_sum");
        blocks += of("_count");
    }
    (seconds, blocks)
}

/// More under way than a block holds, until so many blocks are measured from a height on.
pub struct Saturation<'a> {
    pub nodes: &'a [usize],
    pub from_height: u64,
    pub blocks: u64,
}

pub struct Measured {
    pub first: Sample,
    pub last: Sample,
    /// Ascending.
    pub latencies: Vec<Duration>,
}

impl Saturation<'_> {
    pub async fn measure(
        self,
        network: &Network,
        load: &mut Load,
        trade: &mut Trade,
        bar: &ProgressBar,
    ) -> Measured {
        let mut first: Option<Sample> = None;
        let mut latencies = Vec::new();
        let last = loop {
            trade.send_all(load).await;
            let answer = load.answer().await;
            match &first {
                None if answer.height >= self.from_height && trade.is_warm() => {
                    first = Some(Sample::take(network, self.nodes).await);
                }
                None => {}
                Some(first) => {
                    latencies.push(answer.latency);
                    let measured = answer.height.saturating_sub(first.height);
                    bar.set_position(measured.min(self.blocks));
                    if answer.height >= first.height + self.blocks {
                        break Sample::take(network, self.nodes).await;
                    }
                }
            }
        };
        bar.finish_and_clear();
        load.finish().await;
        latencies.sort_unstable();
        Measured {
            first: first.expect("the last sample comes after the first"),
            last,
            latencies,
        }
    }
}

impl Measured {
    pub fn seconds(&self) -> f64 {
        (self.last.at - self.first.at).as_secs_f64()
    }

    /// Those of these blocks that it was measured over.
    pub fn blocks<'a>(&self, blocks: &'a [wire::BlockSummary]) -> Vec<&'a wire::BlockSummary> {
        let heights = self.first.height + 1..=self.last.height;
        let height = |block: &wire::BlockSummary| block.header.as_ref().map_or(0, |h| h.height);
        let measured = blocks
            .iter()
            .filter(|block| heights.contains(&height(block)));
        measured.collect()
    }

    pub fn transactions_per_second(&self, blocks: &[wire::BlockSummary]) -> f64 {
        transactions(self.blocks(blocks)) / self.seconds()
    }
}

/// How many there are in some blocks.
pub fn transactions<'a>(blocks: impl IntoIterator<Item = &'a wire::BlockSummary>) -> f64 {
    let counts = blocks.into_iter().filter_map(|block| block.transactions);
    f64::from(counts.sum::<u32>())
}

/// So many transactions a second at even intervals, whatever becomes of those before. What is late is counted from when it was
/// due.
pub async fn open_loop(
    load: &mut Load,
    trade: &mut Trade,
    rate: f64,
    seconds: Duration,
) -> Vec<Duration> {
    trade.begin_anew();
    let interval = Duration::from_secs_f64(1.0 / rate);
    let until = Instant::now() + seconds;
    let mut due = Instant::now();
    let mut latencies = Vec::new();
    while due < until {
        let Some(day) = trade.next_day(load) else {
            latencies.push(load.answer().await.latency);
            continue;
        };
        for signed in day {
            // Answers are taken while it is not due.
            while due > Instant::now() {
                let answer = tokio::time::timeout_at(due.into(), load.answer()).await;
                latencies.extend(answer.map(|answer| answer.latency));
            }
            load.send(signed, due).await;
            due += interval;
        }
    }
    latencies.extend(load.finish().await);
    latencies.sort_unstable();
    latencies
}

pub struct CaughtUp {
    pub blocks: u64,
    pub took: Duration,
}

/// Starts a validator that was ended, until it serves: with which height.
pub async fn start(network: &mut Network, node: usize) -> u64 {
    network.node_mut(node).spawn();
    let client = network.client(node);
    let serves = eventually("the validator to serve again", async || {
        client.height().await.map_err(|status| status.to_string())
    });
    serves.await
}

/// Starts a validator again that was down, and waits until it has all that the others made meanwhile. Counted from the first block
/// that it takes: until then it finds its peers, and they tell how far they are.
pub async fn catch_up(network: &mut Network, node: usize, rest: &[usize]) -> CaughtUp {
    let height = network.height(rest).await;
    let (down_at, served) = (start(network, node).await, Instant::now());
    let client = network.client(node);
    let first = eventually("the first block from another node", async || {
        let at = client.height().await.map_err(|status| status.to_string())?;
        (at > down_at || at >= height)
            .then_some(at)
            .ok_or_else(|| "there is none".to_owned())
    });
    let (from, began) = match first.await {
        // All at once.
        at if at >= height => (down_at, served),
        at => (at, Instant::now()),
    };
    network.reach(&[node], height).await;
    CaughtUp {
        blocks: height.saturating_sub(from),
        took: began.elapsed(),
    }
}
