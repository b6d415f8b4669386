//! Waiting for receipts: whoever waits is woken by the block that has it,
//! after that block is durable. Nobody polls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_proto::v1::Receipt;
use counterfoil_types::hash::Hash;
use tokio::sync::oneshot;

use crate::ledger::Ledger;

/// Waits at once, over all calls.
const MAX_WAITERS: usize = 100_000;

/// Tells one who waits.
type Wake = oneshot::Sender<Arc<Receipt>>;

/// Those who wait, by transaction. Clones share them.
#[derive(Clone)]
pub struct Receipts {
    waiting: Arc<Mutex<Waiting>>,
}

/// Invariant: `count` is the number of senders, and no list in `by_id` is empty.
#[derive(Default)]
struct Waiting {
    by_id: HashMap<Hash, Vec<(u64, Wake)>>,
    count: usize,
    next: u64,
}

/// One who waits. Dropping it ends the wait.
pub struct Waiter {
    receipts: Receipts,
    id: Hash,
    number: u64,
    receiver: oneshot::Receiver<Arc<Receipt>>,
}

/// So many wait already that no more can.
#[derive(Debug)]
pub struct TooManyWait;

impl Receipts {
    /// Also gives the task that wakes them.
    ///
    /// Invariant: it sees every block committed after this call. Hence whoever begins to wait and then does not
    /// find the receipt in the store is woken when it comes.
    pub fn start(ledger: Ledger) -> (Self, impl Future<Output = ()>) {
        let receipts = Self {
            waiting: Arc::default(),
        };
        let mut tips = ledger.tip_watch();
        let mut seen = tips.borrow_and_update().height;
        let waking = receipts.clone();
        let follow = async move {
            while tips.changed().await.is_ok() {
                let tip = tips.borrow_and_update().height;
                for height in seen + 1..=tip {
                    if !waking.lock().by_id.is_empty() {
                        waking.wake(&ledger, height).await;
                    }
                }
                seen = tip;
            }
        };
        (receipts, follow)
    }

    pub fn wait(&self, id: Hash) -> Result<Waiter, TooManyWait> {
        let mut waiting = self.lock();
        if waiting.count == MAX_WAITERS {
            return Err(TooManyWait);
        }
        let (sender, receiver) = oneshot::channel();
        let number = waiting.next;
        waiting.next += 1;
        waiting.count += 1;
        waiting.by_id.entry(id).or_default().push((number, sender));
        Ok(Waiter {
            receipts: self.clone(),
            id,
            number,
            receiver,
        })
    }

    async fn wake(&self, ledger: &Ledger, height: u64) {
        let ledger = ledger.clone();
        let read = tokio::task::spawn_blocking(move || ledger.receipts(height)).await;
        match read {
            Ok(Ok(Some(receipts))) => receipts.iter().for_each(|receipt| self.hand_out(receipt)),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::error!(%error, height, "cannot read a block's receipts"),
            Err(error) => tracing::error!(%error, height, "cannot read a block's receipts"),
        }
    }

    fn hand_out(&self, receipt: &Receipt) {
        let Ok(id) = Hash::try_from(receipt.tx_id.as_slice()) else {
            return;
        };
        let senders = {
            let mut waiting = self.lock();
            // Most receipts are waited for elsewhere.
            let Some(senders) = waiting.by_id.remove(&id) else {
                return;
            };
            waiting.count -= senders.len();
            senders
        };
        // One for all who wait for it, however many they are.
        let receipt = Arc::new(receipt.clone());
        for (_, sender) in senders {
            // An error means that it has given up.
            let _ = sender.send(receipt.clone());
        }
    }

    /// A panic elsewhere cannot leave the lists half-changed: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// `None` when nothing will come any more, as the node stops.
    pub async fn receipt(mut self) -> Option<Arc<Receipt>> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.receipts.lock();
        let Some(senders) = waiting.by_id.get_mut(&self.id) else {
            return;
        };
        let before = senders.len();
        senders.retain(|(number, _)| *number != self.number);
        let gone = before - senders.len();
        if senders.is_empty() {
            waiting.by_id.remove(&self.id);
        }
        waiting.count -= gone;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(id: Hash) -> Receipt {
        Receipt {
            tx_id: id.to_vec(),
            height: 3,
            ..Receipt::default()
        }
    }

    #[tokio::test]
    async fn each_who_waits_is_woken_and_nobody_else_is_remembered() {
        let receipts = Receipts {
            waiting: Arc::default(),
        };
        let (a, b) = (Hash::tagged("a", &[]), Hash::tagged("b", &[]));
        let [first, second, gone] = [a, a, a].map(|id| receipts.wait(id).unwrap());
        let other = receipts.wait(b).unwrap();
        drop(gone);
        assert_eq!(receipts.lock().count, 3);
        receipts.hand_out(&receipt(a));
        assert_eq!(first.receipt().await.as_deref(), Some(&receipt(a)));
        assert_eq!(second.receipt().await.as_deref(), Some(&receipt(a)));
        assert_eq!(receipts.lock().count, 1);
        drop(other);
        assert_eq!(receipts.lock().count, 0);
        assert!(receipts.lock().by_id.is_empty());
    }
}
