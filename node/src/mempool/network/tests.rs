//! Networks of two, in one process: what arrives, and who is refused.

use std::net::SocketAddr;

use counterfoil_proto::v1::{TransactionBatch, TransactionBatchAnswer};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;
use futures::StreamExt as _;
use libp2p::PeerId;
use libp2p::request_response::{Event, Message, OutboundFailure};
use libp2p::swarm::SwarmEvent;
use prost::Message as _;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::behaviour::{self, BehaviourEvent};
use super::{Network, NetworkSettings, NetworkTask};
use crate::config::keys::peer_keypair;
use crate::fixture::{self, CHAIN, eventually};
use crate::ledger::Ledger;
use crate::mempool::pool::Origin;
use crate::mempool::{Mempool, PoolLimits};

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

struct Node {
    ledger: Ledger,
    mempool: Mempool,
    network: Network,
    _task: NetworkTask,
    _folder: TempDir,
}

fn peer_id(seed: u8) -> PeerId {
    peer_keypair(&fixture::key(seed)).public().to_peer_id()
}

impl Node {
    async fn start(seed: u8, peers: &[(u8, Option<SocketAddr>)]) -> Self {
        Self::start_with(seed, peers, &[]).await
    }

    /// With transactions in the pool before it has any connection.
    async fn start_with(
        seed: u8,
        peers: &[(u8, Option<SocketAddr>)],
        pooled: &[(u64, Origin)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        for (nonce, origin) in pooled {
            let signed = fixture::good(*nonce).1.encode_to_vec();
            assert!(mempool.admit(&[signed], *origin)[0].is_ok());
        }
        let nowhere = NOWHERE.parse().unwrap();
        let settings = NetworkSettings {
            keypair: peer_keypair(&fixture::key(seed)),
            chain_id: CHAIN.into(),
            listen: "127.0.0.1:0".parse().unwrap(),
            peers: peers
                .iter()
                .map(|(seed, address)| (peer_id(*seed), address.unwrap_or(nowhere)))
                .collect(),
        };
        let storage = ledger.storage().clone();
        let (network, task) = Network::start(settings, mempool.clone(), storage)
            .await
            .unwrap();
        Self {
            ledger,
            mempool,
            network,
            _task: task,
            _folder: folder,
        }
    }

    fn address(&self) -> Option<SocketAddr> {
        Some(self.network.listen_address())
    }

    fn admit(&self, nonce: u64) -> TxId {
        let (id, signed) = fixture::good(nonce);
        let signed = signed.encode_to_vec();
        assert!(self.mempool.admit(&[signed], Origin::Client)[0].is_ok());
        id
    }

    async fn gets(&self, id: TxId) {
        eventually("a transaction arrives", || {
            self.mempool.pool().contains(&id)
        })
        .await;
    }
}

/// Sends one good transaction to a node as whoever has this key, on this chain.
async fn send_as(
    seed: u8,
    chain_id: &str,
    node: &Node,
) -> Result<TransactionBatchAnswer, OutboundFailure> {
    let settings = NetworkSettings {
        keypair: peer_keypair(&fixture::key(seed)),
        chain_id: chain_id.into(),
        listen: NOWHERE.parse().unwrap(),
        peers: vec![(peer_id(11), node.address().unwrap())],
    };
    let mut swarm = behaviour::swarm(&settings).unwrap();
    let batch = TransactionBatch {
        transactions: vec![fixture::good(1).1.encode_to_vec()],
    };
    let addresses = vec![behaviour::multiaddr(node.address().unwrap())];
    let protocol = &mut swarm.behaviour_mut().transactions;
    protocol.send_request_with_addresses(&peer_id(11), batch, addresses);
    let outcome = async {
        loop {
            let event = swarm.select_next_some().await;
            match event {
                SwarmEvent::Behaviour(BehaviourEvent::Transactions(Event::Message {
                    message: Message::Response { response, .. },
                    ..
                })) => return Ok(response),
                // Whoever does not answer is let go.
                SwarmEvent::Behaviour(BehaviourEvent::Transactions(Event::Message {
                    message: Message::Request { channel, .. },
                    ..
                })) => {
                    let protocol = &mut swarm.behaviour_mut().transactions;
                    let answer = TransactionBatchAnswer::default();
                    protocol.send_response(channel, answer).unwrap();
                }
                SwarmEvent::Behaviour(BehaviourEvent::Transactions(Event::OutboundFailure {
                    error,
                    ..
                })) => return Err(error),
                _ => {}
            }
        }
    };
    let most = std::time::Duration::from_secs(30);
    tokio::time::timeout(most, outcome).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_arrive_those_from_before_the_connection_too() {
    let before = [(1, Origin::Client), (2, Origin::Peer)];
    let a = Node::start_with(11, &[(12, None)], &before).await;
    let b = Node::start(12, &[(11, a.address())]).await;
    eventually("the pool's content arrives", || b.mempool.pool().len() == 2).await;
    let from_a = a.admit(3);
    let from_b = b.admit(4);
    b.gets(from_a).await;
    a.gets(from_b).await;
    assert_eq!(a.network.connected_peers(), 1);
    assert_eq!(b.network.connected_peers(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_restarts_is_found_again() {
    let a = Node::start(11, &[(12, None)]).await;
    let b = Node::start(12, &[(11, a.address())]).await;
    eventually("they connect", || a.network.connected_peers() == 1).await;
    let id = a.admit(1);
    b.gets(id).await;
    let Node { _task: task, .. } = b;
    task.stop().await;
    eventually("it is gone", || a.network.connected_peers() == 0).await;
    let b = Node::start(12, &[(11, a.address())]).await;
    b.gets(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outsiders_are_refused_and_disturb_nobody() {
    let a = Node::start(11, &[(12, None), (14, None)]).await;
    let refused = send_as(13, CHAIN, &a).await;
    assert!(
        !matches!(
            refused,
            Ok(_) | Err(OutboundFailure::UnsupportedProtocols | OutboundFailure::Timeout)
        ),
        "{refused:?}"
    );
    assert!(a.mempool.pool().is_empty());
    // These never say who they are.
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(a.address().unwrap()).await.unwrap());
    }
    let b = Node::start(12, &[(11, a.address())]).await;
    let id = b.admit(2);
    a.gets(id).await;
    assert_eq!(a.network.connected_peers(), 1);
    // A listed peer is answered.
    let answer = send_as(14, CHAIN, &a).await.unwrap();
    assert_eq!(answer.held, 1);
    assert_eq!(a.mempool.pool().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_peer_of_another_chain_is_not_understood() {
    let a = Node::start(11, &[(12, None)]).await;
    let refused = send_as(12, "test-2", &a).await;
    // A connection without a protocol in common is idle, and may be closed before the answer says so.
    assert!(
        matches!(
            refused,
            Err(OutboundFailure::UnsupportedProtocols | OutboundFailure::ConnectionClosed)
        ),
        "{refused:?}"
    );
    assert!(a.mempool.pool().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_is_fetched_from_a_peer_that_has_it() {
    let a = Node::start(11, &[(12, None), (13, None)]).await;
    let b = Node::start(12, &[(11, a.address())]).await;
    let c = Node::start(13, &[(11, a.address())]).await;
    eventually("all connect", || a.network.connected_peers() == 2).await;
    // Whichever of the two is asked first, one of these blocks is only at the other.
    let (_, signed) = fixture::good(1);
    let at_b = fixture::commit(&b.ledger, &[&signed]);
    let at_c = fixture::commit(&c.ledger, &[]);
    for candidate in [at_b, at_c] {
        let fetched = a.network.fetch_block(candidate.block_hash()).await;
        assert_eq!(fetched.as_deref(), Some(candidate.bytes()));
    }
    let unknown = Hash::tagged("no block", &[]);
    assert_eq!(a.network.fetch_block(unknown).await, None);
}
