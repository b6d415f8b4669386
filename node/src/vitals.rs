//! How a node is: what `GetStatus` and the metrics tell of it.

use crate::consensus::PeerHeights;
use crate::disk::Disk;
use crate::ledger::Ledger;
use crate::mempool::{Network, Pool};

/// The commit this was built from.
pub const COMMIT: &str = env!("COUNTERFOIL_COMMIT");

/// The node's parts that tell of themselves. Clones share them.
#[derive(Clone)]
pub struct Vitals {
    pub ledger: Ledger,
    pub pool: Pool,
    pub network: Network,
    pub peer_heights: PeerHeights,
    pub disk: Disk,
    /// Whether this node votes now.
    pub votes: bool,
}
