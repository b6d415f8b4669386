//! Whole networks in one process, each node with its own store and ports.

mod hosts;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use counterfoil_types::block::verify_certificate;
use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    GenesisValidator, LedgerKey, PROTOCOL_VERSION, Role,
};
use counterfoil_types::hash::Hash;
use futures::StreamExt as _;
use libp2p::request_response::{Event as Answer, Message};
use libp2p::swarm::SwarmEvent;
use libp2p::{SwarmBuilder, noise, tcp, yamux};
use malachitebft_app::wal;
use malachitebft_codec::Codec as _;
use malachitebft_sync::{Request, Response, ValueRequest};
use prost::Message as _;
use tempfile::TempDir;
use tokio::time::timeout;

use super::codec::Wire;
use super::context::Height;
use super::*;
use crate::clock::clock_ms;
use crate::disk::Disk;
use crate::mempool::PoolLimits;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(60);

fn ledger_key() -> LedgerKey {
    "11".repeat(32).parse().unwrap()
}

fn validator_key(n: u8) -> SigningKey {
    SigningKey::from_seed([n + 1; 32])
}

fn peer_keypair(n: u8) -> Keypair {
    Keypair::ed25519_from_bytes([n + 101; 32]).unwrap()
}

fn genesis(validators: u8, heartbeat_ms: u64) -> Genesis {
    let mut genesis = Genesis {
        protocol_version: PROTOCOL_VERSION,
        chain_id: "test-chain".into(),
        time_ms: clock_ms() - 1_000,
        development: true,
        clock: ClockKind::Wall,
        first_date: None,
        utc_offset_minutes: 0,
        ledger_key_hash: ledger_key().hash(),
        currencies: vec![GenesisCurrency {
            code: "USD".parse().unwrap(),
            exponent: 2,
        }],
        organizations: vec![GenesisOrganization {
            id: "operator".parse().unwrap(),
            legal_name: "Operator".into(),
            lei: String::new(),
            national_id: "XX:1".into(),
            roles: vec![Role::Operator],
            accounts: vec![GenesisAccount::of(
                SigningKey::from_seed([200; 32]).public_key(),
            )],
        }],
        validators: (0..validators)
            .map(|n| GenesisValidator {
                organization: "operator".parse().unwrap(),
                public_key: validator_key(n).public_key(),
                power: 1,
            })
            .collect(),
        params: ConsensusParams {
            heartbeat_ms,
            ..ConsensusParams::default()
        },
    };
    genesis.sort();
    genesis.validate().unwrap();
    genesis
}

/// Gives blocks from the stores of a test's nodes.
#[derive(Default)]
struct Stores(Mutex<Vec<Ledger>>);

#[async_trait]
impl BlockFetcher for Stores {
    async fn fetch(&self, hash: Hash) -> Option<Vec<u8>> {
        let ledgers = self.0.lock().unwrap().clone();
        let mut bodies = ledgers
            .iter()
            .map(|l| l.storage().block_body(&hash).unwrap());
        bodies.find_map(|body| body)
    }
}

struct Network {
    dir: TempDir,
    genesis: Genesis,
    addresses: Vec<SocketAddr>,
    stores: Arc<Stores>,
}

struct Node {
    ledger: Ledger,
    handle: Handle,
}

impl Network {
    fn new(nodes: u8, heartbeat_ms: u64) -> Self {
        // Held together, so that no two get the same port.
        let listeners: Vec<_> = (0..nodes)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        Self {
            dir: tempfile::tempdir().unwrap(),
            genesis: genesis(nodes, heartbeat_ms),
            addresses: listeners.iter().map(|l| l.local_addr().unwrap()).collect(),
            stores: Arc::default(),
        }
    }

    fn data_dir(&self, n: u8) -> PathBuf {
        self.dir.path().join(format!("node{n}"))
    }

    fn open(&self, n: u8) -> Ledger {
        let dir = self.data_dir(n).join("ledger");
        std::fs::create_dir_all(&dir).unwrap();
        Ledger::open(&dir, self.genesis.clone(), ledger_key()).unwrap()
    }

    async fn start(&self, n: u8) -> Result<Node, ConsensusError> {
        let ledger = self.open(n);
        self.stores.0.lock().unwrap().push(ledger.clone());
        let peers = (0..).zip(&self.addresses);
        let settings = Settings {
            moniker: format!("node{n}"),
            listen: self.addresses[usize::from(n)],
            peers: peers
                .map(|(n, address)| (peer_keypair(n).public().to_peer_id(), *address))
                .collect(),
            wal_dir: self.data_dir(n).join("wal"),
            halted_file: self.data_dir(n).join("HALTED"),
            restored_file: self.data_dir(n).join("RESTORED"),
            disk: Disk::new(self.data_dir(n), 0),
            peer_keypair: peer_keypair(n),
            validator_key: Some(validator_key(n)),
        };
        let pool = Pool::new(PoolLimits::default());
        let handle = super::start(settings, ledger.clone(), pool, self.stores.clone()).await?;
        Ok(Node { ledger, handle })
    }
}

impl Node {
    async fn reach(&self, height: u64) {
        let mut tip = self.ledger.tip_watch();
        timeout(PATIENCE, tip.wait_for(|tip| tip.height >= height))
            .await
            .unwrap_or_else(|_| panic!("height {height} was not reached: {:?}", self.ledger.tip()))
            .unwrap();
    }

    async fn stop(self, network: &Network) {
        self.handle.stop().await;
        network.stores.0.lock().unwrap().clear();
    }
}

fn block(ledger: &Ledger, height: u64) -> counterfoil_storage::StoredBlock {
    ledger.storage().block(height).unwrap().unwrap()
}

