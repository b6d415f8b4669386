//! `counterfoil demo`: the main job on a file of invoices.

use std::path::PathBuf;

use crate::commands::localnet::{Make, new_chain_id};
use crate::demo::Demo;
use crate::demo::data::Data;
use crate::failure::Failure;
use crate::localnet::find_counterfoild;
use crate::output::Answer;

/// Run a file's invoices through a local network and audit the result; anyone may
///
/// Makes a network of its own on this machine, changes no other, and removes it in the end.
/// Enrols the file's customers as core enterprises and its countries as
/// suppliers, then does each day's business in turn: rolls the date, registers
/// what was issued, queries what was disputed, confirms, pays. Every 7th invoice
/// is split 60/40 and the 40 passed on to another supplier; of the rest every 11th
/// is pledged for a loan, else every 3rd sold to the better of two banks. Eight
/// more invoices, in EUR, follow a script: parts, default, dispute, recourse, a
/// guarantee, a freeze, a payment outside the ledger, a programme. In the end it audits
/// the ledger and prints the audit; a check that fails makes it exit with 1.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The CSV file of invoices
    #[arg(
        long,
        value_name = "FILE",
        default_value = "tests/data/receivables/accounts-receivable.csv"
    )]
    data: PathBuf,
    /// Leave the network up
    #[arg(long)]
    keep: bool,
    /// The network's folder, new or empty; if left out a temporary one, removed in the end unless --keep
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    #[command(flatten)]
    make: Make,
}

pub async fn execute(arguments: Arguments) -> Result<Answer, Failure> {
    let Arguments {
        data,
        keep,
        home,
        make,
    } = arguments;
    let data = Data::read(&data)?;
    let counterfoild = find_counterfoild(make.counterfoild.as_deref())?;
    let temporary = tempfile::Builder::new()
        .prefix("counterfoil-demo-")
        .tempdir();
    let temporary =
        temporary.map_err(|e| Failure::Failed(format!("cannot make a temporary folder: {e}")))?;
    let home = match (home, keep) {
        (Some(home), _) => home,
        (None, true) => temporary.keep(),
        (None, false) => temporary.path().to_owned(),
    };
    let demo = Demo {
        data,
        home,
        chain_id: new_chain_id("demo"),
        validators: make.validators,
        transport: make.transport(),
        counterfoild,
        keep,
    };
    Ok(demo.run().await?.into_answer())
}
