//! Why consensus cannot start or go on, and what to do about it.

use std::path::PathBuf;

use counterfoil_storage::StorageError;

use crate::disk::Shortage;
use crate::ledger::LedgerError;

#[derive(Debug, thiserror::Error)]
pub enum ConsensusError {
    /// Going on might sign two different votes, or build on a ledger that is not the others'.
    #[error(
        "this node is halted: {reason}. Find out why before removing {}; \
         with the validator's key elsewhere in use, or its WAL lost, voting again can break the chain's safety",
        path.display()
    )]
    Halted { path: PathBuf, reason: String },
    #[error("cannot keep the halted file {}: {source}; the node would have halted: {reason}", path.display())]
    HaltedFile {
        path: PathBuf,
        reason: String,
        source: std::io::Error,
    },
    #[error("cannot use the consensus WAL {}: {source}; check the disk and the permissions, then start again", path.display())]
    Wal {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot use {}: {source}; it says whether this validator may vote after it was restored", path.display())]
    Restored {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Disk(#[from] Shortage),
    #[error("cannot listen on {0} for consensus; is another process using the port?")]
    Listen(std::net::SocketAddr),
    #[error("the validator set is unusable: {0}; the genesis file must be corrected")]
    ValidatorSet(String),
    #[error("a peer id is unusable: {0}; correct the list of peers")]
    PeerId(String),
    #[error("the consensus engine could not start: {0}; start again, and report it if it stays")]
    Start(String),
    #[error("the consensus engine stopped ({0}); start the node again")]
    Stopped(String),
    #[error("the ledger failed during consensus: {0}")]
    Ledger(#[from] LedgerError),
    #[error("the store failed during consensus: {0}")]
    Storage(#[from] StorageError),
}

impl ConsensusError {
    /// Whether consensus ended because the disk is full.
    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::Disk(_) => true,
            Self::Storage(error) | Self::Ledger(LedgerError::Storage(error)) => {
                error.is_for_want_of_room()
            }
            _ => false,
        }
    }
}
