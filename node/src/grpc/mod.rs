//! The API: one file a service, over what they share.
//!
//! Before all of them stands the guard, and behind it every service asks the same rules (`access`).
//! Connections are secured by TLS; in plain text they are for loopback alone.

mod access;
mod blocks;
mod calls;
mod connections;
mod ends;
mod errors;
mod events;
mod filters;
mod ledger;
mod limits;
mod methods;
mod node;
mod pages;
mod proofs;
mod ranking;
mod reader;
mod receipts;
mod submit_stream;
#[cfg(test)]
mod tests;
mod tls;
mod transactions;

#[cfg(test)]
pub use access::Caller;

use std::net::SocketAddr;
use std::time::Duration;

use counterfoil_proto::v1::block_service_server::BlockServiceServer;
use counterfoil_proto::v1::event_service_server::EventServiceServer;
use counterfoil_proto::v1::ledger_service_server::LedgerServiceServer;
use counterfoil_proto::v1::node_service_server::NodeServiceServer;
use counterfoil_proto::v1::proof_service_server::ProofServiceServer;
use counterfoil_proto::v1::transaction_service_server::TransactionServiceServer;
use counterfoil_types::hash::Hash;
use counterfoil_types::limits::MAX_TRANSACTION_BYTES;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tower::layer::layer_fn;

use crate::config::Limits;
use crate::mempool::Mempool;
use crate::vitals::Vitals;
use access::Guard;
use calls::Counted;
use ends::Ends;
use limits::Limiter;
use reader::Reader;
use receipts::Receipts;

pub use calls::ApiMetrics;
pub use tls::{Tls, TlsError};

/// Calls at once on one connection.
const MAX_CALLS_PER_CONNECTION: u32 = 256;
/// A request: a transaction of the most bytes with what surrounds it.
const MAX_REQUEST_BYTES: usize = MAX_TRANSACTION_BYTES + 16 * 1024;
/// An answer: a block of the most bytes with its receipts.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
const MAX_HEADER_BYTES: u32 = 16 * 1024;
/// Longer than a receipt may be waited for, which is the longest call that is no stream.
const CALL_TIMEOUT: Duration = Duration::from_secs(65);
/// A connection whose other end is silent for both is closed.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long calls under way may take to end when the node stops. Blocks are still decided meanwhile,
/// so that those who wait for one get their receipts.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);
/// How long those that have not ended may take to be told so.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What the API says of its node, and where it listens.
pub struct ApiSettings {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub moniker: String,
    /// What a token must name to be good here (`types::access`).
    pub node: Hash,
    /// Without it connections are in plain text, on loopback only.
    pub tls: Option<Tls>,
    pub limits: Limits,
    pub metrics: ApiMetrics,
    /// Where proofs are made.
    pub proofs: Handle,
}

/// Why the API did not start.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error(
        "API: {0} is not a loopback address, so it needs TLS: give the node a certificate (tls.certificate and \
         tls.key), or set listen.grpc to an address such as 127.0.0.1:26650"
    )]
    NotLoopback(SocketAddr),
    #[error("API: cannot listen on {address}: {source}; choose another listen.grpc")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("API: the service descriptors are not readable: {0}")]
    Reflection(String),
}

