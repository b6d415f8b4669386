//! A client of one node: its services, its genesis, and what its errors mean.

mod connection;
mod follower;
mod limits;
#[cfg(test)]
mod tests;
mod token;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_proto::membership::v1::ConsensusSettings;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_client::BlockServiceClient;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_proto::v1::node_service_client::NodeServiceClient;
use counterfoil_proto::v1::proof_service_client::ProofServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use counterfoil_types::ids::{OrganizationId, TxId};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use self::connection::{Dialer, unreachable};
pub use self::follower::Follower;
use self::limits::patiently;
use self::limits::pause;
pub use self::token::{Account, Token};
use self::token::{Bearer, Challenge, Tokens};
use crate::failure::{Failure, Rejected};
use crate::output::Listed;

/// A node's answers to a stream of transactions.
pub type Answers = tonic::Streaming<wire::SubmitStreamResponse>;

/// Longest that one `WaitReceipt` may take on the node.
const WAIT_AT_ONCE_MS: u32 = 60_000;
/// A block of 4 MiB with its receipts and their events.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// Most records that a command reads to the end of a list.
const MAX_RECORDS: usize = 10_000_000;
/// Records a page, as the API bounds it.
const PAGE: usize = 1_000;

/// A node's services, to which each call brings a token.
pub type Service = InterceptedService<Channel, Bearer>;

/// Who asks, and whose certificates are trusted.
#[derive(Clone)]
pub struct Access {
    pub account: Account,
    /// The PEM file of the network's authority; not needed in plain text.
    pub authority: Option<PathBuf>,
}

/// A connected node.
#[derive(Clone)]
pub struct Client {
    dialer: Dialer,
    organization: OrganizationId,
    tokens: Arc<Tokens>,
    service: Service,
}

impl Client {
    /// Connects, and learns from the node what a token for it must name.
    pub async fn connect(node: &str, access: &Access) -> Result<Self, Failure> {
        let dialer = Dialer::new(node, access.authority.as_deref())?;
        let channel = dialer.channel().await?;
        let challenge = challenge(&dialer, &channel).await?;
        let tokens = Arc::new(Tokens::new(access.account.clone(), challenge));
        Ok(Self {
            dialer,
            organization: access.account.organization.clone(),
            service: InterceptedService::new(channel, Bearer(tokens.clone())),
            tokens,
        })
    }

    pub fn node(&self) -> &str {
        self.dialer.url()
    }

    /// A token for this node, for other programs.
    pub fn token(&self) -> (&Challenge, Token) {
        (self.tokens.challenge(), self.tokens.current())
    }

