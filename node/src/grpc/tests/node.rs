//! The API of a node whose blocks the test decides, and clients of it that call for organizations.

use std::path::Path;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_client::BlockServiceClient;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_proto::v1::node_service_client::NodeServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use counterfoil_types::access;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::SigningKey;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tonic::metadata::AsciiMetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::config::Limits;
use crate::config::keys::peer_keypair;
use crate::consensus::PeerHeights;
use crate::disk::Disk;
use crate::fixture::{self, BANK, CHAIN};
use crate::grpc::{Api, ApiMetrics, ApiSettings};
use crate::ledger::Ledger;
use crate::mempool::network::NetworkTask;
use crate::mempool::{Mempool, Network, NetworkSettings, PoolLimits};
use crate::vitals::Vitals;

pub struct Node {
    pub ledger: Ledger,
    pub mempool: Mempool,
    pub api: Api,
    pub channel: Channel,
    _network: NetworkTask,
    _folder: TempDir,
}

pub type Client = InterceptedService<Channel, Token>;

/// Sends a token with every call.
#[derive(Clone)]
pub struct Token(AsciiMetadataValue);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// What tokens for the node must name.
pub fn identity() -> Hash {
    access::node_of_peer(&fixture::key(11).public_key())
}

/// A token for the node, good for the next minutes.
pub fn token(organization: &str, key: &SigningKey) -> String {
    token_for(organization, key, 600_000)
}

/// A token for the node, good for so many milliseconds.
pub fn token_for(organization: &str, key: &SigningKey, lifetime_ms: u64) -> String {
    let organization = organization.parse().unwrap();
    let until = fixture::now_ms() + lifetime_ms;
    access::issue(key, &organization, CHAIN, &identity(), until)
}

impl Node {
    pub async fn start() -> Self {
        Self::of(fixture::genesis()).await
    }

    pub async fn of(genesis: Genesis) -> Self {
        Self::with(genesis, Limits::default()).await
    }

    pub async fn with(genesis: Genesis, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path(), genesis, fixture::ledger_key()).unwrap();
        let mempool = Mempool::new(ledger.clone(), PoolLimits::default());
        let (network, network_task) = network(&ledger, &mempool).await;
        let settings = ApiSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            moniker: "v0".into(),
            node: identity(),
            tls: None,
            limits,
            metrics: ApiMetrics::default(),
            proofs: Handle::current(),
        };
        let vitals = vitals(&ledger, &mempool, network, folder.path());
        let api = Api::start(settings, mempool.clone(), vitals).await.unwrap();
        let channel = connect(&api).await;
        Self {
            ledger,
            mempool,
            api,
            channel,
            _network: network_task,
            _folder: folder,
        }
    }

    /// Calls with a token, be it good or bad.
    pub fn bearing(&self, token: &str) -> Client {
        bearing(self.channel.clone(), token)
    }

    /// The same over a connection of its own.
    pub async fn apart(&self, token: &str) -> Client {
        bearing(connect(&self.api).await, token)
    }

    /// Calls for the bank, as do those that follow.
    pub fn bank(&self) -> Client {
        self.bearing(&token(BANK, &fixture::bank_key()))
    }

    pub fn transactions(&self) -> TransactionServiceClient<Client> {
        TransactionServiceClient::new(self.bank())
    }

    pub fn records(&self) -> LedgerServiceClient<Client> {
        LedgerServiceClient::new(self.bank())
    }

    pub fn blocks(&self) -> BlockServiceClient<Client> {
        BlockServiceClient::new(self.bank())
    }

    pub fn node(&self) -> NodeServiceClient<Client> {
        NodeServiceClient::new(self.bank())
    }

    pub async fn submit(
        &self,
        signed: &wire::SignedTransaction,
    ) -> Result<wire::SubmitResponse, Status> {
        let request = wire::SubmitRequest {
            transaction: Some(signed.clone()),
        };
        let answer = self.transactions().submit(request).await;
        answer.map(tonic::Response::into_inner)
    }
}

/// Calls over a connection with a token.
pub fn bearing(channel: Channel, token: &str) -> Client {
    let value = format!("Bearer {token}").parse().unwrap();
    InterceptedService::new(channel, Token(value))
}

pub async fn connect(api: &Api) -> Channel {
    let url = format!("http://{}", api.address());
    Channel::from_shared(url).unwrap().connect().await.unwrap()
}

/// What a node without peers and with all the room in the world says of itself.
pub fn vitals(ledger: &Ledger, mempool: &Mempool, network: Network, data: &Path) -> Vitals {
    Vitals {
        ledger: ledger.clone(),
        pool: mempool.pool().clone(),
        network,
        peer_heights: PeerHeights::default(),
        disk: Disk::new(data.to_owned(), 0),
        key: Some(fixture::validator_key().public_key()),
    }
}

/// The transaction network of a node without peers.
pub async fn network(ledger: &Ledger, mempool: &Mempool) -> (Network, NetworkTask) {
    let settings = NetworkSettings {
        keypair: peer_keypair(&fixture::key(11)),
        chain_id: CHAIN.into(),
        listen: "127.0.0.1:0".parse().unwrap(),
        peers: Vec::new(),
    };
    let storage = ledger.storage().clone();
    Network::start(settings, mempool.clone(), storage)
        .await
        .unwrap()
}
