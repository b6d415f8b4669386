//! That a transaction is in a block, and what became of it: by the roots in the header of its block, which the state of every later block
//! names.

use counterfoil_proto::v1 as wire;

use super::records::{Found, Records, Signed};
use super::{ProofError, keys};
use crate::block::{header_hash, receipt_leaf};
use crate::hash::Hash;
use crate::ids::TxId;
use crate::merkle;

/// What a proof of a transaction says. Everything in it was proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Committed {
    pub id: TxId,
    /// All of its signatures verify.
    pub transaction: wire::Transaction,
    /// The header of its block.
    pub header: wire::Header,
    /// Its place in the block; none without its receipt, as the way to the root fixes no more than sides.
    pub index: Option<u32>,
    /// Its outcome, without the wording of a rejection, which no hash is over; none where it is not disclosed.
    pub receipt: Option<wire::Receipt>,
}

/// Why a transaction is not shown to be in a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommittedError {
    #[error("the proof does not say in which block the transaction is")]
    NoPlace,
    #[error(
        "the header of the transaction's block is not one before the block that the proof is of"
    )]
    OtherBlock,
    #[error("the transaction is not at that place in its block")]
    OtherTransaction,
    #[error("the receipt is not that of the transaction")]
    OtherReceipt,
}

/// Reads and checks what a proof of a transaction asks for.
pub(super) fn read(
    asked: &wire::Committed,
    place: Option<&wire::Inclusion>,
    last: &wire::Header,
    records: &mut Records<'_>,
) -> Result<Committed, ProofError> {
    let place = place.ok_or(CommittedError::NoPlace)?;
    let header = match &place.header {
        Some(header) => earlier(header, last, records)?,
        None => last.clone(),
    };
    let (bytes, Signed { id, transaction }) = records.signed_bytes(&asked.transaction)?;
    let root = root_at(bytes, place, &place.siblings);
    if root.is_none_or(|root| root.as_bytes()[..] != header.transactions_root[..]) {
        return Err(CommittedError::OtherTransaction.into());
    }
    if let Some(receipt) = &place.receipt {
        let leaf = receipt_leaf(receipt);
        let root = root_at(&leaf, place, &place.receipt_siblings);
        let same = receipt.tx_id == id.to_vec()
            && receipt.rejection.is_none()
            && (receipt.height, receipt.index) == (header.height, place.index);
        if !same || root.is_none_or(|root| root.as_bytes()[..] != header.receipts_root[..]) {
            return Err(CommittedError::OtherReceipt.into());
        }
    } else if !place.receipt_siblings.is_empty() {
        return Err(ProofError::Stray("hashes"));
    }
    Ok(Committed {
        id,
        transaction,
        header,
        index: place.receipt.is_some().then_some(place.index),
        receipt: place.receipt.clone(),
    })
}

/// A header whose hash the state has.
fn earlier(
    header: &wire::Header,
    last: &wire::Header,
    records: &mut Records<'_>,
) -> Result<wire::Header, ProofError> {
    let hash = records.raw(&keys::block(header.height));
    let same = matches!(hash, Found::There(hash) if hash == header_hash(header).as_bytes());
    if !same || header.height >= last.height {
        return Err(CommittedError::OtherBlock.into());
    }
    Ok(header.clone())
}

fn root_at(leaf: &[u8], place: &wire::Inclusion, siblings: &[Vec<u8>]) -> Option<Hash> {
    let siblings = siblings.iter().map(|hash| Hash::try_from(hash.as_slice()));
    let siblings: Vec<Hash> = siblings.collect::<Result<_, _>>().ok()?;
    merkle::root_at(leaf, place.index as usize, place.count as usize, &siblings)
}
