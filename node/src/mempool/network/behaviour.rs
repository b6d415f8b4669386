//! The swarm: transport, allow-list, limits and the two protocols.

use std::net::SocketAddr;
use std::time::Duration;

use counterfoil_proto::v1::{
    BlockBodyAnswer, BlockBodyRequest, TransactionBatch, TransactionBatchAnswer,
};
use counterfoil_types::limits::{MAX_BLOCK_BYTES, MAX_TRANSACTION_BYTES};
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};

use super::codec::Codec;
use super::{NetworkError, NetworkSettings};

/// Most bytes of transactions in a batch; one transaction always fits.
pub const MAX_BATCH_BYTES: u64 = 512 * 1024;
/// Most transactions in a batch.
pub const MAX_BATCH_COUNT: usize = 2_048;
/// What a message adds to the bytes it carries.
const FRAMING: usize = 16 * 1024;
/// Room for a block's header and the lengths of its transactions.
const BLOCK_OVERHEAD: usize = 256 * 1024;
const SMALL_MESSAGE: usize = 64;

/// Requests of one protocol that a peer may have open on a connection.
const MAX_BATCHES_FROM_PEER: usize = 4;
const MAX_BLOCKS_FROM_PEER: usize = 2;
/// A batch is answered when it is verified, which may queue behind others.
const BATCH_TIMEOUT: Duration = Duration::from_secs(8);
const BLOCK_TIMEOUT: Duration = Duration::from_secs(3);
/// For the handshake, in and out.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// Both sides may dial at once, and a restarted peer leaves a dead connection behind.
const MAX_CONNECTIONS_OF_PEER: u32 = 4;
/// Connections whose handshake is under way: strangers can have no more.
const MAX_HANDSHAKES: u32 = 64;
/// Probes pass far more often.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    // First: it denies strangers before the others see the connection.
    allowed: allow_block_list::Behaviour<AllowedPeers>,
    limits: connection_limits::Behaviour,
    pub transactions: Transactions,
    pub blocks: Blocks,
}

pub type Transactions =
    request_response::Behaviour<Codec<TransactionBatch, TransactionBatchAnswer>>;
pub type Blocks = request_response::Behaviour<Codec<BlockBodyRequest, BlockBodyAnswer>>;

pub fn swarm(settings: &NetworkSettings) -> Result<Swarm<Behaviour>, NetworkError> {
    let setup = |e: &dyn std::fmt::Display| NetworkError::Setup(e.to_string());
    let swarm = SwarmBuilder::with_existing_identity(settings.keypair.clone())
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )
        .map_err(|e| setup(&e))?
        .with_behaviour(|_| behaviour(settings))
        .map_err(|e| setup(&e))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
        .with_connection_timeout(CONNECTION_TIMEOUT)
        .build();
    Ok(swarm)
}

fn behaviour(
    settings: &NetworkSettings,
) -> Result<Behaviour, Box<dyn std::error::Error + Send + Sync>> {
    let mut allowed = allow_block_list::Behaviour::<AllowedPeers>::default();
    for (peer, _) in &settings.peers {
        allowed.allow_peer(*peer);
    }
    let peers = u32::try_from(settings.peers.len())?;
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(MAX_HANDSHAKES))
        .with_max_established_per_peer(Some(MAX_CONNECTIONS_OF_PEER))
        .with_max_established(Some(MAX_CONNECTIONS_OF_PEER * peers.max(1)));
    let protocol = |name: &str| -> Result<_, libp2p::swarm::InvalidProtocol> {
        let name = format!("/counterfoil/{}/{name}/1", settings.chain_id);
        Ok([(StreamProtocol::try_from_owned(name)?, ProtocolSupport::Full)])
    };
    let batch = MAX_BATCH_BYTES as usize + MAX_TRANSACTION_BYTES + FRAMING;
    let block = MAX_BLOCK_BYTES as usize + BLOCK_OVERHEAD;
    Ok(Behaviour {
        allowed,
        limits: connection_limits::Behaviour::new(limits),
        transactions: Transactions::with_codec(
            Codec::new(batch, SMALL_MESSAGE),
            protocol("transactions")?,
            request_response::Config::default()
                .with_request_timeout(BATCH_TIMEOUT)
                .with_max_concurrent_streams(MAX_BATCHES_FROM_PEER),
        ),
        blocks: Blocks::with_codec(
            Codec::new(SMALL_MESSAGE, block),
            protocol("blocks")?,
            request_response::Config::default()
                .with_request_timeout(BLOCK_TIMEOUT)
                .with_max_concurrent_streams(MAX_BLOCKS_FROM_PEER),
        ),
    })
}

pub fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()))
}

/// The reverse, for addresses this transport listens on.
pub fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}
