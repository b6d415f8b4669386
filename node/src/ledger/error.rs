//! How the ledger fails.

use counterfoil_execution::{StateError, WrongLedgerKey};
use counterfoil_storage::StorageError;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The block is wrong, whoever made it. Nothing is wrong with this node.
    #[error("invalid block: {0}")]
    InvalidBlock(String),
    #[error(transparent)]
    LedgerKey(#[from] WrongLedgerKey),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("the store is damaged: {0}; restore it, or remove it and let the node sync anew")]
    Corrupt(String),
}

impl LedgerError {
    pub(super) fn corrupt(problem: impl Into<String>) -> Self {
        Self::Corrupt(problem.into())
    }

    pub(super) fn invalid(problem: impl Into<String>) -> Self {
        Self::InvalidBlock(problem.into())
    }
}
