//! `counterfoil audit`: the regulator's check of the whole ledger.

use std::path::PathBuf;

use crate::audit::{self, Auditor, Expected};
use crate::failure::Failure;
use crate::localnet::Network;
use crate::output::Answer;
use crate::session::Session;

/// Check the whole ledger; a regulator may, with its account's key, reads only
///
/// Reads every block and record through gRPC, asks each validator for the root
/// of its own state at one common height, and checks all that can be seen from
/// outside: it replays what became of every claim, reckons penalties, awards and
/// loans anew, and follows the cash. Any check that fails makes it exit with 1.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// All validators of the network
    #[arg(
        long,
        value_name = "URL,URL…",
        value_delimiter = ',',
        conflicts_with = "home"
    )]
    nodes: Vec<String>,
    /// The folder of a local network, instead of --nodes
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// A file of expected figures, as `demo --keep` leaves it; without it only invariants are checked
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

pub async fn execute(arguments: Arguments, session: &Session) -> Result<Answer, Failure> {
    let auditor = Auditor {
        organization: session.organization()?.clone(),
        key: session.key()?.public_key(),
    };
    let nodes = match (arguments.home, arguments.nodes) {
        (Some(home), _) => Network::open(&home)?.urls(),
        (None, nodes) if !nodes.is_empty() => nodes,
        (None, _) => vec![session.global().node.clone()],
    };
    let expected = arguments
        .expect
        .as_deref()
        .map(Expected::read)
        .transpose()?;
    Ok(audit::run(&nodes, &auditor, expected).await?.into_answer())
}