/// The running API.
pub struct Api {
    address: SocketAddr,
    draining: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
    task: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Api {
    /// Listens and serves from now on.
    pub async fn start(
        settings: ApiSettings,
        mempool: Mempool,
        vitals: Vitals,
    ) -> Result<Self, ApiError> {
        if settings.tls.is_none() && !settings.listen.ip().is_loopback() {
            return Err(ApiError::NotLoopback(settings.listen));
        }
        let unusable = |source| ApiError::Listen {
            address: settings.listen,
            source,
        };
        let listener = TcpListener::bind(settings.listen).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let ledger = vitals.ledger.clone();
        let (draining, drain) = watch::channel(false);
        let (stopping, stop) = watch::channel(false);
        let (receipts, follow) = Receipts::start(ledger.clone());
        tokio::spawn(until_stopped(stop.clone(), follow));
        if let Some(tls) = settings.tls.clone() {
            tokio::spawn(until_stopped(stop.clone(), tls.tell_expiry()));
        }
        let (feed, follow) = events::Feed::start(ledger.clone());
        tokio::spawn(until_stopped(stop.clone(), follow));
        let reader = Reader::new(ledger, Handle::current());
        let limiter = Limiter::new(&settings.limits);
        let transactions = transactions::Service {
            reader: reader.clone(),
            mempool: mempool.clone(),
            receipts,
            limiter: limiter.clone(),
            draining: drain.clone(),
            stopping: stop,
        };
        let ends = Ends {
            chain_id: reader.ledger().chain_id().to_owned(),
            node: settings.node,
            stopping: drain.clone(),
        };
        let proofs = proofs::Service {
            reader: Reader::new(reader.ledger().clone(), settings.proofs),
            ends: ends.clone(),
        };
        let events = events::Service {
            reader: reader.clone(),
            feed,
            patience: settings.limits.subscriber_patience(),
            subscribers: settings.metrics.event_subscribers.clone(),
            ends,
        };
        let node = node::Service {
            reader: reader.clone(),
            moniker: settings.moniker,
            vitals,
        };
        let (health, health_service) = tonic_health::server::health_reporter();
        health
            .set_serving::<TransactionServiceServer<transactions::Service>>()
            .await;
        health
            .set_serving::<LedgerServiceServer<ledger::Service>>()
            .await;
        health
            .set_serving::<BlockServiceServer<blocks::Service>>()
            .await;
        health
            .set_serving::<EventServiceServer<events::Service>>()
            .await;
        health
            .set_serving::<NodeServiceServer<node::Service>>()
            .await;
        health
            .set_serving::<ProofServiceServer<proofs::Service>>()
            .await;
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(counterfoil_proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let unreadable = |e: tonic_reflection::server::Error| ApiError::Reflection(e.to_string());
        let metrics = settings.metrics.clone();
        let counted = layer_fn(move |inner| Counted::new(inner, metrics.clone()));
        let server = Server::builder()
            .layer(counted)
            .timeout(CALL_TIMEOUT)
            .max_concurrent_streams(MAX_CALLS_PER_CONNECTION)
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .layer(Guard::new(reader.clone(), settings.node))
            .layer(limiter)
            .add_service(health_service)
            .add_service(reflection().build_v1().map_err(unreadable)?)
            // Older clients ask for this version of it.
            .add_service(reflection().build_v1alpha().map_err(unreadable)?)
            .add_service(bounded!(TransactionServiceServer::new(transactions)))
            .add_service(bounded!(LedgerServiceServer::new(ledger::Service {
                reader: reader.clone(),
            })))
            .add_service(bounded!(BlockServiceServer::new(blocks::Service {
                reader: reader.clone(),
            })))
            .add_service(bounded!(ProofServiceServer::new(proofs)))
            .add_service(bounded!(EventServiceServer::new(events)))
            .add_service(bounded!(NodeServiceServer::new(node)))
            .serve_with_incoming_shutdown(
                connections::incoming(
                    listener,
                    settings.tls,
                    settings.limits,
                    settings.metrics.connections,
                ),
                until_stopped(drain, std::future::pending()),
            );
        Ok(Self {
            address,
            draining,
            stopping,
            task: tokio::spawn(server),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resolves when the API ends by itself, which it never should.
    pub async fn failed(&mut self) -> String {
        match (&mut self.task).await {
            Ok(Ok(())) => "the API ended".to_owned(),
            Ok(Err(error)) => format!("the API failed: {error}"),
            Err(error) => format!("the API failed: {error}"),
        }
    }

    /// Takes no more calls and lets those under way end: for a while with what they wait for, then
    /// with the word that the node stops.
    pub async fn stop(mut self) {
        self.draining.send_replace(true);
        if self.task.is_finished() || self.ends_within(DRAIN_TIMEOUT).await {
            return;
        }
        self.stopping.send_replace(true);
        if !self.ends_within(LAST_WORD).await {
            self.task.abort();
        }
    }

    async fn ends_within(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, &mut self.task).await.is_ok()
    }
}

/// Gives a generated server the API's bounds on messages.
macro_rules! bounded {
    ($server:expr) => {
        $server
            .max_decoding_message_size(MAX_REQUEST_BYTES)
            .max_encoding_message_size(MAX_ANSWER_BYTES)
    };
}
use bounded;

/// Runs a future, but not beyond the API's end.
async fn until_stopped(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stopped(&mut stopping) => {}
        () = work => {}
    }
}

/// Resolves when the API stops, or drains.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the API was dropped.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
