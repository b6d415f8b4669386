//! Transactions whose signatures were verified before: those of the pool, so that the block they are in next
//! costs no verification again.
//!
//! A transaction is found by all of its bytes, signatures included. What is known here is what [`check`] finds of
//! these bytes on any machine at any time; nothing that depends on state or clock.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use counterfoil_execution::{Refusal, VerifiedTransaction, check, check_all};
use sha2::{Digest as _, Sha256};

use super::{Ledger, Part};

type Digest = [u8; 32];

/// Fewer are not worth a thread of their own.
const FEWEST_AT_ONCE: usize = 128;

/// By SHA-256 of their bytes.
#[derive(Default)]
pub(super) struct Verified(Mutex<HashMap<Digest, VerifiedTransaction>>);

impl Ledger {
    /// Checks what somebody sent, in any number. The signatures of those that are not known yet are verified together.
    pub fn check_sent(&self, sent: &[Vec<u8>]) -> Vec<Result<VerifiedTransaction, Refusal>> {
        let mut found: Vec<_> = {
            let digests: Vec<Digest> = sent.iter().map(|bytes| digest(bytes)).collect();
            let known = self.shared.verified.lock();
            let find = |digest| known.get(digest).cloned();
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
        for found in found.iter_mut().filter(|found| found.is_none()) {
            *found = checked.next();
        }
        let found: Vec<_> = found.into_iter().flatten().collect();
        assert_eq!(found.len(), sent.len(), "each is known or was checked");
        found
    }

    /// The same on all processors, for whoever has nothing else to do until it is done.
    pub(super) fn check_at_once(
        &self,
        sent: &[Vec<u8>],
    ) -> Vec<Result<VerifiedTransaction, Refusal>> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let each = sent.len().div_ceil(processors).max(FEWEST_AT_ONCE);
        thread::scope(|scope| {
            let parts = sent.chunks(each);
            let parts: Vec<_> = parts
                .map(|part| scope.spawn(|| self.check_sent(part)))
                .collect();
            let checked = parts.into_iter().map(|part| part.join());
            checked
                .flat_map(|checked| checked.unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        })
    }

    /// Checks a transaction of a block; one that is not known, by itself.
    pub(super) fn check_proposed(&self, bytes: &[u8]) -> Result<VerifiedTransaction, Refusal> {
        let known = self.shared.verified.lock().get(&digest(bytes)).cloned();
        match known {
            Some(transaction) => Ok(transaction),
            None => {
                let check = || check(bytes, self.chain_id());
                self.metrics().charge(Part::Verify, check)
            }
        }
    }

    /// Remembers a transaction that the pool has taken. The pool's bounds are those of what is remembered.
    pub fn remember(&self, transaction: &VerifiedTransaction) {
        let digest = digest(transaction.bytes());
        let mut known = self.shared.verified.lock();
        known.insert(digest, transaction.clone());
    }

    /// Forgets what no later block can hold; so nothing stays for good, whoever was faster.
    pub fn forget_expired(&self, time_ms: u64) {
        let mut known = self.shared.verified.lock();
        known.retain(|_, transaction| transaction.expires_at_ms() > time_ms);
    }

    /// Forgets what is in the pool no longer.
    pub fn forget<'a>(&self, gone: impl IntoIterator<Item = &'a VerifiedTransaction>) {
        let digests: Vec<Digest> = gone.into_iter().map(|tx| digest(tx.bytes())).collect();
        let mut known = self.shared.verified.lock();
        for digest in &digests {
            known.remove(digest);
        }
    }
}

impl Verified {
    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, VerifiedTransaction>> {
        // One change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::v1::RefusalCode;
    use prost::Message as _;

    use crate::fixture;
    use crate::mempool::pool::Origin;
    use crate::mempool::{Mempool, PoolLimits};

    #[test]
    fn what_the_pool_holds_is_known_until_it_is_committed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let known = || ledger.shared.verified.lock().len();
        let (_, good) = fixture::good(1);
        let mut forged = good.clone();
        forged.signatures[0][5] ^= 1;
        // Well signed, by nobody who has an account.
        let soon = fixture::now_ms() + 60_000;
        let (_, stranger) = fixture::issue(2, fixture::BUYER, &fixture::bank_key(), soon);
        let sent = [&good, &forged, &stranger].map(|signed| signed.encode_to_vec());
        for _ in 0..2 {
            // The forged one has the id of the good one, and is not taken for it.
            let checked = ledger.check_sent(&sent);
            assert_eq!(checked[0].as_ref().unwrap().bytes(), sent[0]);
            let refused = checked[1].as_ref().unwrap_err();
            assert_eq!(refused.code, RefusalCode::WrongSignature);
            assert!(checked[2].is_ok());
            let admitted = mempool.admit(&sent, Origin::Client);
            assert!(admitted[0].is_ok() && admitted[1].is_err() && admitted[2].is_err());
            assert_eq!(known(), 1);
            assert!(ledger.check_proposed(&sent[0]).is_ok());
            assert!(ledger.check_proposed(&sent[1]).is_err());
        }
        fixture::commit(&ledger, &[&good]);
        assert_eq!(known(), 0);
        assert!(mempool.admit(&sent[..1], Origin::Client)[0].is_ok());
        assert_eq!(known(), 0);
    }

    #[test]
    fn what_expires_is_forgotten_with_the_pool() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let expires = fixture::now_ms() + 60_000;
        let (_, signed) = fixture::issue(1, fixture::BANK, &fixture::bank_key(), expires);
        assert!(mempool.admit(&[signed.encode_to_vec()], Origin::Client)[0].is_ok());
        assert_eq!(ledger.shared.verified.lock().len(), 1);
        mempool.evict(expires);
        assert!(mempool.pool().is_empty());
        assert_eq!(ledger.shared.verified.lock().len(), 0);
    }
}
