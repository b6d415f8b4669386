//! Why an operation on the store failed, and what to do about it. RocksDB's own error type stops here.

use std::path::{Path, PathBuf};

use counterfoil_types::hash::Hash;

/// An operational failure. After a failed write the process should stop: only
/// opening the store again tells whether the batch became durable.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error(
        "{path}: {source}; check that the data directory exists and that this user may write to it"
    )]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{dir} is in use by another process; stop that node, or give this one a data directory of its own"
    )]
    InUse { dir: PathBuf },
    #[error(
        "{dir} holds data in the format {found:?}, and this build reads {supported:?}; \
         run the version that wrote it, or start from an empty directory and sync"
    )]
    Format {
        dir: PathBuf,
        found: String,
        supported: &'static str,
    },
    #[error(
        "{dir} holds a database without a FORMAT file, so it was not written by this node; \
         choose another data directory"
    )]
    Unmarked { dir: PathBuf },
    #[error("could not {action}: {reason}; check the disk, then start the node again")]
    Database {
        action: &'static str,
        reason: String,
    },
    #[error(
        "the state tree refused an update: {0}; this is a defect, keep the data directory for its report"
    )]
    Tree(String),
    #[error(
        "the stored data is damaged: {0}; restore a backup, or start from an empty directory and sync"
    )]
    Corrupt(String),
    #[error("the store holds no genesis yet; initialize it first")]
    NotInitialized,
    #[error(
        "the store belongs to the chain with genesis {stored}, not {given}; check the genesis file and the data directory"
    )]
    OtherGenesis { stored: Hash, given: Hash },
    #[error("height {given} does not follow the last committed height {tip}")]
    NotNext { tip: u64, given: u64 },
    #[error(
        "height {height} is committed with block {stored}, but block {given} was given; \
         stop the node and compare its certificates with the other validators'"
    )]
    ConflictingCommit {
        height: u64,
        stored: Hash,
        given: Hash,
    },
    #[error("the tree update for height {height} was staged on another state; stage it again")]
    OutdatedUpdate { height: u64 },
    #[error("transaction {0} has a receipt already; a block may not hold it again")]
    RepeatedTransaction(Hash),
}

impl StorageError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// For `map_err`: keeps RocksDB's text and drops its type.
    pub(crate) fn database(action: &'static str) -> impl Fn(rocksdb::Error) -> Self {
        move |error| Self::Database {
            action,
            reason: error.into_string(),
        }
    }
}
