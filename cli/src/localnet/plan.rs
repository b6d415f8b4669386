//! Making a network: its members' keys, its genesis, and a folder for each node.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use counterfoil_keystore as keystore;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    GenesisValidator, LedgerKey, PROTOCOL_VERSION, Permission, Role,
};
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::keys::{PublicKey, SigningKey};
use counterfoil_types::money::Currency;
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::certificates::Authority;
use super::{AUTHORITY, Description, GENESIS, Network, Node, absolute, create_folder, write};
use crate::failure::Failure;

/// Ports a node listens on: gRPC, consensus, transactions, metrics.
const PORTS: usize = 4;
/// Below those that systems take for outgoing connections (from 32768 on Linux): one of
/// them could sit on a stopped node's port when it is to start again.
const PORT_RANGE: Range<u16> = 10_000..32_000;
/// In a node's folder.
const CERTIFICATE: &str = "tls.pem";
const CERTIFICATE_KEY: &str = "tls.key";
/// Ports that may turn out to be taken.
const MAX_TRIES: usize = 1_000;

/// An organization to enrol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: OrganizationId,
    pub legal_name: String,
    pub role: Role,
    /// Whether a second account approves what the first one makes.
    pub checked: bool,
}

/// What a new network is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    pub chain_id: String,
    /// The first date of a simulated clock; none for a clock that follows the wall.
    pub first_date: Option<Date>,
    pub currencies: Vec<Currency>,
    pub members: Vec<Member>,
    /// How many validators, run by the members in their order, from the first again after the last.
    pub validators: usize,
    pub transport: Transport,
}

/// How the nodes speak with their callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tls,
    PlainText,
}

/// What `counterfoild init -o json` prints.
#[derive(Deserialize)]
struct MadeNode {
    peer_id: String,
    validator_public_key: PublicKey,
}

struct NewNode {
    node: Node,
    made: MadeNode,
    ports: [SocketAddr; PORTS],
}

impl Plan {
    /// Makes the network in a folder that is new or empty. Nothing is started.
    pub fn create(&self, home: &Path, counterfoild: &Path) -> Result<Network, Failure> {
        let home = absolute(home)?;
        if fs::read_dir(&home).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::Failed(format!(
                "{} is not empty: name another folder, or `counterfoil localnet clean --home {0}` first",
                home.display()
            )));
        }
        create_folder(&home.join("keys"))?;
        let ledger_key = LedgerKey::generate();
        keystore::write_secret(&home.join("ledger.key"), &ledger_key.to_hex())?;
        let nodes = self.make_nodes(&home, counterfoild)?;
        let network = Network {
            description: Description {
                chain_id: self.chain_id.clone(),
                counterfoild: counterfoild.to_owned(),
                nodes: nodes.iter().map(|new| new.node.clone()).collect(),
            },
            home,
        };
        let mut organizations = Vec::new();
        for member in &self.members {
            let make_key = |file: &Path| -> Result<PublicKey, Failure> {
                let key = SigningKey::generate();
                keystore::write_plain_key(file, &key)?;
                Ok(key.public_key())
            };
            let maker = make_key(&network.key_file(&member.id))?;
            let checker = match member.checked {
                true => Some(make_key(&network.checker_key_file(&member.id))?),
                false => None,
            };
            organizations.push(member.enrolled(maker, checker, &self.chain_id));
        }
        let genesis = self.genesis(organizations, &nodes, &ledger_key)?;
        write(&network.home.join(GENESIS), &genesis.to_json())?;
        if self.transport == Transport::Tls {
            self.certify(&network)?;
        }
        for new in &nodes {
            let config = configuration(new, &nodes, self.transport);
            let text = toml::to_string(&config).map_err(Failure::failed)?;
            write(&network.node_home(&new.node).join("node.toml"), &text)?;
        }
        network.write_env()?;
        network.save()?;
        Ok(network)
    }

    fn make_nodes(&self, home: &Path, counterfoild: &Path) -> Result<Vec<NewNode>, Failure> {
        let ports = free_ports(self.validators)?;
        let mut nodes = Vec::new();
        for (i, (ports, member)) in ports
            .into_iter()
            .zip(self.members.iter().cycle())
            .enumerate()
        {
            let node = Node {
                name: format!("validator-{i}"),
                organization: member.id.clone(),
                url: match self.transport {
                    Transport::Tls => format!("https://{}", ports[0]),
                    Transport::PlainText => format!("http://{}", ports[0]),
                },
                metrics: format!("http://{}/metrics", ports[3]),
            };
            let node_home = home.join("nodes").join(&node.name);
            let made = init_node(counterfoild, &node_home, &node.name)?;
            nodes.push(NewNode { node, made, ports });
        }
        Ok(nodes)
    }

    /// Makes the network's authority and each node's certificate.
    fn certify(&self, network: &Network) -> Result<(), Failure> {
        let authority = Authority::new(&self.chain_id, today()?)?;
        write(&network.home.join(AUTHORITY), &authority.certificate())?;
        for node in network.nodes() {
            let issued = authority.issue(&node.name)?;
            let home = network.node_home(node);
            write(&home.join(CERTIFICATE), &issued.certificate)?;
            keystore::write_secret(&home.join(CERTIFICATE_KEY), &issued.key)?;
        }
        Ok(())
    }

    fn genesis(
        &self,
        organizations: Vec<GenesisOrganization>,
        nodes: &[NewNode],
        ledger_key: &LedgerKey,
    ) -> Result<Genesis, Failure> {
        let exponent = |code: &Currency| code.iso_exponent().expect("a Currency has an exponent");
        let mut genesis = Genesis {
            protocol_version: PROTOCOL_VERSION,
            chain_id: self.chain_id.clone(),
            time_ms: u64::try_from(now_ms()?).map_err(Failure::failed)?,
            development: self.members.iter().any(Member::lacks_a_checker),
            clock: if self.first_date.is_some() {
                ClockKind::Simulated
            } else {
                ClockKind::Wall
            },
            first_date: self.first_date,
            utc_offset_minutes: 0,
            ledger_key_hash: ledger_key.hash(),
            currencies: self
                .currencies
                .iter()
                .map(|code| GenesisCurrency {
                    code: *code,
                    exponent: exponent(code),
                })
                .collect(),
            organizations,
            validators: nodes
                .iter()
                .map(|new| GenesisValidator {
                    organization: new.node.organization.clone(),
                    public_key: new.made.validator_public_key,
                    power: 1,
                })
                .collect(),
            params: ConsensusParams::default(),
        };
        genesis.sort();
        genesis.validate().map_err(Failure::failed)?;
        Ok(genesis)
    }
}

