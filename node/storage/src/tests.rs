//! Tests of the store as its callers see it, and what they share: a store in a temporary
//! directory, and blocks made of nothing but their writes.

mod blocks;
mod checkpoint;
mod crash;
mod lists;
mod opening;
mod tree;

use std::collections::BTreeMap;

use counterfoil_types::hash::Hash;
use tempfile::TempDir;

use crate::{Appends, Commit, Storage, StorageError, Undecided, Writes};

/// The records a store should hold, kept beside it.
type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn hash(text: &str) -> Hash {
    Hash::tagged("counterfoil/storage-test", &[text.as_bytes()])
}

fn writes(changes: &[(&str, Option<&str>)]) -> Writes {
    changes
        .iter()
        .map(|(key, record)| {
            (
                key.as_bytes().to_vec(),
                record.map(|text| text.as_bytes().into()),
            )
        })
        .collect()
}

/// A directory and an initialized store in it that keeps `keep_versions`.
fn store_keeping(keep_versions: u64) -> (TempDir, Storage) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let storage = Storage::open_keeping(dir.path(), keep_versions).unwrap();
    storage
        .initialize(hash("genesis"), &writes(&[("genesis", Some("record"))]))
        .unwrap();
    (dir, storage)
}

fn store() -> (TempDir, Storage) {
    store_keeping(crate::KEEP_VERSIONS)
}

/// The block `name` at `height`, with one transaction of its own.
fn commit(storage: &Storage, height: u64, name: &str, writes: Writes) -> Commit {
    Commit {
        height,
        block_hash: hash(name),
        block: format!("body of {name}").into_bytes(),
        header: format!("header of {name}").into_bytes(),
        round: 3,
        certificate: format!("certificate of {name}").into_bytes(),
        tree: storage.stage(height, &writes).unwrap(),
        writes: writes.into(),
        appends: Appends::new().into(),
        receipts: vec![(hash(&format!("transaction of {name}")), b"receipt".to_vec())],
        rejected: 1,
        next_validators: None,
    }
}

/// Commits writes at a height and returns the new root.
fn advance(storage: &Storage, height: u64, writes: Writes) -> Hash {
    let commit = commit(storage, height, &format!("block {height}"), writes);
    let root = commit.tree.root();
    storage.commit(commit).unwrap();
    root
}

fn undecided(height: u64, round: i64, name: &str) -> Undecided {
    Undecided {
        height,
        round,
        valid_round: -1,
        block_hash: hash(name),
        proposer: hash("proposer"),
        signature: vec![7; 64],
        timely: round % 2 == 0,
        block: format!("body of {name}").into_bytes(),
    }
}

