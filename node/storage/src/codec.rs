//! How rows and their keys are written: the only place that knows bincode.
//!
//! These rows never leave the node and are never hashed, so they may change with
//! `FORMAT`. Keys are big-endian, so that their byte order is the order of heights.

use bincode::config::{self, Configuration};
use bincode::error::DecodeError;
use counterfoil_types::hash::Hash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StorageError;

const CONFIG: Configuration = config::standard();
/// More than a block's receipts may have.
const LONGEST_LIST: usize = 64 << 20;

/// Where the chain stands. One row, replaced by every commit.
#[derive(Serialize, Deserialize)]
pub(crate) struct TipRow {
    pub height: u64,
    pub block_hash: [u8; 32],
    pub state_root: [u8; 32],
    /// The oldest height of which the tree's root is kept.
    pub oldest_version: u64,
}

/// What the store was initialized with.
#[derive(Serialize, Deserialize)]
pub(crate) struct GenesisRow {
    pub hash: [u8; 32],
    pub state_root: [u8; 32],
}

/// An undecided block without its body.
#[derive(Serialize, Deserialize)]
pub(crate) struct UndecidedRow {
    pub round: i64,
    pub valid_round: i64,
    pub block_hash: [u8; 32],
    pub proposer: [u8; 32],
    pub signature: Vec<u8>,
    pub timely: bool,
}

/// What a list of blocks shows.
#[derive(Serialize, Deserialize)]
pub(crate) struct SummaryRow {
    pub height: u64,
    pub hash: [u8; 32],
    pub header: Vec<u8>,
    pub round: u32,
    pub transactions: u32,
    pub rejected: u32,
}

/// Where a transaction's receipt stands.
#[derive(Serialize, Deserialize)]
pub(crate) struct PlaceRow {
    pub height: u64,
    /// In the block.
    pub index: u32,
}

pub(crate) fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(row, CONFIG)
        .expect("rows are plain data of known length, written to memory")
}

/// Reads a row back; `what` names it when it is damaged.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, StorageError> {
    whole(
        bincode::serde::decode_from_slice(bytes, CONFIG),
        bytes,
        what,
    )
}

fn whole<T>(
    decoded: Result<(T, usize), DecodeError>,
    bytes: &[u8],
    what: &str,
) -> Result<T, StorageError> {
    match decoded {
        Ok((row, read)) if read == bytes.len() => Ok(row),
        Ok((_, read)) => Err(StorageError::Corrupt(format!(
            "{what} ends at byte {read} of {}",
            bytes.len()
        ))),
        Err(error) => Err(StorageError::Corrupt(format!("{what}: {error}"))),
    }
}

/// Several rows as one: serde would take them byte by byte.
pub(crate) fn encode_list(rows: &[&[u8]]) -> Vec<u8> {
    bincode::encode_to_vec(rows, CONFIG).expect("bytes of known length, written to memory")
}

/// Reads a list back; `what` names it when it is damaged.
pub(crate) fn decode_list(bytes: &[u8], what: &str) -> Result<Vec<Vec<u8>>, StorageError> {
    // A damaged length asks for no more memory than that.
    let config = CONFIG.with_limit::<LONGEST_LIST>();
    whole(bincode::decode_from_slice(bytes, config), bytes, what)
}

/// Heights in byte order, also the prefix of a height's undecided rows and of its receipts.
pub(crate) fn height_key(height: u64) -> [u8; 8] {
    height.to_be_bytes()
}

/// Undecided rows of a height in the order of rounds. Flipping the sign bit sorts negative rounds first.
pub(crate) fn undecided_key(height: u64, round: i64, block_hash: &Hash) -> Vec<u8> {
    let round = (round as u64) ^ (1 << 63);
    [
        &height.to_be_bytes()[..],
        &round.to_be_bytes(),
        block_hash.as_bytes(),
    ]
    .concat()
}

pub(crate) fn receipts_key(height: u64, number: u32) -> Vec<u8> {
    [&height.to_be_bytes()[..], &number.to_be_bytes()].concat()
}

/// A body is found by its hash alone, yet belongs to one height: a proposal that
/// reuses a decided block at a later height cannot take the decided body with it when it is pruned.
pub(crate) fn body_key(block_hash: &Hash, height: u64) -> Vec<u8> {
    [&block_hash.as_bytes()[..], &height.to_be_bytes()].concat()
}

/// Summaries stand together, so that a list of blocks reads nothing else; so do certificates.
pub(crate) fn summary_key(height: u64) -> [u8; 9] {
    block_row_key(0, height)
}

pub(crate) fn certificate_key(height: u64) -> [u8; 9] {
    block_row_key(1, height)
}

/// After which heights other validators decide.
pub(crate) fn turn_key(height: u64) -> [u8; 9] {
    block_row_key(2, height)
}

fn block_row_key(kind: u8, height: u64) -> [u8; 9] {
    let mut key = [kind; 9];
    key[1..].copy_from_slice(&height.to_be_bytes());
    key
}
