//! Setting the engine up: its configuration, its actors and the gate between
//! them and the network.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_proto::v1::ConsensusParams;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::limits::MAX_VALIDATORS;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use malachitebft_app::config::{
    ChannelNames, ConsensusConfig, DiscoveryConfig, NodeConfig, P2pConfig, ProtocolNames,
    PubSubProtocol, ValuePayload, ValueSyncConfig,
};
use malachitebft_app::metrics::SharedRegistry;
use malachitebft_app_channel::spawn::spawn_network_actor;
use malachitebft_app_channel::{
    Channels, ConsensusContext, EngineBuilder, EngineHandle, NetworkIdentity, RequestContext,
    SyncContext, WalContext,
};
use malachitebft_codec::Codec as _;
use malachitebft_core_types::LinearTimeouts;
use malachitebft_signing::Signer as _;

use super::codec::Wire;
use super::context::{Address, Ctx};
use super::error::ConsensusError;
use super::network::{Ears, Gate};
use super::signing::{ChainSigner, ChainVerifier};

/// How often peers tell each other how far they are; how soon a node notices that it is behind.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);
/// Blocks that a node which catches up asks for at a time.
const SYNC_BATCH: usize = 10;
/// Votes and proposals kept for a height that has not begun: so many for each of the most validators that there may
/// come to be.
const QUEUED_PER_HEIGHT: usize = 20 * MAX_VALIDATORS;
/// Connections that one listed peer may hold at a time: each side dials, and either may redial.
const CONNECTIONS_PER_PEER: usize = 4;
/// Connections from an address beside those of listed peers.
const SPARE_CONNECTIONS: usize = 16;
/// Queries to the engine that may wait.
const REQUEST_QUEUE: usize = 16;

/// What the engine is started with.
pub struct EngineSettings {
    pub chain_id: Arc<str>,
    pub moniker: String,
    pub listen: SocketAddr,
    pub peers: Vec<(PeerId, SocketAddr)>,
    pub peer_keypair: Keypair,
    pub validator_key: Option<SigningKey>,
    pub wal: PathBuf,
}

struct EngineConfig {
    moniker: String,
    consensus: ConsensusConfig,
    sync: ValueSyncConfig,
}

impl NodeConfig for EngineConfig {
    fn moniker(&self) -> &str {
        &self.moniker
    }

    fn consensus(&self) -> &ConsensusConfig {
        &self.consensus
    }

    fn consensus_mut(&mut self) -> &mut ConsensusConfig {
        &mut self.consensus
    }

    fn value_sync(&self) -> &ValueSyncConfig {
        &self.sync
    }

    fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
        &mut self.sync
    }
}

/// The chain's time-outs in the engine's form.
pub fn timeouts(params: &ConsensusParams) -> LinearTimeouts {
    let propose = Duration::from_millis(params.timeout_propose_ms);
    let vote = Duration::from_millis(params.timeout_vote_ms);
    let delta = Duration::from_millis(params.timeout_delta_ms);
    LinearTimeouts {
        propose,
        propose_delta: delta,
        prevote: vote,
        prevote_delta: delta,
        precommit: vote,
        precommit_delta: delta,
        rebroadcast: propose + 2 * vote,
        ..LinearTimeouts::default()
    }
}

/// An address of the network; never a name, so that nothing is looked up.
fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()))
}

fn configure(settings: &EngineSettings) -> EngineConfig {
    let peers = settings.peers.len();
    let named = |part: &str| format!("/counterfoil/{}/{part}/1", settings.chain_id);
    let p2p = P2pConfig {
        listen_addr: multiaddr(settings.listen),
        persistent_peers: settings
            .peers
            .iter()
            .map(|(peer, address)| multiaddr(*address).with(Protocol::P2p(*peer)))
            .collect(),
        persistent_peers_only: true,
        // A full mesh: every message goes straight to every peer, once.
        protocol: PubSubProtocol::Broadcast,
        discovery: DiscoveryConfig {
            enabled: false,
            num_outbound_peers: peers,
            num_inbound_peers: peers,
            // All peers may share an address, as they do on one machine.
            max_connections_per_ip: peers * CONNECTIONS_PER_PEER + SPARE_CONNECTIONS,
            ..DiscoveryConfig::default()
        },
        // Nodes of another chain are turned away before a signature has to tell.
        protocol_names: ProtocolNames {
            consensus: named("consensus"),
            discovery_kad: named("discovery-kad"),
            discovery_regres: named("discovery"),
            sync: named("sync"),
            validator_proof: named("validator-proof"),
        },
        channel_names: ChannelNames {
            consensus: named("votes"),
            proposal_parts: named("parts"),
            sync: named("status"),
            liveness: named("liveness"),
        },
        ..P2pConfig::default()
    };
    EngineConfig {
        moniker: settings.moniker.clone(),
        consensus: ConsensusConfig {
            p2p,
            value_payload: ValuePayload::ProposalAndParts,
            queue_per_height_capacity: QUEUED_PER_HEIGHT,
            ..ConsensusConfig::default()
        },
        sync: ValueSyncConfig {
            status_update_interval: STATUS_INTERVAL,
            batch_size: SYNC_BATCH,
            ..ValueSyncConfig::default()
        },
    }
}

