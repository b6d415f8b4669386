//! Networks of real processes for the end-to-end tests: nodes on free loopback
//! ports, joined through relays of the harness, so that each can be killed,
//! stopped or cut off. Every wait has a bound; every process ends with its network.

mod access;
mod bare_peer;
mod binaries;
mod client;
mod metrics;
mod plan;
mod process;
mod records;
mod relays;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use counterfoil_proto::v1 as wire;
use counterfoil_types::genesis::{Genesis, LedgerKey};
use counterfoil_types::keys::SigningKey;
use tempfile::TempDir;

pub use self::access::Authority;
pub use self::bare_peer::{BarePeer, Question};
pub use self::binaries::{Finished, counterfoil, counterfoild, finish};
pub use self::client::{Client, Refused, Service, refused};
pub use self::metrics::scrape;
pub use self::plan::Plan;
pub use self::process::Node;
pub use self::records::Records;
pub use self::traffic::Traffic;
pub use counterfoil_rules_tests::trade::{
    Action, CURRENCIES, FIRST_DATE, MEMBERS, Signed, Wallet, confirmation, invoice, issue, money,
    now_ms, terms,
};

use self::plan::write_secret;
use self::relays::Relays;

/// The longest that anything which must happen may take, on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A network whose nodes end, and whose folder goes, when it is dropped.
pub struct Network {
    // Dropped first: the nodes run in the folder.
    nodes: Vec<Node>,
    relays: Relays,
    /// Who may know whom: `(node, other)` where the node lists the other among its peers.
    listed: BTreeSet<(usize, usize)>,
    /// Whether nodes grant a caller all that it asks for.
    unlimited: bool,
    genesis: Genesis,
    ledger_key: LedgerKey,
    keys: BTreeMap<String, SigningKey>,
    folder: TempDir,
}

impl Network {
    /// Makes a network and starts all of it, outsiders too; waits until its validators know each other.
    pub async fn start(plan: Plan) -> Self {
        let mut network = plan.make().await;
        for node in 0..network.nodes.len() {
            network.nodes[node].spawn();
        }
        let validators: Vec<usize> = (0..plan.validators).collect();
        network.ready(&validators).await;
        network
    }

    pub fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    pub fn node_mut(&mut self, node: usize) -> &mut Node {
        &mut self.nodes[node]
    }

