//! What a ledger of many live claims costs: what it carries a second, what one waits, what opening it takes, and memory, each
//! over its value at the fewest claims.
//!
//! Claims come of invoices that are split into as many parts as there may be; the trade's own, some thousands, come on top. Every
//! node must have the same chain in the end; there is no audit.

use std::time::{Duration, Instant};

use counterfoil_proto::invoice::v1 as invoices;
use counterfoil_proto::receivable::v1 as receivable;
use counterfoil_rules_tests::trade::{confirmation, invoice};
use counterfoil_tests::network::{Network, Signed};
use counterfoil_tests::progress;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use counterfoil_types::limits::MAX_LIVE_CLAIMS;
use serde_json::json;

use super::load::Load;
use super::phases::{self, Saturation};
use super::report::percentile;
use super::trade::Trade;
use super::{Arguments, VALIDATORS};

/// Invoices under way at a time: a block with more splits into 256 than that is not judged within the time for a proposal.
const AT_ONCE: usize = 48;
/// Long enough that none falls due.
const DAYS: i64 = 900;

/// What was measured at so many claims.
#[derive(Clone)]
struct Size {
    claims: u64,
    transactions_per_second: f64,
    rounds_per_block: f64,
    p99: Duration,
    open: Duration,
    peak_mib: f64,
}

/// One network, at more and more claims.
pub async fn measure(arguments: &Arguments, sizes: &[u64]) {
    let mut network = Network::start(arguments.plan()).await;
    let days = arguments.days * sizes.len();
    let mut trade = Trade::sign(arguments, days, &network, "growth");
    let nodes: Vec<usize> = (0..VALIDATORS).collect();
    let mut filled = Filled::default();
    let mut first: Option<Size> = None;
    if !arguments.json {
        println!(
            "    claims  transactions/s (of first)   rounds a block   p99 of first   open, s (of first)   MiB (of first)"
        );
    }
    for claims in sizes {
        let mut load = Load::open(&network, &nodes).await;
        filled.up_to(*claims, arguments, &network, &mut load).await;
        trade.begin_anew();
        let bar = progress::bar(arguments.blocks, &format!("blocks at {claims} claims"));
        let full = Saturation {
            nodes: &nodes,
            from_height: network.height(&nodes).await + arguments.warm_up,
            blocks: arguments.blocks,
        };
        let full = full.measure(&network, &mut load, &mut trade, &bar).await;
        drop(load);
        let blocks = network.client(0).blocks(full.last.height).await;
        let peak = full.last.nodes.iter().map(|node| node.peak_kib).max();
        let size = Size {
            claims: *claims,
            transactions_per_second: full.transactions_per_second(&blocks),
            rounds_per_block: full.rounds_per_block(&blocks),
            p99: percentile(&full.latencies, 99),
            open: reopened(&mut network).await,
            peak_mib: peak.unwrap_or_default() as f64 / 1024.0,
        };
        network.agree(&nodes).await;
        print(
            &size,
            first.get_or_insert_with(|| size.clone()),
            arguments.json,
        );
    }
}

/// From starting a node that was ended until it serves.
async fn reopened(network: &mut Network) -> Duration {
    let last = VALIDATORS - 1;
    network.node_mut(last).terminate().await;
    let began = Instant::now();
    phases::start(network, last).await;
    began.elapsed()
}

/// Invoices whose claims are all live.
#[derive(Default)]
struct Filled {
    invoices: usize,
}