impl Member {
    /// Whether only a development network would take it with one account (specification 1.4).
    fn lacks_a_checker(&self) -> bool {
        !self.checked && [Role::CoreEnterprise, Role::Bank].contains(&self.role)
    }

    fn enrolled(
        &self,
        maker: PublicKey,
        checker: Option<PublicKey>,
        chain_id: &str,
    ) -> GenesisOrganization {
        use Permission::{Admin, Approve, Make, View};
        let accounts = match checker {
            None => vec![GenesisAccount::of(maker)],
            Some(checker) => vec![
                GenesisAccount {
                    key: maker,
                    permissions: vec![View, Make, Admin],
                },
                GenesisAccount {
                    key: checker,
                    permissions: vec![View, Approve, Admin],
                },
            ],
        };
        GenesisOrganization {
            id: self.id.clone(),
            legal_name: self.legal_name.clone(),
            lei: String::new(),
            national_id: format!("{chain_id}:{}", self.id),
            roles: vec![self.role],
            accounts,
        }
    }
}

/// This machine's date.
pub fn today() -> Result<Date, Failure> {
    Date::from_unix_ms(now_ms()?).map_err(Failure::failed)
}

fn now_ms() -> Result<i64, Failure> {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(Failure::failed)?;
    i64::try_from(since_1970.as_millis()).map_err(Failure::failed)
}

/// Free ports on loopback. All are held until all are found, so that none is given twice.
fn free_ports(nodes: usize) -> Result<Vec<[SocketAddr; PORTS]>, Failure> {
    let failed = |e: std::io::Error| Failure::Failed(format!("no free port on 127.0.0.1: {e}"));
    let mut random = rand::thread_rng();
    let mut held = Vec::new();
    let mut ports = Vec::new();
    let mut tries = 0;
    for _ in 0..nodes {
        let mut of_node = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); PORTS];
        for address in &mut of_node {
            let listener = loop {
                address.set_port(random.gen_range(PORT_RANGE));
                match TcpListener::bind(*address) {
                    Ok(listener) => break listener,
                    Err(e) if tries == MAX_TRIES => return Err(failed(e)),
                    Err(_) => tries += 1,
                }
            };
            held.push(listener);
        }
        ports.push(of_node);
    }
    Ok(ports)
}

