//! The database on disk: its directory, format, lock, column families and options.
//!
//! A data directory holds `FORMAT` (which layout the rows have), `LOCK` (held by the
//! process that has it open) and `rocks/` (RocksDB's own files). `FORMAT` is made
//! durable before `rocks/` exists, so a database without it is someone else's.
//! A checkpoint is such a directory too.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::Path;

use rocksdb::checkpoint::Checkpoint;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType,
    DBRecoveryMode, IteratorMode, Options, ReadOptions, WriteBatch, WriteOptions,
};

use crate::error::StorageError;
use crate::{Row, Rows};

/// The layout of the rows. Changes whenever an older build could misread them.
pub(crate) const FORMAT: &str = "counterfoil-storage/5";

// Four validators share one machine in the demo, so RocksDB itself stays below 200 MiB of memory:
// all write buffers together, and one cache for data, index and filter blocks. What smaller buffers would save is paid for in merging;
// what a smaller cache would, in reading filters again and again once a ledger is large.
const WRITE_BUFFERS_BYTES: usize = 64 << 20;
const FAMILY_BUFFER_BYTES: usize = 16 << 20;
const BLOCK_CACHE_BYTES: usize = 96 << 20;
/// Bounds both the disk the log takes and the time to replay it after a crash.
const WAL_BYTES: u64 = 128 << 20;
const OPEN_FILES: i32 = 256;
const BACKGROUND_JOBS: i32 = 2;
/// So many files of the first level are merged into the next at once. Keys are hashes, so that each merge rewrites all of a family's rows
/// below: with many at a time there are fewer such merges, and filters spare most look-ups in each file. Writes are slowed down
/// from 20 files on.
const FIRST_LEVEL_FILES: i32 = 12;
/// About one false positive in a hundred, for lookups of ids that are mostly absent.
const BLOOM_BITS_PER_KEY: f64 = 10.0;
/// Part of a write buffer that is spent on a filter of its keys.
const BUFFER_BLOOM_RATIO: f64 = 0.02;
/// Seconds until a file of the lowest level is rewritten only because nobody sees any more what it held for snapshots. At once, each
/// would be written twice: snapshots of the last heights are held always. Most are merged for other reasons before.
const REWRITE_AFTER: &str = "bottommost_file_compaction_delay=3600";
const INFO_LOG_BYTES: usize = 1 << 20;
const INFO_LOGS: usize = 2;

/// A column family: one kind of row.
#[derive(Clone, Copy)]
pub(crate) enum Family {
    /// Record key → record, as of the tip.
    State,
    /// Path → node of the state tree, as of the tip.
    Nodes,
    /// Height → root of the state tree.
    Roots,
    /// List and the place of an item → that item, with those before it that were added with it.
    Lists,
    /// Block hash and height → encoded block.
    Bodies,
    /// Height, round and block hash → undecided block.
    Undecided,
    /// Height → summary of a decided block, and its certificate.
    Blocks,
    /// Height and a number → some of the block's receipts, in its order.
    Receipts,
    /// Transaction id → where its receipt stands.
    Places,
    /// Tip and genesis.
    Meta,
}

impl Family {
    const ALL: [Self; 10] = [
        Self::State,
        Self::Nodes,
        Self::Roots,
        Self::Lists,
        Self::Bodies,
        Self::Undecided,
        Self::Blocks,
        Self::Receipts,
        Self::Places,
        Self::Meta,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Nodes => "nodes",
            Self::Roots => "roots",
            Self::Lists => "lists",
            Self::Bodies => "bodies",
            Self::Undecided => "undecided",
            Self::Blocks => "blocks",
            Self::Receipts => "receipts",
            Self::Places => "places",
            Self::Meta => "meta",
        }
    }
}

/// The open database. Fields drop in order: the lock is released after the database is closed.
pub(crate) struct Database {
    db: DB,
    _lock: File,
}

impl Database {
    pub fn open(dir: &Path) -> Result<Self, StorageError> {
        fs::create_dir_all(dir).map_err(|error| StorageError::io(dir, error))?;
        let lock = lock(
            dir,
            File::options().write(true).create(true).truncate(false),
        )?;
        if !has_format(dir)? {
            if dir.join("rocks").exists() {
                return Err(StorageError::Unmarked {
                    dir: dir.to_path_buf(),
                });
            }
            write_format(dir)?;
        }
        let db = DB::open_cf_descriptors(&database_options(), dir.join("rocks"), families())
            .map_err(StorageError::database("open the database"))?;
        Ok(Self { db, _lock: lock })
    }

