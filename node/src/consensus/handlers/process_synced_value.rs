//! A decided block from another node's store. The engine has checked its
//! certificate. Its time is not judged: it was decided long ago.

use counterfoil_storage::Undecided;
use malachitebft_app::engine::host::SyncedValueOutcome;
use malachitebft_app_channel::Reply;
use malachitebft_core_types::Round;

use super::super::context::{Address, Ctx, Height};
use super::super::error::ConsensusError;
use super::super::host::Host;
use super::super::proposals::{Entry, Verdict};
use super::super::received::Body;
use crate::ledger::LedgerError;

pub fn handle(
    host: &mut Host,
    height: Height,
    round: Round,
    proposer: Address,
    bytes: &[u8],
    reply: Reply<SyncedValueOutcome<Ctx>>,
) -> Result<(), ConsensusError> {
    let outcome = take(host, height.0, round, proposer, bytes)?;
    let _ = reply.send(outcome);
    Ok(())
}

fn take(
    host: &mut Host,
    height: u64,
    round: Round,
    proposer: Address,
    bytes: &[u8],
) -> Result<SyncedValueOutcome<Ctx>, ConsensusError> {
    let body = match Body::read(bytes.to_vec()) {
        Ok(body) if body.header.height == height => body,
        Ok(_) | Err(_) => return Ok(SyncedValueOutcome::PeerFault),
    };
    // Its parent is not committed here yet, or it is committed itself.
    if height != host.ledger.tip().height + 1 || height != host.proposals.height() {
        return Ok(SyncedValueOutcome::LocalTransientError);
    }
    let verdict = match host.ledger.validate_decided(&body.bytes, height) {
        Ok(candidate) => {
            // After a crash the engine knows the value from its WAL and does not ask for the bytes again.
            if !host.proposals.is_stored(&body.hash) {
                host.ledger.put_undecided(&Undecided {
                    height,
                    round: round.as_i64(),
                    valid_round: Round::Nil.as_i64(),
                    block_hash: body.hash,
                    proposer: proposer.0,
                    signature: Vec::new(),
                    timely: true,
                    block: body.bytes,
                })?;
            }
            if host.proposals.candidate(&body.hash).is_none() {
                host.proposals.keep(candidate);
            }
            host.synced = Some(height);
            Verdict::Valid
        }
        // The engine compares the hash with the certificate's, and blames whom it should.
        Err(LedgerError::InvalidBlock(reason)) => {
            tracing::error!(height, hash = %body.hash, reason, "a synced block is not valid here");
            Verdict::Invalid
        }
        Err(e) => return Err(e.into()),
    };
    let entry = Entry {
        round,
        valid_round: Round::Nil,
        proposer,
        hash: body.hash,
        verdict,
    };
    let value = host.proposals.value(&entry);
    host.proposals.note(entry);
    Ok(SyncedValueOutcome::Verdict(value))
}
