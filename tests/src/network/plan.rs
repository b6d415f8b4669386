//! What a network consists of: its members, its genesis, its nodes' homes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use counterfoil_rules_tests::trade::{self, MEMBERS, Wallet};
use counterfoil_types::genesis::{
    ConsensusParams, Genesis, GenesisValidator, LedgerKey, PROTOCOL_VERSION, Role,
};
use counterfoil_types::keys::SigningKey;

use super::access::Authority;
use super::relays::Relays;
use super::{Network, Node};

/// Asks what tests ask in nobody's name: it reads everything.
const READER: &str = "regulator";

/// Blocks come at least so often, so that no test waits long for one.
const HEARTBEAT_MS: u64 = 1_000;

/// How many nodes there are, and of which kind.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub validators: usize,
    /// Nodes that list the validators as peers, but that no validator lists.
    pub outsiders: usize,
    /// Whether the nodes speak plain text instead of TLS.
    pub plain_text: bool,
    /// The version of the rules that the chain begins under.
    pub version: u32,
    /// Buyers and sellers beside those of [`MEMBERS`], so many of each.
    pub further: usize,
    /// The most that a block holds.
    pub block_bytes: u64,
    /// Whether nodes reach each other without relays, and grant a caller all that it asks for.
    pub loaded: bool,
}

impl Plan {
    pub const FOUR: Self = Self {
        validators: 4,
        outsiders: 0,
        plain_text: false,
        version: PROTOCOL_VERSION,
        further: 0,
        block_bytes: 1 << 20,
        loaded: false,
    };
    pub const ONE: Self = Self {
        validators: 1,
        outsiders: 0,
        plain_text: false,
        version: PROTOCOL_VERSION,
        further: 0,
        block_bytes: 1 << 20,
        loaded: false,
    };

    /// Who takes part.
    pub fn members(self) -> Vec<(String, Role)> {
        trade::members(self.further)
    }

    /// Makes the network's folder, with the relays up and every node stopped.
    pub(super) async fn make(self) -> Network {
        let folder = tempfile::Builder::new()
            .prefix("counterfoil-test-")
            .tempdir();
        let folder = folder.expect("temporary folders can be made");
        let chain_id = format!("test-{}", hex::encode(rand::random::<[u8; 4]>()));
        let keys: BTreeMap<String, SigningKey> = self
            .members()
            .into_iter()
            .map(|(id, _)| (id, SigningKey::generate()))
            .collect();
        write_keys(&keys, folder.path());
        let authority = (!self.plain_text).then(Authority::generate);
        if let Some(authority) = &authority {
            fs::write(folder.path().join("ca.pem"), authority.pem())
                .expect("the folder can be written");
        }
        let reader = Wallet::new(&chain_id, READER, keys[READER].clone());
        let node = |number| {
            let (name, votes) = (format!("node-{number}"), number < self.validators);
            let authority = authority.as_ref();
            Node::make(folder.path(), &name, votes, authority, reader.clone())
        };
        let count = self.validators + self.outsiders;
        let nodes: Vec<Node> = (0..count).map(node).collect();
        let addresses: Vec<_> = nodes.iter().map(Node::swarms).collect();
        let pairs = (0..count).flat_map(|node| (0..count).map(move |other| (node, other)));
        // Validators list each other; outsiders list them.
        let known = |(node, other): &(usize, usize)| node != other && *other < self.validators;
        let ledger_key = LedgerKey::generate();
        let network = Network {
            genesis: self.genesis(chain_id, &nodes[..self.validators], &keys, &ledger_key),
            relays: match self.loaded {
                true => Relays::none(&addresses),
                false => Relays::between(&addresses).await,
            },
            unlimited: self.loaded,
            listed: pairs.filter(known).collect::<BTreeSet<_>>(),
            nodes,
            ledger_key,
            keys,
            folder,
        };
        for node in &network.nodes {
            let genesis = network.genesis.to_json();
            fs::write(node.home().join("genesis.json"), genesis).expect("the home can be written");
            write_secret(
                &node.home().join("ledger.key"),
                &network.ledger_key.to_hex(),
            );
        }
        network.configure();
        network
    }

    fn genesis(
        self,
        chain_id: String,
        validators: &[Node],
        keys: &BTreeMap<String, SigningKey>,
        ledger_key: &LedgerKey,
    ) -> Genesis {
        let validator = |(node, (id, _)): (&Node, &(&str, Role))| GenesisValidator {
            organization: id.parse().expect("members have well-formed ids"),
            public_key: node.validator_key(),
            power: 1,
        };
        let mut genesis = Genesis {
            protocol_version: self.version,
            validators: validators.iter().zip(&MEMBERS).map(validator).collect(),
            params: ConsensusParams {
                heartbeat_ms: HEARTBEAT_MS,
                max_block_bytes: self.block_bytes,
                // As every version has it.
                transaction_lifetime_ms: 0,
                ..ConsensusParams::default()
            },
            ..trade::genesis(chain_id, &self.members(), keys, ledger_key)
        };
        genesis.sort();
        genesis.validate().expect("the plan makes a valid genesis");
        genesis
    }
}

/// For the command, which takes keys from files.
fn write_keys(keys: &BTreeMap<String, SigningKey>, folder: &Path) {
    let keys_folder = folder.join("keys");
    fs::create_dir(&keys_folder).expect("the folder can be written");
    for (organization, key) in keys {
        let file = keys_folder.join(format!("{organization}.pem"));
        write_secret(&file, &key.to_pkcs8_pem());
    }
}

pub fn write_secret(path: &Path, text: &str) {
    fs::write(path, text).expect("the home can be written");
    let only_owner = fs::Permissions::from_mode(0o600);
    fs::set_permissions(path, only_owner).expect("its owner may change a file");
}
