//! The one way into the pool, for clients and peers alike: what could not be in
//! a block is refused here, and its signature is verified here, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_contracts::kernel::Store;
use counterfoil_contracts::membership;
use counterfoil_execution::{Refusal, StateError, VerifiedTransaction, check_expiry};
use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::v1::{Receipt, RefusalCode};
use counterfoil_storage::StorageError;
use counterfoil_types::ids::TxId;
use prost::Message as _;
use tokio::sync::Semaphore;

use super::pool::{Origin, Pool, PoolLimits};
use crate::clock::clock_ms;
use crate::ledger::{Ledger, LedgerError, State};

/// How often expired transactions are dropped.
const EVICTION_INTERVAL: Duration = Duration::from_secs(1);

/// What became of a transaction that was not refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Admission {
    /// In the pool, now or before.
    Held { expires_at_ms: u64 },
    /// In a block already.
    Committed { receipt: Receipt },
}

/// Why a transaction was not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    #[error("{}", .0.message)]
    Refused(Refusal),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(
        "the receipt of {0} in the store is not a receipt; restore a backup, or sync into an empty directory"
    )]
    Damaged(TxId),
    #[error("the node is stopping")]
    Stopping,
}

/// The pool with its admission. Clones share it.
#[derive(Clone)]
pub struct Mempool {
    ledger: Ledger,
    pool: Pool,
    /// Verification may fill the processors, but not the runtime's threads.
    verifiers: Arc<Semaphore>,
}

impl Mempool {
    pub fn new(ledger: Ledger, limits: PoolLimits) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            ledger,
            pool: Pool::new(limits),
            verifiers: Arc::new(Semaphore::new(processors)),
        }
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Admits encoded `SignedTransaction`s in order, away from the runtime's own threads.
    pub async fn admit_all(
        &self,
        batch: Vec<Vec<u8>>,
        origin: Origin,
    ) -> Vec<Result<Admission, AdmitError>> {
        let count = batch.len();
        let stopped = || (0..count).map(|_| Err(AdmitError::Stopping)).collect();
        let Ok(permit) = self.verifiers.clone().acquire_owned().await else {
            return stopped();
        };
        let mempool = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            mempool.admit(&batch, origin)
        });
        match work.await {
            Ok(results) => results,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => stopped(),
        }
    }

    /// The same at once. Takes processor time and reads the store.
    pub fn admit(&self, batch: &[Vec<u8>], origin: Origin) -> Vec<Result<Admission, AdmitError>> {
        let checked = self.ledger.check_sent(batch);
        let mut view = View::new(&self.ledger);
        let mut committed = self.ledger.committed(checked.iter().flatten()).into_iter();
        let mut held = Vec::new();
        let mut admitted = Vec::with_capacity(checked.len());
        for transaction in checked {
            let admission = match transaction {
                Ok(transaction) => {
                    let committed = committed.next().expect("an answer for each good one");
                    let admission = self.admit_one(&mut view, &transaction, committed, origin);
                    if let Ok(Admission::Held { .. }) = admission {
                        held.push((admitted.len(), transaction));
                    }
                    admission
                }
                Err(refusal) => Err(AdmitError::Refused(refusal)),
            };
            admitted.push(admission);
        }
        // A commit since the first look has removed nothing from the pool: without a second look transactions would
        // stay there until they expire.
        if self.ledger.tip().height > view.height {
            self.look_again(&held, &mut admitted);
        }
        admitted
    }

    fn admit_one(
        &self,
        view: &mut View<'_>,
        transaction: &VerifiedTransaction,
        committed: Result<bool, StorageError>,
        origin: Origin,
    ) -> Result<Admission, AdmitError> {
        // Before expiry: the first receipt outlives the transaction (specification 10.3).
        if committed? {
            return self.committed(transaction.id());
        }
        let lifetime_ms = view.lifetime_ms()?;
        check_expiry(transaction, self.next_block_time_ms(), lifetime_ms)
            .map_err(AdmitError::Refused)?;
        view.check_enrolled(transaction)?;
        let inserted = self.pool.insert(transaction.clone(), origin);
        if inserted.map_err(AdmitError::Refused)? {
            self.ledger.remember(transaction);
        }
        Ok(Admission::Held {
            expires_at_ms: transaction.expires_at_ms(),
        })
    }

    fn look_again(
        &self,
        held: &[(usize, VerifiedTransaction)],
        admitted: &mut [Result<Admission, AdmitError>],
    ) {
        let committed = self
            .ledger
            .committed(held.iter().map(|(_, transaction)| transaction));
        for ((at, transaction), committed) in held.iter().zip(committed) {
            admitted[*at] = match committed {
                Ok(false) => continue,
                Ok(true) => {
                    self.pool.remove([transaction.id()]);
                    self.ledger.forget([transaction]);
                    self.committed(transaction.id())
                }
                Err(error) => Err(error.into()),
            };
        }
    }

    /// What becomes of a transaction that is in a block.
    fn committed(&self, id: TxId) -> Result<Admission, AdmitError> {
        let stored = self.ledger.storage().receipt(&id.0)?;
        let receipt = stored.and_then(|stored| Receipt::decode(stored.as_slice()).ok());
        match receipt {
            Some(receipt) => Ok(Admission::Committed { receipt }),
            None => Err(AdmitError::Damaged(id)),
        }
    }

    /// Drops expired transactions for as long as the process runs.
    pub async fn evict_expired(self) {
        let mut ticks = tokio::time::interval(EVICTION_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let evicted = self.evict(self.next_block_time_ms());
            if evicted > 0 {
                tracing::info!(evicted, "dropped expired transactions");
            }
        }
    }

    /// Drops what has expired at a time. Says how much.
    pub(crate) fn evict(&self, time_ms: u64) -> usize {
        self.ledger.forget_expired(time_ms);
        self.pool.evict_expired(time_ms)
    }

    /// The earliest time that an honest proposer would give the next block.
    fn next_block_time_ms(&self) -> u64 {
        (self.ledger.tip().time_ms + 1).max(clock_ms())
    }
}

