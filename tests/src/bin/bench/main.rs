//! `make bench`: what four validators take for each signature they commit, in verifications of one.
//!
//! All figures are ratios within one run, as machines differ and are noisy. Each run starts a new network of
//! processes and signs days of trade beforehand. It measures an idle network; then one with more under way than a block
//! holds, over so many blocks once every kind of transaction flows; then half of that load; then the full one with a validator
//! down; then how fast that one catches up. Before and after the full load it times one verification on all processors; a run
//! in which the two differ too much is measured again. In the end every node must have the same chain, and
//! the audit must find it true. docs/performance.md explains each figure.

mod floor;
mod growth;
mod load;
mod phases;
mod report;
mod sample;
mod trade;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use counterfoil_tests::network::{Network, Plan, finish};
use counterfoil_tests::progress;

use self::load::Load;
use self::phases::{Run, Saturation};
use self::report::{Figures, Report};
use self::trade::Trade;

const VALIDATORS: usize = 4;
/// How far apart the two timings of a verification may be, per cent.
const MOST_DRIFT_PERCENT: f64 = 5.0;
/// Runs that may be measured again because of that.
const MOST_REPEATS: usize = 3;

/// Measures four validators under load.
#[derive(Parser)]
struct Arguments {
    /// Runs, of which the median counts
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Blocks before those that are measured, at least
    #[arg(long, default_value_t = 10)]
    warm_up: u64,
    /// Blocks that are measured under full load; half as many with a validator down
    #[arg(long, default_value_t = 30)]
    blocks: u64,
    /// Seconds without load, and seconds of half of it
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Buyers, and as many sellers
    #[arg(long, default_value_t = 32)]
    traders: usize,
    /// New invoices a day; two days are under way at a time
    #[arg(long, default_value_t = 7 * 11 * 6)]
    invoices: usize,
    /// The most that a block holds, in KiB
    #[arg(long, default_value_t = 1_024)]
    block_kib: u64,
    /// Days of trade that are signed beforehand, beside those that it takes until invoices are paid
    #[arg(long, default_value_t = 80)]
    days: usize,
    /// Instead, measure a ledger of so many live claims, then of so many: 10000,100000,1000000
    #[arg(long, value_delimiter = ',', value_name = "CLAIMS")]
    growth: Vec<u64>,
    /// Take a run even where the machine was busy with other things
    #[arg(long)]
    noisy: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn plan(&self) -> Plan {
        Plan {
            further: self.traders,
            loaded: true,
            block_bytes: self.block_kib * 1_024,
            ..Plan::FOUR
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.growth.is_empty() {
        growth::measure(&arguments, &arguments.growth).await;
        return ExitCode::SUCCESS;
    }
    let mut report = Report::default();
    let mut repeats = 0;
    while report.runs() < arguments.runs {
        let name = format!("run {} of {}", report.runs() + 1, arguments.runs);
        let figures = run(&arguments, &name).await;
        let drift = figures.drift_percent();
        if drift > MOST_DRIFT_PERCENT && !arguments.noisy {
            eprintln!("{name}: a verification took {drift:.1} % more or less after than before");
            repeats += 1;
            if repeats > MOST_REPEATS {
                eprintln!("the machine is busy with other things; try later, or --noisy");
                return ExitCode::FAILURE;
            }
            continue;
        }
        report.add(figures);
    }
    report.print(arguments.json);
    ExitCode::SUCCESS
}

async fn run(arguments: &Arguments, name: &str) -> Figures {
    let mut network = Network::start(arguments.plan()).await;
    let mut trade = Trade::sign(arguments, arguments.days, &network, name);
    let nodes: Vec<usize> = (0..VALIDATORS).collect();
    let mut load = Load::open(&network, &nodes).await;
    let idle = phases::idle(&network, &mut load, Duration::from_secs(arguments.seconds)).await;

    let floor_before = floor::verification();
    let bar = progress::bar(arguments.blocks, &format!("{name}: blocks measured"));
    let full = Saturation {
        nodes: &nodes,
        from_height: arguments.warm_up,
        blocks: arguments.blocks,
    };
    let full = full.measure(&network, &mut load, &mut trade, &bar).await;
    let floor_after = floor::verification();

    let blocks = network.client(0).blocks(full.last.height).await;
    let rate = full.transactions_per_second(&blocks) / 2.0;
    let seconds = Duration::from_secs(arguments.seconds);
    let half = phases::open_loop(&network, &nodes, &mut load, &mut trade, rate, seconds).await;
    let syncs = phases::syncs(&network, &mut load, 0).await;
    let proofs = phases::proofs(&network, &mut load).await;

    let (rest, last) = (&nodes[..VALIDATORS - 1], VALIDATORS - 1);
    network.node_mut(last).kill();
    let down_from = network.height(rest).await;
    let mut load = Load::open(&network, rest).await;
    trade.begin_anew();
    let bar = progress::bar(
        arguments.blocks / 2,
        &format!("{name}: with one validator down"),
    );
    let down = Saturation {
        nodes: rest,
        from_height: down_from + arguments.warm_up / 2,
        blocks: arguments.blocks / 2,
    };
    let down = down.measure(&network, &mut load, &mut trade, &bar).await;
    drop(load);
    let caught_up = phases::catch_up(&mut network, last, rest).await;

    let height = network.agree(&nodes).await;
    let mut audit = network.command(0, "regulator");
    let urls: Vec<String> = nodes.iter().map(|node| network.node(*node).url()).collect();
    audit.args(["audit", "--nodes", &urls.join(",")]);
    let audit = finish(audit, AUDIT).await;
    let (said, problems) = (audit.stdout, audit.stderr);
    assert_eq!(audit.code, Some(0), "the audit: {said}{problems}");
    let run = Run {
        floor: [floor_before, floor_after],
        bytes_each: trade.bytes_each,
        idle,
        full,
        half,
        syncs,
        proofs,
        down,
        caught_up,
    };
    Figures::of(&network, &run, &network.client(0).blocks(height).await)
}

/// How long it may take.
const AUDIT: Duration = Duration::from_secs(300);
