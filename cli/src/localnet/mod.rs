//! Networks of validators as plain processes on this machine, for trying things out, tests and the demo.
//!
//! A network is a folder: `localnet.json` (what it consists of), `genesis.json`, `env` (for
//! shells), `ledger.key`, `ca.pem`, `keys/‹organization›.pem`, and `nodes/‹name›/` with each
//! node's configuration, certificate, data, `node.log` and `pid`.

mod certificates;
mod env;
mod plan;
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use counterfoil_keystore::read_plain_key;
use counterfoil_proto::v1 as wire;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::ids::OrganizationId;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub use self::certificates::Authority;
pub use self::env::in_shell;
pub use self::plan::{Member, Plan, Transport, today};
pub use self::process::find_counterfoild;
use crate::client::{Access, Account, Client};
use crate::failure::Failure;
use crate::shell::word;

const DESCRIPTION: &str = "localnet.json";
const GENESIS: &str = "genesis.json";
/// What clients are to trust; not there in plain text.
const AUTHORITY: &str = "ca.pem";
/// How long nodes may take from their start until all serve and know each other.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const START_POLL: Duration = Duration::from_millis(100);
/// How often a network in the foreground is looked at.
const END_POLL: Duration = Duration::from_millis(500);
/// How long a node may take to end before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// A network on this machine.
#[derive(Clone, Debug)]
pub struct Network {
    home: PathBuf,
    description: Description,
}

/// What `localnet.json` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    chain_id: String,
    /// The binary that made the nodes and runs them.
    counterfoild: PathBuf,
    nodes: Vec<Node>,
}

/// One validator of the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub name: String,
    /// The organization that runs it.
    pub organization: OrganizationId,
    /// Where it serves gRPC.
    pub url: String,
    /// Where it serves its metrics.
    pub metrics: String,
}

/// A node as it is now.
pub struct NodeState {
    pub node: Node,
    /// The process, where it runs.
    pub pid: Option<u32>,
    /// What it answers, where it serves.
    pub status: Option<wire::GetStatusResponse>,
}

impl Network {
    /// Opens a network that `Plan::create` made.
    pub fn open(home: &Path) -> Result<Self, Failure> {
        let home = absolute(home)?;
        let file = home.join(DESCRIPTION);
        let text = fs::read_to_string(&file).map_err(|e| {
            Failure::Failed(format!(
                "{}: {e}: make a network there by `counterfoil localnet init --home {}`",
                file.display(),
                home.display()
            ))
        })?;
        let description = serde_json::from_str(&text).map_err(|e| {
            Failure::Failed(format!(
                "{}: {e}: clean it and make it again",
                file.display()
            ))
        })?;
        Ok(Self { home, description })
    }

    /// Whether a folder holds a network.
    pub fn is_at(home: &Path) -> bool {
        home.join(DESCRIPTION).is_file()
    }

