//! A transaction in its block: its bytes, its receipt, and the hashes that lead from them to the roots in its header.

use counterfoil_proto::v1 as wire;
use counterfoil_types::block::receipt_leaf;
use counterfoil_types::hash::Hash;
use counterfoil_types::merkle;
use counterfoil_types::proof::keys;
use tonic::Status;

use super::collector::Collector;
use crate::grpc::access::{Caller, rules, signer_of};
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
    let block = collector.records.block(receipt.height)?;
    let block = block.ok_or_else(missing)?;
    let at = receipt.index as usize;
    let signed = block.transactions.get(at).ok_or_else(missing)?;
    let signer = signer_of(signed)?;
    if !rules::transaction(caller, &signer) {
        return Err(missing());
    }
    collector.take_signed(*id, signed.clone());
    let receipts = collector.ledger.receipts(receipt.height).map_err(failed)?;
    let receipts = receipts.ok_or_else(missing)?;
    let leaves: Vec<Vec<u8>> = receipts.iter().map(receipt_leaf).collect();
    let bytes = |siblings: Vec<Hash>| siblings.into_iter().map(Hash::to_vec).collect();
    let is_earlier = receipt.height < tip;
    if is_earlier {
        collector.take(keys::block(receipt.height))?;
    }
    let mut place = wire::Inclusion {
        header: block.header.filter(|_| is_earlier),
        index: receipt.index,
        count: u32::try_from(leaves.len()).map_err(failed)?,
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

fn failed(error: impl std::fmt::Display) -> Status {
    errors::failed("reading a block", error)
}
