//! How a node is: what `GetStatus` and the metrics tell of it.

use counterfoil_proto::v1::Validator;
use counterfoil_types::keys::PublicKey;

use crate::consensus::PeerHeights;
use crate::disk::Disk;
use crate::ledger::Ledger;
use crate::ledger::{LedgerError, Settings};
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
    /// The validator's key that this node has and uses.
    pub key: Option<PublicKey>,
}

impl Vitals {
    /// This node's seat among the validators of the next height; without one it does not vote.
    pub fn seat<'a>(&self, settings: &'a Settings) -> Option<&'a Validator> {
        let key = self.key?;
        let mut seats = settings.validators.validators.iter();
        seats.find(|seat| seat.public_key == key.as_bytes())
    }

    /// Whether this node votes on the next height.
    pub fn votes(&self) -> Result<bool, LedgerError> {
        Ok(self.seat(&self.ledger.settings()?).is_some())
    }
}
