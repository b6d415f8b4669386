//! Transactions whose signatures were verified before: when they came to the pool, so that the block they
//! are in next costs no verification again.
//!
//! A transaction is found by all of its bytes, signatures included. What is known here is what [`check`] finds of
//! these bytes on any machine at any time; nothing that depends on state or clock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use counterfoil_execution::{Refusal, VerifiedTransaction, check, check_all};
use lru::LruCache;
use sha2::{Digest as _, Sha256};

use super::{Ledger, Part};

/// Of transactions that are kept; as much as the pool holds, and a block.
const MAX_BYTES: usize = 72 * 1024 * 1024;

type Digest = [u8; 32];

pub(super) struct Verified {
    known: Mutex<Known>,
}

struct Known {
    /// By SHA-256 of their bytes.
    transactions: LruCache<Digest, VerifiedTransaction>,
    bytes: usize,
    max_bytes: usize,
}

impl Ledger {
    /// Checks what somebody sent, in any number. The signatures of those that are not known yet are verified together.
    pub fn check_sent(&self, sent: &[Vec<u8>]) -> Vec<Result<VerifiedTransaction, Refusal>> {
        let verified = &self.shared.verified;
        let digests: Vec<Digest> = sent.iter().map(|bytes| digest(bytes)).collect();
        let mut found: Vec<_> = {
            let mut known = verified.lock();
            let find = |digest| known.transactions.get(digest).cloned();
            digests
                .iter()
                .map(find)
                .map(|found| found.map(Ok))
                .collect()
        };
        let unknown = found.iter().zip(sent).filter(|(found, _)| found.is_none());
        let unknown = unknown.map(|(_, bytes)| bytes.as_slice());
        let check = || check_all(unknown, self.chain_id());
        let mut checked = self.metrics().charge(Part::Verify, check).into_iter();
        let mut known = verified.lock();
        for (found, digest) in found.iter_mut().zip(digests) {
            if found.is_none() {
                *found = checked.next();
                if let Some(Ok(transaction)) = found {
                    known.put(digest, transaction.clone());
                }
            }
        }
        drop(known);
        let found = found.into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(found.len(), sent.len(), "each is known or was checked");
        found
    }

    /// Checks a transaction of a block: as every validator does, by itself.
    pub(super) fn check_proposed(&self, bytes: &[u8]) -> Result<VerifiedTransaction, Refusal> {
        let known = self
            .shared
            .verified
            .lock()
            .transactions
            .get(&digest(bytes))
            .cloned();
        match known {
            Some(transaction) => Ok(transaction),
            None => {
                let check = || check(bytes, self.chain_id());
                self.metrics().charge(Part::Verify, check)
            }
        }
    }

    /// Forgets what was committed: it is in no later block.
    pub(super) fn forget_verified<'a>(
        &self,
        committed: impl IntoIterator<Item = &'a VerifiedTransaction>,
    ) {
        let digests: Vec<Digest> = committed.into_iter().map(|tx| digest(tx.bytes())).collect();
        let mut known = self.shared.verified.lock();
        for digest in &digests {
            known.forget(digest);
        }
    }
}

impl Verified {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing below panics between two changes.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Verified {
    fn default() -> Self {
        Self {
            known: Mutex::new(Known::of(MAX_BYTES)),
        }
    }
}

impl Known {
    fn of(max_bytes: usize) -> Self {
        Self {
            transactions: LruCache::unbounded(),
            bytes: 0,
            max_bytes,
        }
    }

    fn put(&mut self, digest: Digest, transaction: VerifiedTransaction) {
        self.bytes += transaction.bytes().len();
        if let Some(former) = self.transactions.put(digest, transaction) {
            self.bytes -= former.bytes().len();
        }
        while self.bytes > self.max_bytes
            && let Some((_, oldest)) = self.transactions.pop_lru()
        {
            self.bytes -= oldest.bytes().len();
        }
    }

    fn forget(&mut self, digest: &Digest) {
        if let Some(forgotten) = self.transactions.pop(digest) {
            self.bytes -= forgotten.bytes().len();
        }
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::v1::RefusalCode;
    use prost::Message as _;

    use super::*;
    use crate::fixture;

    #[test]
    fn what_was_verified_is_known_until_it_is_committed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let known = || ledger.shared.verified.lock().transactions.len();
        let (_, good) = fixture::good(1);
        let mut forged = good.clone();
        forged.signatures[0][5] ^= 1;
        let sent = [good.encode_to_vec(), forged.encode_to_vec()];
        for _ in 0..2 {
            // The forged one has the id of the good one, and is not taken for it.
            let checked = ledger.check_sent(&sent);
            assert_eq!(checked[0].as_ref().unwrap().bytes(), sent[0]);
            let refused = checked[1].as_ref().unwrap_err();
            assert_eq!(refused.code, RefusalCode::WrongSignature);
            assert_eq!(known(), 1);
            assert!(ledger.check_proposed(&sent[0]).is_ok());
            assert!(ledger.check_proposed(&sent[1]).is_err());
        }
        fixture::commit(&ledger, &[&good]);
        assert_eq!(known(), 0);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let transactions: Vec<_> = (0..4)
            .map(|n| fixture::verified(&fixture::good(n).1))
            .collect();
        let size = transactions
            .iter()
            .map(|tx| tx.bytes().len())
            .max()
            .unwrap();
        let mut known = Known::of(2 * size);
        for transaction in &transactions {
            known.put(digest(transaction.bytes()), transaction.clone());
            known.put(digest(transaction.bytes()), transaction.clone());
        }
        assert_eq!(known.transactions.len(), 2);
        for transaction in &transactions {
            known.forget(&digest(transaction.bytes()));
        }
        assert_eq!((known.transactions.len(), known.bytes), (0, 0));
    }
}
