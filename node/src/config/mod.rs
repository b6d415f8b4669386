//! The node's own settings: `node.toml` in its home, read over defaults into
//! values that are checked once and trusted afterwards.

pub mod keys;
mod limits;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use counterfoil_keystore::KeystoreError;
use libp2p::PeerId;
use serde::{Deserialize, Serialize};

pub use limits::Limits;

/// The settings' file in a node's home.
pub const FILE_NAME: &str = "node.toml";

const DEFAULT_GENESIS: &str = "genesis.json";
const DEFAULT_LEDGER_KEY: &str = "ledger.key";
const DEFAULT_VALIDATOR_KEY: &str = "validator.pem";
const DEFAULT_PEER_KEY: &str = "peer.pem";
const DEFAULT_CERTIFICATE: &str = "tls.pem";
const DEFAULT_TLS_KEY: &str = "tls.key";
const DEFAULT_DATA: &str = "data";
const DEFAULT_GRPC: &str = "127.0.0.1:26650";
const DEFAULT_CONSENSUS: &str = "127.0.0.1:26651";
const DEFAULT_TRANSACTIONS: &str = "127.0.0.1:26652";
const DEFAULT_METRICS: &str = "127.0.0.1:26653";
/// Free room below which a node stops: several times what the store writes ahead and merges at once.
const DEFAULT_DISK_RESERVE_MIB: u64 = 512;

/// Peers a node may name: every other node of a network in full mesh.
const MAX_PEERS: usize = 200;
const MAX_MONIKER: usize = 64;

/// More than a machine has ports for; no file limit allows it.
const MAX_CONNECTIONS: usize = 1_000_000;

/// Why a node cannot start with what its operator gave it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {source}; `counterfoild init` makes a node's home")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path}: {problem}")]
    Syntax { path: PathBuf, problem: String },
    #[error("{path}: {field}: {problem}")]
    Field {
        path: PathBuf,
        field: String,
        problem: String,
    },
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    #[error("{path}: {problem}")]
    Key { path: PathBuf, problem: String },
    #[error(
        "{path} lacks the ledger key that genesis names, of hash {expected}: it is another network's, or a line is missing"
    )]
    OtherLedgerKey { path: PathBuf, expected: String },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How callers of the API are spoken with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    Tls {
        certificate: PathBuf,
        key: PathBuf,
    },
    /// On loopback only.
    PlainText,
}

/// How much of its own work the node tells; its libraries tell what they warn of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// Another node of the network, and where it listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    pub peer_id: PeerId,
    pub consensus: SocketAddr,
    pub transactions: SocketAddr,
}

/// Settings with every default filled in, every path absolute, every value checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    pub home: PathBuf,
    pub moniker: String,
    pub genesis: PathBuf,
    pub ledger_key: PathBuf,
    /// A node without one follows the chain but does not vote.
    pub validator_key: Option<PathBuf>,
    pub peer_key: PathBuf,
    /// Its first line opens the keys, where they are encrypted.
    pub password_file: Option<PathBuf>,
    pub data: PathBuf,
    pub grpc_listen: SocketAddr,
    pub transport: Transport,
    pub consensus_listen: SocketAddr,
    pub transactions_listen: SocketAddr,
    /// A node without one serves no metrics.
    pub metrics_listen: Option<SocketAddr>,
    pub peers: Vec<Peer>,
    pub log_format: LogFormat,
    pub limits: Limits,
    pub log_level: LogLevel,
    pub disk_reserve_mib: u64,
}

