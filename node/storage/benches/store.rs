//! What a block takes the store: the state's new root, and making all of it durable. Keys and sizes are as a day of steady trade has
//! them; every third write replaces a record, the others are new.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_storage::{Appends, Commit, Record, Storage, Writes};
use counterfoil_types::hash::Hash;
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

/// Of a block.
const TRANSACTIONS: u64 = 1_000;
const WRITES_EACH: u64 = 5;
const RECORD_BYTES: u64 = 80;
const RECEIPT_BYTES: u64 = 230;
const TRANSACTION_BYTES: u64 = 220;

/// A store that holds so many records, and the number of the next one.
struct Filled {
    _folder: TempDir,
    storage: Storage,
    height: u64,
    records: u64,
}

impl Filled {
    fn with(records: u64) -> Self {
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let storage = Storage::open(folder.path()).expect("a new store");
        let genesis = (0..records).map(record).collect();
        storage
            .initialize(bytes("genesis", 0, 0), &genesis)
            .expect("a new store can be written");
        Self {
            _folder: folder,
            storage,
            height: 1,
            records,
        }
    }

    /// What the next block changes.
    fn writes(&mut self) -> Writes {
        let first = self.records;
        let written = (0..TRANSACTIONS * WRITES_EACH).map(|n| match n % 3 {
            0 => (
                record(any(first, n) % first).0,
                Some(long("new value", n, RECORD_BYTES).into()),
            ),
            _ => {
                let new = record(self.records);
                self.records += 1;
                new
            }
        });
        written.collect()
    }

    fn commit(&mut self, writes: Arc<Writes>) {
        let height = self.height;
        let of = |what, size| long(what, height, size);
        let tree = self
            .storage
            .stage(height, &writes)
            .expect("the next height");
        let commit = Commit {
            height,
            block_hash: bytes("block", height, 0),
            block: of("body", TRANSACTIONS * TRANSACTION_BYTES),
            header: of("header", 400),
            round: 0,
            certificate: of("certificate", 500),
            writes,
            tree,
            appends: Arc::new(Appends::new()),
            receipts: (0..TRANSACTIONS)
                .map(|n| (bytes("id", height, n), long("receipt", n, RECEIPT_BYTES)))
                .collect(),
            rejected: 0,
            next_validators: None,
        };
        self.storage.commit(commit).expect("the next block");
        self.height += 1;
    }
}

fn bytes(what: &str, a: u64, b: u64) -> Hash {
    Hash::tagged(what, &[&a.to_be_bytes(), &b.to_be_bytes()])
}

fn any(a: u64, b: u64) -> u64 {
    let bytes = bytes("any", a, b);
    let (first, _) = bytes
        .as_bytes()
        .split_first_chunk()
        .expect("a hash has 32 bytes");
    u64::from_be_bytes(*first)
}

fn long(what: &str, n: u64, size: u64) -> Vec<u8> {
    let parts = (0..size.div_ceil(32)).flat_map(|part| *bytes(what, n, part).as_bytes());
    parts
        .take(usize::try_from(size).expect("a short text"))
        .collect()
}

fn record(number: u64) -> (Vec<u8>, Option<Record>) {
    let key = [
        b"receivable/claim/".as_slice(),
        bytes("record", number, 0).as_bytes(),
    ]
    .concat();
    (key, Some(long("value", number, RECORD_BYTES).into()))
}

fn stage(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    group.throughput(Throughput::Elements(TRANSACTIONS * WRITES_EACH));
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    for records in [10_000, 100_000, 1_000_000] {
        let mut filled = Filled::with(records);
        group.bench_function(BenchmarkId::new("stage", records), |bencher| {
            bencher.iter_custom(|blocks| {
                let mut took = Duration::ZERO;
                for _ in 0..blocks {
                    let writes = filled.writes();
                    filled.records = records;
                    let began = Instant::now();
                    let staged = filled.storage.stage(1, &writes);
                    took += began.elapsed();
                    drop(black_box(staged.expect("the next height")));
                }
                took
            });
        });
    }
    group.finish();
}

/// Processor time of stage and commit together, over many blocks, with what flushes and merges meanwhile.
fn commit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(TRANSACTIONS));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.measurement_time(Duration::from_secs(20));
    let mut filled = Filled::with(100_000);
    group.bench_function("commit", |bencher| {
        bencher.iter_custom(|blocks| {
            let mut took = Duration::ZERO;
            for _ in 0..blocks {
                let writes = Arc::new(filled.writes());
                let began = processor_time();
                filled.commit(writes);
                took += processor_time() - began;
            }
            took
        });
    });
    group.finish();
}

/// Of this process, all threads together.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}

criterion_group!(benches, stage, commit);
criterion_main!(benches);
