//! Transactions that flow while a test does something to the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use tokio::task::JoinHandle;

use super::{Client, Network, eventually, issue};

/// Before the next try, after a node did not take a transaction.
const PAUSE: Duration = Duration::from_millis(50);
const WAIT_MS: u32 = 20_000;

/// Deposits issued one after the other, through each node in turn.
pub struct Traffic {
    stopping: Arc<AtomicBool>,
    committed: Arc<AtomicUsize>,
    task: JoinHandle<Vec<wire::Receipt>>,
}

impl Traffic {
    /// Begins to send. `name` tells one traffic's transactions from another's.
    pub fn start(network: &Network, nodes: &[usize], name: &str) -> Self {
        let clients: Vec<Client> = nodes.iter().map(|n| network.client(*n).clone()).collect();
        let (bank, name) = (network.wallet("bank-a"), name.to_owned());
        let stopping = Arc::new(AtomicBool::new(false));
        let committed = Arc::new(AtomicUsize::new(0));
        let (stop, count) = (stopping.clone(), committed.clone());
        let task = tokio::spawn(async move {
            let mut receipts = Vec::new();
            for (number, client) in (0..).zip(clients.iter().cycle()) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let signed = bank.sign(issue("buyer-a", 1, &format!("{name}-{number}")));
                let accepted = client.submit(&signed).await.is_ok();
                match accepted {
                    true => match client.wait_receipt(signed.id, WAIT_MS).await {
                        Ok(receipt) => {
                            receipts.push(receipt);
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                        // Its node went away: whether it is committed is not known here.
                        Err(_) => tokio::time::sleep(PAUSE).await,
                    },
                    false => tokio::time::sleep(PAUSE).await,
                }
            }
            receipts
        });
        Self {
            stopping,
            committed,
            task,
        }
    }

    /// Waits until so many more transactions are committed.
    pub async fn more(&self, transactions: usize) {
        let goal = self.committed.load(Ordering::Relaxed) + transactions;
        eventually(
            &format!("{transactions} more transactions"),
            async || match self.committed.load(Ordering::Relaxed) {
                so_far if so_far >= goal => Ok(()),
                so_far => Err(format!("{so_far} of {goal} are committed")),
            },
        )
        .await;
    }

    /// Sends no more; gives the receipts of what was told to be committed.
    pub async fn stop(self) -> Vec<wire::Receipt> {
        self.stopping.store(true, Ordering::Relaxed);
        let receipts = self.task.await.expect("sending does not panic");
        assert!(receipts.iter().all(|receipt| receipt.code == 0));
        receipts
    }
}