    pub fn ledger(&self) -> LedgerServiceClient<Service> {
        LedgerServiceClient::new(self.service.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn blocks(&self) -> BlockServiceClient<Service> {
        BlockServiceClient::new(self.service.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn events(&self) -> EventServiceClient<Service> {
        EventServiceClient::new(self.service.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn nodes(&self) -> NodeServiceClient<Service> {
        NodeServiceClient::new(self.service.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn proofs(&self) -> ProofServiceClient<Service> {
        ProofServiceClient::new(self.service.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn transactions(&self) -> TransactionServiceClient<Service> {
        TransactionServiceClient::new(self.service.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// The receipt of a committed transaction, with the events that the caller may read.
    pub async fn receipt(&self, id: TxId) -> Result<wire::Receipt, Failure> {
        let request = wire::GetReceiptRequest { tx_id: id.to_vec() };
        let ask = async || self.transactions().get_receipt(request.clone()).await;
        let answer = patiently(ask).await.map_err(|s| self.failure(s))?;
        let receipt = answer.receipt;
        receipt.ok_or_else(|| self.incomplete("a receipt"))
    }

    pub async fn status(&self) -> Result<wire::GetStatusResponse, Failure> {
        let ask = async || self.nodes().get_status(wire::GetStatusRequest {}).await;
        patiently(ask).await.map_err(|s| self.failure(s))
    }

    /// Who decides the next block, and under which parameters.
    pub async fn settings(&self) -> Result<ConsensusSettings, Failure> {
        let request = wire::GetConsensusSettingsRequest {};
        let ask = async || self.ledger().get_consensus_settings(request).await;
        let answer = patiently(ask).await.map_err(|s| self.failure(s))?;
        let settings = answer.settings;
        settings.ok_or_else(|| self.incomplete("the settings of consensus"))
    }

    /// The genesis this node runs on, and its hash.
    pub async fn genesis(&self) -> Result<(wire::Genesis, Vec<u8>), Failure> {
        let ask = async || self.nodes().get_genesis(wire::GetGenesisRequest {}).await;
        let answer = patiently(ask).await.map_err(|s| self.failure(s))?;
        let genesis = answer.genesis.ok_or_else(|| self.incomplete("a genesis"))?;
        Ok((genesis, answer.hash))
    }

    /// Sends a transaction; answers at once with the first receipt where it is committed already.
    pub async fn submit(
        &self,
        transaction: wire::SignedTransaction,
    ) -> Result<Option<wire::Receipt>, Failure> {
        let request = wire::SubmitRequest {
            transaction: Some(transaction),
        };
        let send = async || self.transactions().submit(request.clone()).await;
        let answer = patiently(send).await.map_err(|s| self.failure(s))?;
        Ok(answer.receipt)
    }

    /// Waits until a transaction is committed.
    pub async fn wait(&self, tx_id: TxId, patience: Duration) -> Result<wire::Receipt, Failure> {
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now()).as_millis();
            let timeout_ms = u32::try_from(left)
                .unwrap_or(WAIT_AT_ONCE_MS)
                .clamp(1, WAIT_AT_ONCE_MS);
            let request = wire::WaitReceiptRequest {
                tx_id: tx_id.to_vec(),
                timeout_ms,
            };
            let ask = async || self.transactions().wait_receipt(request.clone()).await;
            match patiently(ask).await {
                Ok(answer) => {
                    let receipt = answer.receipt;
                    return receipt.ok_or_else(|| self.incomplete("a receipt"));
                }
                Err(status) if status.code() != Code::DeadlineExceeded => {
                    return Err(self.failure(status));
                }
                Err(_) if Instant::now() < until => {}
                Err(_) => {
                    return Err(Failure::Failed(format!(
                        "transaction {tx_id} is not committed after {} s: `counterfoil tx wait {tx_id}` waits on",
                        patience.as_secs()
                    )));
                }
            }
        }
    }

    /// What an error of this node means to the person who asked.
    pub fn failure(&self, status: Status) -> Failure {
        if let Some(info) = status.get_details_error_info() {
            let metadata = |key: &str| info.metadata.get(key).cloned().unwrap_or_default();
            if let Ok(code) = metadata("code").parse() {
                return Failure::Rejected(Box::new(Rejected {
                    contract: info.domain.trim_start_matches("counterfoil.").to_owned(),
                    code,
                    reason: info.reason.clone(),
                    message: status.message().to_owned(),
                    first: metadata("first"),
                    tx_id: metadata("tx_id"),
                    height: None,
                }));
            }
        }
        if let Some(failure) = token::failure(self.node(), &self.tokens, &status) {
            return failure;
        }
        if let Some(failure) = self.dialer.failure(&status) {
            return failure;
        }
        if let Some(pause) = pause(&status) {
            return Failure::Failed(format!(
                "{}: {}\n  why: nodes grant each caller so much at a time, so that none slows another\n  what to do: \
                 run the command again in {} s; docs/limits.md has the limits, which the node's operator sets",
                self.node(),
                status.message(),
                pause.as_secs() + 1
            ));
        }
        match status.code() {
            _ if is_broken(&status) => unreachable(self.node()),
            Code::NotFound => Failure::Failed(format!(
                "{}\n  why: it does not exist, or it is not {}'s to read; the answer is the same\n  what to do: check \
                 the id, and let an organization ask that has a part in it (--org, --key)",
                status.message(),
                self.organization
            )),
            Code::InvalidArgument | Code::OutOfRange => Failure::failed(status.message()),
            code => Failure::Failed(format!("{}: {code:?}: {}", self.node(), status.message())),
        }
    }

    /// A record, where it is there and this organization's to read.
    pub fn found<T>(
        &self,
        answer: Result<tonic::Response<T>, Status>,
    ) -> Result<Option<T>, Failure> {
        match answer {
            Ok(found) => Ok(Some(found.into_inner())),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(self.failure(status)),
        }
    }

    pub fn incomplete(&self, what: &str) -> Failure {
        Failure::Failed(format!(
            "{} answered without {what}: is it a node of this version?",
            self.node()
        ))
    }
}

/// Asks without a token, which every node answers with what a token must name. Over TLS that must
/// be the node whose certificate was seen: a token for another would be one that this node, or
/// whatever stands before it, could pass on.
async fn challenge(dialer: &Dialer, channel: &Channel) -> Result<Challenge, Failure> {
    let mut node = NodeServiceClient::new(channel.clone());
    let url = dialer.url();
    let Err(status) = node.get_status(wire::GetStatusRequest {}).await else {
        return Err(Failure::Failed(format!(
            "{url} tells anybody what it knows: it is a node of an older version than this command"
        )));
    };
    let challenge = match Challenge::of(&status) {
        Some(challenge) => challenge,
        None if dialer.has_tls_instead().await => return Err(dialer.tls_instead()),
        None if is_broken(&status) => return Err(unreachable(url)),
        None => {
            return Err(Failure::Failed(format!(
                "{url} does not say what a token for it must name ({:?}: {}): is it a Counterfoil node of this version?",
                status.code(),
                status.message()
            )));
        }
    };
    match dialer.node() {
        Some(seen) if seen != challenge.node => Err(Failure::Failed(format!(
            "{url} passes calls on to another node than the one whose certificate it shows\n  why: a token for that node \
             could be used by whatever stands between, so none was made\n  what to do: connect to the node itself, or let \
             the proxy before it pass TLS through"
        ))),
        _ => Ok(challenge),
    }
}

/// Whether it is not the node that answered, but the connection that failed.
fn is_broken(status: &Status) -> bool {
    let cause = std::error::Error::source(status);
    status.code() == Code::Unavailable || cause.is_some_and(|e| e.is::<tonic::transport::Error>())
}

/// A rejected receipt as a failure; an executed one as itself.
pub fn executed(receipt: wire::Receipt) -> Result<wire::Receipt, Failure> {
    if receipt.code == 0 {
        return Ok(receipt);
    }
    let rejection = receipt.rejection.unwrap_or_default();
    Err(Failure::Rejected(Box::new(Rejected {
        contract: rejection.contract,
        code: receipt.code,
        reason: rejection.reason,
        message: rejection.message,
        first: rejection.first,
        tx_id: hex::encode(receipt.tx_id),
        height: Some(receipt.height),
    })))
}

/// Reads at most `limit` records from a page token on. `fetch` takes a page size and a token.
pub async fn listed<T, E>(
    limit: usize,
    token: String,
    mut fetch: impl AsyncFnMut(u32, String) -> Result<(Vec<T>, String), E>,
) -> Result<Listed<T>, E> {
    let mut list = Listed {
        items: Vec::new(),
        next_page_token: token,
    };
    loop {
        let size = PAGE.min(limit - list.items.len());
        let size = u32::try_from(size).expect("a page is at most 1,000");
        let (items, next) = fetch(size, list.next_page_token).await?;
        list.items.extend(items);
        list.next_page_token = next;
        // Pages may be shorter than asked for, never longer.
        if list.next_page_token.is_empty() || list.items.len() >= limit {
            return Ok(list);
        }
    }
}

/// Reads a list to its end.
pub async fn all<T>(
    fetch: impl AsyncFnMut(u32, String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Vec<T>, Failure> {
    let list = listed(MAX_RECORDS, String::new(), fetch).await?;
    if !list.next_page_token.is_empty() {
        return Err(Failure::Failed(format!(
            "more than {MAX_RECORDS} records in one list"
        )));
    }
    Ok(list.items)
}
