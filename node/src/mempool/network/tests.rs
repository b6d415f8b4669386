//! Networks of two, in one process: what arrives, and who is refused.

use std::net::SocketAddr;

use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;
use libp2p::PeerId;
use prost::Message as _;
use tempfile::TempDir;
use tokio::net::TcpStream;

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
    async fn start(seed: u8, chain_id: &str, peers: &[(u8, Option<SocketAddr>)]) -> Self {
        Self::start_with(seed, chain_id, peers, &[]).await
    }

    /// With transactions in the pool before it has any connection.
    async fn start_with(
        seed: u8,
        chain_id: &str,
        peers: &[(u8, Option<SocketAddr>)],
        pooled: &[(u64, Origin)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = fixture::ledger(folder.path());
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        for (nonce, origin) in pooled {
            let signed = fixture::good(*nonce).1.encode_to_vec();
            mempool.admit(&signed, *origin).unwrap();
        }
        let nowhere = NOWHERE.parse().unwrap();
        let settings = NetworkSettings {
            keypair: peer_keypair(&fixture::key(seed)),
            chain_id: chain_id.into(),
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
        self.mempool.admit(&signed, Origin::Client).unwrap();
        id
    }

    async fn gets(&self, id: TxId) {
        eventually("a transaction arrives", || {
            self.mempool.pool().contains(&id)
        })
        .await;
    }

    /// Waits until it was connected and let go again, so often.
    async fn is_let_go(&self, times: usize) {
        let mut connected = self.network.connected();
        let wait = async {
            for _ in 0..times {
                connected.wait_for(|count| *count == 1).await.unwrap();
                connected.wait_for(|count| *count == 0).await.unwrap();
            }
        };
        let most = std::time::Duration::from_secs(30);
        tokio::time::timeout(most, wait).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_arrive_those_from_before_the_connection_too() {
    let before = [(1, Origin::Client), (2, Origin::Peer)];
    let a = Node::start_with(11, CHAIN, &[(12, None)], &before).await;
    let b = Node::start(12, CHAIN, &[(11, a.address())]).await;
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
    let a = Node::start(11, CHAIN, &[(12, None)]).await;
    let b = Node::start(12, CHAIN, &[(11, a.address())]).await;
    eventually("they connect", || a.network.connected_peers() == 1).await;
    let id = a.admit(1);
    b.gets(id).await;
    let Node { _task: task, .. } = b;
    task.stop().await;
    eventually("it is gone", || a.network.connected_peers() == 0).await;
    let b = Node::start(12, CHAIN, &[(11, a.address())]).await;
    b.gets(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outsiders_are_refused_and_disturb_nobody() {
    let a = Node::start(11, CHAIN, &[(12, None)]).await;
    // Lists a, but a does not list it.
    let outsider = Node::start_with(13, CHAIN, &[(11, a.address())], &[(1, Origin::Client)]).await;
    outsider.is_let_go(2).await;
    // These never say who they are.
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(a.address().unwrap()).await.unwrap());
    }
    let b = Node::start(12, CHAIN, &[(11, a.address())]).await;
    let id = b.admit(2);
    a.gets(id).await;
    assert_eq!(a.mempool.pool().len(), 1);
    assert_eq!(a.network.connected_peers(), 1);
    let block = fixture::commit(&a.ledger, &[]).block_hash();
    assert!(b.network.fetch_block(block).await.is_some());
    assert!(outsider.network.fetch_block(block).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_peer_of_another_chain_gets_nothing() {
    let a = Node::start(11, CHAIN, &[(12, None)]).await;
    let block = fixture::commit(&a.ledger, &[]).block_hash();
    // All but the protocols' names would fit.
    let pooled = [(1, Origin::Client)];
    let other = Node::start_with(12, "test-2", &[(11, a.address())], &pooled).await;
    other.is_let_go(2).await;
    assert!(a.mempool.pool().is_empty());
    assert!(other.network.fetch_block(block).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_is_fetched_from_a_peer_that_has_it() {
    let a = Node::start(11, CHAIN, &[(12, None), (13, None)]).await;
    let b = Node::start(12, CHAIN, &[(11, a.address())]).await;
    let c = Node::start(13, CHAIN, &[(11, a.address())]).await;
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
