//! A height is decided: commit its block, durably, before the engine is told so.

use malachitebft_app_channel::Reply;
use malachitebft_core_types::CommitCertificate;

use super::super::certificate;
use super::super::context::Ctx;
use super::super::error::ConsensusError;
use super::super::host::{Host, Missing};
use super::super::received::Body;

pub fn handle(
    host: &mut Host,
    decided: &CommitCertificate<Ctx>,
    reply: Reply<()>,
) -> Result<(), ConsensusError> {
    let certificate = certificate::to_wire(decided);
    let hash = decided.value_id.0;
    // A height that was committed before a crash is decided again: who decided it is not in the state any more.
    if certificate.height == host.ledger.tip().height + 1 {
        let validators = host.validators()?;
        let turn_passed = host.absent.note(decided, &validators);
        host.speed.decided(turn_passed);
    }
    if host.commit(&certificate, hash)? {
        let _ = reply.send(());
        return Ok(());
    }
    host.missing = Some(Missing {
        certificate,
        hash,
        decided: reply,
        finalized: None,
    });
    host.fetch(hash);
    Ok(())
}

/// The missing block has come: commit it, and answer what has waited for it.
pub fn complete(host: &mut Host, body: &Body) -> Result<(), ConsensusError> {
    let Some(missing) = host.missing.take_if(|missing| missing.hash == body.hash) else {
        return Ok(());
    };
    let height = missing.certificate.height;
    host.commit_fetched(&missing.certificate, body)?;
    let _ = missing.decided.send(());
    match missing.finalized {
        Some(reply) => host.finish(height, reply),
        None => Ok(()),
    }
}