fn write_wal(path: &Path, height: u64, entry: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut log = wal::Log::open(path).unwrap();
    log.reset(height).unwrap();
    log.append(entry).unwrap();
    log.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_agree_and_one_that_was_away_catches_up() {
    let network = Network::new(4, 50);
    let mut nodes = Vec::new();
    for n in 0..3 {
        nodes.push(network.start(n).await.unwrap());
    }
    for node in &nodes {
        node.reach(3).await;
    }
    let late = network.start(3).await.unwrap();
    let target = nodes[0].ledger.tip().height + 5;
    late.reach(target).await;
    for node in &nodes {
        node.reach(target).await;
    }
    let first = block(&nodes[0].ledger, target);
    let validators = nodes[0].ledger.settings().unwrap().validators;
    for node in nodes.iter().chain([&late]) {
        let same = block(&node.ledger, target);
        assert_eq!(same.hash, first.hash);
        let certificate =
            counterfoil_proto::v1::CommitCertificate::decode(&same.certificate[..]).unwrap();
        verify_certificate("test-chain", &certificate, target, &same.hash, &validators).unwrap();
    }
    for node in nodes.into_iter().chain([late]) {
        node.handle.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_validator_goes_on_and_an_idle_one_waits() {
    let mut network = Network::new(1, 50);
    let node = network.start(0).await.unwrap();
    node.reach(3).await;
    node.stop(&network).await;
    let tip = network.open(0).tip().height;
    let node = network.start(0).await.unwrap();
    node.reach(tip + 2).await;
    node.stop(&network).await;
    // With a heartbeat far beyond the test's, one block comes and no second.
    network = Network::new(1, 60_000);
    let node = network.start(0).await.unwrap();
    node.reach(1).await;
    let mut tip = node.ledger.tip_watch();
    let second = tip.wait_for(|tip| tip.height > 1);
    assert!(timeout(Duration::from_secs(2), second).await.is_err());
    node.stop(&network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wal_that_cannot_be_replayed_halts_the_node() {
    let network = Network::new(1, 50);
    let path = network.data_dir(0).join("wal").join("consensus.wal");
    write_wal(&path, 1, b"no entry of ours");
    let mut node = network.start(0).await.unwrap();
    let error = timeout(PATIENCE, node.handle.finished()).await.unwrap();
    let ConsensusError::Halted { reason, .. } = error else {
        panic!("{error}");
    };
    assert!(reason.contains("WAL"), "{reason}");
    assert_eq!(node.ledger.tip().height, 0);
    node.stop(&network).await;
    assert!(network.data_dir(0).join("HALTED").exists());
    assert!(path.exists());
    let again = network.start(0).await;
    assert!(matches!(again, Err(ConsensusError::Halted { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_told() {
    let network = Network::new(1, 50);
    let _taken = TcpListener::bind(network.addresses[0]).unwrap();
    let error = network.start(0).await.err().unwrap();
    assert!(matches!(error, ConsensusError::Listen(_)), "{error}");
}

/// A peer that asks for blocks and never identifies itself. It takes what the engine sends
/// over its other protocols, without reading it, or the engine would close the connection.
#[derive(libp2p::swarm::NetworkBehaviour)]
struct Mute {
    sync: malachitebft_sync::Behaviour,
    broadcast: malachitebft_sync::Behaviour,
    proof: malachitebft_sync::Behaviour,
}

impl Mute {
    fn new() -> Self {
        let speaking = |name: &str| {
            let config = malachitebft_sync::Config::default();
            malachitebft_sync::Behaviour::new(config, name.to_owned()).unwrap()
        };
        Self {
            sync: speaking("/counterfoil/test-chain/sync/1"),
            broadcast: speaking("/ax/broadcast/1.0.0"),
            proof: speaking("/counterfoil/test-chain/validator-proof/1"),
        }
    }
}

/// Asks a node for its first block. Tells the number of blocks it got, or why none.
async fn ask_without_identifying(keypair: Keypair, node: SocketAddr) -> Result<usize, String> {
    let mut swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| Mute::new())
        .unwrap()
        .with_swarm_config(|c| c.with_idle_connection_timeout(PATIENCE))
        .build();
    let address = format!("/ip4/{}/tcp/{}", node.ip(), node.port());
    swarm
        .dial(address.parse::<libp2p::Multiaddr>().unwrap())
        .unwrap();
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                let range = Height(1)..=Height(1);
                let request = Request::<Ctx>::ValueRequest(ValueRequest::new(range));
                let bytes: Bytes = Wire.encode(&request).unwrap();
                swarm.behaviour_mut().sync.send_request(peer_id, bytes);
            }
            SwarmEvent::Behaviour(MuteEvent::Sync(Answer::Message {
                message: Message::Response { response, .. },
                ..
            })) => {
                let Response::<Ctx>::ValueResponse(response) = Wire.decode(response.0).unwrap();
                return Ok(response.values.len());
            }
            SwarmEvent::Behaviour(MuteEvent::Sync(Answer::OutboundFailure { error, .. })) => {
                return Err(error.to_string());
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outsider_that_never_identifies_itself_gets_nothing() {
    let mut network = Network::new(2, 50);
    // Node 1 is listed, but no validator and not running.
    network.genesis = genesis(1, 50);
    let node = network.start(0).await.unwrap();
    node.reach(2).await;
    let address = network.addresses[0];
    let listed = ask_without_identifying(peer_keypair(1), address);
    assert_eq!(timeout(PATIENCE, listed).await.unwrap(), Ok(1));
    let outsider = ask_without_identifying(peer_keypair(9), address);
    timeout(PATIENCE, outsider).await.unwrap().unwrap_err();
    node.stop(&network).await;
}
