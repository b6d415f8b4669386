//! Following events over the sudden end of the node, and of the follower.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use counterfoil_tests::network::{Network, PATIENCE, Plan, Traffic, eventually, finish};
use serde_json::Value;

/// What names an event.
type Place = (u64, u64, u64);

/// `counterfoil events --follow` as a process, with what it printed.
struct Follower {
    process: Child,
    printed: PathBuf,
}

impl Follower {
    /// Goes on from where the follower before it was.
    fn start(network: &Network, number: usize) -> Self {
        let printed = network.folder().join(format!("events-{number}.jsonl"));
        let mut command = network.command(0, "buyer-a");
        command
            .args(["events", "--follow", "-o", "json", "--state"])
            .arg(network.folder().join("events.state"))
            .stdin(Stdio::null())
            .stdout(File::create(&printed).expect("the folder can be written"))
            .stderr(Stdio::null());
        let process = command.spawn().expect("the command runs");
        Self { process, printed }
    }

    /// The events of all lines that it printed to their end.
    fn told(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.printed).expect("it can be read");
        let lines = text.split_inclusive('\n').filter(|l| l.ends_with('\n'));
        let events = lines.map(serde_json::from_str);
        events.collect::<Result<_, _>>().expect("JSON lines")
    }

    /// Ends as by a power failure.
    fn kill(mut self) -> Vec<Value> {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a killed child ends");
        self.told()
    }

    /// Ends as by Ctrl-C.
    async fn interrupt(mut self) -> (ExitStatus, Vec<Value>) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill runs").success());
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(Instant::now() < until, "the follower does not end");
            tokio::task::yield_now().await;
        };
        (status, self.told())
    }
}

fn place(event: &Value) -> Place {
    let number = |name: &str| event[name].as_u64().expect("a number");
    (number("height"), number("index"), number("position"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_only_what_was_not_kept_is_told_again() {
    const ROUNDS: usize = 3;
    let mut network = Network::start(Plan::ONE).await;
    let mut told: Vec<Vec<Place>> = Vec::new();
    let mut follower = Follower::start(&network, 0);
    let mut last = Vec::new();
    for round in 1..=ROUNDS {
        let traffic = Traffic::start(&network, &[0], &format!("flow-{round}"));
        traffic.more(4).await;
        network.node_mut(0).kill();
        network.node_mut(0).spawn();
        network.ready(&[0]).await;
        traffic.more(2).await;
        told.push(follower.kill().iter().map(place).collect());
        traffic.more(2).await;
        follower = Follower::start(&network, round);
        traffic.more(2).await;
        last = traffic.stop().await.pop().expect("a receipt").tx_id;
    }
    let last = hex::encode(last);
    eventually("the last event is told", async || {
        let told = follower.told();
        let found = told.iter().any(|event| event["tx_id"] == *last);
        found
            .then_some(())
            .ok_or_else(|| format!("{} are", told.len()))
    })
    .await;
    let (status, events) = follower.interrupt().await;
    assert_eq!(status.code(), Some(0));
    told.push(events.iter().map(place).collect());

    // What another one is told, from the beginning to now.
    let mut command = network.command(0, "buyer-a");
    command.args(["events", "-o", "json"]);
    let all = finish(command, PATIENCE).await;
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    let all: Vec<Value> = all
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON lines"))
        .collect();
    assert!(all.iter().all(|event| event["contract"] == "cash"));
    let all: Vec<Place> = all.iter().map(place).collect();
    assert!(all.is_sorted_by(|a, b| a < b));
    let once: BTreeSet<Place> = told.iter().flatten().copied().collect();
    assert_eq!(once.into_iter().collect::<Vec<_>>(), all);
    for printed in &told {
        // Over the node's restarts each follower told nothing twice.
        assert!(printed.is_sorted_by(|a, b| a < b), "{printed:?}");
    }
    for pair in told.windows(2) {
        // Only the block that was being printed when the follower was killed is told again.
        if let (Some(last), Some(first)) = (pair[0].last(), pair[1].first()) {
            assert!(
                first > last || first.0 == last.0,
                "{last:?}, then {first:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_told_in_words_and_up_to_now() {
    let network = Network::start(Plan::ONE).await;
    let traffic = Traffic::start(&network, &[0], "flow");
    traffic.more(2).await;
    let receipts = traffic.stop().await;
    let run = async |organization: &str, words: &[&str]| {
        let mut command = network.command(0, organization);
        command.arg("events").args(words);
        finish(command, PATIENCE).await
    };
    let told = run("buyer-a", &[]).await;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!(lines.len(), receipts.len());
    let first = format!(
        "{:>8}  2024-03-01  cash        DepositIssued: issuer bank-a, ",
        receipts[0].height
    );
    assert!(lines[0].starts_with(&first), "{}", lines[0]);
    // Others have nothing to do with it, and neither have other contracts.
    for (organization, words) in [
        ("seller-b", &[] as &[&str]),
        ("buyer-a", &["--contract", "invoice"]),
    ] {
        let told = run(organization, words).await;
        assert_eq!(
            (told.code, told.stdout.as_str()),
            (Some(0), ""),
            "{organization}"
        );
    }
    let unknown = run("buyer-a", &["--contract", "money"]).await;
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("cash, invoice"),
        "{}",
        unknown.stderr
    );
    let beyond = run("buyer-a", &["--from", "1000000", "--follow"]).await;
    assert_eq!(beyond.code, Some(1));
    assert!(
        beyond.stderr.contains("the next block"),
        "{}",
        beyond.stderr
    );
}