impl Filled {
    async fn up_to(
        &mut self,
        claims: u64,
        arguments: &Arguments,
        network: &Network,
        load: &mut Load,
    ) {
        let wanted = usize::try_from(claims).expect("so many can be counted") / MAX_LIVE_CLAIMS;
        let bar = progress::bar(
            wanted as u64,
            &format!("invoices split for {claims} claims"),
        );
        while self.invoices < wanted {
            let count = AT_ONCE.min(wanted - self.invoices);
            let numbers = self.invoices..self.invoices + count;
            let new: Vec<New> = numbers.map(|n| New::of(n, arguments.traders)).collect();
            let registered: Vec<Signed> = new.iter().map(|new| new.register(network)).collect();
            send(load, registered.clone()).await;
            let pairs = new.iter().zip(&registered);
            let confirmed = pairs.clone().map(|(new, sent)| new.confirm(network, sent));
            send(load, confirmed.collect()).await;
            let split = pairs.map(|(new, sent)| new.split(network, sent));
            send(load, split.collect()).await;
            self.invoices += count;
            bar.set_position(self.invoices as u64);
        }
        bar.finish_and_clear();
    }
}

/// All of them, until all are executed.
async fn send(load: &mut Load, signed: Vec<Signed>) {
    for signed in signed {
        load.send(signed, Instant::now()).await;
    }
    load.finish().await;
}

/// An invoice that is not there yet.
struct New {
    number: usize,
    trader: usize,
}

impl New {
    fn of(number: usize, traders: usize) -> Self {
        Self {
            number,
            trader: number % traders + 1,
        }
    }

    /// Of one part. No two invoices have the same, so that none seems to be another's double.
    fn part_minor(&self) -> u64 {
        1_000_000 + self.number as u64
    }

    fn amount_minor(&self) -> u64 {
        self.part_minor() * MAX_LIVE_CLAIMS as u64
    }

    fn register(&self, network: &Network) -> Signed {
        let mut register = invoice(&format!("SPLIT-{}", self.number), self.amount_minor());
        register.buyer = format!("buyer-{}", self.trader);
        let issued = Date::try_from(&register.issue_date.unwrap_or_default());
        let due = issued.and_then(|issued| issued.add_days(DAYS));
        register.due_date = Some(due.expect("a date").to_proto());
        let action = invoices::action::Action::Register(register);
        network
            .wallet(&format!("seller-{}", self.trader))
            .sign(action)
    }

    fn confirm(&self, network: &Network, registered: &Signed) -> Signed {
        let buyer = network.wallet(&format!("buyer-{}", self.trader));
        let confirm = confirmation(InvoiceId::of(registered.id), self.amount_minor());
        buyer.sign(invoices::action::Action::Confirm(confirm))
    }

    fn split(&self, network: &Network, registered: &Signed) -> Signed {
        let split = receivable::SplitClaim {
            receivable: ReceivableId::of(InvoiceId::of(registered.id)).to_vec(),
            number: 0,
            parts_minor: vec![self.part_minor(); MAX_LIVE_CLAIMS],
        };
        let seller = network.wallet(&format!("seller-{}", self.trader));
        seller.sign(receivable::action::Action::Split(split))
    }
}

/// A line of the table, or one JSON object.
fn print(size: &Size, first: &Size, as_json: bool) {
    let throughput = size.transactions_per_second / first.transactions_per_second;
    let p99 = size.p99.as_secs_f64() / first.p99.as_secs_f64();
    let open = size.open.as_secs_f64() / first.open.as_secs_f64();
    let memory = size.peak_mib / first.peak_mib;
    let size = match as_json {
        true => json!({
            "claims": size.claims,
            "transactions_per_second": size.transactions_per_second,
            "rounds_per_block": size.rounds_per_block,
            "open_seconds": size.open.as_secs_f64(),
            "peak_memory_mib": size.peak_mib,
            "throughput_of_first": throughput,
            "p99_of_first": p99,
            "open_of_first": open,
            "memory_of_first": memory,
        })
        .to_string(),
        false => format!(
            "{:>10}  {:>14.0} ({throughput:>8.2})   {:>14.2}   {p99:>12.2}   {:>7.2} ({open:>8.2})   {:>3.0} ({memory:>8.2})",
            size.claims,
            size.transactions_per_second,
            size.rounds_per_block,
            size.open.as_secs_f64(),
            size.peak_mib
        ),
    };
    println!("{size}");
}
