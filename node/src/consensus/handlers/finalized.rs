//! The engine is done with a height: go on to the next, now or when there is
//! something to do.

use malachitebft_app::engine::host::Next;
use malachitebft_app::types::MisbehaviorEvidence;
use malachitebft_app_channel::Reply;
use malachitebft_core_types::CommitCertificate;

use super::super::context::Ctx;
use super::super::error::ConsensusError;
use super::super::host::Host;

pub fn handle(
    host: &mut Host,
    finalized: &CommitCertificate<Ctx>,
    evidence: &MisbehaviorEvidence<Ctx>,
    reply: Reply<Next<Ctx>>,
) -> Result<(), ConsensusError> {
    let height = finalized.height.0;
    // Evidence is this node's own observation; the ledger knows nothing of it.
    for (voter, votes) in evidence.votes.iter() {
        tracing::error!(height, %voter, count = votes.len(), "a validator voted twice");
    }
    for (proposer, proposals) in evidence.proposals.iter() {
        tracing::error!(height, %proposer, count = proposals.len(), "a validator proposed twice");
    }
    match &mut host.missing {
        Some(missing) if missing.certificate.height == height => {
            missing.finalized = Some(reply);
            Ok(())
        }
        _ => host.finish(height, reply),
    }
}