    /// Opens what is there, and changes no file of it.
    pub fn open_read_only(dir: &Path) -> Result<Self, StorageError> {
        let lock = lock(dir, File::options().read(true))?;
        if !has_format(dir)? {
            return Err(StorageError::Unmarked {
                dir: dir.to_path_buf(),
            });
        }
        let rocks = dir.join("rocks");
        let db = DB::open_cf_descriptors_read_only(&database_options(), rocks, families(), false)
            .map_err(StorageError::database("open the database"))?;
        Ok(Self { db, _lock: lock })
    }

    /// Makes a directory with all that is written so far. RocksDB links its files where it
    /// can and copies them to another file system.
    pub fn checkpoint(&self, dir: &Path) -> Result<(), StorageError> {
        fs::create_dir(dir).map_err(|error| StorageError::io(dir, error))?;
        drop(lock(
            dir,
            File::options().write(true).create(true).truncate(false),
        )?);
        write_format(dir)?;
        Checkpoint::new(&self.db)
            .and_then(|checkpoint| checkpoint.create_checkpoint(dir.join("rocks")))
            .map_err(StorageError::database("make a checkpoint"))?;
        sync_directory(dir)
    }

    /// A consistent view of everything written so far.
    pub fn freeze(&self) -> Frozen<'_> {
        Frozen {
            database: self,
            snapshot: self.db.snapshot(),
        }
    }

    /// Which of these keys have a row by now, all looked up together.
    pub fn contains_now(
        &self,
        family: Family,
        keys: &[impl AsRef<[u8]>],
    ) -> Vec<Result<bool, StorageError>> {
        let found = self
            .db
            .batched_multi_get_cf(self.family(family), keys, false);
        found
            .into_iter()
            .map(|row| {
                row.map(|row| row.is_some())
                    .map_err(StorageError::database("read from the database"))
            })
            .collect()
    }

    pub fn batch(&self) -> Batch<'_> {
        Batch {
            database: self,
            batch: WriteBatch::default(),
        }
    }

    fn family(&self, family: Family) -> &ColumnFamily {
        self.db
            .cf_handle(family.name())
            .expect("every family is opened with the database and none is dropped")
    }
}

/// Writes that become durable together or not at all.
pub(crate) struct Batch<'a> {
    database: &'a Database,
    batch: WriteBatch,
}

impl Batch<'_> {
    pub fn put(&mut self, family: Family, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.batch.put_cf(self.database.family(family), key, value);
    }

    pub fn delete(&mut self, family: Family, key: impl AsRef<[u8]>) {
        self.batch.delete_cf(self.database.family(family), key);
    }

    /// Returns once the batch is in the log and the log is on the disk.
    pub fn write_synced(self) -> Result<(), StorageError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        // Each family's rows come in the order of their keys, but for places.
        options.set_memtable_insert_hint_per_batch(true);
        self.database
            .db
            .write_opt(self.batch, &options)
            .map_err(StorageError::database("write to the database"))
    }
}

/// A view that later writes do not change.
pub(crate) struct Frozen<'a> {
    database: &'a Database,
    snapshot: rocksdb::Snapshot<'a>,
}

impl Frozen<'_> {
    pub fn get(
        &self,
        family: Family,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        self.snapshot
            .get_cf(self.database.family(family), key)
            .map_err(StorageError::database("read from the database"))
    }

    pub fn contains(&self, family: Family, key: impl AsRef<[u8]>) -> Result<bool, StorageError> {
        self.snapshot
            .get_pinned_cf(self.database.family(family), key)
            .map(|value| value.is_some())
            .map_err(StorageError::database("read from the database"))
    }

    /// Reads every row of every kind once, which compares the checksum of each block of rows
    /// with what stands there. Tells the number of rows so far as it goes.
    pub fn read_all(&self, mut progress: impl FnMut(u64)) -> Result<(), StorageError> {
        let mut rows = 0;
        for family in Family::ALL {
            let family = self.database.family(family);
            for row in self.snapshot.iterator_cf(family, IteratorMode::Start) {
                row.map_err(StorageError::database("read the database"))?;
                rows += 1;
                progress(rows);
            }
        }
        Ok(())
    }

    /// The last row with `from <= key < until`.
    pub fn last(
        &self,
        family: Family,
        from: Vec<u8>,
        until: Vec<u8>,
    ) -> Result<Option<Row>, StorageError> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(from);
        options.set_iterate_upper_bound(until);
        self.snapshot
            .iterator_cf_opt(self.database.family(family), options, IteratorMode::End)
            .next()
            .map(|row| row.map(|(key, value)| (key.into_vec(), value.into_vec())))
            .transpose()
            .map_err(StorageError::database("scan the database"))
    }

    /// At most `limit` rows with `from <= key < until`, in the order of keys; no `until` means to the end.
    pub fn scan(
        &self,
        family: Family,
        from: Vec<u8>,
        until: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<Rows, StorageError> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(from);
        if let Some(until) = until {
            options.set_iterate_upper_bound(until);
        }
        self.snapshot
            .iterator_cf_opt(self.database.family(family), options, IteratorMode::Start)
            .take(limit)
            .map(|row| row.map(|(key, value)| (key.into_vec(), value.into_vec())))
            .collect::<Result<_, _>>()
            .map_err(StorageError::database("scan the database"))
    }
}