    pub fn client(&self, node: usize) -> &Client {
        self.nodes[node].client()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    pub fn chain_id(&self) -> &str {
        &self.genesis.chain_id
    }

    /// What a member signs with.
    pub fn wallet(&self, organization: &str) -> Wallet {
        let key = self.keys.get(organization).expect("a member of the plan");
        Wallet::new(self.chain_id(), organization, key.clone())
    }

    /// The certificates that clients are to trust; not there in plain text.
    pub fn authority_file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// The command, asking a node as one of [`MEMBERS`].
    pub fn command(&self, node: usize, organization: &str) -> Command {
        let key = self.folder().join(format!("keys/{organization}.pem"));
        let mut command = Command::new(counterfoil());
        command
            .env("COUNTERFOIL_NODE", self.node(node).url())
            .env("COUNTERFOIL_CA", self.authority_file())
            .env("COUNTERFOIL_ORG", organization)
            .env("COUNTERFOIL_KEY", key);
        command
    }

    /// Cuts nodes off from all others, on both swarms.
    pub fn cut(&mut self, nodes: &[usize]) {
        self.relays.cut(nodes);
    }

    /// Lets nodes that were cut off speak with the others again.
    pub fn heal(&mut self, nodes: &[usize]) {
        self.relays.heal(nodes);
    }

    /// Lists a node among the peers of others. Takes effect when these are started next.
    pub fn list(&mut self, nodes: &[usize], other: usize) {
        self.listed.extend(nodes.iter().map(|node| (*node, other)));
        self.configure();
    }

    /// Adds a line to a node's ledger key file, which it reads when it is started next.
    pub fn give_ledger_key(&self, node: usize, key: &LedgerKey) {
        let file = self.node(node).home().join("ledger.key");
        let former = fs::read_to_string(&file).expect("the home has its ledger key");
        write_secret(&file, &format!("{former}\n{}\n", *key.to_hex()));
    }

    /// Lets a node use its validator's key, be it among the validators' or not, when it is started next.
    pub fn give_voice(&mut self, node: usize) {
        self.nodes[node].give_voice();
        self.configure();
    }

    /// Waits until nodes serve and are connected with each other.
    pub async fn ready(&mut self, nodes: &[usize]) {
        let until = Instant::now() + PATIENCE;
        for &node in nodes {
            loop {
                let problem = match self.nodes[node].exit() {
                    Some(status) => panic!("node {node} ended by itself: {status}"),
                    None => match self.client(node).status().await {
                        Ok(status) if status.peers as usize + 1 >= nodes.len() => break,
                        Ok(status) => format!("it knows {} peers", status.peers),
                        Err(status) => status.to_string(),
                    },
                };
                assert!(
                    Instant::now() < until,
                    "node {node} is not ready: {problem}"
                );
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// Waits until nodes have committed a height.
    pub async fn reach(&self, nodes: &[usize], height: u64) {
        for &node in nodes {
            eventually(
                &format!("node {node} at height {height}"),
                async || match self.client(node).height().await {
                    Ok(at) if at >= height => Ok(()),
                    Ok(at) => Err(format!("it is at {at}")),
                    Err(status) => Err(status.to_string()),
                },
            )
            .await;
        }
    }

    /// The greatest height that one of these nodes has committed.
    pub async fn height(&self, nodes: &[usize]) -> u64 {
        let mut highest = 0;
        for &node in nodes {
            highest = highest.max(self.client(node).height().await.expect("the node answers"));
        }
        highest
    }

    /// Waits until all nodes have the highest block of any, and checks that they hold one chain:
    /// the same blocks and receipts, and each node's own tree with the root that the header states.
    pub async fn agree(&self, nodes: &[usize]) -> u64 {
        let height = self.height(nodes).await;
        self.reach(nodes, height).await;
        let mut first: Option<(usize, Vec<Vec<u8>>, Vec<wire::GetBlockResponse>)> = None;
        for &node in nodes {
            let client = self.client(node);
            let summaries = client.blocks(height).await;
            let mut filled = Vec::new();
            for summary in summaries.iter().filter(|s| s.transactions != Some(0)) {
                let at = summary
                    .header
                    .as_ref()
                    .expect("a summary has its header")
                    .height;
                let mut block = client.block(at).await.expect("a listed block is there");
                // Each node may have seen other signatures of one decision.
                block.certificate = None;
                filled.push(block);
            }
            let tip = client
                .block(height)
                .await
                .expect("the node has this height");
            let header = tip.header.expect("a block has its header");
            let root = client
                .state_root(height)
                .await
                .expect("the node has this tree");
            assert_eq!(
                root, header.state_root,
                "node {node}'s tree and the header of {height}"
            );
            let hashes: Vec<Vec<u8>> = summaries.into_iter().map(|s| s.hash).collect();
            assert_eq!(
                hashes.len() as u64,
                height,
                "node {node} lists each block once"
            );
            match &first {
                None => first = Some((node, hashes, filled)),
                Some((other, theirs, blocks)) => {
                    assert_eq!(&hashes, theirs, "blocks of node {node} and of node {other}");
                    assert_eq!(
                        &filled, blocks,
                        "receipts of node {node} and of node {other}"
                    );
                }
            }
        }
        height
    }

    /// Writes every node's settings anew.
    fn configure(&self) {
        for (number, node) in self.nodes.iter().enumerate() {
            let peers = self.nodes.iter().enumerate();
            let peers = peers.filter(|(other, _)| self.listed.contains(&(number, *other)));
            let peers =
                peers.map(|(other, peer)| (peer.peer_id(), self.relays.addresses(number, other)));
            node.configure(&peers.collect::<Vec<_>>(), self.unlimited);
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
        }
        if std::thread::panicking() {
            for node in &self.nodes {
                let (name, log) = (node.name(), node.end_of_log());
                eprintln!("--- the end of what {name} logged:\n{log}");
            }
            self.folder.disable_cleanup(true);
            eprintln!("--- all of it stays in {}", self.folder.path().display());
        }
    }
}

/// Repeats an attempt until it succeeds; after [`PATIENCE`] says why the last one did not.
pub async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Result<T, String>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt().await {
            Ok(found) => return found,
            Err(problem) => assert!(
                Instant::now() < until,
                "waited {} s in vain for {what}: {problem}",
                PATIENCE.as_secs()
            ),
        }
        tokio::time::sleep(POLL).await;
    }
}