/// The file as its operator writes it; what is left out has a default.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    moniker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    genesis: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validator_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    #[serde(default)]
    listen: Listen,
    #[serde(default)]
    tls: FileTls,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(default)]
    log: Log,
    #[serde(default, skip_serializing_if = "DiskSettings::is_default")]
    disk: DiskSettings,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    peers: Vec<FilePeer>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    #[serde(skip_serializing_if = "Option::is_none")]
    grpc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consensus: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTls {
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plain_text: Option<bool>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    #[serde(default)]
    format: LogFormat,
    #[serde(default)]
    level: LogLevel,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiskSettings {
    reserve_mib: Option<u64>,
}

impl DiskSettings {
    fn is_default(&self) -> bool {
        self.reserve_mib.is_none()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePeer {
    peer_id: String,
    consensus: String,
    transactions: String,
}

impl Config {
    /// Reads the settings of a node's home.
    pub fn load(home: &Path) -> Result<Self, ConfigError> {
        let home = std::path::absolute(home).map_err(|source| ConfigError::Read {
            path: home.to_owned(),
            source,
        })?;
        let path = home.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Read {
            path: path.clone(),
            source,
        })?;
        let file: File = toml::from_str(&text).map_err(|e| ConfigError::Syntax {
            path: path.clone(),
            problem: e.to_string().trim_end().to_owned(),
        })?;
        Checker { path: &path }.config(home, file)
    }

    /// The store of blocks and state.
    pub fn ledger_dir(&self) -> PathBuf {
        self.data.join("ledger")
    }

    /// The engine's log of votes.
    pub fn wal_dir(&self) -> PathBuf {
        self.data.join("wal")
    }

    /// Where a running node puts backups when it is asked for one.
    pub fn backups_dir(&self) -> PathBuf {
        self.home.join("backups")
    }

    /// Stands there while the votes of this validator may be older than its data.
    pub fn restored_file(&self) -> PathBuf {
        self.data.join("RESTORED")
    }

    /// Stands there when consensus stopped for a reason an operator must look at.
    pub fn halted_file(&self) -> PathBuf {
        self.data.join("HALTED")
    }
}

/// A first `node.toml` for a validator: names its parts, so that an operator sees what there is.
pub fn initial_file(moniker: &str) -> String {
    let file = File {
        moniker: Some(moniker.to_owned()),
        genesis: Some(DEFAULT_GENESIS.into()),
        ledger_key: Some(DEFAULT_LEDGER_KEY.into()),
        validator_key: Some(DEFAULT_VALIDATOR_KEY.into()),
        peer_key: Some(DEFAULT_PEER_KEY.into()),
        data: Some(DEFAULT_DATA.into()),
        listen: Listen {
            grpc: Some(DEFAULT_GRPC.to_owned()),
            consensus: Some(DEFAULT_CONSENSUS.to_owned()),
            transactions: Some(DEFAULT_TRANSACTIONS.to_owned()),
            metrics: Some(DEFAULT_METRICS.to_owned()),
        },
        tls: FileTls {
            certificate: Some(DEFAULT_CERTIFICATE.into()),
            key: Some(DEFAULT_TLS_KEY.into()),
            plain_text: None,
        },
        ..File::default()
    };
    toml::to_string(&file).expect("text, paths and tables are TOML")
}

/// Turns what the file says into what the node uses, and names the field that is wrong.
struct Checker<'a> {
    path: &'a Path,
}

impl Checker<'_> {
    fn config(&self, home: PathBuf, file: File) -> Result<Config, ConfigError> {
        let at = |path: Option<PathBuf>, default: &str| home.join(path.unwrap_or(default.into()));
        let moniker = match file.moniker {
            Some(moniker) => moniker,
            None => home
                .file_name()
                .map_or_else(|| "node".to_owned(), |n| n.to_string_lossy().into_owned()),
        };
        if moniker.is_empty() || moniker.chars().count() > MAX_MONIKER {
            return self.fault("moniker", format!("has 1 to {MAX_MONIKER} characters"));
        }
        let grpc_listen = self.address("listen.grpc", file.listen.grpc, DEFAULT_GRPC)?;
        let transport = self.transport(&home, file.tls, grpc_listen)?;
        let limits = file.limits.unwrap_or_default();
        if !(1..=MAX_CONNECTIONS).contains(&limits.connections) {
            return self.fault(
                "limits.connections",
                format!("is from 1 to {MAX_CONNECTIONS}"),
            );
        }
        Ok(Config {
            moniker,
            genesis: at(file.genesis, DEFAULT_GENESIS),
            ledger_key: at(file.ledger_key, DEFAULT_LEDGER_KEY),
            validator_key: file.validator_key.map(|key| home.join(key)),
            peer_key: at(file.peer_key, DEFAULT_PEER_KEY),
            password_file: file.password_file.map(|file| home.join(file)),
            data: at(file.data, DEFAULT_DATA),
            grpc_listen,
            transport,
            consensus_listen: self.address(
                "listen.consensus",
                file.listen.consensus,
                DEFAULT_CONSENSUS,
            )?,
            transactions_listen: self.address(
                "listen.transactions",
                file.listen.transactions,
                DEFAULT_TRANSACTIONS,
            )?,
            metrics_listen: match file.listen.metrics {
                Some(address) => Some(self.address("listen.metrics", Some(address), "")?),
                None => None,
            },
            peers: self.peers(file.peers)?,
            log_format: file.log.format,
            limits,
            log_level: file.log.level,
            disk_reserve_mib: file.disk.reserve_mib.unwrap_or(DEFAULT_DISK_RESERVE_MIB),
            home,
        })
    }

    /// Plain text only where it is asked for, and nobody else can listen.
    fn transport(
        &self,
        home: &Path,
        tls: FileTls,
        grpc_listen: SocketAddr,
    ) -> Result<Transport, ConfigError> {
        if tls.plain_text != Some(true) {
            let at = |path: Option<PathBuf>, default: &str| {
                home.join(path.unwrap_or_else(|| default.into()))
            };
            return Ok(Transport::Tls {
                certificate: at(tls.certificate, DEFAULT_CERTIFICATE),
                key: at(tls.key, DEFAULT_TLS_KEY),
            });
        }
        if tls.certificate.is_some() || tls.key.is_some() {
            let problem = "is true, and a certificate or key is named beside it: take away the one or the other";
            return self.fault("tls.plain_text", problem);
        }
        if !grpc_listen.ip().is_loopback() {
            let problem = format!(
                "is true, and {grpc_listen} (listen.grpc) is not a loopback address: anybody on the way could read \
                 and change what is said. Name a certificate and its key by tls.certificate and tls.key instead, \
                 or listen on 127.0.0.1 or [::1]"
            );
            return self.fault("tls.plain_text", problem);
        }
        Ok(Transport::PlainText)
    }

    fn peers(&self, listed: Vec<FilePeer>) -> Result<Vec<Peer>, ConfigError> {
        if listed.len() > MAX_PEERS {
            return self.fault("peers", format!("at most {MAX_PEERS}"));
        }
        let mut peers: Vec<Peer> = Vec::with_capacity(listed.len());
        for (index, peer) in listed.into_iter().enumerate() {
            let field = |name: &str| format!("peers[{index}].{name}");
            let peer_id: PeerId = match peer.peer_id.parse() {
                Ok(id) => id,
                Err(_) => {
                    let problem = format!("{:?} is not a peer id such as 12D3KooW…", peer.peer_id);
                    return self.fault(field("peer_id"), problem);
                }
            };
            if peers.iter().any(|known| known.peer_id == peer_id) {
                return self.fault(field("peer_id"), format!("{peer_id} is listed twice"));
            }
            peers.push(Peer {
                peer_id,
                consensus: self.address(&field("consensus"), Some(peer.consensus), "")?,
                transactions: self.address(&field("transactions"), Some(peer.transactions), "")?,
            });
        }
        Ok(peers)
    }

    /// Addresses are numbers: the node resolves no names.
    fn address(
        &self,
        field: &str,
        text: Option<String>,
        default: &str,
    ) -> Result<SocketAddr, ConfigError> {
        let text = text.unwrap_or_else(|| default.to_owned());
        match text.parse() {
            Ok(address) => Ok(address),
            Err(_) => self.fault(
                field,
                format!("{text:?} is not an IP address and port such as 127.0.0.1:26650"),
            ),
        }
    }

    fn fault<T>(
        &self,
        field: impl Into<String>,
        problem: impl Into<String>,
    ) -> Result<T, ConfigError> {
        Err(ConfigError::Field {
            path: self.path.to_owned(),
            field: field.into(),
            problem: problem.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(FILE_NAME), text).unwrap();
        Config::load(home.path())
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let config = load("").unwrap();
        assert_eq!(config.grpc_listen.to_string(), DEFAULT_GRPC);
        assert_eq!(config.genesis, config.home.join("genesis.json"));
        assert_eq!(config.validator_key, None);
        let transport = Transport::Tls {
            certificate: config.home.join("tls.pem"),
            key: config.home.join("tls.key"),
        };
        assert_eq!(config.transport, transport);
        assert_eq!(config.log_format, LogFormat::Text);
        assert_eq!(config.log_level, LogLevel::Info);
        assert_eq!(config.disk_reserve_mib, DEFAULT_DISK_RESERVE_MIB);
        assert_eq!(config.metrics_listen, None);
        assert!(config.peers.is_empty());
        assert_eq!(config.limits, Limits::default());
        let one = load("[limits]\nrequests_per_second = 1").unwrap().limits;
        assert_eq!(one.requests_per_second.get(), 1);
        assert_eq!(one.bytes_per_second, Limits::default().bytes_per_second);
    }

    #[test]
    fn the_first_file_reads_back() {
        let config = load(&initial_file("bank \"a\"")).unwrap();
        assert_eq!(config.moniker, "bank \"a\"");
        assert_eq!(
            config.validator_key,
            Some(config.home.join("validator.pem"))
        );
    }

    #[test]
    fn each_fault_names_its_field() {
        let id = PeerId::random();
        let twice = format!(
            "[[peers]]\npeer_id = \"{id}\"\nconsensus = \"127.0.0.1:1\"\ntransactions = \"127.0.0.1:2\"\n"
        )
        .repeat(2);
        for (text, words) in [
            ("monicker = \"a\"", "monicker"),
            ("moniker = \"\"", "moniker"),
            (
                "[listen]\ngrpc = \"0.0.0.0:1\"\n[tls]\nplain_text = true",
                "tls.certificate",
            ),
            (
                "[listen]\ngrpc = \"[::]:1\"\n[tls]\nplain_text = true",
                "tls.plain_text",
            ),
            (
                "[tls]\nplain_text = true\nkey = \"tls.key\"",
                "the one or the other",
            ),
            ("[limits]\nconnections = 0", "limits.connections"),
            ("[limits]\nconnections = 1000001", "limits.connections"),
            ("[listen]\nconsensus = \"localhost:1\"", "listen.consensus"),
            ("[limits]\nbytes_per_second = 0", "bytes_per_second"),
            ("[limits]\nbytes_a_second = 1", "bytes_a_second"),
            ("[listen]\nmetrics = \"26653\"", "listen.metrics"),
            ("[log]\nformat = \"xml\"", "xml"),
            ("[log]\nlevel = \"loud\"", "loud"),
            ("[disk]\nreserve_mib = -1", "reserve_mib"),
            (
                "[[peers]]\npeer_id = \"x\"\nconsensus = \"127.0.0.1:1\"\ntransactions = \"127.0.0.1:2\"",
                "peers[0].peer_id",
            ),
            (twice.as_str(), "listed twice"),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn plain_text_is_for_loopback_and_tls_for_anywhere() {
        let plain = load("[listen]\ngrpc = \"[::1]:1\"\n[tls]\nplain_text = true").unwrap();
        assert_eq!(plain.transport, Transport::PlainText);
        let secured = load("[listen]\ngrpc = \"0.0.0.0:1\"\n[tls]\nplain_text = false").unwrap();
        assert!(matches!(secured.transport, Transport::Tls { .. }));
        let most = load("[limits]\nconnections = 1000000").unwrap().limits;
        assert_eq!(most.connections, 1_000_000);
    }
}