/// The name this node has among peers, with its validator's proof that the name is its own.
async fn identity(settings: &EngineSettings) -> Result<NetworkIdentity, ConsensusError> {
    let (moniker, keypair) = (settings.moniker.clone(), settings.peer_keypair.clone());
    let Some(key) = &settings.validator_key else {
        return Ok(NetworkIdentity::new(moniker, keypair, None));
    };
    let signer = ChainSigner {
        chain_id: settings.chain_id.clone(),
        key: key.clone(),
    };
    let public_key = key.public_key();
    let peer_id = keypair.public().to_peer_id().to_bytes();
    let proof = signer
        .sign_validator_proof(public_key.to_vec(), peer_id)
        .await
        .map_err(|e| ConsensusError::Start(e.to_string()))?;
    let proof = Wire
        .encode(&proof)
        .map_err(|e| ConsensusError::Start(e.to_string()))?;
    let address = public_key.address().to_string();
    Ok(NetworkIdentity::new_validator(
        moniker, keypair, address, proof,
    ))
}

/// Starts the engine behind the gate.
pub async fn spawn(
    settings: EngineSettings,
    ears: Ears,
) -> Result<(Channels<Ctx>, EngineHandle), ConsensusError> {
    let start = |e: &dyn std::fmt::Display| ConsensusError::Start(format!("{e:#}"));
    let config = configure(&settings);
    let registry = SharedRegistry::global().with_moniker(config.moniker());
    let (network, publish) = spawn_network_actor(
        identity(&settings).await?,
        config.consensus(),
        config.value_sync(),
        &registry,
        Wire,
    )
    .await
    .map_err(|e| start(&e))?;
    let gate = Gate::spawn(ears, network).await.map_err(|e| start(&e))?;
    let chain_id = settings.chain_id;
    let address = Address::of(settings.validator_key.as_ref());
    let verifier = Box::new(ChainVerifier {
        chain_id: chain_id.clone(),
    });
    let context = match settings.validator_key {
        Some(key) => {
            let signer = Box::new(ChainSigner { chain_id, key });
            ConsensusContext::new_validator(address, verifier, signer)
        }
        None => ConsensusContext::new_full_node(address, verifier),
    };
    let built = EngineBuilder::new(Ctx, config)
        .with_default_wal(WalContext::new(settings.wal, Wire))
        .with_custom_network(gate.clone(), publish)
        .with_default_sync(SyncContext::new(Wire))
        .with_default_consensus(context)
        .with_default_request(RequestContext::new(REQUEST_QUEUE))
        .build()
        .await;
    built.map_err(|e| {
        gate.stop(None);
        start(&e)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(peers: u8) -> EngineSettings {
        let keypair = |n| Keypair::ed25519_from_bytes([n; 32]).unwrap();
        EngineSettings {
            chain_id: "one".into(),
            moniker: "v0".into(),
            listen: "127.0.0.1:4000".parse().unwrap(),
            peers: (1..=peers)
                .map(|n| {
                    let address = format!("[::1]:{}", 4000 + u16::from(n)).parse().unwrap();
                    (keypair(n).public().to_peer_id(), address)
                })
                .collect(),
            peer_keypair: keypair(9),
            validator_key: None,
            wal: "wal".into(),
        }
    }

    #[test]
    fn only_named_peers_and_no_names_to_look_up() {
        let config = configure(&settings(3));
        let p2p = &config.consensus.p2p;
        assert!(p2p.persistent_peers_only && !p2p.discovery.enabled);
        assert_eq!(p2p.protocol, PubSubProtocol::Broadcast);
        assert_eq!(p2p.persistent_peers.len(), 3);
        for address in &p2p.persistent_peers {
            let parts: Vec<_> = address.iter().collect();
            assert!(
                matches!(
                    parts[..],
                    [Protocol::Ip6(_), Protocol::Tcp(_), Protocol::P2p(_)]
                ),
                "{address}"
            );
        }
        assert!(p2p.discovery.max_connections_per_ip > 3 * 2);
        p2p.channel_names.validate().unwrap();
    }

    #[test]
    fn the_chain_id_is_in_every_protocol_name() {
        let names = configure(&settings(1)).consensus.p2p.protocol_names;
        for name in [names.consensus, names.sync, names.validator_proof] {
            assert!(name.starts_with("/counterfoil/one/"), "{name}");
        }
    }

    #[test]
    fn channels_of_the_longest_chain_id_fit_the_six_bits_of_their_length() {
        let longest = "a".repeat(counterfoil_types::limits::MAX_CHAIN_ID);
        let settings = EngineSettings {
            chain_id: longest.into(),
            ..settings(1)
        };
        let names = configure(&settings).consensus.p2p.channel_names;
        for name in [
            names.consensus,
            names.proposal_parts,
            names.sync,
            names.liveness,
        ] {
            assert!(name.len() < 64, "{name}");
        }
    }
}
