//! This node's turn to propose. The block is in the store before the engine learns
//! of it; one made for this round before a crash is used again, since it may be signed already.

use std::time::{Duration, Instant};

use counterfoil_storage::Undecided;
use malachitebft_app::types::LocallyProposedValue;
use malachitebft_app_channel::Reply;
use malachitebft_core_types::Round;
use tokio::task::block_in_place;

use super::super::context::{BlockHash, Ctx, Height};
use super::super::error::ConsensusError;
use super::super::host::Host;
use super::super::proposals::{Entry, Verdict};
use crate::clock::clock_ms;

pub async fn handle(
    host: &mut Host,
    height: Height,
    round: Round,
    reply: Reply<LocallyProposedValue<Ctx>>,
) -> Result<(), ConsensusError> {
    let Some(row) = block_in_place(|| proposal(host, height.0, round))? else {
        return Ok(());
    };
    let value = LocallyProposedValue::new(height, round, BlockHash(row.block_hash));
    let _ = reply.send(value);
    host.stream(row).await;
    Ok(())
}

/// The block to propose; none on a node without a validator's key, which is never asked.
fn proposal(
    host: &mut Host,
    height: u64,
    round: Round,
) -> Result<Option<Undecided>, ConsensusError> {
    let Some(key) = host.key.clone() else {
        return Ok(None);
    };
    if let Some(own) = host.proposals.own(round, host.address) {
        let mut stored = host.storage().undecided(height)?.into_iter();
        let again = stored.find(|row| {
            // One without a signature was synced, not made here.
            row.round == round.as_i64() && row.block_hash == own.hash && !row.signature.is_empty()
        });
        if again.is_some() {
            return Ok(again);
        }
    }
    let params = host.ledger.settings()?.params;
    let enough = host
        .speed
        .enough(Duration::from_millis(params.timeout_propose_ms));
    let transactions = host.pool.take(params.max_block_bytes);
    let began = Instant::now();
    let (ledger, proposer) = (&host.ledger, host.address.0);
    let candidate = ledger.propose(height, clock_ms(), proposer, transactions, enough)?;
    host.speed.note(candidate.work(), began.elapsed());
    let (hash, block) = (candidate.block_hash(), candidate.bytes().to_vec());
    let row = host.sign_parts(&key, round, Round::Nil, hash, block);
    host.ledger.put_undecided(&row)?;
    host.proposals.keep(candidate);
    host.proposals.note(Entry {
        round,
        valid_round: Round::Nil,
        proposer: host.address,
        hash,
        verdict: Verdict::Valid,
    });
    Ok(Some(row))
}
