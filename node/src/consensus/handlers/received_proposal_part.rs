//! A part of somebody's proposal, by which a block may be complete.

use malachitebft_app::streaming::StreamMessage;
use malachitebft_app::types::{PeerId, ProposedValue};
use malachitebft_app_channel::Reply;

use super::super::context::{Ctx, Part};
use super::super::error::ConsensusError;
use super::super::host::Host;

pub fn handle(
    host: &mut Host,
    from: PeerId,
    part: StreamMessage<Part>,
    reply: Reply<Option<ProposedValue<Ctx>>>,
) -> Result<(), ConsensusError> {
    let value = take(host, from, part)?;
    let _ = reply.send(value);
    Ok(())
}

fn take(
    host: &mut Host,
    from: PeerId,
    part: StreamMessage<Part>,
) -> Result<Option<ProposedValue<Ctx>>, ConsensusError> {
    let Some(assembled) = host.streams.insert(from, part) else {
        return Ok(None);
    };
    if assembled.height <= host.ledger.tip().height {
        return Ok(None);
    }
    // The engine is told when the height begins.
    if assembled.height > host.proposals.height() {
        host.keep_early(from, assembled);
        return Ok(None);
    }
    host.receive(from, assembled)
}
