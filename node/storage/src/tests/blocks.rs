//! Undecided and decided blocks, summaries and receipts.

use super::{advance, commit, hash, store, undecided};
use crate::{Storage, StorageError, Writes};

#[test]
fn undecided_blocks_survive_reopening_until_their_height_is_decided() {
    let (dir, storage) = store();
    let losing = undecided(1, 0, "losing");
    let winning = undecided(1, 10, "block 1");
    let reproposed = undecided(1, 11, "block 1");
    let early = undecided(2, 0, "early");
    for row in [&reproposed, &losing, &early, &winning] {
        storage.put_undecided(row).unwrap();
    }
    drop(storage);

    let storage = Storage::open(dir.path()).unwrap();
    assert_eq!(
        storage.undecided(1).unwrap(),
        [losing.clone(), winning.clone(), reproposed]
    );
    assert_eq!(storage.undecided(2).unwrap(), std::slice::from_ref(&early));
    assert_eq!(
        storage.block_body(&hash("losing")).unwrap(),
        Some(losing.block.clone())
    );

    advance(&storage, 1, Writes::new());
    assert!(storage.undecided(1).unwrap().is_empty());
    assert_eq!(storage.undecided(2).unwrap(), std::slice::from_ref(&early));
    assert_eq!(storage.block_body(&hash("losing")).unwrap(), None);
    assert_eq!(
        storage.block_body(&hash("early")).unwrap(),
        Some(early.block)
    );
    assert_eq!(storage.block(1).unwrap().unwrap().block, winning.block);

    // What comes late for a decided height is not kept.
    storage.put_undecided(&losing).unwrap();
    storage.put_undecided(&winning).unwrap();
    assert!(storage.undecided(1).unwrap().is_empty());
    assert_eq!(storage.block_body(&hash("losing")).unwrap(), None);
}

#[test]
fn a_decided_body_stays_when_a_proposal_reuses_it_later() {
    let (_dir, storage) = store();
    advance(&storage, 1, Writes::new());
    storage.put_undecided(&undecided(2, 0, "block 1")).unwrap();
    advance(&storage, 2, Writes::new());
    assert!(storage.undecided(2).unwrap().is_empty());
    assert_eq!(storage.block(1).unwrap().unwrap().block, b"body of block 1");
    assert_eq!(
        storage.block_body(&hash("block 1")).unwrap().unwrap(),
        b"body of block 1"
    );
}

#[test]
fn a_block_comes_back_whole() {
    let (_dir, storage) = store();
    let mut block = commit(&storage, 1, "block 1", Writes::new());
    // Not in the order of their ids.
    let mut ids: Vec<_> = (0..100)
        .map(|n| hash(&format!("transaction {n}")))
        .collect();
    ids.sort_by_key(|id| std::cmp::Reverse(*id));
    block.receipts = ids.iter().map(|id| (*id, id.to_vec())).collect();
    storage.commit(block).unwrap();

    let block = storage.block(1).unwrap().unwrap();
    assert_eq!(block.hash, hash("block 1"));
    assert_eq!(block.block, b"body of block 1");
    assert_eq!(block.certificate, b"certificate of block 1");
    let receipts: Vec<_> = ids.iter().map(|id| id.to_vec()).collect();
    assert_eq!(storage.receipts(1).unwrap(), Some(receipts));
    for (index, id) in (0..).zip(&ids) {
        assert_eq!(storage.place(id).unwrap(), Some((1, index)));
        assert_eq!(storage.receipt(id).unwrap(), Some(id.to_vec()));
    }
    assert_eq!(storage.place(&hash("unknown")).unwrap(), None);
    assert_eq!(storage.receipt(&hash("unknown")).unwrap(), None);
    let asked = [ids[40], hash("unknown"), ids[3], ids[99]];
    let committed = storage.committed(&asked).into_iter();
    let committed: Vec<bool> = committed.map(Result::unwrap).collect();
    assert_eq!(committed, [true, false, true, true]);
    assert_eq!(storage.block(0).unwrap(), None);
    assert_eq!(storage.block(2).unwrap(), None);
    assert_eq!(storage.receipts(0).unwrap(), None);
    assert_eq!(storage.receipts(2).unwrap(), None);
}

#[test]
fn summaries_are_listed_from_a_height() {
    let (_dir, storage) = store();
    for height in 1..=300 {
        advance(&storage, height, Writes::new());
    }
    let heights = |from, limit| -> Vec<u64> {
        let rows = storage.summaries(from, limit).unwrap();
        rows.iter().map(|row| row.height).collect()
    };
    assert_eq!(heights(0, 3), [1, 2, 3]);
    assert_eq!(heights(255, 3), [255, 256, 257]);
    assert_eq!(heights(299, 9), [299, 300]);
    assert!(heights(301, 9).is_empty());
    let row = storage.summaries(256, 1).unwrap().remove(0);
    assert_eq!(
        (row.hash, row.round, row.transactions, row.rejected),
        (hash("block 256"), 3, 1, 1)
    );
    assert_eq!(row.header, b"header of block 256");
}

#[test]
fn a_block_holds_no_transaction_twice() {
    let (_dir, storage) = store();
    let mut twice = commit(&storage, 1, "block 1", Writes::new());
    twice.receipts.push(twice.receipts[0].clone());
    assert!(matches!(
        storage.commit(twice),
        Err(StorageError::RepeatedTransaction(_))
    ));
    assert_eq!(storage.tip().unwrap().unwrap().height, 0);
}
