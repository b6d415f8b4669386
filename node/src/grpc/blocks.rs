//! `BlockService`: committed blocks, with what proves them, and of what is in them that which the caller may read.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::block_service_server::BlockService;
use counterfoil_storage::Summary;
use tonic::{Request, Response, Status};

use super::access::{Caller, Records, caller, decoded, rules, signer_of};
use super::errors;
use super::pages::Page;
use super::reader::Reader;
use crate::ledger::Ledger;

/// Blocks looked at for one page, however few of them have transactions.
const MAX_SCANNED: usize = 20_000;
const CHUNK: usize = 500;

pub struct Service {
    pub reader: Reader,
}

#[tonic::async_trait]
impl BlockService for Service {
    async fn get_block(
        &self,
        request: Request<wire::GetBlockRequest>,
    ) -> Result<Response<wire::GetBlockResponse>, Status> {
        let caller = caller(&request)?;
        let asked = request.into_inner().height;
        let read = self
            .reader
            .read(move |ledger| block(ledger, &caller, asked));
        read.await.map(Response::new)
    }

    async fn list_blocks(
        &self,
        request: Request<wire::ListBlocksRequest>,
    ) -> Result<Response<wire::ListBlocksResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let filters: [&[u8]; 2] = [&r.from_height.to_be_bytes(), &[r.with_transactions.into()]];
        let page = Page::new(&caller, r.page_size, &r.page_token, "blocks", &filters)?;
        let from = match page.after() {
            None => r.from_height.max(1),
            Some(height) => match <[u8; 8]>::try_from(height) {
                Ok(height) => u64::from_be_bytes(height).saturating_add(1),
                Err(_) => return Err(errors::invalid("page_token", "not a token of this list")),
            },
        };
        let read = self
            .reader
            .read(move |ledger| list(ledger, &caller, &page, from, r.with_transactions));
        read.await.map(Response::new)
    }
}

fn block(ledger: &Ledger, caller: &Caller, asked: u64) -> Result<wire::GetBlockResponse, Status> {
    let height = if asked == 0 {
        ledger.tip().height
    } else {
        asked
    };
    let stored = ledger.storage().block(height);
    let stored = stored.map_err(|e| errors::failed("reading a block", e))?;
    let Some(stored) = stored else {
        return Err(errors::not_found("block", format!("block {height} yet")));
    };
    let receipts = ledger.receipts(height);
    let receipts = receipts.map_err(|e| errors::failed("reading a block's receipts", e))?;
    let receipts = receipts
        .iter()
        .flat_map(|receipts| receipts.iter().cloned());
    let block: wire::Block = decoded(&stored.block)?;
    let count = u32::try_from(block.transactions.len()).ok();
    let records = Records::new(ledger);
    let (mut entries, mut rejected) = (Vec::new(), 0);
    for (index, (transaction, receipt)) in (0..).zip(block.transactions.into_iter().zip(receipts)) {
        rejected += u32::from(receipt.code != 0);
        let signer = signer_of(&transaction)?;
        let receipt = rules::receipt(caller, &records, receipt, Some(&signer))?;
        let signed = rules::transaction(caller, &signer);
        if signed || receipt.is_some() {
            entries.push(wire::BlockEntry {
                index,
                transaction: if signed { transaction } else { Vec::new() },
                receipt,
            });
        }
    }
    let counts = rules::counts(caller);
    Ok(wire::GetBlockResponse {
        hash: stored.hash.to_vec(),
        header: block.header,
        certificate: Some(decoded(&stored.certificate)?),
        entries,
        transactions: count.filter(|_| counts),
        rejected: counts.then_some(rejected),
    })
}

fn list(
    ledger: &Ledger,
    caller: &Caller,
    page: &Page,
    mut from: u64,
    with_transactions: bool,
) -> Result<wire::ListBlocksResponse, Status> {
    let tip = ledger.tip().height;
    let mut answer = wire::ListBlocksResponse::default();
    let mut scanned = 0;
    while from <= tip {
        let summaries = ledger.storage().summaries(from, CHUNK);
        let summaries = summaries.map_err(|e| errors::failed("reading blocks", e))?;
        if summaries.is_empty() {
            break;
        }
        for found in summaries {
            let height = found.height;
            scanned += 1;
            if !with_transactions || found.transactions > 0 {
                answer.blocks.push(summary(caller, found)?);
            }
            if answer.blocks.len() == page.size() || scanned == MAX_SCANNED {
                if height < tip {
                    answer.next_page_token = page.token(&height.to_be_bytes())?;
                }
                return Ok(answer);
            }
            from = height + 1;
        }
    }
    Ok(answer)
}

fn summary(caller: &Caller, summary: Summary) -> Result<wire::BlockSummary, Status> {
    let counts = rules::counts(caller);
    Ok(wire::BlockSummary {
        hash: summary.hash.to_vec(),
        header: Some(decoded(&summary.header)?),
        round: summary.round,
        transactions: counts.then_some(summary.transactions),
        rejected: counts.then_some(summary.rejected),
    })
}
