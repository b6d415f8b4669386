//! Opening a directory: format, lock, genesis.

use std::fs;

use super::{hash, store, writes};
use crate::db::FORMAT;
use crate::{Storage, StorageError, Writes};

#[test]
fn another_format_is_refused_by_its_name() {
    let (dir, storage) = store();
    drop(storage);
    let path = dir.path().join("FORMAT");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{FORMAT}\n"));
    fs::write(&path, "counterfoil-storage/999\n").unwrap();
    let error = Storage::open(dir.path())
        .err()
        .expect("a foreign format is refused");
    assert!(
        matches!(&error, StorageError::Format { found, .. } if found == "counterfoil-storage/999")
    );
    let message = error.to_string();
    assert!(
        message.contains("counterfoil-storage/999") && message.contains(FORMAT),
        "{message}"
    );

    // A database that nobody marked could be anything.
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        Storage::open(dir.path()),
        Err(StorageError::Unmarked { .. })
    ));
    assert!(!path.exists());

    fs::write(&path, format!("{FORMAT}\n")).unwrap();
    assert!(Storage::open(dir.path()).is_ok());
}

#[test]
fn a_store_is_open_once_at_a_time() {
    let (dir, storage) = store();
    let snapshot = storage.snapshot();
    assert!(matches!(
        Storage::open(dir.path()),
        Err(StorageError::InUse { .. })
    ));
    drop(storage);
    assert!(matches!(
        Storage::open(dir.path()),
        Err(StorageError::InUse { .. })
    ));
    drop(snapshot);
    assert!(Storage::open(dir.path()).is_ok());
}

#[test]
fn genesis_is_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::open(dir.path()).unwrap();
    assert_eq!(storage.tip().unwrap(), None);
    assert_eq!(storage.state_root(0).unwrap(), None);
    assert!(matches!(
        storage.stage(1, &Writes::new()),
        Err(StorageError::NotInitialized)
    ));

    let genesis = writes(&[("a", Some("1")), ("b", Some("2"))]);
    let root = storage.initialize(hash("genesis"), &genesis).unwrap();
    assert_eq!(storage.state_root(0).unwrap(), Some(root));
    let tip = storage.tip().unwrap().unwrap();
    assert_eq!(
        (tip.height, tip.block_hash, tip.state_root),
        (0, hash("genesis"), root)
    );
    assert_eq!(
        storage.snapshot().get(b"b").unwrap().as_deref(),
        Some(&b"2"[..])
    );

    super::advance(&storage, 1, writes(&[("b", Some("3"))]));
    assert_eq!(storage.initialize(hash("genesis"), &genesis).unwrap(), root);
    assert_eq!(
        storage.snapshot().get(b"b").unwrap().as_deref(),
        Some(&b"3"[..])
    );
    assert!(matches!(
        storage.initialize(hash("another"), &genesis),
        Err(StorageError::OtherGenesis { stored, given }) if stored == hash("genesis") && given == hash("another")
    ));
}