/// The first key after all keys with this prefix, if there is one.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// The operating system releases the lock when the process ends, however it ends.
fn lock(dir: &Path, options: &OpenOptions) -> Result<File, StorageError> {
    let path = dir.join("LOCK");
    let file = options
        .open(&path)
        .map_err(|error| StorageError::io(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse {
            dir: dir.to_path_buf(),
        }),
        Err(TryLockError::Error(error)) => Err(StorageError::io(&path, error)),
    }
}

/// Whether the format is marked. Refuses data of another one by its name, before RocksDB
/// touches any file of it.
fn has_format(dir: &Path) -> Result<bool, StorageError> {
    let path = dir.join("FORMAT");
    match fs::read_to_string(&path) {
        Ok(found) if found.trim_end() == FORMAT => Ok(true),
        Ok(found) => Err(StorageError::Format {
            dir: dir.to_path_buf(),
            found: found.trim_end().to_owned(),
            supported: FORMAT,
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StorageError::io(&path, error)),
    }
}

/// Written aside, then renamed: a crash leaves either no `FORMAT` or a whole one.
fn write_format(dir: &Path) -> Result<(), StorageError> {
    let path = dir.join("FORMAT");
    let aside = dir.join("FORMAT.new");
    let write = || {
        let mut file = File::create(&aside)?;
        writeln!(file, "{FORMAT}")?;
        file.sync_all()?;
        fs::rename(&aside, &path)
    };
    write().map_err(|error| StorageError::io(&path, error))?;
    sync_directory(dir)
}

fn sync_directory(dir: &Path) -> Result<(), StorageError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| StorageError::io(dir, error))
}

fn families() -> [ColumnFamilyDescriptor; Family::ALL.len()] {
    let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
    Family::ALL.map(|family| ColumnFamilyDescriptor::new(family.name(), family_options(&cache)))
}

fn database_options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_db_write_buffer_size(WRITE_BUFFERS_BYTES);
    options.set_max_total_wal_size(WAL_BYTES);
    options.set_max_open_files(OPEN_FILES);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    options.set_max_log_file_size(INFO_LOG_BYTES);
    options.set_keep_log_file_num(INFO_LOGS);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    // Replay stops at the first record that was not written whole. Whoever was told of a
    // write was told after it was synced, so that record is one nobody was told of.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options
}

fn family_options(cache: &Cache) -> Options {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(cache);
    tables.set_cache_index_and_filter_blocks(true);
    tables.set_pin_l0_filter_and_index_blocks_in_cache(true);
    tables.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
    // The bindings have no function for it.
    let rewritten = Options::default().get_options_from_string(REWRITE_AFTER);
    let mut options = rewritten.expect("RocksDB knows its own option");
    options.set_block_based_table_factory(&tables);
    options.set_write_buffer_size(FAMILY_BUFFER_BYTES);
    options.set_level_zero_file_num_compaction_trigger(FIRST_LEVEL_FILES);
    // Most look-ups are of keys that are not there: ids that must be new, freezes that nobody ordered.
    options.set_memtable_prefix_bloom_ratio(BUFFER_BLOOM_RATIO);
    options.set_memtable_whole_key_filtering(true);
    // Rows are mostly hashes and signatures, and no compression library is built in.
    options.set_compression_type(DBCompressionType::None);
    options
}
