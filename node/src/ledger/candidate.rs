//! A block that was executed and may be decided.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_execution::{Appends, VerifiedTransaction, Writes, work};
use counterfoil_proto::v1::{Header, Receipt};
use counterfoil_storage::TreeUpdate;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;

/// An executed block with all it will change. Only the ledger makes one; clones share it.
#[derive(Clone)]
pub struct Candidate {
    pub(super) inner: Arc<Executed>,
}

pub(super) struct Executed {
    pub block_hash: Hash,
    pub header: Header,
    pub bytes: Vec<u8>,
    pub transactions: Vec<VerifiedTransaction>,
    pub receipts: Vec<Receipt>,
    pub writes: Arc<Writes>,
    pub appends: Arc<Appends>,
    pub tree: TreeUpdate,
    /// Those who decide the next block, encoded, where they are others.
    pub next_validators: Option<Vec<u8>>,
    pub took: Duration,
}

/// A committed block's receipts.
pub enum Receipts {
    /// Of the last block, as it was executed.
    Executed(Candidate),
    /// Of an earlier one, as they are stored.
    Read(Vec<Receipt>),
}

impl Deref for Receipts {
    type Target = [Receipt];

    fn deref(&self) -> &[Receipt] {
        match self {
            Self::Executed(candidate) => candidate.receipts(),
            Self::Read(receipts) => receipts,
        }
    }
}

impl Candidate {
    pub fn block_hash(&self) -> Hash {
        self.inner.block_hash
    }

    pub fn header(&self) -> &Header {
        &self.inner.header
    }

    /// The encoded `Block`.
    pub fn bytes(&self) -> &[u8] {
        &self.inner.bytes
    }

    pub fn tx_ids(&self) -> impl Iterator<Item = TxId> {
        self.transactions().iter().map(VerifiedTransaction::id)
    }

    pub(super) fn transactions(&self) -> &[VerifiedTransaction] {
        &self.inner.transactions
    }

    pub fn receipts(&self) -> &[Receipt] {
        &self.inner.receipts
    }

    /// What it asks of who judges it.
    pub fn work(&self) -> usize {
        work(self.receipts().len(), self.writes().len())
    }

    /// How long this node took to execute it.
    pub fn execution_time(&self) -> Duration {
        self.inner.took
    }

    pub(super) fn writes(&self) -> &Arc<Writes> {
        &self.inner.writes
    }

    pub(super) fn tree(&self) -> &TreeUpdate {
        &self.inner.tree
    }
}
