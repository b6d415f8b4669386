//! The pool's bounds and order, and what admission lets into it.

use counterfoil_execution::VerifiedTransaction;
use counterfoil_proto::v1::RefusalCode;
use prost::Message as _;

use super::pool::{MAX_BYTES, Origin};
use super::{Admission, AdmitError, Mempool, Pool, PoolLimits};
use crate::fixture::{self, BANK, BUYER};

fn transaction(nonce: u64) -> VerifiedTransaction {
    fixture::verified(&fixture::good(nonce).1)
}

fn pool(
    transactions: usize,
    bytes: u64,
    per_organization: usize,
    bytes_per_organization: u64,
) -> Pool {
    Pool::new(PoolLimits {
        transactions,
        bytes,
        per_organization,
        bytes_per_organization,
    })
}

fn filled(count: u64) -> (Pool, Vec<VerifiedTransaction>) {
    let pool = Pool::new(PoolLimits::default());
    let transactions: Vec<_> = (0..count).map(transaction).collect();
    for tx in &transactions {
        pool.insert(tx.clone(), Origin::Client).unwrap();
    }
    (pool, transactions)
}

#[test]
fn transactions_leave_in_the_order_they_came_and_only_when_removed() {
    let (pool, transactions) = filled(5);
    pool.insert(transactions[0].clone(), Origin::Peer).unwrap();
    assert_eq!(pool.len(), 5);
    assert_eq!(pool.take(MAX_BYTES), transactions);
    let two = transactions[0].bytes().len() + transactions[1].bytes().len();
    assert_eq!(pool.take(two as u64), transactions[..2]);
    assert_eq!(pool.take(two as u64 - 1), transactions[..1]);
    pool.remove([transactions[0].id(), transactions[2].id()]);
    assert_eq!(pool.len(), 3);
    assert!(!pool.contains(&transactions[0].id()));
    assert_eq!(pool.take(MAX_BYTES)[0], transactions[1]);
}

#[test]
fn each_bound_refuses_what_is_beyond_it() {
    let size = transaction(0).bytes().len() as u64;
    for bounded in [
        pool(2, MAX_BYTES, 100, MAX_BYTES),
        pool(100, 2 * size + size / 2, 100, MAX_BYTES),
        pool(100, MAX_BYTES, 2, MAX_BYTES),
        pool(100, MAX_BYTES, 100, 2 * size + size / 2),
    ] {
        for nonce in 0..2 {
            bounded.insert(transaction(nonce), Origin::Client).unwrap();
        }
        let refusal = bounded.insert(transaction(2), Origin::Client).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::PoolFull);
        bounded.remove([transaction_id(&bounded)]);
        bounded.insert(transaction(2), Origin::Client).unwrap();
    }
}

fn transaction_id(pool: &Pool) -> counterfoil_types::ids::TxId {
    pool.take(MAX_BYTES)[0].id()
}

#[test]
fn what_expires_is_dropped() {
    let pool = Pool::new(PoolLimits::default());
    let (_, early) = fixture::issue(1, BANK, &fixture::bank_key(), 1_000);
    let (_, late) = fixture::issue(2, BANK, &fixture::bank_key(), 1_001);
    let (early, late) = (fixture::verified(&early), fixture::verified(&late));
    pool.insert(early, Origin::Client).unwrap();
    pool.insert(late.clone(), Origin::Client).unwrap();
    assert_eq!(pool.evict_expired(999), 0);
    assert_eq!(pool.evict_expired(1_000), 1);
    assert_eq!(pool.take(MAX_BYTES), [late]);
}

#[test]
fn every_insertion_is_told() {
    let pool = Pool::new(PoolLimits::default());
    let mut changed = pool.changed();
    assert!(!changed.has_changed().unwrap());
    pool.insert(transaction(0), Origin::Client).unwrap();
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    pool.insert(transaction(0), Origin::Client).unwrap();
    assert!(!changed.has_changed().unwrap());
}

#[test]
fn a_peer_is_told_everything_at_first_and_then_what_clients_send() {
    let pool = Pool::new(PoolLimits::default());
    let transactions: Vec<_> = (0..4).map(transaction).collect();
    for (tx, origin) in
        transactions
            .iter()
            .zip([Origin::Peer, Origin::Client, Origin::Peer, Origin::Client])
    {
        pool.insert(tx.clone(), origin).unwrap();
    }
    let bytes = |chosen: &[usize]| -> Vec<Vec<u8>> {
        let chosen = chosen.iter().map(|i| transactions[*i].bytes().to_vec());
        chosen.collect()
    };
    let told = pool.batch(0, 2, 100, MAX_BYTES);
    assert_eq!((told.transactions, told.next), (bytes(&[0, 1, 3]), 4));
    let first = pool.batch(0, 2, 2, MAX_BYTES);
    assert_eq!((first.transactions, first.next), (bytes(&[0, 1]), 3));
    let rest = pool.batch(first.next, 2, 2, MAX_BYTES);
    assert_eq!((rest.transactions, rest.next), (bytes(&[3]), 4));
    // However small the bound, one at a time goes through.
    assert_eq!(pool.batch(0, 2, 100, 1).transactions, bytes(&[0]));
}

#[test]
fn admission_refuses_by_name_and_pools_the_rest_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = fixture::ledger(folder.path());
    let mempool = Mempool::new(ledger, PoolLimits::default());
    let admit = |signed: &counterfoil_proto::v1::SignedTransaction| {
        let admitted = mempool.admit(&[signed.encode_to_vec()], Origin::Client);
        admitted.into_iter().next().expect("an answer for each")
    };
    let bank = fixture::bank_key();
    let soon = fixture::now_ms() + 60_000;
    let mut forged = fixture::good(1).1;
    forged.signatures[0][3] ^= 1;
    for (signed, code) in [
        (forged, RefusalCode::WrongSignature),
        (
            fixture::issue(2, BANK, &bank, 1_000).1,
            RefusalCode::Expired,
        ),
        (
            fixture::issue(3, BANK, &bank, soon + 7_200_000).1,
            RefusalCode::ExpiresTooLate,
        ),
        (
            fixture::issue(4, BUYER, &bank, soon).1,
            RefusalCode::UnknownSigner,
        ),
        (
            fixture::issue(5, "nobody", &bank, soon).1,
            RefusalCode::UnknownSigner,
        ),
    ] {
        match admit(&signed) {
            Err(AdmitError::Refused(refusal)) => assert_eq!(refusal.code, code),
            other => panic!("expected {code:?}, got {other:?}"),
        }
    }
    assert!(mempool.pool().is_empty());
    let (id, signed) = fixture::good(6);
    for _ in 0..2 {
        assert!(matches!(admit(&signed), Ok(Admission::Held { .. })));
    }
    assert_eq!(mempool.pool().len(), 1);
    assert!(mempool.pool().contains(&id));
}

#[test]
fn what_is_committed_returns_its_first_receipt_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = fixture::ledger(folder.path());
    let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
    let expires = fixture::now_ms() + 300;
    let (_, signed) = fixture::issue(1, BANK, &fixture::bank_key(), expires);
    let candidate = fixture::commit(&ledger, &[&signed]);
    assert_eq!(candidate.receipts().len(), 1);
    // Committed already, and expired besides.
    while fixture::now_ms() <= expires {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    match &mempool.admit(&[signed.encode_to_vec()], Origin::Client)[..] {
        [Ok(Admission::Committed { receipt })] => assert_eq!(*receipt, candidate.receipts()[0]),
        other => panic!("expected the receipt, got {other:?}"),
    }
    assert!(mempool.pool().is_empty());
}
