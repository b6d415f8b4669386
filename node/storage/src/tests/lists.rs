//! Lists that only grow.

use super::{Appends, commit, hash, store, writes};
use crate::Storage;

fn adding(storage: &Storage, height: u64, appends: &[(&str, u64, &[&str])]) {
    let appends = appends.iter().map(|(list, first, items)| {
        let items = items.iter().map(|item| item.as_bytes().to_vec());
        (list.as_bytes().to_vec(), (*first, items.collect()))
    });
    let mut commit = commit(storage, height, &format!("block {height}"), writes(&[]));
    commit.appends = Appends::from_iter(appends).into();
    storage.commit(commit).unwrap();
}

#[test]
fn a_list_is_read_from_any_place_as_of_its_snapshot() {
    let (dir, storage) = store();
    adding(
        &storage,
        1,
        &[("a/", 0, &["0", "1", "2"]), ("ab/", 0, &["x"])],
    );
    let before = storage.snapshot();
    adding(&storage, 2, &[("ab/", 1, &["y"])]);
    adding(&storage, 3, &[("a/", 3, &["3"])]);
    adding(&storage, 4, &[("a/", 4, &["4", "", "6"])]);
    let all: Vec<&str> = vec!["0", "1", "2", "3", "4", "", "6"];
    let (snapshot, root) = (
        storage.snapshot(),
        storage.tip().unwrap().unwrap().state_root,
    );
    assert_eq!(root, before_root(&storage), "no root is over a list");
    for from in 0..=all.len() + 1 {
        for limit in 0..=all.len() + 1 {
            let expected = all.iter().skip(from).take(limit);
            let expected: Vec<Vec<u8>> = expected.map(|item| item.as_bytes().to_vec()).collect();
            let found = snapshot.items(b"a/", from as u64, limit).unwrap();
            assert_eq!(found, expected, "{limit} from {from}");
        }
    }
    assert_eq!(before.items(b"a/", 1, 10).unwrap(), [b"1", b"2"]);
    assert_eq!(snapshot.items(b"ab/", 0, 10).unwrap(), [b"x", b"y"]);
    assert!(snapshot.items(b"b/", 0, 10).unwrap().is_empty());
    drop((before, snapshot, storage));
    let storage = Storage::open(dir.path()).unwrap();
    assert_eq!(
        storage.snapshot().items(b"a/", 5, 10).unwrap(),
        [&b""[..], b"6"]
    );
}

/// The root after a block that wrote nothing but to lists is that of genesis.
fn before_root(storage: &Storage) -> counterfoil_types::hash::Hash {
    assert_ne!(hash("genesis"), storage.tip().unwrap().unwrap().block_hash);
    storage.state_root(0).unwrap().unwrap()
}
