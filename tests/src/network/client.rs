//! Calls to one node's API, as any client makes them.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_client::BlockServiceClient;
use counterfoil_proto::v1::event_service_client::EventServiceClient;
use counterfoil_proto::v1::ledger_service_client::LedgerServiceClient;
use counterfoil_proto::v1::node_service_client::NodeServiceClient;
use counterfoil_proto::v1::transaction_service_client::TransactionServiceClient;
use counterfoil_types::ids::TxId;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::access::Bearer;
use super::{Signed, Wallet};

/// An answer may be a whole block.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
const PAGE: u32 = 1_000;
/// How long a receipt is waited for.
const WAIT_MS: u32 = 30_000;

/// A node's services, to which each call brings a token.
pub type Service = InterceptedService<Channel, Bearer>;

/// Asks one node as one organization.
#[derive(Clone)]
pub struct Client {
    channel: Channel,
    bearer: Bearer,
}

impl Client {
    pub fn new(channel: Channel, bearer: Bearer) -> Self {
        Self { channel, bearer }
    }

    /// Asks the same node, over the same connection, as another organization.
    pub fn of(&self, wallet: Wallet) -> Self {
        Self {
            channel: self.channel.clone(),
            bearer: Bearer::new(&wallet, self.bearer.node),
        }
    }

    /// Asks the same node, as the same organization, over another connection.
    pub fn over(&self, channel: Channel) -> Self {
        Self {
            channel,
            bearer: self.bearer.clone(),
        }
    }

    /// Asks this node with tokens made for another.
    pub fn with_tokens_of(&self, other: &Self) -> Self {
        Self {
            channel: self.channel.clone(),
            bearer: other.bearer.clone(),
        }
    }

    /// For services of which no method here knows.
    pub fn service(&self) -> Service {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    pub fn transactions(&self) -> TransactionServiceClient<Service> {
        TransactionServiceClient::new(self.service())
    }

    pub fn ledger(&self) -> LedgerServiceClient<Service> {
        LedgerServiceClient::new(self.service()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn events(&self) -> EventServiceClient<Service> {
        EventServiceClient::new(self.service()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    fn chain(&self) -> BlockServiceClient<Service> {
        BlockServiceClient::new(self.service()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    fn node(&self) -> NodeServiceClient<Service> {
        NodeServiceClient::new(self.service())
    }

    /// Sends a transaction; the answer has the receipt of one that was committed before.
    pub async fn submit(&self, signed: &Signed) -> Result<wire::SubmitResponse, Status> {
        let request = wire::SubmitRequest {
            transaction: Some(signed.transaction.clone()),
        };
        let answer = self.transactions().submit(request).await;
        answer.map(tonic::Response::into_inner)
    }

    /// The receipt that is there now.
    pub async fn receipt(&self, id: TxId) -> Result<wire::Receipt, Status> {
        let request = wire::GetReceiptRequest { tx_id: id.to_vec() };
        let answer = self.transactions().get_receipt(request).await?;
        Ok(answer
            .into_inner()
            .receipt
            .expect("the answer is a receipt"))
    }

    pub async fn wait_receipt(&self, id: TxId, timeout_ms: u32) -> Result<wire::Receipt, Status> {
        let request = wire::WaitReceiptRequest {
            tx_id: id.to_vec(),
            timeout_ms,
        };
        let answer = self.transactions().wait_receipt(request).await?;
        Ok(answer
            .into_inner()
            .receipt
            .expect("the answer is a receipt"))
    }

    /// Sends a transaction and waits for its receipt.
    pub async fn try_execute(&self, signed: &Signed) -> Result<wire::Receipt, Status> {
        match self.submit(signed).await?.receipt {
            Some(receipt) => Ok(receipt),
            None => self.wait_receipt(signed.id, WAIT_MS).await,
        }
    }

    /// The same, of one that must be executed.
    pub async fn execute(&self, signed: &Signed) -> wire::Receipt {
        let receipt = self.try_execute(signed).await;
        let receipt = receipt.expect("the transaction is committed");
        assert_eq!(receipt.code, 0, "{:?}", receipt.rejection);
        receipt
    }

    pub async fn status(&self) -> Result<wire::GetStatusResponse, Status> {
        let answer = self.node().get_status(wire::GetStatusRequest {}).await;
        answer.map(tonic::Response::into_inner)
    }

    pub async fn height(&self) -> Result<u64, Status> {
        Ok(self.status().await?.height)
    }

    /// The root of the node's own tree.
    pub async fn state_root(&self, height: u64) -> Result<Vec<u8>, Status> {
        let request = wire::GetStateRootRequest { height };
        let answer = self.node().get_state_root(request).await?.into_inner();
        assert_eq!(answer.height, height);
        Ok(answer.state_root)
    }

    pub async fn block(&self, height: u64) -> Result<wire::GetBlockResponse, Status> {
        let request = wire::GetBlockRequest { height };
        let answer = self.chain().get_block(request).await;
        answer.map(tonic::Response::into_inner)
    }

    /// All blocks up to a height, in short.
    pub async fn blocks(&self, up_to: u64) -> Vec<wire::BlockSummary> {
        let height = |s: &wire::BlockSummary| s.header.as_ref().map_or(0, |h| h.height);
        let mut request = wire::ListBlocksRequest {
            page_size: PAGE,
            ..Default::default()
        };
        let mut blocks = Vec::new();
        loop {
            let answer = self.chain().list_blocks(request.clone()).await;
            let page = answer.expect("blocks are listed").into_inner();
            let beyond = page.blocks.iter().any(|s| height(s) > up_to);
            blocks.extend(page.blocks.into_iter().filter(|s| height(s) <= up_to));
            if page.next_page_token.is_empty() || beyond {
                return blocks;
            }
            request.page_token = page.next_page_token;
        }
    }
}

/// What a call that was refused tells its sender.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub status: Code,
    pub domain: String,
    pub reason: String,
    /// The number, where the refusal has one.
    pub code: String,
    pub tx_id: String,
}

/// Reads the details of an error, which must be there.
pub fn refused(status: &Status) -> Refused {
    let info = status.get_error_details();
    let info = info.error_info();
    let info = info.unwrap_or_else(|| panic!("ErrorInfo in {status:?}"));
    let metadata = |key| info.metadata.get(key).cloned().unwrap_or_default();
    assert!(
        !status.message().is_empty(),
        "a sentence for people: {status:?}"
    );
    Refused {
        status: status.code(),
        domain: info.domain.clone(),
        reason: info.reason.clone(),
        code: metadata("code"),
        tx_id: metadata("tx_id"),
    }
}
