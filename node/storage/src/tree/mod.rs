//! The authenticated state: a sparse Merkle tree over the hashes of records, as of the tip.
//!
//! A leaf's key is the path of its record (`proof::state::leaf_path`), its value SHA-256 of the record. The root is that of
//! the Jellyfish Merkle Tree (Gao, Hu, Wu: "Jellyfish Merkle Tree", 2021): an empty subtree has a hash of its own, one with a single
//! leaf is that leaf, any other the hash of its two halves. The tests hold it against the crate `jmt`.
//!
//! Sixteen halves' halves make one node, which is one row under its path, replaced in place: a block
//! reads and writes each node on the way to its changed records once ([`update`]). The nodes used last stay in
//! memory. What the tree was at earlier heights is not kept but for its root; a
//! [`Snapshot`](crate::Snapshot) shows it as it was when it was taken.

pub(crate) mod node;
mod prove;
mod update;

use std::sync::Arc;

use counterfoil_types::hash::Hash;
use counterfoil_types::proof::state::{StateProof, leaf_path};
use sha2::{Digest as _, Sha256};

use crate::Writes;
use crate::cache::Cache;
use crate::codec;
use crate::db::{Batch, Family, Frozen};
use crate::error::StorageError;

use node::{Node, Path};
use update::{Change, Changed, Update};

/// The nodes used last, as they are stored.
pub(crate) type Nodes = Cache<Path>;

/// Those of a tree over a million records: a node of sixteen nodes has some 500 bytes, one of sixteen leaves 1,000, and at the bottom
/// of the tree they have few.
pub(crate) const NODES_BYTES: usize = 192 << 20;

/// The tree's part of a commit, computed ahead of it. Staging changes nothing on disk.
#[derive(Clone)]
pub struct TreeUpdate {
    height: u64,
    base: Option<Hash>,
    root: Hash,
    nodes: Arc<Changed>,
}

impl TreeUpdate {
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The state root once this update is committed.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The root it was computed on; none for genesis.
    pub(crate) fn base(&self) -> Option<Hash> {
        self.base
    }

    pub(crate) fn write(&self, batch: &mut Batch<'_>) {
        for (path, row) in self.nodes.iter() {
            match row {
                Some(row) => batch.put(Family::Nodes, path.key(), row),
                None => batch.delete(Family::Nodes, path.key()),
            }
        }
        batch.put(Family::Roots, codec::height_key(self.height), self.root);
    }
}

/// The tree at `version`, as `writes` make it out of the one that is stored, that of `version − 1`.
pub(crate) fn stage(
    frozen: &Frozen<'_>,
    nodes: &Nodes,
    version: u64,
    writes: &Writes,
) -> Result<TreeUpdate, StorageError> {
    let parent = version.checked_sub(1);
    let base = match parent {
        Some(parent) => Some(root(frozen, parent)?.ok_or_else(|| missing_root(parent))?),
        None => None,
    };
    let mut changes: Vec<Change> = writes
        .iter()
        .map(|(key, record)| {
            let value = record.as_ref().map(|record| Sha256::digest(record).into());
            (leaf_path(key), value)
        })
        .collect();
    changes.sort_unstable();
    let load = |path: &Path| match parent {
        Some(parent) => {
            let row = nodes.get(parent, path, || frozen.get(Family::Nodes, path.key()))?;
            row.map(|row| decode(path, &row)).transpose()
        }
        None => Ok(None),
    };
    let (root, nodes) = Update::apply(&load, &changes)?;
    Ok(TreeUpdate {
        height: version,
        base,
        root: Hash::from_bytes(root),
        nodes: Arc::new(nodes),
    })
}

/// Takes over what is committed now.
pub(crate) fn keep(nodes: &Nodes, update: &TreeUpdate) {
    nodes.advance(update.height, update.nodes.iter().cloned());
}

/// The root hash at a height that is kept.
pub(crate) fn root(frozen: &Frozen<'_>, version: u64) -> Result<Option<Hash>, StorageError> {
    let Some(row) = frozen.get(Family::Roots, codec::height_key(version))? else {
        return Ok(None);
    };
    let root = Hash::try_from(row.as_slice());
    let root = root.map_err(|_| StorageError::Corrupt(format!("the root of version {version}")));
    root.map(Some)
}

/// The root hash of the nodes that are stored, which is that of the tip.
pub(crate) fn stored_root(frozen: &Frozen<'_>) -> Result<Hash, StorageError> {
    let root = read(frozen, &Path::ROOT)?.unwrap_or_default();
    Ok(Hash::from_bytes(root.hash()))
}

/// Deletes the root of a version.
pub(crate) fn prune(version: u64, batch: &mut Batch<'_>) {
    batch.delete(Family::Roots, codec::height_key(version));
}

pub(crate) fn missing_root(version: u64) -> StorageError {
    StorageError::Corrupt(format!("the state tree has no root at version {version}"))
}

/// Proves what stands under some keys, or that nothing does, as of a view of a commit.
pub(crate) fn prove(frozen: &Frozen<'_>, keys: &[Vec<u8>]) -> Result<StateProof, StorageError> {
    let mut leaves: Vec<[u8; 32]> = keys.iter().map(|key| leaf_path(key)).collect();
    leaves.sort_unstable();
    prove::prove(&|path| read(frozen, path), &leaves)
}

pub(crate) fn read(frozen: &Frozen<'_>, path: &Path) -> Result<Option<Node>, StorageError> {
    let row = frozen.get(Family::Nodes, path.key())?;
    row.map(|row| decode(path, &row)).transpose()
}

fn decode(path: &Path, row: &[u8]) -> Result<Node, StorageError> {
    Node::decode(row)
        .ok_or_else(|| StorageError::Corrupt(format!("node {path:?} of the state tree is no node")))
}
