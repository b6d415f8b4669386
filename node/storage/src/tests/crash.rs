//! What a crash leaves behind: copies of an open store's files, cut at any byte of its log.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Model, advance, hash, store, undecided};
use crate::{Record, Storage, Writes};

/// The files of a store as they are now, without closing it.
fn copy_open_files(from: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("rocks")).unwrap();
    fs::copy(from.join("FORMAT"), copy.path().join("FORMAT")).unwrap();
    for file in fs::read_dir(from.join("rocks")).unwrap() {
        let file = file.unwrap();
        fs::copy(
            file.path(),
            copy.path().join("rocks").join(file.file_name()),
        )
        .unwrap();
    }
    copy
}

/// The write-ahead log that has grown longest.
fn log_of(dir: &Path) -> (std::path::PathBuf, u64) {
    let files = fs::read_dir(dir.join("rocks"))
        .unwrap()
        .map(|file| file.unwrap());
    let logs = files.filter(|file| file.path().extension().is_some_and(|end| end == "log"));
    let sized = logs.map(|file| (file.path(), file.metadata().unwrap().len()));
    sized
        .max_by_key(|(_, size)| *size)
        .expect("an open store has a log")
}

/// A height changes one key for ever and one that every height replaces.
fn changes(height: u64) -> Writes {
    let text: Record = height.to_string().as_bytes().into();
    let own = format!("height {height}").into_bytes();
    Writes::from([(own, Some(text.clone())), (b"last".to_vec(), Some(text))])
}

#[test]
fn a_log_cut_anywhere_leaves_a_whole_commit() {
    const HEIGHTS: u64 = 12;
    let (dir, storage) = store();
    let mut model = Model::from([(b"genesis".to_vec(), b"record".to_vec())]);
    let mut states = vec![(storage.state_root(0).unwrap().unwrap(), model.clone())];
    for height in 1..=HEIGHTS {
        let losing = undecided(height, 0, &format!("losing {height}"));
        storage.put_undecided(&losing).unwrap();
        storage
            .put_undecided(&undecided(height, 1, &format!("block {height}")))
            .unwrap();
        let root = advance(&storage, height, changes(height));
        model.extend(
            changes(height)
                .into_iter()
                .filter_map(|(key, record)| Some((key, record?.to_vec()))),
        );
        states.push((root, model.clone()));
    }

    let (_, size) = log_of(dir.path());
    let cuts = (0..=40).map(|step| size * step / 40);
    let mut tips = Vec::new();
    for cut in cuts {
        let copy = copy_open_files(dir.path());
        let (log, _) = log_of(copy.path());
        fs::File::options()
            .write(true)
            .open(log)
            .unwrap()
            .set_len(cut)
            .unwrap();

        let storage = Storage::open(copy.path()).unwrap();
        let Some(tip) = storage.tip().unwrap() else {
            assert!(storage.snapshot().scan(b"", None, 100).unwrap().is_empty());
            continue;
        };
        tips.push(tip.height);
        let (root, records) = &states[tip.height as usize];
        assert_eq!(tip.state_root, *root);
        assert_eq!(storage.state_root(tip.height).unwrap(), Some(*root));
        let stored: Model = storage
            .snapshot()
            .scan(b"", None, 100)
            .unwrap()
            .into_iter()
            .collect();
        assert_eq!(stored, *records);
        for height in 1..=tip.height {
            let block = storage
                .block(height)
                .unwrap()
                .expect("every height up to the tip has its block");
            assert_eq!(block.hash, hash(&format!("block {height}")));
            assert_eq!(
                storage
                    .block_body(&hash(&format!("losing {height}")))
                    .unwrap(),
                None
            );
            assert!(storage.undecided(height).unwrap().is_empty());
        }
        assert!(storage.undecided(tip.height + 1).unwrap().len() <= 2);
        assert_eq!(storage.block(tip.height + 1).unwrap(), None);
        // The chain goes on from there.
        if tip.height < HEIGHTS {
            let root = advance(&storage, tip.height + 1, changes(tip.height + 1));
            assert_eq!(root, states[tip.height as usize + 1].0);
        }
    }
    assert!(tips.is_sorted());
    assert_eq!(
        tips.last(),
        Some(&HEIGHTS),
        "a whole log loses nothing that was acknowledged"
    );
    tips.dedup();
    assert!(
        tips.len() > 6,
        "the cuts fall between commits too: {tips:?}"
    );
}
