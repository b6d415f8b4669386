//! Blocks, undecided and decided, and receipts: what is read back, and how an undecided block is kept.

use counterfoil_types::hash::Hash;

use crate::codec::{self, PlaceRow, SummaryRow, UndecidedRow};
use crate::db::{Batch, Family, Frozen, prefix_end};
use crate::error::StorageError;
use crate::{Row, Storage};

/// Few rows, written once and in the order of heights, are merged at next to no cost; and one receipt is still read without
/// all the others of its block.
const RECEIPTS_A_ROW: u32 = 32;

/// A block that was proposed and may be voted on, with what it takes to propose or restream it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    pub height: u64,
    pub round: i64,
    pub valid_round: i64,
    pub block_hash: Hash,
    pub proposer: Hash,
    pub signature: Vec<u8>,
    /// Whether its time was near enough to this node's clock when it came: a node that
    /// restarts must judge the block as it did before.
    pub timely: bool,
    /// The encoded block.
    pub block: Vec<u8>,
}

/// A decided block as peers and readers want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlock {
    pub hash: Hash,
    /// The encoded block.
    pub block: Vec<u8>,
    /// The encoded commit certificate this node decided by.
    pub certificate: Vec<u8>,
}

/// A line in a list of blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub height: u64,
    pub hash: Hash,
    /// The encoded header.
    pub header: Vec<u8>,
    /// The round it was decided in.
    pub round: u32,
    pub transactions: u32,
    pub rejected: u32,
}

impl Storage {
    /// Keeps a block, synced, before it is voted on or proposed. For a height that is
    /// committed already there is nothing left to keep it for, and nothing is written.
    pub fn put_undecided(&self, row: &Undecided) -> Result<(), StorageError> {
        let _writing = self.writing();
        let frozen = self.database().freeze();
        if row.height <= crate::commit::tip_row(&frozen)?.height {
            return Ok(());
        }
        let mut batch = self.database().batch();
        batch.put(
            Family::Undecided,
            codec::undecided_key(row.height, row.round, &row.block_hash),
            codec::encode(&UndecidedRow {
                round: row.round,
                valid_round: row.valid_round,
                block_hash: *row.block_hash.as_bytes(),
                proposer: *row.proposer.as_bytes(),
                signature: row.signature.clone(),
                timely: row.timely,
            }),
        );
        put_body(&frozen, &mut batch, &row.block_hash, row.height, &row.block)?;
        batch.write_synced()
    }

    /// The undecided blocks of a height in the order of rounds.
    pub fn undecided(&self, height: u64) -> Result<Vec<Undecided>, StorageError> {
        let frozen = self.database().freeze();
        undecided_rows(&frozen, height)?
            .into_iter()
            .map(|(_, row)| {
                let block_hash = Hash::from_bytes(row.block_hash);
                Ok(Undecided {
                    height,
                    round: row.round,
                    valid_round: row.valid_round,
                    block_hash,
                    proposer: Hash::from_bytes(row.proposer),
                    signature: row.signature,
                    timely: row.timely,
                    block: body(&frozen, &block_hash, height)?,
                })
            })
            .collect()
    }

