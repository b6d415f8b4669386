//! Deciding blocks: the Malachite engine over the ledger.
//!
//! The engine runs Tendermint, its network, its WAL and block sync. This module
//! gives it the chain's types, decides what it may hear, and answers its messages one by one.

mod absent;
mod certificate;
mod codec;
mod context;
mod engine;
mod error;
mod fetch;
mod halt;
mod handlers;
mod host;
mod network;
mod pacing;
mod proposals;
mod received;
mod restored;
mod signing;
mod streams;
#[cfg(test)]
mod tests;
mod time_rule;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_types::keys::SigningKey;
use libp2p::PeerId;
use libp2p::identity::Keypair;
use malachitebft_app_channel::{AppMsg, Channels, EngineHandle};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, block_in_place};
use tokio::time::timeout;

use crate::disk::Disk;
use crate::ledger::Ledger;
use crate::mempool::Pool;
use context::Ctx;
use engine::EngineSettings;
use halt::Witness;
use host::Host;
use network::Ears;
use received::Body;

pub use error::ConsensusError;
pub use fetch::BlockFetcher;
pub use halt::check_halted;
pub use network::PeerHeights;
pub use restored::mark as mark_restored;

/// How long the network has to listen, after which its port must be taken.
const LISTEN_WITHIN: Duration = Duration::from_secs(5);
/// How long the engine has to stop when it is told to.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What consensus needs to know of this node.
pub struct Settings {
    pub moniker: String,
    pub listen: SocketAddr,
    /// The only peers that are listened to.
    pub peers: Vec<(PeerId, SocketAddr)>,
    pub wal_dir: PathBuf,
    pub halted_file: PathBuf,
    pub restored_file: PathBuf,
    pub disk: Disk,
    pub peer_keypair: Keypair,
    /// Left out on a node that follows the chain without voting.
    pub validator_key: Option<SigningKey>,
}

/// Consensus, running. Dropping the handle does not stop it.
pub struct Handle {
    task: JoinHandle<Option<ConsensusError>>,
    stop: mpsc::Sender<()>,
    has_voice: bool,
    peer_heights: PeerHeights,
}

impl Handle {
    /// Whether this node has a validator's key and uses it, at heights where the key is among the validators'.
    pub fn has_voice(&self) -> bool {
        self.has_voice
    }

    pub fn peer_heights(&self) -> &PeerHeights {
        &self.peer_heights
    }

    /// Resolves when consensus ends by itself, which is always a failure.
    pub async fn finished(&mut self) -> ConsensusError {
        match (&mut self.task).await {
            Ok(Some(error)) => error,
            Ok(None) => ConsensusError::Stopped("it was told to".to_owned()),
            Err(panic) => ConsensusError::Stopped(panic.to_string()),
        }
    }

    /// Ends consensus in order.
    pub async fn stop(self) {
        // It may have ended by itself, and then its end has been told by `finished`.
        if self.stop.send(()).await.is_ok() && !self.task.is_finished() {
            let _ = self.task.await;
        }
    }
}

/// Starts consensus after the ledger's tip. Needs a multi-threaded runtime.
pub async fn start(
    settings: Settings,
    ledger: Ledger,
    pool: Pool,
    fetcher: Arc<dyn BlockFetcher>,
) -> Result<Handle, ConsensusError> {
    check_halted(&settings.halted_file)?;
    let key = voting_key(&settings, &ledger)?;
    let next = ledger.tip().height + 1;
    let wal = halt::check_wal(&settings.wal_dir, next, &settings.halted_file)?;
    let own = settings.peer_keypair.public().to_peer_id();
    let mut peers = settings.peers;
    peers.retain(|(peer, _)| *peer != own);
    let listed = peers.iter().map(|(peer, _)| engine_peer(peer));
    let ears = Ears::new(listed.collect::<Result<_, _>>()?);
    let peer_heights = ears.told.clone();
    let has_voice = key.is_some();
    let engine_settings = EngineSettings {
        chain_id: ledger.chain_id().into(),
        moniker: settings.moniker,
        listen: settings.listen,
        peers,
        peer_keypair: settings.peer_keypair,
        validator_key: key.clone(),
        wal,
    };
    let (channels, engine) = engine::spawn(engine_settings, ears.clone()).await?;
    let witness = Witness::listen(channels.events.subscribe());
    let mut listening = ears.listening.subscribe();
    if timeout(LISTEN_WITHIN, listening.wait_for(|yes| *yes))
        .await
        .is_err()
    {
        stop_engine(engine).await;
        return Err(ConsensusError::Listen(settings.listen));
    }
    let host = Host::new(
        ledger,
        pool,
        key,
        settings.halted_file,
        ears.seen,
        channels.network.clone(),
        fetcher,
    )?;
    let (stop, stopped) = mpsc::channel(1);
    let task = tokio::spawn(run(host, channels, engine, witness, settings.disk, stopped));
    Ok(Handle {
        task,
        stop,
        has_voice,
        peer_heights,
    })
}

