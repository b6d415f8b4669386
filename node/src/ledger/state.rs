//! The records as execution and queries read them.

use counterfoil_execution::{Record, StateError, StateReader};
use counterfoil_storage::{Rows, Snapshot, StorageError};

/// The state as of one committed block, unmoved by later ones.
pub struct State(pub Snapshot);

impl State {
    pub fn height(&self) -> u64 {
        self.0.height()
    }

    /// Records whose keys begin with a prefix, in order of their keys, after a key.
    pub fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Rows, StorageError> {
        self.0.scan(prefix, after, limit)
    }
}

impl StateReader for State {
    fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError> {
        self.0
            .get(key)
            .map_err(|e| StateError::Unavailable(e.to_string()))
    }
}
