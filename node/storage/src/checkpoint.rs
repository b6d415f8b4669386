//! Copying a store whole, and holding what a store says against itself.

use std::path::Path;

use counterfoil_types::hash::Hash;

use crate::db::Database;
use crate::error::StorageError;
use crate::{Storage, Writes, tree};

/// Records that are put into the tree at a time when it is made anew.
const RECORDS_AT_ONCE: usize = 10_000;

impl Storage {
    /// Makes a store in `dir`, which must not exist, that is a copy of this one as it is now. No
    /// write comes between its parts.
    pub fn checkpoint(&self, dir: &Path) -> Result<(), StorageError> {
        let _writing = self.writing();
        self.database().checkpoint(dir)
    }

    /// Reads every row once; a damaged block of rows does not have its checksum. Tells how many
    /// rows it has read as it goes.
    pub fn read_all(&self, progress: impl FnMut(u64)) -> Result<(), StorageError> {
        self.database().freeze().read_all(progress)
    }

    /// The root of a tree made of nothing but the records, in a store of its own in `scratch`, and
    /// the number of records. Tells how many it has taken as it goes.
    ///
    /// A tree's shape depends on what is in it and not on the order it came in, so this is the
    /// state root, unless a record is not what the tree was told when it was written.
    pub fn recompute_root(
        &self,
        scratch: &Path,
        mut progress: impl FnMut(u64),
    ) -> Result<(Hash, u64), StorageError> {
        let scratch = Database::open(scratch)?;
        let nodes = tree::Nodes::new(0, tree::NODES_BYTES);
        let records = self.snapshot();
        let (mut taken, mut last) = (0, None::<Vec<u8>>);
        for version in 0.. {
            let rows = records.scan(&[], last.as_deref(), RECORDS_AT_ONCE)?;
            let full = rows.len() == RECORDS_AT_ONCE;
            taken += rows.len() as u64;
            last = rows.last().map(|(key, _)| key.clone());
            let writes: Writes = rows.into_iter().map(|(k, v)| (k, Some(v.into()))).collect();
            let update = tree::stage(&scratch.freeze(), &nodes, version, &writes)?;
            progress(taken);
            if !full {
                return Ok((update.root(), taken));
            }
            let mut batch = scratch.batch();
            update.write(&mut batch);
            batch.write_synced()?;
            tree::keep(&nodes, &update);
        }
        unreachable!("a store has fewer records than there are versions")
    }
}
