//! Holds a node's memory and descriptors against time: many idle connections and subscribers, while
//! transactions flow. `make soak` runs it; it fails where either grows.

use std::fs;
use std::num::ParseIntError;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use counterfoil_proto::v1::SubscribeRequest;
use counterfoil_tests::network::{Client, MEMBERS, Network, Plan, Traffic};
use tokio::task::JoinSet;

/// How often the node is looked at.
const INTERVAL: Duration = Duration::from_secs(10);
/// Connections opened at a time.
const AT_A_TIME: usize = 64;
/// By how much the last third may be above the first, in percent.
const TOLERANCE: u64 = 5;
/// Samples of which a third says something.
const FEWEST_SAMPLES: usize = 6;

const USAGE: &str = "soak [CONNECTIONS [SUBSCRIBERS [SECONDS]]]; 10000, 1000 and 600 if left out";

/// What the operating system says of the node's process.
#[derive(Clone, Copy)]
struct Sample {
    seconds: u64,
    memory_kib: u64,
    descriptors: u64,
    events: u64,
}

fn main() -> ExitCode {
    let numbers: Result<Vec<u64>, ParseIntError> =
        std::env::args().skip(1).map(|text| text.parse()).collect();
    let (connections, subscribers, seconds) = match numbers.as_deref() {
        Ok([]) => (10_000, 1_000, 600),
        Ok([c]) => (*c, 1_000, 600),
        Ok([c, s]) => (*c, *s, 600),
        Ok([c, s, t]) => (*c, *s, *t),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime starts");
    let samples = runtime.block_on(soak(connections, subscribers, Duration::from_secs(seconds)));
    let grown = [
        grown("memory", &samples, |sample| sample.memory_kib),
        grown("descriptors", &samples, |sample| sample.descriptors),
    ];
    if grown.contains(&true) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn soak(connections: u64, subscribers: u64, time: Duration) -> Vec<Sample> {
    let network = Network::start(Plan::ONE).await;
    let traffic = Traffic::start(&network, &[0], "soak");
    let idle = open(&network, connections).await;
    eprintln!("{} idle connections are open", idle.len());
    let events = Arc::new(AtomicU64::new(0));
    let mut following = JoinSet::new();
    for client in open(&network, subscribers).await {
        following.spawn(follow(client, events.clone()));
    }
    eprintln!("{subscribers} subscribers follow");

    println!(
        "{:>8} {:>12} {:>12} {:>12}",
        "s", "memory KiB", "descriptors", "events"
    );
    let begun = Instant::now();
    let mut samples = Vec::new();
    let mut ticks = tokio::time::interval(INTERVAL);
    while begun.elapsed() < time {
        ticks.tick().await;
        let sample = Sample {
            seconds: begun.elapsed().as_secs(),
            memory_kib: memory_kib(network.node(0).pid()),
            descriptors: descriptors(network.node(0).pid()),
            events: events.load(Ordering::Relaxed),
        };
        println!(
            "{:>8} {:>12} {:>12} {:>12}",
            sample.seconds, sample.memory_kib, sample.descriptors, sample.events
        );
        samples.push(sample);
        if let Some(ended) = following.try_join_next() {
            panic!("a subscriber's stream ended: {ended:?}");
        }
    }
    let sent = traffic.stop().await.len();
    eprintln!("{sent} transactions were committed meanwhile");
    drop(idle);
    samples
}

/// Connections of their own, each for one of the members, and each used once.
async fn open(network: &Network, count: u64) -> Vec<Client> {
    let mut open = Vec::new();
    let mut opening = JoinSet::new();
    for (_, (member, _)) in (0..count).zip(MEMBERS.iter().cycle()) {
        if opening.len() == AT_A_TIME {
            open.extend(
                opening
                    .join_next()
                    .await
                    .map(|client| client.expect("it opens")),
            );
        }
        let client = network.node(0).connect().of(network.wallet(member));
        opening.spawn(async move {
            client.status().await.expect("the node answers");
            client
        });
    }
    open.extend(opening.join_all().await);
    open
}

async fn follow(client: Client, events: Arc<AtomicU64>) -> String {
    let request = SubscribeRequest { from_height: 0 };
    let mut stream = match client.events().subscribe(request).await {
        Ok(stream) => stream.into_inner(),
        Err(status) => return status.to_string(),
    };
    loop {
        match stream.message().await {
            Ok(Some(message)) => {
                let more = message.events.len() as u64;
                events.fetch_add(more, Ordering::Relaxed);
            }
            Ok(None) => return "without a status".to_owned(),
            Err(status) => return status.to_string(),
        }
    }
}

fn memory_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the node runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.and_then(|n| n.parse().ok()).expect("a number of kB")
}

fn descriptors(pid: u32) -> u64 {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("the node runs");
    open.count() as u64
}

/// Whether the last third is above the first by more than it may be, on average.
fn grown(what: &str, samples: &[Sample], of: impl Fn(&Sample) -> u64) -> bool {
    if samples.len() < FEWEST_SAMPLES {
        println!("{what}: too short a time to tell");
        return true;
    }
    let third = samples.len() / 3;
    let average = |part: &[Sample]| part.iter().map(&of).sum::<u64>() / third as u64;
    let (first, last) = (
        average(&samples[..third]),
        average(&samples[samples.len() - third..]),
    );
    let grown = last * 100 > first * (100 + TOLERANCE);
    let verdict = if grown { "grown" } else { "flat" };
    println!("{what}: {verdict}: {first} on average in the first third, {last} in the last");
    grown
}
