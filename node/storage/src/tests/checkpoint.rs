//! Copies of a store, and what holding a store against itself finds.

use std::fs;
use std::path::PathBuf;

use super::{advance, hash, store, writes};
use crate::db::Family;
use crate::{Storage, StorageError, Writes};

/// So many records that a tree of them is made in several steps.
fn many(height: u64) -> Writes {
    let record = |n: u64| {
        let key = format!("height {height}, record {n}").into_bytes();
        (key, Some(n.to_string().as_bytes().into()))
    };
    (0..15_000).map(record).collect()
}

fn recomputed(storage: &Storage) -> (crate::Tip, counterfoil_types::hash::Hash, u64) {
    let scratch = tempfile::tempdir().unwrap();
    let (root, records) = storage.recompute_root(scratch.path(), |_| ()).unwrap();
    (storage.tip().unwrap().unwrap(), root, records)
}

#[test]
fn a_checkpoint_is_the_store_as_it_was_and_goes_on_by_itself() {
    let (dir, storage) = store();
    advance(&storage, 1, writes(&[("a", Some("1"))]));
    let copy = dir.path().join("copy");
    storage.checkpoint(&copy).unwrap();
    assert!(matches!(
        storage.checkpoint(&copy).unwrap_err(),
        StorageError::Io { path, .. } if path == copy
    ));
    let root = advance(&storage, 2, writes(&[("a", Some("2"))]));

    let copied = Storage::open_read_only(&copy).unwrap();
    assert_eq!(copied.tip().unwrap().unwrap().height, 1);
    assert_eq!(copied.genesis_hash().unwrap(), Some(hash("genesis")));
    assert_eq!(*copied.snapshot().get(b"a").unwrap().unwrap(), *b"1");
    assert_eq!(copied.block(1).unwrap(), storage.block(1).unwrap());
    assert!(matches!(
        Storage::open(&copy),
        Err(StorageError::InUse { .. })
    ));
    drop(copied);

    let copied = Storage::open(&copy).unwrap();
    assert_eq!(advance(&copied, 2, writes(&[("a", Some("2"))])), root);
    assert_eq!(storage.tip().unwrap(), copied.tip().unwrap());
}

#[test]
fn what_is_no_store_is_not_read_as_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Storage::open_read_only(&dir.path().join("missing")),
        Err(StorageError::Io { .. })
    ));
    fs::write(dir.path().join("LOCK"), "").unwrap();
    assert!(matches!(
        Storage::open_read_only(dir.path()),
        Err(StorageError::Unmarked { .. })
    ));
}

#[test]
fn the_root_comes_out_of_the_records_alone() {
    let (_dir, storage) = store();
    for height in 1..=2 {
        advance(&storage, height, many(height));
    }
    // Some are gone again, and some replaced.
    let mut changes = many(1);
    for (number, record) in changes.values_mut().enumerate() {
        *record = (number % 3 == 0).then(|| b"replaced"[..].into());
    }
    advance(&storage, 3, changes);
    let (tip, root, records) = recomputed(&storage);
    assert_eq!((root, records), (tip.state_root, 1 + 15_000 + 5_000));
}

#[test]
fn a_record_that_the_tree_was_not_told_of_changes_the_root() {
    let (_dir, storage) = store();
    advance(&storage, 1, writes(&[("a", Some("1")), ("b", Some("2"))]));
    let (tip, root, _) = recomputed(&storage);
    assert_eq!(root, tip.state_root);
    let mut batch = storage.database().batch();
    batch.put(Family::State, b"a", b"9");
    batch.write_synced().unwrap();
    storage.publish(1, 0);
    let (tip, root, _) = recomputed(&storage);
    assert_ne!(root, tip.state_root);
}

#[test]
fn a_flipped_byte_in_any_file_of_rows_is_found() {
    let (dir, storage) = store();
    advance(&storage, 1, many(1));
    let copy = dir.path().join("copy");
    storage.checkpoint(&copy).unwrap();
    let read = || Storage::open_read_only(&copy).and_then(|copied| copied.read_all(|_| ()));
    read().unwrap();
    let files = fs::read_dir(copy.join("rocks")).unwrap();
    let tables: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sst"))
        .collect();
    assert!(tables.len() > 3, "{tables:?}");
    for table in tables {
        let whole = fs::read(&table).unwrap();
        let mut damaged = whole.clone();
        // The first block of rows stands at the beginning.
        damaged[10] ^= 1;
        // A file of its own: the store's is another name of the same bytes.
        fs::remove_file(&table).unwrap();
        fs::write(&table, damaged).unwrap();
        assert!(read().is_err(), "{}", table.display());
        fs::write(&table, whole).unwrap();
    }
    read().unwrap();
}
