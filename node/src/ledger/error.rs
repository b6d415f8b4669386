//! How the ledger fails.

use counterfoil_execution::{StateError, Unprepared};
use counterfoil_storage::StorageError;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The block is wrong, whoever made it. Nothing is wrong with this node.
    #[error("invalid block: {0}")]
    InvalidBlock(String),
    /// This node can't go on before its operator gives it what it lacks.
    #[error(transparent)]
    Unprepared(#[from] Unprepared),
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
