//! `counterfoil audit`: the regulator's check of the whole ledger.

use std::path::PathBuf;

use crate::audit::{self, Expected};
use crate::client::Access;
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
    let access = session.access()?;
    let (nodes, access) = match (arguments.home, arguments.nodes) {
        (Some(home), _) => {
            let network = Network::open(&home)?;
            let authority = network.authority();
            (
                network.urls(),
                Access {
                    authority,
                    ..access
                },
            )
        }
        (None, nodes) if !nodes.is_empty() => (nodes, access),
        (None, _) => (vec![session.global().node.clone()], access),
    };
    let expected = arguments
        .expect
        .as_deref()
        .map(Expected::read)
        .transpose()?;
    Ok(audit::run(&nodes, &access, expected).await?.into_answer())
}
