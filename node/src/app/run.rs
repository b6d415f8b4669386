//! `run`: the node, from its settings to its orderly end.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use counterfoil_types::access::node_of_peer;
use counterfoil_types::keys::SigningKey;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use super::backup::Backup;
use super::runtimes::{Handles, Runtimes, start_on};
use super::{AppError, Password, descriptors, logs, read_genesis};
use crate::config::{Config, ConfigError, Limits, Transport, keys};
use crate::consensus::{self, ConsensusError, check_halted};
use crate::disk::{Disk, Shortage};
use crate::grpc::{Api, ApiError, ApiMetrics, ApiSettings, Tls, TlsError};
use crate::ledger::Ledger;
use crate::mempool::network::{NetworkError, NetworkTask};
use crate::mempool::{Mempool, Network, NetworkSettings, PoolLimits};
use crate::metrics::{Metrics, MetricsError, MetricsServer};
use crate::vitals::{COMMIT, Vitals};

/// How long work that was under way may take to end after everything was stopped.
const LAST_WORK: Duration = Duration::from_secs(5);
/// The same where it was told twice to stop: what is cut off lets go of the store. RocksDB's last threads would otherwise meet
/// objects that the ending process has destroyed, and end it by a signal.
const LETTING_GO: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the runtime did not start: {0}")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Disk(#[from] Shortage),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Consensus(#[from] ConsensusError),
    #[error("API: {0}")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    #[error("{0}; the log says more")]
    Ended(String),
    #[error("ended at once, as it was told twice to stop; nothing that is committed is lost")]
    ToldTwice,
}

impl RunError {
    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::Disk(_) => true,
            Self::Consensus(error) => error.is_for_want_of_room(),
            _ => false,
        }
    }
}

pub fn run(home: &Path, password: &Password) -> Result<(), AppError> {
    let config = Config::load(home)?;
    check_halted(&config.halted_file()).map_err(RunError::from)?;
    logs::start(config.log_format, config.log_level);
    let genesis = read_genesis(&config.genesis)?;
    let ledger_keys = keys::read_ledger_keys(&config.ledger_key, &genesis)?;
    let keystore = password.keystore(&config);
    let peer_key = keystore.read_key(&config.peer_key)?;
    let validator_key = config.validator_key.as_deref();
    let validator_key = validator_key.map(|path| keystore.read_key(path));
    let validator_key = validator_key.transpose()?;
    // Wipes the password: nothing that listens later need hold it.
    drop(keystore);
    let tls = match &config.transport {
        Transport::Tls { certificate, key } => {
            Some(Tls::read(certificate, key).map_err(RunError::from)?)
        }
        Transport::PlainText => None,
    };
    // Its owner's alone wherever it may be moved: everybody's records are in it.
    let mut folder = DirBuilder::new();
    folder
        .recursive(true)
        .mode(0o700)
        .create(&config.data)
        .map_err(|source| ConfigError::Write {
            path: config.data.clone(),
            source,
        })?;
    // Opening the store writes already.
    let disk = Disk::new(config.data.clone(), config.disk_reserve_mib);
    disk.check().map_err(RunError::from)?;
    let ledger = Ledger::open(&config.ledger_dir(), genesis, ledger_keys)?;
    let runtimes = Runtimes::new().map_err(RunError::Runtime)?;
    let parts = runtimes.handles();
    let ended = runtimes.node.block_on(async {
        let signals = Signals::listen().map_err(RunError::Runtime)?;
        let node = Node::start(&parts, config, ledger, disk, peer_key, validator_key, tls).await?;
        node.until_stopped(signals).await
    });
    runtimes.shut_down(match &ended {
        Err(RunError::ToldTwice) => LETTING_GO,
        _ => LAST_WORK,
    });
    Ok(ended?)
}

/// What the operator tells the node.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    backup: Signal,
}

enum Told {
    Stop,
    BackUp,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            backup: signal(SignalKind::user_defined1())?,
        })
    }

    async fn told(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.backup.recv() => Told::BackUp,
        }
    }

    async fn told_to_stop(&mut self) {
        while !matches!(self.told().await, Told::Stop) {}
    }
}

/// The running parts, in the order they are stopped.
struct Node {
    api: Api,
    consensus: consensus::Handle,
    network: NetworkTask,
    eviction: JoinHandle<()>,
    _metrics: Option<MetricsServer>,
    ledger: Ledger,
    disk: Disk,
    backups: PathBuf,
}

