//! The node's durable store: records, their authenticated tree, blocks and receipts, over RocksDB.
//!
//! It sees bytes and hashes, never contracts. RocksDB's types stay inside.
//!
//! # What survives a crash
//!
//! Every write is one batch, synced before the call returns. RocksDB appends a batch to its
//! log as a single record, for all column families together, and applies a record whole or
//! not at all; so after a crash at any instant the store is as of some batch boundary,
//! at or after the last call that returned. There are three kinds of batch:
//!
//! - `initialize`: the genesis records, version 0 of the tree, and the tip at height 0.
//! - `put_undecided`: a proposed block and its body. The engine's own log holds votes and
//!   block hashes but no blocks. Because this returns before the vote for a block
//!   is sent, a restarted validator can always produce the block it voted for.
//! - `commit`: records, tree nodes, what lists grow by, receipts, certificate, summary, tip, and the removal of undecided
//!   blocks of that height and of old roots. All of it or nothing: the tip never names
//!   a state that is not there, and an undecided block goes only when a decided one has come.
//!
//! A crash before a commit's batch is durable leaves the old tip with the block still undecided. The
//! engine then decides it again from its log, and it is executed and committed anew. A crash after
//! that, before the engine is told, makes it decide a height that is committed: the same block
//! is accepted and changes nothing, another one is refused.
//!
//! A checkpoint is a copy of the store between two batches.
//!
//! Execution and staging write nothing, so an abandoned one leaves nothing to clean up.
//! Should a write fail, the process must stop, since only reopening tells whether the batch is in the log.
//! Opening compares the tree's root with the tip's. What no batch can save is a disk that loses what it
//! has synced: such a node comes up at an earlier height, or not at all, and syncs from its peers.
//!
//! # Concurrency
//!
//! Writers take turns. Readers never wait for them: each read but [`Storage::committed`] is of a frozen view, and a [`Snapshot`]
//! is such a view as of the last commit.

mod blocks;
mod cache;
mod checkpoint;
mod codec;
mod commit;
mod db;
mod error;
mod lists;
mod snapshot;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

pub use blocks::{StoredBlock, Summary, Undecided};
pub use commit::{Commit, Tip};
pub use error::StorageError;
pub use snapshot::Snapshot;
pub use tree::TreeUpdate;

use cache::Cache;
use db::Database;

/// A record, shared by those who hold it.
pub type Record = Arc<[u8]>;

/// Changes to records by their keys; `None` deletes one.
pub type Writes = BTreeMap<Vec<u8>, Option<Record>>;

/// What a block adds to lists that only grow, by list: the place of the first item, and the items. They stand beside the records, and no
/// root is over them. No list's name begins with another's.
pub type Appends = BTreeMap<Vec<u8>, (u64, Vec<Vec<u8>>)>;

/// Keys and what stands under them, in the order of keys.
pub type Rows = Vec<Row>;
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// The records used last, by their keys.
pub(crate) type Records = Cache<Vec<u8>>;

/// Some hundred thousand: most have a few hundred bytes, and many are known not to be there.
const RECORDS_BYTES: usize = 48 << 20;

/// Of how many of the last heights all records can be read and proven: of so many at least and at most, and of more than the least only
/// where those after the oldest have changed no more records than this. Each keeps what was replaced since from being merged
/// away, and under full load every block replaces the same rows.
pub const KEEP_SNAPSHOTS: RangeInclusive<usize> = 4..=16;
const KEEP_CHANGED: usize = 4_096;

/// Of how many heights the tree's root can be read: the tip's and those right before it.
pub const KEEP_VERSIONS: u64 = 1000;

/// The store of one node. Clones share it.
#[derive(Clone)]
pub struct Storage {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<Database>,
    keep_versions: u64,
    nodes: tree::Nodes,
    records: Arc<Records>,
    /// Held from reading the tip to writing on top of it.
    writer: Mutex<()>,
    /// As of the last commits, the newest last; never none.
    latest: RwLock<VecDeque<Published>>,
}

/// A commit that readers see.
struct Published {
    snapshot: Snapshot,
    /// How many records it changed.
    changed: usize,
}

