//! The main job: a file's invoices through a network of validators, day by day, and the audit of the result.

mod business;
pub mod data;
mod days;
mod figures;
mod lanes;
mod progress;
mod quotes;
mod schedule;
mod scripted;
mod steps;

use std::path::{Path, PathBuf};

use counterfoil_types::ids::OrganizationId;

use self::business::Business;
use self::data::{Data, REGULATOR};
use self::days::Run;
use self::progress::Progress;
use crate::audit::{self, Expected};
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::localnet::{Network, Transport};

/// Where the expected figures stand in the network's folder.
const EXPECTED: &str = "expected.json";

/// What to run.
pub struct Demo {
    pub data: Data,
    pub home: PathBuf,
    pub chain_id: String,
    pub validators: usize,
    pub transport: Transport,
    pub counterfoild: PathBuf,
    /// Leave the network up, and its folder.
    pub keep: bool,
}

impl Demo {
    /// Makes the network, does every day's business, and audits the ledger.
    pub async fn run(self) -> Result<audit::Report, Failure> {
        let business = Business::of(&self.data)?;
        let expected = figures::expected(&business)?;
        let plan = self
            .data
            .plan(self.chain_id.clone(), self.validators, self.transport);
        eprintln!(
            "{} invoices, {} organizations, {} validators in {}",
            self.data.rows.len(),
            plan.members.len(),
            self.validators,
            self.home.display()
        );
        let network = plan.create(&self.home, &self.counterfoild)?;
        expected.write(&network.home().join(EXPECTED))?;
        let _guard = StopWhenDone {
            network: &network,
            keep: self.keep,
        };
        let outcome = tokio::select! {
            outcome = work(&business, &network, expected) => outcome,
            () = interrupted() => Err(Failure::Failed("interrupted".into())),
        };
        if self.keep {
            tell_how_to_go_on(&network);
        }
        outcome
    }
}

async fn work(
    business: &Business,
    network: &Network,
    expected: Expected,
) -> Result<audit::Report, Failure> {
    network.start(&[]).await?;
    // One connection to each validator carries everybody's transactions, and tells what became of
    // them: only the regulator reads all of that.
    let regulator: OrganizationId = REGULATOR.parse().expect("an organization id");
    let access = network.access(&regulator)?;
    let mut run = Run::prepare(business, network, &access).await?;
    let days = business.days();
    let mut progress = Progress::start(days.len());
    for (date, day) in &days {
        run.day(*date, day).await?;
        progress.day(*date, day, business);
    }
    progress.finish();
    audit::run(&network.urls(), &access, Some(expected)).await
}

/// Ends the network however the demo ends, unless it is to stay.
struct StopWhenDone<'a> {
    network: &'a Network,
    keep: bool,
}

impl Drop for StopWhenDone<'_> {
    fn drop(&mut self) {
        if !self.keep
            && let Err(failure) = self.network.stop(&[])
        {
            eprintln!("counterfoil: {failure}");
        }
    }
}

fn tell_how_to_go_on(network: &Network) {
    let home: &Path = network.home();
    let shown = home.display();
    eprintln!("the network stays up in {shown}:");
    for node in network.nodes() {
        eprintln!("  {} {}", node.name, node.url);
    }
    eprintln!(
        "  counterfoil audit --home {shown} --org {REGULATOR} --key {shown}/keys/{REGULATOR}.pem --expect {shown}/{EXPECTED}"
    );
    eprintln!("  counterfoil localnet clean --home {shown}");
}
