//! Reading the store away from the threads that serve, only so much at a time.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tonic::Status;

use super::errors;
use crate::ledger::Ledger;

/// Reads at once. Further ones wait their turn.
const MAX_READS: usize = 16;

/// Clones share the bound.
#[derive(Clone)]
pub struct Reader {
    ledger: Ledger,
    threads: Handle,
    turns: Arc<Semaphore>,
}

impl Reader {
    /// It reads on the runtime's threads for what blocks.
    pub fn new(ledger: Ledger, threads: Handle) -> Self {
        Self {
            ledger,
            threads,
            turns: Arc::new(Semaphore::new(MAX_READS)),
        }
    }

    /// For what is in memory: the tip and genesis.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|_| errors::stopping())?;
        let ledger = self.ledger.clone();
        let result = self.threads.spawn_blocking(move || {
            let _turn = turn;
            work(&ledger)
        });
        result
            .await
            .map_err(|error| errors::failed("reading the ledger", error))?
    }
}
