//! `make bench`: what four validators take for each signature they commit, in verifications of one.
//!
//! All figures are ratios within one run, as machines differ and are noisy. Each run starts a new network of
//! processes, signs days of trade beforehand, keeps more under way than a block holds, and measures over
//! so many blocks once every kind of transaction flows. Before and after it times one verification on all processors; a run
//! in which the two differ too much is measured again. After it every node must have the same chain, and
//! the audit must find it true. docs/performance.md explains each figure.

mod floor;
mod load;
mod report;
mod usage;
mod workload;

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use counterfoil_tests::network::{Network, Plan, Signed, finish, scrape};
use indicatif::{ProgressBar, ProgressStyle};

use self::load::Load;
use self::report::{Figures, Report};
use self::workload::{PAID, Workload};

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
    /// Blocks that are measured
    #[arg(long, default_value_t = 30)]
    blocks: u64,
    /// Buyers, and as many sellers
    #[arg(long, default_value_t = 32)]
    traders: usize,
    /// New invoices a day; two days are under way at a time
    #[arg(long, default_value_t = 7 * 11 * 3)]
    invoices: usize,
    /// The most that a block holds, in KiB
    #[arg(long, default_value_t = 256)]
    block_kib: u64,
    /// Days of trade that are signed beforehand, beside those that it takes until invoices are paid
    #[arg(long, default_value_t = 40)]
    days: usize,
    /// Take a run even where the machine was busy with other things
    #[arg(long)]
    noisy: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
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
    let plan = Plan {
        further: arguments.traders,
        loaded: true,
        block_bytes: arguments.block_kib * 1_024,
        ..Plan::FOUR
    };
    let network = Network::start(plan).await;
    let members: Vec<String> = plan.members().into_iter().map(|(id, _)| id).collect();
    let mut trade = sign(arguments, &network, &members, name);
    let floor_before = floor::verification();

    let nodes: Vec<usize> = (0..VALIDATORS).collect();
    let mut load = Load::open(&network, &nodes).await;
    let bar = progress(arguments.blocks, &format!("{name}: blocks measured"));
    let mut first: Option<Sample> = None;
    let mut latencies = Vec::new();
    let last = loop {
        // Two days are under way: what a transaction builds on was answered.
        while load.answered() >= trade.answered_first {
            let day = trade.days.pop_front().expect(MORE_DAYS);
            trade.answered_first = load.sent();
            for signed in day {
                load.send(signed, Instant::now()).await;
            }
        }
        let answer = load.answer().await;
        match &first {
            None if answer.height >= arguments.warm_up && trade.is_warm() => {
                first = Some(Sample::take(&network, answer.height).await);
            }
            None => {}
            Some(first) => {
                latencies.push(answer.latency);
                bar.set_position((answer.height - first.height).min(arguments.blocks));
                if answer.height >= first.height + arguments.blocks {
                    break Sample::take(&network, answer.height).await;
                }
            }
        }
    };
    let first = first.expect("the last sample comes after the first");
    bar.finish_and_clear();
    while load.answered() < load.sent() {
        load.answer().await;
    }
    let floor_after = floor::verification();

    let height = network.agree(&nodes).await;
    let mut audit = network.command(0, "regulator");
    let urls: Vec<String> = nodes.iter().map(|node| network.node(*node).url()).collect();
    audit.args(["audit", "--nodes", &urls.join(",")]);
    let audit = finish(audit, AUDIT).await;
    assert_eq!(
        audit.code,
        Some(0),
        "the audit: {}{}",
        audit.stdout,
        audit.stderr
    );
    let blocks = network.client(0).blocks(height).await;
    latencies.sort_unstable();
    Figures::of(
        &network,
        [floor_before, floor_after],
        &first,
        &last,
        &blocks,
        &latencies,
    )
}

/// How long it may take.
const AUDIT: Duration = Duration::from_secs(300);
const MORE_DAYS: &str = "enough days were signed beforehand: give more --days";

/// Days of transactions in the order they are sent.
struct Trade {
    days: VecDeque<Vec<Signed>>,
    /// How many must be answered before the next day is sent: all but the last day.
    answered_first: usize,
    /// How many days are left once invoices are paid, and from then on all kinds come.
    warm_from: usize,
}

impl Trade {
    fn is_warm(&self) -> bool {
        self.days.len() < self.warm_from
    }
}

fn sign(arguments: &Arguments, network: &Network, members: &[String], name: &str) -> Trade {
    let days = PAID + 1 + arguments.days;
    let bar = progress(days as u64, &format!("{name}: days signed"));
    let mut workload = Workload::new(network, members, arguments.traders, arguments.invoices);
    let days = bar.wrap_iter(0..days).map(|_| workload.next_day());
    let days = days.collect();
    bar.finish_and_clear();
    Trade {
        days,
        answered_first: 0,
        warm_from: arguments.days,
    }
}

fn progress(length: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").expect("a template");
    let bar = ProgressBar::new(length).with_style(style);
    bar.set_message(what.to_owned());
    bar
}

/// The state of things as the first receipt of a block came.
struct Sample {
    height: u64,
    at: Instant,
    nodes: Vec<Node>,
    generator: Duration,
    /// Ticks that all processors were busy, and could have been.
    machine: (u64, u64),
}

/// What one validator has taken so far.
struct Node {
    processor: Duration,
    threads: BTreeMap<String, Duration>,
    /// By part of the work, in seconds.
    parts: BTreeMap<&'static str, f64>,
    peak_memory: u64,
}

impl Sample {
    async fn take(network: &Network, height: u64) -> Self {
        let mut nodes = Vec::new();
        for node in 0..VALIDATORS {
            let node = network.node(node);
            nodes.push(Node {
                processor: usage::processor_time(node.pid()),
                threads: usage::threads(node.pid()),
                parts: report::parts(&scrape(node.metrics()).await),
                peak_memory: usage::peak_memory(node.pid()),
            });
        }
        Self {
            height,
            at: Instant::now(),
            nodes,
            generator: usage::processor_time(std::process::id()),
            machine: usage::machine_time(),
        }
    }
}
