//! Genesis and commits: the only writes of records, tree, receipts, decided blocks and tip.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_types::hash::Hash;

use crate::blocks::{prune_undecided, put_body, put_receipts, summary_row};
use crate::codec::{self, GenesisRow, SummaryRow, TipRow};
use crate::db::{Batch, Family, Frozen};
use crate::error::StorageError;
use crate::tree::{self, TreeUpdate};
use crate::{Appends, Storage, Writes, lists};

const TIP: &[u8] = b"tip";
const GENESIS: &[u8] = b"genesis";

/// Old roots one commit deletes at most: one keeps pace with one new
/// root a height, the second catches up where a release keeps fewer than the last did.
const PRUNE_VERSIONS_PER_COMMIT: u64 = 2;

/// The last committed block, or genesis at height 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    pub height: u64,
    /// The genesis hash at height 0.
    pub block_hash: Hash,
    pub state_root: Hash,
}

/// All that a decided block changes.
pub struct Commit {
    pub height: u64,
    pub block_hash: Hash,
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded header.
    pub header: Vec<u8>,
    /// The round it was decided in.
    pub round: u32,
    /// The encoded commit certificate.
    pub certificate: Vec<u8>,
    /// The very writes that `tree` was staged with.
    pub writes: Arc<Writes>,
    pub tree: TreeUpdate,
    pub appends: Arc<Appends>,
    /// Transaction id and encoded receipt, in the block's order. Invariant: none of them was committed before, which whoever
    /// stages a block finds out on the way, on the tip that this is the next of.
    pub receipts: Vec<(Hash, Vec<u8>)>,
    /// How many of the receipts are rejections.
    pub rejected: u32,
    /// Those who decide the next block, encoded, where they are others than decided this one.
    pub next_validators: Option<Vec<u8>>,
}

impl Storage {
    /// Writes genesis as version 0 of the tree and returns its root. The same genesis again changes nothing.
    pub fn initialize(&self, genesis_hash: Hash, writes: &Writes) -> Result<Hash, StorageError> {
        let _writing = self.writing();
        let frozen = self.database().freeze();
        if let Some(row) = frozen.get(Family::Meta, GENESIS)? {
            let row: GenesisRow = codec::decode(&row, "genesis row")?;
            let stored = Hash::from_bytes(row.hash);
            if stored != genesis_hash {
                return Err(StorageError::OtherGenesis {
                    stored,
                    given: genesis_hash,
                });
            }
            return Ok(Hash::from_bytes(row.state_root));
        }
        let tree = tree::stage(&frozen, self.nodes(), 0, writes)?;
        let mut batch = self.database().batch();
        put_records(&mut batch, writes);
        tree.write(&mut batch);
        let root = tree.root();
        let genesis = GenesisRow {
            hash: *genesis_hash.as_bytes(),
            state_root: *root.as_bytes(),
        };
        batch.put(Family::Meta, GENESIS, codec::encode(&genesis));
        put_tip(&mut batch, 0, &genesis_hash, &root, 0);
        batch.write_synced()?;
        self.keep(&tree, writes);
        self.publish(0, writes.len());
        Ok(root)
    }

    /// The last committed block; none before `initialize`.
    pub fn tip(&self) -> Result<Option<Tip>, StorageError> {
        Ok(find_tip_row(&self.database().freeze())?.map(|row| Tip {
            height: row.height,
            block_hash: Hash::from_bytes(row.block_hash),
            state_root: Hash::from_bytes(row.state_root),
        }))
    }

    /// The hash of the genesis this store was initialized with; none before.
    pub fn genesis_hash(&self) -> Result<Option<Hash>, StorageError> {
        match self.database().freeze().get(Family::Meta, GENESIS)? {
            Some(row) => {
                let row: GenesisRow = codec::decode(&row, "genesis row")?;
                Ok(Some(Hash::from_bytes(row.hash)))
            }
            None => Ok(None),
        }
    }

    /// The tree after `writes` on top of the tip. Changes nothing; the result goes into a `Commit`.
    pub fn stage(&self, height: u64, writes: &Writes) -> Result<TreeUpdate, StorageError> {
        let frozen = self.database().freeze();
        check_next(&tip_row(&frozen)?, height)?;
        tree::stage(&frozen, self.nodes(), height, writes)
    }

    /// Makes a decided block durable in one synced batch, and publishes it to new snapshots.
    /// The same block again changes nothing; another block at its height is refused.
    pub fn commit(&self, commit: Commit) -> Result<(), StorageError> {
        let _writing = self.writing();
        let frozen = self.database().freeze();
        let tip = tip_row(&frozen)?;
        let Commit {
            height, block_hash, ..
        } = commit;
        if (1..=tip.height).contains(&height) {
            return check_repeated(&frozen, height, block_hash);
        }
        check_next(&tip, height)?;
        if commit.tree.height() != height
            || commit.tree.base() != Some(Hash::from_bytes(tip.state_root))
        {
            return Err(StorageError::OutdatedUpdate { height });
        }
        check_distinct(&commit.receipts)?;

        let mut batch = self.database().batch();
        put_records(&mut batch, &commit.writes);
        commit.tree.write(&mut batch);
        lists::append(&mut batch, &commit.appends);
        let oldest_version = self.prune_roots(&mut batch, &tip);
        prune_undecided(&frozen, &mut batch, height, &block_hash)?;
        put_body(&frozen, &mut batch, &block_hash, height, &commit.block)?;
        let (tree, writes) = (commit.tree.clone(), commit.writes.clone());
        put_block(&mut batch, commit);
        put_tip(
            &mut batch,
            height,
            &block_hash,
            &tree.root(),
            oldest_version,
        );
        batch.write_synced()?;
        self.keep(&tree, &writes);
        self.publish(height, writes.len());
        Ok(())
    }

