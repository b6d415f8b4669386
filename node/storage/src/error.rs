//! Why an operation on the store failed, and what to do about it. RocksDB's own error type stops here.

use std::io::ErrorKind;
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
    #[error("no room on the disk to {action}: {reason}; make room, then start the node again")]
    NoRoom {
        action: &'static str,
        reason: String,
    },
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
    #[error("transaction {0} stands twice in the block")]
    RepeatedTransaction(Hash),
}

/// How the operating system says that a file cannot grow (ENOSPC, EDQUOT, EFBIG). RocksDB hands its
/// text on, and no number.
const NO_ROOM: [&str; 3] = [
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
];

impl StorageError {
    /// Whether the disk is full: the data is whole, and the node goes on once there is room.
    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::NoRoom { .. } => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
            ),
            _ => false,
        }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// For `map_err`: keeps RocksDB's text and drops its type.
    pub(crate) fn database(action: &'static str) -> impl Fn(rocksdb::Error) -> Self {
        move |error| {
            let reason = error.into_string();
            match NO_ROOM.iter().any(|text| reason.contains(text)) {
                true => Self::NoRoom { action, reason },
                false => Self::Database { action, reason },
            }
        }
    }
}