impl Node {
    async fn start(
        parts: &Handles,
        config: Config,
        ledger: Ledger,
        disk: Disk,
        peer_key: SigningKey,
        validator_key: Option<SigningKey>,
        tls: Option<Tls>,
    ) -> Result<Self, RunError> {
        tracing::info!(
            height = ledger.tip().height,
            version = env!("CARGO_PKG_VERSION"),
            commit = COMMIT,
            "{} of chain {}",
            config.moniker,
            ledger.chain_id(),
        );
        let backups = config.backups_dir();
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let peers = config.peers.iter();
        let settings = NetworkSettings {
            keypair: keys::peer_keypair(&peer_key),
            chain_id: ledger.chain_id().to_owned(),
            listen: config.transactions_listen,
            peers: peers.map(|p| (p.peer_id, p.transactions)).collect(),
        };
        let network = Network::start(settings, mempool.clone(), ledger.storage().clone());
        let (network, network_task) = start_on(&parts.gossip, network).await?;
        let validator = validator_key.as_ref().map(SigningKey::public_key);
        let peers = config.peers.iter();
        let settings = consensus::Settings {
            moniker: config.moniker.clone(),
            listen: config.consensus_listen,
            peers: peers.map(|p| (p.peer_id, p.consensus)).collect(),
            wal_dir: config.wal_dir(),
            halted_file: config.halted_file(),
            restored_file: config.restored_file(),
            disk: disk.clone(),
            peer_keypair: keys::peer_keypair(&peer_key),
            validator_key,
        };
        let pool = mempool.pool().clone();
        let fetcher = Arc::new(network.clone());
        let consensus = consensus::start(settings, ledger.clone(), pool, fetcher);
        let consensus = start_on(&parts.consensus, consensus).await?;
        let vitals = Vitals {
            ledger: ledger.clone(),
            pool: mempool.pool().clone(),
            network,
            peer_heights: consensus.peer_heights().clone(),
            disk: disk.clone(),
            key: validator.filter(|_| consensus.has_voice()),
        };
        let api_metrics = ApiMetrics::default();
        let metrics = match config.metrics_listen {
            Some(address) => {
                let metrics = Metrics::new(vitals.clone(), &api_metrics);
                Some(MetricsServer::start(address, metrics).await?)
            }
            None => None,
        };
        let by_peer_key = || node_of_peer(&peer_key.public_key());
        let settings = ApiSettings {
            listen: config.grpc_listen,
            moniker: config.moniker,
            node: tls.as_ref().map_or_else(by_peer_key, Tls::node),
            tls,
            limits: Limits {
                connections: descriptors::connections(config.limits.connections),
                ..config.limits
            },
            metrics: api_metrics,
            proofs: parts.proofs.clone(),
        };
        let api = start_on(&parts.api, Api::start(settings, mempool.clone(), vitals)).await?;
        tracing::info!("API at {}", api.address());
        Ok(Self {
            api,
            consensus,
            network: network_task,
            eviction: tokio::spawn(mempool.evict_expired()),
            _metrics: metrics,
            ledger,
            disk,
            backups,
        })
    }

    /// Runs until a signal, until the disk is full, or until a part of it ends by itself.
    async fn until_stopped(mut self, mut signals: Signals) -> Result<(), RunError> {
        let result = loop {
            tokio::select! {
                told = signals.told() => match told {
                    Told::Stop => break Ok(()),
                    Told::BackUp => self.back_up(),
                },
                shortage = self.disk.until_short() => break Err(shortage.into()),
                error = self.consensus.finished() => break Err(error.into()),
                problem = self.api.failed() => break Err(RunError::Ended(problem)),
                problem = self.network.failed() => break Err(RunError::Ended(problem)),
            }
        };
        tracing::info!("stopping");
        let told_twice = tokio::select! {
            () = self.stop(!matches!(result, Err(RunError::Consensus(_)))) => false,
            () = signals.told_to_stop() => true,
        };
        if told_twice {
            return Err(RunError::ToldTwice);
        }
        tracing::info!("stopped");
        result
    }

    /// Answers what is under way while blocks still come, then ends consensus between two blocks. What
    /// is in the pool goes with it, unless peers have it; whoever sent it may send it again.
    async fn stop(self, consensus_runs: bool) {
        self.api.stop().await;
        // One that ended by itself cannot be stopped again.
        if consensus_runs {
            self.consensus.stop().await;
        }
        self.network.stop().await;
        self.eviction.abort();
    }

    /// Copies the ledger beside it while blocks go on to be decided; they wait to be stored meanwhile.
    fn back_up(&self) {
        let height = self.ledger.tip().height;
        let to = self.backups.join(format!("height-{height}"));
        let ledger = self.ledger.clone();
        tokio::task::spawn_blocking(move || {
            match Backup::make(ledger.storage(), ledger.genesis(), &to) {
                Ok(made) => tracing::info!(
                    height = made.description.height,
                    folder = %made.folder.display(),
                    "made a backup; copy it to another disk"
                ),
                Err(error) => tracing::error!(%error, "made no backup"),
            }
        });
    }
}
