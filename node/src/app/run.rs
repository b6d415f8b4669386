//! `run`: the node, from its settings to its orderly end.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_types::keys::SigningKey;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::{AppError, Password, logs, read_genesis};
use crate::config::{Config, keys};
use crate::consensus::{self, ConsensusError, check_halted};
use crate::grpc::{Api, ApiError, ApiSettings};
use crate::ledger::{Ledger, Tip};
use crate::mempool::network::{NetworkError, NetworkTask};
use crate::mempool::{Mempool, Network, NetworkSettings, PoolLimits};

/// How long work that was under way may take to end after everything was stopped.
const LAST_WORK: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the runtime did not start: {0}")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Consensus(#[from] ConsensusError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{0}; the log says more")]
    Ended(String),
}

pub fn run(home: &Path, password: &Password) -> Result<(), AppError> {
    let config = Config::load(home)?;
    check_halted(&config.halted_file()).map_err(RunError::from)?;
    logs::start(config.log_format);
    let genesis = read_genesis(&config.genesis)?;
    let ledger_key = keys::read_ledger_key(&config.ledger_key, &genesis)?;
    let keystore = password.keystore(&config);
    let peer_key = keystore.read_key(&config.peer_key)?;
    let validator_key = config.validator_key.as_deref();
    let validator_key = validator_key.map(|path| keystore.read_key(path));
    let validator_key = validator_key.transpose()?;
    // Wipes the password: nothing that listens later need hold it.
    drop(keystore);
    let ledger = Ledger::open(&config.ledger_dir(), genesis, ledger_key)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    let ended = runtime.block_on(async {
        let node = Node::start(config, ledger, peer_key, validator_key).await?;
        node.until_stopped().await
    });
    runtime.shutdown_timeout(LAST_WORK);
    Ok(ended?)
}

/// The running parts, in the order they are stopped.
struct Node {
    api: Api,
    consensus: consensus::Handle,
    network: NetworkTask,
    background: [JoinHandle<()>; 2],
}

impl Node {
    async fn start(
        config: Config,
        ledger: Ledger,
        peer_key: SigningKey,
        validator_key: Option<SigningKey>,
    ) -> Result<Self, RunError> {
        let tip = ledger.tip();
        tracing::info!(
            "{} of chain {} at height {}",
            config.moniker,
            ledger.chain_id(),
            tip.height
        );
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let peers = config.peers.iter();
        let settings = NetworkSettings {
            keypair: keys::peer_keypair(&peer_key),
            chain_id: ledger.chain_id().to_owned(),
            listen: config.transactions_listen,
            peers: peers.map(|p| (p.peer_id, p.transactions)).collect(),
        };
        let (network, network_task) =
            Network::start(settings, mempool.clone(), ledger.storage().clone()).await?;
        let validator = validator_key.as_ref().map(|key| key.public_key());
        let peers = config.peers.iter();
        let settings = consensus::Settings {
            moniker: config.moniker.clone(),
            listen: config.consensus_listen,
            peers: peers.map(|p| (p.peer_id, p.consensus)).collect(),
            wal_dir: config.wal_dir(),
            halted_file: config.halted_file(),
            peer_keypair: keys::peer_keypair(&peer_key),
            validator_key,
        };
        let pool = mempool.pool().clone();
        let fetcher = Arc::new(network.clone());
        let consensus = consensus::start(settings, ledger.clone(), pool, fetcher).await?;
        let settings = ApiSettings {
            listen: config.grpc_listen,
            moniker: config.moniker,
            validator,
        };
        let api = Api::start(settings, ledger.clone(), mempool.clone(), network).await?;
        tracing::info!("API at {}", api.address());
        Ok(Self {
            api,
            consensus,
            network: network_task,
            background: [
                tokio::spawn(mempool.evict_expired()),
                tokio::spawn(tell_blocks(ledger, tip)),
            ],
        })
    }

    /// Runs until a signal, or until a part of it ends by itself.
    async fn until_stopped(mut self) -> Result<(), RunError> {
        let mut terminated = signal(SignalKind::terminate()).map_err(RunError::Runtime)?;
        let mut interrupted = signal(SignalKind::interrupt()).map_err(RunError::Runtime)?;
        let result = tokio::select! {
            _ = terminated.recv() => Ok(()),
            _ = interrupted.recv() => Ok(()),
            error = self.consensus.finished() => Err(RunError::Consensus(error)),
            problem = self.api.failed() => Err(RunError::Ended(problem)),
            problem = self.network.failed() => Err(RunError::Ended(problem)),
        };
        tracing::info!("stopping");
        self.api.stop().await;
        // One that ended by itself cannot be stopped again.
        if !matches!(result, Err(RunError::Consensus(_))) {
            self.consensus.stop().await;
        }
        self.network.stop().await;
        for task in self.background {
            task.abort();
        }
        tracing::info!("stopped");
        result
    }
}

/// Tells the operator of each block, after it is durable.
async fn tell_blocks(ledger: Ledger, from: Tip) {
    const MOST_AT_ONCE: usize = 100;
    let mut tips = ledger.tip_watch();
    let mut told = from.height;
    loop {
        let tip = tips.borrow_and_update().height;
        while told < tip {
            let storage = ledger.storage().clone();
            let from = told + 1;
            let read =
                tokio::task::spawn_blocking(move || storage.summaries(from, MOST_AT_ONCE)).await;
            let blocks = match read {
                Ok(Ok(blocks)) if !blocks.is_empty() => blocks,
                Ok(Err(error)) => {
                    tracing::error!(%error, "cannot read the last blocks");
                    break;
                }
                Ok(Ok(_)) | Err(_) => break,
            };
            for block in blocks {
                told = block.height;
                tracing::info!(
                    "block {}: {} transactions, {} rejected, round {}, hash {}",
                    block.height,
                    block.transactions,
                    block.rejected,
                    block.round,
                    block.hash
                );
            }
        }
        if tips.changed().await.is_err() {
            return;
        }
    }
}