    /// An encoded block, decided or undecided.
    pub fn block_body(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StorageError> {
        let prefix = hash.as_bytes();
        let rows = self.database().freeze().scan(
            Family::Bodies,
            prefix.to_vec(),
            prefix_end(prefix),
            1,
        )?;
        Ok(rows.into_iter().next().map(|(_, block)| block))
    }

    /// The decided block at a height; none above the tip and none for genesis.
    pub fn block(&self, height: u64) -> Result<Option<StoredBlock>, StorageError> {
        let frozen = self.database().freeze();
        let Some(summary) = summary_row(&frozen, height)? else {
            return Ok(None);
        };
        let hash = Hash::from_bytes(summary.hash);
        let certificate = frozen
            .get(Family::Blocks, codec::certificate_key(height))?
            .ok_or_else(|| StorageError::Corrupt(format!("block {height} has no certificate")))?;
        Ok(Some(StoredBlock {
            hash,
            block: body(&frozen, &hash, height)?,
            certificate,
        }))
    }

    /// The encoded certificate that this node decided a height by; none above the tip and none for genesis.
    pub fn certificate(&self, height: u64) -> Result<Option<Vec<u8>>, StorageError> {
        let frozen = self.database().freeze();
        frozen.get(Family::Blocks, codec::certificate_key(height))
    }

    /// The heights below one, ascending, after which other validators decide, each with the encoded set of these; so many at most.
    pub fn turns(&self, below: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StorageError> {
        let (from, until) = (codec::turn_key(0), codec::turn_key(below));
        let frozen = self.database().freeze();
        let rows = frozen.scan(Family::Blocks, from.to_vec(), Some(until.to_vec()), limit)?;
        rows.into_iter().map(turn).collect()
    }

    /// The last of them.
    pub fn last_turn(&self, below: u64) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
        let (from, until) = (codec::turn_key(0), codec::turn_key(below));
        let frozen = self.database().freeze();
        let row = frozen.last(Family::Blocks, from.to_vec(), until.to_vec())?;
        row.map(turn).transpose()
    }

    /// The encoded receipts of a decided block, in its order; none above the tip and none for genesis.
    pub fn receipts(&self, height: u64) -> Result<Option<Vec<Vec<u8>>>, StorageError> {
        let frozen = self.database().freeze();
        let Some(summary) = summary_row(&frozen, height)? else {
            return Ok(None);
        };
        let prefix = codec::height_key(height);
        let until = prefix_end(&prefix);
        let rows = frozen.scan(Family::Receipts, prefix.to_vec(), until, usize::MAX)?;
        let mut receipts = Vec::with_capacity(summary.transactions as usize);
        for (_, row) in rows {
            receipts.extend(codec::decode_list(&row, "receipts")?);
        }
        if receipts.len() != summary.transactions as usize {
            let problem = format!(
                "block {height} has {} transactions and {} receipts",
                summary.transactions,
                receipts.len()
            );
            return Err(StorageError::Corrupt(problem));
        }
        Ok(Some(receipts))
    }

    /// At most `limit` decided blocks from height `from` upwards.
    pub fn summaries(&self, from: u64, limit: usize) -> Result<Vec<Summary>, StorageError> {
        let rows = self.database().freeze().scan(
            Family::Blocks,
            codec::summary_key(from).to_vec(),
            Some(codec::certificate_key(0).to_vec()),
            limit,
        )?;
        rows.into_iter()
            .map(|(_, row)| {
                let row: SummaryRow = codec::decode(&row, "block summary")?;
                Ok(Summary {
                    height: row.height,
                    hash: Hash::from_bytes(row.hash),
                    header: row.header,
                    round: row.round,
                    transactions: row.transactions,
                    rejected: row.rejected,
                })
            })
            .collect()
    }

    /// The receipt of a committed transaction.
    pub fn receipt(&self, tx_id: &Hash) -> Result<Option<Vec<u8>>, StorageError> {
        let frozen = self.database().freeze();
        let Some(PlaceRow { height, index }) = place(&frozen, tx_id)? else {
            return Ok(None);
        };
        let (number, at) = (index / RECEIPTS_A_ROW, index % RECEIPTS_A_ROW);
        let row = frozen.get(Family::Receipts, codec::receipts_key(height, number))?;
        let receipts = codec::decode_list(&row.unwrap_or_default(), "receipts")?;
        let receipt = receipts.into_iter().nth(at as usize).ok_or_else(|| {
            StorageError::Corrupt(format!("block {height} has no receipt for {tx_id}"))
        })?;
        Ok(Some(receipt))
    }

    /// The height and the index in its block of a committed transaction.
    pub fn place(&self, tx_id: &Hash) -> Result<Option<(u64, u32)>, StorageError> {
        let place = place(&self.database().freeze(), tx_id)?;
        Ok(place.map(|place| (place.height, place.index)))
    }

    /// Which of these transactions are committed by now, one answer for each.
    pub fn committed(&self, tx_ids: &[Hash]) -> Vec<Result<bool, StorageError>> {
        self.database().contains_now(Family::Places, tx_ids)
    }
}

/// Writes a block's receipts, each with its transaction's id, in the block's order.
pub(crate) fn put_receipts(batch: &mut Batch<'_>, height: u64, receipts: &[(Hash, Vec<u8>)]) {
    for (number, receipts) in (0..).zip(receipts.chunks(RECEIPTS_A_ROW as usize)) {
        let receipts: Vec<&[u8]> = receipts.iter().map(|(_, receipt)| &receipt[..]).collect();
        let key = codec::receipts_key(height, number);
        batch.put(Family::Receipts, key, codec::encode_list(&receipts));
    }
    for (index, (tx_id, _)) in (0..).zip(receipts) {
        batch.put(
            Family::Places,
            tx_id,
            codec::encode(&PlaceRow { height, index }),
        );
    }
}

/// Writes a body unless it stands there already, from when the block was undecided.
pub(crate) fn put_body(
    frozen: &Frozen<'_>,
    batch: &mut Batch<'_>,
    hash: &Hash,
    height: u64,
    block: &[u8],
) -> Result<(), StorageError> {
    let key = codec::body_key(hash, height);
    if !frozen.contains(Family::Bodies, &key)? {
        batch.put(Family::Bodies, key, block);
    }
    Ok(())
}

/// Forgets the undecided blocks of a height, and the bodies of all but the decided one.
pub(crate) fn prune_undecided(
    frozen: &Frozen<'_>,
    batch: &mut Batch<'_>,
    height: u64,
    decided: &Hash,
) -> Result<(), StorageError> {
    for (key, row) in undecided_rows(frozen, height)? {
        batch.delete(Family::Undecided, key);
        if row.block_hash != *decided.as_bytes() {
            let hash = Hash::from_bytes(row.block_hash);
            batch.delete(Family::Bodies, codec::body_key(&hash, height));
        }
    }
    Ok(())
}

pub(crate) fn summary_row(
    frozen: &Frozen<'_>,
    height: u64,
) -> Result<Option<SummaryRow>, StorageError> {
    frozen
        .get(Family::Blocks, codec::summary_key(height))?
        .map(|row| codec::decode(&row, "block summary"))
        .transpose()
}

fn place(frozen: &Frozen<'_>, tx_id: &Hash) -> Result<Option<PlaceRow>, StorageError> {
    let row = frozen.get(Family::Places, tx_id)?;
    row.map(|row| codec::decode(&row, "place of a receipt"))
        .transpose()
}

fn undecided_rows(
    frozen: &Frozen<'_>,
    height: u64,
) -> Result<Vec<(Vec<u8>, UndecidedRow)>, StorageError> {
    let prefix = codec::height_key(height);
    frozen
        .scan(
            Family::Undecided,
            prefix.to_vec(),
            prefix_end(&prefix),
            usize::MAX,
        )?
        .into_iter()
        .map(|(key, row)| Ok((key, codec::decode(&row, "undecided block")?)))
        .collect()
}

fn turn((key, validators): Row) -> Result<(u64, Vec<u8>), StorageError> {
    let height = key.get(1..).and_then(|height| height.try_into().ok());
    let damaged = || StorageError::Corrupt("the key of a change of validators".into());
    let height = height.map(u64::from_be_bytes).ok_or_else(damaged)?;
    Ok((height, validators))
}

fn body(frozen: &Frozen<'_>, hash: &Hash, height: u64) -> Result<Vec<u8>, StorageError> {
    frozen
        .get(Family::Bodies, codec::body_key(hash, height))?
        .ok_or_else(|| {
            StorageError::Corrupt(format!("block {hash} of height {height} has no body"))
        })
}
