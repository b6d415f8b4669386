//! A transaction in its block: its bytes, its receipt, and the hashes that lead from them to the roots in its header.

use counterfoil_proto::v1 as wire;
use counterfoil_types::block::receipt_leaf;
use counterfoil_types::hash::Hash;
use counterfoil_types::merkle;
use counterfoil_types::proof::keys;
use tonic::Status;

use super::collector::Collector;
use crate::grpc::access::{Caller, decoded, rules};
use crate::grpc::errors;

pub fn collect(
    collector: &mut Collector<'_>,
    caller: &Caller,
    id: &Hash,
) -> Result<wire::proof::Subject, Status> {
    let missing = || errors::not_found("transaction", format!("transaction {id}"));
    let tip = collector.records.state().height();
    let found = collector.records.receipt(id)?;
    let receipt = found.filter(|receipt| receipt.height <= tip);
    let receipt = receipt.ok_or_else(missing)?;
    let signer = collector.records.signer(&receipt)?.ok_or_else(missing)?;
    if !rules::transaction(caller, &signer) {
        return Err(missing());
    }
    collector.take_transaction(id)?;
    let storage = collector.ledger.storage();
    let failed = |e: &dyn std::fmt::Display| errors::failed("reading a block", e);
    let block = storage.block(receipt.height).map_err(|e| failed(&e))?;
    let block = block.ok_or_else(missing)?;
    let block: wire::Block = decoded(&block.block)?;
    let receipts = storage.receipts(receipt.height).map_err(|e| failed(&e))?;
    let receipts: Vec<wire::Receipt> = receipts
        .iter()
        .flatten()
        .map(|bytes| decoded(bytes))
        .collect::<Result<_, _>>()?;
    let leaves: Vec<Vec<u8>> = receipts.iter().map(receipt_leaf).collect();
    let at = receipt.index as usize;
    let bytes = |siblings: Vec<Hash>| siblings.into_iter().map(Hash::to_vec).collect();
    let is_earlier = receipt.height < tip;
    if is_earlier {
        collector.take(keys::block(receipt.height))?;
    }
    let mut place = wire::Inclusion {
        header: block.header.filter(|_| is_earlier),
        index: receipt.index,
        count: u32::try_from(leaves.len()).map_err(|e| failed(&e))?,
        siblings: bytes(merkle::siblings(&block.transactions, at)),
        ..wire::Inclusion::default()
    };
    let whole = wire::Receipt {
        rejection: None,
        ..receipt
    };
    let shown = rules::receipt(caller, &collector.records, whole.clone(), Some(&signer))?;
    if shown.as_ref() == Some(&whole) {
        place.receipt = shown;
        place.receipt_siblings = bytes(merkle::siblings(&leaves, at));
    }
    collector.inclusion = Some(place);
    Ok(wire::proof::Subject::Committed(wire::Committed {
        transaction: id.to_vec(),
    }))
}
