//! The nodes' second network, beside the engine's: transactions in batches, and
//! block bodies by their hash.
//!
//! Only listed peers are let in, told apart by the key that the handshake proves,
//! before any protocol is spoken. Every protocol's name holds the chain id, so
//! nodes of different chains have nothing to say to each other.

mod behaviour;
mod codec;
mod peers;
mod task;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_storage::Storage;
use counterfoil_types::hash::Hash;
use libp2p::PeerId;
use libp2p::identity::Keypair;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::consensus::BlockFetcher;
use crate::mempool::Mempool;
use task::{Fetch, Task};

/// Fetches that wait for the network's attention.
const MAX_QUEUED_FETCHES: usize = 8;
/// How long one fetch may take over all peers.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// What the network needs to know of its node.
pub struct NetworkSettings {
    pub keypair: Keypair,
    pub chain_id: String,
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The only nodes it speaks with, and where they listen.
    pub peers: Vec<(PeerId, SocketAddr)>,
}

/// Why the network did not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error("transaction network: {0}")]
    Setup(String),
    #[error(
        "transaction network: cannot listen on {address}: {problem}; choose another listen.transactions"
    )]
    Listen {
        address: SocketAddr,
        problem: String,
    },
}

/// A handle of the running network. Clones share it.
#[derive(Clone)]
pub struct Network {
    listen: SocketAddr,
    fetches: mpsc::Sender<Fetch>,
    connected: watch::Receiver<usize>,
    listed: usize,
}

/// The network's task, for the one that runs the node.
pub struct NetworkTask {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Network {
    /// Listens, and connects to the peers from now on.
    pub async fn start(
        settings: NetworkSettings,
        mempool: Mempool,
        storage: Storage,
    ) -> Result<(Self, NetworkTask), NetworkError> {
        let (fetches, fetch_queue) = mpsc::channel(MAX_QUEUED_FETCHES);
        let (connected, connected_watch) = watch::channel(0);
        let (stop, stopped) = oneshot::channel();
        let listed = settings.peers.len();
        let task = Task::start(settings, mempool, storage, fetch_queue, connected).await?;
        let network = Self {
            listen: task.listen_address(),
            fetches,
            connected: connected_watch,
            listed,
        };
        let task = tokio::spawn(task.run(stopped));
        Ok((network, NetworkTask { stop, task }))
    }

    pub fn listen_address(&self) -> SocketAddr {
        self.listen
    }

    pub fn connected_peers(&self) -> usize {
        *self.connected.borrow()
    }

    /// The peers it would be connected with.
    pub fn listed_peers(&self) -> usize {
        self.listed
    }

    /// Asks one connected peer after the other for a block's body. Whoever asks compares its hash.
    pub async fn fetch_block(&self, hash: Hash) -> Option<Vec<u8>> {
        let (answer, answered) = oneshot::channel();
        let ask = async {
            self.fetches.send(Fetch::new(hash, answer)).await.ok()?;
            answered.await.ok()
        };
        tokio::time::timeout(FETCH_TIMEOUT, ask).await.ok()?
    }
}

#[async_trait]
impl BlockFetcher for Network {
    async fn fetch(&self, hash: Hash) -> Option<Vec<u8>> {
        self.fetch_block(hash).await
    }
}

impl NetworkTask {
    /// Resolves when the network ends by itself, which it never should.
    pub async fn failed(&mut self) -> String {
        match (&mut self.task).await {
            Ok(()) => "the transaction network ended".to_owned(),
            Err(error) => format!("the transaction network failed: {error}"),
        }
    }

    /// Closes every connection.
    pub async fn stop(self) {
        if !self.task.is_finished() {
            // Errors mean that it has ended meanwhile, which is what is wanted.
            let _ = self.stop.send(());
            let _ = self.task.await;
        }
    }
}