    /// The root that this node's own tree had at a height; none when the height is not committed, or so old that its root
    /// is pruned.
    pub fn state_root(&self, height: u64) -> Result<Option<Hash>, StorageError> {
        let frozen = self.database().freeze();
        match find_tip_row(&frozen)? {
            Some(tip) if (tip.oldest_version..=tip.height).contains(&height) => {
                tree::root(&frozen, height)?
                    .map(Some)
                    .ok_or_else(|| tree::missing_root(height))
            }
            _ => Ok(None),
        }
    }

    /// Deletes roots beyond those to keep, and returns the oldest height of which one is left after this commit.
    fn prune_roots(&self, batch: &mut Batch<'_>, tip: &TipRow) -> u64 {
        let oldest_kept = (tip.height + 1).saturating_sub(self.keep_versions() - 1);
        let reachable = tip.oldest_version + PRUNE_VERSIONS_PER_COMMIT;
        let oldest_version = oldest_kept.min(reachable).max(tip.oldest_version);
        for version in tip.oldest_version..oldest_version {
            tree::prune(version, batch);
        }
        oldest_version
    }
}

/// Whether the tip's root is the tree's, which a damaged disk could part. Returns the tip's height.
pub(crate) fn check_tip(frozen: &Frozen<'_>) -> Result<u64, StorageError> {
    let Some(tip) = find_tip_row(frozen)? else {
        return Ok(0);
    };
    match *tree::stored_root(frozen)?.as_bytes() == tip.state_root {
        true => Ok(tip.height),
        false => Err(StorageError::Corrupt(format!(
            "the state tree does not have the root of the tip, height {}",
            tip.height
        ))),
    }
}

pub(crate) fn tip_row(frozen: &Frozen<'_>) -> Result<TipRow, StorageError> {
    find_tip_row(frozen)?.ok_or(StorageError::NotInitialized)
}

fn find_tip_row(frozen: &Frozen<'_>) -> Result<Option<TipRow>, StorageError> {
    frozen
        .get(Family::Meta, TIP)?
        .map(|row| codec::decode(&row, "tip row"))
        .transpose()
}

fn check_next(tip: &TipRow, height: u64) -> Result<(), StorageError> {
    if height == tip.height + 1 {
        return Ok(());
    }
    Err(StorageError::NotNext {
        tip: tip.height,
        given: height,
    })
}

fn check_repeated(frozen: &Frozen<'_>, height: u64, given: Hash) -> Result<(), StorageError> {
    let stored = match summary_row(frozen, height)? {
        Some(row) => Hash::from_bytes(row.hash),
        None => {
            return Err(StorageError::Corrupt(format!(
                "block {height} has no summary"
            )));
        }
    };
    if stored == given {
        return Ok(());
    }
    Err(StorageError::ConflictingCommit {
        height,
        stored,
        given,
    })
}

fn check_distinct(receipts: &[(Hash, Vec<u8>)]) -> Result<(), StorageError> {
    let mut seen = BTreeSet::new();
    match receipts.iter().find(|(tx_id, _)| !seen.insert(tx_id)) {
        Some((tx_id, _)) => Err(StorageError::RepeatedTransaction(*tx_id)),
        None => Ok(()),
    }
}

fn put_records(batch: &mut Batch<'_>, writes: &Writes) {
    for (key, record) in writes {
        match record {
            Some(record) => batch.put(Family::State, key, record),
            None => batch.delete(Family::State, key),
        }
    }
}

fn put_block(batch: &mut Batch<'_>, commit: Commit) {
    let summary = SummaryRow {
        height: commit.height,
        hash: *commit.block_hash.as_bytes(),
        header: commit.header,
        round: commit.round,
        transactions: u32::try_from(commit.receipts.len())
            .expect("a block's size bounds its transactions far below 2^32"),
        rejected: commit.rejected,
    };
    batch.put(
        Family::Blocks,
        codec::summary_key(commit.height),
        codec::encode(&summary),
    );
    batch.put(
        Family::Blocks,
        codec::certificate_key(commit.height),
        commit.certificate,
    );
    if let Some(validators) = commit.next_validators {
        batch.put(Family::Blocks, codec::turn_key(commit.height), validators);
    }
    put_receipts(batch, commit.height, &commit.receipts);
}

fn put_tip(
    batch: &mut Batch<'_>,
    height: u64,
    block_hash: &Hash,
    root: &Hash,
    oldest_version: u64,
) {
    let tip = TipRow {
        height,
        block_hash: *block_hash.as_bytes(),
        state_root: *root.as_bytes(),
        oldest_version,
    };
    batch.put(Family::Meta, TIP, codec::encode(&tip));
}