impl Storage {
    /// Opens the store in `dir` and creates it where there is none. One process at a time
    /// has it open; data of another format is refused by its name.
    pub fn open(dir: &Path) -> Result<Self, StorageError> {
        Self::open_keeping(dir, KEEP_VERSIONS)
    }

    /// Opens a store that is not written to meanwhile, a checkpoint for instance, to read it.
    pub fn open_read_only(dir: &Path) -> Result<Self, StorageError> {
        Self::over(Database::open_read_only(dir)?, KEEP_VERSIONS)
    }

    fn open_keeping(dir: &Path, keep_versions: u64) -> Result<Self, StorageError> {
        assert!(keep_versions >= 1, "the tip's root is always kept");
        Self::over(Database::open(dir)?, keep_versions)
    }

    fn over(database: Database, keep_versions: u64) -> Result<Self, StorageError> {
        let database = Arc::new(database);
        let height = commit::check_tip(&database.freeze())?;
        let records = Arc::new(Records::new(height, RECORDS_BYTES));
        let snapshot = Snapshot::take(&database, &records, height);
        let latest = Published {
            snapshot,
            changed: 0,
        };
        let latest = RwLock::new(VecDeque::from([latest]));
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                keep_versions,
                nodes: tree::Nodes::new(height, tree::NODES_BYTES),
                records,
                writer: Mutex::new(()),
                latest,
            }),
        })
    }

    /// The records as of the last commit.
    pub fn snapshot(&self) -> Snapshot {
        let latest = self.latest();
        let last = latest.back().expect("there is always one");
        last.snapshot.clone()
    }

    /// The records as of an earlier commit: one of the last [`KEEP_SNAPSHOTS`] since the store was opened.
    pub fn snapshot_at(&self, height: u64) -> Option<Snapshot> {
        let latest = self.latest();
        let mut snapshots = latest.iter().map(|published| &published.snapshot);
        snapshots
            .find(|snapshot| snapshot.height() == height)
            .cloned()
    }

    fn latest(&self) -> RwLockReadGuard<'_, VecDeque<Published>> {
        // A panic elsewhere cannot leave half of a snapshot behind.
        let latest = self.inner.latest.read();
        latest.unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the commit that was just written visible, which changed so many records. Called with `writing` held.
    fn publish(&self, height: u64, changed: usize) {
        let snapshot = Snapshot::take(&self.inner.database, &self.inner.records, height);
        let latest = self.inner.latest.write();
        let mut latest = latest.unwrap_or_else(PoisonError::into_inner);
        latest.push_back(Published { snapshot, changed });
        let gone = beyond_kept(latest.iter().map(|published| published.changed));
        let gone: Vec<Published> = latest.drain(..gone).collect();
        // The last one to hold a view frees it, which may take a while: not under the lock.
        drop(latest);
        drop(gone);
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }

    fn nodes(&self) -> &tree::Nodes {
        &self.inner.nodes
    }

    /// Takes over a commit that was just written. Called with `writing` held.
    fn keep(&self, tree: &TreeUpdate, writes: &Writes) {
        tree::keep(self.nodes(), tree);
        let writes = writes
            .iter()
            .map(|(key, record)| (key.clone(), record.clone()));
        self.inner.records.refresh(tree.height(), writes);
    }

    fn keep_versions(&self) -> u64 {
        self.inner.keep_versions
    }

    /// The turn to write. The lock guards no data of its own, so a panic of its holder spoils nothing.
    fn writing(&self) -> MutexGuard<'_, ()> {
        self.inner
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many snapshots, from the oldest on, are kept no longer, by how many records the commit of each changed.
fn beyond_kept(changed: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator) -> usize {
    let count = changed.len();
    let mut since = 0;
    let few = |changed: &usize| {
        let is_kept = since <= KEEP_CHANGED;
        since += changed;
        is_kept
    };
    let small = changed.rev().take_while(few).count();
    let (least, most) = (*KEEP_SNAPSHOTS.start(), *KEEP_SNAPSHOTS.end());
    count.saturating_sub(small.clamp(least, most))
}