    fn save(&self) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.description)
            .expect("a description has string keys only");
        write(&self.home.join(DESCRIPTION), &text)
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn chain_id(&self) -> &str {
        &self.description.chain_id
    }

    pub fn nodes(&self) -> &[Node] {
        &self.description.nodes
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes().iter().map(|node| node.url.clone()).collect()
    }

    pub fn genesis(&self) -> Result<Genesis, Failure> {
        let file = self.home.join(GENESIS);
        let unusable = |e: &dyn std::fmt::Display| {
            Failure::Failed(format!(
                "{}: {e}: clean it and make it again",
                file.display()
            ))
        };
        let text = fs::read_to_string(&file).map_err(|e| unusable(&e))?;
        Genesis::from_json(&text).map_err(|e| unusable(&e))
    }

    /// Where an organization's private key is.
    pub fn key_file(&self, organization: &OrganizationId) -> PathBuf {
        self.home.join("keys").join(format!("{organization}.pem"))
    }

    /// The key of the account that approves what an organization's first one makes, where it has one.
    pub fn checker_key_file(&self, organization: &OrganizationId) -> PathBuf {
        self.key_file(organization)
            .with_file_name(format!("{organization}-checker.pem"))
    }

    /// The file of the network's authority, unless its nodes speak plain text.
    pub fn authority(&self) -> Option<PathBuf> {
        let file = self.home.join(AUTHORITY);
        file.exists().then_some(file)
    }

    /// To ask the network's nodes as one of its organizations.
    pub fn access(&self, organization: &OrganizationId) -> Result<Access, Failure> {
        Ok(Access {
            account: Account {
                organization: organization.clone(),
                key: read_plain_key(&self.key_file(organization))?,
            },
            authority: self.authority(),
        })
    }

    /// What a shell must be told to ask the first node.
    fn exports(&self) -> String {
        let node = format!("export COUNTERFOIL_NODE={}", self.nodes()[0].url);
        match self.authority() {
            Some(file) => format!(
                "{node} COUNTERFOIL_CA={}",
                word(&file.display().to_string())
            ),
            None => node,
        }
    }

    fn node_home(&self, node: &Node) -> PathBuf {
        self.home.join("nodes").join(&node.name)
    }

    /// The nodes of these names; all of them where none is named.
    fn named(&self, names: &[String]) -> Result<Vec<&Node>, Failure> {
        let find = |name: &String| {
            let found = self.nodes().iter().find(|node| &node.name == name);
            found.ok_or_else(|| Failure::Usage(format!("this network has no node {name:?}")))
        };
        match names {
            [] => Ok(self.nodes().iter().collect()),
            names => names.iter().map(find).collect(),
        }
    }

    /// Starts those of the named nodes that do not run, and waits until they serve.
    pub async fn start(&self, names: &[String]) -> Result<(), Failure> {
        let nodes = self.named(names)?;
        for node in &nodes {
            let home = self.node_home(node);
            if process::running(&home).is_none() {
                process::spawn(&self.description.counterfoild, &home)?;
            }
        }
        let until = Instant::now() + START_TIMEOUT;
        for node in nodes {
            self.wait_until_serving(node, until).await?;
        }
        Ok(())
    }

    async fn wait_until_serving(&self, node: &Node, until: Instant) -> Result<(), Failure> {
        let home = self.node_home(node);
        loop {
            self.check_running(node)?;
            if self
                .status(node)
                .await
                .is_some_and(|status| self.connected(&status))
            {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Failure::Failed(format!(
                    "node {} does not serve after {} s; the end of its log:\n{}",
                    node.name,
                    START_TIMEOUT.as_secs(),
                    process::end_of_log(&home)
                )));
            }
            tokio::time::sleep(START_POLL).await;
        }
    }

    fn check_running(&self, node: &Node) -> Result<(), Failure> {
        let home = self.node_home(node);
        if process::running(&home).is_some() {
            return Ok(());
        }
        Err(Failure::Failed(format!(
            "node {} ended:\n{}",
            node.name,
            process::end_of_log(&home)
        )))
    }

    /// Whether a node knows every other one that runs.
    fn connected(&self, status: &wire::GetStatusResponse) -> bool {
        let running = self
            .nodes()
            .iter()
            .filter(|node| process::running(&self.node_home(node)).is_some());
        usize::try_from(status.peers).is_ok_and(|peers| peers + 1 >= running.count())
    }

    /// Returns once a node ends by itself, as a failure that shows its last words.
    pub async fn until_ended(&self) -> Result<(), Failure> {
        loop {
            self.nodes()
                .iter()
                .try_for_each(|node| self.check_running(node))?;
            tokio::time::sleep(END_POLL).await;
        }
    }

    pub async fn states(&self) -> Vec<NodeState> {
        let mut states = Vec::new();
        for node in self.nodes() {
            states.push(NodeState {
                node: node.clone(),
                pid: process::running(&self.node_home(node)),
                status: self.status(node).await,
            });
        }
        states
    }

    /// What a node says of itself to the organization that runs it, where it answers.
    async fn status(&self, node: &Node) -> Option<wire::GetStatusResponse> {
        let access = self.access(&node.organization).ok()?;
        let client = Client::connect(&node.url, &access).await.ok()?;
        client.status().await.ok()
    }

    /// Ends the named nodes, or all: first politely, after a while by force. Returns how many ran.
    pub fn stop(&self, names: &[String]) -> Result<usize, Failure> {
        let homes: Vec<PathBuf> = self
            .named(names)?
            .into_iter()
            .map(|node| self.node_home(node))
            .collect();
        process::stop(&homes, STOP_TIMEOUT)
    }

    /// Stops the network and removes its folder.
    pub fn clean(&self) -> Result<(), Failure> {
        self.stop(&[])?;
        fs::remove_dir_all(&self.home)
            .map_err(|e| Failure::Failed(format!("cannot remove {}: {e}", self.home.display())))
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|e| Failure::Failed(format!("cannot write {}: {e}", path.display())))
}

fn create_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path)
        .map_err(|e| Failure::Failed(format!("cannot make {}: {e}", path.display())))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|e| Failure::Failed(format!("{}: {e}", path.display())))
}
