//! A consistent view of the records as of one commit, for execution and queries.

use std::sync::Arc;

use counterfoil_types::proof::state::StateProof;
use self_cell::self_cell;

use crate::db::{Database, Family, Frozen, prefix_end};
use crate::error::StorageError;
use crate::{Record, Records, Rows, lists, tree};

self_cell!(
    // A view borrows the database it came from. Holding both together lets a snapshot be
    // passed between threads and outlive the `Storage` it was taken from.
    struct View {
        owner: Arc<Database>,
        #[covariant]
        dependent: Frozen,
    }
);

/// The records as of a commit, unchanged by later ones. Cheap to clone. While any snapshot lives
/// the directory stays locked, and RocksDB keeps what it shows: hold one for a request, not for a day.
#[derive(Clone)]
pub struct Snapshot {
    view: Arc<View>,
    records: Arc<Records>,
    height: u64,
}

impl Snapshot {
    /// Invariant: `height` is the tip of `database` now, and nobody commits meanwhile.
    pub(crate) fn take(database: &Arc<Database>, records: &Arc<Records>, height: u64) -> Self {
        Self {
            view: Arc::new(View::new(Arc::clone(database), |database| {
                database.freeze()
            })),
            records: records.clone(),
            height,
        }
    }

    /// The last height committed when it was taken; 0 before the first block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The record under `key`.
    pub fn get(&self, key: &[u8]) -> Result<Option<Record>, StorageError> {
        let read = || self.view.borrow_dependent().get(Family::State, key);
        self.records.get(self.height, key, read)
    }

    /// Proves what stands under some distinct keys, or that nothing does, under the state root of its height.
    pub fn prove(&self, keys: &[Vec<u8>]) -> Result<StateProof, StorageError> {
        tree::prove(self.view.borrow_dependent(), keys)
    }

    /// At most `limit` items of a list, from a place on.
    pub fn items(
        &self,
        list: &[u8],
        from: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StorageError> {
        lists::items(self.view.borrow_dependent(), list, from, limit)
    }

    /// At most `limit` records whose keys start with `prefix`, in the order of keys.
    /// The next page starts `after` the last key of this one.
    pub fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Rows, StorageError> {
        // The smallest key above another is that key and a zero byte.
        let from = match after {
            Some(after) if after >= prefix => [after, &[0]].concat(),
            _ => prefix.to_vec(),
        };
        let until = prefix_end(prefix);
        if until.as_ref().is_some_and(|until| from >= *until) {
            return Ok(Vec::new());
        }
        self.view
            .borrow_dependent()
            .scan(Family::State, from, until, limit)
    }
}
