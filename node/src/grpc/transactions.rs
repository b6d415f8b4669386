//! `TransactionService`: sending transactions, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::transaction_service_server::TransactionService;
use counterfoil_types::hash::Hash;
use counterfoil_types::transaction;
use prost::Message as _;
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};

use super::access::{Caller, Records, caller, rules, signer};
use super::limits::Limiter;
use super::reader::Reader;
use super::receipts::{Receipts, Waiter};
use super::{errors, stopped, submit_stream};
use crate::mempool::pool::Origin;
use crate::mempool::{Admission, Mempool};

/// Longest wait for a receipt.
const MAX_WAIT_MS: u32 = 60_000;

#[derive(Clone)]
pub struct Service {
    pub reader: Reader,
    pub mempool: Mempool,
    pub receipts: Receipts,
    pub limiter: Limiter,
    /// Set when the API takes no more calls.
    pub draining: watch::Receiver<bool>,
    /// Set when those under way must end.
    pub stopping: watch::Receiver<bool>,
}

impl Service {
    /// The id of what was sent, good or not, so that its sender can tell which it was.
    pub fn id(&self, signed: &wire::SignedTransaction) -> Hash {
        transaction::id(self.reader.ledger().chain_id(), &signed.transaction).0
    }

    /// The receipt of a committed transaction, whole: a caller sees of it what [`Self::shown`] gives.
    pub async fn stored(&self, id: Hash) -> Result<Option<wire::Receipt>, Status> {
        let read = self
            .reader
            .read(move |ledger| Records::new(ledger).receipt(&id));
        read.await
    }

    /// What a caller may see of a receipt: nothing where its account may not read. `signer` signed the transaction, where
    /// that is known.
    pub async fn shown(
        &self,
        caller: &Arc<Caller>,
        receipt: wire::Receipt,
        signer: Option<String>,
    ) -> Result<Option<wire::Receipt>, Status> {
        let mut shown = self.shown_all(caller, vec![(receipt, signer)]).await?;
        shown.pop().unwrap_or(Ok(None))
    }

    /// The same of many, in one reading of the ledger.
    pub async fn shown_all(
        &self,
        caller: &Arc<Caller>,
        receipts: Vec<(wire::Receipt, Option<String>)>,
    ) -> Result<Vec<Result<Option<wire::Receipt>, Status>>, Status> {
        if !caller.views {
            return Ok(receipts.iter().map(|_| Ok(None)).collect());
        }
        let caller = caller.clone();
        let read = self.reader.read(move |ledger| {
            let records = Records::new(ledger);
            let receipts = receipts.into_iter();
            let show = |(receipt, signer): (_, Option<String>)| {
                rules::receipt(&caller, &records, receipt, signer.as_deref())
            };
            Ok(receipts.map(show).collect())
        });
        read.await
    }

    async fn readable(
        &self,
        caller: &Arc<Caller>,
        id: Hash,
    ) -> Result<Option<wire::Receipt>, Status> {
        match self.stored(id).await? {
            Some(receipt) => self.shown(caller, receipt, None).await,
            None => Ok(None),
        }
    }

    /// The receipt that was waited for. One that the caller may not read never comes, as if there were none.
    async fn awaited(&self, caller: &Arc<Caller>, waiter: Waiter) -> Result<wire::Receipt, Status> {
        let receipt = waiter.receipt().await.ok_or_else(errors::stopping)?;
        match self
            .shown(caller, Arc::unwrap_or_clone(receipt), None)
            .await?
        {
            Some(receipt) => Ok(receipt),
            None => std::future::pending().await,
        }
    }
}

#[tonic::async_trait]
impl TransactionService for Service {
    type SubmitStreamStream = ReceiverStream<Result<wire::SubmitStreamResponse, Status>>;

    async fn submit(
        &self,
        request: Request<wire::SubmitRequest>,
    ) -> Result<Response<wire::SubmitResponse>, Status> {
        let caller = caller(&request)?;
        let signed = request
            .into_inner()
            .transaction
            .ok_or_else(|| errors::invalid("transaction", "is missing"))?;
        self.limiter.verification(&caller.organization)?;
        let id = self.id(&signed);
        let batch = vec![signed.encode_to_vec()];
        let mut admitted = self.mempool.admit_all(batch, Origin::Client).await;
        let receipt = match admitted.pop() {
            Some(Ok(Admission::Held { .. })) => None,
            // Who may not read the receipt is answered as one whose transaction was just taken.
            Some(Ok(Admission::Committed { receipt })) => {
                let signer = signer(&signed)?;
                self.shown(&caller, receipt, Some(signer)).await?
            }
            Some(Err(error)) => return Err(errors::not_admitted(&error, &id)),
            None => return Err(errors::stopping()),
        };
        Ok(Response::new(wire::SubmitResponse {
            tx_id: id.to_vec(),
            receipt,
        }))
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<wire::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let caller = caller(&request)?;
        let answers = submit_stream::answer(self.clone(), caller, request.into_inner());
        Ok(Response::new(answers))
    }

    async fn get_receipt(
        &self,
        request: Request<wire::GetReceiptRequest>,
    ) -> Result<Response<wire::GetReceiptResponse>, Status> {
        let caller = caller(&request)?;
        let id = errors::hash("tx_id", &request.into_inner().tx_id)?;
        let Some(receipt) = self.readable(&caller, id).await? else {
            let message = format!("no block has transaction {id}");
            return Err(errors::without_receipt(
                Code::NotFound,
                "NOT_COMMITTED",
                &id,
                message,
            ));
        };
        Ok(Response::new(wire::GetReceiptResponse {
            receipt: Some(receipt),
        }))
    }

    async fn wait_receipt(
        &self,
        request: Request<wire::WaitReceiptRequest>,
    ) -> Result<Response<wire::WaitReceiptResponse>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        let id = errors::hash("tx_id", &request.tx_id)?;
        if !(1..=MAX_WAIT_MS).contains(&request.timeout_ms) {
            let problem = format!("expected 1 to {MAX_WAIT_MS}");
            return Err(errors::invalid("timeout_ms", problem));
        }
        let waiter = self.receipts.wait(id).map_err(|_| {
            let message = "too many calls wait for receipts; try again later";
            errors::without_receipt(Code::ResourceExhausted, "TOO_MANY_WAIT", &id, message)
        })?;
        let receipt = match self.readable(&caller, id).await? {
            Some(receipt) => receipt,
            None => {
                let timeout = Duration::from_millis(request.timeout_ms.into());
                let mut stopping = self.stopping.clone();
                tokio::select! {
                    receipt = self.awaited(&caller, waiter) => receipt?,
                    () = tokio::time::sleep(timeout) => {
                        let message = format!("transaction {id} was not committed in time");
                        return Err(errors::without_receipt(
                            Code::DeadlineExceeded,
                            "NOT_COMMITTED_IN_TIME",
                            &id,
                            message,
                        ));
                    }
                    () = stopped(&mut stopping) => return Err(errors::stopping()),
                }
            }
        };
        Ok(Response::new(wire::WaitReceiptResponse {
            receipt: Some(receipt),
        }))
    }
}