/// What the state says of those who send a batch, each read once.
struct View<'a> {
    ledger: &'a Ledger,
    /// The tip before anything was looked up.
    height: u64,
    state: State,
    lifetime_ms: Option<u64>,
    organizations: BTreeMap<String, Option<Organization>>,
}

impl<'a> View<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        Self {
            height: ledger.tip().height,
            state: ledger.state(),
            ledger,
            lifetime_ms: None,
            organizations: BTreeMap::new(),
        }
    }

    fn lifetime_ms(&mut self) -> Result<u64, LedgerError> {
        match self.lifetime_ms {
            Some(lifetime_ms) => Ok(lifetime_ms),
            None => {
                let read = self.ledger.settings()?.transaction_lifetime_ms();
                Ok(*self.lifetime_ms.insert(read))
            }
        }
    }

    fn check_enrolled(&mut self, transaction: &VerifiedTransaction) -> Result<(), AdmitError> {
        let id = transaction.organization();
        if !self.organizations.contains_key(id) {
            let store = Store::new(&self.state);
            let organization = membership::api::organization(&store, id)?;
            self.organizations.insert(id.to_owned(), organization);
        }
        let (signers, height) = (&transaction.transaction().signers, self.height + 1);
        let enrolled = self.organizations[id].as_ref().is_some_and(|organization| {
            membership::api::check_accounts(organization, signers, height).is_ok()
        });
        if enrolled {
            return Ok(());
        }
        let message =
            format!("a signer is not an account of organization {id}, or does not act any more");
        Err(AdmitError::Refused(Refusal::new(
            RefusalCode::UnknownSigner,
            message,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_is_committed_between_the_first_look_and_the_pool_leaves_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let [first, second] = [1, 2].map(|nonce| fixture::good(nonce).1);
        let sent = [&first, &second].map(|signed| signed.encode_to_vec());
        let mut admitted = mempool.admit(&sent, Origin::Client);
        let held = [&first, &second].map(fixture::verified);
        let held: Vec<_> = held.into_iter().enumerate().collect();
        fixture::commit(&ledger, &[&second]);
        assert_eq!(mempool.pool().len(), 2);
        mempool.look_again(&held, &mut admitted);
        assert!(matches!(admitted[0], Ok(Admission::Held { .. })));
        assert!(matches!(admitted[1], Ok(Admission::Committed { .. })));
        assert_eq!(mempool.pool().len(), 1);
        assert!(mempool.pool().contains(&held[0].1.id()));
    }
}
