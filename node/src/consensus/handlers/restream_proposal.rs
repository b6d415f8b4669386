//! Send a known block again: as the proposer of a later round, under this node's
//! own signature; otherwise unchanged, as its proposer signed it.

use counterfoil_storage::Undecided;
use malachitebft_core_types::Round;
use tokio::task::block_in_place;

use super::super::context::{Address, BlockHash, Height};
use super::super::error::ConsensusError;
use super::super::host::Host;

pub async fn handle(
    host: &mut Host,
    height: Height,
    round: Round,
    valid_round: Round,
    address: Address,
    value: BlockHash,
) -> Result<(), ConsensusError> {
    if height.0 != host.proposals.height() {
        return Ok(());
    }
    let row = block_in_place(|| {
        if address == host.address {
            resigned(host, round, valid_round, value)
        } else {
            unchanged(host, round, value)
        }
    })?;
    match row {
        Some(row) => host.stream(row).await,
        None => tracing::warn!(%height, %round, %value, "asked to send a block that is not here"),
    }
    Ok(())
}

/// The block for a round whose proposer this node is.
fn resigned(
    host: &mut Host,
    round: Round,
    valid_round: Round,
    value: BlockHash,
) -> Result<Option<Undecided>, ConsensusError> {
    let Some(key) = host.key.clone() else {
        return Ok(None);
    };
    let Some(block) = host.storage().block_body(&value.0)? else {
        return Ok(None);
    };
    let row = host.sign_parts(&key, round, valid_round, value.0, block);
    host.ledger.put_undecided(&row)?;
    Ok(Some(row))
}

/// The block as it came, from that round if it came in several.
fn unchanged(
    host: &Host,
    round: Round,
    value: BlockHash,
) -> Result<Option<Undecided>, ConsensusError> {
    let stored = host.storage().undecided(host.proposals.height())?;
    let signed = stored
        .into_iter()
        .filter(|row| row.block_hash == value.0 && !row.signature.is_empty());
    Ok(signed.min_by_key(|row| row.round != round.as_i64()))
}
