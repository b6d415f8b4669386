//! `make soak`: many idle connections and many subscribers for some minutes, while transactions
//! flow, and whether the node's memory and file descriptors stay where they are.
//!
//! A measurement, not a test: it prints a table and exits with 1 if the last third of the time
//! took more than the first by the margin below, or if a subscriber missed or saw twice an event.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use counterfoil_proto::v1 as wire;
use counterfoil_tests::network::{Client, MEMBERS, Network, Plan, issue};
use counterfoil_tests::{progress, usage};
use futures::StreamExt as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Connections that are made at the same time.
const AT_ONCE: usize = 64;
const SAMPLE: Duration = Duration::from_secs(10);
/// One deposit for the subscribers to hear of.
const TRANSACTION: Duration = Duration::from_millis(500);
/// What memory may grow by from the first third of the time to the last, per cent: caches and logs
/// fill up to their bounds.
const MARGIN_PERCENT: u64 = 5;
/// How long subscribers may take to hear of the last transaction.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// Holds connections and subscriptions open against a network of one node.
#[derive(Parser)]
struct Arguments {
    /// Connections that say who they are and then are silent
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Connections that subscribe to events
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,
    #[arg(long, default_value_t = 600)]
    seconds: u64,
}

/// What a node takes at one time.
#[derive(Clone, Copy)]
struct Sample {
    at: Duration,
    resident_kib: u64,
    descriptors: u64,
    height: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    raise_open_files();
    let network = Network::start(Plan::ONE).await;
    let members: Vec<&str> = MEMBERS.iter().map(|(id, _)| *id).collect();

    let idle = connect(
        &network,
        &members,
        arguments.connections,
        "idle connections",
    )
    .await;
    let subscribing = connect(&network, &members, arguments.subscribers, "subscribers").await;
    let until = Arc::new(AtomicBool::new(false));
    let from = network.client(0).height().await.expect("it serves") + 1;
    let subscribers: Vec<_> = subscribing
        .into_iter()
        .map(|(member, client)| (member, tokio::spawn(follow(client, from, until.clone()))))
        .collect();

    let (samples, issued) = watch(&network, Duration::from_secs(arguments.seconds)).await;
    until.store(true, Ordering::Relaxed);
    let mut heard: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (member, task) in subscribers {
        let events = task.await.expect("following does not panic");
        heard.entry(member).or_default().push(events);
    }
    // Each was still there, and can be asked.
    let (_, last) = idle.last().expect("there is a connection");
    last.status().await.expect("an idle connection is answered");
    report(&samples, &heard, issued)
}

/// Each connection is a file of this process, too; the node sees to its own.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).expect("up to the hard limit a process may raise its own");
}

/// Connections of their own, one organization after the other, each of which has asked once.
async fn connect(
    network: &Network,
    members: &[&str],
    count: usize,
    what: &str,
) -> Vec<(String, Client)> {
    let bar = progress::bar(count as u64, what);
    let connecting = members.iter().cycle().take(count).map(|member| {
        let client = network.node(0).connect().of(network.wallet(member));
        let bar = bar.clone();
        async move {
            client.status().await.expect("the node takes a connection");
            bar.inc(1);
            ((*member).to_owned(), client)
        }
    });
    let clients = futures::stream::iter(connecting)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    bar.finish();
    clients
}

/// Counts the events that a subscriber is told of, and insists on their order.
async fn follow(client: Client, from_height: u64, until: Arc<AtomicBool>) -> u64 {
    let mut next = from_height;
    let mut events = 0;
    let request = wire::SubscribeRequest { from_height };
    let stream = client.events().subscribe(request).await;
    let mut stream = stream.expect("a subscription").into_inner();
    loop {
        // Messages without events come every few seconds, so that the end is seen.
        let message = stream.message().await.expect("the subscription goes on");
        let message = message.expect("it does not end by itself");
        assert!(
            message.events.is_empty() || message.height >= next,
            "told twice"
        );
        next = message.next_height;
        events += message.events.len() as u64;
        if until.load(Ordering::Relaxed) && message.events.is_empty() {
            return events;
        }
    }
}

/// Samples the node while deposits are issued. Gives how many were.
async fn watch(network: &Network, time: Duration) -> (Vec<Sample>, u64) {
    let bank = network.wallet("bank-a");
    let client = network.client(0);
    let pid = network.node(0).pid();
    let begun = Instant::now();
    let (mut samples, mut issued) = (Vec::new(), 0);
    println!(
        "{:>8} {:>14} {:>12} {:>8}",
        "seconds", "resident KiB", "descriptors", "height"
    );
    while begun.elapsed() < time {
        if begun.elapsed() >= SAMPLE * u32::try_from(samples.len()).expect("few samples") {
            let height = client.height().await.expect("the node serves");
            let sample = sample(pid, begun.elapsed(), height);
            println!(
                "{:>8} {:>14} {:>12} {:>8}",
                sample.at.as_secs(),
                sample.resident_kib,
                sample.descriptors,
                sample.height
            );
            samples.push(sample);
        }
        let deposit = bank.sign(issue("buyer-a", 1, &format!("soak-{issued}")));
        client.execute(&deposit).await;
        issued += 1;
        tokio::time::sleep(TRANSACTION).await;
    }
    // Whoever is subscribed hears of the last one before it is asked to stop.
    tokio::time::sleep(LAST_WORDS).await;
    (samples, issued)
}

fn sample(pid: u32, at: Duration, height: u64) -> Sample {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("the node runs");
    Sample {
        at,
        resident_kib: usage::resident_kib(pid),
        descriptors: open.count() as u64,
        height,
    }
}

fn report(samples: &[Sample], heard: &BTreeMap<String, Vec<u64>>, issued: u64) -> ExitCode {
    let mut good = true;
    for (member, counts) in heard {
        let concerned = matches!(member.as_str(), "bank-a" | "buyer-a" | "regulator");
        let expected = if concerned { issued } else { 0 };
        let wrong = counts.iter().filter(|count| **count != expected).count();
        println!(
            "{member}: {} subscribers, {expected} events each, {wrong} of them differ",
            counts.len()
        );
        good &= wrong == 0;
    }
    let third = samples.len() / 3;
    let most = |samples: &[Sample], of: fn(&Sample) -> u64| samples.iter().map(of).max();
    for (what, of) in [
        ("resident KiB", (|s| s.resident_kib) as fn(&Sample) -> u64),
        ("descriptors", |s| s.descriptors),
    ] {
        let first = most(&samples[..third.max(1)], of).unwrap_or(0);
        let last = most(&samples[samples.len() - third.max(1)..], of).unwrap_or(0);
        let flat = last <= first + first * MARGIN_PERCENT / 100;
        println!(
            "{what}: at most {first} in the first third, {last} in the last: {}",
            if flat { "flat" } else { "GROWS" }
        );
        good &= flat;
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