fn init_node(counterfoild: &Path, home: &Path, name: &str) -> Result<MadeNode, Failure> {
    let output = Command::new(counterfoild)
        .args([
            "init",
            "--plain-keys",
            "--moniker",
            name,
            "-o",
            "json",
            "--home",
        ])
        .arg(home)
        .output()
        .map_err(|e| Failure::Failed(format!("cannot run {}: {e}", counterfoild.display())))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Failed(format!(
            "{} init: {}",
            counterfoild.display(),
            message.trim()
        )));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| {
        Failure::Failed(format!(
            "{} init answered something else: {e}",
            counterfoild.display()
        ))
    })
}

/// `node.toml`, as `counterfoild` reads it.
#[derive(Serialize)]
struct Configuration {
    moniker: String,
    genesis: PathBuf,
    ledger_key: PathBuf,
    validator_key: PathBuf,
    listen: Listen,
    tls: Tls,
    peers: Vec<Peer>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Tls {
    Files { certificate: PathBuf, key: PathBuf },
    Without { plain_text: bool },
}

#[derive(Serialize)]
struct Listen {
    grpc: SocketAddr,
    consensus: SocketAddr,
    transactions: SocketAddr,
    metrics: SocketAddr,
}

#[derive(Serialize)]
struct Peer {
    peer_id: String,
    consensus: SocketAddr,
    transactions: SocketAddr,
}

fn configuration(of: &NewNode, all: &[NewNode], transport: Transport) -> Configuration {
    let [grpc, consensus, transactions, metrics] = of.ports;
    let others = all.iter().filter(|other| other.node.name != of.node.name);
    let peer = |other: &NewNode| {
        let [_, consensus, transactions, _] = other.ports;
        Peer {
            peer_id: other.made.peer_id.clone(),
            consensus,
            transactions,
        }
    };
    // One genesis and one ledger key for all nodes, two folders above each.
    Configuration {
        moniker: of.node.name.clone(),
        genesis: "../../genesis.json".into(),
        ledger_key: "../../ledger.key".into(),
        validator_key: "validator.pem".into(),
        listen: Listen {
            grpc,
            consensus,
            transactions,
            metrics,
        },
        tls: match transport {
            Transport::Tls => Tls::Files {
                certificate: CERTIFICATE.into(),
                key: CERTIFICATE_KEY.into(),
            },
            Transport::PlainText => Tls::Without { plain_text: true },
        },
        peers: others.map(peer).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_names_the_others_as_peers() {
        let nodes: Vec<NewNode> = free_ports(3)
            .unwrap()
            .into_iter()
            .enumerate()
            .map(|(i, ports)| NewNode {
                node: Node {
                    name: format!("validator-{i}"),
                    organization: "bank-a".parse().unwrap(),
                    url: String::new(),
                    metrics: String::new(),
                },
                made: MadeNode {
                    peer_id: format!("peer-{i}"),
                    validator_public_key: SigningKey::from_seed([9; 32]).public_key(),
                },
                ports,
            })
            .collect();
        let mut all: Vec<SocketAddr> = nodes.iter().flat_map(|new| new.ports).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 12);
        let text = toml::to_string(&configuration(&nodes[1], &nodes, Transport::Tls)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["tls"]["certificate"].as_str(), Some("tls.pem"));
        let plain = configuration(&nodes[1], &nodes, Transport::PlainText);
        assert!(
            toml::to_string(&plain)
                .unwrap()
                .contains("plain_text = true")
        );
        let peers = table["peers"].as_array().unwrap();
        let ids: Vec<&str> = peers
            .iter()
            .map(|peer| peer["peer_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["peer-0", "peer-2"]);
        assert_eq!(
            table["listen"]["grpc"].as_str().unwrap(),
            nodes[1].ports[0].to_string()
        );
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        let plan = Plan {
            chain_id: "test".into(),
            first_date: None,
            currencies: Vec::new(),
            members: Vec::new(),
            validators: 1,
            transport: Transport::Tls,
        };
        let error = plan
            .create(folder.path(), Path::new("counterfoild"))
            .unwrap_err();
        assert!(error.to_string().contains("not empty"));
    }
}