#[test]
fn a_commit_is_there_after_reopening() {
    let (dir, storage) = store();
    let root = advance(&storage, 1, writes(&[("a", Some("1")), ("genesis", None)]));
    let tip = storage.tip().unwrap().unwrap();
    assert_eq!(
        (tip.height, tip.block_hash, tip.state_root),
        (1, hash("block 1"), root)
    );
    let block = storage.block(1).unwrap().unwrap();
    drop(storage);

    let storage = Storage::open(dir.path()).unwrap();
    assert_eq!(storage.tip().unwrap(), Some(tip));
    assert_eq!(storage.state_root(1).unwrap(), Some(root));
    assert_eq!(storage.block(1).unwrap().unwrap(), block);
    let snapshot = storage.snapshot();
    assert_eq!(snapshot.height(), 1);
    assert_eq!(snapshot.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(snapshot.get(b"genesis").unwrap(), None);
    // The reopened store goes on where the other stopped.
    advance(&storage, 2, writes(&[("b", Some("2"))]));
}

#[test]
fn the_same_commit_again_changes_nothing_and_another_is_refused() {
    let (_dir, storage) = store();
    let changes = writes(&[("a", Some("1"))]);
    let first = commit(&storage, 1, "block 1", changes.clone());
    let again = commit(&storage, 1, "block 1", changes.clone());
    let other = commit(&storage, 1, "another block", changes);
    storage.commit(first).unwrap();
    advance(&storage, 2, writes(&[("a", Some("2"))]));
    let tip = storage.tip().unwrap();

    storage.commit(again).unwrap();
    assert_eq!(storage.tip().unwrap(), tip);
    assert_eq!(
        storage.snapshot().get(b"a").unwrap().as_deref(),
        Some(&b"2"[..])
    );
    assert!(matches!(
        storage.commit(other),
        Err(StorageError::ConflictingCommit { height: 1, stored, given })
            if stored == hash("block 1") && given == hash("another block")
    ));
    assert_eq!(storage.tip().unwrap(), tip);
    let other = hash("transaction of another block");
    assert_eq!(storage.place(&other).unwrap(), None);
}

#[test]
fn only_the_next_height_can_be_staged_and_committed() {
    let (_dir, storage) = store();
    for height in [0, 2] {
        assert!(matches!(
            storage.stage(height, &Writes::new()),
            Err(StorageError::NotNext { tip: 0, given }) if given == height
        ));
    }
    let mut skipped = commit(&storage, 1, "block 1", Writes::new());
    skipped.height = 2;
    assert!(matches!(
        storage.commit(skipped),
        Err(StorageError::NotNext { tip: 0, given: 2 })
    ));

    let mut outdated = commit(&storage, 1, "block 1", writes(&[("a", Some("1"))]));
    advance(&storage, 1, writes(&[("a", Some("2"))]));
    outdated.height = 2;
    outdated.block_hash = hash("block 2");
    assert!(matches!(
        storage.commit(outdated),
        Err(StorageError::OutdatedUpdate { height: 2 })
    ));
}

#[test]
fn a_snapshot_does_not_see_later_commits_and_outlives_the_store() {
    let (dir, storage) = store();
    advance(&storage, 1, writes(&[("a", Some("1")), ("b", Some("1"))]));
    let snapshot = storage.snapshot();
    advance(
        &storage,
        2,
        writes(&[("a", Some("2")), ("b", None), ("c", Some("2"))]),
    );
    drop(storage);

    let seen = std::thread::spawn(move || {
        let rows = snapshot.scan(b"", None, 10).unwrap();
        let keys: Vec<_> = rows
            .into_iter()
            .map(|(key, _)| String::from_utf8(key).unwrap())
            .collect();
        (snapshot.height(), snapshot.get(b"a").unwrap(), keys)
    });
    let (height, a, keys) = seen.join().unwrap();
    assert_eq!((height, a.as_deref()), (1, Some(&b"1"[..])));
    assert_eq!(keys, ["a", "b", "genesis"]);

    let storage = Storage::open(dir.path()).unwrap();
    assert_eq!(storage.snapshot().get(b"b").unwrap(), None);
}

#[test]
fn a_scan_is_paged_within_its_prefix() {
    let (_dir, storage) = store();
    let mut changes = writes(&[("i", Some("before")), ("j/", Some("after"))]);
    let mut expected: Vec<Vec<u8>> = (0..=20).map(|n| format!("i/{n:02}").into_bytes()).collect();
    // A prefix may be followed by any byte.
    expected.push(b"i/\xff\xff".to_vec());
    changes.extend(
        expected
            .iter()
            .map(|key| (key.clone(), Some(key[..].into()))),
    );
    advance(&storage, 1, changes);

    let snapshot = storage.snapshot();
    let (mut after, mut found, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = snapshot.scan(b"i/", after.as_deref(), 5).unwrap();
        assert!(page.len() <= 5);
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        found.extend(page.into_iter().map(|(key, record)| {
            assert_eq!(key, record);
            key
        }));
        pages += 1;
    }
    assert_eq!(found, expected);
    assert_eq!(pages, 5);
    assert_eq!(snapshot.scan(b"i/", Some(b"a"), 1).unwrap()[0].0, b"i/00");
    assert!(snapshot.scan(b"i/", Some(b"z"), 9).unwrap().is_empty());
    assert!(snapshot.scan(b"\xff", None, 9).unwrap().is_empty());
}
