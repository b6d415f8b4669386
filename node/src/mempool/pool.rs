//! The pool: verified transactions that wait for a block, in order of arrival.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_execution::{Refusal, VerifiedTransaction};
use counterfoil_proto::v1::RefusalCode;
use counterfoil_types::ids::TxId;
use counterfoil_types::limits::MAX_BLOCK_TRANSACTIONS;
use tokio::sync::watch;

/// Transactions a node holds at most.
pub const MAX_TRANSACTIONS: usize = 50_000;
/// Bytes of them at most.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// How many of them one organization may have, so that none shuts the others out.
pub const MAX_PER_ORGANIZATION: usize = 20_000;
/// How many bytes of them.
pub const MAX_BYTES_PER_ORGANIZATION: u64 = 16 * 1024 * 1024;

/// The bounds of one pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    pub transactions: usize,
    pub bytes: u64,
    pub per_organization: usize,
    pub bytes_per_organization: u64,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            transactions: MAX_TRANSACTIONS,
            bytes: MAX_BYTES,
            per_organization: MAX_PER_ORGANIZATION,
            bytes_per_organization: MAX_BYTES_PER_ORGANIZATION,
        }
    }
}

/// Where a transaction came from, which decides who is told about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A client of this node: every peer is told.
    Client,
    /// A peer, which tells the others itself.
    Peer,
}

/// Some of the pool's transactions for a peer, and where the next ones begin.
#[derive(Debug, Default)]
pub struct Batch {
    /// Encoded `SignedTransaction`s.
    pub transactions: Vec<Vec<u8>>,
    pub next: u64,
}

/// Clones share one pool. Every call is short and waits for nothing but the lock.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    limits: PoolLimits,
    contents: Mutex<Contents>,
    insertions: watch::Sender<u64>,
}

/// Invariant: `by_id`, `bytes` and `by_organization` say of `entries` what can be counted there.
#[derive(Default)]
struct Contents {
    /// By number of arrival.
    entries: BTreeMap<u64, Entry>,
    by_id: HashMap<TxId, u64>,
    by_organization: HashMap<String, Share>,
    bytes: u64,
    next: u64,
}

/// What one organization has in the pool.
#[derive(Clone, Copy, Default)]
struct Share {
    transactions: usize,
    bytes: u64,
}

struct Entry {
    transaction: VerifiedTransaction,
    origin: Origin,
}

