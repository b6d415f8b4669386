//! The authenticated state: a Jellyfish Merkle tree over the hashes of records, one version a height.
//!
//! Only this file (and its tests) knows `jmt`. The tree keeps hashes, the records themselves
//! stand in the `state` family. A leaf's key is `Hash::tagged(STATE_KEY_TAG, [record key])`,
//! its value SHA-256 of the record.
//!
//! Version v is built on the root of v − 1, so every height stages once, an empty one
//! too: its root is the old one copied. Nodes are immutable. What version v no longer
//! uses is listed in one `stale` row under v, and deleted when no kept version needs it.
//! `jmt` does not list the root it copied or grew out of nothing, so the root of v − 1 is always added.

use std::collections::BTreeSet;

use counterfoil_types::hash::Hash;
use jmt::storage::{LeafNode, NibblePath, Node, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, Sha256Jmt};

use crate::Writes;
use crate::codec;
use crate::db::{Batch, Family, Frozen};
use crate::error::StorageError;

const STATE_KEY_TAG: &str = "counterfoil/state-key/v1";

/// The tree's part of a commit, computed ahead of it. Staging changes nothing on disk.
#[derive(Clone, Debug)]
pub struct TreeUpdate {
    height: u64,
    base: Option<Hash>,
    root: Hash,
    nodes: Vec<(Vec<u8>, Vec<u8>)>,
    stale: BTreeSet<Vec<u8>>,
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
        for (key, node) in &self.nodes {
            batch.put(Family::Nodes, key, node);
        }
        // Genesis replaces nothing; every later version replaces at least a root.
        if !self.stale.is_empty() {
            let key = codec::height_key(self.height);
            batch.put(Family::Stale, key, codec::encode(&self.stale));
        }
    }
}

/// The tree at `version`, as `writes` make it out of `version − 1`.
pub(crate) fn stage(
    frozen: &Frozen<'_>,
    version: u64,
    writes: &Writes,
) -> Result<TreeUpdate, StorageError> {
    let nodes = Nodes(frozen);
    let tree = Sha256Jmt::new(&nodes);
    let parent = version.checked_sub(1);
    let base = match parent {
        Some(parent) => Some(root(frozen, parent)?.ok_or_else(|| missing_root(parent))?),
        None => None,
    };
    let leaves = writes
        .iter()
        .map(|(key, record)| (leaf_key(key), record.clone()));
    let (root, update) = tree.put_value_set(leaves, version).map_err(tree_error)?;
    let mut stale: BTreeSet<_> = update
        .stale_node_index_batch
        .iter()
        .map(|index| node_key_bytes(&index.node_key))
        .collect();
    stale.extend(parent.map(|parent| node_key_bytes(&root_key(parent))));
    Ok(TreeUpdate {
        height: version,
        base,
        root: Hash::from_bytes(root.0),
        nodes: update
            .node_batch
            .nodes()
            .iter()
            .map(|(key, node)| (node_key_bytes(key), codec::encode(node)))
            .collect(),
        stale,
    })
}

/// The root hash at `version`, from its root node; none when there is no such node.
pub(crate) fn root(frozen: &Frozen<'_>, version: u64) -> Result<Option<Hash>, StorageError> {
    Sha256Jmt::new(&Nodes(frozen))
        .get_root_hash_option(version)
        .map(|root| root.map(|root| Hash::from_bytes(root.0)))
        .map_err(tree_error)
}

/// Deletes what `version` made obsolete; `version` becomes the oldest that can be read.
pub(crate) fn prune(
    frozen: &Frozen<'_>,
    version: u64,
    batch: &mut Batch<'_>,
) -> Result<(), StorageError> {
    let key = codec::height_key(version);
    let row = frozen.get(Family::Stale, key)?.ok_or_else(|| {
        StorageError::Corrupt(format!("no list of stale nodes for version {version}"))
    })?;
    let stale: BTreeSet<Vec<u8>> = codec::decode(&row, "list of stale nodes")?;
    for node in stale {
        batch.delete(Family::Nodes, node);
    }
    batch.delete(Family::Stale, key);
    Ok(())
}

pub(crate) fn missing_root(version: u64) -> StorageError {
    StorageError::Corrupt(format!("the state tree has no root at version {version}"))
}

fn leaf_key(key: &[u8]) -> KeyHash {
    KeyHash(*Hash::tagged(STATE_KEY_TAG, &[key]).as_bytes())
}

fn root_key(version: u64) -> NodeKey {
    NodeKey::new(version, NibblePath::from_iter([]))
}

/// The version, then a byte for each nibble: no two keys agree, and a version's nodes stand together.
fn node_key_bytes(key: &NodeKey) -> Vec<u8> {
    let mut bytes = key.version().to_be_bytes().to_vec();
    bytes.extend(key.nibble_path().nibbles().map(u8::from));
    bytes
}

/// `jmt` wraps what its reader returns; unwraps it again where it is ours.
fn tree_error(error: anyhow::Error) -> StorageError {
    error
        .downcast()
        .unwrap_or_else(|error| StorageError::Tree(format!("{error:#}")))
}

/// The stored nodes, as `jmt` wants to read them.
pub(crate) struct Nodes<'a>(pub(crate) &'a Frozen<'a>);

impl TreeReader for Nodes<'_> {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        match self.0.get(Family::Nodes, node_key_bytes(key))? {
            Some(row) => Ok(Some(codec::decode(&row, "tree node")?)),
            None => Ok(None),
        }
    }

    fn get_value_option(&self, _: u64, _: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        anyhow::bail!("the tree keeps hashes only; records are read from a snapshot")
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        anyhow::bail!("the tree is never restored from chunks")
    }
}
