//! What is done to the network in a run, one after the other.

use std::ops::RangeInclusive;
use std::process::Stdio;
use std::time::{Duration, Instant};

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::proof_service_client::ProofServiceClient;
use counterfoil_tests::network::{Network, Service, eventually, issue, scrape};
use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::VALIDATORS;
use super::load::Load;
use super::report::percentile;
use super::sample::Sample;
use super::trade::Trade;

const PASSPORTS_PER_SECOND: u32 = 100;
/// So many times the single transactions without, and then with, somebody who asks for passports.
const PASSPORT_TURNS: usize = 12;
/// How long calls are counted.
const TRACED: Duration = Duration::from_secs(10);
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
    pub half: Measured,
    /// Synced writes of a validator for each block, where the system can tell.
    pub syncs: Option<f64>,
    /// The 99th of 100 times between two blocks, without and with requests for proofs, in milliseconds.
    pub proofs: [f64; 2],
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
    let mut latencies = one_by_one(network, load, "single").await;
    latencies.sort_unstable();
    Idle {
        empty_block: (after.0 - before.0) / (after.1 - before.1),
        latencies,
    }
}

/// Single transactions, each after the receipt of the last.
async fn one_by_one(network: &Network, load: &mut Load, name: &str) -> Vec<Duration> {
    let bank = network.wallet("bank-a");
    let mut latencies = Vec::new();
    for number in 0..SINGLE {
        let signed = bank.sign(issue("buyer-1", 1, &format!("{name}-{number}")));
        load.send(signed, Instant::now()).await;
        latencies.push(load.answer().await.latency);
    }
    latencies
}

/// How often a validator waits for the disk for each block of a single transaction: its own synced writes and the engine's. None
/// where there is no `strace`, or it may not look.
pub async fn syncs(network: &Network, load: &mut Load, node: usize) -> Option<f64> {
    let calls = tempfile::NamedTempFile::new().expect("a temporary file");
    let before = network.height(&[node]).await;
    let mut strace = tokio::process::Command::new("timeout")
        .args(["--signal=INT", &TRACED.as_secs().to_string()])
        .args(["strace", "-f", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(calls.path())
        .args(["-p", &network.node(node).pid().to_string()])
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    tokio::time::sleep(TRACED / 10).await;
    one_by_one(network, load, "traced").await;
    strace.wait().await.ok()?;
    let blocks = network.height(&[node]).await - before;
    let calls = std::fs::read_to_string(calls.path()).expect("the file is there");
    let syncs = calls.matches("sync(").count();
    (syncs > 0).then_some(syncs as f64 / blocks as f64)
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

/// The 99th of 100 times between two blocks of a transaction each, in milliseconds: while nobody asks for proofs, and while all validators
/// together are asked for a hundred passports a second. By turns, as the store still merges what full load left it.
pub async fn proofs(network: &Network, load: &mut Load) -> [f64; 2] {
    let request = wire::ListReceivablesRequest {
        page_size: 100,
        ..Default::default()
    };
    let listed = network.client(0).ledger().list_receivables(request).await;
    let receivables = listed.expect("receivables").into_inner().receivables;
    let receivables: Vec<_> = receivables.into_iter().map(|one| one.id).collect();
    let (mut alone, mut asked) = (Vec::new(), Vec::new());
    for turn in 0..PASSPORT_TURNS {
        alone.push(heights(network, load, &format!("alone-{turn}")).await);
        let asking = tokio::spawn(ask_for_passports(
            (0..VALIDATORS)
                .map(|node| ProofServiceClient::new(network.client(node).service()))
                .collect(),
            receivables.clone(),
        ));
        asked.push(heights(network, load, &format!("asked-{turn}")).await);
        assert!(!asking.is_finished(), "every passport was given");
        asking.abort();
    }
    let blocks = network.client(0).blocks(network.height(&[0]).await).await;
    [alone, asked].map(|turns| {
        let mut times: Vec<Duration> = turns
            .into_iter()
            .flat_map(|heights| block_times(&blocks, &heights))
            .collect();
        times.sort_unstable();
        percentile(&times, 99).as_secs_f64() * 1e3
    })
}

/// Until it is ended, or a passport is not given.
async fn ask_for_passports(clients: Vec<ProofServiceClient<Service>>, receivables: Vec<Vec<u8>>) {
    let mut every = tokio::time::interval(Duration::from_secs(1) / PASSPORTS_PER_SECOND);
    let mut answers = JoinSet::new();
    for (client, receivable) in clients.iter().cycle().zip(receivables.iter().cycle()) {
        every.tick().await;
        let mut client = client.clone();
        let request = wire::GetPassportRequest {
            receivable: receivable.clone(),
            base: None,
        };
        answers.spawn(async move { client.get_passport(request).await.map(|_| ()) });
        while let Some(answer) = answers.try_join_next() {
            answer.expect("a call ends").expect("a passport");
        }
    }
}

/// Single transactions, and the heights meanwhile.
async fn heights(network: &Network, load: &mut Load, name: &str) -> RangeInclusive<u64> {
    let before = network.height(&[0]).await;
    one_by_one(network, load, name).await;
    before..=network.height(&[0]).await
}

fn block_times(blocks: &[wire::BlockSummary], heights: &RangeInclusive<u64>) -> Vec<Duration> {
    let headers = blocks.iter().filter_map(|block| block.header.as_ref());
    let times: Vec<u64> = headers
        .filter(|header| heights.contains(&header.height))
        .map(|header| header.time_ms)
        .collect();
    let between = times
        .windows(2)
        .map(|two| Duration::from_millis(two[1] - two[0]));
    between.collect()
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

    /// Of the processors' time, whoever had it.
    pub fn busy_percent(&self) -> f64 {
        let busy = (self.last.machine.0 - self.first.machine.0) as f64;
        let whole = (self.last.machine.1 - self.first.machine.1) as f64;
        100.0 * busy / whole
    }

    /// 1 where every block was decided in its first.
    pub fn rounds_per_block(&self, blocks: &[wire::BlockSummary]) -> f64 {
        let measured = self.blocks(blocks);
        let rounds: u32 = measured.iter().map(|block| block.round + 1).sum();
        f64::from(rounds) / measured.len() as f64
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
    network: &Network,
    nodes: &[usize],
    load: &mut Load,
    trade: &mut Trade,
    rate: f64,
    seconds: Duration,
) -> Measured {
    trade.begin_anew();
    let first = Sample::take(network, nodes).await;
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
    let last = Sample::take(network, nodes).await;
    latencies.extend(load.finish().await);
    latencies.sort_unstable();
    Measured {
        first,
        last,
        latencies,
    }
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