impl Pool {
    pub fn new(limits: PoolLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                contents: Mutex::default(),
                insertions: watch::Sender::new(0),
            }),
        }
    }

    /// Takes a transaction in, and says whether it did: one that is there already stays as it is.
    pub(super) fn insert(
        &self,
        transaction: VerifiedTransaction,
        origin: Origin,
    ) -> Result<bool, Refusal> {
        let mut contents = self.lock();
        if contents.by_id.contains_key(&transaction.id()) {
            return Ok(false);
        }
        self.shared.limits.check(&contents, &transaction)?;
        contents.add(transaction, origin);
        let insertions = contents.next;
        drop(contents);
        self.shared.insertions.send_replace(insertions);
        Ok(true)
    }

    /// The oldest transactions, up to so many bytes and a block's most. They stay in the pool
    /// until they are committed: a proposal may fail.
    pub fn take(&self, max_bytes: u64) -> Vec<VerifiedTransaction> {
        let contents = self.lock();
        let mut bytes = 0;
        contents
            .entries
            .values()
            .take(MAX_BLOCK_TRANSACTIONS)
            .take_while(|entry| {
                bytes += entry.size();
                bytes <= max_bytes
            })
            .map(|entry| entry.transaction.clone())
            .collect()
    }

    /// Drops what was committed.
    pub fn remove(&self, ids: impl IntoIterator<Item = TxId>) {
        let mut contents = self.lock();
        for id in ids {
            contents.drop_id(&id);
        }
    }

    /// Drops what no later block can hold. Says how many.
    pub(super) fn evict_expired(&self, time_ms: u64) -> usize {
        let mut contents = self.lock();
        let expired: Vec<TxId> = contents
            .entries
            .values()
            .filter(|entry| entry.transaction.expires_at_ms() <= time_ms)
            .map(|entry| entry.transaction.id())
            .collect();
        for id in &expired {
            contents.drop_id(id);
        }
        expired.len()
    }

    /// Transactions from arrival number `from` on that a peer should be told: all that arrived
    /// before `everything_before`, and clients' after it. Empty when there is none left.
    pub(super) fn batch(
        &self,
        from: u64,
        everything_before: u64,
        max_count: usize,
        max_bytes: u64,
    ) -> Batch {
        let contents = self.lock();
        let mut batch = Batch {
            transactions: Vec::new(),
            next: contents.next,
        };
        let mut bytes = 0;
        for (number, entry) in contents.entries.range(from..) {
            if *number >= everything_before && entry.origin == Origin::Peer {
                continue;
            }
            bytes += entry.size();
            let full = batch.transactions.len() == max_count || bytes > max_bytes;
            if full && !batch.transactions.is_empty() {
                batch.next = *number;
                break;
            }
            batch.transactions.push(entry.transaction.bytes().to_vec());
        }
        batch
    }

    /// The number that the next arrival gets; the watched value of [`Self::changed`].
    pub(super) fn next_number(&self) -> u64 {
        self.lock().next
    }

    /// Changes with every insertion.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.insertions.subscribe()
    }

    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Bytes of all transactions in it.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    pub fn is_empty(&self) -> bool {
        self.lock().entries.is_empty()
    }

    pub fn contains(&self, id: &TxId) -> bool {
        self.lock().by_id.contains_key(id)
    }

    /// A panic elsewhere cannot leave the contents half-changed: nothing below panics between two changes.
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.shared
            .contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl PoolLimits {
    fn check(&self, contents: &Contents, transaction: &VerifiedTransaction) -> Result<(), Refusal> {
        let full = |message: String| Err(Refusal::new(RefusalCode::PoolFull, message));
        if contents.entries.len() >= self.transactions
            || contents.bytes + size(transaction) > self.bytes
        {
            return full("the node's pool is full; send it again later".to_owned());
        }
        let organization = transaction.organization();
        let held = contents.by_organization.get(organization);
        let held = held.copied().unwrap_or_default();
        if held.transactions >= self.per_organization
            || held.bytes + size(transaction) > self.bytes_per_organization
        {
            return full(format!(
                "{} transactions of {organization} with {} bytes wait already; send it again later",
                held.transactions, held.bytes
            ));
        }
        Ok(())
    }
}

impl Contents {
    fn add(&mut self, transaction: VerifiedTransaction, origin: Origin) {
        let number = self.next;
        self.next += 1;
        self.by_id.insert(transaction.id(), number);
        self.bytes += size(&transaction);
        let organization = transaction.organization().to_owned();
        let share = self.by_organization.entry(organization).or_default();
        share.transactions += 1;
        share.bytes += size(&transaction);
        self.entries.insert(
            number,
            Entry {
                transaction,
                origin,
            },
        );
    }

    fn drop_id(&mut self, id: &TxId) {
        let Some(entry) = self
            .by_id
            .remove(id)
            .and_then(|number| self.entries.remove(&number))
        else {
            return;
        };
        self.bytes -= entry.size();
        let organization = entry.transaction.organization();
        if let Some(share) = self.by_organization.get_mut(organization) {
            share.transactions -= 1;
            share.bytes -= entry.size();
            if share.transactions == 0 {
                self.by_organization.remove(organization);
            }
        }
    }
}

impl Entry {
    fn size(&self) -> u64 {
        size(&self.transaction)
    }
}

fn size(transaction: &VerifiedTransaction) -> u64 {
    transaction.bytes().len() as u64
}