/// The validator's key, unless what it has signed may not be known here any more.
fn voting_key(settings: &Settings, ledger: &Ledger) -> Result<Option<SigningKey>, ConsensusError> {
    let Some(key) = &settings.validator_key else {
        return Ok(None);
    };
    let file = &settings.restored_file;
    let tip = ledger.tip();
    // A first start makes the WAL before the first block.
    if tip.height > 0 && !halt::wal_file(&settings.wal_dir).exists() {
        restored::mark(file).map_err(|source| ConsensusError::Restored {
            path: file.clone(),
            source,
        })?;
    }
    if restored::may_vote(file, tip.time_ms)? {
        return Ok(Some(key.clone()));
    }
    tracing::warn!(
        file = %file.display(),
        "this validator follows without voting: it does not remember its votes; the file says more"
    );
    tokio::spawn(restored::tell_when_it_may_vote(
        file.clone(),
        ledger.clone(),
    ));
    Ok(None)
}

/// The engine's own metrics, in the OpenMetrics text format.
pub fn engine_metrics() -> String {
    let mut text = String::new();
    malachitebft_app::metrics::export(&mut text);
    text
}

fn engine_peer(peer: &PeerId) -> Result<malachitebft_app::types::PeerId, ConsensusError> {
    malachitebft_app::types::PeerId::from_bytes(&peer.to_bytes())
        .map_err(|e| ConsensusError::PeerId(e.to_string()))
}

/// What the dispatcher wakes up for.
enum Wake {
    Message(Option<AppMsg<Ctx>>),
    Fetched(Result<Body, JoinError>),
    Released,
    Stop,
}

/// The dispatcher: one thing at a time, in the order it comes.
async fn run(
    mut host: Host,
    channels: Channels<Ctx>,
    engine: EngineHandle,
    witness: Witness,
    disk: Disk,
    mut stop: mpsc::Receiver<()>,
) -> Option<ConsensusError> {
    let mut messages = channels.consensus;
    loop {
        let done = match next(&mut host, &mut messages, &mut stop).await {
            Wake::Message(Some(message)) => handlers::dispatch(&mut host, message).await,
            Wake::Message(None) => {
                return Some(witness.diagnose(engine, &host.halted_file, &disk).await);
            }
            Wake::Fetched(Ok(body)) => {
                block_in_place(|| handlers::decided::complete(&mut host, &body))
            }
            Wake::Fetched(Err(panic)) => Err(ConsensusError::Stopped(panic.to_string())),
            Wake::Released => host.release(),
            Wake::Stop => break,
        };
        if let Err(error) = done {
            drop(messages);
            stop_engine(engine).await;
            return Some(error);
        }
    }
    drop(messages);
    stop_engine(engine).await;
    None
}

async fn next(
    host: &mut Host,
    messages: &mut mpsc::Receiver<AppMsg<Ctx>>,
    stop: &mut mpsc::Receiver<()>,
) -> Wake {
    let released = async {
        match &host.held {
            Some(held) => {
                pacing::released(held.height, held.until, &host.pool, &host.seen).await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        // A dropped handle does not stop consensus.
        Some(()) = stop.recv() => Wake::Stop,
        message = messages.recv() => Wake::Message(message),
        Some(fetched) = host.fetches.join_next() => Wake::Fetched(fetched),
        () = released => Wake::Released,
    }
}

/// Its actors first; their supervisor ends when they do.
async fn stop_engine(engine: EngineHandle) {
    engine
        .actor
        .get_cell()
        .stop_children_and_wait(None, Some(STOP_WITHIN))
        .await;
    engine.actor.stop(None);
    if timeout(STOP_WITHIN, engine.handle).await.is_err() {
        tracing::warn!("the consensus engine did not stop in time");
    }
}
