//! The API in this process, on a ledger whose blocks the test decides, with the tokens that callers need.

use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_types::access;
use counterfoil_types::genesis::{Genesis, GenesisOrganization, Role};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::transaction::Draft;
use tempfile::TempDir;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::{ErrorInfo, StatusExt as _};

use super::{Api, ApiSettings};
use crate::config::Limits;
use crate::config::keys::peer_keypair;
use crate::fixture::{self, BANK, BUYER, CHAIN};
use crate::ledger::Ledger;
use crate::mempool::network::NetworkTask;
use crate::mempool::{Mempool, Network, NetworkSettings, PoolLimits, clock_ms};

pub const OTHER_BANK: &str = "bank-b";
pub const SELLER: &str = "seller-a";
pub const STRANGER: &str = "seller-b";
pub const REGULATOR: &str = "regulator";
/// What tokens for the node name.
pub const NODE: Hash = Hash::from_bytes([5; 32]);
/// How long tokens are good.
const LIFETIME: Duration = Duration::from_secs(600);

pub struct Testbed {
    pub ledger: Ledger,
    pub api: Api,
    _network: NetworkTask,
    _folder: TempDir,
}

/// Puts a token on each call.
#[derive(Clone)]
pub struct Bearer(MetadataValue<Ascii>);

/// A connection whose calls have a token.
pub type Connection = InterceptedService<Channel, Bearer>;

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.0.clone());
        Ok(request)
    }
}

impl Testbed {
    pub async fn start(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path(), genesis(), fixture::ledger_key()).unwrap();
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let settings = NetworkSettings {
            keypair: peer_keypair(&fixture::key(11)),
            chain_id: CHAIN.into(),
            listen: "127.0.0.1:0".parse().unwrap(),
            peers: Vec::new(),
        };
        let storage = ledger.storage().clone();
        let (network, network_task) = Network::start(settings, mempool.clone(), storage)
            .await
            .unwrap();
        let settings = ApiSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            moniker: "v0".into(),
            node: NODE,
            validator: None,
            tls: None,
            limits,
        };
        let api = Api::start(settings, ledger.clone(), mempool, network).await;
        Self {
            ledger,
            api: api.unwrap(),
            _network: network_task,
            _folder: folder,
        }
    }

    pub async fn channel(&self) -> Channel {
        let url = format!("http://{}", self.api.address());
        Channel::from_shared(url).unwrap().connect().await.unwrap()
    }

    /// A connection of an organization's own.
    pub async fn connect(&self, organization: &str) -> Connection {
        self.connect_for(organization, LIFETIME).await
    }

    /// The same, with a token that is good for so long.
    pub async fn connect_for(&self, organization: &str, lifetime: Duration) -> Connection {
        InterceptedService::new(self.channel().await, bearer(organization, lifetime))
    }

    /// Decides a block of these transactions.
    pub fn commit(&self, transactions: &[wire::SignedTransaction]) {
        fixture::commit(&self.ledger, &transactions.iter().collect::<Vec<_>>());
    }
}

pub fn bearer(organization: &str, lifetime: Duration) -> Bearer {
    let lifetime = u64::try_from(lifetime.as_millis()).unwrap();
    let text = access::issue(
        &key(organization),
        &organization.parse().unwrap(),
        CHAIN,
        &NODE,
        clock_ms() + lifetime,
    );
    Bearer(format!("Bearer {text}").parse().unwrap())
}

fn key(organization: &str) -> SigningKey {
    match organization {
        BANK => fixture::bank_key(),
        BUYER => fixture::buyer_key(),
        OTHER_BANK => fixture::key(21),
        SELLER => fixture::key(22),
        STRANGER => fixture::key(23),
        REGULATOR => fixture::key(24),
        other => panic!("no key of {other}"),
    }
}

/// The fixture's, with parties for every relation to a record.
fn genesis() -> Genesis {
    let mut genesis = fixture::genesis();
    for (id, role) in [
        (OTHER_BANK, Role::Bank),
        (SELLER, Role::Supplier),
        (STRANGER, Role::Supplier),
        (REGULATOR, Role::Regulator),
    ] {
        genesis.organizations.push(GenesisOrganization {
            id: id.parse().unwrap(),
            legal_name: id.to_uppercase(),
            lei: String::new(),
            national_id: format!("test:{id}"),
            roles: vec![role],
            accounts: vec![key(id).public_key()],
        });
    }
    genesis.sort();
    genesis.validate().unwrap();
    genesis
}

/// An organization's transaction for the next minutes.
pub fn signed(
    organization: &str,
    contract: u32,
    action: Vec<u8>,
    nonce: u64,
) -> (TxId, wire::SignedTransaction) {
    let draft = Draft {
        chain_id: CHAIN,
        organization: &organization.parse().unwrap(),
        expires_at_ms: clock_ms() + 600_000,
        nonce,
        contract,
        action,
    };
    draft.sign(&key(organization))
}

/// What an error says to programs.
pub fn info(status: &Status) -> ErrorInfo {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("ErrorInfo in {status:?}"))
}
