//! A connection to one node: its services, its genesis, and what its errors mean.

use std::time::{Duration, Instant};

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_client::BlockServiceClient;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_proto::v1::node_service_client::NodeServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use counterfoil_types::ids::TxId;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::failure::{Failure, Rejected};
use crate::output::Listed;

/// A node's answers to a stream of transactions.
pub type Answers = tonic::Streaming<wire::SubmitStreamResponse>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest that one `WaitReceipt` may take on the node.
const WAIT_AT_ONCE_MS: u32 = 60_000;
/// Under which a node says that somebody asks for more than its share.
pub const LIMITS: &str = "counterfoil.limits";
/// A block of 4 MiB with its receipts and their events.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// Most records that a command reads to the end of a list.
const MAX_RECORDS: usize = 10_000_000;
/// Records a page, as the API bounds it.
const PAGE: usize = 1_000;

/// A connected node.
#[derive(Clone)]
pub struct Client {
    node: String,
    channel: Channel,
}

impl Client {
    pub async fn connect(node: &str) -> Result<Self, Failure> {
        let url = if node.contains("://") {
            node.to_owned()
        } else {
            format!("http://{node}")
        };
        let endpoint = Endpoint::from_shared(url.clone())
            .map_err(|e| Failure::Usage(format!("{node:?} is not the URL of a node: {e}")))?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true);
        let channel = endpoint.connect().await.map_err(|_| unreachable(&url))?;
        Ok(Self { node: url, channel })
    }

    pub fn node(&self) -> &str {
        &self.node
    }

    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn blocks(&self) -> BlockServiceClient<Channel> {
        BlockServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn nodes(&self) -> NodeServiceClient<Channel> {
        NodeServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn transactions(&self) -> TransactionServiceClient<Channel> {
        TransactionServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub async fn status(&self) -> Result<wire::GetStatusResponse, Failure> {
        let answer = self.nodes().get_status(wire::GetStatusRequest {}).await;
        Ok(answer.map_err(|s| self.failure(s))?.into_inner())
    }

    /// The genesis this node runs on, and its hash.
    pub async fn genesis(&self) -> Result<(wire::Genesis, Vec<u8>), Failure> {
        let answer = self.nodes().get_genesis(wire::GetGenesisRequest {}).await;
        let answer = answer.map_err(|s| self.failure(s))?.into_inner();
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
        let answer = self
            .transactions()
            .submit(request)
            .await
            .map_err(|s| self.failure(s))?;
        Ok(answer.into_inner().receipt)
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
            match self.transactions().wait_receipt(request).await {
                Ok(answer) => {
                    let receipt = answer.into_inner().receipt;
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
        let broken =
            std::error::Error::source(&status).is_some_and(|e| e.is::<tonic::transport::Error>());
        match status.code() {
            Code::Unavailable => unreachable(&self.node),
            _ if broken => unreachable(&self.node),
            Code::NotFound | Code::InvalidArgument | Code::OutOfRange => {
                Failure::failed(status.message())
            }
            code => Failure::Failed(format!("{}: {code:?}: {}", self.node, status.message())),
        }
    }

    pub fn incomplete(&self, what: &str) -> Failure {
        Failure::Failed(format!(
            "{} answered without {what}: is it a node of this version?",
            self.node
        ))
    }
}

fn unreachable(node: &str) -> Failure {
    Failure::Unreachable(format!(
        "no node answers at {node}: name another by --node or COUNTERFOIL_NODE; `counterfoil localnet status` shows local ones"
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lists_go_on_over_short_and_empty_pages() {
        let pages: [&[u8]; 4] = [&[1, 2], &[], &[3], &[4, 5]];
        let mut fetch = async |_, token: String| {
            let page: usize = token.parse().unwrap_or(0);
            let next = if page + 1 < pages.len() {
                (page + 1).to_string()
            } else {
                String::new()
            };
            Ok::<_, Failure>((pages[page].to_vec(), next))
        };
        let first = listed(3, String::new(), &mut fetch).await.unwrap();
        assert_eq!(
            (first.items, first.next_page_token.as_str()),
            (vec![1, 2, 3], "3")
        );
        assert_eq!(all(&mut fetch).await.unwrap(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_rejected_receipt_is_a_failure_of_its_own() {
        let rejection = wire::Rejection {
            reason: "WRONG_STATE".into(),
            ..Default::default()
        };
        let receipt = wire::Receipt {
            code: 4022,
            height: 9,
            rejection: Some(rejection),
            ..Default::default()
        };
        match executed(receipt) {
            Err(Failure::Rejected(rejected)) => {
                assert_eq!((rejected.code, rejected.height), (4022, Some(9)));
                assert_eq!(rejected.reason, "WRONG_STATE");
            }
            other => panic!("{other:?}"),
        }
        assert!(executed(wire::Receipt::default()).is_ok());
    }
}
